"""Included files: only from the netlist's own folder, a bounded number of bounded size."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from engines.circuits.reading.lines import (
    MAX_BYTES,
    Statement,
    decode,
    physical_lines,
    statements,
)
from engines.circuits.reading.model import Change, NetlistError
from projects.errors import UnsafePathError
from projects.files import inside

MAX_FILES = 40
MAX_DEPTH = 8
MAX_STATEMENTS = 40_000
COMMANDS = (".include", ".inc", ".incl", ".lib")
LTSPICE_LIBRARIES = frozenset(
    [
        *(f"standard.{kind}" for kind in ("dio", "bjt", "jft", "mos")),
        *("universalopamps.sub", "universalopamps2.sub", "opamp.sub"),
        *("universalopamp.lib", "universalopamp2.lib", "universalopamps3.sub"),
        *("ltc.lib", *(f"ltc{number}.lib" for number in range(2, 8)), "adi.lib", "adi1.lib"),
    ]
)
"""Files that come with LTspice. They are not ours to hand on: Trimpot has models of its own for
the commonest parts, and what it hasn't is refused by name where it is used."""

_NOT_PORTABLE = re.compile(r"[\x00-\x1f<>|*?:\"'`$%;&!^~{}\[\]]")


@dataclass
class Included:
    """What was gathered: statements in order, what was said about them, the files by their names.

    A name in ``names`` is a place in the netlist's folder, as it was asked for. ``missing`` are
    files that are not there, and where they are named.
    """

    statements: list[Statement] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    missing: list[tuple[Statement, str]] = field(default_factory=list)
    files: int = 0
    bytes: int = 0


def gather(found: list[Statement], folder: Path | None) -> Included:
    """Replace every ``.include`` and ``.lib`` by the statements of its file.

    Parameters
    ----------
    found : list of Statement
        The netlist's own.
    folder : Path or None
        Where files may lie; None: nowhere.

    Raises
    ------
    NetlistError
        A file outside the folder, missing, too large, or too many of them.
    """
    result = Included()
    root = folder.resolve() if folder is not None else None
    _add(found, result, root, root, 0)
    return result


def _add(
    found: list[Statement], result: Included, root: Path | None, here: Path | None, depth: int
) -> None:
    for statement in found:
        word = statement.word
        if word == ".end":
            _say_rest(found, statement, result)
            return
        if word == ".endl":
            raise statement.error(".endl ends no section of a library.")
        if word in COMMANDS:
            _include(statement, result, root, here, depth)
            continue
        result.statements.append(statement)
        if len(result.statements) > MAX_STATEMENTS:
            raise statement.error(f"with its files the netlist has over {MAX_STATEMENTS} lines.")


def _say_rest(found: list[Statement], end: Statement, result: Included) -> None:
    rest = [statement for statement in found if statement.line > end.line]
    if rest:
        result.changes.append(
            Change(
                rest[0].line, short(rest[0].text), "", "What follows .end is not read.", end.file
            )
        )


