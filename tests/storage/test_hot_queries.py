"""What is asked again and again reads no table from end to end, however long its past is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.core.clock import FrozenClock
from storage.unit_of_work import Database, UnitOfWork


@contextmanager
def plans_of(database: Database) -> Iterator[list[str]]:
    """How SQLite goes about each query of the block."""
    found: list[str] = []

    def explain(
        connection: Connection, _: object, statement: str, values: Any, *__: object
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            found.extend(str(row[-1]) for row in raw.fetchall())
            raw.close()

    event.listen(database.engine.sync_engine, "before_cursor_execute", explain)
    yield found
    event.remove(database.engine.sync_engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    "ask",
    [
        lambda uow: uow.outbox.next_due(["fake"]),
        lambda uow: uow.outbox.heads(["fake"], uow.now, 100),
        lambda uow: uow.outbox.unfinished("fake", uow.now, repeats_safely=True),
        lambda uow: uow.outbox.depth(),
        lambda uow: uow.inbox.newest("fake"),
        lambda uow: uow.schedule.next_due(),
        lambda uow: uow.schedule.due(uow.now, 500),
        lambda uow: uow.standups.warm(["a", "b"]),
        lambda uow: uow.living.warm(["a"]),
        lambda uow: uow.living.at("fake", ["om_1"]),
    ],
    ids=("next_due", "heads", "unfinished", "depth", "inbox.newest", "schedule.next_due",
         "schedule.due", "rounds", "living", "living.at"),
)  # fmt: skip
async def test_a_query_of_every_second_uses_an_index(
    ask: Callable[[UnitOfWork], Awaitable[object]], database: Database, clock: FrozenClock
) -> None:
    async with database.read() as uow:
        with plans_of(database) as plans:
            await ask(uow)
    assert plans
    whole = [plan for plan in plans if plan.startswith("SCAN ") and "INDEX" not in plan]
    # Subqueries that are scanned have their rows from an index.
    assert [plan for plan in whole if not plan.startswith(("SCAN (subquery", "SCAN anon"))] == []


async def test_the_newest_round_is_found_without_reading_the_others(database: Database) -> None:
    async with database.read() as uow:
        with plans_of(database) as plans:
            await uow.standups.warm(["a", "b"])
    sought = [plan for plan in plans if plan.startswith("SEARCH rounds")]
    assert sought
    assert all("(project_id=? AND kind=? AND day=?)" in plan for plan in sought)
