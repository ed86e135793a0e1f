"""What a fitted compressor does to the moments at which a pair's static curve was measured.

Numpy alone, so that the window can draw it: the samples that lead to each moment are run side by
side, one vector operation a sample for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engines.analysis.dynamics import GainTrace, StaticCurve, binned, steady_moments
from engines.audio.blocks import Readable
from engines.effects.compressor import CompressorSettings, pole, reduction_db
from engines.models.base import Model
from engines.models.compressor.parameters import (
    BASS,
    BASS_HZ,
    DECIBELS_EACH,
    TREBLE,
    TREBLE_HZ,
    rows_for,
    settings_at,
    shelf,
)

Float64 = NDArray[np.float64]

MOMENTS = 64
"""Played at most, spread over what was measured."""
LEAD_SECONDS = (0.1, 1.0)
"""Audio before a moment that is run to bring the gain to where it is: by the times, within this."""
CHECK_EVERY = 2048


def played_curve(
    model: Model,
    knobs: Float64 | None,
    dry: Readable,
    trace: GainTrace,
    *,
    check: Callable[[], None] | None = None,
) -> StaticCurve:
    """The static curve that the fit has in the same moments as a measured one.

    Parameters
    ----------
    model : Model
        Of the architecture ``compressor``.
    knobs : float64[K] or None
        Knob positions 0..1; None: the defaults.
    dry : Readable
        Dry audio of the pair.
    trace : GainTrace
        Of the pair, by :func:`engines.analysis.dynamics.gain_trace`.
    check : callable, optional
        Called now and then; may raise to stop.

    Returns
    -------
    StaticCurve
        Levels of dry and of the model's output; empty where no moment is steady.
    """
    places = np.flatnonzero(steady_moments(trace))
    if len(places) > MOMENTS:
        places = places[np.linspace(0, len(places) - 1, MOMENTS).astype(int)]
    rate = dry.sample_rate
    settings = settings_at(model, knobs)
    size = round(trace.hop * rate)
    times = 5.0 * (settings.attack + settings.release + settings.averaging)
    lead = round(min(max(times, LEAD_SECONDS[0]), LEAD_SECONDS[1]) * rate)
    x = np.zeros((lead + size, len(places)))
    for column, place in enumerate(places):
        if check is not None:
            check()
        stop = round(float(trace.times[place]) * rate + size / 2)
        start = max(0, stop - lead - size)
        heard = dry.read(start, min(stop, dry.n_samples))
        x[len(x) - (stop - start) :][: len(heard), column] = heard
    y = _played(x, settings, rows_for(model, knobs), rate, check)
    power = np.maximum(np.mean(y[lead:] ** 2, axis=0), 1e-14)
    return binned(trace.dry_db[places], 10.0 * np.log10(power), least=1)


def _played(
    x: Float64,
    settings: CompressorSettings,
    rows: Float64,
    rate: float,
    check: Callable[[], None] | None,
) -> Float64:
    """The compressor's output float64[n, m] for inputs float64[n, m], each from rest."""
    power = _smoothed(x**2, pole(settings.averaging, rate), check)
    level = 10.0 * np.log10(np.maximum(power, 1e-30))
    wanted = reduction_db(level, settings.threshold, settings.slope, settings.knee)
    up, down = pole(settings.attack, rate), pole(settings.release, rate)
    if settings.ballistics == "branching":
        reduction = _branched(wanted, up, down, check)
    else:
        reduction = _smoothed(_held(wanted, down, check), up, check)
    y = 10.0 ** ((settings.make_up - reduction) / 20.0) * x
    for kind, hertz, decibels in (("bass", BASS_HZ, BASS), ("treble", TREBLE_HZ, TREBLE)):
        if rows[decibels] != 0.0:
            gain = DECIBELS_EACH * float(rows[decibels])
            b0, b1, a1 = shelf(kind, math.exp(rows[hertz]), gain, rate)
            y = b0 * y + b1 * np.concatenate([np.zeros((1, y.shape[1])), y[:-1]])
            y = _smoothed(y, -a1, check, share=1.0)
    return np.asarray(y, np.float64)


def _smoothed(
    x: Float64, smooth: float, check: Callable[[], None] | None, share: float | None = None
) -> Float64:
    """One pole down the rows; ``share`` of the input goes in, 1 - ``smooth`` unless told."""
    if smooth == 0.0:
        return x
    y = (1.0 - smooth if share is None else share) * x
    for n in range(1, len(y)):
        y[n] += smooth * y[n - 1]
        if check is not None and n % CHECK_EVERY == 0:
            check()
    return y


def _held(wanted: Float64, down: float, check: Callable[[], None] | None) -> Float64:
    """The decoupled detector's first stage: peaks are held and let go."""
    held = wanted.copy()
    entering = (1.0 - down) * wanted
    for n in range(1, len(held)):
        np.maximum(held[n], entering[n] + down * held[n - 1], out=held[n])
        if check is not None and n % CHECK_EVERY == 0:
            check()
    return held


def _branched(wanted: Float64, up: float, down: float, check: Callable[[], None] | None) -> Float64:
    """The branching detector."""
    reduction = np.zeros_like(wanted)
    last = np.zeros(wanted.shape[1])
    for n in range(len(wanted)):
        apart = last - wanted[n]
        last = wanted[n] + np.where(apart < 0.0, up, down) * apart
        reduction[n] = last
        if check is not None and n % CHECK_EVERY == 0:
            check()
    return reduction
