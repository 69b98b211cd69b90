"""Fixtures that every room of the tests uses."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url

from bot import logs
from bot.core.clock import FrozenClock
from storage.migrate import migrate
from storage.unit_of_work import Database
from tests.chat import START, Chat
from tests.fakes import postgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes comes first, so that no processor waits for the last of it."""

    def minutes(item: pytest.Item) -> int:
        marker = item.get_closest_marker("slow")
        return marker.kwargs.get("minutes", 0) if marker else 0

    items.sort(key=minutes, reverse=True)


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """The product's own log format; structlog's default draws tracebacks for seconds."""
    logs.set_up("INFO", "text", [])


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


# --- databases -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of this session's own with a migrated database `template_golive`."""
    try:
        with postgres.running() as server:
            # What a crash of the machine would lose does not matter here.
            server.administer(
                "ALTER SYSTEM SET fsync = off",
                "ALTER SYSTEM SET synchronous_commit = off",
                "SELECT pg_reload_conf()",
                "CREATE DATABASE template_golive",
            )
            template = server.url.set(database="template_golive")
            migrate(template.render_as_string(hide_password=False))
            yield server.url.render_as_string(hide_password=False)
    except postgres.NoPostgres as error:
        pytest.skip(f"PostgreSQL cannot start here: {error}")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh database at the newest schema."""
    url, name = make_url(postgres_server), f"golive_{uuid.uuid4().hex}"
    postgres.administer(url, f"CREATE DATABASE {name} TEMPLATE template_golive")
    fresh = url.set(drivername="postgresql+asyncpg", database=name)
    yield fresh.render_as_string(hide_password=False)
    postgres.administer(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def any_url(request: pytest.FixtureRequest) -> str:
    """Both engines, one after the other."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest_asyncio.fixture
async def any_database(any_url: str, clock: FrozenClock) -> AsyncIterator[Database]:
    database = Database(any_url, clock)
    yield database
    await database.close()
