"""The impulse response of a round trip, from blips sent and heard, and where it begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.recording.excess import excess_delay
from engines.recording.signal import BLIP_HIGH, BLIP_LOW, BLIP_TOP

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Complex128 = NDArray[np.complex128]

BEFORE = 512
"""Samples before the coarse place that are looked at."""
AFTER_SECONDS = 0.03
FINE = 16
"""Steps of a sample in which the response's beginning is sought."""
SHOULDER = 0.15
"""Share of the sample rate from which on the spectrum is faded out, so that little rings."""
REGULAR = 1e-3
THRESHOLD = 0.08
"""Of the response's peak: what is above it belongs to the response."""
REACH = 160
"""How far before its peak (samples) a response may begin: a low-pass of some hundred Hz."""
ALIKE = 0.95
"""From here on the response is one peak: the device passes the highest frequencies."""
WIDTH = 0.6
"""Share of the blips' band that must stand out of the noise for that."""
AGREE = 1.5
"""Samples by which the phase may place the beginning before a response that is one peak."""
SLACK, BLIND_SLACK = 0.1, 0.25
"""Of a slow rise, so much is left before its beginning, which nobody can tell exactly: where the
phase tells it too, and where it does not."""
BLIND_SAMPLES = 0.5
"""And so much more where it does not."""
NOISY_DB, NOISY_SLACK = 30.0, 0.4
"""Below so many dB over the noise, up to so much more of the rise is left."""
EARLY = 0.1
"""Samples by which a fraction may be short of the next whole sample and yet mean it."""


@dataclass(frozen=True)
class Response:
    """An impulse response and what its beginning tells.

    ``onset`` is where it begins against the coarse lag (samples, fractions too), ``whole`` the
    sample to align by, ``heard`` the mean of the blips as they came back, float64[n].
    """

    onset: float
    whole: int
    wide: bool
    inverted: bool
    polarity_sure: float
    sure: float
    snr_db: float
    heard: Float64

    def later_than(self, other: Response) -> float:
        """How much later (samples) the same blips came back than in another response.

        By the phase between the two, so whatever the device does cancels.
        """
        size = 2 * len(self.heard)
        cross = np.fft.rfft(self.heard, size) * np.conj(np.fft.rfft(other.heard, size))
        correlation = _centred(cross, size)
        middle = FINE * size // 2
        start = middle - 64 * FINE
        at = start + int(np.argmax(correlation[start : middle + 64 * FINE]))
        return (at + _parabola(correlation, at) - middle) / FINE


def measure_response(
    take: Float32, places: tuple[int, ...], lag: int, one: Float64, rate: int
) -> Response:
    """The response to a group of blips.

    Parameters
    ----------
    take : float32[n]
        What was recorded.
    places : tuple of int
        Where the blips begin in what was sent.
    lag : int
        The coarse lag, in samples.
    one : float64[m]
        A blip as it was sent, up to a factor.
    rate : int
        Sample rate in Hz.
    """
    segments = _segments(take, places, lag, len(one) + round(AFTER_SECONDS * rate))
    heard = segments.mean(axis=0)
    size = 1 << int(np.ceil(np.log2(len(heard) + BEFORE)))
    sent = np.fft.rfft(one, size)
    spectra = np.fft.rfft(segments, size, axis=1)
    power = np.abs(sent) ** 2
    window, trust = _window(size, rate), _trust(spectra)
    weight = window * trust / (power + REGULAR * power.max())
    response = _centred(spectra.mean(axis=0) * np.conj(sent) * weight, size)
    ideal = _centred((weight * power).astype(np.complex128), size)
    excess = excess_delay(spectra, sent, rate)
    shape = _Shape(response, ideal, size, width=float(window @ trust / window.sum()))
    snr = _snr_db(segments, heard)
    onset, whole = shape.beginning(None if excess is None else excess.samples - BEFORE, snr)
    return Response(
        onset=onset,
        whole=whole,
        wide=shape.wide,
        inverted=shape.inverted,
        polarity_sure=shape.polarity_sure,
        sure=float(np.clip((snr + 12.0) / 24.0, 0.0, 1.0)),
        snr_db=snr,
        heard=heard,
    )


