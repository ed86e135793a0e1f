"""The project's own circuits come, go and change; every step can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.own_circuits import REMOVED, OwnCircuits
from app.workbench import Workbench
from engines.circuits.library import circuit_named
from engines.circuits.own import open_circuit
from projects.circuits import circuits_of, read_circuit, read_netlist_text


@pytest.fixture
def circuits(bench: Workbench, make_project: Callable[..., Path]) -> Iterator[OwnCircuits]:
    assert bench.open_project(make_project())
    assert bench.session is not None
    made = OwnCircuits(bench.session, bench.notices)
    yield made
    made.deleteLater()


def undo(bench: Workbench) -> None:
    assert bench.session is not None
    bench.session.undo_stack.undo()


def redo(bench: Workbench) -> None:
    assert bench.session is not None
    bench.session.undo_stack.redo()


def test_the_template_can_be_simulated_as_it_is(circuits: OwnCircuits) -> None:
    circuit_id = circuits.add_template()
    circuit = open_circuit(circuits.project, circuit_id)
    assert circuit.problems() == ()
    assert [knob.param for knob in circuit.knobs] == ["tone"]
    made = circuit.circuit()
    assert (made.input, made.output) == ("in", "out")


def test_what_is_added_can_be_taken_back(circuits: OwnCircuits, bench: Workbench) -> None:
    circuit_id = circuits.add_template()
    text = read_netlist_text(circuits.folder(circuit_id))
    undo(bench)
    assert circuits_of(circuits.project) == []
    redo(bench)
    assert circuits_of(circuits.project) == [circuit_id]
    assert read_netlist_text(circuits.folder(circuit_id)) == text


def test_what_is_removed_comes_back_whole(circuits: OwnCircuits, bench: Workbench) -> None:
    circuit_id = circuits.add_template()
    (circuits.folder(circuit_id) / "models.lib").write_text(".model D D\n")
    assert circuits.remove(circuit_id)
    assert circuits.entries() == []
    undo(bench)
    assert circuits.entries() == [(circuit_id, "My circuit")]
    assert (circuits.folder(circuit_id) / "models.lib").is_file()


def test_what_was_removed_before_is_gone_for_good(circuits: OwnCircuits, qtbot: QtBot) -> None:
    circuits.remove(circuits.add_template())
    aside = circuits.project / ".trimpot" / REMOVED
    assert list(aside.iterdir())
    circuits.forget_removed()
    qtbot.waitUntil(lambda: not aside.exists())


def test_names_do_not_repeat(circuits: OwnCircuits) -> None:
    for _ in range(3):
        circuits.add_template()
    assert [name for _, name in circuits.entries()] == [
        "My circuit",
        "My circuit 2",
        "My circuit 3",
    ]


def test_a_copy_has_all_files(circuits: OwnCircuits) -> None:
    first = circuits.add_template()
    (circuits.folder(first) / "models.lib").write_text(".model D D\n")
    second = circuits.duplicate(first)
    assert second not in ("", first)
    assert (circuits.folder(second) / "models.lib").read_text() == ".model D D\n"
    assert read_circuit(circuits.folder(second)).name == "My circuit copy"


def test_a_circuit_of_the_library_becomes_ones_own(circuits: OwnCircuits) -> None:
    circuit_id = circuits.add_from_library("overdrive")
    known = circuit_named("overdrive")
    sheet = read_circuit(circuits.folder(circuit_id))
    assert sheet.knobs == known.knobs
    assert sheet.drive == known.drive
    assert open_circuit(circuits.project, circuit_id).problems() == ()


def test_changes_of_a_sheet_go_back_and_forth(
    circuits: OwnCircuits, bench: Workbench, qtbot: QtBot
) -> None:
    circuit_id = circuits.add_template()
    before = read_circuit(circuits.folder(circuit_id))
    after = before.model_copy(update={"drive": 4.5})
    with qtbot.waitSignal(circuits.sheet_changed):
        assert circuits.change("Change the drive", before, after)
    assert read_circuit(circuits.folder(circuit_id)).drive == 4.5
    undo(bench)
    assert read_circuit(circuits.folder(circuit_id)).drive == before.drive
    redo(bench)
    assert read_circuit(circuits.folder(circuit_id)).drive == 4.5
    undo(bench)
    undo(bench)
    assert circuits.entries() == []


def test_an_ltspice_netlist_brings_its_files(
    circuits: OwnCircuits, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "diodes.lib").write_text(".model DX D(Is=1e-14)\n")
    file = tmp_path / "pedal.net"
    file.write_bytes(
        "* C:\\pedal.asc\nV1 in 0 AC 1 Rser=1k\nR1 in out 10k\nC1 out 0 10\u00b5\n"
        "D1 out 0 DX\n.include diodes.lib\n.tran 0 1 0 1u\n.backanno\n.end\n".encode("latin-1")
    )
    found: list[str] = []
    circuits.add_file(file, found.append)
    qtbot.waitUntil(lambda: bool(found))
    folder = circuits.folder(found[0])
    assert (folder / "diodes.lib").read_text() == ".model DX D(Is=1e-14)\n"
    assert "10\u00b5" in read_netlist_text(folder)
    assert open_circuit(circuits.project, found[0]).netlist.dialect == "ltspice"


def test_a_netlist_that_cannot_be_read_is_refused_in_words(
    circuits: OwnCircuits, bench: Workbench, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "evil.cir"
    file.write_text("title\nV1 in 0 AC 1\n.include ../../secret\n.end\n")
    circuits.add_file(file, lambda _id: pytest.fail("it was imported"))
    qtbot.waitUntil(lambda: bool(bench.notices.history))
    assert "Line 3" in bench.notices.history[-1].sentence
    assert circuits.entries() == []
