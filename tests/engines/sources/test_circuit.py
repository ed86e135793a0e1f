"""A circuit of the library as a source: settings, states, what is found again, what fails."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from app.cli.main import run_command
from engines.audio.files import read_signal, write_wav
from engines.circuits.base import Circuit, SimulatorError, SimulatorMissingError
from engines.circuits.library import LibraryCircuit, circuit_named, circuits
from engines.circuits.ngspice import ENVIRONMENT, NgSpice
from engines.circuits.ngspice_run import Run
from engines.sources.circuit import SOURCE, CircuitConfig
from engines.sources.circuit_sweep import CACHE, produce_sweep, settings_of
from engines.worker.context import CancelledError, JobContext
from engines.worker.protocol import Message, Warn
from projects.capture import Capture
from projects.errors import TrimpotError
from projects.jobs import Job, new_id, read_status
from projects.project import Project

MakeContext = Callable[..., JobContext]
needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)
RATE = 8000


@pytest.fixture
def riff(tmp_path: Path) -> Path:
    """Two seconds that are quick to simulate, with enough in them to be divided."""
    rng = np.random.default_rng(1)
    x = 0.4 * np.convolve(rng.uniform(-1, 1, 2 * RATE), np.ones(8) / 8, "same")
    write_wav(tmp_path / "riff.wav", x, RATE)
    return tmp_path / "riff.wav"


def config(riff: Path, **changes: Any) -> CircuitConfig:
    told: dict[str, Any] = {"circuit": "rc-lowpass", "dry": str(riff), "steps_per_sample": 2}
    return CircuitConfig.model_validate({**told, **changes})


def audio(folder: Path, capture: Capture) -> dict[str, bytes]:
    place = folder / capture.id
    return {signal.name: (place / signal.file).read_bytes() for signal in capture.signals}


@needs_ngspice
def test_a_band_limited_output_is_another_one(
    tmp_path: Path, riff: Path, make_context: MakeContext
) -> None:
    folder, context = tmp_path / "plain", make_context()
    plain = SOURCE.produce(config(riff, circuit="asymmetric-clipper"), folder, context)[0]
    told = config(riff, circuit="asymmetric-clipper", band_limited=True)
    limited = SOURCE.produce(told, tmp_path / "limited", context)[0]
    first, second = audio(folder, plain), audio(tmp_path / "limited", limited)
    assert [name for name in first if first[name] != second[name]] == ["wet"]
    assert limited.source["config"]["band_limited"] is True
    said = {check.name: check.text for check in limited.checks}["aliasing"]
    assert "filtered out before it was sampled" in said


@needs_ngspice
def test_a_sweep_of_a_knob(tmp_path: Path, riff: Path, make_context: MakeContext) -> None:
    chosen = config(riff, knobs={"resistance": [1e3, 1e5]}, drive=2.0)
    context = make_context()
    low, high = SOURCE.produce(chosen, tmp_path / "made", context)
    assert low.id == f"{context.job.id}-001"
    assert low.name == "RC low-pass, 2 V, resistance 1000 Ω"
    assert (low.knobs, high.knobs) == ({"Resistance": 1e3}, {"Resistance": 1e5})
    (control,) = low.controls
    assert (control.unit, control.taper, control.maximum) == ("Ω", "log", 1e5)
    assert low.dry_id == high.dry_id
    first, second = (tmp_path / "made" / capture.id / "dry.wav" for capture in (low, high))
    assert first.samefile(second)
    dry, wet, state = low.signals
    assert (dry.full_scale, state.name, state.file) == (2.0, "vC1", "state-vC1.wav")
    place = tmp_path / "made" / low.id
    np.testing.assert_array_equal(read_signal(place, low, wet), read_signal(place, low, state))
    loud = [
        float(np.std(read_signal(tmp_path / "made" / c.id, c, c.signal("wet"))))
        for c in (low, high)
    ]
    assert loud[0] > 1.4 * loud[1]
    assert {check.name for check in low.checks} >= {"simulated input", "solver step"}
    assert low.source["circuit"]["params"] == {"resistance": 1e3}


@needs_ngspice
def test_what_was_simulated_is_found_again(
    tmp_path: Path, riff: Path, make_context: MakeContext, runs: list[Circuit]
) -> None:
    chosen = config(riff, knobs={"resistance": [1e3, 1e4]})
    context = make_context()
    whole = SOURCE.produce(chosen, tmp_path / "first", context)
    assert len(runs) == 2
    again = SOURCE.produce(chosen, tmp_path / "second", context)
    assert len(runs) == 2
    for one, other in zip(whole, again, strict=True):
        assert audio(tmp_path / "first", one) == audio(tmp_path / "second", other)
        assert one == other
    more = config(riff, knobs={"resistance": [1e3, 1e4, 1e5]})
    SOURCE.produce(more, tmp_path / "third", context)
    assert len(runs) == 3
    for changed in ({"drive": 2.0}, {"steps_per_sample": 3}, {"limit": 1.9}, {"states": False}):
        before = len(runs)
        SOURCE.produce(config(riff, **changed), tmp_path / str(changed), context)
        assert len(runs) == before + 1, changed


SWEEP = {"resistance": [1e3, 2e3, 4e3, 16e3, 64e3, 1e5]}
ROOT = Path(__file__).resolve().parents[3]


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@needs_ngspice
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_sweep_that_is_killed_ends_with_the_same_files(tmp_path: Path, riff: Path) -> None:
    chosen = {"circuit": "rc-lowpass", "dry": str(riff), "steps_per_sample": 4, "knobs": SWEEP}
    job = Job(kind="simulate", name="Sweep", config={"source": "circuit", "config": chosen})
    folders = []
    for name in ("through", "killed"):
        with Project.create(tmp_path / name) as project:
            folders.append(project.new_job(job))
    command = [sys.executable, "-m", "app", "--worker"]
    through, killed = folders
    subprocess.run([*command, through], cwd=ROOT, check=True, capture_output=True, timeout=120)

    cache = tmp_path / "killed" / CACHE
    worker = subprocess.Popen(
        [*command, killed], cwd=ROOT, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while worker.poll() is None and len(list(cache.glob("*.safetensors"))) < 2:
            time.sleep(0.005)
    finally:
        worker.kill()
        worker.communicate()
    assert worker.returncode == -signal.SIGKILL
    done = len(list(cache.glob("*.safetensors")))
    assert 2 <= done < 6
    assert read_status(killed).state == "interrupted"

    assert run_command(["simulate", str(tmp_path / "killed"), "--resume", job.id]) == 0
    assert read_status(killed).state == "done"
    log = (killed / "log.txt").read_text()
    assert log.count("was simulated before") == done
    with Project.open(tmp_path / "through") as project:
        project.adopt()
    first, second = (files_of(tmp_path / name / "captures") for name in ("through", "killed"))
    assert len([name for name in first if name.endswith("capture.json")]) == 6
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


@needs_ngspice
def test_a_sweep_by_another_job_finds_what_was_simulated(
    tmp_path: Path, riff: Path, make_context: MakeContext, runs: list[Circuit]
) -> None:
    """Alone or among others, now or before: the samples of a setting are the same."""
    (alone,) = SOURCE.produce(
        config(riff, knobs={"resistance": 2e3}), tmp_path / "a", make_context()
    )
    other = make_context()
    other.job = other.job.model_copy(update={"id": new_id()})
    both = SOURCE.produce(config(riff, knobs={"resistance": [1e3, 2e3]}), tmp_path / "b", other)
    assert len(runs) == 2
    assert audio(tmp_path / "a", alone) == audio(tmp_path / "b", both[1])
    assert alone.id != both[1].id
    shutil.rmtree(other.project / CACHE)
    fresh = SOURCE.produce(config(riff, knobs={"resistance": [1e3, 2e3]}), tmp_path / "c", other)
    assert fresh == both
    assert audio(tmp_path / "c", fresh[1]) == audio(tmp_path / "a", alone)


class Ornament(LibraryCircuit):
    """An RC low-pass with a knob that changes nothing."""

    def circuit(self, chosen: Mapping[str, float] = {}, moving: Sequence[str] = ()) -> Circuit:
        """At rest, whatever is chosen."""
        return super().circuit()


@needs_ngspice
def test_what_is_the_same_is_simulated_once(
    tmp_path: Path, riff: Path, make_context: MakeContext, runs: list[Circuit]
) -> None:
    circuit = Ornament.model_validate(circuit_named("rc-lowpass").model_dump())
    chosen = config(riff, knobs={"resistance": [1e3, 2e3, 1e3, 4e3]})
    made = produce_sweep(circuit, chosen, tmp_path / "made", make_context(), source="circuit")
    assert [capture.knobs["Resistance"] for capture in made] == [1e3, 2e3, 4e3]
    assert len(runs) == 1
    assert audio(tmp_path / "made", made[0]) == audio(tmp_path / "made", made[2])


@needs_ngspice
def test_cancelled_in_the_middle(
    tmp_path: Path, riff: Path, make_context: MakeContext, runs: list[Circuit]
) -> None:
    context = make_context()
    watchers.append(lambda: context.command("cancel") if len(runs) >= 3 else None)
    with pytest.raises(CancelledError):
        SOURCE.produce(config(riff, knobs=SWEEP), tmp_path / "broken", context)
    whole = list((tmp_path / "broken").glob("*/capture.json"))
    assert len(whole) == len(list((context.project / CACHE).iterdir())) < 6


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Circuit]]:
    """Circuits whose simulation was started, one entry for each (not for its probes)."""
    started: list[Circuit] = []
    original = Run.__init__

    def noted(self: Run, program: str, circuit: Circuit, x: Any, stretch: Any) -> None:
        if stretch.role == "part" and stretch.number == 0:
            started.append(circuit)
            for watch in watchers:
                watch()
        original(self, program, circuit, x, stretch)

    monkeypatch.setattr(Run, "__init__", noted)
    watchers.clear()
    yield started
    watchers.clear()


watchers: list[Callable[[], None]] = []


@needs_ngspice
def test_a_damaged_cache_is_simulated_anew(
    tmp_path: Path, riff: Path, make_context: MakeContext, runs: list[Circuit]
) -> None:
    context = make_context()
    (first,) = SOURCE.produce(config(riff), tmp_path / "first", context)
    (kept,) = (context.project / CACHE).iterdir()
    kept.write_bytes(kept.read_bytes()[:500])
    (second,) = SOURCE.produce(config(riff), tmp_path / "second", context)
    assert len(runs) == 2
    assert audio(tmp_path / "first", first) == audio(tmp_path / "second", second)


@needs_ngspice
def test_a_large_sweep_finds_all_that_it_has_done(
    tmp_path: Path, riff: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch,
    runs: list[Circuit],
) -> None:  # fmt: skip
    monkeypatch.setattr("engines.sources.circuit_sweep.MAX_BYTES", 2 * 4 * 2 * RATE)
    context = make_context()
    for name in ("first", "second"):
        SOURCE.produce(config(riff, knobs=SWEEP), tmp_path / name, context)
    assert len(runs) == 6
    SOURCE.produce(config(riff, knobs={"resistance": 3e3}), tmp_path / "third", context)
    assert len(list((context.project / CACHE).iterdir())) == 1


@needs_ngspice
def test_one_setting_that_fails_leaves_the_others(
    tmp_path: Path, riff: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_at(monkeypatch, 1e4)
    messages: list[Message] = []
    context = make_context(messages.append)
    chosen = config(riff, knobs={"resistance": [1e3, 1e4, 1e5]})
    made = SOURCE.produce(chosen, tmp_path / "made", context)
    assert [capture.knobs["Resistance"] for capture in made] == [1e3, 1e5]
    warned = [message.text for message in messages if isinstance(message, Warn)]
    (said,) = [text for text in warned if "could not" in text]
    assert said.startswith("RC low-pass, 1 V, resistance 10000 Ω: ngspice could not simulate")
    assert "q1 out b" in said
    assert len(context.refused) == 1
    assert "q1 out b" in (context.folder / "log.txt").read_text()


@needs_ngspice
def test_all_settings_fail(
    tmp_path: Path, riff: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_at(monkeypatch, 1e4)
    with pytest.raises(SimulatorError, match="q1 out b"):
        SOURCE.produce(config(riff), tmp_path / "made", make_context())


def broken_at(monkeypatch: pytest.MonkeyPatch, resistance: float) -> None:
    """Let the netlist of one setting be faulty."""
    original = Run.__init__

    def faulty(self: Run, program: str, circuit: Circuit, x: Any, stretch: Any) -> None:
        from dataclasses import replace

        if dict(circuit.params)["resistance"] == resistance:
            circuit = replace(circuit, elements=(*circuit.elements, "Q1 out b"))
        original(self, program, circuit, x, stretch)

    monkeypatch.setattr(Run, "__init__", faulty)


@needs_ngspice
def test_settings_that_fill_the_space(
    tmp_path: Path, riff: Path, make_context: MakeContext
) -> None:
    chosen = config(
        riff, circuit="tone-stack", design="spread", count=3, limit=1.0, states=False,
        knobs={"bass": [0.2, 0.4], "middle": 0.3},
    )  # fmt: skip
    made = SOURCE.produce(chosen, tmp_path / "made", make_context())
    assert len(made) == 3
    for capture in made:
        assert 0.2 <= capture.knobs["Bass"] <= 0.4
        assert capture.knobs["Middle"] == 0.3
        assert [signal.role for signal in capture.signals] == ["dry", "wet"]
        assert "treble" in capture.name
    assert len({capture.knobs["Treble"] for capture in made}) == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"circuit": "flux-capacitor"}, "There is no circuit 'flux-capacitor'"),
        ({"knobs": {"drive": [1.0]}}, "has no knob 'drive'; it has: resistance"),
        ({"knobs": {"resistance": [1.0]}}, "goes from 1000 to 100000 Ω, and 1 is outside"),
        ({"knobs": {"resistance": []}}, "at least 1 item"),
        ({"circuit": "diode-clipper-2", "design": "spread"}, "nothing to spread settings over"),
        (
            {"circuit": "overdrive", "knobs": {k: list(np.linspace(0, 1, 20)) for k in
             ("drive", "tone")} | {"level": [0.1, 0.2]}},
            "make 800 captures",
        ),
    ],
)  # fmt: skip
def test_refuses_what_does_not_fit(riff: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(riff, **changes)


def test_how_many_captures_is_known_before_the_work(riff: Path) -> None:
    assert len(config(riff).settings()) == 1
    assert len(config(riff, knobs={"resistance": [1e3, 1e4, 1e3]}).settings()) == 2
    spread = config(riff, design="spread", count=7)
    assert len(spread.settings()) == 7
    assert len(settings_of(circuit_named("rc-lowpass"), spread)) == 7


def test_too_much_is_refused_before_it_is_simulated(
    tmp_path: Path, riff: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.sources.circuit_sweep.MAX_SAMPLES", 3 * RATE)
    monkeypatch.setattr(NgSpice, "version", lambda self: "ngspice-39")
    with pytest.raises(TrimpotError, match="would take"):
        SOURCE.produce(config(riff), tmp_path / "made", make_context())
    monkeypatch.setattr("engines.sources.circuit_sweep.MAX_VALUES", 3 * RATE)
    with pytest.raises(TrimpotError, match="at most 12000 samples fit, and it has 16000"):
        SOURCE.produce(config(riff), tmp_path / "made", make_context())


def test_missing_simulator_is_said_before_any_work(
    tmp_path: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "nothing"))
    messages: list[object] = []
    with pytest.raises(SimulatorMissingError, match="settings"):
        SOURCE.produce(CircuitConfig(), tmp_path / "made", make_context(messages.append))
    assert not messages


def test_the_form_offers_every_circuit() -> None:
    shape = CircuitConfig.model_json_schema()["properties"]["circuit"]
    assert shape["enum"] == list(circuits())
    assert shape["labels"]["overdrive"] == "Overdrive"
