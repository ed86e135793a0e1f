"""What is played through a device, and how finely it is simulated: built-in signals, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.settings import SettingsStore
from app.stages.file_row import AudioFileRow
from app.stages.pane import align_captions, form_layouts
from app.stages.simulate_devices import Device
from engines.sources.base import Source, SourceConfig
from widgets.form import SchemaForm
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label
from widgets.tokens import SPACE

BUILTIN = "builtin"
ONLY_BUILTIN = frozenset({"seconds", "sample_rate", "seed"})
ONLY_RECORDING = frozenset({"channel", "limit"})
"""Settings that every simulating source has, and that mean something for one kind of dry only."""
ELSEWHERE = frozenset(
    {"dry", "circuit", "netlist", "knobs", "design", "count"}
    | {"motion", "move", "hold_seconds", "motion_file"}
    | {"dialect", "input", "output", "ranges", "left_out", "method"}
)
"""Settings that have a place of their own: on the device's page, or where a netlist is edited."""
ORDER = ("name", "seconds", "limit", "channel", "sample_rate", "drive", "simulator")


class PlayedForm(QWidget):
    """The form of a source's configuration but for the knobs.

    Signals
    -------
    changed()
        A value, or the recording.
    """

    changed = Signal()

    def __init__(self, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.device: Device | None = None
        self.source: Source | None = None
        self.form: SchemaForm | None = None
        self.played = SegmentedControl(
            (Choice(BUILTIN, "Built-in signals"), Choice("file", "A recording")), self
        )
        self.played.set_current(BUILTIN)
        self.played.chosen.connect(lambda _key: self._played_changed())
        self.file = AudioFileRow("Dry recording", settings, self)
        self.file.changed.connect(self.changed)
        self._form_place = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(label("Played through it", "heading"))
        column.addWidget(self.played)
        column.addWidget(self.file)
        column.addLayout(self._form_place)
        column.addStretch(1)

    # -- what is shown ---------------------------------------------------------------------

    def show_source(self, device: Device, source: Source, kept: Mapping[str, Any]) -> None:
        """Show the form of a device's source, with what was remembered of it."""
        self.device, self.source = device, source
        self.played.set_current("file" if kept.get("played") == "file" else BUILTIN)
        chosen = {"simulator": self._settings.values.simulator}
        self._make_form({k: v for k, v in {**chosen, **kept}.items() if k != "name"})

    def _played_changed(self) -> None:
        self._make_form(self.form.value() if self.form is not None else {})
        self.changed.emit()

    def _make_form(self, values: Mapping[str, Any]) -> None:
        device, source = self.device, self.source
        if device is None or source is None:
            return
        if self.form is not None:
            self._form_place.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        self.file.setVisible(self.from_file)
        schema = form_schema(_schema(source.Config), device)
        if "simulator" in schema["properties"]:
            schema["properties"]["simulator"]["default"] = self._settings.values.simulator
        unfit = ONLY_BUILTIN if self.from_file else ONLY_RECORDING
        swept = set() if device.is_circuit else {knob.param for knob in device.knobs}
        wanted = [n for n in schema["properties"] if n not in ELSEWHERE | unfit | swept]
        self.form = SchemaForm(schema, self, only=wanted)
        for name in wanted:
            with suppress(TypeError, ValueError):  # what another version remembered may be no value
                if name in values:
                    self.form.set_value({name: values[name]})
        self.form.changed.connect(self.changed)
        self._form_place.addWidget(self.form)
        align_captions(form_layouts(self.form))

    # -- what is asked for -----------------------------------------------------------------

    @property
    def from_file(self) -> bool:
        """Whether a recording is played."""
        return self.played.current == "file"

    @property
    def dry(self) -> str:
        """What is played: a path, or :data:`BUILTIN`."""
        path = self.file.path
        return str(path.resolve()) if self.from_file and path is not None else BUILTIN

    @property
    def seconds(self) -> float | None:
        """How long what is played is; None while that is not known."""
        if not self.from_file:
            return float(self.get("seconds") or 0.0) or None
        if self.file.info is None:
            return None
        limit = self.get("limit")
        return min(self.file.info.seconds, limit) if limit else self.file.info.seconds

    @property
    def sample_rate(self) -> int:
        """Of what is played, in Hz."""
        if self.from_file and self.file.info is not None:
            return self.file.info.sample_rate
        return int(self.get("sample_rate") or 48_000)

    def get(self, name: str) -> Any:
        """One value of the form; None where it has none of that name."""
        return self.form.value().get(name) if self.form is not None else None

    def values(self) -> dict[str, Any]:
        """The values of the fields that are shown."""
        form = self.form
        return {} if form is None else {k: v for k, v in form.value().items() if k in form.names}

    @property
    def fits(self) -> bool:
        """Whether every field holds what it can; each says below itself what is wrong."""
        return self.form is not None and not self.form.problems()

    def why_not(self) -> str:
        """Why it cannot be played; empty where it can."""
        if self.from_file and self.file.info is None:
            return self.file.problem or "Choose a recording to play through it."
        return "" if self.fits else "Some settings do not fit; see below them."

    def kept(self) -> dict[str, Any]:
        """What is remembered of it; the simulator only where it is not that of the settings."""
        kept = {**self.values(), "played": self.played.current}
        if kept.get("simulator") == self._settings.values.simulator:
            del kept["simulator"]
        return kept


@cache
def _schema(config: type[SourceConfig]) -> dict[str, Any]:
    return config.model_json_schema()


def form_schema(schema: Mapping[str, Any], device: Device) -> dict[str, Any]:
    """A source's schema in the page's order, with what suits the device in place of "empty"."""
    found = dict(schema["properties"])
    for name, value in (("drive", device.drive), ("steps_per_sample", device.steps)):
        options = found.get(name, {}).get("anyOf")
        if options and value is not None:
            outer = {k: v for k, v in found[name].items() if k not in ("anyOf", "default")}
            words = str(outer.get("description", "")).split(";")[0]
            inner = next(option for option in options if option.get("type") != "null")
            found[name] = {**inner, **outer, "default": value, "description": words}
    first = [name for name in ORDER if name in found]
    ordered = {name: found[name] for name in [*first, *(n for n in found if n not in first)]}
    return {**schema, "properties": ordered}
