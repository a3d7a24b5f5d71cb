"""Test that glowray dispatches on types and methods: no lookup of attributes, no comparison of class names or verbs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path.relative_to(ROOT).as_posix() for folder in ("glowray", "cli") for path in (ROOT / folder).rglob("*.py")
)

USER = "an object of the user's, which may be of any class"
LIBRARY = "an object of a library, whose versions differ"
PYTHON = "what this Python, or this platform, may lack"
TREE = "nodes of a syntax tree, of which only some have the field"
ANY_VECTOR = "an array of NumPy or Arrow"

ALLOWED: dict[str, dict[str, str]] = {
    "glowray/boundary.py": {"getattr(ray, '__file__', None)": LIBRARY},
    "glowray/cluster/host/signals.py": {"hasattr(sys, 'ps1')": PYTHON, "getattr(sys, 'last_type', None)": PYTHON},
    "glowray/dataset/actions/arrow_stream.py": {"getattr(error, '__notes__', ())": USER},
    "glowray/engine/ray/calls/losses.py": {"getattr(error, 'ip', None)": LIBRARY},
    "glowray/engine/ray/calls/stop_tasks.py": {"getattr(signal, 'SIGRTMIN', signal.SIGUSR2)": PYTHON},
    "glowray/io/arrow/table_rows.py": {"getattr(leaf, 'unit', '')": LIBRARY},
    "glowray/io/channel.py": {"hasattr(source, 'get_nowait')": USER, "hasattr(source, 'empty')": USER},
    "glowray/io/csv/sink.py": {"hasattr(value, 'dtype')": USER, "getattr(value, 'shape', None)": USER},
    "glowray/io/memory.py": {"getattr(self.function, '__qualname__', type(self.function).__name__)": USER},
    "glowray/io/resident.py": {"getattr(data, 'obj', data)": LIBRARY},
    "glowray/io/sql/dbapi.py": {"hasattr(value, 'cursor')": USER},
    "glowray/io/arrow/tables.py": {"hasattr(table, '__arrow_c_stream__')": USER},
    "glowray/rows/keys/key_hash.py": {
        "getattr(cls, '__dataclass_params__', None)": USER,
        "getattr(owner.__dict__['__eq__'], '__code__', None)": USER,
    },
    "glowray/rows/codec/lazy_chunk.py": {"getattr(vector, 'nbytes', 0)": ANY_VECTOR},
    "glowray/rows/codec/object_fields.py": {
        "getattr(dataclasses, '_dataclass_getstate', None)": PYTHON,
        "getattr(dataclasses, '_dataclass_setstate', None)": PYTHON,
        "getattr(cls, '_fields', None)": USER,
        "getattr(getattr(cls, '__getnewargs__', None), '__code__', None)": USER,
        "getattr(cls, '__getnewargs__', None)": USER,
        "getattr(cls, '__getstate__', None)": USER,
        "getattr(base, '__getstate__', None)": USER,
        "hasattr(cls, '__setstate__')": USER,
        "hasattr(type(inspect.getattr_static(cls, name, None)), '__set__')": USER,
    },
    "glowray/rows/arrow/pandas_stand_in.py": {"getattr(pa.lib, '_pandas_api', None)": LIBRARY},
    "glowray/rows/objects/snapshots.py": {"kind.__name__ == 'ndarray'": "NumPy may not be imported"},
    "glowray/vectorize/analyze/returned_expression.py": {"getattr(last.value, 'elts', ())": TREE},
    "glowray/vectorize/analyze/call_effects.py": {"getattr(value, '__self__', None)": USER},
    "glowray/vectorize/loops/chain.py": {"getattr(node, 'handlers', ())": TREE, "getattr(node, 'cases', ())": TREE},
    "glowray/vectorize/analyze/argument_changes.py": {
        "getattr(pattern, 'name', None)": TREE,
        "getattr(pattern, 'rest', None)": TREE,
    },
    "glowray/vectorize/definition/known_function.py": {"getattr(self.node, 'decorator_list', [])": TREE},
    "glowray/vectorize/loops/body/return_removal.py": {"getattr(node, 'value', None)": TREE},
    "glowray/vectorize/definition/source_proof.py": {
        "hasattr(ast, 'TypeVar')": PYTHON,
        "getattr(node, 'name', None)": TREE,
    },
    "glowray/vectorize/loops/code/weaver.py": {"hasattr(node, 'lineno')": TREE},
    "glowray/watch/table/rows_table.py": {"getattr(rows[0], '_fields', None)": USER},
    "cli/glowray_cli/channel.py": {"hasattr(sys.stdout, 'reconfigure')": PYTHON},
}
"""The exceptions in each file, with the reason why a type cannot answer."""


def probes(tree: ast.AST) -> Iterator[str]:
    """Yield the calls and comparisons that look up an attribute or compare a name."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[_, ast.Constant() | ast.JoinedStr(), *_]):
                yield ast.unparse(node)
            case ast.Compare() if _compares_a_name(node):
                yield ast.unparse(node)
            case ast.Subscript(slice=ast.Attribute(value=ast.Call(func=ast.Name(id="type")), attr="__name__")):
                yield ast.unparse(node)


def _compares_a_name(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    names = any(isinstance(side, ast.Attribute) and side.attr in ("__name__", "verb") for side in sides)
    return names and any(map(_is_text, sides))


def _is_text(side: ast.expr) -> bool:
    if isinstance(side, (ast.Tuple, ast.List, ast.Set)):
        return all(map(_is_text, side.elts))
    return isinstance(side, ast.Constant) and isinstance(side.value, str) and side.value != "__main__"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("getattr(reader, 'blocks', None)", 1),
        ("hasattr(step, 'first')", 1),
        ("getattr(self, f'_{kind}')", 1),
        ("type(step).__name__ == 'Map'", 1),
        ("VERBS[type(step).__name__]", 1),
        ("step.verb in ('map', 'filter')", 1),
        ("'map' == step.verb", 1),
        ("getattr(module, name)", 0),
        ("step.verb == other.verb", 0),
        ("isinstance(reader, ColumnReader)", 0),
    ],
)
def test_a_probe_is_told_from_other_code(code: str, found: int) -> None:
    assert len(list(probes(ast.parse(code)))) == found


@pytest.mark.parametrize("path", FILES)
def test_nothing_of_our_own_is_probed(path: str) -> None:
    found = set(probes(ast.parse((ROOT / path).read_text())))
    assert found == ALLOWED.get(path, {}).keys(), "ask a type, or a method; or say here why that cannot be"


def test_every_exception_is_of_a_file() -> None:
    assert ALLOWED.keys() <= set(FILES)
