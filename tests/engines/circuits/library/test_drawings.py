"""Drawings show what the netlists say, in the little SVG that Qt draws."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from engines.circuits.diode_clipper import CIRCUIT as DIODE_CLIPPER
from engines.circuits.library import INK, circuits, drawing_of

ROOT = Path(__file__).resolve().parents[4]
NAMES = [DIODE_CLIPPER.name, *circuits()]
SVG = "{http://www.w3.org/2000/svg}"
TINY = {"svg", "title", "g", "path", "circle", "text"}
ATTRIBUTES = {
    "version", "baseProfile", "width", "height", "viewBox", "fill", "stroke", "stroke-width",
    "stroke-linecap", "stroke-linejoin", "d", "cx", "cy", "r", "x", "y", "text-anchor",
    "font-family", "font-size", "font-weight", "font-style",
}  # fmt: skip


def script(name: str) -> ModuleType:
    """A script of the folder that is no package."""
    sys.path.insert(0, str(ROOT / "packaging"))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(ROOT / "packaging"))


@pytest.fixture(scope="module")
def drawer() -> ModuleType:
    return script("draw_circuits")


def lines_of(name: str) -> list[str]:
    if name == DIODE_CLIPPER.name:
        return list(DIODE_CLIPPER.elements)
    return circuits()[name].netlist.splitlines()[1:]


@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_in_the_drawing_as_in_the_netlist(name: str) -> None:
    """Names, nodes and values; what a pot is made of is one symbol with both in its label."""
    folder = files("engines.circuits.library").joinpath("drawings")
    told = json.loads(folder.joinpath("drawings.json").read_text(encoding="utf-8"))[name]
    lines = [line.split() for line in lines_of(name) if line[:1].isalpha()]
    assert {line[0]: " ".join(line[1:]) for line in lines} == {
        part: " ".join(filter(None, words)) for part, words in told.items()
    }
    texts = [text.text or "" for text in ET.fromstring(drawing_of(name)).iter(f"{SVG}text")]
    words = set(re.findall(r"[\w./+-]+", " ".join(texts)))
    for part in told:
        assert {part, f"{part[:-1]}1/2"} & words, part


@pytest.mark.parametrize("name", NAMES)
def test_knobs_and_values_can_be_read(name: str) -> None:
    text = drawing_of(name)
    knobs = circuits()[name].knobs if name in circuits() else ()
    for knob in knobs:
        assert f">{knob.name}</text>" in text
    for line in lines_of(name):
        found = re.match(r"(?i)[RC]\w+ \S+ \S+ ([\d.]+(?:k|meg|n|p|u)?)$", line)
        if found:
            shown = found[1].replace("meg", "M")
            assert re.search(rf"[> ]{re.sub('u$', 'µ', shown)}</text>", text), line


@pytest.mark.parametrize("name", NAMES)
def test_drawn_again_it_is_the_same(name: str, drawer: ModuleType) -> None:
    """The script checks that the drawn wires are the netlist's nodes, and draws."""
    sheet = drawer.blank(name)
    drawer.DRAWN[name](sheet)
    assert sheet.svg() == drawing_of(name)


def test_the_guide_shows_the_same(drawer: ModuleType) -> None:
    documenter = script("document_circuits")
    said = documenter.PAGE.read_text(encoding="utf-8")
    assert documenter.page(said) == said
    for name in NAMES:
        assert f"(images/circuits/{name}.svg)" in said
        picture = (ROOT / "docs" / "images" / "circuits" / f"{name}.svg").read_text("utf-8")
        assert picture == drawer.on_white(drawing_of(name))


def test_a_drawing_that_is_not_the_netlist_is_refused(drawer: ModuleType) -> None:
    def refused(change: str, by: str, words: str) -> None:
        sheet = drawer.blank("rc-lowpass")
        part = sheet.parts[change]
        nodes = tuple(by.split())
        sheet.parts[change] = type(part)(part.name, nodes, part.value)
        drawer.DRAWN["rc-lowpass"](sheet)
        with pytest.raises(Exception, match=words):
            sheet.svg()

    refused("C1", "in 0", "out and in are joined|in and out are joined")
    refused("C1", "out in", "are joined")
    sheet = drawer.blank("rc-lowpass")
    sheet.parts["R9"] = type(sheet.parts["R1"])("R9", ("in", "0"), "1k")
    drawer.DRAWN["rc-lowpass"](sheet)
    with pytest.raises(Exception, match="not drawn: R9"):
        sheet.svg()
    sheet = drawer.blank("fuzz")
    drawer.DRAWN["fuzz"](sheet)
    sheet.wires.remove(((11, 6), (11, 7)))
    with pytest.raises(Exception, match="e2 is in pieces"):
        sheet.svg()


@pytest.mark.parametrize("name", NAMES)
def test_qt_can_draw_it_in_any_colour(name: str, qapp: QApplication) -> None:
    text = drawing_of(name)
    assert len(text) < 30_000
    for element in ET.fromstring(text).iter():
        assert element.tag.removeprefix(SVG) in TINY
        assert set(element.attrib) <= ATTRIBUTES
        for what in ("fill", "stroke"):
            assert element.attrib.get(what, "none") in ("none", INK)
    renderer = QSvgRenderer(QByteArray(text.replace(INK, "#ff8000").encode()))
    assert renderer.isValid()
    size = renderer.defaultSize()
    assert size.width() <= 1200
    assert size.height() <= 520
    image = QImage(size, QImage.Format.Format_RGBA8888)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(size.height(), size.width(), 4)
    drawn = pixels[..., 3] > 0
    assert 0.005 < drawn.mean() < 0.3
    for edge in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]):
        assert not edge.any()
    strong = pixels[pixels[..., 3] == 255].astype(int)
    assert np.abs(strong - [255, 128, 0, 255]).max() < 8
