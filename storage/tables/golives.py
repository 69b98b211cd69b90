"""The decisions to go live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from bot.core.errors import Conflict
from bot.domain.golive import Gate, Vote
from storage.base import Json, Moment, metadata
from storage.connection import Connection, chunks

golives = Table(
    "golives",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "project_id",
        String(32),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column("day", Date, nullable=False),
    Column("votes", Json, nullable=False),
    Column("go", Boolean),
    Column("decided_by", String(32)),
    Column("decided_at", Moment),
    Column("reason", String(300), nullable=False),
    Column("version", Integer, nullable=False),
)


class GoLives:
    """One decision a project, on the day that it goes live; the audit log has those before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, project_id: str) -> Gate | None:
        return (await self.of_many([project_id])).get(project_id)

    async def of_many(self, project_ids: Sequence[str]) -> dict[str, Gate]:
        found: dict[str, Gate] = {}
        for part in chunks(project_ids):
            rows = await self._connection.execute(
                select(golives).where(golives.c.project_id.in_(part))
            )
            found |= {row.project_id: _gate(row) for row in rows}
        return found

    async def add(self, gate: Gate) -> None:
        await self._connection.execute(insert(golives), {"id": gate.id} | _values(gate))

    async def save(self, gate: Gate) -> Gate:
        """Raises `Conflict` if somebody else has changed it meanwhile."""
        after = replace(gate, version=gate.version + 1)
        done = await self._connection.execute(
            update(golives)
            .where(golives.c.id == gate.id, golives.c.version == gate.version)
            .values(_values(after))
        )
        if done.rowcount != 1:
            msg = f"the go-live of {gate.project_id} was changed by somebody else"
            raise Conflict(msg)
        return after


def _values(gate: Gate) -> dict[str, Any]:
    return {
        "project_id": gate.project_id,
        "day": gate.day,
        "votes": msgspec.to_builtins(gate.votes),
        "go": gate.go,
        "decided_by": gate.decided_by,
        "decided_at": gate.decided_at,
        "reason": gate.reason,
        "version": gate.version,
    }


def _gate(row: Row[Any]) -> Gate:
    votes = msgspec.convert(row.votes, tuple[Vote, ...])
    return Gate(
        row.id,
        row.project_id,
        row.day,
        votes,
        row.go,
        row.decided_by,
        row.decided_at,
        row.reason,
        row.version,
    )
