"""The transport: play, loop, what is heard, the model's knobs, levels, state of the sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.buttons import tool_button, with_shortcut
from widgets.icons import set_icon
from widgets.knob import Knob, KnobSpec
from widgets.meter import LevelMeter
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import font, label, theme_of
from widgets.tokens import HALF, SPACE, Level

SOURCES = (
    Choice("dry", "dry", "A", "dry", tip="Hear the dry signal"),
    Choice("wet", "wet", "S", "wet", tip="Hear the recorded wet signal"),
    Choice("model", "model", "D", "model", tip="Hear the model"),
    Choice("second", "2nd", "F", "second", tip="Hear the second model"),
)


def clock(seconds: float) -> str:
    """A time as ``m:ss.t``, with hours where there are any."""
    tenths = round(max(seconds, 0.0) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest / 10:04.1f}"
    return f"{minutes}:{rest / 10:04.1f}"


class SeekBar(QWidget):
    """A thin line of time with the play position and the loop; click or drag to seek.

    Signals
    -------
    seek(float)
        The time in seconds that the user asks for.
    """

    seek = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration = 0.0
        self._position = 0.0
        self._loop: tuple[float, float] | None = None
        self.setFixedHeight(12)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName("Position")
        self.setToolTip("Click or drag to seek; arrow keys move by 5 seconds")

    def set_duration(self, seconds: float) -> None:
        """Take the length of what is loaded, in seconds; 0 when nothing is."""
        self._duration = max(seconds, 0.0)
        self._position = min(self._position, self._duration)
        self.update()

    def set_position(self, seconds: float) -> None:
        """Show the play position, in seconds."""
        held = min(max(seconds, 0.0), self._duration)
        if held != self._position:
            self._position = held
            self.update()

    def set_loop(self, start: float | None, stop: float | None = None) -> None:
        """Show a loop from ``start`` to ``stop`` seconds, or none."""
        self._loop = None if start is None or stop is None else (start, stop)
        self.update()

    def _ask(self, x: float) -> None:
        if self._duration > 0 and self.width() > 0:
            self.seek.emit(min(max(x / self.width(), 0.0), 1.0) * self._duration)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(400, 12)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._ask(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._ask(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -5.0, Qt.Key.Key_Right: 5.0}
        move = moves.get(Qt.Key(event.key()))
        if move is None or self._duration <= 0:
            event.ignore()
            return
        self.seek.emit(min(max(self._position + move, 0.0), self._duration))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        thick = 5.0 if self.underMouse() or self.hasFocus() else 3.0
        middle = self.height() / 2
        groove = QRectF(0, middle - thick / 2, self.width(), thick)
        painter.fillRect(groove, theme.colour("line"))
        if self._duration > 0:
            scale = self.width() / self._duration
            if self._loop is not None:
                start, stop = self._loop
                area = QRectF(start * scale, groove.top(), (stop - start) * scale, thick)
                painter.fillRect(area, theme.colour("accent", 0.35))
            x = self._position * scale
            painter.fillRect(QRectF(0, groove.top(), x, thick), theme.colour("accent"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("text"))
            radius = 5.0 if thick > 3 else 4.0
            held = min(max(x, radius), self.width() - radius)
            painter.drawEllipse(QPointF(held, middle), radius, radius)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.colour("window"), 1.2))
                painter.drawEllipse(QPointF(held, middle), radius - 1.8, radius - 1.8)
        painter.end()


class TransportBar(QFrame):
    """The bar at the bottom of the window. It only shows and asks; it plays nothing itself.

    Signals
    -------
    play_toggled(bool), loop_toggled(bool), stop_requested()
        The user wants it to play or pause, to loop or not, to go back to the start.
    source_chosen(str)
        ``dry``, ``wet``, ``model`` or ``second``.
    seek(float)
        A time in seconds.
    knob_changed(str, float), knob_settled(str, float)
        Name and value of a knob while it turns, and when the hand lets go.
    status_clicked()
        The user wants the sound settings.
    """

    play_toggled = Signal(bool)
    loop_toggled = Signal(bool)
    stop_requested = Signal()
    source_chosen = Signal(str)
    seek = Signal(float)
    knob_changed = Signal(str, float)
    knob_settled = Signal(str, float)
    status_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration = 0.0
        self._knobs: dict[str, Knob] = {}
        self.seek_bar = SeekBar(self)
        self.seek_bar.seek.connect(self.seek)
        self.play_button = tool_button("play", "Play", "Space", size=20)
        self.play_button.setCheckable(True)
        self.play_button.clicked.connect(self._play_clicked)
        self.stop_button = tool_button("stop", "Back to the start", "Home", size=20)
        self.stop_button.clicked.connect(self.stop_requested)
        self.loop_button = tool_button("loop", "Loop", "L", size=20)
        self.loop_button.setCheckable(True)
        self.loop_button.clicked.connect(self.loop_toggled)
        self.source = SegmentedControl(SOURCES)
        self.source.setAccessibleName("What is heard")
        self.source.chosen.connect(self.source_chosen)
        self.meter_in = LevelMeter("in", "dry")
        self.meter_out = LevelMeter("out", "model")
        self._lay_out()
        self.set_sources({})

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.seek_bar)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, 0, SPACE, HALF)
        row.setSpacing(HALF)
        column.addLayout(row)
        for button in (self.play_button, self.stop_button, self.loop_button):
            row.addWidget(button)
        row.addSpacing(HALF)
        row.addWidget(self._make_clock())
        row.addSpacing(HALF)
        row.addWidget(self.source)
        row.addSpacing(HALF)
        row.addWidget(self._make_knob_area(), 1)
        meters = QVBoxLayout()
        meters.setSpacing(0)
        meters.addWidget(self.meter_in)
        meters.addWidget(self.meter_out)
        row.addLayout(meters)
        row.addSpacing(HALF)
        row.addWidget(self._make_status())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _make_clock(self) -> QWidget:
        self._clock = label(clock(0), "heading")
        self._length = label("of 0:00.0", "small", "soft")
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(self._clock)
        column.addWidget(self._length)
        column.addStretch(1)
        box.setMinimumWidth(76)
        return box

    def _make_knob_area(self) -> QScrollArea:
        self._knob_box = QWidget()
        self._knob_row = QHBoxLayout(self._knob_box)
        self._knob_row.setContentsMargins(0, 0, 0, 0)
        self._knob_row.setSpacing(HALF)
        self._knob_row.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._knob_box)
        area.setMinimumWidth(80)
        area.setFixedHeight(48)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _make_status(self) -> QToolButton:
        self._status = QToolButton()
        self._status.setAutoRaise(True)
        self._status.setFont(font("small"))
        self._status.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._status.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._status.setAccessibleName("Sound settings")
        self._status.clicked.connect(self.status_clicked)
        self._status.setMinimumWidth(150)
        self.set_message("No sound yet", "info")
        return self._status

    # What the window tells

    def set_playing(self, playing: bool) -> None:
        """Show whether it plays."""
        self.play_button.setChecked(playing)
        set_icon(self.play_button, "pause" if playing else "play", size=20)
        name = "Pause" if playing else "Play"
        self.play_button.setAccessibleName(name)
        self.play_button.setToolTip(with_shortcut(name, "Space"))
        if not playing:
            self.meter_in.set_levels(0, 0)
            self.meter_out.set_levels(0, 0)

    def set_loop(self, on: bool, start: float | None = None, stop: float | None = None) -> None:
        """Show whether it loops, and over which stretch in seconds."""
        self.loop_button.setChecked(on)
        if on and start is not None and stop is not None:
            self.seek_bar.set_loop(start, stop)
        elif on:
            self.seek_bar.set_loop(0, self._duration)
        else:
            self.seek_bar.set_loop(None)

    def set_duration(self, seconds: float) -> None:
        """Take the length of what is loaded, in seconds; 0 disables playing."""
        self._duration = max(seconds, 0.0)
        self.seek_bar.set_duration(self._duration)
        self._length.setText(f"of {clock(self._duration)}")
        if not self._duration:
            self._clock.setText(clock(0))
        for button in (self.play_button, self.stop_button, self.loop_button):
            button.setEnabled(self._duration > 0)

    def set_position(self, seconds: float) -> None:
        """Show the play position, in seconds."""
        self.seek_bar.set_position(seconds)
        self._clock.setText(clock(seconds))

    def set_source(self, key: str) -> None:
        """Show what is heard: ``dry``, ``wet``, ``model`` or ``second``."""
        self.source.set_current(key)
        self.meter_out.set_colour(key)

    def set_sources(self, reasons: Mapping[str, str | None]) -> None:
        """Say what can be heard: None for what can, else the reason why not.

        A source that is not named cannot be heard, and says that nothing is loaded.
        """
        for choice in SOURCES:
            why = reasons.get(choice.key, "nothing is loaded")
            self.source.set_available(choice.key, why is None, why or "")

    def set_knobs(
        self, specs: Iterable[KnobSpec], values: Mapping[str, float] | None = None
    ) -> None:
        """Show a model's knobs; an empty list shows none."""
        for knob in self._knobs.values():
            self._knob_row.removeWidget(knob)
            knob.deleteLater()
        self._knobs = {}
        for index, spec in enumerate(specs):
            knob = Knob(spec, size="small")
            if values and spec.name in values:
                knob.set_current(values[spec.name])
            knob.changed.connect(lambda value, name=spec.name: self.knob_changed.emit(name, value))
            knob.settled.connect(lambda value, name=spec.name: self.knob_settled.emit(name, value))
            self._knobs[spec.name] = knob
            self._knob_row.insertWidget(index, knob)

    def set_knob(self, name: str, value: float) -> None:
        """Turn one knob without emitting."""
        if name in self._knobs:
            self._knobs[name].set_current(value)

    def set_levels(self, in_peak: float, in_rms: float, out_peak: float, out_rms: float) -> None:
        """Show levels as amplitudes; 1.0 is full scale."""
        self.meter_in.set_levels(in_peak, in_rms)
        self.meter_out.set_levels(out_peak, out_rms)

    def set_status(
        self, rate: float, block: int, latency_ms: float, dropouts: int, load: float | None = None
    ) -> None:
        """Show the stream: rate in Hz, block in samples, latency in ms, load in 0..1."""
        text = f"{rate / 1000:g}k  {block}  {latency_ms:.1f} ms  {dropouts} drop"
        self._status.setText(text)
        set_icon(self._status, "warning" if dropouts else "speaker", "warn" if dropouts else "soft")
        lines = [
            f"Sample rate {rate:g} Hz",
            f"Block {block} samples",
            f"Latency {latency_ms:.1f} ms",
            f"Dropouts {dropouts}",
        ]
        if load is not None:
            lines.append(f"Load {100 * load:.0f} %")
        self._status.setToolTip("\n".join([*lines, "", "Click for the sound settings"]))

    def set_message(self, text: str, level: Level = "info") -> None:
        """Show a sentence in place of the stream's figures, such as that no device is there."""
        icons = {"info": "speaker", "ok": "speaker", "warning": "warning", "error": "error"}
        roles = {"info": "soft", "ok": "soft", "warning": "warn", "error": "bad"}
        set_icon(self._status, icons[level], roles[level])
        self._status.setText(text if len(text) <= 28 else f"{text[:27]}\u2026")
        self._status.setToolTip(f"{text}\n\nClick for the sound settings")

    def _play_clicked(self, wanted: bool) -> None:
        self.play_button.setChecked(not wanted)
        self.play_toggled.emit(wanted)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(1280, 68)
