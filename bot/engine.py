"""The running whole: dispatcher, and relay and scheduler while this process leads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bot import logs
from bot.catching_up import WORTH_SAYING, CatchingUp
from bot.dispatcher import Dispatcher
from bot.heartbeat import Heartbeat
from bot.leader import Leader
from bot.librarian import Librarian
from bot.lines import Line
from bot.metrics import Metrics
from bot.platforms.port import Platform
from bot.refusals import Refusals
from bot.relay import Relay
from bot.scheduler import Scheduler
from storage.unit_of_work import Database

log = logs.get(__name__)


class Engine:
    """Starts and stops the parts in the right order."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        dispatcher: Dispatcher,
        relay: Relay,
        scheduler: Scheduler,
        leader: Leader,
        metrics: Metrics,
        refusals: Refusals,
        lines: Sequence[Line] = (),
        librarian: Librarian | None = None,
        catching_up: Sequence[CatchingUp] = (),
        heartbeat: Heartbeat | None = None,
    ) -> None:
        """`catching_up` is for the platforms that push to us: whoever leads asks what was missed;
        a long connection does that by itself."""
        self.database = database
        self.platforms = platforms
        self.dispatcher = dispatcher
        self.relay = relay
        self.scheduler = scheduler
        self.leader = leader
        self.metrics = metrics
        self.refusals = refusals
        self.lines = lines
        self.librarian = librarian
        self.catching_up = catching_up
        self.heartbeat = heartbeat
        self.leading = False
        self.leaving = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._leading: asyncio.Task[None] | None = None
        self._listening: list[asyncio.Task[None]] = []
        self._reading: asyncio.Task[None] | None = None
        self._counting: asyncio.Task[None] | None = None
        database.on_owed = self._owed

    async def start(self) -> None:
        await self.dispatcher.start()
        for platform in self.platforms.values():
            await platform.start()
        self._leading = asyncio.create_task(self._lead_forever(), name="leader")
        self._listening = [asyncio.create_task(line.run(), name="line") for line in self.lines]
        if self.librarian:
            self._reading = asyncio.create_task(self.librarian.run(), name="librarian")
        self._counting = asyncio.create_task(self.refusals.run(), name="refusals")

    async def stop(self) -> None:
        """Take nothing new, finish what is in hand."""
        self.leaving = True
        await _ended(*self._listening)
        await _ended(self._reading)
        # The relay hands what it learns to the dispatcher, so it ends first.
        await _ended(self._leading)
        await _ended(self._counting)
        await self.dispatcher.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for platform in self.platforms.values():
            await platform.stop()
        await self.leader.stop()
        await self.database.close()

    def _owed(self, _: set[str]) -> None:
        """Rows were committed: wake the relay, here or wherever it runs."""
        if self.leading:
            self.relay.wake()
            return
        task = asyncio.create_task(self.leader.tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _lead_forever(self) -> None:
        while True:
            async with self.leader.lead(self.relay.wake) as lost:
                self.leading = True
                self.metrics.leader.set(1)
                log.info("leading")
                duties = [
                    asyncio.create_task(self.relay.run(), name="relay"),
                    asyncio.create_task(self.scheduler.run(), name="scheduler"),
                    asyncio.create_task(_wait(lost), name="leader-lost"),
                ]
                besides = [
                    asyncio.create_task(one.since(None, least=WORTH_SAYING), name="catching-up")
                    for one in self.catching_up
                ]
                if self.heartbeat:
                    besides.append(
                        asyncio.create_task(self.heartbeat.run(self.not_ready), name="heartbeat")
                    )
                try:
                    await asyncio.wait(duties, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    self.leading = False
                    self.metrics.leader.set(0)
                    for duty in (*duties, *besides):
                        duty.cancel()
                    ended = await asyncio.gather(*duties, *besides, return_exceptions=True)
                for end in ended:
                    if isinstance(end, Exception):
                        log.error("duty ended", exc_info=end)
            await asyncio.sleep(0.5)

    async def not_ready(self) -> list[str]:
        """Why this process should get no traffic; empty when it should.

        A replica that does not lead is ready without relay and scheduler: another has them.
        """
        reasons = []
        if self.leaving:
            reasons.append("stopping")
        if not await self.database.answers():
            reasons.append("database does not answer")
        elif not await self.database.is_current():
            reasons.append("database is not migrated")
        if not self.dispatcher.working:
            reasons.append("dispatcher does not run")
        if self.leading and not (self.relay.working and self.scheduler.working):
            reasons.append("relay or scheduler does not run")
        if any(listening.done() for listening in self._listening):
            reasons.append("a long connection is not held any more")
        if self._leading is None or self._leading.done():
            reasons.append("leader election does not run")
        return reasons


async def _ended(*tasks: asyncio.Task[None] | None) -> None:
    """Cancel tasks and wait for their ends."""
    some = [task for task in tasks if task]
    for task in some:
        task.cancel()
    await asyncio.gather(*some, return_exceptions=True)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
