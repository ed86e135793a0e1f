"""Taking a set of recordings into the project: prepared, examined, and kept as captures.

Two pairs at a time, in threads (reading, hashing and transforms leave the interpreter to others);
no recording is ever in memory as a whole.
"""

from __future__ import annotations

import shutil
import threading
import time
import traceback
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from engines.audio.blocks import FileAudio
from engines.audio.convert import length_at, samples_at
from engines.audio.writing import WavWriter
from engines.sources.concluding import Taken, conclude
from engines.sources.dry_shelf import DryShelf, Prepared, is_kept, reference_to
from engines.sources.examining import examine_pair
from engines.sources.folders import new_capture_folder
from engines.sources.items import (
    Item,
    Survey,
    Surveyed,
    Terms,
    longer_check,
    said_of_file,
    sections_with_held,
)
from engines.worker.context import CancelledError, JobContext
from projects.capture import Capture, Check, Signal
from projects.errors import JobError, StorageError, TrimpotError
from projects.jobs import new_id
from projects.manifest import Section, Stretch
from projects.splits import split_by_time

AT_ONCE = 2
"""Pairs that are worked on at once."""
SPARE_BYTES = 50_000_000
"""Left free on the disk for the rest of the project."""


class Intake:
    """One import: from items to captures in ``folder``.

    Parameters
    ----------
    terms : Terms
        How recordings are taken.
    folder : Path
        Where the captures' folders go.
    context : JobContext
        For progress, warnings, refused files, and to be stopped.
    """

    def __init__(self, terms: Terms, folder: Path, context: JobContext) -> None:
        self.terms = terms
        self.folder = folder
        self.context = context
        self._shelf = DryShelf(context.folder / "inputs", terms, context.check)
        self._lock = threading.Lock()
        self._ids: dict[int, str] = {}
        self._done: dict[int, float] = {}
        self._total = 1.0
        self._started = time.monotonic()
        self._errors: list[TrimpotError] = []

    def run(self, items: Sequence[Item]) -> list[Capture]:
        """Take the items; one that cannot be used is named, and the rest goes on.

        What was finished before a cancel or a full disk is kept.

        Raises
        ------
        TrimpotError
            Nothing could be used; of a single item, its own sentence.
        StorageError
            The disk is full or refused.
        CancelledError
            The user cancelled.
        """
        surveyed = self._survey(items)
        self._refuse_full_disk(surveyed)
        self._total = sum(item.seconds for item in surveyed) or 1.0
        self._ids = _ids_in_order(surveyed)
        taken: list[Taken] = []
        try:
            with self._shelf:
                self._take_all(surveyed, taken)
        except (CancelledError, StorageError) as error:
            if isinstance(error, CancelledError) and error.reason == "interrupted":
                raise  # it is taken up again from its beginning, and nothing shall come in twice
            kept = conclude(taken, self.terms, self.folder, self.context)
            if len(items) > 1:
                self.context.warn(
                    f"{len(kept)} of {len(items)} captures were finished; these stay."
                )
            raise
        if not taken:
            raise self._nothing(len(items))
        return conclude(taken, self.terms, self.folder, self.context)

    # -- looking ---------------------------------------------------------------------------

    def _survey(self, items: Sequence[Item]) -> list[Surveyed]:
        self.context.progress(0.0, "Looking at the files")
        survey = Survey(self.terms)
        found = []
        for item in items:
            self.context.check()
            try:
                found.append(survey.look(item))
            except TrimpotError as error:
                self._refuse(item, error)
        if not found:
            raise self._nothing(len(items))
        return found

    def _refuse(self, item: Item, error: TrimpotError) -> None:
        self._errors.append(error)
        self.context.refuse(item.label, error.sentence)

    def _nothing(self, count: int) -> TrimpotError:
        first = self._errors[0] if self._errors else JobError("There is nothing to import.")
        if count == 1:
            return first
        return JobError(
            f"None of the {count} recordings could be imported. The first: {first.sentence}",
            details="\n".join(error.sentence for error in self._errors[:200]),
        )

    def _refuse_full_disk(self, surveyed: Iterable[Surveyed]) -> None:
        """Refuse what surely does not fit, before an hour of copying."""
        needed = 0
        drys: set[tuple[Path, ...]] = set()
        for item in surveyed:
            rate = item.sample_rate
            for infos, shared in ((item.dry, item.item.dry in drys), (item.wet, False)):
                if not shared and not is_kept(infos, rate, self.terms):
                    needed += sum(
                        4 * length_at(info.n_samples, info.sample_rate, rate) for info in infos
                    )
            drys.add(item.item.dry)
        free = shutil.disk_usage(self.folder).free
        if needed and needed + SPARE_BYTES > free:
            raise StorageError(
                f"The copies need {needed / 1e9:.2f} GB and the project's disk has "
                f"{free / 1e9:.2f} GB free. Free some space, or use the recordings where they lie."
            )

    # -- taking ----------------------------------------------------------------------------

    def _take_all(self, surveyed: Sequence[Surveyed], taken: list[Taken]) -> None:
        from engines.models.blas import single_threaded_blas

        with single_threaded_blas():  # the pairs share the cores already
            self._take_in_threads(surveyed, taken)
        order = {id(item): index for index, item in enumerate(surveyed)}
        taken.sort(key=lambda one: order[id(one.surveyed)])

    def _take_in_threads(self, surveyed: Sequence[Surveyed], taken: list[Taken]) -> None:
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            futures: dict[Future[Taken], Surveyed] = {
                pool.submit(self._take, item): item for item in surveyed
            }
            stopped: BaseException | None = None
            for future in as_completed(futures):
                stopped = self._collect(future, futures[future], taken) or stopped
                if stopped is not None:
                    pool.shutdown(wait=False, cancel_futures=True)
            if stopped is not None:
                raise stopped
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _collect(
        self, future: Future[Taken], surveyed: Surveyed, taken: list[Taken]
    ) -> BaseException | None:
        """Keep what a thread brought; returns what has to end the whole import."""
        if future.cancelled():
            return None
        error = future.exception()
        if error is None:
            taken.append(future.result())
        elif isinstance(error, TrimpotError) and not isinstance(error, StorageError):
            self._refuse(surveyed.item, error)
        elif isinstance(error, StorageError | CancelledError | MemoryError):
            return error
        else:  # a fault of ours with one pair must not cost the others
            self.context.log("".join(traceback.format_exception(error)))
            self._refuse(surveyed.item, _fault(surveyed.item, error))
        return None

    def _take(self, surveyed: Surveyed) -> Taken:
        self.context.check()
        self._advance(surveyed, 0.0, "Reading")
        dry = self._shelf.prepared(surveyed)
        place = new_capture_folder(self.folder, self._ids[id(surveyed)])
        try:
            return self._into(place, surveyed, dry)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        finally:
            self._advance(surveyed, 1.0, "Checked")

    def _into(self, place: Path, surveyed: Surveyed, dry: Prepared) -> Taken:
        wet, n_wet, missing, checks = self._put_wet(place, surveyed, dry)
        n = min(n_wet, dry.n_samples)
        rate = surveyed.sample_rate
        if n_wet != dry.n_samples:
            longer = "dry" if n < dry.n_samples else "wet"
            checks.append(longer_check(longer, abs(n_wet - dry.n_samples), rate))
        sections = self._sections(surveyed.item, dry, n)
        identity = dry.id_of_first(n, self.context.check)
        signals = (dry.put(place, n, self.context.check), wet)
        capture = Capture(
            id=place.name,
            name=surveyed.item.name,
            sample_rate=rate,
            n_samples=n,
            dry_id=identity,
            signals=signals,
            knobs=surveyed.item.knobs,
            sections=sections,
            clips=dry.clips,
            controls=tuple(c for c in self.terms.controls if c.name in surveyed.item.knobs),
            checks=(*dry.checks, *checks),
            source={
                "source": self.terms.source,
                "config": self.terms.config,
                "dry": [str(path) for path in surveyed.item.dry],
                "wet": [str(path) for path in surveyed.item.wet],
            },
        )
        with ExitStack() as stack:
            report = examine_pair(
                stack.enter_context(FileAudio(dry.path, dry.channel, n)),
                stack.enter_context(self._open_wet(place, surveyed, wet, n)),
                clips=dry.clips,
                on_progress=lambda share: self._advance(surveyed, 0.3 + 0.7 * share, "Checking"),
                check=self.context.check,
            )
        return Taken(surveyed, capture, report, missing)

    def _open_wet(self, place: Path, surveyed: Surveyed, wet: Signal, n: int) -> FileAudio:
        if wet.reference is not None:
            return FileAudio(surveyed.wet[0].path, wet.reference.channel, n)
        return FileAudio(place / wet.file, n_samples=n)

    def _put_wet(
        self, place: Path, surveyed: Surveyed, dry: Prepared
    ) -> tuple[Signal, int, tuple[Stretch, ...], list[Check]]:
        """The wet signal, its whole length, where it has no audio, and what is to be said."""
        rate = surveyed.sample_rate
        kept = is_kept(surveyed.wet, rate, self.terms)
        shown = surveyed.wet[:1]
        checks = [
            check
            for info in shown
            for check in said_of_file("wet", info, rate, self.terms, kept=kept)
        ]
        if kept:
            info = surveyed.wet[0]
            reference = reference_to(info.path, self.terms.channel)
            signal = Signal(name="wet", role="wet", reference=reference)
            return signal, info.n_samples, (), checks
        if dry.clips:
            return *self._join_wet(place, surveyed, dry), checks
        n = 0
        with (
            FileAudio(surveyed.wet[0].path, self.terms.channel) as audio,
            WavWriter(place / "wet.wav", rate) as writer,
        ):
            for block in samples_at(audio, rate, self.context.check):
                if n < dry.n_samples:
                    writer.write(block[: dry.n_samples - n])
                n += len(block)
        return Signal(name="wet", role="wet", file="wet.wav"), n, (), checks

    def _join_wet(
        self, place: Path, surveyed: Surveyed, dry: Prepared
    ) -> tuple[Signal, int, tuple[Stretch, ...]]:
        """Clip after clip, each as long as its dry; where one is shorter, its end is left out."""
        missing: list[Stretch] = []
        rate = surveyed.sample_rate
        with WavWriter(place / "wet.wav", rate) as writer:
            for info, clip in zip(surveyed.wet, dry.clips, strict=True):
                with FileAudio(info.path, self.terms.channel) as audio:
                    for block in samples_at(audio, rate, self.context.check):
                        writer.write(block[: clip.stop - writer.n_samples])
                if (left := clip.stop - writer.n_samples) > 0:
                    missing.append(Stretch(start=writer.n_samples, stop=clip.stop))
                    writer.write(np.zeros(left, np.float32))
        return Signal(name="wet", role="wet", file="wet.wav"), dry.n_samples, tuple(missing)

    def _sections(self, item: Item, dry: Prepared, n: int) -> tuple[Section, ...]:
        rate = dry.sample_rate
        if dry.clips and len(item.parts) == len(dry.clips):
            return tuple(
                Section(start=clip.start, stop=clip.stop, part=part)
                for clip, part in zip(dry.clips, item.parts, strict=True)
            )
        if item.parts and not dry.clips:
            if item.held:
                return sections_with_held(n, rate, item.held)
            return (Section(start=0, stop=n, part=item.parts[0]),)
        split_by_time(dry.dry_id, n, rate)  # refuses what is too short to divide
        if n == dry.n_samples:
            return ()
        # A shorter wet must not move the borders: the same input would stand on both sides.
        whole = split_by_time(dry.dry_id, dry.n_samples, rate)
        cut = [
            section.model_copy(update={"stop": min(section.stop, n)})
            for section in whole.sections
            if section.start < n
        ]
        return tuple(cut) if len(cut) == len(whole.sections) else ()

    # -- reporting -------------------------------------------------------------------------

    def _advance(self, surveyed: Surveyed, share: float, verb: str) -> None:
        with self._lock:
            self._done[id(surveyed)] = surveyed.seconds * share
            fraction = min(0.99, sum(self._done.values()) / self._total)
        spent = time.monotonic() - self._started
        eta = spent * (1 - fraction) / fraction if fraction > 0.02 else None
        self.context.progress(fraction, f"{verb} {surveyed.item.label}", eta)


def _ids_in_order(surveyed: Sequence[Surveyed]) -> dict[int, str]:
    """An id for each capture; thousands of one second still sort in the order of the set."""
    base = new_id()
    if len(surveyed) == 1:
        return {id(surveyed[0]): base}
    return {id(item): f"{base}-{number:05d}" for number, item in enumerate(surveyed, 1)}


def _fault(item: Item, error: BaseException) -> TrimpotError:
    return JobError(
        f"{item.label} could not be taken by a fault in Trimpot ({type(error).__name__}: {error}). "
        "The job's log helps to report it.",
        details="".join(traceback.format_exception(error)),
    )
