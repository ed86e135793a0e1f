"""The two lanes of a comparison: what each is, its audio on disk, and how it is heard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from app.comparison import LaneAudio, OwnAudio
from app.models import FoundModel, find_model
from app.player import Comparison
from app.programme import Programme, file_programme
from app.session import ProjectSession
from engines.audition.protocol import Source
from projects.errors import TrimpotError
from projects.files import inside

RENDER_PART = "all"
"""Renders are of the whole capture, so that they share its time axis."""


@dataclass(frozen=True)
class Lane:
    """What the user chose for a lane.

    ``run`` and ``file`` say which, the dry and wet are those of the capture compared over.
    """

    kind: Literal["dry", "wet", "run", "file"]
    run: str = ""
    file: Path | None = None

    def label(self, session: ProjectSession) -> str:
        """Its name as the window writes it."""
        if self.kind == "run":
            model = find_model(session, self.run)
            return model.name if model is not None else "a run that is gone"
        return self.file.name if self.file is not None else self.kind


def roles(a: Lane, b: Lane) -> tuple[str, str]:
    """The colours of two lanes: what they are; a second model or file in the second's yellow."""
    first = "model" if a.kind in ("run", "file") else a.kind
    second = "model" if b.kind in ("run", "file") else b.kind
    return first, "second" if second == first else second


def fresh_render(session: ProjectSession, model: FoundModel, capture_id: str) -> Path | None:
    """The model's render of the whole capture as it is now, no older than the model."""
    try:
        changed = model.path.stat().st_mtime
    except OSError:
        return None
    wanted = render_config(model.id, capture_id)
    for found in session.jobs("render"):
        if found.status.state != "done" or found.job.created.timestamp() < changed:
            continue
        if {key: found.job.config.get(key) for key in wanted} != wanted:
            continue
        if found.job.hashes != session.project.capture_hashes([capture_id]):
            continue  # the capture's knobs stood elsewhere, or it is another one by now
        for name in found.status.files:
            try:
                path = inside(found.folder, name)
            except TrimpotError:
                continue
            if path.suffix == ".wav" and path.is_file():
                return path
    return None


def render_config(run_id: str, capture_id: str) -> dict[str, str]:
    """The configuration of the job that renders a lane."""
    return {"run": run_id, "capture": capture_id, "part": RENDER_PART}


def lane_audio(
    session: ProjectSession, lane: Lane, programme: Programme, role: str
) -> LaneAudio | None:
    """A lane's audio over the programme's stretch; None while its render is not there."""
    path: Path | None
    if lane.kind == "run":
        model = find_model(session, lane.run)
        path = fresh_render(session, model, programme.capture_id) if model is not None else None
    elif lane.kind == "file":
        path = lane.file
    else:
        path = programme.dry if lane.kind == "dry" else programme.wet
    if path is None:
        return None
    audio = LaneAudio(path, lane.label(session), role, programme.start, programme.stop)
    capture = session.capture(programme.capture_id)
    if lane.kind == "file" or capture is None:
        return audio
    signal = capture.signal("dry" if lane.kind == "dry" else "wet")
    audio = replace(audio, unit=signal.unit, full_scale=signal.full_scale)
    if lane.kind == "run" or programme.folder is None:
        return audio
    return replace(audio, own=OwnAudio(programme.folder, capture, signal, programme.edits))


@dataclass(frozen=True)
class Hearing:
    """How a pair of lanes is played, and which source of the engine each of them is."""

    comparison: Comparison
    a: Source
    b: Source


def hearing(session: ProjectSession, a: Lane, b: Lane, programme: Programme) -> Hearing:
    """How to play two lanes: models live, files in place of the dry or wet they leave free.

    Raises
    ------
    TrimpotError
        A file cannot be used.
    """
    sources: dict[Lane, Source] = {}
    runs = [lane for lane in dict.fromkeys((a, b)) if lane.kind == "run"]
    slots: tuple[Source, Source] = ("model", "second")
    sources.update(zip(runs, slots, strict=False))
    sources.update({lane: "dry" if lane.kind == "dry" else "wet" for lane in (a, b) if _own(lane)})
    for lane, other in ((a, b), (b, a)):
        if lane.kind == "file" and lane.file is not None and lane not in sources:
            place: Literal["dry", "wet"] = "dry" if sources.get(other) == "wet" else "wet"
            programme = _with_file(programme, lane.file, place)
            sources[lane] = place
    ids = [lane.run for lane in runs] + ["", ""]
    return Hearing(Comparison(programme, ids[0], ids[1]), sources[a], sources[b])


def _own(lane: Lane) -> bool:
    return lane.kind in ("dry", "wet")


def _with_file(programme: Programme, path: Path, place: Literal["dry", "wet"]) -> Programme:
    found = file_programme(path)
    stop = min(programme.stop, found.seconds)
    changed = replace(programme, title=path.name, stop=stop)
    changed = replace(changed, replaced=changed.replaced | {place})
    if place == "dry":
        return replace(changed, dry=path)
    return replace(changed, wet=path)
