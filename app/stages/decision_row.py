"""What is decided about a capture, each to be taken back, and a form to decide by hand."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from app.stages.decision_words import decisions, moment
from projects.capture import Capture
from projects.manifest import CaptureEntry, Control
from widgets.buttons import push_button
from widgets.flow import FlowRow
from widgets.icons import set_icon
from widgets.schema import parse_number
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

TIPS = {
    "left-out": "Use this capture for training again",
    "shift": "Take the shift back",
    "flip": "Take the inversion back",
    "cuts": "Use every stretch again",
}
SHIFT_TIP = (
    "How many samples late the wet recording is; negative where it is early. The file stays as it "
    "is."
)


class DecisionRow(QWidget):
    """Chips of what is decided, and, unfolded, the form.

    Signals
    -------
    taken_back(str)
        A decision's key: ``left-out``, ``shift``, ``flip``, ``cuts``.
    shifted(int), flipped(bool), cut_wanted(), reset_wanted()
        Decided by hand: the wet recording's lateness in samples; inverted or not; leave the
        stretch selected out; take everything back.
    knob_set(str, float)
        Where a knob stood.
    """

    taken_back = Signal(str)
    shifted = Signal(int)
    flipped = Signal(bool)
    cut_wanted = Signal()
    reset_wanted = Signal()
    knob_set = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[str, QWidget] = {}
        self._chips = FlowRow(self, HALF)
        self._knobs = FlowRow(self, SPACE)
        self.knob_fields: dict[str, QLineEdit] = {}
        self._controls: tuple[Control, ...] = ()
        self._form = QWidget(self)
        self.shift = QSpinBox(self)
        self.shift.setSuffix(" samples")
        self.shift.setGroupSeparatorShown(True)
        self.shift.setKeyboardTracking(False)
        self.shift.setAccessibleName("How late wet is, in samples")
        self.shift.setToolTip(SHIFT_TIP)
        self.shift.setMinimumHeight(CONTROL_HEIGHT)
        # The stylesheet's padding does not reach the field inside a spin box.
        self.shift.lineEdit().setTextMargins(6, 0, 0, 0)
        self.shift.valueChanged.connect(self.shifted)
        self.flip = QCheckBox("Wet is inverted", self)
        self.flip.setMinimumHeight(CONTROL_HEIGHT)
        self.flip.toggled.connect(self.flipped)
        self.cut = push_button("Leave the selection out", None, self)
        self.cut.clicked.connect(lambda _checked=False: self.cut_wanted.emit())
        self.reset = push_button("Take everything back", "undo", self)
        self.reset.clicked.connect(lambda _checked=False: self.reset_wanted.emit())
        self._lay_out()
        self.show_selection(None)
        self.unfold(False)

    def _lay_out(self) -> None:
        by_hand = FlowRow(self, SPACE)
        caption = label("Wet is late by", colour="soft")
        caption.setMinimumHeight(CONTROL_HEIGHT)
        for widget in (caption, self.shift, self.flip, self.cut, self.reset):
            by_hand.addWidget(widget)
        inside = QVBoxLayout(self._form)
        inside.setContentsMargins(0, 0, 0, HALF)
        inside.setSpacing(HALF)
        inside.addWidget(self._knobs)
        inside.addWidget(by_hand)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self._form)
        column.addWidget(self._chips)

    def show_entry(
        self, capture: Capture, entry: CaptureEntry, controls: tuple[Control, ...]
    ) -> None:
        """Show what is decided about a capture."""
        rate = capture.sample_rate
        limit = capture.n_samples - 1
        for field, value in ((self.shift, entry.edits.shift), (self.flip, entry.edits.flip)):
            field.blockSignals(True)
            if isinstance(field, QSpinBox):
                field.setRange(-limit, limit)
                field.setValue(int(value))
            else:
                field.setChecked(bool(value))
            field.blockSignals(False)
        self.reset.setEnabled(entry.edits.any or not entry.included)
        self._show_chips(entry, rate)
        self._show_knobs(entry, controls)

    def _show_chips(self, entry: CaptureEntry, rate: int) -> None:
        for chip in self.chips.values():
            self._chips.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {}
        for key, text in decisions(entry, rate):
            chip = push_button(text, None, self._chips)
            set_icon(chip, "close", "soft", 12)
            chip.setToolTip(TIPS[key])
            chip.setAccessibleName(f"{text}: {TIPS[key].lower()}")
            chip.clicked.connect(lambda _checked=False, key=key: self.taken_back.emit(key))
            self._chips.addWidget(chip)
            self.chips[key] = chip
        self._chips.setVisible(bool(self.chips))
        self.setVisible(bool(self.chips) or not self._form.isHidden())

    def _show_knobs(self, entry: CaptureEntry, controls: tuple[Control, ...]) -> None:
        if controls != self._controls:
            self._controls = controls
            self._rebuild_knobs(controls)
        for control in controls:
            value = entry.knobs.get(control.name)
            field = self.knob_fields[control.name]
            field.setText("" if value is None else f"{value:.9g}")
            field.setProperty("kept", field.text())

    def _rebuild_knobs(self, controls: tuple[Control, ...]) -> None:
        for old in self._knobs.findChildren(QWidget):
            self._knobs.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.knob_fields = {}
        for control in controls:
            unit = f", {control.unit}" if control.unit else ""
            caption: QLabel = label(f"{control.name}{unit}", colour="soft")
            caption.setMinimumHeight(CONTROL_HEIGHT)
            field = QLineEdit(self._knobs)
            field.setFixedSize(72, CONTROL_HEIGHT)
            field.setAccessibleName(f"Where {control.name} stood")
            field.setToolTip(f"{control.minimum:g} to {control.maximum:g}")
            field.editingFinished.connect(lambda name=control.name: self._knob_typed(name))
            caption.setBuddy(field)
            self._knobs.addWidget(caption)
            self._knobs.addWidget(field)
            self.knob_fields[control.name] = field
        self._knobs.setVisible(bool(controls))

    def _knob_typed(self, name: str) -> None:
        field = self.knob_fields[name]
        if field.text() == field.property("kept"):
            return
        value = parse_number(field.text())
        if value is None:
            field.setText(str(field.property("kept")))
        else:
            field.setProperty("kept", field.text())
            self.knob_set.emit(name, value)

    def show_selection(self, selection: tuple[float, float] | None) -> None:
        """Say what "leave the selection out" would leave out (seconds)."""
        self.cut.setEnabled(selection is not None)
        if selection is None:
            self.cut.setToolTip("Select a stretch of the waveform first (drag with Shift)")
        else:
            start, stop = selection
            self.cut.setToolTip(f"Neither train nor score {moment(start)} to {moment(stop)}")

    def unfold(self, on: bool) -> None:
        """Show or hide the form; the chips stay."""
        self._form.setVisible(on)
        self.setVisible(on or bool(self.chips))
