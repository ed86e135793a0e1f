"""Looking at the captures of one device together: who is out of line, and what stands twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engines.checks.fingerprints import AROUND
from engines.checks.report import PairReport, SetItem
from engines.checks.timing import EARLY, SURE, is_early, is_late, latency_check
from engines.checks.words import of_places, samples, time_of
from projects.capture import Check, Fix
from projects.fixes import joined
from projects.manifest import MAX_CUTS, Part, Section, Stretch

TOGETHER = 4.0
"""Samples by which captures of one device may differ: its filters move with its knobs."""
TRUSTED = 0.3
"""From so sure on, a capture's latency or polarity counts."""
SURE_TOGETHER = 0.5
"""As sure three captures have to be that say the same."""
MATCHES = 2
"""As many marks at the same distance make the same audio; one could be a repeated drum sample."""


def examine_set(
    items: Sequence[
        SetItem | tuple[str, PairReport, Part | Sequence[Section] | None, dict[str, float]]
    ],
) -> list[PairReport]:
    """What captures of one device say of each other.

    Adds verdicts on the set, and changes what is proposed: captures that are out of line with the
    majority, in latency or polarity, are left out, and a way to bring them in line is offered;
    where all are alike, the fix is offered to all and none is left out.

    Parameters
    ----------
    items : sequence of SetItem
        The captures. Those of other sample rates are not compared in time.

    Returns
    -------
    list of PairReport
        In the same order.
    """
    given = [SetItem(*item) for item in items]
    reports = [item.report for item in given]
    rates: dict[int, list[int]] = defaultdict(list)
    for index, report in enumerate(reports):
        rates[report.sample_rate].append(index)
    for indices in rates.values():
        _compare_latencies(reports, indices)
        _compare_polarities(reports, indices)
    _find_duplicates(given, reports)
    _find_shared_audio(given, reports)
    return reports


def with_check(report: PairReport, check: Check) -> PairReport:
    """A report with a verdict put in the place of the one of that name, or added."""
    if report.check(check.name) is None:
        return replace(report, checks=(*report.checks, check))
    checks = tuple(check if one.name == check.name else one for one in report.checks)
    return replace(report, checks=checks)


# -- latency --------------------------------------------------------------------------------


