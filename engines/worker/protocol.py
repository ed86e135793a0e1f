"""The messages between a worker and whoever started it: one JSON object a line.

Out of the worker: :class:`Message`. Into it: the bare words ``cancel``, ``pause``, ``resume``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_LINE_BYTES = 1_000_000
"""A longer line is not ours: a worker's libraries may print anything."""

COMMANDS = frozenset({"cancel", "pause", "resume"})


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Progress(_Message):
    """How far the job is: ``fraction`` in 0..1 or None, what it does, seconds still to go."""

    type: Literal["progress"] = "progress"
    fraction: float | None = None
    text: str = ""
    eta: float | None = None


class State(_Message):
    """The job waits for a free core, runs, or is paused."""

    type: Literal["state"] = "state"
    state: Literal["waiting", "running", "paused"]
    text: str = ""


class Metric(_Message):
    """Figures of a training step, also a line of ``metrics.jsonl``."""

    type: Literal["metric"] = "metric"
    step: int
    seconds: float
    values: dict[str, float]


class Preview(_Message):
    """``preview.safetensors`` in the job's folder has been replaced."""

    type: Literal["preview"] = "preview"
    step: int


class Checkpoint(_Message):
    """``best.safetensors`` in the job's folder has been replaced by a better model."""

    type: Literal["checkpoint"] = "checkpoint"
    step: int


class Warn(_Message):
    """Something the user should know; the job goes on."""

    type: Literal["warning"] = "warning"
    text: str


class End(_Message):
    """The last message: the outcome in a word and a sentence, figures, files made."""

    type: Literal["end"] = "end"
    state: Literal["done", "cancelled", "failed", "interrupted"]
    text: str
    details: str = ""
    figures: dict[str, Any] = Field(default_factory=dict)
    files: tuple[str, ...] = ()


Message = Progress | State | Metric | Preview | Checkpoint | Warn | End
_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def encode(message: Message) -> bytes:
    """One line, newline included."""
    return message.model_dump_json().encode() + b"\n"


def decode(line: bytes) -> Message | None:
    """The message of a line, or None where the line is none of ours."""
    if not line.startswith(b"{") or len(line) > MAX_LINE_BYTES:
        return None
    try:
        return _ADAPTER.validate_json(line)
    except ValidationError:
        return None
