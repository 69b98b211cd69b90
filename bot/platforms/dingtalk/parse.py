"""From DingTalk's JSON to typed events. Nothing of unknown shape goes further than this file.

A private chat has a conversation id to which nothing can be sent, so it is named after the person:
`user:` and the staff id. Somebody outside the organisation has no staff id; the encrypted id that
stands in its place names them, but leads nowhere outside a session.
"""

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
    Message,
    Press,
    Someone,
    Unheard,
)
from bot.platforms.shapes import Tree, id_of, text_of, tree

PLATFORM = "dingtalk"
PRIVATE = "user:"

_MENTION = re.compile(r"@([^\s@]{1,40})")
_ODD_SPACES = re.compile("[\u00a0\u2000-\u200b\u3000]")
# The codes under which a robot message comes without words because the month's quota is used up.
_QUOTA = frozenset({"20001"})


def robot_message(body: Tree, robot_code: str, now: datetime) -> Event:
    """Somebody spoke to the robot; raises `LookupError`, `TypeError` or `ValueError` for a body
    whose shape is not as documented."""
    id_ = id_of(body["msgId"])
    if body.get("robotCode", robot_code) != robot_code:
        return Unheard(PLATFORM, (id_,), now, "another robot")
    if is_over_quota(body):
        return Unheard(PLATFORM, (id_,), now, "quota")
    sender = _sender(body)
    private = body.get("conversationType") == "1"
    medium = text_of(body.get("msgtype"))
    words, trouble = _words(medium, body)
    mentions = _mentions(body, words)
    if not text_of(body.get("senderStaffId")) and not sender.external:
        trouble = "unpublished"
    return Message(
        PLATFORM,
        (id_,),
        moment(body.get("createAt"), now),
        PRIVATE + sender.id if private else id_of(body["conversationId"]),
        ChatKind.PRIVATE if private else ChatKind.GROUP,
        id_,
        sender,
        words,
        mentions,
        addressed=private or body.get("isInAtList") is not False,
        medium=medium,
        trouble=trouble,
        file=_file(body) if medium == "file" else None,
        chat_name="" if private else text_of(body.get("conversationTitle"))[:200],
    )


def _file(body: Tree) -> tuple[str, str] | None:
    """The download code and the name of a file that was sent."""
    content = body.get("content")
    if not isinstance(content, dict) or not content.get("downloadCode"):
        return None
    # A download code is longer than an id.
    return text_of(content["downloadCode"])[:2000], text_of(content.get("fileName"))[:200]


def is_over_quota(body: Tree) -> bool:
    return str(body.get("errorCode") or body.get("errCode") or "") in _QUOTA


def _sender(body: Tree) -> Someone:
    corp, own = text_of(body.get("senderCorpId")), text_of(body.get("chatbotCorpId"))
    external = bool(corp and own and corp != own)
    return Someone(
        id_of(body.get("senderStaffId") or body["senderId"]),
        text_of(body.get("senderNick"))[:200],
        external,
    )


def _words(medium: str, body: Tree) -> tuple[str, str]:
    """What was said, and why it could not be heard."""
    content = body.get("content")
    content = content if isinstance(content, dict) else {}
    match medium:
        case "text":
            return _clean(text_of(tree(body["text"]).get("content"))), ""
        case "richText":
            parts = [part for part in content.get("richText") or () if isinstance(part, dict)]
            said = _clean("".join(text_of(part.get("text")) for part in parts))
            return said, "" if said else "medium"
        case "audio":
            said = _clean(text_of(content.get("recognition")))
            return said, "" if said else "voice"
    return "", "medium"


def _clean(words: str) -> str:
    return _ODD_SPACES.sub(" ", words).strip()


def _mentions(body: Tree, words: str) -> tuple[Someone, ...]:
    """Who is mentioned. DingTalk tells ids without names; with one of each they belong together."""
    users = [user for user in body.get("atUsers") or () if isinstance(user, dict)]
    staff = [id_of(user["staffId"]) for user in users if user.get("staffId")]
    names = _MENTION.findall(words)
    name = names[0] if len(names) == len(staff) == 1 else ""
    return tuple(Someone(id_, name) for id_ in dict.fromkeys(staff))


def org_event(body: Tree, now: datetime) -> Event | None:
    """An organisation event; `None` for the question whether the address works."""
    kind = text_of(body.get("EventType") or body.get("eventType"))
    if kind == "check_url":
        return None
    id_ = id_of(body.get("eventId") or body.get("EventId") or body["BizId"])
    read = _KINDS.get(kind)
    return read(id_, now, body) if read else Unheard(PLATFORM, (id_,), now, kind)


def _joined(id_: str, now: datetime, body: Tree) -> Event:
    return MembersJoined(PLATFORM, (id_,), now, id_of(body["openConversationId"]), _people(body))


def _left(id_: str, now: datetime, body: Tree) -> Event:
    return MembersLeft(PLATFORM, (id_,), now, id_of(body["openConversationId"]), _people(body))


def _gone(id_: str, now: datetime, body: Tree) -> Event:
    return BotRemoved(PLATFORM, (id_,), now, id_of(body["openConversationId"]))


def _renamed(id_: str, now: datetime, body: Tree) -> Event:
    chat, name = id_of(body["openConversationId"]), text_of(body["title"])[:200]
    return ChatRenamed(PLATFORM, (id_,), now, chat, name)


def _installed(id_: str, now: datetime, body: Tree) -> Event:
    by = Someone(id_of(body.get("operator") or body["operatorUserId"]))
    chat = id_of(body["openConversationId"])
    return BotAdded(PLATFORM, (id_,), now, chat, "", external=False, by=by)


def _people(body: Tree) -> tuple[Someone, ...]:
    found = body["userId"]
    return tuple(Someone(id_of(one)) for one in (found if isinstance(found, list) else [found]))


_KINDS: dict[str, Callable[[str, datetime, Tree], Event]] = {
    "chat_add_member": _joined,
    "chat_remove_member": _left,
    "chat_quit": _left,
    "chat_disband": _gone,
    "chat_update_title": _renamed,
    "im_cool_app_install": _installed,
    "im_cool_app_uninstall": _gone,
}


def card_press(body: Tree, key: str, now: datetime) -> Event:
    """A button of a card that was made from a template. `key` tells one press from another:
    DingTalk gives none."""
    user = id_of(body["userId"])
    content = body.get("content") or body.get("value") or {}
    if isinstance(content, str):
        content = msgspec.json.decode(content)
    private = tree(content).get("cardPrivateData")
    params = tree(private).get("params") if private else {}
    params = params if isinstance(params, dict) else {}
    action = params.get("golive")
    in_group = body.get("spaceType") != "IM_ROBOT" and bool(body.get("spaceId"))
    return Press(
        PLATFORM,
        (key,),
        now,
        id_of(body["spaceId"]) if in_group else PRIVATE + user,
        id_of(body["outTrackId"]),
        Someone(user),
        unpack(msgspec.json.decode(action)) if isinstance(action, str) else None,
        _form(params.get("form")),
    )


def _form(form: object) -> dict[str, FormValue]:
    """A template form's fields; a choice comes as `{"index", "value"}`."""
    found: dict[str, FormValue] = {}
    for name, value in form.items() if isinstance(form, dict) else ():
        plain = value.get("value") if isinstance(value, dict) else value
        if isinstance(plain, str | bool):
            found[str(name)] = plain
    return found


def moment(stamp: object, otherwise: datetime) -> datetime:
    """Milliseconds since 1970, as a number or as text."""
    try:
        return datetime.fromtimestamp(int(str(stamp)[:16]) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise
