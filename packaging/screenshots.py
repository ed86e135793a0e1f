"""Pictures of the real window: every stage and dialog, dark and light, in two sizes.

    python packaging/screenshots.py [--folder docs/images] [--project FOLDER]

Without a project, a small one is made by the same workers as always: a diode clipper simulated by
ngspice, two models trained, one exported. Needs a display; where there is none, run it under
``xvfb-run -a``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.stages.circuit_pane import CircuitPane
    from app.stages.data import DataStage
    from app.stages.simulate_pane import SimulatePane

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.chdir(ROOT)

SIZES = {"": (1280, 720), "-1920": (1920, 1080)}
THEMES = ("dark", "light")
SETTLE_SECONDS = 1.0


def make_project(folder: Path) -> Path:
    """A small real project, made by the command line's own code."""
    from app.cli.main import run_command

    project = str(folder / "MyFuzz")
    trained = ["train", project, "--max-seconds"]
    for words in (
        ["simulate", project, "--seconds", "30", "--name", "Built-in signals"],
        [*trained, "20", "--model", "stn", "--preset", "light", "--name", "State network, light"],
        [*trained, "25", "--model", "lstm", "--preset", "light", "--name", "LSTM, light"],
    ):
        if run_command(words) != 0:
            raise SystemExit(f"The project for the pictures could not be made: {' '.join(words)}")
    return Path(project)


LATE = 67
"""Samples by which one of the recordings is late, so that there is a verdict to look at."""


def record_set(folder: Path) -> Path:
    """Recordings at several settings of a waveshaper; one comes late, another is inverted."""
    import numpy as np

    from engines.audio.files import write_wav
    from engines.effects.waveshaper import Waveshaper, WaveshaperSettings
    from engines.signals.builtin import builtin_dry

    rate = 44_100
    dry = builtin_dry(12.0, rate, 1).samples
    folder.mkdir()
    write_wav(folder / "Input.wav", dry, rate)
    settings = [(drive, bias) for drive in (6, 12, 24) for bias in (0, 25, 50)][:-1]
    for place, (drive, bias) in enumerate(settings):
        effect = Waveshaper(WaveshaperSettings(drive=drive, bias=bias / 100, level=-9.0), rate)
        wet = effect.process(dry.astype(np.float64))
        if place == 4:
            wet = np.concatenate([np.zeros(LATE), wet[:-LATE]])
        elif place == 6:
            wet = -wet
        name = f"fuzz_drive_{drive}_bias_{bias}.wav"
        write_wav(folder / name, wet.astype(np.float32), rate)
    return folder


def make_data_project(folder: Path, recordings: Path) -> Path:
    """A project of these recordings, imported by the command line's own code."""
    from app.cli.main import run_command

    project = folder / "Recorded fuzz"
    words = ["import", str(project), "--folder", str(recordings)]
    words += ["--pattern", "fuzz_drive_{drive}_bias_{bias}", "--dry", "Input.wav"]
    if run_command(words) != 0:
        raise SystemExit("The recordings for the pictures could not be imported.")
    return project


@contextmanager
def sound_server(folder: Path) -> Iterator[None]:
    """A private sound server to play to, as the tests have; without PulseAudio, none."""
    if shutil.which("pulseaudio") is None:
        yield
        return
    sys.path.insert(0, str(ROOT / "tests" / "plugins"))
    from sound_server import SoundServer

    (folder / "sound").mkdir(mode=0o700)
    server = SoundServer(folder / "sound")
    server.start()
    os.environ.update(server.environment)
    try:
        yield
    finally:
        server.kill()


def export_first_run(project: Path) -> None:
    """Export the first run, so that the Export stage has something to show."""
    from app.cli.main import run_command
    from projects.project import Project

    with Project.open(project, write=False) as found:
        if found.jobs("export"):
            return
        run = found.jobs("train")[-1].job.id
    run_command(["export", str(project), "--run", run])


