"""The data commands: scan a folder, import recordings, say what the checks found, decide."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app import edits
from app.cli.actions import Bench, Figures
from app.cli.console import ConsoleReporter
from app.cli.verdicts import coverage, print_rows, verdicts
from app.cli.work import open_or_create
from engines.sources.scanning import (
    Scan,
    Suggestion,
    names_like,
    scan_pattern,
    scan_signaltrain,
    suggest,
)
from projects.errors import ProjectError
from projects.fixes import safe_fixes
from projects.manifest import MAX_NAME, MAX_SHIFT, CaptureEntry, Manifest, Stretch
from projects.project import Project

SHOWN = 200
"""Recordings that a table for a person lists."""


def scan(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Look at a folder's names; no audio is read."""
    how, found = _scanned(chosen)
    hours = f"{len(found.pairs)} pair(s) of {len(found.items)} wet file(s)"
    text = f"{hours} in {found.folder}"
    if how.kind != "signaltrain":
        text += f", by the pattern {how.pattern!r} with dry {how.dry!r}"
    table: list[tuple[str, object]] = []
    for item in found.items[:SHOWN]:
        knobs = ", ".join(f"{name} {value:g}" for name, value in item.knobs.items())
        said = [knobs or item.clip, item.part or "", item.note]
        table.append((_relative(item.wet, found.folder), "; ".join(word for word in said if word)))
    if len(found.items) > SHOWN:
        table.append(("...", f"and {len(found.items) - SHOWN} more"))
    table += [("Problem", problem) for problem in found.problems]
    if found.unmatched:
        table.append(("Not matched", f"{len(found.unmatched)} audio file(s)"))
    return {
        "text": text + ".",
        "kind": how.kind,
        "pattern": how.pattern,
        "dry": how.dry,
        "pairs": len(found.pairs),
        "items": [
            {
                "wet": str(item.wet),
                "dry": None if item.dry is None else str(item.dry),
                "knobs": item.knobs,
                "part": item.part,
                "clip": item.clip,
                "note": item.note,
            }
            for item in found.items
        ],
        "unmatched": [str(path) for path in found.unmatched],
        "problems": list(found.problems),
        "controls": [control.model_dump(mode="json") for control in found.controls],
        "table": table,
    }


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _scanned(chosen: argparse.Namespace) -> tuple[Suggestion, Scan]:
    """How the folder is read, as asked or guessed, and what is found so."""
    how = _how(chosen)
    if how.kind == "signaltrain":
        return how, scan_signaltrain(chosen.folder)
    return how, scan_pattern(chosen.folder, how.pattern, how.dry)


def _how(chosen: argparse.Namespace) -> Suggestion:
    if chosen.signaltrain:
        return Suggestion("signaltrain")
    if chosen.pattern:
        return Suggestion("pattern", chosen.pattern, chosen.dry)
    guess = suggest(chosen.folder)
    if guess.kind == "none":
        from engines.sources.found import list_audio

        listing = list_audio(chosen.folder)
        raise ProjectError(
            f"How the recordings in {listing.folder} belong together cannot be told from their "
            f"names. {names_like(listing.files)} Give --pattern and --dry."
        )
    if chosen.dry and guess.kind != "signaltrain":
        return Suggestion(guess.kind, guess.pattern, chosen.dry)
    return guess


