"""Legends that also switch: a line in the signal's style, its name, its value at the cursor."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from widgets.theme import font, theme_of
from widgets.tokens import RADIUS

_LONGEST_NAME = 180.0

PEN_STYLES: dict[str, Qt.PenStyle] = {
    "solid": Qt.PenStyle.SolidLine,
    "dash": Qt.PenStyle.DashLine,
    "dot": Qt.PenStyle.DotLine,
    "dashdot": Qt.PenStyle.DashDotLine,
    "dashdotdot": Qt.PenStyle.DashDotDotLine,
}


def signal_pen(colour: QColor, style: str = "solid", width: float = 1.5) -> QPen:
    """A pen of one width at any zoom, in a named style."""
    pen = QPen(colour, width, PEN_STYLES[style])
    pen.setCosmetic(True)
    return pen


def line_width(role: str) -> float:
    """How thick a signal is drawn over others: wet below the model, so that both can be seen."""
    return 3.5 if role == "wet" else 1.5


class LegendChip(QAbstractButton):
    """A signal in the legend; checked while it is shown."""

    def __init__(
        self,
        text: str,
        role: str,
        style: str = "solid",
        value_width: int = 10,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._style = role, style
        self._value = ""
        self._digits = value_width
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(True)
        self.setAccessibleName(f"Show {text}")
        self.setToolTip(f"Show or hide {text}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def role(self) -> str:
        """Its colour."""
        return self._role

    def set_value(self, text: str) -> None:
        """Show a value beside the name."""
        if text != self._value:
            self._value = text
            self.update()

    def _name_width(self) -> float:
        return min(QFontMetricsF(font("body")).horizontalAdvance(self.text()), _LONGEST_NAME)

    # Qt overrides

    def sizeHint(self) -> QSize:
        name = self._name_width()
        value = QFontMetricsF(font("figures")).horizontalAdvance("0") * self._digits
        return QSize(round(30 + name + value + 8), 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(
                QPen(theme.colour("accent"), 1) if self.hasFocus() else Qt.PenStyle.NoPen
            )
            painter.setBrush(theme.colour("hover"))
            box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        shown = self.isChecked()
        colour = theme.colour(self._role if shown else "faint", 1.0 if shown else 0.5)
        painter.setPen(QPen(colour, 2.5, PEN_STYLES[self._style]))
        middle = self.height() / 2
        painter.drawLine(QPointF(4, middle), QPointF(22, middle))
        face = font("body")
        face.setStrikeOut(not shown)
        painter.setFont(face)
        painter.setPen(theme.colour("text" if shown else "faint"))
        width = self._name_width()
        name = QFontMetricsF(face).elidedText(self.text(), Qt.TextElideMode.ElideMiddle, width + 2)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(27, 0, width + 2, self.height()), flags, name)
        painter.setFont(font("figures"))
        painter.setPen(theme.colour("soft"))
        left = 27 + width + 6
        value_area = QRectF(left, 0, self.width() - left - 2, self.height())
        painter.drawText(value_area, flags, self._value if shown else "")
        painter.end()
