"""One statement through the stock aiosqlite engine, and through `storage.sqlite.sqlite_engine`.

Microseconds per SQLAlchemy Core statement inside a transaction, on a file, the median of several
rounds; opening and committing the transaction are not counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from benchmarks.results import Figure
from storage.sqlite import sqlite_engine

things = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("t", String))
_ONE = select(things).where(things.c.id == bindparam("id"))
ROUNDS = 7


def run(*, quick: bool) -> Iterator[Figure]:
    """Stock and ours."""
    count = 300 if quick else 2_000
    with TemporaryDirectory() as name:
        stock_path, our_path = Path(name) / "stock.db", Path(name) / "ours.db"
        stock = create_async_engine(f"sqlite+aiosqlite:///{stock_path}")
        ours = sqlite_engine(f"sqlite+aiosqlite:///{our_path}", str(our_path))
        for label, engine in (("stock aiosqlite", stock), ("storage.sqlite", ours)):
            chosen, written = asyncio.run(_measure(engine, count))
            yield Figure(f"{label}: select of one row", chosen, "µs", "SQLite")
            yield Figure(f"{label}: insert of one row", written, "µs", "SQLite")


async def _measure(engine: AsyncEngine, count: int) -> tuple[float, float]:
    chosen, written = [], []
    async with engine.begin() as connection:
        await connection.run_sync(things.metadata.create_all)
    for number in range(ROUNDS):
        async with engine.begin() as connection:
            written.append(await _inserts(connection, number * count, count))
            chosen.append(await _selects(connection, number * count, count))
    await engine.dispose()
    return median(chosen), median(written)


async def _inserts(connection: AsyncConnection, first: int, count: int) -> float:
    began = perf_counter()
    for id_ in range(first, first + count):
        await connection.execute(insert(things), {"id": id_, "t": "words"})
    return (perf_counter() - began) / count * 1e6


async def _selects(connection: AsyncConnection, first: int, count: int) -> float:
    began = perf_counter()
    for id_ in range(first, first + count):
        (await connection.execute(_ONE, {"id": id_})).first()
    return (perf_counter() - began) / count * 1e6
