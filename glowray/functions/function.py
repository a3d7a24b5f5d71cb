"""A user's function that a verb received: its checks, its name and place, and how rows spread over its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from glowray.boundary import is_own_file
from glowray.functions.caller import full_site, short_site, user_site
from glowray.functions.captures import culprit, pickling_error, reading_error
from glowray.functions.names import label_of, place_of
from glowray.functions.show import shown
from glowray.functions.signature import Signature, is_async, parameters, signature
from glowray.functions.spread import Spread, Whole, spread_arguments, width
from glowray.rows.objects.static_attributes import class_name, is_instance


@dataclass(frozen=True, eq=False)
class Function:
    """A user's function in a plan.

    Args:
        call: the callable.
        verb: the verb that received it.
        label: its name in plans, messages and task names.
        site: its definition in short, "word_count.py:12". None for C code, as for `filename` and `lineno`.
        filename: the file that defines it.
        lineno: the line that defines it.
        spread: the number of arguments that a tuple or list row is spread over. None: the row is one argument.
        name: the user's own name for the step.
        required: the number of positional parameters without a default. None for C code.
        of_row: False for reducers, aggregates and functions of a whole partition.
        of_value: True if the function's argument is the value of a keyed row, and not the row.
        gives_items: True if the function returns an iterable of rows.
        is_named: True if the user gave field names instead. The label shows them, and the code is glowray's.
        is_glowrays: True for a function of Python that glowray chose, such as operator.add for sum().
    """

    call: Callable[..., Any]
    verb: str
    label: str
    site: str | None = None
    filename: str | None = None
    lineno: int | None = None
    spread: int | None = None
    name: str | None = None
    required: int | None = None
    of_row: bool = True
    of_value: bool = False
    gives_items: bool = False
    is_named: bool = False
    is_glowrays: bool = False

    @classmethod
    def of(
        cls,
        call: Any,
        verb: str,
        *,
        name: str | None = None,
        spreads: bool = True,
        arguments: tuple[int, ...] = (),
        ships: bool = True,
        of_value: bool = False,
        gives_items: bool = False,
        label: str | None = None,
        is_glowrays: bool = False,
    ) -> Function:
        """Return the Function of a callable that a verb received, after checking it.

        `spreads` is True for functions of one row. For others `arguments` lists the numbers of arguments that the verb
        may pass: (2,) for a reducer, (1, 2) for map_partitions. `ships` is False if the function stays in the driver.
        `label` shows the field names that the user gave instead of a function.

        >>> Function.of(lambda word, n: n, "map").spread
        2
        >>> Function.of(str.upper, "map").label
        'str.upper'

        Raises TypeError if it is async or not callable, if the verb cannot fill its parameters, or if it captures an
        unpicklable variable. The message names the function, its place and the fix.
        """
        _check_callable(call, verb, name)
        inner = call.function if is_instance(call, Spread) or is_instance(call, Whole) else call
        known = signature(inner)
        place = None if label else place_of(inner)
        function = cls(
            call=call if is_instance(call, Spread) else inner,
            verb=verb,
            label=name or label or label_of(inner),
            site=short_site(*place) if place else None,
            filename=place[0] if place else None,
            lineno=place[1] if place else None,
            spread=_spread_of(call, known) if spreads else None,
            name=name,
            required=known.required if known else None,
            of_row=spreads,
            of_value=of_value,
            gives_items=gives_items,
            is_named=label is not None,
            is_glowrays=is_glowrays,
        )
        _check_sync(inner, function)
        _check_parameters(call, known, function, arguments)
        if ships:
            _check_pickling(inner, function)
        # If the number of spread fields is fixed, the function needs no wrapper at run time.
        return function if function.spread is None else _unwrapped(function, inner)

    @property
    def is_own(self) -> bool:
        """Return whether the function is glowray's own. Verbs that are built from other verbs have such functions."""
        return self.is_glowrays or (self.filename is not None and is_own_file(self.filename))

    @property
    def definition(self) -> str | None:
        """Return where the function is defined, with the full path. Return None for C code."""
        return full_site(self.filename, self.lineno) if self.filename and self.lineno else None

    @property
    def described(self) -> str:
        """Return the function's name for messages: its label, and its site if it has one."""
        return f"{self.label} ({self.site})" if self.site and self.site not in self.label else self.label

    def arguments(self, row: Any) -> tuple[Any, ...]:
        """Return the arguments for a row (in map_values, for a value). Raises TypeError if its fields do not fit."""
        return (row,) if self.spread is None else spread_arguments(row, self.spread, self)


