"""What every export format must hold, whatever file adds it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.exporters import registry
from engines.exporters.base import Exporter, ExportError, Parity
from engines.exporters.gate import KNOB_HOLD, export, moving_knobs
from engines.models.base import Model
from projects.errors import StorageError
from projects.jobs import PARITY_FILE

FORMATS = registry()


@pytest.fixture(params=sorted(FORMATS))
def exporter(request: pytest.FixtureRequest) -> Exporter:
    return FORMATS[request.param]


@pytest.fixture
def carried(exporter: Exporter, cases: dict[str, Model]) -> dict[str, Model]:
    """Those of the cases that the format says it carries."""
    found = {name: model for name, model in cases.items() if exporter.obstacle(model) is None}
    assert found, "a format that carries nothing is of no use"
    return found


def with_tensors(model: Model, change: Callable[[np.ndarray], np.ndarray]) -> Model:
    tensors = {name: change(np.array(tensor)) for name, tensor in model.tensors.items()}
    return dataclasses.replace(model, tensors=tensors)


def test_describes_itself(exporter: Exporter) -> None:
    assert exporter.name
    assert exporter.label
    assert exporter.summary.endswith(".")
    assert exporter.suffix.startswith(".")
    assert 0.0 < exporter.tolerance <= 1e-5


def test_says_in_a_sentence_what_it_cannot_carry(
    exporter: Exporter, cases: dict[str, Model]
) -> None:
    unknown = dataclasses.replace(next(iter(cases.values())), architecture="unheard-of")
    obstacle = exporter.obstacle(unknown)
    assert obstacle is not None
    assert "unheard-of" in obstacle
    assert obstacle.endswith(".")


def test_sounds_like_the_model(
    exporter: Exporter, carried: dict[str, Model], dry: np.ndarray, tmp_path: Path
) -> None:
    for number, (name, model) in enumerate(carried.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / f"model{exporter.suffix}"
        parity = export(exporter, model, path, dry, compared="a sweep")
        assert parity.max_abs <= exporter.tolerance, name
        assert parity.passed
        assert parity.n_samples == len(dry)
        saved = Parity.model_validate(json.loads((folder / PARITY_FILE).read_text()))
        assert saved == parity
        assert {file.name for file in folder.iterdir()} == {path.name, PARITY_FILE}


def test_writes_the_same_bytes_twice(
    exporter: Exporter, carried: dict[str, Model], tmp_path: Path
) -> None:
    for model in carried.values():
        first, second = tmp_path / "first", tmp_path / "second"
        exporter.write(model, first)
        exporter.write(model, second)
        assert first.read_bytes() == second.read_bytes()


def test_notices_a_file_that_sounds_different(
    exporter: Exporter,
    carried: dict[str, Model],
    dry: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = exporter.write
    for number, (name, model) in enumerate(carried.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / f"model{exporter.suffix}"

        def wrong(model: Model, path: Path) -> None:
            write(with_tensors(model, lambda tensor: tensor * 1.001), path)

        monkeypatch.setattr(exporter, "write", wrong)
        with pytest.raises(ExportError, match="differs from the trained model by up to"):
            export(exporter, model, path, dry, compared="a sweep")
        kept = {file.name for file in folder.iterdir()}
        assert kept == {f"{path.name}.failed"}, name


def test_keeps_a_file_that_its_reader_refuses_aside(
    exporter: Exporter,
    carried: dict[str, Model],
    dry: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = exporter.write

    def truncated(model: Model, path: Path) -> None:
        write(model, path)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])

    monkeypatch.setattr(exporter, "write", truncated)
    path = tmp_path / f"model{exporter.suffix}"
    with pytest.raises(ExportError, match="was refused"):
        export(exporter, next(iter(carried.values())), path, dry, compared="a sweep")
    assert {file.name for file in tmp_path.iterdir()} == {f"{path.name}.failed"}


def test_silence_proves_nothing(
    exporter: Exporter, make_lstm: Callable[..., Model], tmp_path: Path
) -> None:
    silent = with_tensors(make_lstm(skip=False), np.zeros_like)
    path = tmp_path / f"model{exporter.suffix}"
    with pytest.raises(ExportError, match="silent"):
        export(exporter, silent, path, np.ones(100, np.float32), compared="ones")
    assert not path.exists()


def test_refuses_weights_that_are_no_numbers(
    exporter: Exporter, carried: dict[str, Model], tmp_path: Path
) -> None:
    broken = with_tensors(next(iter(carried.values())), lambda tensor: tensor * np.nan)
    with pytest.raises(ExportError, match="not numbers"):
        exporter.write(broken, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_says_so_when_the_disk_refuses(
    exporter: Exporter, carried: dict[str, Model], tmp_path: Path
) -> None:
    with pytest.raises(StorageError):
        exporter.write(next(iter(carried.values())), tmp_path / "missing" / "model")


def test_the_knobs_of_the_proof_visit_their_whole_range() -> None:
    knobs = moving_knobs(10 * 48_000, 3)
    assert knobs.shape == (480_000, 3)
    assert knobs.min() >= 0.0
    assert knobs.max() <= 1.0
    assert (knobs.min(axis=0) < 0.1).all()
    assert (knobs.max(axis=0) > 0.9).all()
    assert (np.diff(knobs[:KNOB_HOLD], axis=0) == 0).all()
    assert abs(np.corrcoef(knobs.T)[0, 1]) < 0.5
    assert moving_knobs(10, 0).shape == (10, 0)
