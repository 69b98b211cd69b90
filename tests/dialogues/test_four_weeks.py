"""The four weeks, played in one process."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.actions import unpack
from bot.core.events import Press
from cards.elements import Card
from tests.chat import PEOPLE, Chat, all_buttons, read
from tests.four_weeks import TEAM, play


class InOneProcess:
    def __init__(self, chat: Chat) -> None:
        self.chat = chat

    async def begin(self) -> None:
        await self.chat.added()
        await self.chat.join(*TEAM)

    async def says(self, who: str, text: str, mentions: Sequence[str] = ()) -> None:
        await self.chat.says(who, text, mentions=mentions)

    async def whispers(self, who: str, text: str) -> None:
        await self.chat.whispers(who, text)

    async def presses(self, who: str, action: str, on: str, typed: str) -> None:
        shown = self.chat.last(on)
        assert isinstance(shown.card, Card)
        button = next(b for b in all_buttons(shown.card) if b.action["a"] == action)
        now = self.chat.clock.now()
        press = Press(
            "fake",
            (f"press-{now.isoformat()}-{on}",),
            now,
            shown.to,
            shown.message,
            PEOPLE[who],
            unpack(button.action),
        )
        await self.chat.happens(press, pressed=shown)

    async def at(self, day: str, wall: str = "18:00") -> None:
        await self.chat.at(wall, day=day)

    async def sees(self, words: str, who: str = "") -> int:
        shown = self.chat.private(who) if who else self.chat.group
        return sum(words in read(one) for one in shown)


async def test_four_weeks(chat: Chat) -> None:
    await play(InOneProcess(chat))