def _unwrapped(function: Function, inner: Callable[..., Any]) -> Function:
    if function.call is inner:
        return function
    return Function(**{**vars(function), "call": inner})


def _spread_of(call: Any, known: Signature | None) -> int | None:
    if is_instance(call, Whole):
        return None
    if is_instance(call, Spread) and known is not None and known.most != known.required:
        return None  # Several numbers of fields fit, so the wrapper looks at each row.
    return width(known)


def _check_callable(call: Any, verb: str, name: str | None) -> None:
    if not callable(call):
        raise TypeError(f"{verb}() needs a function, got {shown(call, 80)} ({class_name(type(call))}), {_called()}")
    if name is not None and (not isinstance(name, str) or not name):
        raise TypeError(f"{verb}(name=…) must be a str that is not empty, got {shown(name, 80)}, {_called()}")


def _check_sync(call: Any, function: Function) -> None:
    if is_async(call):
        raise TypeError(
            f"{function.verb}() needs an ordinary function, but {function.described} is an async def; write a def"
            f" that calls asyncio.run(…) on it, best once a partition in map_partitions(), {_called()}"
        )


def _check_parameters(call: Any, known: Signature | None, function: Function, arguments: tuple[int, ...]) -> None:
    if is_instance(call, Spread) and not function.of_row:
        raise TypeError(f"{function.verb}() does not spread rows: pass {function.described} without gr.spread()")
    if known is None:
        return
    subject = f"{function.verb}() cannot call {function.described}:"
    if known.keyword_only:
        names = ", ".join(known.keyword_only)
        raise TypeError(f"{subject} nothing gives its keyword-only {names}; bind them with partial(), {_called()}")
    if function.of_row:
        _check_row_parameters(call, known, function, subject)
    elif arguments and not any(_fits(known, count) for count in arguments):
        wanted = " or ".join(str(count) for count in arguments)
        plural = "" if wanted == "1" else "s"
        raise TypeError(f"{subject} it takes {known}, but is called with {wanted} argument{plural}, {_called()}")


def _check_row_parameters(call: Any, known: Signature, function: Function, subject: str) -> None:
    what = "value" if function.of_value else "row"
    if known.most == 0:
        raise TypeError(f"{subject} it takes no parameters, but is called with a {what}, {_called()}")
    if is_instance(call, Whole) and known.required >= 2:
        needs = parameters(known.required)
        raise TypeError(f"{subject} it needs {needs}, but gr.whole() gives it the {what} as one, {_called()}")


def _fits(known: Signature, count: int) -> bool:
    return known.required <= count and (known.most is None or count <= known.most)


def _check_pickling(call: Any, function: Function) -> None:
    error = pickling_error(call)
    if error is None:
        return
    found = culprit(call, error)
    subject = f"{function.verb}() cannot send {function.described} to workers"
    if found is None:
        fix = "define it with def, or make it inside a function"
        raise TypeError(f"{subject}, as it cannot be pickled: {error}; {fix}, {_called()}") from error
    fix = "create it inside the function, or once a partition in map_partitions()"
    if found.is_own:
        fix = "capture rows that were collected, or join the two"
    raise TypeError(
        f"{subject}: it captures {found}, which cannot be pickled: {found.error}; {fix}, {_called()}"
    ) from error


def unreadable(functions: Iterable[Function], error: Exception) -> TypeError:
    """Return the error for functions that a task could not unpickle. It names the failing function and its capture."""
    for function in functions:
        own = reading_error(function.call)
        found = None if own is None else culprit(function.call, own, reading_error)
        if own is not None:
            what = f"what it captures, {found}," if found else "it"
            return TypeError(
                f"{function.verb}() cannot send {function.described} to workers: {what} can be pickled, but not"
                f" unpickled: {found.error if found else own}"
            )
    return TypeError(f"what a task needs can be pickled, but not unpickled: {error}")


def _called() -> str:
    return f"called at {full_site(*user_site())}"
