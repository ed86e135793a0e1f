"""Having a pair, and then the whole set, examined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engines.audio.blocks import Readable
from projects.manifest import Stretch

if TYPE_CHECKING:  # numba comes with it, and the window lists the sources
    from engines.checks import PairReport, SetItem


def examine_pair(
    dry: Readable,
    wet: Readable,
    *,
    clips: Sequence[Stretch],
    on_progress: Callable[[float], None],
    check: Callable[[], None],
) -> PairReport:
    """The verdicts on one pair; see :func:`engines.checks.examine`."""
    from engines.checks import examine

    return examine(dry, wet, clips=clips, on_progress=on_progress, check_cancel=check)


def examine_together(items: Sequence[SetItem]) -> list[PairReport]:
    """The reports with what only the whole set shows; see :func:`engines.checks.examine_set`."""
    from engines.checks import examine_set

    return examine_set(items)
