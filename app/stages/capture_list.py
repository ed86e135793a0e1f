"""The captures of the project as a list: name, knobs, facts, parts, verdict, whether included."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.stages.capture_rows import CaptureModel, CaptureRow
from projects.manifest import Split
from widgets.icons import paint_icon
from widgets.parts import PART_ROLES
from widgets.theme import font, theme_of
from widgets.tokens import HALF, SPACE

Index = QModelIndex | QPersistentModelIndex
ROW = 58
LINE = 17
BOX = 16
VERDICT_ICONS = {"ok": ("ok", "good"), "warning": ("warning", "warn"), "problem": ("error", "bad")}


class CaptureDelegate(QStyledItemDelegate):
    """Draws a capture in two lines with its parts beneath; edits its name in place."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: QWidget = option.widget
        area: QRect = option.rect
        row: CaptureRow = index.data(Qt.ItemDataRole.UserRole)
        theme = theme_of(view)
        current = isinstance(view, QListView) and view.currentIndex().row() == index.row()
        selected = isinstance(view, QListView) and view.selectionModel().isSelected(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if current or selected:
            painter.fillRect(area, theme.colour("accent_soft"))
        if current:
            painter.fillRect(area.x(), area.y(), 3, area.height(), theme.colour("accent"))
        self._paint_box(painter, area, row.entry.included, theme.tokens.accent, theme.tokens.faint)
        words = words_rect(area)
        painter.setFont(font("strong"))
        painter.setPen(theme.colour("text" if row.entry.included else "faint"))
        name = painter.fontMetrics().elidedText(
            row.entry.name, Qt.TextElideMode.ElideMiddle, words.width()
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(font("small"))
        painter.setPen(theme.colour("soft"))
        metrics = painter.fontMetrics()
        for number, text in enumerate(line for line in (row.knobs, row.line) if line):
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, words.width())
            place = words.adjusted(0, 20 + LINE * number, 0, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignTop, shown)
        if row.capture is not None or row.damaged:
            icon, role = VERDICT_ICONS[row.verdict]
            if not row.entry.included and row.verdict == "ok":
                icon, role = "minus", "faint"  # nothing to do about it: it is not used
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
        row: CaptureRow = index.data(Qt.ItemDataRole.UserRole)
        return QSize(200, ROW + (LINE if row.knobs else 0))


class CaptureList(QListView):
    """The list itself: one current capture, several selected ones, arrow keys, Delete, F2."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(CaptureDelegate(self))
        self.setEditTriggers(
            QListView.EditTrigger.EditKeyPressed | QListView.EditTrigger.DoubleClicked
        )
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Captures")

    def selected_rows(self) -> list[CaptureRow]:
        """What is selected, in the list's order; without a selection, the current one."""
        model = self.model()
        if not isinstance(model, CaptureModel):
            return []
        places = sorted({index.row() for index in self.selectionModel().selectedIndexes()})
        if not places and self.currentIndex().isValid():
            places = [self.currentIndex().row()]
        return [model.rows[place] for place in places]

    def select_ids(self, ids: frozenset[str]) -> None:
        """Select captures again after the list was made anew."""
        model = self.model()
        if not isinstance(model, CaptureModel):
            return
        chosen = QItemSelection()
        for place, row in enumerate(model.rows):
            if row.entry.id in ids:
                chosen.select(model.index(place), model.index(place))
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(chosen, flags.ClearAndSelect)


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
