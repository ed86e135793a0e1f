"""The fitted compressor's parameters: from a model's tensor to decibels and seconds, and back.

A tensor ``parameters`` (rows, F) holds one row a setting; a row times the features of the knobs
(1, the knobs, and for ``order`` 2 their products) is the setting in a measure without limits, in
which steps of one are comparable: tens of decibels, natural logarithms of times, frequencies and
the knee, and the log-odds of the slope. Needs neither numba nor torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engines.effects.compressor import Ballistics, CompressorSettings, pole, reduction_db

if TYPE_CHECKING:
    from engines.models.base import Model

Float64 = NDArray[np.float64]

THRESHOLD, SLOPE, KNEE, AVERAGING, ATTACK, RELEASE, MAKE_UP = range(7)
BASS_HZ, BASS, TREBLE_HZ, TREBLE = range(7, 11)
N_PLAIN = 7
"""Rows of a model without tone."""
N_ALL = 11
DECIBELS_EACH = 10.0
"""Decibels in a step of one."""
LIMITS = np.array(
    [
        (-12.0, 4.0),
        (-12.0, 12.0),
        (math.log(0.01), math.log(80.0)),
        (math.log(1e-7), math.log(1.0)),
        (math.log(1e-6), math.log(5.0)),
        (math.log(1e-5), math.log(30.0)),
        (-8.0, 8.0),
        (math.log(2.0), math.log(20_000.0)),
        (-6.0, 4.0),
        (math.log(20.0), math.log(20_000.0)),
        (-6.0, 4.0),
    ]
)
"""What a row may reach; beyond, it counts as the limit."""
HIGHEST = 0.45
"""A shelf lies below this share of the sample rate."""
TEST_HZ = 1000.0
"""The sine whose steady levels the static curve is of."""
PHASES = 64
STEP_DB = 10.0
STEPS = 4000


def n_features(n_knobs: int, order: int) -> int:
    """Columns of the tensor."""
    return 1 + n_knobs + (n_knobs * (n_knobs + 1) // 2 if order > 1 else 0)


def features(knobs: Float64, order: int) -> Float64:
    """float64[F]: 1, the knobs' positions 0..1, and for order 2 their products."""
    known = np.asarray(knobs, np.float64)
    parts = [np.ones(1), known]
    if order > 1:
        rows, columns = np.triu_indices(len(known))
        parts.append(known[rows] * known[columns])
    return np.concatenate(parts)


def rows_at(parameters: Float64, knobs: Float64, order: int) -> Float64:
    """float64[N_ALL]: every row at a setting of the knobs, within its limits; flat where none."""
    found = np.zeros(N_ALL)
    found[BASS_HZ], found[TREBLE_HZ] = math.log(100.0), math.log(5000.0)
    found[: len(parameters)] = parameters @ features(knobs, order)
    return np.clip(found, LIMITS[:, 0], LIMITS[:, 1])


def settings_of(rows: Float64, ballistics: Ballistics = "decoupled") -> CompressorSettings:
    """The compressor's settings that rows stand for; the shelves are not among them."""
    slope = 1.0 / (1.0 + math.exp(-rows[SLOPE]))
    return CompressorSettings(
        threshold=DECIBELS_EACH * float(rows[THRESHOLD]),
        ratio=1.0 / (1.0 - slope),
        knee=math.exp(rows[KNEE]),
        averaging=math.exp(rows[AVERAGING]),
        attack=math.exp(rows[ATTACK]),
        release=math.exp(rows[RELEASE]),
        make_up=DECIBELS_EACH * float(rows[MAKE_UP]),
        ballistics=ballistics,
    )


