"""What the plots beside the waveform show of a capture: numbers for each of them, from its audio.

Everything here runs in a worker thread. Long audio is looked at in places.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from app.capture_signals import OpenedCapture
from app.peak_files import DrawnSignal, StoppedError
from engines.analysis import dynamics
from engines.audio.blocks import Readable
from projects.capture import Signal
from projects.errors import TrimpotError
from widgets.levels import LevelSteps
from widgets.relation import Density, Relation, RelationCurve

EXPLAINED = 0.6
"""Times are told where the gain that they explain is this much nearer than a constant one."""
LEAST_SAMPLES = 24
"""In a column of a transfer plot, for its mean to be drawn."""


def stopper(stop: threading.Event) -> Callable[[], None]:
    """A check that ends the counting once ``stop`` is set, by StoppedError."""

    def check() -> None:
        if stop.is_set():
            raise StoppedError

    return check


def axis_label(signal: Signal) -> str:
    """A signal's name with its unit."""
    return f"{signal.name} ({signal.unit})"


def levels(opened: OpenedCapture, check: Callable[[], None]) -> list[LevelSteps]:
    """How often each level occurs in dry and wet."""
    found = []
    for item in (opened.of("dry"), opened.of("wet")):
        if item is None:
            continue
        told = dynamics.level_histogram(opened.audio(item), check=check)
        found.append(
            LevelSteps(
                item.signal.name,
                item.signal.role,
                told.edges,
                told.shares,
                told.peak_db,
                told.rms_db,
                told.silent,
            )
        )
    return found


def transfer(opened: OpenedCapture, check: Callable[[], None]) -> Relation:
    """Input against output, sample by sample."""
    dry, wet = opened.of("dry"), opened.of("wet")
    if dry is None or wet is None:
        return Relation("", "", note="This capture lacks its dry or its wet audio.")
    return _density(opened, dry, wet, check, "")


def state(opened: OpenedCapture, name: str, check: Callable[[], None]) -> Relation:
    """A state against the output."""
    wet = opened.of("wet")
    item = next((item for item in opened.states if item.signal.name == name), None)
    if item is None or wet is None:
        return Relation("", "", note="This capture has no such state.")
    return _density(opened, item, wet, check, "state")


def _density(
    opened: OpenedCapture, x: DrawnSignal, y: DrawnSignal, check: Callable[[], None], role: str
) -> Relation:
    found = dynamics.transfer_curve(opened.audio(x), opened.audio(y), check=check)
    across, up = x.signal.full_scale, y.signal.full_scale
    middles = (found.x_edges[:-1] + found.x_edges[1:]) / 2 * across
    density = Density(found.counts, found.x_edges * across, found.y_edges * up)
    # A mean of a few samples says nothing, and jumps about.
    known = np.where(found.counts.sum(axis=1) >= LEAST_SAMPLES, found.mean * up, np.nan)
    mean = RelationCurve("mean output", role or "wet", middles, known)
    return Relation(axis_label(x.signal), axis_label(y.signal), density, (mean,))


def static_curve(opened: OpenedCapture, check: Callable[[], None]) -> Relation:
    """Level in against level out, in stationary moments, beside a device that does nothing."""
    dry, wet = opened.of("dry"), opened.of("wet")
    labels = ("dry level (dBFS RMS)", "wet level (dBFS RMS)")
    if dry is None or wet is None:
        return Relation(*labels, note="This capture lacks its dry or its wet audio.")
    first: Readable = opened.audio(dry)
    trace = dynamics.gain_trace(first, opened.audio(wet), check=check)
    curve = dynamics.static_curve(trace)
    if not len(curve.levels):
        return Relation(*labels, note="There are too few moments of a steady level.")
    ends = np.array([curve.levels[0], curve.levels[-1]])
    curves: tuple[RelationCurve, ...] = (
        RelationCurve("level unchanged", "soft", ends, ends, "dash"),
        RelationCurve(
            "measured", "wet", curve.levels, curve.median, "solid", curve.low, curve.high
        ),
    )
    fitted = _fitted(opened, first, trace, check)
    curves += (fitted,) if fitted is not None else ()
    note = f"{int(curve.counts.sum()):,} steady moments; the band holds 8 of 10"
    times = dynamics.ballistics(first, opened.audio(wet), check=check)
    if times is not None and times.error_db < EXPLAINED * times.still_db:
        note += f"; attack about {_time(times.attack)}, release about {_time(times.release)}"
    return Relation(*labels, None, curves, note)


def _time(seconds: float) -> str:
    """A time constant as two digits tell it."""
    return f"{1e3 * seconds:.2g} ms" if seconds < 0.0995 else f"{seconds:.2g} s"


def _fitted(
    opened: OpenedCapture, dry: Readable, trace: dynamics.GainTrace, check: Callable[[], None]
) -> RelationCurve | None:
    """What the selected run does in the same moments, where it is a fitted compressor."""
    model = opened.model
    if model is None or model.run.job.config.get("architecture") != "compressor":
        return None
    # Numpy alone: neither torch nor numba comes into the window with these.
    from engines.models.compressor.drawing import played_curve
    from engines.models.storage import load_model
    from engines.training.dataset import knob_position

    try:
        loaded = load_model(model.path)
        knobs = [
            knob_position(control, opened.knobs.get(control.name, control.default))
            for control in loaded.info.controls
        ]
    except TrimpotError:
        return None
    found = played_curve(loaded, np.array(knobs, np.float64), dry, trace, check=check)
    if not len(found.levels):
        return None
    return RelationCurve(f"fitted: {model.name}", "model", found.levels, found.median, "dash")
