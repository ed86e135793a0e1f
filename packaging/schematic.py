"""Schematics as plain SVG: symbols on a grid, and a proof that what is drawn is the netlist.

A :class:`Sheet` takes a netlist's parts one by one, each with the points that its terminals lie
at. Values and knobs come from the netlist, never from the drawing. Before a sheet becomes a
picture, the nets that its wires, grounds and supplies make are compared with the netlist's nodes.

The SVG keeps to what SVG Tiny 1.2 knows (that is what QtSvg draws): paths and text with attributes,
in one colour, on nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, hypot, radians, sin
from xml.sax.saxutils import escape

import schematic_symbols as symbols

INK = "#123456"
"""The one colour: whoever shows a drawing puts a colour of their own in its place."""
UNIT = 20.0
"""Pixels of one step of the grid."""
SMALL, FONT = 9.5, 10.0
MARGIN = 14.0
Point = tuple[float, float]


@dataclass(frozen=True)
class Part:
    """One line of a netlist: ``nodes`` in its own order, ``value`` what follows them."""

    name: str
    nodes: tuple[str, ...]
    value: str


TERMINALS = {"R": 2, "C": 2, "L": 2, "D": 2, "V": 2, "I": 2, "B": 2, "E": 4, "Q": 3}


def parts_of(lines: list[str]) -> dict[str, Part]:
    """The parts of netlist lines without continuations, subcircuits and parameters."""
    found = {}
    for line in lines:
        words = line.split()
        if not words or words[0][0] in "*.":
            continue
        name, rest = words[0], words[1:]
        if name[0].upper() == "X":
            plain = [word for word in rest if "=" not in word]
            count = len(plain) - 1
        else:
            count = TERMINALS[name[0].upper()]
        found[name] = Part(name, tuple(rest[:count]), " ".join(rest[count:]))
    return found


class DrawingError(Exception):
    """The drawing is not the netlist."""


@dataclass
class Sheet:
    """A drawing in the making; points are in steps of the grid, y downwards."""

    title: str
    parts: dict[str, Part]
    input: str
    output: str
    knobs: dict[str, str]
    shapes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    wires: list[tuple[Point, Point]] = field(default_factory=list)
    pins: dict[str, list[tuple[str, Point]]] = field(default_factory=lambda: defaultdict(list))
    tags: list[tuple[str, Point]] = field(default_factory=list)
    wipers: list[Point] = field(default_factory=list)
    box: list[Point] = field(default_factory=list)

    # -- what is put on it -----------------------------------------------------------------

    def wire(self, *points: Point) -> None:
        """A line from point to point; where a wire or a part ends on another's way, they join."""
        for a, b in pairwise(points):
            self.wires.append((a, b))
        self._path(points)

    def part(self, name: str, a: Point, b: Point, *, side: str = "") -> None:
        """A part with two terminals, the netlist's first at ``a``; its label on a ``side`` (lrtb).

        A resistor whose value holds a knob gets an arrow and the knob's name.
        """
        part = self._take(name, [a, b])
        kind = name[0].upper()
        knobs = self._knobs_in(part.value)
        symbol = {
            "R": symbols.resistor,
            "C": symbols.capacitor,
            "D": symbols.diode,
            "I": symbols.current,
        }.get(kind, symbols.diamond)
        self._draw(symbol(), a, b)
        lines = [*knobs, *([name] if kind in "DBEI" else [name, symbols.value_label(part.value)])]
        room = {"C": 0.55, "B": 0.75, "E": 0.75, "I": 0.75}.get(kind, 0.42)
        if knobs and kind == "R":
            self._draw(symbols.arrow_across(), a, b)
            room = 0.75
        self._label(lines, a, b, side, bold=len(knobs), room=room)

    def pot(self, first: str, second: str, a: Point, b: Point, wiper: Point, side: str) -> None:
        """A potentiometer drawn as one part: ``first`` from ``a`` to the wiper, ``second`` on.

        ``side`` may also be "tr" and "br": to the right, above or below the wiper.
        """
        one = self._take(first, [a, wiper])
        self._take(second, [wiper, b])
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        self._draw(symbols.resistor(), a, b)
        way = hypot(wiper[0] - middle[0], wiper[1] - middle[1])
        tip = tuple(m + (w - m) * 0.25 / way for m, w in zip(middle, wiper, strict=True))
        self._arrow(wiper, (tip[0], tip[1]))
        name = first.rstrip("12")
        self.wipers.append(wiper)
        lines = [*self._knobs_in(one.value), f"{name}1/2", symbols.value_label(one.value)]
        self._label(lines, a, b, side, bold=1)

    def light_resistor(self, name: str, a: Point, b: Point) -> None:
        """A part that light makes conduct."""
        self._take(name, [a, b])
        self._draw(symbols.resistor(), a, b)
        x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
        for dy in (-0.35, 0.25):
            self._arrow((x - 1.1, y + dy - 0.45), (x - 0.4, y + dy))
        self._label([name], a, b, "r")

    def transistor(
        self, name: str, base: Point, *, pnp: bool = False, mirror: bool = False
    ) -> None:
        """Collector one step above and aside of ``base``, emitter below (also of a PNP)."""
        x, y = base
        m = -1.0 if mirror else 1.0
        self._take(name, [(x + m, y - 1), base, (x + m, y + 1)])
        bar = x + 0.5 * m
        self._path([base, (bar, y)])
        self._path([(bar, y - 0.5), (bar, y + 0.5)], width=2.0)
        self._path([(bar, y - 0.22), (x + m, y - 0.7), (x + m, y - 1)])
        self._path([(bar, y + 0.22), (x + m, y + 0.7), (x + m, y + 1)])
        tail, tip = (bar, y + 0.22), (x + m, y + 0.7)
        if pnp:
            tail, tip = tip, (bar + 0.08 * m, y + 0.3)
        else:
            tip = (bar + 0.42 * m, y + 0.62)
        self._head(tail, tip)
        self._text(name, (x + m * 1.25, y + 0.17), "start" if m > 0 else "end")

    def opamp(self, name: str, out: Point, *, plus_above: bool = True) -> None:
        """Its tip at ``out``, inputs three steps to the left, one up and one down."""
        x, y = out
        up, down = (x - 3, y - 1), (x - 3, y + 1)
        plus, minus = (up, down) if plus_above else (down, up)
        self._take(name, [plus, minus, out, (x - 1.5, y - 1.5), (x - 1.5, y + 1.5)])
        left, tip = x - 2.5, x - 0.3
        self._path([(left, y - 1.6), (left, y + 1.6), (tip, y), (left, y - 1.6)])
        self._path([(tip, y), out])
        for place in (up, down):
            self._path([place, (left, place[1])])
        half = 1.6 * (tip - (x - 1.5)) / (tip - left)
        for sign in (-1, 1):
            self._path([(x - 1.5, y + sign * half), (x - 1.5, y + sign * 1.5)])
        self._path([(left + 0.2, minus[1]), (left + 0.5, minus[1])])
        self._path([(left + 0.2, plus[1]), (left + 0.5, plus[1])])
        self._path([(left + 0.35, plus[1] - 0.15), (left + 0.35, plus[1] + 0.15)])
        self._text(name, (left + 0.6, y + 0.17), "start")

    def triode(self, name: str, grid: Point) -> None:
        """Plate one step and a half above and one aside of ``grid``, cathode below."""
        x, y = grid[0] + 1.25, grid[1]
        self._take(name, [(x, y - 1.5), grid, (x, y + 1.5)])
        self._circle((x, y), 1.0)
        self._path([(x, y - 1.5), (x, y - 0.45)])
        self._path([(x - 0.5, y - 0.45), (x + 0.5, y - 0.45)], width=2.0)
        self._path([grid, (x - 0.6, y)])
        for left in (-0.6, -0.2, 0.2):
            self._path([(x + left, y), (x + left + 0.25, y)])
        self._path([(x, y + 1.5), (x, y + 0.45)])
        self._path([(x - 0.45, y + 0.6), (x - 0.45, y + 0.45), (x + 0.45, y + 0.45),
                    (x + 0.45, y + 0.6)])  # fmt: skip
        self._text(name, (x + 1.2, y + 0.17), "start")

    def ground(self, *places: Point) -> None:
        """Ground symbols."""
        for x, y in places:
            self.tags.append(("0", (x, y)))
            self._path([(x, y), (x, y + 0.25)])
            for half, down in ((0.4, 0.25), (0.25, 0.4), (0.1, 0.55)):
                self._path([(x - half, y + down), (x + half, y + down)])

    def supply(self, name: str, place: Point, *, below: bool = False) -> None:
        """A voltage source against ground, as a bar with its name and volts."""
        part = self.parts[name]
        if part.nodes[1] != "0":
            raise DrawingError(f"{name} does not stand against ground")
        x, y = place
        self.tags.append((f"supply {part.nodes[0]}", place))
        self.pins.setdefault(name, [])
        end = y + (0.3 if below else -0.3)
        self._path([place, (x, end)])
        self._path([(x - 0.4, end), (x + 0.4, end)])
        volts = part.value.replace("-", "−")
        self._text(f"{name} {volts} V", (x, end + (0.62 if below else -0.18)), "middle")

    def node(self, name: str, place: Point, *, right: bool = False) -> None:
        """A node's name, where a formula speaks of it."""
        self.tags.append((f"node {name}", place))
        dx = 0.15 if right else -0.15
        self._text(name, (place[0] + dx, place[1] - 0.2), "start" if right else "end", italic=True)

    def ends(self, entry: Point, exit_: Point) -> None:
        """Where the signal goes in and comes out."""
        for name, (x, y), sign in ((self.input, entry, -1), (self.output, exit_, 1)):
            self.tags.append((f"node {name}", (x, y)))
            self._circle((x + sign * 0.15, y), 0.15)
            self._text(name, (x + sign * 0.45, y + 0.17), "end" if sign < 0 else "start",
                       bold=True)  # fmt: skip

    # -- whether it is the netlist ---------------------------------------------------------

    def check(self) -> None:
        """Compare the drawn nets with the netlist's nodes.

        Raises
        ------
        DrawingError
            A part is missing, or joined to what it is not joined to.
        """
        missing = set(self.parts) - set(self.pins)
        if missing:
            raise DrawingError(f"{self.title}: not drawn: {', '.join(sorted(missing))}")
        nets = self._nets()
        of_net: dict[Point, str] = {}
        for said, place in [*self._said(), *((n, p) for pins in self.pins.values()
                                            for n, p in pins)]:  # fmt: skip
            net = nets[place]
            known = of_net.setdefault(net, said)
            if known != said:
                raise DrawingError(f"{self.title}: {known} and {said} are joined at {place}")
        pieces, tagged = defaultdict(set), defaultdict(set)
        for net, said in of_net.items():
            pieces[said].add(net)
        for said, place in self._said():
            tagged[said].add(nets[place])
        for said, found in pieces.items():
            if len(found) > 1 and found - tagged[said]:
                raise DrawingError(f"{self.title}: {said} is in pieces: {sorted(found)}")
        self._check_formulas({said for said, _ in self._said()})

    def _said(self) -> list[tuple[str, Point]]:
        return [(tag.split(" ")[-1], place) for tag, place in self.tags]

    def _check_formulas(self, named: set[str]) -> None:
        for part in self.parts.values():
            nodes = set(part.nodes[2:]) if part.name[0] == "E" else set()
            for inside in re.findall(r"v\(([^)]*)\)", part.value):
                nodes |= set(inside.split(","))
            if nodes - named:
                raise DrawingError(f"{self.title}: {part.name} speaks of {nodes - named}, unnamed")

    def _nets(self) -> dict[Point, Point]:
        places = {p for pins in self.pins.values() for _, p in pins}
        places |= {p for _, p in self.tags} | {p for wire in self.wires for p in wire}
        root = {place: place for place in places}

        def find(place: Point) -> Point:
            while root[place] != place:
                place = root[place]
            return place

        for a, b in self.wires:
            for place in places:
                if _on(place, a, b):
                    root[find(place)] = find(a)
        return {place: find(place) for place in places}

    def _joints(self) -> list[Point]:
        """Where three ways or more meet."""
        places = {p for pins in self.pins.values() for _, p in pins}
        places |= {p for wire in self.wires for p in wire} | {p for _, p in self.tags}
        found = []
        for place in places:
            ways = sum(p == place for pins in self.pins.values() for _, p in pins)
            ways -= place in self.wipers  # where two of the netlist's resistors are one line
            ways += sum(p == place for tag, p in self.tags if not tag.startswith("node"))
            for a, b in self.wires:
                ways += (place in (a, b)) + 2 * (place not in (a, b) and _on(place, a, b))
            if ways > 2:
                found.append(place)
        return sorted(found)

    # -- the picture -----------------------------------------------------------------------

    def svg(self) -> str:
        """The drawing, once it is known to be the netlist; to be asked for once."""
        self.check()
        for x, y in self._joints():
            self.shapes.append(
                f'<circle cx="{_n(x)}" cy="{_n(y)}" r="2.4" fill="{INK}" stroke="none"/>'
            )
        bottom = max(y for _, y in self.box) + 1.3
        left = min(x for x, _ in self.box)
        for number, line in enumerate(self._notes()):
            self._text(line, (left, bottom + 0.75 * number), "start", small=True)
        xs, ys = [x * UNIT for x, _ in self.box], [y * UNIT for _, y in self.box]
        x, y = min(xs) - MARGIN, min(ys) - MARGIN
        width, height = max(xs) + MARGIN - x, max(ys) + MARGIN - y
        return "\n".join(
            [
                '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny" '
                f'width="{width:.0f}" height="{height:.0f}" '
                f'viewBox="{x:.1f} {y:.1f} {width:.1f} {height:.1f}">',
                f"<title>{escape(self.title)}</title>",
                f'<g fill="none" stroke="{INK}" stroke-width="1.2" stroke-linecap="round" '
                'stroke-linejoin="round">',
                *self.shapes,
                "</g>",
                f'<g fill="{INK}" stroke="none" font-family="sans-serif" font-size="{FONT:g}">',
                *self.texts,
                "</g>",
                "</svg>",
                "",
            ]
        )

    def _notes(self) -> list[str]:
        """Which types parts are of, and the formulas of controlled sources, as in the netlist."""
        types = defaultdict(list)
        formulas = []
        for part in self.parts.values():
            if part.name[0] in "DQX":
                words = [*(part.nodes[3:] if part.name[0] == "X" else ()), *part.value.split()]
                model = " ".join(word for word in words if word not in part.nodes)
                types[model].append(part.name)
            elif part.name[0] == "E":
                plus, minus = part.nodes[2:]
                between = plus if minus == "0" else f"{plus},{minus}"
                formulas.append(f"{part.name}: {part.value.strip('{}')} × v({between})")
            elif part.name[0] in "BI" and not part.name.startswith("I"):
                formulas.append(f"{part.name}: {re.sub(r'[{}]', '', part.value)}")
            elif part.name[0] == "I":
                formulas.append(f"{part.name}: {part.value.strip('{}')} A")
        named = [f"{', '.join(names)}: {model}" for model, names in types.items()]
        return [*(["; ".join(named)] if named else []), *formulas]

    # -- how ------------------------------------------------------------------------------

    def _take(self, name: str, places: list[Point]) -> Part:
        part = self.parts[name]
        if name in self.pins:
            raise DrawingError(f"{self.title}: {name} is drawn twice")
        self.pins[name] = list(zip(part.nodes, places, strict=False))
        self.box.extend(places)
        return part

    def _knobs_in(self, value: str) -> list[str]:
        words = re.findall(r"[A-Za-z_]\w*", value)
        return [name for param, name in self.knobs.items() if param in words]

    def _path(self, points: list[Point] | tuple[Point, ...], width: float = 0.0) -> None:
        self.box.extend(points)
        way = " L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        thick = f' stroke-width="{width:g}"' if width else ""
        self.shapes.append(f'<path d="M{way}"{thick}/>')

    def _circle(self, centre: Point, radius: float) -> None:
        x, y = centre
        self.box.extend([(x - radius, y - radius), (x + radius, y + radius)])
        self.shapes.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>')

    def _head(self, tail: Point, tip: Point, size: float = 0.32) -> None:
        way = hypot(tip[0] - tail[0], tip[1] - tail[1])
        dx, dy = (tip[0] - tail[0]) / way, (tip[1] - tail[1]) / way
        corners = [tip]
        for turn in (150, -150):
            c, s = cos(radians(turn)), sin(radians(turn))
            corners.append((tip[0] + size * (dx * c - dy * s), tip[1] + size * (dx * s + dy * c)))
        way_of = " L".join(f"{_n(x)} {_n(y)}" for x, y in corners)
        self.shapes.append(f'<path d="M{way_of} Z" fill="{INK}" stroke="none"/>')

    def _arrow(self, tail: Point, tip: Point) -> None:
        self._path([tail, tip])
        self._head(tail, tip)

    def _draw(self, strokes: list[tuple[str, list[Point]]], a: Point, b: Point) -> None:
        """Strokes given along a part of length 0 about its middle, with leads up to its ends."""
        length = hypot(b[0] - a[0], b[1] - a[1])
        ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
        mx, my = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2

        def place(p: Point) -> Point:
            return (mx + p[0] * ux - p[1] * uy, my + p[0] * uy + p[1] * ux)

        for kind, points in strokes:
            turned = [place(p) for p in points]
            if kind == "lead":
                self._path([a, turned[0]])
                self._path([turned[1], b])
            elif kind == "arrow":
                self._arrow(turned[0], turned[1])
            elif kind == "circle":
                self._circle(turned[0], 0.5)
            else:
                self._path(turned, width=2.0 if kind == "thick" else 0.0)

    def _label(self, lines: list[str], a: Point, b: Point, side: str, *, bold: int = 0,
               room: float = 0.42) -> None:  # fmt: skip
        lines = [line for line in lines if line]
        x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
        side = side or ("t" if a[1] == b[1] else "r")
        step = 0.58
        if side in "tb":
            if not bold:
                lines = [" ".join(lines)]
            first = y - room - step * (len(lines) - 1) if side == "t" else y + room + 0.45
        else:
            first = y - step * (len(lines) - 1) / 2 + 0.17
        if len(side) == 2:
            first = y - 0.4 - step * (len(lines) - 1) if side[0] == "t" else y + 0.85
            side, room = "r", 0.6
        anchor = {"t": "middle", "b": "middle", "r": "start", "l": "end"}[side]
        x += {"r": room, "l": -room}.get(side, 0.0)
        for number, line in enumerate(lines):
            self._text(line, (x, first + step * number), anchor, bold=number < bold)

    def _text(self, text: str, place: Point, anchor: str, *, bold: bool = False,
              italic: bool = False, small: bool = False) -> None:  # fmt: skip
        x, y = place
        wide = 0.56 * FONT / UNIT * len(text) * (1.06 if bold else 1.0)
        start = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        self.box.extend([(start, y - 0.4), (start + wide, y + 0.1)])
        style = ' font-weight="bold"' if bold else ""
        style += ' font-style="italic"' if italic else ""
        style += f' font-size="{SMALL:g}"' if small else ""
        self.texts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"{style}>{escape(text)}</text>'
        )


def _n(steps: float) -> str:
    return f"{steps * UNIT:.1f}".removesuffix(".0")


def _on(place: Point, a: Point, b: Point) -> bool:
    """Whether a place lies on the line from ``a`` to ``b``, its ends included."""
    cross = (b[0] - a[0]) * (place[1] - a[1]) - (b[1] - a[1]) * (place[0] - a[0])
    inside = all(min(a[i], b[i]) - 1e-9 <= place[i] <= max(a[i], b[i]) + 1e-9 for i in (0, 1))
    return abs(cross) < 1e-9 and inside
