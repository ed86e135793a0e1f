"""Where compiled code is kept."""

from __future__ import annotations

from pathlib import Path

from engines.models.jit import KERNELS, cache_folder


def test_changed_building_blocks_have_another_folder(tmp_path: Path) -> None:
    (tmp_path / "rows.py").write_text("WIDE = 1")
    before = cache_folder(tmp_path)
    assert cache_folder(tmp_path) == before
    (tmp_path / "rows.py").write_text("WIDE = 2")
    assert cache_folder(tmp_path) != before
    assert list(KERNELS.glob("*.py"))
