"""A netlist brought into a project: whole, bounded, and from its own folder alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engines.circuits import own_files
from engines.circuits.library import circuit_named, circuits
from engines.circuits.own import (
    add_file,
    copy_circuit,
    import_library,
    import_netlist,
    open_circuit,
    propose,
    read_own,
)
from engines.circuits.own_files import files_of
from engines.circuits.reading.model import NetlistError
from projects.circuits import (
    CIRCUIT_FILE,
    NETLIST_FILE,
    circuit_folder,
    circuits_of,
    read_circuit,
    read_netlist_text,
    write_netlist_text,
)
from projects.errors import FileFormatError, StorageError, TrimpotError, UnsafePathError

LTSPICE = """* C:\\Users\\somebody\\pedals\\µ drive.asc
V1 IN 0 wavefile="C:\\Users\\somebody\\riff.wav" Rser=10k
C1 IN N001 4.7µ Rser=1m
R1 N001 OUT {pot*100k+1}
X1 OUT 0 clip
.include models\\clip.lib
.param pot=0.5
.step param pot list 0 .5 1
.tran 0 1 0 10u
.backanno
.end
"""
CLIP = """* two diodes
.include diode.lib
.subckt clip a b
D1 a b small
D2 b a small
C1 a b 1n
.ends
"""
CLIP_IN_PLACE = """.subckt clip a b
C1 a b 1n
R1 a b 1Meg
.ends
"""
DIODE = ".model small D(Is=2.52n N=1.752)\n"


@pytest.fixture
def pedal(tmp_path: Path) -> Path:
    """LTspice's text in Latin-1, with a file that includes another of its folder."""
    folder = tmp_path / "pedals"
    (folder / "models").mkdir(parents=True)
    (folder / "µ drive.net").write_bytes(LTSPICE.replace("\n", "\r\n").encode("latin-1"))
    (folder / "models" / "clip.lib").write_text(CLIP)
    (folder / "models" / "diode.lib").write_text(DIODE)
    (folder / "unrelated.lib").write_text(DIODE)
    return folder / "µ drive.net"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "P"
    folder.mkdir()
    return folder


def test_a_netlist_comes_with_all_that_it_includes(pedal: Path, project: Path) -> None:
    sheet = import_netlist(project, pedal)
    assert circuits_of(project) == [sheet.id]
    assert (sheet.name, sheet.origin, sheet.input, sheet.output) == (
        "µ drive", str(pedal), "V1", "out",
    )  # fmt: skip
    folder = circuit_folder(project, sheet.id)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {CIRCUIT_FILE, NETLIST_FILE, "models/clip.lib", "models/diode.lib"}
    assert read_netlist_text(folder) == LTSPICE
    for path in (pedal, *pedal.parent.rglob("*.lib")):
        path.unlink()
    circuit = open_circuit(project, sheet.id)
    assert circuit.problems() == ()
    assert circuit.netlist.dialect == "ltspice"
    assert circuit.netlist.files == ("models/clip.lib", "models/diode.lib")
    assert circuit.states == {
        "vC1": "v(c1_rser,n001)", "vC1_X1": "v(out)",
    }  # fmt: skip
    assert circuit.knob("pot").maximum == 1.0
    made = circuit.circuit({"pot": 1.0})
    assert made.input == "v1_rser"
    assert any(line.startswith("R_V1_ser in v1_rser 10000") for line in made.elements)


def test_a_dialect_that_is_chosen_stays(tmp_path: Path, project: Path) -> None:
    file = tmp_path / "plain.cir"
    file.write_text("Plain\nVin in 0 0\nL1 in out 1m\nR1 out 0 1k\n.end\n")
    sheet = import_netlist(project, file, "By LTspice", dialect="ltspice")
    assert sheet.name == "By LTspice"
    found, netlist = read_own(project, sheet.id)
    assert (found.dialect, netlist.dialect) == ("ltspice", "ltspice")
    assert any(element.name == "R_L1_ser" for element in netlist.elements)
    assert read_own(project, import_netlist(project, file).id)[1].dialect == "ngspice"


