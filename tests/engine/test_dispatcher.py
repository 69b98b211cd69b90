"""The dispatcher, branch by branch: batches, duplicates, refusals, failures, overload, stopping."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text as sql

from bot.context import Context, Reply
from bot.core.clock import FrozenClock
from bot.core.errors import Conflict, Overloaded, Refusal
from bot.core.events import BotRemoved, ChatKind, Event, Message, Someone
from bot.dispatcher import ALONE, BATCH, MOST_ATTEMPTS, MOST_WAITING, Dispatcher
from bot.metrics import Metrics
from bot.router import Router
from bot.routing import Routing
from bot.shelf import Shelf
from storage.tables.outbox import Owed, State
from storage.unit_of_work import Database
from tests.engine.conftest import until
from tests.hearing import told

Act = Callable[[Event, Context], Awaitable[None]]


@dataclass
class Desk:
    """A dispatcher whose handler of private chats does what each event's chat is named after."""

    database: Database
    clock: FrozenClock
    metrics: Metrics = field(default_factory=Metrics)
    router: Router = field(default_factory=Router)
    acts: dict[str, Act] = field(default_factory=dict)
    handled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(self.database, Routing(self.router, Shelf()), self.metrics)
        self.router.events[BotRemoved] = [self._handle]

    async def _handle(self, event: Any, ctx: Context) -> None:
        self.handled.append(event.chat)
        payload = {"emoji": "OK", "reply_to": event.chat}
        owed = Owed("fake", "react", "chat", event.chat, payload, ctx.now, event.chat)
        ctx.uow.outbox.owe(owed)
        if act := self.acts.get(event.chat):
            await act(event, ctx)

    def event(self, name: str, *keys: str) -> BotRemoved:
        return BotRemoved("fake", keys or (f"e:{name}",), self.clock.now(), name)

    async def tell(self, *names: str) -> list[Reply | BaseException]:
        """Events that come at once."""
        events = [self.event(name) for name in names]
        handling = [self.dispatcher.handle(event) for event in events]
        return list(await asyncio.gather(*handling, return_exceptions=True))

    async def owed(self) -> list[str]:
        async with self.database.read() as uow:
            return [row.to for row in await uow.outbox.list(list(State), 5_000)]

    async def troubles(self) -> dict[str, tuple[int, bool]]:
        """By key: attempts, and whether it is parked."""
        async with self.database.engine.connect() as connection:
            rows = await connection.execute(sql("SELECT * FROM troubles"))
            return {row.key: (row.attempts, bool(row.parked_at)) for row in rows}

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest_asyncio.fixture
async def desk(database: Database, clock: FrozenClock) -> AsyncIterator[Desk]:
    desk = Desk(database, clock)
    await desk.dispatcher.start()
    yield desk
    await desk.dispatcher.stop()


def fails(error: BaseException, times: int = 1_000) -> Act:
    left = [error] * times

    async def act(event: Event, ctx: Context) -> None:
        if left:
            raise left.pop()

    return act


# --- batches --------------------------------------------------------------------------------------


async def test_what_waits_shares_a_commit_in_the_order_in_which_it_came(desk: Desk) -> None:
    names = [f"oc_{n}" for n in range(BATCH + 6)]
    assert await desk.tell(*names) == [Reply()] * len(names)
    assert desk.handled == names
    assert sorted(await desk.owed()) == sorted(names)
    assert desk.count("golive_batch_events_count") == 2
    assert desk.count("golive_batch_events_sum") == BATCH + 6
    assert desk.count("golive_batch_events_bucket", le="8.0") == 1
    assert desk.count("golive_handler_seconds_count") == BATCH + 6


async def test_one_alone_is_answered_after_its_commit(desk: Desk) -> None:
    assert await desk.tell("oc_1") == [Reply()]
    assert await desk.owed() == ["oc_1"]
    assert 0 < desk.count("golive_handler_seconds_sum") < 5


async def test_an_event_that_came_before_does_nothing(desk: Desk) -> None:
    await desk.tell("oc_1")
    assert await desk.tell("oc_1", "oc_2") == [Reply(), Reply()]
    assert desk.handled == ["oc_1", "oc_2"]
    assert desk.count("golive_events_total", platform="fake", outcome="duplicate") == 1


async def test_the_same_event_twice_in_one_batch_counts_once(desk: Desk) -> None:
    await desk.tell("oc_1", "oc_1", "oc_1")
    assert desk.handled == ["oc_1"]
    assert desk.count("golive_events_total", platform="fake", outcome="duplicate") == 2


