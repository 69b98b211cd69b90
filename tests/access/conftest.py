"""The two projects, furnished once for all tests and copied for each."""

from __future__ import annotations

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.clock import FrozenClock
from storage.unit_of_work import Database
from tests.access.world import Side, World
from tests.chat import START, Chat

Furnished = tuple[Path, datetime, Side, Side]


@pytest.fixture(scope="session")
def furnished(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    path = tmp_path_factory.mktemp("access") / "world.db"
    shutil.copy(empty_sqlite, path)

    async def furnish() -> Furnished:
        clock = FrozenClock(START)
        database = Database(f"sqlite+aiosqlite:///{path}", clock)
        chat = Chat(database, clock)
        await chat.dispatcher.start()
        world = await World(chat).build()
        await chat.dispatcher.stop()
        await database.close()
        return path, clock.now(), world.ours, world.theirs

    return asyncio.run(furnish())


@pytest_asyncio.fixture
async def world(furnished: Furnished, tmp_path: Path) -> AsyncIterator[World]:
    path, now, ours, theirs = furnished
    shutil.copy(path, tmp_path / "world.db")
    clock = FrozenClock(now)
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/world.db", clock)
    chat = Chat(database, clock)
    await chat.dispatcher.start()
    made = World(chat)
    made.ours, made.theirs = copy.deepcopy(ours), copy.deepcopy(theirs)
    yield made
    await chat.dispatcher.stop()
    await database.close()
