"""The worker's protocol and life cycle, by a job that does nothing but wait to be stopped."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import engines.jobs
from engines.jobs.base import Handler, Outcome
from engines.worker.context import JobContext
from engines.worker.main import JobRunner
from engines.worker.protocol import End, Message, Metric, Progress, State, decode, encode
from engines.worker.slots import slot_count, slot_folder
from projects.errors import TrimpotError
from projects.jobs import Job, read_status
from projects.project import Project

ROOT = Path(__file__).resolve().parents[3]


class Config(BaseModel):
    steps: int = 3


Body = Callable[[Config, JobContext], Outcome]


@pytest.fixture
def run_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., JobRunner]]:
    """Make a job whose work is the function given; returns its runner and collects messages."""
    project = Project.create(tmp_path / "p")

    def make(body: Body, messages: list[Message], *, heavy: bool = False) -> JobRunner:
        handler = Handler(Config=Config, run=body, heavy=heavy)
        monkeypatch.setattr("engines.worker.main.handler", lambda kind: handler)
        folder = project.new_job(Job(kind="render", name="job", config={"steps": 3}))
        return JobRunner(folder, messages.append)

    yield make
    project.close()


def test_done(run_body: Callable[..., JobRunner]) -> None:
    messages: list[Message] = []

    def body(config: Config, context: JobContext) -> Outcome:
        for step in range(config.steps):
            context.check()
            context.metric(step, step * 0.5, {"esr": 0.1, "broken": float("nan")})
        context.progress(1.0, "there")
        return Outcome("Done.", {"answer": 42}, ("a.txt",))

    runner = run_body(body, messages)
    end = runner.run()
    assert (end.state, end.figures) == ("done", {"answer": 42})
    assert messages[-1] is end
    metrics = [message for message in messages if isinstance(message, Metric)]
    assert [metric.values for metric in metrics] == [{"esr": 0.1}] * 3
    assert (runner.folder / "metrics.jsonl").read_text().count("\n") == 3
    status = read_status(runner.folder)
    assert (status.state, status.files) == ("done", ("a.txt",))


def test_cancel_and_pause(run_body: Callable[..., JobRunner]) -> None:
    messages: list[Message] = []
    beats: list[float] = []

    def body(config: Config, context: JobContext) -> Outcome:
        while True:
            beats.append(time.monotonic())
            context.wait(0.02)

    runner = run_body(body, messages)
    thread = threading.Thread(target=runner.run)
    thread.start()
    wait_for(lambda: len(beats) > 2)
    runner.command("pause")
    wait_for(lambda: read_status(runner.folder).state == "paused")
    count = len(beats)
    time.sleep(0.15)
    assert len(beats) == count
    runner.command("resume")
    wait_for(lambda: len(beats) > count)
    runner.command("cancel")
    thread.join(10)
    assert read_status(runner.folder).state == "cancelled"
    assert [m.state for m in messages if isinstance(m, State)] == ["running", "paused", "running"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TrimpotError("The wav is empty.", details="more"), "The wav is empty."),
        (MemoryError(), "ran out of memory"),
        (ZeroDivisionError("1/0"), "fault in Trimpot"),
    ],
)
def test_errors_become_sentences(
    run_body: Callable[..., JobRunner], error: Exception, words: str
) -> None:
    def body(config: Config, context: JobContext) -> Outcome:
        raise error

    runner = run_body(body, [])
    end = runner.run()
    assert end.state == "failed"
    assert words in end.text
    assert read_status(runner.folder).text == end.text


def test_second_worker_is_refused(run_body: Callable[..., JobRunner]) -> None:
    first_messages: list[Message] = []
    runner = run_body(lambda config, context: context.wait(60), first_messages)
    thread = threading.Thread(target=runner.run)
    thread.start()
    wait_for(lambda: any(isinstance(message, State) for message in first_messages))
    second = JobRunner(runner.folder, lambda message: None).run()
    assert second.state == "failed"
    assert "Another process" in second.text
    runner.command("cancel")
    thread.join(10)


def test_heavy_jobs_wait_their_turn(run_body: Callable[..., JobRunner]) -> None:
    slot_folder().mkdir(parents=True, exist_ok=True)
    locks = [FileLock(slot_folder() / f"slot-{n}.lock") for n in range(slot_count())]
    for lock in locks:
        lock.acquire()
    messages: list[Message] = []
    runner = run_body(lambda config, context: Outcome("Done."), messages, heavy=True)
    thread = threading.Thread(target=runner.run)
    thread.start()
    wait_for(lambda: read_status(runner.folder).state == "waiting")
    locks[0].release()
    thread.join(10)
    for lock in locks:
        lock.release(force=True)
    assert read_status(runner.folder).state == "done"


def test_worker_process_fails_in_words_for_a_damaged_job(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text('{"kind": "train"')
    done = subprocess.run(
        [sys.executable, "-m", "app", "--worker", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    end = decode(done.stdout.splitlines()[-1])
    assert isinstance(end, End)
    assert end.state == "failed"
    assert "damaged" in end.text
    assert done.returncode == 1


@given(line=st.binary(max_size=300))
def test_any_line_is_a_message_or_none(line: bytes) -> None:
    decode(line)


@given(fraction=st.none() | st.floats(0, 1), text=st.text(max_size=50))
def test_messages_round_trip(fraction: float | None, text: str) -> None:
    message = Progress(fraction=fraction, text=text)
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode(line.rstrip(b"\n")) == message


def test_every_kind_of_job_has_its_handler() -> None:
    for kind in engines.jobs.MODULES:
        assert isinstance(engines.jobs.handler(kind), Handler)


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
