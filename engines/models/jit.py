"""Compiling by numba: one place that says where compiled code is kept and with which options.

Importing this module costs nothing; numba comes in with the first decorated function.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_cache_path

Function = TypeVar("Function", bound=Callable[..., Any])

KERNELS = Path(__file__).parent / "kernels"
"""The building blocks that compiled functions are made of."""

SAFE_MATH = frozenset({"contract", "reassoc", "nsz"})
"""What may be rearranged: fused and reordered sums, but NaN and infinity keep their meaning."""


def compiled(
    *,
    fast: bool = False,
    cache: bool = True,
    inline: bool = False,
) -> Callable[[Function], Function]:
    """Compile a function by numba at its first call, without the GIL, kept on disk.

    Parameters
    ----------
    fast : bool
        Let sums be fused and reordered (:data:`SAFE_MATH`).
    cache : bool
        Keep the machine code in the user's cache folder (or ``NUMBA_CACHE_DIR``).
    inline : bool
        For pieces of a kernel: always part of the caller's code.
    """

    def decorate(function: Function) -> Function:
        import numba

        set_cache_folder()
        wrapped: Any = numba.njit(
            nogil=True,
            cache=cache,
            fastmath=set(SAFE_MATH) if fast else False,
            forceinline=inline,
            error_model="numpy",
        )(function)
        result: Function = wrapped
        return result

    return decorate


def set_cache_folder() -> None:
    """Have numba keep compiled code in :func:`cache_folder`, unless told otherwise."""
    import numba

    if not os.environ.get("NUMBA_CACHE_DIR"):
        numba.config.CACHE_DIR = str(cache_folder(KERNELS))  # type: ignore[attr-defined]


def cache_folder(sources: Path) -> Path:
    """The folder in the user's cache for code that is made from ``sources``.

    Numba compiles a function anew when its own file has changed, but knows nothing of the building
    blocks that it is made of: code of one release would go on with the weights' layout of another.
    So each version of the building blocks has a folder of its own.
    """
    digest = hashlib.sha256()
    for file in sorted(sources.glob("*.py")):
        digest.update(file.read_bytes())
    return user_cache_path("trimpot", False) / "numba" / digest.hexdigest()[:16]
