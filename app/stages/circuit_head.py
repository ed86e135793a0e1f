"""Above the circuit editor: which of the project's circuits is open, and ways to get more."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from widgets.buttons import push_button, tool_button
from widgets.icons import icon, set_icon
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

NAME_WIDTH = 300
MAX_NAME = 200


class CircuitHead(QWidget):
    """A list of the circuits with what can be done to them.

    Signals
    -------
    chosen(str)
        Another circuit, by its id.
    renamed(str)
        The open circuit's new name.
    import_wanted(), template_wanted(), library_wanted(str)
        A new circuit: from a file, to begin with, from the library (its name there).
    duplicate_wanted(), remove_wanted(), back_wanted()
        A button was pressed.
    """

    chosen = Signal(str)
    renamed = Signal(str)
    import_wanted = Signal()
    template_wanted = Signal()
    library_wanted = Signal(str)
    duplicate_wanted = Signal()
    remove_wanted = Signal()
    back_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QComboBox(self)
        self.list.setMinimumHeight(CONTROL_HEIGHT)
        self.list.setAccessibleName("Circuit that is open")
        self.list.setMaxVisibleItems(20)
        self.list.activated.connect(lambda _i: self.chosen.emit(str(self.list.currentData())))
        self.name = _NameField(self)
        self.name.done.connect(self._end_rename)
        self.place = QStackedWidget(self)
        self.place.addWidget(self.list)
        self.place.addWidget(self.name)
        self.place.setMaximumWidth(NAME_WIDTH)
        self.place.setFixedHeight(CONTROL_HEIGHT)
        self.rename_button = tool_button("edit", "Rename the circuit", "F2", self)
        self.duplicate_button = tool_button("copy", "Duplicate the circuit", "", self)
        self.remove_button = tool_button("trash", "Remove the circuit from the project", "", self)
        self.new_button = QToolButton(self)
        self.new_button.setText("New")
        self.new_button.setAccessibleName("New circuit")
        self.new_button.setToolTip("A new circuit: from a file, from the library, or from scratch")
        self.new_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.new_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.new_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.new_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        set_icon(self.new_button, "plus")
        self.new_button.setMenu(self.new_menu())
        back = push_button("Back", "chevron-left", self)
        back.clicked.connect(lambda _checked=False: self.back_wanted.emit())
        self.rename_button.clicked.connect(lambda _checked=False: self.begin_rename())
        self.duplicate_button.clicked.connect(lambda _on=False: self.duplicate_wanted.emit())
        self.remove_button.clicked.connect(lambda _on=False: self.remove_wanted.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        row.setSpacing(HALF)
        row.addWidget(self.place, 1)
        for button in (self.rename_button, self.duplicate_button, self.remove_button):
            row.addWidget(button)
        row.addWidget(self.new_button)
        row.addStretch(1)
        row.addWidget(back)

    def new_menu(self) -> QMenu:
        """The ways to a new circuit."""
        menu = QMenu(self)
        menu.addAction(icon("import"), "Import a netlist…").triggered.connect(
            lambda _on=False: self.import_wanted.emit()
        )
        menu.addAction(icon("plus"), "Begin with a small low-pass").triggered.connect(
            lambda _on=False: self.template_wanted.emit()
        )
        menu.addMenu(self.library_menu(menu))
        return menu

    def library_menu(self, parent: QWidget) -> QMenu:
        """The circuits of the library, to be copied."""
        menu = QMenu("Copy from the library", parent)
        menu.setIcon(icon("circuit"))
        menu.aboutToShow.connect(lambda: self._fill_library(menu))
        return menu

    def _fill_library(self, menu: QMenu) -> None:
        from engines.circuits.library import circuits

        if menu.actions():
            return
        for name, circuit in circuits().items():
            menu.addAction(circuit.title).triggered.connect(
                lambda _on=False, name=name: self.library_wanted.emit(name)
            )

    def show_circuits(self, entries: Sequence[tuple[str, str]], open_id: str) -> None:
        """Show the circuits (id and name), and which of them is open."""
        blocker = QSignalBlocker(self.list)
        self.list.clear()
        for circuit_id, name in entries:
            self.list.addItem(name, circuit_id)
        self.list.setCurrentIndex(self.list.findData(open_id))
        blocker.unblock()
        has = bool(open_id)
        for button in (self.rename_button, self.duplicate_button, self.remove_button):
            button.setEnabled(has)
        self.list.setEnabled(bool(entries))
        self.list.setPlaceholderText("No circuit is open" if entries else "No circuits yet")

    def begin_rename(self) -> None:
        """Let the name be typed in the list's place."""
        if self.list.currentIndex() < 0:
            return
        self.name.setText(self.list.currentText())
        self.place.setCurrentWidget(self.name)
        self.name.setFocus()
        self.name.selectAll()

    def _end_rename(self, keep: bool) -> None:
        if self.place.currentWidget() is not self.name:
            return
        self.place.setCurrentWidget(self.list)
        self.list.setFocus()
        name = self.name.text().strip()
        if keep and name and name != self.list.currentText():
            self.renamed.emit(name)

    # Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.begin_rename()
        else:
            super().keyPressEvent(event)


class _NameField(QLineEdit):
    """A name being typed: Return and leaving keep it, Escape does not.

    Signals
    -------
    done(bool)
        Whether it is kept.
    """

    done = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMaxLength(MAX_NAME)
        self.setMinimumHeight(CONTROL_HEIGHT)
        self.setAccessibleName("Name of the circuit")
        self.editingFinished.connect(lambda: self.done.emit(True))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.done.emit(False)
        else:
            super().keyPressEvent(event)
