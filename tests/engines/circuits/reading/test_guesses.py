"""Where a netlist's signal enters and leaves, and what on it is turned, as its text suggests."""

from __future__ import annotations

import pytest

from engines.circuits.reading.guesses import inputs, knobs, outputs
from engines.circuits.reading.model import Netlist
from engines.circuits.reading.reader import read_netlist


def read(lines: str) -> Netlist:
    return read_netlist(f"* C:\\x.asc\n{lines}\n", None, dialect="ltspice")


@pytest.mark.parametrize(
    ("lines", "source"),
    [
        ("V1 9V 0 9\nV2 n5 0 SINE(0 .1 440)\nR1 n5 9V 1k", "V2"),
        ("V1 lfo 0 SINE(2 1 5)\nV2 n5 0 SINE(0 .1 440)\nR1 n5 lfo 1k", "V2"),
        ("V1 n1 0 SINE(0 1 3)\nV2 n5 0 SINE(0 .1 440)\nR1 n5 n1 1k", "V2"),
        ("V1 mains 0 SINE(0 325 50)\nV2 n5 0 AC 1\nR1 n5 mains 1k", "V2"),
        ("V1 carrier 0 SINE(0 1 300)\nV2 Eingang 0 SINE(0 1 300)\nR1 Eingang carrier 1k", "V2"),
        ("V1 a 0 SINE(0 1 300)\nV2 b 0 wavefile=x.wav\nR1 a b 1k", "V2"),
        ("V1 a 0 9\nV2 guitar 0 0\nR1 a guitar 1k", "V2"),
        (
            "V1 a 0 PULSE(0 1 0 1u 1u 1m 2m)\nV2 sig_in 0 PULSE(0 1 0 1u 1u 1m 2m)\nR1 a sig_in 1",
            "V2",
        ),
    ],
)
def test_input(lines: str, source: str) -> None:
    assert inputs(read(lines))[0].source == source


@pytest.mark.parametrize(
    ("lines", "node"),
    [
        ("R1 in out 1k\nR2 out n9 1k\nR3 n9 0 1", "out"),
        ("R1 in N001 1k\nR2 N001 V1_Out 1k\nR3 V1_Out N002 1k\nR4 N002 0 1", "v1_out"),
        ("R1 in Ausgang 1k\nR2 Ausgang N002 1k\nR3 N002 0 1", "ausgang"),
        ("R1 in speaker 1k\nR2 speaker N002 1k\nR3 N002 0 1", "speaker"),
        ("R1 in out 1k\nR2 out tap 1k\nR3 tap 0 1\n.wave x.wav 16 44.1k V(tap)", "tap"),
        ("R1 in out 1k\nR2 out tap 1k\nR3 tap 0 1\n.wave x.wav 16 44.1k V(tap) V(out)", "out"),
        ("R1 in a 1k\nR2 a b 1k\nR3 b 0 1\n.four 1k V(a)\n.save V(in) V(b)", "a"),
        ("R1 in a 1k\nC1 a 0 1n Rser=1\n.print V(in) V(0) V(nowhere)", "a"),
        ("R1 in N001 1k\nE1 N002 0 N001 0 Laplace=1/(1+s)\nR2 N002 0 1k", "n002"),
    ],
)
def test_output(lines: str, node: str) -> None:
    assert outputs(read(f"V1 in 0 SINE(0 1 440)\n{lines}"))[0] == node


POT = "R1 in w {100k*(1-%s)+1}\nR2 w out {100k*%s}\nR3 out 0 1k\n"


@pytest.mark.parametrize(
    ("lines", "name", "low", "high", "likely"),
    [
        (POT.replace("%s", "p1") + ".param p1=.98", "p1", 0.0, 1.0, True),
        (POT.replace("%s", "pos/10") + ".param pos=3", "pos", 0.0, 10.0, True),
        (POT.replace("%s", "k") + ".param k=.5\n.step param k list .1 .9", "k", 0.0, 1.0, True),
        ("R1 in out {2k-trim+1}\nR2 out 0 {trim+1}\n.param trim=1k", "trim", 0.0, 2000.0, True),
        ("R1 in out {Rgain}\nR2 out 0 1k\n.param Rgain=250k", "rgain", 1.0, 250e3, True),
        ("R1 in out {Rtone}\nR2 out 0 1k\n.param Rtone=1", "rtone", 1.0, 1e5, True),
        ("R1 in out {ra}\nR2 out 0 1k\n.step param ra 1k 9k 1k", "ra", 1e3, 9e3, True),
        ("R1 in out 1k\nC1 out 0 {cx}\n.param cx=1u", "cx", 5e-7, 2e-6, False),
        ("R1 in out 1k\nR2 out 0 1k\n.param unused=.5", "unused", 0.0, 1.0, False),
        ("R1 in out 1k\nR2 out 0 1k\nX1 out 0 pot wiper={wah}\n.param wah=.5\n"
         ".subckt pot a b wiper=.1\nR1 a b {1k*wiper+1}\n.ends", "wah", 0.0, 1.0, True),
        ("R1 in out 1k\nX1 out s\n.param drive=4\n.subckt s a\nR1 a 0 {drive*1k}\n.ends",
         "drive", 0.0, 10.0, True),
    ],
)  # fmt: skip
def test_knob(lines: str, name: str, low: float, high: float, likely: bool) -> None:
    (found,) = [
        one for one in knobs(read(f"V1 in 0 SINE(0 1 440)\n{lines}")) if one.parameter == name
    ]
    assert (found.low, found.high, found.likely) == (low, high, likely)


def test_the_test_signals_level_is_no_knob() -> None:
    netlist = read(
        "V1 in 0 SINE(0 {level} {freq})\nR1 in out {1k+vol*0}\n"
        "V2 lfo 0 SINE(0 1 {rate})\nR2 out lfo 1k\n"
        ".param level=.5 freq=440 rate=5 vol=.5"
    )
    likely = {one.parameter: one.likely for one in knobs(netlist)}
    assert likely == {"level": False, "freq": False, "rate": True, "vol": True}
