"""Verdicts on recordings: on one signal, on a pair of dry and wet, on a set of pairs."""

from engines.checks.levels import level_checks
from engines.checks.pair import examine
from engines.checks.report import (
    Drift,
    Fingerprints,
    Latency,
    Move,
    PairReport,
    Polarity,
    SetItem,
)
from engines.checks.sets import examine_set

__all__ = [
    "Drift",
    "Fingerprints",
    "Latency",
    "Move",
    "PairReport",
    "Polarity",
    "SetItem",
    "examine",
    "examine_set",
    "level_checks",
]
