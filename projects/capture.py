"""A capture on disk: ``captures/<id>/`` with its audio and ``capture.json``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from projects.errors import FileFormatError
from projects.files import inside, read_json, write_json_atomic
from projects.manifest import CaptureEntry, Frozen, Identifier, Name, Section, Sha256

CAPTURE_FILE = "capture.json"

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}$")]


class Signal(Frozen):
    """One audio file of a capture.

    ``full_scale`` is what a sample value of 1.0 stands for in ``unit``: dry audio sent into a
    circuit at 4.5 V has unit ``V`` and full_scale 4.5; a recording whose voltage nobody knows has
    unit ``FS``.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    role: Literal["dry", "wet", "state"]
    file: FileName
    unit: Literal["FS", "V", "A"] = "FS"
    full_scale: Annotated[float, Field(gt=0)] = 1.0


class Check(Frozen):
    """One verdict on the capture: what was looked at, how it stands, in words and as a figure."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    level: Literal["ok", "warning", "problem"]
    text: Annotated[str, StringConstraints(max_length=1000)]
    value: float | None = None


class Capture(Frozen):
    """``capture.json``: what was recorded or simulated, and how it was checked."""

    schema_version: Literal[1] = 1
    id: Identifier
    name: Name
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    sample_rate: Annotated[int, Field(ge=8000, le=768_000)]
    n_samples: Annotated[int, Field(gt=0)]
    dry_id: Sha256
    signals: tuple[Signal, ...]
    knobs: dict[str, float] = Field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    """A split that the source proposes (built-in signals keep unseen material for the test)."""
    checks: tuple[Check, ...] = ()
    source: dict[str, Any] = Field(default_factory=dict)
    """Which source made it and its whole configuration, as plain JSON."""

    def signal(self, role: Literal["dry", "wet"]) -> Signal:
        """The dry or the wet signal.

        Raises
        ------
        FileFormatError
            The capture has none.
        """
        for signal in self.signals:
            if signal.role == role:
                return signal
        raise FileFormatError(f"The capture {self.name} has no {role} audio.")

    @property
    def states(self) -> tuple[Signal, ...]:
        """The state signals, in the order of the network's outputs."""
        return tuple(signal for signal in self.signals if signal.role == "state")

    def entry(self) -> CaptureEntry:
        """The line that stands for this capture in the manifest."""
        return CaptureEntry(id=self.id, name=self.name, dry_id=self.dry_id, knobs=self.knobs)


def read_capture(folder: Path) -> Capture:
    """Read ``capture.json`` of a capture folder.

    Raises
    ------
    FileFormatError
        Missing, damaged, or naming audio that is not there.
    """
    path = folder / CAPTURE_FILE
    value = read_json(path, what="capture file", max_bytes=4_000_000)
    try:
        capture = Capture.model_validate(value)
    except ValidationError as error:
        raise FileFormatError(
            f"The capture file {path} is damaged: {first_problem(error)}.", details=str(error)
        ) from error
    for signal in capture.signals:
        if not inside(folder, signal.file).is_file():
            raise FileFormatError(
                f"The capture {capture.name} lacks its audio file {signal.file} ({folder}). "
                "Import or simulate it again."
            )
    return capture


def write_capture(folder: Path, capture: Capture) -> None:
    """Write ``capture.json`` atomically (last, so that its presence means a whole capture)."""
    write_json_atomic(
        folder / CAPTURE_FILE, capture.model_dump(mode="json"), action="save the capture"
    )


def first_problem(error: ValidationError) -> str:
    """The first of a validation's complaints as a clause: where, and what is wrong."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {problem['msg']}" if where else str(problem["msg"])
