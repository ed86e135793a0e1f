"""What cannot be run is refused in one sentence, with its line and the reason."""

from __future__ import annotations

import pytest

from engines.circuits.reading.model import NetlistError
from engines.circuits.reading.reader import read_netlist

BASE = "t\nV1 in 0 1\nR1 in 0 1k\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("C1 in 0", "the capacitance of C1 is missing"),
        ("C1 in", "node 2 of 2 is missing"),
        ("R2 in 0 1-3k", "'1-3k' is no number"),
        ("R2 in 0 {rx}", "the parameter rx is not defined"),
        ("R2 in 0 rx", "the parameter rx is not defined"),
        ("R2 in 0 {1", r"'\{' is not closed"),
        ("R2 in 0 1k what=3", "'what', which is not known"),
        ("R1 in 0 2k", "there is a R1 already, on line 3"),
        ("D1 in 0 XYZ123", "the model XYZ123, which the netlist doesn't hold"),
        ("D1 in 0 2N3904", "which is of the type NPN"),
        ("Q1 in 0 in 0 XYZ123", "the model XYZ123, which the netlist doesn't hold"),
        ("M1 in in 0 IRF9999", "the model IRF9999"),
        ("XU1 in 0 LT9999", "XU1 is the subcircuit LT9999"),
        ("XU1 in 0 in TL072", "XU1 has 3 nodes, but the subcircuit tl072 has 5"),
        ("A1 in 0 0 0 0 0 out 0 SCHMITT Vt=1", "the device A1 is refused.*a switch with"),
        ("A1 in 0 0 0 0 0 out 0 OTA g=1m", "the device A1 is refused.* I=IOUT"),
        ("A1 in 0 0 0 0 0 out 0 COUNTER", "the device A1 is refused"),
        ("A1 %vd([in 0]) source", "A1 is refused.* write V1 NODE 0 0 for it"),
        ("T1 in 0 in 0 Td=1m Z0=50", "no list of states can name"),
        ("O1 in 0 in 0 lossy", "no list of states can name"),
        ("E1 out 0 in 0 Laplace=exp(-s)", "E1: the filter is no ratio of polynomials"),
        ("E1 out 0 in 0 Laplace=s", "E1: the filter's gain grows without end"),
        ("E1 out 0 in 0 Laplace=1/s**13", "E1: the filter is of a higher order than 12"),
        ("E1 out 0 in 0 Laplace=1/(s-s)", "E1: the filter divides by nothing"),
        ("E1 out 0 in 0 Laplace=1/(1+s*V(in))", "where a constant is needed"),
        ("E1 out 0 LAPLACE 3 = {1/s}", "LAPLACE needs a formula in braces"),
        ("L1 in 0 Flux=tanh(x)", "L1 is given by its flux"),
        ("L1 in 0 Hc=16 Bs=.44 Br=.1", "L1 has a core that saturates"),
        ("C1 in 0 {1n*(1+V(in))}", "its capacitance depends on a voltage"),
        ("B1 out 0 V=idt(V(in),3)", "idt starts at a value of its own"),
        ("B1 out 0 V=delay(V(in),1m)", "delay is a delay"),
        ("B1 out 0 V=i(R9)", r"i\(r9\) is the current of an element that is not there"),
        ("B1 out 0 V=i(D7)", "not there"),
        ("B1 out 0 V=1 +", "a formula ends too early"),
        ("B1 out 0 Q=3", "must give V=..., I=... or R=..."),
        ("B1 out 0 V=3 nonsense=1", "after the formula stands 'nonsense=1'"),
        ("B1 out 0 V=3 4", "after the formula stands '4'"),
        ("F1 out 0 V9 1", "refers to the voltage source V9"),
        ("K1 L1 L2 1", "refers to the inductor L1"),
        ("V2 b 0 PWL(0 1 2)", "PWL needs pairs"),
        ("V2 b 0 PWL file=x.txt", "would be read from the file x.txt"),
        ("V2 b 0 SINE(1)", "needs at least two values"),
        ("I2 0 b trnoise(1 2 3)", "noise would make every run another"),
        (".model dd d(Ron=1 Vfwd=0.6)", ""),
        (".model mm nmos(level=54)", ""),
        (".param", ""),
        (".param x", "'x' is no NAME=VALUE"),
        (".param x={1/0}\nR2 in 0 {x}", ""),
        (".param sin=1", "cannot be called sin"),
        (".func f x", "is not of the form .func"),
        (".subckt s a", "this subcircuit is not ended"),
        (".ends", ".ends ends no subcircuit"),
        (".aliases", "not ended by .endaliases"),
        ("C1 in 0 4,7u", "a comma stands in its number: write 4.7u"),
        ("R2 in 0 2,2", "a comma stands in its number: write 2.2"),
        (".ic x(L1)=1", r"is no V\(NODE\)=VALUE"),
        (".nosuch", "the command '.nosuch' is not known here"),
        (".include", ".include names no file"),
        ("1abc in 0", "which no device or command does"),
        ("R in 0 1", "no name for a device"),
    ],
)  # fmt: skip
def test_names_the_line(line: str, reason: str) -> None:
    if not reason:  # what nothing uses is left alone
        read_netlist(BASE + line + "\n", None)
        return
    with pytest.raises(NetlistError, match=reason) as error:
        read_netlist(BASE + line + "\n", None)
    assert error.value.line == 4
    assert error.value.sentence.startswith("Line 4: ")
    assert error.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        (".model dd ako:nope d(Is=1f)\nD1 in 0 dd", 4, "is to be like nope"),
        (".model dd ako:\nD1 in 0 dd", 4, "after ako: the name of a model is missing"),
        (".model mm nmos(level=54)\nM1 in in 0 0 mm", 4, "a level that is not known"),
        (".model zz nmf(vto=1)\nJ1 in in 0 zz", 4, "is of the type NMF"),
        ("X1 in s r=1\nX2 in s\n.subckt s a\nR1 a 0 {r}\n.ends", 5, "X2 doesn't say r"),
        (".subckt s a\nR1 a 0 {nope}\n.ends\nX1 in s", 5, "nope is not defined"),
        (".subckt s a a\nR1 a 0 1\n.ends\nX1 in in s", 4, "must differ"),
        ("R2 in\n+ 0\n+ {1+}", 4, "ends too early"),
    ],
)
def test_names_the_line_of_what_is_used(lines: str, line: int, reason: str) -> None:
    with pytest.raises(NetlistError, match=reason) as error:
        read_netlist(f"{BASE}{lines}\n", None)
    assert error.value.line == line


@pytest.mark.parametrize("text", ["", "t", "t\n.end\n", "t\n* nothing\n"])
def test_an_empty_netlist(text: str) -> None:
    with pytest.raises(NetlistError, match="no elements"):
        read_netlist(text, None)


def test_without_ground() -> None:
    with pytest.raises(NetlistError, match="connected to ground"):
        read_netlist("t\nR1 a b 1\n", None)
