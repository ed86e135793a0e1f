"""The gallery of drawn cards: narrowing, walking by arrows, choosing; drawings in our colours."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.drawing import STROKE, Drawing, path_svg, shape_of, thumbnail
from widgets.gallery import Gallery, GalleryItem
from widgets.theme import apply_theme

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" viewBox="0 0 200 100">'
    f'<g fill="none" stroke="{STROKE}" stroke-width="1.2"><rect x="10" y="10" width="180" '
    f'height="80" stroke-width="6"/></g><text x="20" y="50" fill="{STROKE}">R1</text></svg>'
)


@pytest.fixture
def gallery(qtbot: QtBot) -> Gallery:
    """Seven circuits and two effects, four cards side by side."""
    made = Gallery(hint="Find")
    qtbot.addWidget(made)
    names = ["RC", "Clipper", "Overdrive", "Fuzz", "Tone stack", "Triode", "Ladder"]
    items = [GalleryItem(n.lower(), "Circuits", n, f"The {n}.", SVG, "volume") for n in names]
    items += [GalleryItem(n, "Effects", n, "Computed.") for n in ("shaper", "gate")]
    made.show_items(items)
    made.resize(920, 600)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def test_cards_are_walked_by_arrows_and_chosen_by_return(gallery: Gallery, qtbot: QtBot) -> None:
    assert gallery.columns == 4
    chosen: list[str] = []
    gallery.chosen.connect(chosen.append)
    qtbot.keyClick(gallery.search, Qt.Key.Key_Down)
    walk = [
        (Qt.Key.Key_Right, "clipper"),
        (Qt.Key.Key_Down, "triode"),
        (Qt.Key.Key_Right, "ladder"),
        (Qt.Key.Key_Right, "shaper"),
        (Qt.Key.Key_Up, "tone stack"),
        (Qt.Key.Key_Up, "rc"),
        (Qt.Key.Key_Left, "rc"),
    ]
    at = "rc"
    for key, expected in walk:
        qtbot.keyClick(gallery.cards[at], key)
        at = expected
        qtbot.waitUntil(gallery.cards[expected].hasFocus)
    qtbot.keyClick(gallery.cards["rc"], Qt.Key.Key_Return)
    qtbot.mouseClick(gallery.cards["fuzz"], Qt.MouseButton.LeftButton)
    assert chosen == ["rc", "fuzz"]
    assert gallery.current == "fuzz"


def test_typing_narrows_and_escape_shows_everything(gallery: Gallery, qtbot: QtBot) -> None:
    qtbot.keyClicks(gallery.search, "tr vol")
    assert [card.item.title for card in gallery.shown()] == ["Triode"]
    assert not gallery.cards["rc"].isVisible()
    assert not gallery.cards["gate"].parentWidget().isVisible()
    chosen: list[str] = []
    gallery.chosen.connect(chosen.append)
    qtbot.keyClick(gallery.search, Qt.Key.Key_Return)
    assert chosen == ["triode"]
    qtbot.keyClicks(gallery.search, "x")
    assert gallery._nothing.isVisible()
    qtbot.keyClick(gallery.search, Qt.Key.Key_Escape)
    assert len(gallery.shown()) == 9
    assert not gallery._nothing.isVisible()


def test_what_is_the_same_stays_and_what_is_gone_goes(gallery: Gallery) -> None:
    card = gallery.cards["fuzz"]
    gallery.set_current("fuzz")
    gallery.show_items([one.item for one in gallery.cards.values()])
    assert gallery.cards["fuzz"] is card
    gallery.show_items([GalleryItem("fuzz", "Circuits", "Fuzz", ""), card.item][:1])
    assert list(gallery.cards) == ["fuzz"]
    assert gallery.current == "fuzz"
    gallery.show_items([])
    assert gallery.current == ""


def test_fewer_columns_where_there_is_less_room(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.resize(500, 600)
    qtbot.waitUntil(lambda: gallery.columns == 2)
    first, second, third = (gallery.cards[name] for name in ("rc", "clipper", "overdrive"))
    qtbot.waitUntil(lambda: third.y() > first.y() and second.geometry().right() < 500)
    assert first.y() == second.y()
    assert third.x() == first.x()


def test_a_drawing_wears_the_themes_colour(qtbot: QtBot, qapp: QApplication) -> None:
    made = Drawing(SVG)
    qtbot.addWidget(made)
    made.resize(416, 216)
    for mode, text in (("dark", "#e8eaed"), ("light", "#1c1f24")):
        apply_theme(qapp, mode)  # type: ignore[arg-type]
        image = made.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        colours = {
            QColor(image.pixel(QPoint(x, image.height() // 2))).name() for x in range(image.width())
        }
        assert text in colours
        assert STROKE not in colours


def test_a_drawing_is_as_high_as_its_width_needs(qtbot: QtBot) -> None:
    made = Drawing(SVG, least=100, most=300)
    qtbot.addWidget(made)
    made.show()
    for width, height in ((416, 179), (616, 265), (2000, 300), (150, 100)):
        made.resize(width, 10)
        qtbot.waitUntil(lambda height=height: made.height() == height)
    assert shape_of("") == shape_of("no drawing") == 0.5


def test_small_pictures_leave_the_words_out() -> None:
    small = thumbnail(SVG)
    assert "<text" not in small
    assert 'stroke-width="2.04"' in small
    assert shape_of(small) == shape_of(SVG) == 0.5
    for knobs in (0, 3, 12):
        assert path_svg(knobs).count("<circle") == 2 + min(knobs, 6)
