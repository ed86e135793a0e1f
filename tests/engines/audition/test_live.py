"""What the device plays is what the graph computes: through a real sound server."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audio_engine import EngineProcess, lstm, music, rms_db, sine
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from sound_server import SoundServer

from engines.audition.material import load_files
from engines.audition.process import EXIT_HANGING
from engines.audition.protocol import (
    Load,
    LoadModel,
    Loop,
    Pause,
    Play,
    Refresh,
    Seek,
    SetOutput,
    SetSource,
)
from engines.audition.slots import load_heard_model
from engines.audition.transport import Transport
from engines.models.storage import save_model

pytestmark = pytest.mark.sound

ATTEMPTS = 3
"""A recording in which the server ran dry (this machine was too busy) proves nothing."""
Start = Callable[..., EngineProcess]
Float = NDArray[np.float32]


@pytest.fixture
def files(make_wav: Callable[..., Path]) -> tuple[Path, Path]:
    """A dry and a wet file of three seconds."""
    x = music(3.0)
    return make_wav("dry", x), make_wav("wet", np.tanh(3 * x))


def offset_of(reference: Float, recorded: Float) -> int:
    """Where the reference begins in the recording, by cross-correlation."""
    match = fftconvolve(recorded.astype(float), reference[::-1].astype(float))
    return int(np.argmax(match)) - len(reference) + 1


def null_db(reference: Float, recorded: Float) -> float:
    """What is left of the recording after the aligned reference is taken off, in dB of it."""
    start = offset_of(reference, recorded)
    assert start >= 0
    assert start + len(reference) <= len(recorded)
    left = recorded[start : start + len(reference)] - reference
    return rms_db(left) - rms_db(reference)


def ran_dry(recorded: Float) -> bool:
    """Whether the server put silence into the middle of the sound."""
    sound = np.flatnonzero(recorded)
    silent = recorded[sound[0] : sound[-1]] == 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(np.int8), [0]])))
    runs = edges[1::2] - edges[::2]
    return bool(runs.size and runs.max() >= 32)


def prepare(engine: EngineProcess, dry: Path, wet: Path, *models: Path) -> None:
    engine.wait("ready")
    engine.send(SetOutput(block=128, latency=0.25), Load(dry=str(dry), wet=str(wet)))
    for slot, path in zip(("model", "second"), models, strict=False):
        engine.send(LoadModel(slot=slot, path=str(path)))
        engine.wait("model-loaded", where=lambda event, slot=slot: event.slot == slot)
    engine.wait("loaded")
    engine.wait("opened")


def test_what_is_played_equals_the_offline_render(
    sound_server: SoundServer,
    start_engine: Start,
    make_model: Callable[..., Path],
    files: tuple[Path, Path],
) -> None:
    model = make_model("one")
    transport = Transport()
    transport.set_material(load_files(*files))
    transport.set_source("model")
    transport.set_model("model", load_heard_model(model, lambda text: None))
    transport.play()
    reference = transport.graph.render(3 * 48_000 + 960, block=512)

    engine = start_engine(sound_server.full_environment)
    prepare(engine, *files, model)
    engine.send(SetSource(source="model"))
    for _ in range(ATTEMPTS):
        with sound_server.recording() as recording:
            mark = engine.mark()
            engine.send(Play())
            engine.wait("finished", since=mark, seconds=20)
        status = engine.wait("status", since=engine.mark())
        recorded = recording.mono()
        if status.dropouts == 0 and not ran_dry(recorded):
            break
    assert not status.playing
    assert status.load < 0.5
    assert null_db(reference, recorded) <= -80.0
    playing = [event for event in engine.events[mark:] if event.type == "status" and event.playing]
    positions = [event.position for event in playing]
    assert positions == sorted(positions)
    assert max(event.output.peak for event in playing) > -30
    assert engine.end() == 0
    assert engine.strays == []


def steps(engine: EngineProcess) -> None:
    """Everything that could click, with time in between."""
    for command in (
        Play(),
        SetSource(source="wet"),
        SetSource(source="model"),
        SetSource(source="second"),
        Seek(seconds=1.234),
        Seek(seconds=0.4567),
        Pause(),
        Play(),
        Loop(start=0.2, stop=0.40321),
        Seek(seconds=0.21),
        SetSource(source="dry"),
        Pause(),
    ):
        engine.send(command)
        time.sleep(0.2)
    time.sleep(0.2)


def test_nothing_clicks(
    sound_server: SoundServer,
    start_engine: Start,
    make_model: Callable[..., Path],
    make_wav: Callable[..., Path],
) -> None:
    x = sine(3.0)
    dry, wet = make_wav("dry", x), make_wav("wet", np.tanh(3 * x))
    models = make_model("one", 1), make_model("two", 2)
    engine = start_engine(sound_server.full_environment)
    prepare(engine, dry, wet, *models)
    for _ in range(ATTEMPTS):
        with sound_server.recording() as recording:
            steps(engine)
        engine.send(Loop(), Seek(seconds=0.0))
        # The pause within makes silence of its own: about 0.2 s, and none besides.
        recorded = recording.mono()
        dropouts = engine.wait("status", since=engine.mark()).dropouts
        first, second = sounding_parts(recorded)
        if dropouts == 0 and not ran_dry(first) and not ran_dry(second):
            break
    material = load_files(dry, wet)
    steepest = max(
        float(np.max(np.abs(np.diff(samples)))) * gain
        for samples, gain in (
            (x, material.dry_gain),
            (np.tanh(3 * x), material.wet_gain),
        )
    )
    loudest = float(np.max(np.abs(recorded)))
    fade = loudest * np.pi / 960  # two signals of opposite sign, crossfaded
    for part in (first, second):
        assert rms_db(part) > -30
        assert np.max(np.abs(np.diff(part))) <= 1.2 * (steepest + fade)
        # A jump shows most in the second difference: that of a 110 Hz sine is tiny.
        assert np.max(np.abs(np.diff(part, 2))) <= 0.005


def sounding_parts(recorded: Float) -> tuple[Float, Float]:
    """What sounds before and after the longest silence."""
    sound = np.flatnonzero(recorded)
    gaps = np.diff(sound)
    cut = int(np.argmax(gaps))
    assert gaps[cut] > 2400, "there is no pause in the recording"
    return recorded[sound[0] : sound[cut]], recorded[sound[cut + 1] : sound[-1]]


def test_without_a_device_the_engine_says_so_and_recovers(
    sound_server: SoundServer, start_engine: Start, files: tuple[Path, Path]
) -> None:
    cards = Path("/proc/asound/cards")
    if cards.exists() and "no soundcards" not in cards.read_text():
        pytest.skip("this machine has a sound card, so it is never without a device")
    sound_server.kill()
    engine = start_engine(sound_server.full_environment)
    engine.wait("ready")
    assert "No sound device was found" in engine.wait("no-device").text
    engine.send(Load(dry=str(files[0])))
    engine.wait("loaded")
    mark = engine.mark()
    engine.send(Play())
    engine.wait("no-device", since=mark)
    assert not engine.wait("status", since=mark).playing

    sound_server.start()
    mark = engine.mark()
    engine.wait("opened", since=mark, seconds=20)
    engine.wait("device-list", since=mark)
    engine.send(Play())
    engine.wait("status", since=mark, where=lambda event: event.playing and event.position > 0.2)


def test_a_sound_server_that_dies_is_told_and_taken_again(
    sound_server: SoundServer, start_engine: Start, files: tuple[Path, Path]
) -> None:
    engine = start_engine(sound_server.full_environment)
    prepare(engine, *files)
    engine.send(Loop(start=0.0, stop=3.0), Play())
    engine.wait("status", where=lambda event: event.position > 0.2)
    mark = engine.mark()
    sound_server.kill()
    told = engine.wait("no-device", since=mark, seconds=20)
    assert "has stopped" in told.text
    status = engine.wait("status", since=mark, where=lambda event: not event.open)
    assert not status.playing
    assert status.position > 0.2

    mark = engine.mark()
    sound_server.start()
    engine.wait("opened", since=mark, seconds=20)
    engine.send(Play())
    engine.wait(
        "status",
        since=mark,
        where=lambda event: event.playing and event.position > status.position + 0.2,
    )
    assert engine.end() == 0


def test_a_sound_server_that_hangs_ends_the_engine_with_a_sentence(
    sound_server: SoundServer, start_engine: Start, files: tuple[Path, Path]
) -> None:
    engine = start_engine(sound_server.full_environment)
    prepare(engine, *files)
    engine.send(Play())
    engine.wait("status", where=lambda event: event.position > 0.2)
    sound_server.freeze()
    assert "hangs" in engine.wait("error", seconds=20).text
    assert engine.process.wait(10) == EXIT_HANGING


REFUSING = """
import sys
import sounddevice
real = sounddevice.OutputStream
def refusing(samplerate, **options):
    if samplerate == 48000:
        raise sounddevice.PortAudioError("Error opening OutputStream: Invalid sample rate", -9997)
    return real(samplerate=samplerate, **options)
