"""Colour maps whose steps look alike to the eye, in the order of brightness."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QImage

LEVELS = "inferno"
"""For levels in dB: black is silence, also in print."""
COUNTS = "viridis"
"""For how often something happens."""


def lookup(name: str, *, clear_zero: bool = False) -> NDArray[np.uint8]:
    """A table uint8[256, 4] of red, green, blue and opacity; ``clear_zero`` lets 0 through."""
    table = np.array(
        pg.colormap.get(name).getLookupTable(nPts=256, alpha=True, mode="byte"), np.uint8
    )
    if clear_zero:
        table[0, 3] = 0
    return table


def gradient_image(name: str, height: int) -> QImage:
    """A bar of a colour map, a pixel wide, the highest value on top."""
    rows = np.linspace(255, 0, max(height, 1)).round().astype(int)
    pixels = np.ascontiguousarray(lookup(name)[rows])
    return QImage(pixels.tobytes(), 1, len(rows), 4, QImage.Format.Format_RGBA8888).copy()