async def test_one_message_under_two_event_ids_counts_once(desk: Desk) -> None:
    first, second = desk.event("oc_1", "a", "message:1"), desk.event("oc_2", "b", "message:1")
    await desk.dispatcher.handle(first)
    await desk.dispatcher.handle(second)
    third = desk.event("oc_3", "b")
    await desk.dispatcher.handle(third)
    assert desk.handled == ["oc_1"], (
        "the second claimed all its keys, so that nothing is done twice"
    )


async def test_the_loop_lives_while_a_batch_is_handled(desk: Desk) -> None:
    beats = 0
    done = False

    async def beat() -> None:
        nonlocal beats
        while not done:
            beats += 1
            await asyncio.sleep(0)

    seen: list[int] = []

    async def look(event: Event, ctx: Context) -> None:
        seen.append(beats)

    names = [f"oc_{n}" for n in range(17)]
    desk.acts = dict.fromkeys(names, look)
    heart = asyncio.create_task(beat())
    await desk.tell(*names)
    done = True
    await heart
    between = [later - earlier for earlier, later in itertools.pairwise(seen)]
    assert between[7] > 0
    assert between[15] > 0


# --- one that spoils the batch --------------------------------------------------------------------


async def test_one_that_fails_harms_nobody_else(desk: Desk) -> None:
    desk.acts["bad"] = fails(RuntimeError("odd"))
    good, bad, also = await desk.tell("oc_1", "bad", "oc_2")
    assert (good, also) == (Reply(), Reply())
    assert isinstance(bad, RuntimeError)
    assert sorted(await desk.owed()) == ["oc_1", "oc_2"]
    assert await desk.troubles() == {"e:bad": (1, False)}


async def test_a_failed_one_is_handled_when_it_comes_again(desk: Desk) -> None:
    desk.acts["bad"] = fails(RuntimeError("odd"), times=2)
    (first,) = await desk.tell("bad")
    assert isinstance(first, RuntimeError)
    assert await desk.owed() == []
    assert await desk.tell("bad") == [Reply()]
    assert await desk.owed() == ["bad"]
    (again,) = await desk.tell("bad")
    assert again == Reply()
    assert await desk.owed() == ["bad"]


async def test_what_recovers_with_others_is_no_trouble_any_more(desk: Desk) -> None:
    desk.acts["bad"] = fails(RuntimeError("odd"), times=2)
    await desk.tell("bad", "oc_1")
    assert await desk.troubles() == {"e:bad": (1, False)}
    assert await desk.tell("oc_2", "bad") == [Reply(), Reply()]
    assert await desk.troubles() == {}


async def test_what_is_refused_in_the_end_is_no_trouble_any_more(desk: Desk) -> None:
    """It wrote something before it was refused, so that it has to be done alone."""
    desk.acts["bad"] = fails(RuntimeError("odd"), times=2)
    await desk.tell("bad")
    assert await desk.troubles() == {"e:bad": (1, False)}
    desk.acts["bad"] = fails(Refusal("refused.no_project"))
    assert await desk.tell("bad") == [Reply()]
    assert await desk.troubles() == {}


async def test_what_recovers_alone_is_no_trouble_any_more(desk: Desk) -> None:
    desk.acts["bad"] = fails(RuntimeError("odd"), times=3)
    await desk.tell("bad")
    assert await desk.troubles() == {"e:bad": (1, False)}
    assert await desk.tell("bad") == [Reply()]
    assert desk.handled == ["bad"] * 4
    assert await desk.troubles() == {}


async def test_what_failed_at_every_delivery_is_parked_and_answered(desk: Desk) -> None:
    desk.acts["bad"] = fails(RuntimeError("odd"))
    for number in range(1, MOST_ATTEMPTS):
        (answer,) = await desk.tell("bad")
        assert isinstance(answer, RuntimeError)
        assert await desk.troubles() == {"e:bad": (number, False)}
    assert await desk.tell("bad") == [Reply()]
    assert await desk.troubles() == {"e:bad": (MOST_ATTEMPTS, True)}
    async with desk.database.read() as uow:
        (parked,) = await uow.inbox.parked()
    assert (parked.error, '"chat":"bad"' in parked.event) == ("RuntimeError", True)
    before = len(desk.handled)
    assert await desk.tell("bad") == [Reply()]
    assert len(desk.handled) == before, "a parked event does not come back by itself"


