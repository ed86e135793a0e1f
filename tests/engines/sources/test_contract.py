"""What every source keeps to; a new source needs one line in ``EXAMPLES``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engines.audio.files import dry_id, read_signal, write_wav
from engines.sources import registry
from engines.worker.context import CancelledError, JobContext
from projects.capture import read_capture
from projects.project import proposed_split

RATE = 48000


def pair(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    dry = np.convolve(rng.uniform(-0.3, 0.3, 3 * RATE), [0.5, 0.3, 0.2], "same")
    write_wav(folder / "in.wav", dry, RATE)
    write_wav(folder / "out.wav", np.tanh(3 * dry), RATE)
    return {"dry": str(folder / "in.wav"), "wet": str(folder / "out.wav"), "knobs": {"drive": 3.0}}


def folder_of_recordings(folder: Path) -> dict[str, Any]:
    place = folder / "takes"
    place.mkdir(exist_ok=True)
    files = pair(place)
    Path(files["wet"]).rename(place / "gain_05.wav")
    return {"folder": str(place), "pattern": "gain_{gain}", "dry": "in.wav", "keep": "reference"}


def signaltrain(folder: Path) -> dict[str, Any]:
    place = folder / "set" / "Train"
    place.mkdir(parents=True, exist_ok=True)
    files = pair(place)
    Path(files["dry"]).rename(place / "input_001_.wav")
    Path(files["wet"]).rename(place / "target_001_LA2A_3c__0__65.wav")
    return {"folder": str(place.parent)}


def netlist(folder: Path) -> dict[str, Any]:
    lines = ["A diode after a resistor", "Vin in 0 AC 1", "R1 in out 2.2k", "C1 out 0 10n",
             "D1 out 0 small", ".model small D(Is=2.52n N=1.752)", ".end"]  # fmt: skip
    (folder / "diode.cir").write_text("\n".join(lines))
    return {"netlist": str(folder / "diode.cir"), "seconds": 4.0, "sample_rate": 16000}


EXAMPLES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "wav-pair": pair,
    "recordings": folder_of_recordings,
    "signaltrain": signaltrain,
    "circuit": lambda folder: {"circuit": "rc-lowpass", "seconds": 4.0, "sample_rate": 16000},
    "netlist": netlist,
    "diode-clipper": lambda folder: {"seconds": 4.0, "sample_rate": 16000, "seed": 3},
    "compressor": lambda folder: {"seconds": 4.0, "sample_rate": 16000, "ratio": [2, 8]},
    "waveshaper": lambda folder: {"seconds": 4.0, "sample_rate": 16000, "drive": [20]},
    "tone": lambda folder: {"seconds": 4.0, "sample_rate": 16000, "bass": [3], "name": "EQ"},
}
NEEDS = dict.fromkeys(("circuit", "diode-clipper", "netlist"), "ngspice")


def test_every_source_has_an_example() -> None:
    assert set(registry()) == set(EXAMPLES)


@pytest.fixture(params=sorted(registry()))
def source(request: pytest.FixtureRequest) -> Any:
    needed = NEEDS.get(request.param)
    if needed and shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed")
    return registry()[request.param]


def test_describes_itself(source: Any) -> None:
    assert source.name == source.name.lower()
    assert source.kind in ("import", "simulate")
    assert source.label
    assert source.summary
    schema = source.Config.model_json_schema()
    json.dumps(schema)
    assert schema["additionalProperties"] is False
    for name, field in schema["properties"].items():
        assert field.get("title"), name


def test_refuses_unknown_settings(source: Any, tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        source.Config.model_validate({**EXAMPLES[source.name](tmp_path), "no_such": 1})


def test_makes_whole_captures(
    source: Any, tmp_path: Path, make_context: Callable[..., JobContext]
) -> None:
    messages: list[Any] = []
    config = source.Config.model_validate(EXAMPLES[source.name](tmp_path))
    assert source.Config.model_validate_json(config.model_dump_json()) == config
    folder = tmp_path / "made"
    folder.mkdir()
    captures = source.produce(config, folder, make_context(messages.append))
    assert captures
    assert messages
    assert sorted(path.name for path in folder.iterdir()) == sorted(c.id for c in captures)
    for capture in captures:
        place = folder / capture.id
        assert read_capture(place) == capture
        assert {path.name for path in place.iterdir()} == {
            "capture.json",
            *(signal.file for signal in capture.signals if signal.reference is None),
        }
        signals = {s.name: read_signal(place, capture, s) for s in capture.signals}
        assert dry_id(signals[capture.signal("dry").name]) == capture.dry_id
        assert capture.signal("wet")
        assert capture.checks
        assert capture.source["source"] == source.name
        json.dumps(capture.source)
        parts = {section.part for section in proposed_split(capture).sections}
        assert parts == {"train", "validation", "test"}


def test_stops_when_cancelled(
    source: Any, tmp_path: Path, make_context: Callable[..., JobContext]
) -> None:
    context = make_context()
    context.command("cancel")
    config = source.Config.model_validate(EXAMPLES[source.name](tmp_path))
    folder = tmp_path / "made"
    folder.mkdir()
    with pytest.raises(CancelledError):
        source.produce(config, folder, context)
    assert not list(folder.rglob("capture.json"))


def test_listing_sources_is_quick_to_import() -> None:
    """The window lists them: nothing heavy may come in before one is used."""
    code = (
        "import sys, engines.sources; engines.sources.registry();"
        "print([m for m in ('torch','numba','scipy','soundfile','spicelib') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert found.stdout.strip() == "[]"
