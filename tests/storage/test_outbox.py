"""What the outbox hands out, in which order, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.clock import FrozenClock
from storage.privacy import SENT_FOR, purge
from storage.tables.outbox import Outcome, Owed, State
from storage.unit_of_work import Database


def owed(
    at: datetime, lane: str = "a", number: int = 0, merge: str | None = None, platform: str = "fake"
) -> Owed:
    return Owed(platform, "card", "chat", "oc_1", {"number": number}, at, lane, merge)


async def owe(database: Database, rows: Sequence[Owed]) -> None:
    async with database.begin() as uow:
        for row in rows:
            uow.outbox.owe(row)


async def take(
    database: Database, limit: int = 100, platforms: Sequence[str] = ("fake",)
) -> list[Owed]:
    async with database.begin() as uow:
        return await uow.outbox.heads(platforms, uow.now, limit)


async def settle(database: Database, *outcomes: Outcome) -> None:
    async with database.begin() as uow:
        await uow.outbox.settle(outcomes)


async def states(database: Database) -> dict[int, State]:
    async with database.read() as uow:
        return {row.payload["number"]: row.state for row in await uow.outbox.list(list(State))}


async def test_a_lane_is_sent_in_the_order_in_which_it_was_owed(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), number=n) for n in range(5)])
    seen = []
    while rows := await take(any_database):
        assert len(rows) == 1
        seen.append(rows[0].payload["number"])
        await settle(any_database, Outcome(rows[0].key, State.SENT, clock.now(), f"om_{seen[-1]}"))
    assert seen == [0, 1, 2, 3, 4]


async def test_a_lane_waits_while_its_head_is_being_sent(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), number=1), owed(clock.now(), number=2)])
    assert len(await take(any_database)) == 1
    assert await take(any_database) == []


async def test_a_head_that_is_put_off_holds_its_own_lane_only(
    any_database: Database, clock: FrozenClock
) -> None:
    later = clock.now() + timedelta(minutes=1)
    await owe(
        any_database,
        [owed(later, "a", 1), owed(clock.now(), "a", 2), owed(clock.now(), "b", 3)],
    )
    assert [row.payload["number"] for row in await take(any_database)] == [3]
    clock.move_to(later)
    assert [row.payload["number"] for row in await take(any_database)] == [1]


async def test_heads_take_no_more_than_asked_the_oldest_first(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), f"lane{n}", n) for n in range(10)])
    assert [row.payload["number"] for row in await take(any_database, 3)] == [0, 1, 2]


async def test_heads_leave_other_platforms_alone(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), "x", 1, platform="other")])
    assert await take(any_database) == []
    assert len(await take(any_database, platforms=("fake", "other"))) == 1


async def test_asking_twice_with_one_merge_word_is_asking_once(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), "a", n, "show:1") for n in (1, 2)])
    await owe(any_database, [owed(clock.now(), "a", 3, "show:1")])
    assert list(await states(any_database)) == [1]


async def test_what_is_asked_while_the_first_is_being_sent_is_owed_again(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), "a", 1, "show:1")])
    (first,) = await take(any_database)
    await owe(any_database, [owed(clock.now(), "a", 2, "show:1")])
    await settle(any_database, Outcome(first.key, State.SENT, clock.now()))
    (second,) = await take(any_database)
    assert second.payload["number"] == 2


async def test_a_merged_row_that_fails_while_a_newer_one_waits_can_still_be_put_off(
    any_database: Database, clock: FrozenClock
) -> None:
    """Both would be pending under one merge word; the newer one says the same."""
    await owe(any_database, [owed(clock.now(), "a", 1, "show:1")])
    (first,) = await take(any_database)
    await owe(any_database, [owed(clock.now(), "a", 2, "show:1")])
    again = clock.now() + timedelta(seconds=2)
    await settle(
        any_database,
        Outcome(first.key, State.PENDING, clock.now(), error="busy", not_before=again),
    )
    clock.move_to(again)
    assert len(await take(any_database)) == 1


async def test_merged_rows_of_a_dead_relay_can_be_taken_over(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), "a", 1, "show:1")])
    await take(any_database)
    await owe(any_database, [owed(clock.now(), "a", 2, "show:1")])
    async with any_database.begin() as uow:
        await uow.outbox.unfinished("fake", uow.now, repeats_safely=True)
    assert len(await take(any_database)) == 1


async def test_settling_a_row_that_nobody_sends_changes_nothing(
    any_database: Database, clock: FrozenClock
) -> None:
    row = owed(clock.now(), number=1)
    await owe(any_database, [row])
    await settle(any_database, Outcome(row.key, State.SENT, clock.now(), "om_1"))
    assert await states(any_database) == {1: State.PENDING}


async def test_a_sent_row_keeps_its_message_and_is_known_as_ours(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now())])
    (row,) = await take(any_database)
    await settle(any_database, Outcome(row.key, State.SENT, clock.now(), "om_1"))
    async with any_database.read() as uow:
        assert await uow.outbox.sent_to("fake", "om_1") == ("chat", "oc_1")
        assert await uow.outbox.sent_to("other", "om_1") is None
        found = await uow.outbox.find(row.key[:8])
    assert found is not None
    assert (found.state, found.message, found.attempts) == (State.SENT, "om_1", 1)


@pytest.mark.parametrize("repeats_safely", [True, False])
async def test_rows_of_a_dead_relay_are_taken_over(
    any_database: Database, clock: FrozenClock, repeats_safely: bool
) -> None:
    rows = [owed(clock.now(), f"lane{n}", n) for n in range(3)]
    rows[1] = replace(rows[1], payload=rows[1].payload | {"insist": True})
    await owe(any_database, rows)
    taken = await take(any_database, 2)
    async with any_database.begin() as uow:
        assert await uow.outbox.called([row.key for row in taken], uow.now)
        found = await uow.outbox.unfinished("fake", uow.now, repeats_safely=repeats_safely)
    assert found == ((2, 0) if repeats_safely else (1, 1))
    first = State.PENDING if repeats_safely else State.UNKNOWN
    assert await states(any_database) == {0: first, 1: State.PENDING, 2: State.PENDING}


async def test_a_row_that_only_waited_its_turn_is_owed_as_before_and_not_the_old_relays_to_send(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), "a", 1)])
    for _ in range(2):
        (row,) = await take(any_database)
        async with any_database.begin() as uow:
            assert await uow.outbox.unfinished("fake", uow.now, repeats_safely=False) == (1, 0)
            assert not await uow.outbox.called([row.key], uow.now)
    (row,) = await take(any_database)
    async with any_database.begin() as uow:
        assert await uow.outbox.called([row.key], uow.now)
    await settle(any_database, Outcome(row.key, State.PENDING, clock.now(), error="busy"))
    await take(any_database)  # what an earlier try called does not count for the next
    async with any_database.begin() as uow:
        assert await uow.outbox.unfinished("fake", uow.now, repeats_safely=False) == (1, 0)


async def test_dead_rows_go_back_with_their_attempts_forgotten(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), merge="show:1")])
    (row,) = await take(any_database)
    await settle(any_database, Outcome(row.key, State.DEAD, clock.now(), error="denied"))
    assert await take(any_database) == []
    async with any_database.begin() as uow:
        assert await uow.outbox.again([row.key, "unknown"], uow.now) == 1
    (retried,) = await take(any_database)
    assert (retried.key, retried.attempts) == (row.key, 0)


async def test_sent_rows_are_not_sent_again_on_request(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now())])
    (row,) = await take(any_database)
    await settle(any_database, Outcome(row.key, State.SENT, clock.now(), "om_1"))
    async with any_database.begin() as uow:
        assert await uow.outbox.again([row.key], uow.now) == 0


async def test_depth_counts_what_is_not_finished(
    any_database: Database, clock: FrozenClock
) -> None:
    oldest = clock.now()
    await owe(any_database, [owed(oldest, f"lane{n}", n) for n in range(3)])
    clock.move_to(oldest + timedelta(hours=1))
    await owe(any_database, [owed(clock.now(), "late", 9)])
    first, second = await take(any_database, 2)
    await settle(
        any_database,
        Outcome(first.key, State.SENT, clock.now()),
        Outcome(second.key, State.DEAD, clock.now()),
    )
    async with any_database.read() as uow:
        assert await uow.outbox.depth() == {
            ("fake", "dead"): (1, oldest),
            ("fake", "pending"): (2, oldest),
        }


async def test_next_due_is_the_earliest_pending_moment(
    any_database: Database, clock: FrozenClock
) -> None:
    async with any_database.read() as uow:
        assert await uow.outbox.next_due() is None
    soon, later = (clock.now() + timedelta(minutes=m) for m in (1, 2))
    await owe(any_database, [owed(later, "a"), owed(soon, "b")])
    async with any_database.read() as uow:
        assert await uow.outbox.next_due() == soon


async def test_finished_rows_are_forgotten_and_owed_ones_are_not(
    any_database: Database, clock: FrozenClock
) -> None:
    await owe(any_database, [owed(clock.now(), f"lane{n}", n) for n in range(2)])
    (row,) = await take(any_database, 1)
    await settle(any_database, Outcome(row.key, State.SENT, clock.now()))
    async with any_database.begin() as uow:
        later = uow.now + SENT_FOR + timedelta(days=1)
        assert await purge(uow.connection, later, timedelta()) == {"outbox": 1}
    assert await states(any_database) == {1: State.PENDING}


async def test_what_a_rolled_back_transaction_owed_is_not_owed(
    any_database: Database, clock: FrozenClock
) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012  (the block is the transaction)
        async with any_database.begin() as uow:
            uow.outbox.owe(owed(clock.now()))
            await uow.flush()
            raise RuntimeError
    assert await states(any_database) == {}
