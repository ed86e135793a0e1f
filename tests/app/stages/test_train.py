"""The Train stage: presets, settings, live runs, interrupted runs."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file
from small_jobs import wait_for_end

from app.player import Player
from app.stages.train import TrainStage
from app.workbench import Workbench
from projects.jobs import Job, Status, create_job, write_status
from projects.project import Project

Stage = Callable[[Path], TrainStage]


@pytest.fixture
def stage(bench: Workbench, qtbot: QtBot) -> Stage:
    """Builds the stage over a project."""

    def build(folder: Path) -> TrainStage:
        assert bench.open_project(folder)
        player = Player(bench)
        made = TrainStage(bench, player)
        player.setParent(made)
        qtbot.addWidget(made)
        made.resize(1280, 560)
        made.show()
        return made

    return build


def old_run(folder: Path, state: str, *, best: bool = False, name: str = "Old run") -> str:
    """A run of an earlier day, as its worker left it."""
    with Project.open(folder) as project:
        run = project.new_job(Job(kind="train", name=name, config={"architecture": "lstm"}))
    lines = [
        {"step": step, "seconds": 2.0 * step, "esr_validation": 0.5 / step, "loss": 1.0 / step}
        for step in range(1, 6)
    ]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    time = np.arange(64) / 48_000
    wave = np.sin(time * 3000).astype(np.float32)
    arrays = {
        f"{moment}.{name}": wave
        for moment in ("worst", "median")
        for name in ("dry", "wet", "predicted")
    } | {"worst.time": time.astype(np.float32), "median.time": time.astype(np.float32)}
    save_file(arrays, run / "preview.safetensors")
    if best:
        (run / "best.safetensors").write_bytes(b"")
    figures = {"esr_test": 0.004, "n_weights": 361} if state == "done" else {}
    text = "It was stopped in the middle." if state == "interrupted" else "Trained."
    write_status(run, Status(state=state, text=text, figures=figures))  # type: ignore[arg-type]
    return run.name


def test_without_captures_it_sends_to_data(
    bench: Workbench, stage: Stage, make_project: Callable[..., Path]
) -> None:
    page = stage(make_project())
    assert page.stack.currentWidget() is page.empty
    assert not page.primary().enabled
    shown: list[str] = []
    bench.stage_requested.connect(shown.append)
    page.empty.action.emit()
    assert shown == ["data"]


def test_without_states_the_state_network_says_why_not(
    stage: Stage, make_project: Callable[..., Path]
) -> None:
    page = stage(make_project("Amp", states=False))
    why, cards = page.pane._sections["stn"]
    assert not why.isHidden()
    assert not any(card.isEnabled() for card in cards)
    assert page.pane._chosen == ("lstm", "light")
    assert page.primary().enabled


def test_with_states_the_state_network_comes_first(
    stage: Stage, make_project: Callable[..., Path]
) -> None:
    page = stage(make_project("Clipper"))
    assert page.pane._chosen == ("stn", "light")
    assert page.pane._sections["stn"][0].isHidden()
    page.pane.cards["stn", "best"].click()
    assert page.pane.model_form is not None
    assert page.pane.model_form.value()["hidden"] == [16, 16]


def test_settings_that_do_not_fit_are_refused_before_anything_runs(
    stage: Stage, make_project: Callable[..., Path]
) -> None:
    page = stage(make_project("Clipper"))
    page.pane.settings_form.set_value({"max_seconds": -1.0})
    assert page.pane.settings_form.problems()
    assert "do not fit" in page.primary().why_not


def test_an_old_run_shows_its_curves_figures_and_moments(
    qtbot: QtBot, bench: Workbench, stage: Stage, make_project: Callable[..., Path]
) -> None:
    folder = make_project("Clipper")
    run_id = old_run(folder, "done", best=True)
    page = stage(folder)
    assert page.stack.currentWidget() is page.view
    assert bench.run_id == run_id
    curve = page.view.curves.curve("esr_validation")
    np.testing.assert_allclose(curve.x, [2, 4, 6, 8, 10])
    np.testing.assert_allclose(curve.y[-1], 0.1)
    qtbot.waitUntil(lambda: page.view.prediction.isVisible(), timeout=5000)
    assert page.model.rows[0].esr == 0.004
    assert page.primary().text == "Listen"
    shown: list[str] = []
    bench.stage_requested.connect(shown.append)
    page.do_primary()
    assert shown == ["audition"]


def test_an_interrupted_run_says_so_and_offers_to_resume(
    stage: Stage, make_project: Callable[..., Path]
) -> None:
    folder = make_project("Clipper")
    old_run(folder, "interrupted")
    page = stage(folder)
    view = page.view
    assert view.trouble.sentence == "It was stopped in the middle."
    assert not view.trouble.isHidden()
    assert not view.resume.isHidden()
    assert view.pause.isHidden()
    assert page.primary().text == "Resume"


def test_a_damaged_run_is_a_sentence_and_no_more(
    bench: Workbench, stage: Stage, make_project: Callable[..., Path]
) -> None:
    folder = make_project("Clipper")
    run_id = old_run(folder, "done")
    (folder / "runs" / run_id / "status.json").write_text("{")
    (folder / "runs" / run_id / "metrics.jsonl").write_bytes(b"\xff\xfe not json\n")
    broken = create_job(folder / "runs" / "broken", Job(kind="train", name="Broken"))
    (broken / "job.json").write_text("{")
    page = stage(folder)
    assert [row.id for row in page.model.rows] == [run_id]
    assert page.model.rows[0].state == "interrupted"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_run_is_watched_killed_and_resumed(
    qtbot: QtBot, bench: Workbench, stage: Stage, make_project: Callable[..., Path]
) -> None:
    page = stage(make_project("Amp", states=False))
    page.pane.settings_form.set_value({"max_seconds": 120.0})
    page.do_primary()
    assert page.stack.currentWidget() is page.view
    assert bench.session is not None
    assert all(split.locked for split in bench.session.manifest.splits)
    run_id = bench.run_id
    curves = page.view.curves
    qtbot.waitUntil(
        lambda: "esr_validation" in curves.keys and curves.curve("esr_validation").count >= 1,
        timeout=120_000,
    )
    last = bench.session.folder / "runs" / run_id / "last.safetensors"
    qtbot.waitUntil(last.is_file, timeout=60_000)
    assert page.primary().text == "Listen now"
    worker = bench.jobs.worker(run_id)
    assert worker is not None
    end = wait_for_end(qtbot, bench, lambda: os.kill(worker.pid, signal.SIGKILL))
    assert end.state == "interrupted"
    assert "killed" in page.view.trouble.sentence
    before = curves.curve("esr_validation").count
    page.view.resume.click()
    qtbot.waitUntil(lambda: curves.curve("esr_validation").count > before, timeout=120_000)
    assert page.view.trouble.isHidden()
    resumed = bench.jobs.worker(run_id)
    assert resumed is not None
    end = wait_for_end(qtbot, bench, page.view.stop.click)
    assert end.state == "cancelled"
    assert "esr_test" in end.figures
    assert page.model.rows[0].state == "cancelled"
