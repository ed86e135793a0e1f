"""The audio engine's process: commands on stdin, events on stdout, sound to the device."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engines.audition.device import HangingDeviceError
from engines.audition.engine import Engine
from engines.audition.graph import Cue, Graph, Settings
from engines.audition.material import material_of
from engines.audition.protocol import (
    MAX_LINE_BYTES,
    Event,
    Fault,
    Quit,
    decode_command,
    encode,
)
from engines.audition.voice import Voice
from engines.models.base import Kernel

SWITCH_SECONDS = 0.0005
"""How long the callback waits at most for another thread to let go of the interpreter."""
QUIT_SECONDS = 3.0
EXIT_HANGING = 5

Samples = NDArray[np.float32]


def main() -> int:
    """The process: until ``quit`` or the end of stdin; returns the exit code."""
    out = _take_stdout()
    writing = threading.Lock()

    def emit(event: Event) -> None:
        try:
            with writing:
                out.write(encode(event))
                out.flush()
        except OSError:
            engine.inbox.put(Quit())  # the window is gone

    warm_up_mixer()
    sys.setswitchinterval(SWITCH_SECONDS)
    engine = Engine(emit)
    over = threading.Event()
    threading.Thread(target=_read, args=(engine, over), name="commands", daemon=True).start()
    # The collector would stop the callback for as long as it looks at every object there is.
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        engine.run()
    except HangingDeviceError as error:
        emit(Fault(text=error.sentence, details=error.details))
        os._exit(EXIT_HANGING)  # PortAudio's own farewell would hang as well
    finally:
        over.set()
    # PortAudio takes leave when the interpreter ends, and may hang in that, too.
    last_resort = threading.Timer(QUIT_SECONDS, os._exit, (0,))
    last_resort.daemon = True
    last_resort.start()
    return 0


def _take_stdout() -> BinaryIO:
    """Keep stdout for events; whatever libraries print goes to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def _read(engine: Engine, over: threading.Event) -> None:
    for line in _lines(sys.stdin.fileno()):
        if not line.strip():
            continue
        try:
            engine.inbox.put(decode_command(line))
        except ValueError as error:
            engine.inbox.put(error)
    engine.inbox.put(Quit())
    if not over.wait(QUIT_SECONDS):
        os._exit(EXIT_HANGING)  # a driver hangs, and nobody is left to say it to


def _lines(handle: int) -> Iterator[bytes]:
    """Lines as they come, read past Python's own buffer.

    A thread that waits in ``sys.stdin`` holds its lock, and Python aborts when it finds that lock
    taken as it ends (CPython issue 86883).
    """
    kept = b""
    while data := os.read(handle, 65_536):
        *lines, kept = (kept + data).split(b"\n")
        yield from lines
        if len(kept) > MAX_LINE_BYTES:
            yield kept  # refused as a whole; what follows is judged anew
            kept = b""


class _Through(Kernel):
    """Output as input; stands for a model while the mixer is compiled."""

    sample_rate = 48_000
    n_knobs = 1

    def reset(self) -> None:
        pass

    def process(self, x: Samples, knobs: Samples, y: Samples) -> None:
        y[:] = x


def warm_up_mixer() -> None:
    """Compile the callback's arithmetic before a device asks for it."""
    rate = _Through.sample_rate
    graph = Graph(rate)
    at_rest, turned = (np.full(1, position, dtype=np.float32) for position in (0.0, 1.0))
    graph.set(Settings("model", knobs=(turned, turned)))
    material = material_of("warm-up", np.zeros(rate, dtype=np.float32), rate)
    kernels = (_Through(), _Through())
    graph.cue(Cue(Voice(material, kernels, (1.0, 1.0), (at_rest, at_rest), 0)))
    graph.render(256, 128)
