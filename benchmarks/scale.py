"""What `benchmarks/scale_sim.py` says, held against `golive serve` in one, two and four replicas.

On one PostgreSQL: signed answers to their commit, dealt out to the replicas, and the morning's
prompts of some hundred groups that are due at one moment, until the last has reached the fake
Feishu. The simulator is given what one replica takes, and says what two and four should. Then what
a group's day costs (`scale_day`), and how the queries grow (`scale_rows`).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

import psutil
from sqlalchemy import update

from benchmarks import client, given, ingress, scale_day, scale_rows
from benchmarks.databases import fresh
from benchmarks.processes import fake_feishu, get, golive, load
from benchmarks.results import Figure
from benchmarks.scale_model import ASK, Costs, Day, Scenario, part
from bot.core.clock import SystemClock
from bot.domain.project import Settings
from storage.tables.projects import projects
from storage.tables.schedule import schedule
from storage.unit_of_work import Database

ENGINE = "PostgreSQL"
REPLICAS = (1, 2, 4)
# A calm stream is this part of what is handled when saturated, for so many seconds.
CALM, CALM_FOR = 0.3, 10
WARM_UP = 300


def run(*, quick: bool) -> Iterator[Figure]:
    """Replicas, then a group's day, then the queries."""
    prompts, answers = (150, 1_500) if quick else (1_200, 2_000)
    yield from _replicas(answers)
    yield from _prompts(prompts)
    yield from scale_day.run(quick=quick)
    yield from scale_rows.run(quick=quick)


def _replicas(count: int) -> Iterator[Figure]:
    full, calm = 0.0, 0.0
    for replicas in REPLICAS:
        rate, waited = _answers(replicas, count)
        full, calm = full or rate, calm or waited
        # One replica tells what an event takes in a full batch, and a transaction of one alone.
        costs = Costs(event=1 / full, batch=max(calm / 1000 - 1 / full, 0.001))
        yield Figure(f"answers to commit, {replicas} replicas", rate, "/s", ENGINE)
        yield Figure("  of one replica's", rate / full, "times", ENGINE)
        yield Figure(f"  p50 at {CALM} of that", waited, "ms", ENGINE)
        said = _simulated(replicas, costs, rate * CALM)
        yield Figure("  simulated: p50 of it", said, "ms", ENGINE)


def _simulated(replicas: int, costs: Costs, rate: float) -> float:
    """The median wait, in milliseconds, of so many answers a second."""
    day = Day(Scenario(groups=1, replicas=replicas, costs=costs))
    for number in range(int(rate * CALM_FOR)):
        day.say(ASK + number / rate)
    return part(day.live().ack, 0.5) * 1000


def _answers(replicas: int, count: int) -> tuple[float, float]:
    """Answers a second when saturated, and the median wait of a calm stream in milliseconds."""
    with fresh(ENGINE) as (url, folder), ExitStack() as stack:
        groups = asyncio.run(_prepare(url, ingress.PROJECTS, round_open=True))
        requests = folder / "requests"
        client.write(requests, ingress.pushes(groups, WARM_UP + 2 * count))
        fake = stack.enter_context(fake_feishu(folder))
        ports = [stack.enter_context(golive(folder, url, fake))[0] for _ in range(replicas)]
        _all(ports, requests, 0, WARM_UP)
        rate, _ = _all(ports, requests, WARM_UP, count)
        calm = min(int(rate * CALM * CALM_FOR), count)
        _, waited = _all(ports, requests, WARM_UP + count, calm, rate * CALM)
    return rate, waited


def _all(
    ports: list[int], requests: Path, first: int, count: int, rate: float = 0.0
) -> tuple[float, float]:
    """Answers a second of all replicas together, and their median wait."""
    each = count // len(ports)

    def one(number: int) -> dict[str, float]:
        return load(ports[number], requests, rate=rate / len(ports), first=first + number * each,
                    count=each)  # fmt: skip

    with ThreadPoolExecutor(len(ports)) as crowd:
        found = list(crowd.map(one, range(len(ports))))
    if bad := sum(one["bad"] for one in found):
        msg = f"{bad:.0f} were not answered 200"
        raise RuntimeError(msg)
    waited = sum(one["p50"] for one in found) / len(found)
    return len(found) * each / max(one["seconds"] for one in found), waited


def _prompts(groups: int) -> Iterator[Figure]:
    """The last prompt of so many groups that are due at one moment."""
    said = Day(Scenario(groups=groups)).live()
    for replicas in REPLICAS[:2]:
        last, busy, sent = _morning(replicas, groups)
        name = f"{groups:,} prompts due at one moment, {replicas} replicas"
        yield Figure(f"{name}, last sent after", last, "s", ENGINE)
        yield Figure("  simulated", part(said.lag["prompt"], 1), "s", ENGINE)
        yield Figure("  sent twice or not at all", abs(sent - groups), "", ENGINE, at_most=0)
        yield Figure("  processor time of all replicas, a prompt", busy * 1000, "ms", ENGINE)


def _morning(replicas: int, groups: int) -> tuple[float, float, int]:
    """Seconds from the moment until the last, processor seconds a prompt, and how many came."""
    with fresh(ENGINE) as (url, folder), ExitStack() as stack:
        asyncio.run(_prepare(url, groups, round_open=False))
        fake = stack.enter_context(fake_feishu(folder))
        running = [stack.enter_context(golive(folder, url, fake))[1] for _ in range(replicas)]
        before = _spent(running)
        moment = asyncio.run(_due(url))
        deadline = time.monotonic() + 30 + groups / 10
        sends: list[float] = []
        while len(sends) < groups and time.monotonic() < deadline:
            time.sleep(0.5)
            sends = [at for at, _ in json.loads(get(f"{fake}/bench/sends"))]
        time.sleep(1)
        sends = [at for at, _ in json.loads(get(f"{fake}/bench/sends"))]
        return max(sends) - moment, (_spent(running) - before) / groups, len(sends)


def _spent(running: Sequence[Popen[bytes]]) -> float:
    times = [psutil.Process(process.pid).cpu_times() for process in running]
    return sum(one.user + one.system for one in times)


async def _prepare(url: str, count: int, *, round_open: bool) -> list[given.Group]:
    database = Database(url, SystemClock())
    try:
        return await given.groups(database, count, given.ENGINEERS, round_open=round_open)
    finally:
        await database.close()


async def _due(url: str) -> float:
    """Make every stand-up due now, whatever the hour is; gives back when, by the steady clock."""
    database = Database(url, SystemClock())
    awake = replace(Settings(), quiet_from=Settings().quiet_until)
    try:
        async with database.begin() as uow:
            await uow.connection.execute(update(projects).values(settings=awake))
            soon = uow.now + timedelta(seconds=1)
            later = uow.now + timedelta(days=1)
            await uow.connection.execute(update(schedule).values(next_run_at=later))
            asked = update(schedule).where(schedule.c.job == "standup.ask")
            await uow.connection.execute(asked.values(next_run_at=soon))
        return time.monotonic() + (soon - database.clock.now()).total_seconds()
    finally:
        await database.close()
