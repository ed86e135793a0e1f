"""Marks: where in a signal a verdict is, and what is left out, in a look for each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from widgets.hatch import paint_hatch
from widgets.icons import pixmap
from widgets.stretches import Layer, PaintAreas, Stretches, paint_dense
from widgets.theme import Theme, font

MarkLevel = Literal["info", "warning", "problem", "cut"]
MARK_LEVELS: tuple[MarkLevel, ...] = ("cut", "info", "warning", "problem")
"""From the one painted first to the one on top."""
LEFT_OUT = "left out"
_ROLES: dict[MarkLevel, str] = {
    "info": "accent",
    "warning": "warn",
    "problem": "bad",
    "cut": "faint",
}
_ICONS: dict[MarkLevel, str] = {"info": "info", "warning": "warning", "problem": "error"}
_PATTERNS: dict[MarkLevel, Qt.BrushStyle] = {
    "info": Qt.BrushStyle.VerPattern,
    "warning": Qt.BrushStyle.FDiagPattern,
    "problem": Qt.BrushStyle.DiagCrossPattern,
    "cut": Qt.BrushStyle.BDiagPattern,
}
_ICON = 14.0
_FOOT = 3.0
_WIDE = 4.0
"""Pixels: what is narrower is a plain line, since a hatch could not be seen."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch ``start`` to ``stop``, in seconds, and what is said of it."""

    start: float
    stop: float
    level: MarkLevel = "warning"
    text: str = ""


class Marks:
    """Marks by level, and in their order of time."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self.all: tuple[Mark, ...] = tuple(sorted(marks, key=lambda mark: (mark.start, mark.stop)))
        self._by_level = {
            level: Stretches((m.start, m.stop) for m in self.all if m.level == level)
            for level in MARK_LEVELS
        }

    def layers(self, theme: Theme, *, named: bool) -> list[Layer]:
        """How a plot shows them; ``named`` adds icons and words, as the topmost plot has them."""
        return [
            Layer(self._by_level[level], _painter(theme, level, named=named), 2.0)
            for level in MARK_LEVELS
        ]

    def foot_layers(self, theme: Theme) -> list[Layer]:
        """How the overview strip shows them: a line in their colour along its foot."""
        return [
            Layer(self._by_level[level], _foot_painter(theme, level), 2.0) for level in MARK_LEVELS
        ]

    def at(self, seconds: float, reach: float = 0.0) -> list[Mark]:
        """The marks that cover a time, or lie within ``reach`` seconds of it."""
        first, last = seconds - reach, seconds + reach
        return [mark for mark in self.all if mark.start <= last and mark.stop >= first]

    def words_at(self, seconds: float, reach: float) -> str:
        """What is said of a time, a line each, without repeats."""
        texts = [mark.text or LEFT_OUT for mark in self.at(seconds, reach)]
        return "\n".join(list(dict.fromkeys(texts))[:4])


def _painter(theme: Theme, level: MarkLevel, *, named: bool) -> PaintAreas:
    role = _ROLES[level]
    cut = level == "cut"
    hatch, pattern = theme.colour(role, 0.55 if cut else 0.4), _PATTERNS[level]
    shade = theme.colour("window" if cut else role, 0.55 if cut else 0.12)
    edge = theme.colour(role, 0.9)

    def paint(painter: QPainter, areas: Sequence[QRectF], dense: bool) -> None:
        if dense:
            paint_dense(painter, areas, theme.colour(role, 0.4))
            paint_dense(painter, _feet(areas, _FOOT), edge)
            return
        for area in areas:
            if area.width() <= _WIDE:
                painter.fillRect(area.toRect(), theme.colour(role, 0.4))
            else:
                paint_hatch(painter, area, hatch, pattern, shade)
                for x in (area.left(), area.right() - 1):
                    painter.fillRect(QRectF(x, area.top(), 1, area.height()), edge)
        for foot in _feet(areas, _FOOT):
            painter.fillRect(foot, edge)
        if not named:
            return
        if cut:
            for area in areas:
                _write(painter, area, LEFT_OUT, theme)
        else:
            _stamp(painter, areas, level, theme)

    return paint


def _stamp(painter: QPainter, areas: Sequence[QRectF], level: MarkLevel, theme: Theme) -> None:
    """The level's icon at the foot, on a ground of its own so that it can be read over audio."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    sign = pixmap(_ICONS[level], _ROLES[level], 14, ratio)
    ground = theme.colour("field", 0.85)
    reached = -math.inf
    for area in areas:
        left = area.center().x() - _ICON / 2 if area.width() < 2 * _ICON else area.left() + 3
        if left < reached:
            continue
        reached = left + _ICON + 4
        top = area.bottom() - _FOOT - _ICON - 3
        painter.fillRect(QRectF(left - 1, top - 1, _ICON + 2, _ICON + 2), ground)
        painter.drawPixmap(QPointF(left, top), sign)


def _write(painter: QPainter, area: QRectF, words: str, theme: Theme) -> None:
    painter.setFont(font("small"))
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(words)
    if area.width() < width + 16:
        return
    pill = QRectF(area.center().x() - width / 2 - 5, area.bottom() - 24, width + 10, 17)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("field", 0.85))
    painter.drawRoundedRect(pill, 3, 3)
    painter.setPen(theme.colour("soft"))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)
    painter.setPen(Qt.PenStyle.NoPen)


def _foot_painter(theme: Theme, level: MarkLevel) -> PaintAreas:
    colour = theme.colour(_ROLES[level])

    def paint(painter: QPainter, areas: Sequence[QRectF], dense: bool) -> None:
        paint_dense(painter, _feet(areas, 4.0), colour)

    return paint


def _feet(areas: Sequence[QRectF], height: float) -> list[QRectF]:
    return [QRectF(area.left(), area.bottom() - height, area.width(), height) for area in areas]
