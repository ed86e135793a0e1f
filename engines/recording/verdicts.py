"""What the take itself tells about a recording, beside what the checks of every pair find."""

from __future__ import annotations

from engines.recording.latency import ONE_CLOCK_PPM, RoundTrip
from engines.recording.layout import Layout
from engines.recording.session import TakeFacts
from projects.capture import Check, Fix
from projects.manifest import Stretch

AROUND_SECONDS = 0.1
"""Left out around a place where audio was lost."""
SLIDE_SAMPLES = 0.25
"""Less than this over the whole take harms no model."""
SURE = 0.5
ENDINGS = {
    "stopped": "it was stopped",
    "gone": "the sound device went away",
    "disk": "the disk could not keep up or was full",
    "killed": "Trimpot was ended in the middle",
}


def take_checks(trip: RoundTrip, layout: Layout, facts: TakeFacts, n: int) -> tuple[Check, ...]:
    """Verdicts on a take whose first ``n`` samples are kept."""
    checks = [_round_trip(trip, layout)]
    if trip.drift_ppm is not None:
        checks.append(_clocks(trip, layout))
    if trip.lost:
        checks.append(_jump(trip, layout, n))
    lost = _places_lost(trip, layout, facts, n)
    if lost:
        checks.append(_faults(lost, layout, n))
    if facts.ending != "whole":
        checks.append(_cut(layout, facts, n))
    return tuple(checks)


def _round_trip(trip: RoundTrip, layout: Layout) -> Check:
    milliseconds = 1000 * trip.samples / layout.sample_rate
    exact = f"{trip.samples:.1f}" if trip.wide else f"about {trip.samples:.0f}"
    text = (
        f"The round trip took {exact} samples ({milliseconds:.2f} ms); {trip.whole} were taken "
        f"off. {trip.heard} of {trip.sent} blips agree"
    )
    text += ", and came back inverted." if trip.inverted else "."
    doubtful = trip.sure < SURE
    return Check(
        name="round trip",
        level="warning" if doubtful else "ok",
        text=text,
        value=trip.samples,
        sure=trip.sure,
        advice="Play the take louder, or lower the noise, and record it again." if doubtful else "",
    )


def _clocks(trip: RoundTrip, layout: Layout) -> Check:
    drift = trip.drift_ppm or 0.0
    slide = abs(drift) * 1e-6 * layout.n_samples
    if abs(drift) < ONE_CLOCK_PPM or slide < SLIDE_SAMPLES:
        text = "Output and input run on one clock."
        return Check(name="clocks", level="ok", text=text, value=drift, sure=trip.sure)
    text = (
        f"The input's clock runs {abs(drift):.1f} ppm {'faster' if drift > 0 else 'slower'} than "
        f"the output's: wet slides by {slide:.1f} samples over the take."
    )
    advice = "Use one interface for both ways, or join the two by a word clock, and record again."
    level = "problem" if slide >= 1.0 else "warning"
    return Check(name="clocks", level=level, text=text, value=drift, sure=trip.sure, advice=advice)


def _jump(trip: RoundTrip, layout: Layout, n: int) -> Check:
    start, stop = trip.lost_between or (0, n)
    seconds = [place / layout.sample_rate for place in (start, stop)]
    what = "lost" if trip.lost > 0 else "added"
    text = (
        f"Between {seconds[0]:.1f} s and {seconds[1]:.1f} s {abs(trip.lost)} samples were {what}: "
        "from there on, wet does not lie where dry does."
    )
    return Check(
        name="samples lost",
        level="problem",
        text=text,
        value=float(trip.lost),
        where=_stretches([(start, stop)], n),
        sure=trip.sure,
        advice="Record the take again. Close other programs, or use another sound interface.",
        fixes=(Fix(kind="leave-out", safe=True),),
    )


def _places_lost(trip: RoundTrip, layout: Layout, facts: TakeFacts, n: int) -> list[int]:
    """Where audio was lost, on the time axis of dry; in the silence at the start none was."""
    found = (lost.at - (trip.whole if lost.side == "input" else 0) for lost in facts.lost)
    return [place for place in found if layout.quiet.stop <= place < n]


def _faults(lost: list[int], layout: Layout, n: int) -> Check:
    around = round(AROUND_SECONDS * layout.sample_rate)
    where = _stretches([(place - around, place + around) for place in lost], n)
    count = len(lost)
    text = (
        f"The sound system reported lost audio {count} time{'s' if count > 1 else ''} during the "
        "take."
    )
    return Check(
        name="dropouts",
        level="warning",
        text=text,
        value=float(count),
        where=where,
        advice="Leave these places out, or close other programs and record the take again.",
        fixes=(Fix(kind="cut", cuts=where, safe=True),) if where else (),
    )


def _stretches(places: list[tuple[int, int]], n: int) -> tuple[Stretch, ...]:
    """Places as stretches within what was recorded, those that touch made one."""
    found: list[Stretch] = []
    for start, stop in sorted(places):
        low, high = max(0, start), min(n, stop)
        if high <= low:
            continue
        if found and low <= found[-1].stop:
            last = found.pop()
            found.append(Stretch(start=last.start, stop=max(last.stop, high)))
        else:
            found.append(Stretch(start=low, stop=high))
    return tuple(found)


def _cut(layout: Layout, facts: TakeFacts, n: int) -> Check:
    kept, whole = n / layout.sample_rate, layout.n_samples / layout.sample_rate
    text = f"Only {kept:.1f} s of {whole:.1f} s were recorded: {ENDINGS[facts.ending]}."
    parts = {section.part for section in layout.within(n)}
    missing = [part for part in ("validation", "test") if part not in parts]
    advice = "Record the take again, or use it as far as it goes."
    if missing:
        advice += (
            f" It holds nothing for {' and '.join(missing)}: beside whole takes of the same signal "
            "that does no harm; alone, divide it anew."
        )
    return Check(
        name="take cut short",
        level="warning",
        text=text,
        value=kept,
        where=_stretches([(n - 1, n)], n),
        advice=advice,
    )
