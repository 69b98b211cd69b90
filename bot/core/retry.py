"""How long to wait before trying again."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=5)


def wait_before(attempt: int, told: timedelta | None = None, *, chance: float) -> timedelta:
    """Time to wait after failed attempt number `attempt` (1 is the first).

    Doubles from one second to five minutes with full jitter on the upper half, so that many
    senders that failed together do not come back together. What the platform `told` (Feishu's
    `x-ogw-ratelimit-reset`) is a lower bound. `chance` is a number in [0, 1).
    """
    step = min(FIRST * (1 << min(max(attempt - 1, 0), 20)), LONGEST)
    wait = step / 2 + step / 2 * chance
    return max(wait, (told or timedelta()) + FIRST * chance)


def dice() -> float:
    """A chance in [0, 1). Not for secrets."""
    return random.random()
