"""The fields of a schema's form: each shows, takes and judges one value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from widgets.schema import SchemaError, limits, outside, parse_number
from widgets.tokens import CONTROL_HEIGHT, SPACE

_LARGEST_INT = 2**31 - 1
_INSET = 6


class Field(QObject):
    """One value being edited.

    Signals
    -------
    changed()
        The user has changed it.
    """

    changed = Signal()
    shows_unit = False

    def __init__(self) -> None:
        super().__init__()
        self.problem_label: QLabel | None = None

    def widget(self) -> QWidget:
        """What is put into the row."""
        raise NotImplementedError

    def value(self) -> Any:
        """The value as plain JSON; what was last valid where what is typed is not."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def problem(self) -> str:
        """What is wrong with it, in a sentence, or an empty string."""
        return ""


class _WheelGuard(QObject):
    """Lets the wheel scroll the form rather than change a number that has no focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.Wheel
            and isinstance(watched, QWidget)
            and not watched.hasFocus()
        ):
            event.ignore()
            return True
        return False


def let_wheel_scroll(widget: QWidget) -> None:
    """Let the wheel scroll the page over a field rather than change it, until it has the focus."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelGuard(widget))


def _guard(widget: QWidget, field: Field) -> None:
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelGuard(field))
    widget.setMinimumHeight(CONTROL_HEIGHT)


class IntField(Field):
    """A whole number in a spin box."""

    shows_unit = True

    def __init__(self, shape: Mapping[str, Any]) -> None:
        super().__init__()
        low, high = limits(shape, step=1)
        self._box = QSpinBox()
        lowest = -_LARGEST_INT if low is None else max(math.ceil(low), -_LARGEST_INT)
        highest = _LARGEST_INT if high is None else min(math.floor(high), _LARGEST_INT)
        self._box.setRange(lowest, highest)
        self._box.setSingleStep(int(shape.get("multipleOf", 1)))
        self._box.setGroupSeparatorShown(True)
        if unit := shape.get("unit"):
            self._box.setSuffix(f" {unit}")
        # The stylesheet's padding does not reach the field inside a spin box.
        self._box.lineEdit().setTextMargins(_INSET, 0, 0, 0)
        _guard(self._box, self)
        self.set_value(shape.get("default", max(lowest, 0)))
        self._box.valueChanged.connect(lambda _: self.changed.emit())

    def widget(self) -> QWidget:
        return self._box

    def value(self) -> int:
        return self._box.value()

    def set_value(self, value: Any) -> None:
        self._box.setValue(int(value))


class FloatField(Field):
    """A number as text, since ``1e-5`` and ``0.25`` live in the same form."""

    def __init__(self, shape: Mapping[str, Any]) -> None:
        super().__init__()
        self._shape = shape
        self._low, self._high = limits(shape)
        self._last = float(shape.get("default", self._low or 0.0))
        self._edit = QLineEdit()
        self._edit.setMinimumHeight(CONTROL_HEIGHT)
        self.set_value(self._last)
        self._edit.textEdited.connect(self._typed)
        self._edit.editingFinished.connect(self._tidy)

    def widget(self) -> QWidget:
        return self._edit

    def value(self) -> float:
        return self._last

    def set_value(self, value: Any) -> None:
        self._last = float(value)
        self._edit.setText(f"{self._last:.12g}")

    def problem(self) -> str:
        number = parse_number(self._edit.text())
        if number is None:
            return "This is not a number."
        return outside(number, self._shape)

    def _typed(self) -> None:
        number = parse_number(self._edit.text())
        if number is not None and not outside(number, self._shape):
            self._last = number
        self.changed.emit()

    def _tidy(self) -> None:
        if not self.problem():
            self.set_value(self._last)


class TextField(Field):
    """A line of text."""

    def __init__(self, shape: Mapping[str, Any]) -> None:
        super().__init__()
        self._shape = shape
        self._edit = QLineEdit(str(shape.get("default") or ""))
        self._edit.setMinimumHeight(CONTROL_HEIGHT)
        if "maxLength" in shape:
            self._edit.setMaxLength(int(shape["maxLength"]))
        self._edit.textEdited.connect(lambda _: self.changed.emit())

    def widget(self) -> QWidget:
        return self._edit

    def value(self) -> str:
        return self._edit.text()

    def set_value(self, value: Any) -> None:
        self._edit.setText(str(value))

    def problem(self) -> str:
        text = self._edit.text()
        least = int(self._shape.get("minLength", 0))
        if len(text) < least:
            return "This cannot be empty." if least == 1 else f"At least {least} characters."
        pattern = self._shape.get("pattern")
        if pattern and not re.search(str(pattern), text):
            return "This has characters that cannot be used here."
        return ""


class BoolField(Field):
    """Yes or no."""

    def __init__(self, shape: Mapping[str, Any]) -> None:
        super().__init__()
        self._box = QCheckBox()
        self._box.setMinimumHeight(CONTROL_HEIGHT)
        self._box.setChecked(bool(shape.get("default", False)))
        self._box.toggled.connect(lambda _: self.changed.emit())

    def widget(self) -> QWidget:
        return self._box

    def value(self) -> bool:
        return self._box.isChecked()

    def set_value(self, value: Any) -> None:
        self._box.setChecked(bool(value))


