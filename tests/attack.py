"""Hostile requests into the whole web application, and what came of them.

The application is called as a server calls it, without HTTP between, so that a million requests
take minutes. Of the engine only the dispatcher runs (in the playground the relay, too): nothing is
sent to anybody outside.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import psutil
from pydantic import SecretStr
from sqlalchemy import select

from bot.app import create_app
from bot.core.clock import FrozenClock, MovableClock
from bot.settings import Settings
from bot.wiring import Wired, wire
from cards.elements import unpack
from cards.render import html
from storage.base import metadata
from storage.tables.outbox import State
from tests.chat import START
from tests.fakes import dingtalk_push
from tests.fakes import feishu as fake
from tests.fakes.dingtalk import (
    CARD_SECRET,
    CLIENT_ID,
    CLIENT_SECRET,
    EVENT_AES_KEY,
    EVENT_TOKEN,
    ROBOT_CODE,
)
from tests.hostile import Hostile, Push, forms_on, packed, wild

AT_ONCE, ROUND, MOST_TOLD = 16, 500, 20
PEOPLE = {"pm": "陈静", "li": "李雷", "han": "韩梅梅"}
SETTING_UP = (
    "新项目 华鼎ERP 上线 2027-03-15 模板 四周", "风险 接口没人回 @李雷 12月3日", "站会", "周报",
    "FAQ 添加 问：如何打印 答：点打印", "如何开通账号", "里程碑", "上线评审", "回访", "计划",
)  # fmt: skip


@dataclass
class Outcome:
    """`wrong` tells of the first answers that must not be; `grown` is in bytes."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    grown: int = 0

    def of(self, status: int) -> int:
        return sum(count for (_, one), count in self.statuses.items() if one == status)


@dataclass
class Answer:
    status: int = 0
    body: bytes = b""


