"""A model's name, large, with what it is and how close it comes, in words."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.models import FoundModel
from app.stages.model_list import esr_text
from engines.analysis.verdicts import esr_verdict
from engines.models.base import Model
from projects.project import FoundJob
from widgets.empty import IconView
from widgets.theme import label
from widgets.tokens import SPACE

MARKS = {"ok": ("ok", "good"), "warning": ("warning", "warn"), "problem": ("error", "bad")}
"""A verdict's level as an icon and its colour."""


class ModelHeader(QWidget):
    """The run's name; architecture, weights and rate; ESR and what it means."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._esr: float | None = None
        self.name = label("", "display")
        self.facts = label("", "body", "soft")
        self.verdict = label("", "body", "text")
        self._mark = IconView("ok", "good", 20)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(self._mark)
        line.addWidget(self.verdict)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SPACE)
        column.setSpacing(2)
        column.addWidget(self.name)
        column.addWidget(self.facts)
        column.addLayout(line)
        self.show_found(None)

    def show_found(self, model: FoundModel | None) -> None:
        """Show a run that has a model, or that there is none."""
        self.name.setText(model.name if model is not None else "No model selected")
        self.facts.setText(model.architecture if model is not None else "")
        self._show_esr(model.esr if model is not None else None)

    def show_run(self, run: FoundJob) -> None:
        """Show a run that has brought no model yet."""
        self.name.setText(run.job.name)
        at_work = run.status.state in ("waiting", "running", "paused")
        self.facts.setText(
            "Its first model is on the way." if at_work else "It ended without a model."
        )
        self._show_esr(None)

    def show_model(self, model: Model) -> None:
        """Add what the model's own file says."""
        info = model.info
        esr, part = info.figures.get("esr_test", self._esr), "test part"
        if esr is None:
            esr, part = info.figures.get("esr_validation"), "validation part, so far"
        facts = [
            architecture_label(model.architecture),
            f"{model.n_weights:,} weights".replace(",", "\u202f"),
            f"{info.sample_rate / 1000:g} kHz",
        ]
        if info.controls:
            facts.append(f"{len(info.controls)} knobs" if len(info.controls) > 1 else "1 knob")
        self.facts.setText(" · ".join(facts))
        self._show_esr(esr, part)

    def _show_esr(self, esr: float | None, part: str = "test part") -> None:
        self._esr = esr if part == "test part" else None
        self.verdict.setVisible(esr is not None)
        self._mark.setVisible(esr is not None)
        if esr is not None:
            verdict = esr_verdict(esr)
            self._mark.show_icon(*MARKS[verdict.level])
            self.verdict.setText(f"{esr_text(esr)} on the {part} \u2014 {verdict.text}")


def architecture_label(name: str) -> str:
    """An architecture's name as the window writes it."""
    from engines.models import registry

    found = registry().get(name)
    return found.label if found is not None else name