class ChoiceField(Field):
    """One of a few values; ``labels`` (value as text to words) says them in words."""

    def __init__(self, shape: Mapping[str, Any]) -> None:
        super().__init__()
        values = list(shape["enum"]) if "enum" in shape else [shape["const"]]
        words = shape.get("labels", {})
        self._values = values
        self._box = QComboBox()
        for value in values:
            self._box.addItem(str(words.get(str(value), value)))
        _guard(self._box, self)
        if "default" in shape:
            self.set_value(shape["default"])
        self._box.setEnabled(len(values) > 1)
        self._box.currentIndexChanged.connect(lambda _: self.changed.emit())

    def widget(self) -> QWidget:
        return self._box

    def value(self) -> Any:
        return self._values[self._box.currentIndex()]

    def set_value(self, value: Any) -> None:
        if value in self._values:
            self._box.setCurrentIndex(self._values.index(value))


class ArrayField(Field):
    """Numbers or words with commas between them."""

    def __init__(self, shape: Mapping[str, Any]) -> None:
        super().__init__()
        self._shape = shape
        items = shape.get("items") or (shape.get("prefixItems") or [{}])[0]
        self._items: Mapping[str, Any] = items
        kind = items.get("type")
        if kind not in ("integer", "number", "string"):
            raise SchemaError("A list of this kind cannot be edited in a form.")
        self._kind = str(kind)
        self._last: list[Any] = list(shape.get("default") or [])
        self._edit = QLineEdit()
        self._edit.setMinimumHeight(CONTROL_HEIGHT)
        self._edit.setPlaceholderText("8, 8" if kind == "integer" else "")
        self.set_value(self._last)
        self._edit.textEdited.connect(self._typed)

    def widget(self) -> QWidget:
        return self._edit

    def value(self) -> list[Any]:
        return list(self._last)

    def set_value(self, value: Any) -> None:
        self._last = list(value)
        if self._kind == "number":
            text = ", ".join(f"{float(part):.12g}" for part in self._last)
        else:
            text = ", ".join(str(part) for part in self._last)
        self._edit.setText(text)

    def problem(self) -> str:
        return self._read()[1]

    def _typed(self) -> None:
        values, problem = self._read()
        if not problem:
            self._last = values
        self.changed.emit()

    def _read(self) -> tuple[list[Any], str]:
        parts = [part.strip() for part in re.split(r"[,;]", self._edit.text()) if part.strip()]
        least = int(self._shape.get("minItems", 0))
        most = self._shape.get("maxItems")
        if len(parts) < least:
            return [], f"At least {least} {'value is' if least == 1 else 'values are'} needed."
        if most is not None and len(parts) > int(most):
            return [], f"At most {most} values fit here."
        values: list[Any] = []
        for part in parts:
            value, problem = self._one(part)
            if problem:
                return [], problem
            values.append(value)
        return values, ""

    def _one(self, part: str) -> tuple[Any, str]:
        if self._kind == "string":
            return part, ""
        number = parse_number(part)
        if number is None:
            return None, f"\u201c{part}\u201d is not a number."
        if self._kind == "integer":
            if number != int(number):
                return None, f"\u201c{part}\u201d is not a whole number."
            return int(number), outside(number, self._items)
        return number, outside(number, self._items)


class OptionalField(Field):
    """A value that may be left to Trimpot: a check box before the field."""

    def __init__(self, inner: Field, shape: Mapping[str, Any]) -> None:
        super().__init__()
        self._inner = inner
        self.shows_unit = inner.shows_unit
        self._box = QWidget()
        self._check = QCheckBox()
        self._check.setToolTip("Set it, or leave it to Trimpot")
        self._check.setAccessibleName("Set")
        row = QHBoxLayout(self._box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._check)
        row.addWidget(inner.widget(), 1)
        self.set_value(shape.get("default"))
        self._check.toggled.connect(self._toggled)
        inner.changed.connect(self.changed)

    def widget(self) -> QWidget:
        return self._box

    def value(self) -> Any:
        return self._inner.value() if self._check.isChecked() else None

    def set_value(self, value: Any) -> None:
        self._check.setChecked(value is not None)
        self._inner.widget().setEnabled(value is not None)
        if value is not None:
            self._inner.set_value(value)

    def problem(self) -> str:
        return self._inner.problem() if self._check.isChecked() else ""

    def _toggled(self, on: bool) -> None:
        self._inner.widget().setEnabled(on)
        self.changed.emit()


def make_field(name: str, shape: Mapping[str, Any], *, required: bool = False) -> Field:
    """The field for a property whose references have been resolved.

    Raises
    ------
    SchemaError
        There is none for its shape.
    """
    options = shape.get("anyOf") or shape.get("oneOf")
    if options:
        real = [option for option in options if option.get("type") != "null"]
        outer = {key: value for key, value in shape.items() if key not in ("anyOf", "oneOf")}
        if len(real) != 1 and {option.get("type") for option in real} == {"integer", "number"}:
            real = [option for option in real if option.get("type") == "number"]
        if len(real) != 1:
            raise SchemaError(f"The setting {name} has several kinds of value.")
        inner = {**real[0], **{k: v for k, v in outer.items() if k != "default" or v is not None}}
        if len(real) == len(options):
            return make_field(name, inner, required=required)
        return OptionalField(make_field(name, inner), outer)
    if "enum" in shape or "const" in shape:
        return ChoiceField(shape)
    kinds: dict[str, type[Any]] = {
        "integer": IntField,
        "number": FloatField,
        "string": TextField,
        "boolean": BoolField,
        "array": ArrayField,
    }
    kind = kinds.get(str(shape.get("type")))
    if kind is None:
        raise SchemaError(f"The setting {name} has no field to edit it in.")
    made = kind(shape)
    assert isinstance(made, Field)
    return made
