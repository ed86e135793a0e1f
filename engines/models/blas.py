"""One thread for each product of matrices while a training's own threads share the cores.

OpenBLAS, which numpy's and scipy's wheels bring along, starts a thread for each core at every
product. Under a training that already works on all cores they wait for one another, and a step
takes ten times as long. Its number of threads can be set by the environment only before numpy is
imported, but by a call at any time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PREFIXES = ("scipy_openblas", "openblas")
SUFFIXES = ("64_", "", "_64")


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Products of matrices use the calling thread alone; what was set before comes back after.

    Where numpy was built with another library (Accelerate on macOS) nothing is changed: those
    do not compete so.
    """
    controls = _controls()
    before = [get() for get, _ in controls]
    for _, put in controls:
        put(1)
    try:
        yield
    finally:
        for (_, put), threads in zip(controls, before, strict=True):
            put(threads)


@cache
def _controls() -> tuple[tuple[Callable[[], int], Callable[[int], Any]], ...]:
    """How to get and set the number of threads of each OpenBLAS in this process."""
    import numpy as np
    import scipy.linalg

    assert np.__version__
    assert scipy.linalg.__name__
    found = []
    for path in _libraries():
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for prefix in PREFIXES:
            for suffix in SUFFIXES:
                get = getattr(library, f"{prefix}_get_num_threads{suffix}", None)
                put = getattr(library, f"{prefix}_set_num_threads{suffix}", None)
                if get is not None and put is not None:
                    found.append((get, put))
    return tuple(found)


def _libraries() -> list[Path]:
    """The OpenBLAS files beside numpy and scipy."""
    paths: list[Path] = []
    for package in ("numpy", "scipy"):
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        home = Path(spec.origin).parent
        for folder in (home.parent / f"{package}.libs", home / ".dylibs", home / ".libs"):
            paths.extend(sorted(folder.glob("*openblas*")))
    return paths
