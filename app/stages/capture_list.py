"""The captures of the project as a list: name, length, rate, parts, verdict, whether included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app import wording
from app.session import ProjectSession
from projects.capture import Capture
from projects.manifest import CaptureEntry, Split
from widgets.icons import paint_icon
from widgets.parts import PART_ROLES
from widgets.theme import font, theme_of
from widgets.tokens import HALF, SPACE

Index = QModelIndex | QPersistentModelIndex
ROW = 58
BOX = 16
VERDICT_ICONS = {"ok": ("ok", "good"), "warning": ("warning", "warn"), "problem": ("error", "bad")}


@dataclass(frozen=True)
class CaptureRow:
    """What one line of the list shows."""

    entry: CaptureEntry
    capture: Capture | None
    split: Split | None

    @property
    def verdict(self) -> Literal["ok", "warning", "problem"]:
        """The gravest of its checks; a capture whose file is damaged is a problem."""
        if self.capture is None:
            return "problem"
        levels = {check.level for check in self.capture.checks}
        if "problem" in levels:
            return "problem"
        return "warning" if "warning" in levels else "ok"

    @property
    def facts(self) -> str:
        """Length, rate, and whether there are states."""
        if self.capture is None:
            return "its file is damaged"
        seconds = self.capture.n_samples / self.capture.sample_rate
        words = [wording.duration(seconds), wording.rate(self.capture.sample_rate)]
        if self.capture.states:
            count = len(self.capture.states)
            words.append("1 state" if count == 1 else f"{count} states")
        return "  ·  ".join(words)


class CaptureModel(QAbstractListModel):
    """The captures of a session.

    Signals
    -------
    renamed(str, str), included(str, bool)
        The user has edited a capture: its id, and the new value.
    """

    renamed = Signal(str, str)
    included = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[CaptureRow] = []

    def load(self, session: ProjectSession | None) -> None:
        """Show a session's captures."""
        self.beginResetModel()
        entries = session.manifest.captures if session is not None else ()
        self.rows = [
            CaptureRow(entry, session.capture(entry.id), session.split_of(entry))
            for entry in entries
            if session is not None
        ]
        self.endResetModel()

    def row_of(self, capture_id: str) -> int:
        """The place of a capture in the list; -1 where it is not."""
        ids = [row.entry.id for row in self.rows]
        return ids.index(capture_id) if capture_id in ids else -1

    # Qt overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.entry.name
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if row.entry.included else Qt.CheckState.Unchecked
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            included = "used for training" if row.entry.included else "left out of training"
            return f"{row.entry.name}\n{row.facts}\n{included}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        entry = self.rows[index.row()].entry
        if role == Qt.ItemDataRole.CheckStateRole:
            self.included.emit(entry.id, not entry.included)
            return True
        name = str(value).strip()
        if role == Qt.ItemDataRole.EditRole and name and name != entry.name:
            self.renamed.emit(entry.id, name[:200])
            return True
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return (
            flag.ItemIsEnabled
            | flag.ItemIsSelectable
            | flag.ItemIsEditable
            | flag.ItemIsUserCheckable
        )


class CaptureDelegate(QStyledItemDelegate):
    """Draws a capture in two lines with its parts beneath; edits its name in place."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: QWidget = option.widget
        area: QRect = option.rect
        row: CaptureRow = index.data(Qt.ItemDataRole.UserRole)
        theme = theme_of(view)
        selected = isinstance(view, QListView) and view.currentIndex().row() == index.row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.fillRect(area, theme.colour("accent_soft"))
            painter.fillRect(area.x(), area.y(), 3, area.height(), theme.colour("accent"))
        self._paint_box(painter, area, row.entry.included, theme.tokens.accent, theme.tokens.faint)
        words = words_rect(area)
        painter.setFont(font("strong"))
        painter.setPen(theme.colour("text" if row.entry.included else "faint"))
        name = painter.fontMetrics().elidedText(
            row.entry.name, Qt.TextElideMode.ElideRight, words.width()
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(font("small"))
        painter.setPen(theme.colour("soft"))
        painter.drawText(words.adjusted(0, 20, 0, 0), Qt.AlignmentFlag.AlignTop, row.facts)
        icon, role = VERDICT_ICONS[row.verdict]
        mark = QRectF(area.right() - 16 - SPACE, area.top() + SPACE, 16, 16)
        paint_icon(painter, mark, icon, theme.tokens.colour(role))
        if row.capture is not None and row.split is not None:
            strip = QRectF(words.left(), area.bottom() - SPACE - 3, words.width(), 3)
            paint_parts(painter, strip, row.split, row.capture.n_samples, view)
        painter.restore()

    @staticmethod
    def _paint_box(painter: QPainter, area: QRect, checked: bool, colour: str, faint: str) -> None:
        paint_icon(
            painter,
            QRectF(box_rect(area)),
            "ok" if checked else "cancel",
            colour if checked else faint,
        )

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            area: QRect = option.rect
            hit = box_rect(area).adjusted(-HALF, -HALF, HALF, HALF)
            if hit.contains(event.position().toPoint()):
                return model.setData(index, None, Qt.ItemDataRole.CheckStateRole)
        return False

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        words = words_rect(option.rect)
        editor.setGeometry(words.left() - 6, words.top() - 5, words.width() + 12, 28)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setMaxLength(200)
        editor.setAccessibleName("Name of the capture")
        return editor

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)


class CaptureList(QListView):
    """The list itself: one selected capture, arrow keys, Delete, F2."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(CaptureDelegate(self))
        self.setEditTriggers(
            QListView.EditTrigger.EditKeyPressed | QListView.EditTrigger.DoubleClicked
        )
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Captures")


def box_rect(area: QRect) -> QRect:
    """Where the include mark is drawn."""
    return QRect(area.left() + SPACE + 2, area.top() + SPACE, BOX, BOX)


def words_rect(area: QRect) -> QRect:
    """Where name and facts are drawn."""
    left = box_rect(area).right() + SPACE
    return QRect(left, area.top() + 7, area.right() - left - 16 - 2 * SPACE, area.height() - 14)


def paint_parts(
    painter: QPainter, strip: QRectF, split: Split, n_samples: int, view: QWidget
) -> None:
    """A thin line that shows which stretch belongs to which part."""
    theme = theme_of(view)
    painter.fillRect(strip, theme.colour("line"))
    for section in split.sections:
        left = strip.left() + strip.width() * section.start / n_samples
        width = strip.width() * (min(section.stop, n_samples) - section.start) / n_samples
        colour = theme.colour(PART_ROLES[section.part], 0.9)
        painter.fillRect(QRectF(left, strip.top(), max(width, 1.0), strip.height()), colour)
