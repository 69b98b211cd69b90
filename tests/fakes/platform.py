"""A platform that keeps what it is sent, for dialogues."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from bot.core.events import Event
from bot.platforms.port import (
    Answer,
    Delivery,
    DeliveryError,
    Errand,
    File,
    Limits,
    Reading,
    Request,
)
from cards.elements import Card


@dataclass
class Shown:
    """One message in a chat; `card` is its latest face."""

    message: str
    to_kind: str
    to: str
    card: Card | None = None
    text: str = ""
    faces: int = 1
    reply_to: str = ""
    reactions: list[str] = field(default_factory=list)
    file: File | None = None


class FakePlatform:
    """Recognises a key that it has seen, as Feishu does, and fails when it is told to."""

    name = "fake"
    paths = ("/webhook/fake",)
    limits = Limits()
    repeats_safely = True
    edits = True
    settling = timedelta()
    card_life: timedelta | None = None

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.reactions: list[tuple[str, str]] = []
        self.errands: list[Errand] = []
        self.rung: list[tuple[str, str]] = []
        self.failures: list[DeliveryError] = []
        self._keys: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def read(self, request: Request) -> Reading:
        return Reading(refused="nobody pushes here")

    def answer(self, answer: Answer, request: Request) -> bytes:
        return msgspec.json.encode(answer)

    async def deliver(self, delivery: Delivery) -> str:
        if self.failures:
            raise self.failures.pop(0)
        if delivery.key in self._keys:
            return self._keys[delivery.key]
        if delivery.kind == "react":
            self.reactions.append((delivery.reply_to, delivery.text))
            return ""
        if delivery.kind == "edit":
            shown = next(s for s in self.shown if s.message == delivery.message)
            shown.card, shown.faces = delivery.card, shown.faces + 1
            return shown.message
        message = f"om_{next(self._numbers)}"
        self._keys[delivery.key] = message
        self.shown.append(
            Shown(
                message,
                delivery.to_kind,
                delivery.to,
                delivery.card,
                delivery.text,
                reply_to=delivery.reply_to,
                file=delivery.file,
            )
        )
        return message

    async def ring(self, message: str, to: str, words: str) -> None:
        self.rung.append((to, words))

    async def run(self, errand: Errand) -> Sequence[Event]:
        self.errands.append(errand)
        return ()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...
