"""What people suggested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from bot.core.errors import Conflict
from bot.domain.suggestion import Suggestion, SuggestionState, Voice
from storage.base import Json, Moment, metadata
from storage.connection import Connection

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("text", String(500), nullable=False),
    Column("state", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    Column("voices", Json, nullable=False),
    Column("note", String(300), nullable=False),
    Column("answered_by", String(32)),
    Column("changed_at", Moment),
    Column("version", Integer, nullable=False),
    UniqueConstraint("project_id", "number"),
)


class Suggestions:
    """Saving one that somebody else has changed meanwhile is a `Conflict`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(
        self, project_id: str, states: Iterable[SuggestionState] = tuple(SuggestionState)
    ) -> list[Suggestion]:
        """A project's, by number."""
        return await self._some(
            suggestions.c.project_id == project_id,
            suggestions.c.state.in_([str(state) for state in states]),
        )

    async def get(self, id_: str) -> Suggestion | None:
        found = await self._some(suggestions.c.id == id_)
        return found[0] if found else None

    async def numbered(self, project_id: str, number: int) -> Suggestion | None:
        found = await self._some(
            suggestions.c.project_id == project_id, suggestions.c.number == number
        )
        return found[0] if found else None

    async def add(self, suggestion: Suggestion) -> Suggestion:
        """Write a new one; its number is given here and never given twice."""
        highest = await self._connection.execute(
            select(func.max(suggestions.c.number)).where(
                suggestions.c.project_id == suggestion.project_id
            )
        )
        new = replace(suggestion, number=(highest.scalar_one_or_none() or 0) + 1)
        await self._connection.execute(insert(suggestions), {"id": new.id} | _values(new))
        return new

    async def save(self, suggestion: Suggestion) -> Suggestion:
        after = replace(suggestion, version=suggestion.version + 1)
        done = await self._connection.execute(
            update(suggestions)
            .where(suggestions.c.id == suggestion.id, suggestions.c.version == suggestion.version)
            .values(_values(after))
        )
        if done.rowcount != 1:
            msg = f"suggestion {suggestion.id} was changed by somebody else"
            raise Conflict(msg)
        return after

    async def _some(self, *where: Any) -> list[Suggestion]:
        rows = await self._connection.execute(
            select(suggestions).where(*where).order_by(suggestions.c.number)
        )
        return [_suggestion(row) for row in rows]


def _values(one: Suggestion) -> dict[str, Any]:
    return {
        "project_id": one.project_id,
        "number": one.number,
        "text": one.text,
        "state": str(one.state),
        "at": one.at,
        "voices": msgspec.to_builtins(one.voices),
        "note": one.note,
        "answered_by": one.answered_by,
        "changed_at": one.changed_at,
        "version": one.version,
    }


def _suggestion(row: Row[Any]) -> Suggestion:
    return Suggestion(
        row.id,
        row.project_id,
        row.number,
        row.text,
        SuggestionState(row.state),
        row.at,
        msgspec.convert(row.voices, tuple[Voice, ...]),
        row.note,
        row.answered_by,
        row.changed_at,
        row.version,
    )
