"""Reading a netlist: the one way in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engines.circuits.reading.arguments import Reading
from engines.circuits.reading.definitions import conditions_of, sweep_of
from engines.circuits.reading.includes import gather, short
from engines.circuits.reading.lines import (
    MAX_BYTES,
    Statement,
    decode,
    dialect_of,
    physical_lines,
    plain_title,
    statements,
)
from engines.circuits.reading.model import (
    Change,
    Dialect,
    Netlist,
    NetlistError,
    UnknownNameError,
)
from engines.circuits.reading.names import NodeNames
from engines.circuits.reading.probes import probed_nodes
from engines.circuits.reading.scopes import scopes_of
from engines.circuits.reading.structure import Structure
from projects.errors import storage_error


def read_netlist(
    text: str | bytes, folder: Path | None, *, dialect: Dialect | None = None
) -> Netlist:
    """Read a netlist of ngspice's or LTspice's dialect, by a list of what is allowed.

    Nothing of the text itself reaches a simulator: what is understood becomes a
    :class:`~engines.circuits.reading.model.Netlist`, from which
    :func:`~engines.circuits.reading.writer.write_netlist` writes anew.

    Parameters
    ----------
    text : str or bytes
        A file's bytes (UTF-8, UTF-16 or Latin-1), or its text. As everywhere in SPICE, the first
        line is the title.
    folder : Path or None
        Where the files that it includes may lie; None: it may include none.
    dialect : str, optional
        ``"ngspice"`` or ``"ltspice"``; found by marks that LTspice leaves where not given.

    Raises
    ------
    NetlistError
        It cannot be run, or must not be: the sentence names the line and the reason.
    """
    if isinstance(text, bytes):
        text = decode(text)
    lines = physical_lines(text)
    spoken = dialect or dialect_of(text)
    gathered = gather(statements(lines, first=1), folder)
    top, left_out = scopes_of(gathered.statements)
    nodes = NodeNames()
    reading = Reading(spoken, nodes, {}, [])
    try:
        structure = Structure(top, reading)
        conditions = [
            one for line in top.of(".ic", ".nodeset") for one in conditions_of(line, reading)
        ]
        sweeps = [sweep_of(line, reading) for line in top.of(".step")]
        changes = [*_title(lines), *gathered.changes, *left_out, *nodes.changes, *reading.changes]
        found = structure.netlist(
            title=plain_title(lines[0]),
            conditions=tuple(conditions),
            sweeps=tuple(sweep for sweep in sweeps if sweep is not None),
            changes=(*changes, *_missing(gathered.missing)),
            source_lines=tuple(lines),
        )
    except UnknownNameError as error:
        raise _perhaps_in(error, gathered.missing) from None
    return replace(
        found,
        files=tuple(gathered.names),
        probed=probed_nodes(top, nodes, found),
        changes=tuple(sorted(found.changes, key=lambda change: (change.file != "", change.line))),
    )


def _missing(files: list[tuple[Statement, str]]) -> list[Change]:
    return [
        Change(
            statement.line, short(statement.text), "",
            f"The file {name} is not beside the netlist. All that the circuit uses is there "
            "without it.", statement.file,
        )
        for statement, name in files
    ]  # fmt: skip


def _perhaps_in(error: NetlistError, files: list[tuple[Statement, str]]) -> NetlistError:
    """The error, with a word on the files that may hold what is missing."""
    if not files:
        return error
    names = ", ".join(f"{name} (line {statement.line})" for statement, name in files[:3])
    return NetlistError(
        error.line,
        f"{error.reason} It may be in {names}, which the netlist includes and which "
        f"{'is' if len(files) == 1 else 'are'} not beside it.",
        file=error.file,
    )


def read_netlist_file(path: Path, *, dialect: Dialect | None = None) -> Netlist:
    """Read a netlist's file; it may include files of its own folder.

    Raises
    ------
    NetlistError
        As :func:`read_netlist`.
    StorageError
        The file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise storage_error("read the netlist", path, error) from error
    return read_netlist(data, path.parent, dialect=dialect)


def _title(lines: list[str]) -> list[Change]:
    """A word where the first line looks like part of the circuit."""
    first = lines[0].strip()
    if not first or first.startswith("*"):
        return []
    found = statements(lines[:1], first=0) if not first.startswith("+") else [Statement(1, first)]
    words = found[0].text.split() if found else []
    device = len(words) >= 4 and words[0][0].isalpha() and any(c.isdigit() for c in words[0][1:])
    if device or (first.startswith(".") and not first.lower().startswith(".title")):
        return [
            Change(1, short(first), "", "The first line of a netlist is its title and not read.")
        ]
    return []


__all__ = ["NetlistError", "read_netlist", "read_netlist_file"]
