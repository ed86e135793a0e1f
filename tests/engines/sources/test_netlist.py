"""One's own netlist as a source: by the real worker, its knobs swept and moving, or refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engines.audio.files import read_signal, write_wav
from engines.circuits.base import SimulatorError
from engines.circuits.own import OwnCircuit, import_netlist
from engines.circuits.own_files import text_digest
from engines.circuits.reading.model import NetlistError
from engines.sources.netlist import (
    MAX_TEXT,
    SOURCE,
    NetlistConfig,
    circuit_of,
    input_hashes,
    record_of,
    refusal,
)
from engines.worker.context import JobContext
from engines.worker.protocol import Message, Warn
from projects.capture import Capture, read_capture
from projects.circuits import (
    CircuitKnob,
    CircuitSheet,
    circuit_folder,
    create_circuit,
    read_circuit,
    write_circuit,
)
from projects.errors import TrimpotError
from projects.jobs import Job, read_status
from projects.project import Project

ROOT = Path(__file__).parents[3]
RATE = 8000
MakeContext = Callable[..., JobContext]
needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)

PEDAL = """* C:\\Users\\somebody\\µ drive.asc
V1 IN 0 wavefile="C:\\Users\\somebody\\riff one.wav" chan=0 Rser=1k
V2 +9V 0 9 Rser=0.5
R1 +9V N001 100k
R2 N001 0 100k
C1 IN N001 1µ
R3 N001 OUT {470+4k7*gain}
C2 OUT 0 {treble}
D1 OUT N002 clipping
D2 N002 OUT clipping
V3 N002 0 4.5
.model clipping D(Is=2.52n N=1.752 mfg=somebody)
.param gain=0.5
.param treble=10n
.step param gain list 0 .5 1
.tran 0 10 0 10u
.options plotwinsize=0
.backanno
.end
"""


@pytest.fixture
def pedal(tmp_path: Path) -> Path:
    """A netlist as LTspice writes it, in Latin-1 with Windows' line ends."""
    path = tmp_path / "µ drive.net"
    path.write_bytes(PEDAL.replace("\n", "\r\n").encode("latin-1"))
    return path


@pytest.fixture
def riff(tmp_path: Path) -> Path:
    """Two seconds that are quick to simulate, with enough in them to be divided."""
    rng = np.random.default_rng(1)
    x = 0.4 * np.convolve(rng.uniform(-1, 1, 2 * RATE), np.ones(8) / 8, "same")
    write_wav(tmp_path / "riff.wav", x, RATE)
    return tmp_path / "riff.wav"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "P") as project:
        yield project


def made_job(project: Project, **config: Any) -> Path:
    """A job as the window and the command line make it."""
    told = {"source": "netlist", "config": config}
    hashes = input_hashes(project.folder, told)
    return project.new_job(Job(kind="simulate", name="own", config=told, hashes=hashes))


