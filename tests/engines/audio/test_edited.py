"""What was decided about wet is what readers get, and the files stay as they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.audio.blocks import ArrayAudio
from engines.audio.edited import EditedAudio, edited
from projects.manifest import Edits, Section, Stretch

RATE = 48_000


@given(n=st.integers(1, 60), shift=st.integers(-80, 80), flip=st.booleans(), data=st.data())
def test_pieces_are_those_of_the_whole(n: int, shift: int, flip: bool, data: st.DataObject) -> None:
    wet = np.arange(1, n + 1, dtype=np.float32)
    edits = Edits(shift=shift, flip=flip)
    whole = edited(wet, edits)
    sign = -1.0 if flip else 1.0
    expected = [sign * wet[i + shift] if 0 <= i + shift < n else 0.0 for i in range(n)]
    np.testing.assert_array_equal(whole, np.array(expected, np.float32))
    start = data.draw(st.integers(0, n))
    stop = data.draw(st.integers(0, n))
    piece = EditedAudio(ArrayAudio(wet, RATE), edits).read(start, stop)
    np.testing.assert_array_equal(piece, whole[start:stop] if stop > start else whole[:0])


@given(
    n=st.integers(1, 100),
    shift=st.integers(-120, 120),
    cuts=st.lists(st.tuples(st.integers(0, 99), st.integers(1, 30)), max_size=4),
    section=st.tuples(st.integers(0, 80), st.integers(1, 40)),
)
def test_gaps_are_what_cannot_be_used(
    n: int, shift: int, cuts: list[tuple[int, int]], section: tuple[int, int]
) -> None:
    edits = Edits(shift=shift, cuts=tuple(Stretch(start=a, stop=a + b) for a, b in cuts))
    unusable = {i for i in range(n) if not 0 <= i + shift < n}
    unusable |= {i for a, b in cuts for i in range(a, min(n, a + b))}
    gaps = edits.gaps(n)
    assert {i for gap in gaps for i in range(gap.start, gap.stop)} == unusable
    assert all(left.stop < right.start for left, right in pairwise(gaps))
    start, length = section
    whole = Section(start=start, stop=start + length, part="test")
    left = whole.without(gaps)
    kept = {i for piece in left for i in range(piece.start, piece.stop)}
    assert kept == set(range(start, start + length)) - unusable
    assert all(piece.part == "test" for piece in left)


def test_an_empty_stretch_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Stretch(start=3, stop=3)
