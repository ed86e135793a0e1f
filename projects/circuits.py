"""A circuit on disk: ``circuits/<id>/`` with its netlist and ``circuit.json``."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from projects.capture import first_problem
from projects.errors import (
    FileFormatError,
    NewerSchemaError,
    ProjectError,
    UnsafePathError,
    storage_error,
)
from projects.files import inside, read_json, write_atomic, write_json_atomic
from projects.jobs import new_id
from projects.manifest import Control, Frozen, Identifier, Name

CIRCUITS = "circuits"
CIRCUIT_FILE = "circuit.json"
NETLIST_FILE = "circuit.cir"
CIRCUIT_VERSION = 1
MAX_BYTES = 1_000_000
MAX_NETLIST_BYTES = 4_000_000
MAX_KNOBS = 32
MAX_STATES = 1000
_ID = r"[a-z0-9][a-z0-9-]{0,63}"

Parameter = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Node = Annotated[str, StringConstraints(pattern=r"^[^\s,()=\"'\x00-\x1f]{1,100}$")]


class CircuitKnob(Control):
    """A pot or switch of a circuit: a ``.param`` of its netlist, and how people see it.

    A pot without a unit is its rotation, 0 to 1; the netlist holds its own taper.
    """

    param: Parameter

    @property
    def control(self) -> Control:
        """The knob as a project has it."""
        return Control.model_validate(self.model_dump(exclude={"param"}))


class CircuitSheet(Frozen):
    """``circuit.json``: what is simulated of a netlist, and how.

    Attributes
    ----------
    id, name : str
        Its folder, and what people call it.
    origin : str
        The file that it came from; empty where it was written here.
    dialect : "ngspice", "ltspice" or ""
        In which the netlist is read; empty: told by its text.
    input : str
        The voltage source that the dry signal takes the place of, or a node that nothing drives
        yet; empty: not chosen yet.
    output : str
        The node that is listened to; empty: not chosen yet.
    left_out : tuple[str, ...]
        States (by name) that are not kept; all others are.
    knobs : tuple[CircuitKnob, ...]
        Parameters that people turn.
    drive : float
        What digital full scale is sent as (volts).
    steps : int
        Solver steps a sample.
    method : "trap" or "gear"
        How the solver integrates.
    settle_seconds : float, optional
        After this long a wrong start is forgotten; None: not known, or longer than stretches are.
    """

    schema_version: Literal[1] = 1
    id: Identifier
    name: Name
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    origin: Annotated[str, StringConstraints(max_length=4096)] = ""
    dialect: Literal["", "ngspice", "ltspice"] = ""
    input: Annotated[str, StringConstraints(max_length=100)] = ""
    output: Annotated[str, StringConstraints(max_length=100)] = ""
    left_out: Annotated[tuple[str, ...], Field(max_length=MAX_STATES)] = ()
    knobs: Annotated[tuple[CircuitKnob, ...], Field(max_length=MAX_KNOBS)] = ()
    drive: Annotated[float, Field(gt=0, le=1000)] = 1.0
    steps: Annotated[int, Field(ge=1, le=64)] = 4
    method: Literal["trap", "gear"] = "trap"
    settle_seconds: Annotated[float, Field(gt=0, le=60)] | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for what in ([knob.param.lower() for knob in self.knobs], [k.name for k in self.knobs]):
            if len(set(what)) < len(what):
                raise ValueError("two knobs have the same name or parameter")
        return self


def circuit_folder(project: Path, circuit_id: str) -> Path:
    """The folder of a project's circuit.

    Raises
    ------
    FileFormatError
        The id is none.
    UnsafePathError
        It leads out of the project through a link.
    """
    if not re.fullmatch(_ID, circuit_id):
        raise FileFormatError(f"{circuit_id[:80]!r} is no circuit of a project.")
    return inside(project, f"{CIRCUITS}/{circuit_id}")


def circuits_of(project: Path) -> list[str]:
    """The ids of a project's circuits, oldest first: found by looking."""
    try:
        folder = inside(project, CIRCUITS)
        names = [place.name for place in folder.iterdir() if re.fullmatch(_ID, place.name)]
    except (OSError, UnsafePathError):
        return []
    return sorted(name for name in names if _is_circuit(project, name))