class _Shape:
    """The response beside what a pure delay would give, both in fine steps."""

    def __init__(self, response: Float64, ideal: Float64, size: int, width: float) -> None:
        self._middle = FINE * size // 2
        origin = self._middle + FINE * BEFORE
        window = slice(origin - FINE * BEFORE, origin + FINE * BEFORE)
        peak = window.start + int(np.argmax(np.abs(response[window])))
        self.inverted = bool(response[peak] < 0)
        self._response = -response if self.inverted else response
        self._ideal = ideal
        self._peak = peak
        self.at = (peak + _parabola(self._response, peak) - origin) / FINE
        lobe, here = _around(ideal, self._middle), _around(self._response, peak)
        scale = np.sqrt(max(float(lobe @ lobe) * float(here @ here), 1e-30))
        self.wide = float(lobe @ here) / scale >= ALIKE and width >= WIDTH
        other = -float(self._response[window].min())
        share = other / float(self._response[peak])
        self.polarity_sure = float(np.clip(1.5 * (1.0 - share), 0.0, 1.0))

    def beginning(self, excess: float | None, snr_db: float) -> tuple[float, int]:
        """Where it begins, and the whole sample to align by.

        Two ways must not contradict each other: where the response rises, and what delay the
        phase leaves. The earlier of them counts, so that wet is never early.
        """
        if self.wide:
            near = excess is not None and self.at - AGREE <= excess <= self.at
            onset = excess if near and excess is not None else self.at
            return float(onset), int(np.floor(onset + EARLY))
        ahead = _rise(self._response, self._peak) - _rise(self._ideal, self._middle)
        onset = self.at - max(0.0, ahead / FINE)
        slack, more = BLIND_SLACK, BLIND_SAMPLES
        if excess is not None and self.at - REACH <= excess <= self.at:
            onset, slack, more = min(onset, excess), SLACK, 0.0
        slack += NOISY_SLACK * float(np.clip(1.0 - snr_db / NOISY_DB, 0.0, 1.0))
        return float(onset), int(np.floor(onset - slack * (self.at - onset) - more + EARLY))


def _segments(take: Float32, places: tuple[int, ...], lag: int, length: int) -> Float64:
    """The blips as they came back, each from BEFORE samples ahead of its place."""
    found = np.zeros((len(places), BEFORE + length))
    for row, place in enumerate(places):
        start = place + lag - BEFORE
        piece = take[max(0, start) : max(0, start + BEFORE + length)]
        skip = max(0, -start)
        found[row, skip : skip + len(piece)] = piece
    return found


def _window(size: int, rate: int) -> Float64:
    """A window over the blips' band that falls off gently towards its top."""
    frequency = np.fft.rfftfreq(size, 1.0 / rate)
    top = min(BLIP_HIGH, BLIP_TOP * rate)
    start = SHOULDER / BLIP_TOP * top
    falling = np.clip((frequency - start) / (top - start), 0.0, 1.0)
    rising = np.clip((frequency - 0.5 * BLIP_LOW) / (0.75 * BLIP_LOW), 0.0, 1.0)
    window: Float64 = 0.5 * (1 + np.cos(np.pi * falling)) * rising
    return window


def _trust(spectra: Complex128) -> Float64:
    """How much of each frequency the blips have in common (Wiener's weight), smoothed."""
    common = np.abs(spectra.mean(axis=0)) ** 2
    noise = spectra.var(axis=0) / max(1, len(spectra) - 1)
    width = max(3, spectra.shape[1] // 128)
    box = np.ones(width) / width
    signal, rest = (np.convolve(part, box, mode="same") for part in (common, noise))
    left = np.maximum(signal - rest, 0.0)
    trusted: Float64 = left / np.maximum(left + rest, 1e-30)
    return trusted


def _snr_db(segments: Float64, heard: Float64) -> float:
    """What the blips have in common against what each has for itself, in dB."""
    noise = float(((segments - heard) ** 2).mean()) * len(segments) / max(1, len(segments) - 1)
    signal = max(float((heard**2).mean()) - noise / len(segments), 1e-30)
    return float(10 * np.log10(signal / max(noise, 1e-30)))


def _centred(spectrum: Complex128, size: int) -> Float64:
    """The signal of a spectrum in steps of 1/FINE sample, its zero in the middle."""
    return np.roll(np.fft.irfft(spectrum, FINE * size), FINE * size // 2)


def _around(signal: Float64, at: int) -> Float64:
    reach = 24 * FINE
    return signal[at - reach : at + reach + 1]


def _rise(signal: Float64, peak: int) -> int:
    """How far before its peak (fine steps) a signal comes out of what is nothing."""
    loud = np.abs(signal[peak - FINE * REACH : peak]) >= THRESHOLD * signal[peak]
    quiet_run, needed = 0, 3 * FINE
    for back, above in enumerate(loud[::-1]):
        quiet_run = 0 if above else quiet_run + 1
        if quiet_run >= needed:
            return back + 1 - needed
    return len(loud)


def _parabola(signal: Float64, at: int) -> float:
    """Where the top of a peak lies, from its three highest values (steps)."""
    left, top, right = (float(signal[at + step]) for step in (-1, 0, 1))
    bend = left - 2 * top + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0
