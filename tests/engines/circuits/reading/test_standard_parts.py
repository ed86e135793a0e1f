"""Trimpot's own typical parts stand where their data sheets have them, in ngspice itself."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.circuits.reading.model import Netlist
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.standard import standard_library
from engines.circuits.reading.states import states_of
from engines.circuits.reading.writer import write_netlist

OperatingPoint = Callable[[str], dict[str, float]]
LIBRARY = standard_library()
AMPLIFIERS = {
    # unity gain (MHz), slew rate (V/us), distance from the supplies (V)
    "tl072": (3.0, 13.0, 1.5),
    "jrc4558": (3.0, 1.0, 1.0),
    "lm741": (1.0, 0.5, 1.5),
    "ne5532": (10.0, 9.0, 1.5),
    "level.2": (10.0, 10.0, 0.0),
    "level3a": (10.0, 10.0, 0.0),
    "opa2134": (8.0, 20.0, 1.0),
    "lm358": (1.0, 0.5, 1.5),
    "lt1001": (0.8, 0.25, 1.0),
}


def test_every_part_is_known_by_its_name() -> None:
    for name in (
        "1n4148", "1n914", "1n34a", "1n4001", "led", "2n3904", "2n2222", "2n5088", "bc108",
        "bc549c", "ac128", "j201", "2n5457",
    ):  # fmt: skip
        assert name in LIBRARY.models
    for name in ("tl072", "jrc4558", "lm741", "level_2", "level2", "opamp"):
        assert name in LIBRARY.subcircuits
    assert all(part.builtin for part in LIBRARY.models.values())
    assert all(part.builtin for part in LIBRARY.subcircuits.values())


def test_diodes_drop_what_they_should(operating_point: OperatingPoint) -> None:
    drops = {
        ("1n4148", 1e-3): (0.55, 0.65),
        ("1n4148", 1e-2): (0.65, 0.78),
        ("1n4001", 1.0): (0.8, 1.1),
        ("1n34a", 5e-3): (0.8, 1.05),
        ("1n34a", 1e-4): (0.15, 0.3),
        ("bat46", 1e-3): (0.2, 0.35),
        ("led", 1e-2): (1.6, 2.0),
        ("1n4733", -49e-3): (-5.3, -4.9),
        ("1n4739", -28e-3): (-9.4, -8.8),
        ("1n5231b", -20e-3): (-5.4, -4.8),
        ("bzx84c5v1l", -5e-3): (-5.4, -4.8),
        ("bzx55c12", -5e-3): (-12.4, -11.6),
        ("1n270", 1e-3): (0.2, 0.4),
        ("bat41", 1e-3): (0.33, 0.45),
        ("bat54", 1e-3): (0.2, 0.3),
        ("1n5711", 1e-3): (0.35, 0.46),
        ("qtlp690c", 1e-2): (1.6, 2.0),
        ("whiteled", 1e-2): (2.7, 3.3),
    }
    lines = ["t"]
    for index, (name, current) in enumerate(drops):
        lines += [f"I{index} 0 d{index} {current}", f"D{index} d{index} 0 {name}"]
    found = operating_point(write_netlist(read_netlist("\n".join(lines), None)))
    for index, (name, (low, high)) in enumerate(zip(drops, drops.values(), strict=True)):
        assert low < found[f"v(d{index})"] < high, name


def test_transistors_amplify_what_they_should(operating_point: OperatingPoint) -> None:
    gains = {
        "2n3904": (200, 350), "2n2222": (100, 300), "2n5088": (350, 900), "2n5089": (450, 1400),
        "bc108": (200, 450), "bc549c": (420, 800), "bc547b": (200, 450), "2n3906": (100, 300),
        "ac128": (60, 175), "oc44": (60, 225), "bc239c": (420, 800), "bc337_40": (250, 630),
        "bc182": (120, 500), "bc559c": (380, 800), "2n5087": (250, 800), "2n5551": (80, 250),
        "mpsa18": (500, 1500), "2sc1815": (200, 400), "2sa970": (200, 700), "2n4401": (100, 300),
    }  # fmt: skip
    currents = {
        "j201": (0.2, 1.0), "2n5457": (1.0, 5.0), "2n5458": (2.0, 9.0), "2n5459": (4.0, 16),
        "2n5484": (1, 5), "2n5485": (4, 10), "2n5486": (8, 20), "2n5952": (4, 8), "2sk170": (6, 12),
        "2sk117": (2.6, 6.5), "bf245a": (2, 6.5), "bf245b": (6, 15), "j309": (12, 30),
    }  # fmt: skip
    lines = ["t"]
    for name in gains:
        sign = 1 if LIBRARY.models[name].type == "npn" else -1
        lines += [f"V{name} c{name} 0 {5 * sign}", f"I{name} e{name} 0 {2e-3 * sign}"]
        lines += [f"Vb{name} b{name} 0 0", f"Q{name} c{name} b{name} e{name} {name}"]
    for name in currents:
        lines += [f"V{name} c{name} 0 10", f"J{name} c{name} 0 0 {name}"]
    found = operating_point(write_netlist(read_netlist("\n".join(lines), None)))
    for name, (low, high) in gains.items():
        gain = 2e-3 / abs(found[f"i(vb{name})"]) - 1
        assert low < gain < high, (name, gain)
        silicon = "c128" not in name and "oc" not in name
        drop = abs(found[f"v(e{name})"])
        assert (0.55 < drop < 0.8) if silicon else (0.1 < drop < 0.3), (name, drop)
    for name, (least, most) in currents.items():
        assert least < -1e3 * found[f"i(v{name})"] < most, name


def test_tubes_and_mosfets_draw_what_they_should(operating_point: OperatingPoint) -> None:
    """12AX7 at 250 V, -2 V: 1.2 mA; 12AU7 at 250 V, -8.5 V: 10.5 mA; 6DJ8 at 90 V, -1.2 V: 15 mA;
    a 2N7000 begins to conduct (0.25 to 1 mA) between 0.8 and 3 V."""
    tubes = {
        "12ax7": (250, -2, 1.2), "ecc82": (250, -8.5, 10.5), "12at7": (250, -2, 10),
        "ecc88": (90, -1.2, 15),
    }  # fmt: skip
    lines = ["t"]
    for name, (plate, grid, _) in tubes.items():
        lines += [f"Va{name} a{name} 0 {plate}", f"Vg{name} g{name} 0 {grid}"]
        lines += [f"X{name} a{name} g{name} 0 {name}"]
    gates = {"2n7000": 1, "bs170": 1, "bss138": 1, "irf510": 1, "bs250": -1, "irf9510": -1}
    for name, sign in gates.items():
        lines += [f"I{name} 0 d{name} {sign * 1e-3}", f"M{name} d{name} d{name} 0 0 {name}"]
    found = operating_point(write_netlist(read_netlist("\n".join(lines), None)))
    for name, (_, _, current) in tubes.items():
        assert -1e3 * found[f"i(va{name})"] == pytest.approx(current, rel=0.4), name
    for name, sign in gates.items():
        assert 0.8 < sign * found[f"v(d{name})"] < 4.5, name


def test_every_typical_part_runs(operating_point: OperatingPoint) -> None:
    """Each model and amplifier once, in one circuit that finds its operating point."""
    lines = ["t", "Vp p 0 9", "Vn n 0 -9", "Vi i 0 0.1"]
    for index, (name, model) in enumerate(LIBRARY.models.items()):
        kind = {"d": "D", "npn": "Q", "pnp": "Q", "njf": "J", "pjf": "J", "vdmos": "M"}[model.type]
        sign = "n" if model.type in ("pnp", "pjf") or "pchan" in dict(model.params) else "p"
        lines += [f"R{index} {sign} a{index} 10k"]
        rest = {"D": "0", "Q": "i 0", "J": "i 0", "M": "i 0"}[kind]
        lines += [f"{kind}{index} a{index} {rest} {name}"]
    for index, (name, part) in enumerate(LIBRARY.subcircuits.items()):
        if len(part.ports) == 5:
            lines += [f"XU{index} i o{index} p n o{index} {name}"]
    found = operating_point(write_netlist(read_netlist("\n".join(lines), None)))
    followed = [volts for vector, volts in found.items() if vector.startswith("v(o")]
    assert len(followed) > 150
    assert followed == pytest.approx([0.1] * len(followed), abs=1e-3)


def simulate(netlist: Netlist, analysis: str, folder: Path) -> dict[str, np.ndarray]:
    text = write_netlist(netlist).removesuffix(".end\n")
    (folder / "a.cir").write_text(f"{text}{analysis}\n.end\n")
    subprocess.run(
        ["ngspice", "-n", "-b", "-r", "a.raw", "a.cir"],
        cwd=folder, capture_output=True, timeout=60, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    head, _, data = (folder / "a.raw").read_bytes().partition(b"Binary:\n")
    names = [line.split()[1] for line in head.decode().split("Variables:\n")[1].splitlines()]
    kind = np.complex128 if b"Flags: complex" in head else np.float64
    table = np.frombuffer(data, kind).reshape(-1, len(names))
    return {name: table[:, index] for index, name in enumerate(names)}


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("name", AMPLIFIERS)
def test_amplifiers(name: str, tmp_path: Path) -> None:
    megahertz, slew, room = AMPLIFIERS[name]
    supply = "t\nVp vp 0 9\nVn vn 0 -9\nRl out 0 100k\n"
    loop = f"Vin in 0 dc 0 ac 1\nX1 in fb vp vn out {name}\nRf out fb 1Meg\nCf fb 0 1\n"
    swept = simulate(read_netlist(supply + loop, None), ".ac dec 50 1k 100meg", tmp_path)
    gain = np.abs(swept["v(out)"])
    unity = np.interp(0.0, -np.log(gain), np.log(swept["frequency"].real))
    assert np.exp(unity) / 1e6 == pytest.approx(megahertz, rel=0.05)
    step = f"Vin in 0 pulse(-4 4 10u 1n 1n 1 2)\nX1 in out vp vn out {name}\n"
    slewed = simulate(read_netlist(supply + step, None), ".tran 20n 40u 0 20n", tmp_path)
    between = np.abs(slewed["v(out)"]) < 1.0
    rise = np.polyfit(slewed["time"][between], slewed["v(out)"][between], 1)[0]
    assert rise / 1e6 == pytest.approx(slew, rel=0.1)
    full = f"Vin in 0 1\nX1 in 0 vp vn out {name}\n"
    clipped = simulate(read_netlist(supply + full, None), ".op", tmp_path)
    assert clipped["v(out)"][0] == pytest.approx(9 - room, abs=0.15)


@pytest.mark.usefixtures("ngspice")
def test_the_ideal_amplifier_of_three_pins(tmp_path: Path) -> None:
    """LTspice's opamp.sub: pins in-, in+, out; closed for a gain of 11."""
    text = "t\nVin in 0 0.1\nXU1 fb in out opamp\nR1 out fb 10k\nR2 fb 0 1k\n"
    netlist = read_netlist(text, None)
    found = simulate(netlist, ".op", tmp_path)
    assert found["v(out)"][0] == pytest.approx(1.1, rel=1e-3)
    assert [state.element for state in states_of(netlist)] == ["XU1.C1"]


def test_a_netlists_own_model_comes_first() -> None:
    netlist = read_netlist("t\nV1 a 0 1\nD1 a 0 1N4148\n.model 1N4148 D(Is=1n)\n", None)
    assert [(model.name, len(model.params), model.builtin) for model in netlist.models] == [
        ("1n4148", 1, False)
    ]
    own = read_netlist(
        "t\nV1 a 0 1\nX1 a a a a a TL072\n.subckt TL072 1 2 3 4 5\nR1 1 0 1k\n.ends\n", None
    )
    assert [len(sub.elements) for sub in own.subcircuits] == [1]
