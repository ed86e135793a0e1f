"""Sweeping the knobs of an effect that Trimpot computes: one capture a setting."""

from __future__ import annotations

import itertools
import math
import os
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from engines.audio.files import dry_id, write_wav
from engines.effects.base import Effect
from engines.sources.base import Source, SourceConfig
from engines.sources.folders import new_capture_folder
from engines.sources.played import played
from engines.worker.context import JobContext
from projects.capture import Capture, Check, Signal, write_capture
from projects.jobs import new_id
from projects.manifest import Control, Section

MAX_CAPTURES = 400
MAX_SETTINGS = 50
MAX_SAMPLES = 2_000_000_000
"""Of all captures together: 8 GB of wet audio."""
Settings = Mapping[str, float]


@dataclass(frozen=True)
class Knob:
    """A knob of an effect: the config's field (its name), and how the project shows it."""

    field: str
    name: str
    minimum: float
    maximum: float
    default: float
    unit: str = ""
    taper: Literal["linear", "log", "switch"] = "linear"

    @property
    def control(self) -> Control:
        """The knob as a project has it."""
        return Control(
            name=self.name,
            minimum=self.minimum,
            maximum=self.maximum,
            default=self.default,
            unit=self.unit,
            taper=self.taper,
        )

    def list_field(self, *settings: float, description: str = "") -> Any:
        """The config's field: the settings to sweep, as numbers with commas between them."""
        items = {"type": "number", "minimum": self.minimum, "maximum": self.maximum}
        extra: dict[str, Any] = {"items": items}
        if self.unit:
            extra["unit"] = self.unit
        return Field(
            default=settings,
            min_length=1,
            max_length=MAX_SETTINGS,
            title=self.name,
            description=description,
            json_schema_extra=extra,
            validate_default=True,
        )


class SweepConfig(SourceConfig):
    """Base of the configs whose knobs are lists of settings."""

    knobs: ClassVar[tuple[Knob, ...]]

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        for knob in self.knobs:
            for value in getattr(self, knob.field):
                if not knob.minimum <= value <= knob.maximum:
                    raise ValueError(
                        f"{knob.name} goes from {knob.minimum:g} to "
                        f"{knob.maximum:g}{_after(knob.unit)}, and {value:g} is outside"
                    )
        count = math.prod(len(self.values(knob)) for knob in self.knobs)
        if count > MAX_CAPTURES:
            raise ValueError(
                f"these settings make {count} captures, more than the {MAX_CAPTURES} that one "
                "sweep may have; use fewer settings of a knob"
            )
        return self

    def values(self, knob: Knob) -> tuple[float, ...]:
        """The settings of a knob, each once."""
        return tuple(dict.fromkeys(float(value) for value in getattr(self, knob.field)))

    def settings(self) -> Iterator[dict[str, float]]:
        """Every combination of the knobs' settings, by the knobs' fields."""
        fields = [knob.field for knob in self.knobs]
        for values in itertools.product(*(self.values(knob) for knob in self.knobs)):
            yield dict(zip(fields, values, strict=True))


class SweepSource(Source):
    """A source that plays one dry signal through an effect at every setting."""

    kind: ClassVar[Literal["import", "simulate"]] = "simulate"

    @abstractmethod
    def effect(self, config: Any, settings: Settings, rate: int) -> Effect:
        """The effect at one setting (by the knobs' fields).

        Raises
        ------
        EffectError
            It cannot be set so.
        """

    def produce(self, config: Any, folder: Path, context: JobContext) -> list[Capture]:
        """One capture a setting; see the base class for errors."""
        dry, rate, sections = played(config, context)
        context.check()
        wanted = list(config.settings())
        effects = [self.effect(config, settings, rate) for settings in wanted]
        _refuse_too_much(len(wanted), len(dry))
        identifier = dry_id(dry)
        first_dry: Path | None = None
        captures = []
        for number, (settings, effect) in enumerate(zip(wanted, effects, strict=True)):
            name = self._name(config, settings)

            def progress(share: float, number: int = number, name: str = name) -> None:
                context.progress((number + share) / len(wanted), f"Computing {name}")

            wet = _play(effect, dry, rate, context, progress)
            capture = self._capture(config, settings, name, rate, identifier, sections, dry, wet)
            place = new_capture_folder(folder, capture.id)
            first_dry = _put_dry(place, dry, rate, first_dry)
            write_wav(place / "wet.wav", wet, rate)
            write_capture(place, capture)
            captures.append(capture)
        return captures

    def _capture(
        self,
        config: Any,
        settings: Settings,
        name: str,
        rate: int,
        identifier: str,
        sections: tuple[Section, ...],
        dry: NDArray[np.float32],
        wet: NDArray[np.float64],
    ) -> Capture:
        from engines.checks import level_checks  # compiles: nothing for the window's process

        level = level_checks("wet", wet)[:1]  # flat tops and offsets are what an effect may make
        return Capture(
            id=new_id(),
            name=name,
            sample_rate=rate,
            n_samples=len(dry),
            dry_id=identifier,
            signals=(
                Signal(name="dry", role="dry", file="dry.wav"),
                Signal(name="wet", role="wet", file="wet.wav"),
            ),
            knobs={knob.name: settings[knob.field] for knob in config.knobs},
            controls=tuple(knob.control for knob in config.knobs),
            sections=sections,
            checks=(
                *level_checks("dry", dry)[:1],
                *level,
                _computed(self.label),
            ),
            source={
                "source": self.name,
                "config": config.model_dump(mode="json"),
                "settings": dict(settings),
            },
        )

    def _name(self, config: Any, settings: Settings) -> str:
        """The effect's name and the settings of the knobs that are swept."""
        swept = [knob for knob in config.knobs if len(config.values(knob)) > 1]
        parts = [
            f"{knob.name.lower()} {settings[knob.field]:g}{_after(knob.unit)}" for knob in swept
        ]
        return ", ".join([config.name.strip()[:100] or self.label, *parts])[:200]


def _after(unit: str) -> str:
    return f" {unit}" if unit else ""


def _computed(label: str) -> Check:
    text = f"{label}, computed in double precision: wet begins where dry does, and nothing is cut."
    return Check(name="computed", level="ok", text=text)


def _refuse_too_much(count: int, n_samples: int) -> None:
    from engines.effects.base import EffectError

    if count * n_samples > MAX_SAMPLES:
        raise EffectError(
            f"{count} captures of this length would take {4e-9 * count * n_samples:.0f} GB. Use "
            "fewer settings or a shorter signal."
        )


def _play(
    effect: Effect, dry: NDArray[np.float32], rate: int, context: JobContext, progress: Any
) -> NDArray[np.float64]:
    """The effect's answer to the whole of dry, second by second."""
    x = dry.astype(np.float64)
    wet = np.empty(len(x))
    for start in range(0, len(x), rate):
        context.check()
        part = slice(start, start + rate)
        wet[part] = effect.process(x[part])
        progress(start / len(x))
    return wet


def _put_dry(place: Path, dry: NDArray[np.float32], rate: int, first: Path | None) -> Path:
    """Dry in a capture's folder: the same file as in the first one's where the disk allows it."""
    path = place / "dry.wav"
    if first is not None:
        try:
            os.link(first, path)
        except OSError:  # a file system without hard links: every capture has its own copy
            path.unlink(missing_ok=True)
        else:
            return first
    write_wav(path, dry, rate)
    return first or path
