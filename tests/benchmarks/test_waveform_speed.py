"""How smoothly a pair of three hours pans and zooms: milliseconds a frame, painted, and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
HOURS = 3
RATE = 44_100
GOALS = "goals: median 16 ms, worst 50 ms, 500 MB"

pytestmark = pytest.mark.benchmark

PROGRAM = """
import json, resource, sys, threading, time
import numpy as np
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.peak_files import build_peaks, open_signals
from app.stages.capture_plots import wave_signal
from projects.capture import read_capture
from projects.manifest import Edits
from widgets.marks import Mark
from widgets.parts import Part
from widgets.theme import apply_theme
from widgets.waveform import WaveformView

project, folder = Path(sys.argv[1]), Path(sys.argv[2])
app = QApplication([])
apply_theme(app, "dark")
view = WaveformView()
view.resize(1600, 700)
view.show()
app.processEvents()
capture = read_capture(folder)
began = time.perf_counter()
drawn = open_signals(project, folder, capture, Edits(shift=67, flip=True), build=False)
build_peaks(drawn, threading.Event())
built = time.perf_counter() - began
began = time.perf_counter()
view.set_signals([wave_signal(item) for item in drawn])
app.processEvents()
first = time.perf_counter() - began
length = view.duration
view.set_parts([Part("train", 0, 0.7 * length), Part("validation", 0.7 * length, 0.85 * length),
                Part("test", 0.85 * length, length)])
rng = np.random.default_rng(0)
view.set_marks([Mark(at, at + 0.01, "warning", "clipped") for at in rng.uniform(0, length, 5000)])
app.processEvents()

def frame(start, stop):
    began, cpu = time.perf_counter(), time.process_time()
    view.set_view_range(start, stop)
    app.processEvents()
    return time.perf_counter() - began, time.process_time() - cpu

times = []
centre = 0.37 * length
for span in np.geomspace(length, 16 / capture.sample_rate, 150):
    times.append(frame(centre - span / 2, centre + span / 2))
zooming = len(times)
for span in (length / 2, 600.0, 120.0, 20.0, 8.0, 1.0, 0.05, 0.002):
    at = 0.6 * length if span < length / 4 else 0.3 * length
    for step in range(60):
        begin = at - span / 2 + 0.02 * span * step
        times.append(frame(begin, begin + span))
for begin in rng.uniform(0, length - 20, 60):
    times.append(frame(begin, begin + 8.0))
wall, cpu = 1e3 * np.array(times).T
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"built_s": built, "first_ms": 1e3 * first, "frames": len(wall),
    "median_ms": float(np.median(wall)), "p99_ms": float(np.percentile(wall, 99)),
    "worst_ms": float(wall.max()), "median_cpu_ms": float(np.median(cpu)),
    "worst_cpu_ms": float(cpu.max()), "zoom_median_ms": float(np.median(wall[:zooming])),
    "rss_mb": peak}))
"""


def make_pair(project: Path) -> Path:
    """A capture of three hours whose dry and wet lie outside, as 16-bit recordings do."""
    import soundfile

    from projects.capture import Capture, Reference, Signal, write_capture
    from projects.references import file_digest

    rng = np.random.default_rng(1)
    minute = 60 * RATE
    loud = np.repeat(10 ** (-rng.uniform(0.3, 3, 240)), minute // 240)
    dry = (loud * rng.standard_normal(minute) * 0.3).clip(-1, 1).astype(np.float32)
    signals = []
    for role, samples in (("dry", dry), ("wet", np.tanh(3 * dry))):
        path = project / f"{role}.wav"
        with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as stream:
            for _ in range(60 * HOURS):
                stream.write(samples)
        reference = Reference(path=str(path), size=path.stat().st_size, digest=file_digest(path))
        signals.append(Signal(name=role, role=role, reference=reference))  # type: ignore[arg-type]
    folder = project / "captures" / "long"
    folder.mkdir(parents=True)
    capture = Capture(
        id="long",
        name="Three hours",
        sample_rate=RATE,
        n_samples=60 * HOURS * minute,
        dry_id="0" * 64,
        signals=tuple(signals),
    )
    write_capture(folder, capture)
    return folder


def test_three_hours_pan_and_zoom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_pair(tmp_path)
    try:
        found = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path), str(folder)],
            capture_output=True,
            text=True,
            timeout=280,
            cwd=ROOT,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
            check=False,
        )
        assert found.returncode == 0, found.stderr
        figures = json.loads(found.stdout.splitlines()[-1])
    finally:
        for path in tmp_path.glob("*.wav"):
            path.unlink()
    assert figures["frames"] > 600
    with capsys.disabled():
        print(f"\nthree hours, dry and wet, 1600 x 700 ({GOALS}):")
        print("  " + ", ".join(f"{key} {value:.1f}" for key, value in figures.items()))
