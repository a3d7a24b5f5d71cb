"""The user's modules that functions import when they run: their files, and the files of the modules these import.

A module that a function only uses travels with the function, and is part of its pickle. This module is about
`import helpers` within a function: the task finds the file by itself.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import resolve_name
from types import CodeType, ModuleType

from glowray.functions.fingerprints.cannot_tell import CannotTell
from glowray.functions.fingerprints.code_parts import imports_in
from glowray.functions.fingerprints.libraries import version_of
from glowray.rows.objects.pickling import is_installed
from glowray.rows.objects.static_attributes import module_attribute


def imported_modules(code: CodeType, package: str) -> list[tuple[str, str]]:
    """Return (module, content) for each module that code imports, and for those that its user modules import.

    The content is the SHA-256 of a user's file, the version of a library, or "missing".

    Args:
        code: the code of a function.
        package: the package of the function's module, for relative imports.

    Raises:
        CannotTell: the content of a module is unknown, or the file may be newer than the loaded module.
    """
    found: dict[str, str] = {}
    waiting = list(_imported(code, package))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = ""
            found[name], more = _content(name)
            waiting += more
    return sorted(found.items())


def _imported(code: CodeType, package: str) -> Iterator[str]:
    for name, level, names in imports_in(code):
        try:
            whole = resolve_name("." * level + name, package) if level else name
        except ImportError as error:
            raise CannotTell(f"a relative import of {name!r} cannot be followed: {error}") from error
        parts = whole.split(".")
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        yield from (f"{whole}.{each}" for each in names)


def _content(name: str) -> tuple[str, list[str]]:
    """Return the content of a module, and the modules that it imports."""
    if name.partition(".")[0] in sys.stdlib_module_names:
        return "", []
    spec = _spec(name)
    if spec is None:
        return _loaded(name), []
    if spec.origin is None:  # a folder without __init__.py
        return "folder", []
    if is_installed(name, spec.origin):
        return version_of(name), []
    return _file(spec)


def _loaded(name: str) -> str:
    """Return the content of a module without a file that can be found: a name that is no module is "missing"."""
    if isinstance(sys.modules.get(name), ModuleType):
        if type(module_attribute(sys.modules[name], "__file__")) is str and name.partition(".")[0] == "glowray":
            return ""
        raise CannotTell(f"the file of the module {name} cannot be found")
    return "missing"


def _spec(name: str) -> ModuleSpec | None:
    """Find a module without importing anything: `importlib.util.find_spec` would import its package."""
    path = None
    spec = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:end]), path)
        if spec is None:
            return None
        if end < len(parts):
            if spec.submodule_search_locations is None:
                return None
            path = list(spec.submodule_search_locations)
    return spec


def _file(spec: ModuleSpec) -> tuple[str, list[str]]:
    assert spec.origin is not None, "it was looked at before"
    try:
        with open(spec.origin, "rb") as file:
            data = file.read()
            changed = os.fstat(file.fileno()).st_mtime
    except OSError as error:
        raise CannotTell(f"the module {spec.name} cannot be read: {error}") from error
    if spec.name in sys.modules and changed > _process_start():
        raise CannotTell(f"the file of the module {spec.name} is newer than this process, which has loaded it")
    content = hashlib.sha256(data).hexdigest()
    if not isinstance(spec.loader, SourceFileLoader):
        return content, []
    try:
        code = compile(data, spec.origin, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return content, []
    return content, list(_imported(code, spec.parent or ""))


@cache
def _process_start() -> float:
    """Return when this process started, in seconds since 1970; 0.0 on a system that does not tell."""
    try:
        with open("/proc/self/stat", "rb") as own, open("/proc/stat", "rb") as machine:
            ticks = int(own.read().rpartition(b")")[2].split()[19])
            boot = next(int(line.split()[1]) for line in machine if line.startswith(b"btime"))
    except (OSError, StopIteration):
        return 0.0
    return boot + ticks / os.sysconf("SC_CLK_TCK")
