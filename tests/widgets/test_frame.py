"""The widgets of the frame: stages, transport, meters, banners, toasts, jobs, cards, drops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from widgets.banner import Banner
from widgets.cards import ChoiceCard, PresetCard, PresetFacts, RecentProjectRow
from widgets.dropzone import DropZone
from widgets.empty import EmptyState
from widgets.figures import Figure, FigureLabel, FigureTable, format_number
from widgets.joblist import JobListView, JobView, remaining
from widgets.knob import KnobSpec
from widgets.meter import FLOOR_DB, LevelMeter, to_db
from widgets.palette import Command, CommandPalette, match_score
from widgets.segmented import StageBar
from widgets.toast import ToastHost
from widgets.transport import TransportBar, clock
from widgets.words import ElidedLabel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    made.setCentralWidget(QWidget())
    qtbot.addWidget(made)
    made.resize(1000, 640)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_stages_are_chosen_and_set(qtbot: QtBot) -> None:
    bar = StageBar()
    qtbot.addWidget(bar)
    bar.show()
    assert bar.current == 0
    with qtbot.waitSignal(bar.stage_chosen) as told:
        qtbot.mouseClick(bar._group.button(2), LEFT)
    assert told.args == [2]
    with qtbot.assertNotEmitted(bar.stage_chosen):
        bar.set_current(4)
    assert bar.current == 4
    bar.set_mark(0, "warn")
    bar.grab()


@pytest.fixture
def transport(qtbot: QtBot) -> TransportBar:
    made = TransportBar()
    qtbot.addWidget(made)
    made.resize(1280, 68)
    made.show()
    made.set_duration(60.0)
    return made


def test_the_transport_asks_and_waits_to_be_told(transport: TransportBar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(transport.play_toggled) as told:
        qtbot.mouseClick(transport.play_button, LEFT)
    assert told.args == [True]
    assert not transport.play_button.isChecked()
    transport.set_playing(True)
    assert transport.play_button.isChecked()
    assert transport.play_button.accessibleName() == "Pause"
    with qtbot.waitSignal(transport.play_toggled) as told:
        qtbot.mouseClick(transport.play_button, LEFT)
    assert told.args == [False]


def test_nothing_loaded_plays_nothing(transport: TransportBar, qtbot: QtBot) -> None:
    transport.set_duration(0)
    assert not transport.play_button.isEnabled()
    with qtbot.assertNotEmitted(transport.seek):
        qtbot.mouseClick(transport.seek_bar, LEFT, pos=QPoint(640, 6))


def test_seeking_by_mouse_and_keys(transport: TransportBar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(transport.seek) as told:
        qtbot.mouseClick(transport.seek_bar, LEFT, pos=QPoint(640, 6))
    assert told.args[0] == pytest.approx(30, abs=0.1)
    transport.set_position(30)
    with qtbot.waitSignal(transport.seek) as told:
        qtbot.keyClick(transport.seek_bar, Qt.Key.Key_Right)
    assert told.args == [35.0]


def test_sources_say_why_not(transport: TransportBar, qtbot: QtBot) -> None:
    transport.set_sources({"dry": None, "wet": None, "model": "no model has been trained"})
    segments = transport.source._segments
    assert segments["dry"].isEnabled()
    assert not segments["model"].isEnabled()
    assert "no model has been trained" in segments["model"].toolTip()
    assert "nothing is loaded" in segments["second"].toolTip()
    with qtbot.waitSignal(transport.source_chosen) as told:
        qtbot.mouseClick(segments["wet"], LEFT)
    assert told.args == ["wet"]
    with qtbot.assertNotEmitted(transport.source_chosen):
        qtbot.mouseClick(segments["model"], LEFT)
        transport.set_source("dry")
    assert transport.source.current == "dry"


def test_knobs_of_the_model(transport: TransportBar, qtbot: QtBot) -> None:
    transport.set_knobs([KnobSpec("drive"), KnobSpec("tone")], {"tone": 0.25})
    assert transport._knobs["tone"].current == 0.25
    told: list[tuple[str, str, float]] = []
    transport.knob_changed.connect(lambda name, value: told.append(("changed", name, value)))
    transport.knob_settled.connect(lambda name, value: told.append(("settled", name, value)))
    qtbot.keyClick(transport._knobs["drive"], Qt.Key.Key_Up)
    assert [entry[:2] for entry in told] == [("changed", "drive"), ("settled", "drive")]
    assert told[0][2] == told[1][2] == pytest.approx(0.51)
    transport.set_knobs([])
    transport.set_knob("drive", 1.0)


def test_the_state_of_the_sound(transport: TransportBar, qtbot: QtBot) -> None:
    transport.set_status(48_000, 128, 7.34, 0, 0.12)
    assert transport._status.text() == "48k  128  7.3 ms  0 drop"
    assert "Load 12 %" in transport._status.toolTip()
    transport.set_message("No sound device was found; plug one in and try again.", "warning")
    assert len(transport._status.text()) <= 28
    assert "plug one in" in transport._status.toolTip()
    with qtbot.waitSignal(transport.status_clicked):
        qtbot.mouseClick(transport._status, LEFT)


def test_the_transport_fits_the_smallest_window(transport: TransportBar) -> None:
    transport.set_knobs([KnobSpec(f"knob {n}") for n in range(12)])
    assert transport.minimumSizeHint().width() <= 1280


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00.0"), (59.96, "1:00.0"), (3661.25, "1:01:01.2"), (-3, "0:00.0")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_levels_fall_and_clipping_stays(qtbot: QtBot) -> None:
    meter = LevelMeter("out", "model")
    qtbot.addWidget(meter)
    meter.show()
    meter.set_levels(0.5, 0.25)
    assert meter._peak == pytest.approx(-6.02, abs=0.01)
    assert not meter.clipped
    meter.set_levels(1.2, 0.5)
    assert meter.clipped
    meter.set_levels(0.0, 0.0)
    assert meter.clipped
    with qtbot.waitSignal(meter.clip_cleared):
        qtbot.mouseClick(meter, LEFT)
    assert not meter.clipped
    qtbot.waitUntil(lambda: not meter._timer.isActive(), timeout=8000)
    assert meter._peak == FLOOR_DB
    meter.set_levels(float("nan"), 0.0)
    assert meter.clipped
    meter.reset()
    meter.grab()


def test_decibels() -> None:
    assert to_db(1.0) == 0
    assert to_db(0.0) == FLOOR_DB
    assert to_db(float("inf")) == 0


def test_a_banner_unfolds_copies_mends_and_goes(qtbot: QtBot) -> None:
    mended: list[bool] = []
    banner = Banner("error", "It broke.", "line 1\nline 2", [("Mend", lambda: mended.append(True))])
    qtbot.addWidget(banner)
    banner.show()
    assert not banner._details.isVisible()
    banner._fold.click()
    assert banner._details.isVisible()
    banner._copy.click()
    assert QApplication.clipboard().text() == "It broke.\n\nline 1\nline 2"
    banner.findChildren(type(banner._buttons.itemAt(0).widget()))
    qtbot.mouseClick(banner._buttons.itemAt(0).widget(), LEFT)
    assert mended == [True]
    with qtbot.waitSignal(banner.closed):
        banner._close.click()
    assert not banner.isVisible()
    banner.show_message("ok", "It works.")
    assert banner.accessibleName() == "Good: It works."
    assert not banner._fold.isVisibleTo(banner)


def test_a_toast_undoes_and_goes(window: QMainWindow, qtbot: QtBot) -> None:
    host = ToastHost(window)
    undone: list[bool] = []
    toast = host.show_toast("Deleted.", callback=lambda: undone.append(True))
    assert host.isVisible()
    assert window.rect().contains(host.geometry())
    toast.button.click()
    assert undone == [True]
    assert host.toasts == ()
    assert not host.isVisible()


def test_toasts_leave_by_themselves_and_are_few(window: QMainWindow, qtbot: QtBot) -> None:
    host = ToastHost(window)
    for number in range(5):
        host.show_toast(f"Toast {number}")
    assert [toast.sentence for toast in host.toasts] == ["Toast 2", "Toast 3", "Toast 4"]
    for toast in host.toasts:
        toast._timer.setInterval(1)
        toast._timer.start()
    qtbot.waitUntil(lambda: not host.toasts)
    window.resize(700, 500)


def jobs() -> list[JobView]:
    return [
        JobView("a", "Train", "running", "step 5", 0.5, 90),
        JobView("b", "Import", "done", can_open=True),
        JobView("c", "Train again", "failed", "killed", can_resume=True),
        JobView("d", "Wait", "paused"),
    ]


def test_jobs_offer_what_can_be_done(qtbot: QtBot) -> None:
    view = JobListView()
    qtbot.addWidget(view)
    view.resize(460, 400)
    view.show()
    assert view._stack.currentIndex() == 0
    view.set_jobs(jobs())
    assert view._stack.currentIndex() == 1
    shown = {
        job.id: [
            name
            for name in ("pause", "resume", "cancel", "open", "dismiss")
            if view.row(job.id).button(name).isVisibleTo(view.row(job.id))  # type: ignore[arg-type]
        ]
        for job in jobs()
    }
    assert shown == {
        "a": ["pause", "cancel"],
        "b": ["open", "dismiss"],
        "c": ["resume", "dismiss"],
        "d": ["resume", "cancel"],
    }
    for which, signal, job in (
        ("cancel", view.cancel_requested, "a"),
        ("pause", view.pause_requested, "a"),
        ("resume", view.resume_requested, "c"),
        ("open", view.open_requested, "b"),
        ("dismiss", view.dismiss_requested, "b"),
    ):
        with qtbot.waitSignal(signal) as told:
            view.row(job).button(which).click()  # type: ignore[arg-type]
        assert told.args == [job]


def test_rows_are_updated_in_place_and_taken_away(qtbot: QtBot) -> None:
    view = JobListView()
    qtbot.addWidget(view)
    view.set_jobs(jobs())
    row = view.row("a")
    view.update_job(JobView("a", "Train", "running", "step 6", 0.75, 30))
    assert view.row("a") is row
    assert "75 %" in row._state.text()
    assert "30 s left" in row._state.text()
    view.set_jobs(reversed(jobs()[:2]))
    assert [view._column.itemAt(n).widget() for n in (0, 1)] == [view.row("b"), row]
    with pytest.raises(KeyError):
        view.row("c")
    view.set_jobs([])
    assert view._stack.currentIndex() == 0


@pytest.mark.parametrize(
    ("eta", "text"),
    [
        (None, ""),
        (0.2, "1 s left"),
        (59, "59 s left"),
        (150, "2 min left"),
        (7300, "2 h 02 min left"),
    ],
)
def test_how_long_still(eta: float | None, text: str) -> None:
    assert remaining(eta) == text


def test_cards_are_clicked_and_chosen_by_key(qtbot: QtBot) -> None:
    card = ChoiceCard("star", "Guided example", "Hear a model in five minutes.")
    preset = PresetCard(PresetFacts("light", "Light", "Small.", [("Time", "1 min")]))
    for widget in (card, preset):
        qtbot.addWidget(widget)
        widget.show()
    with qtbot.waitSignal(card.clicked):
        qtbot.keyClick(card, Qt.Key.Key_Space)
    qtbot.mouseClick(preset, LEFT)
    assert preset.isChecked()
    assert "Time: 1 min" in preset.accessibleDescription()
    assert preset.heightForWidth(168) >= preset.heightForWidth(400)


def test_a_recent_project_opens_or_is_forgotten(qtbot: QtBot) -> None:
    row = RecentProjectRow("MyFuzz", "/home/me/MyFuzz", "yesterday")
    qtbot.addWidget(row)
    row.resize(500, 52)
    row.show()
    row.wave.set_peaks(-np.ones(50, np.float32), np.ones(50, np.float32))
    with qtbot.waitSignal(row.clicked):
        qtbot.mouseClick(row, LEFT, pos=QPoint(30, 20))
    with qtbot.waitSignal(row.forget_requested), qtbot.assertNotEmitted(row.clicked):
        qtbot.mouseClick(row._forget, LEFT)
    row.grab()


def test_an_empty_place_leads_on(qtbot: QtBot) -> None:
    place = EmptyState("wave", "Captures belong here.", "Import")
    qtbot.addWidget(place)
    place.show()
    with qtbot.waitSignal(place.action):
        place.button.click()
    with qtbot.waitSignal(place.example):
        place.link.click()


def drag_of(*names: str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(f"/audio/{name}") for name in names])
    return mime


def test_a_drop_is_foretold_and_taken(window: QMainWindow, qtbot: QtBot) -> None:
    def describe(paths: list[Path]) -> str | None:
        return "Import these" if all(path.suffix == ".wav" for path in paths) else None

    zone = DropZone(window, describe)
    mime = drag_of("dry.wav", "wet.wav")
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy, mime, LEFT, none)
    QApplication.sendEvent(window, enter)
    assert zone.isVisible()
    assert zone.sentence == "Import these"
    zone.grab()
    with qtbot.waitSignal(zone.dropped) as told:
        QApplication.sendEvent(window, QDropEvent(QPoint(50, 50), copy, mime, LEFT, none))
    assert told.args == [[Path("/audio/dry.wav"), Path("/audio/wet.wav")]]
    assert not zone.isVisible()
    other = drag_of("virus.exe")
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), copy, other, LEFT, none))
    assert not zone.takes
    with qtbot.assertNotEmitted(zone.dropped):
        QApplication.sendEvent(window, QDropEvent(QPoint(5, 5), copy, other, LEFT, none))


@pytest.fixture
def palette(window: QMainWindow) -> tuple[CommandPalette, list[str]]:
    ran: list[str] = []

    def command(title: str, key: str = "", why_not: str = "") -> Command:
        return Command(title, key, lambda: ran.append(title), why_not)

    made = CommandPalette(window)
    made.open(
        [
            command("Import recordings", "Ctrl+I"),
            command("Train a model", "Ctrl+T"),
            command("Export RTNeural JSON", why_not="no model yet"),
            command("Switch to light"),
        ]
    )
    return made, ran


def test_the_palette_finds_and_runs(
    palette: tuple[CommandPalette, list[str]], qtbot: QtBot
) -> None:
    view, ran = palette
    assert len(view.titles) == 4
    qtbot.keyClicks(view.field, "trm")
    assert view.titles[0] == "Train a model"
    qtbot.keyClick(view.field, Qt.Key.Key_Return)
    assert ran == ["Train a model"]
    assert not view.isVisible()


def test_the_palette_moves_by_arrows_and_escapes(
    palette: tuple[CommandPalette, list[str]], qtbot: QtBot
) -> None:
    view, ran = palette
    qtbot.keyClick(view.field, Qt.Key.Key_Up)
    assert view.list.currentRow() == 3
    qtbot.keyClick(view.field, Qt.Key.Key_Down)
    qtbot.keyClick(view.field, Qt.Key.Key_Down)
    assert view.list.currentRow() == 1
    qtbot.keyClicks(view.field, "zzz")
    assert view.titles == []
    qtbot.keyClick(view.field, Qt.Key.Key_Return)
    qtbot.keyClick(view.field, Qt.Key.Key_Escape)
    assert not view.isVisible()
    assert ran == []


def test_the_palette_does_not_run_what_cannot_be(
    palette: tuple[CommandPalette, list[str]], qtbot: QtBot
) -> None:
    view, ran = palette
    qtbot.keyClicks(view.field, "rtn")
    assert view.titles == ["Export RTNeural JSON"]
    qtbot.keyClick(view.field, Qt.Key.Key_Return)
    assert view.isVisible()
    assert ran == []
    view.grab()


def test_better_fits_score_higher() -> None:
    word = match_score("exp", "Export file")
    inside = match_score("exp", "The next pass")
    assert word is not None
    assert inside is not None
    assert word > inside
    assert match_score("xyz", "Export file") is None
    assert match_score("", "Export file") == 0


def test_figures_show_and_copy(qtbot: QtBot) -> None:
    table = FigureTable([Figure("ESR", "1.7e\u22127", "beyond hearing")])
    large = FigureLabel(Figure("ESR", "0.003", "very close"))
    for widget in (table, large):
        qtbot.addWidget(widget)
        widget.show()
    assert large.accessibleName() == "ESR: 0.003  very close"
    table.copy()
    assert QApplication.clipboard().text() == "ESR\t1.7e\u22127\t\tbeyond hearing"
    table.show_figures([Figure("Null", "\u221267", unit="dB"), Figure("ESR", "1")])

    def texts() -> set[str]:
        return {w.text() for w in table.findChildren(QLabel) if w.isVisibleTo(table)}

    qtbot.waitUntil(lambda: "\u221267 dB" in texts())
    assert "beyond hearing" not in texts()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.003, "0.00300"),
        (1.7e-7, "1.7e\u22127"),
        (-67.71, "\u221267.7"),
        (310.4, "310"),
        (12_345.6, "12\u202f346"),
        (float("nan"), "not a number"),
        (float("-inf"), "\u2212\u221e"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert format_number(value) == text


def test_long_words_are_shortened(qtbot: QtBot) -> None:
    words = ElidedLabel("a very long name of a capture " * 5)
    qtbot.addWidget(words)
    assert words.minimumSizeHint().width() < 100
    assert words.toolTip() == words.text()
    words.resize(80, 20)
    words.grab()
