"""Patterns over file names: what is typed is what is read, for any name."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.sources.patterns import (
    Pattern,
    PatternError,
    normal,
    padded,
    read_number,
    read_numbers,
    without_suffix,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("0", 0), ("1", 1), ("100", 100), ("025", 0.25), ("05", 0.5), ("0025", 0.025), ("00", 0)),
        *(("-3.5", -3.5), ("2.5", 2.5), ("0.25", 0.25), (".5", 0.5), ("-05", -0.5), ("10", 10)),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert read_number(text) == value
    found = Pattern("a_{k}_b").match(f"a_{text}_b.wav")
    assert found is not None
    assert found.numbers == {"k": text}


def test_zeros_that_only_pad() -> None:
    assert read_numbers(["005", "050", "100"]) == {"005": 5, "050": 50, "100": 100}
    assert read_numbers(["0", "025", "05", "1"]) == {"0": 0, "025": 0.25, "05": 0.5, "1": 1}
    assert read_numbers(["00", "05", "10"]) == {"00": 0, "05": 5, "10": 10}
    assert not padded(["025", "075"])
    assert not padded(["1", "2", "3"])


@pytest.mark.parametrize(
    ("pattern", "name", "numbers", "texts", "rest"),
    [
        ("target_at_{a}_re_{r}", "target_at_025_re_1.wav", {"a": "025", "r": "1"}, (), ""),
        ("TARGET_{a}", "Target_3.FLAC", {"a": "3"}, (), ""),
        ("gain{gain}/*", "gain50/sample3.flac", {"gain": "50"}, ("sample3",), ""),
        ("gain{gain}", "gain0.5.wav", {"gain": "0.5"}, (), ""),
        ("gain{gain}", "gain5_take 2.wav", {"gain": "5"}, (), "_take 2"),
        ("gain{gain}", "gain5-old.wav", {"gain": "5"}, (), "-old"),
        ("gain{gain}.wav", "gain5.wav", {"gain": "5"}, (), ""),
        ("*_{drive}_*", "amp_x_3_clean.wav", {"drive": "3"}, ("amp_x", "clean"), ""),
        ("{t} dB", "-20 dB.wav", {"t": "-20"}, (), ""),
        (r"a\{k}", "a/1.wav", {"k": "1"}, (), ""),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}_{k}", "cafe\N{COMBINING ACUTE ACCENT}_1.wav",
         {"k": "1"}, (), ""),
        ("a.b+c({k})", "A.B+C(7).ogg", {"k": "7"}, (), ""),
    ],
)  # fmt: skip
def test_what_is_read(
    pattern: str, name: str, numbers: dict[str, str], texts: tuple[str, ...], rest: str
) -> None:
    found = Pattern(pattern).match(name)
    assert found is not None
    assert (found.numbers, found.texts, found.rest) == (numbers, texts, rest)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("gain{gain}", "gain5x.wav"),
        ("gain{gain}", "gain.wav"),
        ("gain{gain}.wav", "gain5.flac"),
        ("gain{gain}.wav", "gain5_old.wav"),
        ("*", "a/b.wav"),
        ("a/*", "b/c.wav"),
        ("a{k}c", "abc.wav"),
        ("axb", "a.b.wav"),
    ],
)
def test_what_does_not_fit(pattern: str, name: str) -> None:
    assert Pattern(pattern).match(name) is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("a_{gain", "not closed"),
        ("a_gain}", "not closed"),
        ("a_{{gain}}", "not closed"),
        ("a_{}", "needs a name"),
        ("{a}_{b}_{A}", "stands twice"),
        ("{a}{b}", "touch"),
        ("**", "touch"),
        ("*_*_*_*_*", "too many"),
        ("{" + "x" * 65 + "}", "1 to 64"),
        ("x" * 1001, "longer than 1000"),
    ],
)
def test_a_bad_pattern_is_one_sentence(pattern: str, words: str) -> None:
    with pytest.raises(PatternError, match=words) as error:
        Pattern(pattern)
    assert "\n" not in error.value.sentence


NAMES = st.text(string.ascii_letters + "_- ()+[]^$.|?", min_size=1, max_size=8)
NUMBERS = st.one_of(
    st.integers(-999, 999).map(str),
    st.sampled_from(["025", "05", "0", "00", "0.75", "-3.5", "100"]),
)


@given(st.lists(st.tuples(NAMES, NUMBERS), min_size=1, max_size=4), NAMES)
def test_every_name_made_from_a_pattern_is_read_again(
    pieces: list[tuple[str, str]], last: str
) -> None:
    """Any literals, whatever they mean to a regular expression, between any numbers."""
    pieces = [(re.sub(r"[.\-]$", "_", "x" + literal), number) for literal, number in pieces]
    pattern = "".join(f"{text}{{k{index}}}" for index, (text, _) in enumerate(pieces))
    name = "".join(f"{text}{number}" for text, number in pieces)
    found = Pattern(f"{pattern}z{last}z").match(f"{name}z{last}z.wav".swapcase())
    assert found is not None
    assert found.numbers == {f"k{index}": number for index, (_, number) in enumerate(pieces)}
    assert found.rest == ""


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_typed_breaks_it(pattern: str, name: str) -> None:
    try:
        made = Pattern(pattern)
    except PatternError:
        return
    found = made.match(name)
    assert found is None or set(found.numbers) == set(made.knobs)


@given(st.text("ab_-0 ", max_size=12))
def test_a_star_reads_all_there_is(text: str) -> None:
    text = normal(text)
    found = Pattern("wet *").match(f"wet {text}.wav")
    if text:
        assert found is not None
        assert found.texts == (text,)
    else:
        assert found is None


def test_many_stars_on_a_long_name_are_no_trap() -> None:
    """The worst that a pattern may be, on the longest name that a disk holds."""
    assert Pattern("*a_*a_*a_*b").match("a_" * 127 + "c") is None


def test_only_endings_of_audio_are_left_out() -> None:
    assert without_suffix("gain0.5") == "gain0.5"
    assert without_suffix("a/gain0.5.WAV") == "a/gain0.5"
