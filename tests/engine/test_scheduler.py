"""The scheduler, branch by branch: what is due, what waits, what fails, what is tidied."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from bot import scheduler as module
from bot.context import Context
from bot.core.clock import FrozenClock
from bot.core.errors import Conflict
from bot.core.events import ChatKind
from bot.domain.notice import GATHERED
from bot.domain.project import Project
from bot.domain.workdays import Calendar
from bot.jobs import Job, Turn
from bot.metrics import Metrics
from bot.scheduler import AT_ONCE, Scheduler
from bot.shelf import Shelf
from storage.privacy import KEYS_FOR, SENT_FOR
from storage.tables.schedule import Due
from storage.unit_of_work import Database
from tests.chat import START
from tests.engine.conftest import until
from tests.hearing import told

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass
class Clockwork:
    """A scheduler with one job, `chime`, that notes whom it ran for and fails as it is told."""

    database: Database
    clock: FrozenClock
    records: timedelta = timedelta()
    job: Job = field(init=False)
    ran: list[list[str]] = field(default_factory=list)
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    fails: dict[str, list[Exception]] = field(default_factory=dict)
    other: Mapping[str, datetime] = field(default_factory=dict)
    next: timedelta | None = DAY
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.job = Job("chime", self._when, self._run)
        self.set_up()

    def set_up(self, *more: Job, **changes: Any) -> None:
        self.job = replace(self.job, **changes)
        jobs = {job.name: job for job in (self.job, *more)}
        shelf = Shelf()
        self.scheduler = Scheduler(
            self.database, jobs, shelf, self.clock, self.metrics, self.records
        )

    def _when(self, project: Project, after: datetime, calendar: Calendar) -> datetime | None:
        assert calendar.works(START.date())
        self.asked.append((project.name, after))
        return None if self.next is None or project.paused else after + self.next

    async def _run(self, turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
        names = [turn.project.name for turn in turns]
        self.ran.append(names)
        for name in names:
            if left := self.fails.get(name):
                raise left.pop()
        ctx.uow.projects  # noqa: B018  (the unit of work is there)
        return self.other

    async def project(self, name: str, **settings: Any) -> Project:
        async with self.database.begin() as uow:
            chat = await uow.chats.meet("fake", f"oc_{name}", ChatKind.GROUP)
            project = Project(f"id-{name}", name, chat.id, created_at=uow.now)
            project = replace(project, settings=replace(project.settings, **settings))
            await uow.projects.add(project)
        return project

    async def due(self, *names: str, at: datetime | None = None, job: str = "chime") -> None:
        async with self.database.begin() as uow:
            await uow.schedule.set([(job, f"id-{n}", at or self.clock.now()) for n in names])

    async def next_of(self, name: str, job: str = "chime") -> datetime | None:
        async with self.database.read() as uow:
            return (await uow.schedule.of(f"id-{name}"))[job]

    async def last_of(self, name: str) -> datetime:
        async with self.database.engine.connect() as connection:
            query = sql("SELECT last_run_at FROM schedule WHERE project_id = :id")
            found = await connection.scalar(query, {"id": f"id-{name}"})
        return datetime.fromisoformat(str(found)).replace(tzinfo=UTC)

    async def execute(self, *statements: str) -> None:
        async with self.database.engine.begin() as connection:
            for statement in statements:
                await connection.execute(sql(statement))

    def at(self, hour: int, minute: int = 0, *, day: int = 24) -> datetime:
        moment = START.replace(day=day, hour=hour, minute=minute)
        self.clock.move_to(moment)
        return moment

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def clockwork(database: Database, clock: FrozenClock) -> Clockwork:
    return Clockwork(database, clock)


# --- what is due ----------------------------------------------------------------------------------


async def test_what_is_due_runs_together_once_and_knows_its_next_time(clockwork: Clockwork) -> None:
    for name in "abc":
        await clockwork.project(name)
    await clockwork.due("a", "b")
    await clockwork.due("c", at=clockwork.clock.now() + timedelta(seconds=1))
    assert await clockwork.scheduler.tick() == 2
    assert clockwork.ran == [["a", "b"]]
    assert await clockwork.next_of("a") == clockwork.clock.now() + DAY
    assert await clockwork.scheduler.tick() == 0
    assert clockwork.count("golive_jobs_total", job="chime", outcome="ran") == 2
    assert clockwork.asked == [("a", clockwork.clock.now())], "alike projects are asked for once"


async def test_how_late_it_is_can_be_seen(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.due("a", at=clockwork.clock.now() - timedelta(seconds=90))
    await clockwork.scheduler.tick()
    assert clockwork.count("golive_scheduler_lag_seconds") == 90


async def test_no_next_time_rests_the_job(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.due("a")
    clockwork.next = None
    assert await clockwork.scheduler.tick() == 1
    assert await clockwork.next_of("a") is None


async def test_a_job_may_say_when_it_comes_next(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.project("b")
    await clockwork.due("a", "b")
    clockwork.other = {"id-b": clockwork.clock.now() + HOUR}
    await clockwork.scheduler.tick()
    assert await clockwork.next_of("a") == clockwork.clock.now() + DAY
    assert await clockwork.next_of("b") == clockwork.clock.now() + HOUR


async def test_unlike_projects_have_next_times_of_their_own(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.project("b", language="en")
    await clockwork.due("a", "b")
    await clockwork.scheduler.tick()
    assert sorted(name for name, _ in clockwork.asked) == ["a", "b"]


async def test_a_job_runs_as_many_at_once_as_it_likes(clockwork: Clockwork) -> None:
    clockwork.set_up(at_once=2)
    for name in "abcde":
        await clockwork.project(name)
    await clockwork.due(*"abcde")
    assert await clockwork.scheduler.tick() == 5
    assert clockwork.ran == [["a", "b"], ["c", "d"], ["e"]]


async def test_a_thousand_are_a_few_transactions(clockwork: Clockwork) -> None:
    names = [f"{n:04}" for n in range(AT_ONCE + 5)]
    async with clockwork.database.begin() as uow:
        for name in names:
            chat = await uow.chats.meet("fake", f"oc_{name}", ChatKind.GROUP)
            await uow.projects.add(Project(f"id-{name}", name, chat.id, created_at=uow.now))
    await clockwork.due(*names)
    assert await clockwork.scheduler.tick() == AT_ONCE + 5
    assert [len(ran) for ran in clockwork.ran] == [AT_ONCE, 5]


async def test_a_job_that_is_no_more_rests(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.project("b")
    await clockwork.due("a", "b", job="gone")
    assert await clockwork.scheduler.tick() == 2
    assert await clockwork.next_of("a", "gone") is None
    assert clockwork.ran == []


# --- what comes late or early ---------------------------------------------------------------------


async def test_what_came_late_into_the_quiet_hours_waits_for_the_morning(
    clockwork: Clockwork,
) -> None:
    await clockwork.project("a")
    await clockwork.due("a", at=clockwork.at(19, 59))
    clockwork.at(20, 30)
    assert await clockwork.scheduler.tick() == 1
    assert clockwork.ran == []
    morning = START.replace(day=25, hour=8, minute=30)
    assert await clockwork.next_of("a") == morning
    clockwork.at(8, 30, day=25)
    await clockwork.scheduler.tick()
    assert clockwork.ran == [["a"]]


async def test_what_is_meant_for_the_quiet_hours_is_not_put_off(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.due("a", at=clockwork.at(21))
    clockwork.at(21, 5)
    await clockwork.scheduler.tick()
    assert clockwork.ran == [["a"]]


async def test_on_its_time_it_runs_whatever_the_hour(clockwork: Clockwork) -> None:
    clockwork.set_up(only_working=True)
    await clockwork.project("a")
    await clockwork.due("a", at=clockwork.at(22, day=28))
    await clockwork.scheduler.tick()
    assert clockwork.ran == [["a"]]


async def test_what_disturbs_nobody_does_not_wait(clockwork: Clockwork) -> None:
    clockwork.set_up(waits_for_morning=False)
    await clockwork.project("a")
    await clockwork.due("a", at=clockwork.at(19, 59))
    clockwork.at(23)
    await clockwork.scheduler.tick()
    assert clockwork.ran == [["a"]]


async def test_what_is_for_working_days_waits_over_the_weekend(clockwork: Clockwork) -> None:
    clockwork.set_up(only_working=True)
    await clockwork.project("a")
    await clockwork.due("a", at=clockwork.at(17, day=27))
    clockwork.at(11, day=28)  # a Saturday
    assert await clockwork.scheduler.tick() == 1
    assert clockwork.ran == []
    assert await clockwork.next_of("a") == START.replace(day=30, hour=8, minute=30)
    clockwork.at(11, day=30)
    await clockwork.scheduler.tick()
    assert clockwork.ran == [["a"]]


async def test_among_those_due_only_the_disturbing_wait(clockwork: Clockwork) -> None:
    await clockwork.project("early", quiet_from=time(18, 0))
    await clockwork.project("open", quiet_from=time(23, 0))
    await clockwork.due("early", "open", at=clockwork.at(17, 59))
    clockwork.at(19)
    assert await clockwork.scheduler.tick() == 2
    assert clockwork.ran == [["open"]]
    assert clockwork.count("golive_jobs_total", job="chime", outcome="ran") == 1


async def test_what_is_gathered_runs_a_little_early_with_the_others(clockwork: Clockwork) -> None:
    clockwork.set_up(gathers=True)
    for name in "abc":
        await clockwork.project(name)
    here = clockwork.clock.now()
    await clockwork.due("a")
    await clockwork.due("b", at=here + GATHERED)
    await clockwork.due("c", at=here + GATHERED + timedelta(seconds=1))
    assert await clockwork.scheduler.tick() == 2
    assert [sorted(ran) for ran in clockwork.ran] in ([["a"], ["b"]], [["a", "b"]])
    assert await clockwork.next_of("b") == here + GATHERED + DAY, "it has had its turn of today"
    assert await clockwork.next_of("c") == here + GATHERED + timedelta(seconds=1)


async def test_nothing_is_early_by_itself(clockwork: Clockwork) -> None:
    clockwork.set_up(gathers=True)
    await clockwork.project("a")
    await clockwork.due("a", at=clockwork.clock.now() + timedelta(seconds=1))
    assert await clockwork.scheduler.tick() == 0
    assert clockwork.ran == []


async def test_what_does_not_gather_is_not_early_for_others(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.project("b")
    await clockwork.due("a")
    await clockwork.due("b", at=clockwork.clock.now() + timedelta(minutes=1))
    assert await clockwork.scheduler.tick() == 1


async def test_it_is_not_early_into_quiet_hours_or_out_of_its_day(clockwork: Clockwork) -> None:
    clockwork.set_up(gathers=True)
    await clockwork.project("a", quiet_from=time(22, 0), quiet_until=time(8, 30))
    await clockwork.project("quiet", quiet_from=time(8, 0), quiet_until=time(9, 5))
    await clockwork.project(
        "away", zone="Pacific/Kiritimati", quiet_from=time(0), quiet_until=time(0)
    )
    late = START.replace(hour=9, minute=9)
    await clockwork.due("a")
    await clockwork.due("quiet", at=late)
    clockwork.at(9)
    assert await clockwork.scheduler.tick() >= 1
    assert clockwork.ran == [["a"]]
    assert await clockwork.next_of("quiet") == late
    # Kiritimati is six hours ahead of Shanghai: its midnight is six in the evening.
    midnight = START.replace(hour=18, minute=1)
    await clockwork.due("away", at=midnight)
    await clockwork.due("a", at=clockwork.at(17, 55))
    await clockwork.scheduler.tick()
    assert clockwork.ran == [["a"], ["quiet", "a"]]
    assert await clockwork.next_of("away") == midnight


# --- what fails -----------------------------------------------------------------------------------


async def test_one_that_fails_waits_for_its_next_time_and_harms_nobody(
    clockwork: Clockwork, caplog: pytest.LogCaptureFixture
) -> None:
    for name in "abc":
        await clockwork.project(name)
    await clockwork.due(*"abc")
    clockwork.fails = {"b": [RuntimeError("odd")] * 2}
    assert await clockwork.scheduler.tick() == 3
    assert clockwork.ran == [["a", "b", "c"], ["a"], ["b"], ["c"]]
    assert await clockwork.next_of("b") == clockwork.clock.now() + DAY
    assert await clockwork.last_of("b") == clockwork.clock.now()
    (said,) = told(caplog, "turn failed")
    assert (said["job"], said["project"]) == ("chime", "id-b")
    assert "RuntimeError: odd" in said["exception"]
    assert clockwork.count("golive_jobs_total", job="chime", outcome="failed") == 1
    assert clockwork.count("golive_jobs_total", job="chime", outcome="ran") == 2
    assert await clockwork.scheduler.tick() == 0


async def test_of_many_that_fail_not_more_are_taken_alone_than_together(
    clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    for name in "abc":
        await clockwork.project(name)
    await clockwork.due(*"abc")
    clockwork.fails = {"a": [RuntimeError("odd")] * 2}
    assert await clockwork.scheduler.tick() == 3
    assert clockwork.ran == [["a", "b"], ["a"], ["b"], ["c"]]


async def test_a_turn_of_a_project_that_has_gone_meanwhile_is_no_trouble(
    clockwork: Clockwork,
) -> None:
    gone = Due("chime", "id-gone", clockwork.clock.now())
    await clockwork.scheduler._put_off(gone, RuntimeError("odd"))
    assert clockwork.asked == []
    assert clockwork.count("golive_jobs_total", job="chime", outcome="failed") == 1


async def test_what_meets_another_change_runs_again_at_once(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.due("a")
    clockwork.fails = {"a": [Conflict("two")] * 2}
    await clockwork.scheduler.tick()
    assert clockwork.ran == [["a"]] * 3
    assert clockwork.count("golive_jobs_total", job="chime", outcome="failed") == 0


async def test_what_meets_another_change_when_alone_waits_for_its_next_time(
    clockwork: Clockwork,
) -> None:
    await clockwork.project("a")
    await clockwork.due("a")
    clockwork.fails = {"a": [Conflict("two"), RuntimeError("odd")]}
    await clockwork.scheduler.tick()
    assert clockwork.ran == [["a"]] * 2
    assert clockwork.count("golive_jobs_total", job="chime", outcome="failed") == 1


@pytest.mark.parametrize("alone", [False, True])
async def test_a_database_in_trouble_is_no_fault_of_the_job(
    clockwork: Clockwork, alone: bool
) -> None:
    await clockwork.project("a")
    await clockwork.due("a")
    away: Exception = OperationalError("statement", {}, Exception("gone"))
    clockwork.fails = {"a": [away, RuntimeError("odd")] if alone else [away]}
    with pytest.raises(OperationalError):
        await clockwork.scheduler.tick()
    assert await clockwork.next_of("a") == clockwork.clock.now(), "it is still due"
    assert clockwork.count("golive_jobs_total", job="chime", outcome="failed") == 0
    assert await clockwork.scheduler.tick() == 1


async def test_a_tick_that_fails_does_not_end_the_ticking(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.due("a")
    await clockwork.execute("ALTER TABLE schedule RENAME TO away")
    await clockwork.scheduler._safe_tick()
    await clockwork.execute("ALTER TABLE away RENAME TO schedule")
    await clockwork.scheduler._safe_tick()
    assert clockwork.ran == [["a"]]


# --- while it leads -------------------------------------------------------------------------------


async def test_it_ticks_every_second_while_it_runs_and_ends_with_its_transaction(
    clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clockwork.project("a")
    await clockwork.due("a")
    monkeypatch.setenv("TZ", "Nowhere/Known")
    running = asyncio.create_task(clockwork.scheduler.run())
    await until(lambda: clockwork.scheduler.working is True)
    await until(lambda: clockwork.ran, within=10)
    async with clockwork.scheduler._ticking:
        running.cancel()
        await until(lambda: clockwork.scheduler.working is False)
        assert not running.done()
    await asyncio.gather(running, return_exceptions=True)
    before = len(clockwork.ran)
    await clockwork.due("a")
    with pytest.raises(TimeoutError):
        await until(lambda: len(clockwork.ran) > before, within=1.5)


async def test_it_tidies_every_hour_while_it_runs(
    clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert HOUR.total_seconds() == module.TIDY
    monkeypatch.setattr(module, "TIDY", 0.2)
    running = asyncio.create_task(clockwork.scheduler.run())
    await until(lambda: told(caplog, "tidied"), within=10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_whoever_begins_gives_old_projects_their_first_times(clockwork: Clockwork) -> None:
    for name in "ab":
        await clockwork.project(name)
    clockwork.set_up(replace(clockwork.job, name="new"))
    running = asyncio.create_task(clockwork.scheduler.run())
    await until(lambda: len(clockwork.asked) == 4)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for name in "ab":
        assert await clockwork.next_of(name) == clockwork.clock.now() + DAY
        assert await clockwork.next_of(name, "new") == clockwork.clock.now() + DAY
    clockwork.asked.clear()
    await clockwork.scheduler._arrange()
    assert clockwork.asked == [], "a time that is known is not asked for again"


async def test_no_first_times_while_the_database_is_away(clockwork: Clockwork) -> None:
    await clockwork.project("a")
    await clockwork.execute("ALTER TABLE schedule RENAME TO away")
    await clockwork.scheduler._tidy()
    await clockwork.execute("ALTER TABLE away RENAME TO schedule")
    await clockwork.scheduler._tidy()
    assert await clockwork.next_of("a") == clockwork.clock.now() + DAY


async def test_what_cannot_be_forgotten_now_is_forgotten_later(clockwork: Clockwork) -> None:
    await clockwork.execute("ALTER TABLE inbox RENAME TO away")
    await clockwork.scheduler._tidy()
    await clockwork.execute("ALTER TABLE away RENAME TO inbox")
    await clockwork.scheduler._tidy()


async def test_what_nothing_can_ask_for_is_forgotten(clockwork: Clockwork) -> None:
    async with clockwork.database.begin() as uow:
        await uow.inbox.claim([("fake", "old")], uow.now - KEYS_FOR - timedelta(seconds=1))
        await uow.inbox.claim([("fake", "young")], uow.now - KEYS_FOR + timedelta(seconds=1))
    await clockwork.scheduler._tidy()
    async with clockwork.database.read() as uow:
        assert await uow.inbox.known([("fake", "old"), ("fake", "young")]) == {("fake", "young")}
    assert timedelta() < SENT_FOR


@pytest.mark.parametrize(("records", "left"), [(timedelta(), 1), (timedelta(days=90), 0)])
async def test_records_go_when_the_operator_says_so(
    database: Database, clock: FrozenClock, records: timedelta, left: int
) -> None:
    clockwork = Clockwork(database, clock, records)
    async with database.begin() as uow:
        uow.audit.note(uow.now - timedelta(days=91), "looked", project_id="id-a")
    await clockwork.scheduler._tidy()
    async with database.read() as uow:
        assert len(await uow.audit.of("id-a")) == left
