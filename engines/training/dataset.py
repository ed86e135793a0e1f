"""From a project's captures to what a training sees: never the test part.

Dry, wet and states are the samples of the capture's files. Sections for validation and test begin
with a lead-in of dry audio before them, which lets a model warm up and is not scored.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.audio.edited import read_edited
from engines.models.base import ModelInfo, Segment, TrainingData, TrainingError
from projects.capture import Capture
from projects.manifest import CaptureEntry, Control, Part, Section, Split
from projects.project import Project

MEMORY_SHARE = 0.5
"""Of the computer's memory, how much the captures of a training may take."""
LEAD_SECONDS = 3.0
"""Longest lead-in: what a compressor heard before it has forgotten by then."""
LEAST_SECONDS = 0.05
"""What cuts leave of a section counts from this length on."""
WARM_UP_SECONDS = 0.02
"""Where no audio lies before a section, so much of it is not scored instead."""


@dataclass(frozen=True)
class LoadedCapture:
    """A capture's entry and description, its split, and its signals, each float64[n]."""

    entry: CaptureEntry
    capture: Capture
    split: Split
    dry: NDArray[np.float64]
    wet: NDArray[np.float64]
    """Shifted and flipped as the entry's edits say."""
    states: NDArray[np.float64]
    """float64[n, S]"""
    motions: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """Where the knobs that moved stood at every sample, by name, in their own units."""

    def usable(self, part: Part) -> tuple[Section, ...]:
        """The sections of a part without what was cut and what a shift left without wet."""
        gaps = self.entry.edits.gaps(self.capture.n_samples)
        sections = self.split.of(part)
        if not gaps:
            return sections
        least = round(LEAST_SECONDS * self.capture.sample_rate)
        pieces = (piece for section in sections for piece in section.without(gaps))
        return tuple(piece for piece in pieces if piece.stop - piece.start >= least)


def load_captures(project: Project, ids: Sequence[str] | None = None) -> list[LoadedCapture]:
    """Read the captures to train on, in the manifest's order.

    Parameters
    ----------
    project : Project
        An open project.
    ids : sequence of str, optional
        Which captures; None: all that are included.

    Raises
    ------
    TrainingError
        There are none, one is missing, or they do not fit together.
    FileFormatError
        An audio file is damaged.
    """
    manifest = project.manifest
    entries = [entry for entry in manifest.captures if entry.included]
    if not entries and manifest.captures and ids is None:
        raise TrainingError(
            f"Every capture of {manifest.name} is left out of training. Include at least one."
        )
    if ids is not None:
        known = {entry.id: entry for entry in manifest.captures}
        missing = [wanted for wanted in ids if wanted not in known]
        if missing:
            raise TrainingError(
                f"The project {manifest.name} has no capture {missing[0]}. Choose captures that "
                "are in the project."
            )
        entries = [known[wanted] for wanted in dict.fromkeys(ids)]
    if not entries:
        raise TrainingError(
            f"The project {manifest.name} has no captures to train on. Import recordings or "
            "simulate a circuit first."
        )
    _refuse_too_much(project, entries)
    loaded = [_load(project, entry) for entry in entries]
    _check_alike(loaded)
    return loaded


def _refuse_too_much(project: Project, entries: Sequence[CaptureEntry]) -> None:
    """Say so before the memory runs out: every signal is held as float64."""
    needed = seconds = 0.0
    for entry in entries:
        capture = project.read_capture(entry.id)
        seconds += capture.n_samples / capture.sample_rate
        needed += 8.0 * capture.n_samples * len(capture.signals)
    limit = MEMORY_SHARE * total_memory()
    if needed > limit:
        hours = seconds / 3600
        raise TrainingError(
            f"The captures to train on hold {hours:.1f} h of audio, which needs "
            f"{needed / 2**30:.0f} GB of memory; {limit / 2**30:.0f} GB can be used here, enough "
            f"for {hours * limit / needed:.1f} h. Leave some of the captures out."
        )


