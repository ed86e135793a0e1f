"""The messages survive the way there and back; anything else is refused."""

from __future__ import annotations

import pytest

from engines.audition.protocol import (
    Fault,
    Gain,
    Knobs,
    Levels,
    Load,
    LoadModel,
    Loop,
    Play,
    Seek,
    SetOutput,
    Status,
    decode_command,
    decode_event,
    encode,
)


@pytest.mark.parametrize(
    "command",
    [
        Load(dry="/a/b.wav", wet="/a/c.wav", start=1.5),
        LoadModel(slot="second", path="m.safetensors"),
        Play(),
        Seek(seconds=2.5),
        Loop(start=1.0, stop=2.0),
        Knobs(positions={"Drive": 0.25}),
        Gain(db=-6.0),
        SetOutput(device="ALSA: default", block=256, rate=44_100, latency=0.05),
    ],
)
def test_a_command_comes_back(command: Load) -> None:
    line = encode(command)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_command(line) == command


def test_an_event_comes_back() -> None:
    status = Status(
        position=1.0, playing=True, source="model", input=Levels(), output=Levels(peak=-3.0)
    )
    assert decode_event(encode(status)) == status
    fault = Fault(text="“Äh”\nno", slot="model")
    assert decode_event(encode(fault)) == fault


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"play",
        b"[]",
        b'{"type": "explode"}',
        b'{"type": "seek", "seconds": -1}',
        b'{"type": "seek", "seconds": NaN}',
        b'{"type": "seek", "seconds": 1, "more": 2}',
        b'{"type": "knobs", "positions": {"a": 2}}',
        b'{"type": "output", "block": 1000000}',
        b'{"type": "load-model", "slot": "third", "path": "x"}',
        b"\xff\xfe",
        b'{"type": "play"' + b" " * 1_000_001 + b"}",
    ],
)
def test_what_is_no_command_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own words
        decode_command(line)


@pytest.mark.parametrize("line", [b"", b"Expression failed", b"{}", b'{"type": "ready", "a": 1}'])
def test_what_is_no_event_is_passed_over(line: bytes) -> None:
    assert decode_event(line) is None
