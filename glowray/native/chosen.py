"""The choice of loops: `compiled` if the package was built with a C compiler, else `portable`.

Both give the same results; `portable` is several times slower. Call `chosen.loops.words(…)`, so that tests can exchange
`loops`.
"""

from __future__ import annotations

from glowray.native.interface import Loops


def _choose() -> Loops:
    try:
        from glowray.native import compiled
    except ImportError:
        from glowray.native import portable

        return portable
    return compiled


loops = _choose()
