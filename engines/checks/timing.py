"""Verdicts on time: latency, drift between clocks, a jump in mid-recording."""

from __future__ import annotations

import numpy as np

from engines.checks.alignment import CLEAR, Aligned, Response
from engines.checks.report import Drift, Latency, Move
from engines.checks.words import of_places, samples, time_of
from projects.capture import Check, Fix
from projects.manifest import MAX_SHIFT, Stretch

SURE = 0.8
VAGUE = 0.4
FAR = 16.0
"""Samples beyond which even the vaguest response leaves no doubt that wet is late, or early."""
ALIKE = 0.6
LATE = 5.0
"""Samples that wet may be late without a warning: what a device's own filters amount to."""
STRAY = 0.01
EARLY = 0.45
"""Samples that wet may be early: a filter between two sample points answers half a sample ahead."""
LEAST_PPM = 0.3
LEAST_MOVED = 0.4
LEAST_IN_BAND = 0.06
"""Samples of drift over the whole recording that are worth a word; more where the band that dry
and wet share is narrow: this much for all of it, twice that for half of it."""
LEAST_JUMP = 12.0
"""Samples; what a device does to single windows moves them by up to some 8."""
SPREAD = 1.7
"""The spike's foot is up to so many samples before it, where the band is wide enough to tell."""


def latency_of(aligned: Aligned, found: Response) -> Latency:
    """Latency with how sure it is; see :class:`Latency`."""
    fine = aligned.fine
    off = np.abs(fine.lags - aligned.line(fine.places))
    heard = np.isfinite(fine.lags) | np.array([one.striking > 8 for one in aligned.rough])
    alike = int(np.sum(off <= 1.0))
    places = max(int(heard.sum()), alike)
    delay = _corrected(found)
    reach = 1.0 / max(0.05, found.edge)
    foot = max(0.0, found.delay - found.onset - reach - 0.3)
    apart = max(0.0, abs(found.plain - found.delay) - 0.7)
    sharp = float(np.clip((found.sharp - 0.5) / 0.4, 0.0, 1.0))
    narrow = float(np.clip(found.band / 0.12, 0.0, 1.0))
    cut_off = float(np.clip(1.0 - 0.25 * (reach - 1.3), 0.0, 1.0))
    agreement = alike / places if places else 0.0
    sure = sharp * narrow * cut_off * agreement * float(np.exp(-0.35 * foot - 0.25 * apart))
    if places < 3:
        sure *= 0.5 + 0.15 * places
    whole = int(np.floor(min(delay + 0.1, found.onset + 1.1)))
    return Latency(
        samples=round(delay, 3),
        earliest=round(min(found.onset, delay), 3),
        latest=round(max(found.plain, delay), 3),
        whole=whole,
        sure=round(sure, 3),
        alike=alike,
        places=places,
    )


def _corrected(found: Response) -> float:
    """The delay without what the hidden top of the spectrum does to it, in samples.

    Above ``edge`` noise hides what the device does. If it goes on falling there, its minimum phase
    is underrated, by what amounts to 1 / edge - 1 samples: over the effects and signals of the
    tests the error is 0.8 to 1.1 times 1 / edge - 1.1. A device that is linear in phase shows
    itself by standing no later without any whitening; then the two ways of measuring are averaged.
    """
    if found.plain > found.delay + 0.15:
        return found.delay - 0.9 * max(0.0, 1.0 / max(0.05, found.edge) - 1.1)
    if found.delay - found.plain < 1.0:
        return 0.5 * (found.delay + min(found.plain, found.delay))
    return found.delay


def latency_check(latency: Latency, sample_rate: int, inverted: bool) -> Check:
    """What the latency means."""
    where = of_places(latency.alike, latency.places)
    value = latency.samples
    size = samples(value, sample_rate)
    sure = latency.sure
    shift = int(np.clip(latency.whole, -MAX_SHIFT, MAX_SHIFT))
    if is_early(latency):
        # Where the place is vague, rather a little too late: that costs a model nothing.
        least = -int(np.floor(value + 0.1)) if sure >= VAGUE else -shift
        back = min(MAX_SHIFT, max(1, least))
        return Check(
            name="latency",
            level="problem",
            text=f"Wet is {size} early, alike {where}: no device answers before it is asked.",
            value=value,
            sure=max(sure, 0.5),
            advice=f"Shift wet later by {back} sample{'' if back == 1 else 's'}, "
            "or leave the capture out.",
            fixes=(Fix(kind="shift", shift=-back, safe=sure >= SURE), Fix(kind="leave-out")),
        )
    if is_late(latency):
        return Check(
            name="latency",
            level="warning",
            text=f"Wet is {size} late, alike {where}.",
            value=value,
            sure=sure,
            advice=f"Shift wet by {shift} samples, or leave the capture out: the delay of an "
            "interface is not the device's, and a model would spend its memory on it.",
            fixes=(Fix(kind="shift", shift=shift, safe=sure >= SURE), Fix(kind="leave-out")),
        )
    if value - latency.earliest > 2.0 * SPREAD or sure < 0.5:
        text = (
            f"Wet resembles dry most {samples(value, sample_rate)} "
            f"{'later' if value >= 0 else 'earlier'}, but its response reaches back to "
            f"{latency.earliest:.1f} samples: filters do that, it is no measure of latency."
        )
        return Check(name="latency", level="ok", text=text, value=value, sure=sure)
    word = "late" if value >= 0 else "early"
    text = f"Wet is {samples(value, sample_rate)} {word}, alike {where}: in time with dry."
    return Check(name="latency", level="ok", text=text, value=value, sure=sure)


