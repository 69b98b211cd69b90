"""The plans: milestones by project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from bot.core.errors import Conflict
from bot.domain.milestone import Milestone
from bot.domain.people import Role
from storage.base import Json, metadata
from storage.connection import Connection, chunks

milestones = Table(
    "milestones",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "project_id",
        String(32),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("number", Integer, nullable=False),
    Column("name", String(100), nullable=False),
    Column("due", Date, nullable=False),
    Column("done_on", Date),
    Column("baseline", Date),
    Column("owner_id", String(32), ForeignKey("people.id", ondelete="SET NULL")),
    Column("role", String(20)),
    Column("phase", String(60), nullable=False, server_default=""),
    Column("after", Json, nullable=False, server_default=text("'[]'")),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    Column("golive", Boolean, nullable=False, server_default=text("false")),
    Column("checklist", Json, nullable=False, server_default=text("'[]'")),
    Column("told", Integer),
    Column("climbed", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("project_id", "number"),
)
# What jobs look for: the few that are not done among all that ever were.
_OPEN = text("done_on IS NULL")
Index(
    "ix_milestones_open",
    milestones.c.project_id,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)


class Milestones:
    """Milestones, remembered for the transaction's length; saving one that somebody else has
    changed meanwhile is a `Conflict`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, list[Milestone]] = {}

    async def warm(self, project_ids: Iterable[str]) -> None:
        """Read the plans of many projects at once."""
        wanted = [id_ for id_ in set(project_ids) if id_ not in self._known]
        for part in chunks(wanted):
            self._known |= {id_: [] for id_ in part}
            for row in await self._connection.execute(_OF_PROJECTS, {"ids": part}):
                self._known[row.project_id].append(_milestone(row))

    async def of(self, project_id: str) -> list[Milestone]:
        """A project's plan in the order of its dates."""
        await self.warm([project_id])
        return sorted(self._known[project_id], key=lambda m: (m.due, m.number))

    async def open_of(self, project_ids: Sequence[str]) -> list[Milestone]:
        """What is not done in any of these projects."""
        found: list[Milestone] = []
        for part in chunks(project_ids):
            rows = await self._connection.execute(_OPEN_OF, {"ids": part})
            found += [_milestone(row) for row in rows]
        return found

    async def get(self, id_: str) -> Milestone | None:
        rows = await self._connection.execute(select(milestones).where(milestones.c.id == id_))
        row = rows.first()
        return _milestone(row) if row else None

    async def next_number(self, project_id: str) -> int:
        """Numbers are never given twice."""
        found = await self._connection.execute(
            select(func.max(milestones.c.number)).where(milestones.c.project_id == project_id)
        )
        return int(found.scalar_one_or_none() or 0) + 1

    async def add(self, new: Sequence[Milestone]) -> None:
        for part in chunks(new, 100):
            rows = [{"id": m.id} | _values(m) for m in part]
            await self._connection.execute(insert(milestones), rows)
        self._forget(new)

    async def save(self, changed: Sequence[Milestone]) -> list[Milestone]:
        """Write changed ones, all or none."""
        after = [replace(m, version=m.version + 1) for m in changed]
        for milestone, new in zip(changed, after, strict=True):
            done = await self._connection.execute(
                update(milestones)
                .where(
                    milestones.c.id == milestone.id,
                    milestones.c.version == milestone.version,
                )
                .values(_values(new))
            )
            if done.rowcount != 1:
                msg = f"milestone {milestone.id} was changed by somebody else"
                raise Conflict(msg)
        self._forget(changed)
        return after

    async def told(self, marks: Sequence[tuple[Milestone, int | None, int]]) -> None:
        """Keep which reminder and which rung were given last; no change that anybody sees."""
        for part in chunks(marks):
            await self._connection.execute(
                _TOLD,
                [{"b_id": m.id, "b_told": told, "b_climbed": rung} for m, told, rung in part],
            )
        self._forget([milestone for milestone, _, _ in marks])

    def _forget(self, changed: Sequence[Milestone]) -> None:
        for milestone in changed:
            self._known.pop(milestone.project_id, None)


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_OF_PROJECTS = select(milestones).where(milestones.c.project_id.in_(_IDS))
_OPEN_OF = _OF_PROJECTS.where(milestones.c.done_on.is_(None)).order_by(
    milestones.c.project_id, milestones.c.due, milestones.c.number
)
_TOLD = (
    update(milestones)
    .where(milestones.c.id == bindparam("b_id"))
    .values(told=bindparam("b_told"), climbed=bindparam("b_climbed"))
)


def _values(milestone: Milestone) -> dict[str, Any]:
    return {
        "project_id": milestone.project_id,
        "number": milestone.number,
        "name": milestone.name,
        "due": milestone.due,
        "done_on": milestone.done_on,
        "baseline": milestone.baseline,
        "owner_id": milestone.owner_id,
        "role": milestone.role,
        "phase": milestone.phase,
        "after": milestone.after,
        "shared": milestone.shared,
        "golive": milestone.golive,
        "checklist": milestone.checklist,
        "told": milestone.told,
        "climbed": milestone.climbed,
        "version": milestone.version,
    }


def _milestone(row: Row[Any]) -> Milestone:
    due: date = row.due
    return Milestone(
        row.id,
        row.project_id,
        row.number,
        row.name,
        due,
        row.done_on,
        row.baseline,
        row.owner_id,
        Role(row.role) if row.role else None,
        row.phase,
        tuple(row.after),
        row.shared,
        row.golive,
        tuple((words, done) for words, done in row.checklist),
        row.told,
        row.climbed,
        row.version,
    )
