"""Fixtures that every room of the tests uses."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.clock import FrozenClock
from storage.migrate import migrate
from storage.unit_of_work import Database
from tests.chat import START, Chat


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at the newest schema, made by the migrations; tests copy it."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(empty_sqlite, tmp_path / "golive.db")
    return f"sqlite+aiosqlite:///{tmp_path}/golive.db"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


@pytest_asyncio.fixture
async def database(sqlite_url: str, clock: FrozenClock) -> AsyncIterator[Database]:
    database = Database(sqlite_url, clock)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def chat(database: Database, clock: FrozenClock) -> AsyncIterator[Chat]:
    chat = Chat(database, clock)
    await chat.dispatcher.start()
    yield chat
    await chat.dispatcher.stop()
