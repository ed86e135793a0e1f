"""The bootstrap's decisions; the installing itself is run by every fresh clone."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
PATH = ROOT / "packaging" / "bootstrap.py"


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The module, with its ``.venv`` in a temporary folder."""
    monkeypatch.syspath_prepend(str(PATH.parent))
    spec = spec_from_file_location("trimpot_bootstrap", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "stamp.json")
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    return module


@pytest.fixture
def system(bootstrap: ModuleType) -> ModuleType:
    found = bootstrap.bootstrap_system
    assert isinstance(found, ModuleType)
    return found


def pip_that(*codes_and_lines: tuple[int, str]) -> tuple[Callable[..., object], list[list[str]]]:
    """A stand-in for running pip: gives these results in turn, and the commands it was given."""
    results = iter(codes_and_lines)
    commands: list[list[str]] = []

    def run_shown(command: list[str]) -> tuple[int, list[str]]:
        commands.append(command)
        code, line = next(results)
        return code, [line]

    return run_shown, commands


def test_needs_nothing_but_the_standard_library() -> None:
    for file in (PATH, PATH.with_name("bootstrap_system.py")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith(("import ", "from ")):
                name = line.split()[1].split(".")[0]
                assert name in sys.stdlib_module_names | {"bootstrap_system"}, line


@pytest.mark.parametrize("name", ["bootstrap.py", "bootstrap_system.py"])
def test_an_older_python_can_read_it_far_enough_to_say_so(name: str) -> None:
    source = PATH.with_name(name).read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 7))
    assert "from __future__ import annotations" in source


