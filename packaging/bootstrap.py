"""From a fresh clone to a running Trimpot: makes ``.venv``, installs the pinned packages, starts.

    python3 packaging/bootstrap.py run          the window
    python3 packaging/bootstrap.py demo         the whole path without a window, ends with a table
    python3 packaging/bootstrap.py test [...]   the tests; arguments go to pytest
    python3 packaging/bootstrap.py check        ruff, mypy, import-linter
    python3 packaging/bootstrap.py setup        only install

Standard library only; Python 3.11 or newer; Linux, macOS and Windows. What is already installed is
not installed again, so a second start is instant.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bootstrap_system

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "trimpot-setup.json"
REQUIREMENTS = ROOT / "packaging" / "requirements.txt"
DEV_REQUIREMENTS = ROOT / "packaging" / "requirements-dev.txt"
LEVELS = {"run": [REQUIREMENTS], "dev": [REQUIREMENTS, DEV_REQUIREMENTS]}
OLDEST_PYTHON = (3, 11)
TORCH = "2.13.0"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SETUPTOOLS = "setuptools==84.2.1"
TRIES = 3
PERMANENT = ("No matching distribution", "ResolutionImpossible", "not a supported wheel")
"""What pip says where trying again cannot help."""

GROUPS = ("window", "simulate", "sound")
COMMANDS = {
    "run": (GROUPS, ("window",)),
    "demo": (GROUPS, ("simulate",)),
    "test": ((*GROUPS, "test"), ("window", "simulate")),
    "check": ((), ()),
    "setup": (GROUPS, ()),
}
"""By command: which system packages to look for, and without which it cannot go on."""


class SetupError(Exception):
    """Something stands in the way; the text says what, and what to do."""


def say(text: str) -> None:
    """Print a line at once; on stderr, since stdout belongs to the command that is run."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command, rest = (given[0], given[1:]) if given else ("", [])
    if command not in COMMANDS:
        print(__doc__)
        return 0 if command in ("-h", "--help") else 2
    try:
        if sys.version_info < OLDEST_PYTHON:
            return run_with_newer_python(given)
        groups, required = COMMANDS[command]
        if not bootstrap_system.ensure(groups, required):
            return 1
        install("dev" if command in ("test", "check") else "run")
        return start(command, rest)
    except SetupError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130


def start(command: str, rest: Sequence[str]) -> int:
    """Run what was asked for, with everything installed."""
    python = str(venv_python())
    if command == "test":
        return run_tests(rest)
    if command == "check":
        return run_checks()
    if command == "setup":
        say("Trimpot is installed. Start it with: python3 packaging/bootstrap.py run")
        return 0
    # -P keeps whatever lies in the current folder from standing in for Trimpot's packages
    words = ["demo", *rest] if command == "demo" else list(rest)
    return exit_code(subprocess.run([python, "-P", "-m", "app", *words], check=False).returncode)


