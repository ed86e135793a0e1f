"""The user guide in a window of its own, opened at the place it was asked from."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from widgets.theme import font
from widgets.tokens import SPACE

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide.md"
MAX_BYTES = 2_000_000


class GuideDialog(QDialog):
    """Shows ``docs/guide.md``; :meth:`show_place` turns to a stage's heading."""

    def __init__(self, parent: QWidget | None = None, path: Path = GUIDE) -> None:
        super().__init__(parent)
        self.setWindowTitle("Trimpot guide")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 640)
        self.page = QTextBrowser(self)
        self.page.setOpenExternalLinks(True)
        self.page.setFont(font("body"))
        self.page.document().setDocumentMargin(3 * SPACE)
        self.page.document().setBaseUrl(QUrl.fromLocalFile(f"{path.parent}/"))
        self.page.setMarkdown(_read(path))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)

    def show_place(self, heading: str) -> None:
        """Scroll to the first heading that holds the word ``heading``."""
        block = self.page.document().begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            if level and re.search(rf"\b{re.escape(heading)}\b", block.text(), re.IGNORECASE):
                self.page.setTextCursor(QTextCursor(block))
                bar = self.page.verticalScrollBar()
                bar.setValue(bar.value() + self.page.cursorRect().top() - SPACE)
                return
            block = block.next()


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return f"# The guide is missing\n\nIt should be at `{path}`. Install Trimpot again."
    # The window itself stands beside the guide: no pictures of it in here.
    return re.sub(r"^!\[.*\]\(.*\)\n+", "", text, flags=re.MULTILINE)
