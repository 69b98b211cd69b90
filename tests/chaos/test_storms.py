"""A platform in a storm: two answers of three are refusals, errors, silence or lies. Everything
owed arrives once, in its order, within the limits; on DingTalk, what was silent is counted.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import pairwise
from typing import Any

import httpx
import pytest

from bot.settings import Settings
from bot.wiring import Wired, wire
from cards.elements import Card, pack, text
from storage.tables.outbox import Owed, State
from storage.unit_of_work import Database
from tests.chaos import hasty
from tests.chaos.scenes import DINGTALK, FEISHU
from tests.chat import START
from tests.fakes.dingtalk import DingTalkServer
from tests.fakes.feishu import FeishuServer
from tests.hearing import logging_as


class Storm(httpx.AsyncBaseTransport):
    """Stands between Golive and a platform: 30 % 429, 20 % 5xx, 10 % silence (half of it after the
    platform has done what it was asked), 5 % resets, 1 % HTTP 200 with an error inside.
    """

    def __init__(self, app: Any, lie: dict[str, Any], seed: int) -> None:
        self._platform = httpx.ASGITransport(app)
        self._lie = lie
        self._chance = random.Random(seed)
        self.calls: list[float] = []
        self.weather: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "oken" in request.url.path:
            return await self._platform.handle_async_request(request)
        self.calls.append(asyncio.get_running_loop().time())
        what = self._chance.choices(
            ("busy", "broken", "silent", "deaf", "reset", "lie", "fair"),
            (30, 20, 5, 5, 5, 1, 34),
        )[0]
        self.weather[what] += 1
        match what:
            case "busy":
                headers = {"x-ogw-ratelimit-reset": str(self._chance.choice((1, 2, 5)))}
                return httpx.Response(429, headers=headers, json={"code": 99991400, "msg": "slow"})
            case "broken":
                return httpx.Response(self._chance.choice((500, 502, 503)), content=b"<html>")
            case "silent" | "deaf":
                if what == "silent":
                    await self._platform.handle_async_request(request)
                await asyncio.sleep(10)
                raise httpx.ReadTimeout("", request=request)
            case "reset":
                raise httpx.ConnectError("", request=request)
            case "lie":
                return httpx.Response(200, json=self._lie)
        return await self._platform.handle_async_request(request)


def in_a_storm(database_url: str, settings: dict[str, Any], storm: Storm) -> Wired:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, hasty.HastyLoop)
    clock = hasty.LoopClock(START.astimezone(UTC), loop)
    wired = wire(Settings(_env_file=None, database_url=database_url, **settings), clock=clock)
    loop.heed(wired.database.engine)
    (platform,) = wired.engine.platforms.values()
    client: Any = platform._client  # type: ignore[attr-defined]
    client._http._transport = storm
    return wired


async def owe(database: Database, platform: str, sends: int, chats: int) -> None:
    async with database.begin() as uow:
        for number in range(sends):
            chat = f"oc_chat{number % chats}"
            payload = {"card": pack(Card(f"{number}", (text(f"number {number}"),))), "reply_to": ""}
            uow.outbox.owe(Owed(platform, "card", "chat", chat, payload, uow.now, chat))


async def send_all(wired: Wired) -> dict[State, int]:
    """Relay until nothing is owed; how many rows ended in each state."""
    relaying = asyncio.create_task(wired.engine.relay.run())
    try:
        while True:
            await asyncio.sleep(5)
            assert not relaying.done(), relaying
            async with wired.database.read() as uow:
                depth = await uow.outbox.depth()
                if not any(state in ("pending", "sending") for _, state in depth):
                    sent = await uow.outbox.list([State.SENT], 100_000)
                    rest = {State(state): count for (_, state), (count, _) in depth.items()}
                    return rest | {State.SENT: len(sent)}
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await wired.engine.stop()


def assert_within(moments: Sequence[float], most: int, seconds: float) -> None:
    spans = [late - early for early, late in zip(moments, moments[most:], strict=False)]
    assert min(spans, default=seconds) >= seconds, f"{most + 1} within {min(spans)} s"


def feishu_in_a_storm(url: str, sends: int, chats: int, seed: int) -> None:
    feishu = FeishuServer()
    feishu.valid_tokens.add("")
    storm = Storm(feishu.app, {"code": 230020, "msg": "slow down"}, seed)

    async def story() -> dict[State, int]:
        settings = {**FEISHU, "feishu_base_url": "https://feishu"}
        wired = in_a_storm(url, settings, storm)
        await owe(wired.database, "feishu", sends, chats)
        return await send_all(wired)

    assert hasty.run(story()) == {State.SENT: sends}
    seen = Counter(sent.words for sent in feishu.messages())
    assert len(seen) == sends
    assert set(seen.values()) == {1}
    assert_in_order([(sent.to, sent.content) for sent in feishu.messages()], sends)
    assert_within(storm.calls, 50, 1.0)
    assert_within(storm.calls, 1_000, 60.0)
    assert storm.weather["fair"] < storm.weather.total() / 2


def assert_in_order(messages: Sequence[tuple[str, Any]], sends: int) -> None:
    numbers = defaultdict(list)
    for chat, content in messages:
        title = content.get("title") or content["header"]["title"]["content"]
        numbers[chat].append(int(title))
    assert sum(map(len, numbers.values())) <= sends
    assert all(first < second for own in numbers.values() for first, second in pairwise(own))


def dingtalk_in_a_storm(url: str, sends: int, chats: int, seed: int) -> None:
    dingtalk = DingTalkServer()
    storm = Storm(dingtalk.app, {"errcode": 130101, "errmsg": "slow down"}, seed)

    async def story() -> dict[State, int]:
        where = {"dingtalk_api_base_url": "https://api", "dingtalk_oapi_base_url": "https://oapi"}
        wired = in_a_storm(url, DINGTALK | where, storm)
        await owe(wired.database, "dingtalk", sends, chats)
        return await send_all(wired)

    ended = hasty.run(story())
    assert sum(ended.values()) == sends
    assert set(ended) <= {State.SENT, State.UNKNOWN}
    assert ended[State.UNKNOWN] == storm.weather["silent"] + storm.weather["deaf"]
    seen = Counter(sent.words for sent in dingtalk.messages())
    assert set(seen.values()) == {1}
    assert len(seen) == ended[State.SENT] + storm.weather["silent"]
    assert_in_order([(sent.to, sent.param) for sent in dingtalk.messages()], sends)
    assert_within(storm.calls, 20, 1.0)


@pytest.fixture(autouse=True)
def _few_words() -> Iterator[None]:
    with logging_as("CRITICAL"):
        yield


def test_feishu_in_a_storm_gets_everything_once(sqlite_url: str) -> None:
    feishu_in_a_storm(sqlite_url, sends=40, chats=8, seed=1)


def test_dingtalk_in_a_storm_gets_nothing_twice(sqlite_url: str) -> None:
    dingtalk_in_a_storm(sqlite_url, sends=40, chats=8, seed=2)


@pytest.mark.slow(minutes=8)
def test_feishu_in_a_storm_gets_ten_thousand_once(sqlite_url: str) -> None:
    feishu_in_a_storm(sqlite_url, sends=10_000, chats=400, seed=0)


@pytest.mark.slow(minutes=3)
def test_feishu_in_a_storm_gets_two_thousand_once_from_postgresql(postgres_url: str) -> None:
    feishu_in_a_storm(postgres_url, sends=2_000, chats=80, seed=4)


@pytest.mark.slow(minutes=8)
def test_dingtalk_in_a_storm_gets_none_of_ten_thousand_twice(sqlite_url: str) -> None:
    dingtalk_in_a_storm(sqlite_url, sends=10_000, chats=400, seed=3)
