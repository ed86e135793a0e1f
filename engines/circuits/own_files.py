"""A user's netlist brought into a project with all that it includes, and read back."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from engines.circuits.library import LibraryCircuit
from engines.circuits.own_sheets import propose
from engines.circuits.reading.lines import MAX_BYTES
from engines.circuits.reading.model import Dialect, Netlist
from engines.circuits.reading.reader import read_netlist, read_netlist_file
from projects.circuits import (
    CIRCUIT_FILE,
    CIRCUITS,
    NETLIST_FILE,
    CircuitSheet,
    circuit_folder,
    new_circuit_id,
    read_circuit,
    read_netlist_text,
    write_circuit,
    write_netlist_text,
)
from projects.errors import FileFormatError, storage_error
from projects.files import inside, write_atomic
from projects.manifest import MAX_NAME

SCHEMATICS = (".asc",)
TAKEN = (NETLIST_FILE, CIRCUIT_FILE)
MAX_FILES = 60
"""Files that a circuit's folder may have, ..."""
MAX_ENTRIES = 1000
"""... and what else may lie in it."""


def import_netlist(
    project: Path, file: Path, name: str = "", *, dialect: Dialect | None = None
) -> CircuitSheet:
    """Copy a netlist, and every file that it includes, into a new circuit of the project.

    Parameters
    ----------
    project : Path
        The project's folder.
    file : Path
        A netlist of ngspice's or LTspice's dialect, or LTspice's schematic where LTspice is
        installed.
    name : str
        What people call the circuit; the file's name where it is empty.
    dialect : str, optional
        Where the text doesn't tell it.

    Returns
    -------
    CircuitSheet
        With guesses; its id says the folder.

    Raises
    ------
    NetlistError
        It cannot be run, or must not be: line and reason.
    FileFormatError
        It includes a file whose name a circuit's folder keeps for its own.
    StorageError
        The file cannot be read, or the disk refused.
    """
    if file.suffix.lower() in SCHEMATICS:
        return _import_schematic(project, file, name)
    netlist = read_file(file, dialect=dialect)
    sheet = propose(netlist, new_circuit_id(), _name(name, file), str(file.absolute()))
    sheet = sheet.model_copy(update={"dialect": dialect or ""})
    _put(project, sheet, netlist, file.parent)
    return sheet


def read_file(file: Path, *, dialect: Dialect | None = None) -> Netlist:
    """Read a netlist where it lies.

    Raises
    ------
    NetlistError
        It cannot be run, or must not be: line and reason.
    FileFormatError
        There is no such file, or it is a schematic.
    StorageError
        It cannot be read.
    """
    if not file.is_file():
        raise FileFormatError(f"There is no netlist {file}.")
    if file.suffix.lower() in SCHEMATICS:
        raise FileFormatError(
            f"{file.name} is a schematic and no netlist. Import it into the project, which takes "
            "LTspice, or write its netlist in LTspice with View > SPICE Netlist."
        )
    return read_netlist_file(file, dialect=dialect)


def import_library(project: Path, circuit: LibraryCircuit, name: str = "") -> CircuitSheet:
    """Make a circuit of the project out of one of the library, to be changed.

    Raises
    ------
    StorageError
        The disk refused.
    """
    netlist = read_netlist(circuit.full_netlist, None)
    sheet = CircuitSheet(
        id=new_circuit_id(),
        name=name.strip()[:MAX_NAME] or circuit.title,
        input=circuit.input,
        output=circuit.output,
        knobs=circuit.knobs,
        drive=circuit.drive,
        steps=circuit.steps,
        method=circuit.method,
        settle_seconds=circuit.settle_seconds,
    )
    _put(project, sheet, netlist, None)
    return sheet


def read_own(project: Path, circuit_id: str) -> tuple[CircuitSheet, Netlist]:
    """Sheet and netlist of a project's circuit.

    Raises
    ------
    FileFormatError
        There is none of that id, or its files are damaged.
    UnsafePathError
        Its folder or a file of it leads out of the project.
    NetlistError
        Its netlist cannot be run; the line is named.
    """
    folder = circuit_folder(project, circuit_id)
    sheet = read_circuit(folder)
    netlist = read_netlist(read_netlist_text(folder), folder, dialect=sheet.dialect or None)
    return sheet, netlist


def files_of(project: Path, circuit_id: str) -> tuple[str, ...]:
    """The files that a circuit's simulation depends on, by their places in the project.

    Raises
    ------
    FileFormatError
        There is none of that id, or its folder holds far too many files.
    UnsafePathError
        A file leads out of the project.
    """
    folder = circuit_folder(project, circuit_id)
    entries = list(islice(folder.rglob("*"), MAX_ENTRIES))
    found = []
    for path in sorted(entries):
        if path.suffix == ".log" or any(
            part.startswith(".") for part in path.relative_to(folder).parts
        ):
            continue
        place = f"{CIRCUITS}/{circuit_id}/{path.relative_to(folder).as_posix()}"
        if inside(project, place).is_file():
            found.append(place)
    if len(entries) == MAX_ENTRIES or len(found) > MAX_FILES:
        raise FileFormatError(f"The circuit's folder {folder} holds far too many files.")
    if f"{CIRCUITS}/{circuit_id}/{NETLIST_FILE}" not in found:
        raise FileFormatError(f"There is no circuit {circuit_id} in {project}.")
    return tuple(found)


