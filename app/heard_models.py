"""The models that the audio engine holds: loaded by run, swapped as training improves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from PySide6.QtCore import QObject, QTimer, Signal

from app.audition import AuditionClient
from app.background import in_background
from app.models import FoundModel, find_model
from app.workbench import Workbench
from engines.audition.protocol import ModelLoaded, Slot
from engines.worker.protocol import Checkpoint
from projects.manifest import Control
from widgets.knob import KnobSpec

if TYPE_CHECKING:
    from engines.models.base import Model

SLOTS: tuple[Slot, ...] = get_args(Slot)
LOADING = "the model is being loaded"
SWAP_MS = 1_500
"""While a run trains, its better models are taken over no more often than this."""


@dataclass
class Heard:
    """One slot: whose model is in it and how far it is."""

    run_id: str = ""
    path: Path | None = None
    text: str = ""
    """What is being done, or what went wrong; empty once it can be heard."""
    loaded: ModelLoaded | None = None
    model: Model | None = None
    """The file as the window read it: knobs, figures, weights."""
    values: dict[str, float] = field(default_factory=dict)
    """Where its knobs stand, in their own units."""


class HeardModels(QObject):
    """The two slots of the audio engine.

    Signals
    -------
    changed()
        A slot was filled, emptied, or says something new.
    knobs_changed()
        There are other knobs, or they were set from outside.
    second_changed()
        The user wants another second model, or none.
    """

    changed = Signal()
    knobs_changed = Signal()
    second_changed = Signal()

    def __init__(
        self, client: AuditionClient, workbench: Workbench, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._workbench = workbench
        self.slots: dict[str, Heard] = {slot: Heard() for slot in SLOTS}
        self.second_id = ""
        """The run that the user wants as the second model."""
        self._capture_knobs: dict[str, float] = {}
        self._stale: set[str] = set()
        self._swap = QTimer(self, singleShot=True, interval=SWAP_MS)
        self._swap.timeout.connect(self._take_over)
        client.model_loaded.connect(self._on_loaded)
        client.model_progress.connect(self._on_progress)
        client.failed.connect(self._on_failed)
        workbench.jobs.message.connect(self._on_message)

    # -- which -----------------------------------------------------------------------------

    def show(self, model_id: str, second_id: str) -> None:
        """Fill the slots with these runs' models; an empty id empties the slot."""
        for slot, run_id in zip(SLOTS, (model_id, second_id), strict=True):
            heard = self.slots[slot]
            model = find_model(self._workbench.session, run_id) if run_id else None
            if model is None:
                self._empty(slot, run_id)
            elif heard.run_id != run_id or heard.path is None:
                self._fill(slot, model)

    def choose_second(self, run_id: str) -> None:
        """Want another run as the second model, or none; :meth:`show` takes it in."""
        if run_id != self.second_id:
            self.second_id = run_id
            self.second_changed.emit()

    def forget(self) -> None:
        """Empty both slots: the project has been closed."""
        self.choose_second("")
        for slot in SLOTS:
            self._empty(slot, "")

    def engine_restarted(self) -> None:
        """The engine is new: its models are on their way again."""
        for heard in self.slots.values():
            if heard.path is not None:
                heard.loaded = None
                heard.text = LOADING
        self.changed.emit()

    def _empty(self, slot: Slot, run_id: str) -> None:
        heard = self.slots[slot]
        if heard.path is not None:
            self._client.unload_model(slot)
        if heard.path is not None or heard.run_id != run_id:
            self.slots[slot] = Heard(run_id=run_id)
            self.changed.emit()
            self.knobs_changed.emit()

    def _fill(self, slot: Slot, model: FoundModel) -> None:
        self.slots[slot] = Heard(run_id=model.id, path=model.path, text=LOADING)
        self._client.load_model(model.path, slot)
        self._read(slot)
        self.changed.emit()

    def _read(self, slot: Slot) -> None:
        """Read the model's file for its knobs, off the window's thread."""
        heard = self.slots[slot]
        path = heard.path
        if path is None:
            return

        def work() -> Model:
            from engines.models.storage import load_model

            return load_model(path)

        in_background(
            self,
            work,
            lambda model: self._on_read(slot, heard, model),
            lambda error: self._on_unreadable(slot, heard, error),
        )

    def _on_read(self, slot: Slot, heard: Heard, model: Model) -> None:
        if self.slots[slot] is not heard:
            return
        heard.model = model
        names = {control.name for control in model.info.controls}
        if names != set(heard.values):
            self._default_knobs(heard)
            self._send_knobs()
        self.changed.emit()
        self.knobs_changed.emit()

    def _on_unreadable(self, slot: Slot, heard: Heard, error: Exception) -> None:
        if self.slots[slot] is heard:
            heard.text = str(error)
            self.changed.emit()

    # -- what can be heard -----------------------------------------------------------------

    def reason(self, slot: Slot) -> str | None:
        """None where the slot's model can be heard, else why not."""
        heard = self.slots[slot]
        if heard.loaded is not None and not heard.text:
            return None
        if heard.path is None:
            return "the selected run has no model yet" if heard.run_id else "no model is selected"
        return heard.text or LOADING

    def _on_progress(self, slot: str, text: str) -> None:
        heard = self.slots.get(slot)
        if heard is not None and heard.loaded is None and heard.path is not None:
            heard.text = text
            self.changed.emit()

    def _on_loaded(self, event: ModelLoaded) -> None:
        heard = self.slots[event.slot]
        if heard.path is None or str(heard.path) != event.path:
            return
        heard.loaded = event
        heard.text = ""
        self._send_knobs()
        self.changed.emit()

    def _on_failed(self, text: str, details: str, slot: str) -> None:
        heard = self.slots.get(slot)
        if heard is None:
            return
        heard.text = text
        self._workbench.notices.warning(text, details)
        self.changed.emit()

    # -- training goes on ------------------------------------------------------------------

    def _on_message(self, job_id: str, message: object) -> None:
        if not isinstance(message, Checkpoint):
            return
        slots = {slot for slot, heard in self.slots.items() if heard.run_id == job_id}
        if slots:
            self._stale |= slots
            if not self._swap.isActive():
                self._swap.start(0 if any(self.slots[s].path is None for s in slots) else SWAP_MS)

    def _take_over(self) -> None:
        stale, self._stale = self._stale, set()
        for slot in SLOTS:
            heard = self.slots[slot]
            model = find_model(self._workbench.session, heard.run_id) if slot in stale else None
            if model is None:
                continue
            if heard.path is None:
                self._fill(slot, model)
            else:
                self._client.load_model(model.path, slot)
                self._read(slot)

    # -- knobs -----------------------------------------------------------------------------

    @property
    def controls(self) -> tuple[Control, ...]:
        """The knobs of the models in the slots, each name once."""
        found: dict[str, Control] = {}
        for heard in self.slots.values():
            if heard.model is not None:
                for control in heard.model.info.controls:
                    found.setdefault(control.name, control)
        return tuple(found.values())

    @property
    def values(self) -> dict[str, float]:
        """Where the knobs stand, in their own units."""
        found: dict[str, float] = {}
        for heard in self.slots.values():
            for name, value in heard.values.items():
                found.setdefault(name, value)
        return found

    def knob_specs(self) -> list[KnobSpec]:
        """The knobs as a view draws them."""
        return [knob_spec(control) for control in self.controls]

    def set_knob(self, name: str, value: float) -> None:
        """Turn a knob of every model that has one of that name."""
        for heard in self.slots.values():
            if name in heard.values:
                heard.values[name] = value
        self._send_knobs()

    def set_capture(self, capture_id: str) -> None:
        """Set the knobs as they stood when the capture was made."""
        session = self._workbench.session
        entry = session.manifest.capture(capture_id) if session is not None else None
        self._capture_knobs = dict(entry.knobs) if entry is not None else {}
        for heard in self.slots.values():
            self._default_knobs(heard)
        self._send_knobs()
        self.knobs_changed.emit()

    def _default_knobs(self, heard: Heard) -> None:
        controls = heard.model.info.controls if heard.model is not None else ()
        heard.values = {
            control.name: self._capture_knobs.get(control.name, control.default)
            for control in controls
        }

    def _send_knobs(self) -> None:
        values = self.values
        positions = {
            control.name: knob_spec(control).position(values[control.name])
            for control in self.controls
            if control.name in values
        }
        if positions:
            self._client.set_knobs(positions)


def knob_spec(control: Control) -> KnobSpec:
    """A control of the project as a knob to draw and turn."""
    span = control.maximum - control.minimum
    decimals = 0 if control.taper == "switch" or span >= 100 else 1 if span >= 10 else 2
    return KnobSpec(
        name=control.name,
        label=control.name,
        minimum=control.minimum,
        maximum=control.maximum,
        default=control.default,
        unit=control.unit,
        taper="log" if control.taper == "log" and control.minimum > 0 else "linear",
        decimals=decimals,
    )
