"""The changes of a manifest that the window offers: functions from one manifest to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from projects.capture import Capture, Fix
from projects.errors import ProjectError
from projects.fixes import apply_fix, withdraw_fix
from projects.manifest import CaptureEntry, Control, Edits, Manifest, Split, Stretch
from projects.project import proposed_split
from projects.splits import split_by_time

Edit = Callable[[Manifest], Manifest]
EntryChange = Callable[[CaptureEntry], CaptureEntry]
LOCKED = (
    "The test part of {name} is locked since a model was trained beside it. Moving it would make "
    "figures of different runs incomparable; import the recording again to divide it anew."
)


def rename_capture(capture_id: str, name: str) -> Edit:
    """Give a capture another name."""
    return _change_entries((capture_id,), lambda entry: entry.model_copy(update={"name": name}))


def include_captures(capture_ids: Collection[str], included: bool) -> Edit:
    """Use captures for training, or leave them out."""
    return _change_entries(
        capture_ids, lambda entry: entry.model_copy(update={"included": included})
    )


def remove_captures(capture_ids: Collection[str]) -> Edit:
    """Take captures out of the project; their audio stays in the folder, so undo brings it back."""
    gone = frozenset(capture_ids)

    def edit(manifest: Manifest) -> Manifest:
        kept = tuple(entry for entry in manifest.captures if entry.id not in gone)
        return manifest.model_copy(update={"captures": kept})

    return edit


def _change_entries(capture_ids: Collection[str], change: EntryChange) -> Edit:
    wanted = frozenset(capture_ids)

    def edit(manifest: Manifest) -> Manifest:
        entries = tuple(
            change(entry) if entry.id in wanted else entry for entry in manifest.captures
        )
        return manifest.model_copy(update={"captures": entries})

    return edit


# -- what is decided about the audio ---------------------------------------------------------


def take_fix(capture_id: str, fix: Fix) -> Edit:
    """Take a fix that a verdict offers."""
    return _change_entries((capture_id,), lambda entry: apply_fix(entry, fix))


def take_back(capture_id: str, fix: Fix) -> Edit:
    """Undo what a fix had decided."""
    return _change_entries((capture_id,), lambda entry: withdraw_fix(entry, fix))


def swap_fixes(fixes: Mapping[str, tuple[Fix | None, Fix]]) -> Edit:
    """Take a fix in several captures, by id, in place of the one that stands, if any does."""

    def change(entry: CaptureEntry) -> CaptureEntry:
        old, new = fixes[entry.id]
        return apply_fix(entry if old is None else withdraw_fix(entry, old), new)

    return _change_entries(fixes, change)


def swap_fix(capture_id: str, old: Fix, new: Fix) -> Edit:
    """Take one of a verdict's fixes in place of the one that stands."""
    return swap_fixes({capture_id: (old, new)})


def take_fixes(fixes: Mapping[str, Sequence[Fix]]) -> Edit:
    """Take several fixes of several captures, by the captures' ids, in one step."""

    def change(entry: CaptureEntry) -> CaptureEntry:
        for fix in fixes[entry.id]:
            entry = apply_fix(entry, fix)
        return entry

    return _change_entries(fixes, change)


def shift_captures(capture_ids: Collection[str], samples: int) -> Edit:
    """Say that the wet audio is so many samples late (negative: early)."""
    return _change_edits(capture_ids, lambda edits: edits.model_copy(update={"shift": samples}))


def flip_captures(capture_ids: Collection[str], flip: bool) -> Edit:
    """Say whether the wet audio is inverted."""
    return _change_edits(capture_ids, lambda edits: edits.model_copy(update={"flip": flip}))


def cut_stretch(capture_id: str, stretch: Stretch) -> Edit:
    """Leave a stretch out of training and scoring."""
    return take_fix(capture_id, Fix(kind="cut", cuts=(stretch,)))


def restore_cuts(capture_ids: Collection[str]) -> Edit:
    """Use every stretch again that was left out."""
    return _change_edits(capture_ids, lambda edits: edits.model_copy(update={"cuts": ()}))


def reset_decisions(capture_ids: Collection[str]) -> Edit:
    """Use captures whole and as they are: included, not shifted, not flipped, not cut."""
    fresh = {"edits": Edits(), "included": True}
    return _change_entries(capture_ids, lambda entry: entry.model_copy(update=fresh))


