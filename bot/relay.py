"""Sends what the outbox owes: in order per lane, inside the platform's limits, until it is done.

A row is marked as being sent before the platform hears of it. If this process dies between the two,
or the platform's answer never comes, it is sent again with the same key where the platform
recognises that. Where it does not, the call itself is written down before it is made: a row that
was called and insists is sent again all the same (better twice than never), any other that was
called is left as unknown for the operator, and one that still waited its turn is owed as before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.core.clock import Clock
from bot.core.errors import Conflict
from bot.core.events import BotRemoved, Event
from bot.core.retry import dice, wait_before
from bot.metrics import Metrics
from bot.pace import Turns
from bot.parcels import NoFile, Packing, Parcel
from bot.platforms.port import (
    Delivery,
    DeliveryError,
    Errand,
    Limits,
    Platform,
    Rings,
    Together,
    Trouble,
)
from bot.router import Router
from bot.shelf import Shelf
from cards.render import text as as_text
from storage.tables.living import Living
from storage.tables.outbox import Outcome, Owed, State
from storage.unit_of_work import Database

log = logs.get(__name__)

# Sends that may be under way at once, per platform: at 50 a second this rides out answers that
# take up to two seconds.
AT_ONCE = 100
# Fewer than this are not worth a look at all that is owed, which in a rush is ten thousand rows;
# the others that are under way keep the platform busy meanwhile.
WORTH = 25
# How long a delivery that keeps failing is owed. Within it nothing is lost; after it nobody waits
# for the message any more and it is kept as dead.
OWED_FOR = timedelta(hours=24)
# A platform whose quota is used up is left alone this long before one row tries again: whoever
# buys more, or a new month, is noticed within it.
QUOTA_REST = timedelta(hours=1)
# The safety net under the wake-up call, in seconds.
POLL = 1.0
# While more is being sent, outcomes of this long are written down together. What a crash loses of
# them is sent again with the same key.
GATHER = 0.05
# How long, in seconds, a relay that is told to stop waits for the platforms' answers.
PATIENCE = 8.0
_AGAIN = (Trouble.BUSY, Trouble.PASSING, Trouble.UNKNOWN)
_REFUSED = (Trouble.CONTENT, Trouble.DENIED)
_NOT_FOR_GOOD = (*_AGAIN, Trouble.QUOTA)


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of a row, where its living card hangs now, and what is said instead of it."""

    outcome: Outcome
    living: Living | None = None
    instead: Owed | None = None


