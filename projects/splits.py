"""Dividing an input audio into train, validation and test: by time, never by file."""

from __future__ import annotations

from projects.errors import ProjectError
from projects.manifest import Section, Split

GAP_SECONDS = 0.25
"""Left out between parts, so that a model's memory of one part does not reach into the next."""


def split_by_time(
    dry_id: str,
    n_samples: int,
    sample_rate: int,
    *,
    validation: float = 0.15,
    test: float = 0.15,
) -> Split:
    """Divide an input of ``n_samples`` into train, then validation, then test, with gaps between.

    Parameters
    ----------
    dry_id : str
        SHA-256 of the input's samples.
    n_samples, sample_rate : int
        Its length (samples) and rate (Hz).
    validation, test : float
        Fractions of the whole; what is left is for training.

    Raises
    ------
    ProjectError
        The audio is too short to leave something in every part.
    """
    gap = min(round(GAP_SECONDS * sample_rate), n_samples // 50)
    n_test = round(test * n_samples)
    n_validation = round(validation * n_samples)
    train_stop = n_samples - n_test - n_validation - 2 * gap
    if min(n_test, n_validation) < sample_rate // 10 or train_stop < sample_rate // 2:
        raise ProjectError(
            f"The recording is {n_samples / sample_rate:.2f} s long: too short to keep a part of "
            "it for validation and test. Use at least a second; better, some minutes."
        )
    validation_start = train_stop + gap
    test_start = validation_start + n_validation + gap
    return Split(
        dry_id=dry_id,
        sections=(
            Section(start=0, stop=train_stop, part="train"),
            Section(
                start=validation_start, stop=validation_start + n_validation, part="validation"
            ),
            Section(start=test_start, stop=n_samples, part="test"),
        ),
    )
