"""Sends within a platform's limits: exact sliding windows over pyrate-limiter's bucket.

A leaky bucket would let nearly twice the limit through in one second. Only the bucket is used: the
library's own waiting needs a thread, and the relay knows better what to send meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from bot.platforms.port import Limits

_FORGET = 512


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


class Pace:
    """Says how long the next send has to wait. One app, many chats."""

    def __init__(self, limits: Limits, seconds: Callable[[], float] = _loop_time) -> None:
        self._limits = limits
        self._seconds = seconds
        self._app = _bucket(limits.app)
        self._chats: dict[str, InMemoryBucket] = {}

    def wait(self, chat: str) -> tuple[float, bool]:
        """0 when a send to `chat` may go now, and it counts; else the seconds until it might.

        The second value tells whether that wait is the whole app's and not just this chat's.
        """
        item = RateItem("send", int(self._seconds() * 1000))
        of_chat = self._chats.setdefault(chat, _bucket(self._limits.chat))
        for bucket in (of_chat, self._app):
            bucket.leak(item.timestamp)
            free = _ms_until_free(bucket, item)
            if free:
                return free / 1000, bucket is self._app
        of_chat.put(item)
        self._app.put(item)
        if len(self._chats) > _FORGET:
            self._chats = {name: b for name, b in self._chats.items() if _busy(b, item)}
        return 0.0, False


class Turns:
    """Lets senders through, one after the other, as a pace allows."""

    def __init__(self, limits: Limits) -> None:
        self.pace = Pace(limits)
        self.queue = asyncio.Lock()

    async def take(self, chat: str) -> None:
        """Wait until a send to `chat` may go; then it counts.

        Whoever waits for the app's next slot holds the queue until they have it; whoever waits for
        their chat's lets the others pass.
        """
        while True:
            async with self.queue:
                wait, of_all = self.pace.wait(chat)
                while of_all:
                    await asyncio.sleep(wait)
                    wait, of_all = self.pace.wait(chat)
            if not wait:
                return
            await asyncio.sleep(wait)


def _bucket(windows: Sequence[tuple[int, float]]) -> InMemoryBucket:
    rates = [Rate(count, round(seconds * 1000)) for count, seconds in windows]
    return InMemoryBucket(rates or [Rate(1_000_000, 1)])


def _ms_until_free(bucket: InMemoryBucket, item: RateItem) -> int:
    """How long until every window has room; the bucket is only looked at."""
    longest = 0
    for rate in bucket.rates:
        inside = [i.timestamp for i in bucket.items[-rate.limit :]]
        if len(inside) == rate.limit:
            longest = max(longest, inside[0] + rate.interval - item.timestamp + 1)
    return max(longest, 0)


def _busy(bucket: InMemoryBucket, item: RateItem) -> bool:
    bucket.leak(item.timestamp)
    return bool(bucket.items)
