"""A wheel carries every data file that the library reads: netlists, parts, drawings."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
PACKAGES = ("app", "widgets", "engines", "projects")
SEEN = "from engines.circuits.library import circuits, drawing_of; print(len([(c.full_netlist, c.drawing) for c in circuits().values()]), len(drawing_of('diode-clipper')))"  # noqa: E501


def test_every_data_file_is_in_the_wheel(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", reason="setuptools, which builds wheels, is not installed")
    source, out = tmp_path / "source", tmp_path / "out"
    out.mkdir()
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__", ".*")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-EXCEPTION.md"):
        shutil.copy(ROOT / name, source / name)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    wanted = {
        path.relative_to(source).as_posix()
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file()
    }
    assert not wanted - carried
    assert {name.rsplit(".", 1)[1] for name in wanted} >= {"py", "cir", "json", "svg", "typed"}
    seen = subprocess.run(
        [sys.executable, "-c", SEEN], cwd=tmp_path, env={"PYTHONPATH": str(wheel)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    count, length = map(int, seen.stdout.split() or [0, 0])
    assert count >= 12, seen.stderr
    assert length > 1000
