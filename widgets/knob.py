"""A knob as on the device: drag, wheel, keys, double-click resets, type a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QDial, QLineEdit, QSizePolicy, QWidget

from widgets.theme import font, theme_of

Taper = Literal["linear", "log"]

_START, _SPAN = 225.0, -270.0
_DRAG_PIXELS = 180.0
"""How far the mouse travels for the whole turn."""
_STEPS = 10_000
_PREFIXES = {"k": 1e3, "M": 1e6, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "n": 1e-9}


@dataclass(frozen=True, slots=True)
class KnobSpec:
    """What a knob stands for.

    ``taper`` ``log`` spreads the range by ratio and needs ``minimum`` above zero; ``decimals`` is
    how many are shown.
    """

    name: str
    label: str = ""
    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 0.5
    unit: str = ""
    taper: Taper = "linear"
    decimals: int = 2

    def __post_init__(self) -> None:
        if not self.maximum > self.minimum:
            raise ValueError(f"The knob {self.name} has no range.")
        if self.taper == "log" and self.minimum <= 0:
            raise ValueError(f"The knob {self.name} is logarithmic and starts at zero or below.")

    def position(self, value: float) -> float:
        """Where a value stands on the turn, in 0..1."""
        held = min(max(value, self.minimum), self.maximum)
        if self.taper == "log":
            return math.log(held / self.minimum) / math.log(self.maximum / self.minimum)
        return (held - self.minimum) / (self.maximum - self.minimum)

    def value(self, position: float) -> float:
        """The value at a position in 0..1 of the turn."""
        held = min(max(position, 0.0), 1.0)
        if self.taper == "log":
            return self.minimum * math.pow(self.maximum / self.minimum, held)
        return self.minimum + held * (self.maximum - self.minimum)

    def text(self, value: float) -> str:
        """A value with its unit, as shown under the knob."""
        number = f"{value:.{self.decimals}f}".replace("-", "\u2212")
        return f"{number} {self.unit}".rstrip()

    def parse(self, text: str) -> float | None:
        """The value that someone typed, with or without unit and prefix; None if it is none."""
        cleaned = text.strip().replace("\u2212", "-").replace(",", ".")
        if self.unit and cleaned.endswith(self.unit):
            cleaned = cleaned[: -len(self.unit)].strip()
        factor = 1.0
        if cleaned and cleaned[-1] in _PREFIXES:
            factor = _PREFIXES[cleaned[-1]]
            cleaned = cleaned[:-1].strip()
        try:
            value = float(cleaned) * factor
        except ValueError:
            return None
        return value if math.isfinite(value) else None


class Knob(QDial):
    """A knob with its label and its value.

    Signals
    -------
    changed(float)
        The value, while it moves by the user's hand.
    settled(float)
        The value once the hand lets go: what an undo step keeps.
    """

    changed = Signal(float)
    settled = Signal(float)

    def __init__(
        self,
        spec: KnobSpec,
        parent: QWidget | None = None,
        *,
        size: Literal["large", "small"] = "large",
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self._large = size == "large"
        self._position = spec.position(spec.default)
        self._grip: QPointF | None = None
        self._editor: QLineEdit | None = None
        self.setRange(0, _STEPS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(spec.label or spec.name)
        self._tell()

    @property
    def current(self) -> float:
        """The value, in the unit of the knob."""
        return self.spec.value(self._position)

    def set_current(self, value: float) -> None:
        """Turn to a value without emitting."""
        self._position = self.spec.position(value)
        self._tell()

    def _turn(self, position: float, *, settle: bool) -> None:
        held = min(max(position, 0.0), 1.0)
        if held != self._position:
            self._position = held
            self._tell()
            self.changed.emit(self.current)
        if settle:
            self.settled.emit(self.current)

    def _tell(self) -> None:
        self.blockSignals(True)
        self.setValue(round(self._position * _STEPS))
        self.blockSignals(False)
        text = self.spec.text(self.current)
        self.setAccessibleDescription(text)
        self.setToolTip(
            f"{self.spec.label or self.spec.name}: {text}\n"
            "Drag, wheel or arrow keys turn it (with Shift finely); Enter types a value; "
            "double-click resets."
        )
        self.update()

    def edit(self, start: str = "") -> None:
        """Open the field in which a value is typed."""
        if self._editor is None:
            self._editor = QLineEdit(self)
            self._editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._editor.setFont(font("small"))
            self._editor.setAccessibleName(f"{self.spec.label or self.spec.name}, value")
            self._editor.editingFinished.connect(self._typed)
            self._editor.installEventFilter(self)
        self._editor.setText(start or f"{self.current:.{self.spec.decimals}f}")
        area = self._value_area().toRect().adjusted(0, -3, 0, 3)
        self._editor.setGeometry(area)
        if not start:
            self._editor.selectAll()
        self._editor.show()
        self._editor.setFocus()

    def _typed(self) -> None:
        if self._editor is None or self._editor.isHidden():
            return
        value = self.spec.parse(self._editor.text())
        self._editor.hide()
        self.setFocus()
        if value is not None:
            self._turn(self.spec.position(value), settle=True)

    # Geometry

    def _dial_area(self) -> QRectF:
        if self._large:
            return QRectF((self.width() - 52) / 2, 20, 52, 52)
        return QRectF(2, (self.height() - 30) / 2, 30, 30)

    def _label_area(self) -> QRectF:
        if self._large:
            return QRectF(0, 0, self.width(), 18)
        return QRectF(38, self.height() / 2 - 16, self.width() - 38, 16)

    def _value_area(self) -> QRectF:
        if self._large:
            return QRectF(0, 74, self.width(), 18)
        return QRectF(38, self.height() / 2, self.width() - 38, 16)

    # Painting

    def _paint_dial(self, painter: QPainter) -> None:
        theme = theme_of(self)
        area = self._dial_area()
        ring = area.adjusted(2.5, 2.5, -2.5, -2.5)
        width = 3.5 if self._large else 2.5
        round_pen = QPen(theme.colour("line_strong"), width)
        round_pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(round_pen)
        painter.drawArc(ring, round(_START * 16), round(_SPAN * 16))
        enabled = self.isEnabled()
        round_pen.setColor(theme.colour("accent" if enabled else "faint"))
        painter.setPen(round_pen)
        painter.drawArc(ring, round(_START * 16), round(_SPAN * self._position * 16))
        inset = 5.5 if self._large else 4.0
        body = ring.adjusted(inset, inset, -inset, -inset)
        painter.setPen(QPen(theme.colour("line_strong"), 1))
        painter.setBrush(theme.colour("hover" if self.underMouse() and enabled else "raised"))
        painter.drawEllipse(body)
        angle = math.radians(_START + _SPAN * self._position)
        toward = QPointF(math.cos(angle), -math.sin(angle))
        outer = body.width() / 2 - 2
        pointer = QPen(theme.colour("text" if enabled else "faint"), 2.4 if self._large else 1.8)
        pointer.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pointer)
        painter.drawLine(body.center() + toward * outer * 0.35, body.center() + toward * outer)

    # Qt overrides

    def sizeHint(self) -> QSize:
        if self._large:
            return QSize(84, 94)
        words = QFontMetricsF(font("small"))
        widest = max(
            words.horizontalAdvance(self.spec.label or self.spec.name),
            words.horizontalAdvance(self.spec.text(self.spec.minimum)),
            words.horizontalAdvance(self.spec.text(self.spec.maximum)),
        )
        return QSize(round(min(max(widest, 28), 96)) + 44, 36)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self._paint_dial(painter)
        flags = Qt.AlignmentFlag.AlignVCenter | (
            Qt.AlignmentFlag.AlignHCenter if self._large else Qt.AlignmentFlag.AlignLeft
        )
        painter.setFont(font("body" if self._large else "small"))
        painter.setPen(theme.colour("text" if self.isEnabled() else "faint"))
        metrics = QFontMetricsF(painter.font())
        words = metrics.elidedText(
            self.spec.label or self.spec.name,
            Qt.TextElideMode.ElideRight,
            self._label_area().width(),
        )
        painter.drawText(self._label_area(), flags, words)
        painter.setFont(font("small"))
        painter.setPen(theme.colour("soft" if self.isEnabled() else "faint"))
        painter.drawText(self._value_area(), flags, self.spec.text(self.current))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position()
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is None:
            return
        moved = self._grip.y() - event.position().y() + event.position().x() - self._grip.x()
        self._grip = event.position()
        fine = 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._turn(self._position + fine * moved / _DRAG_PIXELS, settle=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None and event.button() == Qt.MouseButton.LeftButton:
            self._grip = None
            self.settled.emit(self.current)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        if self._value_area().contains(event.position()):
            self.edit()
        else:
            self._turn(self.spec.position(self.spec.default), settle=True)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = (event.angleDelta().y() or event.angleDelta().x()) / 120.0
        fine = 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._turn(self._position + 0.025 * fine * notches, settle=True)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        step = 0.001 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.01
        moves = {
            Qt.Key.Key_Up: step,
            Qt.Key.Key_Right: step,
            Qt.Key.Key_Down: -step,
            Qt.Key.Key_Left: -step,
            Qt.Key.Key_PageUp: 0.1,
            Qt.Key.Key_PageDown: -0.1,
            Qt.Key.Key_Home: -1.0,
            Qt.Key.Key_End: 1.0,
        }
        if key in moves:
            self._turn(self._position + moves[key], settle=True)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._turn(self.spec.position(self.spec.default), settle=True)
        else:
            event.ignore()
            return
        event.accept()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if (
            watched is self._editor
            and self._editor is not None
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
        ):
            self._editor.hide()
            self.setFocus()
            return True
        return False
