"""What a netlist suggests: where its signal enters and leaves, and which parameters are knobs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engines.circuits.reading.dependence import bounds_of, reached_by
from engines.circuits.reading.expressions import Name, Number, names_in
from engines.circuits.reading.model import Element, Netlist
from engines.circuits.reading.soundness import formulas_of

_INPUT_NAME = re.compile(r"v_?(?:in|input|sig|signal|gen|guitar|source)\w*", re.I)
_INPUT_NODE = re.compile(
    r"(?:.*_)?(?:in|input|vin|v_in|audio_?in|inp|sig|signal|guitar|gtr|mic|pickup|ein|eingang|entrada|"
    r"entree|ingresso)_?\d?",
    re.I,
)
_MODULATES = re.compile(r".*(?:lfo|osc|mod|carrier|clk|clock|sweep|trem|vib|ctl|ctrl|cv).*", re.I)
_OUTPUT_NODE = re.compile(
    r"(?:.*_)?(?:out|output|vout|vo|v_out|audio_?out|out_?put|ausgang|salida|saida|sortie|uscita)_?\w?",
    re.I,
)
_BEST_OUTPUTS = ("out", "output", "vout", "audio_out", "v_out")
_NUMBERED = re.compile(r"n?\d+")
_MADE = re.compile(
    r".*_(?:rser|lser|z\d+|charge|current)(?:_\d+)?|(?:idt|ddt|sdt)_1(?:_\d+)?", re.I
)
"""Nodes that reading made."""
_POT = re.compile(
    r"(?:.*_)?r?_?(?:pot|knob|gain|drive|dist|distortion|fuzz|tone|bass|mid|middle|treb|treble|"
    r"presence|vol|volume|master|level|sustain|sens|sensitivity|attack|release|boost|blend|mix|wiper|"
    r"rot|bright|depth|rate|speed|cutoff|resonance|reso|peak|wah|output|x|alpha|setting)\d*(?:_.*)?",
    re.I,
)
_WIPER = re.compile(r"(?:w|wiper|wipe|x|k|p|pos|position|set|rot|alpha|ratio|t|val|value)\d?", re.I)
SMALLEST = 1e-3
"""Below this a value is a part's (10n), and not how far a pot is turned."""
SLOW = 25.0
"""Hz below which a sine moves something, and isn't the sound."""


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
    if not named and (_MODULATES.fullmatch(element.nodes[0]) or _is_slow_or_mains(element)):
        score = max(1, score - 35)
    if supply and not source.ac and not named:
        return 0, ""
    if source.shape:
        return score, f"{element.name} gives a signal ({source.shape.upper()})"
    if source.ac:
        return score, f"{element.name} has an AC value"
    if named and not supply:
        return score, f"{element.name} is called like an input"
    return (1, f"{element.name} gives 0 V") if not supply else (0, "")


def _is_slow_or_mains(element: Element) -> bool:
    """Whether a sine is too slow to be heard, or as large as what feeds a rectifier."""
    source = element.source
    if source is None or source.shape != "sin" or len(source.values) < 3:
        return False
    size, hertz = source.values[1], source.values[2]
    slow = isinstance(hertz, Number) and hertz.value < SLOW
    return slow or (isinstance(size, Number) and abs(size.value) > 100)


def outputs(netlist: Netlist) -> tuple[str, ...]:
    """Nodes that may be the output, the likeliest first.

    Those that the netlist's own ``.wave`` and the like listen to, those called so, those that have
    a name at all, then the last ones.
    """
    seen: dict[str, None] = {}
    for element in netlist.elements:
        seen.update(dict.fromkeys(node for node in element.nodes if node != "0"))
    sources = {node for one in netlist.elements if one.kind == "V" for node in one.nodes}
    probed = [node for node in netlist.probed if node in seen and node not in sources]
    if len(probed) > 1:
        probed.sort(key=lambda node: not _OUTPUT_NODE.fullmatch(node))
    named = [node for node in seen if _OUTPUT_NODE.fullmatch(node) and not _MADE.fullmatch(node)]
    named.sort(key=lambda node: (_BEST_OUTPUTS.index(node) if node in _BEST_OUTPUTS else 9, node))
    others = [node for node in reversed(seen) if node not in sources]
    others.sort(key=lambda node: (bool(_MADE.fullmatch(node)), bool(_NUMBERED.fullmatch(node))))
    return tuple(dict.fromkeys((*probed, *named, *others)))