async def ask(app: Any, push: Push) -> Answer:
    """One request, as a server hands it over; raises what the application raises."""
    answer, parts = Answer(), iter((push.body,))
    headers = {"host": "golive.example"} | {k.lower(): v for k, v in push.headers.items()}

    async def receive() -> dict[str, Any]:
        for part in parts:
            return {"type": "http.request", "body": part, "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        answer.status = message.get("status", answer.status)
        answer.body += message.get("body", b"")

    await app(
        {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
            "method": push.method, "path": unquote(push.path), "raw_path": push.path.encode(),
            "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
            "query_string": push.query.encode("latin-1"),
            "headers": [(k.encode(), v.encode("latin-1", "replace")) for k, v in headers.items()],
        },
        receive,
        send,
    )  # fmt: skip
    return answer


class Ear(logging.Handler):
    """Keeps the first complaints of the product about itself."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = str(record.msg)
        if "monthly quota" not in said and len(self.heard) < MOST_TOLD:
            self.heard.append(said)


class Target:
    """An application with a project in it, and the hand that attacks it."""

    def __init__(self, wired: Wired, families: Mapping[str, int], seed: int) -> None:
        self.wired, self.app, self.families = wired, create_app(wired), families
        self.ear = Ear()
        self.hostile = Hostile(random.Random(seed), self.stamp, wild=wild(400))

    def stamp(self) -> str:
        return str(round(self.wired.clock.now().timestamp() * 1000))

    async def know(self) -> None:
        """What there is to press and to name: the newest ids of every table."""
        found: dict[str, list[str]] = {}
        async with self.wired.database.engine.connect() as connection:
            for table in metadata.sorted_tables:
                for name in {"id", "key", "message", "living", "subject"} & set(table.c.keys()):
                    some = select(table.c[name]).limit(40)
                    some = some.order_by(table.c.seq.desc()) if "seq" in table.c else some
                    rows = (await connection.scalars(some)).all()
                    found.setdefault(table.name, []).extend(map(str, rows))
        async with self.wired.database.read() as uow:
            said = [await uow.playground.find(one) for one in found["playground_messages"]]
        cards = [
            (one.message, unpack(one.body["card"])) for one in said if one and "card" in one.body
        ]
        self.hostile.know(
            found,
            [(at, html.button_name(one)) for at, card in cards for one in html.buttons_of(card)],
        )

    async def attack(self, count: int) -> Outcome:
        """`count` requests in rounds; memory is measured from a quarter of them on."""
        outcome, began = Outcome(), time.perf_counter()
        pushes = self.hostile.all(self.families)
        process, warm, sent = psutil.Process(), 0, 0
        while sent < count:
            some = min(ROUND, count - sent)
            batch = iter([next(pushes) for _ in range(some)])
            await asyncio.gather(*(self._work(batch, outcome) for _ in range(AT_ONCE)))
            sent += some
            if "playground" in self.families:
                while await self.wired.engine.relay.idle():
                    pass
                await self.know()
            if not warm and sent >= count // 4:
                gc.collect()
                warm = process.memory_info().rss
        gc.collect()
        outcome.wrong += self.ear.heard
        outcome.grown = process.memory_info().rss - warm
        outcome.seconds = time.perf_counter() - began
        for sample in next(iter(self.wired.engine.metrics.events.collect())).samples:
            if sample.name.endswith("_total"):
                outcome.heard[sample.labels["outcome"]] += int(sample.value)
        return outcome

    async def _work(self, batch: Iterator[Push], outcome: Outcome) -> None:
        for push in batch:
            try:
                answer = await ask(self.app, push)
            except Exception:  # noqa: BLE001  (each is a finding)
                answer = Answer(500, traceback.format_exc()[-1500:].encode())
            outcome.statuses[push.family, answer.status] += 1
            if answer.status >= 500 and len(outcome.wrong) < MOST_TOLD:
                outcome.wrong.append(f"{push}\n{answer.body.decode('utf-8', 'replace')}")


@asynccontextmanager
async def platforms(url: str, families: Mapping[str, int], seed: int) -> AsyncIterator[Target]:
    """Feishu and DingTalk with all their addresses and form pages, each with a project."""
    given = Settings(
        _env_file=None,
        database_url=url,
        feishu_app_id=fake.APP_ID,
        feishu_app_secret=SecretStr(fake.APP_SECRET),
        feishu_encrypt_key=SecretStr(fake.ENCRYPT_KEY),
        feishu_verification_token=SecretStr(fake.TOKEN),
        dingtalk_client_id=CLIENT_ID,
        dingtalk_client_secret=SecretStr(CLIENT_SECRET),
        dingtalk_robot_code=ROBOT_CODE,
        dingtalk_event_token=SecretStr(EVENT_TOKEN),
        dingtalk_event_aes_key=SecretStr(EVENT_AES_KEY),
        dingtalk_card_secret=SecretStr(CARD_SECRET),
        public_url="https://golive.example",
    )
    clock = FrozenClock(START - timedelta(hours=2))
    async with _running(wire(given, clock=clock), families, seed) as target:
        await _set_up(target)
        clock.move_to(START + timedelta(minutes=76))
        await target.wired.engine.scheduler.tick()
        await target.know()
        await _open_links(target)
        yield target


@asynccontextmanager
async def playground(url: str, seed: int) -> AsyncIterator[Target]:
    """The sandbox with its sample project."""
    given = Settings(_env_file=None, database_url=url, playground=True)
    wired = wire(given, clock=MovableClock(FrozenClock(START)), sandbox=True)
    async with _running(wired, {"playground": 1}, seed) as target:
        assert wired.pages
        await wired.pages.start()
        await target.know()
        yield target


@asynccontextmanager
async def _running(wired: Wired, families: Mapping[str, int], seed: int) -> AsyncIterator[Target]:
    """What is logged goes to one ear: pytest would keep it all, and that would look like a leak."""
    root, ear = logging.getLogger(), Ear()
    before, root.handlers = root.handlers, [ear]
    await wired.engine.dispatcher.start()
    try:
        target = Target(wired, families, seed)
        target.ear = ear
        yield target
    finally:
        await wired.engine.stop()
        root.handlers = before


async def _set_up(target: Target) -> None:
    seal = target.hostile.sealed
    await ask(target.app, seal("", packed(fake.bot_added())))
    named = {name: f"ou_{who}" for who, name in PEOPLE.items()}
    roles = [f"角色 @{PEOPLE[who]} 工程师" for who in ("li", "han")]
    for text in (SETTING_UP[0], *roles, *SETTING_UP[1:]):
        at = {name: who for name, who in named.items() if name in text}
        answer = await ask(target.app, seal("", packed(fake.message("ou_pm", text, mentions=at))))
        assert answer.status == 200, answer
        ding = tuple(who for who, name in PEOPLE.items() if name in text)
        said = dingtalk_push.robot_message("pm", text, at=ding, session="one")
        headers = dingtalk_push.sign(target.stamp())
        answer = await ask(target.app, Push("", "/webhook/dingtalk", packed(said), headers))
        assert answer.status == 200, answer


async def _open_links(target: Target) -> None:
    """Links to the forms that are owed to people on DingTalk; only their own can be filled in."""
    forms = target.wired.forms
    assert forms
    async with target.wired.database.read() as uow:
        rows = [
            r
            for r in await uow.outbox.list([State.PENDING])
            if r.platform == "dingtalk" and r.kind in ("card", "show")
        ]
    tokens = [
        forms._links.make(row.key, "dingtalk", f"user:{who}", who).rpartition("/")[2]
        for row in rows
        for who in ("li",)
    ]
    ids = [link.id[:12] for token in tokens if (link := forms._links.read(token))]
    target.hostile.tokens = tokens
    cookie = {"cookie": "; ".join(f"golive_form_{n}=mine" for n in ids)}
    names: list[str] = []
    for token in tokens:
        page = await ask(target.app, Push("", f"/form/{token}", b"", cookie, method="GET"))
        names += forms_on(page.body.decode())
    assert names, "no link shows a form"
    target.hostile.opened(names, ids)
