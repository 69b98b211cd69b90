"""Chats and the projects that live in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bot.core.errors import Conflict
from bot.core.events import ChatKind
from bot.core.ids import new_id
from bot.domain.project import Project, Settings
from storage.base import Moment, metadata
from storage.connection import Connection, chunks


@lru_cache(maxsize=256)
def _read_settings(stored: bytes) -> Settings:
    return msgspec.json.decode(stored, type=Settings)


class StoredSettings(TypeDecorator[Settings]):
    """Settings as JSON. Most projects have the same ones and share one object."""

    impl = LargeBinary
    cache_ok = True

    @staticmethod
    def read(value: Any) -> Settings:
        """The settings from plain data."""
        return msgspec.convert(value, Settings)

    def process_bind_param(self, value: Settings | None, dialect: Dialect) -> bytes:
        return msgspec.json.encode(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Settings | None:
        return _read_settings(value) if value else None


chats = Table(
    "chats",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("name", String(200), nullable=False, default=""),
    Column("external", Boolean, nullable=False, default=False),
    Column("present", Boolean, nullable=False, default=True),
    UniqueConstraint("platform", "account"),
)

projects = Table(
    "projects",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("chat_id", String(32), ForeignKey("chats.id"), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("settings", StoredSettings, nullable=False),
    Column("golive", Date),
    Column("template", String(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    Column("version", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Chat:
    """A group or private chat that the bot has heard of; `account` is the platform's id."""

    id: str
    platform: str
    account: str
    kind: ChatKind
    name: str = ""
    external: bool = False
    present: bool = True


Key = tuple[str, str]


class Chats:
    """Chats by the platform's id, remembered for the transaction's length."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[Key, Chat] = {}
        self._by_id: dict[str, Chat] = {}

    async def warm(self, keys: Iterable[Key]) -> None:
        wanted = [key for key in set(keys) if key not in self._known]
        for part in chunks(wanted):
            found = await self._connection.execute(
                select(chats).where(tuple_(chats.c.platform, chats.c.account).in_(part))
            )
            for row in found:
                self._keep(_chat(row))

    async def find(self, platform: str, account: str) -> Chat | None:
        if (platform, account) not in self._known:
            await self.warm([(platform, account)])
        return self._known.get((platform, account))

    async def get(self, id_: str) -> Chat:
        return (await self.get_many([id_]))[id_]

    async def get_many(self, ids: Sequence[str]) -> dict[str, Chat]:
        for part in chunks([id_ for id_ in ids if id_ not in self._by_id]):
            for row in await self._connection.execute(_CHATS_BY_ID, {"ids": part}):
                self._keep(_chat(row))
        return {id_: self._by_id[id_] for id_ in ids if id_ in self._by_id}

    async def present(self, platform: str) -> list[Chat]:
        """The chats of a platform that the bot is in."""
        rows = await self._connection.execute(
            select(chats).where(chats.c.platform == platform, chats.c.present)
        )
        return [_chat(row) for row in rows]

    async def meet(self, platform: str, account: str, kind: ChatKind) -> Chat:
        """The chat behind a platform's id, made if it is new."""
        chat = await self.find(platform, account)
        if chat is None:
            chat = Chat(new_id(), platform, account, kind)
            await self._connection.execute(
                insert(chats),
                {"id": chat.id, "platform": platform, "account": account, "kind": kind},
            )
            self._keep(chat)
        return chat

    async def save(self, chat: Chat) -> None:
        await self._connection.execute(
            update(chats)
            .where(chats.c.id == chat.id)
            .values(name=chat.name[:200], external=chat.external, present=chat.present)
        )
        self._keep(chat)

    def _keep(self, chat: Chat) -> None:
        self._known[chat.platform, chat.account] = self._by_id[chat.id] = chat


class Projects:
    """Projects; saving one that somebody else has changed meanwhile is a `Conflict`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_chat: dict[str, Project] = {}
        self._by_id: dict[str, Project] = {}
        self._without: set[str] = set()

    async def warm(self, chat_ids: Iterable[str]) -> None:
        seen = self._by_chat.keys() | self._without
        for part in chunks([id_ for id_ in set(chat_ids) if id_ not in seen]):
            for row in await self._connection.execute(_BY_CHATS, {"ids": part}):
                self._keep(_project(row))
            self._without |= {id_ for id_ in part if id_ not in self._by_chat}

    async def of_chat(self, chat_id: str) -> Project | None:
        if chat_id not in self._by_chat:
            await self.warm([chat_id])
        return self._by_chat.get(chat_id)

    async def get(self, id_: str) -> Project | None:
        if id_ not in self._by_id:
            await self.get_many([id_])
        return self._by_id.get(id_)

    async def get_many(self, ids: Sequence[str]) -> dict[str, Project]:
        for part in chunks([id_ for id_ in ids if id_ not in self._by_id]):
            for row in await self._connection.execute(_BY_IDS, {"ids": part}):
                self._keep(_project(row))
        return {id_: self._by_id[id_] for id_ in ids if id_ in self._by_id}

    async def all(self) -> list[Project]:
        rows = await self._connection.execute(select(projects).order_by(projects.c.created_at))
        return [_project(row) for row in rows]

    async def add(self, project: Project) -> None:
        await self._connection.execute(insert(projects), _values(project) | {"id": project.id})
        self._keep(project)

    async def save(self, project: Project) -> Project:
        after = replace(project, version=project.version + 1)
        done = await self._connection.execute(
            update(projects)
            .where(projects.c.id == project.id, projects.c.version == project.version)
            .values(_values(after))
        )
        if done.rowcount != 1:
            msg = f"project {project.id} was changed by somebody else"
            raise Conflict(msg)
        self._keep(after)
        return after

    def _keep(self, project: Project) -> None:
        self._by_id[project.id] = self._by_chat[project.chat_id] = project
        self._without.discard(project.chat_id)


_CHATS_BY_ID = select(chats).where(chats.c.id.in_(bindparam("ids", expanding=True)))
_BY_CHATS = select(projects).where(projects.c.chat_id.in_(bindparam("ids", expanding=True)))
_BY_IDS = select(projects).where(projects.c.id.in_(bindparam("ids", expanding=True)))


def _chat(row: Row[Any]) -> Chat:
    return Chat(
        row.id,
        row.platform,
        row.account,
        ChatKind(row.kind),
        row.name,
        row.external,
        row.present,
    )


def _values(project: Project) -> dict[str, Any]:
    return {
        "chat_id": project.chat_id,
        "name": project.name,
        "settings": project.settings,
        "golive": project.golive,
        "template": project.template,
        "created_at": project.created_at,
        "paused": project.paused,
        "version": project.version,
    }


def _project(row: Row[Any]) -> Project:
    created: datetime = row.created_at
    return Project(
        row.id,
        row.name,
        row.chat_id,
        row.settings,
        row.golive,
        row.template,
        created,
        row.paused,
        row.version,
    )
