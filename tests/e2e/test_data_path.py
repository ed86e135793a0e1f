"""A folder of recordings through the real window: dropped, imported, mended, trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from person import Person
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.stages.data import DataStage
from app.stages.train import TrainStage
from engines.audio.files import write_wav
from engines.effects.compressor import Compressor, CompressorSettings
from engines.signals.builtin import builtin_dry

pytestmark = [pytest.mark.e2e, pytest.mark.sound, pytest.mark.timeout(600)]

RATE = 44_100
LATE = 67
THRESHOLDS = (-40.0, -30.0, -20.0)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A compressor at three thresholds, one of them late, and a file that is no audio."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    dry = builtin_dry(8.0, RATE, seed=3).samples
    write_wav(folder / "Input.wav", dry, RATE)
    for threshold in THRESHOLDS:
        settings = CompressorSettings(threshold=threshold, ratio=4.0, attack=0.003, release=0.06)
        wet = Compressor(settings, RATE).process(dry.astype(np.float64)).astype(np.float32)
        if threshold == THRESHOLDS[1]:
            wet = np.concatenate([np.zeros(LATE, np.float32), wet[:-LATE]])
        write_wav(folder / f"comp_threshold_{threshold:g}.wav", wet, RATE)
    (folder / "comp_threshold_-10.wav").write_text("no audio at all")
    return folder


def test_a_folder_becomes_captures_that_a_compressor_is_fitted_to(
    person: Person, recordings: Path
) -> None:
    window, bench, qtbot = person.window, person.bench, person.qtbot
    person.new_project("Compressor", window.start_page.import_wanted.emit)
    data = window.stage("data")
    assert isinstance(data, DataStage)
    data.show_import_folder(recordings)
    qtbot.waitUntil(lambda: data.primary().enabled, timeout=20_000)
    imported = person.wait_for(person.start_job())
    assert imported.state == "done", imported.text
    assert "comp_threshold_-10.wav" in imported.text
    session = bench.session
    assert session is not None
    entries = {entry.knobs["threshold"]: entry for entry in session.manifest.captures}
    assert sorted(entries) == sorted(THRESHOLDS)
    assert [entries[value].included for value in THRESHOLDS] == [True, False, True]
    assert len(session.manifest.splits) == 1, "one input, one split"
    late = entries[THRESHOLDS[1]]
    wet = session.project.capture_folder(late.id) / "wet.wav"
    before = wet.read_bytes()

    bench.select_capture(late.id)
    align = f"Shift by {LATE} samples instead"
    qtbot.waitUntil(lambda: _button(data, align) is not None, timeout=20_000)
    button = _button(data, align)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    aligned = session.manifest.capture(late.id)
    assert aligned is not None
    assert (aligned.edits.shift, aligned.included) == (LATE, True)
    person.activate()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    undone = session.manifest.capture(late.id)
    assert undone is not None
    assert (undone.edits.shift, undone.included) == (0, False)
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_Z, redo)
    assert session.manifest.capture(late.id) == aligned
    assert wet.read_bytes() == before, "a decision changes no file"

    person.key(Qt.Key.Key_2)
    train = window.stage("train")
    assert isinstance(train, TrainStage)
    train.pane.choose("compressor", "standard")
    fitted = person.wait_for(person.start_job())
    assert fitted.state == "done", fitted.text
    assert len(fitted.figures["captures"]) == 3
    assert fitted.figures["esr_test"] < 1e-3


def _button(page: DataStage, text: str) -> QPushButton | None:
    found = [button for button in page.findChildren(QPushButton) if button.text() == text]
    return next((button for button in found if button.isVisible()), None)
