"""A circuit that is edited: its text is saved and read in the background, nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import app.open_circuit as module
from app.open_circuit import Fault, OpenCircuit, Reading, _Saver, read_text
from app.own_circuits import OwnCircuits
from app.workbench import Workbench
from projects.circuits import read_netlist_text
from projects.errors import TrimpotError


@pytest.fixture
def circuit(bench: Workbench, make_project: Callable[..., Path]) -> Iterator[OpenCircuit]:
    assert bench.open_project(make_project())
    assert bench.session is not None
    circuits = OwnCircuits(bench.session, bench.notices)
    made = OpenCircuit(circuits)
    made.open(circuits.add_template())
    yield made
    made.close()
    made.deleteLater()
    circuits.deleteLater()


def wait_read(qtbot: QtBot, circuit: OpenCircuit) -> Reading:
    qtbot.waitUntil(lambda: not circuit.is_busy and circuit.reading is not None)
    assert circuit.reading is not None
    return circuit.reading


def test_what_a_netlist_offers(circuit: OpenCircuit, qtbot: QtBot) -> None:
    reading = wait_read(qtbot, circuit)
    assert reading.fault is None
    assert [state.name for state in reading.states] == ["vC1"]
    assert [guess.source for guess in reading.inputs] == ["Vin"]
    assert reading.outputs[0] == "out"
    assert [knob.param for knob in reading.knobs] == ["tone"]


def test_typing_is_saved_and_read(circuit: OpenCircuit, qtbot: QtBot) -> None:
    wait_read(qtbot, circuit)
    text = circuit.text.replace("C1 out 0 10n", "C1 out 0 10n\nC2 out 0 1n")
    circuit.set_text(text + "* still typing")
    circuit.set_text(text)
    qtbot.waitUntil(lambda: circuit.reading is not None and circuit.reading.text == text)
    assert read_netlist_text(circuit.folder) == text
    assert circuit.reading is not None
    assert circuit.reading.netlist is not None
    assert len(circuit.reading.netlist.elements) == 4


def test_a_fault_names_its_line_and_the_text_is_saved_all_the_same(
    circuit: OpenCircuit, qtbot: QtBot
) -> None:
    wait_read(qtbot, circuit)
    text = circuit.text.replace("C1 out 0 10n", "C1 out")
    circuit.set_text(text)
    qtbot.waitUntil(lambda: circuit.reading is not None and circuit.reading.fault is not None)
    assert circuit.reading is not None
    assert circuit.reading.fault is not None
    assert circuit.reading.fault.line == 7
    assert read_netlist_text(circuit.folder) == text


def test_closing_saves_what_was_typed_last(circuit: OpenCircuit) -> None:
    folder = circuit.folder
    circuit.set_text(circuit.text + "* a last word\n")
    circuit.close()
    assert read_netlist_text(folder).endswith("* a last word\n")


def test_reading_leaves_the_windows_thread(
    circuit: OpenCircuit, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_read(qtbot, circuit)
    threads: list[threading.Thread] = []

    def spy(text: str, folder: Path, dialect: str = "") -> Reading:
        threads.append(threading.current_thread())
        return read_text(text, folder, dialect)

    monkeypatch.setattr(module, "read_text", spy)
    parts = "\n".join(f"R{n} n{n} n{n + 1} {n + 1}k" for n in range(2000))
    circuit.set_text(f"title\nVin n0 0 AC 1\n{parts}\nC1 n2000 0 1n\n.end\n")
    qtbot.waitUntil(lambda: bool(circuit.reading and circuit.reading.text == circuit.text))
    assert threads
    assert threading.main_thread() not in threads


def test_an_older_text_never_overtakes_a_newer_one(tmp_path: Path) -> None:
    saver = _Saver()
    first, second = saver.next(), saver.next()
    saver.save(tmp_path, "newer", second)
    saver.save(tmp_path, "older", first)
    assert read_netlist_text(tmp_path) == "newer"


def test_a_circuit_that_was_removed_is_not_written_again(tmp_path: Path) -> None:
    saver = _Saver()
    saver.save(tmp_path / "gone", "text", saver.next())
    assert not (tmp_path / "gone").exists()


def test_a_text_without_end_is_not_saved(tmp_path: Path) -> None:
    saver = _Saver()
    with pytest.raises(TrimpotError, match="4 MB"):
        saver.save(tmp_path, "x" * 4_000_001, saver.next())
    assert not list(tmp_path.iterdir())


def test_a_fault_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "models.lib").write_text("* models\nR9 a\n")
    reading = read_text("title\nVin a 0 AC 1\n.include models.lib\n.end\n", tmp_path)
    assert reading.fault is not None
    assert (reading.fault.line, reading.fault.file) == (2, "models.lib")
    assert isinstance(reading.fault, Fault)


def test_the_set_up_is_changed_and_undone(circuit: OpenCircuit, bench: Workbench) -> None:
    assert circuit.sheet is not None
    assert circuit.change("Change the drive", drive=2.0)
    assert circuit.sheet.drive == 2.0
    assert bench.session is not None
    bench.session.undo_stack.undo()
    assert circuit.sheet.drive == 1.0
    told: list[str] = []
    circuit.refused.connect(told.append)
    assert not circuit.change("Change the drive", drive=-1.0)
    assert circuit.sheet.drive == 1.0
    assert told[0].startswith("Change the drive is not possible: ")
