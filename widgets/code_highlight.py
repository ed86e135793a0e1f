"""Colours in an editor, put on what is in view only: a long text opens as fast as a short one."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextBlock, QTextCharFormat
from PySide6.QtWidgets import QPlainTextEdit

from widgets.code_language import Language
from widgets.theme import theme_of
from widgets.tokens import CODE_COLOURS

MARGIN = 40
"""Lines above and below the view that are coloured with it."""
_FRESH, _COLOURED = -1, 1


class CodeHighlighter(QSyntaxHighlighter):
    """Colours the lines in view, and others once they come into view."""

    def __init__(self, editor: QPlainTextEdit, language: Language) -> None:
        super().__init__(editor.document())
        self._editor = editor
        self.language = language
        self._formats: dict[str, QTextCharFormat] = {}
        self._view = (0, 2 * MARGIN)
        self._dress()
        theme_of(editor).changed.connect(self._dress_again)
        editor.verticalScrollBar().valueChanged.connect(lambda _value: self.colour_view())

    def set_language(self, language: Language) -> None:
        """Colour by another language."""
        self.language = language
        self.rehighlight()
        self.colour_view()

    def _look(self) -> tuple[int, int]:
        """First and last line (from 0) that are to be coloured now."""
        first = self._editor.firstVisibleBlock().blockNumber()
        height = max(self._editor.fontMetrics().height(), 1)
        lines = self._editor.viewport().height() // height + 1
        self._view = first - MARGIN, first + lines + MARGIN
        return self._view

    def colour_view(self) -> None:
        """Colour what has come into view."""
        first, last = self._look()
        block = self.document().findBlockByNumber(max(first, 0))
        while block.isValid() and block.blockNumber() <= last:
            if block.userState() != _COLOURED:
                self.rehighlightBlock(block)
            block = block.next()

    def is_coloured(self, block: QTextBlock) -> bool:
        """Whether a line has its colours already."""
        return block.userState() == _COLOURED

    def _dress_again(self) -> None:
        self._dress()
        self.rehighlight()
        self.colour_view()

    def _dress(self) -> None:
        colours = CODE_COLOURS[theme_of(self._editor).tokens.name]
        self._formats = {role: _format(role, colour) for role, colour in colours.items()}

    # Qt overrides

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        if not self._view[0] <= number <= self._view[1]:
            if self.currentBlockState() != _FRESH:
                self.setCurrentBlockState(_FRESH)
            return
        self.setCurrentBlockState(_COLOURED)
        for start, length, role in self.language.spans(text, number + 1):
            self.setFormat(start, length, self._formats[role])


def _format(role: str, colour: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(colour))
    if role in ("command", "element", "title"):
        made.setFontWeight(QFont.Weight.DemiBold)
    if role == "comment":
        made.setFontItalic(True)
    return made
