"""A simulator's complaint leads to the line that the user wrote."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engines.circuits.reading.faults import fault_in
from engines.circuits.reading.model import NetlistError
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.writer import write_netlist


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ("R1 a 0 1\n\n* two sources side by side\nV2 a 0 2\n+\nV3 a 0 1", {("v2", 5), ("v3", 7)}),
        (
            "X1 a s\nR1 a 0 1\n.subckt s p\n*\nV7 p 0 3\nV8 p 0 1\n.ends",
            {("x1.v7", 6), ("x1.v8", 7)},
        ),
        ("V1 a 0 0\nR1 a b 1\nB7 b 0 V=V(a)**0.5", {("b7", 4)}),
    ],
)
def test_leads_to_the_line(lines: str, places: set[tuple[str, int]], tmp_path: Path) -> None:
    netlist = read_netlist(f"t\n{lines}\n", None)
    (tmp_path / "a.cir").write_text(write_netlist(netlist).removesuffix(".end\n") + ".op\n.end\n")
    done = subprocess.run(
        ["ngspice", "-n", "-b", "a.cir"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    fault = fault_in(netlist, done.stdout + done.stderr)
    assert fault is not None, done.stdout + done.stderr
    assert (fault.name, fault.line) in places, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("Error on line 29 or its substitute:\n  r2 a 0 what", 3),
        ("Warning: singular matrix:  check node x1.q1#base", 4),
        ("doAnalyses: OP: Timestep too small; trouble with nn-instance q.x1.q1", 4),
        ("Error: unable to find definition of model nn", 5),
        ("Note: all is well with r2", None),
        ("error in something else", None),
    ],
)
def test_words_of_ngspice(said: str, line: int | None) -> None:
    netlist = read_netlist(
        "t\nV1 a 0 1\nR2 a 0 1\n.include x.inc\n".replace(".include x.inc", "X1 a s")
        + ".model nn npn(bf=9)\n.subckt s a\nQ1 a a 0 nn\n.ends\n",
        None,
    )
    found = fault_in(netlist, said)
    expected = {None: None, 3: 3, 4: 7, 5: 5}[line]
    assert (found.line if found else None) == expected


def test_a_built_in_part_leads_to_its_instance() -> None:
    netlist = read_netlist("t\nV1 a 0 1\nXU1 a b a 0 b TL072\n", None)
    found = fault_in(netlist, "Error: trouble with g.xu1.x1.g1")
    assert found is not None
    assert found.line == 3


@pytest.mark.parametrize("name", ["e", "int", "and", "temp", "sqr", "limit", "sin", "time"])
def test_a_parameter_has_no_name_that_ngspice_takes_for_another(name: str) -> None:
    with pytest.raises(NetlistError, match=f"Line 2: a parameter cannot be called {name}"):
        read_netlist(f"t\n.param {name}=1\nR1 a 0 1\n", None)


def test_pi_is_known() -> None:
    netlist = read_netlist("t\n.param pi=3.1416 x={2*pi}\nR1 a 0 {x}\n", None)
    assert [param.name for param in netlist.params] == ["x"]
    assert any("pi is known" in change.why for change in netlist.changes)
    with pytest.raises(NetlistError, match="cannot be called pi"):
        read_netlist("t\n.param pi=3\nR1 a 0 1\n", None)
