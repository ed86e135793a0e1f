"""The coverage of a device's settings as a grid: filled where captured, hollow where missing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from widgets.coverage_cells import (
    LEVEL_WORDS,
    Cell,
    CellGrid,
    CellLevel,
    Knob,
    Setting,
    make_grid,
    value_text,
)
from widgets.icons import paint_icon
from widgets.plots import picture_of
from widgets.theme import font, label, theme_of
from widgets.tokens import HALF, SPACE

__all__ = ["CoverageGrid", "Knob", "Setting"]

_LARGEST = 56.0
_SMALLEST = 9.0
_LEFT, _BOTTOM = 72.0, 44.0
_ROLES: dict[CellLevel, str] = {
    "ok": "good",
    "left-out": "faint",
    "warning": "warn",
    "problem": "bad",
}
_ICONS: dict[CellLevel, str] = {
    "ok": "check",
    "left-out": "minus",
    "warning": "warning",
    "problem": "error",
}
_PART_LETTERS = {"train": "train", "validation": "val", "test": "test", "mixed": "mixed"}


class _Cells(QWidget):
    """The grid itself."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = CellGrid()
        self.titles = ("", "")
        self._current = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(96)
        self.setAccessibleName("Settings")
        theme_of(self).changed.connect(self.update)

    def show_grid(self, grid: CellGrid, titles: tuple[str, str]) -> None:
        """Show another grid; what was current stays where it can."""
        self.grid, self.titles = grid, titles
        columns, rows = max(len(grid.columns), 1), max(len(grid.rows), 1)
        self._current = (min(self._current[0], columns - 1), min(self._current[1], rows - 1))
        self._tell()
        self.update()

    @property
    def current(self) -> Cell:
        """The cell that the keys go from."""
        return self.grid.at(*self._current)

    def set_current(self, column: int, row: int, *, choose: bool = False) -> None:
        """Go to a cell; ``choose`` tells of what is there."""
        if not (0 <= column < len(self.grid.columns) and 0 <= row < len(self.grid.rows)):
            return
        self._current = (column, row)
        self._tell()
        self.update()
        if choose and self.current.settings:
            self.chosen.emit(self.current.keys)

    def _tell(self) -> None:
        self.setAccessibleDescription(self.words(self.current))

    def words(self, cell: Cell) -> str:
        """What a cell says: its setting, how many captures, their verdicts and names."""
        grid = self.grid
        if not grid.columns:
            return ""
        where = f"{self.titles[0]} {grid.columns[cell.column].text}"
        if self.titles[1]:
            where += f", {self.titles[1]} {grid.rows[cell.row].text}"
        if not cell.settings:
            return f"{where}: not captured"
        count = len(cell.settings)
        lines = [f"{where}: {'captured' if count == 1 else f'{count} captures'}"]
        lines += [_setting_words(setting) for setting in cell.settings[:6]]
        if count > 6:
            lines.append(f"and {count - 6} more")
        return "\n".join(lines)

    # Geometry

    def _side(self) -> tuple[float, float]:
        columns, rows = max(len(self.grid.columns), 1), max(len(self.grid.rows), 1)
        width = (self.width() - _LEFT - SPACE) / columns
        height = (self.height() - _BOTTOM - HALF) / rows
        return (min(max(width, _SMALLEST), 2 * _LARGEST), min(max(height, _SMALLEST), _LARGEST))

    def _rect(self, column: int, row: int) -> QRectF:
        width, height = self._side()
        top = HALF + (len(self.grid.rows) - 1 - row) * height
        return QRectF(_LEFT + column * width, top, width, height)

    def _cell_at(self, place: QPointF) -> tuple[int, int] | None:
        width, height = self._side()
        column = int((place.x() - _LEFT) // width)
        row = len(self.grid.rows) - 1 - int((place.y() - HALF) // height)
        inside = 0 <= column < len(self.grid.columns) and 0 <= row < len(self.grid.rows)
        return (column, row) if inside and place.x() >= _LEFT and place.y() >= HALF else None

    # Painting

    def _paint_cell(self, painter: QPainter, cell: Cell, area: QRectF) -> None:
        theme = theme_of(self)
        box = area.adjusted(1.5, 1.5, -1.5, -1.5)
        if not cell.settings:
            painter.setPen(QPen(theme.colour("faint"), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 2, 2)
            return
        role = _ROLES[cell.level]
        painter.setPen(QPen(theme.colour(role), 1))
        painter.setBrush(theme.colour(role, 0.28))
        painter.drawRoundedRect(box, 2, 2)
        if cell.level == "left-out":
            painter.fillRect(box, QBrush(theme.colour(role, 0.7), Qt.BrushStyle.BDiagPattern))
        if min(box.width(), box.height()) < 14:
            return
        part = _PART_LETTERS.get(cell.part, "")
        metrics = QFontMetricsF(font("small"))
        roomy = box.height() >= 32 and box.width() >= metrics.horizontalAdvance("mixed") + 4
        centre = box.center() - QPointF(0, 7 if part and roomy else 0)
        count = len(cell.settings)
        text = f"{count}\u00d7" if count > 1 else ""
        shift = metrics.horizontalAdvance(text) / 2 if box.width() > 34 else 0
        icon = QRectF(centre.x() - 6.5 - shift, centre.y() - 6.5, 13, 13)
        paint_icon(painter, icon, _ICONS[cell.level], theme.tokens.colour(role))
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text"))
        if text and shift:
            beside = QRectF(icon.right() + 2, icon.top() - 2, 2 * shift + 2, 17)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, text)
        if part and roomy:
            painter.setPen(theme.colour("soft"))
            foot = QRectF(box.left(), box.bottom() - 17, box.width(), 16)
            painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, part)

    def _paint_words(self, painter: QPainter) -> None:
        theme, grid = theme_of(self), self.grid
        painter.setFont(font("small"))
        painter.setPen(theme.colour("soft"))
        metrics = QFontMetricsF(painter.font())
        bottom = self._rect(0, 0).bottom()
        reached = -1e9
        for column, step in enumerate(grid.columns):
            width = metrics.horizontalAdvance(step.text)
            centre = self._rect(column, 0).center().x()
            if centre - width / 2 > reached + 4:
                area = QRectF(centre - width / 2 - 2, bottom + 2, width + 4, 16)
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, step.text)
                reached = centre + width / 2
        reached = 1e9
        for row, step in enumerate(grid.rows):
            centre = self._rect(0, row).center().y()
            if step.text and centre + 8 < reached:
                area = QRectF(0, centre - 8, _LEFT - 6, 16)
                flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(area, flags, step.text)
                reached = centre - 8
        right = self._rect(len(grid.columns) - 1, 0).right()
        title = QRectF(_LEFT, bottom + 20, max(right - _LEFT, 200), 18)
        painter.setPen(theme.colour("text"))
        painter.drawText(
            title, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self._title()
        )

    def _title(self) -> str:
        across, up = self.titles
        return f"{across} \u2192   {up} \u2191" if up else f"{across} \u2192"

    # Qt overrides

    def sizeHint(self) -> QSize:
        columns, rows = max(len(self.grid.columns), 1), max(len(self.grid.rows), 1)
        return QSize(
            round(_LEFT + SPACE + min(columns * 48, 900)), round(_BOTTOM + min(rows * 36, 500))
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        grid = self.grid
        if grid.columns:
            for column in range(len(grid.columns)):
                for row in range(len(grid.rows)):
                    self._paint_cell(painter, grid.at(column, row), self._rect(column, row))
            self._paint_words(painter)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme_of(self).colour("accent"), 2))
                painter.drawRoundedRect(self._rect(*self._current), 3, 3)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._cell_at(QPointF(event.pos()))
            words = self.words(self.grid.at(*place)) if place is not None else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._cell_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.set_current(*place, choose=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        key = Qt.Key(event.key())
        column, row = self._current
        if key in moves:
            self.set_current(column + moves[key][0], row + moves[key][1])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.set_current(column, row, choose=True)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


class CoverageGrid(QWidget):
    """Settings over two knobs, chosen where there are more; with one knob a strip.

    Signals
    -------
    chosen(object)
        The keys (a tuple of str) of the settings in the cell that was clicked or entered.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._knobs: tuple[Knob, ...] = ()
        self._settings: tuple[Setting, ...] = ()
        self.cells = _Cells(self)
        self.cells.chosen.connect(self.chosen)
        self._across, self._up = QComboBox(), QComboBox()
        self._across.setAccessibleName("Knob across")
        self._up.setAccessibleName("Knob upwards")
        self._by = label("over", "body", "soft")
        self._summary = label("", "body", "soft")
        for box in (self._across, self._up):
            box.currentIndexChanged.connect(lambda _index: self._rebuild())
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, HALF, HALF)
        head.setSpacing(SPACE)
        head.addWidget(self._across)
        head.addWidget(self._by)
        head.addWidget(self._up)
        head.addWidget(self._summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.cells, 1)
        self.setAccessibleName("Coverage of the settings")
        self.set_settings((), ())

    @property
    def summary(self) -> str:
        """What is captured and what is missing, in a sentence."""
        return self._summary.text()

    def set_settings(self, knobs: Sequence[Knob], settings: Sequence[Setting]) -> None:
        """Show settings over these knobs; the axes chosen before stay where they can."""
        self._settings = tuple(settings)
        if tuple(knobs) != self._knobs:
            self._knobs = tuple(knobs)
            self._offer()
        self._rebuild()

    def show_axes(self, across: str, up: str) -> None:
        """Lay two knobs along the axes, by their names."""
        self._across.setCurrentIndex(self._across.findData(across))
        self._up.setCurrentIndex(self._up.findData(up))

    def _offer(self) -> None:
        names = [knob.name for knob in self._knobs]
        # The knobs with the most values tell most: they are the axes at first.
        counts = {n: len({s.knobs[n] for s in self._settings if n in s.knobs}) for n in names}
        best = sorted(names, key=lambda name: -counts[name])
        for box, wanted in ((self._across, 0), (self._up, 1)):
            box.blockSignals(True)
            box.clear()
            for name in names:
                box.addItem(name, name)
            box.setCurrentIndex(names.index(best[wanted]) if len(best) > wanted else -1)
            box.blockSignals(False)
            box.setVisible(len(names) > 2)
        self._by.setVisible(len(names) > 2)

    def _rebuild(self) -> None:
        across, up = self._across.currentData(), self._up.currentData()
        if len(self._knobs) < 2 or up == across:
            up = ""
        units = {knob.name: knob.unit for knob in self._knobs}
        grid = make_grid(self._settings, across, up) if across else CellGrid()
        titles = tuple(
            f"{name} ({units[name]})" if name and units.get(name) else (name or "")
            for name in (across, up)
        )
        self.cells.show_grid(grid, (titles[0], titles[1]))
        self._summary.setText(self._say(grid))

    def _say(self, grid: CellGrid) -> str:
        if not self._knobs:
            return "These captures have no knobs: there is one setting."
        if not grid.columns:
            return "No capture says where its knobs stood."
        total = len(grid.columns) * len(grid.rows)
        text = f"{len(grid.cells)} of {total} settings captured"
        if grid.missing:
            text += f", {grid.missing} missing"
        troubled = sum(cell.level in ("warning", "problem") for cell in grid.cells.values())
        if troubled:
            text += f", {troubled} with verdicts to look at"
        return text

    def data_text(self) -> str:
        """The settings as tab-separated text."""
        names = [knob.name for knob in self._knobs]
        lines = ["\t".join(["capture", *names, "verdict", "part"])]
        for setting in self._settings:
            values = [f"{setting.knobs[n]:.9g}" if n in setting.knobs else "" for n in names]
            lines.append("\t".join([setting.name, *values, setting.level, setting.part]))
        return "\n".join(lines)

    # Qt overrides

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        clipboard = QApplication.clipboard()
        picture = menu.addAction("Copy picture")
        picture.triggered.connect(lambda *_: clipboard.setPixmap(picture_of(self.cells)))
        data = menu.addAction("Copy data")
        data.triggered.connect(lambda *_: clipboard.setText(self.data_text()))
        menu.popup(event.globalPos())


def _setting_words(setting: Setting) -> str:
    values = ", ".join(f"{name} {value_text(value)}" for name, value in setting.knobs.items())
    return f"{setting.name} ({values}): {LEVEL_WORDS[setting.level]}"