def rows_of(settings: CompressorSettings, n_rows: int = N_PLAIN) -> Float64:
    """The rows (n_rows,) of a compressor's settings, shelves flat."""
    slope = min(max(settings.slope, 1e-5), 1.0 - 1e-5)
    found = np.zeros(N_ALL)
    found[THRESHOLD] = settings.threshold / DECIBELS_EACH
    found[SLOPE] = math.log(slope / (1.0 - slope))
    found[KNEE] = math.log(max(settings.knee, 1e-3))
    found[AVERAGING] = math.log(max(settings.averaging, 1e-8))
    found[ATTACK] = math.log(max(settings.attack, 1e-8))
    found[RELEASE] = math.log(max(settings.release, 1e-8))
    found[MAKE_UP] = settings.make_up / DECIBELS_EACH
    found[BASS_HZ], found[TREBLE_HZ] = math.log(100.0), math.log(5000.0)
    return np.asarray(np.clip(found, LIMITS[:, 0], LIMITS[:, 1])[:n_rows], np.float64)


# -- read-outs -------------------------------------------------------------------------------


def settings_at(model: Model, knobs: Float64 | None = None) -> CompressorSettings:
    """A fitted model's settings.

    Parameters
    ----------
    model : Model
        Of the architecture ``compressor``.
    knobs : float64[K], optional
        Knob positions 0..1; None: where the knobs stand by default.
    """
    return settings_of(rows_for(model, knobs), _config(model).used_ballistics)


def step_times(settings: CompressorSettings) -> tuple[float, float]:
    """Attack and release (s) as one sees them: 63 % of the gain's way after a step of the level.

    The level goes from 10 dB below the knee to 10 dB above it and back. Averaging is part of
    both, and the attack is part of a decoupled detector's release, so that these compare where the
    settings themselves do not.
    """
    low = settings.threshold - settings.knee / 2.0 - STEP_DB
    high = settings.threshold + settings.knee / 2.0 + STEP_DB
    once = settings.attack + settings.averaging
    attack = _time_of_step(settings, low, high, 10.0 * once)
    release = _time_of_step(settings, high, low, 10.0 * (once + settings.release))
    return attack, release


def _time_of_step(settings: CompressorSettings, start: float, end: float, seconds: float) -> float:
    """Seconds until the reduction has gone 63 % of its way from one steady level to another."""
    step = seconds / STEPS
    time = step * np.arange(1, STEPS + 1)
    before, after = 10.0 ** (start / 10.0), 10.0 ** (end / 10.0)
    share = np.exp(-time / max(settings.averaging, 1e-12))
    level = 10.0 * np.log10(after + (before - after) * share)
    steady = reduction_db(np.array([start, end]), settings.threshold, settings.slope, settings.knee)
    wanted = reduction_db(level, settings.threshold, settings.slope, settings.knee)
    up, down = pole(settings.attack, 1.0 / step), pole(settings.release, 1.0 / step)
    held = reduction = float(steady[0])
    goal = (1.0 - math.exp(-1.0)) * float(steady[1] - steady[0])
    for number, value in enumerate(wanted.tolist()):
        if settings.ballistics == "branching":
            smooth = up if value > reduction else down
            reduction = smooth * reduction + (1.0 - smooth) * value
        else:
            held = max(value, down * held + (1.0 - down) * value)
            reduction = up * reduction + (1.0 - up) * held
        if abs(reduction - steady[0]) >= abs(goal):
            return float(time[number])
    return seconds


def figures(model: Model) -> dict[str, float]:
    """The settings as a run's figures, with the knobs where they stand by default.

    ``attack_ms`` and ``release_ms`` are the formula's own; ``step_attack_ms`` and
    ``step_release_ms`` are :func:`step_times`.
    """
    found = settings_at(model)
    attack, release = step_times(found)
    return {
        "threshold_db": found.threshold,
        "ratio": found.ratio,
        "knee_db": found.knee,
        "averaging_ms": 1e3 * found.averaging,
        "attack_ms": 1e3 * found.attack,
        "release_ms": 1e3 * found.release,
        "make_up_db": found.make_up,
        "step_attack_ms": 1e3 * attack,
        "step_release_ms": 1e3 * release,
    }


