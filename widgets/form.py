"""A form made from a JSON Schema, as pydantic writes it: one row a property."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from widgets.fields import Field, make_field
from widgets.schema import SchemaError, plain_title, resolve
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

__all__ = ["SchemaError", "SchemaForm"]

UNIT_WIDTH = 3 * SPACE
"""So that fields with different units end at one line."""


class SchemaForm(QWidget):
    """A form for the properties of an object schema.

    Integers, floats, strings, booleans, enumerations, literals, arrays of numbers, optional ones,
    and objects one level down. ``title`` and ``description`` are shown, limits are kept, ``unit``
    and ``decimals`` are read from the property (``json_schema_extra``); ``hidden`` leaves a
    property out, ``advanced`` leaves it out unless asked for; both keep their values.

    Signals
    -------
    changed()
        A value has been changed by the user.
    """

    changed = Signal()

    def __init__(
        self,
        schema: Mapping[str, Any],
        parent: QWidget | None = None,
        *,
        advanced: bool = True,
        only: Iterable[str] | None = None,
    ) -> None:
        """Build the rows.

        Raises
        ------
        SchemaError
            A property has a shape that no field knows.
        """
        super().__init__(parent)
        self._fields: dict[str, Field] = {}
        self._kept: dict[str, Any] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(2 * SPACE)
        self._form.setVerticalSpacing(HALF)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        wanted = None if only is None else set(only)
        required = set(schema.get("required", ()))
        for name, raw in schema.get("properties", {}).items():
            shape = resolve(raw, schema)
            left_out = bool(shape.get("hidden")) or (bool(shape.get("advanced")) and not advanced)
            if left_out or (wanted is not None and name not in wanted):
                if "default" in shape:
                    self._kept[name] = shape["default"]
                elif "const" in shape:
                    self._kept[name] = shape["const"]
                continue
            self._add_row(name, shape, schema, required=name in required)

    def _add_row(
        self, name: str, shape: Mapping[str, Any], schema: Mapping[str, Any], *, required: bool
    ) -> None:
        if shape.get("type") == "object" and "properties" in shape:
            field: Field = _Group(shape, schema)
        else:
            field = make_field(name, shape, required=required)
        title = plain_title(name, shape)
        caption = label(title, "body", "soft")
        widget = field.widget()
        widget.setAccessibleName(title)
        description = str(shape.get("description", ""))
        for part in (caption, widget):
            part.setToolTip(description)
        caption.setBuddy(widget)
        caption.setFixedHeight(CONTROL_HEIGHT)
        field.problem_label = label("", "small")
        field.problem_label.setProperty("tone", "bad")
        field.problem_label.hide()
        box = QVBoxLayout()
        box.setSpacing(0)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(widget, 1)
        unit = str(shape.get("unit", ""))
        if unit and not field.shows_unit:
            shown = label(unit, "body", "soft")
            shown.setMinimumWidth(UNIT_WIDTH)
            line.addWidget(shown)
        box.addLayout(line)
        box.addWidget(field.problem_label)
        self._form.addRow(caption, box)
        field.changed.connect(self._edited)
        self._fields[name] = field

    @property
    def names(self) -> tuple[str, ...]:
        """The properties that have a row."""
        return tuple(self._fields)

    def value(self) -> dict[str, Any]:
        """What the form holds, as plain JSON values; what was left out keeps its value."""
        return {**self._kept, **{name: field.value() for name, field in self._fields.items()}}

    def set_value(self, values: Mapping[str, Any]) -> None:
        """Show these values without emitting; properties that are not named stay."""
        for name, value in values.items():
            field = self._fields.get(name)
            if field is None:
                self._kept[name] = value
                continue
            field.blockSignals(True)
            field.set_value(value)
            field.blockSignals(False)
            self._mark(name, field.problem())

    def problems(self) -> dict[str, str]:
        """What is wrong with which property; empty when all can be used."""
        return {name: text for name, field in self._fields.items() if (text := field.problem())}

    def mark(self, problems: Mapping[str, str]) -> None:
        """Show problems that only the caller can find, each below its property."""
        for name in self._fields:
            self._mark(name, problems.get(name, "") or self._fields[name].problem())

    def field_widget(self, name: str) -> QWidget:
        """The widget in which a property is edited."""
        return self._fields[name].widget()

    def _mark(self, name: str, text: str) -> None:
        words = self._fields[name].problem_label
        if words is not None:
            words.setText(text)
            words.setVisible(bool(text))

    def _edited(self) -> None:
        for name, field in self._fields.items():
            self._mark(name, field.problem())
        self.changed.emit()


class _Group(Field):
    """An object inside the object: a form in the form."""

    def __init__(self, shape: Mapping[str, Any], root: Mapping[str, Any]) -> None:
        super().__init__()
        inner = {**shape, "$defs": root.get("$defs", {})}
        self._form = SchemaForm(inner)
        self._form.changed.connect(self.changed)

    def widget(self) -> QWidget:
        return self._form

    def value(self) -> Any:
        return self._form.value()

    def set_value(self, value: Any) -> None:
        self._form.set_value(value)

    def problem(self) -> str:
        problems = self._form.problems()
        return next(iter(problems.values()), "")
