"""A capture on disk: ``captures/<id>/`` with its audio and ``capture.json``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from projects.errors import FileFormatError, NewerSchemaError
from projects.files import inside, read_json, write_json_atomic
from projects.manifest import (
    MAX_CUTS,
    MAX_SHIFT,
    CaptureEntry,
    Control,
    Edits,
    Frozen,
    Identifier,
    Name,
    Section,
    Sha256,
    Stretch,
)
from projects.references import check_reference

CAPTURE_FILE = "capture.json"
CAPTURE_VERSION = 3
"""Version 2 added references, clips, controls, edits, and where, how sure and what to do; version 3
signals of knobs that move."""
MAX_BYTES = 16_000_000

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}$")]


class Reference(Frozen):
    """A recording that is used where it lies, outside the project.

    ``digest`` is :func:`projects.references.file_digest`, so that another file under the same
    path is noticed.
    """

    path: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    size: Annotated[int, Field(gt=0)]
    digest: Sha256
    channel: Literal["first", "second", "mix"] = "first"


class Signal(Frozen):
    """One audio file of a capture: ``file`` in its folder, or a ``reference`` to one elsewhere.

    ``full_scale`` is what a sample value of 1.0 stands for in ``unit``: dry audio sent into a
    circuit at 4.5 V has unit ``V`` and full_scale 4.5; a recording whose voltage nobody knows has
    unit ``FS``. A signal of the role ``knob`` has a knob's name and says where it stood at every
    sample, in the knob's own unit (an empty ``unit`` here).
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    role: Literal["dry", "wet", "state", "knob"]
    file: FileName = "reference"
    reference: Reference | None = None
    unit: Literal["FS", "V", "A", ""] = "FS"
    full_scale: Annotated[float, Field(gt=0)] = 1.0


class Fix(Frozen):
    """One decision that would settle a verdict; a button takes it.

    ``shift`` sets :attr:`Edits.shift`, ``flip`` inverts wet, ``cut`` adds ``cuts``, ``leave-out``
    takes the capture out of training. A ``safe`` one may be taken in a batch, unseen: it loses
    nothing that a model could have learned from, and its cause is certain.
    """

    kind: Literal["shift", "flip", "cut", "leave-out"]
    shift: Annotated[int, Field(ge=-MAX_SHIFT, le=MAX_SHIFT)] = 0
    cuts: Annotated[tuple[Stretch, ...], Field(max_length=MAX_CUTS)] = ()
    safe: bool = False


class Check(Frozen):
    """One verdict: what was looked at, how it stands, where, how sure, what to do about it."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    level: Literal["ok", "warning", "problem"]
    text: Annotated[str, StringConstraints(max_length=1000)]
    value: float | None = None
    """The figure behind the words, in the unit that the text names."""
    where: Annotated[tuple[Stretch, ...], Field(max_length=MAX_CUTS)] = ()
    """The stretches it is about, on the time axis of dry; empty: all of it."""
    sure: Annotated[float, Field(ge=0, le=1)] | None = None
    """How sure, 0..1; None where there is no doubt (what was counted, not estimated)."""
    advice: Annotated[str, StringConstraints(max_length=1000)] = ""
    """What to do, in a sentence; empty where there is nothing to do."""
    fixes: Annotated[tuple[Fix, ...], Field(max_length=8)] = ()
    """What can be done here, the best first."""


class Clip(Stretch):
    """One of several recordings that were joined to one capture."""

    name: Name


class Capture(Frozen):
    """``capture.json``: what was recorded or simulated, and how it was checked."""

    schema_version: Literal[1, 2, 3] = 3
    id: Identifier
    name: Name
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    sample_rate: Annotated[int, Field(ge=8000, le=768_000)]
    n_samples: Annotated[int, Field(gt=0)]
    dry_id: Sha256
    signals: tuple[Signal, ...]
    knobs: dict[str, float] = Field(default_factory=dict)
    """Where each knob stood; of one that moved, where it stood at the beginning."""
    sections: tuple[Section, ...] = ()
    """A split that the source proposes (built-in signals keep unseen material for the test)."""
    clips: tuple[Clip, ...] = ()
    """Where the capture was joined from several recordings: which is where."""
    controls: tuple[Control, ...] = ()
    """Ranges, tapers and units of the knobs, as far as the source knows them."""
    included: bool = True
    """Whether the source proposes it for training."""
    edits: Edits = Edits()
    """What the source proposes to decide about the audio."""
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

    @property
    def motions(self) -> tuple[Signal, ...]:
        """The signals of knobs that moved while it was made."""
        return tuple(signal for signal in self.signals if signal.role == "knob")

    def entry(self) -> CaptureEntry:
        """The line that stands for this capture in the manifest."""
        return CaptureEntry(
            id=self.id,
            name=self.name,
            dry_id=self.dry_id,
            knobs=self.knobs,
            included=self.included,
            edits=self.edits,
        )


def read_capture(folder: Path) -> Capture:
    """Read ``capture.json`` of a capture folder.

    Raises
    ------
    FileFormatError
        Missing, damaged, or naming audio that is not there.
    """
    path = folder / CAPTURE_FILE
    value = read_json(path, what="capture file", max_bytes=MAX_BYTES)
    version = value.get("schema_version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > CAPTURE_VERSION:
        raise NewerSchemaError(
            f"The capture file {path} was saved by a newer Trimpot. Update Trimpot to use it."
        )
    try:
        capture = Capture.model_validate(value)
    except ValidationError as error:
        raise FileFormatError(
            f"The capture file {path} is damaged: {first_problem(error)}.", details=str(error)
        ) from error
    for signal in capture.signals:
        if signal.reference is None and not inside(folder, signal.file).is_file():
            raise FileFormatError(
                f"The capture {capture.name} lacks its audio file {signal.file} ({folder}). "
                "Import or simulate it again."
            )
    return capture


def signal_place(folder: Path, signal: Signal) -> Path:
    """Where a signal's audio should lie, without a look at the disk; to name it, not to read."""
    if signal.reference is not None:
        return Path(signal.reference.path)
    return inside(folder, signal.file)


def signal_path(folder: Path, signal: Signal) -> Path:
    """Where a signal's audio lies: in the capture's folder, or where it is referred to.

    Raises
    ------
    FileFormatError
        The recording referred to is not there, has changed, or may not be used.
    """
    if signal.reference is None:
        return inside(folder, signal.file)
    reference = signal.reference
    return check_reference(reference.path, reference.size, reference.digest)


def write_capture(folder: Path, capture: Capture) -> None:
    """Write ``capture.json`` atomically (last, so that its presence means a whole capture)."""
    write_json_atomic(
        folder / CAPTURE_FILE, capture.model_dump(mode="json"), action="save the capture"
    )


def first_problem(error: ValidationError) -> str:
    """The first of a validation's complaints as a clause: where, and what is wrong."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    said = str(problem["msg"]).removeprefix("Value error, ")  # pydantic's, before our own words
    return f"{where}: {said}" if where else said
