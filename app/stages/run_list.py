"""The project's runs as a list: name, state, its best ESR, a spark line of how it fell."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import wording
from app.run_files import Metrics, read_metrics
from app.session import ProjectSession
from app.workbench import Workbench
from engines.worker.protocol import Message, Metric
from projects.errors import TrimpotError
from projects.jobs import FINISHED, JobState
from projects.project import FoundJob
from widgets.figures import format_number
from widgets.icons import paint_icon
from widgets.theme import font, theme_of
from widgets.tokens import SPACE

Index = QModelIndex | QPersistentModelIndex
ROW = 58
SPARK_WIDTH = 72
SCORE = "esr_validation"
BEST = "esr_best"
"""The figure that the spark line shows."""


@dataclass
class RunRow:
    """A run as the list shows it."""

    found: FoundJob
    metrics: Metrics = field(default_factory=Metrics)
    live_state: JobState | None = None
    """What its worker said last; None where none is at work."""

    @property
    def id(self) -> str:
        """The run's id."""
        return self.found.job.id

    @property
    def state(self) -> JobState:
        """How it stands now."""
        return self.live_state or self.found.status.state

    @property
    def esr(self) -> float | None:
        """Plain ESR on the test part where it has ended, else the best on validation so far."""
        test = self.found.status.figures.get("esr_test")
        if self.live_state is None and isinstance(test, int | float):
            return float(test)
        return self.metrics.best(SCORE)

    @property
    def spark(self) -> list[float]:
        """Logarithms of the score over the run."""
        values = self.metrics.values.get(BEST, self.metrics.values.get(SCORE, []))
        return [math.log10(max(value, 1e-15)) for value in values]


class RunModel(QAbstractListModel):
    """The runs of a session, newest first, kept up to date by the jobs' messages."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.rows: list[RunRow] = []

    def load(self, session: ProjectSession | None) -> None:
        """Look at the runs again."""
        known = {row.id: row for row in self.rows}
        self.beginResetModel()
        found = session.jobs("train") if session is not None else []
        self.rows = [self._row(item, known.get(item.job.id)) for item in found]
        self.endResetModel()

    def _row(self, item: FoundJob, known: RunRow | None) -> RunRow:
        worker = self.workbench.jobs.worker(item.job.id)
        state: JobState | None = None
        if worker is not None and worker.state not in FINISHED:
            state = worker.state
        if known is not None and known.metrics.values:
            return RunRow(item, known.metrics, state)
        try:
            return RunRow(item, read_metrics(item.folder), state)
        except TrimpotError as error:
            self.workbench.notices.error(error)
            return RunRow(item, Metrics(), state)

    def row_of(self, run_id: str) -> int:
        """The place of a run in the list; -1 where it is not."""
        ids = [row.id for row in self.rows]
        return ids.index(run_id) if run_id in ids else -1

    def take(self, run_id: str, message: Message) -> None:
        """Bring a run up to date by a message of its worker."""
        place = self.row_of(run_id)
        if place < 0:
            return
        row = self.rows[place]
        if isinstance(message, Metric):
            row.metrics.add(message.step, message.seconds, message.values)
        elif message.type == "state":
            row.live_state = message.state
        else:
            return
        index = self.index(place)
        self.dataChanged.emit(index, index)

    # Qt overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.found.job.name
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return (
                f"{row.found.job.name}\n{wording.STATE_WORDS[row.state]}. {row.found.status.text}"
            )
        return None


class RunDelegate(QStyledItemDelegate):
    """Draws a run in two lines with its spark line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: QWidget = option.widget
        area: QRect = option.rect
        row: RunRow = index.data(Qt.ItemDataRole.UserRole)
        theme = theme_of(view)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(view, QListView) and view.currentIndex().row() == index.row():
            painter.fillRect(area, theme.colour("accent_soft"))
            painter.fillRect(area.x(), area.y(), 3, area.height(), theme.colour("accent"))
        icon, role = wording.STATE_ICONS[row.state]
        mark = QRectF(area.left() + SPACE + 2, area.top() + SPACE, 16, 16)
        paint_icon(painter, mark, icon, theme.tokens.colour(role))
        words = area.adjusted(3 * SPACE + 10, 7, -SPACE, -7)
        spark = QRectF(words.right() - SPARK_WIDTH, words.top() + 2, SPARK_WIDTH, 18)
        painter.setFont(font("strong"))
        painter.setPen(theme.colour("text"))
        width = words.width() - (SPARK_WIDTH + SPACE if row.spark else 0)
        name = painter.fontMetrics().elidedText(
            row.found.job.name, Qt.TextElideMode.ElideRight, width
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignTop, name)
        self._paint_second_line(painter, words.adjusted(0, 22, 0, 0), row, view)
        self._paint_spark(painter, spark, row.spark, view)
        painter.restore()

    @staticmethod
    def _paint_second_line(painter: QPainter, area: QRect, row: RunRow, view: QWidget) -> None:
        theme = theme_of(view)
        painter.setFont(font("small"))
        painter.setPen(theme.colour("soft"))
        words = f"{wording.STATE_WORDS[row.state]}  ·  {wording.when(row.found.job.created)}"
        painter.drawText(area, Qt.AlignmentFlag.AlignTop, words)
        if row.esr is not None:
            painter.setPen(theme.colour("text"))
            flags = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
            painter.drawText(area, flags, f"ESR {format_number(row.esr, 2)}")

    @staticmethod
    def _paint_spark(painter: QPainter, area: QRectF, values: list[float], view: QWidget) -> None:
        if len(values) < 2:
            return
        low, high = min(values), max(values)
        span = max(high - low, 1e-6)
        step = area.width() / (len(values) - 1)
        points = [
            QPointF(area.left() + i * step, area.bottom() - (value - low) / span * area.height())
            for i, value in enumerate(values)
        ]
        painter.setPen(QPen(theme_of(view).colour("model"), 1.5))
        painter.drawPolyline(QPolygonF(points))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)


class RunList(QListView):
    """The list itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(RunDelegate(self))
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setAccessibleName("Runs")
