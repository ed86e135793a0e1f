"""The Compare stage: lanes, what is computed from them, how they are heard."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from app.comparison import ComparisonError, LaneAudio, compare, null_words, read_lane
from app.lanes import Lane, fresh_render, hearing, lane_audio, roles
from app.models import find_model
from app.player import Player
from app.programme import capture_programme
from app.stages.base import Stage
from app.stages.compare import CompareStage
from app.workbench import Workbench
from engines.audio.files import write_wav
from projects.manifest import Edits

Studio = Callable[..., Workbench]
Show = Callable[[type[Stage]], CompareStage]
AddRender = Callable[..., Path]
RUN = "20260101-000000-aaaaaa"
RUN_2 = "20260102-000000-aaaaaa"
RATE = 48_000


@pytest.fixture
def noise() -> np.ndarray:
    """Noise at -20 dBFS RMS: float32[RATE]."""
    return np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)


def _lane(folder: Path, name: str, samples: np.ndarray, rate: int = RATE) -> LaneAudio:
    path = folder / f"{name}.wav"
    write_wav(path, samples.astype(np.float32), rate)
    return LaneAudio(path, name, "dry")


def test_null_depth_of_a_known_difference(tmp_path: Path, noise: np.ndarray) -> None:
    a, b = _lane(tmp_path, "a", noise), _lane(tmp_path, "b", 1.001 * noise)
    result = compare(a, b, align=False, match_level=False)
    assert result.depth_db == pytest.approx(-60.0, abs=0.01)
    assert result.esr.number == "1e\u22126"
    assert "identical" in result.esr.words
    assert set(result.spectra) == {"a", "b", "residual"}
    low, high = result.signals["residual"].peaks(0, RATE, 1)
    assert max(-low[0], high[0]) < 1e-3


def test_alignment_and_level_are_found_and_said(tmp_path: Path, noise: np.ndarray) -> None:
    late = 0.5 * np.concatenate([np.zeros(100, np.float32), noise[:-100]])
    a, b = _lane(tmp_path, "a", noise), _lane(tmp_path, "b", late)
    plain = compare(a, b, align=False, match_level=False)
    assert plain.depth_db > -3
    matched = compare(a, b, align=True, match_level=True)
    assert matched.lag == 100
    assert matched.gain_db == pytest.approx(6.02, abs=0.01)
    assert matched.depth_db < -100
    assert matched.esr == plain.esr, "plain ESR does not depend on the match"


def test_a_lane_of_wet_is_as_it_was_decided_to_be(open_studio: Studio) -> None:
    session = open_studio().session
    assert session is not None
    entry = session.manifest.captures[0]
    whole = capture_programme(session, entry.id)
    assert whole is not None
    plain = lane_audio(session, Lane("wet"), whole, "wet")
    assert plain is not None
    recorded, rate = read_lane(plain)
    edits = Edits(shift=11, flip=True)
    changed = entry.model_copy(update={"edits": edits})
    session.change("Edit", lambda manifest: manifest.model_copy(update={"captures": (changed,)}))
    programme = capture_programme(session, entry.id)
    assert programme is not None
    lane = lane_audio(session, Lane("wet"), replace(programme, start=1.0, stop=2.0), "wet")
    assert lane is not None
    samples, _ = read_lane(lane)
    np.testing.assert_array_equal(samples, -recorded[rate + 11 : 2 * rate + 11])


def test_loudness_says_which_is_louder(tmp_path: Path, noise: np.ndarray) -> None:
    a, b = _lane(tmp_path, "a", noise), _lane(tmp_path, "b", 2 * noise)
    result = compare(a, b, align=False, match_level=False)
    loudness = next(figure for figure in result.levels if figure.name == "Loudness")
    assert loudness.unit == "LUFS"
    assert loudness.words == "B is 6.0 dB louder"


@pytest.mark.parametrize("reason", ["Hz", "silent", "too short"])
def test_what_cannot_be_compared_says_why(tmp_path: Path, noise: np.ndarray, reason: str) -> None:
    a = _lane(tmp_path, "a", np.zeros(RATE) if reason == "silent" else noise)
    b = _lane(tmp_path, "b", noise, 44_100 if reason == "Hz" else RATE)
    if reason == "too short":
        b = LaneAudio(b.path, "b", "wet", start=10.0)
    with pytest.raises(ComparisonError, match=reason):
        compare(a, b, align=False, match_level=False)


def test_only_so_much_is_compared(
    tmp_path: Path, noise: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = _lane(tmp_path, "a", noise), _lane(tmp_path, "b", 1.001 * noise)
    assert compare(a, b, align=False, match_level=False).note == ""
    monkeypatch.setattr("app.comparison.MAX_SECONDS", 0.5)
    result = compare(a, b, align=False, match_level=False)
    assert result.signals["a"].n_samples == RATE // 2
    assert result.note


def test_samples_that_are_not_numbers_are_refused(tmp_path: Path, noise: np.ndarray) -> None:
    a, b = _lane(tmp_path, "a", noise), _lane(tmp_path, "b", noise)
    data = bytearray(b.path.read_bytes())
    data[-4:] = np.array(np.nan, "<f4").tobytes()
    b.path.write_bytes(data)
    with pytest.raises(ComparisonError, match="not numbers"):
        compare(a, b, align=False, match_level=False)


@pytest.mark.parametrize(
    ("depth", "words"), [(-120, "16-bit"), (-60, "under the music"), (-3, "differ plainly")]
)
def test_null_in_words(depth: float, words: str) -> None:
    assert words in null_words(depth)


def test_two_models_differ_in_colour() -> None:
    assert roles(Lane("wet"), Lane("run", run="a")) == ("wet", "model")
    assert roles(Lane("run", run="b"), Lane("run", run="a")) == ("model", "second")


def test_how_lanes_are_heard(open_studio: Studio, tmp_path: Path) -> None:
    bench = open_studio(runs=("Old", "New"))
    session = bench.session
    assert session is not None
    programme = capture_programme(session, "take-1", "test")
    assert programme is not None
    mine = tmp_path / "mine.wav"
    write_wav(mine, np.zeros(4 * RATE, np.float32), RATE)
    file, run, other = Lane("file", file=mine), Lane("run", run=RUN), Lane("run", run=RUN_2)
    pairs = {
        (Lane("wet"), run): ("wet", "model"),
        (other, run): ("model", "second"),
        (file, run): ("wet", "model"),
        (file, Lane("wet")): ("dry", "wet"),
        (Lane("dry"), file): ("dry", "wet"),
    }
    for (a, b), wanted in pairs.items():
        found = hearing(session, a, b, programme)
        assert (found.a, found.b) == wanted
        slots = {"model": found.comparison.model_id, "second": found.comparison.second_id}
        for lane, source in ((a, found.a), (b, found.b)):
            if lane.kind == "run":
                assert slots[source] == lane.run
            if lane == file:
                played = found.comparison.programme
                assert (played.dry if source == "dry" else played.wet) == mine


def test_render_older_than_its_model_is_not_used(
    open_studio: Studio, add_render: AddRender
) -> None:
    bench = open_studio()
    session = bench.session
    assert session is not None
    model = find_model(session, RUN)
    assert model is not None
    assert fresh_render(session, model, "take-1") is None
    folder = add_render(session.project, RUN)
    assert fresh_render(session, model, "take-1") == folder / "rendered.wav"
    assert fresh_render(session, model, "take-2") is None
    turned = session.manifest.captures[0].model_copy(update={"edits": Edits(flip=True)})
    session.change("Flip", lambda manifest: manifest.model_copy(update={"captures": (turned,)}))
    assert fresh_render(session, model, "take-1") is None
    session.undo_stack.undo()
    assert fresh_render(session, model, "take-1") == folder / "rendered.wav"
    later = model.path.stat().st_mtime + 1000
    os.utime(model.path, (later, later))
    assert fresh_render(session, model, "take-1") is None


def test_wet_against_model_over_the_test_part(
    open_studio: Studio, add_render: AddRender, show: Show, qtbot: QtBot, player: Player
) -> None:
    bench = open_studio()
    assert bench.session is not None
    add_render(bench.session.project, RUN)
    stage = show(CompareStage)
    qtbot.waitUntil(lambda: stage.result is not None, timeout=20_000)
    assert stage.lanes == {"a": Lane("wet"), "b": Lane("run", run=RUN)}
    assert stage.result is not None
    assert stage.result.depth_db < -15
    programme = capture_programme(bench.session, "take-1", "test")
    assert programme is not None
    assert stage.result.signals["a"].n_samples == round((programme.stop - programme.start) * RATE)
    assert stage.primary().text == "Listen"
    assert player.programme == programme
    assert player.models.slots["model"].run_id == RUN
    stage.panel.heard.chosen.emit("a")
    assert player.source == "wet"
    assert stage.panel.heard.current == "a"
    before = stage.result
    stage.swap()
    qtbot.waitUntil(lambda: stage.result is not before and stage.result is not None)
    assert stage.lanes["a"] == Lane("run", run=RUN)


def test_missing_render_is_asked_for(open_studio: Studio, show: Show) -> None:
    open_studio()
    stage = show(CompareStage)
    assert stage.result is None
    assert stage.primary().text == "Compare"
    assert stage.primary().enabled
    assert stage.panel.boxes["b"].note.text() == "not rendered yet"


def test_worker_renders_what_is_missing(open_studio: Studio, show: Show, qtbot: QtBot) -> None:
    bench = open_studio()
    assert bench.session is not None
    stage = show(CompareStage)
    stage.do_primary()
    assert not stage.primary().enabled
    assert stage.panel.boxes["b"].note.text() == "being rendered"
    qtbot.waitUntil(lambda: stage.result is not None, timeout=120_000)
    (job,) = bench.session.jobs("render")
    assert stage.result is not None
    esr = 10 ** (stage.result.depth_db / 10)
    # The job scores the whole capture and the stage its test part: alike, not the same.
    assert esr == pytest.approx(job.status.figures["esr"], rel=0.5)
    assert stage.primary().text == "Listen"
    model = find_model(bench.session, RUN)
    assert model is not None
    later = model.path.stat().st_mtime + 1000
    os.utime(model.path, (later, later))
    stage.refresh()
    assert stage.result is not None, "the picture stays until it is compared again"
    assert stage.panel.boxes["b"].note.text() == "trained on since; compare again"
    assert stage.primary().text == "Compare"


def test_lane_of_another_rate_is_a_sentence(
    open_studio: Studio, show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    open_studio(runs=())
    stage = show(CompareStage)
    path = tmp_path / "mine.wav"
    write_wav(path, 0.1 * np.ones(4 * 44_100, np.float32), 44_100)
    stage.set_lane("b", Lane("file", file=path))
    qtbot.waitUntil(lambda: "44100 Hz" in stage.primary().why_not, timeout=20_000)
    assert not stage.primary().enabled
    stage.set_lane("b", Lane("dry"))
    qtbot.waitUntil(lambda: stage.primary().enabled, timeout=20_000)


def test_leaving_gives_the_transport_back(open_studio: Studio, show: Show, player: Player) -> None:
    open_studio()
    player.set_stretch("whole")
    stage = show(CompareStage)
    assert player.programme is not None
    assert not player.programme.is_whole
    stage.hide()
    assert player.programme.is_whole
    QThreadPool.globalInstance().waitForDone(10_000)


def test_empty_place_leads_to_data(bench: Workbench, show: Show, qtbot: QtBot) -> None:
    stage = show(CompareStage)
    with qtbot.waitSignal(bench.stage_requested) as asked:
        stage.empty.button.click()
    assert asked.args == ["data"]
