"""Jobs of the window with real workers: done, failed, cancelled, killed, resumed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from small_jobs import SIMULATION, wait_for_end, wait_until_running, wav_pair

from app.jobs import outcome_words
from app.workbench import Workbench

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def start_simulation(qtbot: QtBot, bench: Workbench) -> tuple[str, int]:
    job_id = bench.start_job("simulate", "Long", SIMULATION)
    assert job_id is not None
    return job_id, wait_until_running(qtbot, bench, job_id)


def test_an_import_becomes_a_capture(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    assert bench.create_project(tmp_path / "P")
    assert bench.session is not None
    counts: list[int] = []
    bench.jobs.count_changed.connect(counts.append)
    job = wav_pair(tmp_path / "audio")
    end = wait_for_end(qtbot, bench, lambda: bench.start_job("import", "Pair", job))
    assert end.state == "done"
    assert [entry.name for entry in bench.session.manifest.captures] == ["Pair"]
    assert bench.capture_id == bench.session.manifest.captures[0].id
    assert bench.session.undo_stack.undoText() == "Add Pair"
    assert counts == [1, 0]
    assert bench.notices.history[-1].level == "success"


def test_a_refusal_is_one_sentence(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    assert bench.create_project(tmp_path / "P")
    job = wav_pair(tmp_path / "audio")
    wet = tmp_path / "audio" / "wet.wav"
    wet.write_bytes(wet.read_bytes()[:1000])
    end = wait_for_end(qtbot, bench, lambda: bench.start_job("import", "Pair", job))
    assert end.state == "failed"
    notice = bench.notices.history[-1]
    assert notice.level == "error"
    assert "wet.wav" in notice.sentence
    assert bench.session is not None
    assert bench.session.manifest.captures == ()


@posix
def test_a_killed_worker_says_so_and_can_be_resumed(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    assert bench.create_project(tmp_path / "P")
    job_id, pid = start_simulation(qtbot, bench)
    end = wait_for_end(qtbot, bench, lambda: os.kill(pid, signal.SIGKILL))
    assert end.state == "interrupted"
    assert "killed (SIGKILL" in end.text
    assert bench.session is not None
    (found,) = bench.session.jobs("simulate")
    assert found.status.state == "interrupted"
    assert found.status.text == end.text
    notice = bench.notices.history[-1]
    assert [action.text for action in notice.actions] == ["Resume"]
    notice.actions[0].do()
    wait_until_running(qtbot, bench, job_id)
    worker = bench.jobs.worker(job_id)
    assert worker is not None
    assert wait_for_end(qtbot, bench, worker.cancel).state == "cancelled"


def test_cancelling_ends_the_worker(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    assert bench.create_project(tmp_path / "P")
    job_id, _ = start_simulation(qtbot, bench)
    worker = bench.jobs.worker(job_id)
    assert worker is not None
    assert wait_for_end(qtbot, bench, worker.cancel).state == "cancelled"
    assert bench.jobs.active() == []
    assert bench.session is not None
    assert bench.session.jobs("simulate")[0].status.state == "cancelled"


def test_closing_the_project_stops_its_jobs_quietly(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    assert bench.create_project(tmp_path / "P")
    start_simulation(qtbot, bench)
    end = wait_for_end(qtbot, bench, bench.close_project)
    assert end.state == "interrupted"
    assert [notice.sentence for notice in bench.notices.history] == []
    assert bench.open_project(tmp_path / "P")
    assert bench.session is not None
    assert bench.session.jobs("simulate")[0].status.state == "interrupted"


def test_a_worker_that_cannot_start_is_told(
    qtbot: QtBot, bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench.create_project(tmp_path / "P")
    monkeypatch.setattr("app.jobs.program_arguments", lambda *_: (str(tmp_path / "gone"), []))
    job = wav_pair(tmp_path / "audio")
    end = wait_for_end(qtbot, bench, lambda: bench.start_job("import", "Pair", job))
    assert (end.state, end.text) == ("failed", "The worker process could not be started.")


@pytest.mark.parametrize(
    ("code", "crashed", "words"),
    [
        (1, False, "stopped with code 1"),
        (9, True, "was killed (SIGKILL"),
        (11, True, "crashed (SIGSEGV)"),
        (12345, True, "crashed (code 12345)"),
    ],
)
@posix
def test_outcomes_in_words(code: int, crashed: bool, words: str) -> None:
    assert outcome_words(code, crashed).startswith(words)
