"""The whole bot in one process, spoken to as people do: the `chat` fixture's driver.

Everything is real but the platform and the clock: the database (SQLite on disk, or PostgreSQL), the
dispatcher, the relay, the scheduler, the cards.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.context import Reply
from bot.core.actions import unpack
from bot.core.clock import FrozenClock
from bot.core.events import (
    BotAdded,
    BotRemoved,
    ChatKind,
    Event,
    FormValue,
    MembersJoined,
    MembersLeft,
    Message,
    Press,
    Someone,
)
from bot.dispatcher import Dispatcher
from bot.metrics import Metrics
from bot.relay import Relay
from bot.routing import Routing
from bot.scheduler import Scheduler
from bot.shelf import Shelf
from cards.elements import Button, Buttons, Card, Form
from cards.render import text as as_text
from handlers import ROUTER
from schedules import JOBS
from storage.unit_of_work import Database
from tests.fakes.platform import FakePlatform, Shown

ZONE = ZoneInfo("Asia/Shanghai")
# A Tuesday, a working day after a working day.
START = datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
GROUP = "oc_group"
PEOPLE: Mapping[str, Someone] = {
    "pm": Someone("ou_pm", "陈静"),
    "li": Someone("ou_li", "李雷"),
    "han": Someone("ou_han", "韩梅梅"),
    "boss": Someone("ou_boss", "周总"),
    "admin": Someone("ou_admin", "客户王主任", external=True),
    "user": Someone("ou_user", "客户小赵", external=True),
}
BOT = Someone("ou_bot", "Golive", bot=True)


class Chat:
    """Speaks as any of `PEOPLE`, in the group or in private, and sees what the bot shows."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.clock = clock
        self.database = database
        self.platform = FakePlatform()
        self.metrics = Metrics()
        self.shelf = Shelf()
        self.dispatcher = Dispatcher(database, Routing(ROUTER, self.shelf), self.metrics)
        self.relay = Relay(
            database,
            {"fake": self.platform},
            ROUTER,
            self.shelf,
            clock,
            self.metrics,
            self.dispatcher.handle,
        )
        self.scheduler = Scheduler(database, JOBS, self.shelf, clock, self.metrics)
        self._numbers = itertools.count(1)
        self.toast = ""

    # --- speaking --------------------------------------------------------------------------------

    async def added(self, group: str = GROUP, name: str = "华鼎ERP项目群") -> None:
        await self.happens(
            BotAdded("fake", self._keys(), self.clock.now(), group, name, False, PEOPLE["pm"])
        )

    async def removed(self, group: str = GROUP) -> None:
        await self.happens(BotRemoved("fake", self._keys(), self.clock.now(), group))

    async def join(self, *names: str, group: str = GROUP) -> None:
        people = tuple(PEOPLE[name] for name in names)
        await self.happens(MembersJoined("fake", self._keys(), self.clock.now(), group, people))

    async def leave(self, *names: str, group: str = GROUP) -> None:
        people = tuple(PEOPLE[name] for name in names)
        await self.happens(MembersLeft("fake", self._keys(), self.clock.now(), group, people))

    async def says(
        self,
        name: str,
        text: str,
        *,
        group: str = GROUP,
        reply_to: Shown | None = None,
        at_bot: bool = True,
        mentions: Sequence[str] = (),
        event_id: str = "",
    ) -> Reply:
        """Write in the group, to the bot unless `at_bot` is off."""
        return await self.happens(
            Message(
                "fake",
                (event_id or f"e{next(self._numbers)}",),
                self.clock.now(),
                group,
                ChatKind.GROUP,
                f"m{next(self._numbers)}",
                PEOPLE[name],
                text,
                tuple(PEOPLE[who] for who in mentions),
                at_bot,
                (reply_to.message,) if reply_to else (),
            )
        )

    async def whispers(self, name: str, text: str, *, reply_to: Shown | None = None) -> Reply:
        """Write to the bot in private."""
        return await self.happens(
            Message(
                "fake",
                self._keys(),
                self.clock.now(),
                f"p2p_{PEOPLE[name].id}",
                ChatKind.PRIVATE,
                f"m{next(self._numbers)}",
                PEOPLE[name],
                text,
                parents=(reply_to.message,) if reply_to else (),
            )
        )

    async def presses(
        self,
        who: str,
        label: str,
        /,
        *,
        on: Shown | None = None,
        chat: str = "",
        event_id: str = "",
        **fields: FormValue,
    ) -> Reply:
        """Press the button of that label, with the form's fields if it sends a form."""
        shown = on or self.last(label)
        button = find_button(shown, label)
        where = chat or (shown.to if shown.to_kind == "chat" else f"p2p_{PEOPLE[who].id}")
        return await self.happens(
            Press(
                "fake",
                (event_id or f"e{next(self._numbers)}",),
                self.clock.now(),
                where,
                shown.message,
                PEOPLE[who],
                unpack(button.action),
                fields,
            ),
            pressed=shown,
        )

    async def happens(self, event: Event, pressed: Shown | None = None) -> Reply:
        """One event through the dispatcher, then everything that it owes through the relay."""
        reply = await self.dispatcher.handle(event)
        self.toast = reply.toast.text if reply.toast else ""
        if pressed and reply.face:
            pressed.card = reply.face
        await self.settle()
        return reply

    # --- time ------------------------------------------------------------------------------------

    async def at(self, wall: str, day: str = "") -> None:
        """Move the clock to a time of the project's day, running what falls due on the way."""
        now = self.clock.now().astimezone(ZONE)
        date = datetime.fromisoformat(day).date() if day else now.date()
        hour, minute = map(int, wall.split(":"))
        target = datetime(date.year, date.month, date.day, hour, minute, tzinfo=ZONE)
        while True:
            async with self.database.read() as uow:
                due = await uow.schedule.next_due()
            if due is None or due > target:
                break
            self.clock.move_to(max(due, self.clock.now()))
            await self.tick()
        self.clock.move_to(target)
        await self.tick()

    async def tick(self) -> None:
        await self.scheduler.tick()
        await self.settle()

    async def settle(self) -> None:
        """Send all that is owed now or within the next seconds."""
        while await self.relay.idle():
            pass
        here = self.clock.now()
        self.clock.move_to(here + timedelta(seconds=3))
        while await self.relay.idle():
            pass
        self.clock.move_to(here)

    # --- seeing ----------------------------------------------------------------------------------

    @property
    def group(self) -> list[Shown]:
        return [s for s in self.platform.shown if s.to_kind == "chat" and s.to == GROUP]

    def private(self, name: str) -> list[Shown]:
        id_ = PEOPLE[name].id
        return [s for s in self.platform.shown if s.to in (id_, f"p2p_{id_}")]

    def reminders(self, name: str) -> list[Shown]:
        """What somebody was told in private besides the reports that come by themselves."""
        return [
            s
            for s in self.private(name)
            if not (s.card and s.card.title.startswith(("项目周报", "本周项目汇总", "今天的异常")))
        ]

    def last(self, words: str = "") -> Shown:
        """The newest message in which these words stand."""
        found = [s for s in self.platform.shown if words in read(s)]
        assert found, f"nothing shows {words!r}:\n" + "\n---\n".join(
            read(s) for s in self.platform.shown
        )
        return found[-1]

    def _keys(self) -> tuple[str, ...]:
        return (f"e{next(self._numbers)}",)

    # --- given -----------------------------------------------------------------------------------

    async def given_project(
        self, name: str = "华鼎ERP", group: str = GROUP, extra: str = ""
    ) -> None:
        """A project with its manager, two engineers, a supervisor and two customers."""
        await self.added(group, f"{name}项目群")
        await self.says("pm", f"新项目 {name} {extra}".strip(), group=group)
        await self.join(*PEOPLE, group=group)
        for people, role in (
            (("li", "han"), "工程师"),
            (("boss",), "主管"),
            (("admin",), "客户管理员"),
            (("user",), "客户用户"),
        ):
            names = " ".join("@" + PEOPLE[p].name for p in people)
            await self.says("pm", f"角色 {names} {role}", mentions=people, group=group)
        self.platform.shown.clear()


def read(shown: Shown) -> str:
    """A message as plain text, its buttons with their labels."""
    return as_text.render(shown.card) if shown.card else shown.text


def find_button(shown: Shown, label: str) -> Button:
    buttons = list(all_buttons(shown.card)) if shown.card else []
    found = [button for button in buttons if button.label == label]
    assert found, f"no button {label!r} among {[b.label for b in buttons]}"
    return found[0]


def all_buttons(card: Card) -> Iterator[Button]:
    for element in card.elements:
        if isinstance(element, Buttons):
            yield from element.buttons
        elif isinstance(element, Form):
            yield element.submit
