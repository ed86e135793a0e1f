"""What the checks found, laid out: for a program, and for a person."""

from __future__ import annotations

from typing import Any

from app.cli.actions import Figures
from projects.capture import Capture, Check
from projects.errors import TrimpotError
from projects.fixes import is_settled
from projects.manifest import CaptureEntry, Manifest
from projects.project import Project

PLACES = 4
"""Stretches that a line for a person names."""


def verdicts(project: Project, entry: CaptureEntry) -> Figures:
    """One capture: its settings, its decisions, and each verdict with whether it is settled."""
    found: Figures = {
        "id": entry.id,
        "name": entry.name,
        "knobs": entry.knobs,
        "included": entry.included,
        "shift": entry.edits.shift,
        "flip": entry.edits.flip,
        "cuts": [[cut.start, cut.stop] for cut in entry.edits.cuts],
        "checks": [],
        "error": None,
    }
    try:
        capture = project.read_capture(entry.id)
    except TrimpotError as error:
        found["error"] = error.sentence
        return found
    found["sample_rate"] = capture.sample_rate
    found["n_samples"] = capture.n_samples
    found["checks"] = [_verdict(check, entry) for check in capture.checks]
    found["seconds"] = [_seconds(check, capture) for check in capture.checks]
    return found


def _verdict(check: Check, entry: CaptureEntry) -> dict[str, Any]:
    return {
        "name": check.name,
        "level": check.level,
        "text": check.text,
        "value": check.value,
        "sure": check.sure,
        "advice": check.advice,
        "where": [[stretch.start, stretch.stop] for stretch in check.where],
        "fixes": [
            {**fix.model_dump(mode="json"), "settled": is_settled(entry, fix)}
            for fix in check.fixes
        ],
        "settled": any(is_settled(entry, fix) for fix in check.fixes),
    }


def _seconds(check: Check, capture: Capture) -> str:
    rate = capture.sample_rate
    shown = [f"{place.start / rate:.3f}-{place.stop / rate:.3f} s" for place in check.where]
    more = f" and {len(shown) - PLACES} more" if len(shown) > PLACES else ""
    return ", ".join(shown[:PLACES]) + more


def print_rows(found: list[Figures], *, everything: bool) -> list[tuple[str, object]]:
    """Lines for a person: each capture, its decisions, and what is to be said of it."""
    rows: list[tuple[str, object]] = []
    for one in found:
        rows.append((one["name"], one["error"] or _decisions(one)))
        for item, places in zip(one["checks"], one.pop("seconds", []), strict=False):
            if item["level"] == "ok" and not everything:
                continue
            rows.append((f"  {_mark(item)} {item['name']}", _said(item, places)))
    return rows


def _decisions(one: Figures) -> str:
    words = ["for training" if one["included"] else "left out"]
    if one["shift"]:
        words.append(f"shifted by {one['shift']} samples")
    if one["flip"]:
        words.append("flipped")
    if one["cuts"]:
        words.append(f"{len(one['cuts'])} stretch(es) cut")
    return ", ".join(words)


def _mark(item: Figures) -> str:
    return "done" if item["settled"] else str(item["level"])


def _said(item: Figures, places: str) -> str:
    words = [item["text"]]
    if item["sure"] is not None:
        words.append(f"({100 * item['sure']:.0f} % sure.)")
    if places:
        words.append(f"At {places}.")
    if item["advice"] and not item["settled"]:
        words.append(item["advice"])
    return " ".join(words)


def coverage(manifest: Manifest) -> list[dict[str, Any]]:
    """Each setting of the knobs that there is, and how many captures of it."""
    rows: dict[tuple[tuple[str, float], ...], dict[str, Any]] = {}
    for entry in manifest.captures:
        key = tuple(sorted(entry.knobs.items()))
        row = rows.setdefault(key, {"knobs": entry.knobs, "captures": 0, "included": 0})
        row["captures"] += 1
        row["included"] += entry.included
    return [rows[key] for key in sorted(rows)] if any(rows) else []
