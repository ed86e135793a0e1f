"""What is written for LTspice: the same circuit when it is read, and the same when it is run."""

from __future__ import annotations

import math
import shutil
from bisect import bisect
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.circuits.base import Circuit, SimulatorError, StateVariable
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.library import circuit_named, circuits
from engines.circuits.ltspice_dialect import in_ltspice, lines_of, spoken, text_in_ltspice
from engines.circuits.ltspice_flat import Flat
from engines.circuits.ltspice_run import ltspice_netlist
from engines.circuits.netlist import Plan
from engines.circuits.ngspice import NgSpice
from engines.circuits.reading.expressions import (
    Binary,
    BranchCurrent,
    Call,
    Choice,
    Expression,
    ExpressionError,
    Name,
    NodeVoltage,
    Number,
    Unary,
    children,
    evaluate,
    text_of,
)
from engines.circuits.reading.formulas import FormulaReader
from engines.circuits.reading.model import Netlist
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.writer import netlist_lines
from engines.worker.context import JobContext

RATE = 48000
STEP, STOP = 1 / (4 * RATE), 1.0
MakeContext = Callable[..., JobContext]

PARTS = """\
* Everything that a netlist may hold
.param big=2
.subckt box a b gain=3
.subckt inner p q
R1 p n 1k
C1 n q 2n m=2
L1 n q 1m
B1 q 0 I=i(v1)*0
V1 n m 0
Rm m q 10k
.ends
X1 a b inner
E1 e 0 a b {gain}
R2 e b 5k
.model d1 D(Is=1n cj0=2p level=1)
D1 a b d1 3 m=2
.ends
X1 in mid box gain={big*2}
X2 mid out box
R1 out 0 r='v(in)>0.2 && !(v(out)==0) ? 1k+100*v(out)**2 : 1k'
R2 out 0 0
R3 out 0 2k m=4
G1 0 out POLY(2) in 0 out 0 0 1m 2m
E2 e2 0 vol='pwl(v(in),-1,-2,0,0,1,5)+nint(v(in))+temper*0'
R4 e2 0 1k
F1 0 out V1 0.1
H1 h 0 POLY(1) V1 0 1 0.5
R5 h 0 1k
V1 v1 0 sin(0 1 1k)
V2 v2 0 dc 3 ac 1 pulse(0 1)
V3 v3 0 exp(0 1)
I1 0 v4 sffm(0 1m 1k)
I2 0 v4 pwl(0 0 1m 1m 2m 0)
R6 v1 out 1k
R7 v2 out 1k
R8 v3 out 1k
R9 v4 0 1k
L2 out 0 1m m=2
L3 k1 0 1m
L4 k2 0 2m
K1 L3 L4 0.9
R10 k1 out 1k
R11 k2 out 1k
Q1 out q1 0 0 bjt 2
R12 q1 in 10k
J1 out j1 0 jf m=3
R13 j1 in 10k
M1 out m1 0 0 mos l=2u w=10u m=2
R14 m1 in 10k
M2 out m1 0 vd
S1 out 0 in 0 sw1
W1 out 0 V1 sw2
.model bjt NPN(bf=100 va=50 pe=0.7)
.model jf NJF(vt0=-2)
.model mos NMOS(level=1 vto=1 kp=1e-5)
.model vd VDMOS(pchan vto=-2 kp=0.1)
.model sw1 SW(vt=0.5 vh=0.1 ron=1 roff=1meg)
.model sw2 CSW(it=1m ih=0 ron=1 roff=1meg)
.nodeset v(out)=0.5
.end
"""


def everything() -> Circuit:
    return Circuit(
        name="everything",
        title="Everything",
        elements=tuple(netlist_lines(read_netlist(PARTS, None))),
        input="in",
        output="out",
        states=(
            StateVariable("vC1", "v(x1.x1.n,mid)"),
            StateVariable("iL1", "i(l.x2.x1.l1)", "A"),
            StateVariable("iL2", "i(l2)", "A"),
        ),
        settle_seconds=None,
    )


def read_back(flat: Flat) -> Netlist:
    found = read_netlist(
        "\n".join(["* x", *lines_of(flat.netlist), ".end", ""]), None, dialect="ltspice"
    )
    assert found.dialect == "ltspice"
    damping = [one for one in found.elements if one.kind == "R" and one.value == Number(1e12)]
    elements = [one for one in found.elements if one not in damping]
    return replace(found, title=flat.netlist.title, elements=tuple(elements))