def import_recordings(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Import one pair, or a folder."""
    source, name, config = _import_config(chosen, reporter)
    with open_or_create(chosen.project, reporter) as project:
        before = _decided(project.manifest)
        figures = Bench(project, reporter).data("import", name, source, config)
        if chosen.ranges and chosen.folder is None:
            _set_ranges(project, chosen.ranges)
        figures["decided"] = len(_decided(project.manifest) - before)
        return figures


def _decided(manifest: Manifest) -> set[str]:
    return {entry.id for entry in manifest.captures if entry.edits.any or not entry.included}


def _import_config(
    chosen: argparse.Namespace, reporter: ConsoleReporter
) -> tuple[str, str, Figures]:
    """Which source, the job's name, and the source's configuration."""
    config: Figures = {"channel": chosen.channel, "fixes": chosen.fixes}
    if chosen.rate is not None:
        config["sample_rate"] = chosen.rate
    if chosen.reference or chosen.copy:
        config["keep"] = "reference" if chosen.reference else "copy"
    if chosen.reference and chosen.copy:
        raise ProjectError("Choose --reference or --copy, not both.")
    if chosen.folder is None:
        if chosen.wet is None or not chosen.dry:
            raise ProjectError("Name --dry and --wet, two files, or --folder with the recordings.")
        name = chosen.name or chosen.wet.stem
        config |= {
            "dry": str(Path(chosen.dry).expanduser().resolve()),
            "wet": str(chosen.wet.expanduser().resolve()),
            "name": name[:MAX_NAME],
            "knobs": dict(chosen.knobs),
            **dict(chosen.settings),
        }
        return "wav-pair", str(config["name"])[:MAX_NAME] or "Recording", config
    if chosen.wet is not None:
        raise ProjectError("With --folder, --pattern says which files are wet; leave --wet out.")
    how = _how(chosen)
    folder = chosen.folder.expanduser().resolve()
    config["folder"] = str(folder)
    name = (chosen.name or folder.name or "Recordings")[:MAX_NAME]
    if how.kind == "signaltrain":
        config["shifted"] = chosen.shifted
        return "signaltrain", name, config | dict(chosen.settings)
    if not chosen.pattern:
        reporter.line(f"Reading the names as {how.pattern!r}, dry {how.dry!r}.")
    config |= {"pattern": how.pattern, "dry": how.dry, "join": chosen.join}
    config["controls"] = [control.model_dump(mode="json") for control in chosen.ranges]
    return "recordings", name, config | dict(chosen.settings)


def _set_ranges(project: Project, ranges: list[Any]) -> None:
    manifest = project.manifest
    for control in ranges:
        if any(known.name == control.name for known in manifest.controls):
            manifest = edits.change_control(control.name, control)(manifest)
    project.save(manifest)


def check(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Every verdict, whether it is settled, and a table of the settings that are there."""
    with Project.open(chosen.project, write=False) as project:
        manifest = project.manifest
        wanted = [found_capture(manifest, chosen.capture)] if chosen.capture else manifest.captures
        found = [verdicts(project, entry) for entry in wanted]
        settings = coverage(manifest)
    open_points = sum(
        item["level"] != "ok" and not item["settled"] for one in found for item in one["checks"]
    )
    included = sum(one["included"] for one in found)
    text = f"{len(found)} capture(s), {included} for training, {open_points} point(s) to look at."
    table = print_rows(found, everything=chosen.all or bool(chosen.capture))
    if not chosen.capture:
        table += [("Settings", f"{len(settings)} different")] if settings else []
        table += [
            (
                ", ".join(f"{name} {value:g}" for name, value in row["knobs"].items()),
                f"{row['captures']} capture(s), {row['included']} for training",
            )
            for row in settings[:SHOWN]
        ]
    return {
        "text": text,
        "captures": found,
        "coverage": settings,
        "open": open_points,
        "table": table,
    }


def found_capture(manifest: Manifest, word: str) -> CaptureEntry:
    """The capture of that id or name, or of the only one that begins so.

    Raises
    ------
    ProjectError
        None, or more than one.
    """
    for matches in (
        [entry for entry in manifest.captures if word in (entry.id, entry.name)],
        [entry for entry in manifest.captures if entry.id.startswith(word)],
        [entry for entry in manifest.captures if entry.name.lower().startswith(word.lower())],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(f"{entry.name} ({entry.id})" for entry in matches[:5])
            raise ProjectError(f"More than one capture is called {word!r}: {names}. Use the id.")
    raise ProjectError(f"There is no capture {word!r} in {manifest.name}.")


def fix(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Decide about captures, in the manifest alone."""
    with Project.open(chosen.project) as project:
        manifest = project.manifest
        if chosen.safe:
            entries = [found_capture(manifest, chosen.capture)] if chosen.capture else None
            return _fix_safely(project, entries)
        if not chosen.capture:
            raise ProjectError("Name a capture to decide about, or --safe for all of them.")
        entry = found_capture(manifest, chosen.capture)
        changed = _edited(manifest, entry, chosen, project)
        if changed is manifest:
            raise ProjectError(
                "Say what to decide: --shift, --flip, --cut, --exclude, --include or --reset."
            )
        project.save(changed)
        return _after(project, entry.id)


def _edited(
    manifest: Manifest, entry: CaptureEntry, chosen: argparse.Namespace, project: Project
) -> Manifest:
    ids = (entry.id,)
    if chosen.flip and chosen.no_flip:
        raise ProjectError("Choose --flip or --no-flip, not both.")
    if chosen.include and chosen.exclude:
        raise ProjectError("Choose --include or --exclude, not both.")
    if chosen.reset:
        manifest = edits.reset_decisions(ids)(manifest)
    if chosen.shift is not None:
        if abs(chosen.shift) > MAX_SHIFT:
            raise ProjectError(f"A shift may be {MAX_SHIFT} samples at most.")
        manifest = edits.shift_captures(ids, chosen.shift)(manifest)
    if chosen.flip or chosen.no_flip:
        manifest = edits.flip_captures(ids, chosen.flip)(manifest)
    if chosen.cuts:
        capture = project.read_capture(entry.id)
        for start, stop in chosen.cuts:
            first, last = (round(time * capture.sample_rate) for time in (start, stop))
            last = min(last, capture.n_samples)
            if first >= last:
                raise ProjectError(
                    f"{entry.name} is {capture.n_samples / capture.sample_rate:.3f} s long; there "
                    f"is nothing to cut from {start:g} to {stop:g} s."
                )
            manifest = edits.cut_stretch(entry.id, Stretch(start=first, stop=last))(manifest)
    if chosen.include or chosen.exclude:
        manifest = edits.include_captures(ids, chosen.include)(manifest)
    return manifest


def _after(project: Project, capture_id: str) -> Figures:
    entry = project.manifest.capture(capture_id)
    assert entry is not None
    decided = {
        "included": entry.included,
        "shift": entry.edits.shift,
        "flip": entry.edits.flip,
        "cuts": [[cut.start, cut.stop] for cut in entry.edits.cuts],
    }
    text = f"Decided about {entry.name}. The recording stays as it is."
    return {"text": text, "capture": entry.id, "name": entry.name, **decided}


def _fix_safely(project: Project, entries: list[CaptureEntry] | None) -> Figures:
    found = {}
    for entry in project.manifest.captures if entries is None else entries:
        fixes = safe_fixes(project.read_capture(entry.id), entry)
        if fixes:
            found[entry.id] = fixes
    kinds: dict[str, int] = {}
    for fixes in found.values():
        for one in fixes:
            kinds[one.kind] = kinds.get(one.kind, 0) + 1
    if found:
        project.save(edits.take_fixes(found)(project.manifest))
    said = ", ".join(f"{count} x {kind}" for kind, count in kinds.items())
    text = f"Took the safe fixes of {len(found)} capture(s): {said}." if found else (
        "There is nothing that the checks would do without asking."
    )  # fmt: skip
    return {"text": text, "captures": list(found), "fixes": kinds}
