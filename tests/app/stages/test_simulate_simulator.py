"""The Simulate pane with LTspice as the simulator of the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from app.player import Player
from app.stages.data import DataStage
from app.stages.simulate_pane import SimulatePane
from app.workbench import Workbench

Show = Callable[[], SimulatePane]


@pytest.fixture
def show(
    bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> Iterator[Show]:  # fmt: skip
    """Shows the pane where no ngspice is."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TRIMPOT_NGSPICE", raising=False)

    def build() -> SimulatePane:
        assert bench.open_project(make_project())
        player = Player(bench)
        made = DataStage(bench, player)
        player.setParent(made)
        qtbot.addWidget(made)
        made.show()
        made.show_simulate()
        pane = made.stack.currentWidget()
        assert isinstance(pane, SimulatePane)
        return pane

    yield build
    QThreadPool.globalInstance().waitForDone(60_000)


def test_it_is_proposed_and_needs_no_ngspice(bench: Workbench, show: Show) -> None:
    bench.settings.values.simulator = "ltspice"
    pane = show()
    assert pane.missing.isHidden()
    pane.choose("circuit-overdrive")
    assert pane.page.played.get("simulator") == "ltspice"
    assert pane.missing.isHidden()
    assert pane.primary().enabled
    assert pane.page.config()["simulator"] == "ltspice"
    assert "simulator" not in pane.page.played.kept()
    form = pane.page.played.form
    assert form is not None
    form.set_value({"simulator": "ngspice"})
    form.changed.emit()
    assert not pane.missing.isHidden()
    assert pane.page.played.kept()["simulator"] == "ngspice"


def test_ngspice_is_proposed_otherwise(show: Show) -> None:
    pane = show()
    pane.choose("circuit-overdrive")
    assert pane.page.played.get("simulator") == "ngspice"
    assert not pane.missing.isHidden()


def test_the_diode_clipper_is_always_computed_by_ngspice(bench: Workbench, show: Show) -> None:
    bench.settings.values.simulator = "ltspice"
    pane = show()
    pane.choose("diode-clipper")
    assert pane.page.played.get("simulator") is None
    assert not pane.missing.isHidden()
