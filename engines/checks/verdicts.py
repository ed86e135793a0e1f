"""Verdicts in words on what was measured of a pair, apart from level and time."""

from __future__ import annotations

from collections.abc import Sequence

from engines.checks.relation import Constant, Floor
from engines.checks.report import Polarity
from engines.checks.variation import Variation
from engines.checks.windows import Window
from engines.checks.words import decibels, percent, places, said_db, time_of
from projects.capture import Check, Fix
from projects.manifest import MAX_CUTS, Stretch

NOISY_DB = 35.0
"""Signal over noise; below that a model learns hiss that it cannot know."""
LITTLE_SECONDS = 1.0
MUCH_CUT = 0.5

LINEARITY = (
    (0.995, "as good as linear: a filter or a clean stage"),
    (0.95, "nearly linear: mild saturation, or gentle compression"),
    (0.8, "clearly nonlinear: overdrive, or compression"),
    (0.4, "strongly nonlinear: distortion"),
    (0.0, "hardly linear at all: fuzz, heavy distortion, noise, or reverberation"),
)


def polarity_check(polarity: Polarity) -> Check:
    """Whether wet is inverted."""
    sure = polarity.sure
    if sure < 0.4:
        text = "Whether wet is inverted cannot be told: the device turns the phase too much."
        return Check(name="polarity", level="ok", text=text, sure=sure)
    if not polarity.inverted:
        return Check(name="polarity", level="ok", text="Wet is not inverted.", value=1.0, sure=sure)
    return Check(
        name="polarity",
        level="warning",
        text="Wet is inverted: it goes down where dry goes up.",
        value=-1.0,
        sure=sure,
        advice="Flip it, unless the device itself inverts and the model shall do so too.",
        fixes=(Fix(kind="flip"),),
    )


def start_up_check(
    cuts: tuple[Stretch, ...], clips: Sequence[Stretch], sample_rate: int, n_samples: int
) -> list[Check]:
    """What wet does at its start that dry does not explain."""
    if not cuts:
        text = "Wet does nothing at its start that dry does not explain."
        return [Check(name="start-up", level="ok", text=text)]
    longest = max(cut.stop - cut.start for cut in cuts)
    many = f" of each of {len(cuts)} clips" if len(cuts) > 1 else ""
    lost = sum(cut.stop - cut.start for cut in cuts) / n_samples
    advice = "Cut it: a model could only learn to make it up."
    if lost > MUCH_CUT:
        advice += " Longer recordings would lose less."
    return [
        Check(
            name="start-up",
            level="warning",
            text=f"In the first {time_of(longest, sample_rate)} ({longest} samples){many} wet does "
            f"what dry does not explain: it starts up ({percent(lost)} of the audio).",
            value=float(longest),
            where=cuts[:MAX_CUTS],
            sure=0.95 if len(cuts) > 1 else 0.8,
            advice=advice,
            fixes=(Fix(kind="cut", cuts=cuts[:MAX_CUTS], safe=True),),
        )
    ]


def unrelated_check(windows: Sequence[Window], sample_rate: int, n_samples: int) -> Check:
    """That no two places of wet follow dry in the same way."""
    if not windows:
        return Check(
            name="match",
            level="warning",
            text="Dry is all but silent: there is nothing to compare wet with.",
            advice="Check what was recorded as dry.",
        )
    if n_samples < LITTLE_SECONDS * sample_rate or len(windows) < 3:
        return Check(
            name="match",
            level="ok",
            text=f"{n_samples / sample_rate:.2f} s are too short to tell latency and polarity.",
            sure=0.2,
            advice="Several clips of the same settings, joined, tell more.",
        )
    return Check(
        name="match",
        level="problem",
        text=f"Wet does not follow dry: {places(len(windows))} looked at, and no delay fits them.",
        sure=0.9,
        advice="Check that the two files belong together. If they do, no model here can follow the "
        "device: leave the capture out.",
        fixes=(Fix(kind="leave-out"),),
    )


