"""A day of a project group in DingTalk: the whole application, its clock in our hand.

Pushes come in through the web application, sends go out over HTTP to a DingTalk that enforces its
limits. Only the clock is ours, so that a day passes in a second.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from bot.app import create_app
from bot.core.clock import FrozenClock
from bot.settings import Settings
from bot.wiring import Wired, wire
from storage.tables.outbox import State
from tests.chat import START, ZONE
from tests.fakes import dingtalk_push as push
from tests.fakes.dingtalk import (
    CARD_SECRET,
    CLIENT_ID,
    CLIENT_SECRET,
    EVENT_AES_KEY,
    EVENT_TOKEN,
    GROUP,
    ROBOT_CODE,
    DingTalkServer,
    Sent,
)


class Day:
    """Speaks as anybody and moves the clock; what people see stands in `dingtalk.sent`."""

    def __init__(self, wired: Wired, clock: FrozenClock, dingtalk: DingTalkServer) -> None:
        self.wired = wired
        self.clock = clock
        self.dingtalk = dingtalk
        transport = httpx.ASGITransport(create_app(wired))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://golive")

    def stamp(self) -> str:
        return str(round(self.clock.now().timestamp() * 1000))

    async def says(self, who: str, text: str = "", **shape: Any) -> httpx.Response:
        """Say something to the robot in the group, or in private with `private=True`."""
        body = push.robot_message(
            who, text, base=self.dingtalk.url, created_ms=int(self.stamp()), **shape
        )
        return await self.push(body)

    async def push(self, body: dict[str, Any]) -> httpx.Response:
        answer = await self.http.post(
            "/webhook/dingtalk",
            content=json.dumps(body, ensure_ascii=False).encode(),
            headers=push.sign(self.stamp()),
        )
        await self.settle()
        return answer

    async def happens(self, event: dict[str, Any]) -> httpx.Response:
        """An organisation event."""
        query, body = push.seal_event(event)
        answer = await self.http.post("/webhook/dingtalk/events", params=query, content=body)
        await self.settle()
        return answer

    async def at(self, wall: str) -> None:
        """Move the clock to a time of the day; what falls due on the way is done on the way."""
        hour, minute = map(int, wall.split(":"))
        day = self.clock.now().astimezone(ZONE)
        target = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
        await self._do()
        while (due := await self._next()) and due <= target:
            self.clock.move_to(due)
            await self._do()
        self.clock.move_to(target)
        await self._do()

    async def _do(self) -> None:
        await self.wired.engine.scheduler.tick()
        await self.settle()

    async def _next(self) -> datetime | None:
        """The next moment from now on at which a job or a message falls due."""
        async with self.wired.database.read() as uow:
            jobs = [
                when
                for p in await uow.projects.all()
                for when in _times(await uow.schedule.of(p.id))
            ]
            rows = [row.not_before for row in await uow.outbox.list([State.PENDING])]
        now = self.clock.now()
        return min((moment for moment in (*jobs, *rows) if moment > now), default=None)

    async def settle(self) -> None:
        while await self.wired.engine.relay.idle():
            pass

    def seen(self, words: str = "", to: str = "") -> list[Sent]:
        return [sent for sent in self.dingtalk.messages(to) if words in sent.words]


def _times(jobs: Mapping[str, datetime | None]) -> list[datetime]:
    return [when for when in jobs.values() if when]


@asynccontextmanager
async def day(url: str, dingtalk: DingTalkServer, **settings: Any) -> AsyncIterator[Day]:
    """Golive on a database, with everything of DingTalk switched on, early on a Tuesday."""
    # Early, so that what is said while the day is set up cannot be answered into any more.
    clock = FrozenClock(START - timedelta(hours=2))
    given = Settings(
        _env_file=None,
        database_url=url,
        dingtalk_client_id=CLIENT_ID,
        dingtalk_client_secret=SecretStr(CLIENT_SECRET),
        dingtalk_robot_code=ROBOT_CODE,
        dingtalk_event_token=SecretStr(EVENT_TOKEN),
        dingtalk_event_aes_key=SecretStr(EVENT_AES_KEY),
        dingtalk_card_secret=SecretStr(CARD_SECRET),
        dingtalk_api_base_url=dingtalk.url,
        dingtalk_oapi_base_url=dingtalk.url,
        **settings,
    )
    wired = wire(given, clock=clock)
    await wired.engine.dispatcher.start()
    one = Day(wired, clock, dingtalk)
    try:
        yield one
    finally:
        await one.http.aclose()
        await wired.engine.stop()


ENGINEERS = {f"eng{n}": name for n, name in enumerate(("李雷", "韩梅梅", "王强", "赵敏", "孙丽"))}


async def given_project(one: Day) -> None:
    """A group of eight: five engineers, their manager, a supervisor, a customer."""
    one.dingtalk.users |= {id_: {"name": name} for id_, name in ENGINEERS.items()}
    await one.says("pm", "新项目 华鼎ERP 上线 2027-03-15", nick="陈静")
    for id_, name in ENGINEERS.items():
        await one.says("pm", f"角色 @{name} 工程师", at=(id_,), nick="陈静")
    await one.says("boss", "项目", nick="周总")
    await one.says("customer", "帮助", external=True, nick="王主任")
    # What has been said so far is not part of the day.
    one.clock.move_to(one.clock.now() + timedelta(minutes=5))
    await one.settle()
    one.dingtalk.sent.clear()
    one.dingtalk.calls.clear()


__all__ = ["ENGINEERS", "GROUP", "Day", "day", "given_project"]
