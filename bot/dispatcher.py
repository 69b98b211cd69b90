"""One event, one transaction; waiting events share it.

While a transaction runs, new events wait; those that wait are handled in the next one together, in
the order in which they came, so that a commit is paid once a batch. The shared transaction is
optimistic and has no savepoints: if anything in it goes wrong, all of it is rolled back and each
event is done again alone, where an error or a refusal harms nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import msgspec

from bot import logs
from bot.context import Reply
from bot.core.errors import Conflict, Overloaded, Refusal
from bot.core.events import Event
from bot.metrics import Metrics
from bot.routing import Routing
from storage.unit_of_work import Database, UnitOfWork

log = logs.get(__name__)

BATCH = 64
# More waiting than this cannot be handled within the platforms' three seconds.
MOST_WAITING = 2_000
# Feishu pushes an event five times in all (at once, then after 15 s, 5 min, 1 h and 6 h); the last
# delivery is the one at which an event that cannot be handled is put aside for the operator.
MOST_ATTEMPTS = 5
# An event that meets another process's change is read anew and tried again so often in all.
ALONE = 3


class _Alone(Exception):  # noqa: N818
    """This event cannot share a transaction."""


@dataclass(slots=True)
class _Waiting:
    event: Event
    done: asyncio.Future[Reply]
    since: float


class Dispatcher:
    """Takes events in and answers when their effects are durable."""

    def __init__(self, database: Database, routing: Routing, metrics: Metrics) -> None:
        self._database = database
        self._routing = routing
        self._metrics = metrics
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._worker = asyncio.create_task(self._work(), name="dispatcher")

    async def stop(self) -> None:
        """Finish what is waiting, then rest."""
        await self._queue.join()
        if self._worker:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    @property
    def working(self) -> bool:
        return self._worker is not None and not self._worker.done()

    async def handle(self, event: Event) -> Reply:
        """Handle an event; returns after its commit.

        Raises `Overloaded` when too much is waiting or nobody works, and whatever else means that
        the platform shall send the event again.
        """
        if self._queue.qsize() >= MOST_WAITING or not self.working:
            raise Overloaded
        waiting = _Waiting(event, asyncio.get_running_loop().create_future(), perf_counter())
        self._queue.put_nowait(waiting)
        self._metrics.waiting.set(self._queue.qsize())
        return await waiting.done

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._serve(batch)
            except asyncio.CancelledError:
                for waiting in batch:
                    waiting.done.cancel()
                raise
            finally:
                for waiting in batch:
                    self._queue.task_done()
                    self._metrics.handling.observe(perf_counter() - waiting.since)
                self._metrics.batch.observe(len(batch))

    async def _serve(self, batch: Sequence[_Waiting]) -> None:
        try:
            replies = await self._together([waiting.event for waiting in batch])
        except Exception as error:  # noqa: BLE001  (whatever it is, each is tried alone)
            if len(batch) > 1:
                log.info("batch split", events=len(batch), why=type(error).__name__)
            for waiting in batch:
                await self._serve_alone(waiting)
            return
        for waiting, reply in zip(batch, replies, strict=True):
            if not waiting.done.done():
                waiting.done.set_result(reply)

    async def _together(self, events: Sequence[Event]) -> list[Reply]:
        replies: list[Reply] = []
        handled: list[tuple[Event, list[str]]] = []
        async with self._database.begin() as uow:
            free = await uow.inbox.claim(
                ((event.platform, key) for event in events for key in event.keys),
                uow.now,
            )
            await self._routing.warm(uow, events)
            for event in events:
                keys = {(event.platform, key) for key in event.keys}
                if keys <= free:
                    free -= keys
                    before = len(uow.outbox.keys)
                    replies.append(await self._one(event, uow))
                    handled.append((event, uow.outbox.keys[before:]))
                    if len(replies) % 8 == 0:
                        await asyncio.sleep(0)
                else:
                    replies.append(Reply())
                    self._metrics.events.labels(event.platform, "duplicate").inc()
            await uow.inbox.recovered(
                (event.platform, key) for event, _ in handled for key in event.keys
            )
        for event, owed in handled:
            _log_handled(event, owed)
        return replies

    async def _one(self, event: Event, uow: UnitOfWork) -> Reply:
        before = uow.effects
        try:
            return await self._routing.handle(event, uow)
        except Refusal as refused:
            if uow.effects != before:
                raise _Alone from refused
            return await self._routing.refuse(event, refused, uow)

    async def _serve_alone(self, waiting: _Waiting) -> None:
        event = waiting.event
        try:
            reply = await self._alone(event)
        except Exception as error:  # noqa: BLE001  (counted, logged, and sent again or parked)
            try:
                reply = await self._failed(event, error)
            except Exception as worse:  # noqa: BLE001  (the database is away: send again)
                if not waiting.done.done():
                    waiting.done.set_exception(worse)
                return
        if not waiting.done.done():
            waiting.done.set_result(reply)

    async def _alone(self, event: Event) -> Reply:
        keys = [(event.platform, key) for key in event.keys]
        tries = ALONE
        while True:
            tries -= 1
            try:
                async with self._database.begin() as uow:
                    if await uow.inbox.claim(keys, uow.now) != set(keys):
                        self._metrics.events.labels(event.platform, "duplicate").inc()
                        raise _Duplicate
                    reply = await self._routing.handle(event, uow)
                    await uow.inbox.recovered(keys)
                _log_handled(event, uow.outbox.keys)
                return reply
            except _Duplicate:
                return Reply()
            except Refusal as refused:
                async with self._database.begin() as uow:
                    await uow.inbox.claim(keys, uow.now)
                    await uow.inbox.recovered(keys)
                    return await self._routing.refuse(event, refused, uow)
            except Conflict:
                if not tries:
                    raise

    async def _failed(self, event: Event, error: Exception) -> Reply:
        """Count a failure; give up on an event that has failed at every delivery."""
        log.error("event failed", event_id=event.id, kind=event.kind, exc_info=error)
        key = (event.platform, event.id)
        kept = msgspec.json.encode(event, enc_hook=str).decode()
        async with self._database.begin() as uow:
            attempts = await uow.inbox.fail(key, type(error).__name__, kept, uow.now)
            if attempts < MOST_ATTEMPTS:
                reply = None
            else:
                await uow.inbox.claim([(event.platform, k) for k in event.keys], uow.now)
                await uow.inbox.park(key, uow.now)
                reply = Reply()
        if reply is None:
            raise error
        log.error("event parked", event_id=event.id, kind=event.kind)
        return reply


def _log_handled(event: Event, owed: Sequence[str]) -> None:
    """An event is followed by its id to here, and what it owes by its keys to the relay."""
    log.info("event handled", event_id=event.id, kind=event.kind, owed=list(owed))


class _Duplicate(Exception):  # noqa: N818
    """Somebody has handled this event; what the claim wrote is taken back."""
