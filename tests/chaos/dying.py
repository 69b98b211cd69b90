"""Lives of Golive that end by `kill -9` at a counted point.

A point is every resumption of a task or callback of the event loop, every statement and every
commit: wherever the program can be when the machine goes away. A life is a process of its own,
forked from one that has imported everything, so that a death costs a fraction of a second; the
chat platform lives on in the test, as it would.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.events import Handle
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

import httpx
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot import logs
from bot.app import create_app
from bot.core.clock import FrozenClock
from bot.pace import Pace
from bot.platforms.feishu.adapter import Feishu
from bot.platforms.port import Limits
from bot.settings import Settings
from bot.wiring import Wired, wire
from tests.acceptance.stages import due_before
from tests.forked import FORKS

# So many times faster than in earnest the platforms' limits pass; rows still wait for their turn.
HASTE = 20


@dataclass(frozen=True)
class Push:
    """What a platform sends until it is acknowledged."""

    path: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Until:
    """The clock goes on to `moment`; what falls due on the way is done on the way."""

    moment: datetime


Step = Push | Until


@dataclass
class Story:
    """What happens to a database. `step`, `answered` and `now` say how far it has come."""

    settings: Mapping[str, Any]
    now: datetime
    steps: Sequence[Step]
    step: int = 0
    answered: bool = False
    points: int = 0

    @property
    def over(self) -> bool:
        return self.step == len(self.steps)

    def go_on(self, dies_at: int = 0) -> Story:
        """Live on from where the last life ended, to the point `dies_at` or to the end."""
        ours, theirs = FORKS.Pipe(duplex=False)
        life = FORKS.Process(target=_live, args=(self, dies_at, theirs))
        life.start()
        theirs.close()
        with suppress(EOFError):
            while True:
                self.step, self.answered, self.points, self.now = ours.recv()
        life.join(30)
        assert life.exitcode in (0, -signal.SIGKILL), f"it ended with {life.exitcode}"
        assert self.over or dies_at, "it lived to its end"
        return self


def _live(story: Story, dies_at: int, pipe: Connection) -> None:
    logs.set_up("ERROR", "text", [])
    asyncio.run(_live_on(story, dies_at, pipe))


async def _live_on(story: Story, dies_at: int, pipe: Connection) -> None:
    points = _Points(dies_at)
    async with _started(story) as (wired, clock, http):

        def tell(step: int, *, answered: bool = False) -> None:
            pipe.send((step, answered, points.passed, clock.now()))

        points.count()
        await wired.engine.relay._recover()
        for number in range(story.step, len(story.steps)):
            step = story.steps[number]
            if isinstance(step, Until):
                async for _ in _until(wired, clock, step.moment):
                    tell(number)
            elif not (number == story.step and story.answered):
                answer = await http.post(step.path, content=step.body, headers=dict(step.headers))
                assert answer.status_code == 200, answer.text
                tell(number, answered=True)
            await _settle(wired)
            tell(number + 1)


class _Hurried(Pace):
    def wait(self, chat: str) -> tuple[float, bool]:
        wait, of_all = super().wait(chat)
        return wait / HASTE, of_all


class _Points:
    def __init__(self, dies_at: int) -> None:
        self.passed = 0
        self._dies_at = dies_at

    def count(self) -> None:
        run = Handle._run

        def counted(handle: Handle) -> None:
            self._pass()
            run(handle)

        Handle._run = counted  # type: ignore[method-assign, assignment]
        event.listen(Engine, "before_cursor_execute", self._pass)
        event.listen(Engine, "commit", self._pass)

    def _pass(self, *_: object) -> None:
        self.passed += 1
        if self.passed == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


@asynccontextmanager
async def _started(story: Story) -> Any:
    clock = FrozenClock(story.now)
    wired = wire(Settings(_env_file=None, **story.settings), clock=clock)
    for name, platform in wired.engine.platforms.items():
        for turns, limits in (
            (wired.engine.relay.turns, platform.limits),
            (wired.engine.relay.doors, Limits(app=platform.limits.app)),
        ):
            turns[name].pace = _Hurried(limits, lambda: time.monotonic() * HASTE)
    await wired.engine.dispatcher.start()
    for platform in wired.engine.platforms.values():
        await platform.start()
        if isinstance(platform, Feishu):
            assert platform._finding
            await platform._finding  # who the bot is, without which nothing is addressed to it
    transport = httpx.ASGITransport(create_app(wired))
    async with httpx.AsyncClient(transport=transport, base_url="http://golive") as http:
        yield wired, clock, http
    await wired.engine.stop()


async def _settle(wired: Wired) -> None:
    while await wired.engine.relay.idle():
        pass


async def _until(wired: Wired, clock: FrozenClock, target: datetime) -> AsyncIterator[None]:
    """Yields whenever the clock has been moved."""
    await wired.engine.scheduler.tick()
    await _settle(wired)
    while due := await due_before(wired, clock.now(), target):
        clock.move_to(due)
        yield
        await wired.engine.scheduler.tick()
        await _settle(wired)
    clock.move_to(target)
    yield
    await wired.engine.scheduler.tick()
