"""Simulate a device: a gallery of circuits and effects, and the page of the one chosen."""

from __future__ import annotations

import os

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.background import in_background
from app.player import Player
from app.stages.base import Primary
from app.stages.simulate_devices import CLIPPER, Device, devices
from app.stages.simulate_estimate import keep_speed
from app.stages.simulate_page import DevicePage
from app.workbench import Workbench
from engines.circuits.simulators import DEFAULT, SIMULATORS
from engines.worker.protocol import End
from projects.errors import TrimpotError
from widgets.banner import Banner
from widgets.buttons import push_button
from widgets.form import SchemaForm
from widgets.gallery import Gallery
from widgets.theme import label
from widgets.tokens import SPACE

LAST = "simulate-last"


class SimulatePane(QWidget):
    """Asks for a device and what to play through it.

    Signals
    -------
    primary_changed(), closed(), started(str)
        As of the import pane.
    circuits_wanted(str)
        The netlist of one of the project's circuits is to be edited, by its id.
    copy_wanted(str)
        A circuit of the library (by name) is to become one of the project's, and edited.
    """

    primary_changed = Signal()
    closed = Signal()
    started = Signal(str)
    circuits_wanted = Signal(str)
    copy_wanted = Signal(str)

    def __init__(
        self, workbench: Workbench, player: Player | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        from engines.sources import registry

        self.workbench = workbench
        self.sources = {s.name: s for s in registry().values() if s.kind == "simulate"}
        self.devices: dict[str, Device] = {}
        self._jobs: dict[str, tuple[str, float]] = {}
        self._looked: dict[tuple[str, str], str] = {}
        self.gallery = Gallery(self, hint="Find a circuit, an effect, a knob")
        self.gallery.chosen.connect(self.choose)
        self.page = DevicePage(workbench, player, self)
        self.page.changed.connect(self._look_for_simulator)
        self.page.edit_wanted.connect(self._edit)
        self.page.back_wanted.connect(self.show_gallery)
        self.missing = Banner(
            "warning",
            "",
            actions=[("Settings…", lambda: workbench.command_requested.emit("settings"))],
            parent=self,
            closable=False,
        )
        self._lay_out()
        workbench.jobs.ended.connect(self._job_ended)
        workbench.session_leaving.connect(self.page.advice.end)
        self.entered()

    def _lay_out(self) -> None:
        back = push_button("Back", "chevron-left", self)
        back.clicked.connect(lambda _checked=False: self.closed.emit())
        head = QHBoxLayout()
        head.addWidget(label("Simulate a device", "title"))
        head.addStretch(1)
        self.own_button = push_button("A netlist of your own", "circuit", self)
        self.own_button.setToolTip("Import a netlist of ngspice or LTspice, or write one")
        self.own_button.clicked.connect(lambda _checked=False: self.circuits_wanted.emit(""))
        head.addWidget(self.own_button)
        head.addWidget(back)
        first = QWidget(self)
        column = QVBoxLayout(first)
        column.setContentsMargins(2 * SPACE, SPACE, SPACE, 0)
        column.setSpacing(2 * SPACE)
        column.addLayout(head)
        column.addWidget(self.gallery, 1)
        self._first = first
        self.stack = QStackedWidget(self)
        self.stack.addWidget(first)
        self.stack.addWidget(self.page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.missing)
        outer.addWidget(self.stack, 1)

    # -- what is shown ---------------------------------------------------------------------

    def entered(self) -> None:
        """Look again which circuits there are, and whether the simulator is there."""
        session = self.workbench.session
        found = devices(self.sources, None if session is None else session.folder)
        self.devices = {device.key: device for device in found}
        self.gallery.show_items([device.item for device in found])
        if not self.gallery.current:
            last = self.workbench.settings.values.forms.get(LAST, {}).get("key")
            self.gallery.set_current(str(last) if last in self.devices else CLIPPER)
        shown = self.page.device
        if self.on_page and shown is not None and self.devices.get(shown.key) != shown:
            self._refresh_page(shown.key)
        if not self.on_page:
            self.gallery.focus_first()
        self._look_for_simulator()

    def _refresh_page(self, key: str) -> None:
        if key in self.devices:
            self.choose(key)
        else:
            self.show_gallery()

    @property
    def on_page(self) -> bool:
        """Whether the page of a device is shown rather than the gallery."""
        return self.stack.currentWidget() is self.page

    @property
    def form(self) -> SchemaForm | None:
        """What is played and how finely, of the device on the page."""
        return self.page.played.form

    @property
    def source_name(self) -> str:
        """The source of the device on the page; empty while there is none."""
        return self.page.device.source if self.page.device is not None else ""

    def choose(self, key: str) -> None:
        """Show the page of a device.

        Raises
        ------
        KeyError
            There is no such device.
        """
        device = self.devices[key]
        self.gallery.set_current(key)
        self.page.show_device(device, self.sources[device.source])
        self.stack.setCurrentWidget(self.page)
        self._look_for_simulator()

    def show_circuit(self, circuit_id: str) -> None:
        """Show the page of one of the project's own circuits, or the gallery if it is gone."""
        self.entered()
        key = f"netlist-{circuit_id}"
        if key in self.devices:
            self.choose(key)
        else:
            self.show_gallery()

    def show_gallery(self) -> None:
        """Go back to all devices."""
        self.page.keep()
        self.stack.setCurrentWidget(self._first)
        self.gallery.focus_first()
        self._look_for_simulator()

    def _edit(self) -> None:
        device = self.page.device
        if device is not None:
            self.page.keep()
            wanted = self.circuits_wanted if device.group == "own" else self.copy_wanted
            wanted.emit(device.name)

    def _look_for_simulator(self) -> None:
        """Say where the simulator that is wanted is missing."""
        device = self.page.device if self.on_page else None
        wanted = self._simulator()
        trouble = ""
        if device is None or device.is_circuit:
            trouble = self._trouble_with(wanted)
        if trouble:
            self.missing.show_message("warning", trouble)
        self.missing.setVisible(bool(trouble))
        self.primary_changed.emit()

    def _simulator(self) -> str:
        """The simulator that is chosen: on the page, else in the settings."""
        if self.on_page:
            return str(self.page.played.get("simulator") or DEFAULT)
        return self.workbench.settings.values.simulator

    def _trouble_with(self, name: str) -> str:
        """Why a simulator cannot be used, in a sentence; empty while that is not known."""
        asked = (name, os.environ.get(SIMULATORS[name].variable, ""))
        if name == DEFAULT:  # a look along the path
            return _missing(name)
        if asked not in self._looked:
            self._looked[asked] = ""
            in_background(
                self,
                lambda: _missing(name),
                lambda words: self._looked_for(asked, words),
                self.workbench.notices.error,
            )
        return self._looked[asked]

    def _looked_for(self, asked: tuple[str, str], words: str) -> None:
        self._looked[asked] = words
        self._look_for_simulator()

    # -- the primary button ----------------------------------------------------------------

    def primary(self) -> Primary:
        """The stage's primary button while this pane is shown."""
        if not self.on_page:
            why = "" if self.gallery.current else "Choose a circuit or an effect."
            return Primary("Set up", enabled=not why, why_not=why)
        missing = SIMULATORS[self._simulator()].label
        there = self.missing.isHidden()
        why = self.page.why_not() if there else f"{missing} was not found."
        return Primary("Simulate", enabled=not why, why_not=why)

    def submit(self) -> None:
        """Show the page of the device marked, or start the job that simulates."""
        if not self.on_page:
            self.choose(self.gallery.current)
            return
        device = self.page.device
        if device is None:
            return
        self.page.keep()
        forms = self.workbench.settings.values.forms
        forms[LAST] = {"key": device.key}
        self.workbench.settings.try_save()
        config = self.page.config()
        name = str(config.get("name") or device.title)
        if device.source == CLIPPER or not device.is_circuit:
            config["name"] = name
        started = self.workbench.start_job(
            "simulate", name, {"source": device.source, "config": config}
        )
        if started is not None:
            self._jobs[started] = (device.key, self.page.effort)
            self.started.emit(started)

    def _job_ended(self, job_id: str, end: End) -> None:
        """Remember how fast a device is simulated here."""
        key, effort = self._jobs.pop(job_id, ("", 1.0))
        speed = end.figures.get("speed") if end.state == "done" else None
        if key and isinstance(speed, float | int) and speed > 0:
            keep_speed(self.workbench.settings.values.forms, key, effort * speed)
            self.workbench.settings.try_save()
            self.page.forget_speed()


def _missing(name: str) -> str:
    """Why a simulator's program cannot be found; empty where it is there."""
    try:
        SIMULATORS[name].place()
    except TrimpotError as error:
        return error.sentence
    return ""