def _change_edits(capture_ids: Collection[str], change: Callable[[Edits], Edits]) -> Edit:
    return _change_entries(
        capture_ids, lambda entry: entry.model_copy(update={"edits": change(entry.edits)})
    )


# -- knobs -------------------------------------------------------------------------------------


def change_control(name: str, control: Control) -> Edit:
    """Give a knob another name, range, default, unit or taper.

    The edit raises ProjectError where captures stand outside the new range, or the name is taken.
    """

    def edit(manifest: Manifest) -> Manifest:
        others = {other.name for other in manifest.controls if other.name != name}
        if control.name in others:
            raise ProjectError(f"There is a knob {control.name} already. Choose another name.")
        _check_range(manifest, name, control)
        controls = tuple(
            control if present.name == name else present for present in manifest.controls
        )
        captures = manifest.captures
        if control.name != name:
            captures = tuple(_renamed_knob(entry, name, control.name) for entry in captures)
        return manifest.model_copy(update={"controls": controls, "captures": captures})

    return edit


def _check_range(manifest: Manifest, name: str, control: Control) -> None:
    for entry in manifest.captures:
        value = entry.knobs.get(name)
        if value is not None and not control.minimum <= value <= control.maximum:
            raise ProjectError(
                f"{entry.name} was recorded with {name} at {value:g}, outside {control.minimum:g} "
                f"to {control.maximum:g}. Choose a range that holds every setting."
            )


def _renamed_knob(entry: CaptureEntry, old: str, new: str) -> CaptureEntry:
    if old not in entry.knobs:
        return entry
    knobs = {new if key == old else key: value for key, value in entry.knobs.items()}
    return entry.model_copy(update={"knobs": knobs})


def add_control(control: Control) -> Edit:
    """Give the device one knob more; the edit raises ProjectError where the name is taken."""

    def edit(manifest: Manifest) -> Manifest:
        if any(present.name == control.name for present in manifest.controls):
            raise ProjectError(f"There is a knob {control.name} already. Choose another name.")
        return manifest.model_copy(update={"controls": (*manifest.controls, control)})

    return edit


def remove_control(name: str) -> Edit:
    """Take a knob away, and its settings with it."""

    def edit(manifest: Manifest) -> Manifest:
        controls = tuple(control for control in manifest.controls if control.name != name)
        captures = tuple(
            entry.model_copy(
                update={"knobs": {k: value for k, value in entry.knobs.items() if k != name}}
            )
            for entry in manifest.captures
        )
        return manifest.model_copy(update={"controls": controls, "captures": captures})

    return edit


def set_knob(capture_ids: Collection[str], name: str, value: float) -> Edit:
    """Say where a knob stood in captures; a value beyond the knob's range widens it."""
    change = _change_entries(
        capture_ids,
        lambda entry: entry.model_copy(update={"knobs": {**entry.knobs, name: value}}),
    )

    def edit(manifest: Manifest) -> Manifest:
        controls = tuple(
            control.model_copy(
                update={
                    "minimum": min(control.minimum, value),
                    "maximum": max(control.maximum, value),
                }
            )
            if control.name == name
            else control
            for control in manifest.controls
        )
        return change(manifest.model_copy(update={"controls": controls}))

    return edit


# -- parts ---------------------------------------------------------------------------------------


def divide_by_time(capture: Capture, validation: float, test: float) -> Edit:
    """Divide a capture's input anew: train, then validation, then test.

    Parameters
    ----------
    capture : Capture
        Any capture of the input.
    validation, test : float
        Shares of the whole, 0..1.

    The edit raises ProjectError where the test part is locked or the audio is too short.
    """

    def edit(manifest: Manifest) -> Manifest:
        split = split_by_time(
            capture.dry_id,
            capture.n_samples,
            capture.sample_rate,
            validation=validation,
            test=test,
        )
        return _with_split(manifest, split, capture.name)

    return edit


def divide_as_proposed(capture: Capture) -> Edit:
    """Divide a capture's input as its source proposes, or by time in the usual shares."""

    def edit(manifest: Manifest) -> Manifest:
        return _with_split(manifest, proposed_split(capture), capture.name)

    return edit


def _with_split(manifest: Manifest, split: Split, name: str) -> Manifest:
    present = manifest.split(split.dry_id)
    if present is not None and present.locked:
        raise ProjectError(LOCKED.format(name=name))
    others = tuple(other for other in manifest.splits if other.dry_id != split.dry_id)
    return manifest.model_copy(update={"splits": (*others, split)})
