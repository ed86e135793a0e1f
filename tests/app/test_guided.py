"""The guided example: real jobs one after the other, stoppable at each step."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot
from small_jobs import wait_until_running

from app.guided import GuidedExample, free_folder
from app.guided_strip import GuidedStrip
from app.settings import SettingsStore
from app.workbench import Workbench

pytestmark = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")


@pytest.fixture
def guided(bench: Workbench) -> Iterator[GuidedExample]:
    made = GuidedExample(bench)
    made.audio_seconds = 8.0
    made.train_seconds = 4.0
    yield made
    made.deleteLater()


def test_it_ends_with_a_model_to_listen_to(
    qtbot: QtBot, bench: Workbench, guided: GuidedExample
) -> None:
    strip = GuidedStrip(guided)
    qtbot.addWidget(strip)
    shown: list[str] = []
    bench.stage_requested.connect(shown.append)
    steps: list[int] = []
    guided.changed.connect(lambda: steps.append(guided.step))
    with qtbot.waitSignal(guided.ended, timeout=200_000):
        guided.start()
        assert not strip.isHidden()
    assert strip.isHidden()
    assert shown == ["data", "train", "audition"]
    assert sorted(set(steps)) == [-1, 1, 2]
    assert bench.session is not None
    (run,) = bench.session.jobs("train")
    assert run.status.state == "done", run.status.text
    assert bench.run_id == run.job.id
    assert (run.folder / "best.safetensors").is_file()


def test_it_can_be_stopped_and_keeps_the_project(
    qtbot: QtBot, bench: Workbench, guided: GuidedExample
) -> None:
    guided.audio_seconds = 60.0
    guided.start()
    wait_until_running(qtbot, bench, guided.job_id)
    with qtbot.waitSignal(bench.jobs.ended, timeout=60_000):
        guided.stop()
    assert not guided.active
    assert bench.session is not None
    assert bench.session.jobs("train") == []


def test_a_second_one_gets_a_folder_of_its_own(settings: SettingsStore) -> None:
    parent = settings.projects_folder
    first = free_folder(parent, "Guided example")
    first.mkdir(parents=True)
    assert free_folder(parent, "Guided example").name == "Guided example 2"
