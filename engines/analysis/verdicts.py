"""What an ESR means to the ear, in words. The one place where these words stand.

The bounds 0.001, 0.01, 0.035, 0.1 and 0.3 are those between which the Neural Amp Modeler's trainer
changes its own comment (``nam/train/core.py``, ``plot``): a rule of thumb shared by the largest
community that trains such models. That listeners judge models in this range excellent, and often
cannot tell the best of them from the amplifier, is from listening tests in Wright, Damskägg, Juvela
and Välimäki, "Real-Time Guitar Amplifier Emulation with Deep Learning", Applied Sciences 10(3),
2020. The two lowest bounds are arithmetic: 1e-5 leaves a residual 50 dB under the signal, 1e-9 one
90 dB under it, the range of 16-bit audio. Hearing depends on the material: an ESR is no listening
test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class EsrVerdict:
    """One line of the table: for an ESR under ``below``, in a word, in a sentence, as a level."""

    below: float
    word: str
    meaning: str
    level: Level

    @property
    def text(self) -> str:
        """Word and meaning: ``"very close: hard to tell apart in a mix"``."""
        return f"{self.word}: {self.meaning}"


ESR_VERDICTS = (
    EsrVerdict(1e-9, "identical", "the difference is under the noise of 16-bit audio", "ok"),
    EsrVerdict(
        1e-5, "as good as identical", "the difference is at least 50 dB under the sound", "ok"
    ),
    EsrVerdict(1e-3, "excellent", "hard to tell apart even side by side", "ok"),
    EsrVerdict(0.01, "very close", "hard to tell apart in a mix", "ok"),
    EsrVerdict(0.035, "close", "heard side by side, hardly in a mix", "ok"),
    EsrVerdict(0.1, "similar", "the character is there, the difference is plain", "warning"),
    EsrVerdict(0.3, "rough", "train longer, or choose a larger model", "warning"),
    EsrVerdict(math.inf, "wrong", "check the alignment of dry and wet, and the audio", "problem"),
)


def esr_verdict(esr: float) -> EsrVerdict:
    """The verdict on an error-to-signal ratio; not-a-number counts as wrong."""
    for verdict in ESR_VERDICTS:
        if esr < verdict.below:
            return verdict
    return ESR_VERDICTS[-1]


def describe_esr(esr: float) -> str:
    """An error-to-signal ratio in words, for :func:`esr_verdict`'s reader in a hurry."""
    return esr_verdict(esr).text
