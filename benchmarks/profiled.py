"""Where the time goes: `python -m benchmarks.profiled ingress|due [SQLite|PostgreSQL] [FILE]`.

Runs the measured code in this process under cProfile (which makes Python code look dearer than C)
and prints the dearest functions by their own time and with what they call. `ingress` pushes signed
answers through the web application without sockets, 64 at a time; relay and scheduler are off.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys
from collections.abc import Callable, Coroutine
from itertools import islice
from time import perf_counter
from typing import Any

from pydantic import SecretStr
from starlette.types import Message, Scope

from benchmarks import due, given
from benchmarks.databases import fresh
from benchmarks.ingress import PROJECTS, events
from bot.app import create_app
from bot.core.clock import FrozenClock
from bot.metrics import Metrics
from bot.scheduler import Scheduler
from bot.settings import Settings
from bot.shelf import Shelf
from bot.wiring import wire
from schedules import JOBS
from storage.unit_of_work import Database
from tests.fakes import feishu

EVENTS = 3_000
AT_ONCE = 64
Measured = Callable[[str, Callable[[], None], Callable[[], None]], Coroutine[Any, Any, None]]


async def _ingress(url: str, on: Callable[[], None], off: Callable[[], None]) -> None:
    settings = Settings(
        _env_file=None,
        database_url=url,
        feishu_app_id=feishu.APP_ID,
        feishu_app_secret=SecretStr(feishu.APP_SECRET),
        feishu_encrypt_key=SecretStr(feishu.ENCRYPT_KEY),
        feishu_verification_token=SecretStr(feishu.TOKEN),
    )
    wired = wire(settings)
    app = create_app(wired)
    groups = await given.groups(wired.database, PROJECTS, given.ENGINEERS, round_open=True)
    pushes = iter([feishu.push(event) for event in events(groups, EVENTS + 600)])
    await wired.engine.dispatcher.start()

    async def one_after_another(pushes: Any) -> None:
        for body, headers in pushes:
            await _post(app, body, headers)

    async def crowd(part: Any) -> None:
        await asyncio.gather(*(one_after_another(part) for _ in range(AT_ONCE)))

    await crowd(islice(pushes, 600))
    on()
    await crowd(pushes)
    off()
    await wired.engine.dispatcher.stop()
    await wired.database.close()


async def _post(app: Any, body: bytes, headers: dict[str, str]) -> None:
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/webhook/feishu", "raw_path": b"/webhook/feishu",
        "query_string": b"", "root_path": "", "server": ("127.0.0.1", 80), "client": None,
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(message)

    await app(scope, receive, send)


async def _due(url: str, on: Callable[[], None], off: Callable[[], None]) -> None:
    database = Database(url, FrozenClock(due.MOMENT))
    await given.groups(database, 10_000, given.TEAM, due={"standup.ask": due.MOMENT})
    scheduler = Scheduler(database, JOBS, Shelf(), database.clock, Metrics())
    Shelf().calendars.of("CN")
    on()
    await scheduler.tick()
    off()
    await database.close()


def _once(measured: Measured, engine: str, profile: cProfile.Profile | None) -> float:
    times: list[float] = []

    def on() -> None:
        times.append(perf_counter())
        if profile:
            profile.enable()

    def off() -> None:
        if profile:
            profile.disable()
        times.append(perf_counter())

    with fresh(engine) as (url, _):
        asyncio.run(measured(url, on, off))
    return times[1] - times[0]


def main() -> None:
    """Profile one thing on one engine; with a third word the raw profile is kept in that file."""
    what, engine, *rest = [*sys.argv[1:], "SQLite"][: max(2, len(sys.argv) - 1)]
    measured = {"ingress": _ingress, "due": _due}[what]
    profile = cProfile.Profile()
    print(f"{what}, {engine}, without profiler: {_once(measured, engine, None):.3f} s")
    print(f"{what}, {engine}, with profiler: {_once(measured, engine, profile):.3f} s")
    if rest:
        profile.dump_stats(rest[0])
    stats = pstats.Stats(profile)
    for order in ("tottime", "cumulative"):
        stats.sort_stats(order).print_stats(45)


if __name__ == "__main__":
    main()
