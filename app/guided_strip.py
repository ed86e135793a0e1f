"""The guided example's steps in a strip under the top bar: where it is, how far, stop."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.guided import STEPS, GuidedExample
from widgets.buttons import push_button
from widgets.theme import font, label
from widgets.tokens import HALF, SPACE


class GuidedStrip(QWidget):
    """Shown while the guided example is at work."""

    def __init__(self, guided: GuidedExample, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._guided = guided
        self._steps = [label("", "small", "soft", self) for _ in STEPS]
        self._text = label("", "small", "soft", self)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._bar.setAccessibleName("Progress of this step")
        stop = push_button("Stop here", None, self)
        stop.clicked.connect(lambda _checked=False: guided.stop())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, HALF, SPACE, HALF)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(label("Guided example", "strong"))
        for step in self._steps:
            layout.addWidget(step)
        layout.addStretch(1)
        layout.addWidget(self._bar)
        layout.addWidget(stop)
        guided.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        guided = self._guided
        self.setVisible(guided.active)
        for index, (name, step) in enumerate(zip(STEPS, self._steps, strict=True)):
            mark = "\u2713" if index < guided.step else str(index + 1)
            step.setText(f"{mark}  {name}")
            step.setFont(font("strong" if index == guided.step else "body"))
            step.setEnabled(index <= guided.step)
        self._bar.setRange(0, 0 if guided.fraction is None else 1000)
        if guided.fraction is not None:
            self._bar.setValue(round(1000 * guided.fraction))
        self.setToolTip(guided.text)
