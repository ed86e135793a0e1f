"""A schematic of LTspice (``.asc``) to a netlist, by LTspice itself."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from engines.circuits.base import SimulatorError, SimulatorMissingError
from engines.circuits.ltspice_program import LTspiceProgram, find_ltspice
from engines.circuits.ltspice_run import not_starting
from engines.circuits.ngspice_run import own_words
from engines.circuits.process import BoundedProcess
from engines.circuits.reading.lines import MAX_BYTES, decode
from engines.circuits.reading.model import NetlistError
from projects.errors import TrimpotError, storage_error
from projects.files import write_atomic

SECONDS = 180.0
"""A first start of wine takes minutes."""
POLL_SECONDS = 0.05
MAX_FILES = 300
MAX_DEPTH = 8
BY_HAND = (
    "Open it in LTspice, choose View > SPICE Netlist, and save that as a file to open here; or "
    "choose LTspice's program in the settings."
)
_SYMBOL = re.compile(r"^SYMBOL\s+(\S+)\s", re.M)
_ATTRIBUTE = re.compile(
    r"^SYMATTR\s+(?:ModelFile|SpiceModel|Value|Value2|SpiceLine2?)\s+(.+)$", re.M
)
_INCLUDE = re.compile(
    r"(?:^|!|\\n)\s*\.(?:inc|include|lib)\s+\"?([^\"\n]+?)\"?\s*(?=$|\\n)", re.M | re.I
)


class SchematicError(TrimpotError):
    """A schematic of which no netlist could be made."""


def netlist_of_schematic(path: Path, folder: Path) -> Path:
    """Have LTspice make the netlist of a schematic, in a folder of its own.

    The schematic is copied there, with those of the symbols, models and schematics it names that
    lie in its own folder or below: LTspice writes beside what it reads, and nothing is written
    beside the user's file.

    Parameters
    ----------
    path : Path
        The ``.asc`` file.
    folder : Path
        Where copies and netlist go; made where it is missing.

    Returns
    -------
    Path
        The ``.net`` file in ``folder``; :func:`~engines.circuits.reading.reader.read_netlist_file`
        reads it, and what it includes from there.

    Raises
    ------
    SchematicError
        LTspice is missing, or makes no netlist of it; the sentence says how to do it by hand.
    StorageError
        A file cannot be read or written.
    """
    if _text(path).split(None, 1)[:1] != ["Version"]:
        raise SchematicError(f"{path.name} is no schematic of LTspice: it has no version.")
    try:
        program = find_ltspice()
    except SimulatorMissingError as error:
        raise SchematicError(
            f"{path.name} is a drawing, of which only LTspice makes a netlist. {error.sentence} "
            f"{BY_HAND}"
        ) from error
    # The copy's name is plain, whatever the drawing is called: it goes on to a command line.
    copies = {path: Path("schematic.asc")} | dict(_needed(path))
    for source, place in copies.items():
        _copy(source, folder / place)
    made = folder.absolute() / "schematic.net"
    made.unlink(missing_ok=True)
    said = _run(program, folder.absolute() / "schematic.asc", path.name)
    if not made.is_file() or not made.stat().st_size:
        words = f" LTspice says: {own_words(said) or said.strip()[:300]}." if said.strip() else ""
        raise SchematicError(
            f"LTspice made no netlist of {path.name}.{words} Symbols and models that are not "
            f"LTspice's own must lie beside it. {BY_HAND}",
            details=said,
        )
    return made


def _run(program: LTspiceProgram, schematic: Path, name: str) -> str:
    """Let LTspice make the netlist; what it said."""
    try:
        command = program.netlist_command(schematic)
    except SimulatorError as error:
        raise SchematicError(error.sentence) from error
    try:
        process = BoundedProcess(command, schematic.parent)
    except OSError as error:
        raise SchematicError(not_starting(error).sentence) from error
    try:
        deadline = time.monotonic() + SECONDS
        while process.poll() is None:
            if time.monotonic() > deadline:
                raise SchematicError(
                    f"LTspice has made no netlist of {name} within {SECONDS:.0f} s. It may be "
                    f"asking something in its window: start it once by itself. {BY_HAND}",
                    details=process.output,
                )
            time.sleep(POLL_SECONDS)
        return process.output
    finally:
        process.close()


def _needed(path: Path) -> Iterator[tuple[Path, Path]]:
    """The files that a schematic names in its own folder, and where they lie in it."""
    root = path.parent.resolve()
    waiting = [(path, 0)]
    seen = {path.resolve()}
    while waiting:
        source, depth = waiting.pop()
        for name in _names(source) if depth < MAX_DEPTH else ():
            found = _inside(root, source.parent, name)
            if found is None or found in seen:
                continue
            seen.add(found)
            if len(seen) > MAX_FILES:
                raise SchematicError(f"{path.name} needs more than {MAX_FILES} files.")
            yield found, found.relative_to(root)
            waiting.append((found, depth + 1))


def _names(path: Path) -> Iterator[str]:
    """What a schematic, symbol or model may mean: names of files, as they are written there."""
    try:
        text = _text(path)
    except TrimpotError:
        return
    for name in _SYMBOL.findall(text):
        yield f"{name}.asy"
        yield f"{name}.asc"
    yield from _INCLUDE.findall(text)
    for value in _ATTRIBUTE.findall(text):
        yield from (word for word in value.split() if "." in word)


def _inside(root: Path, here: Path, name: str) -> Path | None:
    """The file of that name, where it lies in the schematic's folder or below."""
    place = PurePosixPath(name.strip().replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in name or not place.parts:
        return None
    for base in dict.fromkeys((here.resolve(), root)):
        found = base / place
        try:
            if found.is_file() and found.resolve() == found and found.is_relative_to(root):
                return found
        except (OSError, ValueError):
            continue
    return None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise storage_error("read the schematic", path, error) from error
    try:
        return decode(data).replace("\r\n", "\n").removeprefix("\ufeff")
    except NetlistError as error:
        raise SchematicError(f"{path.name} is no schematic of LTspice: {error.reason}") from error


def _copy(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise storage_error("copy the schematic's files", source, error) from error
    if len(data) > MAX_BYTES:
        raise SchematicError(
            f"{source.name}, which the schematic uses, is larger than {MAX_BYTES // 1_000_000} MB."
        )
    write_atomic(target, data, action="copy the schematic's files")
