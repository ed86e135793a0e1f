"""The graph offline: exact, the same for any block size, and without clicks."""

from __future__ import annotations

import numpy as np
import pytest
from audio_engine import RATE, music, sine
from numpy.typing import NDArray

from engines.audition.graph import Cue, Graph, Settings, no_knobs
from engines.audition.material import Material, material_of
from engines.audition.protocol import Source
from engines.audition.voice import Voice
from engines.models.base import Kernel

FADE = round(0.02 * RATE)
Float = NDArray[np.float32]


class Follower(Kernel):
    """A model with a memory and a knob: a low-pass whose output is scaled by the knob."""

    sample_rate = RATE
    n_knobs = 1

    def __init__(self, sign: float = 1.0) -> None:
        self.sign = sign
        self.state = 0.0

    def reset(self) -> None:
        self.state = 0.0

    def process(self, x: Float, knobs: Float, y: Float) -> None:
        for i, value in enumerate(x):
            self.state += 0.3 * (float(value) - self.state)
            y[i] = self.sign * self.state * knobs[0]

    def of(self, x: Float, knob: float) -> Float:
        y = np.zeros_like(x)
        self.reset()
        self.process(x, np.full(1, knob, dtype=np.float32), y)
        return y


def knob(position: float) -> Float:
    return np.full(1, position, dtype=np.float32)


def voice(
    material: Material,
    position: int = 0,
    *,
    loop: tuple[int, int] = (0, 0),
    follow: bool = False,
    gain: float = 1.0,
) -> Voice:
    made = Voice(
        material,
        (Follower(), None),
        (gain, 1.0),
        (knob(0.5), no_knobs()[1]),
        position,
        loop,
        follow=follow,
    )
    made.warm_up(4000)
    return made


def settings(source: Source, gain: float = 1.0, position: float = 0.5) -> Settings:
    return Settings(source, gain, (knob(position), no_knobs()[1]))


def playing(material: Material, source: Source, position: int = 0, **options: object) -> Graph:
    graph = Graph(RATE)
    graph.set(settings(source))
    assert graph.cue(Cue(voice(material, position, **options)))  # type: ignore[arg-type]
    return graph


@pytest.fixture(scope="module")
def material() -> Material:
    x = music(0.5)
    return material_of("music", x, RATE, np.tanh(3 * x).astype(np.float32))


@pytest.fixture(scope="module")
def tone() -> Material:
    x = sine(0.6)
    return material_of("tone", x, RATE, (0.5 * x).astype(np.float32))


def test_each_source_is_played_exactly_after_the_fade_in(material: Material) -> None:
    n = material.n
    dry, wet = material.dry[:n], material.wet[:n]
    expected = {
        "dry": dry * material.dry_gain,
        "wet": wet * material.wet_gain,
        "model": Follower().of(dry, 0.5),
        "second": np.zeros(n),
    }
    for source, reference in expected.items():
        out = playing(material, source).render(n)  # type: ignore[arg-type]
        np.testing.assert_allclose(out[FADE:], reference[FADE:], atol=1e-7)


@pytest.mark.parametrize("block", [1, 7, 128, 4096])
def test_the_block_size_changes_nothing(material: Material, block: int) -> None:
    stretch = material_of("part", material.dry[: material.n], RATE, start=0.02, stop=0.1)
    n = 5000
    reference = playing(stretch, "model", stretch.start).render(n, 512)
    np.testing.assert_array_equal(
        playing(stretch, "model", stretch.start).render(n, block), reference
    )


