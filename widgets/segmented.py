"""Exclusive choices in a row: the five stages on top, the source switch of the transport."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from widgets.buttons import with_shortcut
from widgets.icons import paint_icon
from widgets.theme import font, theme_of
from widgets.tokens import CONTROL_HEIGHT, RADIUS, SPACE


@dataclass(frozen=True, slots=True)
class Choice:
    """One segment: ``key`` for the program, ``label`` and ``shortcut`` to read, a colour role."""

    key: str
    label: str
    shortcut: str = ""
    colour: str = "accent"
    icon: str = ""
    tip: str = ""


class _Segment(QAbstractButton):
    """One button of the row; paints itself as a part of it."""

    def __init__(self, choice: Choice, place: Literal["first", "middle", "last", "only"]) -> None:
        super().__init__()
        self.choice = choice
        self._place = place
        self.setCheckable(True)
        self.setText(choice.label)
        self.setAccessibleName(choice.label)
        self.setToolTip(with_shortcut(choice.tip or choice.label, choice.shortcut))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def _outline(self) -> QPainterPath:
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self._place not in ("last", "only"):
            box.setRight(box.right() + 1)
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        path.addRoundedRect(box, RADIUS, RADIUS)
        square = QRectF(box)
        if self._place in ("middle", "last"):
            path.addRect(square.adjusted(0, 0, -box.width() / 2, 0))
        if self._place in ("first", "middle"):
            path.addRect(square.adjusted(box.width() / 2, 0, 0, 0))
        return path.simplified()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(font("strong"))
        width = metrics.horizontalAdvance(self.choice.label) + 2 * SPACE + 4
        if self.choice.shortcut:
            width += QFontMetricsF(font("small")).horizontalAdvance(self.choice.shortcut) + 6
        if self.choice.icon:
            width += 22
        return QSize(round(width), CONTROL_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        signal = theme.colour(self.choice.colour)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = self._outline()
        background = theme.colour("raised")
        if self.isChecked() and self.isEnabled():
            background = _blend(theme.colour("raised"), signal, 0.3)
        elif self.underMouse() and self.isEnabled():
            background = theme.colour("hover")
        painter.fillPath(outline, background)
        painter.setPen(QPen(theme.colour("line_strong"), 1))
        painter.drawPath(outline)
        self._paint_text(painter, signal)
        if self.isChecked() and self.isEnabled():
            painter.fillRect(QRectF(1, self.height() - 3, self.width() - 1, 2.5), signal)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 3, 3)
        painter.end()

    def _paint_text(self, painter: QPainter, signal: QColor) -> None:
        theme = theme_of(self)
        painter.setFont(font("strong" if self.isChecked() else "body"))
        metrics = QFontMetricsF(painter.font())
        small = QFontMetricsF(font("small"))
        key_width = small.horizontalAdvance(self.choice.shortcut) + 6 if self.choice.shortcut else 0
        icon_width = 22 if self.choice.icon else 0
        text_width = metrics.horizontalAdvance(self.choice.label)
        x = (self.width() - text_width - key_width - icon_width) / 2
        role = "text" if self.isEnabled() else "faint"
        if self.choice.icon:
            box = QRectF(x, (self.height() - 16) / 2, 16, 16)
            colour = signal.name() if self.isEnabled() else theme.tokens.faint
            paint_icon(painter, box, self.choice.icon, colour)
            x += icon_width
        painter.setPen(theme.colour(role))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(x, 0, text_width + 2, self.height()), middle, self.choice.label)
        if self.choice.shortcut:
            painter.setFont(font("small"))
            painter.setPen(theme.colour("soft" if self.isEnabled() else "faint"))
            area = QRectF(x + text_width + 6, 0, key_width, self.height())
            painter.drawText(area, middle, self.choice.shortcut)


class SegmentedControl(QWidget):
    """An exclusive choice shown whole.

    Signals
    -------
    chosen(str)
        The key of the segment that the user has picked.
    """

    chosen = Signal(str)

    def __init__(self, choices: Iterable[Choice], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._segments: dict[str, _Segment] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        wanted = list(choices)
        for index, choice in enumerate(wanted):
            segment = _Segment(choice, _place(index, len(wanted)))
            self._segments[choice.key] = segment
            self._group.addButton(segment)
            row.addWidget(segment)
        self._group.buttonClicked.connect(self._picked)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def current(self) -> str:
        """The key of what is chosen, or an empty string."""
        button = self._group.checkedButton()
        return button.choice.key if isinstance(button, _Segment) else ""

    def set_current(self, key: str) -> None:
        """Show another choice without emitting.

        Raises
        ------
        KeyError
            There is no such segment.
        """
        self._segments[key].setChecked(True)

    def set_available(self, key: str, available: bool, why: str = "") -> None:
        """Enable a segment, or disable it and say why in its tool tip."""
        segment = self._segments[key]
        segment.setEnabled(available)
        choice = segment.choice
        text = choice.tip or choice.label
        if not available and why:
            text = f"{text}: {why}"
        segment.setToolTip(with_shortcut(text, choice.shortcut))

    def _picked(self, button: QAbstractButton) -> None:
        if isinstance(button, _Segment):
            self.chosen.emit(button.choice.key)


class _StageTab(QAbstractButton):
    """A stage: its key, its name, a line under the current one."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__()
        self._number = str(number)
        self.setText(name)
        self.setCheckable(True)
        self.setAccessibleName(f"Stage {number}: {name}")
        self.setToolTip(with_shortcut(name, str(number)))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.mark: str = ""

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(font("strong"))
        width = metrics.horizontalAdvance(f"{self._number}  {self.text()}") + 4 * SPACE
        return QSize(round(width), 40)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width() - 2 * SPACE, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() and self.isEnabled() and not self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("hover", 0.6))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 5, -2, -5), RADIUS, RADIUS)
        self._paint_words(painter)
        if self.isChecked() and self.isEnabled():
            painter.fillRect(
                QRectF(SPACE, self.height() - 3, self.width() - 2 * SPACE, 3),
                theme.colour("accent"),
            )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 5, -3, -6), RADIUS, RADIUS)
        painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        theme = theme_of(self)
        face = font("strong" if self.isChecked() else "body")
        metrics = QFontMetricsF(face)
        digit_face = font("small")
        digit_width = QFontMetricsF(digit_face).horizontalAdvance(self._number) + 7
        width = metrics.horizontalAdvance(self.text())
        x = (self.width() - digit_width - width) / 2
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setFont(digit_face)
        painter.setPen(theme.colour("accent" if self.isChecked() else "faint"))
        painter.drawText(QRectF(x, 0, digit_width, self.height()), middle, self._number)
        painter.setFont(face)
        if not self.isEnabled():
            painter.setPen(theme.colour("faint"))
        else:
            painter.setPen(theme.colour("text" if self.isChecked() else "soft"))
        painter.drawText(QRectF(x + digit_width, 0, width + 2, self.height()), middle, self.text())
        if self.mark:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(self.mark))
            painter.drawEllipse(QRectF(x + digit_width + width + 4, 10, 6, 6))


