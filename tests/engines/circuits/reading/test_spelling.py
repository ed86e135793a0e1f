"""The same circuit in many spellings is the same netlist; another circuit is not."""

from __future__ import annotations

import contextlib
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.circuits.reading.expressions import Number
from engines.circuits.reading.lines import decode, dialect_of
from engines.circuits.reading.model import Netlist, NetlistError
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.states import states_of
from engines.circuits.reading.writer import write_netlist

SAMPLES = Path(__file__).parent / "samples"


def respelled(text: str, seed: int) -> str:
    """The text with other case, spaces, comments, blank lines and continuations."""
    chance = random.Random(seed)
    title, *lines = text.splitlines()
    found = [title]
    for line in lines:
        bare = re.split(r";|//| \$ ", line)[0].rstrip()
        # Names in quotation marks and paths stay; they are no words of the dialect.
        if bare and bare[0] not in "*+" and '"' not in bare and "\\" not in bare:
            bare = "".join(
                c.swapcase() if c.isascii() and chance.random() < 0.5 else c for c in bare
            )
            bare = re.sub(" +", lambda _: chance.choice([" ", "  ", "\t", " \t "]), bare)
            if chance.random() < 0.3:
                bare = chance.choice([" ", "\t"]) + bare
            words = re.split(r"[ \t]+", bare.strip())
            if len(words) > 3 and chance.random() < 0.3 and not re.search(r"['{(=]", bare):
                cut = chance.randrange(2, len(words))
                gap = chance.choice(["", "* between\n", "\n"])
                joined = chance.choice(["+", "+ ", " +\t"])
                bare = f"{' '.join(words[:cut])}\n{gap}{joined}{' '.join(words[cut:])}"
            bare += chance.choice(["", " ; why", "  ", " // why", " $ why"])
        found.append(bare)
        if chance.random() < 0.2:
            found.append(chance.choice(["", "* .control", "  * note", ";note", "\t"]))
    return "\n".join(found)


def plain(netlist: Netlist) -> str:
    """What it is, without the case of its elements' names."""
    return write_netlist(netlist).lower()


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir()))
@pytest.mark.parametrize("seed", range(8))
def test_any_spelling_is_the_same(name: str, seed: int) -> None:
    text = (SAMPLES / name).read_text("utf-8")
    expected = read_netlist(text, None)
    found = read_netlist(respelled(text, seed), None, dialect=expected.dialect)
    assert plain(found) == plain(expected)
    assert [state.terms for state in states_of(found)] == [
        state.terms for state in states_of(expected)
    ]


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        netlist = read_netlist(f"t\n{text}", None)
    except NetlistError:
        return
    assert write_netlist(netlist).isascii()


ALPHABET = st.sampled_from(
    [
        *(".model ", ".param ", ".subckt ", ".ends", ".func ", "R1", "C2", "x1 ", "V1 ", "b1 "),
        *(" a", " b", " 0", " 1k", " {", "}", "'", "(", ")", "=", ",", "+", "\n", "\n+ ", "e1 "),
        *("value=", "table", "v(a)", "i(v1)", "sin(", "pwl(", "*", "/", "?", ":", " d", " npn"),
        *('"', "$", ";", "µ", ".step param ", ".ic v(a)=", ".lib ", "wavefile=", "Rser=1 ", " sw"),
        *("-", "1e9", "poly(2)"),
    ]
)


