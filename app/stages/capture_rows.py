"""The captures of a project as rows: what each shows, which are shown, in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QWidget

from app import wording
from app.background import in_background
from app.session import ProjectSession
from app.stages.decision_words import decisions, is_done, knob_words, settled_fix
from projects.capture import Capture, Fix
from projects.errors import TrimpotError
from projects.fixes import safe_fixes
from projects.manifest import CaptureEntry, Control, Manifest, Part, Split
from projects.project import Project, proposed_split

Index = QModelIndex | QPersistentModelIndex
Verdict = Literal["ok", "warning", "problem"]
Show = Literal["all", "problems", "left-out", "train", "validation", "test"]
Order = Literal["imported", "name", "knobs", "verdict"]
GRAVITY: dict[Verdict, int] = {"problem": 0, "warning": 1, "ok": 2}
CHUNK = 48
"""Captures read in one go in the background: some hundredths of a second."""


@dataclass(frozen=True)
class CaptureRow:
    """What one line of the list shows. ``capture`` is None while it is read, or if damaged."""

    entry: CaptureEntry
    capture: Capture | None
    split: Split | None
    damaged: bool = False
    knobs: str = ""

    @cached_property
    def verdict(self) -> Verdict:
        """The gravest of its verdicts that are not settled; a damaged capture is a problem."""
        if self.capture is None:
            return "problem" if self.damaged else "ok"
        open_levels = {
            check.level for check in self.capture.checks if not is_done(check, self.entry)
        }
        if "problem" in open_levels:
            return "problem"
        return "warning" if "warning" in open_levels else "ok"

    @property
    def facts(self) -> str:
        """Length, rate, and whether there are states."""
        if self.capture is None:
            return "its file is damaged" if self.damaged else "Reading…"
        rate = self.capture.sample_rate
        words = [wording.duration(self.capture.n_samples / rate), wording.rate(rate)]
        if self.capture.states:
            count = len(self.capture.states)
            words.append("1 state" if count == 1 else f"{count} states")
        return "  ·  ".join(words)

    @cached_property
    def line(self) -> str:
        """What the list has room for: its length, and what is decided, or else its facts."""
        if self.capture is None:
            return self.facts
        found = [text for _, text in decisions(self.entry, self.capture.sample_rate)]
        return "  ·  ".join([wording.duration(self.seconds), *found]) if found else self.facts

    @property
    def seconds(self) -> float:
        """Its length; 0 while it is not known."""
        return self.capture.n_samples / self.capture.sample_rate if self.capture else 0.0

    @property
    def parts(self) -> frozenset[Part]:
        """The parts that its input has sections in."""
        sections = self.split.sections if self.split is not None else ()
        return frozenset(section.part for section in sections)

    @cached_property
    def safe_fixes(self) -> tuple[Fix, ...]:
        """What may be done to it in a batch."""
        return safe_fixes(self.capture, self.entry) if self.capture is not None else ()


class CaptureModel(QAbstractListModel):
    """The captures of a session. Their files are read in the background, the list stays quick.

    Signals
    -------
    renamed(str, str), included(str, bool)
        The user has edited a capture: its id, and the new value.
    facts_changed()
        More of the captures' files have been read.
    """

    renamed = Signal(str, str)
    included = Signal(str, bool)
    facts_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.all_rows: list[CaptureRow] = []
        """Every capture, in the manifest's order."""
        self.rows: list[CaptureRow] = []
        """Those that are shown, in the order chosen."""
        self.text, self.show, self.order = "", "all", "imported"
        self._places: dict[str, int] = {}
        self._session: ProjectSession | None = None
        self._reading = False

    # -- what is shown ---------------------------------------------------------------------

    def load(self, session: ProjectSession | None) -> None:
        """Show a session's captures; what is not read yet comes later."""
        self._session = session
        self.all_rows = _rows(session) if session is not None else []
        self._arrange()
        if not self._reading:
            self._read_more()

    def set_filter(self, text: str, show: Show) -> None:
        """Show only captures whose name or knobs have every word, of one kind."""
        self.text, self.show = text, show
        self._arrange()

    def set_order(self, order: Order) -> None:
        """Show them in another order."""
        self.order = order
        self._arrange()

    @property
    def filtered(self) -> bool:
        """Whether some captures may be hidden."""
        return bool(self.text.strip()) or self.show != "all"

    def _arrange(self) -> None:
        rows = [row for row in self.all_rows if self._wanted(row)]
        key = _ORDERS.get(self.order)
        if key is not None:
            rows.sort(key=key)
        self.beginResetModel()
        self.rows = rows
        self._places = {row.entry.id: place for place, row in enumerate(rows)}
        self.endResetModel()

    def _wanted(self, row: CaptureRow) -> bool:
        if self.show == "problems" and row.verdict == "ok":
            return False
        if self.show == "left-out" and row.entry.included:
            return False
        if self.show in ("train", "validation", "test") and self.show not in row.parts:
            return False
        words = self.text.lower().split()
        text = f"{row.entry.name} {row.knobs}".lower()
        return all(word in text for word in words)

    def row_of(self, capture_id: str) -> int:
        """The place of a capture in the list; -1 where it is not shown."""
        return self._places.get(capture_id, -1)

    def find(self, capture_id: str) -> CaptureRow | None:
        """A capture's row, shown or not."""
        return next((row for row in self.all_rows if row.entry.id == capture_id), None)

    def refresh(self, capture_id: str) -> None:
        """Show what is known of a capture now."""
        if self._session is not None:
            self._update(self._session, (capture_id,), tell=False)

    # -- reading ---------------------------------------------------------------------------

    def _read_more(self) -> None:
        session = self._session
        if session is None:
            return
        wanted = [row.entry.id for row in self.all_rows if not session.is_read(row.entry.id)]
        if not wanted:
            return
        self._reading = True
        in_background(
            self,
            partial(_read_captures, session.project, wanted[:CHUNK]),
            partial(self._arrived, session),
            self._failed,
        )

    def _arrived(
        self, session: ProjectSession, found: Mapping[str, Capture | TrimpotError]
    ) -> None:
        self._reading = False
        if session is self._session:
            session.keep(found)
            self._update(session, found)
        self._read_more()

    def _failed(self, error: Exception) -> None:
        self._reading = False
        raise error  # a fault of the program: the notices tell of it

    def _update(self, session: ProjectSession, ids: Iterable[str], *, tell: bool = True) -> None:
        fresh = {row.entry.id: row for row in _rows(session, frozenset(ids))}
        self.all_rows = [fresh.get(row.entry.id, row) for row in self.all_rows]
        if self.filtered or self.order == "verdict":
            self._arrange()
        else:
            self.rows = [fresh.get(row.entry.id, row) for row in self.rows]
            if self.rows:
                self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))
        if tell:
            self.facts_changed.emit()

    # Qt overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.entry.name
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if row.entry.included else Qt.CheckState.Unchecked
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            included = "used for training" if row.entry.included else "left out of training"
            return "\n".join(
                line for line in (row.entry.name, row.knobs, row.facts, row.line, included) if line
            )
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        entry = self.rows[index.row()].entry
        if role == Qt.ItemDataRole.CheckStateRole:
            self.included.emit(entry.id, not entry.included)
            return True
        name = str(value).strip()
        if role == Qt.ItemDataRole.EditRole and name and name != entry.name:
            self.renamed.emit(entry.id, name[:200])
            return True
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return (
            flag.ItemIsEnabled
            | flag.ItemIsSelectable
            | flag.ItemIsEditable
            | flag.ItemIsUserCheckable
        )


