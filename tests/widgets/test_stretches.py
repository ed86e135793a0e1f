"""Stretches found and joined by pixel, marks over them, columns set pixel by pixel."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from widgets.envelope import by_pixel, joined, paint_columns
from widgets.marks import Mark, Marks
from widgets.stretches import Stretches, paint_dense
from widgets.theme import Theme

pair = st.tuples(st.floats(0, 100), st.floats(0.01, 20)).map(lambda p: (p[0], p[0] + p[1]))


@settings(max_examples=100, deadline=None)
@given(st.lists(pair, max_size=30), st.floats(0, 80), st.floats(0.5, 100))
def test_spans_cover_what_is_there_and_not_much_more(
    stretches: list[tuple[float, float]], start: float, span: float
) -> None:
    spans = Stretches(stretches).spans(start, start + span, 0.0, 1000.0)
    scale = 1000.0 / span
    for left, right in spans:
        assert -1e-6 <= left < right <= 1000.0 + 1e-6
    for (_, right), (left, _) in pairwise(spans):
        assert left > right
    for begin, end in stretches:
        if end <= start or begin >= start + span:
            continue
        middle = (max(begin, start) + min(end, start + span)) / 2
        pixel = (middle - start) * scale
        assert any(left - 1 <= pixel <= right + 1 for left, right in spans)
    for left, right in spans:
        middle = start + (left + right) / 2 / scale
        reach = 2.5 / scale
        touched = [p for p in stretches if p[0] - reach <= middle <= p[1] + reach]
        assert touched or right - left > 1


def test_thousands_of_stretches_become_no_more_areas_than_pixels() -> None:
    many = Stretches((at, at + 0.001) for at in np.linspace(0, 1000, 20_000))
    assert len(many.spans(0, 1000, 0.0, 900.0)) <= 900
    assert many.dense(0, 1000)
    assert not many.dense(500.0, 500.2)
    assert len(many.spans(500.0, 500.2, 0.0, 900.0)) == pytest.approx(4, abs=1)
    assert many.at(0.0005)
    assert not many.at(0.03)


def test_marks_say_what_is_at_a_time() -> None:
    marks = Marks(
        [
            Mark(1, 2, "warning", "clipped"),
            Mark(1.5, 3, "problem", "silent"),
            Mark(8, 9, "cut"),
            Mark(1.2, 1.3, "warning", "clipped"),
        ]
    )
    assert marks.words_at(1.6, 0.0) == "clipped\nsilent"
    assert marks.words_at(8.5, 0.0) == "left out"
    assert marks.words_at(5.0, 0.1) == ""
    assert [mark.start for mark in marks.all] == [1, 1.2, 1.5, 8]


def picture(width: int = 40, height: int = 20) -> QImage:
    made = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    made.fill(0)
    return made


def alphas(image: QImage) -> np.ndarray:
    bits = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return bits >> 24


def test_columns_are_filled_from_top_to_bottom(theme: Theme) -> None:
    image = picture()
    painter = QPainter(image)
    edges = np.arange(41.0)
    top, bottom = np.full(40, 5.0), np.full(40, 12.0)
    top[30:] = bottom[30:] = np.nan
    paint_columns(painter, QRectF(0, 0, 40, 20), QColor("white"), edges, top, bottom)
    painter.end()
    seen = alphas(image) > 0
    assert seen[5:12, :30].all()
    assert not seen[:5].any()
    assert not seen[12:].any()
    assert not seen[:, 30:].any()


def test_silence_is_a_line_and_columns_touch() -> None:
    image = picture()
    painter = QPainter(image)
    top = np.where(np.arange(40) < 20, 3.0, 15.0)
    paint_columns(painter, QRectF(0, 0, 40, 20), QColor("white"), np.arange(41.0), top, top)
    painter.end()
    seen = alphas(image) > 0
    assert seen.any(axis=0).all()
    assert seen[4:15, 20].all()  # the step itself is drawn
    upper, lower = joined(np.array([1.0, 5.0]), np.array([2.0, 6.0]))
    assert (upper[1], lower[1]) == (2.0, 6.0)


def test_columns_wider_and_narrower_than_pixels() -> None:
    wide, _ = by_pixel(np.array([0.0, 4.0, 8.0]), np.array([1.0, 2.0]), np.array([3.0, 4.0]), 10)
    assert wide[:8].tolist() == [1.0] * 4 + [2.0] * 4
    assert np.isnan(wide[8:]).all()
    edges = np.arange(0, 10.5, 0.5)
    top = np.arange(20.0)
    upper, lower = by_pixel(edges, top, top + 1, 10)
    assert lower[3] == 8.0
    assert upper[3] <= 6.0


def test_dense_areas_are_painted_once() -> None:
    image = picture(100, 4)
    painter = QPainter(image)
    areas = [QRectF(at, 1, 0.4, 2) for at in (3.2, 3.4, 50.0)]
    paint_dense(painter, areas, QColor(255, 255, 255, 128))
    painter.end()
    seen = alphas(image)
    assert np.flatnonzero(seen[1]).tolist() == [3, 50]
    assert set(seen[1][seen[1] > 0].tolist()) == {128}
    assert not seen[0].any()
