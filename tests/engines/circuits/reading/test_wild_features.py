"""What netlists in the wild hold and ngspice doesn't know, checked in ngspice itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.circuits.reading.expressions import NodeVoltage, Number
from engines.circuits.reading.model import NetlistError
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.resolving import resolve
from engines.circuits.reading.states import states_of
from engines.circuits.reading.writer import write_netlist

OperatingPoint = Callable[[str], dict[str, float]]
Analysis = Callable[[str, str], dict[str, np.ndarray]]
HERTZ = ".ac dec 10 10 100k"


def said(text: str) -> str:
    """All that is said of a netlist's changes."""
    return " ".join(
        f"{one.before} {one.after} {one.why}" for one in read_netlist(text, None).changes
    )


@pytest.mark.parametrize(
    ("line", "law"),
    [
        ("E1 out 0 in 0 Laplace=1/(1+s/(2*pi*1k))", lambda s: 1 / (1 + s / 6283.2)),
        ("E1 out 0 in 0 laplace={s*s/(s^2+s*500+(2*pi*80)**2)}",
         lambda s: s**2 / (s**2 + 500 * s + 252662)),
        ("E1 out 0 LAPLACE {2*V(in)} = {w0/(s+w0)}", lambda s: 2 * 5000 / (s + 5000)),
        ("E1 out 0 LAPLACE {V(in,0)} {(1-s/w0)/(1+s/w0)}", lambda s: (5000 - s) / (5000 + s)),
        ("G1 0 out in 0 Laplace=1m/(1+s/w0)**2", lambda s: 1 / (1 + s / 5000) ** 2),
        ("B1 out 0 V=V(in) Laplace=1/(1+s/w0)-1", lambda s: -s / (s + 5000)),
        ("E1 out 0 in 0 Laplace=7", lambda s: 7 + 0 * s),
        ("E1 out 0 in 0 Laplace=3/s", lambda s: 3 / s),
        ("B1 out 0 V=ddt(V(in))/1k", lambda s: s / 1000),
        ("B1 out 0 V=1k*idt(V(in))", lambda s: 1000 / s),
        ("B1 out 0 V=V(in)+ddt(idt(V(in)))", lambda s: 2 + 0 * s),
        ("R1 in out 1k\nC1 out 0 Q=1u*x+0.1u*x**3", lambda s: 1 / (1 + s * 1e-3)),
    ],
)  # fmt: skip
def test_filters_and_functions_with_memory(
    line: str, law: Callable[[np.ndarray], np.ndarray], analysis: Analysis
) -> None:
    text = f"t\n.param w0=5k\nV1 in 0 0 AC 1\n{line}\nRL out 0 {'1e9' if 'Q=' in line else '1k'}\n"
    netlist = read_netlist(text, None, dialect="ltspice")
    assert read_netlist(write_netlist(netlist), None) == netlist
    found = analysis(write_netlist(resolve(netlist)), HERTZ)
    expected = law(2j * np.pi * found["frequency"].real)
    np.testing.assert_allclose(found["v(out)"], expected, rtol=1e-3, atol=1e-6)


def test_what_remembers_is_a_state() -> None:
    netlist = read_netlist(
        "t\nV1 in 0 1\nE1 a 0 in 0 Laplace=1/(1+s+s*s)\nB1 b 0 V=idt(V(in)) + ddt(V(a))\n"
        "X1 in s\n.subckt s p\nB1 q 0 V=idt(V(p))\n.ends\n",
        None,
    )
    assert [state.element for state in states_of(netlist)] == [
        "C_E1_z0", "C_E1_z1", "C_idt_1_2", "C_ddt_1", "X1.C_idt_1",
    ]  # fmt: skip
    assert len([one for one in netlist.changes if "capacitor" in one.why]) == 3