def _is_circuit(project: Path, circuit_id: str) -> bool:
    try:
        return (circuit_folder(project, circuit_id) / CIRCUIT_FILE).is_file()
    except (OSError, UnsafePathError):
        return False


def read_circuit(folder: Path) -> CircuitSheet:
    """Read ``circuit.json`` of a circuit's folder; its id is the folder's name.

    Raises
    ------
    FileFormatError
        Missing or damaged.
    NewerSchemaError
        A newer Trimpot saved it.
    UnsafePathError
        It is a link that leads out of the folder.
    """
    path = _file_in(folder, CIRCUIT_FILE, "circuit file")
    value = read_json(path, what="circuit file", max_bytes=MAX_BYTES)
    version = value.get("schema_version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > CIRCUIT_VERSION:
        raise NewerSchemaError(
            f"The circuit file {path} was saved by a newer Trimpot. Update Trimpot to use it."
        )
    try:
        sheet = CircuitSheet.model_validate(value)
        return sheet.model_copy(update={"id": folder.name})  # a copied folder has a new name
    except ValidationError as error:
        raise FileFormatError(
            f"The circuit file {path} is damaged: {first_problem(error)}.", details=str(error)
        ) from error


def _file_in(folder: Path, name: str, what: str) -> Path:
    """A file of a circuit's folder, proven to lie in it and to be an ordinary one."""
    path = inside(folder, name)
    if not path.is_file():
        raise FileFormatError(f"The {what} {folder / name} is missing. Import the circuit again.")
    return path


def write_circuit(folder: Path, sheet: CircuitSheet) -> None:
    """Write ``circuit.json`` atomically.

    Raises
    ------
    StorageError
        The disk refused.
    """
    write_json_atomic(
        folder / CIRCUIT_FILE, sheet.model_dump(mode="json"), action="save the circuit"
    )


def read_netlist_text(folder: Path) -> str:
    """The netlist of a circuit's folder, as its user wrote it.

    Raises
    ------
    FileFormatError
        It is missing or too large.
    UnsafePathError
        It is a link that leads out of the folder.
    """
    path = _file_in(folder, NETLIST_FILE, "netlist")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_NETLIST_BYTES + 1)
    except OSError as error:
        raise storage_error("read the netlist", path, error) from error
    if len(data) > MAX_NETLIST_BYTES:
        raise FileFormatError(f"The netlist {path} is larger than a netlist can be.")
    return data.decode("utf-8", errors="replace")


def write_netlist_text(folder: Path, text: str) -> None:
    """Save the netlist of a circuit's folder atomically (UTF-8).

    Raises
    ------
    StorageError
        The disk refused.
    """
    write_atomic(folder / NETLIST_FILE, text.encode("utf-8"), action="save the netlist")


def create_circuit(project: Path, sheet: CircuitSheet, text: str) -> Path:
    """Make the folder of a new circuit, its sheet last; return the folder.

    Raises
    ------
    ProjectError
        There is one of that id.
    StorageError
        The disk refused.
    """
    folder = circuit_folder(project, sheet.id)
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise ProjectError(f"There is a circuit {sheet.id} already.") from error
    except OSError as error:
        raise storage_error("make the circuit's folder", folder, error) from error
    write_netlist_text(folder, text)
    write_circuit(folder, sheet)
    return folder


def remove_circuit(project: Path, circuit_id: str) -> None:
    """Delete a circuit's folder; captures made of it stay, and know what it was.

    Raises
    ------
    StorageError
        The disk refused.
    """
    folder = circuit_folder(project, circuit_id)
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise storage_error("delete the circuit", folder, error) from error


def new_circuit_id() -> str:
    """A new circuit's id, which is also its folder's name."""
    return new_id()


__all__ = [
    "CIRCUITS",
    "CIRCUIT_FILE",
    "MAX_NETLIST_BYTES",
    "NETLIST_FILE",
    "CircuitKnob",
    "CircuitSheet",
    "circuit_folder",
    "circuits_of",
    "create_circuit",
    "new_circuit_id",
    "read_circuit",
    "read_netlist_text",
    "remove_circuit",
    "write_circuit",
    "write_netlist_text",
]
