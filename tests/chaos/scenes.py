"""Where crash stories begin: a project that stands, in a database of which every life gets a copy,
and a chat platform that outlives them all.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from storage.base import metadata
from storage.tables.outbox import outbox
from tests.acceptance.dingtalk_day import day
from tests.acceptance.stages import on_feishu
from tests.chat import START
from tests.fakes import dingtalk as ding
from tests.fakes import feishu as fake
from tests.fakes.dingtalk import DingTalkServer
from tests.fakes.feishu import FeishuServer

_numbers = itertools.count(1)
FEISHU = {
    "feishu_app_id": fake.APP_ID,
    "feishu_app_secret": fake.APP_SECRET,
    "feishu_encrypt_key": fake.ENCRYPT_KEY,
    "feishu_verification_token": fake.TOKEN,
}
DINGTALK = {
    "dingtalk_client_id": ding.CLIENT_ID,
    "dingtalk_client_secret": ding.CLIENT_SECRET,
    "dingtalk_robot_code": ding.ROBOT_CODE,
}
Words = dict[str, list[str]]


class Platform(Protocol):
    """A chat platform of which every life sees the same beginning."""

    name: str

    @property
    def settings(self) -> dict[str, str]:
        """What tells Golive where it is."""

    def words(self) -> Words:
        """What can be read in each place, in order."""

    def rewind(self) -> None:
        """Forget what came after the beginning."""


class OnFeishu:
    name = "feishu"

    def __init__(self, server: FeishuServer) -> None:
        self._server = server
        self._sent, self._by_uuid = copy.deepcopy(server.sent), dict(server.by_uuid)

    @property
    def settings(self) -> dict[str, str]:
        return {**FEISHU, "feishu_base_url": self._server.url}

    def words(self) -> Words:
        found = defaultdict(list)
        for sent in self._server.messages():
            found[sent.to].append(" ".join([*_words(sent.content), *sent.reactions]))
        return dict(found)

    def rewind(self) -> None:
        self._server.sent = copy.deepcopy(self._sent)
        self._server.by_uuid = dict(self._by_uuid)


class OnDingTalk:
    name = "dingtalk"

    def __init__(self, server: DingTalkServer) -> None:
        self._server = server
        self._sent = copy.deepcopy(server.sent)

    @property
    def settings(self) -> dict[str, str]:
        url = self._server.url
        return {**DINGTALK, "dingtalk_api_base_url": url, "dingtalk_oapi_base_url": url}

    def words(self) -> Words:
        found = defaultdict(list)
        for sent in self._server.messages():
            found[sent.to].append(sent.words)
        return dict(found)

    def rewind(self) -> None:
        self._server.sent = copy.deepcopy(self._sent)


@dataclass(frozen=True)
class Seen:
    """What a story has led to: the words in each place, in order, and the rows of each table."""

    words: Mapping[str, list[str]]
    rows: Mapping[str, int]
    owed: Mapping[str, int]


@dataclass(frozen=True)
class Scene:
    """A story's beginning, as often as it is wanted."""

    url: str
    platform: Platform

    def fresh(self) -> dict[str, str]:
        """The settings of a new life; the platform is as it was at the beginning."""
        self.platform.rewind()
        url = _copy(make_url(self.url)).render_as_string(hide_password=False)
        return {**self.platform.settings, "database_url": url}

    def seen(self, url: str) -> Seen:
        return Seen(self.platform.words(), *_rows(url))


def _copy(url: URL) -> URL:
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        other = path.with_name(f"life{next(_numbers)}.db")
        shutil.copy(path, other)
        return url.set(database=str(other))
    name = f"{url.database}_{next(_numbers)}"
    engine = _engine(url.set(database="postgres"))
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {url.database}")
    return url.set(database=name)


def away(url: str) -> None:
    """Throw a copy away."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(str(parsed.database)).unlink()
        return
    with _engine(parsed.set(database="postgres")).connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {parsed.database} WITH (FORCE)")


def _engine(url: URL) -> Any:
    plain = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return create_engine(
        url.set(drivername=plain), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )


def _rows(url: str) -> tuple[dict[str, int], dict[str, int]]:
    with _engine(make_url(url)).connect() as connection:
        counts = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
            if table is not outbox
        }
        states = connection.scalars(select(outbox.c.state))
        return counts, Counter(states)


def _words(node: Any) -> Iterator[str]:
    """What can be read in a card, without the ids that differ from life to life."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("content", "text") and isinstance(value, str):
                yield re.sub(r"\s+", " ", value)
            elif key not in ("value", "behaviors"):
                yield from _words(value)
    elif isinstance(node, list):
        for one in node:
            yield from _words(one)


@contextmanager
def a_project_on_feishu(url: str) -> Iterator[Scene]:
    """Three people and a plan, early on a Tuesday; the stand-up is at half past nine."""

    async def begin(feishu: FeishuServer) -> None:
        async with on_feishu(url, feishu) as stage:
            await stage.begin()
            await stage.says("pm", "新项目 华鼎ERP 上线 12月25日 模板 四周")
            await stage.says("pm", "角色 @李雷 @韩梅梅 工程师", ["li", "han"])

    with fake.running(FeishuServer()) as feishu:
        asyncio.run(begin(feishu))
        yield Scene(url, OnFeishu(feishu))


@contextmanager
def a_project_on_dingtalk(url: str) -> Iterator[Scene]:
    """The same on DingTalk."""

    async def begin(dingtalk: DingTalkServer) -> None:
        async with day(url, dingtalk) as one:
            await one.says("pm", "新项目 华鼎ERP 上线 12月25日 模板 四周", nick="陈静")
            await one.says("li", "帮助", nick="李雷")
            await one.says("han", "帮助", nick="韩梅梅")
            await one.says("pm", "角色 @李雷 @韩梅梅 工程师", nick="陈静", at=("li", "han"))
            one.clock.move_to(START)
            await one.settle()

    with ding.running(DingTalkServer()) as dingtalk:
        asyncio.run(begin(dingtalk))
        yield Scene(url, OnDingTalk(dingtalk))