def static_curve(model: Model, knobs: Float64 | None, levels_db: Float64) -> Float64:
    """Level out (dBFS RMS) for steady 1 kHz sines of the given levels in (dBFS RMS).

    What the detector reads of a sine (its peaks, its mean, or something between) is taken into
    account, and the shelves' gain at 1 kHz. Music has higher peaks than a sine of the same level;
    over what was measured on music, :func:`engines.models.compressor.drawing.played_curve` is to
    be drawn.

    Parameters
    ----------
    model : Model
        Of the architecture ``compressor``.
    knobs : float64[K], optional
        Knob positions 0..1; None: the defaults.
    levels_db : float64[m]
        Levels in.
    """
    config = _config(model)
    rows = rows_for(model, knobs)
    settings = settings_of(rows, config.used_ballistics)
    ripple = 1.0 / math.hypot(1.0, 4.0 * math.pi * TEST_HZ * settings.averaging)
    phase = np.cos(2.0 * np.pi * (np.arange(PHASES) + 0.5) / PHASES)
    level = np.asarray(levels_db, np.float64)[:, None] + 10.0 * np.log10(1.0 + ripple * phase)
    wanted = reduction_db(level, settings.threshold, settings.slope, settings.knee)
    if settings.ballistics == "branching":
        taken = _balance(wanted, settings.attack, settings.release)
    else:
        taken = wanted.max(axis=1)
    gain = settings.make_up + _shelves_db(rows, model.info.sample_rate)
    return np.asarray(np.asarray(levels_db, np.float64) - taken + gain, np.float64)


def _balance(wanted: Float64, attack: float, release: float) -> Float64:
    """The reduction at which attack and release cancel over a period, float64[m]."""
    low, high = wanted.min(axis=1), wanted.max(axis=1)
    for _ in range(40):
        middle = 0.5 * (low + high)
        apart = wanted - middle[:, None]
        rising = np.where(apart > 0.0, apart / attack, apart / release).sum(axis=1) > 0.0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return np.asarray(0.5 * (low + high), np.float64)


def shelf(kind: str, hertz: float, decibels: float, rate: float) -> tuple[float, float, float]:
    """b0, b1, a1 of a first-order shelf by the bilinear transform.

    ``bass``: (s + G w)/(s + w); ``treble``: (G s + w)/(s + w), with w bent for the bilinear
    transform's frequency axis.
    """
    gain = 10.0 ** (decibels / 20.0)
    k = math.tan(math.pi * min(hertz, HIGHEST * rate) / rate)
    if kind == "bass":
        return (1.0 + gain * k) / (1.0 + k), (gain * k - 1.0) / (1.0 + k), (k - 1.0) / (k + 1.0)
    return (gain + k) / (1.0 + k), (k - gain) / (1.0 + k), (k - 1.0) / (k + 1.0)


def _shelves_db(rows: Float64, rate: float) -> float:
    z = np.exp(-2j * np.pi * TEST_HZ / rate)
    total = 1.0
    for kind, place in (("bass", BASS_HZ), ("treble", TREBLE_HZ)):
        decibels = DECIBELS_EACH * float(rows[place + 1])
        b0, b1, a1 = shelf(kind, math.exp(rows[place]), decibels, rate)
        total *= abs((b0 + b1 * z) / (1.0 + a1 * z))
    return 20.0 * math.log10(max(total, 1e-12))


def rows_for(model: Model, knobs: Float64 | None) -> Float64:
    """float64[N_ALL]: a model's rows at a setting of its knobs; None: where they stand."""
    if knobs is None:
        knobs = default_positions(model)
    return rows_at(np.asarray(model.tensors["parameters"], np.float64), knobs, _config(model).order)


def default_positions(model: Model) -> Float64:
    """float64[K]: where the knobs stand by default, 0..1."""
    found = []
    for control in model.info.controls:
        low, high = control.minimum, control.maximum
        if control.taper == "log" and low > 0.0:
            found.append(math.log(control.default / low) / math.log(high / low))
        else:
            found.append((control.default - low) / (high - low))
    return np.array(found, np.float64)


def _config(model: Model) -> CompressorConfig:
    from engines.models.compressor import CompressorConfig

    assert isinstance(model.config, CompressorConfig)
    return model.config


if TYPE_CHECKING:
    from engines.models.compressor import CompressorConfig
