"""Where LTspice is found, and how it would be called on each system."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engines.circuits.base import SimulatorError, SimulatorMissingError
from engines.circuits.ltspice import LTspice
from engines.circuits.ltspice_program import ENVIRONMENT, LTspiceProgram, find_ltspice

Install = Callable[..., Path]
ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="paths of a POSIX system")


def test_command_lines() -> None:
    """Switches as spicelib 1.6 gives them, which PyLTSpice is built on."""
    netlist = Path("/tmp/my project/circuit.cir")
    there = Path("/home/x/.wine/drive_c/LTspice.exe")
    wine = LTspiceProgram(there, ("/usr/bin/wine",), "wine")
    assert wine.run_command(netlist) == [
        "/usr/bin/wine", str(there), "-Run", "-b", "Z:/tmp/my project/circuit.cir",
    ]  # fmt: skip
    assert wine.netlist_command(Path("/tmp/a.asc")) == [
        "/usr/bin/wine", str(there), "-netlist", "Z:/tmp/a.asc",
    ]  # fmt: skip
    windows = LTspiceProgram(Path("LTspice.exe"))
    assert windows.run_command(netlist) == ["LTspice.exe", "-Run", "-b", str(netlist)]
    assert windows.netlist_command(netlist) == ["LTspice.exe", "-netlist", str(netlist)]
    mac = LTspiceProgram(Path("/Applications/LTspice.app/Contents/MacOS/LTspice"), (), "mac")
    assert mac.run_command(netlist) == [str(mac.path), "-b", str(netlist)]
    with pytest.raises(SimulatorError, match="View > SPICE Netlist"):
        mac.netlist_command(Path("/tmp/a.asc"))


def test_these_are_spicelibs_switches() -> None:
    from spicelib.simulators.ltspice_simulator import LTspice as Known

    assert Known._default_run_switches == ["-Run", "-b"]
    assert Known.ltspice_args["-netlist"] == ["-netlist"]


@pytest.mark.parametrize(
    ("kind", "version"), [("wine", "24.0.12"), ("mac", "17.2.4"), ("windows", "")]
)
def test_what_the_setting_says(install: Install, kind: str, version: str) -> None:
    path = install(kind)
    found = find_ltspice()
    assert (found.path, found.kind) == (path, kind)
    assert found.version() == f"LTspice {version}".strip()
    assert LTspice().version() == found.version()


def test_a_bundle_of_macos(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    path = install("mac")
    monkeypatch.setenv(ENVIRONMENT, str(path.parents[2]))
    assert find_ltspice().path == path


def test_wine_and_program_in_the_setting(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = install("wine")
    other = tmp_path / "bin" / "wine-staging"
    (tmp_path / "bin" / "wine").rename(other)
    monkeypatch.setenv(ENVIRONMENT, f"wine-staging '{path}'")
    found = find_ltspice()
    assert (found.path, found.launcher, found.kind) == (path, (str(other),), "wine")


def test_without_wine(install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install("wine")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SimulatorMissingError, match="Install wine"):
        find_ltspice()


@pytest.mark.parametrize("wrong", ["no-such-program", "."])
def test_a_setting_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wrong: str
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / wrong))
    with pytest.raises(SimulatorMissingError, match="settings"):
        LTspice().version()
    with pytest.raises(SimulatorMissingError):
        LTspice().ready()


LOOK = """
from engines.circuits.simulators import available
for found in available():
    print(found.name, found.there, found.version, found.place, found.why_not, sep="|")
"""


def look(environment: dict[str, str]) -> list[list[str]]:
    """What is found in a process of its own: spicelib looks around once, as it is imported."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK], env=environment, cwd=ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line.split("|") for line in done.stdout.splitlines()]


@pytest.mark.skipif(sys.platform != "linux", reason="where wine keeps its drive on Linux")
def test_found_in_wines_own_drive(tmp_path: Path) -> None:
    """As spicelib looks: in the drive of wine in the home folder."""
    place = tmp_path / ".wine/drive_c/Program Files/ADI/LTspice/LTspice.exe"
    place.parent.mkdir(parents=True)
    place.write_bytes("ProductVersion\x00\x0026.0.1\x00".encode("utf-16-le"))
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "wine").write_text("#!/bin/sh\n")
    (bin_ / "wine").chmod(0o755)
    bare = {"HOME": str(tmp_path), "PATH": str(bin_), "USER": "x"}
    ngspice, ltspice = look(bare)
    assert ngspice[:2] == ["ngspice", "False"]
    assert "apt install ngspice" in ngspice[4]
    assert ltspice == ["ltspice", "True", "LTspice 26.0.1", str(place), ""]
    place.unlink()
    _, ltspice = look(bare)
    assert ltspice[:2] == ["ltspice", "False"]
    assert "LTspice is not on this computer" in ltspice[4]


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ" * 100, "ProductVersion\0".encode("utf-16-le"),
     "ProductVersion\0; rm -rf\0".encode("utf-16-le")],
)  # fmt: skip
def test_a_program_without_a_version(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "LTspice.exe"
    path.write_bytes(content)
    assert LTspiceProgram(path).version() == "LTspice"
    assert LTspiceProgram(path / "x" / "LTspice", (), "mac").version() == "LTspice"
