"""The rows of the Export stage: a format that can or cannot, an export made or under way."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.exports import FoundExport, parity_words
from app.reveal import reveal
from app.wording import when
from engines.worker.protocol import Progress, State
from widgets.buttons import tool_button
from widgets.empty import IconView
from widgets.theme import font, label, theme_of
from widgets.tokens import HALF, RADIUS, SPACE


class _Card(QFrame):
    """A raised surface with a thin line around it, brighter where it is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("accent" if self.chosen else "line"), 1))
        painter.setBrush(theme.colour("raised" if self.chosen else "panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.end()


class FormatRow(_Card):
    """One export format: can it carry the model, and if not, why.

    Signals
    -------
    picked(str)
        The format's name.
    """

    picked = Signal(str)

    def __init__(self, name: str, title: str, summary: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.summary = summary
        self.can = False
        self.button = QRadioButton(title)
        self.button.setFont(font("strong"))
        self.button.toggled.connect(self._toggled)
        self._mark = IconView("waiting", "faint", 16)
        self._verdict = label("", "body", "soft")
        self._words = label(summary, "body", "soft", wrap=True)
        top = QHBoxLayout()
        top.setSpacing(HALF)
        top.addWidget(self.button)
        top.addStretch(1)
        top.addWidget(self._mark)
        top.addWidget(self._verdict)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, SPACE, 12, SPACE)
        column.setSpacing(HALF)
        column.addLayout(top)
        self._words.setContentsMargins(22, 0, 0, 0)
        column.addWidget(self._words)
        self.show_waiting()

    def show_waiting(self) -> None:
        """Nothing is known yet."""
        self._show(False, "waiting", "faint", "", self.summary)

    def show_can(self, remark: str) -> None:
        """The format carries the model; ``remark`` is what a host must do besides."""
        words = f"{self.summary} {remark}".strip()
        self._show(True, "ok", "good", "Can carry this model", words)

    def show_cannot(self, why: str) -> None:
        """The format cannot carry the model, and why."""
        self._show(False, "cancel", "soft", "Cannot carry this model", why)

    def _show(self, can: bool, icon: str, role: str, verdict: str, words: str) -> None:
        self.can = can
        self.button.setEnabled(can)
        if not can:
            self.button.setAutoExclusive(False)
            self.button.setChecked(False)
            self.button.setAutoExclusive(True)
        self._mark.show_icon(icon, role)
        self._verdict.setText(verdict)
        self._words.setText(words)
        self.button.setAccessibleDescription(f"{verdict}. {words}")

    def _toggled(self, on: bool) -> None:
        self.chosen = on
        self.update()
        if on:
            self.picked.emit(self.name)

    def mousePressEvent(self, event: object) -> None:
        if self.can:
            self.button.setChecked(True)


class ExportRow(_Card):
    """One export: its file and its proof, or why there is none, or how far it is.

    Signals
    -------
    cancel_wanted(str), again_wanted(str)
        The job's id.
    """

    cancel_wanted = Signal(str)
    again_wanted = Signal(str)

    def __init__(
        self, export: FoundExport, format_label: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.export = export
        self._icon = IconView("waiting", "soft", 20)
        self._title = label("", "strong")
        self._words = label("", "body", "soft", wrap=True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._path = label("", "small", "faint")
        self._path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._path.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(HALF)
        self._lay_out(format_label)
        self._show()

    def _lay_out(self, format_label: str) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self._title)
        top.addWidget(label(format_label, "small", "soft"))
        top.addStretch(1)
        top.addWidget(label(when(self.export.job.job.created), "small", "soft"))
        middle = QVBoxLayout()
        middle.setSpacing(2)
        middle.addLayout(top)
        for part in (self._words, self._bar, self._path):
            middle.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, SPACE, SPACE, SPACE)
        row.setSpacing(12)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(middle, 1)
        row.addLayout(self._buttons)

    def _show(self) -> None:
        export = self.export
        state = export.job.status.state
        self._bar.hide()
        if export.file is not None and export.parity is not None and export.proven:
            self._icon.show_icon("ok", "good")
            self._title.setText(export.file.name)
            self._words.setText(parity_words(export.parity))
            self._words.setToolTip(
                f"Compared over {export.parity.compared}\nRead back by {export.parity.reader}\n"
                f"ESR against the model {export.parity.esr:.1e}"
            )
            self._path.setText(str(export.file))
            self._path.setToolTip(str(export.file))
            self._file_buttons()
        elif state in ("waiting", "running", "paused"):
            self._icon.show_icon("waiting", "accent")
            self._title.setText(export.job.job.name)
            self._words.setText(export.job.status.text or "Waiting for its turn")
            self._bar.setRange(0, 0)
            self._bar.show()
            self._path.hide()
            cancel = tool_button("cancel", "Cancel")
            cancel.clicked.connect(lambda: self.cancel_wanted.emit(export.id))
            self._buttons.addWidget(cancel)
        else:
            self._show_failed(state)

    def _show_failed(self, state: str) -> None:
        level = ("error", "bad") if state == "failed" else ("warning", "warn")
        self._icon.show_icon(*level)
        self._title.setText(self.export.job.job.name)
        gone = "The file or its proof is no longer there; export the model again."
        text = self.export.job.status.text if state != "done" else gone
        self._words.setText(text or "It did not come to its end.")
        self._path.hide()
        again = tool_button("resume", "Export again")
        again.clicked.connect(lambda: self.again_wanted.emit(self.export.id))
        self._buttons.addWidget(again)

    def _file_buttons(self) -> None:
        copy = tool_button("copy", "Copy the path")
        copy.clicked.connect(self.copy_path)
        show = tool_button("folder", "Reveal in folder", text=True)
        show.clicked.connect(self.reveal_file)
        self._buttons.addWidget(copy)
        self._buttons.addWidget(show)

    def copy_path(self) -> None:
        """Put the file's path on the clipboard."""
        if self.export.file is not None:
            QApplication.clipboard().setText(str(self.export.file))

    def reveal_file(self) -> None:
        """Show the file in the system's file manager."""
        if self.export.file is not None:
            reveal(self.export.file)

    def show_message(self, message: object) -> None:
        """Show how far the job is."""
        if isinstance(message, Progress):
            if message.fraction is not None:
                self._bar.setRange(0, 1000)
                self._bar.setValue(round(1000 * message.fraction))
            self._words.setText(message.text)
        elif isinstance(message, State) and message.text:
            self._words.setText(message.text)
