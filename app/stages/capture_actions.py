"""What can be done to the captures selected: rename, include, remove, take their safe fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from app import edits
from app.edits import Edit
from app.notices import Action
from app.stages.capture_list import CaptureList
from app.stages.capture_rows import CaptureRow, alike
from app.stages.decision_words import batch_words
from app.workbench import Workbench


class CaptureActions(QObject):
    """The list's actions, behind its keys and its menu."""

    def __init__(self, workbench: Workbench, captures: CaptureList) -> None:
        super().__init__(captures)
        self.workbench = workbench
        self.list = captures
        self.rename = self._action("Rename", self._edit_name, "F2")
        self.include = self._action("Use for training", self._toggle_included)
        self.include.setCheckable(True)
        self.fix = self._action("Apply their safe fixes", self._fix_selected)
        self.reset = self._action("Take every decision back", self._reset)
        self.remove = self._action("Remove from the project", self._remove, "Delete")
        captures.customContextMenuRequested.connect(self._show_menu)

    def _action(self, text: str, do: Callable[[], object], shortcut: str = "") -> QAction:
        action = QAction(text, self.list)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: do())
        self.list.addAction(action)
        return action

    def _show_menu(self, place: QPoint) -> None:
        rows = self.list.selected_rows()
        if not rows:
            return
        fixes = [fix for row in rows for fix in row.safe_fixes]
        many = len(rows) > 1
        self.rename.setEnabled(not many)
        self.include.setChecked(all(row.entry.included for row in rows))
        words = f" ({batch_words(fixes)})" if fixes else ""
        self.fix.setText(f"Apply {'their' if many else 'its'} safe fixes{words}")
        self.fix.setEnabled(bool(fixes))
        self.reset.setEnabled(any(row.entry.edits.any or not row.entry.included for row in rows))
        self.remove.setText(
            f"Remove {len(rows)} captures from the project" if many else "Remove from the project"
        )
        menu = QMenu(self.list)
        menu.addActions([self.rename, self.include])
        menu.addSeparator()
        menu.addActions([self.fix, self.reset])
        menu.addSeparator()
        menu.addAction(self.remove)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.aboutToHide.connect(lambda: self.rename.setEnabled(True))
        menu.aboutToHide.connect(lambda: self.fix.setEnabled(True))
        menu.aboutToHide.connect(lambda: self.reset.setEnabled(True))
        menu.popup(self.list.viewport().mapToGlobal(place))

    def _change(self, text: str, edit: Edit) -> bool:
        session = self.workbench.session
        return session is not None and session.change(text, edit)

    def _edit_name(self) -> None:
        self.list.edit(self.list.currentIndex())

    def change_name(self, capture_id: str, name: str) -> None:
        """Give a capture another name."""
        self._change("Rename capture", edits.rename_capture(capture_id, name))

    def set_included(self, capture_ids: Iterable[str], included: bool) -> None:
        """Use captures for training, or leave them out."""
        ids = tuple(capture_ids)
        what = "capture" if len(ids) == 1 else f"{len(ids)} captures"
        text = f"Use {what} for training" if included else f"Leave {what} out"
        self._change(text, edits.include_captures(ids, included))

    def _toggle_included(self) -> None:
        rows = self.list.selected_rows()
        included = all(row.entry.included for row in rows)
        self.set_included([row.entry.id for row in rows], not included)

    def _reset(self) -> None:
        ids = [row.entry.id for row in self.list.selected_rows()]
        self._change("Take decisions back", edits.reset_decisions(ids))

    def _fix_selected(self) -> None:
        self.apply_safe_fixes(self.list.selected_rows())

    def apply_safe_fixes(self, rows: Iterable[CaptureRow]) -> None:
        """Take every safe fix of these captures in one undoable step, and say what was done."""
        fixes = {row.entry.id: row.safe_fixes for row in rows if row.safe_fixes}
        if not fixes:
            self.workbench.notices.info("There is no safe fix left to apply.")
            return
        taken = [fix for some in fixes.values() for fix in some]
        if self._change("Apply safe fixes", edits.take_fixes(fixes)):
            where = "1 capture" if len(fixes) == 1 else f"{len(fixes)} captures"
            self._say_undoable(f"Decided for {where}: {batch_words(taken)}.")

    def take_alike(self, rows: Iterable[CaptureRow], name: str, kind: str) -> None:
        """Take the fix of a verdict in every capture that has it, in one undoable step."""
        fixes = alike(rows, name, kind)
        where = "1 capture" if len(fixes) == 1 else f"{len(fixes)} captures"
        if fixes and self._change(f"Mend the {name} of {where}", edits.swap_fixes(fixes)):
            taken = [fix for _, fix in fixes.values()]
            self._say_undoable(f"Decided for {where}: {batch_words(taken)}.")

    def _remove(self) -> None:
        rows = self.list.selected_rows()
        if not rows:
            return
        one = len(rows) == 1
        name = rows[0].entry.name if one else f"{len(rows)} captures"
        if self._change(f"Remove {name}", edits.remove_captures([row.entry.id for row in rows])):
            verb = "was" if one else "were"
            self._say_undoable(f"{name} {verb} removed from the project.")

    def _say_undoable(self, sentence: str) -> None:
        session = self.workbench.session
        if session is not None:
            undo = Action("Undo", partial(self._undo, session.undo_stack.index()))
            self.workbench.notices.success(sentence, undo)

    def _undo(self, index: int) -> None:
        """Undo what a toast told of, unless something else has been done since."""
        session = self.workbench.session
        if session is not None and session.undo_stack.index() == index:
            session.undo_stack.undo()
