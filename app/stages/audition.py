"""The Audition stage: a model, its knobs, what it is heard with, and how it sounds."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.drops import AUDIO_SUFFIXES
from app.models import FoundModel, find_model, find_run, found_models, select_some_model
from app.player import Player
from app.programme import Stretch
from app.stages.base import Primary, Stage
from app.stages.columns import columns
from app.stages.model_header import ModelHeader
from app.stages.model_list import ModelList
from app.stages.programme_view import ProgrammeView
from app.stages.sound_panel import SoundPanel
from app.workbench import Workbench
from engines.worker.protocol import Checkpoint
from widgets.banner import Banner
from widgets.buttons import push_button
from widgets.dropzone import DropZone
from widgets.empty import EmptyState
from widgets.knob import Knob
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE

FILE_ENTRY = "file:"
SETTLE_MS = 500
"""A run that trains quickly makes many checkpoints; the list follows at this pace."""
HINT = (
    "Listen to A dry, S wet, D model while it plays: the switch is seamless. "
    "L repeats, Space pauses."
)
FILES = "Audio files (*.wav *.wave *.flac *.aif *.aiff *.ogg *.w64 *.caf)"


class AuditionStage(Stage):
    """Hear the selected run's model, also while it trains, beside the recording it is to match."""

    key = "audition"
    title = "Audition"

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.player = player
        self._stretch: Stretch = "test"
        self._knob_names: tuple[str, ...] = ()
        self.knobs: dict[str, Knob] = {}
        self.models = ModelList()
        self.header = ModelHeader()
        self.source = QComboBox()
        self.second = QComboBox()
        self.stretch = SegmentedControl(
            (
                Choice("test", "Test part", tip="What no training has seen", icon="lock"),
                Choice("whole", "Whole", tip="All of the capture"),
            )
        )
        self.view = ProgrammeView(player)
        self.sound = SoundPanel(player)
        self.trouble = Banner(
            "warning", "", actions=[("Try again", player.output.retry)], closable=False
        )
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.refresh)
        self._build()
        self._connect()

    # -- building --------------------------------------------------------------------------

    def _build(self) -> None:
        self.empty = EmptyState(
            "ear",
            "A trained model is heard here, live, beside the recording it is to match: also while "
            "it still trains. Train one first.",
            "Go to Train",
        )
        self.empty.action.connect(lambda: self.workbench.stage_requested.emit("train"))
        self.empty.example.connect(lambda: self.workbench.command_requested.emit("guided"))
        body = columns("audition", self.models, self._make_page(), self.workbench.settings)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(body)
        self.drop = DropZone(body, _describe_drop)
        self.drop.dropped.connect(lambda paths: self.player.set_file(paths[0]))

    def _make_page(self) -> QWidget:
        page = QWidget()
        self._knob_row = QHBoxLayout()
        self._knob_row.setSpacing(SPACE)
        top = QHBoxLayout()
        top.addWidget(self.header, 1)
        top.addLayout(self._knob_row)
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 0)
        column.setSpacing(SPACE)
        column.addLayout(top)
        column.addLayout(self._make_source_row())
        column.addWidget(self.trouble)
        column.addWidget(self.view, 1)
        column.addWidget(self.sound)
        column.addWidget(label(HINT, "small", "soft"))
        self.trouble.hide()
        return page

    def _make_source_row(self) -> QHBoxLayout:
        self.source.setAccessibleName("What the model is heard with")
        self.second.setAccessibleName("Second model")
        self.second.setToolTip("Another model to switch to with F")
        self.open_file = push_button("Open a file\u2026", "folder")
        self.open_file.setToolTip("Hear the model with any audio file; dropping one works too")
        for box in (self.source, self.second):
            box.setMinimumHeight(CONTROL_HEIGHT)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(16)
        self._source_label = label("Heard with", "body", "soft")
        self._second_label = label("Second model", "body", "soft")
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._source_label)
        row.addWidget(self.source, 1)
        row.addWidget(self.stretch)
        row.addWidget(self.open_file)
        row.addSpacing(SPACE)
        row.addWidget(self._second_label)
        row.addWidget(self.second, 1)
        return row

    def _connect(self) -> None:
        bench, player = self.workbench, self.player
        self.models.chosen.connect(bench.select_run)
        self.source.activated.connect(lambda _index: self._source_chosen())
        self.second.activated.connect(lambda _index: player.set_second(self.second.currentData()))
        self.stretch.chosen.connect(self._stretch_chosen)
        self.open_file.clicked.connect(self.ask_file)
        bench.run_selected.connect(self.refresh)
        player.programme_changed.connect(self._show_programme)
        player.sources_changed.connect(self._sources_changed)
        player.playing_changed.connect(self._playing_changed)
        player.models.knobs_changed.connect(self._show_knobs)
        player.models.second_changed.connect(self.refresh)
        player.output.changed.connect(self._show_trouble)
        bench.jobs.message.connect(self._on_message)
        bench.jobs.ended.connect(self._job_ended)
        if bench.session is not None:
            bench.session.jobs_changed.connect(self.refresh)
            bench.session.manifest_changed.connect(self._show_programme)
        self.refresh()
        self._show_knobs()
        self._show_trouble()

    # -- what is shown ---------------------------------------------------------------------

    def entered(self) -> None:
        """Take the newest model where none is selected; hear the part that no training saw."""
        select_some_model(self.workbench)
        self.player.set_stretch(self._stretch)
        self.refresh()

    def refresh(self) -> None:
        """Look again at the runs of the project."""
        models = found_models(self.workbench.session)
        run_id = self.workbench.run_id
        self._stack.setCurrentIndex(1 if models else 0)
        self.models.show_models(models, run_id, self.player.models.second_id)
        self._fill_second(models, run_id)
        self._show_header()
        self._show_programme()
        self.primary_changed.emit()

    def _show_header(self) -> None:
        session, run_id = self.workbench.session, self.workbench.run_id
        found, run = find_model(session, run_id), find_run(session, run_id)
        if found is None and run is not None:
            self.header.show_run(run)
            return
        self.header.show_found(found)
        heard = self.player.models.slots["model"]
        if heard.model is not None and heard.run_id == run_id:
            self.header.show_model(heard.model)

    def _fill_second(self, models: list[FoundModel], run_id: str) -> None:
        blocker = QSignalBlocker(self.second)
        self.second.clear()
        self.second.addItem("None", "")
        for model in models:
            if model.id != run_id:
                self.second.addItem(model.name, model.id)
        self.second.setCurrentIndex(max(0, self.second.findData(self.player.models.second_id)))
        blocker.unblock()
        for part in (self.second, self._second_label):
            part.setVisible(self.second.count() > 1)

    def _show_programme(self) -> None:
        player, session = self.player, self.workbench.session
        blocker = QSignalBlocker(self.source)
        self.source.clear()
        for entry in session.manifest.captures if session is not None else ():
            self.source.addItem(entry.name, entry.id)
        if player.file is not None:
            self.source.addItem(player.file.name, FILE_ENTRY)
        programme = player.programme
        shown = FILE_ENTRY if player.file is not None else programme and programme.capture_id
        self.source.setCurrentIndex(self.source.findData(shown))
        blocker.unblock()
        self.stretch.set_current(player.stretch)
        for key in ("test", "whole"):
            self.stretch.set_available(
                key, player.file is None, "a file of your own is played whole"
            )

    def _sources_changed(self) -> None:
        self._show_header()
        self.primary_changed.emit()

    def _show_knobs(self) -> None:
        """Real knobs where the model has any; no empty box where it has none."""
        models = self.player.models
        specs = models.knob_specs()
        if tuple(spec.name for spec in specs) != self._knob_names:
            for knob in self.knobs.values():
                self._knob_row.removeWidget(knob)
                knob.hide()
                knob.deleteLater()
            self.knobs = {}
            for spec in specs:
                knob = Knob(spec)
                knob.changed.connect(partial(models.set_knob, spec.name))
                self._knob_row.addWidget(knob, 0, Qt.AlignmentFlag.AlignBottom)
                self.knobs[spec.name] = knob
            self._knob_names = tuple(self.knobs)
        for name, value in models.values.items():
            self.knobs[name].set_current(value)

    def _show_trouble(self) -> None:
        output = self.player.output
        if output.trouble:
            self.trouble.show_message("warning", output.trouble, output.details)
        self.trouble.setVisible(bool(output.trouble))

    def _playing_changed(self, _playing: bool) -> None:
        self.primary_changed.emit()

    def _job_ended(self, _job_id: str, _end: object) -> None:
        self.refresh()

    def _on_message(self, _job_id: str, message: object) -> None:
        """The first model of a run that trains belongs into the list."""
        if isinstance(message, Checkpoint) and not self._settle.isActive():
            self._settle.start()

    # -- what is done ----------------------------------------------------------------------

    def _source_chosen(self) -> None:
        chosen = str(self.source.currentData())
        if chosen != FILE_ENTRY:
            self.player.set_file(None)
            self.workbench.select_capture(chosen)

    def _stretch_chosen(self, key: str) -> None:
        self._stretch = "test" if key == "test" else "whole"
        self.player.set_stretch(self._stretch)

    def ask_file(self) -> None:
        """Ask for an audio file to hear the model with."""
        folders = self.workbench.settings.values.last_folders
        dialog = QFileDialog(self, "Hear the model with a file", folders.get("audition", ""), FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._file_chosen)
        dialog.open()

    def _file_chosen(self, name: str) -> None:
        path = Path(name)
        values = self.workbench.settings.values
        values.last_folders = {**values.last_folders, "audition": str(path.parent)}
        self.workbench.settings.try_save()
        self.player.set_file(path)

    def primary(self) -> Primary:
        """Listen, or pause."""
        if self.player.playing:
            return Primary("Pause")
        why = self.player.models.reason("model")
        if self.player.programme is None:
            why = "there is no audio to hear it with"
        if why is not None:
            return Primary("Listen", enabled=False, why_not=f"{why[0].upper()}{why[1:]}.")
        return Primary("Listen")

    def do_primary(self) -> None:
        """Play or pause; what is heard first is the model."""
        if not self.player.playing:
            self.player.choose_source("model")
        self.player.toggle()


def _describe_drop(paths: list[Path]) -> str | None:
    if len(paths) == 1 and paths[0].suffix.lower() in AUDIO_SUFFIXES:
        return f"Hear the model with {paths[0].name}"
    return None