def run_with_newer_python(arguments: Sequence[str]) -> int:
    """Start again with a Python that is new enough, or say that there is none (SetupError)."""
    for minor in range(15, OLDEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return exit_code(subprocess.run([found, __file__, *arguments], check=False).returncode)
    raise SetupError(
        f"Trimpot needs Python {'.'.join(map(str, OLDEST_PYTHON))} or newer; this is "
        f"{platform.python_version()}. Install a newer one from https://www.python.org/downloads/ "
        "or your system's packages, and run this again with it."
    )


# -- installing ----------------------------------------------------------------------------


def install(level: str) -> None:
    """Install the ``run`` or the ``dev`` level into ``.venv``, unless it is there already."""
    if read_stamp().get(level) == setup_key(level) and venv_works():
        return
    make_venv()
    STAMP.unlink(missing_ok=True)
    install_torch()
    files = LEVELS[level]
    words = [word for file in files for word in ("-r", str(file))]
    say("Installing the pinned packages")
    pip(SETUPTOOLS, *words, said="the pinned packages")
    # without dependencies and build isolation: everything needed is there, no network is used
    pip("--no-deps", "--no-build-isolation", "-e", str(ROOT), said="Trimpot itself")
    levels = ("run", "dev") if level == "dev" else ("run",)
    STAMP.write_text(json.dumps({name: setup_key(name) for name in levels}), encoding="utf-8")


def setup_key(level: str) -> str:
    """What an installation depends on, as a hash: changes where it must be done again.

    The Python is that of ``.venv``, so that any other one may start this.
    """
    digest = hashlib.sha256()
    for part in (str(ROOT), TORCH, SETUPTOOLS):
        digest.update(part.encode() + b"\0")
    for file in (VENV / "pyvenv.cfg", *LEVELS[level], ROOT / "pyproject.toml"):
        digest.update((file.read_bytes() if file.is_file() else b"") + b"\0")
    return digest.hexdigest()


def read_stamp() -> dict[str, str]:
    """What the last installation wrote down; nothing where it did not finish."""
    try:
        value = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def venv_python() -> Path:
    """The interpreter of ``.venv``."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def venv_works() -> bool:
    """Whether the interpreter of ``.venv`` starts (its base may have been removed)."""
    try:
        done = subprocess.run([str(venv_python()), "-c", ""], check=False, capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def make_venv() -> None:
    """Make ``.venv`` where there is none that works."""
    if venv_works() and _quiet([str(venv_python()), "-m", "pip", "--version"]):
        return
    say(f"Making {VENV}")
    if not _quiet([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        install_venv_module()
        if not _quiet([sys.executable, "-m", "venv", "--clear", str(VENV)]):
            raise SetupError(
                f"{VENV} could not be made. Check that the disk is not full and that "
                f"'{sys.executable} -m venv {VENV}' works, then run this again."
            )


def install_venv_module() -> None:
    """Debian keeps the module venv in a package of its own: install it, or say so (SetupError)."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    as_root = bootstrap_system.package_manager() == "apt" and os.geteuid() == 0
    if as_root and sys.executable.startswith("/usr/bin/"):
        bootstrap_system.apt_install([package])
    elif bootstrap_system.package_manager() == "apt" and sys.executable.startswith("/usr/bin/"):
        raise SetupError(
            f"Python's module venv is missing. Type: sudo apt-get install -y {package}\nThen run "
            "this command again."
        )


def install_torch() -> None:
    """Install torch: the CPU build unless there is a GPU that it can use (SetupError)."""
    for words in torch_choices():
        say(f"Installing PyTorch ({words[0]})")
        try:
            pip(*words, said="PyTorch")
        except SetupError:
            continue
        return
    raise SetupError(
        f"PyTorch {TORCH} could not be installed. Check the network connection and that there "
        f"are builds for this computer and Python {platform.python_version()} at "
        f"{TORCH_CPU_INDEX}/torch, then run this again. Behind a company's mirror, set it up in "
        "pip's configuration (pip config set global.index-url ...)."
    )


def torch_choices() -> list[list[str]]:
    """What to ask pip for, in order of preference."""
    if not sys.platform.startswith("linux") or has_nvidia_gpu():
        return [[f"torch=={TORCH}"]]  # macOS: with Metal; Linux: with CUDA; Windows: for the CPU
    cpu = f"torch=={TORCH}+cpu"
    return [[cpu], [cpu, "--extra-index-url", TORCH_CPU_INDEX]]


def has_nvidia_gpu() -> bool:
    """Whether NVIDIA's driver is there and lists a GPU."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        done = subprocess.run([tool, "-L"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"GPU" in done.stdout


def pip(*words: str, said: str) -> None:
    """``pip install`` into ``.venv``, tried again where the network may be at fault.

    Raises
    ------
    SetupError
        It failed for good; pip's own words have been printed.
    """
    command = [str(venv_python()), "-m", "pip", "install", "--no-input"]
    command += ["--disable-pip-version-check", *words]
    for attempt in range(TRIES):
        if attempt:
            say(f"That failed; trying again in {5 * attempt} s")
            time.sleep(5 * attempt)
        code, tail = run_shown(command)
        if code == 0:
            return
        if any(sign in line for sign in PERMANENT for line in tail):
            break
    raise SetupError(
        f"pip could not install {said}; its own words stand above. Check the network connection "
        "and free disk space, then run this again."
    )


def run_shown(command: Sequence[str]) -> tuple[int, list[str]]:
    """Run a command, print what it prints as it comes; its exit code and last lines."""
    tail: deque[str] = deque(maxlen=60)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tail.append(line)
            if not line.startswith("Requirement already satisfied"):
                print(line, end="", file=sys.stderr, flush=True)
    return process.returncode, list(tail)


def _quiet(command: Sequence[str]) -> bool:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.returncode == 0


# -- tests and checks ----------------------------------------------------------------------


def run_tests(rest: Sequence[str]) -> int:
    """pytest with a screen of its own where there is none; its exit code."""
    # So that whoever ends this by a signal does not leave the X server behind
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with screen() as environment:
        command = [str(venv_python()), "-m", "pytest", *rest]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    return exit_code(done.returncode)


def run_checks() -> int:
    """ruff, mypy and import-linter, all of them; 0 only if every one is content."""
    tools = venv_python().parent
    failed = []
    for words in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy", "--strict"],
        ["lint-imports"],
    ):
        say(f"== {' '.join(words)}")
        command = [str(tools / words[0]), *words[1:]]
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(" ".join(words))
    say(f"Failed: {', '.join(failed)}" if failed else "Every check passed.")
    return 1 if failed else 0


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """The environment for tests: the screen that is there, an Xvfb of our own, or none."""
    environment = dict(os.environ)
    there = "WAYLAND_DISPLAY" in environment or display_answers(environment.get("DISPLAY", ""))
    if not sys.platform.startswith("linux") or there or "QT_QPA_PLATFORM" in environment:
        yield environment
        return
    with tempfile.TemporaryDirectory(prefix="trimpot-runtime-") as runtime:
        environment.setdefault("XDG_RUNTIME_DIR", runtime)
        server = shutil.which("Xvfb")
        if server is None:
            say("There is no Xvfb on this machine: the tests draw off screen.")
            yield {**environment, "QT_QPA_PLATFORM": "offscreen"}
            return
        process, display = start_xvfb(server)
        try:
            yield {**environment, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            if process.poll() is None:
                process.kill()
                process.wait()


def display_answers(display: str) -> bool:
    """Whether an X server is behind DISPLAY; of one on another machine it is believed."""
    if not display.startswith(":"):
        return bool(display)
    path = f"/tmp/.X11-unix/X{display[1:].split('.')[0]}"
    for address in (path, f"\0{path}"):  # the second is Linux's socket without a file
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(address)
            except OSError:
                continue
            return True
    return False


def start_xvfb(server: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start Xvfb on a display that it chooses itself; returns it once it answers (SetupError)."""
    reading, writing = os.pipe()
    words = ["-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    process = subprocess.Popen(
        [server, *words],
        pass_fds=[writing],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    # the pipe's end comes with the display's number, or with Xvfb's death
    with os.fdopen(reading, "rb") as pipe:
        number = pipe.readline().strip().decode("ascii", "replace")
    if not number.isdigit():
        process.kill()
        process.wait()
        raise SetupError(
            f"The X server {server} does not start. Try '{server} :99', or set "
            "QT_QPA_PLATFORM=offscreen and run this again."
        )
    return process, f":{number}"


def exit_code(returncode: int) -> int:
    """A process's return code as a shell shows it: 128 + n where signal n ended it."""
    return 128 - returncode if returncode < 0 else returncode


if __name__ == "__main__":
    sys.exit(main())
