"""Which settings of a device are captured: sorted into the cells of a grid over two knobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

CellLevel = Literal["ok", "left-out", "warning", "problem"]
LEVEL_WORDS: dict[CellLevel, str] = {
    "ok": "nothing found",
    "left-out": "left out",
    "warning": "a warning",
    "problem": "a problem",
}
MOST_VALUES = 48
"""Values of a knob that get a column each; of more, ranges do."""
RANGES = 20


@dataclass(frozen=True)
class Knob:
    """A knob to lay an axis along."""

    name: str
    unit: str = ""


@dataclass(frozen=True)
class Setting:
    """One capture: its key, its name, where its knobs stood, how its verdicts are, its part."""

    key: str
    name: str
    knobs: Mapping[str, float]
    level: CellLevel = "ok"
    part: str = ""


@dataclass(frozen=True)
class AxisStep:
    """A column or row: the values from ``low`` to ``high``, and what is written at it."""

    low: float
    high: float
    text: str

    def holds(self, value: float) -> bool:
        """Whether a value belongs here."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Cell:
    """What stands at one crossing."""

    column: int
    row: int
    settings: tuple[Setting, ...] = ()

    @property
    def level(self) -> CellLevel:
        """The worst of its settings that are not left out; left out where all are."""
        used = [setting.level for setting in self.settings if setting.level != "left-out"]
        if not used:
            return "left-out"
        for level in ("problem", "warning"):
            if level in used:
                return "problem" if level == "problem" else "warning"
        return "ok"

    @property
    def part(self) -> str:
        """The part of its settings, or ``mixed``."""
        parts = {setting.part for setting in self.settings if setting.part}
        return parts.pop() if len(parts) == 1 else ("mixed" if parts else "")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its settings."""
        return tuple(setting.key for setting in self.settings)


@dataclass(frozen=True)
class CellGrid:
    """Columns along one knob, rows along another (one row where there is only one)."""

    columns: tuple[AxisStep, ...] = ()
    rows: tuple[AxisStep, ...] = ()
    cells: Mapping[tuple[int, int], Cell] = field(default_factory=dict)

    def at(self, column: int, row: int) -> Cell:
        """The cell at a crossing, empty where nothing is captured."""
        return self.cells.get((column, row), Cell(column, row))

    @property
    def missing(self) -> int:
        """How many crossings have no capture."""
        return len(self.columns) * len(self.rows) - len(self.cells)


def value_text(value: float, unit: str = "") -> str:
    """A knob's value as it is written: ``0.25``, ``−3 dB``."""
    text = f"{value:.4g}".replace("-", "\u2212")
    return f"{text} {unit}".strip()


def axis_steps(values: Sequence[float]) -> tuple[AxisStep, ...]:
    """A step for each value, or, where there are too many, twenty ranges over them."""
    found = sorted(set(values))
    if len(found) <= MOST_VALUES:
        return tuple(AxisStep(value, value, value_text(value)) for value in found)
    width = (found[-1] - found[0]) / RANGES
    edges = [found[0] + width * number for number in range(RANGES)] + [found[-1]]
    steps = []
    for low, high in pairwise(edges):
        middle = float(f"{(low + high) / 2:.2g}")
        steps.append(AxisStep(low, high, value_text(middle)))
    return tuple(steps)


def make_grid(settings: Sequence[Setting], x: str, y: str = "") -> CellGrid:
    """Sort settings into a grid along knob ``x``, and ``y`` where there is one.

    A setting that does not say where a knob stood is left out of the grid.
    """
    names = (x, y) if y else (x,)
    told = [setting for setting in settings if all(name in setting.knobs for name in names)]
    columns = axis_steps([setting.knobs[x] for setting in told])
    rows = axis_steps([setting.knobs[y] for setting in told]) if y else (AxisStep(0.0, 0.0, ""),)
    if not told:
        return CellGrid()
    sorted_in: dict[tuple[int, int], list[Setting]] = {}
    for setting in told:
        column = _place(columns, setting.knobs[x])
        row = _place(rows, setting.knobs[y]) if y else 0
        sorted_in.setdefault((column, row), []).append(setting)
    cells = {place: Cell(*place, tuple(found)) for place, found in sorted_in.items()}
    return CellGrid(columns, rows, cells)


def _place(steps: Sequence[AxisStep], value: float) -> int:
    return next(number for number, step in enumerate(steps) if step.holds(value))
