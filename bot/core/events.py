"""What can happen: one frozen dataclass per kind, the same for every platform.

`keys` are the identities under which an event may arrive again; all of them are claimed together
with its effects, so the second delivery finds them taken. Times are aware UTC. Text is already
freed of the bot's own mention; other mentions stand in it as `@name`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.core.actions import Action
from bot.core.findings import Finding

FormValue = str | bool | tuple[str, ...]


class ChatKind(StrEnum):
    GROUP = "group"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Someone:
    """A person as the platform names them. `external` is true outside the bot's organisation."""

    id: str
    name: str = ""
    external: bool = False
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """What all events have."""

    platform: str
    keys: tuple[str, ...]
    at: datetime

    @property
    def id(self) -> str:
        return self.keys[0]

    @property
    def kind(self) -> str:
        return type(self).__name__

    @property
    def lane(self) -> str:
        """Events of one lane are handled in the order in which they came."""
        return ""


@dataclass(frozen=True, slots=True)
class ChatEvent(Event):
    """Something in one chat. `chat` is the platform's id."""

    chat: str

    @property
    def lane(self) -> str:
        return self.chat


@dataclass(frozen=True, slots=True)
class Message(ChatEvent):
    """Somebody wrote. `parents` are the messages that it answers, nearest first.

    `trouble` is why its words could not be heard: `voice` (speech that was not recognised),
    `medium` (a picture or file where words were expected), `unpublished` (the platform withholds
    who speaks until the app is published). `chat_name` is there where the platform tells it with
    every message. `file` is what was sent instead of words: the platform's code for it and its
    name.
    """

    chat_kind: ChatKind
    message: str
    sender: Someone
    text: str
    mentions: tuple[Someone, ...] = ()
    addressed: bool = False
    parents: tuple[str, ...] = ()
    medium: str = "text"
    trouble: str = ""
    chat_name: str = ""
    file: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Press(ChatEvent):
    """Somebody pressed a button or sent a form. `action` is `None` if it is not one of ours."""

    message: str
    sender: Someone
    action: Action | None
    fields: Mapping[str, FormValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BotAdded(ChatEvent):
    name: str
    external: bool
    by: Someone


@dataclass(frozen=True, slots=True)
class BotRemoved(ChatEvent):
    """The bot was taken out of the group, or the group is gone."""


@dataclass(frozen=True, slots=True)
class ChatRenamed(ChatEvent):
    name: str


@dataclass(frozen=True, slots=True)
class MembersJoined(ChatEvent):
    people: tuple[Someone, ...]


@dataclass(frozen=True, slots=True)
class MembersLeft(ChatEvent):
    people: tuple[Someone, ...]


@dataclass(frozen=True, slots=True)
class RosterRead(ChatEvent):
    """The platform told who is in the chat; everybody not named has left."""

    people: tuple[Someone, ...]


@dataclass(frozen=True, slots=True)
class MembersFound(ChatEvent):
    """Who was looked up by mobile number, each with the role asked for (or empty); `unknown` are
    numbers behind which the platform knows nobody."""

    people: tuple[tuple[Someone, str], ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableRead(ChatEvent):
    """A file that somebody sent for a project has been fetched and read.

    `project` is our id, `who` the sender's account, `table` a `PlanFile` as plain data
    (bot/plan_files.py).
    """

    project: str
    who: str
    table: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChatLimited(ChatEvent):
    """The platform does not let the bot do everything in this chat; `lacks` says what."""

    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosed(ChatEvent):
    """The platform was examined, as far as this chat is concerned."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class CaughtUp(ChatEvent):
    """What was said in this chat since `since`, while nobody listened, has been handled now."""

    since: datetime
    count: int


@dataclass(frozen=True, slots=True)
class PersonRead(Event):
    """The platform told what somebody is called."""

    person: Someone


@dataclass(frozen=True, slots=True)
class PrivateChatOpened(ChatEvent):
    sender: Someone


@dataclass(frozen=True, slots=True)
class MenuChosen(Event):
    """An entry of the bot's own menu in a private chat."""

    sender: Someone
    entry: str

    @property
    def lane(self) -> str:
        return self.sender.id


@dataclass(frozen=True, slots=True)
class MessageRecalled(ChatEvent):
    message: str


@dataclass(frozen=True, slots=True)
class Unheard(Event):
    """Authentic, but nothing that Golive acts on: counted, answered 200, otherwise let be."""

    what: str
