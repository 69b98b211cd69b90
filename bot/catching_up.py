"""What was said while nobody listened: asked for afterwards, handled once, and said.

A platform sends again what was not acknowledged, but not for ever (Feishu for seven hours), and
nothing at all that was said while a long connection was down. So whoever starts to listen asks each
chat for its messages since anything was last heard; what had been heard is a duplicate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.core.clock import Clock
from bot.core.events import CaughtUp, Event
from bot.core.retry import dice, wait_before
from bot.dispatcher import Dispatcher
from bot.platforms.port import DeliveryError, LongLine, Trouble
from storage.tables.projects import Chat
from storage.unit_of_work import Database

log = logs.get(__name__)

TRIES = 8
# A shorter absence is nothing that people need to hear of, and the platform bridges it by itself.
WORTH_SAYING = timedelta(minutes=5)


class CatchingUp:
    """For one platform."""

    def __init__(
        self, platform: LongLine, dispatcher: Dispatcher, database: Database, clock: Clock
    ) -> None:
        self._platform = platform
        self._dispatcher = dispatcher
        self._database = database
        self._clock = clock

    async def since(self, good_at: datetime | None, *, least: timedelta = timedelta()) -> None:
        """Handle what was said since `good_at`, or since anything was last heard; an absence of
        less than `least` is not looked into.

        A chat that cannot be asked now is asked again later; one that may not be, is let be.
        """
        name = self._platform.name
        try:
            async with self._database.read() as uow:
                chats, last = await uow.chats.present(name), await uow.inbox.newest(name)
        except (SQLAlchemyError, OSError) as error:
            log.error("catching up failed", platform=name, exc_info=error)
            return
        since = good_at or last
        if since is None or self._clock.now() - since < least:
            return
        waiting = list(chats)
        for attempt in range(1, TRIES + 1):
            waiting = [chat for chat in waiting if not await self._done(chat, since)]
            if not waiting:
                return
            await asyncio.sleep(wait_before(attempt, chance=dice()).total_seconds())
        log.error("not caught up", platform=name, chats=len(waiting), since=since)

    async def _done(self, chat: Chat, since: datetime) -> bool:
        """Whether a chat needs no further asking."""
        try:
            missed = await self._platform.missed(chat.account, chat.kind, since)
            fresh = await self._unheard(missed)
            for event in fresh:
                await self._dispatcher.handle(event)
            if fresh and self._clock.now() - since >= WORTH_SAYING:
                await self._dispatcher.handle(self._said(chat, since, len(fresh)))
        except DeliveryError as error:
            log.warning("could not ask for what was missed", chat=chat.id, why=str(error))
            return error.trouble in (Trouble.DENIED, Trouble.GONE)
        except Exception as error:
            log.error("catching up failed", chat=chat.id, exc_info=error)
            return False
        return True

    async def _unheard(self, events: Sequence[Event]) -> list[Event]:
        keys = [(event.platform, key) for event in events for key in event.keys]
        async with self._database.read() as uow:
            known = await uow.inbox.known(keys)
        return [e for e in events if not known & {(e.platform, key) for key in e.keys}]

    def _said(self, chat: Chat, since: datetime, count: int) -> Event:
        name, now = self._platform.name, self._clock.now()
        key = f"caught-up:{chat.id}:{since.timestamp():.0f}"
        return CaughtUp(name, (key,), now, chat.account, since, count)
