"""A form made from a pydantic model: every kind of field, there and back."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from widgets.form import SchemaError, SchemaForm
from widgets.schema import parse_number, plain_title


class Inner(BaseModel):
    weight: float = 0.5
    deep: int = 2


class Config(BaseModel):
    kind: Literal["lstm"] = "lstm"
    hidden_size: int = Field(16, ge=1, le=512, description="Cells")
    hidden_layers: tuple[int, ...] = Field((8, 8), min_length=1, max_length=4)
    learning_rate: float = Field(1e-3, gt=0, le=1)
    seconds: float = Field(60.0, gt=0, json_schema_extra={"unit": "s"})
    target: float | None = None
    optimiser: Literal["lm", "adam"] = "lm"
    carry_on: bool = True
    name: str = Field("diode", min_length=1)
    weights: list[float] = [1.0, 0.5]
    inner: Inner = Inner()
    seed: int = Field(7, json_schema_extra={"hidden": True})


@pytest.fixture
def form(qtbot: QtBot) -> SchemaForm:
    made = SchemaForm(Config.model_json_schema())
    qtbot.addWidget(made)
    made.show()
    return made


def replace(qtbot: QtBot, edit: Any, text: str) -> None:
    assert isinstance(edit, QLineEdit)
    edit.selectAll()
    qtbot.keyClicks(edit, text)


def test_it_starts_with_the_defaults(form: SchemaForm) -> None:
    assert Config.model_validate(form.value()) == Config()
    assert "seed" not in form.names
    assert form.value()["seed"] == 7


def test_any_configuration_goes_there_and_back(form: SchemaForm, qtbot: QtBot) -> None:
    config = Config(
        hidden_size=40,
        hidden_layers=(4, 16, 4),
        learning_rate=2.5e-7,
        seconds=0.1,
        target=1e-5,
        optimiser="adam",
        carry_on=False,
        name="klon",
        weights=[0.25],
        inner=Inner(weight=1 / 3, deep=5),
        seed=11,
    )
    with qtbot.assertNotEmitted(form.changed):
        form.set_value(config.model_dump(mode="json"))
    back = Config.model_validate(form.value())
    assert back == config


def test_edits_are_told_and_taken(form: SchemaForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.changed):
        replace(qtbot, form.field_widget("learning_rate"), "1e-5")
    with qtbot.waitSignal(form.changed):
        replace(qtbot, form.field_widget("hidden_layers"), "4, 5")
    box = form.field_widget("optimiser")
    assert isinstance(box, QComboBox)
    with qtbot.waitSignal(form.changed):
        box.setCurrentIndex(1)
    value = form.value()
    assert value["learning_rate"] == 1e-5
    assert value["hidden_layers"] == [4, 5]
    assert value["optimiser"] == "adam"
    assert form.problems() == {}


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("learning_rate", "0", "more than 0"),
        ("learning_rate", "2", "at most 1"),
        ("learning_rate", "fast", "not a number"),
        ("hidden_layers", "", "At least 1"),
        ("hidden_layers", "1,2,3,4,5", "At most 4"),
        ("hidden_layers", "8, x", "not a number"),
        ("hidden_layers", "8, 1.5", "whole"),
    ],
)
def test_what_cannot_be_is_marked_and_not_taken(
    form: SchemaForm, qtbot: QtBot, name: str, text: str, problem: str
) -> None:
    before = form.value()[name]
    edit = form.field_widget(name)
    assert isinstance(edit, QLineEdit)
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, text)
    assert problem in form.problems()[name]
    marks = [w for w in form.findChildren(type(form._fields[name].problem_label)) if w.text()]
    assert any(problem in mark.text() and mark.isVisible() for mark in marks)
    Config.model_validate(form.value())
    form.set_value({name: before})
    assert form.problems() == {}


def test_a_name_cannot_be_empty(form: SchemaForm, qtbot: QtBot) -> None:
    edit = form.field_widget("name")
    assert isinstance(edit, QLineEdit)
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    assert form.problems() == {"name": "This cannot be empty."}


def test_an_optional_value_is_set_by_its_check_box(form: SchemaForm, qtbot: QtBot) -> None:
    row = form.field_widget("target")
    check = row.findChild(QCheckBox)
    edit = row.findChild(QLineEdit)
    assert isinstance(check, QCheckBox)
    assert isinstance(edit, QLineEdit)
    assert not edit.isEnabled()
    assert form.value()["target"] is None
    check.click()
    replace(qtbot, edit, "1e-6")
    assert form.value()["target"] == 1e-6
    check.click()
    assert form.value()["target"] is None


def test_limits_and_units_are_in_the_spin_box(qtbot: QtBot) -> None:
    class Steps(BaseModel):
        steps: int = Field(100, gt=0, lt=1000, json_schema_extra={"unit": "steps"})

    form = SchemaForm(Steps.model_json_schema())
    qtbot.addWidget(form)
    box = form.field_widget("steps")
    assert isinstance(box, QSpinBox)
    assert (box.minimum(), box.maximum()) == (1, 999)
    assert box.suffix() == " steps"


def test_advanced_settings_wait_until_asked_for(qtbot: QtBot) -> None:
    class Two(BaseModel):
        plain: int = 1
        hard: int = Field(3, json_schema_extra={"advanced": True})

    schema = Two.model_json_schema()
    form = SchemaForm(schema, advanced=False)
    qtbot.addWidget(form)
    assert form.names == ("plain",)
    assert form.value() == {"plain": 1, "hard": 3}
    form.set_value({"hard": 9})
    assert form.value()["hard"] == 9


def test_what_no_field_knows_is_refused(qtbot: QtBot) -> None:
    with pytest.raises(SchemaError, match="several kinds"):
        SchemaForm({"properties": {"odd": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}})
    with pytest.raises(SchemaError, match="no field"):
        SchemaForm({"properties": {"odd": {"type": "null"}}})
    with pytest.raises(SchemaError, match="not there"):
        SchemaForm({"properties": {"odd": {"$ref": "#/$defs/None"}}})


def test_a_callers_problem_is_shown(form: SchemaForm) -> None:
    form.mark({"seconds": "There are only 12 s of audio."})
    words = form._fields["seconds"].problem_label
    assert words is not None
    assert words.text() == "There are only 12 s of audio."


@pytest.mark.parametrize(
    ("text", "number"),
    [("1e-5", 1e-5), ("0,5", 0.5), ("\u22122", -2.0), ("12 000", 12_000.0), ("nan", None)],
)
def test_numbers_as_people_type_them(text: str, number: float | None) -> None:
    assert parse_number(text) == number


def test_titles_are_read_as_sentences() -> None:
    assert plain_title("hidden_size", {"title": "Hidden Size"}) == "Hidden size"
    assert plain_title("lr", {"title": "Learning rate of Adam"}) == "Learning rate of Adam"
