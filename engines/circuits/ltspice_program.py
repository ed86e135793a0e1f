"""Where LTspice is, how it is called on each system, and which version it is."""

from __future__ import annotations

import mmap
import os
import plistlib
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engines.circuits.base import SimulatorError, SimulatorMissingError

ENVIRONMENT = "TRIMPOT_LTSPICE"
"""The environment variable (a setting) that says where LTspice is."""
NAME = "LTspice"
INSTALL = (
    "LTspice is a free download from analog.com for Windows and macOS; on Linux it runs under "
    "wine. Once it is installed Trimpot finds it, or choose its program in the settings."
)
MAX_PROGRAM_BYTES = 400_000_000
MAX_PLIST_BYTES = 1_000_000

Kind = Literal["windows", "wine", "mac"]


@dataclass(frozen=True)
class LTspiceProgram:
    """LTspice on this computer.

    Attributes
    ----------
    path : Path
        The program itself: ``LTspice.exe``, or in the bundle of macOS.
    launcher : tuple[str, ...]
        What starts it: wine, where it is a program of Windows elsewhere.
    kind : str
        Which command line it understands: that of Windows, the same under wine with paths on the
        drive ``Z:``, or that of macOS, which knows nothing but ``-b``.
    """

    path: Path
    launcher: tuple[str, ...] = ()
    kind: Kind = "windows"

    def run_command(self, netlist: Path) -> list[str]:
        """What simulates a netlist; result and log come to lie beside it."""
        if self.kind == "mac":
            return [str(self.path), "-b", str(netlist)]
        return [*self.launcher, str(self.path), "-Run", "-b", self._named(netlist)]

    def netlist_command(self, schematic: Path) -> list[str]:
        """What makes a netlist of a schematic, beside it.

        Raises
        ------
        SimulatorError
            The one of macOS cannot.
        """
        if self.kind == "mac":
            raise SimulatorError(
                "LTspice for macOS makes no netlists by itself. Open the schematic in it, choose "
                "View > SPICE Netlist, and save that as a file to open here."
            )
        return [*self.launcher, str(self.path), "-netlist", self._named(schematic)]

    def _named(self, path: Path) -> str:
        # wine shows the computer's own folders as the drive Z:.
        return f"Z:{path.as_posix()}" if self.kind == "wine" else str(path)

    def version(self) -> str:
        """``LTspice 24.0.12``, from the program's file without running it; else the name alone."""
        found = _plist_version(self.path) if self.kind == "mac" else _resource_version(self.path)
        return f"{NAME} {found}".rstrip()


def find_ltspice() -> LTspiceProgram:
    """LTspice, as the settings say, else where spicelib (PyLTSpice's base) knows to look.

    Raises
    ------
    SimulatorMissingError
        It is not there, or wine is not; the sentence says how to get it.
    """
    chosen = os.environ.get(ENVIRONMENT, "").strip()
    if chosen:
        return _chosen(chosen)
    from spicelib.simulators.ltspice_simulator import LTspice  # looks around as it is imported

    command = list(LTspice.spice_exe)
    if not command:
        raise SimulatorMissingError(f"LTspice is not on this computer. {INSTALL}")
    return _program(Path(command[-1]), tuple(command[:-1]))


def _chosen(text: str) -> LTspiceProgram:
    """As the settings say: a program, a bundle of macOS, or a launcher and a program."""
    path = Path(text).expanduser()
    launcher: tuple[str, ...] = ()
    if not path.exists() and not shutil.which(text):
        words = shlex.split(text, posix=os.name != "nt") if " " in text else []
        if len(words) > 1 and shutil.which(words[0]) and Path(words[-1]).expanduser().is_file():
            path, launcher = Path(words[-1]).expanduser(), tuple(words[:-1])
        else:
            raise SimulatorMissingError(
                f"There is no LTspice at {text}, where the settings say it is. Correct the path in "
                "the settings, or empty it to search for LTspice."
            )
    if path.suffix.lower() == ".app":
        path = path / "Contents" / "MacOS" / "LTspice"
    if not path.is_file():
        path = Path(shutil.which(text) or path)
    if not path.is_file():
        raise SimulatorMissingError(
            f"{text} is no program. Choose LTspice.exe, or LTspice.app, in the settings."
        )
    return _program(path.absolute(), launcher)


def _program(path: Path, launcher: tuple[str, ...]) -> LTspiceProgram:
    if path.suffix.lower() == ".exe" and sys.platform != "win32":
        words = launcher or (os.environ.get("WINEEXECUTABLE", "wine"),)
        wine = shutil.which(words[0])
        if wine is None:
            raise SimulatorMissingError(
                f"LTspice is there ({path}), but {words[0]}, which runs programs of Windows, is "
                "not. Install wine (on Debian or Ubuntu: sudo apt install wine)."
            )
        return LTspiceProgram(path, (wine, *words[1:]), "wine")
    if path.parent.name == "MacOS" and path.parent.parent.name == "Contents":
        return LTspiceProgram(path, launcher, "mac")
    return LTspiceProgram(path, launcher)


def _resource_version(path: Path) -> str:
    """The product's version among a Windows program's resources: UTF-16 after its key."""
    key = "ProductVersion\0".encode("utf-16-le")
    try:
        if not 0 < path.stat().st_size <= MAX_PROGRAM_BYTES:
            return ""
        with (
            path.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            place = data.rfind(key)
            if place < 0:
                return ""
            found = data[place + len(key) : place + len(key) + 80]
    except (OSError, ValueError):
        return ""
    text = found.decode("utf-16-le", errors="replace").lstrip("\0").partition("\0")[0]
    text = text.replace(", ", ".").strip()
    return text if text.replace(".", "").isalnum() and text.isascii() else ""


def _plist_version(path: Path) -> str:
    """The version in a macOS bundle's list of properties."""
    plist = path.parent.parent / "Info.plist"
    try:
        if plist.stat().st_size > MAX_PLIST_BYTES:
            return ""
        found = plistlib.loads(plist.read_bytes()).get("CFBundleShortVersionString", "")
    except (OSError, ValueError, plistlib.InvalidFileException, AttributeError):
        return ""
    return found[:40] if isinstance(found, str) else ""
