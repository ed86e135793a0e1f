"""Asking for the name and the folder of a new project."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.stages.pane import align_captions, plain_buttons, rows_layout
from projects.project import folder_name
from widgets.buttons import push_button
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE


class NewProjectDialog(QDialog):
    """Name and place of a new project; says at once where the folder will be.

    Signals
    -------
    chosen(Path, str)
        The new project's folder and name.
    """

    chosen = Signal(object, str)

    def __init__(self, parent_folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New project")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(520)
        self.name = QLineEdit("My project", self)
        self.name.setMaxLength(120)
        self.name.setAccessibleName("Name of the project")
        self.parent_folder = QLineEdit(str(parent_folder), self)
        self.parent_folder.setAccessibleName("Folder for the project")
        for field in (self.name, self.parent_folder):
            field.setMinimumHeight(CONTROL_HEIGHT)
        choose = push_button("Choose…", "folder", self)
        choose.clicked.connect(self._choose)
        self._note = label("", "small", "soft", self, wrap=True)
        self._buttons = QDialogButtonBox(self)
        self._create = self._buttons.addButton(
            "Create project", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self._create.setProperty("kind", "primary")
        self._create.style().unpolish(self._create)
        self._create.style().polish(self._create)
        self._buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        plain_buttons(self._buttons)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out(choose)
        self.name.textChanged.connect(self._check)
        self.parent_folder.textChanged.connect(self._check)
        self.name.selectAll()
        self.name.setFocus()
        self._check()

    def _lay_out(self, choose: QPushButton) -> None:
        row = QHBoxLayout()
        row.addWidget(self.parent_folder, 1)
        row.addWidget(choose)
        row.setSpacing(SPACE)
        form = rows_layout()
        form.addRow("Name", self.name)
        form.addRow("In", row)
        align_captions([form])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(form)
        layout.addWidget(self._note)
        layout.addWidget(self._buttons)

    @property
    def folder(self) -> Path:
        """Where the project will be."""
        return Path(self.parent_folder.text()).expanduser() / folder_name(self.name.text())

    def _choose(self) -> None:
        found = QFileDialog.getExistingDirectory(
            self, "Folder for the project", self.parent_folder.text()
        )
        if found:
            self.parent_folder.setText(found)

    def _check(self) -> None:
        name = self.name.text().strip()
        taken = self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir()))
        if not name:
            self._note.setText("Give the project a name.")
        elif taken:
            self._note.setText(f"{self.folder} is taken. Choose another name.")
        else:
            self._note.setText(f"Makes the folder {self.folder}")
        self._create.setEnabled(bool(name) and not taken)

    def accept(self) -> None:
        self.chosen.emit(self.folder, self.name.text().strip())
        super().accept()
