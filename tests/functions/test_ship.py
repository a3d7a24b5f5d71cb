from __future__ import annotations

import dataclasses
from typing import Any

from glowray.functions import ship


@dataclasses.dataclass
class Point:
    x: int


def test_functions_and_classes_keep_their_identity() -> None:
    call: Any = ship.loads(ship.dumps(lambda x: Point(x)))
    assert call(3) == Point(3)
    assert type(call(3)) is Point
