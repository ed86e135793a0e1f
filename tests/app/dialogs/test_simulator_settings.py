"""The simulators in the settings: found or not, in words, without the window waiting."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.dialogs.settings import SettingsDialog
from app.settings import LTSPICE_VARIABLE, NGSPICE_VARIABLE, SettingsStore, apply_simulators
from engines.circuits.simulators import SIMULATORS


@pytest.fixture
def dialog(
    qtbot: QtBot, qapp: QApplication, settings: SettingsStore, monkeypatch: pytest.MonkeyPatch
) -> SettingsDialog:
    for variable in (NGSPICE_VARIABLE, LTSPICE_VARIABLE):
        monkeypatch.setenv(variable, "")  # so that it is as it was afterwards
        monkeypatch.delenv(variable)
    made = SettingsDialog(settings)
    qtbot.addWidget(made)
    return made


def said(qtbot: QtBot, dialog: SettingsDialog, name: str) -> str:
    note = dialog.simulators[name].note
    qtbot.waitUntil(lambda: not note.text().startswith("Looking"), timeout=30_000)
    return note.text()


def test_the_names_are_those_of_the_engines(settings: SettingsStore) -> None:
    assert [kind.variable for kind in SIMULATORS.values()] == [NGSPICE_VARIABLE, LTSPICE_VARIABLE]
    assert all(hasattr(settings.values, name) for name in SIMULATORS)


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
def test_what_is_found(qtbot: QtBot, dialog: SettingsDialog) -> None:
    text = said(qtbot, dialog, "ngspice")
    assert text.startswith("Found: ngspice-")
    assert text.endswith("by searching for it.")
    row = dialog.simulators["ngspice"]
    assert Path(row.path.placeholderText()).is_file()
    assert row.path.accessibleName() == "ngspice: its program"


def test_what_is_not_found_and_then_is(
    qtbot: QtBot, dialog: SettingsDialog, tmp_path: Path
) -> None:
    row = dialog.simulators["ltspice"]
    said(qtbot, dialog, "ltspice")
    row.path.setText(str(tmp_path / "LTspice"))
    row.path.editingFinished.emit()
    assert f"There is no LTspice at {tmp_path / 'LTspice'}" in said(qtbot, dialog, "ltspice")
    assert os.environ[LTSPICE_VARIABLE] == str(tmp_path / "LTspice")
    assert SettingsStore(dialog.store.folder).values.ltspice == str(tmp_path / "LTspice")
    (tmp_path / "LTspice").write_text("#!/bin/sh\n")
    row.look()
    assert said(qtbot, dialog, "ltspice").startswith("Found: LTspice.")
    row.path.setText("")
    row.path.editingFinished.emit()
    assert LTSPICE_VARIABLE not in os.environ
    assert SettingsStore(dialog.store.folder).values.ltspice == ""
    said(qtbot, dialog, "ltspice")


def test_no_words_are_cut_off(qtbot: QtBot, dialog: SettingsDialog) -> None:
    dialog.show()
    qtbot.waitExposed(dialog)
    for name, row in dialog.simulators.items():
        said(qtbot, dialog, name)
        note = row.note
        qtbot.waitUntil(lambda note=note: note.height() >= note.heightForWidth(note.width()))


def test_the_default_lasts(qtbot: QtBot, dialog: SettingsDialog) -> None:
    assert dialog.simulator.currentData() == "ngspice"
    dialog.simulator.setCurrentIndex(dialog.simulator.findData("ltspice"))
    assert SettingsStore(dialog.store.folder).values.simulator == "ltspice"
    for name in SIMULATORS:
        said(qtbot, dialog, name)


def test_workers_are_told(settings: SettingsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NGSPICE_VARIABLE, "/old/ngspice")
    monkeypatch.setenv(LTSPICE_VARIABLE, "")
    settings.values.ltspice = "/apps/LTspice.exe"
    apply_simulators(settings)
    assert NGSPICE_VARIABLE not in os.environ
    assert os.environ[LTSPICE_VARIABLE] == "/apps/LTspice.exe"