def total_memory() -> float:
    """The computer's memory in bytes; where it cannot be told, 8 GiB."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return 8.0 * 2**30


def _load(project: Project, entry: CaptureEntry) -> LoadedCapture:
    capture = project.read_capture(entry.id)
    folder = project.capture_folder(entry.id)

    def read(signal_name: str) -> NDArray[np.float64]:
        signal = next(item for item in capture.signals if item.name == signal_name)
        samples = read_edited(folder, capture, signal, entry.edits).astype(np.float64)
        if not np.isfinite(samples).all():
            raise TrainingError(
                f"{signal.file} of the capture {capture.name} holds values that are not finite "
                "numbers. Import or simulate it again."
            )
        return samples

    states = [read(signal.name) for signal in capture.states]
    return LoadedCapture(
        entry=entry,
        capture=capture,
        split=project.split_of(entry),
        dry=read(capture.signal("dry").name),
        wet=read(capture.signal("wet").name),
        states=np.stack(states, axis=1) if states else np.zeros((capture.n_samples, 0)),
        motions={signal.name: read(signal.name) for signal in capture.motions},
    )


def _check_alike(loaded: Sequence[LoadedCapture]) -> None:
    first = loaded[0].capture
    for item in loaded[1:]:
        other = item.capture
        if other.sample_rate != first.sample_rate:
            raise TrainingError(
                f"The captures {first.name} ({first.sample_rate} Hz) and {other.name} "
                f"({other.sample_rate} Hz) have different rates. Leave one of them out."
            )
        if [signal.name for signal in other.states] != [signal.name for signal in first.states]:
            raise TrainingError(
                f"The captures {first.name} and {other.name} have different states. Leave one of "
                "them out."
            )
        for role in ("dry", "wet"):
            here, there = first.signal(role), other.signal(role)
            if (here.unit, here.full_scale) != (there.unit, there.full_scale):
                raise TrainingError(
                    f"The {role} audio of {first.name} and {other.name} have different scales "
                    f"({here.full_scale:g} {here.unit} and {there.full_scale:g} {there.unit} at "
                    "full scale). Leave one of them out."
                )


def model_info(
    name: str, loaded: Sequence[LoadedCapture], controls: Sequence[Control]
) -> ModelInfo:
    """What a model trained on these captures is told about itself."""
    capture = loaded[0].capture
    dry, wet = capture.signal("dry"), capture.signal("wet")
    return ModelInfo(
        name=name,
        sample_rate=capture.sample_rate,
        controls=tuple(controls),
        states=tuple(signal.name for signal in capture.states),
        dry_unit=dry.unit,
        dry_full_scale=dry.full_scale,
        wet_unit=wet.unit,
        wet_full_scale=wet.full_scale,
    )


def used_controls(project: Project, loaded: Sequence[LoadedCapture]) -> tuple[Control, ...]:
    """The knobs that are not at one setting all the time: only those can be learned."""
    found = []
    for control in project.manifest.controls:
        settings = {item.entry.knobs.get(control.name, control.default) for item in loaded}
        moved = any(np.ptp(item.motions[control.name]) > 0 for item in loaded
                    if control.name in item.motions)  # fmt: skip
        if moved or len(settings) > 1:
            found.append(control)
    return tuple(found)


def knob_position(control: Control, value: float) -> float:
    """A knob's setting as a position 0..1 over its range, by its taper.

    Raises
    ------
    TrainingError
        The setting is outside the knob's range.
    """
    low, high = control.minimum, control.maximum
    if not low <= value <= high:
        raise TrainingError(
            f"The knob {control.name} is set to {value:g}, outside its range {low:g} to {high:g}. "
            "Correct the capture or the knob."
        )
    if control.taper == "log" and low > 0:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def knob_positions(
    item: LoadedCapture, controls: Sequence[Control], held: Mapping[str, float] = {}
) -> NDArray[np.float64]:
    """Where a capture's knobs stood, as positions 0..1.

    Parameters
    ----------
    item : LoadedCapture
        The capture.
    controls : sequence of Control
        Which knobs, in the order of a model's inputs.
    held : mapping, optional
        Settings that count instead of the capture's, by knob.

    Returns
    -------
    float64[K] or float64[n, K]
        One setting; where one of the knobs moved, one for every sample.
    """
    settings = {**item.entry.knobs, **held}
    positions = [
        knob_track(c, item.motions[c.name])
        if c.name in item.motions and c.name not in held
        else np.array(knob_position(c, settings.get(c.name, c.default)))
        for c in controls
    ]
    if any(position.ndim for position in positions):
        n = len(item.dry)
        return np.stack([np.broadcast_to(position, n) for position in positions], axis=1)
    return np.array([float(position) for position in positions], np.float64)


def knob_track(control: Control, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A moving knob's settings float64[n] as positions 0..1 over its range, by its taper.

    Raises
    ------
    TrainingError
        It moves out of the knob's range by more than the rounding of its file.
    """
    low, high = control.minimum, control.maximum
    room = 1e-6 * max(abs(low), abs(high), high - low)
    for worst in (float(values.min()), float(values.max())):
        if not low - room <= worst <= high + room:
            knob_position(control, worst)  # says so
    inner = np.clip(values, low, high)
    if control.taper == "log" and low > 0:
        found: NDArray[np.float64] = np.log(inner / low) / math.log(high / low)
        return found
    return (inner - low) / (high - low)