sounddevice.OutputStream = refusing
from app.__main__ import main
sys.exit(main(["--audio-engine"]))
"""
"""A sound server takes every rate, so a device that refuses one has to be played."""


@pytest.mark.parametrize(("wanted", "given"), [(96_000, 96_000), (None, 44_100)])
def test_a_device_of_another_rate_is_reached_by_resampling(
    sound_server: SoundServer,
    start_engine: Start,
    make_wav: Callable[..., Path],
    wanted: int | None,
    given: int,
) -> None:
    x = sine(2.0, 997.0)
    dry = make_wav("tone", x)
    python = None if wanted else [sys.executable, "-c", REFUSING]
    engine = start_engine(sound_server.full_environment, python=python)
    engine.wait("ready")
    engine.send(SetOutput(block=256, latency=0.1, rate=wanted), Load(dry=str(dry)))
    opened = engine.wait("opened")
    assert (opened.resampled, opened.rate, opened.graph_rate) == (True, given, 48_000)
    assert "resampled" in opened.text
    for _ in range(ATTEMPTS):
        with sound_server.recording() as recording:
            mark = engine.mark()
            engine.send(Play())
            engine.wait("finished", since=mark, seconds=20)
        recorded = recording.mono()
        if not ran_dry(recorded):
            break
    start = int(np.flatnonzero(np.abs(recorded) > 0.1)[0]) + 9600
    tone = recorded[start : start + 48_000].astype(float)
    t = np.arange(len(tone)) / 48_000
    basis = np.stack([np.sin(2 * np.pi * 997 * t), np.cos(2 * np.pi * 997 * t)], axis=1)
    fitted = basis @ np.linalg.lstsq(basis, tone, rcond=None)[0]
    assert np.std(fitted) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    # PulseAudio's own resampler back to 48 kHz sets this limit, not ours.
    assert rms_db(tone - fitted) - rms_db(fitted) < -50


def test_a_model_of_another_rate_takes_the_audio_along(
    sound_server: SoundServer,
    start_engine: Start,
    make_model: Callable[..., Path],
    files: tuple[Path, Path],
) -> None:
    engine = start_engine(sound_server.full_environment)
    prepare(engine, *files)
    mark = engine.mark()
    engine.send(SetSource(source="model"), Play())
    engine.send(LoadModel(path=str(make_model("slow", rate=44_100))))
    opened = engine.wait("opened", since=mark)
    assert (opened.graph_rate, opened.rate, opened.resampled) == (44_100, 44_100, False)
    finished = engine.wait("finished", since=mark, seconds=20)
    assert finished
    ends = [event.position for event in engine.events[mark:] if event.type == "status"]
    assert 2.5 < max(ends) <= 3.0
    engine.send(LoadModel(slot="second", path=str(make_model("quick", rate=96_000))))
    fault = engine.wait("error", since=mark)
    assert "44100 Hz" in fault.text
    assert fault.slot == "second"


def test_a_wild_model_is_muted_and_said(
    sound_server: SoundServer, start_engine: Start, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    wild = lstm("Wild")
    wild.tensors["lin.bias"][:] = 1000.0
    save_model(tmp_path / "wild.safetensors", wild)
    engine = start_engine(sound_server.full_environment)
    prepare(engine, *files, tmp_path / "wild.safetensors")
    engine.send(SetSource(source="model"))
    with sound_server.recording() as recording:
        engine.send(Play())
        fault = engine.wait("error")
        time.sleep(0.5)
    assert "Wild went wild" in fault.text
    assert np.max(np.abs(recording.samples())) == 0.0
    assert engine.wait("status", since=engine.mark()).playing


def test_another_block_goes_on_where_it_played_and_the_end_comes_at_once(
    sound_server: SoundServer, start_engine: Start, files: tuple[Path, Path]
) -> None:
    engine = start_engine(sound_server.full_environment)
    prepare(engine, *files)
    engine.send(Loop(start=0.0, stop=3.0), Play())
    before = engine.wait("status", where=lambda event: event.position > 0.2).position
    mark = engine.mark()
    engine.send(SetOutput(block=512, latency=0.1))
    assert engine.wait("opened", since=mark).block == 512
    after = engine.wait("status", since=mark, where=lambda event: event.block == 512)
    assert after.playing
    assert after.position >= before
    engine.send(Pause(), Refresh())
    devices = engine.wait("device-list", since=mark).devices
    assert sum(device.default for device in devices) == 1
    engine.send(Play())
    mark = engine.mark()
    engine.wait("status", since=mark, where=lambda event: event.playing)
    engine.send(SetOutput(device="ALSA: no such device"))
    assert "no such device" in engine.wait("no-device", since=mark).text
    engine.send(SetOutput(), Play())
    mark = engine.mark()
    engine.wait("status", since=mark, where=lambda event: event.playing)
    assert engine.end() == 0