def work(folder: Path) -> subprocess.CompletedProcess[str]:
    """The real worker's process on a job."""
    return subprocess.run(
        [sys.executable, "-m", "app", "--worker", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def captures(folder: Path) -> list[Capture]:
    return [read_capture(place) for place in sorted((folder / "captures").iterdir())]


@needs_ngspice
def test_a_sweep_by_the_worker(project: Project, pedal: Path, riff: Path) -> None:
    sheet = import_netlist(project.folder, pedal)
    job = made_job(
        project, circuit=sheet.id, dry=str(riff), steps_per_sample=2, drive=2.0,
        knobs={"gain": [0.0, 0.5, 1.0]}, left_out=["vC2"],
    )  # fmt: skip
    done = work(job)
    assert done.returncode == 0, done.stdout + done.stderr
    made = captures(job)
    assert [capture.knobs for capture in made] == [{"Gain": 0.0}, {"Gain": 0.5}, {"Gain": 1.0}]
    loud = []
    for capture in made:
        place = job / "captures" / capture.id
        assert [signal.name for signal in capture.signals] == ["dry", "wet", "vC1"]
        wet = read_signal(place, capture, capture.signal("wet"))
        assert abs(float(wet[0]) - 4.5) < 0.3  # biased, from its operating point on
        loud.append(float(np.std(wet)))
        source = capture.source
        assert source["source"] == "netlist"
        assert source["netlist"]["dialect"] == "ltspice"
        assert source["netlist"]["text"] == PEDAL
        assert source["sheet"]["input"] == "V1"
        assert source["circuit"]["states"] == {"vC1": "v(in,n001)"}
    assert loud[0] > loud[1] > loud[2]
    log = (job / "log.txt").read_text()
    assert "riff one.wav is not read" in log


@needs_ngspice
def test_a_knob_that_moves(
    project: Project, pedal: Path, riff: Path, make_context: MakeContext
) -> None:
    config = NetlistConfig.model_validate(
        {
            "netlist": str(pedal), "dry": str(riff), "steps_per_sample": 2, "drive": 2.0,
            "move": ["gain"], "motion": "stepped", "hold_seconds": 0.25,
        }
    )  # fmt: skip
    folder = project.folder / "made"
    (capture,) = SOURCE.produce(config, folder, make_context())
    (motion,) = capture.motions
    assert (motion.name, motion.file) == ("Gain", "knob-gain.wav")
    place = folder / capture.id
    track = read_signal(place, capture, motion)
    assert len(track) == capture.n_samples
    assert 0 <= track.min() < 0.3
    assert 0.7 < track.max() <= 1
    assert capture.knobs == {"Gain": pytest.approx(float(track[0]))}
    wet = read_signal(place, capture, capture.signal("wet"))
    still = {**config.model_dump(), "motion": "none", "move": [], "knobs": {"gain": [0.5]}}
    (rest,) = SOURCE.produce(NetlistConfig.model_validate(still), folder, make_context())
    assert rest.motions == ()
    assert np.std(wet - read_signal(folder / rest.id, rest, rest.signal("wet"))) > 1e-3


def test_a_knob_that_cannot_move_is_refused_before_the_work(
    tmp_path: Path, pedal: Path, riff: Path, make_context: MakeContext
) -> None:
    knob = CircuitKnob(param="treble", name="Treble", minimum=1e-9, maximum=1e-7, default=1e-8)
    config = NetlistConfig.model_validate(
        {
            "netlist": str(pedal), "dry": str(riff), "move": ["treble"], "motion": "moving",
            "ranges": [knob.model_dump()],
        }
    )  # fmt: skip
    if shutil.which("ngspice") is None:
        pytest.skip("ngspice is not installed")
    with pytest.raises(TrimpotError, match=r"C2"):
        SOURCE.produce(config, tmp_path / "made", make_context())
    assert not (tmp_path / "made").exists()


@needs_ngspice
def test_a_netlist_that_was_changed_after_its_job_was_made(
    project: Project, pedal: Path, riff: Path
) -> None:
    sheet = import_netlist(project.folder, pedal)
    job = made_job(project, circuit=sheet.id, dry=str(riff))
    netlist = circuit_folder(project.folder, sheet.id) / "circuit.cir"
    netlist.write_text(PEDAL.replace("4k7", "47k"))
    assert work(job).returncode == 1
    assert "circuit.cir has changed since the job was made" in read_status(job).text
    assert not (job / "captures").exists()
    netlist.write_text(PEDAL)
    folder = circuit_folder(project.folder, sheet.id)
    job = made_job(project, circuit=sheet.id, dry=str(riff))
    write_circuit(folder, read_circuit(folder).model_copy(update={"output": "n001"}))
    assert work(job).returncode == 1
    assert "circuit.json has changed since the job was made" in read_status(job).text


@needs_ngspice
def test_one_setting_that_fails_names_the_line(
    project: Project, riff: Path, tmp_path: Path, make_context: MakeContext
) -> None:
    file = tmp_path / "loop.cir"
    file.write_text(
        "A loop of gain\nVin in 0 0\nR1 in out 1k\nR2 out 0 1k\nR5 loop 0 1k\n"
        "B1 0 loop I={gain}*(2m*v(loop)**2+2m)\n.param gain=0.01\n.end\n"
    )
    messages: list[Message] = []
    told = {"netlist": str(file), "dry": str(riff), "steps_per_sample": 1}
    config = NetlistConfig.model_validate({**told, "knobs": {"gain": [0.01, 1.0]}})
    context = make_context(messages.append)
    made = SOURCE.produce(config, project.folder / "made", context)
    assert [capture.knobs for capture in made] == [{"Gain": 0.01}]
    (refused,) = context.refused
    assert "gain 1: At the node loop (R5 in line 5, B1 in line 6): " in refused
    assert "imestep too small" in refused
    assert any(refused in message.text for message in messages if isinstance(message, Warn))
    assert "trouble with node" in (context.folder / "log.txt").read_text()


def test_which_files_a_job_depends_on(project: Project, pedal: Path, tmp_path: Path) -> None:
    (tmp_path / "diode.lib").write_text(".model clipping D(Is=1n)\n")
    pedal.write_text(PEDAL.replace(".backanno", ".include diode.lib\n.backanno"))
    sheet = import_netlist(project.folder, pedal)
    told = {"source": "netlist", "config": {"circuit": sheet.id}}
    start = f"circuits/{sheet.id}"
    assert set(input_hashes(project.folder, told)) == {
        f"{start}/circuit.cir", f"{start}/circuit.json", f"{start}/diode.lib",
    }  # fmt: skip
    told = {"source": "netlist", "config": {"netlist": str(pedal)}}
    found = input_hashes(project.folder, told)
    assert set(found) == {str(pedal), str(tmp_path / "diode.lib")}
    (tmp_path / "diode.lib").write_text(".model clipping D(Is=2n)\n")
    assert input_hashes(project.folder, told) != found
    assert input_hashes(project.folder, {"source": "circuit", "config": {"circuit": "fuzz"}}) == {}
    with pytest.raises(TrimpotError, match="no circuit"):
        input_hashes(project.folder, {"source": "netlist", "config": {"circuit": "../captures"}})


@pytest.mark.parametrize("told", [{}, {"circuit": "a", "netlist": "b"}, {"circuit": "a", "x": 1}])
def test_one_of_circuit_and_netlist(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NetlistConfig.model_validate(told)


def test_the_sheet_is_chosen_otherwise_for_a_run(project: Project, pedal: Path) -> None:
    sheet = import_netlist(project.folder, pedal)
    config = NetlistConfig.model_validate(
        {
            "circuit": sheet.id, "output": "n001", "method": "gear", "left_out": ["vC1"],
            "ranges": [{"param": "gain", "name": "Gain", "maximum": 3.0}],
        }
    )  # fmt: skip
    circuit = circuit_of(config, project.folder)
    assert isinstance(circuit, OwnCircuit)
    assert (circuit.sheet.output, circuit.method, list(circuit.states)) == (
        "n001", "gear", ["vC2"],
    )  # fmt: skip
    assert circuit.knob("gain").maximum == 3.0
    # The sheet in the project is what it was.
    assert read_circuit(circuit_folder(project.folder, sheet.id)) == sheet


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"circuit": "gone"}, "missing"),
        ({"circuit": "../../etc"}, "no circuit"),
        ({"input": "V7"}, "no voltage source and no node V7"),
        ({"output": "out) .shell touch owned"}, "no node"),
        ({"left_out": ["vC77"]}, "no state vC77"),
        ({"ranges": [{"param": "tone", "name": "Tone"}]}, "doesn't have"),
        ({"knobs": {"tone": [1.0]}}, "no knob 'tone'"),
        ({"knobs": {"gain": [5.0]}}, "goes from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused(
    changes: dict[str, Any],
    words: str,
    project: Project,
    pedal: Path,
    riff: Path,
    make_context: MakeContext,
) -> None:
    sheet = import_netlist(project.folder, pedal)
    told = {"circuit": sheet.id, "dry": str(riff), **changes}
    config = NetlistConfig.model_validate(told)
    context = JobContext(
        project.folder, project.folder, Job(kind="simulate", name="own"), lambda message: None
    )
    if shutil.which("ngspice") is None:
        pytest.skip("ngspice is not installed")
    with pytest.raises(TrimpotError, match=words):
        SOURCE.produce(config, project.folder / "made", context)
    assert not (project.folder / "made").exists()
    if "knobs" not in changes:
        assert words in refusal(config, project.folder)
    assert not list(project.folder.rglob("owned"))


def test_a_project_from_a_stranger(project: Project, pedal: Path, tmp_path: Path) -> None:
    """What its files name is refused by name, and nothing outside is read."""
    secret = tmp_path / "secret.lib"
    secret.write_text(".model secret D(Is=1n)\n")
    text = PEDAL.replace(".backanno", f".include {secret}")
    sheet = CircuitSheet(id="stranger", name="Stranger", input="V1", output="out")
    create_circuit(project.folder, sheet, text)
    config = NetlistConfig(circuit="stranger")
    with pytest.raises(NetlistError, match=r"Line 18: it includes .* not a file in the netlist's"):
        circuit_of(config, project.folder)
    folder = circuit_folder(project.folder, "stranger")
    (folder / "near.lib").symlink_to(secret)
    (folder / "circuit.cir").write_text(PEDAL.replace(".backanno", ".include near.lib"))
    with pytest.raises(NetlistError, match=r"Line 18: .* leads out"):
        circuit_of(config, project.folder)
    (folder / "circuit.cir").write_text("T\n" + "* x\n" * 30_000)
    with pytest.raises(NetlistError, match="more than 20000 lines"):
        circuit_of(config, project.folder)
    (folder / "circuit.cir").write_bytes(b"*" * 4_000_001)
    with pytest.raises(TrimpotError, match="larger than a netlist can be"):
        circuit_of(config, project.folder)
    (folder / "circuit.json").write_text(
        json.dumps({**json.loads((folder / "circuit.json").read_text()), "name": "a\n.shell b"})
    )
    (folder / "circuit.cir").write_text(PEDAL)
    circuit = circuit_of(config, project.folder)
    assert circuit.title == "a .shell b"


def test_the_record_of_a_netlist_is_bounded(pedal: Path, tmp_path: Path) -> None:
    long = PEDAL.replace("* C:", "* long\n" + "* a comment\n" * 9000 + "* C:", 1)
    pedal.write_text(long)
    circuit = circuit_of(NetlistConfig(netlist=str(pedal)), tmp_path)
    record = record_of(circuit)
    assert len(long) > MAX_TEXT
    assert record["netlist"]["text"] == ""
    assert record["netlist"]["sha256"] == text_digest(circuit.netlist)
    assert "origin" not in record["sheet"]


def test_no_input_is_said(tmp_path: Path) -> None:
    file = tmp_path / "amp.cir"
    file.write_text("No source\nV9 vcc 0 9\nR1 vcc a 1k\nR2 a 0 1k\n.end\n")
    with pytest.raises(SimulatorError, match="input is not chosen"):
        circuit_of(NetlistConfig(netlist=str(file)), tmp_path)
    assert circuit_of(NetlistConfig(netlist=str(file), input="a"), tmp_path).sheet.input == "a"
