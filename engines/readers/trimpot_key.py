"""The top-level key ``trimpot`` of a model file: what the format itself has no place for.

RTNeural and its relatives ignore it. See ``docs/formats.md`` for the key's meaning, written down
for whoever builds a host.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from engines.models.base import ModelFileError
from projects.capture import first_problem
from projects.manifest import Control, Frozen

KEY = "trimpot"
SCHEMA_VERSION = 1
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Names = Annotated[tuple[Name, ...], Field(max_length=256)]


class SignalScale(Frozen):
    """What a sample value of 1.0 stands for: ``full_scale`` in ``unit``."""

    unit: Annotated[str, StringConstraints(max_length=16)] = "FS"
    full_scale: Annotated[float, Field(gt=0)] = 1.0


class StnKey(Frozen):
    """How the host runs a state trajectory network around the file's layers."""

    inputs: Names
    """In order: ``x[n]``, ``x[n-1]``, ``knob:NAME``, ``state:NAME``."""
    outputs: Names
    """In order: ``state:NAME``, and ``y`` where the output is a row of its own."""
    residual: bool
    """Whether a ``state:NAME`` row is added to that state; otherwise it replaces it."""
    initial_state: dict[Name, float]
    state_limits: dict[Name, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Each |state| is held within this after every step; far beyond what playing reaches."""
    output: Name
    """Which of the outputs is heard: ``y``, or ``state:NAME`` (its value after the step)."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        states = self.states
        for names in (self.inputs, self.outputs):
            if len(set(names)) != len(names):
                raise ValueError("an input or output of the network is named twice")
        for name in self.inputs:
            if name not in ("x[n]", "x[n-1]") and not name.startswith(("knob:", "state:")):
                raise ValueError(f"the network's input {name} is unknown")
        if "x[n]" not in self.inputs or not states:
            raise ValueError("the network lacks the input x[n] or has no state")
        rows = {f"state:{state}" for state in states}
        if rows != set(self.outputs) - {"y"}:
            raise ValueError("the network's states as inputs and as outputs differ")
        if self.output not in self.outputs:
            raise ValueError(f"the output {self.output} is not one of the network's outputs")
        if set(self.initial_state) != set(states):
            raise ValueError("the initial state does not name each state once")
        if not set(self.state_limits) <= set(states):
            raise ValueError("a limit is set on a state that is not there")
        return self

    @property
    def states(self) -> tuple[str, ...]:
        """The states' names, in the order of the inputs."""
        return self._named("state:")

    @property
    def knobs(self) -> tuple[str, ...]:
        """The knobs' names, in the order of the inputs."""
        return self._named("knob:")

    def _named(self, prefix: str) -> tuple[str, ...]:
        return tuple(name.removeprefix(prefix) for name in self.inputs if name.startswith(prefix))


class TrimpotKey(Frozen):
    """The value of the key, version 1."""

    schema_version: Literal[1]
    kind: Literal["sequential", "stn"]
    name: Annotated[str, StringConstraints(max_length=200)]
    sample_rate: Annotated[int, Field(ge=8000, le=768_000)]
    controls: Annotated[tuple[Control, ...], Field(max_length=64)] = ()
    dry: SignalScale = SignalScale()
    wet: SignalScale = SignalScale()
    warm_up: Annotated[int, Field(ge=0)] = 0
    figures: dict[str, float] = Field(default_factory=dict)
    skip: bool = False
    """Whether the host adds the dry sample to the layers' output."""
    stn: StnKey | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind == "stn") != (self.stn is not None):
            raise ValueError("the key stn must be there for the kind stn and for no other")
        if self.kind == "stn" and self.skip:
            raise ValueError("skip belongs to the kind sequential")
        names = tuple(control.name for control in self.controls)
        if len(set(names)) != len(names):
            raise ValueError("two knobs have the same name")
        if self.stn is not None and self.stn.knobs != names:
            raise ValueError("the network's knobs are not the model's controls")
        return self


def parse_key(value: Any, path: Path) -> TrimpotKey | None:
    """The key of a decoded model file, or None where it has none.

    Raises
    ------
    ModelFileError
        It is damaged, or written by a newer Trimpot.
    """
    if not isinstance(value, dict) or KEY not in value:
        return None
    found = value[KEY]
    version = found.get("schema_version") if isinstance(found, dict) else None
    if type(version) is int and version > SCHEMA_VERSION:
        raise ModelFileError(
            f"The model file {path} was exported by a newer Trimpot (its format is version "
            f"{version}, this one reads up to {SCHEMA_VERSION}). Update Trimpot to use it."
        )
    try:
        if type(version) is bool:
            found = {**found, "schema_version": None}  # pydantic takes true for 1
        return TrimpotKey.model_validate(found)
    except ValidationError as error:
        raise ModelFileError(
            f"The model file {path} cannot be used: its trimpot key is damaged "
            f"({first_problem(error)}). Export it again.",
            details=str(error),
        ) from error
