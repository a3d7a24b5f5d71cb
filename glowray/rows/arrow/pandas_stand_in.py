"""Keep pyarrow from importing pandas until a job really uses pandas.

pyarrow asks whether each list that becomes an array is a pandas Series, and imports pandas for that question. The
import takes longer than a small job. So pyarrow gets a stand-in for pandas. No value is an instance of its types until
pandas was imported. Its modules import pandas when pyarrow reads anything else. So pyarrow works as before.
"""

from __future__ import annotations

import sys
from importlib import import_module, util
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa


class _Later(type):
    """The metaclass of a pandas class's stand-in. Before pandas is imported, nothing is an instance of it."""

    path: str

    def __instancecheck__(cls, instance: object) -> bool:
        found: Any = sys.modules.get("pandas")
        for name in cls.path.split("."):
            found = getattr(found, name, None)
        return found is not None and found is not cls and isinstance(instance, found)

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return cls._found(*arguments, **options)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls._found, name)

    @property
    def _found(cls) -> Any:
        found: Any = import_module("pandas")
        for name in cls.path.split("."):
            found = getattr(found, name)
        return found


class _Module(ModuleType):
    """The stand-in for pandas or one of its submodules. Any other attribute imports the real module."""

    def __getattr__(self, name: str) -> Any:
        found = import_module(self.__name__)
        if found is self:
            raise AttributeError(f"{self.__name__} has no {name}")
        return getattr(found, name)


def install() -> None:
    """Give pyarrow the stand-in, unless pandas is imported or not installed, or pyarrow has looked for it before."""
    version = _version()
    shim = getattr(pa.lib, "_pandas_api", None)
    if version is None or shim is None or "pandas" in sys.modules:
        return
    stand_in = _stand_in(version)
    sys.modules["pandas"] = stand_in
    try:
        _ = shim.have_pandas
    except (
        AttributeError,
        ImportError,
    ):  # This pyarrow reads more of pandas than the stand-in has. Reset it: it imports pandas when it asks again.
        shim.__init__()
    finally:
        if sys.modules.get("pandas") is stand_in:
            del sys.modules["pandas"]


def _version() -> str | None:
    """Return the version of the installed pandas, or None. `importlib.metadata` would take longer to import."""
    spec = util.find_spec("pandas")
    if spec is None or spec.origin is None:
        return None
    names = [path.name for path in Path(spec.origin).parents[1].glob("pandas-*.dist-info")]
    return names[0].removesuffix(".dist-info").split("-")[1] if len(names) == 1 else None


def _stand_in(version: str) -> ModuleType:
    """Return the modules and classes that pyarrow reads when it first looks for pandas."""
    pandas, api = _Module("pandas"), _Module("pandas.api")
    types, extensions = _Module("pandas.api.types"), _Module("pandas.api.extensions")
    pandas.__dict__.update(__version__=version, __spec__=None, api=api)
    api.__dict__.update(types=types, extensions=extensions)
    for module in (pandas, types, extensions):
        for name in _CLASSES[module.__name__]:
            path = f"{module.__name__}.{name}".removeprefix("pandas.")
            setattr(module, name, _Later(name, (), {"path": path}))
    return pandas


_CLASSES = {
    "pandas": ("DataFrame", "Index", "Categorical", "Series"),
    "pandas.api.types": ("DatetimeTZDtype",),
    "pandas.api.extensions": ("ExtensionArray", "ExtensionDtype"),
}
