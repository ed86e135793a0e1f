"""Fusion with palettes of our own, dark and light, following the system and switching live."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from widgets.tokens import DARK, HALF, LIGHT, RADIUS, Tokens

Mode = Literal["dark", "light", "system"]
FontRole = Literal["body", "strong", "small", "heading", "title", "display", "figures", "code"]

_SCALE: dict[FontRole, float] = {
    "body": 1.0,
    "strong": 1.0,
    "small": 0.88,
    "heading": 1.12,
    "title": 1.4,
    "display": 1.9,
    "figures": 1.0,
    "code": 0.94,
}
_HEAVY: frozenset[FontRole] = frozenset({"strong", "heading", "title", "display"})
_MARKS = Path(__file__).with_name("marks")
_OBJECT_NAME = "trimpot-theme"


class Theme(QObject):
    """The look in force, a child of the application.

    Signals
    -------
    changed()
        The colours have changed: repaint, tint icons again.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName(_OBJECT_NAME)
        self._app = app
        self._mode: Mode = "system"
        self._tokens = DARK
        self._applied = False
        app.styleHints().colorSchemeChanged.connect(self._follow)

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return self._tokens

    @property
    def mode(self) -> Mode:
        """What was asked for; ``system`` follows the desktop."""
        return self._mode

    @property
    def is_dark(self) -> bool:
        """Whether the dark colours are in force."""
        return self._tokens is DARK

    def colour(self, role: str, alpha: float = 1.0) -> QColor:
        """The colour of a signal or role, with an opacity in 0..1."""
        colour = QColor(self._tokens.colour(role))
        colour.setAlphaF(alpha)
        return colour

    def set_mode(self, mode: Mode) -> None:
        """Switch to dark, light, or whatever the system says."""
        if not self._applied:
            self._app.setStyle("Fusion")
        self._mode = mode
        self._take(self._wanted())

    def _wanted(self) -> Tokens:
        if self._mode == "system":
            scheme = self._app.styleHints().colorScheme()
            return LIGHT if scheme == Qt.ColorScheme.Light else DARK
        return DARK if self._mode == "dark" else LIGHT

    def _follow(self) -> None:
        if self._applied and self._mode == "system":
            self._take(self._wanted())

    def _take(self, tokens: Tokens) -> None:
        if self._applied and tokens is self._tokens:
            return
        self._applied = True
        self._tokens = tokens
        self._app.setPalette(make_palette(tokens))
        self._app.setStyleSheet(make_stylesheet(tokens))
        self.changed.emit()


def apply_theme(app: QApplication, mode: Mode = "system") -> Theme:
    """Dress the application; call again to switch."""
    theme = _find(app) or Theme(app)
    theme.set_mode(mode)
    return theme


def theme_of(widget: QObject | None = None) -> Theme:
    """The theme that a widget lives under: its application's, made on first use.

    Raises
    ------
    RuntimeError
        There is no QApplication.
    """
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("A theme needs a QApplication.")
    return _find(app) or apply_theme(app, "system")


def _find(app: QApplication) -> Theme | None:
    found = app.findChild(QObject, _OBJECT_NAME, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return found if isinstance(found, Theme) else None


def font(role: FontRole = "body") -> QFont:
    """The system's font in one of our roles: its size scaled, two weights, tabular figures."""
    if role == "code":
        made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        made.setPointSizeF(QApplication.font().pointSizeF() * _SCALE[role])
        return made
    made = QFont(QApplication.font())
    if made.pointSizeF() > 0:
        made.setPointSizeF(made.pointSizeF() * _SCALE[role])
    else:
        made.setPixelSize(round(made.pixelSize() * _SCALE[role]))
    if role in _HEAVY:
        made.setWeight(QFont.Weight.DemiBold)
    made.setFeature(QFont.Tag.fromString("tnum"), 1)
    return made


def label(
    text: str = "",
    role: FontRole = "body",
    colour: Literal["text", "soft", "faint"] = "text",
    parent: QWidget | None = None,
    *,
    wrap: bool = False,
) -> QLabel:
    """A label in a font role; soft and faint text follows the palette when it switches."""
    made = QLabel(text, parent)
    made.setFont(font(role))
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if colour == "soft":
        made.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    elif colour == "faint":
        made.setProperty("tone", "faint")
    return made


def make_palette(tokens: Tokens) -> QPalette:
    """The Fusion palette of a set of colours."""
    palette = QPalette()
    role = QPalette.ColorRole
    for which, value in (
        (role.Window, tokens.panel),
        (role.WindowText, tokens.text),
        (role.Base, tokens.field),
        (role.AlternateBase, tokens.panel),
        (role.Text, tokens.text),
        (role.Button, tokens.raised),
        (role.ButtonText, tokens.text),
        (role.BrightText, tokens.bad),
        (role.ToolTipBase, tokens.raised),
        (role.ToolTipText, tokens.text),
        (role.PlaceholderText, tokens.soft),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Accent, tokens.accent),
        (role.Link, tokens.accent),
        (role.LinkVisited, tokens.accent),
        (role.Light, tokens.hover),
        (role.Midlight, tokens.line_strong),
        (role.Mid, tokens.line),
        (role.Dark, tokens.line),
        (role.Shadow, tokens.window),
    ):
        palette.setColor(which, QColor(value))
    disabled = QPalette.ColorGroup.Disabled
    for which in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(disabled, which, QColor(tokens.faint))
    palette.setColor(disabled, role.Highlight, QColor(tokens.line_strong))
    return palette


