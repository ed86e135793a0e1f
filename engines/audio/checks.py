"""Looking at a recorded pair before anything is trained on it: levels, clipping, DC, alignment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from projects.capture import Check

Float64 = NDArray[np.float64]

QUIET_DBFS = -36.0
"""A peak below this wastes resolution and hides the device's nonlinearity."""
CLIP_RUN = 3
"""As many equal samples at the very peak count as clipping; natural peaks stand alone."""
CLIP_LEVEL = 0.98
DC_SHARE = 0.05
DC_LEVEL = 0.003
LAG_SECONDS = 0.2
LAG_WARNING = 64
"""Later than this (samples) no usual filter moves the correlation's peak."""
UNRELATED = 0.1
CORRELATION_SECONDS = 60.0


@dataclass(frozen=True)
class Lag:
    """Where wet matches dry best: ``samples`` later (negative: earlier), and how well (0..1)."""

    samples: int
    correlation: float


def level_checks(name: str, x: Float64) -> list[Check]:
    """Verdicts on one signal: level, clipping, DC.

    Parameters
    ----------
    name : str
        ``"dry"`` or ``"wet"``.
    x : float64[n]
        Samples, 1.0 is full scale.
    """
    peak = float(np.abs(x).max(initial=0.0))
    if peak == 0.0:
        text = f"The {name} audio is silent from start to end. Check what was recorded."
        return [Check(name=f"{name} level", level="warning", text=text)]
    peak_db = 20 * np.log10(peak)
    rms_db = 10 * np.log10(float(np.mean(x**2)))
    quiet = peak_db < QUIET_DBFS
    said = f"The {name} audio peaks at {peak_db:.1f} dBFS, {rms_db:.1f} dBFS RMS"
    return [
        Check(
            name=f"{name} level",
            level="warning" if quiet else "ok",
            text=said + (": very quiet. Record it louder if you can." if quiet else "."),
            value=peak_db,
        ),
        _clipping(name, x, peak),
        _dc(name, x),
    ]


def _clipping(name: str, x: Float64, peak: float) -> Check:
    count = 0
    if peak >= CLIP_LEVEL:
        at_peak = np.abs(x) >= peak * (1 - 1e-6)
        edges = np.diff(np.concatenate([[0], at_peak.astype(np.int8), [0]]))
        lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
        count = int(np.sum(lengths >= CLIP_RUN))
    if count:
        text = (
            f"The {name} audio is clipped in {count} place(s): it stays at its peak for "
            f"{CLIP_RUN} samples or more. Record it at a lower level."
        )
        return Check(name=f"{name} clipping", level="warning", text=text, value=float(count))
    text = f"The {name} audio is not clipped."
    return Check(name=f"{name} clipping", level="ok", text=text, value=0.0)


def _dc(name: str, x: Float64) -> Check:
    mean = float(np.mean(x))
    large = abs(mean) > max(DC_LEVEL, DC_SHARE * float(np.sqrt(np.mean(x**2))))
    text = f"The {name} audio has a constant offset of {mean:+.5f}"
    text += ". Check the interface's input, or remove it with a high-pass." if large else "."
    return Check(name=f"{name} offset", level="warning" if large else "ok", text=text, value=mean)


def pair_checks(dry: Float64, wet: Float64, sample_rate: int) -> list[Check]:
    """Verdicts on dry and wet together: whether they belong together, and roughly how aligned."""
    if not dry.any() or not wet.any():
        return []
    if np.array_equal(dry, wet):
        text = "Wet and dry are the same samples: this is no recording of a device."
        return [Check(name="wet against dry", level="problem", text=text, value=0.0)]
    gain = float(dry @ wet / (dry @ dry))
    rest = wet - gain * dry
    share = float(rest @ rest / (wet @ wet))
    if share < 1e-9:
        text = f"Wet is dry times {gain:.4g}: the device does nothing else. Was it bypassed?"
        return [Check(name="wet against dry", level="warning", text=text, value=share)]
    text = f"{min(100.0, 100 * share):.3g} % of the wet energy is not dry times a constant."
    same = Check(name="wet against dry", level="ok", text=text, value=share)
    return [same, _lag_check(estimate_lag(dry, wet, sample_rate), sample_rate)]


def _lag_check(lag: Lag, sample_rate: int) -> Check:
    name, value = "alignment", float(lag.samples)
    milliseconds = 1000 * abs(lag.samples) / sample_rate
    if lag.correlation < UNRELATED:
        text = "Wet hardly resembles dry. Check that the two files belong together."
        return Check(name=name, level="warning", text=text, value=value)
    if lag.samples < 0:
        text = (
            f"Wet resembles dry most {-lag.samples} samples ({milliseconds:.2f} ms) too early. A "
            "model would have to foresee its input: shift the wet file later."
        )
        return Check(name=name, level="warning", text=text, value=value)
    if lag.samples > LAG_WARNING:
        text = (
            f"Wet resembles dry most {lag.samples} samples ({milliseconds:.2f} ms) late. If the "
            "recording was delayed by the interface, shift it back."
        )
        return Check(name=name, level="warning", text=text, value=value)
    text = (
        f"Wet resembles dry most {lag.samples} samples later. Filters move this by a few samples; "
        "it is no measure of latency."
    )
    return Check(name=name, level="ok", text=text, value=value)


def estimate_lag(dry: Float64, wet: Float64, sample_rate: int) -> Lag:
    """Where the cross-correlation of wet with dry is largest, within 0.2 s either way.

    That is a hint and not the latency: a low-pass alone moves the peak by several samples.
    """
    n = min(len(dry), len(wet), round(CORRELATION_SECONDS * sample_rate))
    x, y = dry[:n] - dry[:n].mean(), wet[:n] - wet[:n].mean()
    reach = min(n - 1, round(LAG_SECONDS * sample_rate))
    size = 1 << int(np.ceil(np.log2(n + reach + 1)))
    product = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(x, size)), size)
    lags = np.concatenate([np.arange(-reach, 0), np.arange(reach + 1)])
    values = np.abs(product[lags])
    best = int(np.argmax(values))
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return Lag(int(lags[best]), float(values[best]) / scale if scale > 0 else 0.0)
