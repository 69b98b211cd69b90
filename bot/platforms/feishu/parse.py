"""From Feishu's JSON to typed events. Nothing of unknown shape goes further than this file."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from bot.core.actions import unpack
from bot.core.events import (
    BotAdded,
    BotRemoved,
    ChatKind,
    ChatRenamed,
    Event,
    FormValue,
    MembersJoined,
    MembersLeft,
    MenuChosen,
    Message,
    MessageRecalled,
    Press,
    PrivateChatOpened,
    Someone,
    Unheard,
)
from bot.platforms.shapes import Tree, id_of, text_of, tree

PLATFORM = "feishu"

# Date and time pickers send their offset behind the value: `2026-09-11 +0800`.
_OFFSET = re.compile(r"^(\d{4}-\d\d-\d\d(?: \d\d:\d\d)?|\d\d:\d\d) [+-]\d{4}$")


class Parser:
    """Knows whose app this is; `bot_open_id` becomes known when the app has asked Feishu.

    Until then a group message counts as addressed if it mentions any bot, because Feishu delivers
    group messages to an app with the usual scope only when they mention it.
    """

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self.bot_open_id = ""

    def parse(self, push: Tree, now: datetime) -> Event:
        """The event in an authentic push; raises `LookupError`, `TypeError` or `ValueError` for
        one whose shape is not as documented."""
        if push.get("schema") != "2.0":
            return self._old(push, now)
        header, body = tree(push["header"]), tree(push.get("event") or {})
        if self.app_id and header.get("app_id", self.app_id) != self.app_id:
            return Unheard(PLATFORM, (id_of(header["event_id"]),), now, "another app")
        base = _Base(
            id_of(header["event_id"]),
            moment(header.get("create_time"), now),
            text_of(header.get("tenant_key")),
        )
        kind = text_of(header["event_type"])
        read = _KINDS.get(kind)
        return read(self, base, body) if read else Unheard(PLATFORM, (base.id,), base.at, kind)

    def _old(self, push: Tree, now: datetime) -> Event:
        """Schema 1.0: the id is `uuid`, the type stands inside the event."""
        inner = tree(push["event"])
        id_, kind = id_of(push["uuid"]), text_of(inner["type"])
        if kind != "p2p_chat_create":
            return Unheard(PLATFORM, (id_,), now, kind)
        user = tree(inner["user"])
        sender = Someone(id_of(user["open_id"]), text_of(user.get("name")))
        return PrivateChatOpened(PLATFORM, (id_,), now, id_of(inner["chat_id"]), sender)

    def message(self, base: _Base, body: Tree) -> Event:
        message, sender = tree(body["message"]), tree(body["sender"])
        id_ = id_of(message["message_id"])
        people = [_mention(tree(m)) for m in message.get("mentions") or ()]
        medium = text_of(message["message_type"])
        raw = text_of(message.get("content"))
        text = _content(medium, raw)
        kind = ChatKind.PRIVATE if message.get("chat_type") == "p2p" else ChatKind.GROUP
        return Message(
            PLATFORM,
            (base.id, f"message:{id_}"),
            moment(message.get("create_time"), base.at),
            id_of(message["chat_id"]),
            kind,
            id_,
            Someone(
                _open_id(sender["sender_id"]),
                external=_is_foreign(sender.get("tenant_key"), base.tenant),
                bot=sender.get("sender_type") != "user",
            ),
            self._named(text, people),
            tuple(someone for _, someone in people if not self._is_me(someone)),
            any(self._is_me(someone) for _, someone in people),
            tuple(id_of(message[key]) for key in ("parent_id", "root_id") if message.get(key)),
            medium,
            file=_file(raw) if medium == "file" else None,
        )

    def pushed(self, item: Tree, kind: ChatKind) -> Tree | None:
        """A message of a chat's history in the shape of its push; `None` if it is not for us.

        In a group that is one that mentions us or answers another; in private every one.
        """
        sender, id_ = tree(item["sender"]), id_of(item["message_id"])
        private = kind is ChatKind.PRIVATE
        mentions = [tree(mention) for mention in item.get("mentions") or ()]
        ours = any(mention.get("id") == self.bot_open_id for mention in mentions)
        if item.get("deleted") or sender.get("sender_type") != "user":
            return None
        if not (private or ours or item.get("parent_id")):
            return None
        named = [
            {
                "key": mention["key"],
                "id": {"open_id": mention["id"]},
                "name": mention.get("name"),
                "mentioned_type": "bot" if mention["id"] == self.bot_open_id else "user",
            }
            for mention in mentions
        ]
        header = {
            "event_id": f"missed:{id_}",
            "event_type": "im.message.receive_v1",
            "create_time": item.get("create_time"),
            "tenant_key": sender.get("tenant_key"),
        }
        message = {
            "message_id": id_,
            "chat_id": item["chat_id"],
            "chat_type": "p2p" if private else "group",
            "message_type": item["msg_type"],
            "content": tree(item["body"]).get("content"),
            "create_time": item.get("create_time"),
            "mentions": named,
            "parent_id": item.get("parent_id"),
            "root_id": item.get("root_id"),
        }
        who = {
            "sender_id": {"open_id": sender["id"]},
            "sender_type": "user",
            "tenant_key": sender.get("tenant_key"),
        }
        return {"schema": "2.0", "header": header, "event": {"sender": who, "message": message}}

    def _is_me(self, someone: Someone) -> bool:
        return someone.id == self.bot_open_id if self.bot_open_id else someone.bot

    def _named(self, text: str, people: list[tuple[str, Someone]]) -> str:
        """Placeholders become names, the bot's own goes; the longest first (`@_user_10`)."""
        for key, someone in sorted(people, key=lambda one: -len(one[0])):
            text = text.replace(key, "" if self._is_me(someone) else f"@{someone.name}")
        return text.strip()

    def press(self, base: _Base, body: Tree) -> Event:
        operator, action = tree(body["operator"]), tree(body["action"])
        place = tree(body["context"])
        tenant = operator.get("tenant_key")
        return Press(
            PLATFORM,
            (base.id,),
            base.at,
            id_of(place["open_chat_id"]),
            id_of(place["open_message_id"]),
            Someone(id_of(operator["open_id"]), external=_is_foreign(tenant, base.tenant)),
            unpack(action.get("value")),
            _form(action),
        )

    def added(self, base: _Base, body: Tree) -> Event:
        by = Someone(
            _open_id(body["operator_id"]),
            external=_is_foreign(body.get("operator_tenant_key"), base.tenant),
        )
        name, external = text_of(body.get("name")), bool(body.get("external"))
        return BotAdded(PLATFORM, (base.id,), base.at, id_of(body["chat_id"]), name, external, by)

    def removed(self, base: _Base, body: Tree) -> Event:
        return BotRemoved(PLATFORM, (base.id,), base.at, id_of(body["chat_id"]))

    def renamed(self, base: _Base, body: Tree) -> Event:
        name = text_of(tree(body.get("after_change") or {}).get("name"))
        chat = id_of(body["chat_id"])
        if not name:
            return Unheard(PLATFORM, (base.id,), base.at, "im.chat.updated_v1")
        return ChatRenamed(PLATFORM, (base.id,), base.at, chat, name)

    def joined(self, base: _Base, body: Tree) -> Event:
        people = _users(body, base)
        return MembersJoined(PLATFORM, (base.id,), base.at, id_of(body["chat_id"]), people)

    def left(self, base: _Base, body: Tree) -> Event:
        people = _users(body, base)
        return MembersLeft(PLATFORM, (base.id,), base.at, id_of(body["chat_id"]), people)

    def entered(self, base: _Base, body: Tree) -> Event:
        sender = Someone(_open_id(body["operator_id"]))
        return PrivateChatOpened(PLATFORM, (base.id,), base.at, id_of(body["chat_id"]), sender)

    def menu(self, base: _Base, body: Tree) -> Event:
        operator = tree(body["operator"])
        sender = Someone(_open_id(operator["operator_id"]), text_of(operator.get("operator_name")))
        at = moment(body.get("timestamp"), base.at)
        return MenuChosen(PLATFORM, (base.id,), at, sender, text_of(body["event_key"]))

    def recalled(self, base: _Base, body: Tree) -> Event:
        message = id_of(body["message_id"])
        return MessageRecalled(PLATFORM, (base.id,), base.at, id_of(body["chat_id"]), message)


