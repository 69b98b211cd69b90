"""The reports of weeks, as they were drafted, changed and sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)

from bot.core.errors import Conflict
from bot.domain.report import Curve, Edit, Line, Part, Report, Sent
from storage.base import Json, Moment, metadata
from storage.connection import Connection, chunks

reports = Table(
    "reports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("drafted_at", Moment, nullable=False),
    Column("parts", Json, nullable=False),
    Column("curves", Json, nullable=False),
    Column("edits", Json, nullable=False),
    Column("sent", Json, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("project_id", "first"),
)


class Reports:
    """One report a project and week; saving one that somebody else changed is a `Conflict`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, id_: str) -> Report | None:
        return await self._one(reports.c.id == id_)

    async def of_week(self, project_id: str, first: date) -> Report | None:
        return await self._one(reports.c.project_id == project_id, reports.c.first == first)

    async def of_weeks(self, project_ids: Sequence[str], first: date) -> dict[str, Report]:
        """By project, the reports of one week."""
        found: dict[str, Report] = {}
        for part in chunks(project_ids):
            rows = await self._connection.execute(
                select(reports).where(reports.c.project_id.in_(part), reports.c.first == first)
            )
            found |= {row.project_id: _report(row) for row in rows}
        return found

    async def newest(self, project_id: str, most: int = 1) -> list[Report]:
        """The last weeks' reports, the newest first."""
        rows = await self._connection.execute(
            select(reports)
            .where(reports.c.project_id == project_id)
            .order_by(reports.c.first.desc())
            .limit(most)
        )
        return [_report(row) for row in rows]

    async def add(self, report: Report) -> None:
        await self._connection.execute(insert(reports), {"id": report.id} | _values(report))

    async def save(self, report: Report) -> Report:
        after = replace(report, version=report.version + 1)
        done = await self._connection.execute(
            update(reports)
            .where(reports.c.id == report.id, reports.c.version == report.version)
            .values(_values(after))
        )
        if done.rowcount != 1:
            msg = f"report {report.id} was changed by somebody else"
            raise Conflict(msg)
        return after

    async def _one(self, *where: Any) -> Report | None:
        row = (await self._connection.execute(select(reports).where(*where))).first()
        return _report(row) if row else None


def _values(report: Report) -> dict[str, Any]:
    plain = ("project_id", "first", "last", "drafted_at", "version")
    return {name: getattr(report, name) for name in plain} | {
        name: msgspec.to_builtins(getattr(report, name), str_keys=True)
        for name in ("parts", "curves", "edits", "sent")
    }


def _report(row: Row[Any]) -> Report:
    return Report(
        row.id,
        row.project_id,
        row.first,
        row.last,
        row.drafted_at,
        msgspec.convert(row.parts, dict[Part, tuple[Line, ...]]),
        msgspec.convert(row.curves, tuple[Curve, ...]),
        msgspec.convert(row.edits, tuple[Edit, ...]),
        msgspec.convert(row.sent, tuple[Sent, ...]),
        row.version,
    )