def _majority(values: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Which values lie together, where these are more than half and at least two."""
    near = np.abs(values[:, None] - values[None, :]) <= TOGETHER
    best = int(np.argmax(near.sum(axis=1)))
    together: NDArray[np.bool_] = near[best]
    if together.sum() < 2 or together.sum() * 2 <= len(values):
        return None
    return together


def _compare_latencies(reports: list[PairReport], indices: list[int]) -> None:
    known = [k for k in indices if (one := reports[k].latency) and one.sure >= TRUSTED]
    if len(known) < 2:
        return
    latencies = [one for k in known if (one := reports[k].latency) is not None]
    values = np.array([one.samples for one in latencies])
    together = _majority(values)
    if together is None:
        return
    usual = float(np.median(values[together]))
    wholes = [one.whole for one, inside in zip(latencies, together, strict=True) if inside]
    surest = max(one.sure for one, inside in zip(latencies, together, strict=True) if inside)
    early = usual < -EARLY and surest >= 0.4
    late = (
        any(is_late(one) for one, inside in zip(latencies, together, strict=True) if inside)
        and min(wholes) > 0
    )
    # In the middle of the set, not capture by capture: they shall stay in line with each other.
    common = min(-1, int(np.floor(usual + 0.1))) if early else min(wholes) if late else 0
    count = int(together.sum())
    for place, k in enumerate(known):
        if together[place]:
            _in_line(reports, k, usual, common, count)
        else:
            _out_of_line(reports, k, usual, common, count)


def _in_line(reports: list[PairReport], k: int, usual: float, common: int, count: int) -> None:
    report = reports[k]
    latency = report.latency
    assert latency is not None
    rate = report.sample_rate
    others = f"the {count - 1} other{'' if count == 2 else 's'}"
    where = of_places(latency.alike, latency.places)
    word = "early" if latency.samples < 0 else "late"
    size = samples(latency.samples, rate)
    if common:
        back = f"{abs(common)} sample{'' if abs(common) == 1 else 's'}"
        early = common < 0
        check = Check(
            name="latency",
            level="problem" if early else "warning",
            text=f"Wet is {size} {word}, like {others}, alike {where}"
            + (": no device answers before it is asked." if early else "."),
            value=latency.samples,
            sure=latency.sure,
            advice=f"Shift wet {'later ' if early else ''}by {back}, in all of them alike.",
            fixes=(
                Fix(
                    kind="shift",
                    shift=common,
                    safe=latency.sure >= (SURE if count < 3 else SURE_TOGETHER),
                ),
                Fix(kind="leave-out"),
            ),
        )
        reports[k] = with_check(report, check)
    elif is_early(latency) or is_late(latency):
        away = max(1, round(abs(latency.samples - usual)))
        near = "a sample" if away == 1 else f"{away} samples"
        text = f"Wet is {size} {word}, alike {where}: within {near} of {others}, which are in time."
        check = Check(
            name="latency", level="ok", text=text, value=latency.samples, sure=latency.sure
        )
        reports[k] = with_check(report, check)


def _out_of_line(reports: list[PairReport], k: int, usual: float, common: int, count: int) -> None:
    report = reports[k]
    latency = report.latency
    assert latency is not None
    away = latency.samples - usual
    shift = common + round(away)
    if abs(away) <= TOGETHER + (latency.samples - latency.earliest):
        reports[k] = with_check(report, latency_check(latency, report.sample_rate, False))
        return
    size = samples(away, report.sample_rate)
    others = f"the {count} others"
    check = Check(
        name="latency",
        level="problem",
        text=f"Wet is {size} {'later' if away > 0 else 'earlier'} than in {others}, alike "
        f"{of_places(latency.alike, latency.places)}.",
        value=latency.samples,
        sure=latency.sure,
        advice=f"Shift wet by {shift} samples, or leave the capture out. It is left out for now.",
        fixes=(Fix(kind="leave-out"), Fix(kind="shift", shift=shift)),
    )
    reports[k] = replace(with_check(report, check), included=False)


# -- polarity -------------------------------------------------------------------------------


def _compare_polarities(reports: list[PairReport], indices: list[int]) -> None:
    known = [k for k in indices if (one := reports[k].polarity) and one.sure >= TRUSTED]
    signs = [one.inverted for k in known if (one := reports[k].polarity) is not None]
    if len(known) < 2:
        return
    inverted = sum(signs)
    if inverted in (0, len(signs)):
        if inverted:
            for k in known:
                _all_inverted(reports, k, len(signs))
        return
    if len(signs) < 3 or 2 * inverted == len(signs):
        return
    usual = 2 * inverted > len(signs)
    for k, sign in zip(known, signs, strict=True):
        if sign is not usual:
            _turned(reports, k, sign, len(signs) - signs.count(sign))


def _all_inverted(reports: list[PairReport], k: int, count: int) -> None:
    polarity = reports[k].polarity
    check = Check(
        name="polarity",
        level="warning",
        text=f"Wet is inverted, in all {count} captures alike: the device itself inverts.",
        value=-1.0,
        sure=polarity.sure if polarity else None,
        advice="Flip all of them if the model shall not invert; or leave them as they are.",
        fixes=(Fix(kind="flip"),),
    )
    reports[k] = with_check(reports[k], check)


def _turned(reports: list[PairReport], k: int, inverted: bool, others: int) -> None:
    polarity = reports[k].polarity
    says = "inverted" if inverted else "not inverted"
    check = Check(
        name="polarity",
        level="problem",
        text=f"Wet is {says}, unlike in the {others} others: a cable, or a switch.",
        value=-1.0 if inverted else 1.0,
        sure=polarity.sure if polarity else None,
        advice="Flip it, or leave the capture out. It is left out for now.",
        fixes=(Fix(kind="leave-out"), Fix(kind="flip")),
    )
    reports[k] = replace(with_check(reports[k], check), included=False)


# -- what stands twice ----------------------------------------------------------------------


def _find_duplicates(items: Sequence[SetItem], reports: list[PairReport]) -> None:
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for k, item in enumerate(items):
        marks = item.report.fingerprints.hashes
        if len(marks):
            settings = tuple(sorted(item.knobs.items()))
            groups[settings, item.report.n_samples, marks.tobytes()].append(k)
    for members in groups.values():
        for k in members:
            others = [items[one].name for one in members if one != k]
            if not others:
                continue
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            check = Check(
                name="duplicate",
                level="warning",
                text=f"The same input at the same settings stands here a second time, in "
                f"{_short(others[0])}{more}.",
                value=float(len(others)),
                advice="Leave one of them out, or correct its knobs.",
                fixes=(Fix(kind="leave-out"),),
            )
            reports[k] = with_check(reports[k], check)


@dataclass(frozen=True)
class _Seen:
    item: int
    place: int


def _find_shared_audio(items: Sequence[SetItem], reports: list[PairReport]) -> None:
    """The same input audio in different parts, also at another offset, also within one file."""
    first: dict[int, dict[Part, _Seen]] = defaultdict(dict)
    parts: list[list[Part | None]] = []
    for k, item in enumerate(items):
        marks = item.report.fingerprints
        parts.append([_part_at(item, int(place)) for place in marks.places])
        for mark, place, part in zip(marks.hashes, marks.places, parts[-1], strict=True):
            if part is not None:
                first[int(mark)].setdefault(part, _Seen(k, int(place)))
    for k, item in enumerate(items):
        marks = item.report.fingerprints
        matches: dict[tuple[int, int, Part, Part], list[int]] = defaultdict(list)
        rows = zip(marks.hashes, marks.places, parts[k], strict=True)
        for row, (mark, place, part) in enumerate(rows):
            if part is None:
                continue
            for other, seen in first[int(mark)].items():
                if other != part:
                    apart = int(place) - seen.place
                    matches[seen.item, apart, part, other].append(row)
        found = {key: rows for key, rows in matches.items() if len(rows) >= MATCHES}
        if found:
            reports[k] = with_check(reports[k], _shared_check(items, k, found))


def _shared_check(
    items: Sequence[SetItem], k: int, found: dict[tuple[int, int, Part, Part], list[int]]
) -> Check:
    rate, n = items[k].report.sample_rate, items[k].report.n_samples
    places = items[k].report.fingerprints.places
    where = joined(
        Stretch(start=max(0, int(places[first]) - AROUND), stop=min(n, int(places[last]) + AROUND))
        for rows in found.values()
        for first, last in _runs(rows)
    )
    other, apart, part, its = max(found, key=lambda key: len(found[key]))
    name = "this very recording" if other == k else _short(items[other].name)
    total = sum(one.stop - one.start for one in where)
    named = Counter(key[0] for key in found)
    more = f" (and in {len(named) - 1} more)" if len(named) > 1 else ""
    return Check(
        name="same input",
        level="warning",
        text=f"About {time_of(total, rate)} of dry, here for {part}, stand in {name} at "
        f"{time_of(max(0, where[0].start - apart), rate)} for {its} as well{more}: what a model is "
        "scored on it would have been trained on.",
        value=round(total / rate, 3),
        where=where[:MAX_CUTS],
        sure=0.95,
        advice="Put both into the same part, or leave one of them out.",
        fixes=(Fix(kind="leave-out"),),
    )


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbouring marks: what lies between is the same audio."""
    ordered = np.array(sorted(rows))
    breaks = np.flatnonzero(np.diff(ordered) > 1)
    firsts, lasts = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(rows) - 1]])
    return [(int(ordered[a]), int(ordered[b])) for a, b in zip(firsts, lasts, strict=True)]


def _part_at(item: SetItem, place: int) -> Part | None:
    if item.part is None or isinstance(item.part, str):
        return item.part
    return next((one.part for one in item.part if one.start <= place < one.stop), None)


def _short(name: str) -> str:
    return name if len(name) <= 120 else name[:117] + "..."