def is_early(latency: Latency) -> bool:
    """Whether wet surely comes before dry."""
    if latency.agreement >= ALIKE and latency.latest < -FAR:
        return True
    return max(latency.samples, latency.latest) < -EARLY and latency.sure >= VAGUE


def is_late(latency: Latency) -> bool:
    """Whether wet surely comes later than a device's own filters would have it."""
    if latency.agreement >= ALIKE and latency.earliest > FAR:
        return True
    return latency.earliest > LATE and latency.whole > LATE and latency.sure >= 0.3


def drift_of(aligned: Aligned, band: float, n_samples: int) -> Drift | None:
    """Drift, as far as windows at several places show it."""
    line, fine = aligned.line, aligned.fine
    usable = np.isfinite(fine.lags) & (np.abs(fine.lags - line(fine.places)) <= 2.0)
    if usable.sum() < 4 or usable.mean() < 0.5 or not np.isfinite(line.within):
        return None
    if np.ptp(fine.places[usable]) < 0.4 * n_samples:
        return None
    # What a nonlinear device does to single windows is not chance, and does not average out.
    stray = STRAY / (band + 0.01) / n_samples
    within = float(np.hypot(line.within, stray))
    return Drift(line.slope * 1e6, max(within * 1e6, 0.001), band)


def is_drifting(drift: Drift, n_samples: int) -> bool:
    """Whether the clocks surely differ by as much as matters."""
    moved = abs(drift.ppm) * 1e-6 * n_samples
    least = max(LEAST_MOVED, LEAST_IN_BAND / max(drift.band, 0.01))
    return moved > least and abs(drift.ppm) > LEAST_PPM and abs(drift.ppm) > 6.0 * drift.within


def drift_check(drift: Drift, n_samples: int, sample_rate: int) -> Check:
    """Whether dry and wet ran on one clock."""
    within = f"±{max(0.01, 2 * drift.within):.2f} ppm"
    if not is_drifting(drift, n_samples):
        text = f"Dry and wet keep time with each other: {drift.ppm:+.2f} ppm ({within})."
        return Check(name="drift", level="ok", text=text, value=round(drift.ppm, 4))
    moved = drift.ppm * 1e-6 * n_samples
    return Check(
        name="drift",
        level="problem" if abs(moved) > 2.0 else "warning",
        text=f"The clocks of dry and wet differ by {drift.ppm:+.2f} ppm ({within}): wet gets "
        f"{abs(moved):.1f} samples {'later' if moved > 0 else 'earlier'} from start to end.",
        value=round(drift.ppm, 4),
        sure=round(float(min(0.99, 1 - 2 * drift.within / abs(drift.ppm))), 3),
        advice="Play and record with one device on one clock, and leave this capture out.",
        fixes=(Fix(kind="leave-out"),),
    )


def move_of(aligned: Aligned, n_samples: int, length: int) -> Move | None:
    """A jump of wet against dry between two places, if there is one (the largest)."""
    fine = aligned.fine
    good = np.flatnonzero(np.isfinite(fine.lags) & (fine.clear >= CLEAR))
    if len(good) < 4:
        return None
    lags, places = fine.lags[good], fine.places[good]
    best: tuple[float, int] | None = None
    for k in range(2, len(lags) - 1):
        left, right = np.median(lags[:k]), np.median(lags[k:])
        # A window astray is astray by any account: no more than the jump itself.
        most = abs(right - left)
        off = np.concatenate([lags[:k] - left, lags[k:] - right])
        along = np.abs(lags - aligned.line(places)).clip(max=most).sum()
        cost = float(np.abs(off).clip(max=most).sum() / max(1e-9, along))
        if best is None or cost < best[0]:
            best = cost, k
    if best is None:
        return None
    cost, k = best
    jump = float(np.median(lags[k:]) - np.median(lags[:k]))
    loose = max(float(np.median(np.abs(part - np.median(part)))) for part in (lags[:k], lags[k:]))
    if abs(jump) < LEAST_JUMP or loose > 0.2 * abs(jump) or cost > 0.5:
        return None
    # Between the last window that surely lies before it and the first that surely lies after.
    before = places[:k][np.abs(lags[:k] - np.median(lags[:k])) < 0.2 * abs(jump)]
    after = places[k:][np.abs(lags[k:] - np.median(lags[k:])) < 0.2 * abs(jump)]
    start = max(0, int(before[-1] - length / 2))
    stop = min(n_samples, int(after[0] + length / 2))
    return Move(round(jump, 2), Stretch(start=start, stop=max(start + 1, stop)))


def move_check(move: Move, n_samples: int, sample_rate: int) -> Check:
    """Says where the recording jumps."""
    first, last = move.where.start, move.where.stop
    before = first >= n_samples - last
    cut = Stretch(start=first, stop=n_samples) if before else Stretch(start=0, stop=last)
    return Check(
        name="moved",
        level="problem",
        text=f"Wet jumps by {samples(move.samples, sample_rate)} "
        f"{'later' if move.samples > 0 else 'earlier'} between {time_of(first, sample_rate)} and "
        f"{time_of(last, sample_rate)}: audio was lost or repeated while recording.",
        value=move.samples,
        where=(move.where,),
        sure=0.95,
        advice="Record it again with larger buffers; or cut the shorter side of the jump.",
        fixes=(Fix(kind="leave-out"), Fix(kind="cut", cuts=(cut,))),
    )
