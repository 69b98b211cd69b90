"""Signed and encrypted stand-up answers, handled to their commit by the real server process.

Half are @texts, half presses of the form, from 600 people in 200 projects with an open round; every
answer differs from the one before, so each is a write. Golive runs with everything on: it relays to
a fake Feishu (and, far above its limits, owes more and more) and its scheduler ticks. The empty
FastAPI handler gets the very same bytes from the same client in the same run, before and after.

In the end the database must hold every answer: each is one row or one counted edit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from sqlalchemy import func, select

from benchmarks import client, given
from benchmarks.databases import ENGINES, fresh
from benchmarks.processes import empty_handler, fake_feishu, golive, load
from benchmarks.results import Figure
from bot.core.clock import SystemClock
from cards.standup import SubmitAnswer
from storage.tables.standups import answers
from storage.unit_of_work import Database
from tests.fakes import feishu

PROJECTS = 200
WARM_UP = 600
CALM_RATE = 200


def run(*, quick: bool) -> Iterator[Figure]:
    """Both engines, one after the other."""
    for engine in ENGINES:
        saturated, calm = (2_000, 600) if quick else (8_000, 3_000)
        yield from _engine(engine, saturated, calm)


def _engine(engine: str, saturated: int, calm: int) -> Iterator[Figure]:
    total = WARM_UP + calm + saturated
    with fresh(engine) as (url, folder):
        groups = asyncio.run(_prepare(url))
        requests = folder / "requests"
        client.write(requests, pushes(groups, total))
        before = _empty(folder, requests, saturated)
        with fake_feishu(folder) as fake, golive(folder, url, fake) as (port, _):
            sent = [
                load(port, requests, first=0, count=WARM_UP),
                load(port, requests, rate=CALM_RATE, first=WARM_UP, count=calm),
                load(port, requests, first=WARM_UP + calm, count=saturated),
            ]
        after = _empty(folder, requests, saturated)
        kept = asyncio.run(_kept(url))
    bad = sum(one["bad"] for one in sent)
    if bad or kept != (PROJECTS * 3, total):
        msg = f"{engine}: {bad:.0f} not answered 200; (answers, versions) are {kept}, not {total}"
        raise RuntimeError(msg)
    _, quiet, full = sent
    empty = mean((before, after))
    rate = full["per_second"]
    yield Figure("empty FastAPI handler, same bytes", empty, "/s", engine)
    yield Figure("answers to commit, saturated", rate, "/s", engine, at_least=800,
                 ratio=rate / empty, ratio_at_least=0.12)  # fmt: skip
    yield Figure("  p50, 64 connections", full["p50"], "ms", engine)
    yield Figure("  p99, 64 connections", full["p99"], "ms", engine, at_most=300)
    yield Figure(f"  p50 at {CALM_RATE}/s", quiet["p50"], "ms", engine)
    yield Figure(f"  p99 at {CALM_RATE}/s", quiet["p99"], "ms", engine, at_most=50)
    yield Figure(f"  worst at {CALM_RATE}/s", quiet["worst"], "ms", engine)


def _empty(folder: Path, requests: Path, count: int) -> float:
    with empty_handler(folder) as port:
        load(port, requests, first=0, count=WARM_UP)
        found = load(port, requests, first=0, count=2 * count)
    if found["bad"]:
        msg = "the empty handler did not answer 200"
        raise RuntimeError(msg)
    return float(found["per_second"])


async def _prepare(url: str) -> list[given.Group]:
    database = Database(url, SystemClock())
    try:
        return await given.groups(database, PROJECTS, given.ENGINEERS, round_open=True)
    finally:
        await database.close()


async def _kept(url: str) -> tuple[int, int]:
    """Answers, and how many versions of them have been written."""
    database = Database(url, SystemClock())
    try:
        async with database.read() as uow:
            rows = await uow.connection.execute(select(func.count()).select_from(answers))
            versions = await uow.connection.execute(select(func.sum(answers.c.edits + 1)))
            return int(rows.scalar_one()), int(versions.scalar_one() or 0)
    finally:
        await database.close()


def events(groups: list[given.Group], count: int) -> Iterator[dict[str, object]]:
    """Everybody in turn; a person answers by text and by form alternately."""
    speakers = [(group, group.people[seat]) for seat in range(3) for group in groups]
    for number in range(count):
        group, who = speakers[number % len(speakers)]
        lap = number // len(speakers)
        done, plan = f"采购审批流配置完成第 {number} 项", f"供应商主数据模板，第 {number} 版"
        blocker = "等客户仓库确认剩下的重复物料" if number % 5 == 0 else ""
        if (number + lap) % 2:
            action = {"a": SubmitAnswer.name, "v": {"round_id": group.round_id}}
            form = {"done": done, "plan": plan, "blockers": blocker}
            yield feishu.press(who, action, card=group.card, chat=group.chat, form=form)
        else:
            text = f"昨天：{done}\n今天：{plan}\n阻碍：{blocker or '无'}"
            yield feishu.message(who, text, chat=group.chat)


def pushes(groups: list[given.Group], count: int) -> Iterator[bytes]:
    for event in events(groups, count):
        body, headers = feishu.push(event)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST /webhook/feishu HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}"
        yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