def knobs(netlist: Netlist) -> tuple[KnobGuess, ...]:
    """Parameters that are plain numbers, those most like a knob first.

    Two resistors that share one, as a potentiometer's halves do, bound it; else a ``.step`` tells a
    range. Else a value within 0..1 may go from 0 to 1, a larger one that is called like a knob from
    0 to 10 or to 100, and any other from half of it to twice it.
    """
    reached = reached_by(netlist)
    played = inputs(netlist)
    sound = played[0].source if played else ""
    found = []
    for param in netlist.params:
        if not isinstance(param.value, Number):
            continue
        elements = reached[param.name]
        inner = [one for one in elements if one.name != sound]
        guess = _knob(netlist, param.name, param.value.value, tuple(inner))
        if not inner and not _reaches_inside(netlist, param.name):
            why = "only the test signal depends on it" if elements else "nothing depends on it"
            guess = replace(guess, likely=False, why=why)
        found.append(guess)
    return tuple(sorted(found, key=lambda knob: not knob.likely))


def _reaches_inside(netlist: Netlist, name: str) -> bool:
    """Whether a subcircuit or a model names a parameter of the top."""
    formulas = [value for model in netlist.models for _, value in model.params]
    for sub in netlist.subcircuits:
        own = {param.name for param in (*sub.params, *sub.local_params)}
        if name not in own:
            formulas += [value for one in sub.elements for value in formulas_of(one)]
            formulas += [param.value for param in sub.local_params]
    return any(name in names_in(value) for value in formulas)


def _knob(netlist: Netlist, name: str, value: float, elements: tuple[Element, ...]) -> KnobGuess:
    sweep = next((one for one in netlist.sweeps if one.parameter == name), None)
    called = bool(_POT.fullmatch(name))
    low, high = bounds_of(netlist, name, elements)
    if low is not None and high is not None and low < high:
        if -0.01 * high < low < 0 <= value:
            low = 0.0
        return KnobGuess(
            name, low, high, value, True, "it divides a resistance in two, as a pot does"
        )
    if sweep is not None:
        return KnobGuess(name, sweep.low, sweep.high, value, True, "a .step runs through it")
    if _sets_wiper(name, elements) and 0 <= value <= 1:
        return KnobGuess(name, 0.0, 1.0, value, True, "it sets a potentiometer")
    if called and _is_resistance(name, value, elements):
        highest = value if value >= 5e3 else 1e5
        return KnobGuess(
            name, min(1.0, value), highest, value, True, "a resistance called like a knob"
        )
    if value == 0 or SMALLEST <= value <= 1:
        likely = called or value not in (0, 1)
        return KnobGuess(name, 0.0, 1.0, value, likely, "its value lies between 0 and 1")
    if called and 1 < value <= 100:
        top = 10.0 if value <= 10 else 100.0
        return KnobGuess(name, 0.0, top, value, True, "it is called like a knob")
    low, high = sorted((value / 2, value * 2))
    return KnobGuess(name, low, high, value, False, "it is a plain number")


def _sets_wiper(name: str, elements: tuple[Element, ...]) -> bool:
    """Whether it goes to a subcircuit as a wiper's place."""
    return any(
        one.kind == "X" and _WIPER.fullmatch(word) and name in names_in(value)
        for one in elements
        for word, value in one.params
    )


def _is_resistance(name: str, value: float, elements: tuple[Element, ...]) -> bool:
    """Whether it stands for ohms: all of a resistor's value, or as large as one."""
    return any(one.kind == "R" and (value >= 500 or one.value == Name(name)) for one in elements)
