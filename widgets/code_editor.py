"""An editor for source text: line numbers, colours, marks at lines, find, comments, zoom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextFormat,
    QWheelEvent,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from widgets.code_find import FindBar
from widgets.code_highlight import CodeHighlighter
from widgets.code_language import PLAIN, Language
from widgets.icons import paint_icon
from widgets.theme import font, theme_of
from widgets.tokens import HALF, SPACE

MarkLevel = Literal["error", "warning", "changed"]
LEVELS: tuple[MarkLevel, ...] = ("changed", "warning", "error")
"""From the least to the gravest."""
ROLES: dict[MarkLevel, str] = {"error": "bad", "warning": "warn", "changed": "accent"}
ICON = 14
BAR = 3
ZOOM = (0.6, 3.0)
ZOOM_STEP = 1.1
_MAX_MATCHES = 1000


@dataclass(frozen=True)
class LineMark:
    """Something said of a line (from 1): ``text`` is its tool tip."""

    line: int
    level: MarkLevel
    text: str


class CodeEditor(QPlainTextEdit):
    """Plain text with what programmers expect of an editor.

    Ctrl+F finds (F3 and Shift+F3 go on), Ctrl+/ makes lines comments or takes that back,
    Ctrl+wheel, Ctrl+Plus, Ctrl+Minus and Ctrl+0 zoom. Tab goes on to the next field.

    Signals
    -------
    mark_clicked(int)
        A line whose mark was clicked in the margin.
    """

    mark_clicked = Signal(int)

    def __init__(self, language: Language = PLAIN, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: dict[int, LineMark] = {}
        self._found: list[QTextCursor] = []
        self._zoom = 1.0
        self._blocks = 1
        self.margin = _Margin(self)
        self.highlighter = CodeHighlighter(self, language)
        self.find_bar = FindBar(self)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setAccessibleName(language.name)
        self.setCursorWidth(2)
        self.setCornerWidget(QWidget(self))  # Fusion's own has a frame of its own
        self.blockCountChanged.connect(lambda _count: self._lay_out_margin())
        self.document().contentsChange.connect(self._contents_changed)
        self.updateRequest.connect(self._scroll_margin)
        self.cursorPositionChanged.connect(self._cursor_moved)
        self.textChanged.connect(self._text_changed)
        self.find_bar.wanted.connect(self._find)
        self.find_bar.closed.connect(self._end_find)
        theme_of(self).changed.connect(self._decorate)
        self._apply_zoom()

    # -- text ------------------------------------------------------------------------------

    def set_text(self, text: str) -> None:
        """Show another text; what could be undone of the last one is forgotten."""
        self._marks = {}
        self.setPlainText(text)
        self.document().clearUndoRedoStacks()
        self.highlighter.colour_view()
        self._decorate()

    def replace_text(self, text: str) -> None:
        """Put another text in place of all, as one step that can be undone."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)

    def current_line(self) -> int:
        """The cursor's line, from 1."""
        return self.textCursor().blockNumber() + 1

    def go_to_line(self, line: int) -> None:
        """Put the cursor on a line (from 1), in the middle of the view."""
        block = self.document().findBlockByNumber(max(line, 1) - 1)
        if not block.isValid():
            return
        self.setTextCursor(QTextCursor(block))
        self.centerCursor()
        self.setFocus()

    def go_to_line_quietly(self, line: int) -> None:
        """Put the cursor on a line that is in view."""
        self.setTextCursor(QTextCursor(self.document().findBlockByNumber(line - 1)))
        self.setFocus()

    # -- marks -----------------------------------------------------------------------------

    @property
    def marks(self) -> tuple[LineMark, ...]:
        """What is said of lines, by line."""
        return tuple(self._marks[line] for line in sorted(self._marks))

    def set_marks(self, marks: Iterable[LineMark]) -> None:
        """Say something of lines; of several marks the gravest is shown, with the texts of all."""
        found: dict[int, LineMark] = {}
        for mark in marks:
            there = found.get(mark.line)
            if there is not None:
                level = max(there.level, mark.level, key=LEVELS.index)
                mark = LineMark(mark.line, level, f"{there.text}\n{mark.text}")
            found[mark.line] = mark
        self._marks = found
        self._decorate()

    def mark_at(self, line: int) -> LineMark | None:
        """What is said of a line, from 1."""
        return self._marks.get(line)

    def _contents_changed(self, position: int, _removed: int, _added: int) -> None:
        """Marks go with their lines until they are set anew."""
        count = self.document().blockCount()
        moved, self._blocks = count - self._blocks, count
        if not moved or not self._marks:
            return
        block = self.document().findBlock(position)
        line = block.blockNumber() + 1
        stays = line - 1 if moved > 0 and position == block.position() else line
        kept = [mark for mark in self._marks.values() if mark.line <= stays]
        later = [mark for mark in self._marks.values() if mark.line > max(stays, stays - moved)]
        kept += [LineMark(mark.line + moved, mark.level, mark.text) for mark in later]
        self._marks = {mark.line: mark for mark in kept}

    # -- looks -----------------------------------------------------------------------------

    def _cursor_moved(self) -> None:
        self._decorate()

    def _text_changed(self) -> None:
        if self.find_bar.isVisible():
            self._search()

    def _decorate(self) -> None:
        """The current line, faulty lines, what was found."""
        theme = theme_of(self)
        made: list[QTextEdit.ExtraSelection] = []
        if not self.isReadOnly():
            made.append(self._whole_line(self.textCursor(), theme.colour("hover", 0.45)))
        for mark in self._marks.values():
            block = self.document().findBlockByNumber(mark.line - 1)
            if block.isValid() and mark.level != "changed":
                colour = theme.colour(ROLES[mark.level], 0.16)
                made.append(self._whole_line(QTextCursor(block), colour))
        for cursor in self._found:
            selection = QTextEdit.ExtraSelection()
            selection.cursor = cursor
            selection.format.setBackground(theme.colour("warn", 0.35))
            made.append(selection)
        self.setExtraSelections(made)
        self.margin.update()

    @staticmethod
    def _whole_line(cursor: QTextCursor, colour: QColor) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(cursor)
        cursor.clearSelection()
        selection.cursor = cursor
        selection.format.setBackground(colour)
        selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        return selection

    # -- zoom ------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        """How large the text is; 1 is its usual size."""
        return self._zoom

    def set_zoom(self, zoom: float) -> None:
        """Show the text larger or smaller."""
        self._zoom = min(max(zoom, ZOOM[0]), ZOOM[1])
        self._apply_zoom()

    def _apply_zoom(self) -> None:
        made = font("code")
        made.setPointSizeF(made.pointSizeF() * self._zoom)
        self.setFont(made)
        self.margin.setFont(made)
        self.setTabStopDistance(4 * QFontMetricsF(made).horizontalAdvance(" "))
        self._lay_out_margin()

    # -- find ------------------------------------------------------------------------------

    def open_find(self) -> None:
        """Show the find bar, with what is selected."""
        chosen = self.textCursor().selectedText()
        self.find_bar.open(chosen if "\u2029" not in chosen else "")
        self._place_find_bar()
        self._search()

    def _find(self, step: int) -> None:
        """Search anew (0), or go to the next (1) or last (-1) place."""
        self._search()
        if not self._found:
            return
        here = self.textCursor()
        if step > 0:
            after = [c for c in self._found if c.selectionStart() >= here.selectionEnd()]
            target = after[0] if after else self._found[0]
        elif step < 0:
            before = [c for c in self._found if c.selectionEnd() <= here.selectionStart()]
            target = before[-1] if before else self._found[-1]
        else:
            after = [c for c in self._found if c.selectionStart() >= here.selectionStart()]
            target = after[0] if after else self._found[0]
        self.setTextCursor(QTextCursor(target))
        self.centerCursor()
        self.find_bar.show_count(self._found.index(target) + 1, len(self._found))

    def _search(self) -> None:
        wanted = self.find_bar.text.lower()
        self._found = []
        if wanted:
            text = self.toPlainText().lower()
            place = text.find(wanted)
            while place >= 0 and len(self._found) < _MAX_MATCHES:
                cursor = QTextCursor(self.document())
                cursor.setPosition(place)
                cursor.setPosition(place + len(wanted), QTextCursor.MoveMode.KeepAnchor)
                self._found.append(cursor)
                place = text.find(wanted, place + len(wanted))
        self.find_bar.show_count(0, len(self._found))
        self._decorate()

    def _end_find(self) -> None:
        self._found = []
        self._decorate()
        self.setFocus()

    def _place_find_bar(self) -> None:
        bar = self.find_bar
        width = min(bar.sizeHint().width(), self.viewport().width() - 2 * SPACE)
        bar.setGeometry(
            self.viewport().geometry().right() - width - SPACE, HALF, width, bar.sizeHint().height()
        )

    # -- comments --------------------------------------------------------------------------

    def toggle_comment(self) -> None:
        """Make the lines selected comments, or, where all of them are, lines again."""
        mark = self.highlighter.language.comment
        cursor = self.textCursor()
        first = self.document().findBlock(cursor.selectionStart()).blockNumber()
        last = self.document().findBlock(cursor.selectionEnd()).blockNumber()
        if last > first and self.document().findBlock(cursor.selectionEnd()).position() == (
            cursor.selectionEnd()
        ):
            last -= 1  # nothing of it is selected
        blocks = [self.document().findBlockByNumber(n) for n in range(first, last + 1)]
        filled = [block for block in blocks if block.text().strip()]
        take_back = bool(filled) and all(b.text().startswith(mark) for b in filled)
        cursor.beginEditBlock()
        for block in filled:
            edit = QTextCursor(block)
            if take_back:
                edit.movePosition(
                    QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor, len(mark)
                )
                edit.removeSelectedText()
            else:
                edit.insertText(mark)
        cursor.endEditBlock()

    # -- the margin ------------------------------------------------------------------------

    def margin_width(self) -> int:
        """Of the line numbers and marks, in pixels."""
        digits = max(len(str(self.blockCount())), 2)
        advance = QFontMetricsF(self.margin.font()).horizontalAdvance("9")
        return round(ICON + HALF + digits * advance + 2 * HALF + BAR + HALF)

    def _lay_out_margin(self) -> None:
        width = self.margin_width()
        self.setViewportMargins(width, 0, 0, 0)
        area = self.contentsRect()
        self.margin.setGeometry(QRect(area.left(), area.top(), width, area.height()))
        self.margin.update()

    def _scroll_margin(self, area: QRect, moved: int) -> None:
        if moved:
            self.margin.scroll(0, moved)
        else:
            self.margin.update(0, area.y(), self.margin.width(), area.height())

    def visible_lines(self) -> list[tuple[QTextBlock, QRectF]]:
        """The lines in view with their places in the viewport."""
        found = []
        block = self.firstVisibleBlock()
        box = self.blockBoundingGeometry(block).translated(self.contentOffset())
        bottom = self.viewport().height()
        while block.isValid() and box.top() <= bottom:
            found.append((block, box))
            top = box.bottom()
            block = block.next()
            box = self.blockBoundingRect(block)
            box.moveTop(top)
        return found

    def line_at(self, y: float) -> int:
        """The line (from 1) at a height of the viewport; 0 where there is none."""
        for block, box in self.visible_lines():
            if box.top() <= y < box.bottom():
                return block.blockNumber() + 1
        return 0

    def show_tip(self, y: int, place: QPoint) -> bool:
        """Show what is said of the line at a height of the viewport."""
        mark = self.mark_at(self.line_at(y))
        if mark is None:
            QToolTip.hideText()
            return False
        QToolTip.showText(place, mark.text, self)
        return True

    # -- Qt overrides ----------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out_margin()
        self._place_find_bar()
        self.highlighter.colour_view()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            return self.show_tip(event.pos().y(), event.globalPos()) or super().viewportEvent(event)
        return super().viewportEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            pressed = event.keyCombination().toCombined()
            if QKeySequence(pressed) == QKeySequence("Ctrl+K"):
                event.ignore()  # the palette's, where a text field would delete to the line's end
                return True
            if self._own_command(event) is not None:
                event.accept()
                return True
        return super().event(event)

    def _own_command(self, event: QKeyEvent) -> object:
        sequence = QKeySequence(event.keyCombination().toCombined())
        for keys, do in (
            (("Ctrl+F",), self.open_find),
            (("F3",), lambda: self._find(1)),
            (("Shift+F3",), lambda: self._find(-1)),
            (("Ctrl+/", "Ctrl+Shift+/"), self.toggle_comment),
            (("Ctrl++", "Ctrl+=", "Ctrl+Shift++"), lambda: self.set_zoom(self._zoom * ZOOM_STEP)),
            (("Ctrl+-",), lambda: self.set_zoom(self._zoom / ZOOM_STEP)),
            (("Ctrl+0",), lambda: self.set_zoom(1.0)),
        ):
            if any(sequence == QKeySequence(key) for key in keys):
                return do
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = self._own_command(event)
        if callable(command):
            command()
            event.accept()
            return
        if event.key() == Qt.Key.Key_Escape and self.find_bar.isVisible():
            self.find_bar.close_bar()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files are the window's to take."""
        return not source.hasUrls() and super().canInsertFromMimeData(source)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom * ZOOM_STEP ** (event.angleDelta().y() / 120))
            event.accept()
            return
        super().wheelEvent(event)


