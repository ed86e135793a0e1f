"""Theme, icons, and what the first paint may import."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from widgets.buttons import tool_button
from widgets.icons import ICON_NAMES, icon, pixmap
from widgets.theme import Theme, apply_theme, font, label, theme_of
from widgets.tokens import DARK, LIGHT, LINE_STYLES, SIGNALS, Tokens


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""

    def part(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    made = QColor(colour)
    red, green, blue = part(made.redF()), part(made.greenF()), part(made.blueF())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_words_and_signals_can_be_read(tokens: Tokens) -> None:
    for ground in (tokens.panel, tokens.field, tokens.raised):
        assert contrast(tokens.text, ground) >= 7
        assert contrast(tokens.soft, ground) >= 4.5
        for role in ("good", "warn", "bad", "accent"):
            assert contrast(tokens.colour(role), ground) >= 4.5, role
    for signal in SIGNALS:
        assert contrast(tokens.colour(signal), tokens.field) >= 3, signal
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


def test_signals_laid_over_each_other_differ_by_more_than_colour() -> None:
    over = [LINE_STYLES[name] for name in ("dry", "wet", "model", "state", "second")]
    assert len(set(over)) == len(over)


def test_it_switches_live(qapp: QApplication, theme: Theme, qtbot: QtBot) -> None:
    dark = qapp.palette().color(QPalette.ColorRole.Window)
    with qtbot.waitSignal(theme.changed):
        assert apply_theme(qapp, "light") is theme
    assert theme_of() is theme
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.panel)
    assert qapp.palette().color(QPalette.ColorRole.Window) != dark
    assert not theme.is_dark
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode("light")


class Desktop:
    """Stands in for a desktop with a colour scheme, which a test's display does not have."""

    def __init__(self, app: QApplication) -> None:
        self._app = app
        self.scheme = Qt.ColorScheme.Light

    def styleHints(self) -> Desktop:
        return self

    def colorScheme(self) -> Qt.ColorScheme:
        return self.scheme

    def __getattr__(self, name: str) -> object:
        return getattr(self._app, name)


def test_it_follows_the_system(
    qapp: QApplication, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop = Desktop(qapp)
    monkeypatch.setattr(theme, "_app", desktop)
    theme.set_mode("system")
    assert not theme.is_dark
    desktop.scheme = Qt.ColorScheme.Dark
    qapp.styleHints().colorSchemeChanged.emit(desktop.scheme)
    assert theme.is_dark
    theme.set_mode("light")
    qapp.styleHints().colorSchemeChanged.emit(desktop.scheme)
    assert not theme.is_dark


def test_icons_are_all_drawn_and_tinted(theme: Theme) -> None:
    for name in ICON_NAMES:
        image = pixmap(name, "wet", 20).toImage()
        inked = [
            image.pixelColor(x, y)
            for x in range(20)
            for y in range(20)
            if image.pixelColor(x, y).alpha() > 150
        ]
        assert inked, name
        wanted = QColor(theme.tokens.wet)
        assert all(abs(colour.hue() - wanted.hue()) < 8 for colour in inked), name
    with pytest.raises(KeyError):
        icon("no such icon")
    with pytest.raises(KeyError):
        icon("play", "no such colour")


def test_a_button_is_tinted_again(theme: Theme, qtbot: QtBot) -> None:
    button = tool_button("play", "Play", "Space")
    qtbot.addWidget(button)
    assert button.toolTip() == "Play  (Space)"
    assert button.accessibleName() == "Play"
    before = button.icon().pixmap(16).toImage()
    theme.set_mode("light")
    assert button.icon().pixmap(16).toImage() != before
    assert isinstance(button, QToolButton)


def test_fonts_have_two_weights_and_figures_of_one_width(qtbot: QtBot) -> None:
    weights = {
        font(role).weight()
        for role in ("body", "strong", "small", "heading", "title", "display", "figures")
    }
    assert len(weights) == 2
    assert font("title").pointSizeF() > font("body").pointSizeF() > font("small").pointSizeF()
    words = label("<b>not bold</b>")
    qtbot.addWidget(words)
    assert words.textFormat() == Qt.TextFormat.PlainText


def test_the_start_screen_needs_no_plots_and_no_mathematics() -> None:
    modules = (
        "theme tokens icons buttons segmented empty banner toast figures dropzone palette "
        "joblist cards form fields transport knob meter sparkline words peaks parts legend"
    )
    script = (
        "import importlib, json, sys\n"
        f"for name in {modules.split()!r}: importlib.import_module('widgets.' + name)\n"
        "heavy = ('pyqtgraph', 'scipy', 'torch', 'numba', 'matplotlib')\n"
        "print(json.dumps([name for name in heavy if name in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert json.loads(done.stdout) == []


def test_plots_bring_neither_torch_nor_scipy() -> None:
    script = (
        "import json, sys\n"
        "import widgets.waveform, widgets.curves, widgets.prediction, widgets.spectrum\n"
        "print(json.dumps([n for n in ('scipy', 'torch', 'numba') if n in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert json.loads(done.stdout) == []