class Relay:
    """One relay serves all platforms; `run` is called by whoever leads."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        router: Router,
        shelf: Shelf,
        clock: Clock,
        metrics: Metrics,
        receive: Callable[[Event], Awaitable[object]],
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._packing = Packing(platforms, router, shelf)
        self._clock = clock
        self._metrics = metrics
        self._receive = receive
        self.turns = {name: Turns(platform.limits) for name, platform in platforms.items()}
        self.doors = {
            name: Turns(Limits(app=platform.limits.app)) for name, platform in platforms.items()
        }
        self._entries = {name: asyncio.Lock() for name in platforms}
        self._resting: dict[str, datetime] = {}
        self._trying: set[str] = set()
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[Any] | None] = set()
        self._settled: asyncio.Queue[_Fate] = asyncio.Queue()
        self.working = False

    def wake(self) -> None:
        """Something new may be owed."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until cancelled; then finish what is being sent and write it down."""
        settling = asyncio.create_task(self._settle_forever(), name="relay-settle")
        try:
            await self._recover()
            self.working = True
            while True:
                if not await self._step():
                    await self._sleep()
        finally:
            self.working = False
            await self._finish(settling)

    async def idle(self) -> bool:
        """Send all that may go now and write it down; whether anything was done."""
        did = await self._step()
        if self._sending:
            await asyncio.gather(*self._sending)
        await self._settle_now()
        return did

    async def _finish(self, settling: asyncio.Task[None]) -> None:
        for task in self._sending & self._waiting:
            task.cancel()
        if self._sending:
            await asyncio.wait(self._sending, timeout=PATIENCE)
        for task in self._sending:
            task.cancel()
        settling.cancel()
        await asyncio.gather(settling, *self._sending, return_exceptions=True)
        await self._settle_now()

    async def _recover(self) -> None:
        """Rows that a dead relay was sending."""
        async with self._database.begin() as uow:
            for name, platform in self._platforms.items():
                again, unknown = await uow.outbox.unfinished(
                    name, uow.now, repeats_safely=platform.repeats_safely
                )
                if again or unknown:
                    log.warning("taken over", platform=name, again=again, unknown=unknown)

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _step(self) -> bool:
        """Take due rows and start sending them; whether there were any."""
        room = AT_ONCE - len(self._sending)
        if room < WORTH:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            return True
        try:
            jobs = await self._take(room)
        except (SQLAlchemyError, OSError, Conflict) as error:
            log.error("cannot read what is owed", exc_info=error)
            return False
        for work in self._works(jobs):
            task = asyncio.create_task(work)
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
            task.add_done_callback(lambda _: self._wake.set())
        return bool(jobs)

    def _works(self, jobs: Sequence[Parcel]) -> Iterator[Coroutine[Any, Any, None]]:
        """One piece of work a job, or for several people who get the same in one call."""
        alike: dict[tuple[str, bytes], tuple[Together, list[Parcel]]] = {}
        for job in jobs:
            card = job.delivery.card if job.delivery else None
            platform = self._platforms[job.row.platform]
            private = job.row.to_kind == "person" and job.delivery and job.delivery.kind == "card"
            alone = card is None or card.urgent or not private
            if not alone and isinstance(platform, Together) and platform.most_together > 1:
                key = (job.row.platform, msgspec.json.encode(card))
                alike.setdefault(key, (platform, []))[1].append(job)
            else:
                yield self._serve(job)
        for together, group in alike.values():
            most = together.most_together
            for start in range(0, len(group), most):
                part = group[start : start + most]
                one = len(part) == 1
                yield self._serve(part[0]) if one else self._serve_together(part, together)

    async def _serve_together(self, jobs: Sequence[Parcel], platform: Together) -> None:
        if not await self._turn_of(*jobs):
            return
        deliveries = [job.delivery for job in jobs if job.delivery]
        outcomes: Sequence[str | DeliveryError]
        try:
            outcomes = await platform.deliver_together(deliveries)
        except DeliveryError as error:
            outcomes = [error] * len(jobs)
        except Exception as error:
            log.error("delivery broke", key=jobs[0].row.key, exc_info=error)
            outcomes = [DeliveryError(Trouble.PASSING, type(error).__name__)] * len(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, DeliveryError):
                await self._failed(job, outcome)
            else:
                self._sent(job, outcome)

    def _sent(self, job: Parcel, message: str) -> None:
        if job.row.platform in self._trying:
            self._trying.discard(job.row.platform)
            self._metrics.quota.labels(job.row.platform).set(0)
        self._metrics.sends.labels(job.row.platform, "sent").inc()
        log.info("sent", key=job.row.key, kind=job.row.kind, attempts=job.row.attempts + 1)
        self._settle(job, Outcome(job.row.key, State.SENT, self._clock.now(), message or None))

    async def _take(self, room: int) -> list[Parcel]:
        if await self._nothing_due():
            return []
        async with self._database.begin() as uow:
            awake = self._awake(uow.now)
            sure = [name for name in awake if name not in self._trying]
            rows = await uow.outbox.heads(sure, uow.now, room)
            # After a rest one row tries; the others follow when it has gone through.
            for name in self._trying.intersection(awake) if not self._sending else ():
                rows += await uow.outbox.heads([name], uow.now, 1)
            cards = await uow.living.get_many(
                [row.payload["living"] for row in rows if row.kind == "show"]
            )
            return [await self._packing.pack(row, cards, uow) for row in rows]

    def _awake(self, now: datetime) -> list[str]:
        """The platforms that are not resting."""
        for name in [name for name, until in self._resting.items() if until <= now]:
            del self._resting[name]
            self._trying.add(name)
        return [name for name in self._platforms if name not in self._resting]

    async def _nothing_due(self) -> bool:
        """A look without the write lock, so that an idle bot writes nothing."""
        async with self._database.read() as uow:
            due = await uow.outbox.next_due(self._awake(self._clock.now()))
        return due is None or due > self._clock.now()

    async def _serve(self, job: Parcel) -> None:
        row = job.row
        if job.delivery is None:
            state = State.PENDING if job.yet else State.DROPPED
            self._settle(job, Outcome(row.key, state, self._clock.now(), not_before=job.yet))
            return
        if row.kind == "file" and not await self._printed(job):
            return
        if not await self._turn_of(job):
            return
        platform = self._platforms[row.platform]
        try:
            if row.kind == "errand":
                message = ""
                errand = Errand(row.payload["what"], row.to, row.payload.get("detail", {}))
                for event in await platform.run(errand):
                    await self._receive(event)
            else:
                message = await platform.deliver(job.delivery)
        except DeliveryError as error:
            await self._failed(job, error)
        except Exception as error:
            log.error("delivery broke", key=row.key, exc_info=error)
            await self._failed(job, DeliveryError(Trouble.PASSING, type(error).__name__))
        else:
            self._sent(job, message)
            await self._ring(platform, job.delivery, message)

    async def _printed(self, job: Parcel) -> bool:
        """Print the job's file; whether there is one. Stopped meanwhile, it is owed as before."""
        try:
            await self._wait(self._packing.print_file(job))
        except asyncio.CancelledError:
            self._owe_again([job])
            raise
        except NoFile as error:
            log.error("file not printed", key=job.row.key, exc_info=error.__cause__)
            self._metrics.sends.labels(job.row.platform, str(Trouble.CONTENT)).inc()
            now = self._clock.now()
            outcome = Outcome(job.row.key, State.DEAD, now, None, str(error))
            self._settled.put_nowait(_Fate(outcome, None, job.instead(str(error), now)))
            return False
        return True

    async def _ring(self, platform: Platform, delivery: Delivery, message: str) -> None:
        """Make what is urgent ring; that it does not is no reason to send it again."""
        card = delivery.card
        if card is None or not card.urgent or delivery.kind != "card":
            return
        if isinstance(platform, Rings) and delivery.to_kind == "person":
            try:
                await platform.ring(message, delivery.to, card.summary or card.title)
            except Exception as error:  # noqa: BLE001  (the message itself has been sent)
                log.warning("did not ring", key=delivery.key, why=str(error))

    async def _turn_of(self, *jobs: Parcel) -> bool:
        """Wait until the platform's limits let these jobs go, as one call; whether they may.

        One that is told to stop while it waits has not been sent, and is owed as before. A platform
        that does not recognise a repeated call is called only after that has been written down, so
        that a crash while rows wait leaves nobody in doubt about them.
        """
        name, to = jobs[0].row.platform, jobs[0].row.to
        try:
            await self._wait(self.turns[name].take(to))
            if self._platforms[name].repeats_safely:
                return True
            return await self._called(name, to, [job.row.key for job in jobs])
        except asyncio.CancelledError:
            self._owe_again(jobs)
            raise
        except (SQLAlchemyError, OSError, Conflict) as error:
            log.error("cannot write down what is sent", exc_info=error)
            self._owe_again(jobs)
            return False

    async def _called(self, platform: str, to: str, keys: Sequence[str]) -> bool:
        """Write down that the platform is called now; whether the rows are still ours.

        One after the other, and at the door once more in the platform's pace: a slow disk lets
        several be written together, and they must neither reach the platform together nor be in
        doubt together while they wait there.
        """
        entry = self._entries[platform]
        await self._wait(entry.acquire())
        try:
            async with self._database.begin() as uow:
                mine = await uow.outbox.called(keys, uow.now)
            if mine:
                await self._wait(self.doors[platform].take(to))
            return mine
        finally:
            entry.release()

    async def _wait(self, free: Awaitable[object]) -> None:
        """What waits is not waited for when the relay stops."""
        task = asyncio.current_task()
        self._waiting.add(task)
        try:
            await free
        finally:
            self._waiting.discard(task)

    def _owe_again(self, jobs: Sequence[Parcel]) -> None:
        for job in jobs:
            self._settle(job, Outcome(job.row.key, State.PENDING, self._clock.now()))

    async def _failed(self, job: Parcel, error: DeliveryError) -> None:
        row, now = job.row, self._clock.now()
        self._metrics.sends.labels(row.platform, str(error.trouble)).inc()
        other = await self._otherwise(job, error)
        if other is None:
            return
        error = other
        if error.trouble is Trouble.QUOTA:
            state, when = State.PENDING, self._rest(row.platform, now, error)
        elif error.trouble is Trouble.UNKNOWN and not self._repeats(row):
            log.error("delivery unknown", key=row.key, kind=row.kind, why=str(error))
            state, when = State.UNKNOWN, now
        elif error.trouble in _AGAIN and now - (row.created_at or now) < OWED_FOR:
            wait = wait_before(row.attempts + 1, error.wait, chance=dice())
            self._metrics.retries.labels(row.platform).inc()
            log.warning("delivery put off", key=row.key, why=str(error), seconds=wait.seconds)
            state, when = State.PENDING, now + wait
        elif row.kind == "errand":
            log.warning("errand refused", key=row.key, what=row.payload["what"], why=str(error))
            state, when = State.DROPPED, now
        else:
            log.error("delivery dead", key=row.key, kind=row.kind, why=str(error))
            state, when = State.DEAD, now
        outcome = Outcome(row.key, state, now, None, str(error), when)
        instead = None
        if state is State.DEAD and row.kind == "file" and error.trouble in _REFUSED:
            instead = job.instead(job.why_not("refused.file_unsent"), now)
        self._settled.put_nowait(_Fate(outcome, None, instead))
        if error.trouble is Trouble.GONE and row.to_kind == "chat" and row.kind != "react":
            await self._gone(row, now)

    def _repeats(self, row: Owed) -> bool:
        """Whether to send once more what may have been sent."""
        safe = self._platforms[row.platform].repeats_safely
        return safe or row.kind == "errand" or bool(row.payload.get("insist"))

    def _rest(self, platform: str, now: datetime, error: DeliveryError) -> datetime:
        """Leave a platform alone whose quota is used up; everything stays owed."""
        if platform not in self._resting:
            log.error("quota used up, sending rests", platform=platform, why=str(error))
            self._metrics.quota.labels(platform).set(1)
            self._resting[platform] = now + QUOTA_REST
        return self._resting[platform]

    async def _otherwise(self, job: Parcel, error: DeliveryError) -> DeliveryError | None:
        """Send it in another way that avoids the error; the error to go on with, if any is left.

        A refused card becomes plain text; an answer whose question is gone stands on its own.
        """
        delivery = job.delivery
        if delivery is None or delivery.kind not in ("card", "text"):
            return error
        if error.trouble is Trouble.CONTENT and delivery.card:
            other = replace(delivery, kind="text", card=None, text=as_text.render(delivery.card))
        elif error.trouble is Trouble.GONE and delivery.reply_to:
            other = replace(delivery, reply_to="")
        else:
            return error
        if not await self._turn_of(job):
            return None
        try:
            message = await self._platforms[job.row.platform].deliver(other)
        except DeliveryError as worse:
            return worse if worse.trouble in _NOT_FOR_GOOD else error
        log.warning("sent otherwise", key=job.row.key, why=str(error))
        self._sent(job, message)
        return None

    async def _gone(self, row: Owed, now: datetime) -> None:
        """The platform says that the chat is not ours any more: as if it had told us."""
        event = BotRemoved(row.platform, (f"gone:{row.key}",), now, row.to)
        try:
            await self._receive(event)
        except Exception as error:
            log.error("could not note that a chat is gone", exc_info=error)

    def _settle(self, job: Parcel, outcome: Outcome) -> None:
        sent = outcome.state is State.SENT
        hung = job.hung(outcome.message, outcome.at) if sent else None
        self._settled.put_nowait(_Fate(outcome, hung))

    async def _settle_forever(self) -> None:
        while True:
            first = await self._settled.get()
            self._settled.put_nowait(first)
            if len(self._sending) > 1:
                await asyncio.sleep(GATHER)
            try:
                await self._settle_now()
            except (SQLAlchemyError, OSError, Conflict) as error:
                log.error("cannot write down what was sent", exc_info=error)
                await asyncio.sleep(POLL)

    async def _settle_now(self) -> None:
        """Write down what became of rows. On an error they are kept for the next try."""
        taken: list[_Fate] = []
        while not self._settled.empty():
            taken.append(self._settled.get_nowait())
        if not taken:
            return
        try:
            async with self._database.begin() as uow:
                await uow.living.hung([fate.living for fate in taken if fate.living])
                await uow.outbox.settle([fate.outcome for fate in taken])
                for fate in taken:
                    if fate.instead:
                        uow.outbox.owe(fate.instead)
        except BaseException:
            for fate in taken:
                self._settled.put_nowait(fate)
            raise
        self._wake.set()