@given(st.lists(ALPHABET, max_size=60))
def test_any_scramble_is_read_or_refused(parts: list[str]) -> None:
    text = f"t\nR9 a 0 1\n{''.join(parts)}"
    try:
        netlist = read_netlist(text, None)
    except NetlistError:
        return
    written = write_netlist(netlist)
    assert read_netlist(written, None) == netlist


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(NetlistError):
        assert read_netlist(b"t\nR1 a 0 1\n" + data, None).elements


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a \xb5", "a µ"),
        ("a µ".encode(), "a µ"),
        (b"\xff\xfea\x00 \x00\xb5\x00", "a µ"),
        (b"\xfe\xff\x00a\x00 \x00\xb5", "a µ"),
        (b"a\x00 \x00\xb5\x00b\x00", "a µb"),
    ],
)
def test_decodes(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_half_a_character_is_refused() -> None:
    with pytest.raises(NetlistError, match="cannot be decoded"):
        decode(b"\xff\xfea\x00b")


def test_tells_the_dialects_apart() -> None:
    assert dialect_of("t\nR1 a 0 1\n.end\n") == "ngspice"
    for mark in (
        "* C:\\x.asc",
        "t\n.backanno",
        "t\nV1 a 0 wavefile=x",
        "t\nX§U1 a b",
        "t\nC1 a 0 1 Rser=1",
    ):
        assert dialect_of(mark) == "ltspice"


def test_different_nodes_stay_different() -> None:
    netlist = read_netlist(
        "t\nV1 +V 0 1\nR1 +V pv 1\nR2 pv -V 1\nR3 -V n_v 1\nR4 n_v 9V 1\nR5 9V n9v 1\n"
        "R6 n9v time 1\nR7 time GND 1\n",
        None,
    )
    nodes = [node for element in netlist.elements for node in element.nodes]
    assert len(dict.fromkeys(nodes)) == 8
    assert netlist.element("R7").nodes[1] == "0"
    assert all(re.fullmatch(r"[a-z0-9_]+", node) for node in nodes)


def test_a_generated_node_never_meets_one_that_came() -> None:
    netlist = read_netlist("t\nC1 a 0 1n Rser=2\nR1 c1_rser 0 1k\nR2 a 0 1\n", None)
    assert netlist.element("C1").nodes[0] == "c1_rser"
    assert netlist.element("R1").nodes[0] != "c1_rser"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (
            "C1 a 0 1n Rser=1 Lser=2n Rpar=3 Cpar=4p",
            ["R_C1_ser", "L_C1_ser", "C1", "R_C1_par", "C_C1_par"],
        ),
        ("C1 a 0 1n Rser=0", ["C1"]),
        ("L1 a 0 1m Rser=5 Rpar=6 Cpar=7p", ["R_L1_ser", "L1", "R_L1_par", "C_L1_par"]),
        ("L1 a 0 1m Rser=0", ["L1"]),
        ("L1 a 0 1m", ["R_L1_ser", "L1"]),
        ("V1 a 0 1 Rser=5 Cpar=1p", ["R_V1_ser", "V1", "C_V1_par"]),
    ],
)  # fmt: skip
def test_what_ltspice_puts_into_a_device(line: str, names: list[str]) -> None:
    netlist = read_netlist(f"t\n{line}\n", None, dialect="ltspice")
    assert [element.name for element in netlist.elements] == names
    assert netlist.changes or len(names) == 1 or "Rser=0" in line


def test_an_inductor_that_is_coupled_gets_no_resistance() -> None:
    text = "t\nL1 a 0 1\nL2 b 0 1\nL3 c 0 1\nK1 L1 L2 L3 .9\nR1 a 0 1\nR2 b 0 1\nR3 c 0 1\n"
    netlist = read_netlist(text, None, dialect="ltspice")
    assert [e.name for e in netlist.elements if e.kind in "LK"] == [
        "L1", "L2", "L3", "K1_1", "K1_2", "K1_3",
    ]  # fmt: skip
    assert not any("ser" in element.name for element in netlist.elements)


def test_an_inductor_of_ngspice_gets_no_resistance() -> None:
    netlist = read_netlist("t\nV1 a 0 1\nL1 a 0 1m\n", None, dialect="ngspice")
    assert [element.name for element in netlist.elements] == ["V1", "L1"]


def test_the_first_line_is_the_title() -> None:
    netlist = read_netlist("R1 a 0 1k\nR2 a 0 2k\n", None)
    assert [element.value for element in netlist.elements] == [Number(2000.0)]
    assert netlist.changes[0].line == 1
    assert "title" in netlist.changes[0].why