def copy_circuit(project: Path, circuit_id: str, name: str) -> CircuitSheet:
    """Make another circuit of the same files, whether they can be run or not.

    Raises
    ------
    FileFormatError
        There is none of that id, or its sheet is damaged.
    StorageError
        The disk refused.
    """
    places = files_of(project, circuit_id)
    sheet = read_circuit(circuit_folder(project, circuit_id))
    sheet = sheet.model_copy(
        update={
            "id": new_circuit_id(),
            "name": name.strip()[:MAX_NAME],
            "created": datetime.now(UTC),
        }
    )
    start = f"{CIRCUITS}/{circuit_id}/"
    with _new_folder(project, sheet) as folder:
        for place in places:
            name = place.removeprefix(start)
            if name != CIRCUIT_FILE:
                _copy(inside(project, place), inside(folder, name))
    return sheet


def add_file(project: Path, circuit_id: str, file: Path) -> str:
    """Copy a file (a library of models, say) beside a circuit's netlist, to be included by name.

    Returns
    -------
    str
        Its name there.

    Raises
    ------
    FileFormatError
        It is no file, is too large, or has a name that is taken.
    StorageError
        The disk refused.
    """
    folder = circuit_folder(project, circuit_id)
    if not file.is_file() or file.stat().st_size > MAX_BYTES:
        raise FileFormatError(
            f"{file} is no file, or is larger than the {MAX_BYTES // 1_000_000} MB that a netlist "
            "and its files may have."
        )
    if (folder / file.name).exists() or file.name.lower() in TAKEN or file.name.startswith("."):
        raise FileFormatError(
            f"A file cannot be called {file.name} beside this netlist: the name is taken. Rename "
            "it first."
        )
    _copy(file, inside(folder, file.name))
    return file.name


def text_digest(netlist: Netlist) -> str:
    """SHA-256 (hex) of a netlist's text as UTF-8, its lines ended by line feeds."""
    return hashlib.sha256("\n".join(netlist.source_lines).encode()).hexdigest()


def _import_schematic(project: Path, file: Path, name: str) -> CircuitSheet:
    from engines.circuits.ltspice_schematic import netlist_of_schematic

    with tempfile.TemporaryDirectory(prefix="trimpot-schematic-") as scratch:
        made = netlist_of_schematic(file, Path(scratch))
        netlist = read_netlist_file(made, dialect="ltspice")
        sheet = propose(netlist, new_circuit_id(), _name(name, file), str(file.absolute()))
        sheet = sheet.model_copy(update={"dialect": "ltspice"})
        _put(project, sheet, netlist, made.parent)
    return sheet


def _name(name: str, file: Path) -> str:
    return (name.strip() or file.stem or file.name)[:MAX_NAME]


def _put(project: Path, sheet: CircuitSheet, netlist: Netlist, folder: Path | None) -> None:
    """Write a circuit's folder; nothing stays where something fails."""
    _refuse_taken_names(netlist)
    text = "\n".join(netlist.source_lines)
    with _new_folder(project, sheet) as place:
        for name in netlist.files if folder is not None else ():
            assert folder is not None
            _copy(inside(folder, name), inside(place, name))
        write_netlist_text(place, text)
        if read_netlist(text, place, dialect=sheet.dialect or None) != netlist:
            raise FileFormatError(
                "The netlist reads otherwise from its copy in the project: a file that it includes "
                "has changed, or is a link to another folder. Import it again from plain files."
            )


@contextmanager
def _new_folder(project: Path, sheet: CircuitSheet) -> Iterator[Path]:
    """A new circuit's folder to write into; its sheet comes last, nothing stays after an error."""
    place = circuit_folder(project, sheet.id)
    try:
        place.mkdir(parents=True)
    except OSError as error:
        raise storage_error("make the circuit's folder", place, error) from error
    try:
        yield place
        write_circuit(place, sheet)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _refuse_taken_names(netlist: Netlist) -> None:
    for name in netlist.files:
        if name.lower() in TAKEN:
            raise FileFormatError(
                f"The netlist includes a file called {name}, a name that a circuit's folder keeps "
                "for itself. Rename that file and the line that includes it."
            )


def _copy(source: Path, target: Path) -> None:
    try:
        with source.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error("copy a file that the netlist includes", source, error) from error
    write_atomic(target, data, action="copy a file that the netlist includes")
