"""A run's figures and previews, also from damaged and hostile files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from app.run_files import read_metrics, read_preview
from projects.errors import FileFormatError


def test_figures_are_read_step_by_step(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text(
        '{"step": 1, "seconds": 0.5, "esr_validation": 0.5, "loss": 2}\n'
        '{"step": 2, "seconds": 1.0, "esr_validation": 0.1}\n'
    )
    metrics = read_metrics(tmp_path)
    assert metrics.values == {"esr_validation": [0.5, 0.1], "loss": [2.0]}
    assert metrics.seconds["esr_validation"] == [0.5, 1.0]
    assert metrics.steps["loss"] == [1]
    assert metrics.best("esr_validation") == 0.1
    assert metrics.best("nothing") is None


def test_damaged_lines_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(
        b'{"step": 1, "seconds": 0.5, "a": 1}\n'
        b"not json\n[1, 2]\n"
        b'{"seconds": 1}\n{"step": 2, "seconds": 1, "a": NaN, "b": "x", "c": true}\n'
        b'\xff\xfe\n{"step": 3, "seconds": 2, "a": 3}\n{"step": 4, "sec'
    )
    assert read_metrics(tmp_path).values == {"a": [1.0, 3.0]}


def test_a_run_without_figures_has_none(tmp_path: Path) -> None:
    assert read_metrics(tmp_path).values == {}
    assert read_preview(tmp_path) == {}


def test_the_preview_tells_its_moments(tmp_path: Path) -> None:
    wet = np.arange(10, dtype=np.float32)
    save_file(
        {
            "worst.wet": wet,
            "worst.predicted": wet + 1,
            "worst.time": (2.0 + np.arange(10) / 1000).astype(np.float64),
            "median.wet": wet,
        },
        tmp_path / "preview.safetensors",
    )
    moments = read_preview(tmp_path)
    assert set(moments) == {"worst", "median"}
    worst = moments["worst"]
    assert set(worst.signals) == {"wet", "predicted"}
    assert worst.start_seconds == 2.0
    assert worst.sample_rate == pytest.approx(1000)


@pytest.mark.parametrize(
    "arrays",
    [
        {"worst.wet": np.zeros(3, np.float32), "worst.dry": np.zeros(4, np.float32)},
        {"worst.wet": np.full(3, np.nan, np.float32)},
        {"worst.wet": np.zeros((3, 3), np.float32)},
        {"worst.wet": np.zeros(100_000, np.float32)},
    ],
)
def test_a_preview_that_cannot_be_drawn_is_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    save_file(arrays, tmp_path / "preview.safetensors")
    with pytest.raises(FileFormatError, match="preview"):
        read_preview(tmp_path)


def test_a_damaged_preview_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "preview.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_preview(tmp_path)
