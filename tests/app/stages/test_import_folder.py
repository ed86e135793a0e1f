"""Importing folders: the live preview, the knobs, what is refused, and the job itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot
from small_jobs import wait_for_end

from app.player import Player
from app.stages.data import DataStage
from app.stages.import_pair import read_knobs
from app.stages.import_pane import ImportPane
from app.workbench import Workbench

RATE = 8000
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def write_set(folder: Path, *names: str, seconds: float = 3.0) -> Path:
    """A dry file and wet ones of these names, which are louder by their place."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    dry = (0.2 * rng.standard_normal(round(seconds * RATE))).clip(-1, 1)
    soundfile.write(folder / "Input.wav", dry, RATE, "FLOAT")
    for place, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, np.tanh((1 + place) * dry), RATE, "FLOAT")
    return folder


@pytest.fixture
def page(bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]) -> DataStage:
    """The stage of an empty project."""
    assert bench.open_project(make_project())
    player = Player(bench)
    made = DataStage(bench, player)
    player.setParent(made)
    qtbot.addWidget(made)
    made.resize(1280, 640)
    made.show()
    return made


def pane_of(page: DataStage) -> ImportPane:
    pane = page.stack.currentWidget()
    assert isinstance(pane, ImportPane)
    return pane


def cells(pane: ImportPane, row: int) -> list[str]:
    model = pane.folder.table.found
    return [model.data(model.index(row, column)) for column in range(model.columnCount())]


