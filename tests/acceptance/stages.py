"""Stages for stories over HTTP: signed pushes in, calls to the platforms' open APIs out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import httpx
from pydantic import SecretStr

from bot.app import create_app
from bot.core.clock import FrozenClock
from bot.platforms.feishu.adapter import Feishu
from bot.settings import Settings
from bot.wiring import Wired, wire
from storage.tables.outbox import State
from tests.acceptance.dingtalk_day import Day
from tests.chat import START, ZONE
from tests.fakes import feishu as fake
from tests.fakes.dingtalk import GROUP as DING_GROUP
from tests.fakes.feishu import FeishuServer, Sent
from tests.faq_story import CUSTOMERS
from tests.four_weeks import TEAM

GROUP = "oc_group1"
EVERYBODY = TEAM | CUSTOMERS


async def due_before(wired: Wired, now: datetime, target: datetime) -> datetime | None:
    """The next moment up to `target` at which a job or a message falls due."""
    async with wired.database.read() as uow:
        job = await uow.schedule.next_due()
        rows = [row.not_before for row in await uow.outbox.list([State.PENDING])]
    moments = [moment for moment in (job, *rows) if moment and now < moment <= target]
    return min(moments, default=None)


def moment(day_: str, wall: str) -> datetime:
    return datetime.fromisoformat(f"{day_} {wall}").replace(tzinfo=ZONE)


class OnFeishu:
    """Speaks as Feishu does; what people see stands in `feishu`."""

    def __init__(self, wired: Wired, clock: FrozenClock, feishu: FeishuServer) -> None:
        self.wired, self.clock, self.feishu = wired, clock, feishu
        # Where the messages stand that the bot may reply to.
        self.said: dict[str, str] = {}
        transport = httpx.ASGITransport(create_app(wired))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://golive")

    async def push(self, event: Mapping[str, Any]) -> None:
        plain = json.dumps(event, ensure_ascii=False).encode()
        body = fake.encrypt(plain)
        headers = fake.sign(body, stamp=str(round(self.clock.now().timestamp())))
        answer = await self.http.post("/webhook/feishu", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        await self.settle()

    async def settle(self) -> None:
        while await self.wired.engine.relay.idle():
            pass

    async def begin(self) -> None:
        people = [{"member_id": f"ou_{who}", "name": name} for who, name in EVERYBODY.items()]
        self.feishu.members[GROUP] = people
        await self.push(fake.bot_added(GROUP))

    async def says(self, who: str, text: str, mentions: Sequence[str] = ()) -> None:
        named = {EVERYBODY[one]: f"ou_{one}" for one in mentions}
        await self._say(GROUP, fake.message(f"ou_{who}", text, mentions=named))

    async def whispers(self, who: str, text: str) -> None:
        event = fake.message(f"ou_{who}", text, chat=f"oc_p2p_{who}", private=True)
        await self._say(f"ou_{who}", event)

    async def _say(self, place: str, event: dict[str, Any]) -> None:
        self.said[f"chat_of:{event['event']['message']['message_id']}"] = place
        await self.push(event)

    async def presses(self, who: str, action: str, on: str, typed: str) -> None:
        card = self._shown(on)[-1]
        value = fake.find_action(card.content, action)
        await self.push(fake.press(f"ou_{who}", value, card=card.message))

    async def fills(self, who: str, action: str, on: str, **fields: str) -> None:
        """Send the form of `action` on the newest card with the words `on` in a private chat."""
        card = self._shown(on, who)[-1]
        value = fake.find_action(card.content, action)
        chat = f"oc_p2p_{who}"
        await self.push(fake.press(f"ou_{who}", value, card=card.message, chat=chat, form=fields))

    async def at(self, day: str, wall: str = "18:00") -> None:
        target = moment(day, wall)
        await self._do()
        while due := await due_before(self.wired, self.clock.now(), target):
            self.clock.move_to(due)
            await self._do()
        self.clock.move_to(target)
        await self._do()

    async def _do(self) -> None:
        await self.wired.engine.scheduler.tick()
        await self.settle()

    async def sees(self, words: str, who: str = "") -> int:
        return len(self._shown(words, who))

    def _shown(self, words: str, who: str = "") -> list[Sent]:
        plain = fake.plain(words)
        place = f"ou_{who}" if who else GROUP
        return [
            sent
            for sent in self.feishu.messages()
            if plain in fake.plain(sent.words) and self.said.get(sent.to, sent.to) == place
        ]


@asynccontextmanager
async def on_feishu(url: str, feishu: FeishuServer) -> AsyncIterator[OnFeishu]:
    clock = FrozenClock(START)
    given = Settings(
        _env_file=None,
        database_url=url,
        feishu_app_id=fake.APP_ID,
        feishu_app_secret=SecretStr(fake.APP_SECRET),
        feishu_encrypt_key=SecretStr(fake.ENCRYPT_KEY),
        feishu_verification_token=SecretStr(fake.TOKEN),
        feishu_base_url=feishu.url,
    )
    wired = wire(given, clock=clock)
    await wired.engine.dispatcher.start()
    platform = wired.engine.platforms["feishu"]
    assert isinstance(platform, Feishu)
    await platform.start()
    assert platform._finding
    await platform._finding  # who the bot is, without which nothing is addressed to it
    stage = OnFeishu(wired, clock, feishu)
    try:
        await stage.settle()
        yield stage
    finally:
        await stage.http.aclose()
        await wired.engine.stop()


class OnDingTalk:
    """Speaks as DingTalk does, where every button types its command."""

    def __init__(self, one: Day) -> None:
        self.one = one

    async def begin(self) -> None:
        self.one.dingtalk.users |= {who: {"name": name} for who, name in EVERYBODY.items()}
        for who, name in EVERYBODY.items():
            await self.one.says(who, "你好", nick=name)

    async def says(self, who: str, text: str, mentions: Sequence[str] = ()) -> None:
        await self.one.says(who, text, nick=EVERYBODY[who], at=tuple(mentions))

    async def whispers(self, who: str, text: str) -> None:
        await self.one.says(who, text, nick=EVERYBODY[who], private=True)

    async def presses(self, who: str, action: str, on: str, typed: str) -> None:
        card = self.one.seen(on)[-1]
        assert typed in unquote(json.dumps(card.param, ensure_ascii=False)).replace("\\", "")
        await self.says(who, typed)

    async def at(self, day: str, wall: str = "18:00") -> None:
        target = moment(day, wall)
        wired, clock = self.one.wired, self.one.clock
        await self.one._do()
        while due := await due_before(wired, clock.now(), target):
            clock.move_to(due)
            await self.one._do()
        clock.move_to(target)
        await self.one._do()

    async def sees(self, words: str, who: str = "") -> int:
        shown = self.one.dingtalk.messages(who or DING_GROUP)
        return sum(words in sent.words.replace("\\", "").replace("**", "") for sent in shown)
