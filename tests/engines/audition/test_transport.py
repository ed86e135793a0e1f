"""What plays, from where, through which models: the control side, with the graph run by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audio_engine import RATE, lstm, music

from engines.audition.material import Material, material_of
from engines.audition.slots import HeardModel, default_position, load_heard_model
from engines.audition.transport import Transport
from engines.models.streaming import render
from projects.errors import TrimpotError
from projects.manifest import Control


@pytest.fixture
def material() -> Material:
    x = music(1.0)
    return material_of("music", x, RATE, np.tanh(3 * x).astype(np.float32))


def heard(seed: int = 1, **options: object) -> HeardModel:
    return HeardModel(Path("none"), lstm("one", seed, **options))  # type: ignore[arg-type]


@pytest.fixture
def transport(material: Material) -> Transport:
    made = Transport()
    made.set_material(material)
    return made


def test_what_is_heard_of_a_model_is_its_offline_render(
    transport: Transport, material: Material
) -> None:
    model = heard()
    transport.set_model("model", model)
    transport.set_source("model")
    transport.play()
    out = transport.graph.render(material.n, 128)
    expected = render(model.model, material.dry[: material.n]) * material.wet_gain
    np.testing.assert_allclose(out[960:], expected[960:], atol=1e-6)


def test_play_pause_stop_and_seek_move_the_position(transport: Transport) -> None:
    assert not transport.playing
    transport.play()
    transport.graph.render(4800)
    assert transport.position == 4800
    transport.pause()
    assert not transport.playing
    transport.graph.render(4800)
    assert transport.position == 4800
    transport.seek(0.5)
    assert transport.seconds == 0.5
    transport.play()
    transport.graph.render(480)
    assert transport.position == 24_480
    transport.stop()
    assert transport.position == 0
    transport.seek(99.0)
    assert transport.seconds == 1.0
    transport.play()
    assert transport.position == 0, "at the end, play begins anew"


def test_the_end_is_news_once(transport: Transport) -> None:
    transport.seek(0.95)
    transport.play()
    transport.graph.render(9600)
    assert transport.tick().finished
    assert not transport.tick().finished
    assert not transport.playing
    assert transport.position == 0


def test_kernels_are_taken_back_and_used_again(transport: Transport) -> None:
    made = []
    model = heard()

    def count() -> object:
        made.append(1)
        return HeardModel.take_kernel(model)

    model.take_kernel = count  # type: ignore[method-assign, assignment]
    transport.set_model("model", model)
    transport.play()
    for number in range(20):
        transport.seek(0.01 * number)
        transport.graph.render(2400)
        transport.tick()
    assert len(made) == 21
    assert len(model._free) <= 2


def test_a_model_swap_while_playing_goes_on_where_it_is(
    transport: Transport, material: Material
) -> None:
    transport.set_source("model")
    transport.set_model("model", heard(1))
    transport.play()
    transport.graph.render(12_000)
    second = heard(2)
    transport.set_model("model", second)
    transport.graph.render(2400)
    out = transport.graph.render(9600)
    expected = render(second.model, material.dry[: material.n]) * material.wet_gain
    np.testing.assert_allclose(out, expected[14_400:24_000], atol=1e-4)


def test_a_seek_that_has_not_been_taken_is_not_lost_by_a_swap(transport: Transport) -> None:
    transport.play()
    transport.graph.render(1000)
    transport.seek(0.7)
    transport.set_model("model", heard())
    transport.tick()
    transport.graph.render(100, 100)
    transport.tick()
    transport.graph.render(100, 100)
    assert transport.position == pytest.approx(0.7 * RATE, abs=300)


def test_an_older_cue_gives_way_to_a_newer_one(transport: Transport, material: Material) -> None:
    transport.play()
    for seconds in (0.1, 0.2, 0.3):
        transport.seek(seconds)
    transport.graph.render(128, 128)
    transport.tick()
    transport.graph.render(128, 128)
    assert transport.position == pytest.approx(0.3 * RATE, abs=256)


def test_a_loop_that_is_too_short_or_backwards_is_none(transport: Transport) -> None:
    for loop in ((0.5, 0.501), (0.8, 0.2)):
        transport.set_loop(loop)
        transport.seek(0.0)
        transport.play()
        transport.graph.render(60_000)
        assert transport.tick().finished


def test_knobs_are_remembered_by_name(transport: Transport) -> None:
    transport.turn({"Drive": 0.9})
    model = heard(knobs=("Drive", "Tone"))
    transport.set_model("model", model)
    np.testing.assert_allclose(transport.settings().knobs[0], [0.9, 0.5])
    transport.turn({"Tone": 0.1})
    np.testing.assert_allclose(transport.settings().knobs[0], [0.9, 0.1])


def test_a_muted_model_is_news_once(transport: Transport) -> None:
    wild = heard()
    wild.model.tensors["lin.bias"][:] = 1e6
    transport.set_model("model", wild)
    transport.play()
    transport.graph.render(1000)
    assert transport.tick().muted == ("model",)
    assert transport.tick().muted == ()


def test_another_rate_keeps_the_time(transport: Transport) -> None:
    transport.seek(0.5)
    transport.at_rate(44_100)
    assert transport.seconds == pytest.approx(0.5, abs=1e-4)


def test_the_default_position_follows_the_taper() -> None:
    assert default_position(Control(name="a", minimum=-10, maximum=10, default=5)) == 0.75
    log = Control(name="f", minimum=10, maximum=1000, default=100, taper="log")
    assert default_position(log) == pytest.approx(0.5)


def test_a_model_of_an_absurd_rate_is_refused(make_model: Callable[..., Path]) -> None:
    path = make_model("odd", rate=7)
    with pytest.raises(TrimpotError, match="7 Hz"):
        load_heard_model(path, lambda text: None)
