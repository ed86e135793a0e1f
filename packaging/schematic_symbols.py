"""Symbols as strokes about (0, 0), lying along x: what :mod:`schematic` turns and puts in place."""

from __future__ import annotations

import re

Point = tuple[float, float]
Strokes = list[tuple[str, list[Point]]]
"""``lead`` (where the leads end), ``line``, ``arrow`` (tail and tip) or ``circle`` (its centre)."""


def value_label(text: str) -> str:
    """A value as a label: of a pot's formula, the numbers that its knob does not touch."""
    if not text.startswith("{"):
        return re.sub(r"(?<=\d)u$", "µ", text).replace("meg", "M")
    terms = text.strip("{}")
    whole = re.match(r"([\d.]+(?:k|meg)?)\*", terms)
    rest = re.search(r"\+([\d.]+k)$", terms)
    switch = re.match(r"1\+([\d.]+k)\*\(1-", terms)
    if switch:
        return f"1 or {switch[1]}"
    said = (whole[1] if whole else "").replace("meg", "M")
    return f"{said} + {rest[1]}" if rest else said


def resistor() -> Strokes:
    """A zigzag."""
    zigzag = [(-0.7, 0.0), (-0.6, 0.22)]
    zigzag += [(-0.4 + 0.2 * i, -0.22 if i % 2 == 0 else 0.22) for i in range(5)]
    zigzag += [(0.6, -0.22), (0.7, 0.0)]
    return [("lead", [(-0.7, 0.0), (0.7, 0.0)]), ("line", zigzag)]


def arrow_across() -> Strokes:
    """What makes a resistor a variable one."""
    return [("arrow", [(-0.6, 0.55), (0.6, -0.6)])]


def capacitor() -> Strokes:
    """Two plates."""
    return [
        ("lead", [(-0.13, 0.0), (0.13, 0.0)]),
        ("line", [(-0.13, -0.38), (-0.13, 0.38)]),
        ("line", [(0.13, -0.38), (0.13, 0.38)]),
    ]


def diode() -> Strokes:
    """From left to right."""
    return [
        ("lead", [(-0.32, 0.0), (0.32, 0.0)]),
        ("line", [(-0.32, -0.35), (-0.32, 0.35), (0.32, 0.0), (-0.32, -0.35)]),
        ("line", [(0.32, -0.35), (0.32, 0.35)]),
    ]


def diamond() -> Strokes:
    """A controlled source."""
    corners = [(-0.6, 0.0), (0.0, 0.5), (0.6, 0.0), (0.0, -0.5), (-0.6, 0.0)]
    return [("lead", [(-0.6, 0.0), (0.6, 0.0)]), ("line", corners)]


def current() -> Strokes:
    """A current source, from left to right."""
    return [
        ("lead", [(-0.5, 0.0), (0.5, 0.0)]),
        ("circle", [(0.0, 0.0)]),
        ("arrow", [(-0.3, 0.0), (0.3, 0.0)]),
    ]
