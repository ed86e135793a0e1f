"""From a take on disk to a capture: aligned by the blips, looked at, cut where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.audio.blocks import ArrayAudio
from engines.audio.files import dry_id, read_audio
from engines.audio.writing import write_wav
from engines.recording.latency import RoundTrip, find_round_trip
from engines.recording.layout import Layout, read_layout
from engines.recording.links import link_or_copy
from engines.recording.raw import read_raw
from engines.recording.session import PLAYED_FILE, TAKE_FILE, TakeFacts, read_facts
from engines.recording.verdicts import take_checks
from engines.sources.examining import examine_pair
from engines.sources.folders import new_capture_folder
from projects.capture import Capture, Signal, write_capture
from projects.errors import TrimpotError
from projects.manifest import Control, Section

Float32 = NDArray[np.float32]

LEAST_SECONDS = 2.0
"""Less of a take than this is no capture."""
LEAST_PART_SECONDS = 0.1


class ShortTakeError(TrimpotError):
    """Too little was recorded to make a capture of."""


@dataclass(frozen=True)
class Made:
    """A capture that was made of a take, with what the blips told."""

    capture: Capture
    trip: RoundTrip
    layout: Layout
    facts: TakeFacts
    peak: float
    """Of what came back; 1.0 is full scale."""


@dataclass(frozen=True)
class Description:
    """What the user said about a take; ``source`` goes into the capture as it is."""

    capture_id: str
    name: str
    knobs: dict[str, float]
    controls: tuple[Control, ...]
    source: dict[str, Any]


def make_capture(job: Path, folder: Path, description: Description) -> Made:
    """Make a capture of the take in the folder of a job.

    Parameters
    ----------
    job : Path
        Holds what :func:`engines.recording.session.record_take` left; it stays untouched.
    folder : Path
        The capture goes into a folder of its own in here.
    description : Description
        Name, knobs, and where it comes from.

    Raises
    ------
    NothingCameBackError
        The test signal is not in the take.
    ShortTakeError
        It ends too early.
    """
    layout, facts = read_layout(job), read_facts(job)
    take, rate = read_raw(job / TAKE_FILE)
    played = read_audio(job / PLAYED_FILE).samples[:, 0].astype(np.float32)
    trip = find_round_trip(take, layout)
    n = min(len(played), len(take) - trip.whole)
    if n < LEAST_SECONDS * rate:
        raise ShortTakeError(
            f"Only {max(0, n) / rate:.1f} s were recorded, too little for a capture. They are kept "
            f"in {job / TAKE_FILE}; record the take again."
        )
    dry, wet = played[:n], _aligned(take, trip.whole, n)
    report = examine_pair(
        ArrayAudio(dry, rate),
        ArrayAudio(wet, rate),
        clips=(),
        on_progress=lambda share: None,
        check=lambda: None,  # a take that was stopped is to become a capture all the same
    )
    capture = Capture(
        id=description.capture_id,
        name=description.name,
        sample_rate=rate,
        n_samples=n,
        dry_id=dry_id(dry),
        signals=(
            Signal(name="dry", role="dry", file="dry.wav"),
            Signal(name="wet", role="wet", file="wet.wav"),
        ),
        knobs=description.knobs,
        controls=description.controls,
        sections=_sections(layout, n),
        included=report.included and not trip.lost,
        # The blips know better than any playing by how much to shift: that is done already.
        edits=report.edits.model_copy(update={"shift": 0}),
        checks=(*take_checks(trip, layout, facts, n), *report.checks),
        source={**description.source, "round_trip": _facts_of(trip)},
    )
    place = new_capture_folder(folder, capture.id)
    if n == len(played):
        link_or_copy(job / PLAYED_FILE, place / "dry.wav")
    else:
        write_wav(place / "dry.wav", dry, rate)
    write_wav(place / "wet.wav", wet, rate)
    write_capture(place, capture)
    return Made(capture, trip, layout, facts, float(np.abs(wet).max(initial=0.0)))


def _aligned(take: Float32, shift: int, n: int) -> Float32:
    """``n`` samples of a take from a place on; before its beginning lies silence."""
    if shift >= 0:
        return np.asarray(take[shift : shift + n])
    return np.concatenate([np.zeros(-shift, np.float32), take[: n + shift]])


def _sections(layout: Layout, n: int) -> tuple[Section, ...]:
    least = LEAST_PART_SECONDS * layout.sample_rate
    return tuple(part for part in layout.within(n) if part.stop - part.start >= least)


def _facts_of(trip: RoundTrip) -> dict[str, Any]:
    return {
        "samples": round(trip.samples, 4),
        "taken_off": trip.whole,
        "sure": trip.sure,
        "inverted": trip.inverted,
        "drift_ppm": None if trip.drift_ppm is None else round(trip.drift_ppm, 4),
        "lost": trip.lost,
        "blips": [trip.heard, trip.sent],
        "snr_db": round(trip.snr_db, 2),
    }
