"""ngspice itself, for an operating point of what was written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def samples() -> Path:
    """Netlists in both dialects."""
    return SAMPLES


@pytest.fixture
def analysis(tmp_path: Path, ngspice: None) -> Callable[[str, str], dict[str, np.ndarray]]:
    """Runs one analysis of a netlist's text and gives every vector of it."""

    def run(text: str, command: str) -> dict[str, np.ndarray]:
        (tmp_path / "b.cir").write_text(text.removesuffix(".end\n") + f"{command}\n.end\n", "ascii")
        done = subprocess.run(
            ["ngspice", "-n", "-b", "-r", "b.raw", "b.cir"],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
            stdin=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert (tmp_path / "b.raw").exists(), text + (done.stdout + done.stderr)[-2000:]
        head, _, data = (tmp_path / "b.raw").read_bytes().partition(b"Binary:\n")
        names = [line.split()[1] for line in head.decode().split("Variables:\n")[1].splitlines()]
        kind = np.complex128 if b"Flags: complex" in head else np.float64
        table = np.frombuffer(data, kind).reshape(-1, len(names))
        return {name: table[:, index] for index, name in enumerate(names)}

    return run


@pytest.fixture
def operating_point(tmp_path: Path, ngspice: None) -> Callable[[str], dict[str, float]]:
    """Runs a netlist's text and gives every vector of its operating point."""

    def run(text: str) -> dict[str, float]:
        folder = tmp_path / "simulator"
        folder.mkdir(exist_ok=True)
        assert text.endswith(".end\n")
        (folder / "a.cir").write_text(text.removesuffix(".end\n") + ".op\n.end\n", "ascii")
        (folder / "a.raw").unlink(missing_ok=True)
        done = subprocess.run(
            ["ngspice", "-n", "-b", "-r", "a.raw", "a.cir"],
            cwd=folder, capture_output=True, text=True, timeout=60, check=False,
            stdin=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert (folder / "a.raw").exists(), done.stdout + done.stderr + text
        head, _, data = (folder / "a.raw").read_bytes().partition(b"Binary:\n")
        listed = head.decode().split("Variables:\n")[1].splitlines()
        names = [line.split()[1].lower() for line in listed]
        return dict(zip(names, np.frombuffer(data, np.float64, len(names)).tolist(), strict=True))

    return run
