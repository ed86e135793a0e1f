"""The values of the look: colours of the signals and surfaces, spacing, font sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SPACE = 8
"""The grid, in device-independent pixels: every margin and gap is a half, one, two or three."""
HALF = SPACE // 2
RADIUS = 4
CONTROL_HEIGHT = 28
"""Height of buttons and fields, so that rows of them line up."""

SignalName = Literal["dry", "wet", "model", "residual", "state", "second", "knob"]
SIGNALS: tuple[SignalName, ...] = ("dry", "wet", "model", "residual", "state", "second", "knob")
ColourRole = Literal["text", "soft", "faint", "accent", "on_accent", "good", "warn", "bad"]
Level = Literal["info", "ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """One set of colours, each as ``#rrggbb``.

    ``dry`` to ``knob`` are the signals (Okabe and Ito's colours on dark, darker tints of the
    same hues on light, each at least 3:1 on ``field``).
    """

    name: Literal["dark", "light"]
    window: str
    panel: str
    raised: str
    hover: str
    field: str
    line: str
    line_strong: str
    grid: str
    text: str
    soft: str
    faint: str
    accent: str
    accent_soft: str
    on_accent: str
    good: str
    warn: str
    bad: str
    dry: str
    wet: str
    model: str
    residual: str
    state: str
    second: str
    knob: str

    def colour(self, role: str) -> str:
        """The colour of a signal or a role; a plain ``#rrggbb`` is returned as it is.

        Raises
        ------
        KeyError
            There is no such colour.
        """
        if role.startswith("#"):
            return role
        if role not in self.__slots__ or role == "name":
            raise KeyError(role)
        return str(getattr(self, role))

    def level(self, level: Level) -> str:
        """The colour of a verdict or banner level."""
        return {"info": self.accent, "ok": self.good, "warning": self.warn, "error": self.bad}[
            level
        ]


DARK = Tokens(
    name="dark",
    window="#17191d",
    panel="#1e2126",
    raised="#2a2e35",
    hover="#343942",
    field="#121417",
    line="#2c3038",
    line_strong="#454b56",
    grid="#23272d",
    text="#e8eaed",
    soft="#a7adb8",
    faint="#79808c",
    accent="#8c9bff",
    accent_soft="#2c3256",
    on_accent="#12142a",
    good="#3ec28f",
    warn="#f2b84b",
    bad="#ff7a66",
    dry="#56b4e9",
    wet="#e69f00",
    model="#009e73",
    residual="#d55e00",
    state="#cc79a7",
    second="#f0e442",
    knob="#c3c9d3",
)

LIGHT = Tokens(
    name="light",
    window="#eceef1",
    panel="#f7f8fa",
    raised="#ffffff",
    hover="#e3e6eb",
    field="#ffffff",
    line="#d6dae0",
    line_strong="#b2b9c4",
    grid="#eceef1",
    text="#1c1f24",
    soft="#535b67",
    faint="#727a86",
    accent="#4452c7",
    accent_soft="#dfe2fa",
    on_accent="#ffffff",
    good="#0a7a55",
    warn="#9a6200",
    bad="#b93622",
    dry="#0b73b0",
    wet="#b06a00",
    model="#00785a",
    residual="#b34700",
    state="#a34a7c",
    second="#857800",
    knob="#5a6270",
)

LINE_STYLES: dict[str, str] = {
    "dry": "dot",
    "wet": "solid",
    "model": "dash",
    "residual": "solid",
    "state": "dashdot",
    "second": "dashdotdot",
    "knob": "solid",
}
"""A signal's line style where several are drawn over each other: never colour alone."""

CODE_COLOURS: dict[str, dict[str, str]] = {
    "dark": {
        "title": "#a7adb8",
        "comment": "#79808c",
        "command": "#8c9bff",
        "element": "#e8eaed",
        "node": "#7fcac3",
        "number": "#e3b778",
        "string": "#a9cf8e",
        "name": "#9cc3ee",
        "function": "#cfaaea",
    },
    "light": {
        "title": "#535b67",
        "comment": "#6a727e",
        "command": "#4452c7",
        "element": "#1c1f24",
        "node": "#0f6b68",
        "number": "#8a5200",
        "string": "#3d6b1f",
        "name": "#215c97",
        "function": "#7a3f9d",
    },
}
"""Colours of source text by theme and role, each at least 4.5:1 on ``field``."""
