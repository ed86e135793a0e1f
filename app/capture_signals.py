"""All that a capture's views draw: its own signals, and what a model makes of its dry audio."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.lanes import fresh_render
from app.models import FoundModel, find_model, found_models
from app.peak_files import PEAK_FOLDER, DrawnSignal, make_drawn, open_signals
from app.session import ProjectSession
from engines.audio.blocks import FileAudio, Readable
from engines.audio.edited import EditedAudio
from projects.capture import Capture, Signal
from projects.errors import TrimpotError
from projects.manifest import CaptureEntry, Control, Edits
from widgets.lane import WaveSignal

PREDICTED = "predicted"
RESIDUAL = "residual"


class DifferenceAudio:
    """One signal minus another, sample by sample, as far as both go."""

    def __init__(self, first: Readable, second: Readable) -> None:
        self._first, self._second = first, second

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._first.sample_rate

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return min(self._first.n_samples, self._second.n_samples)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """The samples ``start <= n < stop``."""
        return self._first.read(start, stop) - self._second.read(start, stop)


@dataclass(frozen=True)
class OpenedCapture:
    """A capture's signals, ready to be drawn, and the model that goes with them."""

    capture: Capture
    edits: Edits
    drawn: tuple[DrawnSignal, ...]
    model: FoundModel | None = None
    """The selected run's model, or the newest; None where there is none."""
    rendered: bool = False
    """Whether what it predicts is among the signals."""
    knobs: Mapping[str, float] = field(default_factory=dict)
    """Where the capture's knobs stood."""

    def of(self, role: str) -> DrawnSignal | None:
        """The first signal of a role (``dry``, ``wet``, ``state``)."""
        return next((item for item in self.drawn if item.signal.role == role), None)

    def audio(self, item: DrawnSignal) -> Readable:
        """A signal to compute with: the wet one as it was decided to be."""
        audio: Readable = item.audio  # type: ignore[assignment]
        is_wet = item.signal.role == "wet" and not item.look
        return EditedAudio(audio, self.edits) if is_wet else audio

    @property
    def states(self) -> tuple[DrawnSignal, ...]:
        """The state signals."""
        return tuple(item for item in self.drawn if item.signal.role == "state")


def open_capture(
    session: ProjectSession, capture: Capture, entry: CaptureEntry, run_id: str
) -> OpenedCapture:
    """Open everything of a capture. For a worker thread: it reads files.

    Raises
    ------
    FileFormatError
        The capture's own audio is missing, or not what ``capture.json`` says.
    """
    folder = session.project.capture_folder(capture.id)
    drawn = open_signals(session.folder, folder, capture, entry.edits, build=False)
    opened = OpenedCapture(capture, entry.edits, tuple(drawn), knobs=entry.knobs)
    model = find_model(session, run_id) or next(iter(found_models(session)), None)
    if model is None:
        return opened
    opened = replace(opened, model=model)
    path = fresh_render(session, model, capture.id)
    if path is None:
        return opened
    try:
        predicted = _predicted(session.folder, opened, model, path)
    except TrimpotError:
        return opened  # A render that went bad is offered to be made again.
    return replace(opened, drawn=(*opened.drawn, *predicted), rendered=True)


def _predicted(
    project: Path, opened: OpenedCapture, model: FoundModel, path: Path
) -> tuple[DrawnSignal, ...]:
    """What the model predicts, and how far that is from wet."""
    capture = opened.capture
    audio = FileAudio(path)
    wet = opened.of("wet")
    if audio.sample_rate != capture.sample_rate or wet is None:
        return ()
    stem = project / PEAK_FOLDER / f"{capture.id}-{model.id}"
    status = path.stat()
    tag = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns} {path}".encode()).digest()
    shown = Signal(
        name=PREDICTED, role="wet", unit=wet.signal.unit, full_scale=wet.signal.full_scale
    )
    difference = DifferenceAudio(audio, opened.audio(wet))
    edits = opened.edits
    both = hashlib.sha256(tag + wet.tag + f"{edits.shift} {edits.flip}".encode()).digest()
    found = (
        (shown, audio, audio.n_samples, "model", tag),
        (shown.model_copy(update={"name": RESIDUAL}), difference, None, "residual", both),
    )
    return tuple(
        replace(
            make_drawn(
                signal,
                source,
                capture.sample_rate,
                count if count is not None else difference.n_samples,
                stem.with_name(f"{stem.name}-{signal.name}.peaks"),
                mark,
            ),
            look=look,
        )
        for signal, source, count, look, mark in found
    )


def wave_signal(item: DrawnSignal, controls: Sequence[Control] = ()) -> WaveSignal:
    """A capture's signal as the waveform view takes it; a moving knob in its own range and unit."""
    signal = item.signal
    control = next((one for one in controls if one.name == signal.name), None)
    knob = control if signal.role == "knob" else None
    return WaveSignal(
        name=f"{item.look or signal.role}:{signal.name}",
        label=signal.name,
        role=item.look or signal.role,
        source=item.source,
        unit=signal.unit if knob is None else knob.unit,
        full_scale=signal.full_scale,
        limits=None if knob is None else (knob.minimum, knob.maximum),
    )
