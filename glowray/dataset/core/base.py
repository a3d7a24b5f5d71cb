"""The base of all verb families: a dataset holds a plan node and the flow it belongs to."""

from __future__ import annotations

import operator
import pathlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, TypedDict, TypeVar, cast

from glowray.action.settings import error_policy
from glowray.arguments import Bytes
from glowray.functions import Function
from glowray.kernels.base.steps import FunctionStep, Step
from glowray.kernels.operators.keyed import KeyBy
from glowray.kernels.partition.partition_steps import PassOn
from glowray.plan.nodes import Narrow, Node
from glowray.resources import NO_NEEDS, Resources

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset, Grouped
    from glowray.flow.flow import Flow

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
K = TypeVar("K")
U = TypeVar("U")
V = TypeVar("V")
T_co = TypeVar("T_co", covariant=True)
P = ParamSpec("P")
R = TypeVar("R")


class StepOptions(TypedDict, total=False):
    """The options of a verb with a function, as type checkers see them.

    The overloads of a verb differ in the number of parameters that a row is spread over.
    """

    name: str | None
    on_error: str | pathlib.Path | None
    num_cpus: float | None
    num_gpus: float | None
    memory: Bytes | None


@dataclass(frozen=True)
class Options:
    """The options that every verb with a function takes; None is the flow's or the engine's default."""

    @classmethod
    def of(cls, verb: str, options: StepOptions) -> Options:
        """Return the options that a verb was given as keywords.

        Raises:
            TypeError: a keyword is not an option.
        """
        unknown = options.keys() - StepOptions.__annotations__.keys()
        if unknown:
            raise TypeError(f"{verb}() got an unexpected keyword argument {min(unknown)!r}")
        return cls(**options)

    name: str | None = None
    on_error: str | pathlib.Path | None = None
    num_cpus: float | None = None
    num_gpus: float | None = None
    memory: Bytes | None = None

    def checked(self) -> Options:
        """Return these options after checking on_error, for a verb whose function does not take one row.

        The value has to be valid, but has no effect: an exception in such a function always fails the job.

        Raises:
            ValueError: there is no such on_error.
        """
        if self.on_error is not None:
            error_policy(self.on_error)
        return self

    @property
    def resources(self) -> Resources:
        return Resources.of(self.num_cpus, self.num_gpus, self.memory)


class Base(Generic[T_co]):
    """A lazy, immutable dataset of rows: its plan node and its flow. Each verb family is a subclass."""

    def __init__(self, node: Node, flow: Flow) -> None:
        self._node = node
        self._flow = flow

    @property
    def flow(self) -> Flow:
        """Return the flow that this dataset belongs to, with the statistics of its last action."""
        return self._flow

    @property
    def num_partitions(self) -> int:
        """Return the number of partitions, which depends on the input alone. Runs nothing.

        >>> import glowray as gr
        >>> gr.from_items(range(10), partitions=3).num_partitions
        3
        """
        return self._node.num_partitions

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Dataset cannot be used inside a function: collect() it first, or join with it")

    def __repr__(self) -> str:
        return f"<Dataset {self._flow.name}: {self._node.verb}, {self.num_partitions} partitions>"

    def _with(self, node: Node) -> Dataset[Any]:
        return cast("Dataset[Any]", type(self)(node, self._flow))

    def _groups_of(self, keyed: Base[Any], names: Sequence[str], function: Function) -> Grouped[Any]:
        """Return (key, row) grouped by the key. `function` gave it for the row, and `names` are the key's fields."""
        raise NotImplementedError

    def _step(self, step: Step, resources: Resources | None = None) -> Dataset[Any]:
        return self._with(Narrow(self._node, step, resources or Resources()))

    def _rowwise(
        self,
        kind: type[FunctionStep],
        verb: str,
        function: Callable[..., Any],
        options: Options,
        label: str | None = None,
        *,
        is_part: bool = False,
    ) -> Dataset[Any]:
        """Return this dataset with a step that calls the user's function once for each row.

        `label` is how plans show a function that is made of field names. `is_part`: the step is a part of a verb.
        """
        known = Function.of(
            function, verb, name=options.name, of_value=kind.of_value, gives_items=kind.makes_items, label=label
        )
        return self._function_step(kind, known, options, is_part=is_part)

    def _function_step(
        self, kind: type[FunctionStep], function: Function, options: Options, *, is_part: bool = False
    ) -> Dataset[Any]:
        """Return this dataset with a step that calls a function once for each row."""
        step = kind(function.verb, function.label, function, on_error=self._policy(options), is_part=is_part)
        return self._step(step, options.resources)

    def _policy(self, options: Options) -> str:
        """Return what happens to rows on which the verb's function fails: the verb's on_error, else the flow's."""
        return error_policy(self._flow.settings.on_error if options.on_error is None else options.on_error)

    def _granted(self, options: Options) -> Dataset[Any]:
        """Return these rows in tasks with the resources that a verb asks for, if its function does not take one row."""
        if options.checked().resources == NO_NEEDS:
            return self._with(self._node)
        return self._step(PassOn("resources", "resources"), options.resources)

    def _ordered(
        self,
        verb: str,
        key: Callable[..., Any] | None,
        options: Options,
        order: Callable[[Dataset[Any], Function | None, bool], Dataset[Any]],
        label: str | None = None,
    ) -> Dataset[Any]:
        """Return these rows ordered by a key. `order(rows, function, is_keyed)` builds the node.

        If the key function may drop rows or needs resources, a key_by step calls it first. `is_keyed` is then True, and
        rows are (key, row).
        """
        if key is None:
            return order(self._granted(options), None, False)
        function = Function.of(key, verb, name=options.name, label=label)
        if self._policy(options) == "raise" and options.resources == NO_NEEDS:
            return order(self._with(self._node), function, False)
        return order(self._function_step(KeyBy, function, options, is_part=True), function, True)


def count_argument(verb: str, n: int, least: int = 0) -> int:
    """Return n, which may be a NumPy int, as a Python int of at least `least`.

    Raises:
        ValueError: n is less than `least`.
    """
    count = operator.index(n)
    if count < least:
        raise ValueError(f"{verb}() needs a number of at least {least}, got {count}")
    return count


def dataset_argument(verb: str, other: Any) -> Base[Any]:
    """Return `other` after checking that it is a Dataset.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(other, Base):
        raise TypeError(
            f"{verb}() needs a Dataset, got {type(other).__name__}; make one with from_items(…) or a read_… source"
        )
    return other
