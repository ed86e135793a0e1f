"""What can be simulated: the library's circuits, the project's own, and computed effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engines.sources.base import Source
from projects.circuits import CircuitKnob, CircuitSheet, circuit_folder, circuits_of, read_circuit
from projects.errors import TrimpotError
from widgets.drawing import path_svg, thumbnail
from widgets.gallery import GalleryItem

if TYPE_CHECKING:
    from engines.circuits.described import DescribedCircuit

Group = Literal["library", "own", "effect"]
GROUPS: dict[Group, str] = {
    "library": "Circuits, simulated with their states",
    "own": "Your own circuits",
    "effect": "Learn the tool: effects that Trimpot computes",
}
LIBRARY_SOURCE = "circuit"
OWN_SOURCE = "netlist"
CLIPPER = "diode-clipper"


@dataclass(frozen=True)
class Device:
    """One thing to simulate, and the source that does it.

    Attributes
    ----------
    key : str
        Under which its settings are remembered.
    source : str
        A name of :func:`engines.sources.registry`.
    fixed : mapping
        Fields of the source's configuration that choose this device.
    knobs : tuple[CircuitKnob, ...]
        By parameter; of an effect, by the configuration's field.
    lists : mapping of str to tuple
        Settings by parameter that it is swept over where nobody says otherwise.
    states : int, optional
        How many it has; None where its netlist has not been read yet.
    drive, steps
        What suits it: volts at full scale, solver steps a sample; None for an effect.
    """

    key: str
    group: Group
    title: str
    summary: str
    source: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    knobs: tuple[CircuitKnob, ...] = ()
    lists: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    states: int | None = None
    drive: float | None = None
    steps: int | None = None
    reference: str = ""
    svg: str = ""
    name: str = ""
    """Its name in the library, or the id of the project's own circuit."""

    @property
    def is_circuit(self) -> bool:
        """Whether a circuit simulator computes it."""
        return self.group != "effect"

    @property
    def picture(self) -> str:
        """Its drawing, or the signal's path where there is none."""
        return self.svg or path_svg(len(self.knobs), circuit=self.is_circuit)

    @property
    def item(self) -> GalleryItem:
        """Its card."""
        words = f"{self.reference} {' '.join(knob.name for knob in self.knobs)}"
        return GalleryItem(
            self.key,
            GROUPS[self.group],
            self.title,
            self.summary,
            thumbnail(self.picture) if self.svg else self.picture,
            words,
        )


def devices(sources: Mapping[str, Source], project: Path | None) -> list[Device]:
    """Everything that can be simulated, the library first, in its order.

    A circuit of the project whose file is damaged is left out: the place that edits it says so.
    """
    found = []
    if LIBRARY_SOURCE in sources:
        found += _library()
    if CLIPPER in sources:
        found.insert(min(1, len(found)), _clipper(sources[CLIPPER]))
    if project is not None and OWN_SOURCE in sources:
        for circuit_id in circuits_of(project):
            try:
                found.append(own_device(project, circuit_id))
            except TrimpotError:
                continue
    known = {LIBRARY_SOURCE, OWN_SOURCE, CLIPPER}
    found += [_effect(source) for name, source in sources.items() if name not in known]
    return found


def own_device(project: Path, circuit_id: str) -> Device:
    """A circuit of the project.

    Raises
    ------
    TrimpotError
        There is none, or its file is damaged.
    """
    sheet = read_circuit(circuit_folder(project, circuit_id))
    return Device(
        key=f"netlist-{circuit_id}",
        group="own",
        title=sheet.name,
        summary=_own_summary(sheet),
        source=OWN_SOURCE,
        fixed={"circuit": circuit_id},
        knobs=tuple(knob.model_copy(update={"param": knob.param.lower()}) for knob in sheet.knobs),
        drive=sheet.drive,
        steps=sheet.steps,
        reference=f"From {Path(sheet.origin).name}" if sheet.origin else "Written here",
        name=circuit_id,
    )


def described(device: Device, project: Path | None) -> DescribedCircuit:
    """The circuit of a device, to be asked for its settings; reads a netlist: in the background.

    Raises
    ------
    SimulatorError
        It has none.
    TrimpotError
        Its netlist cannot be read.
    """
    from engines.circuits.base import SimulatorError

    if device.group == "library" and device.name:
        from engines.circuits.library import circuit_named

        return circuit_named(device.name)
    if device.group == "own" and project is not None:
        from engines.circuits.own import open_circuit

        return open_circuit(project, device.name)
    raise SimulatorError(f"{device.title} has no netlist to look at.")


def _own_summary(sheet: CircuitSheet) -> str:
    if not sheet.input or not sheet.output:
        missing = "its input" if not sheet.input else "its output"
        return f"Not ready: {missing} has not been chosen yet."
    knobs = {0: "no knob", 1: "one knob"}.get(len(sheet.knobs), f"{len(sheet.knobs)} knobs")
    return f"From {sheet.input} to {sheet.output}, {knobs}."


def _library() -> list[Device]:
    from engines.circuits.library import circuits

    return [
        Device(
            key=f"circuit-{circuit.name}",
            group="library",
            title=circuit.title,
            summary=circuit.summary,
            source=LIBRARY_SOURCE,
            fixed={"circuit": circuit.name},
            knobs=circuit.knobs,
            states=len(circuit.states),
            drive=circuit.drive,
            steps=circuit.steps,
            reference=circuit.reference,
            svg=circuit.drawing,
            name=circuit.name,
        )
        for circuit in circuits().values()
    ]


def _clipper(source: Source) -> Device:
    from engines.circuits.diode_clipper import CIRCUIT
    from engines.circuits.library.description import drawing_of

    return Device(
        key=source.name,
        group="library",
        title=source.label,
        summary=source.summary,
        source=source.name,
        states=len(CIRCUIT.states),
        drive=float(source.Config.model_fields["drive"].default),
        steps=int(source.Config.model_fields["steps_per_sample"].default),
        reference=CIRCUIT.reference,
        svg=drawing_of(CLIPPER),
    )


def _effect(source: Source) -> Device:
    swept = getattr(source.Config, "knobs", ())
    knobs = tuple(
        CircuitKnob.model_validate({**knob.control.model_dump(), "param": knob.field})
        for knob in swept
    )
    fields = source.Config.model_fields
    return Device(
        key=source.name,
        group="effect",
        title=source.label,
        summary=source.summary,
        source=source.name,
        knobs=knobs,
        lists={knob.param: tuple(fields[knob.param].default) for knob in knobs},
    )