async def test_what_meets_another_change_is_done_again_three_times(desk: Desk) -> None:
    desk.acts["met"] = fails(Conflict("two"), times=3)
    assert await desk.tell("met") == [Reply()]
    assert desk.handled == ["met"] * (1 + ALONE), "once together, then alone"
    assert await desk.owed() == ["met"]


async def test_what_always_meets_another_change_fails(desk: Desk) -> None:
    desk.acts["met"] = fails(Conflict("two"))
    (answer,) = await desk.tell("met")
    assert isinstance(answer, Conflict)
    assert len(desk.handled) == 1 + ALONE
    assert await desk.troubles() == {"e:met": (1, False)}


async def test_one_done_by_another_process_meanwhile_is_a_duplicate(desk: Desk) -> None:
    """The batch fails; before its turn alone comes, a replica has claimed the event."""
    real = desk.dispatcher._serve_alone

    async def late(waiting: Any) -> None:
        async with desk.database.begin() as uow:
            await uow.inbox.claim([("fake", key) for key in waiting.event.keys], uow.now)
        await real(waiting)

    desk.dispatcher._serve_alone = late  # type: ignore[method-assign]
    desk.acts["oc_1"] = fails(RuntimeError("odd"), times=1)
    assert await desk.tell("oc_1") == [Reply()]
    assert desk.handled == ["oc_1"]
    assert desk.count("golive_events_total", platform="fake", outcome="duplicate") == 1
    assert await desk.owed() == []


# --- refusals -------------------------------------------------------------------------------------


def said(desk: Desk, name: str = "k1", words: str = "??") -> Message:
    sender = Someone("ou_li", "李雷")
    return Message(
        "fake", (name,), desk.clock.now(), "p2p", ChatKind.PRIVATE, "om_1", sender, words
    )


@pytest.fixture
def refusing(desk: Desk) -> Desk:
    """Refuses every text."""

    async def refuse(event: Message, ctx: Context) -> None:
        raise Refusal("refused.no_project")

    desk.router.texts.append(refuse)
    return desk


async def test_a_refusal_is_said_in_the_shared_transaction(refusing: Desk) -> None:
    await refusing.dispatcher.handle(said(refusing))  # from now on it is known who speaks
    refused, other = await asyncio.gather(
        refusing.dispatcher.handle(said(refusing, "k2")),
        refusing.dispatcher.handle(refusing.event("oc_1")),
    )
    assert (refused, other) == (Reply(), Reply())
    assert refusing.handled == ["oc_1"], "the batch was not split for it"
    assert len(await refusing.owed()) == 3


async def test_a_refusal_after_something_was_written_is_said_once(refusing: Desk) -> None:
    """Here what was written is who speaks; the event that shared the batch is done again alone."""
    await asyncio.gather(
        refusing.dispatcher.handle(refusing.event("oc_1")),
        refusing.dispatcher.handle(said(refusing)),
    )
    assert refusing.handled == ["oc_1", "oc_1"]
    assert len(await refusing.owed()) == 2


async def test_a_refusal_after_effects_takes_them_back(desk: Desk) -> None:
    """What was owed before it is not sent, and the event does not come again."""
    desk.acts["oc_no"] = fails(Refusal("refused.no_project"))
    assert await desk.tell("oc_1", "oc_no", "oc_2") == [Reply()] * 3
    assert sorted(await desk.owed()) == ["oc_1", "oc_2"]
    before = len(desk.handled)
    assert await desk.tell("oc_no") == [Reply()]
    assert len(desk.handled) == before, "it was claimed"
    assert await desk.troubles() == {}


# --- too much, and nobody there -------------------------------------------------------------------


async def test_nobody_at_work_means_come_again(database: Database, clock: FrozenClock) -> None:
    desk = Desk(database, clock)
    assert not desk.dispatcher.working
    with pytest.raises(Overloaded):
        await desk.dispatcher.handle(desk.event("oc_1"))
    await desk.dispatcher.stop()


async def test_more_than_can_be_answered_in_time_is_turned_away(desk: Desk) -> None:
    free = asyncio.Event()

    async def wait(event: Event, ctx: Context) -> None:
        await free.wait()

    desk.acts["slow"] = wait
    handling = [asyncio.create_task(desk.dispatcher.handle(desk.event("slow")))]
    await until(lambda: desk.handled)
    for number in range(MOST_WAITING):
        event = desk.event(f"oc_{number % 10}", f"k{number % 10}")
        handling.append(asyncio.create_task(desk.dispatcher.handle(event)))
    await until(lambda: desk.dispatcher._queue.qsize() == MOST_WAITING)
    assert desk.count("golive_events_waiting") == MOST_WAITING
    with pytest.raises(Overloaded):
        await desk.dispatcher.handle(desk.event("one too many"))
    free.set()
    assert await asyncio.gather(*handling) == [Reply()] * (MOST_WAITING + 1)
    assert len(desk.handled) == 11


