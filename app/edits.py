"""The changes of a manifest that the window offers: functions from one manifest to the next."""

from __future__ import annotations

from collections.abc import Callable

from projects.capture import Capture
from projects.errors import ProjectError
from projects.manifest import Manifest, Split
from projects.project import proposed_split
from projects.splits import split_by_time

Edit = Callable[[Manifest], Manifest]
LOCKED = (
    "The test part of {name} is locked since a model was trained beside it. Moving it would make "
    "figures of different runs incomparable; import the recording again to divide it anew."
)


def rename_capture(capture_id: str, name: str) -> Edit:
    """Give a capture another name."""
    return _change_entry(capture_id, {"name": name})


def include_capture(capture_id: str, included: bool) -> Edit:
    """Use a capture for training, or leave it out."""
    return _change_entry(capture_id, {"included": included})


def _change_entry(capture_id: str, update: dict[str, object]) -> Edit:
    def edit(manifest: Manifest) -> Manifest:
        entries = tuple(
            entry.model_copy(update=update) if entry.id == capture_id else entry
            for entry in manifest.captures
        )
        return manifest.model_copy(update={"captures": entries})

    return edit


def remove_capture(capture_id: str) -> Edit:
    """Take a capture out of the project; its audio stays in the folder, so undo brings it back."""

    def edit(manifest: Manifest) -> Manifest:
        kept = tuple(entry for entry in manifest.captures if entry.id != capture_id)
        return manifest.model_copy(update={"captures": kept})

    return edit


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
