"""Test that the programs in the pages of the site run and print what the pages show, and that their commands exist."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.io.kafka.broker import cluster
from tests.names_in_text import check_name
from tests.stores import S3Bucket, s3, s3_endpoint  # noqa: F401  (fixtures)

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "```python" in path.read_text("utf-8"))
COMMAND_PAGES = sorted(path for path in DOCS.rglob("*.md") if "```sh" in path.read_text("utf-8"))
TABLES = sorted(path for path in (DOCS / "coming-from").glob("*.md") if "| glowray |" in path.read_text("utf-8"))
BLOCK = re.compile(
    r"(?P<note><!-- not run: [^\n]+ -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


class Block(NamedTuple):
    """A fenced block of a page. `line` is the number of lines of the page before its text."""

    kind: str
    text: str
    line: int
    runs: bool


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(found["kind"], found["text"], text.count("\n", 0, found.start("text")), not found["note"])
        for found in BLOCK.finditer(text)
    ]


@contextmanager
def kafka() -> Iterator[dict[str, str]]:
    """Start a mock of Kafka, and return what stands for the servers of the page."""
    with cluster() as (servers, _):
        yield {"localhost:9092": servers}


def run(
    page: Path, folder: Path, replaced: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> list[tuple[str, str]]:
    """Run the programs of a page in order, in one namespace. Return, for each output shown, it and what was printed."""
    script, namespace, printed, compared = folder / "page.py", {"__name__": "page"}, "", []
    for block in blocks(page):
        if block.kind == "python" and block.runs:
            text = "\n" * block.line + block.text
            for old, new in replaced.items():
                text = text.replace(old, new)
            script.write_text(text, "utf-8")  # a file, because the compiler reads the sources of functions
            linecache.checkcache(str(script))
            exec(compile(text, str(script), "exec"), namespace)
            printed = capsys.readouterr().out
        elif block.kind == "text":
            compared.append((block.text, printed))
            printed = ""
    return compared


@pytest.mark.process
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS).with_suffix("")))
def test_a_page_prints_what_it_shows(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLOWRAY_ENGINE", "inline")
    if "localhost:9092" in page.read_text("utf-8"):
        with kafka() as replaced:
            compared = run(page, tmp_path, replaced, capsys)
    elif "s3://bucket" in page.read_text("utf-8"):
        bucket: S3Bucket = request.getfixturevalue("s3")
        for name, value in zip(
            ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "ENDPOINT_URL"), bucket.options.values(), strict=True
        ):
            monkeypatch.setenv(f"AWS_{name}", value)
        compared = run(page, tmp_path, {"s3://bucket": bucket.url, "http://localhost:9000": bucket.endpoint}, capsys)
    else:
        compared = run(page, tmp_path, {}, capsys)
    assert [printed for _, printed in compared] == [shown for shown, _ in compared]


def test_a_page_that_shows_an_output_has_a_program_before_it() -> None:
    for page in PAGES:
        kinds = [block.kind for block in blocks(page) if block.kind in ("python", "text")]
        assert all(kinds[index - 1] == "python" for index, kind in enumerate(kinds) if kind == "text"), page


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_exist(page: Path) -> None:
    lines = [line for block in blocks(page) if block.kind == "sh" for line in block.text.splitlines()]
    assert lines
    for line in lines:
        check_name(line)


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.stem)
def test_the_names_of_a_table_exist(page: Path) -> None:
    rows = [line.strip("|").split("|") for line in page.read_text("utf-8").splitlines() if line.startswith("|")]
    codes = [code for row in rows[2:] for code in re.findall(r"`([^`]+)`", row[-1])]
    assert len(codes) > 8
    for code in codes:
        if code != ".agg()":  # of the groups of group_by(), which is no Dataset's
            check_name(code)