def test_a_stretch_ends_with_a_fade_and_says_so(material: Material) -> None:
    part = material_of("part", material.dry[: material.n], RATE, start=0.1, stop=0.2)
    graph = Graph(RATE)
    graph.set(settings("dry"))
    played = voice(part, part.start)
    graph.cue(Cue(played))
    length = part.stop - part.start
    out = graph.render(length + 2 * FADE)
    np.testing.assert_allclose(
        out[FADE:length], part.dry[part.start + FADE : part.stop] * part.dry_gain, atol=1e-7
    )
    assert np.any(out[length : length + FADE // 2])
    assert not np.any(out[length + FADE :])
    assert played.ended
    assert played.done
    assert graph.idle


def test_a_voice_in_the_middle_is_in_the_state_it_would_have_had(material: Material) -> None:
    whole = playing(material, "model").render(material.n)
    start = 12_000
    part = playing(material, "model", start).render(material.n - start)
    np.testing.assert_allclose(part[FADE:], whole[start + FADE :], atol=1e-6)


def test_a_crossfade_of_sources_keeps_the_level(tone: Material) -> None:
    """Equal gain: dry and wet are the same tone, so it only glides from level to level."""
    graph = playing(tone, "dry")
    before = graph.render(9600)
    graph.set(settings("wet"))
    during = graph.render(FADE)
    after = graph.render(4800)
    reference = tone.dry[: 9600 + FADE + 4800] * tone.dry_gain
    np.testing.assert_allclose(before[FADE:], reference[FADE:9600], atol=1e-7)
    # Levels are matched, so nothing at all must change.
    np.testing.assert_allclose(np.concatenate([during, after]), reference[9600:], atol=1e-5)


def test_turning_round_in_the_middle_of_a_fade_does_not_jump(tone: Material) -> None:
    graph = playing(tone, "dry")
    parts = [graph.render(5000)]
    for source in ("second", "model", "dry", "wet"):
        graph.set(settings(source))  # type: ignore[arg-type]
        parts.append(graph.render(FADE // 3))
    out = np.concatenate(parts)
    # The slope of a fade may break off: up to pi / 2 / FADE of the difference of two signals.
    assert np.max(np.abs(np.diff(out, 2))) < np.pi / 2 / FADE * 2


def test_seek_pause_and_gain_do_not_jump(tone: Material) -> None:
    graph = playing(tone, "model")
    parts = [graph.render(4000)]
    graph.cue(Cue(voice(tone, 17_171)))
    parts.append(graph.render(300))  # the next comes while this one still fades in
    graph.cue(Cue(voice(tone, 3_333)))
    parts.append(graph.render(3000))
    graph.set(settings("model", gain=0.25))
    parts.append(graph.render(3000))
    graph.cue(Cue(None))
    parts.append(graph.render(3000))
    out = np.concatenate(parts)
    assert np.max(np.abs(np.diff(out, 2))) < 2e-3
    assert graph.idle
    assert not np.any(out[-1000:])


def test_a_cue_waits_until_a_fading_voice_is_free(tone: Material) -> None:
    graph = playing(tone, "dry")
    graph.render(64, 64)
    for position in (1000, 2000, 3000):
        assert graph.cue(Cue(voice(tone, position)))
        graph.render(64, 64)
    assert graph.cue(Cue(voice(tone, 4000)))
    graph.render(64, 64)
    assert not graph.cue_taken
    assert not graph.cue(Cue(None)), "the mailbox holds one cue"
    graph.render(2 * FADE, 64)
    assert graph.cue_taken


def test_a_loop_comes_back_smoothly_and_in_time(tone: Material) -> None:
    start, stop = 5000, 12_345
    graph = playing(tone, "dry", 4000, loop=(start, stop))
    n = 4 * (stop - start)
    out = graph.render(n, 100)
    assert np.max(np.abs(np.diff(out[FADE:], 2))) < 1e-3
    first = np.arange(start + FADE, stop - FADE) - 4000
    second = first + (stop - start)
    np.testing.assert_allclose(out[second], out[first], atol=1e-7)


def test_a_loop_over_a_file_that_begins_abruptly_does_not_click() -> None:
    t = np.arange(9600) / RATE
    abrupt = (0.5 * np.cos(2 * np.pi * 110 * t)).astype(np.float32)
    material = material_of("abrupt", abrupt, RATE, (0.5 * abrupt).astype(np.float32))
    for source in ("dry", "wet"):
        graph = playing(material, source, loop=(0, 9600))  # type: ignore[arg-type]
        out = graph.render(40_000, 128)
        assert np.max(np.abs(np.diff(out, 2))) < 2e-3


def test_a_model_that_follows_takes_the_position_over(tone: Material) -> None:
    graph = playing(tone, "dry")
    graph.render(7000)
    graph.cue(Cue(voice(tone, 123, follow=True)))
    out = graph.render(3000)
    np.testing.assert_allclose(out, tone.dry[7000:10_000] * tone.dry_gain, atol=1e-6)


def test_a_voice_that_would_follow_one_that_has_ended_stays_silent(tone: Material) -> None:
    graph = playing(tone, "dry", tone.n - 10)
    graph.render(4 * FADE)
    late = voice(tone, 0, follow=True)
    graph.cue(Cue(late))
    assert not np.any(graph.render(1000))
    assert late.done


def test_knobs_glide(tone: Material) -> None:
    graph = playing(tone, "model")
    parts = [graph.render(6000)]
    graph.set(settings("model", position=1.0))
    parts.append(graph.render(6000))
    out = np.concatenate(parts)
    assert np.max(np.abs(np.diff(out))) < 0.02
    expected = Follower().of(tone.dry[:12_000], 1.0)
    np.testing.assert_allclose(out[8000:], expected[8000:], atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e9])
def test_a_wild_model_is_silent_and_the_rest_goes_on(tone: Material, bad: float) -> None:
    class Wild(Follower):
        def process(self, x: Float, knobs: Float, y: Float) -> None:
            super().process(x, knobs, y)
            y[len(y) // 2 :] = bad

    played = Voice(tone, (Wild(), Follower()), (1.0, 1.0), (knob(0.5), knob(0.5)), 0)
    graph = Graph(RATE)
    graph.set(Settings("model", knobs=(knob(0.5), knob(0.5))))
    graph.cue(Cue(played))
    out = graph.render(4000, 128)
    assert np.all(np.isfinite(out))
    assert not np.any(out[64:])
    assert played.muted == [True, False]
    graph.set(Settings("second", knobs=(knob(0.5), knob(0.5))))
    assert np.max(np.abs(graph.render(4000, 128))) > 0.05


def test_the_output_is_held_within_full_scale_and_the_clip_is_counted(tone: Material) -> None:
    graph = Graph(RATE)
    graph.set(settings("dry", gain=4.0))
    graph.cue(Cue(voice(tone)))
    out = graph.render(9600)
    assert np.max(np.abs(out)) == 1.0
    assert graph.clipped > 100


def test_meters_read_a_full_scale_sine(tone: Material) -> None:
    graph = playing(tone, "dry")
    graph.render(28_000)
    assert graph.input_levels().peak == pytest.approx(20 * np.log10(0.5), abs=0.2)
    assert graph.input_levels().rms == pytest.approx(20 * np.log10(0.5) - 3.01, abs=1.0)
    assert graph.output_levels().peak == pytest.approx(-1.0, abs=0.2)


def test_silence_drops_what_plays(tone: Material) -> None:
    graph = playing(tone, "dry")
    graph.render(1000)
    graph.silence()
    assert graph.idle
    assert not np.any(graph.render(1000))
