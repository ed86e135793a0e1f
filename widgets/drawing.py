"""Line drawings (SVG) in the theme's colours: circuit diagrams, crisp at any size."""

from __future__ import annotations

import re
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import theme_of
from widgets.tokens import SPACE

STROKE = "#123456"
"""The one colour that drawings are made in; it stands for the theme's."""
MAX_CHARACTERS = 400_000
MOST_SHARE = 0.43
"""Of its width, that a drawing may be high: tall ones would push away what stands below."""
_WORDS = re.compile(r"<text\b[^>]*>[^<]*</text>")
_LINE = re.compile(r'stroke-width="([0-9.]+)"')


@lru_cache(maxsize=128)
def _renderer(svg: str, colour: str) -> QSvgRenderer:
    made = QSvgRenderer(QByteArray(svg.replace(STROKE, colour).encode()))
    made.setAspectRatioMode(made.aspectRatioMode().KeepAspectRatio)
    return made


def paint_drawing(painter: QPainter, area: QRectF, svg: str, colour: str) -> None:
    """Draw an SVG into an area in one colour, as large as fits, in its middle.

    What is no SVG, or too much of one (:data:`MAX_CHARACTERS`), is left out.
    """
    if not svg or len(svg) > MAX_CHARACTERS:
        return
    renderer = _renderer(svg, colour)
    size = renderer.viewBoxF().size()
    if not renderer.isValid() or size.isEmpty() or area.isEmpty():
        return
    scale = min(area.width() / size.width(), area.height() / size.height())
    inside = QRectF(0, 0, scale * size.width(), scale * size.height())
    inside.moveCenter(area.center())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, inside)
    painter.restore()


def thumbnail(svg: str) -> str:
    """A drawing to be shown small: its words, which nobody could read, are left out."""
    bare = _WORDS.sub("", svg)
    return _LINE.sub(lambda found: f'stroke-width="{1.7 * float(found[1]):.2f}"', bare)


def shape_of(svg: str) -> float:
    """Height over width of a drawing; a half for what is none."""
    if not svg or len(svg) > MAX_CHARACTERS:
        return 0.5
    size = _renderer(svg, STROKE).viewBoxF().size()
    return 0.5 if size.isEmpty() else size.height() / size.width()


class Drawing(QWidget):
    """A line drawing on the ground of plots, as high as its width lets it be."""

    def __init__(
        self, svg: str = "", parent: QWidget | None = None, *, least: int = 160, most: int = 300
    ) -> None:
        super().__init__(parent)
        self._svg = svg
        self._least, self._most = least, most
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Circuit diagram")
        theme_of(self).changed.connect(self.update)

    @property
    def svg(self) -> str:
        """What is drawn."""
        return self._svg

    def show_svg(self, svg: str, name: str = "") -> None:
        """Draw something else; ``name`` is what it shows, for those who cannot see it."""
        self._svg = svg
        self.setAccessibleName(f"Circuit diagram: {name}" if name else "Circuit diagram")
        self._fit()
        self.update()

    def _fit(self) -> None:
        wanted = round((self.width() - 2 * SPACE) * shape_of(self._svg)) + 2 * SPACE
        most = min(self._most, round(MOST_SHARE * self.width()))
        self.setFixedHeight(max(min(wanted, most), self._least))

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(2 * self._least, self._least)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least, self._least)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("line"))
        painter.setBrush(theme.colour("field"))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, SPACE / 2, SPACE / 2)
        inside = box.adjusted(SPACE, SPACE, -SPACE, -SPACE)
        paint_drawing(painter, inside, self._svg, theme.tokens.text)
        painter.end()


def path_svg(knobs: int, *, circuit: bool = True) -> str:
    """The signal's path through a device that has no drawing: in, a box with its knobs, out."""
    shown = min(knobs, 6)
    gap = min(52, 200 / max(shown, 1))
    left = 240 - gap * (shown - 1) / 2
    turned = "".join(
        f'<circle cx="{left + gap * place:g}" cy="92" r="15"/>'
        f'<path d="M{left + gap * place:g} 92 l7 -11"/>'
        for place in range(shown)
    )
    inside = (
        '<path d="M190 150 h24 l8 -14 16 28 16 -28 16 28 8 -14 h24"/>'
        if circuit
        else '<path d="M180 164 c50 0 40 -32 60 -32 s10 0 60 0"/>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-120 36 720 168" fill="none" '
        f'stroke="{STROKE}" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">'
        '<rect x="110" y="50" width="260" height="140" rx="8"/>'
        '<circle cx="34" cy="150" r="5"/><path d="M39 150 H110"/>'
        '<path d="M370 150 H441"/><circle cx="446" cy="150" r="5"/>'
        f"{turned}{inside}</svg>"
    )
