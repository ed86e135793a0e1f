"""A level meter: peak and RMS on a dB scale, with a clip light that stays until clicked."""

from __future__ import annotations

import math
import time
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import font, theme_of

FLOOR_DB = -60.0
_MARKS = (-48, -36, -24, -12, 0)
_FALL_DB_PER_S = 24.0
_HOLD_S = 1.2
_TICK_MS = 40


def to_db(amplitude: float) -> float:
    """An amplitude (1.0 is full scale) in dBFS, not below the floor of the meter."""
    if not amplitude > 0 or not math.isfinite(amplitude):
        return FLOOR_DB if not amplitude > 0 else 0.0
    return max(20.0 * math.log10(amplitude), FLOOR_DB)


class LevelMeter(QWidget):
    """A horizontal meter, RMS as a solid bar, peak as a lighter one with a held mark.

    Signals
    -------
    clip_cleared()
        The user has clicked the clip light away.
    """

    clip_cleared = Signal()

    def __init__(
        self,
        name: str,
        colour: str = "accent",
        parent: QWidget | None = None,
        *,
        size: Literal["large", "small"] = "small",
    ) -> None:
        super().__init__(parent)
        self._height = 16 if size == "large" else 8
        self._name = name
        self._colour = colour
        self._peak = self._rms = self._held = FLOOR_DB
        self._held_at = 0.0
        self._clipped = False
        self._seen = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._fall)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{name} level")
        self._tell()

    @property
    def clipped(self) -> bool:
        """Whether a peak has reached full scale since the light was cleared."""
        return self._clipped

    def set_colour(self, role: str) -> None:
        """Take the colour of the signal that is measured."""
        self._colour = role
        self.update()

    def set_levels(self, peak: float, rms: float) -> None:
        """Show a block's levels.

        Parameters
        ----------
        peak, rms : float
            Amplitudes; 1.0 is full scale.
        """
        now = time.monotonic()
        self._peak = max(to_db(peak), self._peak - _FALL_DB_PER_S * _TICK_MS / 1000)
        self._rms = to_db(rms)
        if self._peak >= self._held or now - self._held_at > _HOLD_S:
            self._held, self._held_at = self._peak, now
        if not peak < 1.0:
            self._clipped = True
        self._seen = now
        if self._peak > FLOOR_DB and not self._timer.isActive():
            self._timer.start()
        self._tell()
        self.update()

    def clear_clip(self) -> None:
        """Put the clip light out."""
        if self._clipped:
            self._clipped = False
            self.clip_cleared.emit()
            self._tell()
            self.update()

    def reset(self) -> None:
        """Fall to silence at once."""
        self._timer.stop()
        self._peak = self._rms = self._held = FLOOR_DB
        self.update()

    def _fall(self) -> None:
        now = time.monotonic()
        if now - self._seen < 0.15:
            return
        drop = _FALL_DB_PER_S * _TICK_MS / 1000
        self._peak = max(self._peak - drop, FLOOR_DB)
        self._rms = max(self._rms - drop, FLOOR_DB)
        if now - self._held_at > _HOLD_S:
            self._held = max(self._held - 2 * drop, FLOOR_DB)
        if max(self._peak, self._rms, self._held) <= FLOOR_DB:
            self._timer.stop()
        self.update()

    def _tell(self) -> None:
        clip = "; it has clipped, click to clear" if self._clipped else ""
        self.setToolTip(f"{self._name}: peak and RMS in dBFS{clip}")
        self.setAccessibleDescription(f"peak {self._peak:.0f} dBFS{clip}")

    def _bar(self) -> QRectF:
        left = 30.0
        return QRectF(left, 4, self.width() - left - 14, self._height)

    def _x(self, level: float) -> float:
        bar = self._bar()
        return bar.left() + bar.width() * (level - FLOOR_DB) / -FLOOR_DB

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(168, 18 + self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 18 + self._height)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clear_clip()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        bar = self._bar()
        painter.setFont(font("small"))
        painter.setPen(theme.colour("soft"))
        painter.drawText(
            QRectF(0, bar.center().y() - 8, bar.left() - 6, 16),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            self._name,
        )
        painter.fillRect(bar, theme.colour("line"))
        peak, rms, held = (min(level, 0.0) for level in (self._peak, self._rms, self._held))
        for level, alpha in ((peak, 0.45), (rms, 1.0)):
            if level > FLOOR_DB:
                area = QRectF(bar.left(), bar.top(), self._x(level) - bar.left(), bar.height())
                painter.fillRect(area, theme.colour(self._colour, alpha))
        if held > FLOOR_DB:
            painter.fillRect(
                QRectF(self._x(held) - 1, bar.top(), 2, bar.height()), theme.colour("text")
            )
        light = QRectF(bar.right() + 4, bar.top(), 8, bar.height())
        painter.fillRect(light, theme.colour("bad" if self._clipped else "line"))
        tiny = font("small")
        tiny.setPointSizeF(tiny.pointSizeF() * 0.78)
        painter.setFont(tiny)
        for mark in _MARKS:
            x = self._x(mark)
            painter.fillRect(QRectF(x - 0.5, bar.bottom(), 1, 2), theme.colour("faint"))
            painter.setPen(theme.colour("faint"))
            text = f"\u2212{-mark}" if mark else "0"
            area = QRectF(x - 14, bar.bottom() + 2, 28, 11)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
