"""The list of trained models on the left of Audition and Export."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.models import FoundModel
from widgets.theme import font, label, theme_of
from widgets.tokens import HALF, SPACE

ROW_HEIGHT = 6 * SPACE
ID_ROLE = Qt.ItemDataRole.UserRole
DETAIL_ROLE = Qt.ItemDataRole.UserRole + 1
MARK_ROLE = Qt.ItemDataRole.UserRole + 2
"""Which signal the model is heard as: ``model``, ``second`` or nothing."""


def esr_text(esr: float | None) -> str:
    """``ESR 1.3e-8`` or ``ESR 0.0123``; empty where it is not known."""
    if esr is None:
        return ""
    return f"ESR {esr:.1e}".replace("e-0", "e-") if esr < 0.001 else f"ESR {esr:.2g}"


def model_details(model: FoundModel) -> str:
    """A model's second line: architecture, figure, whether it still trains."""
    parts = [model.architecture, esr_text(model.esr)]
    if model.training:
        parts.append("training")
    elif model.run.status.state in ("interrupted", "failed", "cancelled"):
        parts.append("stopped early")
    return " · ".join(part for part in parts if part)


class ModelList(QWidget):
    """Runs that have a model, newest first; two lines each.

    Signals
    -------
    chosen(str)
        The user chose the run of that id.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Models")
        self.list.currentItemChanged.connect(self._current_changed)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(HALF)
        heading = label("Models", "strong", "soft")
        heading.setContentsMargins(SPACE, HALF, 0, 0)
        box.addWidget(heading)
        box.addWidget(self.list)
        theme_of(self).changed.connect(self.list.viewport().update)

    def show_models(self, models: list[FoundModel], current: str, second: str = "") -> None:
        """Show these models, the current one selected; announces nothing."""
        self.list.blockSignals(True)
        self.list.clear()
        for model in models:
            item = QListWidgetItem(model.name)
            item.setData(ID_ROLE, model.id)
            item.setData(DETAIL_ROLE, model_details(model))
            item.setData(
                MARK_ROLE,
                "model" if model.id == current else "second" if model.id == second else "",
            )
            item.setToolTip(f"{model.name}\n{model_details(model)}\n{model.path}")
            self.list.addItem(item)
            if model.id == current:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)

    def _current_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(str(item.data(ID_ROLE)))


class _Delegate(QStyledItemDelegate):
    """Paints a row: a mark in the signal's colour, the name, the details."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        theme = theme_of()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.colour("accent_soft"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.colour("hover"))
        mark = str(index.data(MARK_ROLE) or "")
        if mark:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme.colour(mark))
        inner = QRectF(rect).adjusted(1.5 * SPACE, 6, -SPACE, -6)
        self._line(painter, inner, str(index.data()), top=True)
        self._line(painter, inner, str(index.data(DETAIL_ROLE)), top=False)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.colour("accent"))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()

    @staticmethod
    def _line(painter: QPainter, rect: QRectF, text: str, *, top: bool) -> None:
        chosen = font("strong" if top else "small")
        painter.setFont(chosen)
        painter.setPen(theme_of().colour("text" if top else "soft"))
        vertical = Qt.AlignmentFlag.AlignTop if top else Qt.AlignmentFlag.AlignBottom
        elided = QFontMetrics(chosen).elidedText(
            text, Qt.TextElideMode.ElideRight, int(rect.width())
        )
        painter.drawText(rect, int(vertical | Qt.AlignmentFlag.AlignLeft), elided)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(120, ROW_HEIGHT)