@pytest.mark.parametrize("name", sorted(circuits()))
def test_a_circuit_of_the_library_becomes_ones_own(name: str, project: Path) -> None:
    library = circuit_named(name)
    circuit = open_circuit(project, import_library(project, library).id)
    assert circuit.problems() == ()
    assert circuit.title == library.title
    assert circuit.knobs == library.knobs
    assert set(circuit.states.values()) == set(library.states.values())
    assert (circuit.drive, circuit.steps, circuit.method) == (
        library.drive, library.steps, library.method,
    )  # fmt: skip
    guess = propose(circuit.netlist, "guess", "Guess")
    assert (guess.input, guess.output) == ("in", "out")


def test_a_copy_is_whole_even_where_it_cannot_be_run(pedal: Path, project: Path) -> None:
    sheet = import_netlist(project, pedal)
    write_netlist_text(circuit_folder(project, sheet.id), "broken\nQ1 nonsense\n")
    copied = copy_circuit(project, sheet.id, "Second")
    assert copied.id != sheet.id
    first, second = (circuit_folder(project, one) for one in (sheet.id, copied.id))
    assert read_netlist_text(second) == read_netlist_text(first)
    assert (second / "models" / "diode.lib").read_text() == DIODE
    assert read_circuit(second).name == "Second"
    assert read_circuit(first).name == "µ drive"


def test_a_file_is_added_to_be_included(pedal: Path, project: Path) -> None:
    sheet = import_netlist(project, pedal)
    assert add_file(project, sheet.id, pedal.parent / "unrelated.lib") == "unrelated.lib"
    folder = circuit_folder(project, sheet.id)
    write_netlist_text(folder, "T\nVin in 0 0\nD1 in out small\nR1 out 0 1\n.inc unrelated.lib\n")
    assert read_own(project, sheet.id)[1].files == ("unrelated.lib",)
    with pytest.raises(FileFormatError, match="taken"):
        add_file(project, sheet.id, pedal.parent / "unrelated.lib")
    (pedal.parent / "Circuit.JSON").write_text("{}")
    with pytest.raises(FileFormatError, match="taken"):
        add_file(project, sheet.id, pedal.parent / "Circuit.JSON")
    with pytest.raises(FileFormatError, match="no file"):
        add_file(project, sheet.id, pedal.parent)


def test_what_a_simulation_depends_on(pedal: Path, project: Path) -> None:
    sheet = import_netlist(project, pedal)
    folder = circuit_folder(project, sheet.id)
    (folder / "simulator.log").write_text("words")
    (folder / ".hidden").write_text("words")
    start = f"circuits/{sheet.id}"
    assert files_of(project, sheet.id) == tuple(
        f"{start}/{name}"
        for name in ("circuit.cir", "circuit.json", "models/clip.lib", "models/diode.lib")
    )
    with pytest.raises(FileFormatError, match="There is no circuit"):
        files_of(project, "other")
    for number in range(70):
        (folder / f"{number}.lib").write_text("")
    with pytest.raises(FileFormatError, match="too many"):
        files_of(project, sheet.id)
    (folder / "secret.lib").symlink_to(project.parent / "pedals" / "unrelated.lib")
    with pytest.raises(UnsafePathError):
        files_of(project, sheet.id)


