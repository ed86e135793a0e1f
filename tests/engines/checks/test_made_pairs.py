"""Hundreds of made pairs with known faults, through effects of no latency, must be seen through.

Tolerances: latency within 0.5 sample wherever it is said to be 0.8 sure or more, and never off by
more than 3 samples, fractions included; polarity always right; the proposed shift never makes wet
early; drift within 1 ppm on 10 s (or four standard errors where the device leaves a narrow band);
flat tops found where they are; noise within 1.5 dB; and no warning at all on clean pairs.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from made_pairs import DRY, EFFECTS, Samples, late, low_pass, noisy

from engines.audio.blocks import ArrayAudio
from engines.checks import PairReport, examine

SECONDS = 4.0
RATES = (44100, 48000)


@lru_cache(32)
def dry_of(kind: str, rate: int, seed: int, seconds: float = SECONDS) -> Samples:
    return DRY[kind](seconds, rate, seed).astype(np.float32).astype(np.float64)


@lru_cache(256)
def wet_of(effect: str, kind: str, rate: int, seed: int, seconds: float = SECONDS) -> Samples:
    return EFFECTS[effect](dry_of(kind, rate, seed, seconds), rate)


def look(x: Samples, y: Samples, rate: int) -> PairReport:
    return examine(ArrayAudio(x, rate), ArrayAudio(y, rate))


@pytest.mark.parametrize("effect", list(EFFECTS))
def test_latency_and_polarity(effect: str) -> None:
    rng = np.random.default_rng(sum(map(ord, effect)))
    wrong = []
    sure = 0
    for case in range(6):
        kind, rate, seed = list(DRY)[case % 3], RATES[case % 2], case % 2
        lag = (
            round(rng.uniform(-20, 30), 2),
            float(rng.integers(-40, 2000)),
            round(rng.uniform(30, 900), 2),
            0.0,
        )[case % 4]
        sign = rng.choice([-1.0, 1.0])
        made = sign * late(wet_of(effect, kind, rate, seed), lag)
        report = look(dry_of(kind, rate, seed), noisy(made, rng.uniform(-90, -55), case), rate)
        name = f"{effect}, {kind} at {rate} Hz, {lag} samples: "
        found, turned = report.latency, report.polarity
        if found is None or turned is None:
            wrong.append(name + "nothing found")
            continue
        error = found.samples - lag
        sure += found.sure >= 0.8
        if abs(error) > (0.5 if found.sure >= 0.8 else 3.0):
            wrong.append(name + f"off by {error:.2f}, {found.sure:.2f} sure")
        if found.whole > lag + 0.3:
            wrong.append(name + f"would shift by {found.whole}")
        if turned.inverted != (sign < 0):
            wrong.append(name + "wrong polarity")
        check = report.check("latency")
        assert check is not None
        if lag <= -1.5 and found.sure >= 0.8 and check.level != "problem":
            wrong.append(name + f"early, but {check.text}")
        if lag >= 20 and found.sure >= 0.8 and not any(fix.shift for fix in check.fixes):
            wrong.append(name + f"late, but {check.text}")
    assert not wrong, "\n".join(wrong)
    if effect not in ("heavy distortion", "hard clipper", "steep low-pass", "diode clipper"):
        assert sure >= 2


@pytest.mark.parametrize("effect", ["mild overdrive", "compressor", "diode clipper", "low-pass"])
def test_drift(effect: str) -> None:
    wrong = []
    rng = np.random.default_rng(len(effect))
    for case in range(3):
        kind, rate = list(DRY)[case % 3], RATES[case % 2]
        ppm = float(rng.choice([-1, 1]) * 10 ** rng.uniform(0.5, 2))
        made = late(wet_of(effect, kind, rate, 0, 10.0), 20.0, ppm)
        report = look(dry_of(kind, rate, 0, 10.0), made, rate)
        check = report.check("drift")
        if report.drift is None or check is None or check.level == "ok":
            wrong.append(f"{effect}, {kind}: {ppm:.2f} ppm not found")
        elif abs(report.drift.ppm - ppm) > max(1.0, 4 * report.drift.within):
            wrong.append(f"{effect}, {kind}: {ppm:.2f} ppm, found {report.drift}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("side", ["dry", "wet"])
def test_clipping(side: str) -> None:
    rng = np.random.default_rng(3)
    wrong = []
    for case in range(8):
        kind, rate = ("coloured noise", "notes")[case % 2], RATES[case % 2]
        x = dry_of(kind, rate, case % 3)
        y = wet_of(("mild overdrive", "compressor", "low-pass")[case % 3], kind, rate, case % 3)
        ceiling = 1.0 if case % 4 == 0 else float(rng.uniform(0.2, 0.9))
        hurt = x if side == "dry" else y
        # Some ten thousandths to some hundredths of all samples reach the ceiling.
        level = np.quantile(np.abs(hurt), 1 - 10 ** rng.uniform(-3.5, -1.5))
        hurt = np.clip(hurt * ceiling / level, -ceiling, ceiling)
        report = look(hurt, y, rate) if side == "dry" else look(x, hurt, rate)
        check = report.check(f"{side} clipping")
        assert check is not None
        name = f"{kind}, {ceiling:.2f}, case {case}: "
        flat = np.abs(hurt) >= ceiling * (1 - 1e-6)
        marked = np.zeros(len(x), bool)
        for one in check.where:
            marked[one.start : one.stop] = True
        runs = flat[2:] & flat[1:-1] & flat[:-2]
        if "flat" not in check.text or not check.where:
            wrong.append(name + check.text)
        elif not marked[2:][runs].mean() > 0.95:
            wrong.append(name + "not where it is")
        elif ceiling == 1.0 and check.level != "warning":
            wrong.append(name + "at full scale, but no warning")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("level", [-75.0, -60.0, -45.0, -35.0])
def test_noise(level: float) -> None:
    for effect in ("mild overdrive", "compressor", "low-pass", "diode clipper"):
        rate = 44100
        x = dry_of("coloured noise", rate, 1).copy()
        for start in (0.8, 2.0, 3.4):
            x[int(start * rate) : int((start + 0.7) * rate)] = 0.0
        report = look(x, noisy(EFFECTS[effect](x, rate), level, 4), rate)
        assert report.noise == pytest.approx(level, abs=1.5), effect
        check = report.check("noise")
        assert check is not None
        if level in (-75.0, -35.0):
            assert check.level == ("warning" if level == -35.0 else "ok"), (effect, check.text)


def test_no_false_alarm_on_clean_pairs() -> None:
    alarms = []
    count = 0
    for number, effect in enumerate(EFFECTS):
        for kind in DRY:
            for turn in range(4):
                rate = (44100, 48000, 44100, 96000)[turn]
                if rate == 96000 and number % 5:
                    continue
                seed = (number + turn) % 3
                count += 1
                report = look(dry_of(kind, rate, seed), wet_of(effect, kind, rate, seed), rate)
                alarms += [
                    f"{effect}, {kind} {seed} at {rate} Hz: {check.name}: {check.text}"
                    for check in report.checks
                    if check.level != "ok"
                ]
    assert count >= 95
    assert not alarms, "\n".join(alarms)


def test_a_jump_is_found_where_it_is() -> None:
    for case, jump in enumerate((64, -128, 30, 512)):
        kind, rate = list(DRY)[case % 3], 44100
        x = dry_of(kind, rate, 0, 10.0)
        y = wet_of("mild overdrive", kind, rate, 0, 10.0)
        at = int((3.0 + case) * rate)
        moved = np.concatenate([y[:at], late(y, jump)[at:]])
        report = look(x, moved, rate)
        assert report.move is not None, (kind, jump)
        assert report.move.samples == pytest.approx(jump, abs=1.0)
        assert report.move.where.start <= at <= report.move.where.stop
        check = report.check("moved")
        assert check is not None
        assert check.level == "problem"


def test_dropouts_are_found_where_they_are() -> None:
    x = dry_of("coloured noise", 44100, 2)
    y = wet_of("low-pass", "coloured noise", 44100, 2).copy()
    loud = int(np.argmax(np.convolve(np.abs(x[20000:-20000]), np.ones(8000), "same"))) + 20000
    y[loud - 2000 : loud + 2000] = 0.0
    check = look(x, y, 44100).check("dropouts")
    assert check is not None
    assert check.level == "problem"
    assert any(abs(one.start - (loud - 2000)) < 1500 for one in check.where)


def test_a_start_up_is_found_and_cut_by_default() -> None:
    rate = 44100
    for kind in DRY:
        x = dry_of(kind, rate, 1, 10.0)
        settling = 0.9 * np.exp(-np.arange(len(x)) / (0.05 * rate))
        report = look(x, wet_of("mild overdrive", kind, rate, 1, 10.0) + settling, rate)
        check = report.check("start-up")
        assert check is not None
        assert check.level == "warning", kind
        assert check.fixes[0].safe
        assert report.edits.cuts == check.where
        assert 0.06 * rate < report.edits.cuts[0].stop < 0.6 * rate
        assert report.edits.shift == 0


def test_wet_that_is_only_dry_is_told() -> None:
    x = dry_of("notes", 48000, 0)
    for lag, gain in ((0, 1.0), (0, 0.5), (30, 1.0), (12, -0.7)):
        check = look(x, gain * late(x, lag), 48000).check("wet against dry")
        assert check is not None, (lag, gain)
        assert check.value == pytest.approx(gain, rel=1e-3)
        assert check.level == ("problem" if gain == 1.0 else "warning")
    assert look(x, low_pass(5000.0)(x, 48000), 48000).check("wet against dry") is None


def test_wet_of_another_recording_is_told() -> None:
    for kind in DRY:
        x, other = dry_of(kind, 44100, 0), wet_of("mild overdrive", kind, 44100, 1)
        check = look(x, other, 44100).check("match")
        assert check is not None, kind
        assert check.level == "problem"


def test_wet_may_be_seconds_late() -> None:
    x = dry_of("coloured noise", 44100, 0, 10.0)
    y = wet_of("mild overdrive", "coloured noise", 44100, 0, 10.0)
    report = look(x, late(y, 88200.0), 44100)
    assert report.latency is not None
    assert report.latency.samples == pytest.approx(88200, abs=1)


def test_how_nonlinear_a_device_is() -> None:
    shares = {
        name: look(
            dry_of("coloured noise", 44100, 0), wet_of(name, "coloured noise", 44100, 0), 44100
        ).linear
        for name in ("low-pass", "mild overdrive", "heavy distortion")
    }
    assert shares["low-pass"] is not None
    assert shares["mild overdrive"] is not None
    assert shares["heavy distortion"] is not None
    assert shares["low-pass"] > 0.995 > shares["mild overdrive"] > shares["heavy distortion"]
