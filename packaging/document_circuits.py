"""Write what the library says of its circuits into ``docs/circuits.md``, between its two marks.

    python packaging/document_circuits.py [--check]

What stands before and after the marks is written by hand. ``--check`` changes nothing and ends with
1 where the page is not what the library says.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from engines.circuits.diode_clipper import CIRCUIT as DIODE_CLIPPER  # noqa: E402
from engines.circuits.library import LibraryCircuit, circuits  # noqa: E402
from engines.circuits.library.description import Figure  # noqa: E402

PAGE = ROOT / "docs" / "circuits.md"
BEGIN, END = "<!-- from the library -->\n", "<!-- end -->\n"


def section(circuit: LibraryCircuit) -> str:
    """A circuit's heading, picture, knobs and figures."""
    lines = [
        *_opening(circuit.name, circuit.title),
        f"{circuit.summary}. Full scale is sent as {circuit.drive:g} V, unless you say otherwise; "
        f"the solver takes {circuit.steps} steps a sample.",
        "",
        f"{circuit.reference}.",
        "",
    ]
    if circuit.knobs:
        lines += ["| knob | in commands | range | at rest |", "| --- | --- | --- | --- |"]
        for knob in circuit.knobs:
            unit = f" {knob.unit}" if knob.unit else ""
            reach = f"{knob.minimum:g} to {knob.maximum:g}{unit}"
            if knob.taper == "switch":
                reach = f"{knob.minimum:g} or {knob.maximum:g}"
            elif knob.taper == "log":
                reach += ", logarithmic"
            rest = f"{knob.default:g}{unit}"
            lines.append(f"| {knob.name} | `{knob.param}` | {reach} | {rest} |")
        lines.append("")
    states = ", ".join(f"{name} = {vector}" for name, vector in circuit.states.items())
    lines += [f"{_count(len(circuit.states))}: {states}.", ""]
    lines += ["| figure | value | tested to within | from |", "| --- | --- | --- | --- |"]
    lines += [_figure(figure) for figure in circuit.figures]
    return "\n".join([*lines, ""])


def diode_clipper() -> str:
    """The circuit that every installation simulates first; it has no knobs and no description."""
    state = DIODE_CLIPPER.states[0]
    return "\n".join(
        [
            *_opening(DIODE_CLIPPER.name, DIODE_CLIPPER.title),
            "A resistor into a capacitor and two antiparallel diodes; a source of its own "
            "(what `trimpot simulate` takes where no circuit is named).",
            "",
            f"{DIODE_CLIPPER.reference}: 2.2 kΩ, 10 nF, 1N4148 with Is = 2.52 nA and n Vt = "
            "45.3 mV.",
            "",
            f"{_count(1)}: {state.name} = {state.vector}.",
            "",
        ]
    )


def _opening(name: str, title: str) -> list[str]:
    return [f"### {title}", "", f"![{title}](images/circuits/{name}.svg)", "", f"`{name}`", ""]


def _count(states: int) -> str:
    return "One state" if states == 1 else f"{states} states"


def _figure(figure: Figure) -> str:
    unit = f" {figure.unit}" if figure.unit else ""
    at = ", ".join(f"{param} {value:g}" for param, value in figure.settings.items())
    name = figure.name + (f" ({at})" if at else "")
    source = figure.source.replace("|", "\\|")
    if figure.value == 0:
        return f"| {name} | as in theory | {figure.tolerance:g}{unit} | {source} |"
    return f"| {name} | {figure.value:g}{unit} | {figure.tolerance:g}{unit} | {source} |"


def page(before: str) -> str:
    """The page with its middle part anew."""
    head, rest = before.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    found = list(circuits().values())
    sections = [section(found[0]), diode_clipper(), *map(section, found[1:])]
    return "".join([head, BEGIN, "\n", "\n".join(sections), "\n", END, tail])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    before = PAGE.read_text(encoding="utf-8")
    after = page(before)
    if parser.parse_args().check:
        raise SystemExit(before != after)
    PAGE.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
