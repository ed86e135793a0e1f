"""The Compare stage: two lanes, their difference, null depth, spectra, figures, an A/B switch."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QStackedLayout, QWidget

from app.background import in_background
from app.comparison import ComparisonResult, LaneAudio, compare
from app.lanes import Hearing, Lane, hearing, lane_audio, render_config, roles
from app.models import find_model, found_models, select_some_model
from app.player import Player
from app.programme import Programme, Stretch, capture_of_run, capture_programme
from app.stages.base import Primary, Stage
from app.stages.columns import columns
from app.stages.compare_panel import LanePanel
from app.stages.compare_view import ComparisonView
from app.workbench import Workbench
from engines.worker.protocol import Progress, State
from projects.errors import TrimpotError
from widgets.empty import EmptyState

FILES = "Audio files (*.wav *.wave *.flac *.aif *.aiff *.ogg *.w64 *.caf)"
SETTLE_MS = 40
LEAST_WIDTH = 248
Key = tuple[LaneAudio, LaneAudio, bool, bool]


class CompareStage(Stage):
    """Dry, wet, any run's render or a file, against each other over the same stretch."""

    key = "compare"
    title = "Compare"

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.player = player
        self.lanes: dict[str, Lane] = {"a": Lane("wet"), "b": Lane("dry")}
        self.result: ComparisonResult | None = None
        self._chosen = False
        self._stretch: Stretch = "test"
        self._programme: Programme | None = None
        self._hearing: Hearing | None = None
        self._key: Key | None = None
        self._compared: tuple[object, ...] = ()
        """Lanes and programme of the result that is shown."""
        self._missing: tuple[str, ...] = ()
        self._jobs: dict[str, str] = {}
        """The render jobs at work: id of the job, id of the run."""
        self._trouble = ""
        self.panel = LanePanel()
        self.view = ComparisonView()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.refresh)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.empty = EmptyState(
            "compare",
            "Two recordings stand side by side here: what the device did, what a model makes of "
            "it, and the difference. Bring a recording first.",
            "Go to Data",
        )
        self.empty.action.connect(lambda: self.workbench.stage_requested.emit("data"))
        self.empty.example.connect(lambda: self.workbench.command_requested.emit("guided"))
        body = columns("compare", self.panel, self.view, self.workbench.settings, LEAST_WIDTH)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(body)

    def _connect(self) -> None:
        bench, player, panel = self.workbench, self.player, self.panel
        for key, box in panel.boxes.items():
            box.chosen.connect(partial(self.set_lane, key))
            box.file_wanted.connect(partial(self.ask_file, key))
        panel.swapped.connect(self.swap)
        panel.capture_chosen.connect(bench.select_capture)
        panel.stretch_chosen.connect(self._stretch_chosen)
        panel.options_changed.connect(self._compare)
        panel.listened.connect(self.listen)
        self.view.waves.seek.connect(self._seek)
        bench.capture_selected.connect(self._settle.start)
        bench.run_selected.connect(self._settle.start)
        bench.jobs.message.connect(self._on_message)
        bench.jobs.ended.connect(self._on_ended)
        player.sources_changed.connect(self._show_listening)
        player.playing_changed.connect(self._playing_changed)
        player.status_changed.connect(self._show_cursor)
        if bench.session is not None:
            bench.session.jobs_changed.connect(self._settle.start)
            bench.session.manifest_changed.connect(self._settle.start)

    # -- what is chosen --------------------------------------------------------------------

    def entered(self) -> None:
        """Begin with the wet against the selected or newest model."""
        select_some_model(self.workbench)
        if not self._chosen and find_model(self.workbench.session, self.workbench.run_id):
            self.lanes = {"a": Lane("wet"), "b": Lane("run", run=self.workbench.run_id)}
        self.refresh()

    def set_lane(self, key: str, lane: Lane) -> None:
        """Put something else into lane ``a`` or ``b``."""
        self._chosen = True
        self.lanes[key] = lane
        self.refresh()

    def swap(self) -> None:
        """A becomes B, and B becomes A: the reference is the other one."""
        self._chosen = True
        self.lanes = {"a": self.lanes["b"], "b": self.lanes["a"]}
        self.refresh()

    def ask_file(self, key: str) -> None:
        """Ask for an audio file for a lane."""
        values = self.workbench.settings.values
        dialog = QFileDialog(
            self, "Compare with a file", values.last_folders.get("compare", ""), FILES
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self._file_chosen(key, Path(name)))
        dialog.open()

    def _file_chosen(self, key: str, path: Path) -> None:
        values = self.workbench.settings.values
        values.last_folders = {**values.last_folders, "compare": str(path.parent)}
        self.workbench.settings.try_save()
        self.set_lane(key, Lane("file", file=path))

    def _stretch_chosen(self, stretch: str) -> None:
        self._stretch = "test" if stretch == "test" else "whole"
        self.refresh()

    # -- what is shown ---------------------------------------------------------------------

    def refresh(self) -> None:
        """Look again at captures, runs and renders; compare where everything is there."""
        self._settle.stop()
        session = self.workbench.session
        captures = session.manifest.captures if session is not None else ()
        self._stack.setCurrentIndex(1 if captures else 0)
        if session is None or not captures:
            self._programme = None
            self.primary_changed.emit()
            return
        model = find_model(session, self.workbench.run_id)
        wanted = self.workbench.capture_id
        capture_id = capture_of_run(session, model.run, wanted) if model else wanted
        try:
            self._programme = capture_programme(
                session, capture_id or captures[0].id, self._stretch
            )
        except TrimpotError as error:
            self._programme = None
            self._refused(error)
        self._show_choices()
        self._compare()

    def _show_choices(self) -> None:
        session, programme = self.workbench.session, self._programme
        if session is None or programme is None:
            return
        offered = [("Dry", Lane("dry")), ("Wet", Lane("wet"))]
        offered += [(model.name, Lane("run", run=model.id)) for model in found_models(session)]
        known = {lane for _name, lane in offered}
        for lane in self.lanes.values():
            if lane.kind == "file" and lane not in known and lane.file is not None:
                offered.append((lane.file.name, lane))
        captures = [(entry.name, entry.id) for entry in session.manifest.captures]
        self.panel.show_captures(captures, programme.capture_id, self._stretch)
        self.panel.show_lanes(offered, self.lanes, self._roles())

    def _roles(self) -> dict[str, str]:
        return dict(zip("ab", roles(self.lanes["a"], self.lanes["b"]), strict=True))

    def _compare(self) -> None:
        """Compare in the background where both lanes' audio is there; say what is missing."""
        session, programme = self.workbench.session, self._programme
        if session is None or programme is None:
            self.primary_changed.emit()
            return
        role = self._roles()
        audio = {
            key: lane_audio(session, lane, programme, role[key]) for key, lane in self.lanes.items()
        }
        self._missing = tuple(
            dict.fromkeys(lane.run for key, lane in self.lanes.items() if audio[key] is None)
        )
        for key, box in self.panel.boxes.items():
            box.show_note("" if audio[key] is not None else self._missing_note(self.lanes[key].run))
        a, b = audio["a"], audio["b"]
        if a is not None and b is not None:
            self._start((a, b, self.panel.align, self.panel.match_level))
        elif self._compared != self._wanted():
            self._key, self.result = None, None
            self.view.show_waiting("Press Compare: the model plays the capture first.")
        self._show_hearing()
        self.primary_changed.emit()

    def _wanted(self) -> tuple[object, ...]:
        return (self.lanes["a"], self.lanes["b"], self._programme)

    def _missing_note(self, run_id: str) -> str:
        if run_id in self._jobs.values():
            return "being rendered"
        if self.result is not None and self._compared == self._wanted():
            return "trained on since; compare again"
        return "not rendered yet"

    def _start(self, key: Key) -> None:
        if key == self._key:
            return
        self._key = key
        self._trouble = ""
        if self.result is None:
            self.view.show_waiting("Comparing\u2026")
        a, b, align, match_level = key
        in_background(
            self,
            partial(compare, a, b, align=align, match_level=match_level),
            partial(self._done, key),
            partial(self._failed, key),
        )

    def _done(self, key: Key, result: ComparisonResult) -> None:
        if key != self._key:
            return
        self.result = result
        self._compared = self._wanted()
        a, b, _align, _match = key
        self.panel.show_result(result)
        self.view.show_result(result, a, b)
        self.primary_changed.emit()

    def _failed(self, key: Key, error: Exception) -> None:
        if key == self._key:
            self._refused(error)
            self.primary_changed.emit()

    def _refused(self, error: Exception) -> None:
        self.result = None
        if isinstance(error, TrimpotError):
            self._trouble = error.sentence
            self.view.show_waiting(error.sentence)
        else:
            self.workbench.notices.error(error)

    # -- listening -------------------------------------------------------------------------

    def _show_hearing(self) -> None:
        session, programme = self.workbench.session, self._programme
        self._hearing = None
        if session is not None and programme is not None:
            try:
                self._hearing = hearing(session, self.lanes["a"], self.lanes["b"], programme)
            except TrimpotError as error:
                self._trouble = error.sentence
        if self.isVisible():
            self.player.compare(self._hearing.comparison if self._hearing is not None else None)
        self._show_listening()

    def listen(self, key: str) -> None:
        """Hear lane ``a`` or ``b``."""
        if self._hearing is not None:
            self.player.choose_source(self._hearing.a if key == "a" else self._hearing.b)

    def _show_listening(self) -> None:
        heard, reasons = "", self.player.reasons()
        if self._hearing is not None:
            sources = {"a": self._hearing.a, "b": self._hearing.b}
            heard = next((k for k, s in sources.items() if s == self.player.source), "")
            self.panel.show_listening(heard, {key: reasons[s] for key, s in sources.items()})

    def _seek(self, seconds: float) -> None:
        if self._programme is not None:
            self.player.seek(self._programme.start + seconds)

    def _show_cursor(self) -> None:
        if self.isVisible() and self._programme is not None:
            self.view.waves.set_play_position(
                max(0.0, self.player.position - self._programme.start)
            )

    # -- rendering -------------------------------------------------------------------------

    def primary(self) -> Primary:
        """Compare while a render is missing, then listen."""
        if self._programme is None:
            return Primary("Compare", enabled=False, why_not="There is no recording yet.")
        if self._missing:
            if self._jobs:
                return Primary("Compare", enabled=False, why_not="The model is playing the audio.")
            return Primary("Compare")
        if self._trouble:
            return Primary("Listen", enabled=False, why_not=self._trouble)
        return Primary("Pause" if self.player.playing else "Listen")

    def do_primary(self) -> None:
        """Render what is missing; play or pause where nothing is."""
        session, programme = self.workbench.session, self._programme
        if session is None or programme is None:
            return
        if not self._missing:
            self.player.toggle()
            return
        for run_id in self._missing:
            model = find_model(session, run_id)
            if model is None or run_id in self._jobs.values():
                continue
            name = f"{model.name} over {programme.title}"
            config = dict(render_config(run_id, programme.capture_id))
            job_id = self.workbench.start_job("render", name, config)
            if job_id is not None:
                self._jobs[job_id] = run_id
        self._compare()

    def _playing_changed(self, _playing: bool) -> None:
        self.primary_changed.emit()

    def _on_message(self, job_id: str, message: object) -> None:
        run_id = self._jobs.get(job_id)
        text = message.text if isinstance(message, Progress | State) else ""
        for key, lane in self.lanes.items():
            if run_id is not None and lane.run == run_id and text:
                self.panel.boxes[key].show_note(text)

    def _on_ended(self, job_id: str, _end: object) -> None:
        if self._jobs.pop(job_id, None) is not None:
            self._settle.start()

    # -- Qt overrides ----------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_hearing()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.player.compare(None)
