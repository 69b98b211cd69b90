"""`golive backup` and `golive restore`."""

from __future__ import annotations

from pathlib import Path

from bot.core.clock import SystemClock
from storage import backup
from storage.unit_of_work import Database


async def run(what: str, url: str, path: Path) -> backup.Done:
    """Raises `BackupError` for a file or a database that is not right."""
    database = Database(url, SystemClock())
    try:
        if what == "back_up":
            return await backup.back_up(database, path)
        return await backup.restore(url, database, path)
    finally:
        await database.close()
