"""The signal of an earlier take, played again: every setting of a device hears the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from engines.audio.files import read_audio
from engines.recording.layout import Layout, read_layout
from engines.recording.session import PLAYED_FILE
from engines.recording.signal import SignalConfig
from projects.errors import TrimpotError
from projects.jobs import JOB_FILE, read_job

MAX_LOOKED_AT = 200


@dataclass(frozen=True)
class EarlierSignal:
    """What an earlier take played, float32[n], where it lies, and what in it is where."""

    path: Path
    played: NDArray[np.float32]
    layout: Layout


def earlier_signal(
    job: Path, config: SignalConfig, rate: int, level: float
) -> EarlierSignal | None:
    """The signal of another take beside this job that was made of the same settings.

    Making minutes of playing takes seconds, before each setting of a device anew. A recording of
    the user's own is read again: it may have changed.

    Parameters
    ----------
    job : Path
        The folder of the job that is to play it.
    config : SignalConfig
        What it is to play.
    rate : int
        At which sample rate, in Hz.
    level : float
        How loud, in dBFS.
    """
    if config.own is not None:
        return None
    others = sorted(job.parent.iterdir(), reverse=True)
    for folder in others[:MAX_LOOKED_AT]:
        if folder == job or not (folder / PLAYED_FILE).is_file():
            continue
        if not (folder / JOB_FILE).is_file():
            continue
        try:
            told = read_job(folder)
            if told.kind != "record" or not _alike(told.config.get("signal"), config):
                continue
            layout = read_layout(folder)
            if (layout.sample_rate, layout.level) != (rate, level):
                continue
            path = folder / PLAYED_FILE
            played = read_audio(path).samples[:, 0].astype(np.float32)
            if len(played) == layout.n_samples:
                return EarlierSignal(path, played, layout)
        except TrimpotError:
            continue  # a damaged take is no reason not to record another one
    return None


def _alike(told: object, config: SignalConfig) -> bool:
    try:
        return SignalConfig.model_validate({} if told is None else told) == config
    except ValidationError:
        return False
