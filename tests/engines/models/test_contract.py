"""What every architecture must hold: its file, its kernel, its training, resumed and killed."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from small_circuit import clipper_data, small_project, turned_data

from engines.models import registry
from engines.models.base import (
    Architecture,
    ArchitectureConfig,
    FloatArray,
    Model,
    ModelFileError,
    ModelInfo,
    TrainingError,
)
from engines.models.storage import encode, load_model, save_model
from engines.models.streaming import measure_speed, render
from engines.training.scoring import score
from engines.training.session import RunSession, StopRules
from engines.worker.context import JobContext
from projects.jobs import BEST_FILE, LAST_FILE, METRICS_FILE, Job
from projects.manifest import Control

ROUNDING = 2e-6
WORKER = "import sys; from pathlib import Path; from engines.worker.main import worker_main; "
WORKER += "sys.exit(worker_main(Path(sys.argv[1]), attached=False))"


def context_in(folder: Path) -> JobContext:
    folder.mkdir(exist_ok=True)
    return JobContext(folder, folder.parent, Job(kind="train", name="test"), lambda message: None)


class ArchitectureContract:
    """Inherited once for each architecture, with what its tests need."""

    name: str
    configs: ClassVar[tuple[dict[str, Any], ...]]
    """Shapes to try the file and the kernel with."""
    quick: ClassVar[dict[str, Any]]
    """A configuration that trains in seconds."""
    n_states = 0
    learns_turned_knobs = True

    @property
    def architecture(self) -> Architecture:
        return registry()[self.name]

    def info(self, n_knobs: int = 0) -> ModelInfo:
        return ModelInfo(
            name="test",
            sample_rate=48_000,
            controls=tuple(Control(name=f"k{index}") for index in range(n_knobs)),
            states=tuple(f"s{index}" for index in range(self.n_states)),
        )

    def model(self, config: dict[str, Any], n_knobs: int = 0, seed: int = 0) -> Model:
        """A model with random weights that does not run away."""
        made: ArchitectureConfig = self.architecture.Config.model_validate(config)
        info = self.info(n_knobs)
        rng = np.random.default_rng(seed)
        tensors = {
            name: rng.normal(scale=0.3, size=shape)
            for name, shape in self.architecture.shapes(made, info).items()
        }
        return self.tame(Model(self.name, made, tensors, info))

    def tame(self, model: Model) -> Model:
        return model

    def reference(self, model: Model, x: np.ndarray, knobs: np.ndarray) -> np.ndarray:
        """The output float64[n] by plain numpy in float64."""
        raise NotImplementedError

    def cases(self) -> list[tuple[Model, np.ndarray]]:
        rng = np.random.default_rng(3)
        return [
            (self.model(config, n_knobs), rng.uniform(size=n_knobs).astype(np.float32))
            for config in self.configs
            for n_knobs in (0, 2)
        ]

    # -- the file --------------------------------------------------------------------------

    def test_importing_needs_neither_torch_nor_numba(self) -> None:
        code = (
            "import sys, engines.models, engines.jobs.train, engines.jobs.render;"
            "engines.models.registry();"
            "print([m for m in ('torch', 'numba', 'scipy') if m in sys.modules])"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert found.stdout.strip() == "[]", found.stderr

    def test_presets_are_of_its_config(self) -> None:
        for preset in self.architecture.presets:
            assert isinstance(preset.config, self.architecture.Config)

    def test_file_round_trip(self, tmp_path: Path) -> None:
        for model, _ in self.cases():
            save_model(tmp_path / "m.safetensors", model)
            back = load_model(tmp_path / "m.safetensors")
            assert back.config == model.config
            assert back.info == model.info
            assert back.tensors.keys() == model.tensors.keys()
            for name, tensor in model.tensors.items():
                assert back.tensors[name].dtype == tensor.dtype
                np.testing.assert_array_equal(back.tensors[name], tensor)

    def test_n_weights_counts_the_tensors(self) -> None:
        for model, _ in self.cases():
            assert self.architecture.n_weights(model.config, model.info) == model.n_weights

    def test_refuses_tensors_that_do_not_fit(self, tmp_path: Path) -> None:
        model = self.model(self.configs[0])
        first = next(iter(model.tensors))
        broken: list[Mapping[str, FloatArray]] = [
            {name: t for name, t in model.tensors.items() if name != first},
            {**model.tensors, "surplus": np.zeros(3)},
            {**model.tensors, first: np.zeros((3, 3))},
            {**model.tensors, first: np.full(model.tensors[first].shape, np.nan)},
            {**model.tensors, first: np.full(model.tensors[first].shape, np.inf)},
        ]
        for tensors in broken:
            save_model(tmp_path / "m.safetensors", dataclasses.replace(model, tensors=tensors))
            with pytest.raises(ModelFileError, match=r"tensor .*\.$"):
                load_model(tmp_path / "m.safetensors")

    # -- the kernel ------------------------------------------------------------------------

    def test_kernel_is_the_reference(self) -> None:
        x = np.random.default_rng(1).uniform(-1, 1, 3000).astype(np.float32)
        for model, knobs in self.cases():
            wanted = self.reference(model, x.astype(np.float64), knobs.astype(np.float64))
            found = render(model, x, knobs)
            assert np.abs(wanted).max() > 0.01
            assert np.abs(found - wanted).max() <= ROUNDING * max(1.0, np.abs(wanted).max())

    @pytest.mark.parametrize("block", [1, 7, 64, 512])
    def test_any_block_size_gives_the_same_samples(self, block: int) -> None:
        x = np.random.default_rng(2).uniform(-1, 1, 1500).astype(np.float32)
        for model, knobs in self.cases():
            np.testing.assert_array_equal(render(model, x, knobs, block), render(model, x, knobs))

    def test_may_work_in_place_and_resets(self) -> None:
        x = np.random.default_rng(2).uniform(-1, 1, 300).astype(np.float32)
        model, knobs = self.cases()[-1]
        kernel = self.architecture.kernel(model)
        first, second = x.copy(), x.copy()
        kernel.process(first, knobs, first)
        kernel.reset()
        kernel.process(second, knobs, second)
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(first, render(model, x, knobs))

    def test_knobs_that_move_are_heard(self) -> None:
        model, knobs = self.cases()[-1]
        x = np.random.default_rng(2).uniform(-1, 1, 400).astype(np.float32)
        path = np.tile(knobs, (400, 1))
        path[200:] = 1.0 - path[200:]
        moved = render(model, x, path)
        held = render(model, x, knobs)
        np.testing.assert_array_equal(moved[:200], held[:200])
        assert np.abs(moved[200:] - held[200:]).max() > 1e-4

    @pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, 3e38])
    def test_a_bad_sample_does_not_stay(self, poison: float) -> None:
        x = np.random.default_rng(2).uniform(-1, 1, 4000).astype(np.float32)
        for model, knobs in self.cases():
            clean = render(model, x, knobs)
            dirty = x.copy()
            dirty[100:103] = poison
            found = render(model, dirty, knobs)
            assert np.isfinite(found).all()
            assert np.abs(found[-100:] - clean[-100:]).max() < 1e-2

    def test_speed_is_measured(self) -> None:
        speed = measure_speed(self.model(self.configs[0]), seconds=0.02)
        product = speed.ns_per_sample * 1e-9 * speed.real_time_factor * 48_000
        assert product == pytest.approx(1.0)

    # -- the training ----------------------------------------------------------------------

    def run(self, folder: Path, steps: int, seed: int = 0) -> RunSession:
        data = clipper_data(seed)
        rules = StopRules(max_steps=steps)
        session = RunSession(context_in(folder), rules, self.architecture, data)
        config = self.architecture.Config.model_validate(self.quick)
        self.architecture.train(config, data, session)
        return session

    def test_resumed_is_as_if_never_stopped(self, tmp_path: Path) -> None:
        whole = self.run(tmp_path / "whole", 48)
        self.run(tmp_path / "parts", 16)
        parts = self.run(tmp_path / "parts", 48)
        assert whole.step == parts.step
        assert whole.best is not None
        assert parts.best is not None
        for name, tensor in whole.best.tensors.items():
            np.testing.assert_array_equal(parts.best.tensors[name], tensor)
        assert parts.best_esr == whole.best_esr
        assert parts.clock.seconds > 0

    def test_learns_from_a_knob_that_is_turned_or_says_why_not(self, tmp_path: Path) -> None:
        data = turned_data()
        session = RunSession(
            context_in(tmp_path / "turned"), StopRules(max_steps=48), self.architecture, data
        )
        config = self.architecture.Config.model_validate(self.quick)
        if not self.learns_turned_knobs:
            with pytest.raises(TrainingError, match="a knob moves"):
                self.architecture.train(config, data, session)
            return
        self.architecture.train(config, data, session)
        assert session.best is not None
        # The knob matters to what was trained, and is heard where it stands at each sample.
        found = session.best_esr
        held = dataclasses.replace(data.validation[0], knobs=np.zeros(1))
        assert score(self.architecture.kernel(session.best), [held]).esr != found

    def test_seeds_differ(self, tmp_path: Path) -> None:
        one, two = self.run(tmp_path / "one", 8, 1), self.run(tmp_path / "two", 8, 2)
        assert one.best_esr != two.best_esr

    def test_killed_and_run_again_goes_on(self, tmp_path: Path) -> None:
        with small_project(tmp_path / "project") as project:
            job = Job(
                kind="train",
                name="killed",
                config={"architecture": self.name, "model": self.endless, "max_seconds": 600},
            )
            folder = project.new_job(job)
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        try:
            deadline = time.monotonic() + 200
            while not (folder / LAST_FILE).is_file() or not (folder / BEST_FILE).is_file():
                assert worker.poll() is None, "the worker ended by itself"
                assert time.monotonic() < deadline, "no checkpoint was written"
                time.sleep(0.05)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.communicate()
        lines = (folder / METRICS_FILE).read_text().splitlines()
        killed_at = json.loads(lines[-1])
        data = clipper_data()
        session = RunSession(context_in(folder), StopRules(), self.architecture, data)
        arrays = session.resume()
        assert arrays is not None
        assert session.step > 0
        assert session.clock.seconds > 1.0
        assert session.best is not None
        assert session.best_esr <= min(json.loads(line)["esr_validation"] for line in lines)
        short = job.model_copy(
            update={"config": {**job.config, "max_steps": killed_at["step"] + 20}}
        )
        (folder / "job.json").write_text(short.model_dump_json())
        done = subprocess.run(
            [sys.executable, "-c", WORKER, str(folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=250,
        )
        end = json.loads(done.stdout.splitlines()[-1])
        assert end["state"] == "done", end
        assert end["figures"]["steps"] >= killed_at["step"]
        assert end["figures"]["seconds"] > session.clock.before
        steps = [json.loads(line)["step"] for line in (folder / METRICS_FILE).open()]
        assert steps[len(lines)] > session.step, "it began anew"

    @property
    def endless(self) -> dict[str, Any]:
        """A configuration that goes on for as long as it is let."""
        raise NotImplementedError


class TestStn(ArchitectureContract):
    name = "stn"
    configs: ClassVar[tuple[dict[str, Any], ...]] = (
        {"hidden": [8], "output_state": 0},
        {"hidden": [8, 8], "output_state": None, "initial_state": [0.1, -0.2]},
        {"hidden": [5, 12, 7], "output_state": 1},
    )
    quick: ClassVar[dict[str, Any]] = {
        "hidden": [8],
        "starts": 2,
        "batch": 2000,
        "regression_steps": 20,
    }
    n_states = 2

    @property
    def endless(self) -> dict[str, Any]:
        return {"hidden": [8], "starts": 1, "regression_steps": 100_000}

    def tame(self, model: Model) -> Model:
        """Bring the states back to zero: a leak through a first unit that sees little else."""
        n_knobs, depth = len(model.info.controls), len(model.tensors) // 2
        tensors = {name: 0.3 * tensor for name, tensor in model.tensors.items()}
        for state in range(self.n_states):
            for layer in range(depth):
                weight = tensors[f"layers.{layer}.weight"]
                column = 2 + n_knobs + state if layer == 0 else state
                weight[state, column] += -0.5 if layer == depth - 1 else 1.0
        return dataclasses.replace(model, tensors=tensors)

    def reference(self, model: Model, x: np.ndarray, knobs: np.ndarray) -> np.ndarray:
        config: Any = model.config
        states = np.array(config.initial_state or np.zeros(self.n_states))
        depth, previous, y = len(model.tensors) // 2, 0.0, np.zeros(len(x))
        for n, now in enumerate(x):
            values = np.concatenate([[now, previous], knobs, states])
            for layer in range(depth):
                weight = model.tensors[f"layers.{layer}.weight"]
                values = weight @ values + model.tensors[f"layers.{layer}.bias"]
                values = values if layer == depth - 1 else np.tanh(values)
            states = states + values[: self.n_states]
            output = config.output_state
            y[n] = values[-1] if output is None else states[output]
            previous = now
        return y


class TestLstm(ArchitectureContract):
    name = "lstm"
    configs: ClassVar[tuple[dict[str, Any], ...]] = (
        {"hidden": 8, "skip": True},
        {"hidden": 13, "skip": False},
        {"hidden": 64},
    )
    quick: ClassVar[dict[str, Any]] = {
        "hidden": 4,
        "batch": 8,
        "truncation": 64,
        "burn_in": 32,
        "updates_per_stretch": 4,
        "steps": 200,
    }

    @property
    def endless(self) -> dict[str, Any]:
        return {**self.quick, "steps": 10_000_000}

    def reference(self, model: Model, x: np.ndarray, knobs: np.ndarray) -> np.ndarray:
        config: Any = model.config
        t = model.tensors
        bias = t["rec.bias_ih_l0"] + t["rec.bias_hh_l0"]
        h, c, y = np.zeros(config.hidden), np.zeros(config.hidden), np.zeros(len(x))
        for n, now in enumerate(x):
            inputs = np.concatenate([[now], knobs])
            gates = t["rec.weight_ih_l0"] @ inputs + t["rec.weight_hh_l0"] @ h + bias
            i, f, g, o = np.split(gates, 4)
            i, f, o = (1.0 / (1.0 + np.exp(-gate)) for gate in (i, f, o))
            c = f * c + i * np.tanh(g)
            h = o * np.tanh(c)
            y[n] = (t["lin.weight"] @ h + t["lin.bias"])[0] + (now if config.skip else 0.0)
        return y

    def test_is_torchs_own_lstm(self) -> None:
        import torch

        from engines.models.lstm.training import LstmNetwork

        model = self.model({"hidden": 12, "skip": True}, n_knobs=1)
        network = LstmNetwork(2, 12, skip=True).double()
        network.load_state_dict({name: torch.tensor(t) for name, t in model.tensors.items()})
        x = np.random.default_rng(0).uniform(-1, 1, 500)
        inputs = torch.tensor(np.column_stack([x, np.full(500, 0.25)]))[:, None, :]
        with torch.no_grad():
            wanted = network(inputs, None)[0][:, 0].numpy()
        found = render(model, x.astype(np.float32), np.array([0.25], np.float32))
        assert np.abs(found - wanted).max() <= ROUNDING


class TestCompressor(ArchitectureContract):
    name = "compressor"
    learns_turned_knobs = False
    configs: ClassVar[tuple[dict[str, Any], ...]] = (
        {"ballistics": "decoupled", "tone": True},
        {"ballistics": "branching", "tone": False, "order": 2},
        {"ballistics": "branching", "tone": True, "inverted": True},
    )
    quick: ClassVar[dict[str, Any]] = {
        "starts": 2,
        "steps": 200,
        "tolerance": 0.0,
        "batch": 1.0,
        "stretch": 0.25,
        "burn_in": 0.05,
    }

    @property
    def endless(self) -> dict[str, Any]:
        return {**self.quick, "starts": 1, "steps": 10_000_000}

    def tame(self, model: Model) -> Model:
        """Settings of an ordinary compressor, quick enough for short signals."""
        table = 0.3 * model.tensors["parameters"]
        usual = (-2.5, 0.8, 1.5, np.log(3e-4), np.log(1e-3), np.log(6e-3), 0.2)
        table[:7, 0] += usual
        if len(table) > 7:
            table[7:, 0] += (np.log(150.0), 0.0, np.log(4000.0), 0.0)
        return dataclasses.replace(model, tensors={"parameters": table})

    def reference(self, model: Model, x: np.ndarray, knobs: np.ndarray) -> np.ndarray:
        config: Any = model.config
        known = [1.0, *knobs]
        if config.order == 2:
            known += [a * b for n, a in enumerate(knobs) for b in knobs[n:]]
        rows = np.zeros(11)
        rows[7], rows[9] = np.log(100.0), np.log(5000.0)
        rows[: len(model.tensors["parameters"])] = model.tensors["parameters"] @ known
        threshold, slope, knee = 10 * rows[0], 1 / (1 + np.exp(-rows[1])), np.exp(rows[2])
        rate = model.info.sample_rate
        average, attack, release = np.exp(-1.0 / (np.exp(rows[3:6]) * rate))
        power = held = reduction = 0.0
        y = np.zeros(len(x))
        for n, now in enumerate(x):
            power = average * power + (1 - average) * now * now
            over = 10 * np.log10(max(power, 1e-30)) - threshold
            inside = min(max(over + knee / 2, 0.0), knee)
            wanted = slope * (inside**2 / (2 * knee) + max(over - knee / 2, 0.0))
            if config.ballistics == "branching":
                pole = attack if wanted > reduction else release
                reduction = pole * reduction + (1 - pole) * wanted
            else:
                held = max(wanted, release * held + (1 - release) * wanted)
                reduction = attack * reduction + (1 - attack) * held
            y[n] = now * 10 ** ((10 * rows[6] - reduction) / 20)
        if config.inverted:
            y = -y
        for place, high in ((7, False), (9, True)):
            k = np.tan(np.pi * np.exp(rows[place]) / rate)
            g = 10 ** (10 * rows[place + 1] / 20)
            b = (g + k, k - g) if high else (1 + g * k, g * k - 1)
            before_in = before_out = 0.0
            for n, now in enumerate(y.copy()):
                y[n] = (b[0] * now + b[1] * before_in - (k - 1) * before_out) / (1 + k)
                before_in, before_out = now, y[n]
        return y


def test_every_architecture_has_its_contract() -> None:
    tested = {case.name for case in ArchitectureContract.__subclasses__()}
    assert tested == set(registry())


# -- hostile files ---------------------------------------------------------------------------


def hostile(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(data)
    return path


def whole_file(tmp_path: Path) -> bytes:
    save_model(tmp_path / "good.safetensors", TestStn().model(TestStn.configs[0]))
    return (tmp_path / "good.safetensors").read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.5, 0.999])
def test_cut_off(tmp_path: Path, share: float) -> None:
    data = whole_file(tmp_path)
    with pytest.raises(ModelFileError, match=r"\.$"):
        load_model(hostile(tmp_path, data[: int(share * len(data))]))


@pytest.mark.parametrize(
    "description",
    [
        "null",
        "[]",
        "{}",
        "{" * 100,
        '{"a":' * 5000 + "1" + "}" * 5000,
        '{"schema_version": true}',
        '{"schema_version": 1, "architecture": "unheard-of"}',
        '{"schema_version": 1, "architecture": ["stn"]}',
        '{"schema_version": 99, "architecture": "stn"}',
        '{"schema_version": 1, "architecture": "stn", "config": {}, "info": {}}',
        '{"schema_version": 1, "architecture": "stn", "config": {"hidden": [1e9]}, "info": {}}',
        '{"schema_version": 1, "architecture": "stn", "config": {"hidden": [NaN]}, "info": {}}',
    ],
)
def test_lies_about_itself(tmp_path: Path, description: str) -> None:
    data = encode({"layers.0.weight": np.zeros((2, 2))}, description)
    with pytest.raises(ModelFileError, match=r"\.$"):
        load_model(hostile(tmp_path, data))


@pytest.mark.parametrize(
    "header",
    [
        b"\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x04\x00\x00\x00\x00\x00\x00\x00null",
        b"\x02\x00\x00\x00\x00\x00\x00\x00[]",
        b"\x10\x00\x00\x00\x00\x00\x00\x00" + b"[" * 16,
        b"\x80\x04\x95 pickle",
    ],
)
def test_is_no_safetensors(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(ModelFileError, match=r"\.$"):
        load_model(hostile(tmp_path, header))


def test_offsets_outside_the_file(tmp_path: Path) -> None:
    header = json.dumps(
        {
            "__metadata__": {"trimpot": "{}"},
            "w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]},
        }
    ).encode()
    data = len(header).to_bytes(8, "little") + header + bytes(64)
    with pytest.raises(ModelFileError, match=r"damaged\.$"):
        load_model(hostile(tmp_path, data))


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "sparse.safetensors"
    with path.open("wb") as stream:
        stream.truncate(300 * 1024 * 1024)
    with pytest.raises(ModelFileError, match="larger than"):
        load_model(path)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be read"):
        load_model(tmp_path / "none.safetensors")


def test_states_that_disagree(tmp_path: Path) -> None:
    case = TestStn()
    model = case.model(case.configs[0])
    for change in ({"initial_state": (0.0,)}, {"state_limits": (1.0, 1.0, 1.0)}):
        config = model.config.model_copy(update=change)
        save_model(tmp_path / "m.safetensors", dataclasses.replace(model, config=config))
        with pytest.raises(ModelFileError, match="states do not agree"):
            load_model(tmp_path / "m.safetensors")
