"""Test that each row operator is known to its verb alone, and answers all questions of its callers itself."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from glowray.kernels import operators
from glowray.kernels.base.steps import RowStep

PACKAGE = Path(__file__).resolve().parents[2] / "glowray"
MODULES = [
    importlib.import_module(f"{operators.__name__}.{info.name}") for info in pkgutil.iter_modules(operators.__path__)
]
OPERATORS = [
    each
    for module in MODULES
    for each in vars(module).values()
    if inspect.isclass(each)
    and issubclass(each, RowStep)
    and each.__module__ == module.__name__
    and not each.__subclasses__()
]
MAKERS = ("dataset/", "kernels/operators/", "physical/in_task.py")
"""Places that may name one operator: the verbs, the operators, and the module that gives orders their keys.
"""


@cache
def importers() -> dict[str, set[str]]:
    """Return the files that import each name from the operators' folder."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(operators.__name__):
                for alias in node.names:
                    found[alias.name].add(path.relative_to(PACKAGE).as_posix())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_an_operator_is_named_by_its_verb_alone(operator: type[RowStep]) -> None:
    files = importers()[operator.__name__]
    assert files and [file for file in files if not file.startswith(MAKERS)] == []


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_an_operator_has_its_statements_and_its_column_form(operator: type[RowStep]) -> None:
    assert operator.emit is not RowStep.emit and operator.columns is not RowStep.columns
