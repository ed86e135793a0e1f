"""LTspice's place taken by a program that behaves as its help says."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engines.circuits.ltspice_program import ENVIRONMENT

ROOT = Path(__file__).parents[4]
STANDIN = Path(__file__).parent / "standin.py"

Install = Callable[..., Path]


def script(path: Path, *lines: str) -> Path:
    """A program of shell lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put the stand-in where LTspice of a kind would be, and say so by the setting."""
    if os.name == "nt":
        pytest.skip("the stand-in is a shell script")
    if shutil.which("ngspice") is None:
        pytest.skip("ngspice, by which the stand-in computes, is not installed")

    def put(kind: str = "windows", does: str = "") -> Path:
        monkeypatch.setenv("STANDIN_KIND", kind)
        monkeypatch.setenv("STANDIN_DOES", does)
        run = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" "{STANDIN}"'
        if kind == "wine":
            found = tmp_path / "drive_c" / "Program Files" / "ADI" / "LTspice" / "LTspice.exe"
            found.parent.mkdir(parents=True, exist_ok=True)
            found.write_bytes(b"MZ" + "ProductVersion\x00\x0024.0.12\x00".encode("utf-16-le"))
            script(
                tmp_path / "bin" / "wine",
                f'[ "$1" = "{found}" ] || {{ echo "wine: cannot find $1"; exit 1; }}',
                f'shift; {run} "$@"',
            )
            monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
        elif kind == "mac":
            found = tmp_path / "LTspice.app" / "Contents" / "MacOS" / "LTspice"
            script(found, f'{run} "$@"')
            (found.parents[1] / "Info.plist").write_bytes(
                b'<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>'
                b"<key>CFBundleShortVersionString</key><string>17.2.4</string></dict></plist>"
            )
        else:
            found = script(tmp_path / "LTspice", f'{run} "$@"')
        monkeypatch.setenv(ENVIRONMENT, str(found))
        return found

    return put