class _Margin(QWidget):
    """Line numbers with an icon or a bar at the lines that something is said of."""

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self.setAccessibleName("Line numbers")

    def sizeHint(self) -> QSize:
        return QSize(self._editor.margin_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), theme.colour("panel"))
        painter.setFont(self.font())
        current = self._editor.current_line()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for block, box in self._editor.visible_lines():
            line = block.blockNumber() + 1
            painter.setPen(theme.colour("text" if line == current else "faint"))
            area = QRectF(0, box.top(), self.width() - HALF - BAR - HALF, box.height())
            painter.drawText(area, right, str(line))
            mark = self._editor.mark_at(line)
            if mark is not None:
                self._paint_mark(painter, mark, box)
        painter.end()

    def _paint_mark(self, painter: QPainter, mark: LineMark, box: QRectF) -> None:
        colour = theme_of(self).tokens.colour(ROLES[mark.level])
        bar = QRectF(self.width() - BAR, box.top() + 1, BAR, box.height() - 2)
        painter.fillRect(bar, theme_of(self).colour(ROLES[mark.level]))
        if mark.level != "changed":
            size = min(ICON, box.height())
            place = QRectF(HALF / 2, box.center().y() - size / 2, size, size)
            paint_icon(painter, place, mark.level, colour)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = self._editor.line_at(event.position().y())
        if line:
            self._editor.go_to_line_quietly(line)
            if self._editor.mark_at(line) is not None:
                self._editor.mark_clicked.emit(line)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._editor.wheelEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._editor.show_tip(event.pos().y(), event.globalPos())
            return True
        return super().event(event)