async def test_stopping_finishes_what_waits(database: Database, clock: FrozenClock) -> None:
    desk = Desk(database, clock)
    await desk.dispatcher.start()
    assert desk.dispatcher.working
    handling = [
        asyncio.create_task(desk.dispatcher.handle(desk.event(f"oc_{n}"))) for n in range(3)
    ]
    await until(lambda: desk.dispatcher._queue.qsize() == 3 or desk.handled)
    await desk.dispatcher.stop()
    assert await asyncio.gather(*handling) == [Reply()] * 3
    assert not desk.dispatcher.working
    with pytest.raises(Overloaded):
        await desk.dispatcher.handle(desk.event("oc_9"))


async def test_a_worker_that_is_cancelled_leaves_nobody_waiting_for_ever(
    database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    await desk.dispatcher.start()
    never = asyncio.Event()

    async def wait(event: Event, ctx: Context) -> None:
        await never.wait()

    desk.acts["slow"] = wait
    handling = asyncio.create_task(desk.dispatcher.handle(desk.event("slow")))
    await until(lambda: desk.handled)
    worker = desk.dispatcher._worker
    assert worker
    worker.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await handling
    assert not desk.dispatcher.working


async def test_who_stopped_waiting_spoils_nothing(desk: Desk) -> None:
    """The platform hung up; the event is handled all the same."""
    free = asyncio.Event()

    async def wait(event: Event, ctx: Context) -> None:
        await free.wait()

    desk.acts["slow"] = wait
    handling = asyncio.create_task(desk.dispatcher.handle(desk.event("slow")))
    await until(lambda: desk.handled)
    handling.cancel()
    await asyncio.gather(handling, return_exceptions=True)
    free.set()
    assert await desk.tell("oc_1") == [Reply()]
    assert sorted(await desk.owed()) == ["oc_1", "slow"]


def _more_than(handled: list[str], before: int) -> bool:
    return len(handled) > before


async def test_who_stopped_waiting_for_a_failure_spoils_nothing(desk: Desk) -> None:
    """Neither where it is to come again nor where it is parked in the end."""
    free = asyncio.Event()

    async def fail(event: Event, ctx: Context) -> None:
        await free.wait()
        raise RuntimeError

    desk.acts["slow"] = fail
    for number in range(1, MOST_ATTEMPTS + 1):
        free.clear()
        before = len(desk.handled)
        handling = asyncio.create_task(desk.dispatcher.handle(desk.event("slow")))
        await until(partial(_more_than, desk.handled, before))
        handling.cancel()
        await asyncio.gather(handling, return_exceptions=True)
        free.set()
        assert await desk.tell(f"oc_{number}") == [Reply()]
    assert await desk.troubles() == {"e:slow": (MOST_ATTEMPTS, True)}
    assert len(await desk.owed()) == MOST_ATTEMPTS


async def test_while_the_database_is_away_the_platform_shall_send_again(desk: Desk) -> None:
    async with desk.database.engine.begin() as connection:
        await connection.execute(sql("ALTER TABLE inbox RENAME TO away"))
    one, two = await desk.tell("oc_1", "oc_2")
    assert "no such table" in str(one)
    assert "no such table" in str(two)
    async with desk.database.engine.begin() as connection:
        await connection.execute(sql("ALTER TABLE away RENAME TO inbox"))
    assert await desk.tell("oc_1", "oc_2") == [Reply(), Reply()]
    assert sorted(await desk.owed()) == ["oc_1", "oc_2"]


async def test_an_event_and_what_it_owes_can_be_followed_in_the_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.tell("oc_1", "oc_2")
    desk.acts["oc_3"] = fails(RuntimeError("x"), times=1)
    await desk.tell("oc_3")
    async with desk.database.read() as uow:
        owed = {row.to: row.key for row in await uow.outbox.list([State.PENDING])}
    trail = [
        (said["event_id"], said["owed"], said["kind"]) for said in told(caplog, "event handled")
    ]
    assert trail == [(f"e:{name}", [owed[name]], "BotRemoved") for name in ("oc_1", "oc_2", "oc_3")]


def test_the_last_delivery_is_the_platforms_last() -> None:
    """Feishu: at once, then after 15 s, 5 min, 1 h and 6 h."""
    assert MOST_ATTEMPTS == 5
