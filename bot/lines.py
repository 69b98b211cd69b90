"""Long connections: how pushes arrive where nothing can be pushed to from outside.

A supervisor per platform holds a child process (`bot/child.py`) and watches it: one that does not
come up, loses its connection for long, or hears nothing although the platform should have spoken is
ended and another is started. After a gap the platform is asked for what was missed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot import logs
from bot.catching_up import CatchingUp
from bot.core.clock import Clock
from bot.core.events import Event, Unheard
from bot.core.retry import dice, wait_before
from bot.dispatcher import Dispatcher
from bot.metrics import Metrics
from bot.platforms.port import LongLine
from bot.webhooks import answer_of

log = logs.get(__name__)

LONGEST_WAIT = 15.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, until a connection is given up.

    `ping`: between the child's probes; `silent`: without any answer to them; `up`: until it
    connects after its start; `lost`: until it has reconnected by itself; `beats`: without a sign of
    life of the child. Together with a new start (the Feishu client takes up to thirteen seconds to
    import) they stay below the ninety within which a deaf bot hears again.
    """

    ping: float = 15.0
    silent: float = 45.0
    up: float = 35.0
    lost: float = 25.0
    beats: float = 10.0


class Line:
    """One platform's long connection; `run` until cancelled."""

    def __init__(
        self,
        platform: LongLine,
        dispatcher: Dispatcher,
        clock: Clock,
        metrics: Metrics,
        catching_up: CatchingUp,
        patience: Patience = Patience(),
    ) -> None:
        self._platform = platform
        self._dispatcher = dispatcher
        self._clock = clock
        self._metrics = metrics
        self._catching_up = catching_up
        self._patience = patience
        self._tasks: set[asyncio.Task[None]] = set()
        self._child: asyncio.subprocess.Process | None = None
        self._good_at: datetime | None = None
        self._connection = 0
        self.connected = False

    async def run(self) -> None:
        attempt = 0
        try:
            while True:
                began = asyncio.get_running_loop().time()
                why = await self._hold()
                self._down(why)
                lived = asyncio.get_running_loop().time() - began
                attempt = 1 if lived > 2 * self._patience.up else attempt + 1
                wait = wait_before(attempt, chance=dice()).total_seconds()
                await asyncio.sleep(min(wait, LONGEST_WAIT))
        finally:
            await self._end()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hold(self) -> str:
        """Start a child and serve it; gives back why it was given up."""
        try:
            self._child = await self._spawn()
            self._write(
                self._child, {**self._platform.line_settings(), "ping": self._patience.ping}
            )
            return await self._serve(self._child)
        except Exception as error:  # noqa: BLE001  (whatever it is, another child is the remedy)
            return type(error).__name__
        finally:
            await self._end()

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._platform.line_module,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, limit=4 * 1024 * 1024,
        )  # fmt: skip

    async def _serve(self, child: asyncio.subprocess.Process) -> str:
        loop = asyncio.get_running_loop()
        up_by, since = loop.time() + self._patience.up, loop.time()
        while True:
            try:
                async with asyncio.timeout(self._patience.beats):
                    line = await child.stdout.readline() if child.stdout else b""
            except TimeoutError:
                return "no sign of life"
            if not line:
                return f"ended with {await child.wait()}"
            said = msgspec.json.decode(line)
            if "alive" not in said:
                self._start(self._take(said, child))
                continue
            state = said["alive"]
            if state["connected"]:
                if self._up(state["connections"], state["silent"]):
                    since = loop.time()
                up_by = loop.time() + self._patience.lost
                # The silence of the connection before this one is none of its own.
                if min(state["silent"], loop.time() - since) > self._patience.silent:
                    return "silent"
            else:
                self._down("not connected")
                if loop.time() > up_by:
                    return "does not connect"

    def _up(self, connection: int, silent: float) -> bool:
        """It is connected; whether that is another connection than at the last beat: then there was
        a gap since anything was last heard."""
        another = (self.connected, connection) != (True, self._connection)
        if another:
            self.connected, self._connection = True, connection
            self._metrics.line.labels(self._platform.name).set(1)
            log.info("long connection up", platform=self._platform.name)
            self._start(self._catching_up.since(self._good_at))
        self._good_at = self._clock.now() - timedelta(seconds=silent)
        return another

    def _down(self, why: str) -> None:
        if self.connected:
            log.error("long connection lost", platform=self._platform.name, why=why)
        elif why != "not connected":
            log.error("long connection not up", platform=self._platform.name, why=why)
        self.connected = False
        self._metrics.line.labels(self._platform.name).set(0)

    async def _take(self, said: Mapping[str, Any], child: asyncio.subprocess.Process) -> None:
        """Handle one push and answer it; what could not be handled is not acknowledged."""
        answer: object = None
        try:
            event = self._heard(said)
            answer = await self._handle(event, said["kind"]) if event else {}
        except Exception as error:  # noqa: BLE001  (the platform sends it again)
            log.error("push not handled", platform=self._platform.name, why=type(error).__name__)
            self._metrics.events.labels(self._platform.name, "failed").inc()
        if child is self._child:
            self._write(child, {"id": said["id"], "answer": answer})

    def _heard(self, said: Mapping[str, Any]) -> Event | None:
        try:
            return self._platform.hear(said["kind"], said["body"])
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            log.warning("push unread", platform=self._platform.name, why=type(error).__name__)
            self._metrics.events.labels(self._platform.name, "unread").inc()
            return None

    async def _handle(self, event: Event, kind: str) -> object:
        if isinstance(event, Unheard):
            self._metrics.events.labels(self._platform.name, "unheard").inc()
            return {}
        reply = await self._dispatcher.handle(event)
        self._metrics.events.labels(self._platform.name, "handled").inc()
        return self._platform.line_answer(kind, answer_of(reply))

    def _write(self, child: asyncio.subprocess.Process, what: object) -> None:
        if child.stdin and not child.stdin.is_closing():
            child.stdin.write(msgspec.json.encode(what) + b"\n")

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child and child.returncode is None:
            child.kill()
            await child.wait()