def make_stylesheet(tokens: Tokens) -> str:
    """What Fusion cannot say by its palette: flat buttons, quiet scroll bars, tool tips."""
    t = tokens
    mark = f"{_MARKS.as_posix()}/"
    return f"""
QToolTip {{ color: {t.text}; background: {t.raised}; border: 1px solid {t.line_strong};
    padding: {HALF}px; }}
QLabel[tone="faint"] {{ color: {t.faint}; }}
QLabel[tone="bad"] {{ color: {t.bad}; }}
QLabel[tone="warn"] {{ color: {t.warn}; }}
QPushButton {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line_strong};
    border-radius: {RADIUS}px; padding: 4px 12px; min-height: 18px; }}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed, QPushButton:checked {{ background: {t.accent_soft}; }}
QPushButton:focus {{ border: 1px solid {t.accent}; }}
QPushButton:disabled {{ color: {t.faint}; background: {t.panel}; border-color: {t.line}; }}
QPushButton[kind="primary"] {{ background: {t.accent}; color: {t.on_accent};
    border-color: {t.accent}; font-weight: 600; }}
QPushButton[kind="primary"]:hover {{ border-color: {t.text}; }}
QPushButton[kind="primary"]:focus {{ border: 2px solid {t.text}; padding: 3px 11px; }}
QPushButton[kind="primary"]:disabled {{ background: {t.raised}; color: {t.faint};
    border-color: {t.line}; }}
QPushButton[kind="link"] {{ background: transparent; border: 1px solid transparent;
    color: {t.accent}; padding: 4px; }}
QPushButton[kind="link"]:hover {{ text-decoration: underline; }}
QPushButton[kind="link"]:focus {{ border: 1px solid {t.accent}; }}
QToolButton {{ background: transparent; color: {t.text}; border: 1px solid transparent;
    border-radius: {RADIUS}px; padding: 4px; }}
QToolButton:hover {{ background: {t.hover}; }}
QToolButton:pressed, QToolButton:checked {{ background: {t.accent_soft};
    border-color: {t.accent}; }}
QToolButton:focus {{ border-color: {t.accent}; }}
QToolButton:disabled {{ color: {t.faint}; }}
QFrame[surface="raised"] {{ background: {t.raised}; border: 1px solid {t.line_strong};
    border-radius: {RADIUS + 2}px; }}
QFrame[surface="raised"] QListWidget {{ background: transparent; border: none; }}
QLineEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox {{ background: {t.field}; color: {t.text};
    border: 1px solid {t.line_strong}; border-radius: {RADIUS}px; padding: 2px 6px;
    selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit:focus, QPlainTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{
    border-color: {t.accent}; }}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {t.faint};
    background: {t.panel}; border-color: {t.line}; }}
QComboBox {{ background: {t.raised}; }}
QComboBox::drop-down, QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
    border: none; background: transparent; width: 20px; }}
QComboBox::down-arrow {{ image: url({mark}down-{t.name}.svg); width: 12px; height: 12px; }}
QAbstractSpinBox::up-arrow {{ image: url({mark}up-{t.name}.svg); width: 10px; height: 10px; }}
QAbstractSpinBox::down-arrow {{ image: url({mark}down-{t.name}.svg); width: 10px;
    height: 10px; }}
QComboBox QAbstractItemView {{ background: {t.raised}; border: 1px solid {t.line_strong};
    selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QCheckBox::indicator, QListView::indicator {{
    width: 14px; height: 14px; border: 1px solid {t.line_strong};
    border-radius: 3px; background: {t.field}; }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {t.accent}; }}
QCheckBox::indicator:checked, QListView::indicator:checked {{
    background: {t.accent}; border-color: {t.accent};
    image: url({mark}check-{t.name}.svg); }}
QCheckBox::indicator:disabled {{ background: {t.panel}; border-color: {t.line}; }}
QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: 10px; }}
QScrollBar:horizontal {{ height: 10px; }}
QScrollBar::handle {{ background: {t.line_strong}; border-radius: 3px; margin: 2px;
    min-height: 24px; min-width: 24px; }}
QScrollBar::handle:hover {{ background: {t.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QProgressBar {{ background: {t.line}; border: none; border-radius: 2px; max-height: 4px;
    min-height: 4px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
QMenu {{ background: {t.raised}; border: 1px solid {t.line_strong}; padding: {HALF}px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 3px; }}
QMenu::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: {HALF}px; }}
QHeaderView::section {{ background: {t.panel}; color: {t.soft}; border: none;
    border-bottom: 1px solid {t.line}; padding: 4px 8px; }}
QSplitter::handle {{ background: {t.line}; }}
"""
