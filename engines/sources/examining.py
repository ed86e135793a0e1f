"""Having a pair, and then the whole set, examined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engines.audio.blocks import Readable
from projects.manifest import Stretch

if TYPE_CHECKING:  # numba comes with it, and the window lists the sources
    from engines.checks.report import PairReport, SetItem


def examine_pair(
    dry: Readable,
    wet: Readable,
    *,
    clips: Sequence[Stretch],
    on_progress: Callable[[float], None],
    check: Callable[[], None],
) -> PairReport:
    """The verdicts on one pair; see :func:`engines.checks.examine`."""
    import numpy as np

    from engines.audio.checks import level_checks, pair_checks
    from engines.checks.report import PairReport

    n = min(dry.n_samples, wet.n_samples)
    x, y = dry.read(0, n).astype(np.float64), wet.read(0, n).astype(np.float64)
    check()
    checks = [*level_checks("dry", x), *level_checks("wet", y), *pair_checks(x, y, wet.sample_rate)]
    on_progress(1.0)
    return PairReport(tuple(checks), wet.sample_rate, n)


def examine_together(items: Sequence[SetItem]) -> list[PairReport]:
    """The reports with what only the whole set shows; see :func:`engines.checks.examine_set`."""
    return [item.report for item in items]