def test_a_folder_is_read_by_the_pattern_that_its_names_suggest(
    page: DataStage, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_set(tmp_path / "amp", "out_gain_05_tone_1.wav", "out_gain_1_tone_0.wav")
    page.show_import_folder(folder)
    pane = pane_of(page)
    assert pane.way == "folder"
    assert not pane.primary().enabled
    qtbot.waitUntil(lambda: pane.primary().enabled, timeout=10_000)
    assert pane.folder.pattern.text() == "out_gain_{gain}_tone_{tone}"
    assert pane.folder.dry.text() == "Input.wav"
    assert pane.primary().text == "Import 2 recordings"
    assert cells(pane, 0) == ["out_gain_1_tone_0.wav", "1", "0", "Input.wav"] or cells(pane, 0) == [
        "out_gain_05_tone_1.wav",
        "0.5",
        "1",
        "Input.wav",
    ]
    assert "2 recordings with dry and wet  ·  6.0 s" in pane.folder.found.text()
    assert "about 288 kB" in pane.folder.size_words.text()


def test_the_preview_follows_what_is_typed(page: DataStage, qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_set(tmp_path / "amp", "out_gain_05.wav", "out_gain_1.wav", "other.wav")
    page.show_import_folder(folder)
    pane = pane_of(page)
    qtbot.waitUntil(lambda: pane.primary().enabled, timeout=10_000)
    pane.folder.pattern.clear()
    qtbot.keyClicks(pane.folder.pattern, "out_gain_{level}")
    assert pane.primary().why_not == "Looking through the folder…"
    qtbot.waitUntil(lambda: pane.primary().enabled, timeout=10_000)
    assert [control.name for control in pane.folder.knobs.controls()] == ["level"]
    assert "1 other file not used" in pane.folder.found.text()

    qtbot.keyClicks(pane.folder.pattern, "{level")
    qtbot.waitUntil(lambda: bool(pane.folder.refusal), timeout=10_000)
    assert not pane.primary().enabled
    assert pane.folder.banner.level == "error"

    pane.folder.pattern.clear()
    qtbot.keyClicks(pane.folder.pattern, "nothing_{like}_it")
    qtbot.waitUntil(lambda: "No recording has" in pane.primary().why_not, timeout=10_000)
    assert "No name fits" in pane.folder.banner.sentence


def test_a_range_that_leaves_a_setting_out_cannot_be_imported(
    page: DataStage, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_set(tmp_path / "amp", "out_gain_05.wav", "out_gain_1.wav")
    page.show_import_folder(folder)
    pane = pane_of(page)
    qtbot.waitUntil(lambda: pane.primary().enabled, timeout=10_000)
    row = pane.folder.knobs.rows[0]
    row.high.setText("0.7")
    row.high.editingFinished.emit()
    assert pane.primary().why_not == "gain stands at 1 in a name, outside its range."
    row.high.setText("2")
    row.high.editingFinished.emit()
    assert pane.primary().enabled


def test_a_folder_that_is_not_there_is_said(page: DataStage, qtbot: QtBot, tmp_path: Path) -> None:
    page.show_import_folder(tmp_path / "gone")
    pane = pane_of(page)
    qtbot.waitUntil(lambda: bool(pane.folder.refusal), timeout=10_000)
    assert "gone is not there" in pane.folder.banner.sentence


def test_a_folder_is_imported_with_the_knobs_as_typed(
    page: DataStage, qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    folder = write_set(tmp_path / "amp", "out_gain_05.wav", "out_gain_1.wav")
    page.show_import_folder(folder)
    pane = pane_of(page)
    qtbot.waitUntil(lambda: pane.primary().enabled, timeout=10_000)
    row = pane.folder.knobs.rows[0]
    row.high.setText("10")
    row.unit.setText("dB")
    row.unit.editingFinished.emit()
    end = wait_for_end(qtbot, bench, page.do_primary)
    assert end.state == "done", end.text
    assert bench.session is not None
    manifest = bench.session.manifest
    assert sorted(entry.knobs["gain"] for entry in manifest.captures) == [0.5, 1.0]
    assert (manifest.controls[0].maximum, manifest.controls[0].unit) == (10.0, "dB")
    qtbot.waitUntil(lambda: all(row.capture for row in page.model.all_rows), timeout=10_000)
    assert page.stack.currentWidget() is page.view


def test_the_signaltrain_layout_has_its_own_form(
    page: DataStage, qtbot: QtBot, tmp_path: Path
) -> None:
    root = tmp_path / "set"
    for part, number, name in (
        ("Train", "001", "target_001_LA2A_2c__0__50.wav"),
        ("Val", "002", "target_002_LA2A_2c__1__65.wav"),
        ("Test", "003", "target_003_LA2A_2c__0__70.wav"),
    ):
        made = write_set(root / part, name)
        (made / "Input.wav").rename(made / f"input_{number}_.wav")
    (root / "Train" / "input_009_.wav").write_bytes(b"")
    page.show_import_folder(root)  # dropped as any folder: its layout is noticed
    pane = pane_of(page)
    qtbot.waitUntil(lambda: pane.way == "signaltrain" and pane.primary().enabled, timeout=10_000)
    assert pane.primary().text == "Import 3 pairs"
    found = pane.signaltrain.found.text()
    assert found == "3 pairs  ·  9.0 s  ·  1 training  ·  1 validation  ·  1 test"
    assert "switch 0, 1; peak reduction 50, 65, 70" in pane.signaltrain.settings_found.text()
    assert "input_009_" in pane.signaltrain.banner.sentence
    assert pane.signaltrain.form is not None
    assert pane.signaltrain.form.value()["shifted"] == "leave-out"


def test_the_options_are_in_words_and_remembered(
    page: DataStage, qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    folder = write_set(tmp_path / "amp", "out_gain_05.wav", "out_gain_1.wav")
    page.show_import_folder(folder)
    pane = pane_of(page)
    form = pane.folder.form
    assert form is not None
    keep = form.field_widget("keep")
    offered = {keep.itemText(n) for n in range(keep.count())}  # type: ignore[attr-defined]
    assert offered == {"Copied into the project", "Used where they lie"}
    form.set_value({"keep": "reference"})
    qtbot.waitUntil(lambda: pane.primary().enabled, timeout=10_000)
    end = wait_for_end(qtbot, bench, page.do_primary)
    assert end.state == "done", end.text
    assert bench.settings.values.forms["import-recordings"]["keep"] == "reference"
    assert bench.session is not None
    capture = bench.session.capture(bench.session.manifest.captures[0].id)
    assert capture is not None
    assert capture.signal("wet").reference is not None


@pytest.mark.parametrize(
    ("text", "knobs"),
    [
        ("", {}),
        ("drive = 5, tone 0.3", {"drive": 5.0, "tone": 0.3}),
        ("peak reduction: 65;", {"peak reduction": 65.0}),
    ],
)
def test_settings_of_a_pair_are_read_as_typed(text: str, knobs: dict[str, float]) -> None:
    assert read_knobs(text) == (knobs, "")


@pytest.mark.parametrize("text", ["loud", "drive =", "drive = loud", "a 1, a 2"])
def test_settings_that_cannot_be_read_are_refused(text: str) -> None:
    knobs, problem = read_knobs(text)
    assert (knobs, bool(problem)) == ({}, True)


@pytest.mark.skipif(not (DATA / "cl1b").is_dir(), reason="the development recordings are not here")
def test_real_recordings_are_read_by_their_names(page: DataStage, qtbot: QtBot) -> None:
    page.show_import_folder(DATA / "cl1b")
    pane = pane_of(page)
    qtbot.waitUntil(lambda: pane.primary().enabled, timeout=10_000)
    assert pane.primary().text == "Import 12 recordings"
    assert [control.name for control in pane.folder.knobs.controls()] == ["at", "re", "ra", "th"]
