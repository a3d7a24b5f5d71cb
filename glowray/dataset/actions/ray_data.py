"""The action that hands rows to Ray Data."""

from __future__ import annotations

from typing import Any

from glowray.dataset.core.base import Base, T_co


class RayDataActions(Base[T_co]):
    """The action to_ray."""

    def to_ray(self) -> Any:
        """Return all rows as a ray.data.Dataset. On Ray no row comes to the driver: blocks pass as references.

        >>> import glowray as gr
        >>> gr.from_range(3).map(lambda n: {"n": n}).to_ray().take(2)  # doctest: +SKIP
        [{'n': 0}, {'n': 1}]

        Records become columns, in order of first appearance, with one type for all rows; a field that a row lacks is
        null. A row that is no dict becomes {"item": row}, as by ray.data.from_items(). Each partition is a block, and
        rows keep their order. The rows are computed now, and stay in Ray's object store as long as the dataset does.

        The job runs on Ray, unless the flow asks for engine="inline": then the blocks are put into the store from here.

        Raises:
            ClusterError: no Ray is connected, and the flow does not ask for engine="ray".
            InexactColumn: Arrow cannot hold a column exactly, such as ints beside floats or a tuple. The message names
                the column, and both rows if their types differ.
        """
        from glowray.action.record_tables import to_ray_data

        return to_ray_data(self._flow.settings, self._flow.outcome, self._node)
