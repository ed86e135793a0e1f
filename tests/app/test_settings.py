"""Settings that last, also through damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import MAX_RECENT, SettingsStore


def test_settings_last(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    store.values.theme = "light"
    store.values.block_size = 64
    store.save()
    again = SettingsStore(tmp_path)
    assert (again.values.theme, again.values.block_size, again.trouble) == ("light", 64, "")


@pytest.mark.parametrize("text", ["{", '{"theme": "pink"}', "[]", '{"block_size": 1e99}', "\x00"])
def test_a_damaged_file_is_set_aside_not_overwritten(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    store = SettingsStore(tmp_path)
    assert "damaged" in store.trouble
    kept = list(tmp_path.glob("settings.damaged-*.json"))
    assert [path.read_text() for path in kept] == [text]
    store.save()
    assert SettingsStore(tmp_path).trouble == ""


def test_unknown_keys_of_another_version_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "dark", "from_the_future": 1}')
    store = SettingsStore(tmp_path)
    assert (store.values.theme, store.trouble) == ("dark", "")


def test_recent_projects_are_few_and_in_order(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    for number in range(MAX_RECENT + 3):
        store.remember_project(tmp_path / str(number))
    store.values.last_stages = {str(tmp_path / "0"): "train"}
    store.remember_project(tmp_path / "5")
    assert store.values.recent_projects[0] == str(tmp_path / "5")
    assert len(store.values.recent_projects) == MAX_RECENT
    assert store.values.last_stages == {}
    store.forget_project(tmp_path / "5")
    assert str(tmp_path / "5") not in SettingsStore(tmp_path).values.recent_projects


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = SettingsStore(tmp_path / "file")
    store.try_save()
    assert "cannot be saved" in store.trouble
