"""The playground as the engine sees a platform: what is sent stands in its own table."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.core.clock import Clock
from bot.core.events import ChatKind, Diagnosed, Event, Message, RosterRead, Someone
from bot.core.ids import new_id
from bot.platforms.playground.people import (
    BOT,
    BOT_NAMES,
    GROUP,
    PLATFORM,
    PLAYERS,
    Player,
    present,
    private_chat,
)
from bot.platforms.port import (
    Answer,
    Delivery,
    DeliveryError,
    Errand,
    File,
    Limits,
    Reading,
    Request,
    Trouble,
)
from cards.elements import pack
from storage.tables.playground import Said
from storage.unit_of_work import Database


class Playground:
    """Chats in a browser. Nothing is pushed to it over HTTP; its pages make the events."""

    name = PLATFORM
    paths = ()
    limits = Limits(app=((50, 1.0),), chat=((20, 1.0),))
    repeats_safely = True
    edits = True
    settling = timedelta()
    card_life: timedelta | None = None

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._watchers: set[asyncio.Event] = set()

    # --- the engine's side -----------------------------------------------------------------------

    def read(self, request: Request) -> Reading:
        return Reading(refused=f"nothing is pushed to {request.path}")

    def answer(self, answer: Answer, request: Request) -> bytes:
        return answer.toast.encode()

    async def deliver(self, delivery: Delivery) -> str:
        async with self._database.begin() as uow:
            if delivery.kind == "react":
                said = await uow.playground.find(delivery.reply_to)
                if said:
                    seen = list(dict.fromkeys([*said.body.get("reactions", []), delivery.text]))
                    await uow.playground.edit(
                        said.message, said.body | {"reactions": seen}, said.at
                    )
                message = ""
            elif delivery.kind == "edit" and delivery.card:
                said = await uow.playground.find(delivery.message)
                if said is None:
                    raise DeliveryError(Trouble.GONE, "no such message")
                body = said.body | {"card": pack(delivery.card)}
                await uow.playground.edit(said.message, body, uow.now)
                message = said.message
            else:
                message = f"m-{delivery.key}"
                chat = delivery.to if delivery.to_kind == "chat" else private_chat(delivery.to)
                body = _body(delivery) | {"parent": delivery.reply_to}
                await uow.playground.add(Said(message, chat, BOT, body, uow.now))
        self.changed()
        return message

    async def run(self, errand: Errand) -> Sequence[Event]:
        if errand.what == "diagnose":
            key = f"diagnosed:{new_id()}"
            return [Diagnosed(PLATFORM, (key,), self._clock.now(), errand.of, ())]
        if errand.what != "roster" or errand.of != GROUP:
            return ()
        async with self._database.read() as uow:
            group = await uow.chats.find(PLATFORM, GROUP)
        there = present(external=group is None or group.external)
        people = tuple(player.someone for player in there)
        return [RosterRead(PLATFORM, (f"roster:{new_id()}",), self._clock.now(), GROUP, people)]

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    # --- the pages' side -------------------------------------------------------------------------

    async def says(self, player: Player, chat: str, text: str, parent: str) -> Message:
        """Keep what somebody typed and give it the shape of an event."""
        message, now = f"m-{new_id()}", self._clock.now()
        async with self._database.begin() as uow:
            body = {"text": text, "parent": parent}
            await uow.playground.add(Said(message, chat, player.account, body, now))
        self.changed()
        return self.event_of(player, chat, message, text, parent, now)

    def event_of(
        self,
        player: Player,
        chat: str,
        message: str,
        text: str,
        parent: str,
        now: datetime,
    ) -> Message:
        words, addressed = text, False
        for name in sorted(BOT_NAMES, key=len, reverse=True):
            if f"@{name}" in words:
                words, addressed = words.replace(f"@{name}", " ", 1), True
        mentions = tuple(p.someone for p in PLAYERS if f"@{p.name}" in words)
        return Message(
            PLATFORM,
            (message,),
            now,
            chat,
            ChatKind.GROUP if chat == GROUP else ChatKind.PRIVATE,
            message,
            Someone(player.account, player.name, player.external),
            words.strip(),
            mentions,
            addressed,
            (parent,) if parent else (),
        )

    async def show(self, message: str, body: dict[str, object], at: datetime) -> None:
        """Give a card the face that a press was answered with."""
        async with self._database.begin() as uow:
            said = await uow.playground.find(message)
            if said:
                await uow.playground.edit(message, said.body | body, at)
        self.changed()

    # --- watching --------------------------------------------------------------------------------

    def changed(self) -> None:
        for watcher in self._watchers:
            watcher.set()

    def watch(self) -> asyncio.Event:
        """An event that is set at every change until `unwatch`."""
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        return watcher

    def unwatch(self, watcher: asyncio.Event) -> None:
        self._watchers.discard(watcher)


def _body(delivery: Delivery) -> dict[str, Any]:
    """What stands in a message: a card, a file with its name as the text, or a text."""
    if delivery.card:
        return {"card": pack(delivery.card)}
    if delivery.file:
        return {"text": delivery.file.name, "file": _kept(delivery.file)}
    return {"text": delivery.text}


def _kept(file: File) -> dict[str, Any]:
    """`size` is in bytes."""
    content = b64encode(file.content).decode()
    return {"name": file.name, "kind": file.kind, "size": len(file.content), "content": content}
