"""What falls due in many projects at once is read together: as many queries as for few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, event

from benchmarks import given
from bot.core.clock import FrozenClock
from bot.metrics import Metrics
from bot.scheduler import Scheduler
from bot.shelf import Shelf
from schedules import JOBS
from storage.tables.schedule import schedule
from storage.unit_of_work import Database


@pytest.mark.parametrize("step", ["ask", "remind", "close"])
async def test_a_step_of_a_round_asks_the_database_as_often_for_thirty_groups_as_for_ten(
    step: str, database: Database, clock: FrozenClock
) -> None:
    ten, thirty = [await queries(step, groups, database, clock) for groups in (10, 30)]
    assert ten == thirty


async def queries(step: str, groups: int, database: Database, clock: FrozenClock) -> list[str]:
    """What one tick asks when this step of a round is due in so many groups."""
    await database.clear()
    await given.groups(database, groups, given.TEAM, round_open=step != "ask")
    if step == "close":
        clock.move_to(clock.now() + timedelta(hours=7))
    job, seen = f"standup.{step}", list[str]()
    async with database.begin() as uow:
        found = await uow.connection.execute(delete(schedule).returning(schedule.c.project_id))
        projects = set(found.scalars())
        await uow.schedule.set((job, id_, uow.now) for id_ in projects)

    def note(*call: object) -> None:
        seen.append(str(call[2]).partition("(")[0])

    scheduler = Scheduler(database, JOBS, Shelf(), clock, Metrics())
    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    assert await scheduler.tick() == groups
    event.remove(engine, "before_cursor_execute", note)
    return seen
