"""What was said in the playground's chats: that platform's own memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from storage.base import Json, Moment, metadata
from storage.connection import Connection

playground_messages = Table(
    "playground_messages",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("message", String(64), nullable=False, unique=True),
    Column("chat", String(64), nullable=False),
    Column("author", String(64), nullable=False),
    Column("body", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Column("edited_at", Moment),
    Index(None, "chat", "seq"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """One message; `body` holds `text` or `card`, `parent` and `reactions`."""

    message: str
    chat: str
    author: str
    body: dict[str, Any]
    at: datetime
    edited_at: datetime | None = None


class PlaygroundMessages:
    """The chats' messages; sending the same `message` twice is sending it once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, said: Said) -> bool:
        if await self.find(said.message):
            return False
        await self._connection.execute(
            insert(playground_messages),
            {
                "message": said.message,
                "chat": said.chat,
                "author": said.author,
                "body": said.body,
                "at": said.at,
            },
        )
        return True

    async def find(self, message: str) -> Said | None:
        rows = await self._connection.execute(_FIELDS.where(_T.c.message == message))
        row = rows.first()
        return _said(row) if row else None

    async def edit(self, message: str, body: dict[str, Any], at: datetime) -> None:
        await self._connection.execute(
            update(playground_messages)
            .where(_T.c.message == message)
            .values(body=body, edited_at=at)
        )

    async def of(self, chat: str, limit: int = 60) -> list[Said]:
        """The latest messages of a chat, the oldest of them first."""
        rows = await self._connection.execute(
            _FIELDS.where(_T.c.chat == chat).order_by(_T.c.seq.desc()).limit(limit)
        )
        return [_said(row) for row in rows][::-1]

    async def clear(self) -> None:
        await self._connection.execute(delete(playground_messages))


_T = playground_messages
_FIELDS = select(_T.c.message, _T.c.chat, _T.c.author, _T.c.body, _T.c.at, _T.c.edited_at)


def _said(row: Row[Any]) -> Said:
    return Said(row.message, row.chat, row.author, row.body, row.at, row.edited_at)
