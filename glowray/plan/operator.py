"""What a plan asks of the operators in its nodes. Kernels define them; the plan only carries them."""

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
        """The name of the user's function, or the verb again if it has none."""
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
        """The part of a keyed row that comes out for it: 0 for the key, 1 for the value; None for another row."""
        ...

    @property
    def puts_part(self) -> int | None:
        """The part of the keyed row that comes out which is the row that came in; None if there is none."""
        ...

    @property
    def may_grow(self) -> bool:
        """Whether many rows may come out for one row."""
        ...
