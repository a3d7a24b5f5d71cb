"""Looking at a plan without running it."""

from __future__ import annotations

from glowray.action.perform import prepare
from glowray.dataset.base import Base, T_co
from glowray.watch.explain import explained


class Looking(Base[T_co]):
    """explain."""

    def explain(self) -> str:
        """The plan, its stages and partitions, and the engine with the reason for it. Runs nothing.

        >>> import glowray as gr
        >>> print(gr.Flow("demo", engine="inline").from_range(4, partitions=2).map(abs).explain())
        demo
        plan
          from_range(0, 4)
          map(abs)
        stages
          1  from_range→map  2 partitions
        engine  inline (asked for)
        """
        settings = self._flow.settings
        prepared = prepare(settings, [self._node])
        return explained(settings.name, self._node, prepared.stages.stages, prepared.choice)
