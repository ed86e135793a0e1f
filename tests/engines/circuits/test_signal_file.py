"""The numbers that a simulator reads are the very numbers that were meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.circuits.base import SimulatorError
from engines.circuits.signal_file import MAX_COLUMNS, as_written, write_signal
from projects.errors import StorageError


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    size=st.floats(1e-18, 1e12),
    stop=st.floats(1e-3, 1e4),
    seed=st.integers(0, 1000),
)
def test_what_is_read_is_what_was_said(tmp_path: Path, size: float, stop: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = as_written(np.sort(rng.uniform(0, stop, 50)))
    values = np.stack([rng.standard_normal(50), size * rng.uniform(-1, 1, 50)], axis=1)
    path = tmp_path / "input.txt"
    write_signal(path, times, values)
    read = np.array([list(map(float, line.split())) for line in path.read_text().splitlines()])
    np.testing.assert_array_equal(read[:, 0], times)
    for column in range(2):
        np.testing.assert_array_equal(read[:, 1 + column], as_written(values[:, column]))
        largest = np.abs(values[:, column]).max()
        off = np.abs(read[:, 1 + column] - values[:, column]).max()
        assert off <= max(1e-14 * largest, 1e-22)


def test_single_precision_is_widened(tmp_path: Path) -> None:
    values = np.array([[0.1], [-4.5]], np.float32)
    write_signal(tmp_path / "a", np.array([0.0, 1.0]), values)
    first = (tmp_path / "a").read_text().splitlines()[0]
    assert float(first.split()[1]) == pytest.approx(float(np.float32(0.1)), rel=1e-15)


def test_lines_stay_shorter_than_what_ngspice_reads(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_signal(path, np.zeros(3), -np.ones((3, MAX_COLUMNS)))
    assert max(map(len, path.read_text().splitlines())) < 510
    with pytest.raises(SimulatorError, match="20 knobs move, and the simulator takes 19"):
        write_signal(path, np.zeros(3), np.ones((3, MAX_COLUMNS + 1)))


def test_a_disk_that_refuses(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="write the simulator's input"):
        write_signal(tmp_path / "none" / "a", np.zeros(3), np.ones((3, 1)))
