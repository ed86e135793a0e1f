"""Settings that last: one JSON file in the user's configuration folder, saved atomically."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path, user_documents_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from projects.errors import FileFormatError, TrimpotError
from projects.files import read_json, write_json_atomic

MAX_RECENT = 12
NGSPICE_VARIABLE = "TRIMPOT_NGSPICE"
LTSPICE_VARIABLE = "TRIMPOT_LTSPICE"
"""Where the workers look for a simulator before they look around."""


class Settings(BaseModel):
    """Everything that is remembered between starts. Unknown keys of other versions are kept out."""

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    schema_version: Literal[1] = 1
    theme: Literal["system", "dark", "light"] = "system"
    recent_projects: list[str] = Field(default_factory=list)
    projects_folder: str = ""
    last_folders: dict[str, str] = Field(default_factory=dict)
    """The last folder used in each kind of file dialog."""
    window_geometry: str = ""
    last_stages: dict[str, str] = Field(default_factory=dict)
    """The stage last shown, by project folder."""
    splitters: dict[str, list[int]] = Field(default_factory=dict)
    audio_device: str = ""
    block_size: int = Field(default=256, ge=16, le=8192)
    volume: float = Field(default=1.0, ge=0.0, le=1.0)
    loop: bool = False
    simulator: Literal["ngspice", "ltspice"] = "ngspice"
    """What a new simulation is proposed to be computed by."""
    ngspice: str = ""
    ltspice: str = ""
    """Where their programs are; empty: to be searched for."""
    forms: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """The values last used in each form, offered again."""


class SettingsStore:
    """Loads, holds and saves the settings.

    A damaged file is set aside under another name, never overwritten; :attr:`trouble` then holds
    the sentence to show.
    """

    def __init__(self, folder: Path | None = None) -> None:
        override = os.environ.get("TRIMPOT_CONFIG")
        self.folder = folder or (Path(override) if override else user_config_path("trimpot", False))
        self.path = self.folder / "settings.json"
        self.trouble = ""
        self.values = self._load()

    def _load(self) -> Settings:
        if not self.path.is_file():
            return Settings()
        try:
            return Settings.model_validate(
                read_json(self.path, what="settings file", max_bytes=4_000_000)
            )
        except (FileFormatError, ValidationError):
            aside = self.path.with_name(f"settings.damaged-{int(time.time())}.json")
            try:
                self.path.rename(aside)
                kept = f"It has been kept as {aside.name}"
            except OSError:
                kept = "It could not be set aside"
            self.trouble = f"The settings file was damaged. {kept}; the settings start afresh."
            return Settings()

    def save(self) -> None:
        """Write the settings; raises StorageError with a sentence where the disk refuses."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.trouble = f"The settings cannot be saved in {self.folder}: {error.strerror}."
            return
        write_json_atomic(
            self.path, self.values.model_dump(mode="json"), action="save the settings"
        )

    def try_save(self) -> None:
        """Save, keeping a refusal as :attr:`trouble` instead of raising it."""
        try:
            self.save()
        except TrimpotError as error:
            self.trouble = error.sentence

    def remember_project(self, folder: Path) -> None:
        """Put a project first among the recent ones."""
        name = str(folder)
        recent = [name, *(other for other in self.values.recent_projects if other != name)]
        self.values.recent_projects = recent[:MAX_RECENT]
        kept = set(self.values.recent_projects)
        self.values.last_stages = {
            folder: stage for folder, stage in self.values.last_stages.items() if folder in kept
        }
        self.try_save()

    def forget_project(self, folder: Path) -> None:
        """Take a project out of the recent ones."""
        name = str(folder)
        self.values.recent_projects = [o for o in self.values.recent_projects if o != name]
        self.try_save()

    @property
    def projects_folder(self) -> Path:
        """Where new projects go unless the user says otherwise."""
        chosen = self.values.projects_folder
        return Path(chosen) if chosen else user_documents_path() / "Trimpot"


def apply_simulators(store: SettingsStore) -> None:
    """Tell the workers started from now on where the simulators are, if the settings say."""
    for variable, place in (
        (NGSPICE_VARIABLE, store.values.ngspice),
        (LTSPICE_VARIABLE, store.values.ltspice),
    ):
        if place:
            os.environ[variable] = place
        else:
            os.environ.pop(variable, None)
