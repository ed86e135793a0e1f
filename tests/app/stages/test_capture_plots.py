"""The views of a capture: linked, marked, remembered, with what a model makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from app.stages.capture_plots import CapturePlots
from app.workbench import Workbench
from engines.audio.files import read_signal
from projects.capture import Capture, Check, Fix
from projects.manifest import CaptureEntry, Edits, Stretch
from widgets.levels import LevelHistogramView
from widgets.relation import RelationView

RATE = 48_000
CLIPPED = Check(
    name="wet clipping",
    level="warning",
    text="Wet is clipped in 2 places.",
    where=(Stretch(start=RATE, stop=RATE + 480), Stretch(start=3 * RATE, stop=3 * RATE + 480)),
)
LATE = Check(
    name="latency",
    level="problem",
    text="Wet is 67 samples late.",
    where=(Stretch(start=0, stop=100),),
    fixes=(Fix(kind="shift", shift=67),),
)


@pytest.fixture
def plots(open_studio: Callable[..., Workbench], qtbot: QtBot) -> Iterator[CapturePlots]:
    made = CapturePlots(open_studio())
    made.resize(1000, 500)
    made.show()
    qtbot.waitExposed(made)
    yield made
    QThreadPool.globalInstance().waitForDone(10_000)
    made.close()
    made.deleteLater()


def show(
    plots: CapturePlots, qtbot: QtBot, edits: Edits | None = None, *checks: Check
) -> tuple[Capture, CaptureEntry]:
    session = plots.workbench.session
    assert session is not None
    entry = session.manifest.captures[0].model_copy(update={"edits": edits or Edits()})
    capture = session.capture(entry.id)
    assert capture is not None
    capture = capture.model_copy(update={"checks": checks})
    plots.show_capture(session, capture, entry, session.split_of(entry))
    qtbot.waitUntil(lambda: bool(plots.waveform.signals) and plots._loading.isHidden())
    return capture, entry


def names(plots: CapturePlots) -> list[str]:
    return [signal.label for signal in plots.waveform.signals]


def samples(plots: CapturePlots, label: str, start: int, stop: int) -> np.ndarray:
    found = next(signal for signal in plots.waveform.signals if signal.label == label)
    return found.source.samples(start, stop)


def wet_audio(plots: CapturePlots, capture: Capture) -> np.ndarray:
    session = plots.workbench.session
    assert session is not None
    folder = session.project.capture_folder(capture.id)
    return read_signal(folder, capture, capture.signal("wet"))


def test_wet_is_drawn_as_it_was_decided_to_be(plots: CapturePlots, qtbot: QtBot) -> None:
    capture, _ = show(plots, qtbot)
    wet = wet_audio(plots, capture)
    np.testing.assert_array_equal(samples(plots, "wet", 500, 600), wet[500:600])
    plots.waveform.set_view_range(1.0, 1.5)
    show(plots, qtbot, Edits(shift=67, flip=True))
    qtbot.waitUntil(lambda: np.array_equal(samples(plots, "wet", 500, 600), -wet[567:667]))
    assert plots.waveform.view_range == pytest.approx((1.0, 1.5))


def test_marks_are_the_cuts_and_what_is_not_settled(plots: CapturePlots, qtbot: QtBot) -> None:
    cut = Stretch(start=0, stop=RATE // 2)
    show(plots, qtbot, Edits(cuts=(cut,)), CLIPPED, LATE)
    told = [(mark.level, mark.start) for mark in plots.waveform.marks]
    assert told == [("problem", 0.0), ("cut", 0.0), ("warning", 1.0), ("warning", 3.0)]
    show(plots, qtbot, Edits(shift=67), CLIPPED, LATE)
    told = [(mark.level, round(mark.start, 2)) for mark in plots.waveform.marks]
    assert told == [("warning", 1.0), ("warning", 3.0), ("cut", 4.0)]


def test_a_verdict_is_shown_where_it_is(plots: CapturePlots, qtbot: QtBot) -> None:
    show(plots, qtbot, None, CLIPPED)
    plots.show_tab("levels")
    plots.show_check(CLIPPED)
    assert plots.tab == "waveform"
    assert sum(plots.waveform.view_range) / 2 == pytest.approx(1.005, abs=1e-3)
    plots.waveform.go_to_mark(1)
    assert sum(plots.waveform.view_range) / 2 == pytest.approx(3.005, abs=1e-3)
    plots.show_check(Check(name="level", level="ok", text="Fine."))
    assert plots.waveform.view_range == pytest.approx((0.0, 4.0))


def test_a_verdict_asked_for_too_early_is_shown_once_the_audio_is_there(
    plots: CapturePlots, qtbot: QtBot
) -> None:
    session = plots.workbench.session
    assert session is not None
    entry = session.manifest.captures[0]
    capture = session.capture(entry.id)
    assert capture is not None
    plots.show_capture(session, capture, entry, None)
    plots.show_check(CLIPPED)
    qtbot.waitUntil(lambda: sum(plots.waveform.view_range) / 2 == pytest.approx(1.005, abs=1e-3))


def test_spectrogram_and_waveform_share_time_and_selection(
    plots: CapturePlots, qtbot: QtBot
) -> None:
    show(plots, qtbot)
    plots.waveform.set_view_range(1.0, 2.0)
    plots.show_tab("spectrogram")
    assert plots.spectrogram._view == pytest.approx((1.0, 2.0))
    plots.spectrogram.view_changed.emit(1.5, 1.75)
    assert plots.waveform.view_range == pytest.approx((1.5, 1.75))
    assert plots.spectrogram._view == pytest.approx((1.5, 1.75))
    with qtbot.waitSignal(plots.selection_changed) as told:
        plots.spectrogram.selecting.emit(1.5, 1.6, True)
    assert told.args[0] == pytest.approx((1.5, 1.6))
    assert plots.selection == pytest.approx((1.5, 1.6))
    with qtbot.waitSignal(plots.play_selection) as played:
        plots.spectrogram.selection.play.emit()
    assert played.args == pytest.approx([1.5, 1.6])
    with qtbot.waitSignal(plots.seek):
        plots.spectrogram.seek.emit(1.5)
    plots.set_play_position(1.7)
    assert plots.spectrogram.cursors.play.isVisible()
    qtbot.waitUntil(lambda: plots.spectrogram.pending == 0)


def test_the_tab_is_remembered(plots: CapturePlots, qtbot: QtBot) -> None:
    plots.show_tab("levels")
    other = CapturePlots(plots.workbench)
    qtbot.addWidget(other)
    assert other.tab == "levels"


def test_levels_and_transfer_are_computed_when_looked_at(plots: CapturePlots, qtbot: QtBot) -> None:
    capture, _ = show(plots, qtbot)
    levels, transfer = plots.levels.plot, plots.transfer.plot
    assert isinstance(levels, LevelHistogramView)
    assert isinstance(transfer, RelationView)
    assert levels._steps == ()
    plots.show_tab("levels")
    qtbot.waitUntil(lambda: len(levels._steps) == 2)
    peak = 20 * np.log10(np.abs(wet_audio(plots, capture)).max())
    assert levels._steps[1].peak_db == pytest.approx(peak, abs=0.01)
    plots.show_tab("transfer")
    qtbot.waitUntil(lambda: transfer._relation.density is not None)
    density = transfer._relation.density
    assert density is not None
    assert density.counts.sum() == pytest.approx(capture.n_samples, rel=0.01)
    plots.transfer_mode.set_current("curve")
    plots.transfer_mode.chosen.emit("curve")
    qtbot.waitUntil(lambda: bool(transfer._relation.x_label.startswith("dry level")))


def test_a_recording_has_no_states(plots: CapturePlots, qtbot: QtBot) -> None:
    show(plots, qtbot)
    assert not plots.tabs._segments["state"].isEnabled()
    plots.show_tab("state")
    assert "simulated circuits" in plots.state.words.text()


def test_predicted_and_residual_come_with_a_render(
    plots: CapturePlots, qtbot: QtBot, add_render: Callable[..., Path]
) -> None:
    show(plots, qtbot)
    assert names(plots) == ["dry", "wet"]
    assert plots.offer.button.isVisible()
    assert plots.offer.button.text() == "Predict with LSTM 8"
    session = plots.workbench.session
    assert session is not None
    run = session.jobs("train")[0].job.id
    add_render(session.project, run)
    plots.offer.rendered.emit()
    qtbot.waitUntil(lambda: names(plots) == ["dry", "wet", "predicted", "residual"])
    qtbot.waitUntil(lambda: plots._loading.isHidden())
    assert not plots.offer.button.isVisible()
    predicted = samples(plots, "predicted", 1000, 1100)
    wet = samples(plots, "wet", 1000, 1100)
    np.testing.assert_allclose(samples(plots, "residual", 1000, 1100), predicted - wet, atol=1e-6)
    low, high = next(
        signal.source.peaks(0, 4 * RATE, 1)
        for signal in plots.waveform.signals
        if signal.role == "residual"
    )
    assert 0 < max(-low[0], high[0]) < 0.5


def test_predicting_starts_a_render(plots: CapturePlots, qtbot: QtBot) -> None:
    show(plots, qtbot)
    plots.offer.button.click()
    assert not plots.offer.button.isVisible()
    worker = plots.workbench.jobs.active()[0]
    assert worker.job.kind == "render"
    assert worker.job.config["capture"] == "take-1"
    with qtbot.waitSignal(plots.workbench.jobs.ended, timeout=60_000):
        pass
    qtbot.waitUntil(lambda: "predicted" in names(plots), timeout=10_000)


def test_missing_audio_is_said_in_place(plots: CapturePlots, qtbot: QtBot) -> None:
    session = plots.workbench.session
    assert session is not None
    entry = session.manifest.captures[0]
    capture = session.capture(entry.id)
    assert capture is not None
    (session.project.capture_folder(capture.id) / "wet.wav").write_bytes(b"RIFF")
    plots.show_capture(session, capture, entry, None)
    qtbot.waitUntil(lambda: plots._stack.currentWidget() is plots.trouble)
    assert "wet.wav" in plots.trouble._sentence.text()
    plots.clear()
    assert plots._stack.currentWidget() is plots.waveform


def test_clear_shows_nothing(plots: CapturePlots, qtbot: QtBot) -> None:
    show(plots, qtbot, None, CLIPPED)
    plots.clear()
    assert plots.waveform.signals == ()
    assert plots.waveform.marks == ()
    assert plots.selection is None
    plots.show_check(CLIPPED)
    plots.grab()
