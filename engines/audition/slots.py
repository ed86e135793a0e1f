"""Models that can be heard: loaded, compiled, with kernels ready for the next voice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from weakref import ReferenceType, ref

import numpy as np
from numpy.typing import NDArray

from engines.audition.material import Material, model_gain
from engines.audition.voice import CHUNK
from engines.models import registry
from engines.models.base import Kernel, Model
from engines.models.storage import load_model
from projects.errors import FileFormatError
from projects.manifest import Control

WARM_UP_SECONDS = (0.5, 4.0)
"""Audio before a position that a model runs over first: at least, and at most."""
PROBE_SECONDS = 8.0
"""How much audio tells a model's loudness where there is no wet."""
RATES = (8000, 384_000)
"""Sample rates (Hz) that the engine runs at."""
SPEED_BLOCK = 128
SPEED_BLOCKS = 200

Samples = NDArray[np.float32]


class HeardModel:
    """A model in a slot.

    Parameters
    ----------
    path : Path
        Its file, for the record.
    model : Model
        What the file holds.
    """

    def __init__(self, path: Path, model: Model) -> None:
        self.path = path
        self.model = model
        self.speed = 0.0
        self._free: list[Kernel] = []
        self._gain: tuple[ReferenceType[Material], float] | None = None

    @property
    def rate(self) -> int:
        """Its sample rate in Hz."""
        return self.model.info.sample_rate

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of its knobs, in order."""
        return tuple(control.name for control in self.model.info.controls)

    def knobs(self, turned: Mapping[str, float]) -> Samples:
        """Positions of its knobs: as turned, else at their defaults; float32[K]."""
        positions = [
            turned.get(control.name, default_position(control))
            for control in self.model.info.controls
        ]
        return np.array(positions, dtype=np.float32)

    def take_kernel(self) -> Kernel:
        """A kernel that no voice uses."""
        if self._free:
            return self._free.pop()
        return registry()[self.model.architecture].kernel(self.model)

    def give_back(self, kernel: Kernel) -> None:
        """Take a kernel back from a voice that is done."""
        self._free.append(kernel)

    def warm_up_samples(self) -> int:
        """How much audio brings it from rest into its state."""
        low, high = (seconds * self.rate for seconds in WARM_UP_SECONDS)
        return round(min(max(self.model.info.warm_up, low), high))

    def playback_gain(self, material: Material, knobs: Samples) -> float:
        """The wet's gain; without a wet, one that makes the model as loud as the dry."""
        if material.has_wet:
            return material.wet_gain
        if self._gain is None or self._gain[0]() is not material:
            self._gain = (ref(material), self._probe(material, knobs))
        return self._gain[1]

    def _probe(self, material: Material, knobs: Samples) -> float:
        stop = min(material.stop, material.start + round(PROBE_SECONDS * material.rate))
        x = material.dry[material.start : stop]
        y = np.zeros_like(x)
        kernel = self.take_kernel()
        kernel.reset()
        for at in range(0, len(x), CHUNK):
            kernel.process(x[at : at + CHUNK], knobs, y[at : at + CHUNK])
        self.give_back(kernel)
        return model_gain(material, y, x)

    def measure(self) -> None:
        """Compile the kernel and time it: :attr:`speed` is its real-time factor on one core."""
        kernel = self.take_kernel()
        rng = np.random.default_rng(0)
        x = rng.uniform(-0.5, 0.5, SPEED_BLOCK).astype(np.float32)
        y = np.zeros_like(x)
        knobs = self.knobs({})
        kernel.process(x, knobs, y)
        times = []
        for _ in range(SPEED_BLOCKS):
            begun = time.perf_counter()
            kernel.process(x, knobs, y)
            times.append(time.perf_counter() - begun)
        self.speed = SPEED_BLOCK / self.rate / float(np.median(times))
        self.give_back(kernel)


def default_position(control: Control) -> float:
    """Where a knob's default lies in its range, 0..1."""
    if control.taper == "log" and control.minimum > 0:
        span = math.log(control.maximum / control.minimum)
        return math.log(control.default / control.minimum) / span
    return (control.default - control.minimum) / (control.maximum - control.minimum)


def load_heard_model(path: Path, tell: Callable[[str], None]) -> HeardModel:
    """Read a model file and compile its kernel, saying what is being done.

    Raises
    ------
    TrimpotError
        The file cannot be used.
    """
    tell("Reading the model")
    model = load_model(path)
    rate = model.info.sample_rate
    if not RATES[0] <= rate <= RATES[1]:
        raise FileFormatError(
            f"The model file {path} says that it runs at {rate} Hz; models from {RATES[0]} to "
            f"{RATES[1]} Hz can be heard."
        )
    heard = HeardModel(path, model)
    tell("Compiling the model")
    heard.measure()
    return heard