class Photographer:
    """Opens the window once and photographs it in every look.

    Parameters
    ----------
    project : Path
    data_project : Path
        Of many captures with knobs.
    recordings : Path
        The folder that they came from.
    folder : Path
        Where the pictures go.
    """

    def __init__(self, project: Path, data_project: Path, recordings: Path, folder: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from app.notices import Notices
        from app.settings import SettingsStore
        from app.window import MainWindow
        from app.workbench import Workbench

        self.app = QApplication(sys.argv[:1])
        self.project = project
        self.data_project = data_project
        self.recordings = recordings
        self.folder = folder
        config = Path(tempfile.mkdtemp(prefix="trimpot-pictures-"))
        self.bench = Workbench(SettingsStore(config), Notices())
        self.bench.settings.values.projects_folder = str(project.parent)
        self.window = MainWindow(self.bench)
        self.window.show()
        self.window.player.start()
        self.bench.open_project(project)  # so that its peaks are kept, and it is a recent one
        self.wait(2 * SETTLE_SECONDS)

    def wait(self, seconds: float = SETTLE_SECONDS) -> None:
        """Let the window work for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.01)

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Let the window work until something holds, at most so long."""
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            self.wait(0.1)

    def places(self) -> dict[str, Callable[[], None]]:
        """What is photographed, by name; each function goes there."""
        window = self.window

        def stage(key: str) -> Callable[[], None]:
            return lambda: window.show_stage(key)

        return {
            "data": stage("data"),
            "import": lambda: window.with_project("import"),
            "simulate": self._gallery,
            "simulate-page": self._circuit_page,
            "circuit": self._own_circuit,
            "circuit-look": self._quick_look,
            "train-new": self._new_run,
            "train": self._oldest_run,
            "audition": self._listen,
            "compare": self._compare,
            "export": stage("export"),
            "palette": window.show_palette,
        }

    def data_places(self) -> dict[str, Callable[[], None]]:
        """What is photographed of the project of many captures."""
        from app.stages.capture_rows import GRAVITY

        page = self._data

        def verdict() -> None:
            """A capture that was left out, or the one with the gravest verdict."""
            page()._show_captures()
            rows = page().model.all_rows
            row = min(rows, key=lambda row: (row.entry.included, GRAVITY[row.verdict]))
            self.bench.select_capture(row.entry.id)

        def record() -> None:
            """The pane, once it knows the devices."""
            page().show_record()
            self.wait(4 * SETTLE_SECONDS)

        return {
            "verdicts": verdict,
            "edit": lambda: page().view.edit_button.setChecked(True),
            "import-folder": lambda: page().show_import_folder(self.recordings),
            "import-signaltrain": lambda: page().show_import_folder(signaltrain=True),
            "coverage": lambda: page().show_coverage(),
            "record": record,
            "knobs": lambda: page().show_knobs(),
        }

    def _data(self) -> DataStage:
        from app.stages.data import DataStage

        self.window.show_stage("data")
        found = self.window.stage("data")
        assert isinstance(found, DataStage)
        return found

    def _simulate_pane(self) -> SimulatePane:
        from app.stages.simulate_pane import SimulatePane

        page = self._data()
        page.show_simulate()
        found = page.findChild(SimulatePane)
        assert isinstance(found, SimulatePane)
        return found

    def _gallery(self) -> None:
        self._simulate_pane().show_gallery()

    def _circuit_page(self) -> None:
        self._simulate_pane().choose("circuit-overdrive")

    def _circuit_pane(self) -> CircuitPane:
        """The editor, with a copy of a library circuit in it."""
        from app.stages.circuit_pane import CircuitPane
        from projects.circuits import circuits_of

        page = self._data()
        page.show_circuits()
        found = page.findChild(CircuitPane)
        assert isinstance(found, CircuitPane)
        if not circuits_of(self.project):
            found.add_from_library("overdrive")
            self.wait_for(lambda: bool(circuits_of(self.project)))
            self.wait(2 * SETTLE_SECONDS)
        return found

    def _own_circuit(self) -> None:
        self._circuit_pane().show_tab("setup")

    def _quick_look(self) -> None:
        self._circuit_pane().show_tab("look")
        self.wait(8 * SETTLE_SECONDS)

    def _listen(self) -> None:
        """Play the model, where there is a sound server to play to."""
        self._oldest_run()
        self.window.show_stage("audition")
        self.wait_for(lambda: self.window.stage("audition").primary().enabled)
        self.window.do_primary()
        self.wait(2 * SETTLE_SECONDS)

    def _compare(self) -> None:
        """Let the model play the capture, and look at the difference."""
        self.window.player.pause()
        self.window.show_stage("compare")
        self.wait(0.5)
        self.window.do_primary()
        self.wait_for(lambda: not self.bench.jobs.active())
        self.wait(2 * SETTLE_SECONDS)

    def _new_run(self) -> None:
        from app.stages.train import TrainStage

        self.window.show_stage("train")
        page = self.window.stage("train")
        assert isinstance(page, TrainStage)
        page.show_new()

    def _oldest_run(self) -> None:
        assert self.bench.session is not None
        self.window.show_stage("train")
        self.bench.run_id = ""
        self.bench.select_run(self.bench.session.jobs("train")[-1].job.id)

    def take(self, name: str) -> None:
        """Photograph the window as it stands."""
        path = self.folder / f"{name}.png"
        self.window.grab().save(str(path))
        print(path)

    def take_dialogs(self, suffix: str) -> None:
        """Photograph the windows beside the window."""
        from app.dialogs.guide import GuideDialog
        from app.dialogs.new_project import NewProjectDialog
        from app.dialogs.settings import SettingsDialog
        from app.job_popup import JobPopup

        self.window.show_settings()
        self.window.show_guide()
        self.window.ask_new()
        self.window.toggle_jobs()
        self.wait()
        for name, kind in (
            ("settings", SettingsDialog),
            ("guide", GuideDialog),
            ("new-project", NewProjectDialog),
            ("jobs", JobPopup),
        ):
            dialog = self.window.findChild(kind)
            assert dialog is not None
            path = self.folder / f"{name}{suffix}.png"
            dialog.grab().save(str(path))
            dialog.close()
            print(path)
        self.wait(0.2)

    def take_all(self) -> None:
        """Every place in every look."""
        from widgets.palette import CommandPalette
        from widgets.theme import apply_theme

        for theme in THEMES:
            apply_theme(self.app, theme)  # type: ignore[arg-type]
            for mark, size in SIZES.items():
                self.window.resize(*size)
                self.bench.close_project()
                self.wait()
                self.take(f"start-{theme}{mark}")
                self.bench.open_project(self.project)
                self.wait()
                for name, go in self.places().items():
                    go()
                    self.wait()
                    self.take(f"{name}-{theme}{mark}")
                palette = self.window.findChild(CommandPalette)
                if palette is not None:
                    palette.close_palette()
                self.bench.open_project(self.data_project)
                self.wait()
                for name, go in self.data_places().items():
                    go()
                    self.wait()
                    self.take(f"{name}-{theme}{mark}")
            self.take_dialogs(f"-{theme}")
        self.window.close()
        self.wait(0.5)


def main() -> int:
    """Make the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--project", type=Path)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="trimpot-pictures-") as place:
        project = chosen.project or make_project(Path(place))
        export_first_run(project)
        recordings = record_set(Path(place) / "Fuzz recordings")
        data_project = make_data_project(Path(place), recordings)
        with sound_server(Path(place)):
            folder = chosen.folder.resolve()
            Photographer(project, data_project, recordings, folder).take_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
