"""Netlists as people have them: read, said what was changed, and run by ngspice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.circuits.library import circuits
from engines.circuits.reading.expressions import NodeVoltage, Number
from engines.circuits.reading.guesses import inputs, knobs, outputs
from engines.circuits.reading.model import Element, NetlistError, Source
from engines.circuits.reading.reader import read_netlist, read_netlist_file
from engines.circuits.reading.resolving import resolve, with_values
from engines.circuits.reading.states import states_of
from engines.circuits.reading.writer import write_netlist

OperatingPoint = Callable[[str], dict[str, float]]
NAMES = (
    *("overdrive.net", "booster.net", "clipper.net", "macromodel.net"),
    *("tube.cir", "kicad.cir", "everything.cir"),
)


@pytest.mark.parametrize("name", NAMES)
def test_runs_and_its_states_are_the_simulators(
    name: str, samples: Path, operating_point: OperatingPoint
) -> None:
    netlist = read_netlist_file(samples / name)
    text = write_netlist(netlist)
    again = read_netlist(text, None)
    assert again == netlist
    found = operating_point(text)
    vectors = {vector for state in states_of(netlist) for vector in state.vectors}
    assert vectors
    assert vectors <= found.keys()


@pytest.mark.parametrize("name", NAMES)
def test_computed_constants_are_those_of_ngspice(
    name: str, samples: Path, operating_point: OperatingPoint
) -> None:
    netlist = read_netlist_file(samples / name)
    resolved = resolve(netlist)
    assert "{" not in write_netlist(resolved)
    assert ".param" not in write_netlist(resolved)
    assert read_netlist(write_netlist(resolved), None) == resolved
    assert states_of(resolved) == states_of(netlist)
    theirs, ours = operating_point(write_netlist(netlist)), operating_point(write_netlist(resolved))
    assert theirs.keys() == ours.keys()
    for vector in theirs:
        assert ours[vector] == pytest.approx(theirs[vector], rel=1e-6, abs=1e-9), vector


@pytest.mark.parametrize(
    ("name", "vector", "volts"),
    [
        # Two 10k halve 9 V for the follower's output, which the amplifier repeats.
        ("overdrive.net", "v(n004)", 4.5),
        # 12AX7 by Koren's formula, 300 V over 100k and 1.5k: its plate at some 215 V.
        ("tube.cir", "v(a)", 216.0),
        # Rangemaster: base divider, -0.88 V at the emitter, -6.7 V at the collector.
        ("booster.net", "v(n002)", -6.74),
        # Half the supply, less what a base current of 0.1 mA / 200 drops over 1 megohm.
        ("macromodel.net", "v(out)", 4.05),
        # 0.1 + V(n1) + 2 * 9 + 0.5 V(n1)^2 at V(n1) = 0.576.
        ("everything.cir", "v(e2)", 18.842),
        # limit(2 V(n1), -1, 1) + 0.1^3 + u(0.1) + sgn(-3), into 1 ohm.
        ("everything.cir", "v(g2)", 1.001),
    ],
)
def test_stands_where_it_should(
    name: str, vector: str, volts: float, samples: Path, operating_point: OperatingPoint
) -> None:
    found = operating_point(write_netlist(read_netlist_file(samples / name)))
    assert found[vector] == pytest.approx(volts, rel=0.01)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end(samples: Path, encoding: str, ends: str) -> None:
    text = (samples / "overdrive.net").read_text("utf-8")
    data = text.replace("\n", ends).encode(encoding)
    assert read_netlist(data, None) == read_netlist(text, None)
    assert read_netlist(data, None).element("C2").value == Number(1e-6)


def test_says_every_change(samples: Path) -> None:
    netlist = read_netlist_file(samples / "overdrive.net")
    assert netlist.dialect == "ltspice"
    assert netlist.title == "green overdrive.asc"
    said = {(change.line, change.before.split()[0]) for change in netlist.changes}
    for expected in [
        (2, "V1"), (3, "+9V"), (3, "V2"), (9, "C2"), (26, ".lib"), (29, ".lib"), (30, ".tran"),
        (33, ".step"), (34, ".wave"), (35, ".options"), (42, ".lib"), (43, ".backanno"),
    ]:  # fmt: skip
        assert expected in said
    assert all(change.why.endswith((".", ")")) for change in netlist.changes)
    text = write_netlist(netlist)
    for word in ("riff", "Music", "plotwinsize", "wavefile", "backanno", "Maker", "\\", '"'):
        assert word not in text


def test_suggests_input_output_and_knobs(samples: Path) -> None:
    overdrive = read_netlist_file(samples / "overdrive.net")
    assert inputs(overdrive)[0].source == "V1"
    assert (inputs(overdrive)[0].node, inputs(overdrive)[0].against) == ("in", "0")
    assert outputs(overdrive)[0] == "out"
    assert [(k.parameter, k.low, k.high, k.value) for k in knobs(overdrive)] == [
        ("drive", 0.0, 1.0, 0.5),
        ("tone", 0.0, 1.0, 0.5),
    ]
    booster = read_netlist_file(samples / "booster.net")
    assert [guess.source for guess in inputs(booster)] == ["V1"]
    clipper = read_netlist_file(samples / "clipper.net")
    assert [(k.parameter, k.low, k.high) for k in knobs(clipper)] == [("gain", 1.0, 40.0)]
    tube = read_netlist_file(samples / "tube.cir")
    assert [guess.source for guess in inputs(tube)] == ["Vin"]
    assert not any(knob.likely for knob in knobs(tube))


@pytest.mark.parametrize("drive", [0.0, 0.3, 1.0])
def test_a_knob_by_value_and_by_voltage(
    drive: float, samples: Path, operating_point: OperatingPoint
) -> None:
    """A pot that a voltage moves stands where one does that was set."""
    netlist = read_netlist_file(samples / "overdrive.net")
    bias = Element("V9", "V", ("n001", "0"), source=Source(Number(3.0)))
    netlist = replace(netlist, elements=(*netlist.elements, bias))
    at_rest = operating_point(write_netlist(resolve(netlist, {"drive": drive, "tone": 0.2})))
    asked = operating_point(write_netlist(with_values(netlist, {"drive": drive, "tone": 0.2})))
    moved = resolve(netlist, {"drive": NodeVoltage("knob"), "tone": NodeVoltage("knob2")})
    knob = tuple(
        Element(f"V{node}", "V", (node, "0"), source=Source(Number(value)))
        for node, value in (("knob", drive), ("knob2", 0.2))
    )
    moving = operating_point(write_netlist(replace(moved, elements=(*moved.elements, *knob))))
    for vector, volts in at_rest.items():
        assert asked[vector] == pytest.approx(volts, rel=1e-6, abs=1e-9)
        assert moving[vector] == pytest.approx(volts, rel=1e-6, abs=1e-9)
    assert states_of(moved) == states_of(netlist)


def test_a_potentiometer_of_kicad_becomes_a_knob(samples: Path) -> None:
    netlist = read_netlist_file(samples / "kicad.cir")
    assert [(knob.parameter, knob.low, knob.high, knob.value) for knob in knobs(netlist)] == [
        ("pot_rv1", 0.0, 1.0, 0.25)
    ]
    turned = resolve(netlist, {"pot_rv1": 1.0})
    assert turned.element("R_ARV1_1").value == Number(1e4)
    assert turned.element("R_ARV1_2").value == Number(1e-3)


def test_corners_by_steps_of_time(samples: Path) -> None:
    source = read_netlist_file(samples / "macromodel.net").element("V1").source
    assert source is not None
    times = [value.value for value in source.values[::2] if isinstance(value, Number)]
    assert times == pytest.approx([1e-6, 1.002e-6, 1.001002e-3, 1.001004e-3], rel=1e-12)


def test_a_knob_that_moves_reaches_no_capacitance() -> None:
    netlist = read_netlist("t\n.param k=1\nV1 a 0 1\nR1 a b 1k\nC1 b 0 {k*1n}\n", None)
    with pytest.raises(NetlistError, match="Line 5: a knob that moves reaches C1"):
        resolve(netlist, {"k": NodeVoltage("knob")})
    with pytest.raises(NetlistError, match="no parameter z"):
        resolve(netlist, {"z": 1.0})
    with pytest.raises(NetlistError, match="no parameter z"):
        with_values(netlist, {"z": 1.0})


def test_included_files_of_the_folder(tmp_path: Path, operating_point: OperatingPoint) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "Diodes.lib").write_text(
        ".include more.inc\n.lib germanium\n.model dd d(is=1u)\n.endl germanium\n"
        ".lib silicon\n.model dd d(is=1f)\n.endl\n"
    )
    (tmp_path / "parts" / "more.inc").write_text(".model other d(is=1n)\n.end\nnothing of this\n")
    text = (
        "t\n.lib 'parts\\Diodes.lib' silicon\n.inc parts/more.inc\nV1 a 0 1\nR1 a b 1k\n"
        "D1 b 0 dd\nD2 b 0 other\n.end\n"
    )
    netlist = read_netlist(text, tmp_path)
    assert {model.name: model.params for model in netlist.models} == {
        "dd": (("is", Number(1e-15)),),
        "other": (("is", Number(1e-9)),),
    }
    assert [change.line for change in netlist.changes if "is read here" in change.why] == [2, 3]
    assert operating_point(write_netlist(netlist))["v(b)"] > 0.2


def test_a_fault_in_an_included_file_names_it(tmp_path: Path) -> None:
    (tmp_path / "sub.lib").write_text("* a comment\n\nR1 a 0 what?\n")
    with pytest.raises(NetlistError) as error:
        read_netlist("t\n.include sub.lib\n", tmp_path)
    assert (error.value.line, error.value.file) == (3, "sub.lib")
    assert str(error.value).startswith("Line 3 of sub.lib: ")


def test_a_library_holds_more_than_is_used(tmp_path: Path) -> None:
    """What nothing uses may be unknown here; what is used may not."""
    (tmp_path / "big.lib").write_text(
        ".subckt good a b\nR1 a b 1k\n.ends\n.subckt bad a b\nA1 a b 0 0 0 0 0 0 SCHMITT\n.ends\n"
        ".model strange vswitch(von=1)\n"
    )
    text = "t\n.lib big.lib\nV1 a 0 1\nX1 a 0 good\n"
    netlist = read_netlist(text, tmp_path)
    assert [sub.name for sub in netlist.subcircuits] == ["good"]
    unused = next(change for change in netlist.changes if "uses them" in change.why)
    assert "bad" in unused.before
    with pytest.raises(NetlistError, match=r"Line 5 of big.lib: the device A1 is refused"):
        read_netlist(text + "X2 a 0 bad\n", tmp_path)


def test_state_values_are_sums_of_vectors() -> None:
    netlist = read_netlist(
        "t\nV1 a 0 1\nR1 a b 1\nC1 b c 1n\nC2 c 0 1n\nC3 0 c 1n\nL1 c 0 1\n", None
    )
    states = {state.name: state for state in states_of(netlist)}
    assert list(states) == ["vC1", "vC2", "vC3", "iL1"]
    signals = {
        "v(b)": np.array([3.0, 4.0]), "v(c)": np.array([1.0, 5.0]), "i(l1)": np.array([0.1, 0.2])
    }  # fmt: skip
    np.testing.assert_array_equal(states["vC1"].of(signals), [2.0, -1.0])
    np.testing.assert_array_equal(states["vC3"].of(signals), [-1.0, -5.0])
    np.testing.assert_array_equal(states["iL1"].of(signals), [0.1, 0.2])
    assert states["vC3"].same_as == "vC2"
    assert states["vC2"].same_as == ""
    assert [state.unit for state in states.values()] == ["V", "V", "V", "A"]


@pytest.mark.parametrize("name", sorted(circuits()))
def test_cleaning_changes_no_circuit_of_the_library(
    name: str, operating_point: OperatingPoint
) -> None:
    """What ngspice makes of our own netlists as they stand, and of what was read from them."""
    circuit = circuits()[name]
    source = f"Vdrive {circuit.input} 0 0.2\n.end\n"
    text = circuit.full_netlist.removesuffix(".end\n") + source
    netlist = read_netlist(text, None)
    expected = operating_point(text)
    for cleaned in (netlist, resolve(netlist)):
        found = operating_point(write_netlist(cleaned))
        for vector, volts in expected.items():
            assert found[vector] == pytest.approx(volts, rel=1e-4, abs=1e-6), vector
