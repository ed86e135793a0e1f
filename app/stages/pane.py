"""The frame that the panes for new things share: a title, a way back, rows in one line."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE

PANE_WIDTH = 720


def pane_column(
    pane: QWidget, title: str, back: QPushButton, width: int = PANE_WIDTH
) -> QVBoxLayout:
    """Lay out a pane: title and back button above a column that scrolls; returns the column."""
    inside = QWidget(pane)
    inside.setMaximumWidth(width)
    column = QVBoxLayout(inside)
    column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
    column.setSpacing(2 * SPACE)
    head = QHBoxLayout()
    head.addWidget(label(title, "title"))
    head.addStretch(1)
    head.addWidget(back)
    column.addLayout(head)
    centred = QWidget(pane)
    row = QHBoxLayout(centred)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(inside, 1)
    row.addStretch(0)
    area = QScrollArea(pane)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(centred)
    outer = QVBoxLayout(pane)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(area)
    return column


def rows_layout() -> QFormLayout:
    """A form's layout in the spacing that schema forms have too."""
    form = QFormLayout()
    form.setHorizontalSpacing(2 * SPACE)
    form.setVerticalSpacing(SPACE)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def align_captions(forms: Iterable[QFormLayout]) -> None:
    """Give the captions of several forms one width, so that their fields line up."""
    captions = list(chain.from_iterable(_captions(form) for form in forms))
    width = max((caption.sizeHint().width() for caption in captions), default=0)
    for caption in captions:
        caption.setMinimumWidth(width)
        caption.setMinimumHeight(CONTROL_HEIGHT)
        caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def _captions(form: QFormLayout) -> Iterable[QLabel]:
    for row in range(form.rowCount()):
        item = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        caption = item.widget() if item is not None else None
        if isinstance(caption, QLabel):
            yield caption


def form_layouts(*widgets: QWidget | None) -> list[QFormLayout]:
    """The form layouts of some widgets."""
    layouts = [widget.layout() for widget in widgets if widget is not None]
    return [layout for layout in layouts if isinstance(layout, QFormLayout)]


def plain_buttons(box: QDialogButtonBox) -> None:
    """Take the desktop's own icons off a dialog's buttons; they are of no family of ours."""
    for button in box.buttons():
        button.setIcon(QIcon())
