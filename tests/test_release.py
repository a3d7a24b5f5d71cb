"""Test the distribution: the sdist and the wheel are whole, and the wheel works in an empty environment."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
SOURCES = ("glowray", "cli", "examples", "pyproject.toml", "setup.py", "README.md")
UV = Path(sys.executable).with_name("uv")
NO_NETWORK = re.compile(r"dns error|error sending request|Network connectivity is disabled|Connection refused")

pytestmark = [pytest.mark.process, pytest.mark.slow]


def run(*command: object, cwd: Path | None = None) -> str:
    """Run a command and return what it prints. A failure shows it."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=900)
    if done.returncode and NO_NETWORK.search(done.stderr):
        pytest.skip("the package registry is out of reach")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.name)
def test_a_form_for_issues_has_what_github_needs(form: Path) -> None:
    content = yaml.safe_load(form.read_text("utf-8"))
    if form.name != "config.yml":
        assert {"name", "description", "body"} <= set(content)
        assert all({"type", "attributes"} <= set(field) for field in content["body"])
        assert len({field["id"] for field in content["body"]}) == len(content["body"])


def test_the_changelog_begins_with_the_unreleased_or_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0].startswith(version)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Build an sdist, and a wheel from that sdist alone. Return their folder."""
    tree, dist = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    unwanted = shutil.ignore_patterns("__pycache__", "*.so", "*.egg-info")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, tree / name)
    run(UV, "build", "--quiet", "--no-build-isolation", "--python", sys.executable, "--out-dir", dist, tree)
    yield dist
    shutil.rmtree(tree)


def files_below(folder: str, pattern: str) -> set[str]:
    """Return the names of source files below a folder of the project, relative to that folder."""
    return {str(path.relative_to(ROOT / folder)) for path in (ROOT / folder).rglob(pattern)}


def test_the_sdist_holds_every_source(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    for pattern in ("*.py", "*.pyi", "*.c", "*.h"):
        assert {f"glowray/{name}" for name in files_below("glowray", pattern)} <= names


def test_the_wheel_holds_every_module_and_the_data_of_the_examples(built: Path) -> None:
    (archive,) = built.glob("*.whl")
    with zipfile.ZipFile(archive) as wheel:
        names = set(wheel.namelist())
    assert {f"glowray/{name}" for name in files_below("glowray", "*.py")} <= names
    assert {f"glowray_cli/{name}" for name in files_below("cli/glowray_cli", "*.py")} <= names
    assert {f"glowray_examples/data/{name}" for name in files_below("examples/data", "*.csv")} <= names
    assert "glowray/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "docs"))]


def test_the_wheel_is_for_this_python_and_all_later_ones(built: Path) -> None:
    (archive,) = built.glob("*.whl")
    assert "-cp311-abi3-" in archive.name
    with zipfile.ZipFile(archive) as wheel:
        loops = {name for name in wheel.namelist() if name.endswith(".abi3.so")}
    assert len(loops) == len(files_below("glowray/native", "*.c"))


def test_the_wheel_works_in_an_empty_environment(built: Path, tmp_path: Path) -> None:
    (archive,) = built.glob("*.whl")
    run(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    binaries = tmp_path / "venv" / "bin"
    run(UV, "pip", "install", "--quiet", "--python", binaries / "python", archive)
    job = "import glowray as gr; print(gr.from_items(['a b', 'b']).flat_map(str.split).count_by_value().collect())"
    assert run(binaries / "python", "-c", job, cwd=tmp_path) == "[('a', 1), ('b', 2)]\n"
    assert "glowray" in run(binaries / "glowray", "--version", cwd=tmp_path)
    assert "word_count" in run(binaries / "glowray", "examples", cwd=tmp_path)
    assert run(binaries / "python", "-m", "glowray", "examples", "invert_file", cwd=tmp_path)
    loops = "from glowray.native import chosen; print(chosen.loops.name)"
    assert run(binaries / "python", "-c", loops, cwd=tmp_path) == "compiled\n"
