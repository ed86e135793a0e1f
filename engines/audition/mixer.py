"""The arithmetic of the audio callback, compiled: reading, crossfading, metering.

Nothing here allocates, locks or calls Python. Fades are raised cosines from a table ``shape`` of
``F + 1`` values from 0 to 1; a crossfade's two gains always add up to 1 (equal gain), since its two
sides are the same music.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.models.jit import compiled

Samples = NDArray[np.float32]
Numbers = NDArray[np.float64]

INPUT_PEAK, INPUT_POWER, OUTPUT_PEAK, OUTPUT_POWER, CLIPPED = range(5)
"""Places in the meters' array: peaks fall slowly, powers are running means, CLIPPED counts."""
METERS = 5


def fade_shape(n: int) -> Numbers:
    """A raised cosine from 0 to 1: float64[n + 1]."""
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(n + 1) / n)


@compiled()
def read_span(
    dry: Samples,
    wet: Samples,
    position: int,
    loop_start: int,
    loop_stop: int,
    shape: Numbers,
    x: Samples,
    w: Samples,
) -> int:
    """Copy the next samples of dry and wet; returns the position after them.

    Before ``loop_stop`` comes a crossfade to what lies before ``loop_start``, so that the jump
    back is smooth. ``loop_stop`` 0, or behind the position, is no loop. Outside the files is
    silence.
    """
    fade = shape.shape[0] - 1
    length = loop_stop - loop_start
    fade = min(fade, length // 2)
    looping = loop_stop > 0 and position < loop_stop
    for i in range(x.shape[0]):
        a = np.float64(dry[position]) if 0 <= position < dry.shape[0] else 0.0
        b = np.float64(wet[position]) if 0 <= position < wet.shape[0] else 0.0
        if looping and position >= loop_stop - fade:
            back = position - length
            g = shape[(position - (loop_stop - fade)) * (shape.shape[0] - 1) // fade]
            # Before the file lies a fade-in of its first value, as behind it one of its last.
            rise = 1.0 if back >= 0 else 1.0 - shape[min(-back, shape.shape[0] - 1)]
            back = max(back, 0)
            a2 = np.float64(dry[back]) if back < dry.shape[0] else 0.0
            b2 = np.float64(wet[back]) if back < wet.shape[0] else 0.0
            a = (1.0 - g) * a + g * rise * a2
            b = (1.0 - g) * b + g * rise * b2
        x[i] = a
        w[i] = b
        position += 1
        if looping and position == loop_stop:
            position = loop_start
    return position


@compiled()
def silence_if_wild(y: Samples, gain: float, limit: float) -> bool:
    """Silence a model's block from its first sample that is not finite or over the limit on."""
    for i in range(y.shape[0]):
        v = y[i] * gain
        if not abs(v) <= limit:
            y[i:] = 0.0
            return True
    return False


@compiled()
def same(now: Samples, target: Samples) -> bool:
    """Whether all knobs have come to their targets."""
    moving = 0
    for k in range(now.shape[0]):
        moving += now[k] != target[k]
    return moving == 0


@compiled()
def approach(now: Samples, target: Samples, step: float) -> None:
    """Move knobs towards their targets by at most ``step``."""
    for k in range(now.shape[0]):
        distance = target[k] - now[k]
        if abs(distance) <= step:
            now[k] = target[k]
        else:
            now[k] += step if distance > 0 else -step


@compiled()
def retarget(start: Numbers, end: Numbers, t: int, shape: Numbers, target: Numbers) -> None:
    """Begin a fade of the source weights to ``target`` from wherever the last one has come."""
    a = shape[min(t, shape.shape[0] - 1)]
    for k in range(start.shape[0]):
        start[k] += (end[k] - start[k]) * a
        end[k] = target[k]


@compiled()
def add_voice(
    x: Samples,
    w: Samples,
    m: Samples,
    s: Samples,
    gains: Numbers,
    weights_from: Numbers,
    weights_to: Numbers,
    t: int,
    envelope_from: float,
    envelope_to: float,
    envelope_t: int,
    shape: Numbers,
    heard: Numbers,
    seen: Numbers,
) -> None:
    """Mix a voice's dry, wet, model and second model under its envelope into ``heard``.

    ``seen`` gets the dry under the same envelope, for the input meter.
    """
    last = shape.shape[0] - 1
    for i in range(x.shape[0]):
        a = shape[min(t + i, last)]
        y = (weights_from[0] + (weights_to[0] - weights_from[0]) * a) * gains[0] * x[i]
        y += (weights_from[1] + (weights_to[1] - weights_from[1]) * a) * gains[1] * w[i]
        y += (weights_from[2] + (weights_to[2] - weights_from[2]) * a) * gains[2] * m[i]
        y += (weights_from[3] + (weights_to[3] - weights_from[3]) * a) * gains[3] * s[i]
        e = envelope_from + (envelope_to - envelope_from) * shape[min(envelope_t + i, last)]
        heard[i] += e * y
        seen[i] += e * x[i]


@compiled()
def finish(
    heard: Numbers,
    seen: Numbers,
    gain: Numbers,
    gain_target: float,
    glide: float,
    meter_fall: float,
    meters: Numbers,
    out: Samples,
) -> None:
    """Apply the output gain, hold the output within -1..1, meter, spread over the channels.

    Parameters
    ----------
    heard, seen : float64[n]
        The mix and the input; both are zeroed for the next block.
    gain : float64[1]
        The gain as it stands, gliding to ``gain_target`` by ``glide`` a sample.
    meter_fall : float
        The share of a running mean or peak that one sample takes away.
    out : float32[n, channels]
        The block.
    """
    for i in range(heard.shape[0]):
        gain[0] += (gain_target - gain[0]) * glide
        v = heard[i] * gain[0]
        if not abs(v) <= 1.0:
            meters[CLIPPED] += 1.0
            v = 1.0 if v > 1.0 else (-1.0 if v < -1.0 else 0.0)
        for c in range(out.shape[1]):
            out[i, c] = v
        meters[OUTPUT_PEAK] = max(abs(v), meters[OUTPUT_PEAK] * (1.0 - meter_fall))
        meters[OUTPUT_POWER] += (v * v - meters[OUTPUT_POWER]) * meter_fall
        d = seen[i]
        meters[INPUT_PEAK] = max(abs(d), meters[INPUT_PEAK] * (1.0 - meter_fall))
        meters[INPUT_POWER] += (d * d - meters[INPUT_POWER]) * meter_fall
        heard[i] = 0.0
        seen[i] = 0.0