def test_says_how_to_use_it() -> None:
    done = subprocess.run([sys.executable, str(PATH)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "packaging/bootstrap.py demo" in done.stdout


def test_the_pins_cover_every_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def pinned(name: str) -> set[str]:
        lines = (ROOT / "packaging" / name).read_text(encoding="utf-8").splitlines()
        return {line.split("==")[0].lower() for line in lines if "==" in line}

    def named(dependencies: list[str]) -> set[str]:
        return {dependency.split(">")[0].split("=")[0].lower() for dependency in dependencies}

    assert named(project["dependencies"]) - pinned("requirements.txt") == {"torch"}
    dev = named(project["optional-dependencies"]["dev"])
    assert dev <= pinned("requirements-dev.txt")


def test_torch_is_the_cpu_build_where_there_is_no_gpu(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "has_nvidia_gpu", lambda: False)
    first, second = bootstrap.torch_choices()
    assert first == [f"torch=={bootstrap.TORCH}+cpu"]
    assert second[1:] == ["--extra-index-url", bootstrap.TORCH_CPU_INDEX]
    monkeypatch.setattr(bootstrap, "has_nvidia_gpu", lambda: True)
    assert bootstrap.torch_choices() == [[f"torch=={bootstrap.TORCH}"]]
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(bootstrap, "has_nvidia_gpu", lambda: False)
    assert bootstrap.torch_choices() == [[f"torch=={bootstrap.TORCH}"]]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in program is a shell script")
@pytest.mark.parametrize(
    ("script", "expected"),
    [("echo 'GPU 0: Something'", True), ("echo 'No devices were found'; exit 6", False)],
)
def test_a_gpu_counts_only_where_the_driver_lists_it(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    script: str,
    expected: bool,
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert bootstrap.has_nvidia_gpu() is expected


def test_pip_is_tried_again_after_a_passing_fault(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_shown, commands = pip_that((1, "ReadTimeoutError"), (1, "ConnectionError"), (0, ""))
    monkeypatch.setattr(bootstrap, "run_shown", run_shown)
    bootstrap.pip("numpy", said="numpy")
    assert len(commands) == 3


def test_pip_is_not_tried_again_where_that_cannot_help(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_shown, commands = pip_that((1, "ERROR: No matching distribution found for numpy"))
    monkeypatch.setattr(bootstrap, "run_shown", run_shown)
    with pytest.raises(bootstrap.SetupError, match="could not install numpy"):
        bootstrap.pip("numpy", said="numpy")
    assert len(commands) == 1


def test_torch_falls_back_to_its_own_index_and_then_says_what_to_do(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "has_nvidia_gpu", lambda: False)
    none = (1, "ERROR: No matching distribution found for torch")
    run_shown, commands = pip_that(none, (0, ""))
    monkeypatch.setattr(bootstrap, "run_shown", run_shown)
    bootstrap.install_torch()
    assert bootstrap.TORCH_CPU_INDEX in commands[1]
    monkeypatch.setattr(bootstrap, "run_shown", pip_that(none, none)[0])
    with pytest.raises(bootstrap.SetupError, match=r"PyTorch .* could not be installed"):
        bootstrap.install_torch()


def test_a_second_start_installs_nothing(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(bootstrap, "make_venv", lambda: bootstrap.VENV.mkdir(exist_ok=True))
    monkeypatch.setattr(bootstrap, "venv_works", lambda: True)
    monkeypatch.setattr(bootstrap, "pip", lambda *words, said: asked.append(words))
    bootstrap.install("run")
    first = len(asked)
    assert first == 3
    bootstrap.install("run")
    assert len(asked) == first
    bootstrap.install("dev")
    assert len(asked) == 2 * first
    bootstrap.install("run")
    bootstrap.install("dev")
    assert len(asked) == 2 * first
    monkeypatch.setattr(bootstrap, "TORCH", "9.9.9")
    bootstrap.install("run")
    assert len(asked) == 3 * first


def test_an_installation_that_failed_is_done_again(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "make_venv", lambda: bootstrap.VENV.mkdir(exist_ok=True))
    monkeypatch.setattr(bootstrap, "venv_works", lambda: True)
    run_shown, _ = pip_that((0, ""), (1, "No matching distribution"))
    monkeypatch.setattr(bootstrap, "run_shown", run_shown)
    with pytest.raises(bootstrap.SetupError):
        bootstrap.install("run")
    assert bootstrap.read_stamp() == {}


def test_a_damaged_stamp_counts_as_none(bootstrap: ModuleType) -> None:
    bootstrap.VENV.mkdir()
    for text in ("", "[]", "{", "7"):
        bootstrap.STAMP.write_text(text, encoding="utf-8")
        assert bootstrap.read_stamp() == {}


def test_errors_are_sentences_and_the_exit_code_one(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(level: str) -> None:
        raise bootstrap.SetupError("The disk is full.")

    monkeypatch.setattr(bootstrap, "install", fail)
    monkeypatch.setattr(bootstrap.bootstrap_system, "ensure", lambda groups, required: True)
    assert bootstrap.main(["run"]) == 1
    said = capsys.readouterr()
    assert said.err.strip() == "The disk is full."
    assert said.out == ""  # stdout belongs to the command: trimpot demo --json


@pytest.mark.parametrize("code", [0, 1, 5])
def test_arguments_and_exit_code_of_the_tests_pass_through(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    seen: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        seen.append(command)
        return SimpleNamespace(returncode=code)

    monkeypatch.setattr(bootstrap, "install", lambda level: None)
    monkeypatch.setattr(bootstrap.bootstrap_system, "ensure", lambda groups, required: True)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    monkeypatch.setattr(bootstrap.signal, "signal", lambda *_: None)
    monkeypatch.setenv("DISPLAY", "elsewhere:0")
    assert bootstrap.main(["test", "-k", "two words"]) == code
    assert seen[-1][1:] == ["-m", "pytest", "-k", "two words"]


def test_a_killed_process_gives_the_shells_exit_code(bootstrap: ModuleType) -> None:
    assert bootstrap.exit_code(-9) == 137
    assert bootstrap.exit_code(3) == 3


def test_an_old_python_is_told_what_to_install(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 3\.11 or newer"):
        bootstrap.run_with_newer_python(["run"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 without a screen is Linux's")
def test_screen_of_our_own(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    if bootstrap.shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    with bootstrap.screen() as environment:
        number = environment["DISPLAY"].removeprefix(":")
        assert bootstrap.display_answers(f":{number}")
        assert bootstrap.display_answers(f":{number}.0")
        assert environment["QT_QPA_PLATFORM"] == "xcb"
        runtime = Path(environment["XDG_RUNTIME_DIR"])
        assert runtime.is_dir()
    assert not bootstrap.display_answers(f":{number}")
    assert not runtime.exists()


def test_a_display_that_is_gone_counts_as_none(bootstrap: ModuleType) -> None:
    assert not bootstrap.display_answers("")
    assert not bootstrap.display_answers(":98765")
    assert bootstrap.display_answers("elsewhere:0")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 without a screen is Linux's")
def test_draws_off_screen_where_there_is_no_xvfb(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with bootstrap.screen() as environment:
        assert environment["QT_QPA_PLATFORM"] == "offscreen"


def test_an_x_server_that_dies_is_a_sentence(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.SetupError, match="does not start"):
        bootstrap.start_xvfb("/bin/false" if Path("/bin/false").exists() else "/usr/bin/false")


# -- system packages -----------------------------------------------------------------------


@pytest.fixture
def bare(system: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine with nothing: no program, no library; returns what would have been run."""
    commands: list[list[str]] = []
    none = [
        system.Need(need.what, lambda: False, need.packages, need.group, need.otherwise)
        for need in system.LINUX
    ]
    monkeypatch.setattr(system, "LINUX", tuple(none))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(system, "_run", lambda command, _: commands.append(list(command)) or 0)
    monkeypatch.setattr(system.time, "sleep", lambda seconds: None)
    return commands


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt", "sudo apt-get install -y --no-install-recommends ngspice libportaudio2"),
        ("dnf", "sudo dnf install -y ngspice portaudio"),
        ("pacman", "sudo pacman -S --needed ngspice portaudio"),
    ],
)
def test_names_the_command_and_installs_nothing_for_a_user(
    system: ModuleType,
    bare: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    manager: str,
    command: str,
) -> None:
    monkeypatch.setattr(system, "package_manager", lambda: manager)
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000, raising=False)
    assert system.ensure(["simulate", "sound"], []) is True
    assert system.ensure(["simulate", "sound"], ["simulate"]) is False
    assert command in capsys.readouterr().err
    assert bare == []


def test_root_on_debian_installs_and_tries_again(
    system: ModuleType, bare: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = iter([1, 0, 100, 0, 0])  # update fails; install fails; both work
    monkeypatch.setattr(
        system, "_run", lambda command, _: bare.append(list(command)) or next(codes)
    )
    monkeypatch.setattr(system, "package_manager", lambda: "apt")
    monkeypatch.setattr(system.os, "geteuid", lambda: 0, raising=False)
    assert system.ensure(["test"], []) is True
    assert [command[1] for command in bare] == ["update", "update", "install", "update", "install"]
    assert bare[-1][4:] == ["xvfb", "pulseaudio", "pulseaudio-utils", "libasound2-plugins"]


def test_every_linux_need_names_a_package_of_each_manager(system: ModuleType) -> None:
    for need in system.LINUX:
        assert set(need.packages) == {"apt", "dnf", "pacman"}, need.what


def test_without_a_package_manager_every_need_has_advice(system: ModuleType) -> None:
    for table in (system.LINUX, system.MACOS, system.WINDOWS):
        text = system.advice(table, None)
        for need in table:
            assert need.what in text
    assert "brew install ngspice" in system.advice(system.MACOS, "brew")
    assert "winget install --exact --id Microsoft.VCRedist" in system.advice(
        system.WINDOWS, "winget"
    )
    assert "TRIMPOT_NGSPICE" in system.advice(system.WINDOWS, "winget")


def test_looks_for_programs_and_libraries(
    system: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not system.program("ngspice", "TRIMPOT_NGSPICE")()
    elsewhere = tmp_path / "my-ngspice"
    elsewhere.touch()
    monkeypatch.setenv("TRIMPOT_NGSPICE", str(elsewhere))
    assert system.program("ngspice", "TRIMPOT_NGSPICE")()
    assert not system.library("libtrimpot-is-no-library.so.9")()
    assert not system.any_file(f"{tmp_path}/*.ttf")()
    (tmp_path / "a.ttf").touch()
    assert system.any_file(f"{tmp_path}/*.ttf")()
