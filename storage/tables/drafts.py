"""What somebody was shown and has yet to confirm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, delete, insert, select

from bot.core.ids import new_id
from storage.base import Json, Moment, metadata
from storage.connection import Connection

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", String(32), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was shown to whom; `kind` says what to do with the `body` on a yes."""

    id: str
    project_id: str
    person_id: str
    kind: str
    body: Any


class Drafts:
    """Kept until it is confirmed, thrown away or forgotten."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(
        self, project_id: str, person_id: str, kind: str, body: Any, at: datetime
    ) -> str:
        id_ = new_id()
        await self._connection.execute(
            insert(drafts),
            {
                "id": id_,
                "project_id": project_id,
                "person_id": person_id,
                "kind": kind,
                "body": body,
                "at": at,
            },
        )
        return id_

    async def find(self, id_: str) -> Draft | None:
        rows = await self._connection.execute(select(drafts).where(drafts.c.id == id_))
        row = rows.first()
        return Draft(row.id, row.project_id, row.person_id, row.kind, row.body) if row else None

    async def newest(self, project_id: str, person_id: str, kind: str) -> str | None:
        """What a person was shown last of a kind."""
        rows = await self._connection.execute(
            select(drafts.c.id)
            .where(
                drafts.c.project_id == project_id,
                drafts.c.person_id == person_id,
                drafts.c.kind == kind,
            )
            .order_by(drafts.c.at.desc())
            .limit(1)
        )
        found: str | None = rows.scalar_one_or_none()
        return found

    async def drop(self, id_: str) -> bool:
        """Whether it was still there: what is taken is taken once."""
        done = await self._connection.execute(delete(drafts).where(drafts.c.id == id_))
        return done.rowcount == 1
