"""Axes of plots: what stands at their ticks, and a way to paint them that is quick enough to drag.

pyqtgraph's own axis took four milliseconds a frame to place two dozen ticks.
"""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

_TICK = 4.0
_GAP = 4.0
_OVERHANG = 16.0
_MARGIN = 6.0
"""Pixels that a plot has on its right for the last words below it."""
_ROW_PIXELS = 26.0
_WORD_PIXELS = 13.0
_TICK_PIXELS = 90.0


class PlainAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis at the left or below: a line, ticks of two sizes, words at those that have room."""

    def __init__(self, orientation: str = "left") -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)
        # The first and the last words may reach a little beyond the axis.
        self.setStyle(hideOverlappingLabels=False)

    def _levels(self, length: float) -> list[tuple[float | None, list[float]]]:
        low, high = min(self.range), max(self.range)
        levels = self.tickValues(low, high, max(length, 1.0))
        return [(spacing, [float(value) for value in values]) for spacing, values in levels[:2]]

    def generateDrawSpecs(self, p: QPainter) -> tuple[Any, list[Any], list[Any]] | None:
        bounds = self.mapRectFromParent(self.geometry())
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high)) or low == high:
            return None
        upright = self.orientation == "left"
        length = bounds.height() if upright else bounds.width()
        levels = self._levels(length)
        pen = self.pen()
        ticks: list[Any] = []
        texts: list[Any] = []
        metrics = QFontMetricsF(self.style["tickFont"] or p.font())
        written = 0
        for rank, (spacing, values) in enumerate(levels):
            places = [(value - low) / (high - low) * length for value in values]
            size = _TICK if rank == 0 else _TICK / 2
            ticks += [(pen, *self._tick(bounds, place, size)) for place in places]
            words = rank == 0 or (upright and _ROW_PIXELS * (written + len(values)) < length)
            strings = self.tickStrings(values, self.scale, spacing) if words and values else []
            every = math.ceil(len(values) * _WORD_PIXELS / max(length, 1.0)) if upright else 1
            written += len(strings)
            for value, place, text in zip(values, places, strings, strict=False):
                if every > 1 and spacing and round(value / spacing) % every:
                    continue  # a low lane has room for some of its words
                rect = self._text_rect(bounds, place, metrics.horizontalAdvance(text), metrics)
                if text and rect is not None:
                    texts.append((rect, Qt.AlignmentFlag.AlignCenter, text))
        if upright:
            line = (pen, bounds.topRight(), bounds.bottomRight())
        else:
            line = (pen, bounds.topLeft(), bounds.topRight())
        return line, ticks, texts

    def _tick(self, bounds: QRectF, place: float, size: float) -> tuple[QPointF, QPointF]:
        if self.orientation == "left":
            y = bounds.bottom() - place
            return QPointF(bounds.right() - size, y), QPointF(bounds.right(), y)
        x = bounds.left() + place
        return QPointF(x, bounds.top()), QPointF(x, bounds.top() + size)

    def _text_rect(
        self, bounds: QRectF, place: float, width: float, metrics: QFontMetricsF
    ) -> QRectF | None:
        height = metrics.height()
        if self.orientation == "left":
            y = bounds.bottom() - place - height / 2
            if y < bounds.top() - height / 2 or y > bounds.bottom() - height / 2:
                return None
            y = min(max(y, bounds.top() - 2), bounds.bottom() - height + 2)
            return QRectF(bounds.right() - _TICK - _GAP - width, y, width, height)
        x = bounds.left() + place - width / 2
        if x < bounds.left() - _OVERHANG or x + width > bounds.right() + _OVERHANG:
            return None
        x = min(x, bounds.right() + _MARGIN - width)
        return QRectF(x, bounds.top() + _TICK + 2, width, height)


class TimeAxis(PlainAxis):
    """Seconds, as ``1:02.5`` once there are minutes; ticks at whole minutes and quarters too."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self._last: tuple[tuple[float, float, float], list[Any]] | None = None

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[Any]:
        asked = (minVal, maxVal, size)
        if self._last is None or self._last[0] != asked:
            major, minor = time_steps(maxVal - minVal, size)
            self._last = (
                asked,
                [
                    (major, multiples(minVal, maxVal, major)),
                    (minor, multiples(minVal, maxVal, minor)),
                ],
            )
        return self._last[1]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        digits = max(0, min(6, -math.floor(math.log10(spacing)))) if spacing > 0 else 0
        return [time_text(value, digits) for value in values]


