"""Test the documentation site: it builds without warnings, its links lead somewhere, and all public names are in it."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import glowray as gr
from glowray import agg

ROOT = Path(__file__).parents[2]
EXTERNAL = re.compile(r"(?:https?|mailto|data|javascript):|//")

pytestmark = [pytest.mark.process, pytest.mark.slow]


class Page(HTMLParser):
    """The anchors and links of a page, and the files that a browser loads for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := values.get(name))}
        if tag == "a" and (link := values.get("href")):
            self.links.add(link)
        if tag in ("script", "img", "iframe") and (source := values.get("src")):
            self.loads.add(source)
        if tag == "link" and values.get("rel") in ("stylesheet", "preload", "modulepreload", "icon"):
            self.loads.add(values["href"] or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does. tests/test_tutorial.py runs the notebook, so this build does not."""
    folder = tmp_path_factory.mktemp("built")
    command = [
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-c",
        "docs",
        "-D",
        "nb_execution_mode=off",
        "-d",
        folder / "trees",
    ]
    done = subprocess.run(
        [sys.executable, "-m", *command, ".", folder / "site"], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html") if "_static" not in path.parts}


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    lost = []
    for path, page in pages.items():
        for link in page.links:
            if EXTERNAL.match(link):
                continue
            name, _, anchor = unquote(link).partition("#")
            target = (path.parent / name.partition("?")[0]).resolve() if name else path
            known = pages[target].anchors if target in pages else set()
            if not target.is_file() or (target in pages and anchor and anchor not in known):
                lost.append((path.name, link))
    assert lost == []


def test_a_page_loads_nothing_from_the_network(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert [source for source in page.loads if EXTERNAL.match(source)] == [], path
        files = [(path.parent / source.partition("?")[0]).resolve() for source in page.loads]
        assert [file for file in files if not file.is_file()] == [], path


def test_the_search_index_has_words_of_every_section(site: Path) -> None:
    index = (site / "searchindex.js").read_text("utf-8")
    assert index.startswith("Search.setIndex(")
    for word in ("reduce_by_key", "kafka", "replay", "skew", "broadcast", "notebook"):
        assert word in index, word


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    lines = (site / "objects.inv").read_bytes().split(b"\n", 4)
    found = {line.split()[0] for line in zlib.decompress(lines[4]).decode().splitlines() if " py:" in line}
    sources = {name for name in gr.__all__ if name.startswith(("read_", "from_"))}  # as methods of Flow
    names = {f"glowray.{name}" for name in set(gr.__all__) - sources}
    names |= {f"glowray.agg.{name}" for name in agg.__all__}
    for owner in (gr.Flow, gr.Dataset):
        names |= {f"glowray.{owner.__name__}.{name}" for name in dir(owner) if not name.startswith("_")}
    assert sorted(names - found) == []
