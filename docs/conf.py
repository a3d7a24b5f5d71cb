"""Configuration of the documentation site, which `make docs` builds with Sphinx from the root of the repository."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from pygraphviz import AGraph
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]

project = "glowray"
author = "The developers of glowray"
release = version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
html_show_copyright = False

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**", "benchmarks/README.md"]
exclude_patterns = [
    *(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ("docs", "benchmarks")),
    "benchmarks/*/**",
    "benchmarks/.*",
    "README.md",
    "docs/_*",
]

# The docstrings are plain text with `code` in single backticks, in sections as Google writes them.
default_role = "code"
napoleon_numpy_docstring = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autosummary_generate = False
add_module_names = False
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]
nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / "build" / "notebooks")
nb_execution_timeout = 600
nb_execution_in_temp = True
nb_execution_raise_on_error = True

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "glowray"
html_extra_path = ["_extra"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "logo": {"text": "glowray"},
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "search_as_you_type": True,
    "footer_start": [],
    "footer_end": [],
    "pygments_light_style": "tango",
    "pygments_dark_style": "github-dark",
}
html_sidebars = {"docs/index": []}


class Mermaid(Directive):
    """A Mermaid flowchart, drawn by Graphviz when the site is built. The reader's browser needs no network for it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the chart as SVG in the colours of the text."""
        graph = AGraph(directed=True, bgcolor="transparent", ranksep="0.35")
        graph.node_attr.update(shape="box", style="rounded", fontname="sans-serif", fontsize="12", height="0.35")
        graph.add_edges_from(re.findall(r"(\w+) --> (\w+)", "\n".join(self.content)))
        drawn = graph.draw(format="svg", prog="dot").decode()
        svg = re.sub(r'"black"|"#000000"', '"currentColor"', drawn[drawn.index("<svg") :])
        svg = svg.replace("<text ", '<text fill="currentColor" ')
        return [nodes.raw("", f'<div class="chart">{svg}</div>', format="html")]


def setup(app: Sphinx) -> None:
    """Add the directive for Mermaid."""
    app.add_directive("mermaid", Mermaid)
