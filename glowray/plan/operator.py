"""The properties of operators that a plan uses. Kernels define operators; the plan only carries them."""

from __future__ import annotations

from typing import Protocol


class Operator(Protocol):
    """An operator on the rows of each partition, described by its traits."""

    @property
    def verb(self) -> str:
        """The verb that the user called."""
        ...

    @property
    def label(self) -> str:
        """The name of the user's function, or the verb if there is no function."""
        ...

    @property
    def is_nested(self) -> bool:
        """Whether a task draws its rows through a call of its own, nested in the call of the next operator."""
        ...

    @property
    def keeps_keys(self) -> bool:
        """Whether each keyed row keeps its key, so that partitions by key stay partitions by key."""
        ...

    @property
    def keeps_rows(self) -> bool:
        """Whether each row that comes out is a row that came in, unchanged."""
        ...

    @property
    def takes_part(self) -> int | None:
        """0 if it gives the key of each keyed row, 1 if it gives the value, None if it gives another row."""
        ...

    @property
    def puts_part(self) -> int | None:
        """The part of its keyed rows that is the input row: 0 for the key, 1 for the value. None if neither is."""
        ...

    @property
    def may_grow(self) -> bool:
        """Whether many rows may come out for one row."""
        ...
