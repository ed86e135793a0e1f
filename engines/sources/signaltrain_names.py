"""The layout of the SignalTrain LA-2A set, read by its file names.

``Train|Val|Test/input_NNN_.wav`` with ``target_NNN_LA2A_{2c,3c}__S__P.wav``: S is the switch
(0 compress, 1 limit), P the peak reduction, 0..100 (Hawley, Colburn, Mimilakis, "SignalTrain:
Profiling Audio Compressors with Deep Neural Networks", AES 147, 2019; data on Zenodo 3824876).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from engines.sources.found import Found, Scan, few, list_audio, natural, part_of, same_settings
from engines.sources.patterns import normal, without_suffix
from projects.manifest import Control, Part

INPUT = re.compile(r"input_(\d{1,9})(?:_.*)?", re.IGNORECASE)
TARGET = re.compile(
    r"target_(\d{1,9})_(.+?)__(-?\d{1,6}(?:\.\d{1,6})?)__(-?\d{1,6}(?:\.\d{1,6})?)", re.IGNORECASE
)
HELD_BACK = 0.15
"""The share of the Train pairs that stands in for a part that the folder lacks."""
WHOLE_FILES = 7
"""With fewer pairs than this a share of them is no whole pair: each is divided by time instead."""
HELD_PARTS: tuple[Part, ...] = ("validation", "test")
SWITCH, REDUCTION = "switch", "peak reduction"
CONTROLS = (
    Control(name=SWITCH, minimum=0.0, maximum=1.0, default=0.0, taper="switch"),
    Control(name=REDUCTION, minimum=0.0, maximum=100.0, default=50.0),
)


def scan_signaltrain(folder: Path) -> Scan:
    """Find the pairs of a SignalTrain folder, of one of its parts, or of a flat one.

    A part that is not there is taken from Train: its last 15 % (by number), whole pairs; of fewer
    than seven pairs nothing is taken here, and the source divides each by time.

    Raises
    ------
    ScanError
        The folder is not there or cannot be read.
    """
    listing = list_audio(folder)
    inputs, targets, odd = _sorted_out(listing.files)
    problems = list(listing.problems)
    problems += [
        f"{name} is named neither as an input nor as a target; it is left out." for name in odd
    ]
    items: list[Found] = []
    used: set[str] = set()
    for name, (key, switch, reduction) in targets.items():
        dry, said = _input_of(name, key, inputs)
        problems += [said] if said else []
        used.update([name] if dry is None else [name, dry])
        items.append(
            Found(
                wet=listing.folder / name,
                dry=None if dry is None else listing.folder / dry,
                knobs={SWITCH: switch, REDUCTION: reduction},
                part=part_of(name, listing.folder),
                clip=key[1],
                note=said or _odd_setting(switch, reduction),
            )
        )
    for name in (name for names in inputs.values() for name in names):
        if name not in used:
            problems.append(f"{name} has no target.")
    if not items:
        problems.append(
            "There are no pairs named as SignalTrain names them (input_001_.wav with "
            "target_001_LA2A_3c__0__65.wav)."
        )
    problems += same_settings(items)
    problems += [f"{item.wet.name}: {item.note}." for item in items if item.dry and item.note]
    items, said_parts = _with_parts(items)
    unmatched = tuple(listing.folder / name for name in listing.files if name not in used)
    controls = CONTROLS if items else ()
    return Scan(
        listing.folder,
        tuple(items),
        unmatched,
        few([*said_parts, *problems]),
        _held(controls, items),
    )


def looks_like_signaltrain(files: Iterable[str]) -> bool:
    """Whether some of these names are inputs and some targets as SignalTrain names them."""
    inputs, targets, _ = _sorted_out(files)
    return bool(inputs) and bool(targets)


Key = tuple[str, str]
"""A pair's folder (lower case) and number."""


def _sorted_out(
    files: Iterable[str],
) -> tuple[dict[Key, list[str]], dict[str, tuple[Key, float, float]], list[str]]:
    inputs: dict[Key, list[str]] = {}
    targets: dict[str, tuple[Key, float, float]] = {}
    odd: list[str] = []
    for name in files:
        path = PurePosixPath(without_suffix(normal(name)))
        place = str(path.parent).lower()
        if found := INPUT.fullmatch(path.name):
            inputs.setdefault((place, _number(found[1])), []).append(name)
        elif found := TARGET.fullmatch(path.name):
            targets[name] = ((place, _number(found[1])), float(found[3]), float(found[4]))
        else:
            odd.append(name)
    return inputs, targets, odd


def _number(digits: str) -> str:
    return f"{int(digits):03d}"


def _input_of(name: str, key: Key, inputs: dict[Key, list[str]]) -> tuple[str | None, str]:
    """The input of a target, and a sentence where there is none or more than one."""
    found = inputs.get(key, [])
    if not found:
        elsewhere = [other for (_, number), names in inputs.items() if number == key[1]
                     for other in names]  # fmt: skip
        hint = f"; {elsewhere[0]} lies in another folder" if elsewhere else ""
        return None, f"{name} has no input of the number {key[1]} beside it{hint}"
    if len(found) > 1:
        return found[0], f"the input {key[1]} is there twice; {found[0]} is used"
    return found[0], ""


def _odd_setting(switch: float, reduction: float) -> str:
    if switch not in (0.0, 1.0):
        return f"the switch stands at {switch:g}, where only 0 (compress) and 1 (limit) are known"
    if not 0.0 <= reduction <= 100.0:
        return f"the peak reduction is {reduction:g}, outside 0 to 100"
    return ""


def _held(controls: tuple[Control, ...], items: list[Found]) -> tuple[Control, ...]:
    """The controls, widened where an odd name goes beyond them."""
    held = []
    for control in controls:
        values = [item.knobs[control.name] for item in items]
        low, high = min([control.minimum, *values]), max([control.maximum, *values])
        held.append(control.model_copy(update={"minimum": low, "maximum": high}))
    return tuple(held)


def _with_parts(items: list[Found]) -> tuple[list[Found], list[str]]:
    """Every item with a part, where there are enough pairs; and what was decided for that."""
    if not items:
        return items, []
    named = {item.part for item in items}
    items = [replace(item, part=item.part or "train") for item in items]
    missing = [part for part in HELD_PARTS if part not in named]
    if not missing or "train" not in {item.part for item in items}:
        return items, []
    inputs = sorted({_input(item) for item in items if item.part == "train"}, key=_natural_key)
    words = " and ".join({"validation": "Val", "test": "Test"}[part] for part in missing)
    if len(inputs) < WHOLE_FILES:
        return items, [
            f"There is no {words} folder, and too few pairs to set whole ones aside: the end of "
            "each Train pair is kept for it."
        ]
    count = max(1, round(HELD_BACK * len(inputs)))
    moved: dict[tuple[str, str], Part] = {}
    said = []
    for index, part in enumerate(missing):
        stop = len(inputs) - count * (len(missing) - 1 - index)
        chosen = inputs[stop - count : stop]
        moved.update(dict.fromkeys(chosen, part))
        name = {"validation": "Val", "test": "Test"}[part]
        said.append(
            f"There is no {name} folder: the last 15 % of the Train pairs ({count} of "
            f"{len(inputs)}, from number {chosen[0][1]}) are used for {part}."
        )
    return [
        replace(item, part=moved.get(_input(item), item.part)) if item.part == "train" else item
        for item in items
    ], said


def _input(item: Found) -> tuple[str, str]:
    return (str(item.dry), item.clip)


def _natural_key(key: tuple[str, str]) -> tuple[object, ...]:
    return (natural(key[1]), key[0])
