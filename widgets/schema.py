"""Reading a JSON Schema as pydantic writes it: references, titles, limits, numbers as typed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


class SchemaError(ValueError):
    """A schema has a property that the form has no field for."""


def resolve(shape: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """A property with its references into ``$defs`` put in place.

    Raises
    ------
    SchemaError
        A reference leads nowhere.
    """
    found = dict(shape)
    for _ in range(8):
        reference = found.pop("$ref", None)
        if reference is None:
            break
        target = root.get("$defs", {}).get(str(reference).rsplit("/", 1)[-1])
        if target is None:
            raise SchemaError(f"The form refers to {reference}, which is not there.")
        found = {**target, **found}
    for key in ("anyOf", "oneOf"):
        if key in found:
            found[key] = [resolve(option, root) for option in found[key]]
    if isinstance(found.get("items"), Mapping):
        found["items"] = resolve(found["items"], root)
    return found


def plain_title(name: str, shape: Mapping[str, Any]) -> str:
    """The title of a property as a person writes it: ``hidden_size`` becomes ``Hidden size``."""
    title = str(shape.get("title") or name)
    generated = name.replace("_", " ").title()
    if title in (generated, name):
        words = name.replace("_", " ")
        return words[:1].upper() + words[1:]
    return title


def limits(shape: Mapping[str, Any], step: float = 0.0) -> tuple[float | None, float | None]:
    """The lowest and highest value allowed; ``step`` makes exclusive limits inclusive."""
    low, high = shape.get("minimum"), shape.get("maximum")
    if low is None and "exclusiveMinimum" in shape:
        low = shape["exclusiveMinimum"] + step
    if high is None and "exclusiveMaximum" in shape:
        high = shape["exclusiveMaximum"] - step
    return (None if low is None else float(low)), (None if high is None else float(high))


def outside(number: float, shape: Mapping[str, Any]) -> str:
    """What is wrong with a number's size, in a sentence, or an empty string."""
    if "minimum" in shape and number < shape["minimum"]:
        return f"It must be at least {shape['minimum']:g}."
    if "exclusiveMinimum" in shape and number <= shape["exclusiveMinimum"]:
        return f"It must be more than {shape['exclusiveMinimum']:g}."
    if "maximum" in shape and number > shape["maximum"]:
        return f"It must be at most {shape['maximum']:g}."
    if "exclusiveMaximum" in shape and number >= shape["exclusiveMaximum"]:
        return f"It must be less than {shape['exclusiveMaximum']:g}."
    return ""


def parse_number(text: str) -> float | None:
    """A finite number as people type it, or None."""
    cleaned = text.strip().replace("\u2212", "-").replace("\u202f", "").replace(" ", "")
    if cleaned.count(",") == 1 and "." not in cleaned:
        cleaned = cleaned.replace(",", ".")
    try:
        number = float(cleaned)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
