"""What the checks on a pair of dry and wet audio hand on: verdicts, and the figures behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from projects.capture import Check
from projects.manifest import Edits, Part, Section, Stretch

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Latency:
    """Where the device's impulse response begins, on the time axis of the dry audio.

    ``samples`` is the estimate (positive: wet is late), ``earliest`` the first moment at which
    there is any response, ``latest`` where it would lie if all that turns the phase were delay: a
    low-pass that reaches further than the dry audio's own band cannot be told from a delay, and
    then they are apart. ``whole`` is the shift that aligns the files and surely leaves wet causal.
    ``sure`` is 0..1; where it is 0.8 or more, ``samples`` is within 0.5. ``alike`` of ``places``
    windows across the recording agree within a sample.
    """

    samples: float
    earliest: float
    latest: float
    whole: int
    sure: float
    alike: int
    places: int

    @property
    def agreement(self) -> float:
        """The share of places that agree, 0..1."""
        return self.alike / self.places if self.places else 0.0


@dataclass(frozen=True)
class Polarity:
    """Whether wet is inverted, and how sure that is (0..1)."""

    inverted: bool
    sure: float


@dataclass(frozen=True)
class Drift:
    """How fast wet gets later than dry: ``ppm``, with its standard error ``within``.

    ``band`` is the share of frequencies by which it was measured.
    """

    ppm: float
    within: float
    band: float = 1.0


@dataclass(frozen=True)
class Move:
    """Wet moves by ``samples`` (later) against dry, once, within ``where``."""

    samples: float
    where: Stretch


@dataclass(frozen=True)
class Fingerprints:
    """Exact marks of the dry audio, by which the same audio is known wherever it stands.

    ``hashes`` uint64[k] are digests of a few samples around local peaks, ``places`` int64[k] where
    these peaks are.
    """

    hashes: NDArray[np.uint64]
    places: NDArray[np.int64]


NO_EDITS = Edits()
NO_FINGERPRINTS = Fingerprints(np.zeros(0, np.uint64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class PairReport:
    """Everything that the checks say of one capture.

    ``checks`` are the verdicts, ``edits`` and ``included`` what is proposed by default. The other
    figures are None where the audio does not tell.
    """

    checks: tuple[Check, ...]
    sample_rate: int
    n_samples: int
    latency: Latency | None = None
    polarity: Polarity | None = None
    drift: Drift | None = None
    move: Move | None = None
    linear: float | None = None
    """Share of wet's energy that a linear filter of dry gives, 0..1."""
    noise: float | None = None
    """Wet's noise floor in dBFS RMS."""
    included: bool = True
    edits: Edits = NO_EDITS
    fingerprints: Fingerprints = NO_FINGERPRINTS

    def check(self, name: str) -> Check | None:
        """The verdict of that name, if there is one."""
        return next((check for check in self.checks if check.name == name), None)


class SetItem(NamedTuple):
    """One capture of a set: its name, its report, which part it is for, where its knobs stood.

    ``part`` is one part for all of it, or its sections, or None where nothing is decided.
    """

    name: str
    report: PairReport
    part: Part | Sequence[Section] | None = None
    knobs: dict[str, float] = {}  # noqa: RUF012  (never written to)
