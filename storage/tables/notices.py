"""What was told to whom by the bot itself, and on which merged card it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
)

from bot.domain.notice import GATHERED, Notice
from storage.base import Json, Moment, metadata
from storage.connection import Connection, chunks

notices = Table(
    "notices",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("batch", String(64), nullable=False),
    Column("person_id", String(32), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("subject", String(32), nullable=False),
    Column("step", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("detail", Json, nullable=False),
    Index(None, "batch"),
    Index(None, "person_id", "at"),
    Index(None, "subject"),
)


class Notices:
    """Only ever grows until it is tidied; the cards are drawn from it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def batches(self, person_ids: Iterable[str], since: datetime) -> dict[str, str]:
        """By person, the merged card that was begun after `since`."""
        found: dict[str, str] = {}
        # A card grows for GATHERED after its beginning, so no older row is of one.
        before = since - GATHERED
        for part in chunks(list(set(person_ids))):
            rows = await self._connection.execute(_BEGUN, {"ids": part, "before": before})
            found |= {row.person_id: row.batch for row in rows if row.begun > since}
        return found

    async def add(self, new: Sequence[Notice]) -> None:
        for part in chunks(new):
            await self._connection.execute(
                insert(notices),
                [
                    {
                        "batch": n.batch,
                        "person_id": n.person_id,
                        "project_id": n.project_id,
                        "kind": n.kind,
                        "subject": n.subject,
                        "step": n.step,
                        "at": n.at,
                        "detail": dict(n.detail),
                    }
                    for n in part
                ],
            )

    async def of(self, batch: str) -> list[Notice]:
        rows = await self._connection.execute(
            select(notices).where(notices.c.batch == batch).order_by(notices.c.seq)
        )
        return [_notice(row) for row in rows]

    async def batches_about(self, subjects: Sequence[str], since: datetime) -> list[str]:
        """The merged cards since then on which any of these risks or milestones stands."""
        found: dict[str, None] = {}
        for part in chunks(subjects):
            rows = await self._connection.execute(
                select(notices.c.batch)
                .where(notices.c.subject.in_(part), notices.c.at >= since)
                .distinct()
            )
            found |= {row.batch: None for row in rows}
        return list(found)


_BEGUN = (
    select(notices.c.person_id, notices.c.batch, func.min(notices.c.at).label("begun"))
    .where(
        notices.c.person_id.in_(bindparam("ids", expanding=True)),
        notices.c.at > bindparam("before"),
    )
    .group_by(notices.c.person_id, notices.c.batch)
    .order_by(func.min(notices.c.at))
)


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        row.batch,
        row.person_id,
        row.project_id,
        row.kind,
        row.subject,
        row.step,
        row.at,
        row.detail,
    )
