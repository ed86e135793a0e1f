"""The quick look: figures that theory knows, parts that fail by themselves, gone when stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.circuits import quick
from engines.circuits.base import SimulatorError, SimulatorMissingError
from engines.circuits.library import circuit_named
from engines.circuits.own import OwnCircuit, propose
from engines.circuits.quick import QuickLook, quick_look
from engines.circuits.reading.reader import read_netlist
from engines.signals.chord import struck_chord
from engines.worker.context import CancelledError

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.usefixtures("ngspice")

CLIPPER = """Coupled, biased, clipped
Vin in 0 SIN(0 1 440) AC 1
V9 vcc 0 9
C1 in mid 1u
R1 mid vcc 100k
R2 mid 0 100k
Rs mid out {1k+gain*10k}
D1 out ref small
D2 ref out small
Vref ref 0 4.5
X1 out tail
.subckt tail a
R1 a m 10k
C1 m 0 100n
.ends
.param gain=0
.model small D(Is=2.52n N=1.752)
.end
"""


def own(text: str, **changes: Any) -> OwnCircuit:
    netlist = read_netlist(text, None)
    sheet = propose(netlist, "own", "Own").model_copy(update=changes)
    return OwnCircuit.of(sheet, netlist)


def look(circuit: Any, folder: Path, **told: Any) -> QuickLook:
    settings = told.pop("settings", {})
    return quick_look(circuit, settings, folder, **{"stop": threading.Event(), **told})


def test_an_rc_has_its_corner_where_theory_says(tmp_path: Path) -> None:
    circuit = circuit_named("rc-lowpass")
    found = look(circuit, tmp_path, seconds=0.1, settings={"resistance": 1e4})
    corner = 1 / (2 * np.pi * 1e4 * 10e-9)
    assert found.problems == {}
    assert found.figures["high_corner"] == pytest.approx(corner, rel=5e-3)
    assert "low_corner" not in found.figures
    gain = -10 * np.log10(1 + (10_000 / corner) ** 2)
    assert found.figures["gain_10000"] == pytest.approx(gain, abs=0.02)
    assert found.settings == {"resistance": 1e4}
    assert found.transfer is not None
    np.testing.assert_allclose(found.transfer.y, found.transfer.x, atol=1e-6)
    assert "clips_low" not in found.figures
    assert list(tmp_path.iterdir()) == []


def test_a_coupled_and_biased_clipper(tmp_path: Path) -> None:
    told: list[QuickLook] = []
    circuit = own(CLIPPER, output="out")
    found = look(circuit, tmp_path, seconds=0.1, drive=5.0, tell=told.append)
    assert found.problems == {}
    assert found.operating_point["mid"] == pytest.approx(4.5, abs=0.01)
    assert set(found.operating_point) == {"in", "vcc", "mid", "out", "ref", "x1.m"}
    assert found.states == {
        "vC1": pytest.approx(-4.5, abs=0.01), "vC1_X1": pytest.approx(4.5, abs=0.01),
    }  # fmt: skip
    assert found.rest == found.figures["rest"] == pytest.approx(4.5, abs=0.01)
    assert found.dynamic is not None
    assert np.ptp(found.dynamic.x) == pytest.approx(10.0, rel=1e-3)
    assert -0.7 < found.figures["clips_low"] < -0.4 < 0.4 < found.figures["clips_high"] < 0.7
    assert found.transfer is not None
    assert np.ptp(found.transfer.y) < 1e-6
    said = " ".join(found.warnings)
    assert "stands at 4.5 V at rest" in said
    assert "a capacitor couples the circuit" in said
    assert found.sound is not None
    assert found.sound.wet.shape == found.sound.dry.shape == (4800,)
    assert found.figures["peak"] < 0.7
    assert [len(one.figures) > 0 for one in told] == [True] * 5
    assert told[0].response is None
    assert told[-1] == found


def test_a_knob_is_set(tmp_path: Path) -> None:
    circuit = own(CLIPPER, output="out")
    soft = look(circuit, tmp_path, seconds=0.02, settings={"gain": 1.0}, drive=0.02)
    hard = look(circuit, tmp_path, seconds=0.02, settings={"gain": 0.0}, drive=0.02)
    assert soft.figures["gain_1000"] < hard.figures["gain_1000"] - 0.1
    with pytest.raises(SimulatorError, match="goes from"):
        look(circuit, tmp_path, settings={"gain": 2.0})


def test_what_is_given_is_played(tmp_path: Path) -> None:
    dry = np.linspace(-0.5, 0.5, 441, dtype=np.float32)
    circuit = own("T\nVin in 0 0\nR1 in out 1k\nR2 out 0 1k\n.end\n")
    found = look(circuit, tmp_path, dry=dry, sample_rate=44_100, drive=3.0)
    assert found.sound is not None
    assert found.sound.sample_rate == 44_100
    np.testing.assert_allclose(found.sound.wet, 1.5 * dry, atol=1e-8)
    assert any("no state" in warning for warning in found.warnings)


def test_nothing_comes_through(tmp_path: Path) -> None:
    circuit = own("T\nVin in 0 0\nR1 in 0 1k\nV2 out 0 5\nR2 out 0 1k\n.end\n", output="out")
    found = look(circuit, tmp_path, seconds=0.02)
    assert any("do not reach the output" in warning for warning in found.warnings)


def test_a_part_that_fails_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "SINE_LIMIT", -1.0)
    found = look(circuit_named("rc-lowpass"), tmp_path, seconds=0.02)
    assert set(found.problems) == {"dynamic"}
    assert "was given up" in found.problems["dynamic"]
    assert found.dynamic is None
    assert found.sound is not None


def test_a_circuit_without_a_solution_names_the_line(tmp_path: Path) -> None:
    circuit = own(CLIPPER.replace("Rs mid", "V5 vcc 0 8\nRs mid"), output="out")
    found = look(circuit, tmp_path, seconds=0.02)
    assert set(found.problems) == {"operating point", "response", "transfer", "dynamic", "audio"}
    for words in found.problems.values():
        assert words.startswith(("Line 3 (v9): ", "Line 7 (v5): ")), words
        assert "is kept in" not in words


def test_what_does_not_fit_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="no node nowhere"):
        look(own(CLIPPER, output="nowhere"), tmp_path)


def test_no_simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TRIMPOT_NGSPICE", raising=False)
    with pytest.raises(SimulatorMissingError, match="not installed"):
        look(circuit_named("rc-lowpass"), tmp_path)


@pytest.mark.parametrize("part", ["operating point", "response", "dynamic"])
def test_stopped_in_the_middle(tmp_path: Path, part: str) -> None:
    """Whichever part is at work, a stop breaks it off, and nothing runs or lies on."""
    stop = threading.Event()
    parts: list[QuickLook] = []
    done = {"operating point": 1, "response": 2, "dynamic": 4}[part]

    def tell(found: QuickLook) -> None:
        parts.append(found)
        if len(parts) == done:
            threading.Timer(0.02, stop.set).start()

    ended: list[BaseException] = []

    def work() -> None:
        try:
            quick_look(circuit_named("sustainer"), {}, tmp_path, stop=stop, seconds=10.0, tell=tell)
        except BaseException as error:  # noqa: BLE001 - looked at below
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert [type(error) for error in ended] == [CancelledError]
    assert len(parts) < 5
    assert list(tmp_path.iterdir()) == []


def test_stopped_before_it_begins(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        look(circuit_named("rc-lowpass"), tmp_path, stop=stop)


def test_nothing_compiled_comes_into_the_windows_process(tmp_path: Path) -> None:
    code = (
        "import sys, threading; from pathlib import Path\n"
        "from engines.circuits.library import circuit_named\n"
        "from engines.circuits.own import import_library, open_circuit\n"
        "from engines.circuits.quick import quick_look\n"
        "place = Path(sys.argv[1])\n"
        "own = open_circuit(place, import_library(place, circuit_named('rc-lowpass')).id)\n"
        "assert quick_look(own, {}, place / 's', stop=threading.Event(), seconds=.02).sound\n"
        "print([m for m in ('torch','numba','scipy','soundfile','spicelib','sounddevice')"
        " if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True,
        cwd=ROOT, env={**os.environ},
    )  # fmt: skip
    assert found.stdout.strip() == "[]"


def test_the_chord_is_a_chord() -> None:
    first, second = struck_chord(1.0), struck_chord(1.0)
    np.testing.assert_array_equal(first, second)
    assert (first.dtype, first.shape) == (np.float32, (48_000,))
    assert np.abs(first).max() == pytest.approx(0.9, rel=1e-6)
    assert first[0] == 0.0
    assert np.abs(np.diff(first)).max() < 0.5
    spectrum = np.abs(np.fft.rfft(first[4800:] * np.hanning(43_200)))
    hertz = np.fft.rfftfreq(43_200, 1 / 48_000)
    for frequency in (110.0, 164.8, 220.0):
        near = np.abs(hertz - frequency) < 4
        between = np.abs(hertz - frequency * 1.25) < 4
        assert spectrum[near].max() > 5 * spectrum[between].max()
    early, late = np.std(first[2400:7200]), np.std(first[-4800:])
    assert late < 0.5 * early
    assert len(struck_chord(0.01, 44_100)) == 441


def test_the_time_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "AUDIO_LIMIT", 0.1)
    found = look(circuit_named("sustainer"), tmp_path, seconds=10.0)
    assert set(found.problems) == {"audio"}
    assert found.response is not None
