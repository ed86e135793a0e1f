"""Where in a test signal is what; kept beside the take, so that it can be read after a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from projects.capture import first_problem
from projects.errors import FileFormatError
from projects.files import read_json, write_json_atomic
from projects.manifest import Frozen, Section, Stretch

LAYOUT_FILE = "signal.json"


class Layout(Frozen):
    """The places of a test signal, in samples from its first.

    ``level`` is what its full scale is played at (dBFS), ``blip`` a blip's length, ``groups``
    where each blip of each group begins, ``quiet`` the silence at the start, ``playing`` the
    material between the test signals, ``sections`` the parts that are proposed.
    """

    sample_rate: Annotated[int, Field(ge=8000, le=768_000)]
    n_samples: Annotated[int, Field(gt=0)]
    level: float
    blip: Annotated[int, Field(gt=0)]
    groups: tuple[tuple[int, ...], ...]
    quiet: Stretch
    playing: Stretch
    sections: tuple[Section, ...]

    def within(self, n_samples: int) -> tuple[Section, ...]:
        """The parts of a take that ended after ``n_samples``."""
        return tuple(
            section.model_copy(update={"stop": min(section.stop, n_samples)})
            for section in self.sections
            if section.start < n_samples
        )


def write_layout(folder: Path, layout: Layout) -> None:
    """Write ``signal.json`` atomically."""
    write_json_atomic(
        folder / LAYOUT_FILE, layout.model_dump(mode="json"), action="save the test signal"
    )


def read_layout(folder: Path) -> Layout:
    """Read ``signal.json``.

    Raises
    ------
    FileFormatError
        Missing or damaged.
    """
    path = folder / LAYOUT_FILE
    value = read_json(path, what="description of the test signal", max_bytes=4_000_000)
    try:
        return Layout.model_validate(value)
    except ValidationError as error:
        raise FileFormatError(
            f"The description of the test signal {path} is damaged: {first_problem(error)}.",
            details=str(error),
        ) from error
