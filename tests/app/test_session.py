"""Changes of the manifest: undoable, refused in words where the test part is locked."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from app import edits
from app.session import ProjectSession
from app.workbench import Workbench
from projects.circuits import CircuitSheet, create_circuit
from projects.jobs import read_job
from projects.project import Project


@pytest.fixture
def session(bench: Workbench, make_project: Callable[..., Path]) -> ProjectSession:
    assert bench.open_project(make_project("Strings", "Bass"))
    assert bench.session is not None
    return bench.session


def names_on_disk(session: ProjectSession) -> list[str]:
    project = Project.open(session.folder, write=False)
    return [entry.name for entry in project.manifest.captures]


def test_renaming_is_saved_and_undone(session: ProjectSession) -> None:
    first = session.manifest.captures[0].id
    assert session.change("Rename capture", edits.rename_capture(first, "Slide"))
    assert names_on_disk(session) == ["Slide", "Bass"]
    assert session.undo_stack.undoText() == "Rename capture"
    session.undo_stack.undo()
    assert names_on_disk(session) == ["Strings", "Bass"]
    session.undo_stack.redo()
    assert names_on_disk(session) == ["Slide", "Bass"]


def test_removing_keeps_the_audio_so_that_undo_brings_it_back(session: ProjectSession) -> None:
    first = session.manifest.captures[0].id
    session.change("Remove", edits.remove_captures([first]))
    assert names_on_disk(session) == ["Bass"]
    assert session.adopt() == []
    session.undo_stack.undo()
    assert names_on_disk(session) == ["Strings", "Bass"]
    assert session.capture(first) is not None


def test_leaving_out_is_undoable(session: ProjectSession) -> None:
    first = session.manifest.captures[0].id
    session.change("Leave out", edits.include_captures([first], False))
    assert not session.manifest.captures[0].included
    session.undo_stack.undo()
    assert session.manifest.captures[0].included


def test_nothing_changed_is_no_step(session: ProjectSession) -> None:
    first = session.manifest.captures[0]
    assert not session.change("Rename", edits.rename_capture(first.id, first.name))
    assert session.undo_stack.count() == 0


def test_the_parts_can_be_moved_until_they_are_locked(
    bench: Workbench, session: ProjectSession
) -> None:
    entry = session.manifest.captures[0]
    capture = session.capture(entry.id)
    assert capture is not None
    before = session.split_of(entry)
    assert session.change("Divide", edits.divide_by_time(capture, 0.1, 0.3))
    test = session.split_of(entry).of("test")[0]
    assert (test.stop - test.start) / capture.n_samples == pytest.approx(0.3, abs=0.01)
    session.undo_stack.undo()
    assert session.split_of(entry) == before
    session.lock_tests()
    assert not session.change("Divide", edits.divide_by_time(capture, 0.1, 0.3))
    assert "locked" in bench.notices.history[-1].sentence
    assert session.split_of(entry).sections == before.sections


def test_undo_does_not_unlock(session: ProjectSession) -> None:
    entry = session.manifest.captures[0]
    session.change("Rename", edits.rename_capture(entry.id, "Slide"))
    session.lock_tests()
    session.undo_stack.undo()
    assert session.manifest.captures[0].name == "Strings"
    assert all(split.locked for split in session.manifest.splits)


def test_a_damaged_capture_is_told_once(
    bench: Workbench, make_project: Callable[..., Path]
) -> None:
    folder = make_project("Strings", folder="Damaged")
    next(folder.glob("captures/*/capture.json")).write_text("{")
    assert bench.open_project(folder)
    assert bench.session is not None
    entry = bench.session.manifest.captures[0]
    assert bench.session.capture(entry.id) is None
    assert bench.session.capture(entry.id) is None
    assert len([n for n in bench.notices.history if n.level == "error"]) == 1


def test_a_full_disk_leaves_the_project_as_it_was(
    session: ProjectSession, monkeypatch: pytest.MonkeyPatch, bench: Workbench
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    first = session.manifest.captures[0].id
    monkeypatch.setattr("os.open", refuse)
    assert not session.change("Rename", edits.rename_capture(first, "Slide"))
    assert "disk is full" in bench.notices.history[-1].sentence
    assert session.manifest.captures[0].name == "Strings"
    assert session.undo_stack.count() == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "damaged"), ('{"schema_version": 99}', "newer")],
)
def test_a_project_that_cannot_be_opened_is_one_sentence(
    bench: Workbench, make_project: Callable[..., Path], text: str, words: str
) -> None:
    folder = make_project("Strings", folder="Broken")
    manifest = folder / "project.json"
    manifest.write_text(text)
    assert not bench.open_project(folder)
    assert words in bench.notices.history[-1].sentence.lower()
    assert bench.session is None
    assert manifest.read_text() == text


def test_a_simulation_of_ones_own_circuit_holds_what_it_is_made_of(
    session: ProjectSession,
) -> None:
    sheet = CircuitSheet(id="amp", name="Amp", input="in", output="out")
    folder = create_circuit(session.folder, sheet, "Amp\nR1 in out 1k\nR2 out 0 1k\n.end\n")
    config = {"source": "netlist", "config": {"circuit": "amp"}}
    made = session.new_job("simulate", "Amp", config)
    assert made is not None
    hashes = read_job(made).hashes
    assert set(hashes) == {"circuits/amp/circuit.cir", "circuits/amp/circuit.json"}
    (folder / "circuit.cir").write_text("Amp\nR1 in out 2k\nR2 out 0 1k\n.end\n")
    again = session.new_job("simulate", "Amp", config)
    assert again is not None
    assert read_job(again).hashes != hashes
    gone = {"source": "netlist", "config": {"circuit": "gone"}}
    assert session.new_job("simulate", "Gone", gone) is None
    library = session.new_job("simulate", "Fuzz", {"source": "circuit", "config": {}})
    assert library is not None
    assert read_job(library).hashes == {}