class _Base(msgspec.Struct, frozen=True):
    """What every push has in its header."""

    id: str
    at: datetime
    tenant: str


_KINDS: dict[str, Callable[[Parser, _Base, Tree], Event]] = {
    "im.message.receive_v1": Parser.message,
    "card.action.trigger": Parser.press,
    "im.chat.member.bot.added_v1": Parser.added,
    "im.chat.member.bot.deleted_v1": Parser.removed,
    "im.chat.disbanded_v1": Parser.removed,
    "im.chat.updated_v1": Parser.renamed,
    "im.chat.member.user.added_v1": Parser.joined,
    "im.chat.member.user.deleted_v1": Parser.left,
    "im.chat.member.user.withdrawn_v1": Parser.left,
    "im.chat.access_event.bot_p2p_chat_entered_v1": Parser.entered,
    "application.bot.menu_v6": Parser.menu,
    "im.message.recalled_v1": Parser.recalled,
}


def moment(stamp: object, otherwise: datetime) -> datetime:
    """A Feishu time: seconds, milliseconds or, in card callbacks, microseconds, by its length."""
    try:
        value = int(str(stamp)[:20])
        divisor = 10 ** max(0, len(str(value)) - 10)
        return datetime.fromtimestamp(value / divisor, UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise


def _open_id(triple: object) -> str:
    return id_of(tree(triple)["open_id"])


def _is_foreign(tenant: object, own: str) -> bool:
    return bool(own) and isinstance(tenant, str) and bool(tenant) and tenant != own


def _mention(mention: Tree) -> tuple[str, Someone]:
    bot = mention.get("mentioned_type") == "bot"
    id_ = _open_id(mention["id"]) if tree(mention["id"]).get("open_id") else text_of(mention["key"])
    return id_of(mention["key"]), Someone(id_, text_of(mention.get("name")), bot=bot)


def _users(body: Tree, base: _Base) -> tuple[Someone, ...]:
    return tuple(
        Someone(
            _open_id(tree(user)["user_id"]),
            text_of(user.get("name")),
            _is_foreign(user.get("tenant_key"), base.tenant),
        )
        for user in body.get("users") or ()
    )


def _content(medium: str, raw: str) -> str:
    """The words of a message; empty for pictures, files and what was recalled meanwhile."""
    if medium not in ("text", "post") or not raw:
        return ""
    try:
        content = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return ""
    if not isinstance(content, dict):
        return ""
    return text_of(content.get("text")) if medium == "text" else _post(content)


def _file(raw: str) -> tuple[str, str] | None:
    """The key and the name of a file that was sent."""
    try:
        content = tree(msgspec.json.decode(raw))
        return text_of(content["file_key"])[:300], text_of(content.get("file_name"))[:200]
    except (msgspec.DecodeError, RecursionError, LookupError, TypeError, ValueError):
        return None


def _post(content: Tree) -> str:
    """Rich text: one line a paragraph; links keep their words, pictures go."""
    paragraphs = [p for p in content.get("content") or () if isinstance(p, list)]
    lines = [text_of(content.get("title"))]
    lines += ["".join(_span(span) for span in p if isinstance(span, dict)) for p in paragraphs]
    return "\n".join(line for line in lines if line)


def _span(span: Tree) -> str:
    if span.get("tag") == "at":
        return text_of(span.get("user_id"))
    return text_of(span.get("text"))


def _form(action: Tree) -> dict[str, FormValue]:
    """A form's fields, or the one value of a component that stands alone (as `value`)."""
    given = action.get("form_value")
    fields = dict(given) if isinstance(given, dict) else {}
    for key in ("input_value", "option", "options", "checked"):
        if key in action:
            fields["value"] = action[key]
    read = {str(k).partition("__")[0]: _field(v) for k, v in fields.items()}
    return {name: value for name, value in read.items() if value is not None}


def _field(value: object) -> FormValue | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        dated = _OFFSET.match(value)
        return dated[1] if dated else text_of(value)
    if isinstance(value, list):
        return tuple(text_of(item) for item in value if isinstance(item, str))
    return None
