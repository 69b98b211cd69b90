"""Brings a database to the newest schema; Alembic is imported only here (a second of start-up)."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url

HERE = Path(__file__).parent / "migrations"


def newest() -> str:
    """The newest revision, from the file names (`0001_first.py`), without importing Alembic."""
    return max(revisions())


def revisions() -> set[str]:
    """All revisions that there have been."""
    return {path.stem.split("_")[0] for path in (HERE / "versions").glob("[0-9]*.py")}


def is_current(url: str) -> bool:
    """Whether the database is at the newest schema already."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return False
    engine = _sync_engine(parsed)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return bool(found == newest())
    finally:
        engine.dispose()


def is_read_only(url: str) -> bool:
    """Whether nothing can be written there: a read-only file system, or a standby server."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(parsed.database or "")
        places = (file, file.parent) if file.exists() else ()
        return not all(os.access(place, os.W_OK) for place in places)
    engine = _sync_engine(parsed)
    try:
        with engine.connect() as connection:
            return connection.execute(text("SHOW transaction_read_only")).scalar() == "on"
    finally:
        engine.dispose()


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to the newest schema, or to a revision before it; safe to run from several processes
    at once."""
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(HERE))
    engine = _sync_engine(make_url(url))
    try:
        with engine.begin() as connection:
            _one_at_a_time(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()


def _one_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1000892427)")


def _sync_engine(url: URL) -> Engine:
    """The same database through a driver that does not need an event loop."""
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        return create_engine(url.set(drivername="sqlite"))
    return create_engine(url.set(drivername="postgresql+psycopg"))