class NumberAxis(PlainAxis):
    """Plain numbers with a true minus; powers of ten where the axis is logarithmic."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [text.replace("-", "\u2212") for text in super().tickStrings(values, scale, spacing)]

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [_power_text(value) for value in values]


class FrequencyAxis(PlainAxis):
    """Hertz: on a logarithmic axis (values are powers of ten) ticks at 20, 50, 100 and so on."""

    def __init__(self, orientation: str = "bottom") -> None:
        super().__init__(orientation)
        self.logarithmic = True

    def set_logarithmic(self, on: bool) -> None:
        """Read values as powers of ten, or as hertz."""
        self.logarithmic = on
        self.picture = None
        self.update()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[Any]:
        if not self.logarithmic:
            return list(super().tickValues(minVal, maxVal, size))
        major: list[float] = []
        minor: list[float] = []
        for decade in range(math.floor(minVal), math.ceil(maxVal) + 1):
            for digit in range(1, 10):
                place = decade + math.log10(digit)
                if minVal <= place <= maxVal:
                    (major if digit in (1, 2, 5) else minor).append(place)
        return [(1.0, major), (0.1, minor)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if not self.logarithmic:
            return [frequency_text(round(value, 6)) for value in values]
        if spacing < 1:
            return []
        return [frequency_text(round(10**value, 6)) for value in values]


TIME_STEPS = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
"""Seconds between written ticks, from a second on; below, 1, 2 and 5 of each power of ten."""
_FINE = {15.0: 5.0, 30.0: 10.0, 60.0: 15.0, 900.0: 300.0, 1800.0: 600.0, 3600.0: 900.0}


def time_steps(span: float, pixels: float) -> tuple[float, float]:
    """The steps in seconds between written ticks, and between those without words."""
    least = span * _TICK_PIXELS / max(pixels, 1.0)
    if least > TIME_STEPS[-1]:
        major = TIME_STEPS[-1] * math.ceil(least / TIME_STEPS[-1])
        return major, major / 4
    if least > 1.0:
        major = next(step for step in TIME_STEPS if step >= least)
        return major, _FINE.get(major, major / 5 if major in (5.0, 10.0) else major / 4)
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    digit = next(d for d in (1, 2, 5, 10) if d * power >= least * (1 - 1e-9))
    return digit * power, digit * power / (4 if digit == 2 else 5)


def multiples(low: float, high: float, step: float) -> list[float]:
    """The multiples of a step between two values, a thousand at most."""
    first, last = math.ceil(low / step), math.floor(high / step)
    return [number * step for number in range(first, min(last, first + 1000) + 1)]


def time_text(seconds: float, digits: int = 3) -> str:
    """Seconds as ``0.250``, ``1:02.5`` or ``1:00:02``."""
    sign = "\u2212" if seconds < -(10.0**-digits) / 2 else ""
    units = round(abs(seconds) * 10**digits)
    whole, part = divmod(units, 10**digits)
    minutes, rest = divmod(whole, 60)
    tail = f".{part:0{digits}d}" if digits else ""
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{sign}{hours}:{minutes:02d}:{rest:02d}{tail}"
    return f"{sign}{minutes}:{rest:02d}{tail}"


def frequency_text(hertz: float) -> str:
    """A frequency as ``50`` or ``5k``."""
    return f"{hertz / 1000:g}k" if hertz >= 1000 else f"{hertz:g}"


def _power_text(exponent: float) -> str:
    """A power of ten as ``10⁻³``; the steps between are left without words."""
    nearest = round(exponent)
    if abs(exponent - nearest) > 1e-6:
        return ""
    raised = str(nearest).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}"
