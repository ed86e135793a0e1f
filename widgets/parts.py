"""Parts of a signal (training, validation, test) and how they are marked in a view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from widgets.hatch import paint_hatch
from widgets.icons import paint_icon
from widgets.theme import Theme, font

PartKind = Literal["train", "validation", "test", "unused"]
PART_ROLES: dict[PartKind, str] = {
    "train": "soft",
    "validation": "accent",
    "test": "warn",
    "unused": "faint",
}
PART_WORDS: dict[PartKind, str] = {
    "train": "training",
    "validation": "validation",
    "test": "test",
    "unused": "left out",
}
PART_EDGE = 3.0


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch ``start`` to ``stop``, in seconds, and what it is for."""

    kind: PartKind
    start: float
    stop: float


def paint_part(painter: QPainter, area: QRectF, part: Part, theme: Theme) -> None:
    """Shade a part over a plot: an edge on top, a hatch where it is kept apart."""
    role = PART_ROLES[part.kind]
    if part.kind in ("test", "unused"):
        shade = theme.colour(role, 0.05)
        paint_hatch(painter, area, theme.colour(role, 0.10), Qt.BrushStyle.BDiagPattern, shade)
    elif part.kind != "train":
        painter.fillRect(area.toRect(), theme.colour(role, 0.05))
    if part.kind != "train":
        painter.fillRect(QRectF(area.left(), area.top(), 1, area.height()), theme.colour(role, 0.4))
    paint_part_edge(painter, area, part, theme)


def paint_part_name(painter: QPainter, area: QRectF, part: Part, theme: Theme) -> None:
    """Write a part's name over a plot's top, with a lock on what no training may see."""
    role = PART_ROLES[part.kind]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font("small"))
    words = PART_WORDS[part.kind]
    width = QFontMetricsF(painter.font()).horizontalAdvance(words)
    lock = 16.0 if part.kind == "test" else 0.0
    if area.width() < width + lock + 16:
        return
    pill = QRectF(area.left() + 3, area.top() + PART_EDGE + 2, width + lock + 10, 17)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("field", 0.85))
    painter.drawRoundedRect(pill, 3, 3)
    x = pill.left() + 5
    if lock:
        icon_area = QRectF(x - 1, pill.top() + 2, 13, 13)
        paint_icon(painter, icon_area, "lock", theme.tokens.colour(role))
        x += lock
    painter.setPen(theme.colour(role))
    text_area = QRectF(x, pill.top(), width + 2, pill.height())
    painter.drawText(text_area, Qt.AlignmentFlag.AlignVCenter, words)


def paint_part_edge(painter: QPainter, area: QRectF, part: Part, theme: Theme) -> None:
    """The line in a part's colour along the top."""
    edge = QRectF(area.left(), area.top(), area.width(), PART_EDGE)
    painter.fillRect(edge, theme.colour(PART_ROLES[part.kind], 0.8))