def short(text: str, length: int = 120) -> str:
    """The text, shortened for a sentence."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _include(
    statement: Statement, result: Included, root: Path | None, here: Path | None, depth: int
) -> None:
    name, section = _file_and_section(statement)
    base = re.split(r"[\\/ ]", statement.text.strip("'\" "))[-1].lower()
    if statement.word == ".lib" and base in LTSPICE_LIBRARIES:
        result.changes.append(
            Change(
                statement.line, short(statement.text), "",
                f"{base} comes with LTspice; models of Trimpot's own stand in for its commonest "
                "parts.", statement.file,
            )
        )  # fmt: skip
        return
    found = _path(statement, name, root, here)
    if found is None:
        result.missing.append((statement, short(name, 60)))
        return
    path, place = found
    if depth >= MAX_DEPTH:
        raise statement.error(f"files include each other more than {MAX_DEPTH} deep.")
    result.files += 1
    result.names[place] = None
    if result.files > MAX_FILES:
        raise statement.error(f"more than {MAX_FILES} files are included.")
    assert root is not None
    shown = path.relative_to(root).as_posix()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise statement.error(
            f"the file {short(name)} cannot be read ({error.strerror})."
        ) from error
    result.bytes += len(data)
    if result.bytes > MAX_BYTES:
        raise statement.error(
            f"the files it includes are larger than {MAX_BYTES // 1_000_000} MB together."
        )
    lines = physical_lines(decode(data, file=shown), file=shown)
    inner = statements(lines, first=0, file=shown)
    inner = _section(statement, inner, section)
    result.changes.append(
        Change(
            statement.line, short(statement.text), "",
            f"The file {shown} is read here, and its lines are part of the circuit.",
            statement.file,
        )
    )  # fmt: skip
    _add(inner, result, root, path.parent, depth + 1)


def _file_and_section(statement: Statement) -> tuple[str, str]:
    """The file that is named, and the section of it (``.lib FILE SECTION``)."""
    rest = statement.text[len(statement.text.split(None, 1)[0]) :].strip()
    if rest[:1] in ("'", '"'):
        end = rest.find(rest[0], 1)
        if end < 0:
            raise statement.error("a quotation mark is not closed.")
        name, section = rest[1:end], rest[end + 1 :].strip()
    elif "\\" in rest or len(rest.split()) > 2:
        name, section = rest, ""  # LTspice writes paths with spaces as they are
    else:
        parts = rest.split()
        name, section = (parts[0] if parts else ""), " ".join(parts[1:])
    if not name.strip():
        raise statement.error(f"{statement.word} names no file.")
    return name.strip(), section.strip().lower()


def _path(
    statement: Statement, name: str, root: Path | None, here: Path | None
) -> tuple[Path, str] | None:
    """The file, proven to lie in the folder and to be an ordinary one; its place as asked for.

    None where there is nothing of that name.
    """
    shown = short(name)
    advice = "Put a copy of it beside the netlist, and name it without a folder."
    if root is None or here is None:
        raise statement.error(f"it includes the file {shown}, but this text lies in no folder.")
    portable = name.replace("\\", "/")
    if _is_outside(name, portable):
        beside = re.split(r"[\\/]", name)[-1].strip()
        if beside and not _is_outside(beside, beside) and (here / beside).is_file():
            return _path(statement, beside, root, here)
        raise statement.error(
            f"it includes {shown}, which is not a file in the netlist's folder. {advice}"
        )
    for start in dict.fromkeys((here, root)):
        place = (start.relative_to(root) / portable).as_posix()
        try:
            path = inside(root, place)
        except (UnsafePathError, OSError, ValueError):
            raise statement.error(
                f"it includes {shown}, which leads out of the netlist's folder. {advice}"
            ) from None
        if path.is_file():
            return path, place
        if os.path.lexists(path):
            raise statement.error(f"it includes {shown}, which is no file.")
    return None


def _is_outside(name: str, portable: str) -> bool:
    """Whether a name leads anywhere but into the folder, by its text alone."""
    absolute = portable.startswith("/") or re.match(r"[A-Za-z]:|[A-Za-z]+://", portable)
    return bool(
        absolute or _NOT_PORTABLE.search(name) or any(map(_is_special, portable.split("/")))
    )


def _is_special(part: str) -> bool:
    """A step upwards, a hidden file, or a name that Windows keeps for a device."""
    hidden = part.startswith(".") and part != "."
    device = re.fullmatch(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", part.rstrip(" ."), re.I)
    return hidden or device is not None


def _section(statement: Statement, inner: list[Statement], name: str) -> list[Statement]:
    """The lines from ``.lib NAME`` to ``.endl`` of a library; all, where no section is asked."""
    if not name:
        return inner
    kept: list[Statement] = []
    open_ = False
    for line in inner:
        words = line.text.lower().split()
        if words[0] == ".lib" and len(words) == 2 and words[1] == name:
            open_ = True
        elif words[0] == ".endl" and open_:
            return kept
        elif open_:
            kept.append(line)
    raise NetlistError(
        statement.line, f"the file has no section {short(name)}.", file=statement.file
    )