def _by_name(row: CaptureRow) -> Any:
    return row.entry.name.casefold()


def _by_knobs(row: CaptureRow) -> Any:
    return (sorted(row.entry.knobs.items()), row.entry.name.casefold())


def _by_verdict(row: CaptureRow) -> Any:
    return (GRAVITY[row.verdict], row.entry.name.casefold())


_ORDERS: dict[str, Callable[[CaptureRow], Any]] = {
    "name": _by_name,
    "knobs": _by_knobs,
    "verdict": _by_verdict,
}


def _rows(session: ProjectSession, only: frozenset[str] | None = None) -> list[CaptureRow]:
    """The rows of a session's captures (of ``only`` these), with what is known of them now."""
    manifest: Manifest = session.manifest
    splits = {split.dry_id: split for split in manifest.splits}
    return [
        _row(session, entry, splits.get(entry.dry_id), manifest.controls)
        for entry in manifest.captures
        if only is None or entry.id in only
    ]


def _row(
    session: ProjectSession,
    entry: CaptureEntry,
    split: Split | None,
    controls: tuple[Control, ...],
) -> CaptureRow:
    read = session.is_read(entry.id)
    capture = session.capture(entry.id) if read else None
    if split is None and capture is not None:
        try:
            split = proposed_split(capture)
        except TrimpotError:
            split = None  # too short to divide: the row shows no parts
    turned = [signal.name for signal in capture.motions] if capture is not None else []
    words = knob_words(entry.knobs, controls, turned)
    return CaptureRow(entry, capture, split, read and capture is None, words)


def _read_captures(project: Project, ids: list[str]) -> dict[str, Capture | TrimpotError]:
    found: dict[str, Capture | TrimpotError] = {}
    for capture_id in ids:
        try:
            found[capture_id] = project.read_capture(capture_id)
        except TrimpotError as error:
            found[capture_id] = error
    return found


def alike(rows: Iterable[CaptureRow], name: str, kind: str) -> dict[str, tuple[Fix | None, Fix]]:
    """The captures whose verdict of that name offers a fix of that kind that does not stand yet.

    By id: what stands in its place (the capture was left out), or None, and the fix.
    """
    found: dict[str, tuple[Fix | None, Fix]] = {}
    for row in rows:
        for check in row.capture.checks if row.capture is not None else ():
            if check.name != name or check.level == "ok":
                continue
            standing = settled_fix(check, row.entry)
            fix = next((fix for fix in check.fixes if fix.kind == kind), None)
            if fix is not None and (standing is None or standing.kind == "leave-out" != kind):
                found[row.entry.id] = (standing, fix)
    return found


def summary(rows: Iterable[CaptureRow]) -> str:
    """A set in a line: how many captures, how long, how many are left out, and why."""
    found = list(rows)
    if not found:
        return ""
    count = len(found)
    words = ["1 capture" if count == 1 else f"{count} captures"]
    words.append(wording.duration(sum(row.seconds for row in found)))
    out = [row for row in found if not row.entry.included]
    if out:
        why: Counter[str] = Counter()
        for row in out:
            checks = row.capture.checks if row.capture is not None else ()
            offered = [c for c in checks if any(fix.kind == "leave-out" for fix in c.fixes)]
            if offered:
                why[min(offered, key=lambda check: GRAVITY[check.level]).name] += 1
        reasons = ", ".join(name for name, _ in why.most_common())
        words.append(f"{len(out)} left out" + (f" ({reasons})" if reasons else ""))
    return "  ·  ".join(words)
