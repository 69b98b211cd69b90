"""The relay, branch by branch: what is taken, who waits, what becomes of each failure."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import relay as module
from bot.core.clock import FrozenClock
from bot.core.errors import Conflict
from bot.core.events import BotRemoved, MembersJoined, Someone
from bot.platforms.port import DeliveryError, Limits, Trouble
from bot.relay import AT_ONCE, OWED_FOR, QUOTA_REST, WORTH
from cards.document import Document, Paper
from storage.tables.living import Living
from storage.tables.outbox import Owed, State
from storage.unit_of_work import Database
from tests.engine.conftest import Crowd, Far, Office, until
from tests.hearing import told

PENDING, SENT, DEAD = State.PENDING, State.SENT, State.DEAD


def trouble(kind: Trouble, reason: str = "why", **wait: float) -> DeliveryError:
    return DeliveryError(kind, reason, timedelta(**wait) if wait else None)


@asynccontextmanager
async def running(office: Office) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(office.relay.run())
    await until(lambda: office.relay.working)
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not office.relay.working


# --- the loop -------------------------------------------------------------------------------------


async def test_what_is_owed_while_it_sleeps_goes_as_soon_as_it_is_woken(office: Office) -> None:
    """The safety net would take a second; whoever speaks is not kept waiting that long."""
    async with running(office):
        (key,) = await office.owe(office.card())
        began = asyncio.get_running_loop().time()
        office.relay.wake()
        await until(lambda: office.far.shown)
        assert asyncio.get_running_loop().time() - began < 0.5 * module.POLL
    assert (await office.row(key)).state is SENT


async def test_what_is_owed_by_another_process_is_found_without_being_woken(
    office: Office,
) -> None:
    async with running(office):
        await until(lambda: not office.relay._wake.is_set())
        await office.owe(office.card())
        await until(lambda: office.far.shown, within=3)


async def test_the_next_in_a_lane_follows_at_once(office: Office) -> None:
    await office.owe(*[office.card(f"{n}") for n in range(12)])
    began = asyncio.get_running_loop().time()
    async with running(office):
        await until(lambda: len(office.far.shown) == 12)
    assert asyncio.get_running_loop().time() - began < 4 * module.POLL
    assert [s.card.title for s in office.far.shown if s.card] == [f"{n}" for n in range(12)]


async def test_a_hundred_are_under_way_and_no_more_are_taken_for_a_few_free_places(
    office: Office,
) -> None:
    office.far.gate = asyncio.Event()
    keys = await office.owe(*[office.card(to=f"oc_{n}") for n in range(AT_ONCE + 40)])
    async with running(office):
        await until(lambda: office.far.under_way == AT_ONCE)
        assert len(await office.rows(State.SENDING)) == AT_ONCE
        assert len(await office.rows(PENDING)) == 40
        tasks = sorted(office.relay._sending, key=lambda task: task.get_name())
        for task in tasks[: WORTH - 1]:
            task.cancel()
        await until(lambda: office.far.under_way == AT_ONCE - WORTH + 1)
        await asyncio.sleep(0)
        assert len(office.far.calls) == AT_ONCE
        tasks[WORTH].cancel()
        await until(lambda: office.far.under_way == AT_ONCE)
        assert len(office.far.calls) == AT_ONCE + WORTH
        office.far.gate.set()
        await until(lambda: len(office.far.shown) >= AT_ONCE + 40 - WORTH)
    assert len(keys) == AT_ONCE + 40


async def test_rows_that_a_dead_relay_was_sending_are_sent_with_the_same_key(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    (key,) = await office.owe(office.card())
    async with office.database.begin() as uow:
        await uow.outbox.heads(["fake"], uow.now, 10)
    async with running(office):
        await until(lambda: office.far.shown)
    assert [call.key for call in office.far.calls] == [key]
    assert (await office.row(key)).attempts == 2
    (said,) = told(caplog, "taken over")
    assert (said["platform"], said["again"], said["unknown"]) == ("fake", 1, 0)


async def test_rows_of_a_dead_relay_that_were_called_stay_unknown_where_nothing_repeats(
    office: Office,
) -> None:
    office.far.repeats_safely = False
    called, insisting = await office.owe(office.card(to="a"), office.card(to="b", insist=True))
    async with office.database.begin() as uow:
        await uow.outbox.heads(["fake"], uow.now, 10)
        assert await uow.outbox.called([called, insisting], uow.now)
    async with running(office):
        await until(lambda: office.far.shown)
    assert (await office.row(called)).state is State.UNKNOWN
    assert (await office.row(insisting)).state is SENT


async def test_told_to_stop_it_finishes_what_the_platform_is_doing(office: Office) -> None:
    office.far.gate = asyncio.Event()
    (key,) = await office.owe(office.card())
    task = asyncio.create_task(office.relay.run())
    await until(lambda: office.far.under_way)
    task.cancel()
    await until(lambda: not office.relay.working)
    assert not task.done()
    office.far.gate.set()
    await asyncio.gather(task, return_exceptions=True)
    assert (await office.row(key)).state is SENT


async def test_told_to_stop_what_waits_its_turn_is_owed_as_before(office: Office) -> None:
    office.far.limits = Limits(chat=[(1, 60.0)])
    office = Office(office.database, office.clock, office.far)
    first, second = await office.owe(office.card(lane="a"), office.card(lane="b"))
    async with running(office):
        await until(lambda: office.far.shown and office.relay._waiting)
    assert (await office.row(first)).state is SENT
    assert (await office.row(second)).state is PENDING
    assert len(office.far.calls) == 1


async def test_what_never_ends_is_given_up_when_patience_is_over(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next relay sends it again with the same key."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    office.far.gate = asyncio.Event()
    (key,) = await office.owe(office.card())
    async with running(office):
        await until(lambda: office.far.under_way)
    assert office.far.under_way == 0
    assert (await office.row(key)).state is State.SENDING


# --- what is taken --------------------------------------------------------------------------------


async def test_nothing_due_writes_nothing(office: Office) -> None:
    await office.owe(office.card(at=office.clock.now() + timedelta(seconds=1)))
    assert not await office.relay.idle()
    assert office.far.calls == []
    office.clock.move_to(office.clock.now() + timedelta(seconds=1))
    assert await office.relay.idle()
    assert len(office.far.calls) == 1


async def test_a_database_that_cannot_be_read_is_no_reason_to_stop(office: Office) -> None:
    (key,) = await office.owe(office.card())
    await office.run("ALTER TABLE outbox RENAME TO away")
    assert not await office.relay.idle()
    await office.run("ALTER TABLE away RENAME TO outbox")
    assert await office.relay.idle()
    assert (await office.row(key)).state is SENT


async def test_outcomes_that_cannot_be_written_are_written_later(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.far.gate = asyncio.Event()
    (key,) = await office.owe(office.card())
    async with running(office):
        await until(lambda: office.far.under_way)
        await office.run("ALTER TABLE outbox RENAME TO away")
        office.far.gate.set()
        await until(lambda: office.far.shown and not office.far.under_way)
        await until(lambda: told(caplog, "cannot write down what was sent"))
        await office.run("ALTER TABLE away RENAME TO outbox")

        async def settled() -> bool:
            return (await office.row(key)).state is SENT

        async with asyncio.timeout(5):
            while not await settled():
                await asyncio.sleep(0.05)
    assert len(office.far.shown) == 1


async def test_an_outcome_is_kept_when_the_last_write_fails_too(office: Office) -> None:
    (key,) = await office.owe(office.card())
    office.far.gate = asyncio.Event()
    sending = asyncio.create_task(office.relay.idle())
    await until(lambda: office.far.under_way)
    await office.run("ALTER TABLE outbox RENAME TO away")
    office.far.gate.set()
    with pytest.raises(Exception, match="no such table"):
        await sending
    await office.run("ALTER TABLE away RENAME TO outbox")
    await office.relay.idle()
    row = await office.row(key)
    assert (row.state, row.message) == (SENT, "om_1")
    assert len(office.far.calls) == 1


# --- several people in one call -------------------------------------------------------------------


@pytest.fixture
def crowd(database: Database, clock: FrozenClock) -> Office:
    return Office(database, clock, Crowd())


def of(office: Office) -> Crowd:
    assert isinstance(office.far, Crowd)
    return office.far


async def test_the_same_card_goes_to_several_people_at_once(crowd: Office) -> None:
    people = [crowd.card(to=f"ou_{n}", to_kind="person") for n in range(7)]
    await crowd.owe(*people)
    await crowd.relay.idle()
    assert of(crowd).together == [["ou_0", "ou_1", "ou_2"], ["ou_3", "ou_4", "ou_5"]]
    assert [call.to for call in crowd.far.calls] == ["ou_6"]
    assert len(await crowd.rows(SENT)) == 7
    shown = {one.to: one.message for one in crowd.far.shown}
    assert {row.to: row.message for row in (await crowd.rows()).values()} == shown
    assert crowd.count("golive_sends_total", platform="fake", outcome="sent") == 7


async def test_what_is_not_alike_not_private_or_urgent_goes_alone(crowd: Office) -> None:
    await crowd.owe(
        crowd.card("a", "ou_1", to_kind="person"),
        crowd.card("b", "ou_2", to_kind="person"),
        crowd.card("c", "oc_1"),
        crowd.card("c", "oc_2"),
        crowd.card("d", "ou_3", to_kind="person", urgent=True),
        crowd.card("d", "ou_4", to_kind="person", urgent=True),
        crowd.card("e", "ou_5", to_kind="person", plain=True),
        crowd.card("e", "ou_6", to_kind="person", plain=True),
    )
    await crowd.relay.idle()
    assert of(crowd).together == []
    assert len(crowd.far.calls) == 8
    assert len(await crowd.rows(SENT)) == 8


async def test_a_platform_that_takes_one_at_a_time_is_not_asked_for_more(crowd: Office) -> None:
    of(crowd).most_together = 1
    await crowd.owe(*[crowd.card(to=f"ou_{n}", to_kind="person") for n in range(2)])
    await crowd.relay.idle()
    assert of(crowd).together == []
    assert len(crowd.far.shown) == 2


async def test_alike_cards_on_two_platforms_stay_apart(
    database: Database, clock: FrozenClock
) -> None:
    one, two = Crowd("one"), Crowd("two")
    office = Office(database, clock, one, two)
    await office.owe(
        *[office.card(to=f"ou_{n}", to_kind="person", platform="one") for n in range(2)],
        *[office.card(to=f"ou_{n}", to_kind="person", platform="two") for n in range(2, 4)],
    )
    await office.relay.idle()
    assert (one.together, two.together) == ([["ou_0", "ou_1"]], [["ou_2", "ou_3"]])


async def test_one_who_is_not_there_does_not_keep_it_from_the_others(crowd: Office) -> None:
    of(crowd).absent = {"ou_1": trouble(Trouble.DENIED, "has left")}
    keys = await crowd.owe(*[crowd.card(to=f"ou_{n}", to_kind="person") for n in range(3)])
    await crowd.relay.idle()
    states = [(await crowd.row(key)).state for key in keys]
    assert states == [SENT, DEAD, SENT]
    assert (await crowd.row(keys[1])).error == "denied: has left"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (trouble(Trouble.BUSY, "slow"), "busy: slow"),
        (RuntimeError("secret detail"), "passing: RuntimeError"),
    ],
)
async def test_a_call_for_several_that_fails_is_made_again(
    crowd: Office, error: Exception, said: str
) -> None:
    of(crowd).broken = [error]
    keys = await crowd.owe(*[crowd.card(to=f"ou_{n}", to_kind="person") for n in range(2)])
    await crowd.relay.idle()
    for row in (await crowd.rows()).values():
        assert (row.state, row.error) == (PENDING, said)
    await crowd.later(seconds=2)
    assert set(await crowd.rows(SENT)) == set(keys)
    assert [sorted(call) for call in of(crowd).together] == [["ou_0", "ou_1"]] * 2


async def test_several_whose_turn_is_taken_by_another_relay_are_not_sent(crowd: Office) -> None:
    crowd.far.repeats_safely = False
    keys = await crowd.owe(*[crowd.card(to=f"ou_{n}", to_kind="person") for n in range(2)])
    async with crowd.relay.turns["fake"].queue:
        sending = asyncio.create_task(crowd.relay.idle())
        await until(lambda: crowd.relay._waiting)
        await crowd.run("UPDATE outbox SET state = 'pending' WHERE \"to\" = 'ou_0'")
    await sending
    assert of(crowd).together == []
    assert (await crowd.row(keys[0])).state is PENDING


# --- what became of it ----------------------------------------------------------------------------


async def test_a_row_that_is_sent_keeps_its_message_and_time(office: Office) -> None:
    (key,) = await office.owe(office.card(reply_to="om_parent"))
    await office.relay.idle()
    row = await office.row(key)
    assert (row.state, row.message, row.error) == (SENT, "om_1", None)
    assert await office.sent_at(key) is not None
    assert office.far.shown[0].reply_to == "om_parent"
    assert office.count("golive_sends_total", platform="fake", outcome="sent") == 1
    assert office.count("golive_retries_total", platform="fake") == 0


async def test_a_reaction_has_no_message(office: Office) -> None:
    payload = {"emoji": "OK", "reply_to": "om_9"}
    (key,) = await office.owe(
        Owed("fake", "react", "chat", "oc_1", payload, office.clock.now(), "l")
    )
    await office.relay.idle()
    assert office.far.reactions == [("om_9", "OK")]
    assert (await office.row(key)).message is None


@pytest.mark.parametrize("kind", [Trouble.BUSY, Trouble.PASSING, Trouble.UNKNOWN])
async def test_what_passes_is_tried_again_after_a_wait(office: Office, kind: Trouble) -> None:
    office.far.broken = [trouble(kind, "not now", seconds=30)]
    (key,) = await office.owe(office.card())
    await office.relay.idle()
    row = await office.row(key)
    assert (row.state, row.error, row.attempts) == (PENDING, f"{kind}: not now", 1)
    assert timedelta(seconds=30) <= row.not_before - office.clock.now() <= timedelta(seconds=31)
    assert office.count("golive_sends_total", platform="fake", outcome=str(kind)) == 1
    assert office.count("golive_retries_total", platform="fake") == 1
    await office.later(seconds=29)
    assert len(office.far.calls) == 1
    await office.later(seconds=2)
    assert (await office.row(key)).state is SENT
    assert [call.key for call in office.far.calls] == [key, key]


async def test_the_wait_grows_with_the_attempts(office: Office) -> None:
    office.far.broken = [trouble(Trouble.PASSING) for _ in range(5)]
    (key,) = await office.owe(office.card())
    waits = []
    for _ in range(5):
        await office.relay.idle()
        row = await office.row(key)
        waits.append((row.not_before - office.clock.now()).total_seconds())
        office.clock.move_to(row.not_before)
    for number, wait in enumerate(waits):
        assert 2**number / 2 <= wait <= 2**number


async def test_a_broken_adapter_is_trouble_that_passes_and_tells_no_secret(office: Office) -> None:
    office.far.broken = [RuntimeError("token t-123")]
    (key,) = await office.owe(office.card())
    await office.relay.idle()
    row = await office.row(key)
    assert (row.state, row.error) == (PENDING, "passing: RuntimeError")


async def test_after_a_day_of_failures_it_is_dead(office: Office) -> None:
    office.far.broken = [trouble(Trouble.PASSING) for _ in range(2)]
    (key,) = await office.owe(office.card())
    await office.later(seconds=(OWED_FOR - timedelta(seconds=1)).total_seconds())
    assert (await office.row(key)).state is PENDING
    await office.run(f"UPDATE outbox SET not_before = created_at WHERE key = '{key}'")
    await office.later(seconds=1)
    row = await office.row(key)
    assert (row.state, row.error) == (DEAD, "passing: why")


@pytest.mark.parametrize("kind", [Trouble.DENIED, Trouble.GONE])
async def test_what_the_platform_refuses_is_dead_at_once(office: Office, kind: Trouble) -> None:
    office.far.broken = [trouble(kind)]
    (key,) = await office.owe(office.card())
    await office.relay.idle()
    assert (await office.row(key)).state is DEAD
    assert office.count("golive_retries_total", platform="fake") == 0


async def test_a_call_in_doubt_is_unknown_where_nothing_repeats(office: Office) -> None:
    office.far.repeats_safely = False
    office.far.broken = [trouble(Trouble.UNKNOWN, "no answer") for _ in range(3)]
    plain, insisting = await office.owe(office.card(to="a"), office.card(to="b", insist=True))
    errand = Owed("fake", "errand", "chat", "oc_1", {"what": "roster"}, office.clock.now(), "e")
    office.far.failures = [trouble(Trouble.UNKNOWN)]
    await office.owe(errand)
    await office.relay.idle()
    row = await office.row(plain)
    assert (row.state, row.error) == (State.UNKNOWN, "unknown: no answer")
    assert (await office.row(insisting)).state is PENDING
    assert (await office.row(errand.key)).state is PENDING


async def test_before_the_call_it_is_written_down_where_nothing_repeats(office: Office) -> None:
    office.far.repeats_safely = False
    office.far.gate = asyncio.Event()
    (key,) = await office.owe(office.card())
    sending = asyncio.create_task(office.relay.idle())
    await until(lambda: office.far.under_way)
    assert await office.sent_at(key) is not None
    office.far.gate.set()
    await sending


async def test_a_call_that_cannot_be_written_down_is_not_made(office: Office) -> None:
    office.far.repeats_safely = False
    (key,) = await office.owe(office.card())
    async with office.relay.turns["fake"].queue:
        sending = asyncio.create_task(office.relay.idle())
        await until(lambda: office.relay._waiting)
        await office.run("ALTER TABLE outbox RENAME TO away")
    with pytest.raises(Exception, match="no such table"):
        await sending
    assert office.far.calls == []
    await office.run("ALTER TABLE away RENAME TO outbox")
    await office.relay.idle()
    await office.relay.idle()
    assert (await office.row(key)).state is SENT
    assert len(office.far.calls) == 1


@pytest.mark.parametrize(
    ("kind", "event", "level"),
    [
        (Trouble.PASSING, "delivery put off", "warning"),
        (Trouble.DENIED, "delivery dead", "error"),
        (Trouble.UNKNOWN, "delivery unknown", "error"),
        (Trouble.QUOTA, "quota used up, sending rests", "error"),
        (Trouble.CONTENT, "sent otherwise", "warning"),
    ],
)
async def test_an_operator_reads_what_became_of_it_and_why(
    office: Office, caplog: pytest.LogCaptureFixture, kind: Trouble, event: str, level: str
) -> None:
    office.far.repeats_safely = False
    office.far.broken = [trouble(kind, "the reason")]
    (key,) = await office.owe(office.card())
    await office.relay.idle()
    (said,) = told(caplog, event)
    assert (said["level"], said["why"]) == (level, f"{kind}: the reason")
    assert key in (said.get("key", key), said.get("platform"))


async def test_what_is_sent_can_be_followed_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.far.broken = [trouble(Trouble.BUSY)]
    (key,) = await office.owe(office.card())
    await office.relay.idle()
    await office.later(seconds=5)
    (said,) = told(caplog, "sent")
    assert (said["key"], said["kind"], said["attempts"]) == (key, "card", 2)


# --- in another way -------------------------------------------------------------------------------


async def test_a_refused_card_goes_as_text(office: Office) -> None:
    office.far.broken = [trouble(Trouble.CONTENT, "230099")]
    (key,) = await office.owe(office.card())
    await office.relay.idle()
    assert [call.kind for call in office.far.calls] == ["card", "text"]
    assert office.far.calls[1].card is None
    assert "今天做什么" in office.far.shown[0].text
    assert (await office.row(key)).state is SENT
    assert office.count("golive_sends_total", platform="fake", outcome="content") == 1


async def test_an_answer_whose_question_is_gone_stands_alone(office: Office) -> None:
    office.far.broken = [trouble(Trouble.GONE, "230011")]
    (key,) = await office.owe(office.card(reply_to="om_gone"))
    await office.relay.idle()
    assert [call.reply_to for call in office.far.calls] == ["om_gone", ""]
    assert office.far.shown[0].card
    assert (await office.row(key)).state is SENT
    assert office.heard == []


@pytest.mark.parametrize("first", [Trouble.CONTENT, Trouble.GONE])
@pytest.mark.parametrize(
    ("second", "state", "says"),
    [
        (Trouble.BUSY, PENDING, "busy: second"),
        (Trouble.QUOTA, PENDING, "quota: second"),
        (Trouble.DENIED, DEAD, "first"),
        (Trouble.CONTENT, DEAD, "first"),
    ],
)
async def test_where_the_other_way_fails_too_what_can_pass_counts(
    office: Office, first: Trouble, second: Trouble, state: State, says: str
) -> None:
    office.far.broken = [trouble(first, "first"), trouble(second, "second")]
    (key,) = await office.owe(office.card(reply_to="om_1"))
    await office.relay.idle()
    row = await office.row(key)
    assert row.state is state
    assert says in (row.error or "")


async def test_what_is_no_message_has_no_other_way(office: Office) -> None:
    office.far.broken = [trouble(Trouble.GONE)]
    payload = {"emoji": "OK", "reply_to": "om_9"}
    (key,) = await office.owe(
        Owed("fake", "react", "chat", "oc_1", payload, office.clock.now(), "l")
    )
    await office.relay.idle()
    assert len(office.far.calls) == 1
    assert (await office.row(key)).state is DEAD
    assert office.heard == [], "one message gone is not the chat gone"


async def test_plain_text_that_is_refused_has_no_other_way(office: Office) -> None:
    office.far.broken = [trouble(Trouble.CONTENT)]
    (key,) = await office.owe(office.card(plain=True))
    await office.relay.idle()
    assert [call.kind for call in office.far.calls] == ["text"]
    assert (await office.row(key)).state is DEAD


async def test_another_way_that_is_taken_over_meanwhile_is_not_gone(office: Office) -> None:
    office.far.repeats_safely = False
    office.far.gate = asyncio.Event()
    office.far.broken = [trouble(Trouble.CONTENT)]
    (key,) = await office.owe(office.card())
    sending = asyncio.create_task(office.relay.idle())
    await until(lambda: office.far.under_way)
    await office.run("UPDATE outbox SET state = 'pending'")
    office.far.gate.set()
    await sending
    assert len(office.far.calls) == 1
    assert (await office.row(key)).state is PENDING


async def test_a_chat_that_is_gone_is_heard_of_as_if_the_platform_had_said_it(
    office: Office,
) -> None:
    office.far.broken = [trouble(Trouble.GONE)]
    (key,) = await office.owe(office.card(to="oc_9"))
    await office.relay.idle()
    (event,) = office.heard
    assert isinstance(event, BotRemoved)
    assert (event.platform, event.keys, event.chat) == ("fake", (f"gone:{key}",), "oc_9")
    assert event.at == office.clock.now()


async def test_a_person_who_is_gone_is_no_chat_that_is_gone(office: Office) -> None:
    office.far.broken = [trouble(Trouble.GONE)]
    await office.owe(office.card(to="ou_1", to_kind="person"))
    await office.relay.idle()
    assert office.heard == []


async def test_that_a_chat_is_gone_cannot_be_noted_harms_nothing(office: Office) -> None:
    office.far.broken = [trouble(Trouble.GONE)]
    office.deaf = RuntimeError("database away")
    (key,) = await office.owe(office.card())
    await office.relay.idle()
    assert (await office.row(key)).state is DEAD


# --- quotas ---------------------------------------------------------------------------------------


async def test_a_platform_whose_quota_is_used_up_rests_and_then_one_row_tries(
    office: Office,
) -> None:
    office.far.broken = [trouble(Trouble.QUOTA, "used up")]
    (first,) = await office.owe(office.card(to="oc_0"))
    await office.relay.idle()
    others = await office.owe(*[office.card(to=f"oc_{n}") for n in range(1, 4)])
    row = await office.row(first)
    assert (row.state, row.error) == (PENDING, "quota: used up")
    assert row.not_before == office.clock.now() + QUOTA_REST
    assert office.count("golive_quota_used_up", platform="fake") == 1

    office.far.broken = [trouble(Trouble.QUOTA, "still")]
    await office.later(minutes=59)
    assert len(office.far.calls) == 1
    await office.later(minutes=1)
    assert len(office.far.calls) == 2, "one row tries"
    assert office.count("golive_quota_used_up", platform="fake") == 1
    await office.later(minutes=30)
    assert len(office.far.calls) == 2
    await office.later(minutes=30)
    assert len(office.far.calls) == 3
    assert office.count("golive_quota_used_up", platform="fake") == 0
    await office.relay.idle()
    assert set(await office.rows(SENT)) == {first, *others}


async def test_rows_that_meet_the_same_quota_wait_for_the_same_end(office: Office) -> None:
    office.far.broken = [trouble(Trouble.QUOTA) for _ in range(2)]
    await office.owe(*[office.card(to=f"oc_{n}") for n in range(2)])
    await office.relay.idle()
    ends = {row.not_before for row in (await office.rows(PENDING)).values()}
    assert ends == {office.clock.now() + QUOTA_REST}


async def test_one_platforms_quota_is_not_the_others(
    database: Database, clock: FrozenClock
) -> None:
    one, two = Far("one"), Far("two")
    one.broken = [trouble(Trouble.QUOTA)]
    office = Office(database, clock, one, two)
    await office.owe(office.card(platform="one", to="a"))
    await office.relay.idle()
    await office.owe(office.card(platform="one", to="b"), office.card(platform="two", to="c"))
    await office.relay.idle()
    assert (len(one.calls), len(two.shown)) == (1, 1)


# --- errands --------------------------------------------------------------------------------------


async def test_an_errands_answers_are_heard(office: Office) -> None:
    joined = MembersJoined("fake", ("k",), office.clock.now(), "oc_1", (Someone("ou_1"),))
    office.far.answers = [joined]
    payload = {"what": "roster", "detail": {"mobiles": "138:"}}
    errand = Owed("fake", "errand", "chat", "oc_1", payload, office.clock.now(), "e")
    bare = replace(errand, payload={"what": "names"}, lane="f", key="another")
    await office.owe(errand, bare)
    await office.relay.idle()
    asked = {(one.what, one.of, str(dict(one.detail))) for one in office.far.errands}
    assert asked == {("roster", "oc_1", "{'mobiles': '138:'}"), ("names", "oc_1", "{}")}
    assert office.heard == [joined, joined]
    row = await office.row(errand.key)
    assert (row.state, row.message) == (SENT, None)


async def test_a_refused_errand_is_dropped_for_nobody_waits_for_it(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.far.failures = [trouble(Trouble.DENIED, "no scope")]
    errand = Owed("fake", "errand", "person", "ou", {"what": "x"}, office.clock.now(), "e")
    await office.owe(errand)
    await office.relay.idle()
    row = await office.row(errand.key)
    assert (row.state, row.error) == (State.DROPPED, "denied: no scope")
    (said,) = told(caplog, "errand refused")
    assert (said["key"], said["what"], said["why"]) == (errand.key, "x", "denied: no scope")


# --- ringing --------------------------------------------------------------------------------------


async def test_only_an_urgent_card_to_a_person_rings(office: Office) -> None:
    await office.owe(
        office.card("a", "ou_1", to_kind="person", urgent=True),
        office.card("b", "ou_2", to_kind="person"),
        office.card("c", "oc_3", urgent=True),
    )
    await office.relay.idle()
    assert office.far.rung == [("ou_1", "a")]


async def test_that_it_does_not_ring_is_no_reason_to_send_it_again(office: Office) -> None:
    office.far.dumb = RuntimeError("no scope")
    (key,) = await office.owe(office.card(to="ou_1", to_kind="person", urgent=True))
    await office.relay.idle()
    assert (await office.row(key)).state is SENT
    assert len(office.far.calls) == 1


# --- living cards ---------------------------------------------------------------------------------


async def living(office: Office, subject: str = "s") -> Living:
    card = Living("card-1", "board", subject, "fake", "chat", "oc_1")
    async with office.database.begin() as uow:
        uow.living.add(card)
    return card


def show(office: Office, card: Living) -> Owed:
    payload = {"living": card.id}
    return Owed("fake", "show", "chat", "oc_1", payload, office.clock.now(), "oc_1")


async def test_a_living_card_hangs_where_it_was_sent_and_is_then_edited(office: Office) -> None:
    faces = iter(["a", "a", "b"])

    @office.router.drawing("board")
    async def board(subject: str, ctx: object) -> object:
        from cards.elements import Card, text

        return Card(next(faces), (text(subject),))

    card = await living(office)
    (first,) = await office.owe(show(office, card))
    await office.relay.idle()
    async with office.database.read() as uow:
        hung = (await uow.living.get_many([card.id]))[card.id]
    assert (hung.message, hung.hung_at, hung.shown_at) == ("om_1", office.clock.now(), hung.hung_at)
    (same,) = await office.owe(show(office, card))
    await office.relay.idle()
    assert (await office.row(same)).state is State.DROPPED
    (other,) = await office.owe(show(office, card))
    await office.relay.idle()
    assert [call.kind for call in office.far.calls] == ["card", "edit"]
    assert (await office.row(other)).state is SENT
    assert (await office.row(first)).message == "om_1"


async def test_a_change_that_costs_a_message_waits_until_changes_settle(office: Office) -> None:
    from cards.elements import Card, text

    faces = iter("abc")

    @office.router.drawing("board")
    async def board(subject: str, ctx: object) -> Card:
        return Card(next(faces), (text(subject),))

    office.far.settling = timedelta(minutes=1)
    card = await living(office)
    await office.owe(show(office, card))
    await office.relay.idle()
    (key,) = await office.owe(show(office, card))
    await office.relay.idle()
    row = await office.row(key)
    assert (row.state, row.not_before) == (PENDING, office.clock.now() + timedelta(minutes=1))
    await office.later(minutes=1)
    assert office.far.shown[0].faces == 2


async def test_a_living_card_of_nothing_is_dropped(office: Office) -> None:
    @office.router.drawing("board")
    async def board(subject: str, ctx: object) -> None:
        return None

    card = await living(office)
    keys = await office.owe(show(office, card), show(office, replace(card, id="nothing")))
    await office.relay.idle()
    await office.relay.idle()
    assert {(await office.row(key)).state for key in keys} == {State.DROPPED}
    assert office.far.calls == []


# --- files ----------------------------------------------------------------------------------------


def file(office: Office, paper: str = "weekly", kind: str = "xlsx") -> Owed:
    payload = {"paper": paper, "subject": "s", "kind": kind}
    return Owed("fake", "file", "chat", "oc_1", payload, office.clock.now(), "oc_1")


@pytest.fixture
def written(office: Office) -> Callable[[], None]:
    def write() -> None:
        @office.router.paper("weekly")
        async def weekly(subject: str, ctx: object) -> Paper:
            return Paper("周报", {"周报": Document("周报")})

    write()
    return write


async def test_a_file_is_printed_and_sent(office: Office, written: object) -> None:
    (key,) = await office.owe(file(office))
    await office.relay.idle()
    sent = office.far.shown[0].file
    assert sent
    assert sent.name == "周报.xlsx"
    assert sent.content[:2] == b"PK"
    assert (await office.row(key)).state is SENT


async def test_a_file_that_cannot_be_printed_is_dead_and_somebody_is_told(
    office: Office, written: object, caplog: pytest.LogCaptureFixture
) -> None:
    (key,) = await office.owe(file(office, kind="nonsense"))
    await office.relay.idle()
    await office.relay.idle()
    row = await office.row(key)
    assert (row.state, "周报" in (row.error or ""), row.message) == (DEAD, True, None)
    (said,) = told(caplog, "file not printed")
    assert (said["key"], "Unprintable" in said["exception"]) == (key, True)
    assert [call.kind for call in office.far.calls] == ["text"]
    assert "周报" in office.far.shown[0].text
    assert office.count("golive_sends_total", platform="fake", outcome="content") == 1


@pytest.mark.parametrize("kind", [Trouble.DENIED, Trouble.CONTENT])
async def test_a_file_that_is_refused_is_dead_and_somebody_is_told(
    office: Office, written: object, kind: Trouble
) -> None:
    office.far.broken = [trouble(kind, "no scope")]
    (key,) = await office.owe(file(office))
    await office.relay.idle()
    await office.relay.idle()
    assert (await office.row(key)).state is DEAD
    assert [call.kind for call in office.far.calls] == ["file", "text"]
    assert "周报" in office.far.shown[0].text


async def test_a_file_for_a_chat_that_is_gone_tells_nobody(office: Office, written: object) -> None:
    office.far.broken = [trouble(Trouble.GONE)]
    (key,) = await office.owe(file(office))
    await office.relay.idle()
    await office.relay.idle()
    assert (await office.row(key)).state is DEAD
    assert [call.kind for call in office.far.calls] == ["file"]


async def test_told_to_stop_while_it_prints_the_file_is_owed_as_before(
    office: Office, written: object
) -> None:
    (key,) = await office.owe(file(office))
    async with running(office):
        await until(lambda: office.relay._waiting)
    row = await office.row(key)
    assert (row.state, office.far.calls) == (PENDING, [])


# --- the turn -------------------------------------------------------------------------------------


async def test_a_busy_chat_lets_the_others_pass(database: Database, clock: FrozenClock) -> None:
    far = Far()
    far.limits = Limits(chat=[(1, 0.2)])
    office = Office(database, clock, far)
    await office.owe(
        office.card("1", "a", lane="x"),
        office.card("2", "a", lane="y"),
        office.card("3", "b", lane="z"),
    )
    await office.relay.idle()
    assert [s.card.title for s in far.shown if s.card] == ["1", "3", "2"]


async def test_the_apps_limit_keeps_everybody_in_their_order(
    database: Database, clock: FrozenClock
) -> None:
    far = Far()
    far.limits = Limits(app=[(2, 0.1)])
    office = Office(database, clock, far)
    await office.owe(*[office.card(f"{n}", f"oc_{n}") for n in range(5)])
    await office.relay.idle()
    assert [s.card.title for s in far.shown if s.card] == ["0", "1", "2", "3", "4"]


async def test_what_waited_for_the_disk_together_does_not_reach_the_platform_together(
    database: Database, clock: FrozenClock
) -> None:
    far = Far()
    far.repeats_safely = False
    far.limits = Limits(app=[(1, 0.1)])
    office = Office(database, clock, far)
    relay = office.relay
    await office.owe(*[office.card(f"{n}", f"oc_{n}") for n in range(4)])
    async with relay.turns["fake"].queue:
        sending = asyncio.create_task(relay.idle())
        await until(lambda: len(relay._waiting) == 4)
        slow_disk = database.begin()
        await slow_disk.__aenter__()
    await until(lambda: len(relay._waiting) == 3 and not relay.turns["fake"].queue.locked())
    await slow_disk.__aexit__(None, None, None)
    await sending
    apart = [late - early for early, late in itertools.pairwise(far.moments)]
    assert len(apart) == 3
    # A busy machine looks at its clock a little after the door did.
    assert min(apart) >= 0.08


async def test_told_to_stop_what_waits_at_the_door_is_owed_as_before(office: Office) -> None:
    """One of them was written down as called, and nobody is in doubt about it all the same."""
    office.far.repeats_safely = False
    keys = await office.owe(*[office.card(to=f"oc_{n}") for n in range(3)])

    async def called() -> int:
        return sum([await office.sent_at(key) is not None for key in keys])

    async with office.relay.doors["fake"].queue, running(office), asyncio.timeout(5):
        while not await called():
            await asyncio.sleep(0.01)
        await until(lambda: len(office.relay._waiting) == 3)
        assert await called() == 1, "the others wait for it"
    assert office.far.calls == []
    assert set(await office.rows(PENDING)) == set(keys)
    assert await called() == 0


async def test_a_conflict_is_trouble_of_the_database(office: Office) -> None:
    """A drawing that meets a change of another process is drawn again."""
    times = iter([Conflict("changed"), None])

    @office.router.drawing("board")
    async def board(subject: str, ctx: object) -> None:
        if error := next(times):
            raise error

    card = await living(office)
    (key,) = await office.owe(show(office, card))
    assert not await office.relay.idle()
    assert (await office.row(key)).state is PENDING
    assert await office.relay.idle()
    assert (await office.row(key)).state is State.DROPPED
