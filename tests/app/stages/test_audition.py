"""The Audition stage: model, knobs, source, devices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.player import Player
from app.stages.audition import AuditionStage
from app.stages.base import Stage
from app.stages.model_list import esr_text
from app.workbench import Workbench
from engines.audio.files import write_wav
from engines.audition.protocol import Device, Devices, Levels, Opened
from engines.audition.protocol import Status as EngineStatus
from projects.manifest import Control

Studio = Callable[..., Workbench]
Show = Callable[[type[Stage]], AuditionStage]
RUNS = ("20260101-000000-aaaaaa", "20260102-000000-aaaaaa")
DRIVE = Control(name="drive", minimum=0.0, maximum=10.0, default=5.0)


def test_empty_place_leads_to_train(open_studio: Studio, show: Show, qtbot: QtBot) -> None:
    bench = open_studio(runs=())
    stage = show(AuditionStage)
    assert stage.empty.isVisible()
    with qtbot.waitSignal(bench.stage_requested) as asked:
        stage.empty.button.click()
    assert asked.args == ["train"]
    assert not stage.primary().enabled


def test_newest_model_with_its_figure_in_words(
    open_studio: Studio, show: Show, qtbot: QtBot, player: Player
) -> None:
    bench = open_studio(runs=("Old", "New"))
    stage = show(AuditionStage)
    assert bench.run_id == RUNS[1]
    assert stage.header.name.text() == "New"
    assert "very close" in stage.header.verdict.text()
    qtbot.waitUntil(lambda: "weights" in stage.header.facts.text())
    assert stage.knobs == {}
    assert player.stretch == "test"
    stage.models.list.setCurrentRow(1)
    assert bench.run_id == RUNS[0]
    assert stage.header.name.text() == "Old"


def test_knobs_turn_the_model(
    open_studio: Studio, show: Show, qtbot: QtBot, player: Player
) -> None:
    open_studio(controls=(DRIVE,))
    stage = show(AuditionStage)
    qtbot.waitUntil(lambda: "drive" in stage.knobs)
    knob = stage.knobs["drive"]
    knob.setFocus()
    before = knob.current
    qtbot.keyClick(knob, Qt.Key.Key_Up)
    assert knob.current > before
    assert player.models.values["drive"] == knob.current


def test_waveform_and_seek(open_studio: Studio, show: Show, qtbot: QtBot, player: Player) -> None:
    open_studio()
    stage = show(AuditionStage)
    qtbot.waitUntil(lambda: len(stage.view.waves.signals) == 2)
    stage.view.waves.seek.emit(1.0)
    assert player.stretch == "whole"
    assert stage.stretch.current == "whole"
    assert player.position == 1.0


def test_second_model_is_marked(open_studio: Studio, show: Show, player: Player) -> None:
    open_studio(runs=("Old", "New"))
    stage = show(AuditionStage)
    assert stage.second.count() == 2
    stage.second.setCurrentIndex(1)
    stage.second.activated.emit(1)
    assert player.models.slots["second"].run_id == RUNS[0]
    assert stage.second.currentData() == RUNS[0]


def test_dropped_file_is_heard(
    open_studio: Studio, show: Show, qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    open_studio()
    stage = show(AuditionStage)
    path = tmp_path / "my riff.wav"
    write_wav(path, np.zeros(24_000, np.float32), 48_000)
    assert stage.drop.show_for([path])
    assert "my riff.wav" in stage.drop.sentence
    assert not stage.drop.show_for([tmp_path / "project.json"])
    stage.drop.dropped.emit([path])
    qtbot.waitUntil(lambda: player.programme is not None and player.programme.dry == path)
    assert stage.source.currentText() == "my riff.wav"
    stage.source.setCurrentIndex(0)
    stage.source.activated.emit(0)
    qtbot.waitUntil(lambda: player.programme is not None and player.programme.wet is not None)


def test_device_and_block_last(open_studio: Studio, show: Show, player: Player) -> None:
    bench = open_studio()
    stage = show(AuditionStage)
    player.client.devices_found.emit(
        Devices(
            devices=(
                Device(id="ALSA: a", name="a", interface="ALSA", channels=2, rate=48000),
                Device(id="ALSA: b", name="b", interface="ALSA", channels=2, rate=44100),
            )
        )
    )
    assert stage.sound.device.count() == 3
    stage.sound.device.setCurrentIndex(2)
    stage.sound.device.activated.emit(2)
    stage.sound.block.setCurrentIndex(stage.sound.block.findData(64))
    stage.sound.block.activated.emit(stage.sound.block.currentIndex())
    stage.sound.volume.setValue(50)
    kept = bench.settings._load()
    assert (kept.audio_device, kept.block_size, kept.volume) == ("ALSA: b", 64, 0.25)
    sent = player.client._wanted["output"]
    assert sent.device == "ALSA: b"  # type: ignore[union-attr]


def test_trouble_is_a_banner_with_a_way_out(
    open_studio: Studio, show: Show, player: Player
) -> None:
    open_studio()
    stage = show(AuditionStage)
    assert not stage.trouble.isVisible()
    player.client.no_device.emit("There is no sound device.", "")
    assert stage.trouble.isVisible()
    assert stage.trouble.sentence == "There is no sound device."
    player.client.opened.emit(
        Opened(device="d", name="d", rate=48000, graph_rate=48000, block=64, latency_ms=4.0)
    )
    assert not stage.trouble.isVisible()


def test_status_in_figures(open_studio: Studio, show: Show, player: Player) -> None:
    open_studio()
    stage = show(AuditionStage)
    player.client.status.emit(
        EngineStatus(
            position=1.25,
            playing=True,
            source="dry",
            input=Levels(peak=-6.0, rms=-12.0),
            output=Levels(peak=-6.0, rms=-12.0),
            load=0.31,
            latency_ms=7.3,
            dropouts=2,
            block=64,
            rate=48000,
            open=True,
        )
    )
    assert "31 %" in stage.sound.load.accessibleName()
    assert "7.3 ms" in stage.sound.latency.accessibleName()
    assert "Dropouts: 2" in stage.sound.dropouts.accessibleName()
    assert stage.primary().text == "Pause"


def test_esr_as_text() -> None:
    assert esr_text(None) == ""
    assert esr_text(1.3e-8) == "ESR 1.3e-8"
    assert esr_text(0.0123) == "ESR 0.012"
