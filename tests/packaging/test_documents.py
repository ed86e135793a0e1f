"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from engines.analysis.verdicts import ESR_VERDICTS

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "LICENSE-EXCEPTION.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (path.parent / unquote(target).split("#")[0]).exists(), target


def test_the_guide_has_a_heading_for_every_stage() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs" / "guide.md").read_text(), re.M)
    assert {"Data", "Train", "Audition", "Compare", "Export"} <= set(headings)


def test_the_guide_gives_the_verdicts_as_they_are() -> None:
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([0-9.]+|above) \| (.+) \|$", text, re.M))
    found = [(float("inf") if key == "above" else float(key), words) for key, words in rows.items()]
    assert found == [(verdict.below, verdict.text) for verdict in ESR_VERDICTS]


def test_the_licence_is_the_whole_gpl() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 3, 29 June 2007" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_formats_name_every_message_and_key() -> None:
    from engines.readers.trimpot_key import StnKey, TrimpotKey
    from engines.worker.protocol import Message
    from projects.capture import Capture
    from projects.jobs import Job, Status
    from projects.manifest import Manifest

    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    for model in (TrimpotKey, StnKey, Capture, Job, Status, Manifest):
        for name in model.model_fields:
            assert f"`{name}`" in text, f"{model.__name__}.{name}"
    for message in Message.__args__:
        assert f"`{message.model_fields['type'].default}`" in text
