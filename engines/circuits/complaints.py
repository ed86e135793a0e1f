"""What a simulator complains about, out of all that it says."""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST = 400
"""Characters of a simulator's words in a sentence."""

_DIVERGED = re.compile(r"time ?step too small;? *time *=", re.I)
"""In the middle of the signal: an operating point depends on no method."""
_TELLING: Sequence[tuple[re.Pattern[str], int]] = (
    (re.compile(r"rawfile write error", re.I), 1),
    (re.compile(r"undefined parameter|no such parameter", re.I), 1),
    (re.compile(r"unknown subckt|unable to find definition", re.I), 1),
    (re.compile(r"error on line", re.I), 3),
    (re.compile(r"fatal error: ", re.I), 1),
    (_DIVERGED, 1),
    (re.compile(r"out of range", re.I), 2),
    (re.compile(r"singular matrix", re.I), 1),
    (re.compile(r"time ?step too small;", re.I), 1),
    (re.compile(r"\berror\b", re.I), 3),
    (re.compile(r"error|time ?step too small|aborted|failed|singular|cannot|can't", re.I), 1),
)
"""The most telling first, and how many lines belong to it: where a step in the middle does not
converge, that the first operating point was hard to find is of no interest."""
_NOISE = re.compile(
    r"no compatibility mode|no resource usage|no active circuit|reference value|^circuit:|^note:"
    r"|^binary raw file|^doing analysis|^override trtol|^simulation interrupted"
    r"|^run simulation|^doanalyses: (operation not supported|impossible error|pause)"
    r"|fatal error in ngspice, exit|aren't any circuits|circuit not parsed",
    re.I,
)
_DISK = re.compile(r"rawfile write error|no space left|disk full", re.I)


def own_words(output: str) -> str:
    """The most telling complaint, with the netlist's line where the simulator shows it below.

    Parameters
    ----------
    output : str
        All that the simulator said.

    Returns
    -------
    str
        Without a full stop at its end; empty where nothing sounds like a complaint.
    """
    lines = [line.strip() for line in re.split(r"[\r\n]+", output)]
    lines = [line for line in lines if line and not _NOISE.search(line)]
    for telling, count in _TELLING:
        for number, line in enumerate(lines):
            if telling.search(line):
                return " / ".join(lines[number : number + count])[:MOST].rstrip(".")
    return ""


def diverged(output: str) -> bool:
    """Whether the simulator found no way on in the middle of the signal; another method may."""
    return _DIVERGED.search(output) is not None


def disk_refused(output: str) -> bool:
    """Whether the simulator says that it could not write its result."""
    return _DISK.search(output) is not None
