"""The editor: colours, marks at lines, find, comments, zoom, and long texts."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QTextCursor
from pytestqt.qtbot import QtBot

from widgets.code_editor import CodeEditor, LineMark
from widgets.spice import SPICE, spice_spans
from widgets.theme import apply_theme, theme_of
from widgets.tokens import CODE_COLOURS

NETLIST = """\
A title R1
* a comment
R1 in out {10k*drive} ; the first
C1 out 0 10n
.param drive=0.5
"""


@pytest.fixture
def editor(qtbot: QtBot) -> CodeEditor:
    made = CodeEditor(SPICE)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    qtbot.waitExposed(made)
    made.set_text(NETLIST)
    return made


def roles(line: str, number: int = 2) -> list[tuple[str, str]]:
    return [(line[s.start : s.start + s.length], s.role) for s in spice_spans(line, number)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("* all of it", [("* all of it", "comment")]),
        (
            "R1 in out 4.7k",
            [("R1", "element"), ("in", "node"), ("out", "node"), ("4.7k", "number")],
        ),
        (
            "X1 a b op gain=1k",
            [
                ("X1", "element"),
                ("a", "node"),
                ("b", "node"),
                ("op", "name"),
                ("gain", "name"),
                ("1k", "number"),
            ],
        ),
        (".include 'x'", [(".include", "command")]),
        ('.lib "a;b', [(".lib", "command"), ('"a', "string"), (";b", "comment")]),
        ("+ tc=2", [("+", "command"), ("tc", "name"), ("2", "number")]),
        ("C1 a 0 10µF $ note", [("C1", "element"), ("a", "node"), ("0", "node"),
                                 ("10µF", "number"), ("$ note", "comment")]),
        ("   ", []),
    ],
)  # fmt: skip
def test_a_line_is_told_apart(line: str, expected: list[tuple[str, str]]) -> None:
    assert roles(line) == expected


def test_the_first_line_is_the_title() -> None:
    assert roles("R1 in out 10k", 1) == [("R1 in out 10k", "title")]


@pytest.mark.parametrize(
    "line", ['"', "+", ".", "X", "R1", "$", "//", "\u00a0", "K1 L1 L2 0.9", "=", "{("]
)
def test_no_line_is_too_odd_to_colour(line: str) -> None:
    places = [(s.start, s.start + s.length) for s in spice_spans(line, 2)]
    assert all(0 <= start < stop <= len(line) for start, stop in places)
    assert places == sorted(places)


def colours(editor: CodeEditor, line: int) -> list[str]:
    block = editor.document().findBlockByNumber(line - 1)
    return [f.format.foreground().color().name() for f in block.layout().formats()]


def test_colours_follow_the_theme(editor: CodeEditor, qapp: object) -> None:
    theme = theme_of(editor)
    shown = CODE_COLOURS[theme.tokens.name]
    assert colours(editor, 2) == [shown["comment"]]
    other = "light" if theme.is_dark else "dark"
    apply_theme(qapp, other)  # type: ignore[arg-type]
    assert colours(editor, 2) == [CODE_COLOURS[other]["comment"]]
    apply_theme(qapp, "dark" if other == "light" else "light")  # type: ignore[arg-type]


def test_a_long_text_is_coloured_where_it_is_seen(editor: CodeEditor, qtbot: QtBot) -> None:
    editor.set_text("title\n" + "\n".join(f"R{n} a{n} b{n} {n}k" for n in range(5000)))
    assert colours(editor, 5)
    assert not colours(editor, 4000)
    editor.go_to_line(4000)
    qtbot.waitUntil(lambda: bool(colours(editor, 4000)))
    assert not colours(editor, 2000)


def test_marks_are_shown_with_their_words(editor: CodeEditor) -> None:
    editor.set_marks(
        [LineMark(3, "changed", "It was changed."), LineMark(3, "error", "It is broken.")]
    )
    (mark,) = editor.marks
    assert (mark.line, mark.level, mark.text) == (3, "error", "It was changed.\nIt is broken.")
    lines = [s.cursor.blockNumber() + 1 for s in editor.extraSelections()]
    assert 3 in lines
    editor.set_marks([])
    assert not editor.marks


def test_marks_go_with_their_lines(editor: CodeEditor, qtbot: QtBot) -> None:
    editor.set_marks([LineMark(2, "warning", "above"), LineMark(4, "error", "below")])
    editor.go_to_line(3)
    qtbot.keyClick(editor, Qt.Key.Key_End)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert [(mark.line, mark.text) for mark in editor.marks] == [(2, "above"), (6, "below")]
    while editor.document().isUndoAvailable():
        editor.undo()
    assert [mark.line for mark in editor.marks] == [2, 4]
    editor.go_to_line(1)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert [mark.line for mark in editor.marks] == [3, 5]


def test_a_click_on_a_mark_tells_of_it(editor: CodeEditor, qtbot: QtBot) -> None:
    editor.set_marks([LineMark(2, "error", "x")])
    _, box = editor.visible_lines()[1]
    with qtbot.waitSignal(editor.mark_clicked) as told:
        place = QPoint(5, round(box.center().y()))
        qtbot.mouseClick(editor.margin, Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [2]
    assert editor.current_line() == 2


def test_comments_come_and_go(editor: CodeEditor, qtbot: QtBot) -> None:
    cursor = editor.textCursor()
    cursor.setPosition(editor.document().findBlockByNumber(2).position())
    cursor.setPosition(
        editor.document().findBlockByNumber(4).position(), QTextCursor.MoveMode.KeepAnchor
    )
    editor.setTextCursor(cursor)
    qtbot.keyClick(editor, Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    lines = editor.toPlainText().splitlines()
    assert lines[2:5] == ["*R1 in out {10k*drive} ; the first", "*C1 out 0 10n", ".param drive=0.5"]
    qtbot.keyClick(editor, Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    assert editor.toPlainText() == NETLIST
    editor.undo()
    assert editor.toPlainText().splitlines()[2].startswith("*R1")


def test_find_goes_round(editor: CodeEditor, qtbot: QtBot) -> None:
    qtbot.keyClick(editor, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert editor.find_bar.isVisible()
    qtbot.keyClicks(editor.find_bar.field, "DRIVE")
    assert editor.textCursor().selectedText() == "drive"
    first = editor.current_line()
    qtbot.keyClick(editor.find_bar.field, Qt.Key.Key_Return)
    assert (first, editor.current_line()) == (3, 5)
    qtbot.keyClick(editor.find_bar.field, Qt.Key.Key_Return)
    assert editor.current_line() == 3
    qtbot.keyClicks(editor.find_bar.field, "x")
    assert editor.find_bar._count.text() == "not found"
    qtbot.keyClick(editor.find_bar.field, Qt.Key.Key_Escape)
    assert not editor.find_bar.isVisible()
    assert editor.window().focusWidget() is editor


def test_zoom(editor: CodeEditor, qtbot: QtBot) -> None:
    size = editor.font().pointSizeF()
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(editor, Qt.Key.Key_Plus, control)
    assert editor.font().pointSizeF() > size
    qtbot.keyClick(editor, Qt.Key.Key_0, control)
    assert editor.font().pointSizeF() == size
    for _ in range(40):
        qtbot.keyClick(editor, Qt.Key.Key_Minus, control)
    assert 0.5 * size < editor.font().pointSizeF() < size


def test_setting_a_text_forgets_the_last_one(editor: CodeEditor) -> None:
    editor.replace_text("other\n")
    editor.undo()
    assert editor.toPlainText() == NETLIST
    editor.set_text("a third\n")
    assert not editor.document().isUndoAvailable()


def test_the_faulty_line_has_the_colour_of_faults(editor: CodeEditor) -> None:
    editor.set_marks([LineMark(4, "error", "x")])
    backs = [s.format.background().color().name() for s in editor.extraSelections()]
    assert QColor(theme_of(editor).tokens.bad).name() in backs
