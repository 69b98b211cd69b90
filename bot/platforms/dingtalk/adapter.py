"""DingTalk as the engine sees a platform."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot import logs
from bot.core.clock import Clock
from bot.core.events import ChatKind, Diagnosed, Event, MembersFound, Message, PersonRead, Someone
from bot.core.ids import new_id
from bot.core.retry import dice, wait_before
from bot.links import Links
from bot.platforms.dingtalk import parse, verify
from bot.platforms.dingtalk.client import DingTalkClient
from bot.platforms.dingtalk.doctor import examine
from bot.platforms.dingtalk.parse import PLATFORM, PRIVATE
from bot.platforms.dingtalk.sessions import Session, Sessions
from bot.platforms.dingtalk.verify import EventKeys
from bot.platforms.pictures import Pictures
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
    Unauthentic,
    Unreadable,
    read_mobiles,
)
from bot.platforms.shapes import read_object
from bot.platforms.tables import table_read
from cards.elements import Card, Form
from cards.render import dingtalk as drawn

log = logs.get(__name__)

# DingTalk: 20 a second per app and call; a custom robot 20 a minute per group, taken for every
# group so that nobody is flooded (protocols/dingtalk.md §3.7, §3.10). One in 55 ms is that rate
# without bursts: each call is written down before it is made, and twenty that are let go together
# would wait for one another's writes and reach DingTalk among the next second's.
LIMITS = Limits(app=((1, 0.055),), chat=((20, 60.5),))
ROBOT, EVENTS, CARDS = "/webhook/dingtalk", "/webhook/dingtalk/events", "/webhook/dingtalk/cards"
# How ids of cards made from a template begin here.
_TRACK = "golive-"
_EMPTY = b'{"msgtype":"empty"}'


class DingTalk:
    """Callbacks in; robot and session sends out."""

    name = PLATFORM
    line_module = "bot.platforms.dingtalk.line"
    limits = LIMITS
    # What has changed on a card is said in a message of its own, so a minute's changes are one.
    settling = timedelta(minutes=1)
    card_life: timedelta | None = None

    def __init__(
        self,
        client: DingTalkClient,
        sessions: Sessions,
        clock: Clock,
        *,
        secret: str,
        robot_code: str,
        event_keys: EventKeys | None = None,
        card_secret: str = "",
        line: Mapping[str, str] | None = None,
        links: Links | None = None,
        template: str = "",
        public_url: str = "",
    ) -> None:
        """With `line` (what the stream needs) nothing is taken by webhook; with `template` cards
        are made from it and changed in place."""
        self._template = template
        self._public_url = public_url
        self._registering: asyncio.Task[None] | None = None
        self._line = line
        self._links = links
        self._client = client
        self._pictures = Pictures(self._picture)
        self._sessions = sessions
        self._clock = clock
        self._secret = secret
        self._robot_code = robot_code
        self._event_keys = event_keys
        self._card_secret = card_secret
        open_ = [ROBOT, *([EVENTS] if event_keys else []), *([CARDS] if card_secret else [])]
        self.paths = [] if line else open_

    @property
    def repeats_safely(self) -> bool:
        """Cards from a template have a key of their own; neither robot send has one."""
        return bool(self._template)

    @property
    def edits(self) -> bool:
        return bool(self._template)

    # --- in --------------------------------------------------------------------------------------

    def read(self, request: Request) -> Reading:
        try:
            match request.path:
                case path if path == EVENTS and self._event_keys:
                    return self._event(request, self._event_keys)
                case path if path == CARDS and self._card_secret:
                    return self._card(request)
            return self._robot(request)
        except Unauthentic as error:
            return Reading(refused=str(error))
        except Unreadable as error:
            return Reading(unread=str(error))
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            return Reading(unread=type(error).__name__)

    def _robot(self, request: Request) -> Reading:
        now = self._clock.now()
        verify.check_robot(request.headers, self._secret, now)
        return Reading(event=self.message(read_object(request.body, Unreadable), now))

    def message(self, body: Mapping[str, Any], now: datetime) -> Event:
        """The event in an authentic robot message; remembers where it can be answered."""
        event = parse.robot_message(body, self._robot_code, now)
        if parse.is_over_quota(body):
            log.error("DingTalk's monthly quota is used up: robot messages come without words")
        elif isinstance(event, Message):
            ends = parse.moment(body.get("sessionWebhookExpiredTime"), now)
            asker = body.get("senderStaffId")
            places = (event.chat, event.message)
            if not self._sessions.keep(
                body.get("sessionWebhook"), ends, asker if isinstance(asker, str) else "", *places
            ):
                log.info("no session to answer in", event_id=event.id)
        return event

    def _event(self, request: Request, keys: EventKeys) -> Reading:
        now = self._clock.now()
        event = parse.org_event(verify.open_event(request.query, request.body, keys), now)
        return Reading(event=event) if event else Reading(reply=verify.sealed_success(keys, now))

    def _card(self, request: Request) -> Reading:
        now = self._clock.now()
        verify.check_card(request.headers, self._card_secret, now)
        stamp = request.headers["x-ddpaas-signature-timestamp"].encode()
        key = hashlib.sha256(stamp + request.body).hexdigest()[:32]
        body = read_object(request.body, Unreadable)
        return Reading(event=parse.card_press(body, f"press:{key}", now))

    def answer(self, answer: Answer, request: Request) -> bytes:
        if request.path == EVENTS and self._event_keys:
            return verify.sealed_success(self._event_keys, self._clock.now())
        return msgspec.json.encode(_to_press(answer)) if request.path == CARDS else _EMPTY

    # --- over the stream -------------------------------------------------------------------------

    def line_settings(self) -> Mapping[str, str]:
        return self._line or {}

    def hear(self, kind: str, body: Mapping[str, object]) -> Event | None:
        now = self._clock.now()
        match kind:
            case "robot":
                return self.message(body, now)
            case "event":
                return parse.org_event(body, now)
        # A press has no id of its own; a frame that comes twice has.
        return parse.card_press(body, f"press:{body.get('golive_frame') or new_id()}"[:120], now)

    def line_answer(self, kind: str, answer: Answer) -> object:
        return _to_press(answer) if kind == "card" else {}

    async def missed(self, chat: str, kind: ChatKind, since: datetime) -> Sequence[Event]:
        """DingTalk tells nobody what was said; what was not acknowledged it sends again."""
        return ()

    # --- out -------------------------------------------------------------------------------------

    async def deliver(self, delivery: Delivery) -> str:
        match delivery.kind:
            case "edit" if delivery.card and delivery.message.startswith(_TRACK):
                await self._client.update_card(delivery.message, drawn.template(delivery.card))
                return delivery.message
            case "edit" if delivery.card:
                return await self._follow_up(delivery, delivery.card)
            case "react":
                # No documented call; the card's follow-up acknowledges.
                return ""
            case "text":
                card = Card(delivery.text[:40].split("\n")[0], ())
                return await self._send(delivery, drawn.plain(card.title, delivery.text))
            case "card" if delivery.card:
                return await self._send_card(delivery, delivery.card)
            case "file" if delivery.file:
                return await self._send_file(delivery, delivery.file)
        raise DeliveryError(Trouble.DENIED, f"DingTalk cannot {delivery.kind}")

    async def _send_card(self, delivery: Delivery, card: Card) -> str:
        if self._template and not delivery.reply_to:
            track = await self._from_template(delivery, card)
            if track:
                return track
        link = self._form_link(delivery, card)
        images = await self._pictures.of(card)
        return await self._send(delivery, drawn.render(card, link, images))

    async def _picture(self, content: bytes) -> str:
        return await self._client.upload("image", "picture.png", content)

    async def ring(self, message: str, to: str, words: str) -> None:
        """DING, in the app alone; it is a message of its own."""
        person = to.removeprefix(PRIVATE)
        if person.startswith("$"):
            raise DeliveryError(Trouble.DENIED, "the person has no staff id to ring at")
        await self._client.ding(person, words)

    async def _from_template(self, delivery: Delivery, card: Card) -> str:
        """The card's own id; empty where a message has to do, so that nothing is lost."""
        place = _place(delivery)
        private = place.startswith(PRIVATE)
        space = ("IM_ROBOT", place.removeprefix(PRIVATE)) if private else ("IM_GROUP", place)
        track = f"{_TRACK}{delivery.key}"
        try:
            await self._client.create_card(
                track, self._template, space, drawn.template(card), by_stream=bool(self._line)
            )
        except DeliveryError as error:
            if error.trouble not in (Trouble.DENIED, Trouble.CONTENT, Trouble.GONE):
                raise
            log.warning("no card from the template, sent as a message", why=str(error))
            return ""
        return track

    @property
    def most_together(self) -> int:
        """Twenty a call (protocols/dingtalk.md §3.3); one where each has a form link."""
        return 1 if self._links or self._template else 20

    def _form_link(self, delivery: Delivery, card: Card) -> str:
        """Where the card's form can be filled in as a page; only for a form in private, since
        whoever has the link can open it."""
        place = _place(delivery)
        has_form = any(isinstance(element, Form) for element in card.elements)
        if self._links is None or not has_form or not place.startswith(PRIVATE):
            return ""
        person = place.removeprefix(PRIVATE)
        return self._links.make(delivery.key, PLATFORM, place, person)

    async def _follow_up(self, delivery: Delivery, card: Card) -> str:
        """A card that hangs has changed: what is new is said once more, briefly.

        What is not needed is said only where it costs no counted call.
        """
        news = card.follow_up
        if news is None:
            return delivery.message
        message = drawn.follow_up(card, news)
        session = None if news.needed else self._sessions.find(_place(delivery), self._clock.now())
        if session:
            await self._in_session(session, message, "")
        elif news.needed:
            await self._send(delivery, message)
        return delivery.message

    async def _send(self, delivery: Delivery, message: Mapping[str, Any]) -> str:
        """An answer goes into the session of what it answers, anything else by a counted call.

        A session comes in an unsigned body, so nothing is sent there that nobody there asked for.
        """
        place = _place(delivery)
        session = self._sessions.find(delivery.reply_to, self._clock.now())
        if session and await self._in_session(session, message, self._asker(delivery, session)):
            return f"session-{delivery.key}"
        return await self._send_counted(place, message)

    async def _send_counted(self, place: str, message: Mapping[str, Any]) -> str:
        if not place.startswith(PRIVATE):
            return await self._client.to_group(place, message)
        person = _writable(place)
        return _or_raise((await self._client.to_people([person], message))[person])

    async def _send_file(self, delivery: Delivery, file: File) -> str:
        """By a counted call wherever it goes: no session takes a file."""
        place = _place(delivery)
        if place.startswith(PRIVATE):
            _writable(place)
        media = await self._client.upload("file", file.name, file.content)
        param = {"mediaId": media, "fileName": file.name, "fileType": file.kind}
        return await self._send_counted(place, {"msgKey": "sampleFile", "msgParam": param})

    async def deliver_together(
        self, deliveries: Sequence[Delivery]
    ) -> Sequence[str | DeliveryError]:
        """One counted call for everybody who can be written to."""
        card = deliveries[0].card
        if card is None:
            raise DeliveryError(Trouble.DENIED, "only cards go to several people")
        nameless = DeliveryError(Trouble.DENIED, "the person has no staff id to write to")
        outcomes: dict[str, str | DeliveryError] = {d.to: nameless for d in deliveries}
        if named := [d.to for d in deliveries if not d.to.startswith("$")]:
            message = drawn.render(card, "", await self._pictures.of(card))
            outcomes |= await self._client.to_people(named, message)
        return [outcomes[delivery.to] for delivery in deliveries]

    async def _in_session(self, session: Session, message: Mapping[str, Any], asker: str) -> bool:
        """Whether the session took it; one that is over is forgotten."""
        try:
            await self._client.in_session(session.token, drawn.in_session(message, asker))
        except DeliveryError as error:
            if error.trouble not in (Trouble.GONE, Trouble.DENIED):
                raise
            log.info("session over", why=str(error))
            self._sessions.forget(session)
            return False
        return True

    def _asker(self, delivery: Delivery, session: Session) -> str:
        """Whom an answer in a group mentions: who asked."""
        in_group = delivery.to_kind == "chat" and not delivery.to.startswith(PRIVATE)
        return session.asker if in_group else ""

    # --- asking ----------------------------------------------------------------------------------

    async def run(self, errand: Errand) -> Sequence[Event]:
        match errand.what:
            case "roster":
                # No call lists an ordinary group; people become known as they speak.
                return ()
            case "person":
                return await self._person(errand.of)
            case "diagnose":
                found = tuple(await examine(self._client))
                key = f"diagnosed:{new_id()}"
                return [Diagnosed(PLATFORM, (key,), self._clock.now(), errand.of, found)]
            case "mobiles":
                return await self._mobiles(errand)
            case "file":
                file = self._client.download(errand.detail["code"])
                return [await table_read(PLATFORM, errand, file, self._clock.now())]
        raise DeliveryError(Trouble.DENIED, f"DingTalk knows no errand {errand.what}")

    async def _person(self, staff: str) -> Sequence[Event]:
        """What somebody is called."""
        if staff.startswith("$"):
            return ()
        name = str((await self._client.user(staff)).get("name") or "")
        if not name:
            return ()
        key = f"person:{new_id()}"
        return [PersonRead(PLATFORM, (key,), self._clock.now(), Someone(staff, name))]

    async def _mobiles(self, errand: Errand) -> Sequence[Event]:
        """Who has these mobile numbers."""
        people: list[tuple[Someone, str]] = []
        unknown: list[str] = []
        for mobile, role in read_mobiles(errand.detail["mobiles"]).items():
            staff = await self._client.by_mobile(mobile)
            if staff:
                name = str((await self._client.user(staff)).get("name") or "")
                people.append((Someone(staff, name), role))
            else:
                unknown.append(mobile)
        key, now = f"mobiles:{new_id()}", self._clock.now()
        found = MembersFound(PLATFORM, (key,), now, errand.of, tuple(people), tuple(unknown))
        return [found]

    async def start(self) -> None:
        if self._template and not self._line:
            self._registering = asyncio.create_task(self._register(), name="dingtalk-cards")

    async def _register(self) -> None:
        """Tell DingTalk where presses go, until it has heard."""
        attempt = 0
        while True:
            try:
                address = f"{self._public_url}{CARDS}"
                await self._client.register_callback(address, self._card_secret)
            except DeliveryError as error:
                attempt += 1
                log.warning("card callback not registered", why=str(error))
                await asyncio.sleep(wait_before(attempt, error.wait, chance=dice()).total_seconds())
            else:
                return

    async def stop(self) -> None:
        if self._registering:
            self._registering.cancel()
            await asyncio.gather(self._registering, return_exceptions=True)
        await self._client.close()


def _place(delivery: Delivery) -> str:
    """The chat in which a delivery shows."""
    return delivery.to if delivery.to_kind == "chat" else PRIVATE + delivery.to


def _writable(place: str) -> str:
    """The staff id of whom a private chat is with; raises `DeliveryError` where it has none."""
    person = place.removeprefix(PRIVATE)
    if person.startswith("$"):
        raise DeliveryError(Trouble.DENIED, "the person has no staff id to write to")
    return person


def _or_raise(outcome: str | DeliveryError) -> str:
    if isinstance(outcome, DeliveryError):
        raise outcome
    return outcome


def _to_press(answer: Answer) -> dict[str, Any]:
    """What a press of a card is answered with: its new face, and to the person what was wrong."""
    notice = "" if answer.good else answer.toast
    body: dict[str, Any] = {
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
    }
    if answer.card:
        body["cardData"] = {"cardParamMap": drawn.template(answer.card)}
    if answer.toast:
        body["userPrivateData"] = {"cardParamMap": {"notice": notice}}
    return body if answer.card or answer.toast else {}
