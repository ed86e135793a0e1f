"""One's own netlist, simulated: a circuit of the project, or a file as it lies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from engines.circuits.base import SimulatorError
from engines.circuits.own import OwnCircuit, read_file, read_own
from engines.circuits.own_files import files_of, text_digest
from engines.circuits.own_sheets import chosen_sheet, propose
from engines.jobs.hashes import file_hash
from engines.sources.base import Source, SourceConfig
from engines.sources.circuit_sweep import PlayedSweep, SweepChoice, produce_sweep
from engines.worker.context import JobContext
from projects.capture import Capture
from projects.circuits import MAX_KNOBS, MAX_STATES, CircuitKnob
from projects.errors import TrimpotError, storage_error
from projects.manifest import MAX_NAME

MAX_TEXT = 100_000
"""Characters of a netlist that stand in every capture's record; of a longer one its digest does."""

Words = Annotated[str, StringConstraints(max_length=200)]


class NetlistChoice(SourceConfig):
    """Which netlist, and what of its sheet is chosen otherwise for this run."""

    circuit: str = Field(
        "", max_length=64, title="Circuit", description="The id of a circuit of the project"
    )
    netlist: str = Field(
        "", max_length=4096, title="Netlist", description="The path of a file, instead"
    )
    dialect: Literal["", "ngspice", "ltspice"] = Field(
        "",
        title="Dialect",
        description="Of the file; empty: told by its text",
        json_schema_extra={"labels": {"": "As its text tells", "ngspice": "ngspice",
                                      "ltspice": "LTspice"}},
    )  # fmt: skip
    input: Words | None = Field(
        None, title="Input", description="The voltage source that the dry signal stands for"
    )
    output: Words | None = Field(None, title="Output", description="The node that is listened to")
    ranges: tuple[CircuitKnob, ...] = Field(
        (),
        max_length=MAX_KNOBS,
        title="Ranges",
        description="Knobs by parameter, beside those of the sheet or instead of them",
        json_schema_extra={"hidden": True},
    )
    left_out: tuple[Words, ...] = Field(
        (),
        max_length=MAX_STATES,
        title="States left out",
        description="By name, beside those that the sheet leaves out",
        json_schema_extra={"hidden": True},
    )
    method: Literal["trap", "gear"] | None = Field(
        None,
        title="Method",
        description="How the solver integrates; empty: as the sheet says",
        json_schema_extra={"labels": {"trap": "Trapezoidal rule", "gear": "Gear"}},
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.circuit) == bool(self.netlist):
            raise ValueError("name a circuit of the project, or a netlist's file")
        return self


class NetlistConfig(PlayedSweep, NetlistChoice, SweepChoice):
    """The netlist, its settings, and what is played through it."""


class NetlistSource(Source):
    """A netlist that somebody brought, its knobs set or moving, its states found from it."""

    name: ClassVar[str] = "netlist"
    label: ClassVar[str] = "Own netlist"
    summary: ClassVar[str] = "A netlist of ngspice's or LTspice's dialect, with the states it has"
    kind: ClassVar[Literal["import", "simulate"]] = "simulate"
    Config: ClassVar[type[SourceConfig]] = NetlistConfig

    def produce(self, config: NetlistConfig, folder: Path, context: JobContext) -> list[Capture]:
        """One capture a run; see :func:`engines.sources.circuit_sweep.produce_sweep`.

        Raises
        ------
        NetlistError
            The netlist cannot be run; the line is named.
        SimulatorError
            What is chosen doesn't fit the netlist.
        """
        circuit = circuit_of(config, context.project)
        for change in circuit.netlist.changes:
            place = f"line {change.line}" + (f" of {change.file}" if change.file else "")
            context.log(f"{place}: {change.before!r} -> {change.after!r}: {change.why}")
        return produce_sweep(
            circuit, config, folder, context, source=self.name, record=record_of(circuit)
        )


def circuit_of(config: NetlistChoice, project: Path) -> OwnCircuit:
    """The circuit that a configuration names, with what it chooses otherwise.

    Raises
    ------
    NetlistError
        The netlist cannot be run; the line is named.
    SimulatorError
        What is chosen doesn't fit the netlist.
    TrimpotError
        There is no such circuit or file.
    """
    if config.circuit:
        sheet, netlist = read_own(project, config.circuit)
    else:
        path = Path(config.netlist).expanduser()
        netlist = read_file(path, dialect=config.dialect or None)
        sheet = propose(netlist, "netlist", (path.stem or path.name)[:MAX_NAME], str(path))
    chosen = chosen_sheet(
        sheet,
        netlist,
        entry=config.input,
        output=config.output,
        knobs=config.ranges,
        left_out=config.left_out,
    )
    if config.method is not None:
        chosen = chosen.model_copy(update={"method": config.method})
    circuit = OwnCircuit.of(chosen, netlist)
    problems = circuit.problems()
    if problems:
        raise SimulatorError(problems[0])
    return circuit


def record_of(circuit: OwnCircuit) -> dict[str, Any]:
    """What a capture's record says of an own circuit, so that it can be made again."""
    netlist = circuit.netlist
    text = "\n".join(netlist.source_lines)
    sheet = circuit.sheet.model_dump(mode="json", exclude={"origin", "created"})
    return {
        "netlist": {
            "title": netlist.title,
            "dialect": netlist.dialect,
            "sha256": text_digest(netlist),
            "text": text if len(text) <= MAX_TEXT else "",
            "files": list(netlist.files),
        },
        "sheet": sheet,
    }


def input_hashes(project: Path, config: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of every file that a simulation of an own netlist depends on, for its job.

    Parameters
    ----------
    project : Path
        The project's folder.
    config : mapping
        Of a simulate job: ``source`` and ``config``. Of another source there is nothing to hash.

    Returns
    -------
    dict of str to str
        Digests by places in the project, or by absolute paths.

    Raises
    ------
    TrimpotError
        A file is not there, or leads out of its folder.
    """
    told = config.get("config")
    if config.get("source") != NetlistSource.name or not isinstance(told, Mapping):
        return {}
    if told.get("circuit"):
        places = {place: project / place for place in files_of(project, str(told["circuit"]))}
    else:
        path = Path(str(told.get("netlist", ""))).expanduser().resolve()
        netlist = read_file(path, dialect=told.get("dialect") or None)
        paths = [path, *((path.parent / name).resolve() for name in netlist.files)]
        places = {str(found): found for found in paths}
    found = {}
    for place, path in places.items():
        try:
            found[place] = file_hash(path)
        except OSError as error:
            raise storage_error("read the netlist", path, error) from error
    return found


def refusal(config: NetlistChoice, project: Path) -> str:
    """Why a configuration cannot be simulated, in a sentence; empty where nothing is known."""
    try:
        circuit_of(config, project)
    except TrimpotError as error:
        return error.sentence
    return ""


SOURCE = NetlistSource()
