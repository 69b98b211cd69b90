"""What the engine asks of a platform."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.core.events import ChatKind, Event
from cards.elements import Card

# What some file system does not take in a name, or takes for a folder.
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')
# File systems count bytes, of which a Chinese character has three: 255 with the ending.
_LONGEST_NAME, _MOST_BYTES = 100, 240


class Unauthentic(Exception):  # noqa: N818
    """The push is not from the platform, or not for us. The text is for our log alone."""


class Unreadable(Exception):  # noqa: N818
    """The push is authentic but has no shape that we know."""


@dataclass(frozen=True, slots=True)
class Request:
    """A push as it came in: header names in lower case, the body untouched."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a push.

    Exactly one of these is so: `event` is there; `reply` answers a handshake; `refused` says why
    the push is not authentic (401); `unread` says why an authentic one says nothing to us (200).
    """

    event: Event | None = None
    reply: bytes | None = None
    refused: str = ""
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a press is answered with at once; both are empty for everything else."""

    toast: str = ""
    good: bool = True
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file to send; `name` is safe and ends with `kind`, one of `bot.documents.KINDS`."""

    name: str
    kind: str
    content: bytes

    @classmethod
    def of(cls, title: str, kind: str, content: bytes) -> File:
        """Named after any title: at most 100 characters before the ending, and never none.

        Without control characters, and without those that turn the reading direction round.
        """
        plain = "".join(c for c in title if c.isspace() or unicodedata.category(c)[0] != "C")
        safe = _NOT_IN_NAMES.sub(" ", plain).strip(". ")[:_LONGEST_NAME]
        safe = safe.encode()[:_MOST_BYTES].decode(errors="ignore").strip(". ")
        return cls(f"{safe or 'file'}.{kind}", kind, content)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to do. `key` is the idempotency key, `to` the platform's id.

    `kind` is `card` (send, or answer to `reply_to`), `edit` (replace `message`), `text`, `react`
    (put the emoji `payload` on `reply_to`), `file`.
    """

    kind: str
    key: str
    to_kind: str
    to: str
    card: Card | None = None
    text: str = ""
    message: str = ""
    reply_to: str = ""
    file: File | None = None


def read_mobiles(detail: str) -> dict[str, str]:
    """An errand's `mobiles` (`13800000000:engineer,13900000000:`) as roles by number."""
    pairs = (one.partition(":") for one in detail.split(",") if one)
    return {mobile: role for mobile, _, role in pairs}


class Trouble(StrEnum):
    """Why a delivery failed, by what can be done about it.

    `UNKNOWN`: the answer never came, so it may have been done. `QUOTA`: nothing more is taken from
    the whole app until its quota begins anew or is raised.
    """

    BUSY = "busy"
    PASSING = "passing"
    UNKNOWN = "unknown"
    QUOTA = "quota"
    GONE = "gone"
    DENIED = "denied"
    CONTENT = "content"


@dataclass
class DeliveryError(Exception):
    """A delivery failed. `wait` is what the platform asked to wait; `reason` has no secrets."""

    trouble: Trouble
    reason: str
    wait: timedelta | None = None

    def __str__(self) -> str:
        return f"{self.trouble}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most sends a platform takes: (count, seconds) windows for the app and for one chat."""

    app: Sequence[tuple[int, float]] = ()
    chat: Sequence[tuple[int, float]] = ()


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to ask the platform; the answers come back as events."""

    what: str
    of: str
    detail: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class LongLine(Protocol):
    """A platform that can also be listened to over a long connection of our own making."""

    @property
    def name(self) -> str: ...

    @property
    def line_module(self) -> str:
        """The module that holds the connection in a child process (see `bot/child.py`)."""

    def line_settings(self) -> Mapping[str, str]:
        """What the child needs to connect; goes to it alone."""

    def hear(self, kind: str, body: Mapping[str, object]) -> Event | None:
        """The event in something pushed; `None` if it says nothing. Raises for an odd shape."""

    def line_answer(self, kind: str, answer: Answer) -> object:
        """What the child answers a push with, as JSON data."""

    async def missed(self, chat: str, kind: ChatKind, since: datetime) -> Sequence[Event]:
        """What was said in a chat since then; raises `DeliveryError`."""


@runtime_checkable
class Together(Protocol):
    """A platform that takes one message for several people in one call."""

    @property
    def most_together(self) -> int:
        """How many; 1 where each message is a little different after all."""

    async def deliver_together(
        self, deliveries: Sequence[Delivery]
    ) -> Sequence[str | DeliveryError]:
        """The same card to several people; what became of each."""


@runtime_checkable
class Rings(Protocol):
    """A platform that can make a message ring at somebody."""

    async def ring(self, message: str, to: str, words: str) -> None:
        """Ring at a person because of a message that they were sent; raises `DeliveryError`.

        `words` are for platforms whose ringing is a message of its own.
        """


class Platform(Protocol):
    """One chat platform."""

    @property
    def name(self) -> str: ...

    @property
    def paths(self) -> Sequence[str]:
        """The webhook routes that are this platform's."""

    @property
    def limits(self) -> Limits: ...

    @property
    def repeats_safely(self) -> bool:
        """Whether sending twice with one key shows one message."""

    @property
    def edits(self) -> bool:
        """Whether a card that was sent can be given another face."""

    @property
    def settling(self) -> timedelta:
        """How long changes of a living card are gathered, where showing one costs a message."""

    @property
    def card_life(self) -> timedelta | None:
        """How long after its sending a card can be changed; `None` where it always can."""

    def read(self, request: Request) -> Reading:
        """Verify, then decrypt, then parse a push. Never raises."""

    def answer(self, answer: Answer, request: Request) -> bytes:
        """The body of the response to an authentic push."""

    async def deliver(self, delivery: Delivery) -> str:
        """Do it and give back the platform's id of the message; raises `DeliveryError`."""

    async def run(self, errand: Errand) -> Sequence[Event]:
        """Ask the platform something; raises `DeliveryError`."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...
