"""Feishu as the engine sees a platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot import logs, sealed
from bot.core.clock import Clock
from bot.core.events import (
    ChatKind,
    ChatLimited,
    ChatRenamed,
    Diagnosed,
    Event,
    MembersFound,
    PersonRead,
    RosterRead,
    Someone,
)
from bot.core.ids import new_id
from bot.core.retry import dice, wait_before
from bot.platforms.feishu.client import FeishuClient
from bot.platforms.feishu.doctor import examine
from bot.platforms.feishu.parse import PLATFORM, Parser
from bot.platforms.feishu.verify import Keys, open_push
from bot.platforms.pictures import Pictures
from bot.platforms.port import (
    Answer,
    Delivery,
    DeliveryError,
    Errand,
    Limits,
    Reading,
    Request,
    Trouble,
    Unauthentic,
    Unreadable,
    read_mobiles,
)
from bot.platforms.tables import table_read
from cards.elements import Card, Gantt
from cards.render import feishu as drawn

log = logs.get(__name__)

# Feishu: 50 a second and 1,000 a minute per app, 5 a second per chat, shared by all bots in it
# (protocols/feishu.md §3.5). Two in 40 ms is the same rate without bursts, so that jitter on
# the way cannot push 51 into one of Feishu's seconds.
LIMITS = Limits(app=((2, 0.040), (1000, 60.5)), chat=((5, 1.1),))


class Feishu:
    """Webhook in, open API out."""

    name = PLATFORM
    line_module = "bot.platforms.feishu.line"
    limits = LIMITS
    repeats_safely = True
    edits = True
    settling = timedelta()
    # protocols/feishu.md §4: a card of JSON 2.0 can be changed and pressed for 14 days.
    card_life = timedelta(days=14)

    def __init__(
        self,
        client: FeishuClient,
        keys: Keys,
        app_id: str,
        clock: Clock,
        line: Mapping[str, str] | None = None,
    ) -> None:
        """With `line` (what the long connection needs) nothing is taken by webhook."""
        self._line = line
        self.paths = () if line else ("/webhook/feishu",)
        self._client = client
        self._keys = keys
        self._parser = Parser(app_id)
        self._clock = clock
        self._pictures = Pictures(client.upload_image, Gantt)
        self._finding: asyncio.Task[None] | None = None

    def read(self, request: Request) -> Reading:
        try:
            push = open_push(request.headers, request.body, self._keys)
        except Unauthentic as error:
            return Reading(refused=str(error))
        except Unreadable as error:
            return Reading(unread=str(error))
        if push.get("type") == "url_verification":
            challenge = push.get("challenge")
            if not isinstance(challenge, str):
                return Reading(unread="challenge")
            return Reading(reply=msgspec.json.encode({"challenge": challenge}))
        try:
            return Reading(event=self._parser.parse(push, self._clock.now()))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            return Reading(unread=type(error).__name__)

    def answer(self, answer: Answer, request: Request) -> bytes:
        body: dict[str, Any] = {}
        if answer.toast:
            kind = "success" if answer.good else "warning"
            body["toast"] = {"type": kind, "content": answer.toast[:500]}
        if answer.card:
            images = self._pictures.known(answer.card)
            body["card"] = {"type": "raw", "data": drawn.render(answer.card, images)}
        return msgspec.json.encode(body)

    # --- over a long connection ------------------------------------------------------------------

    def line_settings(self) -> Mapping[str, str]:
        return self._line or {}

    def hear(self, kind: str, body: Mapping[str, object]) -> Event | None:
        return self._parser.parse(body, self._clock.now())

    def line_answer(self, kind: str, answer: Answer) -> object:
        return msgspec.json.decode(self.answer(answer, Request("", {}, b"")))

    async def missed(self, chat: str, kind: ChatKind, since: datetime) -> Sequence[Event]:
        """What was said to us meanwhile; each message counts once however often it comes."""
        if self._finding:  # until it is known who we are, nothing looks as if said to us
            await asyncio.shield(self._finding)
        found = []
        async for item in self._client.messages(chat, since):
            try:
                push = self._parser.pushed(item, kind)
                if push:
                    found.append(self._parser.parse(push, self._clock.now()))
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                log.warning("message unread", why=type(error).__name__)
        return found

    # --- out -------------------------------------------------------------------------------------

    async def deliver(self, delivery: Delivery) -> str:
        match delivery.kind:
            case "edit" if delivery.card:
                await self._client.edit(delivery.message, await self._drawn(delivery.card))
                return delivery.message
            case "react":
                await self._client.react(delivery.reply_to, delivery.text)
                return ""
            case "text":
                return await self._send(delivery, "text", {"text": _literal(delivery.text)})
            case "card" if delivery.card:
                return await self._send(delivery, "interactive", await self._drawn(delivery.card))
            case "file" if delivery.file:
                file = delivery.file
                key = await self._client.upload_file(file.kind, file.name, file.content)
                return await self._send(delivery, "file", {"file_key": key})
        raise DeliveryError(Trouble.DENIED, f"Feishu cannot {delivery.kind}")

    async def _drawn(self, card: Card) -> dict[str, Any]:
        return drawn.render(card, await self._pictures.of(card))

    async def ring(self, message: str, to: str, words: str) -> None:
        """加急: in the app alone, which costs nothing."""
        await self._client.urge(message, to)

    async def _send(self, delivery: Delivery, kind: str, content: dict[str, Any]) -> str:
        if delivery.reply_to:
            return await self._client.reply(delivery.reply_to, kind, content, delivery.key)
        return await self._client.send(delivery.to_kind, delivery.to, kind, content, delivery.key)

    async def run(self, errand: Errand) -> Sequence[Event]:
        match errand.what:
            case "roster":
                return await self._roster(errand.of)
            case "person":
                return await self._person(errand.of)
            case "mobiles":
                return await self._mobiles(errand)
            case "file":
                detail = errand.detail
                most = sealed.LARGEST + 1
                file = self._client.fetch(detail["message"], detail["code"], most)
                return [await table_read(PLATFORM, errand, file, self._clock.now())]
            case "diagnose":
                found = await examine(self._client, [(errand.of, "")], line=bool(self._line))
                key = f"diagnosed:{new_id()}"
                return [Diagnosed(PLATFORM, (key,), self._clock.now(), errand.of, tuple(found))]
        raise DeliveryError(Trouble.DENIED, f"Feishu knows no errand {errand.what}")

    async def _roster(self, account: str) -> Sequence[Event]:
        """What the chat is called and who is in it, or that we may not know."""
        now = self._clock.now()
        found: list[Event] = []
        lacks: list[str] = []
        try:
            chat = await self._client.chat(account)
            if name := str(chat.get("name") or ""):
                found.append(ChatRenamed(PLATFORM, (f"name:{new_id()}",), now, account, name))
        except DeliveryError as error:
            chat = {}
            lacks += _lacking("chat", error)
        try:
            people = tuple([one async for one in self._people(account, chat)])
            key = f"roster:{new_id()}"
            found.append(RosterRead(PLATFORM, (key,), now, account, people))
        except DeliveryError as error:
            lacks += _lacking("members", error)
        if lacks:
            # The key is the same for the same lack, so that a group hears of it once.
            key = f"limited:{account}:{'-'.join(lacks)}"
            found.append(ChatLimited(PLATFORM, (key,), now, account, tuple(lacks)))
        return found

    async def _people(self, account: str, chat: Mapping[str, Any]) -> AsyncIterator[Someone]:
        tenant = str(chat.get("tenant_key") or "")
        async for item in self._client.members(account):
            if item.get("member_id"):
                outside = bool(tenant) and item.get("tenant_key") not in (None, "", tenant)
                yield Someone(str(item["member_id"]), str(item.get("name") or ""), outside)

    async def _mobiles(self, errand: Errand) -> Sequence[Event]:
        """Who has these mobile numbers."""
        wanted = read_mobiles(errand.detail["mobiles"])
        known = await self._client.by_mobiles(list(wanted))
        people = [
            (Someone(id_, str((await self._client.user(id_)).get("name") or "")), wanted[mobile])
            for mobile, id_ in known.items()
        ]
        unknown = tuple(mobile for mobile in wanted if mobile not in known)
        key, now = f"mobiles:{new_id()}", self._clock.now()
        return [MembersFound(PLATFORM, (key,), now, errand.of, tuple(people), unknown)]

    async def _person(self, open_id: str) -> Sequence[Event]:
        """What somebody is called, where the app may know."""
        name = str((await self._client.user(open_id)).get("name") or "")
        if not name:
            return ()
        key = f"person:{new_id()}"
        return [PersonRead(PLATFORM, (key,), self._clock.now(), Someone(open_id, name))]

    async def start(self) -> None:
        self._finding = asyncio.create_task(self._find_self(), name="feishu-self")

    async def _find_self(self) -> None:
        """Ask who we are until Feishu says it."""
        attempt = 0
        while True:
            try:
                self._parser.bot_open_id = await self._client.bot_open_id()
            except DeliveryError as error:
                attempt += 1
                log.warning("bot id unknown", why=str(error))
                await asyncio.sleep(wait_before(attempt, error.wait, chance=dice()).total_seconds())
            else:
                return

    async def stop(self) -> None:
        if self._finding:
            self._finding.cancel()
            await asyncio.gather(self._finding, return_exceptions=True)
        await self._client.close()


def _lacking(what: str, error: DeliveryError) -> list[str]:
    """A refusal is something that the bot lacks; any other error is for another try."""
    if error.trouble is not Trouble.DENIED:
        raise error
    return [what]


def _literal(words: str) -> str:
    """Somebody's words in a text message, where `<at …>` would mention."""
    return words.replace("<", "＜").replace(">", "＞")
