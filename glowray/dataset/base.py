"""What every verb family builds on: a dataset is a node of a plan and the flow it belongs to."""

from __future__ import annotations

import operator
import pathlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, TypedDict, TypeVar, cast

from glowray.action.settings import error_policy
from glowray.functions import Function
from glowray.kernels.partition_steps import PassOn
from glowray.kernels.resources import NO_NEEDS, Resources
from glowray.kernels.steps import FunctionStep, KeyBy, Step
from glowray.plan.nodes import Narrow, Node

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset
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
    """Options as type checkers see them; a verb's overloads tell apart over how many parameters a row is spread."""

    name: str | None
    on_error: str | pathlib.Path | None
    num_cpus: float | None
    num_gpus: float | None
    memory: int | None


@dataclass(frozen=True)
class Options:
    """The arguments that every verb with a function takes."""

    @classmethod
    def of(cls, verb: str, options: StepOptions) -> Options:
        """Those that a verb was given as keywords.

        Raises:
            TypeError: there is no such argument.
        """
        unknown = options.keys() - StepOptions.__annotations__.keys()
        if unknown:
            raise TypeError(f"{verb}() got an unexpected keyword argument {min(unknown)!r}")
        return cls(**options)

    name: str | None = None
    on_error: str | pathlib.Path | None = None
    num_cpus: float | None = None
    num_gpus: float | None = None
    memory: int | None = None

    def checked(self) -> Options:
        """These options, of a verb whose function is not one of a row: on_error has to be one, but never applies.

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
    """A lazy, immutable dataset of rows."""

    def __init__(self, node: Node, flow: Flow) -> None:
        self._node = node
        self._flow = flow

    @property
    def flow(self) -> Flow:
        """The flow that this dataset belongs to, with the statistics of its last action."""
        return self._flow

    @property
    def num_partitions(self) -> int:
        """The number of partitions; it follows from the input alone.

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

    def _step(self, step: Step, resources: Resources | None = None) -> Dataset[Any]:
        return self._with(Narrow(self._node, step, resources or Resources()))

    def _rowwise(
        self,
        kind: type[FunctionStep],
        verb: str,
        function: Callable[..., Any],
        options: Options,
        label: str | None = None,
    ) -> Dataset[Any]:
        """A verb that calls the user's function once a row; `label` shows a function that is made of field names."""
        return self._function_step(kind, verb, Function.of(function, verb, name=options.name, label=label), options)

    def _function_step(
        self, kind: type[FunctionStep], verb: str, function: Function, options: Options
    ) -> Dataset[Any]:  # fmt: skip
        asked = self._flow.settings.on_error if options.on_error is None else options.on_error
        step = kind(verb, function.label, function, error_policy(asked))
        return self._step(step, options.resources)

    def _granted(self, options: Options) -> Dataset[Any]:
        """These rows in tasks that have what a verb asks for whose function is not one of a row: that always raises."""
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
        """A verb that orders rows by a key; a key function that drops rows or needs resources is a step before it.

        `order(rows, function, is_keyed)` adds the verb; if `is_keyed` rows are (key, row) already.
        """
        if key is None:
            return order(self._granted(options), None, False)
        function = Function.of(key, verb, name=options.name, label=label)
        asked = self._flow.settings.on_error if options.on_error is None else options.on_error
        if error_policy(asked) == "raise" and options.resources == NO_NEEDS:
            return order(self._with(self._node), function, False)
        return order(self._function_step(KeyBy, verb, function, options), function, True)


def count_argument(verb: str, n: Any, least: int = 0) -> int:
    """n as an int, checked to be one (NumPy's count) of at least `least`.

    Raises:
        TypeError: not an int.
        ValueError: too small.
    """
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"{verb}() needs an int, got {n!r}")
    count = operator.index(n)
    if count < least:
        raise ValueError(f"{verb}() needs a number of at least {least}, got {count}")
    return count


def dataset_argument(verb: str, other: Any) -> Base[Any]:
    """`other`, checked to be a Dataset."""
    if not isinstance(other, Base):
        raise TypeError(
            f"{verb}() needs a Dataset, got {type(other).__name__}; make one with from_items(…) or a read_… source"
        )
    return other
