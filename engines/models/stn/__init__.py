"""State trajectory network: the circuit's next state as a small tanh network.

After Parker, Esqueda and Bergner, "Modelling of nonlinear state-space systems using a deep neural
network", DAFx 2019, paper 42, here with two input samples and as an increment::

    s[n] = s[n-1] + f(x[n], x[n-1], knobs, s[n-1])

``f`` is a dense tanh network with a linear last layer. The output is one of the states where the
wet signal is one, or else one more row of ``f`` at the same inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from engines.models.base import (
    Architecture,
    ArchitectureConfig,
    Model,
    ModelFileError,
    ModelInfo,
    Preset,
    TrainingData,
    TrainingResult,
    TrainingSession,
)

if TYPE_CHECKING:
    from engines.models.stn.kernel import StnKernel

MAX_STATES = 16
MAX_KNOBS = 16

Width = Annotated[int, Field(ge=1, le=64)]


class StnConfig(ArchitectureConfig):
    """What an STN looks like and how it is trained."""

    hidden: Annotated[tuple[Width, ...], Field(min_length=1, max_length=3)] = Field(
        default=(8, 8), title="Hidden units", description="Units of each hidden layer."
    )
    starts: int = Field(
        default=6,
        ge=1,
        le=64,
        title="Starts",
        description="How many random starts are tried before the best is trained on.",
    )
    regression_steps: int = Field(
        default=250,
        ge=1,
        le=100_000,
        title="Steps on single samples",
        description="Levenberg-Marquardt steps from true state to true state.",
    )
    through_time_steps: int = Field(
        default=100,
        ge=0,
        le=100_000,
        title="Steps through time",
        description="Levenberg-Marquardt steps on short stretches that run freely.",
    )
    batch: int = Field(
        default=20_000,
        ge=1000,
        le=1_000_000,
        title="Batch",
        description="Samples a step looks at.",
    )
    stretch: int = Field(
        default=160,
        ge=8,
        le=8192,
        title="Stretch",
        description="Samples of one stretch that runs freely.",
        json_schema_extra={"unit": "samples"},
    )
    output_state: SkipJsonSchema[int | None] = Field(default=None, ge=0, lt=MAX_STATES)
    """Which state is the output; None: the last row of the network is. Found by the training."""
    initial_state: SkipJsonSchema[tuple[float, ...]] = ()
    """The states at rest, before the first sample (empty: all zero). Found by the training."""
    state_limits: SkipJsonSchema[tuple[Annotated[float, Field(gt=0)], ...]] = ()
    """A sanity bound on each |state|, far beyond the training's range (empty: none)."""


class StateTrajectoryNetwork(Architecture):
    """The architecture ``stn``."""

    name = "stn"
    label = "State network"
    summary = "Learns how the circuit's voltages move. Tiny and exact; needs a simulated circuit."
    needs_states = True
    Config = StnConfig
    presets = (
        Preset("light", "Light", StnConfig(hidden=(16,))),
        Preset("standard", "Standard", StnConfig(hidden=(8, 8))),
        Preset(
            "best",
            "Best",
            StnConfig(hidden=(16, 16), regression_steps=400, through_time_steps=200),
        ),
    )

    def train(
        self, config: StnConfig, data: TrainingData, session: TrainingSession
    ) -> TrainingResult:
        """Regress on the states, then through time: :mod:`engines.models.stn.training`."""
        from engines.models.stn.training import train

        return train(config, data, session)

    def kernel(self, model: Model) -> StnKernel:
        """The compiled streaming kernel."""
        from engines.models.stn.kernel import StnKernel

        return StnKernel(model)

    def n_weights(self, config: StnConfig, info: ModelInfo) -> int:
        """Weights and biases of all layers, with one output row unless ``output_state`` is set."""
        return sum(rows * (columns + 1) for rows, columns in _layer_sizes(config, info))

    def shapes(self, config: StnConfig, info: ModelInfo) -> dict[str, tuple[int, ...]]:
        """``layers.{i}.weight`` (out, in) and ``layers.{i}.bias`` (out,)."""
        found: dict[str, tuple[int, ...]] = {}
        for number, (rows, columns) in enumerate(_layer_sizes(config, info)):
            found[f"layers.{number}.weight"] = (rows, columns)
            found[f"layers.{number}.bias"] = (rows,)
        return found

    def validate(self, model: Model) -> None:
        """As every architecture, and that the states agree with each other."""
        config = model.config
        assert isinstance(config, StnConfig)
        n_states, n_knobs = len(model.info.states), len(model.info.controls)
        fits = (
            1 <= n_states <= MAX_STATES
            and n_knobs <= MAX_KNOBS
            and (config.output_state is None or config.output_state < n_states)
            and len(config.initial_state) in (0, n_states)
            and len(config.state_limits) in (0, n_states)
        )
        if not fits:
            raise ModelFileError(
                f"The model {model.info.name} is damaged: its states do not agree with its "
                "configuration."
            )
        super().validate(model)


def _layer_sizes(config: StnConfig, info: ModelInfo) -> list[tuple[int, int]]:
    """(outputs, inputs) of each layer."""
    n_states = len(info.states)
    n_outputs = n_states + (1 if config.output_state is None else 0)
    widths = [2 + len(info.controls) + n_states, *config.hidden, n_outputs]
    return list(zip(widths[1:], widths[:-1], strict=True))


ARCHITECTURE = StateTrajectoryNetwork()
