"""Above the list of captures: what the set is, what is shown of it, the safe fixes at once."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from app.stages.capture_rows import CaptureModel, CaptureRow, Order, Show, summary
from app.stages.decision_words import batch_words
from widgets.buttons import push_button, tool_button
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

FILTER_FROM = 6
"""So many captures make a filter worth its place."""
SHOWS: tuple[tuple[Show, str], ...] = (
    ("all", "All"),
    ("problems", "Only with something to look at"),
    ("left-out", "Only left out"),
    ("train", "Only in training"),
    ("validation", "Only in validation"),
    ("test", "Only in test"),
)
ORDERS: tuple[tuple[Order, str], ...] = (
    ("imported", "As they came"),
    ("name", "By name"),
    ("knobs", "By knobs"),
    ("verdict", "Gravest verdict first"),
)


class CaptureHead(QWidget):
    """Title, summary, filter, and the button that takes every safe fix.

    Signals
    -------
    filter_changed()
        The model has been told to show something else.
    fix_all()
        Take every safe fix of the project.
    coverage_wanted(), knobs_wanted()
        Show the settings as a grid; edit the project's knobs.
    """

    filter_changed = Signal()
    fix_all = Signal()
    coverage_wanted = Signal()
    knobs_wanted = Signal()

    def __init__(self, model: CaptureModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._summary = label("", "small", "soft", self, wrap=True)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Filter by name or knob")
        self.search.setAccessibleName("Filter the captures")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(CONTROL_HEIGHT)
        self.search.textChanged.connect(lambda _text: self._apply())
        self.menu_button = tool_button("menu", "Which are shown, in which order", "", self)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(self._make_menu())
        self.coverage = tool_button("lanes", "Which settings are there", "", self)
        self.coverage.clicked.connect(lambda _checked=False: self.coverage_wanted.emit())
        self.knobs = tool_button("settings", "Knobs of the device", "", self)
        self.knobs.clicked.connect(lambda _checked=False: self.knobs_wanted.emit())
        self.fix_button = push_button("", "check", self)
        self.fix_button.clicked.connect(lambda _checked=False: self.fix_all.emit())
        self._lay_out()
        self.refresh()

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        self.shows = self._group(menu, SHOWS)
        menu.addSeparator()
        self.orders = self._group(menu, ORDERS)
        return menu

    def _group(
        self, menu: QMenu, choices: tuple[tuple[Show, str], ...] | tuple[tuple[Order, str], ...]
    ) -> QActionGroup:
        group = QActionGroup(menu)
        for key, text in choices:
            action = QAction(text, menu)
            action.setCheckable(True)
            action.setData(key)
            group.addAction(action)
            menu.addAction(action)
        group.actions()[0].setChecked(True)
        group.triggered.connect(lambda _action: self._apply())
        return group

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, 0, 0, 0)
        head.setSpacing(HALF)
        head.addWidget(label("Captures", "heading"))
        head.addStretch(1)
        for button in (self.coverage, self.knobs, self.menu_button):
            head.addWidget(button)
        inset = QHBoxLayout()
        inset.setContentsMargins(SPACE, 0, 0, 0)
        inset.addWidget(self._summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addLayout(head)
        column.addLayout(inset)
        column.addWidget(self.search)
        column.addWidget(self.fix_button)

    def _apply(self) -> None:
        show, order = self.shows.checkedAction(), self.orders.checkedAction()
        if order is not None and order.data() != self._model.order:
            self._model.set_order(order.data())
        if show is not None:
            self._model.set_filter(self.search.text(), show.data())
        self.filter_changed.emit()
        self.refresh()

    def refresh(self) -> None:
        """Say anew what the set is; the files of its captures may have come."""
        rows = self._model.all_rows
        text = summary(rows)
        if self._model.filtered:
            text = f"{len(self._model.rows)} of {text}"
        self._summary.setText(text)
        self._summary.setVisible(bool(text))
        self.search.setVisible(len(rows) >= FILTER_FROM or self._model.filtered)
        for button in (self.menu_button, self.coverage):
            button.setVisible(len(rows) > 1)
        self.knobs.setVisible(bool(rows))
        self._show_fixes(rows)

    def _show_fixes(self, rows: list[CaptureRow]) -> None:
        fixes = [fix for row in rows for fix in row.safe_fixes]
        count = len(fixes)
        self.fix_button.setVisible(count > 0)
        self.fix_button.setText("Apply 1 safe fix" if count == 1 else f"Apply {count} safe fixes")
        self.fix_button.setToolTip(f"{batch_words(fixes)}. Your files stay as they are.")
        self.fix_button.setAccessibleDescription(batch_words(fixes))
