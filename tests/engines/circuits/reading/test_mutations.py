"""Netlists that are broken anywhere: each is read or refused in a sentence, and soon."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.circuits.reading.guesses import inputs, knobs, outputs
from engines.circuits.reading.model import NetlistError
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.resolving import resolve
from engines.circuits.reading.states import states_of
from engines.circuits.reading.writer import write_netlist

SAMPLES = sorted((Path(__file__).parent / "samples").iterdir())
MORE = """* C:\\x\\all.asc
V1 in 0 SINE(0 {lvl} 1k) AC 1 Rser=50
E1 a 0 in 0 Laplace=1/(1+s/(2*pi*fc)+(s/w)**2)
B1 b 0 V=ddt(V(a))*1u+idt(V(in),0) tripdv=1
D1 b c DI m=2
.model DI D(Ron=1 Roff=1G Vfwd=.6 Vrev=5 epsilon=.1 Ilimit=1)
S1 c 0 in 0 SX
.model SX SW(Ron=1 Roff=1Meg Vt=.5 Vh=-.2)
Q1 c b 0 QX
.model QX ako: 2N3904 NPN(Bf=99)
C1 c out Q=1n*x+x**3*.1n
XU1 out d c 0 d TL072
XQ1 c b 0 2N7000
R1 out d {100k*(1-x)+1}
R2 d 0 R=limit(1,100k*x,1Meg*exp(-V(c)))
K L1 L2 .9
L1 d 0 1 Rser=1 Cpar=1p
L2 out 0 1m
.func f(y) {y*2}
.step param x list .1 .9
.param fc=1k w=f(fc) lvl=.1
.wave a.wav 16 44.1k V(out)
.end
"""
TEXTS = [MORE, *(path.read_text("utf-8") for path in SAMPLES)]
PIECES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            *"(){}'\"=,;$*+-/^!?:&|<>~`\\\n\t \x00\x85\u2028µ§",
            "1e999", "1e-999", "0", "-1", "1k5", "{", "}}", "((", "))", "V(", "I(V1)", "s**99",
            "ddt(", "idt(", "laplace=", "ako:", ".subckt a b", ".ends", ".model x d(", ".param",
            ".step param",
            "R=", "Q=", "poly(3)", "table", "wavefile=", ".include x", ".lib y z", "\n+", "params:",
            "0x1", "nan", "inf", "limit(1,2,3)", "if(1,2", "Rser=", "m=0", "Vh=-1", "epsilon=0",
        ]
    ),
)  # fmt: skip


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A netlist with some words cut out, doubled, exchanged or put in."""
    words = re.split(r"([\s=(){},]+)", draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(words) - 1))
        other = draw(st.integers(0, len(words) - 1))
        way = draw(st.sampled_from(["cut", "put", "swap", "double", "replace"]))
        if way == "cut":
            del words[place : place + draw(st.integers(1, 4))]
            words = words or [""]
        elif way == "put":
            words.insert(place, draw(PIECES))
        elif way == "swap":
            words[place], words[other] = words[other], words[place]
        elif way == "double":
            words[place:place] = words[other : other + draw(st.integers(1, 30))]
        else:
            words[place] = draw(PIECES)
    return "".join(words)


@pytest.mark.timeout(120)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=broken(), dialect=st.sampled_from([None, "ltspice", "ngspice"]))
def test_read_or_refused(text: str, dialect: None) -> None:
    try:
        netlist = read_netlist(text, None, dialect=dialect)
    except NetlistError as error:
        check_sentence(error)
        return
    for change in netlist.changes:
        assert change.why.strip()
    inputs(netlist), outputs(netlist), knobs(netlist), states_of(netlist)
    written = write_netlist(netlist)
    assert written.isascii()
    assert read_netlist(written, None) == netlist
    try:
        resolved = resolve(netlist)
    except NetlistError as error:
        check_sentence(error)
        return
    assert read_netlist(write_netlist(resolved), None) == resolved


def check_sentence(error: NetlistError) -> None:
    assert len(str(error)) < 700
    assert str(error).startswith(("Line ", "The netlist"))
    assert str(error).endswith((".", ").", ":"))