def test_a_filters_corner_is_a_knob_that_moves(analysis: Analysis) -> None:
    text = "t\n.param fc=1k\nV1 in 0 0 AC 1\nE1 out 0 in 0 Laplace=1/(1+s/(2*pi*fc))**2\n"
    netlist = read_netlist(f"{text}VK knob 0 3k\nR1 knob 0 1\n", None)
    for setting in (3000.0, NodeVoltage("knob")):
        found = analysis(write_netlist(resolve(netlist, {"fc": setting})), ".ac lin 1 3k 3k")
        assert abs(found["v(out)"][0]) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("model", "volts", "amperes"),
    [
        ("Ron=10 Roff=1Meg Vfwd=0.6", 1.6, 0.1 + 0.6e-6),
        ("Ron=10 Roff=1Meg Vfwd=0.6", 0.5, 0.5e-6),
        ("Ron=10 Roff=1Meg Vfwd=0.6", -5.0, -5e-6),
        ("Ron=10 Roff=1G Vfwd=0.6 Vrev=5 Rrev=100", -6.0, -0.01),
        ("Ron=10 Roff=1G Vfwd=0.6 epsilon=0.2", 0.7, 0.01 * 0.25),
        ("Ron=10 Roff=1G Vfwd=0.6 epsilon=0.2", 1.6, 0.09),
        ("Ron=10 Roff=1G Vfwd=0 Ilimit=20m", 10.0, 0.02),
    ],
)
def test_diodes_of_straight_lines(
    model: str, volts: float, amperes: float, operating_point: OperatingPoint
) -> None:
    text = f"t\nV1 a 0 {volts}\nD1 a 0 DX m=2\nD2 a 0 DX\n.model DX D({model})\n"
    netlist = read_netlist(text, None)
    assert "its law is written out" in said(text)
    assert "Nothing in the circuit uses" not in said(text)
    assert netlist.models == ()
    found = operating_point(write_netlist(resolve(netlist)))
    assert found["i(v1)"] == pytest.approx(-3 * amperes, rel=1e-3)


@pytest.mark.parametrize(
    ("model", "control", "ohms"),
    [
        ("SW(Ron=10 Roff=1Meg Vt=2 Vh=-1)", 3.5, 10.0),
        ("SW(Ron=10 Roff=1Meg Vt=2 Vh=-1)", 0.5, 1e6),
        ("SW(Ron=10 Roff=1Meg Vt=2 Vh=-1)", 2.0, np.sqrt(1e7)),
        ("VSWITCH(Ron=100 Roff=1Meg Von=4 Voff=0)", 2.0, 1e4),
        ("VSWITCH(Ron=100 Roff=1Meg Von=0 Voff=4)", 5.0, 1e6),
        ("SW(Ron=10 Roff=1Meg Vt=2 Vh=.1)", 2.2, 10.0),
    ],
)
def test_switches(model: str, control: float, ohms: float, operating_point: OperatingPoint) -> None:
    text = f"t\nV1 a 0 1\nV2 c 0 {control}\nS1 a 0 c 0 SX\n.model SX {model}\n"
    found = operating_point(write_netlist(resolve(read_netlist(text, None))))
    assert -1 / found["i(v1)"] == pytest.approx(ohms, rel=1e-3)


@pytest.mark.parametrize(
    ("lines", "volts"),
    [
        ("R1 in out R=limit(1k, 3k, 500*V(in))\nR2 out 0 1k", 1.0),
        ("R1 in out R=1k*(1+V(in)) noiseless\nR2 out 0 R=3k", 1.0),
        ("B1 in out R=1k*V(in)\nR2 out 0 2k", 1.0),
        ("B1 0 out I=1m Rpar=3k", 3.0),
        ("B1 out 0 V=uplim(V(in),1,.1)", 1.0),
        ("B1 out 0 V=dnlim(-V(in),-1,.1)", -1.0),
        ("B1 out 0 V=uplim(V(in),9,.1)", 2.0),
        ("B1 out 0 V=log(V(in)-5)*0+4", 4.0),
        (
            "X1 in out s gain=gain\n.param gain=3\n.subckt s a b gain=1\nE1 b 0 a 0 {gain}\n.ends",
            6.0,
        ),
        ("R1 in out 1k\nR2 out 0 {ohms}\n.step param ohms list 3k 1k", 1.5),
        ("R1 in $G_a 1k\nX1 out s\n.subckt s b\nR1 $G_a b 1k\nR2 b 0 2k\n.ends", 1.0),
        ("D1 in out DX\nR1 out 0 1k\n.model DX ako:DY (Vfwd=0.5)\n.model DY D(Is=1)", 1.5),
        ("E1 out 0 in 0 3\n.ALIASES\nR_R1 R1(1=in)\n_ _(in=in)\n.ENDALIASES\n.watch v(out)", 6.0),
        ("L1 in a 1\nL2 out 0 1\nR1 a 0 1\nR2 out 0 1\nK L1 L2 .9\n.ic I(L1)=1 V(out)=0", 0.0),
    ],
)
def test_lines_as_they_come(lines: str, volts: float, operating_point: OperatingPoint) -> None:
    netlist = read_netlist(f"t\nV1 in 0 2\n{lines}\n", None, dialect="ltspice")
    found = operating_point(write_netlist(resolve(netlist)))
    assert found["v(out)"] == pytest.approx(volts, abs=1e-2)


