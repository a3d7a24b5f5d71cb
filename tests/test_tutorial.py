"""docs/tutorial.ipynb runs as it stands, and shows what its text says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"

pytestmark = [pytest.mark.process, pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the executed notebook. A cell that fails fails the test with its traceback."""
    notebook = nbformat.read(NOTEBOOK, nbformat.NO_CONVERT)
    folder = tmp_path_factory.mktemp("tutorial")
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def shown(notebook: Any, code: str, kind: str = "text/html") -> str:
    """Return what the cells whose code has a text show, as one kind of display, or as the text that they print."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source]
    assert cells, code
    outputs = [output for cell in cells for output in cell.outputs]
    return "".join(output.get("text") or output.get("data", {}).get(kind, "") for output in outputs)


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, nbformat.NO_CONVERT)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


def test_a_dataset_shows_its_plan(ran: Any) -> None:
    assert "<details><summary>plan · 2 stages" in shown(ran, "worst=agg.max")


def test_an_error_names_the_row(ran: Any) -> None:
    text = shown(ran, "except TypeError")
    assert "in map(speed)" in text and "row: {'year': '2013'" in text


def test_the_airlines_and_their_delays(ran: Any) -> None:
    html = shown(ran, "named.show()")
    assert html.index("Frontier Airlines") < html.index("ExpressJet") < html.index("US Airways")
    assert "20.215542521994134" in html


def test_what_was_written_is_read_again(ran: Any) -> None:
    assert "rows=16" in shown(ran, "written = ")
    assert "Frontier Airlines" in shown(ran, "written = ")


def test_both_engines_give_the_same(ran: Any) -> None:
    assert shown(ran, "here == there", "text/plain").endswith("True")
