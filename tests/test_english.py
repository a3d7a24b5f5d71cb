"""Test that docstrings and comments have short sentences in straight order, and that functions' begin with a verb."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("glowray", "cli", "tests", "benchmarks", "examples")

MOST_WORDS = 24
INVERTED = {"Of", "What", "Where", "Which", "Such", "Those"}
"""Words that begin a sentence in inverted order, or one without its noun."""

NOT_VERBS = {"A", "All", "An", "As", "Every", "For", "How", "Nothing", "The", "Whether", "With", "Within"}
"""Words that show that a function's docstring describes its result instead of saying what the function does."""

SECTIONS = ("Args:", "Returns:", "Raises:")

_ENTRY = re.compile(r"    [*\w., ]+: ")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'])")
_QUOTES = re.compile(r'"""|' + "'''")
_COMMENT = re.compile(r"""((?:[^#"']|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')*)# ?(.*)""")
_DIRECTIVE = re.compile(r"noqa|type:|fmt:|pragma|!|-----")


class Text(NamedTuple):
    """A docstring or comment. `of_function` is true for the docstrings of functions that are no tests or properties."""

    line: int
    text: str
    of_function: bool = False

    @property
    def first_word(self) -> str:
        return re.split(r"\W", self.text, maxsplit=1)[0]


def docstrings(tree: ast.Module) -> Iterator[Text]:
    """Yield the docstrings of a module, its classes, functions and variables."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        owner = waiting.pop()
        for index, node in enumerate(getattr(owner, "body", ())):
            match node:
                case ast.Expr(value=ast.Constant(value=str() as text)):
                    yield Text(node.lineno, cleandoc(text), index == 0 and needs_verb(owner))
                case ast.stmt():
                    waiting.append(node)


def needs_verb(owner: ast.AST) -> bool:
    """Return whether this is a function, but neither a test nor a property."""
    if not isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef) or owner.name.startswith("test_"):
        return False
    return {ast.unparse(each) for each in owner.decorator_list}.isdisjoint({"property", "cached_property", "derived"})


def comments(text: str) -> Iterator[Text]:
    """Yield each comment with the number of its first line. Adjacent lines that hold only a comment are one comment.

    Directives such as `noqa` are left out, and so are lines with or inside triple quotes.
    """
    start, lines, is_string = 0, list[str](), False
    for number, line in enumerate(text.splitlines(), 1):
        marks = len(_QUOTES.findall(line))
        found = None if is_string or marks else _COMMENT.fullmatch(line)
        is_string ^= marks % 2 == 1
        code, comment = found.groups() if found else ("", "")
        if lines and (not found or code.strip()):
            yield Text(start, " ".join(lines))
            lines = []
        if not found or _DIRECTIVE.match(comment):
            continue
        if code.strip():
            yield Text(number, comment)
        else:
            start = start if lines else number
            lines.append(comment)
    if lines:
        yield Text(start, " ".join(lines))


def comments_in_c(text: str) -> Iterator[Text]:
    """Yield the comments of a source text in C, without the lines that name a section."""
    for found in re.finditer(r"/\*(?! ---)\s*(.*?)\s*\*/", text, re.DOTALL):
        yield Text(text.count("\n", 0, found.start()) + 1, re.sub(r"\n \* ?", "\n", found[1]))


def paragraphs(text: str) -> Iterator[str]:
    """Yield the prose of a docstring by paragraph, without doctests, code, tables and the names of arguments.

    Each entry of `Args:`, `Raises:` or a list is a paragraph.
    """
    lines, is_section, is_code = list[str](), False, False
    for line in [*text.splitlines(), ""]:
        words = line.strip()
        is_entry = is_section and _ENTRY.match(line) is not None
        if not words or words in SECTIONS or is_entry or words.startswith("- "):
            yield " ".join(lines)
            lines = []
        is_code = bool(words) and (is_code or words.startswith((">>>", "$ ", "|")))
        if words and not line.startswith(" "):
            is_section = words in SECTIONS
        is_prose = is_section or not line.startswith("  ")
        if words and is_prose and not is_code and words not in SECTIONS:
            lines.append(words.split(": ", 1)[1] if is_entry else words.removeprefix("- "))


def sentences(text: str) -> list[str]:
    """Return the sentences of a docstring or comment. Code in backticks is one word."""
    prose = [re.sub(r"`[^`]*`", "`…`", paragraph) for paragraph in paragraphs(text)]
    return [sentence for paragraph in prose if paragraph for sentence in _SENTENCE_END.split(paragraph)]


def faults(text: Text, verbs: Container[str] = ()) -> Iterator[str]:
    """Yield the faults of a text: long sentences, inverted ones, and a function's docstring without a verb."""
    for sentence in sentences(text.text):
        count = sum(any(map(str.isalnum, word)) for word in sentence.split())
        if count > MOST_WORDS:
            yield f"{count} words: {sentence}"
        if sentence.split()[0] in INVERTED:
            yield f"inverted: {sentence}"
    if text.of_function and not is_imperative(text.first_word, verbs):
        yield f"does not begin with a verb in the imperative: {text.text.splitlines()[0]}"