class StageBar(QWidget):
    """The stages of the work, in order, numbered as their keys.

    Signals
    -------
    stage_chosen(int)
        The index, from 0, of the stage that the user has picked.
    """

    stage_chosen = Signal(int)

    def __init__(
        self,
        names: Iterable[str] = ("Data", "Train", "Audition", "Compare", "Export"),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for index, name in enumerate(names):
            tab = _StageTab(index + 1, name)
            self._group.addButton(tab, index)
            row.addWidget(tab)
        self._group.idClicked.connect(self.stage_chosen)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_current(0)

    @property
    def current(self) -> int:
        """The index of the stage shown."""
        return self._group.checkedId()

    def set_current(self, index: int) -> None:
        """Show another stage as current, without emitting."""
        self._group.button(index).setChecked(True)

    def set_mark(self, index: int, role: str = "") -> None:
        """Put a small dot beside a stage (``good``, ``warn``, ``bad``), or take it away."""
        tab = self._group.button(index)
        if isinstance(tab, _StageTab):
            tab.mark = role
            tab.update()


def _place(index: int, count: int) -> Literal["first", "middle", "last", "only"]:
    if count == 1:
        return "only"
    if index == 0:
        return "first"
    return "last" if index == count - 1 else "middle"


def _blend(base: QColor, over: QColor, amount: float) -> QColor:
    """A colour ``amount`` of the way from ``base`` to ``over``."""

    def mix(below: float, above: float) -> float:
        return (1 - amount) * below + amount * above

    return QColor.fromRgbF(
        mix(base.redF(), over.redF()),
        mix(base.greenF(), over.greenF()),
        mix(base.blueF(), over.blueF()),
    )
