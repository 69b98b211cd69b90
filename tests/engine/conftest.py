"""A post office: a real relay on a real database, with a platform that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text as sql

from bot.core.clock import FrozenClock
from bot.core.events import Event
from bot.metrics import Metrics
from bot.platforms.port import Delivery, DeliveryError, Errand, Platform
from bot.relay import Relay
from bot.router import Router
from bot.shelf import Shelf
from cards.elements import Card, pack, text
from storage.tables.outbox import Owed, State
from storage.unit_of_work import Database
from tests.fakes.platform import FakePlatform


class Far(FakePlatform):
    """Keeps who is being served; waits at its gate; breaks as it is told; knows answers."""

    def __init__(self, name: str = "fake") -> None:
        super().__init__()
        self.name = name
        self.gate: asyncio.Event | None = None
        self.calls: list[Delivery] = []
        self.moments: list[float] = []
        self.under_way = 0
        self.broken: list[Exception] = []
        self.answers: Sequence[Event] = ()
        self.dumb: Exception | None = None

    async def deliver(self, delivery: Delivery) -> str:
        self.calls.append(delivery)
        self.moments.append(asyncio.get_running_loop().time())
        self.under_way += 1
        try:
            if self.gate:
                await self.gate.wait()
            if self.broken:
                raise self.broken.pop(0)
            return await super().deliver(delivery)
        finally:
            self.under_way -= 1

    async def ring(self, message: str, to: str, words: str) -> None:
        if self.dumb:
            raise self.dumb
        await super().ring(message, to, words)

    async def run(self, errand: Errand) -> Sequence[Event]:
        self.errands.append(errand)
        if self.failures:
            raise self.failures.pop(0)
        return self.answers


class Crowd(Far):
    """Takes one card for several people in one call; `absent` ones it does not know."""

    most_together = 3

    def __init__(self, name: str = "fake") -> None:
        super().__init__(name)
        self.together: list[list[str]] = []
        self.absent: dict[str, DeliveryError] = {}

    async def deliver_together(
        self, deliveries: Sequence[Delivery]
    ) -> Sequence[str | DeliveryError]:
        self.together.append([delivery.to for delivery in deliveries])
        if self.broken:
            raise self.broken.pop(0)
        return [
            self.absent.get(one.to) or await FakePlatform.deliver(self, one) for one in deliveries
        ]


class Office:
    """What is owed goes in, and what became of it can be read."""

    def __init__(self, database: Database, clock: FrozenClock, *platforms: Far) -> None:
        self.database, self.clock = database, clock
        self.far = platforms[0]
        self.router, self.metrics, self.heard = Router(), Metrics(), list[Event]()
        everybody: dict[str, Platform] = {platform.name: platform for platform in platforms}
        self.relay = Relay(
            database, everybody, self.router, Shelf(), clock, self.metrics, self._hear
        )
        self.deaf: Exception | None = None

    async def _hear(self, event: Event) -> None:
        self.heard.append(event)
        if self.deaf:
            raise self.deaf

    async def owe(self, *rows: Owed) -> list[str]:
        async with self.database.begin() as uow:
            for row in rows:
                uow.outbox.owe(row)
        return [row.key for row in rows]

    def card(
        self,
        title: str = "站会",
        to: str = "oc_1",
        *,
        kind: str = "card",
        to_kind: str = "chat",
        lane: str = "",
        urgent: bool = False,
        platform: str = "fake",
        at: datetime | None = None,
        **payload: Any,
    ) -> Owed:
        card = Card(title, (text("今天做什么"),), urgent=urgent)
        whole = {"card": pack(card), "reply_to": ""} | payload
        return Owed(platform, kind, to_kind, to, whole, at or self.clock.now(), lane or to)

    async def rows(self, *states: State) -> dict[str, Owed]:
        async with self.database.read() as uow:
            return {row.key: row for row in await uow.outbox.list(states or list(State), 1_000)}

    async def row(self, key: str) -> Owed:
        return (await self.rows())[key]

    async def sent_at(self, key: str) -> datetime | None:
        async with self.database.engine.connect() as connection:
            found = await connection.scalar(
                sql("SELECT sent_at FROM outbox WHERE key = :key"), {"key": key}
            )
        return found if found is None else datetime.fromisoformat(str(found))

    async def later(self, **span: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**span))
        await self.relay.idle()

    async def run(self, sql_: str) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(sql(sql_))

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


async def until(true: Callable[[], object], within: float = 5.0) -> None:
    """Let everything else go on until something is so."""
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.002)


@pytest.fixture
def far() -> Far:
    return Far()


@pytest_asyncio.fixture
async def office(database: Database, clock: FrozenClock, far: Far) -> AsyncIterator[Office]:
    yield Office(database, clock, far)
