"""The audio engine: the process that plays files and models through the sound device.

The window talks to it by the messages of :mod:`engines.audition.protocol` and never imports the
rest of this package, which needs numba and PortAudio.
"""

from __future__ import annotations


def engine_main() -> int:
    """Run the audio engine (``python -m app --audio-engine``); returns the exit code."""
    from engines.audition.process import main

    return main()
