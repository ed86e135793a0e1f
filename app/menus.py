"""The window's commands with their shortcuts, and the menu behind the project's name."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from app.topbar import STAGES
from widgets.icons import icon

if TYPE_CHECKING:
    from app.window import MainWindow

MENU_RECENT = 6


def add_commands(window: MainWindow) -> None:
    """Make every command of the window."""
    commands = window.commands
    for number, (key, name) in enumerate(STAGES, start=1):
        commands.add(f"stage-{key}", f"Show {name}", partial(window.show_stage, key), str(number))
    commands.add("primary", "Press the stage's main button", window.do_primary, "Ctrl+Return")
    commands.add("new", "New project…", window.ask_new, "Ctrl+N")
    commands.add("open", "Open project…", window.ask_open, "Ctrl+O")
    commands.add("close-project", "Close project", window.close_project, "Ctrl+W")
    commands.add("import", "Import recordings…", partial(window.with_project, "import"), "Ctrl+I")
    commands.add(
        "import-folder", "Import a folder of recordings…", partial(window.with_project, "folder")
    )
    commands.add(
        "import-signaltrain",
        "Import the SignalTrain set…",
        partial(window.with_project, "signaltrain"),
    )
    commands.add("record", "Record a device…", partial(window.with_project, "record"))
    commands.add("simulate", "Simulate a device…", partial(window.with_project, "simulate"))
    commands.add("circuits", "Edit my circuits", partial(window.with_project, "circuits"))
    commands.add("new-circuit", "New circuit", partial(window.with_project, "new-circuit"))
    commands.add("import-netlist", "Import netlist…", partial(window.with_project, "netlist"))
    commands.add("quick-look", "Quick look at a circuit", partial(window.with_project, "look"))
    commands.add("fixes", "Apply all safe fixes to the captures", window.apply_safe_fixes)
    commands.add("guided", "Guided example: hear a model in five minutes", window.start_guided)
    _add_transport(window)
    undo = window.undo_group.createUndoAction(window, "Undo")
    undo.setShortcuts(QKeySequence.StandardKey.Undo)
    redo = window.undo_group.createRedoAction(window, "Redo")
    redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
    commands.adopt("undo", undo)
    commands.adopt("redo", redo)
    commands.add("jobs", "Show the jobs", window.toggle_jobs, "J")
    commands.add("palette", "All commands…", window.show_palette, "Ctrl+K")
    commands.add("settings", "Settings…", window.show_settings, "Ctrl+,")
    commands.add("guide", "Guide", window.show_guide, "F1")
    commands.add("theme", "Switch between dark and light", window.switch_theme)
    commands.add("quit", "Quit", window.close, "Ctrl+Q")


def _add_transport(window: MainWindow) -> None:
    commands, player = window.commands, window.player
    commands.add("play", "Play or pause what is selected", player.toggle, "Space")
    for source, key, text in (
        ("dry", "A", "Hear the dry signal"),
        ("wet", "S", "Hear the wet signal"),
        ("model", "D", "Hear the model"),
        ("second", "F", "Hear the second model"),
    ):
        commands.add(f"hear-{source}", text, partial(player.choose_source, source), key)
    commands.add("loop", "Loop", lambda: player.set_loop(not player.loop), "L")
    commands.add("rewind", "Back to the start", player.stop, "Home")


def fill_menu(window: MainWindow) -> None:
    """Fill the menu anew: what is recent changes with every project."""
    commands, menu = window.commands, window.menu
    has_project = window.workbench.session is not None
    for key in ("close-project", "primary", "fixes", *(f"stage-{key}" for key, _ in STAGES)):
        commands[key].setEnabled(has_project)
    for action in menu.actions():
        menu.removeAction(action)  # PySide's clear() would take the commands with it
    for key in ("new", "open"):
        menu.addAction(commands[key])
    _add_recent(window)
    menu.addAction(commands["close-project"])
    for group in (
        ("undo", "redo"),
        ("import", "import-folder", "import-signaltrain", "record", "simulate", "guided"),
        ("circuits", "new-circuit", "import-netlist"),
        ("palette", "jobs", "settings", "theme", "guide"),
        ("quit",),
    ):
        menu.addSeparator()
        for key in group:
            menu.addAction(commands[key])


def _add_recent(window: MainWindow) -> None:
    session = window.workbench.session
    present = str(session.folder) if session is not None else ""
    names = [name for name in window.workbench.settings.values.recent_projects if name != present]
    folders = [Path(name) for name in names if (Path(name) / "project.json").is_file()]
    if not folders:
        return
    recent = QMenu("Recent projects", window.menu)
    recent.setIcon(icon("folder"))
    window.menu.addMenu(recent)
    for folder in folders[:MENU_RECENT]:
        action = recent.addAction(folder.name)
        action.setToolTip(str(folder))
        action.triggered.connect(lambda _checked=False, f=folder: window.open_project(f))
