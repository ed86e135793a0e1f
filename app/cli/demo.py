"""``trimpot demo``: the main job once, end to end, for real, with a table at the end.

The diode clipper is simulated from built-in dry signals, a state trajectory network trained on
its state, rendered, scored on audio that it never saw, and exported with its proof of parity.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.cli.actions import Bench, Figures, Finished
from app.cli.console import ConsoleReporter
from projects.manifest import CaptureEntry
from projects.project import Project

CHECKOUT = Path(__file__).resolve().parents[2]
RECORDINGS = CHECKOUT.parent / "shared" / "data" / "di"
"""Real playing that may lie beside a checkout for development; it is never shipped."""
RECORDING_SECONDS = 15.0
DEFAULT_RECORDINGS = ("john-guitar.flac", "downtown-bass.flac")


@dataclass(frozen=True)
class DemoSettings:
    """What the demo does: where, how much audio, how long it trains, what else it is tested on."""

    folder: Path | None = None
    seconds: float = 60.0
    train_seconds: float = 75.0
    recordings: Sequence[Path] | None = None
    seed: int = 0


def run_demo(settings: DemoSettings, reporter: ConsoleReporter) -> Figures:
    """Run the demo; returns ``esr``, ``rtf``, ``parity_max_abs``, ``seconds``, ``files`` and more.

    Raises
    ------
    TrimpotError
        A step failed; the text says which and what to do.
    """
    folder = free_folder(settings.folder or Path("trimpot-demo"))
    try:
        return _steps(settings, folder, reporter)
    except StepStoppedError as stop:
        text = f"Stopped. What is finished is kept; open the project with: trimpot {folder}"
        return {"state": stop.state, "text": text, "files": []}


class StepStoppedError(Exception):
    """A step was cancelled or interrupted, and what comes after it needs it."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class StepBench(Bench):
    """A bench whose jobs are done, or the rest is left out."""

    def resume(self, folder: Path) -> Finished:
        """Run the job in ``folder`` to its end; raises StepStoppedError at any other."""
        done = super().resume(folder)
        if done.end.state != "done":
            raise StepStoppedError(done.end.state)
        return done


def _steps(settings: DemoSettings, folder: Path, reporter: ConsoleReporter) -> Figures:
    started = time.monotonic()
    with Project.create(folder, "Diode clipper demo") as project:
        bench = StepBench(project, reporter)
        reporter.line("1/5  Simulating a diode clipper with ngspice, from built-in dry signals")
        config: Figures = {"dry": "builtin", "seconds": settings.seconds, "seed": settings.seed}
        simulated = bench.data(
            "simulate", "Diode clipper", "diode-clipper", config | {"name": "Built-in signals"}
        )
        reporter.line("2/5  Simulating it from real playing, to test on")
        recordings = [_simulate_recording(bench, path) for path in _recordings(settings.recordings)]
        if not recordings:
            reporter.line("     (no recordings here; give some with --recordings FILE)")
        reporter.line("3/5  Training a state trajectory network on the capacitor's voltage")
        trained = bench.train(
            "STN",
            {"architecture": "stn", "model": {}, "max_seconds": settings.train_seconds},
            seed=settings.seed,
        )
        run_id = bench.newest_run()
        reporter.line("4/5  Rendering, and scoring what the model never saw")
        rendered = _render(bench, run_id, simulated["captures"][0], "test")
        scores = {
            entry.name: _render(bench, run_id, entry.id, "all")["esr"] for entry in recordings
        }
        reporter.line("5/5  Exporting RTNeural JSON and reading it back")
        exported = bench.run("export", "RTNeural JSON", {"run": run_id, "format": "rtneural"})
        proof = exported.figures()
    figures: Figures = {
        "text": f"Done. The project is {folder}; open it with: trimpot {folder}",
        "esr": rendered["esr"],
        "esr_recordings": scores,
        "rtf": rendered["rtf"],
        "parity_max_abs": proof["parity_max_abs"],
        "weights": trained["n_weights"],
        "seconds": round(time.monotonic() - started, 1),
        "files": [*simulated["files"], *trained["files"], *rendered["files"], *proof["files"]],
    }
    figures["table"] = _table(figures, simulated, trained)
    return figures


def _simulate_recording(bench: Bench, path: Path) -> CaptureEntry:
    config = {"dry": str(path), "name": path.stem, "limit": RECORDING_SECONDS}
    done = bench.data("simulate", path.stem, "diode-clipper", config)
    manifest = bench.project.manifest
    capture_id = done["captures"][0]
    # Kept out of training: it is there to be tested on, whole.
    entries = tuple(
        entry.model_copy(update={"included": False}) if entry.id == capture_id else entry
        for entry in manifest.captures
    )
    bench.project.save(manifest.model_copy(update={"captures": entries}))
    return next(entry for entry in entries if entry.id == capture_id)


def _render(bench: Bench, run_id: str, capture_id: str, part: str) -> Figures:
    config = {"run": run_id, "capture": capture_id, "part": part}
    return bench.run("render", "Render", config).figures()


def _table(figures: Figures, simulated: Figures, trained: Figures) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("Simulated audio", f"{simulated['seconds_audio']:.0f} s"),
        ("Simulation speed", f"{simulated['speed']:.2f} x real time"),
        ("Weights of the model", figures["weights"]),
        ("Training time", f"{trained['train_seconds']:.0f} s"),
        ("ESR, unseen built-in audio", f"{figures['esr']:.2e}"),
    ]
    for name, esr in figures["esr_recordings"].items():
        rows.append((f"ESR, {name}", f"{esr:.2e}"))
    rows += [
        ("Rendering on one core", f"{figures['rtf']:.0f} x real time"),
        ("Export parity, largest difference", f"{figures['parity_max_abs']:.1e}"),
        ("All in all", f"{figures['seconds']:.0f} s"),
    ]
    return rows


def _recordings(chosen: Sequence[Path] | None) -> list[Path]:
    if chosen is not None:
        return [path.expanduser().resolve() for path in chosen]
    return [path for name in DEFAULT_RECORDINGS if (path := RECORDINGS / name).is_file()]


def free_folder(folder: Path) -> Path:
    """``folder``, or with a number behind it where something is there already."""
    folder = folder.expanduser().resolve()
    number = 1
    candidate = folder
    while candidate.exists() and (not candidate.is_dir() or any(candidate.iterdir())):
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