@pytest.mark.parametrize("name", [*circuits(), CIRCUIT.name, "everything"])
def test_read_back_it_is_equal(name: str) -> None:
    described = circuits().get(name)
    made = [everything() if name == "everything" else CIRCUIT]
    if described is not None:
        made = [described.circuit()]
        made += [described.circuit({}, moving=[knob.param]) for knob in described.knobs]
    for circuit in made:
        _, flat = in_ltspice(circuit, STEP, STOP)
        assert not flat.netlist.subcircuits
        assert not flat.netlist.params
        assert read_back(flat) == flat.netlist


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
@pytest.mark.parametrize("name", [*circuits(), "everything"])
def test_run_by_ngspice_it_is_the_same_circuit(make_context: MakeContext, name: str) -> None:
    described = circuits().get(name)
    circuit = everything() if described is None else described.circuit()
    # A law of its own spares the second look at a finer step.
    circuit = replace(circuit, advance=lambda states, x0, x1, seconds: states)
    plan = Plan(480, RATE, 4)
    renamed, flat = in_ltspice(circuit, plan.step, plan.stop)
    again = replace(renamed, elements=tuple(netlist_lines(flat.netlist)))
    t = np.arange(480) / RATE
    x = (described.drive if described else 1.0) * np.sin(2 * np.pi * 500 * t)
    context = make_context()
    one, other = (
        NgSpice(1).simulate(
            which, x, RATE, steps_per_sample=4, folder=context.folder / "s", context=context
        )
        for which in (circuit, again)
    )
    assert np.ptp(one.output) > 0
    for first, second in zip(
        [one.output, *one.states.T], [other.output, *other.states.T], strict=True
    ):
        assert np.abs(first - second).max() < 1e-5 * max(1e-9, float(np.abs(first).max()))


def test_its_words() -> None:
    circuit, _ = in_ltspice(everything(), STEP, STOP)
    text = "\n".join(circuit.elements)
    for line in (
        "C1_x1_x1 x1_x1_n mid 4e-09",
        "L1_x1_x1 x1_x1_n mid 0.001 Rser=0 Rpar=1000000000000",
        "B1_x1_x1 mid 0 I=(I(v1_x1_x1)*0)",
        "E1_x1 x1_e 0 in mid 4",
        "E1_x2 x2_e 0 mid out 3",
        ".model d1_box D(is=1e-09 cjo=2e-12)",
        "D1_x1 in mid d1_box 6",
        "R2 out 0 0.001",
        "R3 out 0 500",
        "G1 0 out POLY(2) (in,0) (out,0) 0 0.001 0.002",
        "F1 0 out V1 0.1",
        "H1 h 0 POLY(1) V1 0 1 0.5",
        "V1 v1 0 SINE(0 1 1000 0 0 0)",
        f"V2 v2 0 PULSE(0 1 0 {STEP!r} {STEP!r} 1 1)",
        "I2 0 v4 PWL(0 0 0.001 0.001 0.002 0)",
        "L2 out 0 0.0005 Rser=0 Rpar=1000000000000",
        "L3 k1 0 0.001",
        "Q1 out q1 0 0 bjt 2",
        "J1 out j1 0 jf 3",
        "M1 out m1 0 0 mos l=2e-06 w=1e-05 m=2",
        "M2 out m1 0 vd",
        ".model bjt NPN(bf=100 vaf=50 vje=0.7)",
        ".model vd VDMOS(pchan vto=-2 kp=0.1)",
        ".nodeset V(out)=0.5",
    ):
        assert line in circuit.elements, f"{line}\n{text}"
    law = next(line for line in circuit.elements if line.startswith("B_R1 "))
    assert law == (
        "B_R1 out 0 I=(V(out)/if(((V(in)>0.2)&(!((V(out)>=0)&(V(out)<=0)))),"
        "(1000+(100*pwr(V(out),2))),1000))"
    )
    law = next(line for line in circuit.elements if line.startswith("B_E2 "))
    assert "table(V(in),-2001,-4002,-1,-2,0,0,1,5,2001,10005)" in law
    assert "floor((V(in)+0.5))" in law
    assert "(27*0)" in law
    assert [state.vector for state in circuit.states] == ["v(x1_x1_n,mid)", "i(l1_x2_x1)", "i(l2)"]
    assert text.isascii()


def test_a_whole_run() -> None:
    described = circuit_named("rc-lowpass")
    plan = Plan(480, RATE, 4)
    circuit, _ = in_ltspice(described.circuit({}, moving=["resistance"]), plan.step, plan.stop)
    assert ltspice_netlist(circuit, plan).splitlines() == [
        "* RC low-pass",
        "V_trimpot_0 in 0 PWL file=input.txt",
        "V_trimpot_1 knob_resistance 0 PWL file=knob-1.txt",
        "B_R1 in out I=(V(in,out)/V(knob_resistance))",
        "C1 out 0 1e-08",
        ".options method=trap plotwinsize=0 numdgt=15 reltol=1e-6 trtol=1e6 temp=27 tnom=27 "
        "abstol=1e-12 vntol=1e-8",
        ".save V(in) V(knob_resistance) V(out)",
        f".tran 0 {plan.stop!r} 0 {plan.step!r}",
        ".end",
    ]


def test_a_title_is_only_a_title() -> None:
    circuit = replace(CIRCUIT, title="Fuzz µ\n.control\nshell rm -rf /\n.endc")
    plan = Plan(480, RATE, 4)
    made, _ = in_ltspice(circuit, plan.step, plan.stop)
    text = ltspice_netlist(made, plan)
    assert text.isascii()
    assert len(text.splitlines()) == 11
    assert not any(line.startswith((".control", "shell")) for line in text.splitlines())


