"""Form links that were opened: by which browser, and which of their forms were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Index, String, Table, select, update

from storage.base import Json, Moment, metadata
from storage.connection import Connection

links = Table(
    "form_links",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("opened_by", String(64), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("used", Json, nullable=False),
    Index(None, "opened_at"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that this browser may use; `used` are the actions of forms that were taken."""

    id: str
    used: Sequence[str]


class FormLinks:
    """One row a link, from its first opening on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def open(self, id_: str, browser: str, at: datetime) -> Opened | None:
        """Open a link as `browser` (a hash); `None` if another one has opened it before."""
        await self._connection.execute(
            self._connection.upsert(links).on_conflict_do_nothing(),
            {"id": id_, "opened_by": browser, "opened_at": at, "used": []},
        )
        row = (await self._connection.execute(select(links).where(links.c.id == id_))).one()
        return Opened(id_, row.used) if row.opened_by == browser else None

    async def use(self, id_: str, action: str) -> None:
        """One of the link's forms was taken."""
        row = (await self._connection.execute(select(links.c.used).where(links.c.id == id_))).one()
        await self._connection.execute(
            update(links).where(links.c.id == id_).values(used=[*row.used, action])
        )