def training_data(loaded: Sequence[LoadedCapture], info: ModelInfo, seed: int = 0) -> TrainingData:
    """Train and validation segments of the captures; the test part stays where it is.

    Raises
    ------
    TrainingError
        The splits leave nothing to train on or to validate with.
    """
    train = segments(loaded, info, "train")
    validation = segments(loaded, info, "validation")
    for part, found in (("training", train), ("validation", validation)):
        if not found:
            raise TrainingError(
                f"The captures have no {part} part. Change their split so that each part has some."
            )
    if not any(np.any(segment.y[segment.lead :]) for segment in validation):
        raise TrainingError(
            "The wet audio of the validation part is silent: nothing can be scored on it. Check "
            "the recording, or change the split."
        )
    return TrainingData(info=info, train=train, validation=validation, seed=seed)


def segments(loaded: Sequence[LoadedCapture], info: ModelInfo, part: Part) -> tuple[Segment, ...]:
    """The sections of one part of all captures; those to be scored with their lead-in."""
    found = []
    for item in loaded:
        knobs = knob_positions(item, info.controls)
        for section in item.usable(part):
            if section.stop > item.capture.n_samples:
                raise TrainingError(
                    f"The split of {item.capture.name} reaches beyond its audio. Split it again."
                )
            start, lead = _begin(item, section)
            cut = slice(start, section.stop)
            found.append(
                Segment(
                    capture_id=item.entry.id,
                    start=start,
                    x=item.dry[cut],
                    y=item.wet[cut],
                    states=item.states[cut],
                    knobs=knobs if knobs.ndim == 1 else knobs[cut],
                    lead=lead,
                )
            )
    return tuple(found)


def _begin(item: LoadedCapture, section: Section) -> tuple[int, int]:
    """Where a section's segment begins, lead-in included, and how long the lead-in is.

    Other parts' audio may warm a model up for the test, but no test audio may be heard before.
    """
    if section.part == "train":
        return section.start, 0
    rate = item.capture.sample_rate
    # Where recordings were joined, each began anew.
    clip = max(
        (clip.start for clip in item.capture.clips if clip.start <= section.start), default=0
    )
    earliest = max(clip, section.start - round(LEAD_SECONDS * rate))
    if section.part != "test":
        for other in item.split.of("test"):
            if other.start < section.start:
                earliest = max(earliest, other.stop)
    lead = section.start - earliest
    least = min(round(WARM_UP_SECONDS * rate), (section.stop - section.start) // 10)
    return earliest, max(lead, least)