@pytest.mark.parametrize(
    "line",
    [
        ".include ../secret.lib",
        ".include /etc/passwd",
        ".lib 'C:\\secret.lib'",
        ".inc link.lib",
        ".include models/../../secret.lib",
        ".control\nshell touch owned\n.endc",
        "V2 x 0 PWL(file=../secret.txt)",
    ],
)
def test_nothing_of_a_hostile_netlist_stays(
    line: str, pedal: Path, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.lib").write_text(DIODE)
    (pedal.parent / "link.lib").symlink_to(tmp_path / "secret.lib")
    pedal.write_text(LTSPICE.replace(".backanno", line))
    with pytest.raises(NetlistError, match=r"^Line 10: "):
        import_netlist(project, pedal)
    assert circuits_of(project) == []
    assert not (project / "circuits").exists() or not list((project / "circuits").iterdir())
    assert not list(tmp_path.rglob("owned"))


def test_a_link_within_the_folder_leads_to_another_layout(pedal: Path, project: Path) -> None:
    """Copied by its name, the file finds its neighbours no more: said, and nothing stays."""
    (pedal.parent / "linked.lib").symlink_to(pedal.parent / "models" / "clip.lib")
    pedal.write_text(LTSPICE.replace("models\\clip.lib", "linked.lib"))
    with pytest.raises(TrimpotError):
        import_netlist(project, pedal)
    assert not list((project / "circuits").iterdir())


@pytest.mark.parametrize("name", ["circuit.cir", "CIRCUIT.JSON"])
def test_a_name_that_the_folder_keeps_for_itself(name: str, pedal: Path, project: Path) -> None:
    (pedal.parent / name).write_text(DIODE)
    pedal.write_text(LTSPICE.replace(".backanno", f".include {name}"))
    with pytest.raises(FileFormatError, match="keeps for itself"):
        import_netlist(project, pedal)
    assert circuits_of(project) == []


def test_a_netlist_of_four_megabytes(pedal: Path, project: Path) -> None:
    pedal.write_bytes(b"* " + b"x" * 4_000_000)
    with pytest.raises(NetlistError, match="larger than the 2 MB"):
        import_netlist(project, pedal)
    assert circuits_of(project) == []


def test_files_that_are_none(pedal: Path, project: Path) -> None:
    with pytest.raises(FileFormatError, match="There is no netlist"):
        import_netlist(project, pedal.with_name("other.net"))
    with pytest.raises(FileFormatError, match="There is no netlist"):
        import_netlist(project, pedal.parent)


def test_a_schematic_read_as_a_netlist(pedal: Path) -> None:
    drawing = pedal.with_suffix(".asc")
    drawing.write_text("Version 4\nSHEET 1 880 680\n")
    with pytest.raises(FileFormatError, match="View > SPICE Netlist"):
        own_files.read_file(drawing)


def test_a_schematic_without_ltspice(
    pedal: Path, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawing = pedal.with_suffix(".asc")
    drawing.write_text("Version 4\nSHEET 1 880 680\n")
    monkeypatch.setenv("TRIMPOT_LTSPICE", str(tmp_path / "no-ltspice"))
    with pytest.raises(TrimpotError, match=r"There is no LTspice at .*no-ltspice"):
        import_netlist(project, drawing)
    assert circuits_of(project) == []


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script of a Unix shell")
def test_a_schematic_by_ltspice(
    pedal: Path, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stand-in for LTspice, which writes a netlist beside the drawing that it is given."""
    drawing = pedal.with_suffix(".asc")
    drawing.write_text("Version 4\nSHEET 1 880 680\n")
    stand_in = tmp_path / "LTspice"
    stand_in.write_text('#!/bin/sh\nfor last; do :; done\ncp "$NET" "${last%.asc}.net"\n')
    stand_in.chmod(0o755)
    plain = tmp_path / "made.net"
    plain.write_text(LTSPICE.replace(".include models\\clip.lib\n", CLIP_IN_PLACE))
    monkeypatch.setenv("NET", str(plain))
    monkeypatch.setenv("TRIMPOT_LTSPICE", str(stand_in))
    sheet = import_netlist(project, drawing, "Drawn")
    assert (sheet.name, sheet.dialect, sheet.origin) == ("Drawn", "ltspice", str(drawing))
    circuit = open_circuit(project, sheet.id)
    assert circuit.problems() == ()
    assert circuit.states["vC1_X1"] == "v(out)"


def test_a_disk_that_refuses(pedal: Path, project: Path) -> None:
    (project / "circuits").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="there is a file where a folder is needed"):
        import_netlist(project, pedal)


def test_a_circuit_of_version_1_opens(tmp_path: Path) -> None:
    sample = Path(__file__).resolve().parents[2] / "formats" / "circuit-v1"
    folder = circuit_folder(tmp_path, "20260101-000000-booster")
    shutil.copytree(sample, folder)
    before = (folder / CIRCUIT_FILE).read_bytes()
    found = open_circuit(tmp_path, "20260101-000000-booster")
    assert (found.title, found.drive, found.steps, found.method) == ("Booster", 0.5, 8, "gear")
    (knob,) = found.knobs
    assert (knob.param, knob.name, knob.minimum, knob.taper) == ("boost", "Boost", 0.1, "log")
    assert list(found.states) == ["vC1"], "the other one is left out"
    made = found.circuit({"boost": 0.2})
    assert (made.input, made.against, made.output) == ("in", "0", "out")
    assert "R3 vcc c 2000" in made.elements
    assert (folder / CIRCUIT_FILE).read_bytes() == before, "read, not rewritten"
