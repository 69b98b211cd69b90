"""Who did what, when, and whether they were allowed to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    insert,
    select,
)

from storage.base import Json, Moment, metadata
from storage.connection import Connection, chunks

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("project_id", String(32)),
    Column("person_id", String(32)),
    Column("action", String(40), nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("detail", Json, nullable=False),
    Index(None, "project_id", "at"),
)


class Audit:
    """Only ever grows; written at the transaction's end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[dict[str, Any]] = []

    def note(
        self,
        at: datetime,
        action: str,
        *,
        project_id: str | None = None,
        person_id: str | None = None,
        allowed: bool = True,
        **detail: Any,
    ) -> None:
        self._waiting.append(
            {
                "at": at,
                "project_id": project_id,
                "person_id": person_id,
                "action": action,
                "allowed": allowed,
                "detail": detail,
            }
        )

    async def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for part in chunks(waiting):
            await self._connection.execute(insert(audit), list(part))

    async def of(self, project_id: str, limit: int = 100) -> list[Row[Any]]:
        rows = await self._connection.execute(
            select(audit)
            .where(audit.c.project_id == project_id)
            .order_by(audit.c.seq.desc())
            .limit(limit)
        )
        return list(rows)
