"""Drawings of LTspice, of which it makes the netlist; here a stand-in does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import engines.circuits.ltspice_schematic as module
from engines.circuits.ltspice_program import ENVIRONMENT
from engines.circuits.ltspice_schematic import SchematicError, netlist_of_schematic
from engines.circuits.own_files import import_netlist, read_own
from engines.circuits.reading.reader import read_netlist_file

Install = Callable[..., Path]

DRAWING = """Version 4
SHEET 1 880 680
WIRE 128 96 64 96
FLAG 64 96 in
SYMBOL voltage 64 80 R0
SYMATTR InstName V1
SYMATTR Value wavefile=in.wav
SYMBOL res 224 80 R90
SYMATTR Value 10k
SYMBOL parts\\\\valve 300 80 R0
SYMATTR ModelFile tubes.lib
SYMBOL cap 400 80 R0
SYMATTR Value 10n
TEXT 0 0 Left 2 !.include models\\\\diodes.lib
TEXT 0 40 Left 2 !.tran 1\\n.lib "../outside.lib"
TEXT 0 80 Left 2 !.inc /etc/passwd
"""


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A drawing with a symbol, models, and other files beside it."""
    folder = tmp_path / "mine"
    (folder / "parts").mkdir(parents=True)
    (folder / "models").mkdir()
    (tmp_path / "outside.lib").write_text("* outside\n")
    (folder / "parts" / "valve.asy").write_text("Version 4\nSYMATTR SpiceModel more.sub\n")
    (folder / "tubes.lib").write_text("* tubes\n.include nested.inc\n")
    (folder / "nested.inc").write_text("* nested\n")
    (folder / "more.sub").write_text("* more\n")
    (folder / "models" / "diodes.lib").write_text("* diodes\n")
    (folder / "private.txt").write_text("nothing to do with it\n")
    path = folder / "my fuzz µ.asc"
    path.write_bytes(DRAWING.encode("latin-1"))
    return path


@pytest.mark.parametrize("kind", ["windows", "wine"])
def test_a_netlist_of_it(install: Install, drawing: Path, tmp_path: Path, kind: str) -> None:
    install(kind)
    before = sorted(path.name for path in drawing.parent.rglob("*"))
    made = netlist_of_schematic(drawing, tmp_path / "circuit")
    assert made == tmp_path / "circuit" / "schematic.net"
    netlist = read_netlist_file(made)
    assert netlist.dialect == "ltspice"
    assert [one.name for one in netlist.elements] == ["V1", "R1", "C1"]
    copied = {str(p.relative_to(made.parent)) for p in made.parent.rglob("*") if p.is_file()}
    assert copied == {
        "schematic.asc", "schematic.net", "parts/valve.asy", "tubes.lib", "nested.inc", "more.sub",
        "models/diodes.lib",
    }  # fmt: skip
    assert sorted(path.name for path in drawing.parent.rglob("*")) == before


def test_it_becomes_a_circuit_of_the_project(
    install: Install, drawing: Path, tmp_path: Path
) -> None:
    install()
    project = tmp_path / "project"
    sheet = import_netlist(project, drawing)
    assert (sheet.name, sheet.dialect, sheet.input) == ("my fuzz µ", "ltspice", "V1")
    _, netlist = read_own(project, sheet.id)
    assert [one.name for one in netlist.elements] == ["V1", "R1", "C1"]


def test_without_ltspice(monkeypatch: pytest.MonkeyPatch, drawing: Path, tmp_path: Path) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "nowhere"))
    with pytest.raises(SchematicError) as error:
        netlist_of_schematic(drawing, tmp_path / "circuit")
    for words in ("my fuzz µ.asc", "only LTspice makes a netlist", "View > SPICE Netlist"):
        assert words in error.value.sentence
    assert not (tmp_path / "circuit").exists()


def test_on_macos(install: Install, drawing: Path, tmp_path: Path) -> None:
    install("mac")
    with pytest.raises(SchematicError, match="View > SPICE Netlist"):
        netlist_of_schematic(drawing, tmp_path / "circuit")


def test_a_symbol_that_is_missing(install: Install, drawing: Path, tmp_path: Path) -> None:
    install()
    (drawing.parent / "parts" / "valve.asy").unlink()
    with pytest.raises(SchematicError) as error:
        netlist_of_schematic(drawing, tmp_path / "circuit")
    assert "no netlist of my fuzz µ.asc" in error.value.sentence
    assert "Couldn't find symbol" in error.value.sentence


def test_one_that_fails(install: Install, drawing: Path, tmp_path: Path) -> None:
    install(does="fail")
    with pytest.raises(SchematicError, match="made no netlist"):
        netlist_of_schematic(drawing, tmp_path / "circuit")


def test_an_old_netlist_is_not_taken_for_a_new_one(
    install: Install, drawing: Path, tmp_path: Path
) -> None:
    install(does="fail")
    (tmp_path / "circuit").mkdir()
    (tmp_path / "circuit" / "schematic.net").write_text("* old\n")
    with pytest.raises(SchematicError, match="made no netlist"):
        netlist_of_schematic(drawing, tmp_path / "circuit")


def test_one_that_asks_something(
    install: Install, drawing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(does="stall")
    monkeypatch.setattr(module, "SECONDS", 2.0)
    with pytest.raises(SchematicError, match="start it once by itself"):
        netlist_of_schematic(drawing, tmp_path / "circuit")


@pytest.mark.parametrize(
    "content", [b"", b"* a netlist\nR1 a 0 1k\n", b"\xff\xfe\x00", b"Version5"]
)
def test_what_is_no_drawing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.asc"
    path.write_bytes(content)
    with pytest.raises(SchematicError, match=r"x\.asc is no schematic"):
        netlist_of_schematic(path, tmp_path / "circuit")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_lead_nowhere(install: Install, drawing: Path, tmp_path: Path) -> None:
    install()
    secret = tmp_path / "secret.lib"
    secret.write_text("* secret\n")
    (drawing.parent / "tubes.lib").unlink()
    (drawing.parent / "tubes.lib").symlink_to(secret)
    made = netlist_of_schematic(drawing, tmp_path / "circuit")
    assert not (made.parent / "tubes.lib").exists()
    assert not any("secret" in p.read_text("latin-1") for p in made.parent.rglob("*.*"))
