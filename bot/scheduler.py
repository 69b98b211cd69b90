"""Runs what falls due. APScheduler only ticks; the truth stands in the due table.

A job is claimed, run and set to its next time in one transaction, so that it runs once however many
replicas there are and whenever one dies. Due rows of one job are handed over together: ten thousand
projects whose stand-up begins at half past nine are a few dozen transactions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.context import Context
from bot.core.clock import Clock
from bot.core.errors import Conflict
from bot.domain.notice import GATHERED
from bot.domain.project import Project, Settings
from bot.domain.schedule import next_waking, quiet_until
from bot.jobs import Job, Turn
from bot.metrics import Metrics
from bot.shelf import Shelf
from storage.privacy import purge
from storage.tables.schedule import Due
from storage.unit_of_work import Database, UnitOfWork

log = logs.get(__name__)

# Rows claimed at once: enough to pay a commit for many, few enough that the loop is free again
# within a few hundredths of a second.
AT_ONCE = 500
# In seconds.
TICK = 1.0
TIDY = 3600.0


class Scheduler:
    """Ticks while this process leads."""

    def __init__(
        self,
        database: Database,
        jobs: Mapping[str, Job],
        shelf: Shelf,
        clock: Clock,
        metrics: Metrics,
        records: timedelta = timedelta(),
    ) -> None:
        """`records` is how long what people wrote is kept; zero keeps it for ever."""
        self._database = database
        self._jobs = jobs
        self._shelf = shelf
        self._clock = clock
        self._metrics = metrics
        self._records = records
        self._ticking = asyncio.Lock()
        self._gathering = [job.name for job in jobs.values() if job.gathers]
        self._until: datetime | None = None
        self.working = False

    async def run(self) -> None:
        """Tick until cancelled; a tick that is under way ends with its transaction."""
        # The zone is given, since a machine may have none that is known.
        ticker = AsyncIOScheduler(timezone="UTC")
        ticker.add_job(self._safe_tick, "interval", seconds=TICK)
        ticker.add_job(self._tidy, "interval", seconds=TIDY)
        ticker.start()
        self.working = True
        await self._arrange()
        try:
            await asyncio.Event().wait()
        finally:
            self.working = False
            ticker.shutdown()
            async with self._ticking:
                pass

    async def _arrange(self) -> None:
        """Give projects from before a job was known their first time for it."""
        try:
            async with self._database.begin() as uow:
                missing = await uow.schedule.unarranged(self._jobs)
                projects = await uow.projects.get_many(list(missing))
                rows = []
                for id_, project in projects.items():
                    rows += [
                        (name, id_, self._next(self._jobs[name], project, uow.now))
                        for name in missing[id_]
                    ]
                await uow.schedule.set(rows)
        except (SQLAlchemyError, OSError, Conflict) as error:
            log.error("arranging failed", why=type(error).__name__)

    async def _safe_tick(self) -> None:
        try:
            await self.tick()
        except (SQLAlchemyError, OSError) as error:
            log.error("tick failed", why=type(error).__name__, exc_info=error)

    async def _tidy(self) -> None:
        """Forget what nothing can ask for any more."""
        await self._arrange()
        try:
            async with self._database.begin() as uow:
                gone = await purge(uow.connection, uow.now, self._records)
        except (SQLAlchemyError, OSError, Conflict) as error:
            log.error("tidying failed", why=type(error).__name__)
        else:
            log.info("tidied", **gone)

    async def tick(self) -> int:
        """Run everything that is due now; gives back how many turns were taken."""
        async with self._ticking:
            total, self._until = 0, None
            if await self._anything_due():
                while done := await self._some():
                    total += done
            return total

    async def _anything_due(self) -> bool:
        async with self._database.read() as uow:
            due = await uow.schedule.next_due()
        return due is not None and due <= self._clock.now()

    async def _some(self) -> int:
        try:
            async with self._database.begin() as uow:
                rows = await uow.schedule.due(uow.now, AT_ONCE, self._gathering, self._until)
                job = self._jobs.get(rows[0].job) if rows else None
                rows = rows[: job.at_once] if job else rows
                return await self._turns(rows, uow) if rows else 0
        except Conflict:
            log.info("turns met a change, taken again")
            return 1
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:
            log.error("turns failed together, taken one by one", exc_info=error)
        return await self._one_by_one()

    async def _turns(self, rows: Sequence[Due], uow: UnitOfWork) -> int:
        """Run the turns of one job and say when each project's next one is."""
        job = self._jobs.get(rows[0].job)
        if job is None:
            await uow.schedule.ran([(due, None) for due in rows], uow.now)
            return len(rows)
        self._metrics.lag.set(max((uow.now - rows[0].at).total_seconds(), 0.0))
        if job.gathers and rows[0].at <= uow.now:
            self._until = uow.now + GATHERED
        projects = await uow.projects.get_many([due.project_id for due in rows])
        turns: list[Turn] = []
        times: dict[tuple[Settings, bool, datetime], datetime | None] = {}
        after: list[tuple[Due, datetime | None]] = []
        for due in rows:
            project = projects[due.project_id]
            later = self._later(job, project, due, uow.now)
            if later:
                after.append((due, later))
                continue
            if due.at > uow.now and _of_another_time(project, due, uow.now):
                # Not early into quiet hours or another day: it waits for its own time.
                after.append((due, due.at))
                self._until = None
                continue
            turns.append(Turn(project, due))
            # One that is run early has had its turn of today all the same.
            since = max(uow.now, due.at)
            alike = (project.settings, project.paused, since)
            if alike not in times:
                times[alike] = self._next(job, project, since)
            after.append((due, times[alike]))
        if turns:
            other = await job.run(turns, Context(uow, self._shelf))
            after = [(due, other.get(due.project_id, then)) for due, then in after]
            self._metrics.jobs.labels(job.name, "ran").inc(len(turns))
        await uow.schedule.ran(after, uow.now)
        await asyncio.sleep(0)
        return len(rows)

    def _next(self, job: Job, project: Project, after: datetime) -> datetime | None:
        return job.when(project, after, self._shelf.calendars.of(project.settings.country))

    def _later(self, job: Job, project: Project, due: Due, now: datetime) -> datetime | None:
        """When a turn that comes late is to be taken, if not now."""
        if due.at >= now:
            return None
        if job.only_working:
            return next_waking(project, now, self._shelf.calendars.of(project.settings.country))
        if job.waits_for_morning and quiet_until(project, due.at) is None:
            return quiet_until(project, now)
        return None

    async def _one_by_one(self) -> int:
        """Take due rows alone; one that fails waits for its next time."""
        async with self._database.read() as uow:
            rows = await uow.schedule.due(uow.now, AT_ONCE)
        for due in rows:
            try:
                async with self._database.begin() as uow:
                    await self._turns([due], uow)
            except (SQLAlchemyError, OSError):
                raise
            except Exception as error:  # noqa: BLE001
                await self._put_off(due, error)
        return len(rows)

    async def _put_off(self, due: Due, error: Exception) -> None:
        log.error("turn failed", job=due.job, project=due.project_id, exc_info=error)
        self._metrics.jobs.labels(due.job, "failed").inc()
        async with self._database.begin() as uow:
            project = await uow.projects.get(due.project_id)
            after = self._next(self._jobs[due.job], project, uow.now) if project else None
            await uow.schedule.ran([(due, after)], uow.now)


def _of_another_time(project: Project, due: Due, now: datetime) -> bool:
    """Whether what is due soon may not be said now already."""
    another_day = project.local(due.at).date() != project.local(now).date()
    return another_day or quiet_until(project, now) is not None