def test_names_that_would_meet() -> None:
    lines = (
        ".subckt s a", "R1 a n 1k", "R2 n 0 1k", ".ends",
        "X1 in s", "R1_x1 in x1_n 1k", "R3 x1_n out 1k", "R4 out 0 r='1k+v(out)'", "B_R4 out 0 I=0",
    )  # fmt: skip
    circuit = replace(CIRCUIT, elements=lines, states=())
    made, flat = in_ltspice(circuit, STEP, STOP)
    names = [one.key for one in flat.netlist.elements]
    assert len(set(names)) == len(names)
    assert "R1_x1_2 in x1_n_2 1000" in made.elements
    assert any(line.startswith("B_R4_2 ") for line in made.elements)


def test_a_state_that_is_not_there() -> None:
    circuit = replace(CIRCUIT, states=(StateVariable("vC9", "v(nowhere)"),))
    with pytest.raises(SimulatorError, match="has no nowhere"):
        in_ltspice(circuit, STEP, STOP)


# -- formulas ------------------------------------------------------------------------------

_leaves = st.one_of(
    st.floats(-100, 100, allow_subnormal=False).map(lambda value: Number(round(value, 3))),
    st.sampled_from([NodeVoltage("a"), NodeVoltage("a", "b"), BranchCurrent("v1"), Name("time")]),
)


def _grown(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    one = st.sampled_from(["sin", "tanh", "exp", "abs", "floor", "ceil", "sgn", "nint", "atan"])
    operators = ["+", "-", "*", "/", "**", "<", ">", "<=", ">=", "==", "!=", "&&", "||"]
    two = st.sampled_from(["min", "max"])
    places = st.floats(-9, 9).map(lambda value: round(value, 2))
    corners = st.lists(places, min_size=2, max_size=4, unique=True)
    return st.one_of(
        st.builds(Binary, st.sampled_from(operators), parts, parts),
        st.builds(Unary, st.sampled_from(["-", "!"]), parts),
        st.builds(Choice, parts, parts, parts),
        st.builds(lambda name, part: Call(name, (part,)), one, parts),
        st.builds(lambda name, x, y: Call(name, (x, y)), two, parts, parts),
        st.builds(
            lambda x, xs, ys: Call(
                "pwl",
                (x, *(Number(v) for pair in zip(sorted(xs), ys, strict=False) for v in pair)),
            ),
            parts, corners, st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4),
        ),
    )  # fmt: skip


formulas = st.recursive(_leaves, _grown, max_leaves=12)


def _value(law: Expression, probes: dict[str, float]) -> float | None:
    """What ngspice makes of a law; None where it has no value."""
    if isinstance(law, NodeVoltage | BranchCurrent):
        return probes[text_of(law)]
    parts = [_value(part, probes) for part in children(law)]
    if any(part is None for part in parts):
        return None
    known = [Number(part) for part in parts if part is not None]
    if isinstance(law, Call) and law.function == "pwl":
        return _straight(*(one.value for one in known))
    if isinstance(law, Call):
        law = Call(law.function, tuple(known))
    elif isinstance(law, Binary):
        law = Binary(law.operator, *known)
    elif isinstance(law, Unary):
        law = Unary(law.operator, *known)
    elif isinstance(law, Choice):
        law = Choice(*known)
    try:
        return evaluate(law, {"time": probes["time"], "temper": 27.0})
    except ExpressionError:
        return None


def _straight(x: float, *corners: float) -> float:
    """``pwl`` as ngspice has it in a law: going on beyond its corners."""
    xs, ys = corners[::2], corners[1::2]
    after = min(max(bisect(xs, x), 1), len(xs) - 1)
    slope = (ys[after] - ys[after - 1]) / (xs[after] - xs[after - 1])
    return ys[after - 1] + slope * (x - xs[after - 1])


@settings(max_examples=300, deadline=None)
@given(law=formulas, a=st.floats(-3, 3), b=st.floats(-3, 3), i=st.floats(-1, 1))
def test_a_formula_keeps_its_meaning(law: Expression, a: float, b: float, i: float) -> None:
    probes = {"v(a)": a, "v(a,b)": a - b, "i(v1)": i, "time": 0.25}
    said = spoken(law)
    text = text_in_ltspice(said)
    reader = FormulaReader("ltspice", True, str.lower)
    again = reader.read(text)
    assert text_in_ltspice(spoken(again)) == text_in_ltspice(spoken(spoken(again)))
    expected = _value(law, probes)
    if expected is None or _half(law, probes):
        return
    for found in (_value(said, probes), _value(again, probes)):
        assert found is not None
        assert math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-6)


def _half(law: Expression, probes: dict[str, float]) -> bool:
    """Whether something in it stands at an edge: a half that is rounded, or a step."""
    if isinstance(law, Call) and law.function in ("nint", "floor", "ceil", "pwl"):
        inside = _value(law.arguments[0], probes)
        if inside is None or law.function == "pwl" or abs(2 * inside - round(2 * inside)) < 1e-6:
            return law.function != "pwl" or inside is None or abs(inside) > 1000
    return any(_half(part, probes) for part in children(law))
