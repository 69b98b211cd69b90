"""The due table: what each project's regular jobs wait for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from storage.base import Moment, metadata
from storage.connection import Connection, chunks
from storage.tables.projects import projects

schedule = Table(
    "schedule",
    metadata,
    Column("job", String(40)),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE")),
    Column("next_run_at", Moment),
    Column("last_run_at", Moment),
    PrimaryKeyConstraint("job", "project_id"),
    Index(None, "next_run_at"),
)


@dataclass(frozen=True, slots=True)
class Due:
    """One job of one project, and when it was to run."""

    job: str
    project_id: str
    at: datetime


class Schedule:
    """Claims what is due. The claim and its effects are one transaction, so a job whose process
    dies is due again, and one that ran is not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def due(
        self, now: datetime, limit: int, early: Sequence[str] = (), until: datetime | None = None
    ) -> list[Due]:
        """The due rows of the job that has waited longest; other replicas skip them.

        The jobs named in `early` count as due already when they are `until` then.
        """
        is_due = schedule.c.next_run_at <= now
        if early and until:
            is_due = or_(is_due, and_(schedule.c.job.in_(early), schedule.c.next_run_at <= until))
        found = (
            select(schedule.c.job, schedule.c.project_id, schedule.c.next_run_at)
            .where(is_due)
            .order_by(schedule.c.next_run_at, schedule.c.job, schedule.c.project_id)
            .limit(limit)
        )
        if not self._connection.is_sqlite:
            found = found.with_for_update(skip_locked=True)
        rows = [_due(row) for row in await self._connection.execute(found)]
        return [row for row in rows if row.job == rows[0].job] if rows else []

    async def set(self, rows: Iterable[tuple[str, str, datetime | None]]) -> None:
        """Say when jobs run next: job, project, moment; `None` rests the job."""
        statement = self._connection.upsert(schedule)
        statement = statement.on_conflict_do_update(
            index_elements=["job", "project_id"],
            set_={"next_run_at": statement.excluded.next_run_at},
        )
        for part in chunks(list(rows)):
            await self._connection.execute(
                statement,
                [{"job": j, "project_id": p, "next_run_at": at} for j, p, at in part],
            )

    async def ran(self, rows: Sequence[tuple[Due, datetime | None]], at: datetime) -> None:
        """Note that claimed rows ran, and when they run next."""
        for part in chunks(rows):
            await self._connection.execute(
                _RAN,
                [
                    {
                        "b_job": due.job,
                        "b_project": due.project_id,
                        "b_next": after,
                        "b_at": at,
                    }
                    for due, after in part
                ],
            )

    async def next_due(self) -> datetime | None:
        found = await self._connection.execute(select(func.min(schedule.c.next_run_at)))
        moment: datetime | None = found.scalar_one_or_none()
        return moment

    async def next_job(self) -> Due | None:
        rows = await self._connection.execute(
            select(schedule.c.job, schedule.c.project_id, schedule.c.next_run_at)
            .where(schedule.c.next_run_at.is_not(None))
            .order_by(schedule.c.next_run_at)
            .limit(1)
        )
        row = rows.first()
        return _due(row) if row else None

    async def unarranged(self, jobs: Iterable[str]) -> dict[str, list[str]]:
        """The jobs that a project has never been given a time for, by project."""
        missing: dict[str, list[str]] = {}
        for job in jobs:
            known = exists().where(schedule.c.job == job, schedule.c.project_id == projects.c.id)
            for row in await self._connection.execute(select(projects.c.id).where(~known)):
                missing.setdefault(row.id, []).append(job)
        return missing

    async def of(self, project_id: str) -> dict[str, datetime | None]:
        rows = await self._connection.execute(
            select(schedule.c.job, schedule.c.next_run_at).where(
                schedule.c.project_id == project_id
            )
        )
        return {row.job: row.next_run_at for row in rows}


_RAN = (
    update(schedule)
    .where(
        schedule.c.job == bindparam("b_job"),
        schedule.c.project_id == bindparam("b_project"),
    )
    .values(next_run_at=bindparam("b_next"), last_run_at=bindparam("b_at"))
)


def _due(row: Row[Any]) -> Due:
    return Due(row.job, row.project_id, row.next_run_at)
