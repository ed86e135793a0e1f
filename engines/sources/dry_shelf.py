"""The dry audio of a set: prepared once, however many wet recordings belong to it."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio.blocks import FileAudio
from engines.audio.convert import samples_at
from engines.audio.files import AudioFileError, AudioInfo, Channel
from engines.audio.writing import WavWriter
from engines.sources.items import Surveyed, Terms, referable, said_of_file
from projects.capture import Check, Clip, Reference, Signal
from projects.errors import StorageError, storage_error
from projects.references import file_digest


@dataclass(frozen=True)
class Prepared:
    """One dry audio, ready to be used by captures.

    Attributes
    ----------
    path : Path
        Where its samples are: the recording itself, or a float32 WAV made from it.
    channel : Channel
        Which channel of it.
    reference : Reference or None
        Set where the recording is used where it lies.
    n_samples, sample_rate : int
        Its length (samples) and rate (Hz).
    dry_id : str
        SHA-256 of its samples.
    clips : tuple[Clip, ...]
        What was joined in it.
    checks : tuple[Check, ...]
        What is to be said of its file.
    """

    path: Path
    channel: Channel
    reference: Reference | None
    n_samples: int
    sample_rate: int
    dry_id: str
    clips: tuple[Clip, ...]
    checks: tuple[Check, ...]

    def open(self) -> FileAudio:
        """Its samples."""
        return FileAudio(self.path, self.channel, self.n_samples)

    def id_of_first(self, n_samples: int, check: Callable[[], None]) -> str:
        """SHA-256 of its first samples."""
        if n_samples == self.n_samples:
            return self.dry_id
        digest = hashlib.sha256()
        with FileAudio(self.path, self.channel, n_samples) as audio:
            for block in samples_at(audio, self.sample_rate, check):
                digest.update(bytes_of(block))
        return digest.hexdigest()

    def put(self, place: Path, n_samples: int, check: Callable[[], None]) -> Signal:
        """Make its first samples the dry signal of the capture in the folder ``place``.

        Raises
        ------
        StorageError
            The disk is full or refused.
        """
        if self.reference is not None:
            return Signal(name="dry", role="dry", reference=self.reference)
        target = place / "dry.wav"
        if n_samples < self.n_samples:
            with (
                FileAudio(self.path, n_samples=n_samples) as audio,
                WavWriter(target, self.sample_rate) as writer,
            ):
                for block in samples_at(audio, self.sample_rate, check):
                    writer.write(block)
        else:
            link_or_copy(self.path, target)
        return Signal(name="dry", role="dry", file="dry.wav")


class DryShelf:
    """Prepares each dry audio once; threads that need the same one wait for it.

    Use it as a context: the files that it made in ``folder`` go at its end (captures hold links).

    Parameters
    ----------
    folder : Path
        Where converted audio is kept meanwhile.
    terms : Terms
        How recordings are taken.
    check : callable
        Asked between pieces whether to go on.
    """

    def __init__(self, folder: Path, terms: Terms, check: Callable[[], None]) -> None:
        self._folder = folder
        self._terms = terms
        self._check = check
        self._lock = threading.Lock()
        self._locks: dict[tuple[object, ...], threading.Lock] = {}
        self._ready: dict[tuple[object, ...], Prepared | AudioFileError] = {}

    def __enter__(self) -> DryShelf:
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
        except OSError as error:
            raise storage_error("make the job's folder", self._folder, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def prepared(self, surveyed: Surveyed) -> Prepared:
        """The dry audio of an item.

        Raises
        ------
        AudioFileError
            A file of it is damaged.
        StorageError
            The disk is full or refused.
        """
        key = (surveyed.item.dry, surveyed.item.clips, surveyed.sample_rate)
        with self._lock:
            own = self._locks.setdefault(key, threading.Lock())
        with own:
            if key not in self._ready:
                try:
                    self._ready[key] = self._prepare(surveyed)
                except AudioFileError as error:
                    self._ready[key] = error
            found = self._ready[key]
        if isinstance(found, AudioFileError):
            raise AudioFileError(found.sentence, details=found.details)
        return found

    def _prepare(self, surveyed: Surveyed) -> Prepared:
        rate, channel = surveyed.sample_rate, self._terms.channel
        first = surveyed.dry[0]
        kept = is_kept(surveyed.dry, rate, self._terms)
        checks = [
            check
            for info in (surveyed.dry if len(surveyed.dry) == 1 else [first])
            for check in said_of_file("dry", info, rate, self._terms, kept=kept)
        ]
        digest = hashlib.sha256()
        if kept:
            reference = reference_to(first.path, channel)
            with FileAudio(first.path, channel) as audio:
                for block in samples_at(audio, rate, self._check):
                    digest.update(bytes_of(block))
            return Prepared(
                path=first.path,
                channel=channel,
                reference=reference,
                n_samples=first.n_samples,
                sample_rate=rate,
                dry_id=digest.hexdigest(),
                clips=(),
                checks=tuple(checks),
            )
        with self._lock:
            path = self._folder / f"{len(self._ready)}-{threading.get_ident()}.wav"
        clips: list[Clip] = []
        with WavWriter(path, rate) as writer:
            for index, info in enumerate(surveyed.dry):
                start = writer.n_samples
                with FileAudio(info.path, channel) as audio:
                    for block in samples_at(audio, rate, self._check):
                        writer.write(block)
                        digest.update(bytes_of(block))
                if surveyed.item.clips:
                    name = surveyed.item.clips[index]
                    clips.append(Clip(start=start, stop=writer.n_samples, name=name))
        return Prepared(
            path=path,
            channel="first",
            reference=None,
            n_samples=writer.n_samples,
            sample_rate=rate,
            dry_id=digest.hexdigest(),
            clips=tuple(clips),
            checks=tuple(checks),
        )


def bytes_of(samples: NDArray[np.float32]) -> memoryview:
    """Samples as the little-endian float32 that :func:`engines.audio.files.dry_id` hashes."""
    return np.ascontiguousarray(samples, "<f4").data


def is_kept(infos: tuple[AudioInfo, ...], sample_rate: int, terms: Terms) -> bool:
    """Whether a recording is used where it lies: asked for, possible, and not joined to others."""
    return terms.keep == "reference" and len(infos) == 1 and referable(infos[0], sample_rate)


def reference_to(path: Path, channel: Channel) -> Reference:
    """A reference to a recording.

    Raises
    ------
    AudioFileError
        It cannot be read, or lies where a project must not look.
    """
    try:
        absolute = path.resolve(strict=True)
        name = str(absolute)
        if name.startswith(("\\\\", "//")):
            raise AudioFileError(
                f"{path} lies on a network share, which a project cannot refer to. Copy the "
                "recordings into the project instead."
            )
        digest = file_digest(absolute)
        size = absolute.stat().st_size
    except StorageError as error:
        raise AudioFileError(error.sentence, details=error.details) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise AudioFileError(f"The audio file {path} cannot be opened: {reason}.") from error
    return Reference(path=name, size=size, digest=digest, channel=channel)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or a copy where the disk knows no links.

    Raises
    ------
    StorageError
        The disk is full or refused.
    """
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            target.unlink(missing_ok=True)
            raise storage_error("write the audio file", target, error) from error
