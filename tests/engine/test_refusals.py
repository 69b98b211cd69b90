"""What is refused costs a write a minute, and an operator can read of it for a day."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text as sql
from sqlalchemy.event import listens_for

from bot import refusals as module
from bot.checks import refused
from bot.core.clock import FrozenClock
from bot.core.findings import State
from bot.metrics import Metrics
from bot.refusals import Refusals
from cards.words import Words
from storage.privacy import purge
from storage.unit_of_work import Database
from tests.engine.conftest import until
from tests.hearing import told

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def counting(database: Database, metrics: Metrics | None = None) -> AsyncIterator[Refusals]:
    refusals = Refusals(database, metrics or Metrics())
    task = asyncio.create_task(refusals.run())
    await asyncio.sleep(0)
    try:
        yield refusals
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def written(database: Database) -> dict[tuple[str, str], int]:
    async with database.read() as uow:
        return await uow.inbox.refused_since(uow.now - timedelta(days=400))


async def findings(database: Database) -> dict[str, str]:
    async with database.read() as uow:
        return {one.code: one.values.get("count", one.state) for one in await refused(uow)}


async def test_the_counts_of_all_processes_and_hours_add_up(
    any_database: Database, clock: FrozenClock
) -> None:
    for hours in (0, 0, 1, 24):
        clock.move_to(clock.now() + timedelta(hours=hours))
        async with counting(any_database) as one, counting(any_database) as other:
            one.note("feishu", "signature")
            one.note("feishu", "signature")
            other.note("feishu", "signature")
            other.note("feishu", "length")
    assert await written(any_database) == {("feishu", "signature"): 12, ("feishu", "length"): 4}
    assert await findings(any_database) == {
        "feishu.refused.signature": "6",
        "feishu.refused.other": "2",
    }, "of the last day alone"


async def test_an_operator_is_told_what_to_do_about_each(any_database: Database) -> None:
    assert await findings(any_database) == {"refused": State.PASS}
    metrics = Metrics()
    async with counting(any_database, metrics) as refusals:
        refusals.note("dingtalk", "timestamp is an hour off; is this machine's clock right?")
        refusals.note("dingtalk", "owner: the event is for another app than DINGTALK_CLIENT_ID")
        refusals.note("feishu", "padding")
        refusals.note("feishu", "encrypted: set FEISHU_ENCRYPT_KEY")
        refusals.note("feishu", "neither signed nor encrypted")
        refusals.note("feishu", "unsigned")
    assert await findings(any_database) == {
        "dingtalk.refused.owner": "1",
        "dingtalk.refused.time": "1",
        "feishu.refused.encrypted": "1",
        "feishu.refused.key": "1",
        "feishu.refused.unsigned": "2",
    }
    labels = {"platform": "dingtalk", "reason": "owner"}
    assert metrics.registry.get_sample_value("golive_refused_total", labels) == 1


def whys(platform: str) -> set[str]:
    """Every way in which a platform's code and the reader of JSON refuse a push."""
    sources = [*ROOT.glob(f"bot/platforms/{platform}/*.py"), ROOT / "bot/platforms/shapes.py"]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    found = re.findall(r'(?:Unauthentic|trouble)\(f?"([^"]+)"', "".join(texts))
    assert len(found) > 6
    return set(found)


@pytest.mark.parametrize("platform", ["feishu", "dingtalk"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_there_are_words_for_whatever_is_refused(
    database: Database, platform: str, language: str
) -> None:
    async with counting(database) as refusals:
        for why in whys(platform):
            refusals.note(platform, why)
    for code in await findings(database):
        found, breaks, remedy = Words(language)(f"doctor.{code}.warn", count=1).split("|")
        assert found
        assert breaks
        assert remedy


async def test_many_are_written_down_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.5)
    writes: list[str] = []

    @listens_for(database.engine.sync_engine, "before_cursor_execute")
    def see(_: object, __: object, statement: str, *___: object) -> None:
        writes.extend(["refusals"] * ("INSERT INTO refusals" in statement))

    async with counting(database) as refusals:
        for _ in range(100):
            refusals.note("feishu", "token")
        await until(lambda: not refusals._counts)
    assert await written(database) == {("feishu", "token"): 100}
    assert len(writes) == 1


async def test_what_cannot_be_written_down_now_is_written_later(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.05)

    async def rename(before: str, after: str) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(sql(f"ALTER TABLE {before} RENAME TO {after}"))

    async with counting(database) as refusals:
        await rename("refusals", "away")
        refusals.note("feishu", "token")
        await until(lambda: told(caplog, "cannot write down what was refused"))
        await rename("away", "refusals")
        await until(lambda: not refusals._counts)
    assert await written(database) == {("feishu", "token"): 1}


async def test_counts_are_forgotten_after_two_days(database: Database, clock: FrozenClock) -> None:
    async with counting(database) as refusals:
        refusals.note("feishu", "token")
    for hours, left in ((48, 1), (1, 0)):
        clock.move_to(clock.now() + timedelta(hours=hours))
        async with database.begin() as uow:
            await purge(uow.connection, uow.now, timedelta())
        assert len(await written(database)) == left
