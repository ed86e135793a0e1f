"""Real recordings whose faults are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engines.audio.blocks import ArrayAudio
from engines.checks import PairReport, SetItem, examine, examine_set
from projects.manifest import Stretch

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the development recordings (../shared/data) are not on this machine"
)


def read(path: Path) -> tuple[np.ndarray, int]:
    samples, rate = soundfile.read(path, dtype="float32")
    return samples, rate


def look(x: np.ndarray, y: np.ndarray, rate: int, clips: tuple[Stretch, ...] = ()) -> PairReport:
    n = min(len(x), len(y))
    return examine(ArrayAudio(x[:n], rate), ArrayAudio(y[:n], rate), clips=clips)


def flagged(report: PairReport) -> set[str]:
    return {check.name for check in report.checks if check.level != "ok"}


def test_cl1b_has_four_settings_out_of_line() -> None:
    x, rate = read(DATA / "cl1b" / "Input.wav")
    items = [
        SetItem(path.stem, look(x, read(path)[0], rate), None, {"file": float(number)})
        for number, path in enumerate(sorted((DATA / "cl1b").glob("target*.wav")))
    ]
    reports = dict(zip([item.name for item in items], examine_set(items), strict=True))
    late = {name for name, report in reports.items() if not report.included}
    assert late == {
        "target_at_025_re_05_ra_05_th_05",
        "target_at_05_re_075_ra_05_th_05",
        "target_at_05_re_0_ra_05_th_05",
        "target_at_0_re_0_ra_05_th_05",
    }
    for name, report in reports.items():
        check = report.check("latency")
        assert check is not None
        assert report.latency is not None
        if name in late:
            assert "later than in the 8 others" in check.text
            assert [fix.shift for fix in check.fixes if fix.kind == "shift"] == [67]
        else:
            assert abs(report.latency.samples) < 1.5
            assert flagged(report) == set()


def test_la2a_pairs_are_one_sample_early() -> None:
    items = []
    for number in range(1, 6):
        stem = DATA / "la2a_pairs" / f"LA2A_sample{number}"
        x, rate = read(Path(f"{stem}_inp.wav"))
        y, _ = read(Path(f"{stem}_target.wav"))
        report = look(x, y, rate)
        assert flagged(report) == {"latency"}
        alone = report.check("latency")
        assert alone is not None
        assert [fix.shift for fix in alone.fixes if fix.kind == "shift"] == [-1]
        items.append(SetItem(str(number), report, None, {}))
    for report in examine_set(items):
        check = report.check("latency")
        assert check is not None
        assert check.level == "problem"
        assert check.fixes[0].kind == "shift"
        assert check.fixes[0].shift == -1
        assert report.included


@pytest.mark.parametrize(
    ("dry", "wet"),
    [
        ("Train/input_008_.wav", "Train/target_008_LA2A_3c__0__65.wav"),
        ("Test/input_094_.wav", "Test/target_094_LA2A_3c__1__65.wav"),
    ],
)
def test_signaltrain_has_nothing_to_flag(dry: str, wet: str) -> None:
    folder = DATA / "signaltrain_mini"
    x, rate = read(folder / dry)
    report = look(x, read(folder / wet)[0], rate)
    assert flagged(report) == set()
    assert report.included
    assert not report.edits.any


def klon(gain: int) -> tuple[np.ndarray, np.ndarray, int, tuple[Stretch, ...]]:
    dry, wet, clips, at, rate = [], [], [], 0, 0
    for path in sorted((DATA / "klon" / f"gain{gain}").glob("*.flac")):
        x, rate = read(DATA / "klon" / "in" / path.name)
        y, _ = read(path)
        n = min(len(x), len(y))
        dry.append(x[:n])
        wet.append(y[:n])
        clips.append(Stretch(start=at, stop=at + n))
        at += n
    return np.concatenate(dry), np.concatenate(wet), rate, tuple(clips)


def test_klon_is_inverted_starts_up_and_is_not_late() -> None:
    items = []
    for gain in (0, 25, 50, 100):
        x, y, rate, clips = klon(gain)
        report = look(x, y, rate, clips)
        items.append(SetItem(str(gain), report, None, {"gain": float(gain)}))
    for item, report in zip(items, examine_set(items), strict=True):
        assert report.included
        assert report.polarity is not None
        assert report.polarity.inverted, item.name
        assert report.polarity.sure > 0.8
        polarity, begin = report.check("polarity"), report.check("start-up")
        assert polarity is not None
        assert begin is not None
        assert "in all 4 captures" in polarity.text
        assert polarity.fixes[0].kind == "flip"
        assert begin.fixes[0].safe
        assert len(report.edits.cuts) == 200
        assert {cut.start for cut in report.edits.cuts} == {22050 * k for k in range(200)}
        assert 9000 < report.edits.cuts[0].stop < 14000
        assert report.edits.shift == 0
        assert not any(fix.kind == "shift" for check in report.checks for fix in check.fixes)


def test_a_single_short_clip_gives_no_wrong_claim() -> None:
    for gain in (0, 100):
        for name in ("sample2.flac", "sample100.flac", "sample150.flac"):
            x, rate = read(DATA / "klon" / "in" / name)
            report = look(x, read(DATA / "klon" / f"gain{gain}" / name)[0], rate)
            kinds = {fix.kind for check in report.checks for fix in check.fixes}
            assert "shift" not in kinds
            assert "leave-out" not in kinds
            assert report.included


def test_playing_through_an_effect_gives_no_alarm() -> None:
    from made_pairs import compressor, diode, mild

    effects = [mild, diode, compressor]

    for number, path in enumerate(sorted((DATA / "di").glob("*.flac"))):
        x, rate = read(path)
        x = x[: 6 * rate]
        for effect in (effects[number % 3],):
            report = look(x, effect(x.astype(float), rate).astype(np.float32), rate)
            assert flagged(report) <= {"dry level", "dry clipping", "dry offset"}, (
                path.name,
                effect.__name__,
                [check.text for check in report.checks if check.level != "ok"],
            )
