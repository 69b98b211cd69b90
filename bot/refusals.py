"""Pushes that are not authentic, counted for the operator.

Whoever finds the address can push anything at it. What is refused is counted in memory and written
down once a minute, so that it costs one write a minute and not one a push.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter

from bot import logs
from bot.metrics import Metrics
from storage.unit_of_work import Database

log = logs.get(__name__)

# In seconds.
EVERY = 60.0
# Statistics do not hold a stop up.
LAST_WITHIN = 2.0


class Refusals:
    """Counts in every process; the counts of all add up in the database."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._counts: Counter[tuple[str, str]] = Counter()

    def note(self, platform: str, why: str) -> None:
        """One push was refused; what is wrong are the verifiers' few words, the remedy left out."""
        reason = re.split("[:;]", why)[0]
        log.warning("push refused", platform=platform, why=why)
        self._metrics.refused.labels(platform, reason).inc()
        self._counts[platform, reason] += 1

    async def run(self) -> None:
        """Write down every minute until cancelled; then once more."""
        try:
            while True:
                await asyncio.sleep(EVERY)
                await self._write()
        finally:
            async with asyncio.timeout(LAST_WITHIN):
                await self._write()

    async def _write(self) -> None:
        counts = Counter(self._counts)
        if not counts:
            return
        try:
            async with self._database.begin() as uow:
                await uow.inbox.refused(counts, uow.now)
            self._counts -= counts
        except Exception as error:  # noqa: BLE001  (whatever it is, counting goes on)
            log.warning("cannot write down what was refused", why=type(error).__name__)
