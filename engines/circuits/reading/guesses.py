"""What a netlist suggests: where its signal enters and leaves, and which parameters are knobs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engines.circuits.reading.expressions import Number
from engines.circuits.reading.model import Element, Netlist

_INPUT_NAME = re.compile(r"v_?(?:in|input|sig|signal|gen|guitar|source)\w*", re.I)
_INPUT_NODE = re.compile(r"(?:in|input|vin|sig|signal|guitar|gtr)_?\d?", re.I)
_OUTPUT_NODE = re.compile(r"(?:out|output|vout|vo|audio_?out|out_?put)_?\d?", re.I)
_POT = re.compile(
    r"(?:.*_)?(?:pot|knob|gain|drive|dist|distortion|fuzz|tone|bass|mid|middle|treble|presence|vol|"
    r"volume|level|sustain|attack|boost|blend|mix|wiper|rot|bright|depth|rate|cutoff|resonance|"
    r"reso|peak|x|alpha|setting)\d*(?:_.*)?",
    re.I,
)

SMALLEST = 1e-3
"""Below this a value is a part's (10n), and not how far a pot is turned."""


@dataclass(frozen=True)
class InputGuess:
    """A source that may be the circuit's input: it drives ``node`` against ``against``."""

    source: str
    node: str
    against: str
    why: str


@dataclass(frozen=True)
class KnobGuess:
    """A parameter that may be a knob, with a range (``low``, ``high``) and where it stands."""

    parameter: str
    low: float
    high: float
    value: float
    likely: bool
    why: str


def inputs(netlist: Netlist) -> tuple[InputGuess, ...]:
    """Voltage sources that may be the input, the likeliest first."""
    ranked = []
    for place, element in enumerate(netlist.elements):
        if element.kind != "V" or element.source is None:
            continue
        score, why = _input_score(element)
        if score > 0:
            node, against = element.nodes
            guess = InputGuess(element.name, node, against, why)
            ranked.append((-score, place, guess))
    return tuple(guess for *_, guess in sorted(ranked, key=lambda entry: entry[:2]))


def _input_score(element: Element) -> tuple[int, str]:
    source = element.source
    assert source is not None
    supply = isinstance(source.dc, Number) and source.dc.value != 0 and not source.shape
    if source.recording:
        return 100, f"{element.name} plays the recording {source.recording[:60]}"
    named = bool(_INPUT_NAME.fullmatch(element.name) or _INPUT_NODE.fullmatch(element.nodes[0]))
    score = (
        20 * named + 30 * (source.shape == "sin") + 10 * bool(source.shape) + 15 * bool(source.ac)
    )
    if supply and not source.ac and not named:
        return 0, ""
    if source.shape:
        return score, f"{element.name} gives a signal ({source.shape.upper()})"
    if source.ac:
        return score, f"{element.name} has an AC value"
    if named and not supply:
        return score, f"{element.name} is called like an input"
    return (1, f"{element.name} gives 0 V") if not supply else (0, "")


def outputs(netlist: Netlist) -> tuple[str, ...]:
    """Nodes that may be the output, the likeliest first: those called so, then the last ones."""
    seen: dict[str, None] = {}
    for element in netlist.elements:
        seen.update(dict.fromkeys(node for node in element.nodes if node != "0"))
    sources = {node for one in netlist.elements if one.kind == "V" for node in one.nodes}
    named = [node for node in seen if _OUTPUT_NODE.fullmatch(node)]
    named.sort(key=lambda node: (node not in ("out", "output", "vout"), node))
    others = [node for node in reversed(seen) if node not in named and node not in sources]
    return (*named, *others)


def knobs(netlist: Netlist) -> tuple[KnobGuess, ...]:
    """Parameters that are plain numbers, those most like a knob first.

    A ``.step`` tells a range. Else a value within 0..1 may go from 0 to 1, a larger one that is
    called like a knob from 0 to 10 or to 100, and any other from half of it to twice it.
    """
    swept = {sweep.parameter: sweep for sweep in netlist.sweeps}
    found = []
    for param in netlist.params:
        if not isinstance(param.value, Number):
            continue
        value = param.value.value
        sweep = swept.get(param.name)
        called = bool(_POT.fullmatch(param.name))
        if sweep is not None:
            found.append(
                KnobGuess(param.name, sweep.low, sweep.high, value, True, "a .step runs through it")
            )
        elif value == 0 or SMALLEST <= value <= 1:
            found.append(KnobGuess(param.name, 0.0, 1.0, value, called or value not in (0, 1),
                                   "its value lies between 0 and 1"))  # fmt: skip
        elif called and 1 < value <= 100:
            high = 10.0 if value <= 10 else 100.0
            found.append(KnobGuess(param.name, 0.0, high, value, True, "it is called like a knob"))
        else:
            low, high = sorted((value / 2, value * 2))
            found.append(KnobGuess(param.name, low, high, value, False, "it is a plain number"))
    return tuple(sorted(found, key=lambda knob: not knob.likely))