def test_a_model_like_another() -> None:
    netlist = read_netlist(
        "t\nV1 a 0 1\nQ1 a a 0 mine\nQ2 a a 0 other\nD1 a 0 dd\n"
        ".model mine ako: 2N3904 NPN(Bf=111 Is=1f)\n.model other ako:mine (Bf=50)\n"
        ".model dd d(Is=1f N=2\n",  # LTspice closes this bracket itself
        None,
    )
    models = {model.name: dict(model.params) for model in netlist.models}
    assert models["mine"]["bf"] == Number(111)
    assert models["mine"]["vaf"] == Number(100)
    assert (models["other"]["bf"], models["other"]["is"]) == (Number(50), Number(1e-15))
    assert models["dd"] == {"is": Number(1e-15), "n": Number(2)}


def test_files_that_are_not_there_matter_only_where_needed(tmp_path: Path) -> None:
    text = (
        "t\n.include TL072.301\n.lib more/parts.lib\nV1 a 0 1\nXU1 a b a 0 b TL072\n"
        "XQ1 a b 0 2N7000\n"
    )
    netlist = read_netlist(text, tmp_path)
    assert {one.line for one in netlist.changes if "not beside the netlist" in one.why} == {2, 3}
    assert netlist.element("M_XQ1").nodes == ("a", "b", "0")
    assert any("drain, gate, source" in one.why for one in netlist.changes)
    assert any("simple model of Trimpot's own" in one.why for one in netlist.changes)
    with pytest.raises(NetlistError, match=r"Line 7: XU2 .* It may be in TL072.301 \(line 2\), "):
        read_netlist(f"{text}XU2 a b RARE99\n", tmp_path)
    with pytest.raises(NetlistError, match="with 5 pins"):
        read_netlist(f"{text}XQ2 a b 0 0 0 2N7000\n", tmp_path)


def test_a_copy_beside_the_netlist_stands_for_a_path(tmp_path: Path) -> None:
    (tmp_path / "tube.inc").write_text(".subckt tube a g k\nR1 a k 1k\n.ends\n")
    text = "t\nV1 a 0 1\nX1 a 0 0 tube\n.inc Z:\\\\media\\\\My Tubes\\\\tube.inc\n"
    netlist = read_netlist(text.replace("\\\\", "\\"), tmp_path)
    assert netlist.files == ("tube.inc",)
    with pytest.raises(NetlistError, match="Put a copy of it beside"):
        read_netlist(text.replace("tube.inc", "other.inc"), tmp_path)


def test_typical_parts_are_said() -> None:
    told = said("t\nV1 a 0 1\nD1 a 0 1N4148\nXV1 a a 0 12AX7\nXU1 a a a 0 a LM358\n")
    assert "1N4148: typical values" in told
    assert "12AX7: a triode of Trimpot's own by Koren's formula; pins: plate, grid" in told
    assert "LM358: a simple model" in told


def test_chance_is_its_middle() -> None:
    text = "t\nV1 in 0 1\n.param tol=.05 r2={mc(2k,tol)}\nR1 in out {mc(10k,tol)}\n"
    text += "R2 out 0 {r2*(1+flat(tol))}\n"
    netlist = read_netlist(text, None, dialect="ltspice")
    resolved = resolve(netlist)
    assert [resolved.element(name).value for name in ("R1", "R2")] == [Number(1e4), Number(2e3)]
    assert [one.line for one in netlist.changes if "is chance" in one.why] == [3, 4, 5]


def test_a_thousandth_that_may_be_meant_as_a_million_is_said() -> None:
    assert "a million is Meg" in said("t\nV1 a 0 1\nR1 a 0 1M\n")
    assert "a million is Meg" not in said("t\nV1 a 0 1\nR1 a 0 1Meg\nR2 a 0 1m\nC1 a 0 1M\n")
