"""A new run: presets as cards, everything else behind "More"."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import wording
from app.session import ProjectSession
from app.stages.base import Primary
from app.workbench import Workbench
from engines.models import registry
from engines.models.base import Architecture, ModelInfo, Preset
from projects.capture import Capture
from widgets.banner import Banner
from widgets.buttons import push_button
from widgets.cards import PresetCard, PresetFacts
from widgets.form import SchemaForm
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE

NEEDS_STATES = (
    "needs a circuit's states, and not every capture that would be used has them. Leave the others "
    "out in Data, simulate a circuit, or choose a model that learns from recordings."
)
FORM_KEY = "train"
OWN_FIELDS = frozenset({"architecture", "model", "captures"})
PANE_WIDTH = 960
COLUMNS = 3


class TrainPane(QScrollArea):
    """Asks for a preset and, unfolded, for every setting.

    Signals
    -------
    primary_changed()
        :meth:`primary` says something new.
    started(str)
        The id of the run.
    """

    primary_changed = Signal()
    started = Signal(str)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cards: dict[tuple[str, str], PresetCard] = {}
        self._group = QButtonGroup(self)
        self._chosen: tuple[str, str] | None = None
        self._sections: dict[str, tuple[Banner, list[PresetCard]]] = {}
        self._captures: list[Capture] = []
        self._used = label("", colour="soft", wrap=True)
        self.name = QLineEdit(self)
        self.name.setMaxLength(200)
        self.name.setMinimumHeight(CONTROL_HEIGHT)
        self.name.setAccessibleName("Name of the run")
        self.more = push_button("More settings", "chevron-down", self)
        self.more.setCheckable(True)
        self.more.toggled.connect(self._unfold)
        self._fold = QWidget(self)
        self._fold_layout = QVBoxLayout(self._fold)
        self.model_form: SchemaForm | None = None
        self.settings_form = self._make_settings_form()
        self._lay_out()
        self._unfold(False)
        self.refresh()

    # -- building --------------------------------------------------------------------------

    def _make_settings_form(self) -> SchemaForm:
        from engines.jobs import handler

        schema = handler("train").Config.model_json_schema()
        names = [name for name in schema.get("properties", {}) if name not in OWN_FIELDS]
        form = SchemaForm(schema, self, only=names)
        remembered = self.workbench.settings.values.forms.get(FORM_KEY, {})
        form.set_value({key: value for key, value in remembered.items() if key in names})
        form.changed.connect(self.primary_changed)
        return form

    def _lay_out(self) -> None:
        inside = QWidget(self)
        inside.setMaximumWidth(PANE_WIDTH)
        column = QVBoxLayout(inside)
        column.setContentsMargins(2 * SPACE, SPACE + 4, 2 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(label("Train a model", "title"))
        column.addWidget(self._used)
        order = sorted(registry().values(), key=lambda a: (a.baseline, not a.needs_states))
        for architecture in order:
            column.addLayout(self._section(architecture))
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(label("Name", colour="soft"))
        row.addWidget(self.name, 1)
        row.addWidget(self.more)
        column.addLayout(row)
        self._fold_layout.setContentsMargins(0, 0, 0, 0)
        self._fold_layout.setSpacing(2 * SPACE)
        self._forms = QHBoxLayout()
        self._forms.setSpacing(4 * SPACE)
        self._model_column = QVBoxLayout()
        self._model_column.addWidget(label("Model", "heading"))
        training = QVBoxLayout()
        training.addWidget(label("Training", "heading"))
        training.addWidget(self.settings_form)
        training.addStretch(1)
        self._forms.addLayout(self._model_column, 1)
        self._forms.addLayout(training, 1)
        self._fold_layout.addLayout(self._forms)
        column.addWidget(self._fold)
        column.addStretch(1)
        outer = QWidget(self)
        centred = QHBoxLayout(outer)
        centred.setContentsMargins(0, 0, 0, 0)
        centred.addWidget(inside, 1)
        centred.addStretch(0)
        self.setWidget(outer)

    def _section(self, architecture: Architecture) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(label(architecture.label, "heading"))
        head.addWidget(label(architecture.summary, colour="soft"))
        head.addStretch(1)
        why = Banner("info", f"{architecture.label} {NEEDS_STATES}", closable=False)
        grid = QGridLayout()
        grid.setSpacing(2 * SPACE)
        cards = []
        for place, preset in enumerate(architecture.presets):
            card = PresetCard(PresetFacts(preset.name, preset.label, ""))
            card.clicked.connect(
                lambda _checked=False, a=architecture.name, p=preset.name: self.choose(a, p)
            )
            self._group.addButton(card)
            self.cards[architecture.name, preset.name] = card
            cards.append(card)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(card, place // COLUMNS, place % COLUMNS, top)
        for place in range(COLUMNS):
            grid.setColumnStretch(place, 1)
        column.addLayout(head)
        column.addWidget(why)
        column.addLayout(grid)
        self._sections[architecture.name] = (why, cards)
        return column

    # -- what is shown ---------------------------------------------------------------------

    def refresh(self) -> None:
        """Look again which captures would be used, and what that allows."""
        session = self.workbench.session
        self._captures = included_captures(session) if session is not None else []
        self._used.setText(self._used_words())
        has_states = bool(self._captures) and all(c.states for c in self._captures)
        for name, architecture in registry().items():
            why, cards = self._sections[name]
            lacking = architecture.needs_states and bool(self._captures) and not has_states
            why.setVisible(lacking)
            for card, preset in zip(cards, architecture.presets, strict=True):
                card.setEnabled(not lacking)
                card.set_preset(self._facts(architecture, preset))
        if self._chosen is None or not self.cards[self._chosen].isEnabled():
            self._choose_first(has_states)
        self.primary_changed.emit()

    def _choose_first(self, has_states: bool) -> None:
        for name, architecture in registry().items():
            if architecture.needs_states == has_states and not architecture.baseline:
                self.choose(name, architecture.presets[0].name)
                return

    def _used_words(self) -> str:
        if not self._captures:
            return "There is no capture to train on yet."
        seconds = sum(c.n_samples / c.sample_rate for c in self._captures)
        count = len(self._captures)
        names = ", ".join(capture.name for capture in self._captures[:3])
        rest = f" and {count - 3} more" if count > 3 else ""
        return (
            f"Trains on {names}{rest} ({wording.duration(seconds)}). The test part is never shown "
            "to it; it is locked by the first run."
        )

    def _facts(self, architecture: Architecture, preset: Preset) -> PresetFacts:
        facts: list[tuple[str, str]] = []
        if self._captures:
            weights = architecture.n_weights(preset.config, model_info(self._captures))
            most = "up to " if architecture.needs_states else ""
            facts.append(("Weights", f"{most}{weights:,}".replace(",", "\u202f")))
        hidden = getattr(preset.config, "hidden", None)
        if hidden is not None:
            shown = " + ".join(map(str, hidden)) if isinstance(hidden, tuple) else str(hidden)
            facts.append(("Hidden units", shown))
        return PresetFacts(preset.name, preset.label, SENTENCES.get(preset.name, ""), facts)

    def choose(self, architecture: str, preset: str) -> None:
        """Choose a preset; the form behind "More" shows its settings."""
        self._chosen = (architecture, preset)
        self.cards[self._chosen].setChecked(True)
        found = next(p for p in registry()[architecture].presets if p.name == preset)
        if self.model_form is not None:
            self._model_column.removeWidget(self.model_form)
            self.model_form.hide()
            self.model_form.deleteLater()
        self.model_form = SchemaForm(registry()[architecture].Config.model_json_schema(), self)
        self.model_form.set_value(found.config.model_dump(mode="json"))
        self.model_form.changed.connect(self.primary_changed)
        self._model_column.insertWidget(1, self.model_form, 1, Qt.AlignmentFlag.AlignTop)
        self.name.setPlaceholderText(f"{registry()[architecture].label}, {found.label.lower()}")
        self.primary_changed.emit()

    def _unfold(self, on: bool) -> None:
        self._fold.setVisible(on)
        self.more.setText("Fewer settings" if on else "More settings")

    # -- the primary button ----------------------------------------------------------------

    def primary(self) -> Primary:
        """Whether a run can be started now."""
        why = ""
        if not self._captures:
            why = "There is no capture to train on; get one in Data."
        elif self._chosen is None or self.model_form is None:
            why = "Choose a preset."
        elif len({capture.sample_rate for capture in self._captures}) > 1:
            why = "The captures have different rates; leave some out in Data."
        elif self.model_form.problems() or self.settings_form.problems():
            why = "Some settings do not fit; see More settings."
        return Primary("Train a model", enabled=not why, why_not=why)

    def submit(self) -> None:
        """Start the run."""
        if self._chosen is None or self.model_form is None:
            return
        shown = self.settings_form.value()
        settings = {name: shown[name] for name in self.settings_form.names}
        self.workbench.settings.values.forms[FORM_KEY] = dict(settings)
        self.workbench.settings.try_save()
        config: dict[str, Any] = {
            "architecture": self._chosen[0],
            "model": self.model_form.value(),
            **settings,
        }
        name = self.name.text().strip() or self.name.placeholderText()
        started = self.workbench.start_job("train", name, config)
        if started is not None:
            self.name.clear()
            self.started.emit(started)


SENTENCES = {
    "light": "The quickest to train and to play.",
    "standard": "A good measure for most devices.",
    "best": "The closest; slower to train and to play.",
}
"""What a preset is for, by its name."""


def included_captures(session: ProjectSession) -> list[Capture]:
    """The captures that a new run would train on."""
    found = [session.capture(entry.id) for entry in session.manifest.captures if entry.included]
    return [capture for capture in found if capture is not None]


def model_info(captures: list[Capture]) -> ModelInfo:
    """What is known of a model before it is trained, to count its weights."""
    first = captures[0]
    return ModelInfo(
        name="model",
        sample_rate=first.sample_rate,
        states=tuple(signal.name for signal in first.states),
    )
