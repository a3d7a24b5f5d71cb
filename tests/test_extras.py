"""A verb whose library is missing names the extra to install, and `import glowray` loads no library."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.cluster.security import tls
from glowray.errors import MissingLibrary
from glowray.extras import EXTRAS, check_extra

ROOT = Path(__file__).parents[1]
ROWS = gr.Flow(engine="inline").from_items([{"a": 1}])

USERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "adbc_driver_postgresql": ("read_sql()", lambda folder: gr.read_sql("select 1", "postgresql://nowhere/db")),
    "adbc_driver_sqlite": ("write_sql()", lambda folder: ROWS.write_sql("words", f"sqlite:///{folder}/words.db")),
    "confluent_kafka": ("read_kafka()", lambda folder: gr.read_kafka("topic", "nowhere")),
    "cryptography": ("--tls", lambda folder: tls.check_possible("x" * 64)),
    "deltalake": ("write_delta()", lambda folder: ROWS.write_delta(folder / "table")),
    "fsspec": ("ftp://", lambda folder: gr.read_text("ftp://nowhere/a.txt")),
    "pandas": ("to_pandas()", lambda folder: ROWS.to_pandas()),
    "polars": ('map_batches(format="polars")', lambda folder: ROWS.map_batches(len, "polars")),
    "pymongo": ("write_mongo()", lambda folder: ROWS.write_mongo("mongodb://nowhere", "shop", "words")),
    "pygraphviz": ("plot() to .svg", lambda folder: ROWS.plot(folder / "a.svg")),
}
"""For each library the name in the error, and a call that needs it."""

IMPORTED = {"__future__", "genericpath", "glowray", "importlib", "os", "posixpath", "stat", "warnings"}
"""The modules that `import glowray` loads, beside those that Python has loaded at its start."""


def test_every_library_has_its_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert {extra for _, extra in EXTRAS.values()} == extras.keys()
    for package, extra in EXTRAS.values():
        (named,) = extras[extra]
        assert named.startswith((package, f"fsspec[{extra}]")), "the extra installs the library"


@pytest.mark.parametrize("module", EXTRAS)
def test_a_missing_library_names_its_extra(module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    user, call = USERS.get(module, ("this()", lambda folder: check_extra(module, "this()")))
    package, extra = EXTRAS[module]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingLibrary) as caught:
        call(tmp_path)
    assert str(caught.value).startswith(f'{user} needs {package}: install it with pip install "glowray[{extra}]"')
    assert caught.value.name == module and isinstance(caught.value, ModuleNotFoundError)
    assert "\n" not in str(caught.value)


def test_an_installed_library_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "polars", raising=False)
    check_extra("polars", "this()")
    assert "polars" not in sys.modules


@pytest.mark.process
def test_import_glowray_loads_little() -> None:
    code = "import sys; before = set(sys.modules); import glowray; print(*set(sys.modules) - before)"
    # Without site: the finder of an editable install loads modules of its own.
    command = [sys.executable, "-S", "-c", code]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition(".")[0] for name in loaded if not name.startswith("_")} <= IMPORTED
    assert [name for name in loaded if name.startswith("glowray.")] == []


def test_the_page_lists_every_extra() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "extras.md").read_text("utf-8"), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert rows == sorted(project["optional-dependencies"])
