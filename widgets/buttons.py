"""Buttons in our three kinds: primary, plain with an icon, link; and flat tool buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from widgets.icons import set_icon
from widgets.tokens import CONTROL_HEIGHT


def primary_button(
    text: str, icon_name: str | None = None, parent: QWidget | None = None
) -> QPushButton:
    """The one button of a place that leads on."""
    made = QPushButton(text, parent)
    made.setProperty("kind", "primary")
    made.setMinimumHeight(CONTROL_HEIGHT)
    if icon_name is not None:
        set_icon(made, icon_name, "on_accent")
    return made


def push_button(
    text: str, icon_name: str | None = None, parent: QWidget | None = None
) -> QPushButton:
    """A plain button, with an icon or without."""
    made = QPushButton(text, parent)
    made.setMinimumHeight(CONTROL_HEIGHT)
    if icon_name is not None:
        set_icon(made, icon_name)
    return made


def link_button(text: str, parent: QWidget | None = None) -> QPushButton:
    """A button that reads as a link, for the second-best way on."""
    made = QPushButton(text, parent)
    made.setProperty("kind", "link")
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setFlat(True)
    return made


def tool_button(
    icon_name: str,
    name: str,
    shortcut: str = "",
    parent: QWidget | None = None,
    *,
    size: int = 16,
    text: bool = False,
) -> QToolButton:
    """A flat button: an icon, its name as tool tip and for screen readers, its shortcut.

    Parameters
    ----------
    icon_name : str
        One of :data:`widgets.icons.ICON_NAMES`.
    name : str
        What it does, in a word or two.
    shortcut : str
        The key that does the same; only shown here, the window installs it.
    size : int
        Of the icon, in device-independent pixels: 16 or 20.
    text : bool
        Whether the name stands beside the icon.
    """
    made = QToolButton(parent)
    made.setAutoRaise(True)
    made.setText(name)
    made.setAccessibleName(name)
    made.setToolTip(with_shortcut(name, shortcut))
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    style = Qt.ToolButtonStyle
    made.setToolButtonStyle(style.ToolButtonTextBesideIcon if text else style.ToolButtonIconOnly)
    set_icon(made, icon_name, size=size)
    return made


def with_shortcut(text: str, shortcut: str) -> str:
    """A tool tip that names its key: ``Play  (Space)``."""
    return f"{text}  ({shortcut})" if shortcut else text
