"""Finding what one file adds: every module of a package that has the attribute asked for."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TypeVar

Found = TypeVar("Found")


def find(package: str, attribute: str, kind: type[Found]) -> dict[str, Found]:
    """The objects named ``attribute`` in the modules and sub-packages of ``package``, by name.

    Parameters
    ----------
    package : str
        ``"engines.models"``.
    attribute : str
        ``"ARCHITECTURE"``.
    kind : type
        What each must be an instance of; each has a ``name``.
    """
    parent = import_module(package)
    found: dict[str, Found] = {}
    for module_info in sorted(pkgutil.iter_modules(parent.__path__), key=lambda info: info.name):
        module = import_module(f"{package}.{module_info.name}")
        thing = getattr(module, attribute, None)
        if isinstance(thing, kind):
            found[str(getattr(thing, "name", module_info.name))] = thing
    return found
