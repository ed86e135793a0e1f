"""What Trimpot needs from the operating system: look for it, install it or name the command.

Standard library only, like everything that runs before anything is installed. Nothing here calls
sudo: as root on Debian and its relatives missing packages are installed, everywhere else the exact
command is printed.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

APT_TRIES = 3


@dataclass(frozen=True)
class Need:
    """Something that must be on the machine.

    Attributes
    ----------
    what : str
        Its name in sentences.
    present : callable
        Whether it is there.
    packages : dict
        Packages that bring it, by package manager.
    group : str
        ``window``, ``simulate``, ``sound`` or ``test``.
    otherwise : str
        Where no package manager is known: what to do.
    """

    what: str
    present: Callable[[], bool]
    packages: dict[str, str] = field(default_factory=dict)
    group: str = "window"
    otherwise: str = ""


def library(name: str) -> Callable[[], bool]:
    """A check that the dynamic linker finds a shared library."""

    def present() -> bool:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    return present


def program(name: str, variable: str = "") -> Callable[[], bool]:
    """A check that a program is on PATH, or where an environment variable says."""

    def present() -> bool:
        named = os.environ.get(variable, "") if variable else ""
        return bool(named and Path(named).is_file()) or shutil.which(name) is not None

    return present


def any_file(*patterns: str) -> Callable[[], bool]:
    """A check that some file matches one of the absolute glob patterns."""

    def present() -> bool:
        return any(any(Path("/").glob(pattern.lstrip("/"))) for pattern in patterns)

    return present


def _qt(soname: str, apt: str, dnf: str, pacman: str) -> Need:
    packages = {"apt": apt, "dnf": dnf, "pacman": pacman}
    return Need(f"the library {soname}", library(soname), packages)


LINUX = (
    Need(
        "the circuit simulator ngspice",
        program("ngspice", "TRIMPOT_NGSPICE"),
        {"apt": "ngspice", "dnf": "ngspice", "pacman": "ngspice"},
        "simulate",
    ),
    Need(
        "the audio library PortAudio",
        library("libportaudio.so.2"),
        {"apt": "libportaudio2", "dnf": "portaudio", "pacman": "portaudio"},
        "sound",
    ),
    _qt("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    _qt("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    _qt("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    _qt("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    _qt("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    _qt("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    _qt("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    _qt("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    _qt(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    _qt("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    _qt("libxcb-xinerama.so.0", "libxcb-xinerama0", "libxcb", "libxcb"),
    _qt("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    _qt("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Need(
        "a font",
        any_file("/usr/share/fonts/**/*.ttf", "/usr/share/fonts/**/*.otf"),
        {"apt": "fonts-dejavu-core", "dnf": "dejavu-sans-fonts", "pacman": "ttf-dejavu"},
    ),
    Need(
        "the X server without a screen, Xvfb",
        program("Xvfb"),
        {"apt": "xvfb", "dnf": "xorg-x11-server-Xvfb", "pacman": "xorg-server-xvfb"},
        "test",
    ),
    Need(
        "the sound server PulseAudio",
        program("pulseaudio"),
        {"apt": "pulseaudio", "dnf": "pulseaudio", "pacman": "pulseaudio"},
        "test",
    ),
    Need(
        "PulseAudio's recorder parec",
        program("parec"),
        {"apt": "pulseaudio-utils", "dnf": "pulseaudio-utils", "pacman": "libpulse"},
        "test",
    ),
    Need(
        "ALSA's plugin for PulseAudio",
        any_file(
            "/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so",
            "/usr/lib*/alsa-lib/libasound_module_pcm_pulse.so",
        ),
        {
            "apt": "libasound2-plugins",
            "dnf": "alsa-plugins-pulseaudio",
            "pacman": "alsa-plugins",
        },
        "test",
    ),
)

MACOS = (
    Need(
        "the circuit simulator ngspice",
        program("ngspice", "TRIMPOT_NGSPICE"),
        {"brew": "ngspice"},
        "simulate",
    ),
)

WINDOWS = (
    Need(
        "the circuit simulator ngspice",
        program("ngspice", "TRIMPOT_NGSPICE"),
        {},
        "simulate",
        "get it from https://ngspice.sourceforge.io/download.html and put its bin folder on PATH, "
        "or set TRIMPOT_NGSPICE to ngspice_con.exe",
    ),
    Need(
        "Microsoft's Visual C++ runtime",
        library("vcruntime140_1.dll"),
        {"winget": "Microsoft.VCRedist.2015+.x64"},
    ),
)

INSTALL = {
    "apt": ("apt-get", "apt-get install -y --no-install-recommends"),
    "dnf": ("dnf", "dnf install -y"),
    "pacman": ("pacman", "pacman -S --needed"),
    "brew": ("brew", "brew install"),
    "winget": ("winget", "winget install --exact --id"),
}
"""By package manager: the program that shows it is there, and its command."""


def needs(groups: Sequence[str], platform: str = sys.platform) -> list[Need]:
    """What the given groups need on this platform."""
    table = {"darwin": MACOS, "win32": WINDOWS}.get(platform, LINUX)
    return [need for need in table if need.group in groups]


def missing(groups: Sequence[str], platform: str = sys.platform) -> list[Need]:
    """What of it is not there."""
    return [need for need in needs(groups, platform) if not need.present()]


def package_manager() -> str | None:
    """The package manager of this machine, or None where it is none that is known here."""
    return next((name for name, (tool, _) in INSTALL.items() if shutil.which(tool)), None)


def packages_of(found: Sequence[Need], manager: str) -> list[str]:
    """The packages that bring all of ``found``, each once."""
    names = [need.packages[manager] for need in found if manager in need.packages]
    return list(dict.fromkeys(names))


def advice(found: Sequence[Need], manager: str | None) -> str:
    """What to type so that everything in ``found`` is there."""
    lines = []
    named = packages_of(found, manager) if manager else []
    if manager and named:
        command = INSTALL[manager][1]
        prefix = "sudo " if manager in ("apt", "dnf", "pacman") else ""
        lines.append(f"    {prefix}{command} {' '.join(named)}")
    for need in found:
        if manager is None or manager not in need.packages:
            how = need.otherwise or "install it with your system's package manager"
            lines.append(f"    {need.what}: {how}")
    return "\n".join(lines)


def ensure(groups: Sequence[str], required: Sequence[str]) -> bool:
    """Install what the groups lack (as root on Debian), or say how.

    Parameters
    ----------
    groups : sequence of str
        What to look for.
    required : sequence of str
        Without which groups going on makes no sense.

    Returns
    -------
    bool
        Whether everything required is there.
    """
    found = missing(groups)
    if not found:
        return True
    manager = package_manager()
    if manager == "apt" and os.geteuid() == 0 and apt_install(packages_of(found, manager)):
        found = missing(groups)
    if not found:
        return True
    names = ", ".join(need.what for need in found)
    print(
        f"Not on this machine yet: {names}. To install:\n{advice(found, manager)}",
        file=sys.stderr,
        flush=True,
    )
    lacking = [need.what for need in found if need.group in required]
    if lacking:
        print("Then run this command again.", file=sys.stderr, flush=True)
    return not lacking


def apt_install(packages: Sequence[str]) -> bool:
    """Install Debian packages without questions; False where apt-get fails for good."""
    print(f"Installing system packages: {' '.join(packages)}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [*INSTALL["apt"][1].split(), *packages]
    for attempt in range(APT_TRIES):
        if attempt:
            time.sleep(5.0 * attempt)
        commands = (["apt-get", "update", "-q"], install)
        if all(_run(command, environment) == 0 for command in commands):
            return True
    return False


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
    ).returncode
