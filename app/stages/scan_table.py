"""What a pattern finds in a folder, as a table: file, dry, each knob, part, what to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from widgets.parts import PART_WORDS
from widgets.theme import font, theme_of

if TYPE_CHECKING:
    from engines.sources.scanning import Found, Scan

Index = QModelIndex | QPersistentModelIndex
ROWS_SHOWN = 7
LINE, HEAD = 22, 34
INSET = 5


class ScanModel(QAbstractTableModel):
    """The recordings that a scan found; those without their dry are marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.items: tuple[Found, ...] = ()
        self.knobs: tuple[str, ...] = ()
        self.folder = Path()
        self._last: tuple[str, ...] = ()

    def show_scan(self, scan: Scan | None) -> None:
        """Show another scan."""
        self.beginResetModel()
        self.items = scan.items if scan is not None else ()
        self.knobs = tuple(control.name for control in scan.controls) if scan is not None else ()
        self.folder = scan.folder if scan is not None else Path()
        extra = []
        if any(item.part for item in self.items):
            extra.append("Part")
        if any(item.note for item in self.items):
            extra.append("Note")
        self._last = tuple(extra)
        self.endResetModel()

    @property
    def heads(self) -> tuple[str, ...]:
        """The columns' names."""
        return ("Wet", *self.knobs, "Dry", *self._last)

    def _text(self, item: Found, column: int) -> str:
        name = self.heads[column]
        if column == 0:
            return _relative(item.wet, self.folder)
        if column <= len(self.knobs):
            value = item.knobs.get(self.knobs[column - 1])
            return "" if value is None else f"{value:g}"
        if name == "Dry":
            return "missing" if item.dry is None else _relative(item.dry, self.folder)
        if name == "Part":
            return PART_WORDS[item.part] if item.part is not None else ""
        return item.note

    # Qt overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.heads)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(item, index.column())
        if role == Qt.ItemDataRole.ForegroundRole and item.dry is None:
            return theme_of().colour("faint")
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.heads[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None


class _Inset(QStyledItemDelegate):
    """Cells whose words stand under the words of the head."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        option.rect = option.rect.adjusted(INSET, 0, 0, 0)
        super().paint(painter, option, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return super().sizeHint(option, index) + QSize(2 * INSET, 0)


class ScanTable(QTableView):
    """Shows a :class:`ScanModel`, a few rows high."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found = ScanModel(self)
        self.setModel(self.found)
        self.setAccessibleName("Recordings found")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setFont(font("small"))
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(LINE)
        self.horizontalHeader().setHighlightSections(False)
        self.setItemDelegate(_Inset(self))
        self._fit()

    def show_scan(self, scan: Scan | None) -> None:
        """Show what was found; the names take what room the numbers leave."""
        self.found.show_scan(scan)
        head = self.horizontalHeader()
        mode = QHeaderView.ResizeMode
        for column, name in enumerate(self.found.heads):
            wide = column == 0 or name in ("Dry", "Note")
            head.setSectionResizeMode(column, mode.Stretch if wide else mode.ResizeToContents)
        self._fit()

    def _fit(self) -> None:
        """As high as what it shows, up to some rows."""
        rows = min(max(len(self.found.items), 2), ROWS_SHOWN)
        self.setFixedHeight(rows * LINE + HEAD)


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
