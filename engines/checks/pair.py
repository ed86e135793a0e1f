"""Looking at a pair of dry and wet audio, however long: all verdicts that one pair gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engines.audio.blocks import Readable
from engines.checks.alignment import (
    NEAR,
    STRIKING,
    Aligned,
    Line,
    Response,
    Rough,
    align,
    response,
    rough_lags,
    rough_line,
)
from engines.checks.fingerprints import Marking
from engines.checks.levels import signal_checks
from engines.checks.measuring import Measured, Measuring
from engines.checks.relation import constant, dropouts, linear_share, noise_floor
from engines.checks.report import Fingerprints, PairReport, Polarity
from engines.checks.shaping import shaped, shaped_line
from engines.checks.spectra import segment_length
from engines.checks.startup import start_up
from engines.checks.timing import (
    SURE,
    drift_check,
    drift_of,
    is_drifting,
    latency_check,
    latency_of,
    move_check,
    move_of,
)
from engines.checks.variation import variation
from engines.checks.verdicts import (
    constant_check,
    dropout_check,
    linear_check,
    noise_check,
    polarity_check,
    start_up_check,
    unrelated_check,
    variation_check,
)
from engines.checks.windows import Window, choose, read_windows, window_length
from engines.models.blas import single_threaded_blas
from projects.manifest import Edits, Stretch

CHUNK = 1 << 18
JOINT = 32
"""Samples around the joint of two clips that are not looked at: there both jump together."""
PASS_SHARE = 0.7
"""Of the work is the pass over all samples, for the progress bar."""
FAR_SECONDS = 0.02

Progress = Callable[[float], None]


def examine(
    dry: Readable,
    wet: Readable,
    *,
    clips: Sequence[Stretch] = (),
    names: tuple[str, str] = ("dry", "wet"),
    on_progress: Progress | None = None,
    check_cancel: Callable[[], None] | None = None,
) -> PairReport:
    """All verdicts on one pair.

    Every sample is read once; what costs more is estimated in windows, 40 at most. Memory does not
    depend on the length.

    Parameters
    ----------
    dry, wet : Readable
        Equally long, at the same rate; 1.0 is full scale.
    clips : sequence of Stretch
        The recordings that were joined to this one, in order; empty where it is a single one.
    names : tuple of str
        How the two are called in the verdicts on each of them alone.
    on_progress : callable
        Hears how much is done, 0..1.
    check_cancel : callable
        Called some times a second; may raise to stop.

    Raises
    ------
    ValueError
        Lengths or rates differ, or there are no samples.
    AudioFileError
        A file is damaged, or holds what is no number.
    """
    if dry.n_samples != wet.n_samples or dry.sample_rate != wet.sample_rate or not dry.n_samples:
        raise ValueError("dry and wet must be equally long, not empty, and of one sample rate")
    said = on_progress or (lambda share: None)
    pause = check_cancel or (lambda: None)
    # Small products by the dozen: threads of their own would only wait for one another.
    with single_threaded_blas():
        levels, marks = _pass(dry, wet, lambda share: said(PASS_SHARE * share), pause)
        looking = _Looking(dry, wet, levels, tuple(clips), pause)
        report = looking.report(
            names, marks, lambda share: said(PASS_SHARE + share * (1 - PASS_SHARE))
        )
    said(1.0)
    return report


def _pass(
    dry: Readable, wet: Readable, said: Progress, pause: Callable[[], None]
) -> tuple[tuple[Measured, Measured], Fingerprints]:
    """Read every sample once: the levels of both, and the marks of dry."""
    measuring = Measuring(dry.sample_rate), Measuring(wet.sample_rate)
    marking = Marking()
    n = dry.n_samples
    for start in range(0, n, CHUNK):
        pause()
        stop = min(start + CHUNK, n)
        x = dry.read(start, stop)
        measuring[0].take(x)
        marking.take(x)
        measuring[1].take(wet.read(start, stop))
        said(stop / n)
    return (measuring[0].result(), measuring[1].result()), marking.result()


@dataclass(frozen=True)
class _Timed:
    """What is known of time: the windows, and how wet lies in them (None: no two agree)."""

    windows: list[Window]
    aligned: Aligned | None
    found: Response | None
    by: Aligned | None = None
    """What ``found`` was measured by: see :mod:`engines.checks.shaping`."""


class _Looking:
    """One pair while it is looked at."""

    def __init__(
        self,
        dry: Readable,
        wet: Readable,
        levels: tuple[Measured, Measured],
        clips: tuple[Stretch, ...],
        pause: Callable[[], None],
    ) -> None:
        self._files = dry, wet
        self._levels = levels
        self._clips = clips if len(clips) > 1 else ()
        self._pause = pause
        self._rate, self._n = dry.sample_rate, dry.n_samples

    def report(self, names: tuple[str, str], marks: Fingerprints, said: Progress) -> PairReport:
        """All verdicts, and the figures behind them."""
        empty = PairReport((), self._rate, self._n, fingerprints=marks)
        if any(found.peak == 0.0 for found in self._levels):
            checks = [
                check
                for name, found in zip(names, self._levels, strict=True)
                for check in signal_checks(name, found)
            ]
            return replace(empty, checks=tuple(checks), included=False)
        timed = self._timed(())
        said(0.3)
        begin = start_up(*self._files, timed.windows, timed.aligned, self._clips, self._pause)
        if begin:
            timed = self._timed(begin)
        said(0.6)
        return self._verdicts(empty, names, timed, begin, said)

    # -- time ----------------------------------------------------------------------------------

    def _timed(self, cuts: Sequence[Stretch]) -> _Timed:
        joints = [
            Stretch(start=max(0, clip.start - JOINT), stop=clip.start + JOINT)
            for clip in self._clips[1:]
        ]
        blocked = sorted([*cuts, *joints], key=lambda one: one.start)
        starts = choose(self._levels[0], self._n, cuts)
        if not starts:
            return _Timed([], None, None)
        room = window_length(self._n)
        if self._clips:
            cut = {one.start: one.stop - one.start for one in cuts}
            lengths = [one.stop - one.start - cut.get(one.start, 0) for one in self._clips]
            room = min(room, max(512, int(np.median(lengths))))
        length = segment_length(self._rate, room)
        windows = self._windows(starts, 0, blocked)
        line, rough = self._line(windows, length)
        if line is None:
            far = self._far()
            if far:
                moved = self._windows(starts, far, blocked)
                line, rough = self._line(moved, length)
                windows = moved if line is not None else windows
        timed = self._along(windows, windows, line, rough, length)
        if timed is None or not _related(timed):
            line, rough, behind = shaped_line(windows, length, self._rate, self._pause)
            timed = self._along(windows, behind, line, rough, length) or timed
        return timed or _Timed(windows, None, None)

    def _along(
        self,
        windows: list[Window],
        behind: list[Window],
        line: Line | None,
        rough: list[Rough],
        length: int,
    ) -> _Timed | None:
        """What is found along a rough line; ``behind`` are the windows that showed it."""
        if line is None:
            return None
        aligned = align(behind, rough, line, length)
        if aligned.sums.segments == 0:
            return None
        return self._measured(windows, aligned)

    def _measured(self, windows: list[Window], aligned: Aligned) -> _Timed:
        """The response of what is aligned; where it is not clear, that of dry behind a curve."""
        found = response(aligned, self._rate)
        if latency_of(aligned, found).sure < SURE:
            by = shaped(windows, aligned, self._rate)
            if by is not None and by.sums.segments:
                return _Timed(windows, aligned, response(by, self._rate), by)
        return _Timed(windows, aligned, found, aligned)

    def _windows(self, starts: list[int], base: int, blocked: list[Stretch]) -> list[Window]:
        return read_windows(*self._files, starts, base=base, blocked=blocked, pause=self._pause)

    def _line(self, windows: list[Window], length: int) -> tuple[Line | None, list[Rough]]:
        rough = rough_lags(windows, length, self._pause)
        return rough_line(windows, rough), rough

    def _far(self) -> int:
        """A lag beyond the windows' reach that the two envelopes suggest, in samples; 0: none."""
        size = max(1, round(FAR_SECONDS * self._rate / 1024))
        envelopes = []
        for found in self._levels:
            count = len(found.power) // size
            power = found.power[: count * size].reshape(count, size).mean(axis=1)
            level = np.log10(power + 1e-8 * max(1e-30, float(power.max())))
            envelopes.append(level - level.mean())
        n = len(envelopes[0])
        if n < 64:
            return 0
        padded = 1 << int(np.ceil(np.log2(2 * n)))
        X, Y = (np.fft.rfft(one, padded) for one in envelopes)
        values = np.fft.irfft(np.conj(X) * Y, padded)
        scale = float(np.sqrt((envelopes[0] ** 2).sum() * (envelopes[1] ** 2).sum()))
        best = int(np.argmax(values))
        if scale <= 0.0 or values[best] < 0.3 * scale:
            return 0
        return (best if best < padded // 2 else best - padded) * size * 1024

    # -- verdicts ------------------------------------------------------------------------------

    def _verdicts(
        self,
        empty: PairReport,
        names: tuple[str, str],
        timed: _Timed,
        begin: tuple[Stretch, ...],
        said: Progress,
    ) -> PairReport:
        left = self._levels[0].without(begin), self._levels[1].without(begin)
        checks = [
            check
            for name, found in zip(names, left, strict=True)
            for check in signal_checks(name, found, settling=bool(begin))
        ]
        edits = Edits(cuts=begin)
        checks += start_up_check(begin, self._clips, self._rate, self._n)
        by = timed.by
        if timed.aligned is None or timed.found is None or by is None or not _related(timed):
            checks.append(unrelated_check(timed.windows, self._rate, self._n))
            return replace(empty, checks=tuple(checks), edits=edits)
        latency = latency_of(by, timed.found)
        lag = round(float(timed.aligned.line.at))
        same = constant(timed.windows, lag, self._n)
        if same is not None and same.whole:
            checks.append(constant_check(same, self._rate))
        polarity = _polarity(by, timed.found)
        checks += [
            latency_check(latency, self._rate, polarity.inverted),
            polarity_check(polarity),
        ]
        move = move_of(by, self._n, window_length(self._n))
        drift = drift_of(by, timed.found.band, self._n) if move is None else None
        if move is not None:
            checks.append(move_check(move, self._n, self._rate))
        if drift is not None:
            checks.append(drift_check(drift, self._n, self._rate))
        said(0.7)
        checks += dropout_check(dropouts(*left, self._files[0], lag), self._rate, self._n)
        floor = noise_floor(*left, self._files, lag)
        checks.append(noise_check(floor))
        said(0.8)
        share = linear_share(timed.aligned, self._rate)
        checks += linear_check(share, same)
        steady = drift is None or not is_drifting(drift, self._n)
        if not self._clips and move is None and steady:
            found = variation(*self._files, self._levels[0], lag, self._pause)
            checks += variation_check(found, self._rate)
        return replace(
            empty,
            checks=tuple(checks),
            latency=latency,
            polarity=polarity,
            drift=drift,
            move=move,
            linear=share,
            noise=None if floor is None else 10 * float(np.log10(max(floor.noise, 1e-20))),
            edits=edits,
        )


def _related(timed: _Timed) -> bool:
    """Whether enough windows say the same of how wet lies against dry."""
    aligned = timed.by
    if aligned is None:
        return False
    clear = aligned.fine.clear
    agreeing = np.abs(aligned.fine.lags - aligned.line(aligned.fine.places)) <= 2.0
    if len(clear) <= 2:
        return bool(agreeing.all() and clear.min() >= 1.5 * STRIKING)
    # Within some samples around a wrong place something is found as well: the windows must have
    # found the place by themselves, too.
    own = np.array([one.striking >= STRIKING for one in aligned.rough])
    lags = np.array([float(one.lag) for one in aligned.rough])
    own &= np.abs(lags - aligned.line(aligned.fine.places)) <= 2 * NEAR
    enough = max(2.0 if len(own) <= 4 else 3.0, 0.2 * len(own))
    if own.sum() >= max(3.0, 0.4 * len(own)):
        return True
    return bool(agreeing.sum() >= 3 and agreeing.mean() >= 0.3 and own.sum() >= enough)


def _polarity(aligned: Aligned, found: Response) -> Polarity:
    heard = np.isfinite(aligned.fine.lags)
    same = float(np.mean(aligned.fine.same[heard] > 0)) if heard.any() else 0.0
    clear = float(np.clip((1.0 - found.rival) / 0.4, 0.0, 1.0))
    return Polarity(found.sign < 0, round(same * (0.5 + 0.5 * clear), 3))
