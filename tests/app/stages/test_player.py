"""What the transport plays, without an audio engine and through a real one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sound_server import SoundServer

from app.models import find_model
from app.player import Comparison, Player
from app.programme import capture_programme, file_programme
from app.workbench import Workbench
from engines.audio.files import write_wav
from engines.models.storage import load_model, save_model
from engines.worker.protocol import Checkpoint
from projects.manifest import Control, Edits
from widgets.transport import TransportBar

Studio = Callable[..., Workbench]
RUN = "20260101-000000-aaaaaa"
DRIVE = Control(name="drive", minimum=0.0, maximum=10.0, default=5.0)


def test_selected_capture_is_what_plays(open_studio: Studio, player: Player) -> None:
    bench = open_studio()
    bench.select_capture("take-1")
    player.refresh()
    programme = player.programme
    assert programme is not None
    assert programme.capture_id == "take-1"
    assert programme.is_whole
    assert programme.wet is not None
    assert player.reasons()["wet"] is None
    assert player.reasons()["model"] == "no model is selected"


def test_nothing_selected_plays_first_capture(open_studio: Studio, player: Player) -> None:
    open_studio()
    player.refresh()
    assert player.programme is not None
    assert player.programme.title == "Take 1"


def test_play_without_anything_says_so(bench: Workbench, player: Player) -> None:
    player.play()
    assert "nothing to play" in bench.notices.history[-1].sentence


def test_test_part_alone_and_seek_out_of_it(open_studio: Studio, player: Player) -> None:
    open_studio()
    player.set_stretch("test")
    programme = player.programme
    assert programme is not None
    assert 0 < programme.start < programme.stop <= programme.seconds
    player.seek(programme.start + 0.1)
    assert player.stretch == "test"
    player.seek(0.5)
    assert player.stretch == "whole"
    assert player.position == 0.5


def test_a_selection_plays_alone_until_something_else_is_chosen(
    open_studio: Studio, player: Player
) -> None:
    open_studio()
    player.play_stretch(1.0, 1.5)
    programme = player.programme
    assert programme is not None
    assert (programme.start, programme.stop, player.position) == (1.0, 1.5, 1.0)
    player.seek(1.2)
    assert player.programme == programme
    player.seek(3.0)
    assert player.programme is not None
    assert player.programme.is_whole
    player.play_stretch(3.5, 99.0)
    assert player.programme.stop == player.programme.seconds
    player.set_stretch("test")
    assert player.programme.start < player.programme.stop
    assert (player.programme.start, player.stretch) != (3.5, "whole")


def test_another_decision_about_wet_is_loaded_again(open_studio: Studio, player: Player) -> None:
    bench = open_studio()
    player.refresh()
    before = player.programme
    assert bench.session is not None
    assert before is not None
    entry = bench.session.manifest.captures[0]
    flipped = entry.model_copy(update={"edits": Edits(shift=5, flip=True)})
    bench.session.change(
        "Flip", lambda manifest: manifest.model_copy(update={"captures": (flipped,)})
    )
    player.refresh()
    assert player.programme is not None
    assert player.programme.source != before.source
    assert player.programme.edits == flipped.edits
    bench.session.undo_stack.undo()
    player.refresh()
    assert player.programme == before


def test_run_is_heard_with_its_own_capture(open_studio: Studio, player: Player) -> None:
    bench = open_studio()
    bench.select_run(RUN)
    player.refresh()
    assert player.programme is not None
    assert player.programme.capture_id == "take-1"
    assert player.models.slots["model"].run_id == RUN
    assert player.models.reason("model") == "the model is being loaded"


def test_file_takes_the_captures_place(
    open_studio: Studio, player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    bench = open_studio()
    path = tmp_path / "mine.wav"
    write_wav(path, np.zeros(44_100, np.float32), 44_100)
    player.choose_source("wet")
    player.set_file(path)
    qtbot.waitUntil(lambda: player.programme is not None and player.programme.dry == path)
    assert player.source == "dry"
    assert player.reasons()["wet"] == "this file has none"
    bench.select_capture("take-1")
    qtbot.waitUntil(
        lambda: player.programme is not None and player.programme.capture_id == "take-1"
    )
    assert player.file is None


def test_file_that_is_no_audio_is_a_sentence(
    open_studio: Studio, player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    bench = open_studio()
    path = tmp_path / "text.wav"
    path.write_text("no audio")
    player.set_file(path)
    qtbot.waitUntil(lambda: player.file is None)
    assert str(path) in bench.notices.history[-1].sentence
    assert bench.notices.history[-1].level == "error"


def test_what_was_wished_for_comes_back(
    open_studio: Studio, player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    bench = open_studio()
    player.refresh()
    assert player.source == "wet", "there is no model yet"
    player.choose_source("dry")
    player.choose_source("second")
    assert player.source == "dry", "what cannot be heard is not chosen"
    player.choose_source("wet")
    path = tmp_path / "mine.wav"
    write_wav(path, np.zeros(4_800, np.float32), 48_000)
    player.set_file(path)
    qtbot.waitUntil(lambda: player.source == "dry")
    player.set_file(None)
    assert player.source == "wet"
    assert bench.session is not None


def test_run_ids_stay_inside_the_project(open_studio: Studio) -> None:
    bench = open_studio()
    assert find_model(bench.session, RUN) is not None
    for name in ("", "..", f"../runs/../../Studio/runs/{RUN}/..", "/etc", "nobody"):
        assert find_model(bench.session, name) is None


def test_loop_lasts(open_studio: Studio, player: Player) -> None:
    bench = open_studio()
    player.set_loop(True)
    bench.settings.values = bench.settings._load()
    assert bench.settings.values.loop


def test_comparison_takes_over_until_it_ends(
    open_studio: Studio, player: Player, tmp_path: Path
) -> None:
    bench = open_studio()
    assert bench.session is not None
    player.refresh()
    mine = tmp_path / "mine.wav"
    write_wav(mine, np.zeros(48_000, np.float32), 48_000)
    player.compare(Comparison(file_programme(mine), model_id=RUN))
    assert player.programme is not None
    assert player.programme.dry == mine
    assert player.models.slots["model"].run_id == RUN
    player.compare(None)
    assert player.programme == capture_programme(bench.session, "take-1")
    assert player.models.slots["model"].run_id == ""


def test_closing_the_project_unloads(open_studio: Studio, player: Player) -> None:
    bench = open_studio()
    bench.select_run(RUN)
    player.refresh()
    bench.close_project()
    assert player.programme is None
    assert player.models.slots["model"].path is None
    assert set(player.reasons().values()) == {"nothing is loaded"}


def test_knobs_are_known_before_the_engine(
    open_studio: Studio, player: Player, qtbot: QtBot
) -> None:
    bench = open_studio(controls=(DRIVE,))
    bench.select_run(RUN)
    player.refresh()
    qtbot.waitUntil(lambda: bool(player.models.controls))
    assert player.models.values == {"drive": 5.0}
    player.models.set_knob("drive", 7.5)
    assert player.models.values == {"drive": 7.5}
    assert player.client._knobs == {"drive": 0.75}


@pytest.fixture
def sounding(
    open_studio: Studio,
    player: Player,
    sound_server: SoundServer,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> Player:
    """A player whose engine plays through a real sound server, the first run selected."""
    for name, value in sound_server.environment.items():
        monkeypatch.setenv(name, value)
    bench = open_studio(controls=(DRIVE,))
    bench.select_run(RUN)
    player.start()
    qtbot.waitUntil(lambda: player.output.opened is not None, timeout=60_000)
    qtbot.waitUntil(lambda: player.models.reason("model") is None, timeout=60_000)
    return player


@pytest.mark.sound
def test_bar_and_player_in_step(
    sounding: Player, sound_server: SoundServer, qtbot: QtBot, qapp: QApplication
) -> None:
    bar = TransportBar()
    qtbot.addWidget(bar)
    sounding.attach(bar)
    assert bar.source.current == "model"
    with sound_server.recording() as recording:
        bar.play_button.click()
        qtbot.waitUntil(lambda: sounding.playing and sounding.position > 0.5, timeout=20_000)
        assert bar.play_button.isChecked()
        bar.source_chosen.emit("dry")
        qtbot.waitUntil(lambda: bar.source.current == "dry")
        bar.seek.emit(2.0)
        qtbot.waitUntil(lambda: sounding.position > 2.2, timeout=20_000)
        bar.knob_changed.emit("drive", 9.0)
        bar.play_button.click()
        qtbot.waitUntil(lambda: not sounding.playing, timeout=20_000)
        assert not bar.play_button.isChecked()
    assert float(np.max(np.abs(recording.mono()))) > 0.05
    assert sounding.models.values == {"drive": 9.0}


@pytest.mark.sound
def test_another_stretch_goes_on_playing(sounding: Player, qtbot: QtBot) -> None:
    sounding.set_loop(True)
    sounding.set_stretch("test")
    programme = sounding.programme
    assert programme is not None
    sounding.play()
    qtbot.waitUntil(
        lambda: sounding.playing and sounding.position > programme.start, timeout=20_000
    )
    sounding.set_stretch("whole")
    qtbot.waitUntil(
        lambda: sounding.playing and 0.1 < sounding.position < programme.start, timeout=20_000
    )


@pytest.mark.sound
def test_better_checkpoint_is_taken_over_while_playing(sounding: Player, qtbot: QtBot) -> None:
    heard = sounding.models.slots["model"]
    assert heard.path is not None
    model = load_model(heard.path)
    better = model.info.model_copy(update={"name": "Better"})
    save_model(heard.path, type(model)(model.architecture, model.config, model.tensors, better))
    sounding.set_loop(True)
    sounding.play()
    sounding.workbench.jobs.message.emit(RUN, Checkpoint(step=2))
    qtbot.waitUntil(
        lambda: heard.loaded is not None and heard.loaded.name == "Better", timeout=20_000
    )
    qtbot.waitUntil(lambda: heard.model is not None and heard.model.info.name == "Better")
    assert sounding.source == "model"
    qtbot.waitUntil(lambda: sounding.playing, timeout=20_000)


@pytest.mark.sound
def test_engine_that_dies_comes_back_with_everything(sounding: Player, qtbot: QtBot) -> None:
    sounding.client._process.kill()  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: "has been started again" in _last(sounding), timeout=20_000)
    assert sounding.models.reason("model") == "the model is being loaded"
    qtbot.waitUntil(lambda: sounding.models.reason("model") is None, timeout=60_000)
    sounding.play()
    qtbot.waitUntil(lambda: sounding.playing, timeout=20_000)


@pytest.mark.sound
def test_no_device_is_a_sentence_and_ends_by_itself(
    open_studio: Studio,
    player: Player,
    sound_server: SoundServer,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    for name, value in sound_server.environment.items():
        monkeypatch.setenv(name, value)
    sound_server.kill()
    open_studio()
    bar = TransportBar()
    qtbot.addWidget(bar)
    player.attach(bar)
    player.start()
    qtbot.waitUntil(lambda: bool(player.output.trouble), timeout=60_000)
    assert player.output.trouble in bar._status.toolTip()
    player.play()
    assert _last(player) == player.output.trouble
    sound_server.start()
    qtbot.waitUntil(lambda: player.output.opened is not None, timeout=40_000)
    assert player.output.trouble == ""


def _last(player: Player) -> str:
    history = player.workbench.notices.history
    return history[-1].sentence if history else ""
