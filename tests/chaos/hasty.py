"""An event loop for which nobody has to wait: when there is nothing to do but to let time pass, it
has passed. Work of other threads and of a database is waited for in earnest.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

Result = TypeVar("Result")


class HastyLoop(asyncio.SelectorEventLoop):
    """Its `time()` runs ahead of the machine's."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._elsewhere: set[Any] = set()
        super().__init__()

    def time(self) -> float:
        return super().time() + self._ahead

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        work = super().run_in_executor(executor, func, *args)
        self._elsewhere.add(work)
        work.add_done_callback(self._elsewhere.discard)
        return work

    def heed(self, engine: AsyncEngine) -> None:
        """Let no time pass over while a connection of the engine is being made or in use."""
        pool, connecting = engine.sync_engine, object()
        event.listen(pool, "do_connect", lambda *_: self._elsewhere.add(connecting))
        event.listen(pool, "connect", lambda *_: self._elsewhere.discard(connecting))
        event.listen(pool, "checkout", lambda _, record, __: self._elsewhere.add(record))
        event.listen(pool, "checkin", lambda _, record: self._elsewhere.discard(record))

    def _run_once(self) -> None:
        if not self._ready and not self._elsewhere:  # type: ignore[attr-defined]
            timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
            while timers and timers[0].cancelled():
                heapq.heappop(timers)._scheduled = False  # type: ignore[attr-defined]
                self._timer_cancelled_count -= 1  # type: ignore[attr-defined]
            if timers:
                self._ahead += max(0.0, timers[0].when() - self.time())
        super()._run_once()  # type: ignore[misc]


class LoopClock:
    """A clock that goes as the loop's time does."""

    def __init__(self, begins: datetime, loop: asyncio.AbstractEventLoop) -> None:
        self._begins, self._loop, self._from = begins, loop, loop.time()

    def now(self) -> datetime:
        return self._begins + timedelta(seconds=self._loop.time() - self._from)


def run(story: Coroutine[Any, Any, Result]) -> Result:
    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        return runner.run(story)
