"""Phrases on strings: what hands do on guitar and bass, at random but from a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.signals.pickup import faded, pickup
from engines.signals.strings import Pluck, StringVoice, play

Float64 = NDArray[np.float64]
Rng = np.random.Generator

OPEN_STRINGS = np.array([40, 45, 50, 55, 59, 64])
"""Guitar in standard tuning, as MIDI notes; a bass is the lower four an octave below."""
CHORDS: tuple[tuple[int | None, ...], ...] = (
    (0, 2, 2, 1, 0, 0),
    (None, 0, 2, 2, 1, 0),
    (3, 2, 0, 0, 0, 3),
    (None, 3, 2, 0, 1, 0),
    (None, None, 0, 2, 3, 2),
    (1, 3, 3, 2, 1, 1),
    (0, 2, 2, None, None, None),
    (3, 5, 5, None, None, None),
    (None, 2, 4, 4, None, None),
    (None, 3, 2, 0, 0, 0),
    (0, 2, 0, 1, 3, 0),
)
"""Frets from the low E string up; None is not played. The sixth may be barred anywhere."""
SCALE = np.array([0, 3, 5, 7, 10, 12, 15, 17])


def hertz(note: float | Float64) -> float | Float64:
    """Frequency of a MIDI note (A4 = 69 = 440 Hz)."""
    return 440.0 * 2.0 ** ((np.asarray(note) - 69.0) / 12.0)


def lead(n: int, rate: int, rng: Rng) -> Float64:
    """A line on one string after another: bends, slides, hammer-ons, pull-offs, vibrato."""
    seconds = n / rate
    note_length = rng.uniform(0.12, 0.42)
    root = int(rng.integers(45, 60))
    total = np.zeros(n)
    time = 0.02
    while time < seconds - 0.1:
        count = int(rng.integers(1, 5))
        lengths = note_length * rng.choice([0.5, 1.0, 1.0, 1.5, 2.5], size=count)
        stop = min(time + float(lengths.sum()), seconds)
        total += _one_string(n, rate, rng, root, time, stop, lengths)
        time = stop - rng.uniform(0.0, 0.01)
    return _heard(total, rate, rng)


def _one_string(
    n: int, rate: int, rng: Rng, root: int, start: float, stop: float, lengths: Float64
) -> Float64:
    """Some notes on one string: the first is plucked, the others as the left hand likes."""
    clock = np.arange(n) / rate
    note = root + rng.choice(SCALE)
    pitch = np.full(n, float(note))
    plucks = [_pick(rng, start, rng.uniform(0.5, 1.0))]
    time = start
    for index, length in enumerate(lengths):
        after = clock >= time
        if index:
            manner = rng.choice(["pluck", "hammer", "slide", "pluck"])
            step = float(rng.choice([-5, -3, -2, 2, 2, 3, 5]))
            if manner == "slide":
                ramp = np.clip((clock - time) / rng.uniform(0.04, 0.15), 0.0, 1.0)
                pitch += np.round(ramp * abs(step)) * np.sign(step)
            else:
                pitch[after] += step
            strength = rng.uniform(0.5, 1.0) if manner == "pluck" else rng.uniform(0.1, 0.25)
            plucks.append(_pick(rng, time, strength))
        manner = rng.choice(["plain", "bend", "vibrato", "pre-bend"], p=[0.4, 0.25, 0.25, 0.1])
        into = np.clip((clock - time - 0.05) / max(0.06, 0.4 * length), 0.0, 1.0)
        inside = (clock < time + length) & after
        if manner in ("bend", "pre-bend"):
            bend = (1 - np.cos(np.pi * into)) / 2 * rng.choice([1.0, 2.0, 2.0, 3.0])
            pitch[inside] += bend[inside] if manner == "bend" else (bend.max() - bend)[inside]
        elif manner == "vibrato":
            swing = rng.uniform(0.1, 0.5) * np.sin(2 * np.pi * rng.uniform(4, 7) * (clock - time))
            pitch[inside] += (swing * into)[inside]
        time += float(length)
    decay = np.where(clock < stop, rng.uniform(1.5, 6.0), 0.05)
    voice = StringVoice(
        pitch=np.asarray(hertz(pitch)),
        decay=decay,
        brightness=np.full(n, rng.uniform(0.3, 1.0)),
        plucks=tuple(plucks),
        pickup=rng.uniform(0.06, 0.25),
    )
    return play(voice, rate, rng)


def chords(n: int, rate: int, rng: Rng, muted: float = 0.0) -> Float64:
    """Strummed chords, down and up; ``muted`` is how likely a stroke is damped by the palm."""
    seconds = n / rate
    beat = rng.uniform(0.14, 0.4)
    strokes: list[tuple[float, bool, bool]] = []
    time = 0.02
    while time < seconds - 0.05:
        strokes.append((time, bool(rng.random() < 0.6), bool(rng.random() < muted)))
        time += beat * rng.choice([0.5, 1.0, 1.0, 2.0])
    frets = CHORDS[rng.integers(len(CHORDS))]
    barre = int(rng.integers(0, 9)) if frets[0] == 1 else 0
    change = rng.uniform(0.3, 0.8) * seconds
    step = int(rng.choice([0, 2, 3, 5]))
    spread = rng.uniform(0.002, 0.02)
    pickup_place = rng.uniform(0.06, 0.25)
    brightness = rng.uniform(0.2, 0.9)
    clock = np.arange(n) / rate
    total = np.zeros(n)
    for number, fret in enumerate(frets):
        if fret is None:
            continue
        note = OPEN_STRINGS[number] + fret + barre + np.where(clock > change, step, 0)
        decay = np.full(n, rng.uniform(2.0, 6.0))
        bright = np.full(n, brightness)
        plucks = []
        for at, down, mute in strokes:
            late = spread * (number if down else 5 - number)
            after = clock >= at
            decay[after] = rng.uniform(0.08, 0.3) if mute else rng.uniform(2.0, 6.0)
            bright[after] = 0.25 * brightness if mute else brightness
            plucks.append(_pick(rng, at + late, rng.uniform(0.5, 1.0)))
        total += play(
            StringVoice(np.asarray(hertz(note)), decay, bright, tuple(plucks), pickup_place),
            rate,
            rng,
        )
    return _heard(total, rate, rng)


def riff(n: int, rate: int, rng: Rng) -> Float64:
    """Fast palm-muted power chords."""
    return chords(n, rate, rng, muted=0.8)


def arpeggio(n: int, rate: int, rng: Rng) -> Float64:
    """A chord picked string by string, each ringing on."""
    frets = CHORDS[rng.integers(len(CHORDS))]
    played = [(OPEN_STRINGS[i] + fret) for i, fret in enumerate(frets) if fret is not None]
    beat = rng.uniform(0.1, 0.3)
    attacks: list[list[Pluck]] = [[] for _ in played]
    for index, time in enumerate(np.arange(0.02, n / rate - 0.05, beat)):
        order = index if rng.random() < 0.8 else int(rng.integers(len(played)))
        attacks[order % len(played)].append(_pick(rng, float(time), rng.uniform(0.4, 1.0)))
    total = np.zeros(n)
    brightness = rng.uniform(0.3, 1.0)
    for note, plucks in zip(played, attacks, strict=True):
        full = np.ones(n)
        voice = StringVoice(
            full * hertz(float(note)), full * rng.uniform(2, 7), full * brightness, tuple(plucks)
        )
        total += play(voice, rate, rng)
    return _heard(total, rate, rng)


def bass(n: int, rate: int, rng: Rng, slapped: bool = False) -> Float64:
    """A bass line, fingered or slapped and popped."""
    clock = np.arange(n) / rate
    beat = rng.uniform(0.12, 0.5)
    notes = np.full(n, 33.0)
    decay = np.full(n, 3.0)
    plucks = []
    time = 0.02
    while time < n / rate - 0.05:
        note = 28 + rng.choice([0, 3, 5, 7, 8, 10, 12, 15, 17, 19])
        notes[clock >= time] = note
        decay[clock >= time] = rng.uniform(0.1, 0.3) if rng.random() < 0.3 else rng.uniform(2, 5)
        strength = rng.uniform(0.4, 1.0)
        if slapped:
            plucks.append(Pluck(time, strength, rng.uniform(0.15e-3, 0.4e-3), 0.05, 0.3))
            plucks.append(Pluck(time + rng.uniform(2e-3, 6e-3), -0.5 * strength, 0.2e-3, 0.3, 0.5))
        else:
            plucks.append(Pluck(time, strength, rng.uniform(1.5e-3, 4e-3), 0.2, 0.02))
        time += beat * rng.choice([0.5, 1.0, 1.0, 2.0])
    bright = np.full(n, rng.uniform(0.7, 1.0) if slapped else rng.uniform(0.2, 0.7))
    voice = StringVoice(
        np.asarray(hertz(notes)), decay, bright, tuple(plucks), rng.uniform(0.08, 0.2)
    )
    return _heard(play(voice, rate, rng), rate, rng)


def slap(n: int, rate: int, rng: Rng) -> Float64:
    """A slapped bass line."""
    return bass(n, rate, rng, slapped=True)


def _pick(rng: Rng, time: float, strength: float) -> Pluck:
    return Pluck(
        time=time + rng.uniform(0.0, 2e-3),
        strength=strength * rng.choice([-1.0, 1.0]),
        contact=float(np.exp(rng.uniform(np.log(0.3e-3), np.log(3e-3)))),
        place=rng.uniform(0.05, 0.35),
        scrape=rng.uniform(0.0, 0.3),
    )


def _heard(signal: Float64, rate: int, rng: Rng) -> Float64:
    resonance = float(np.exp(rng.uniform(np.log(1800), np.log(6500))))
    return faded(pickup(signal, rate, resonance, rng.uniform(0.6, 2.5)), rate)
