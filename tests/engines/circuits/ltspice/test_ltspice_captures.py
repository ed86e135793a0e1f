"""Captures whose simulator is LTspice, made by the source that makes all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from engines.sources.circuit import SOURCE, CircuitConfig
from engines.worker.context import JobContext

MakeContext = Callable[..., JobContext]
RATE = 8_000


def test_the_captures_say_who_made_them(
    make_context: MakeContext, install: Callable[..., Path], tmp_path: Path
) -> None:
    install("mac")
    t = np.arange(2 * RATE) / RATE
    riff = (0.3 * np.sin(2 * np.pi * 110 * t)).astype(np.float32)
    soundfile.write(tmp_path / "riff.wav", riff, RATE, subtype="FLOAT")
    words = {
        "circuit": "rc-lowpass", "dry": str(tmp_path / "riff.wav"),
        "knobs": {"resistance": [1e4]},
    }  # fmt: skip
    made = {
        name: SOURCE.produce(
            CircuitConfig.model_validate({**words, "simulator": name}),
            tmp_path / name,
            make_context(),
        )
        for name in ("ltspice", "ngspice")
    }
    assert [one.source["simulator"] for one in made["ltspice"]] == ["LTspice 17.2.4"]
    for one, other in zip(made["ltspice"], made["ngspice"], strict=True):
        assert other.source["simulator"].startswith("ngspice-")
        wets = [
            soundfile.read(tmp_path / name / capture.id / "wet.wav")[0]
            for name, capture in (("ltspice", one), ("ngspice", other))
        ]
        np.testing.assert_allclose(*wets, atol=1e-6)
