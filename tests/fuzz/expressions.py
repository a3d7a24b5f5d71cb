"""Random expressions and functions of Python as source text, by the type of their value.

`Writer(random).function("str")` → `def f(row): …` that returns a str, or raises, or returns None now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

NEEDLES = ("a", " ", ",", "the", "é", "", "x1", "ab", ":", "-", "ß", "\\n", "1")
PATTERNS = (
    r"[^0-9]+",
    r"\\s+",
    r"[a-z]+",
    r"^(\\w+),",
    r"\\d+",
    r"<[^>]*>",
    r"(\\d+)-(\\d+)",
    r"[aeiou]",
    r"x*$",
    r"\\S+ ",
    r"^([^ ]+) ([^ ]*)",
    r"a|b",
    r"(?i)the",
    r"\\b1",
)
FIELDS = {"s": "str", "t": "optional", "n": "int", "f": "float", "tags": "words"}
"""The fields of a record, and their types."""

TYPES = ("str", "int", "float", "bool")


@dataclass
class Writer:
    """Writes functions of one argument, `row`, whose type is `row_type`: "str" or "record"."""

    random: Random
    row_type: str = "str"
    names: dict[str, list[str]] = field(default_factory=dict)

    def function(self, name: str, made: str) -> str:
        """Return the source of a function whose value has the type `made`, or None at times."""
        self.names = {}
        body = self._locals() + self.random.choice((self._returned, self._branched, self._tried, self._guarded))(made)
        return "\n".join([f"def {name}(row):", *(f"    {line}" for line in body)])

    def expression(self, kind: str, depth: int = 2) -> str:
        """Return an expression of a type: str, int, float, bool or words, which is a list of str."""
        if depth <= 0 or self.random.random() < 0.15:
            return self._leaf(kind)
        forms: dict[str, tuple[Callable[[int], str], ...]] = {
            "str": (
                self._method,
                self._method,
                self._cut,
                self._formatted,
                self._chosen_text,
                self._substituted,
                self._joined,
            ),
            "int": (self._number_of_text, self._counted, self._whole),
            "float": (self._real,),
            "bool": (self._compared, self._tested, self._both),
            "words": (self._split,),
        }
        return self.random.choice(forms[kind])(depth - 1)

    def _leaf(self, kind: str) -> str:
        known = self.names.get(kind, [])
        if known and self.random.random() < 0.5:
            return self.random.choice(known)
        if self.row_type == "record":
            fields = [name for name, each in FIELDS.items() if each == kind]
            if fields and self.random.random() < 0.8:
                return f'row["{self.random.choice(fields)}"]'
            if kind == "str":
                return '(row["t"] or "-")'
        elif kind == "str":
            return "row"
        return {
            "str": f'"{self.random.choice(NEEDLES)}"',
            "int": str(self.random.choice((0, 1, 2, -1, 7, 10, 2**31))),
            "float": self.random.choice(("0.5", "2.0", "-1.25", "1e3")),
            "bool": f"(len({self._leaf('str')}) > {self.random.randint(0, 9)})",
            "words": f"{self._text(0)}.split()",
        }[kind]

    def _text(self, depth: int) -> str:
        return self.expression("str", depth)

    def _needle(self) -> str:
        return f'"{self.random.choice(NEEDLES)}"'

    def _separator(self) -> str:
        return self.random.choice(('","', '" "', '"-"', '":"', ""))

    def _method(self, depth: int) -> str:
        text = self._text(depth)
        call = self.random.choice(
            (
                "lower()",
                "upper()",
                "title()",
                "capitalize()",
                "casefold()",
                "swapcase()",
                "strip()",
                "lstrip()",
                "rstrip()",
                'strip("x1 ")',
                'rstrip(",.")',
                f"replace({self._needle()}, {self._needle()})",
                f"removeprefix({self._needle()})",
                f"removesuffix({self._needle()})",
                f"zfill({self.random.randint(0, 9)})",
                f"ljust({self.random.randint(0, 9)})",
                f'rjust({self.random.randint(0, 9)}, "0")',
            )
        )
        return f"{text}.{call}"

    def _cut(self, depth: int) -> str:
        text, mark = self._text(depth), self._separator() or '" "'
        first, last = self.random.randint(-3, 3), self.random.randint(-4, 6)
        return self.random.choice(
            (
                f"{text}[{first}:{last}]",
                f"{text}[:{last}]",
                f"{text}[{first}]",
                f"{text}.partition({mark})[{self.random.randrange(3)}]",
                f"{text}.rpartition({mark})[{self.random.randrange(3)}]",
                f"{text}.split({mark})[{self.random.choice((0, 1, -1))}]",
                f"{text}[:{text}.find({mark})]",
            )
        )

    def _formatted(self, depth: int) -> str:
        return self.random.choice(
            (
                f"f'{{{self.expression('int', 0)}}}:{{{'row' if self.row_type == 'str' else '1.5'}}}'",
                f"f'{{{self.expression('float', 0)}:.{self.random.randint(0, 3)}f}}'",
                f"str({self.expression('int', depth)})",
                f"str({self.expression('float', depth)})",
                f'("%05d" % {self.expression("int", 0)})',
                f"({self._text(depth)} + {self._text(depth)})",
                f'("%s|%s" % ({self._text(depth)}, {self._text(0)}))',
            )
        )

    def _chosen_text(self, depth: int) -> str:
        return self.random.choice(
            (
                f"({self._text(depth)} if {self.expression('bool', depth)} else {self._text(depth)})",
                f"({self._text(depth)} or {self._text(0)})",
                f'NAMES.get({self._text(depth)}, "?")',
                f"NAMES[{self._text(depth)}]",
            )
        )

    def _substituted(self, depth: int) -> str:
        pattern = f'r"{self.random.choice(PATTERNS)}"'.replace("\\\\", "\\")
        return f"re.sub({pattern}, {self.random.choice(('', '-', '<>', 'é')).__repr__()}, {self._text(depth)})"

    def _joined(self, depth: int) -> str:
        words = self.expression("words", depth)
        return self.random.choice(
            (
                f'"-".join({words})',
                f'" ".join([w.title() for w in {words} if {self._about_word()}])',
                f'"".join(c for c in {self._text(0)} if c.isalpha())',
                f'" ".join(sorted({words}))',
            )
        )

    def _about_word(self) -> str:
        return self.random.choice(("len(w) > 1", "w not in STOP", 'w != "a"', "w.isdigit()", "w"))

    def _split(self, depth: int) -> str:
        return f"{self._text(depth)}.split({self._separator()})"

    def _number_of_text(self, depth: int) -> str:
        text, found = self._text(depth), self._needle()
        return self.random.choice(
            (
                f"len({text})",
                f"{text}.find({found})",
                f"{text}.rfind({found})",
                f"{text}.count({found})",
                f"int({text})",
                f"{text}.index({found})",
                f"int({text}.strip() or 0)",
            )
        )

    def _counted(self, depth: int) -> str:
        words = self.expression("words", depth)
        return self.random.choice(
            (
                f"len({words})",
                f"sum(1 for w in {words} if {self._about_word()})",
                f"sum(len(w) for w in {words})",
                f"max((len(w) for w in {words}), default=0)",
                f"len(set({words}))",
            )
        )

    def _whole(self, depth: int) -> str:
        left, right = self.expression("int", depth), self.expression("int", 0)
        return self.random.choice(
            (
                f"({left} + {right})",
                f"({left} - {right})",
                f"({left} * {right})",
                f"({left} // {right})",
                f"({left} % {right})",
                f"abs({left})",
                f"min({left}, {right})",
                f"max({left}, {right})",
                f"({left} if {self.expression('bool', depth)} else {right})",
                f"round({self.expression('float', depth)})",
                f"(-{left})",
            )
        )

    def _real(self, depth: int) -> str:
        left, right = self.expression("float", depth), self.expression("int", depth)
        return self.random.choice(
            (
                f"float({self._text(depth)})",
                f"({left} / {right})",
                f"({left} * {right})",
                f"({left} - {right})",
                f"round({left}, {self.random.randint(0, 3)})",
                f"({left} if {self.expression('bool', 0)} else 0.0)",
                f"abs({left})",
            )
        )

    def _compared(self, depth: int) -> str:
        kind = self.random.choice(("str", "int", "float"))
        sign = self.random.choice(("<", "<=", "==", "!=", ">", ">="))
        return f"({self.expression(kind, depth)} {sign} {self.expression(kind, 0)})"

    def _tested(self, depth: int) -> str:
        text = self._text(depth)
        pattern = self.random.choice(PATTERNS).replace("\\\\", "\\")
        return self.random.choice(
            (
                f"{text}.startswith({self._needle()})",
                f"{text}.endswith({self._needle()})",
                f"{text}.isdigit()",
                f"{text}.isalpha()",
                f"{text}.isalnum()",
                f"({self._needle()} in {text})",
                f"({text} in STOP)",
                f're.search(r"{pattern}", {text}) is not None',
                f"any({self._about_word()} for w in {text}.split())",
            )
        )

    def _both(self, depth: int) -> str:
        left, right = self.expression("bool", depth), self.expression("bool", depth)
        return self.random.choice((f"({left} and {right})", f"({left} or {right})", f"(not {left})"))

    def _locals(self) -> list[str]:
        lines = []
        for place in range(self.random.randint(0, 2)):
            kind = self.random.choice(TYPES)
            lines.append(f"v{place} = {self.expression(kind)}")
            self.names.setdefault(kind, []).append(f"v{place}")
        return lines

    def _value(self, made: str) -> str:
        if made == "pair":
            return f"({self.expression('str')}, {self.expression(self.random.choice(TYPES))})"
        if made == "record":
            return f'{{"s": {self.expression("str")}, "t": {self._maybe()}, "n": {self.expression("int")}}}'
        return self.expression(made)

    def _maybe(self) -> str:
        return f"{self.expression('str', 1)} if {self.expression('bool', 1)} else None"

    def _returned(self, made: str) -> list[str]:
        return [f"return {self._value(made)}"]

    def _branched(self, made: str) -> list[str]:
        return [f"if {self.expression('bool')}:", f"    return {self._value(made)}", *self._returned(made)]

    def _tried(self, made: str) -> list[str]:
        caught = self.random.choice(("ValueError", "(ValueError, IndexError)", "Exception", "KeyError"))
        return ["try:", f"    return {self._value(made)}", f"except {caught}:", *self._handled(made)]

    def _handled(self, made: str) -> list[str]:
        return [f"    return {self.random.choice((self._value(made), 'None'))}"]

    def _guarded(self, made: str) -> list[str]:
        return [f"if not {self.expression('str', 1)}:", "    return None", *self._returned(made)]
