"""Versions of the installed libraries that functions use."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

from glowray.functions.fingerprints.cannot_tell import CannotTell

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def version_of(module: str) -> str:
    """Return the versions of the library that a module belongs to, and of all libraries that it requires.

    It is "" for Python's own modules, whose version is Python's, and for glowray.

    Raises:
        CannotTell: no installed library has the module.
    """
    return _version_of_package(module.partition(".")[0])


@cache
def _version_of_package(package: str) -> str:
    if package in sys.stdlib_module_names or package in ("glowray", "glowray_cli"):
        return ""
    libraries = _libraries().get(package)
    if not libraries:
        raise CannotTell(f"the version of the module {package} is unknown")
    found: dict[str, str] = {}
    waiting = sorted(set(libraries))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _version(name)
            waiting += _required(name)
    return " ".join(f"{name}=={version}" for name, version in sorted(found.items()) if version)


@cache
def _libraries() -> dict[str, list[str]]:
    return {package: list(names) for package, names in packages_distributions().items()}


def _version(library: str) -> str:
    """Return the version of a library, "" if it is not installed."""
    try:
        return distribution(library).version
    except PackageNotFoundError:
        return ""


def _required(library: str) -> Iterator[str]:
    """Yield the libraries that a library requires, optional ones included."""
    try:
        requirements = distribution(library).requires or ()
    except PackageNotFoundError:
        return
    for requirement in requirements:
        name = _NAME.match(requirement)
        if name is not None:
            yield name[0].lower()
