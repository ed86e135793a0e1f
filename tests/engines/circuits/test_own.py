"""One's own netlist as a circuit: input, output, states and knobs, chosen, guessed and refitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engines.circuits.base import SimulatorError
from engines.circuits.own import OwnCircuit, propose, refit, states_in
from engines.circuits.own_input import entry_of
from engines.circuits.own_sheets import chosen_sheet, guess_knobs
from engines.circuits.reading.model import Netlist, NetlistError
from engines.circuits.reading.reader import read_netlist, read_netlist_file
from projects.circuits import CircuitKnob, CircuitSheet

SAMPLES = Path(__file__).parent / "reading" / "samples"
TEXT = """Two capacitors after a source
Vin in 0 SIN(0 1 440) AC 1
V9 vcc 0 9 AC 1
R1 in a {10k*gain+1}
C1 a out 1u
C2 out 0 10n
R2 out vcc 100k
R3 out 0 {load}
.param gain=0.5 base=50k load={2*base}
.end
"""


DRIVEN_BY_NOTHING = TEXT.replace("Vin in 0 SIN(0 1 440) AC 1\n", "").replace("AC 1", "")


def read(text: str, **told: Any) -> Netlist:
    return read_netlist(text, None, **told)


def own(text: str = TEXT, **changes: Any) -> OwnCircuit:
    netlist = read(text)
    sheet = propose(netlist, "own", "Own circuit", r"C:\Users\somebody\pedals\own.net")
    return OwnCircuit.of(sheet.model_copy(update=changes), netlist)


def test_a_proposal_is_whole() -> None:
    circuit = own()
    sheet = circuit.sheet
    assert (sheet.input, sheet.output, sheet.drive) == ("Vin", "out", 1.0)
    assert [(knob.param, knob.name) for knob in sheet.knobs] == [("gain", "Gain")]
    assert circuit.states == {"vC1": "v(a,out)", "vC2": "v(out)"}
    assert circuit.problems() == ()
    assert circuit.reference == "own.net"  # and no folder of somebody's disk


def test_the_circuit_has_all_but_its_input_source() -> None:
    made = own().circuit({"gain": 0.25})
    assert (made.input, made.against, made.output) == ("in", "0", "out")
    names = [line.split()[0] for line in made.elements]
    assert sorted(names) == ["C1", "C2", "R1", "R2", "R3", "V9"]
    # Another source's AC value would be heard in a frequency response.
    assert not any(" ac " in line.lower() for line in made.elements)
    (resistor,) = (line for line in made.elements if line.startswith("R1 "))
    assert float(resistor.split()[-1]) == 2501.0
    assert made.params == ()
    assert [state.vector for state in made.states] == ["v(a,out)", "v(out)"]


def test_a_knob_that_moves_becomes_a_node() -> None:
    made = own().circuit(moving=["gain"])
    assert made.moving == ("knob_gain",)
    (resistor,) = (line for line in made.elements if line.startswith("R1 "))
    assert "v(knob_gain)" in resistor


def test_a_current_that_a_knob_sets_can_move() -> None:
    circuit = own(TEXT.replace("R2 out", "I1 out 0 {1m*gain}\nR2 out"))
    (still,) = (line for line in circuit.circuit().elements if line.startswith("I1 "))
    assert still.split() == ["I1", "out", "0", "dc", "0.0005"]
    (moving,) = (line for line in circuit.circuit(moving=["gain"]).elements if "_I1 " in line)
    assert moving.split()[:3] == ["B_I1", "out", "0"]
    assert "i=(0.001*v(knob_gain))" in moving.replace(" ", "")
    text = TEXT.replace("R2 out", "I1 out 0 SIN({gain} 1 1k)\nR2 out")
    with pytest.raises(NetlistError, match="Line 7: a knob that moves reaches I1"):
        own(text).circuit(moving=["gain"])


def test_a_source_between_two_nodes() -> None:
    entry = entry_of(read(TEXT.replace("Vin in 0", "Vin in vcc")), "vin")
    assert (entry.node, entry.against) == ("in", "vcc")


def test_a_source_with_a_resistance_of_its_own_keeps_it() -> None:
    text = TEXT.replace("SIN(0 1 440) AC 1", "SIN(0 1 440) Rser=4.7k")
    netlist = read(text)
    assert netlist.dialect == "ltspice"
    made = OwnCircuit.of(propose(netlist, "own", "Own"), netlist).circuit()
    (series,) = (line for line in made.elements if line.startswith("R_Vin_ser"))
    assert series.split()[1:] == ["in", made.input, "4700"]
    assert made.input != "in"


@pytest.mark.parametrize(
    "meter", ["F1 m 0 Vin 2", "H1 m 0 Vin 2", "B1 m 0 V=2*i(Vin)", "B1 m 0 I={i(VIN)**2}"]
)
def test_a_source_whose_current_is_taken_stays_as_a_meter(meter: str) -> None:
    text = TEXT.replace("R2 out", f"{meter}\nRm m 0 1\nR2 out")
    made = own(text).circuit()
    (source,) = (line for line in made.elements if line.startswith("Vin "))
    assert source.split() == ["Vin", "in", made.input, "dc", "0"]
    assert made.input == "vin_drive"


def test_a_node_as_the_input() -> None:
    circuit = own(DRIVEN_BY_NOTHING)
    assert circuit.sheet.input == "in"
    assert circuit.circuit().input == "in"


def test_a_meter_is_no_input_where_a_node_is_called_so() -> None:
    text = DRIVEN_BY_NOTHING.replace("R1 in a", "Rin in x 1k\nVm x b 0\nR1 b a")
    assert own(text).sheet.input == "in"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"input": ""}, "not chosen yet"),
        ({"input": "V1"}, "no voltage source and no node V1"),
        ({"input": "0"}, "no voltage source and no node 0"),
        ({"input": "vcc"}, "driven by V9 already"),
        ({"input": "R1"}, "no voltage source and no node R1"),
        ({"output": ""}, "not chosen yet"),
        ({"output": "0"}, "no node 0"),
        ({"output": ") .shell rm"}, "no node"),
        ({"output": "out\n.include x"}, "no node"),
        ({"left_out": ("vC9",)}, "no state vC9"),
        ({"knobs": (CircuitKnob(param="tone", name="Tone"),)}, "doesn't have"),
        ({"knobs": (CircuitKnob(param="load", name="Load"),)}, "Line 9: .*computed by a formula"),
    ],
)
def test_what_does_not_fit_is_said(changes: dict[str, Any], words: str) -> None:
    circuit = own(**changes)
    with pytest.raises((SimulatorError, NetlistError), match=words) as error:
        circuit.circuit()
    assert circuit.problems() == (error.value.sentence,)


def test_a_knob_out_of_its_range_or_unknown() -> None:
    with pytest.raises(SimulatorError, match="goes from 0 to 1"):
        own().circuit({"gain": 1.5})
    with pytest.raises(SimulatorError, match="no knob 'tone'"):
        own().circuit({"tone": 0.5})
    with pytest.raises(SimulatorError, match="no knob 'tone'"):
        own().circuit(moving=["tone"])


def test_a_formula_without_a_value_names_line_and_setting() -> None:
    circuit = own(TEXT.replace("{10k*gain+1}", "{10k/gain}"))
    circuit.circuit()
    with pytest.raises(NetlistError, match=r"^Line 4: .* This is with gain at 0\.$"):
        circuit.circuit({"gain": 0.0})


def test_a_knob_that_cannot_move_names_the_line() -> None:
    text = TEXT.replace("C2 out 0 10n", "C2 out 0 {gain*10n+1p}")
    with pytest.raises(NetlistError, match="Line 6: a knob that moves reaches C2"):
        own(text).circuit(moving=["gain"])


def test_states_left_out_are_not_kept() -> None:
    circuit = own(left_out=("vC1",))
    assert list(circuit.states) == ["vC2"]
    assert [state.name for state in circuit.all_states] == ["vC1", "vC2"]
    assert [state.name for state in circuit.circuit().states] == ["vC2"]


def test_states_that_say_nothing_new_are_none() -> None:
    text = TEXT.replace(
        "R2 out", "C3 0 out 1n\nC4 a a 1n\nC5 0 vcc 1u\nL1 a b 1m\nRb b 0 1k\nR2 out"
    )
    states = {state.name: (state.vector, state.unit) for state in own(text).all_states}
    assert states == {
        "vC1": ("v(a,out)", "V"),
        "vC2": ("v(out)", "V"),
        "vC5": ("v(0,vcc)", "V"),
        "iL1": ("i(l1)", "A"),
    }


def test_names_of_states_are_unlike_for_every_file_system() -> None:
    long = "x" * 30
    text = "\n".join(
        [
            "Names that come together",
            "Vin in 0 0",
            "C1_X1 in 0 1n",
            "X1 in s",
            f"X{long} in {long}",
            f"X{long}2 in {long}",
            ".subckt s a\nC1 a m 1n\nR1 m 0 1\n.ends",
            f".subckt {long} a\nC{long} a m 1n\nR1 m 0 1\n.ends",
            ".end",
        ]
    )
    states = states_in(read(text))
    names = [state.name for state in states]
    assert names[:2] == ["vC1_X1", "vC1_X1_2"]
    assert len({name.lower() for name in names}) == len(names) == 4
    assert max(map(len, names)) <= 56
    assert [state.line for state in states[:2]] == [3, 8]


def test_a_part_that_is_built_in_has_the_line_that_uses_it() -> None:
    netlist = read_netlist_file(SAMPLES / "overdrive.net")
    lines = {state.name: state.line for state in states_in(netlist)}
    opamp = [name for name in lines if name.endswith("_XU1")]
    assert opamp
    assert {lines[name] for name in opamp} == {11}


def test_knobs_are_guessed_with_ranges() -> None:
    text = TEXT.replace(
        ".param gain=0.5",
        ".param gain=0.5 cutoff=1k bright_sw=1 odd=3.3\n.step param cutoff list 50 200 10k\n.param",
    )
    text = text.replace("R2 out", "R7 out 0 {cutoff}\nR2 out")
    knobs = {knob.param: knob for knob in guess_knobs(read(text), unlikely=True)}
    cutoff = knobs["cutoff"]
    assert (cutoff.minimum, cutoff.maximum, cutoff.default, cutoff.taper) == (50, 1e4, 1e3, "log")
    assert knobs["bright_sw"].taper == "switch"
    assert (knobs["odd"].minimum, knobs["odd"].maximum) == (1.65, 6.6)
    likely = {knob.param for knob in guess_knobs(read(text))}
    assert "odd" not in likely
    assert "cutoff" in likely


def test_a_value_outside_its_step_widens_the_range() -> None:
    text = TEXT.replace("gain=0.5", "gain=5\n.step param gain 0 1 .1\n.param")
    (knob,) = guess_knobs(read(text))
    assert (knob.minimum, knob.maximum, knob.default) == (0.0, 5.0, 5.0)


def refitted(before: str, after: str, **changes: Any) -> tuple[CircuitSheet, tuple[str, ...]]:
    sheet = own(before, **changes).sheet
    return refit(sheet, read(after), read(before))


def test_an_edit_that_changes_nothing_of_the_sheet() -> None:
    sheet, said = refitted(TEXT, TEXT.replace("100k", "220k"), left_out=("vC1",), output="a")
    assert sheet == own(left_out=("vC1",), output="a").sheet.model_copy(
        update={"created": sheet.created}
    )
    assert said == ()


def test_an_edit_that_takes_things_away() -> None:
    after = TEXT.replace("Vin in", "Vsig in").replace("out", "o").replace("C1 a o 1u", "R4 a o 1")
    after = after.replace("gain=0.5", "gain={base/1e5}")
    sheet, said = refitted(TEXT, after, left_out=("vC1", "vC2"))
    assert (sheet.input, sheet.output, sheet.left_out, sheet.knobs) == ("Vsig", "o", ("vC2",), ())
    assert said == (
        "The input Vin is gone; Vsig is proposed instead.",
        "The output out is gone; o is proposed instead.",
        "The parameter gain of the knob Gain is computed by a formula now.",
    )
    _, said = refitted(TEXT, TEXT.replace("gain=0.5", "").replace("{10k*gain+1}", "1k"))
    assert said == ("The parameter gain of the knob Gain is gone.",)


def test_a_value_that_is_edited_moves_the_knob() -> None:
    sheet, said = refitted(TEXT, TEXT.replace("gain=0.5", "gain=0.7"))
    assert [knob.default for knob in sheet.knobs] == [0.7]
    sheet, _ = refitted(TEXT, TEXT.replace("gain=0.5", "gain=4"))
    assert [(knob.default, knob.maximum) for knob in sheet.knobs] == [(4.0, 4.0)]
    assert said == ()
    # Where only something else was edited, the knob stays as its user set it.
    chosen = own().knobs[0].model_copy(update={"default": 0.1})
    sheet, _ = refitted(TEXT, TEXT + "\n", knobs=(chosen,))
    assert [knob.default for knob in sheet.knobs] == [0.1]


def test_a_choice_for_one_run() -> None:
    circuit = own()
    base = CircuitKnob(param="BASE", name="Base", minimum=1e3, maximum=1e5, default=5e4)
    gain = CircuitKnob(param="gain", name="Gain", minimum=0.0, maximum=4.0, default=1.0)
    chosen = chosen_sheet(
        circuit.sheet, circuit.netlist, output="a", knobs=(base, gain), left_out=("vC2",)
    )
    assert [(knob.param, knob.maximum) for knob in chosen.knobs] == [("gain", 4.0), ("BASE", 1e5)]
    made = OwnCircuit.of(chosen, circuit.netlist)
    assert made.problems() == ()
    (load,) = (line for line in made.circuit({"base": 2e4}).elements if line.startswith("R3 "))
    assert float(load.split()[-1]) == 4e4
    with pytest.raises(SimulatorError, match="two knobs have the same name"):
        chosen_sheet(
            circuit.sheet, circuit.netlist, knobs=(base.model_copy(update={"name": "Gain"}),)
        )
    # An output that the new input drives is no output.
    moved = chosen_sheet(
        circuit.sheet.model_copy(update={"output": "vcc"}), circuit.netlist, entry="V9"
    )
    assert moved.output == "out"
