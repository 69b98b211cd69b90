"""The four weeks in the playground, by its own pages: speaking, pressing, turning the clock."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from html import unescape

import httpx

from bot.app import create_app
from bot.core.clock import FrozenClock, MovableClock
from bot.platforms.playground.people import BY_ACCOUNT
from bot.settings import Settings
from bot.wiring import Wired, wire
from tests.chat import START, ZONE
from tests.four_weeks import play

ACCOUNTS = {
    "pm": "chenjing",
    "li": "lilei",
    "han": "hanmeimei",
    "boss": "zhou",
    "zhao": "zhao",
}


class InThePlayground:
    """A visitor without a browser: the forms of the pages are sent as they stand."""

    def __init__(self, wired: Wired, clock: MovableClock) -> None:
        self.wired, self.clock = wired, clock
        transport = httpx.ASGITransport(create_app(wired))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
        self.pages: dict[str, list[str]] = {}

    async def post(self, path: str, who: str = "pm", chat: str = "group", **form: str) -> None:
        params = {"as": ACCOUNTS[who], "chat": chat}
        address = httpx.URL(path).copy_merge_params(params)
        answer = await self.http.post(address, data=form)
        assert answer.status_code == 303, answer.text
        self.pages.clear()
        while await self.wired.engine.relay.idle():
            pass

    async def shown(self, who: str = "") -> list[str]:
        """A chat's messages as its page shows them."""
        if who not in self.pages:
            chat = "private" if who else "group"
            self.pages[who] = await self._read(ACCOUNTS[who or "pm"], chat)
        return self.pages[who]

    async def _read(self, account: str, chat: str) -> list[str]:
        page = await self.http.get("/playground/chat", params={"as": account, "chat": chat})
        return re.split(r'<[^>]*class="message', page.text)[1:]

    async def begin(self) -> None:
        await self.post("/playground/reset", start="empty")
        assert await self.sees("大家好，我是 Golive 助手")

    async def says(self, who: str, text: str, mentions: Sequence[str] = ()) -> None:
        await self.post("/playground/say", who, text=f"@Golive {text}")

    async def whispers(self, who: str, text: str) -> None:
        await self.post("/playground/say", who, "private", text=text)

    async def presses(self, who: str, action: str, on: str, typed: str) -> None:
        message = next(m for m in reversed(await self.shown()) if on in plain(m))
        label = {"risk.of_blocker": "转为风险", "plan.answer": "确认改上线"}[action]
        press, button = buttons_on(message, label)
        await self.post(press, who, button=button)

    async def at(self, day: str, wall: str = "18:00") -> None:
        target = datetime.fromisoformat(f"{day} {wall}").replace(tzinfo=ZONE)
        while (now := self.clock.now()) < target:
            left = (target - now).total_seconds()
            # The button of the day leads to the next working day, which may be beyond.
            near = "hour" if left > 3600 else "minutes"
            await self.post("/playground/clock", to="day" if left > 4 * 86400 else near)

    async def sees(self, words: str, who: str = "") -> int:
        wanted = re.sub(r"\s+", "", words)
        return sum(wanted in plain(message) for message in await self.shown(who))


def plain(message: str) -> str:
    return re.sub(r"<[^>]*>|\s+", "", unescape(message))


@asynccontextmanager
async def playground(url: str) -> AsyncIterator[InThePlayground]:
    given = Settings(_env_file=None, database_url=url, playground=True)
    clock = MovableClock(FrozenClock(START))
    wired = wire(given, clock=clock, sandbox=True)
    await wired.engine.dispatcher.start()
    stage = InThePlayground(wired, clock)
    try:
        yield stage
    finally:
        await stage.http.aclose()
        await wired.engine.stop()


async def test_four_weeks_in_the_playground(sqlite_url: str) -> None:
    async with playground(sqlite_url) as stage:
        await play(stage)


async def test_an_empty_group_has_no_customers_in_it(sqlite_url: str) -> None:
    async with playground(sqlite_url) as stage:
        await stage.begin()
        page = (await stage.http.get("/playground")).text
        there = {p.name: p.external for p in BY_ACCOUNT.values()}
        assert [name for name, external in there.items() if external and name in page] == []


async def test_a_button_on_an_older_face_does_what_it_says_or_nothing(sqlite_url: str) -> None:
    """The card changes under a hand that is about to press: once claimed it has fewer buttons."""
    async with playground(sqlite_url) as stage:
        await stage.post("/playground/reset")
        await stage.says("zhao", "盘点机的固件要升级到哪个版本？")
        asked = next(m for m in await stage.shown("li") if "有人提问" in plain(m))
        press, claim, answer = buttons_on(asked, "我来答", "发给提问人")
        await stage.post(press, "li", button=claim)
        claimed = next(m for m in await stage.shown("li") if "有人提问" in plain(m))
        assert "我来答" not in claimed
        words = "升级到 4.2 版"
        await stage.post(press, "li", button=claim, answer=words)
        assert not await stage.sees(words)
        await stage.post(press, "li", button=answer, answer=words)
        assert await stage.sees(words)


def buttons_on(message: str, *labels: str) -> list[str]:
    """Where a card's forms go, and the names of some of its buttons."""
    where = re.search(r'action="(/playground/press[^"]*)"', message)
    assert where, message
    found = [re.search(rf'name="button" value="(\w+)"[^>]*>\s*{one}', message) for one in labels]
    return [unescape(where[1]), *(one[1] for one in found if one)]