def constant_check(same: Constant, sample_rate: int) -> Check:
    """That wet is nothing but dry."""
    late = ""
    if same.late:
        late = f", {abs(same.late)} samples {'later' if same.late > 0 else 'earlier'}"
    if abs(same.gain - 1.0) < 1e-4 and same.rest < 1e-12:
        text = f"Wet is the same audio as dry{late}: this is no recording of a device."
        level = "problem"
    else:
        text = f"Wet is dry times {same.gain:.4g}{late}, and nothing else."
        level = "warning"
    return Check(
        name="wet against dry",
        level="problem" if level == "problem" else "warning",
        text=text,
        value=round(same.gain, 6),
        advice="Check whether the device was bypassed, or the wrong file chosen.",
        fixes=(Fix(kind="leave-out"),),
    )


def dropout_check(gone: tuple[Stretch, ...], sample_rate: int, n_samples: int) -> list[Check]:
    """Where dry plays and there is no wet."""
    if not gone:
        return [Check(name="dropouts", level="ok", text="Wet never goes silent while dry plays.")]
    lost = sum(cut.stop - cut.start for cut in gone)
    return [
        Check(
            name="dropouts",
            level="problem",
            text=f"Wet is silent in {places(len(gone))} where dry plays, "
            f"{time_of(lost, sample_rate)} in all, first at "
            f"{time_of(gone[0].start, sample_rate)}.",
            value=lost / sample_rate,
            where=gone,
            sure=0.9 if lost < 0.2 * n_samples else 0.7,
            advice="Record it again; or cut these places. A noise gate in the device would look "
            "the same.",
            fixes=(Fix(kind="cut", cuts=gone), Fix(kind="leave-out")),
        )
    ]


def noise_check(floor: Floor | None) -> Check:
    """Wet's noise, where dry pauses."""
    if floor is None:
        text = "Dry never pauses for long enough to hear wet's noise."
        return Check(name="noise", level="ok", text=text)
    level = decibels(floor.noise)
    over = decibels(floor.played) - level
    noisy = over < NOISY_DB
    if level <= -199.0:
        text = "Where dry pauses, wet is silent: no noise at all."
        return Check(name="noise", level="ok", text=text, value=-200.0)
    return Check(
        name="noise",
        level="warning" if noisy else "ok",
        text=f"Wet's noise is {said_db(level)} RMS where dry pauses, {over:.0f} dB under what is "
        "played.",
        value=round(level, 2),
        sure=round(min(0.95, 0.6 + 0.3 * floor.seconds), 3),
        advice="No model gets closer to wet than this noise. Look for hum, gain before the "
        "recorder, cables."
        if noisy
        else "",
    )


def linear_check(share: float | None, same: Constant | None) -> list[Check]:
    """How nonlinear the device is."""
    if share is None or (same is not None and same.whole):
        return []
    word = next(word for least, word in LINEARITY if share >= least)
    text = f"A linear filter of dry gives {percent(share)} of wet's energy: {word}."
    return [Check(name="nonlinearity", level="ok", text=text, value=round(share, 5))]


def variation_check(found: Variation | None, sample_rate: int) -> list[Check]:
    """Whether the device changes by itself."""
    if found is None:
        return []
    if not found.found:
        text = "Nothing in wet changes periodically by itself."
        return [Check(name="variation", level="ok", text=text, value=round(found.share, 4))]
    share = found.delay_share if found.sways else found.share
    if found.sways and found.share < share:
        milliseconds = 1000 * found.delay / sample_rate
        what = f"a delay sways by {milliseconds:.2f} ms, as in a chorus or vibrato"
    elif found.gain >= 0.9:
        what = f"the gain swings by {found.gain:.1f} dB, as in a tremolo or phaser"
    else:
        what = f"the phase swings by {found.phase:.1f} rad, as in a vibrato or phaser"
    return [
        Check(
            name="variation",
            level="problem",
            text=f"Wet changes by itself, {found.hertz:.2f} times a second: {what}.",
            value=round(found.hertz, 4),
            sure=round(min(0.99, 0.5 + share / 2), 3),
            advice="The models here cannot know where such an oscillator stands. Record the device "
            "with it turned off, or leave the capture out.",
            fixes=(Fix(kind="leave-out"),),
        )
    ]
