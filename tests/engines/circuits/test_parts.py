"""Pieces of the simulation by themselves: resampling, raw files, the plan of times, the law."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.circuits.base import SimulatorError
from engines.circuits.diode_clipper import CIRCUIT, advance
from engines.circuits.netlist import Plan, netlist
from engines.circuits.rawfile import RawFile, read_raw
from engines.circuits.resample import resample
from engines.circuits.verdicts import Evidence, checks_of, refuse_wrong_input


@settings(max_examples=50, deadline=None)
@given(
    coefficients=st.lists(st.floats(-2, 2), min_size=4, max_size=4),
    seed=st.integers(0, 1000),
)
def test_cubics_are_resampled_exactly(coefficients: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    solver = np.cumsum(rng.uniform(0.1, 1.0, 60))
    solver /= solver[-1]
    times = np.linspace(solver[0], solver[-1], 37)
    found = resample(solver, np.polyval(coefficients, solver)[:, None], times, 1 / 37)
    np.testing.assert_allclose(found.values[:, 0], np.polyval(coefficients, times), atol=1e-10)
    assert found.error[0] < 1e-8


def test_the_estimated_error_is_of_the_real_ones_size() -> None:
    solver = np.linspace(0, 1, 50) ** 1.1
    times = np.linspace(0.05, 0.95, 333)
    found = resample(solver, np.sin(40 * solver)[:, None], times, 1 / 333)
    real = np.abs(found.values[:, 0] - np.sin(40 * times)).max()
    assert real / 3 < found.error[0] < 3 * real
    assert found.on_points < 0.1


def test_on_the_solvers_points_nothing_is_interpolated() -> None:
    rng = np.random.default_rng(0)
    solver = np.arange(200) / 4
    values = rng.standard_normal((200, 2))
    found = resample(solver, values, solver[8:190:4], 1.0)
    np.testing.assert_allclose(found.values, values[8:190:4], atol=1e-12)
    assert found.on_points == 1.0


@given(
    n=st.integers(1, 3000),
    rate=st.sampled_from([8000, 44100, 48000, 192_000]),
    steps=st.integers(1, 64),
)
def test_samples_lie_on_the_solvers_steps(n: int, rate: int, steps: int) -> None:
    plan = Plan(n, rate, steps)
    walked = (plan.sample_times / plan.step - 1.28) % 1.0
    assert np.minimum(walked, 1 - walked).max() < 1e-6
    times, values = plan.corners(np.ones((n, 2)), np.zeros(2))
    assert (np.diff(times) > 0).all()
    assert values.shape == (len(times), 2)
    assert plan.sample_times[-1] < plan.stop < times[-1]


def test_the_netlist_holds_no_command() -> None:
    text = netlist(CIRCUIT, Plan(10, 48000, 4), "reltol=1e-6")
    assert ".control" not in text
    assert ".include" not in text
    assert text.count("filesource") == 1
    assert text.rstrip().endswith(".end")


def test_wrong_input_is_refused() -> None:
    corners = np.arange(10.0)
    values = np.sin(corners)
    points = np.linspace(0, 9, 100)
    simulated = np.interp(points, corners, values)
    assert refuse_wrong_input(points, simulated, corners, values) == 0.0
    with pytest.raises(SimulatorError, match="differs"):
        refuse_wrong_input(points, np.roll(simulated, 1), corners, values)


def evidence(shift: int) -> Evidence:
    x = 4.5 * np.sin(np.arange(300) * 0.05)
    states = np.zeros((len(x), 1))
    for n in range(1, len(x)):
        states[n] = advance(states[n - 1 : n], x[n - 1 : n], x[n : n + 1], 1 / 48000)[0]
    return Evidence(x, 48000, np.roll(states, shift, axis=0), 0.0, 0.0, 1.0, None)


@pytest.mark.parametrize(("shift", "level"), [(0, "ok"), (1, "warning"), (-1, "warning")])
def test_states_on_a_wrong_grid_are_noticed(shift: int, level: str) -> None:
    found = {check.name: check for check in checks_of(CIRCUIT, evidence(shift))}
    assert found["states"].level == level


def raw(path: Path, table: np.ndarray, claimed: int | None = None) -> Path:
    header = (
        "Title: t\nDate: Sun Nov 22 01:37:26  2026\nPlotname: Transient Analysis\nFlags: real\n"
        f"No. Variables: 2\nNo. Points: {claimed or len(table)}\nVariables:\n"
        "\t0\ttime\ttime\n\t1\tv(out)\tvoltage\nBinary:\n"
    )
    path.write_bytes(header.encode() + table.astype("<f8").tobytes())
    return path


def test_reads_a_raw_file(tmp_path: Path) -> None:
    table = np.stack([np.array([0.0, 1.0, 1.0, 2.0]), np.array([0.1, 0.2, 0.3, 0.4])], axis=1)
    found = read_raw(raw(tmp_path / "a.raw", table), ["v(out)", "v(out)"])
    np.testing.assert_array_equal(found[:, 0], [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(found[:, 1], [0.1, 0.3, 0.4])
    np.testing.assert_array_equal(found[:, 1], found[:, 2])


def test_a_frequency_has_no_imaginary_part(tmp_path: Path) -> None:
    """ngspice writes uninitialised memory there; it may be anything."""
    table = np.array([[complex(10.0, np.nan), 1 + 2j], [complex(20.0, np.inf), 3 - 1j]])
    header = (
        "Title: t\nPlotname: AC Analysis\nFlags: complex\nNo. Variables: 2\nNo. Points: 2\n"
        "Variables:\n\t0\tfrequency\tfrequency grid=3\n\t1\tv(out)\tvoltage\nBinary:\n"
    )
    path = tmp_path / "ac.raw"
    path.write_bytes(header.encode() + table.tobytes())
    raw = RawFile(path)
    found = raw.rows(0, 2, raw.columns(["frequency", "v(out)"]))
    np.testing.assert_array_equal(found, [[10, 1 + 2j], [20, 3 - 1j]])
    table[1, 1] = np.nan
    path.write_bytes(header.encode() + table.tobytes())
    with pytest.raises(SimulatorError, match="not numbers"):
        RawFile(path).rows(0, 2, [0, 1])


@pytest.mark.parametrize("fault", ["missing", "garbage", "short", "vector", "nan"])
def test_refuses_a_bad_raw_file(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "a.raw"
    table = np.stack([np.arange(50.0), np.ones(50)], axis=1)
    if fault == "garbage":
        path.write_bytes(np.random.default_rng(0).bytes(3000))
    elif fault == "short":
        raw(path, table, claimed=5000)
    elif fault == "nan":
        table[7, 1] = np.nan
        raw(path, table)
    elif fault == "vector":
        raw(path, table)
    with pytest.raises(SimulatorError) as error:
        read_raw(path, ["v(in)" if fault == "vector" else "v(out)"])
    assert error.value.sentence.endswith(".")
