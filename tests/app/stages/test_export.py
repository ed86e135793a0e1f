"""The Export stage: formats, the gate, past exports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.exports import found_exports, parity_words
from app.stages.base import Stage
from app.stages.export import ExportStage
from app.workbench import Workbench
from engines.exporters.base import Parity
from projects.jobs import BEST_FILE, Job, Status, write_status

Studio = Callable[..., Workbench]
Show = Callable[[type[Stage]], ExportStage]
RUN = "20260101-000000-aaaaaa"


def test_empty_place_leads_to_train(open_studio: Studio, show: Show, qtbot: QtBot) -> None:
    bench = open_studio(runs=())
    stage = show(ExportStage)
    assert stage.empty.isVisible()
    assert not stage.primary().enabled
    with qtbot.waitSignal(bench.stage_requested) as asked:
        stage.empty.button.click()
    assert asked.args == ["train"]


def test_export_is_proven_listed_and_copied(
    open_studio: Studio, show: Show, qtbot: QtBot, qapp: QApplication
) -> None:
    bench = open_studio()
    assert bench.session is not None
    stage = show(ExportStage)
    assert bench.run_id == RUN
    qtbot.waitUntil(lambda: stage.primary().enabled)
    assert stage.format == "rtneural"
    stage.do_primary()
    assert stage.primary().why_not == "This model is being exported."
    assert len(stage.rows) == 1
    qtbot.waitUntil(lambda: not bench.jobs.active(), timeout=120_000)
    (export,) = found_exports(bench.session)
    assert export.job.status.state == "done", export.job.status
    assert export.proven
    assert export.parity is not None
    assert export.parity.max_abs <= 1e-5
    qtbot.waitUntil(lambda: len(stage.rows) == 1 and stage.rows[0].export.proven)
    stage.rows[0].copy_path()
    assert qapp.clipboard().text() == str(export.file)
    assert stage.primary().enabled


def test_refused_export_says_why(open_studio: Studio, show: Show) -> None:
    bench = open_studio()
    assert bench.session is not None
    job = Job(kind="export", name="LSTM 8 as RTNeural JSON", config={"run": RUN})
    folder = bench.session.project.new_job(job)
    reason = "The export was refused: it differs by up to 0.1 where 1e-05 is allowed."
    write_status(folder, Status(state="failed", text=reason))
    stage = show(ExportStage)
    (row,) = stage.rows
    assert row._words.text() == reason
    assert not row.export.proven


def test_file_that_has_gone_is_not_offered(open_studio: Studio, show: Show) -> None:
    bench = open_studio()
    assert bench.session is not None
    folder = bench.session.project.new_job(Job(kind="export", name="Gone", config={"run": RUN}))
    write_status(folder, Status(state="done", text="Exported."))
    stage = show(ExportStage)
    assert "no longer there" in stage.rows[0]._words.text()


def test_proof_cannot_lead_out_of_its_folder(open_studio: Studio) -> None:
    bench = open_studio()
    assert bench.session is not None
    folder = bench.session.project.new_job(Job(kind="export", name="Sly", config={"run": RUN}))
    sly = _parity().model_copy(update={"file": "../../project.json"})
    (folder / "parity.json").write_text(sly.model_dump_json())
    (export,) = found_exports(bench.session)
    assert export.file is None
    assert not export.proven


def test_damaged_model_cannot_be_exported(open_studio: Studio, show: Show, qtbot: QtBot) -> None:
    bench = open_studio()
    assert bench.session is not None
    (bench.session.folder / "runs" / RUN / BEST_FILE).write_bytes(b"not a model at all")
    stage = show(ExportStage)
    qtbot.waitUntil(lambda: "not a model" in stage.primary().why_not)
    assert not stage.formats["rtneural"].button.isEnabled()


@pytest.mark.parametrize(
    ("worst", "words"),
    [
        (0.0, "Exactly"),
        (3e-8, "\u2212150 dBFS: far below hearing"),
        (2e-4, "\u221274 dBFS: below what"),
    ],
)
def test_parity_in_words(worst: float, words: str) -> None:
    assert words in parity_words(_parity().model_copy(update={"max_abs": worst}))


def _parity() -> Parity:
    return Parity(
        format="rtneural",
        file="model.json",
        sha256="0" * 64,
        max_abs=1e-7,
        esr=1e-14,
        n_samples=480,
        tolerance=1e-5,
        passed=True,
        reader="reader",
        compared="test audio",
    )
