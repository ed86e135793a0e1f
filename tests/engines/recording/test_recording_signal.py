"""The test signal: blips where the layout says, parts over the playing, own recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.recording.layout import Layout, read_layout, write_layout
from engines.recording.signal import SignalConfig, blip, level_signal, make_signal
from projects.errors import FileFormatError, ProjectError
from projects.splits import split_by_time

MakeWav = Callable[..., Path]


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_blips_are_where_the_layout_says(rate: int) -> None:
    samples, layout = make_signal(SignalConfig(seconds=4, test_seconds=3), rate, -6.0)
    assert len(samples) == layout.n_samples
    assert len(layout.groups) == 3
    for places in layout.groups:
        for place in places:
            heard = samples[place : place + layout.blip]
            np.testing.assert_allclose(heard, 10 ** (-6 / 20) * blip(rate), atol=1e-6)
    assert not samples[: layout.quiet.stop].any()
    assert np.abs(samples).max() <= 10 ** (-6 / 20) + 1e-6


def test_every_part_is_there_and_none_overlaps() -> None:
    _, layout = make_signal(SignalConfig(seconds=6, test_seconds=0), 48_000, 0.0)
    parts = [section.part for section in layout.sections]
    assert parts == ["train", "validation", "test", "train"]
    for left, right in zip(layout.sections, layout.sections[1:], strict=False):
        assert left.stop <= right.start
    assert layout.sections[-1].stop <= layout.n_samples
    assert layout.groups[0][0] >= layout.sections[0].start  # blips and sweeps are for training


def test_distances_between_blips_are_all_different() -> None:
    _, layout = make_signal(SignalConfig(seconds=4, test_seconds=0), 48_000, 0.0)
    places = layout.groups[0]
    distances = [b - a for i, a in enumerate(places) for b in places[i + 1 :]]
    assert len(set(distances)) == len(distances)


def test_the_same_settings_give_the_same_samples() -> None:
    config = SignalConfig(seconds=4, test_seconds=2, seed=3)
    first, _ = make_signal(config, 48_000, -3.0)
    second, _ = make_signal(config, 48_000, -3.0)
    np.testing.assert_array_equal(first, second)


def test_an_own_recording_is_played_as_it_is(make_wav: MakeWav) -> None:
    own = (0.25 * np.sin(np.arange(5 * 48_000) / 20)).astype(np.float32)
    path = make_wav("own", own)
    samples, layout = make_signal(SignalConfig(seconds=4, test_seconds=0, own=path), 48_000, -6.0)
    played = samples[layout.playing.start : layout.playing.stop]
    np.testing.assert_allclose(played, 10 ** (-6 / 20) * own[: 4 * 48_000], atol=1e-6)
    expected = split_by_time("0" * 64, 4 * 48_000, 48_000)
    tests = [part for part in layout.sections if part.part == "test"]
    assert tests[0].start - layout.playing.start == expected.of("test")[0].start


def test_an_own_recording_of_another_rate_is_resampled(make_wav: MakeWav) -> None:
    own = np.sin(np.arange(4 * 44_100) * 2 * np.pi * 1000 / 44_100).astype(np.float32)
    path = make_wav("own", own, 44_100)
    samples, layout = make_signal(SignalConfig(seconds=9, test_seconds=0, own=path), 48_000, 0.0)
    played = samples[layout.playing.start : layout.playing.stop]
    assert len(played) == pytest.approx(4 * 48_000, abs=2)
    spectrum = np.abs(np.fft.rfft(played[24_000:72_000]))
    assert int(np.argmax(spectrum)) == 1000


def test_an_own_recording_beyond_full_scale_is_not_clipped(make_wav: MakeWav) -> None:
    own = (3.0 * np.sin(np.arange(4 * 48_000) / 20)).astype(np.float32)
    config = SignalConfig(seconds=4, test_seconds=0, own=make_wav("own", own))
    samples, _ = make_signal(config, 48_000, 0.0)
    assert np.abs(samples).max() == pytest.approx(1.0, abs=1e-3)


def test_a_silent_own_recording_is_refused(make_wav: MakeWav) -> None:
    path = make_wav("own", np.zeros(4 * 48_000, np.float32))
    with pytest.raises(ProjectError, match="silent"):
        make_signal(SignalConfig(seconds=4, own=path), 48_000, 0.0)


def test_the_level_check_has_blips_at_both_ends() -> None:
    samples, layout = level_signal(48_000, -12.0)
    assert len(layout.groups) == 2
    assert np.abs(samples).max() == pytest.approx(10 ** (-12 / 20), rel=1e-3)
    assert len(samples) < 6 * 48_000


def test_the_layout_survives_the_disk(tmp_path: Path) -> None:
    _, layout = make_signal(SignalConfig(seconds=4, test_seconds=0), 48_000, 0.0)
    write_layout(tmp_path, layout)
    assert read_layout(tmp_path) == layout
    (tmp_path / "signal.json").write_text('{"sample_rate": 48000, "groups": "none"}')
    with pytest.raises(FileFormatError, match="damaged"):
        read_layout(tmp_path)


def test_a_cut_layout_ends_with_the_take() -> None:
    _, layout = make_signal(SignalConfig(seconds=6, test_seconds=0), 48_000, 0.0)
    middle = (layout.sections[1].start + layout.sections[1].stop) // 2
    parts = Layout.within(layout, middle)
    assert [part.part for part in parts] == ["train", "validation"]
    assert parts[-1].stop == middle