def is_imperative(word: str, verbs: Container[str]) -> bool:
    """Return whether a function's docstring may begin with a word: no article, nor "Returns" if "Return" is a verb."""
    stems = [word.removesuffix(end) + more for end, more in (("s", ""), ("es", ""), ("ies", "y")) if word.endswith(end)]
    return word not in NOT_VERBS and not any(stem in verbs for stem in stems)


def found_faults() -> list[str]:
    """Return the faults of all files, each with its place."""
    texts: dict[str, list[Text]] = {}
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")):
        if path.suffix in (".py", ".pyi"):
            source = path.read_text()
            texts[path.relative_to(ROOT).as_posix()] = [*docstrings(ast.parse(source)), *comments(source)]
        elif path.suffix in (".c", ".h"):
            texts[path.relative_to(ROOT).as_posix()] = list(comments_in_c(path.read_text()))
    verbs = {text.first_word for each in texts.values() for text in each if text.of_function}
    return [
        f"{name}:{text.line}: {fault}" for name, each in texts.items() for text in each for fault in faults(text, verbs)
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Return a. " * 20, 0),
        ("Return " + "a " * 24 + ".", 1),
        ("Return rows.\n\nArgs:\n    a: " + "a " * 14 + "\n    b: " + "b " * 14, 0),
        ("Return rows.\n\nArgs:\n    a: " + "a " * 14 + "\n        and " + "b " * 14, 1),
        ("Return rows.\n\n    a = " + "a " * 25 + "\n\n>>> a " + "b " * 25, 0),
        ("Return rows.\n\nOf these, some are blocks.", 1),
        ("Return `Of these`, which are blocks.", 0),
        ("Returns rows.", 1),
        ("The rows.", 1),
        ("Pass rows on.", 0),
    ],
)
def test_a_fault_is_told_from_plain_english(text: str, count: int) -> None:
    assert len(list(faults(Text(1, text, of_function=True), {"Return", "Pass"}))) == count


def test_comments_are_told_from_strings() -> None:
    source = 'a = "#" # b\n# one\n# sentence\nc = """\n# no comment\n"""\n# d\ne = 1  # noqa: F\n'
    assert [(text.line, text.text) for text in comments(source)] == [(1, "b"), (2, "one sentence"), (7, "d")]


def test_docstrings_know_their_owners() -> None:
    members = (
        '    c = 1\n    """C."""\n    def d(self):\n        """D."""\n    @property\n    def e(self):\n        """E."""'
    )
    source = f'"""A."""\nclass B:\n    """B."""\n{members}\ndef test_f():\n    """F."""'
    found = sorted(docstrings(ast.parse(source)))
    assert [text.text for text in found] == ["A.", "B.", "C.", "D.", "E.", "F."]
    assert [text.text for text in found if text.of_function] == ["D."]


def test_the_rules_hold() -> None:
    found = found_faults()
    assert not found, "\n".join(found)
