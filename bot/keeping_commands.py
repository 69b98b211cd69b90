"""`golive backup`, `restore`, `export`, `import` and `forget`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.core.clock import SystemClock
from storage import backup, privacy, project_file
from storage.privacy import Forgotten, Known
from storage.rows_file import Done, FileError
from storage.unit_of_work import Database

_BACKUPS = "Backups that were made before still hold them; make a new one and delete those."


async def run(what: str, url: str, **named: Any) -> list[str]:
    """What to say. Raises `FileError` for a file, a name or a database that is not right."""
    database = Database(url, SystemClock())
    try:
        match what:
            case "back_up":
                return [_rows(named["file"], await backup.back_up(database, named["file"]))]
            case "restore":
                return [_rows(named["file"], await backup.restore(url, database, named["file"]))]
            case "export":
                done = await project_file.write(database, named["project"], named["file"])
                return [_rows(named["file"], done)]
            case "take_in":
                name, done = await project_file.take_in(database, named["file"])
                return [f"{name}: {_rows(named['file'], done)}"]
            case _:
                return await _forget(database, named["user"], do=named["yes"])
    finally:
        await database.close()


def _rows(file: Path, done: Done) -> str:
    return f"{file}: {done.rows:,} rows of {done.tables} tables."


class _OnlyShown(Exception):  # noqa: N818
    """Takes back what was done to see what it would do."""


async def _forget(database: Database, who: str, *, do: bool) -> list[str]:
    said: list[str] = []
    try:
        async with database.begin() as uow:
            found = await privacy.find(uow.connection, who)
            if not found:
                msg = f"nobody is known by the account, name or id {who!r}"
                raise FileError(msg)
            if len(found) > 1:
                several = ", ".join(f"{one.platform} {one.account}" for one in found)
                msg = f"{len(found)} people are called {who!r}; name one by account: {several}"
                raise FileError(msg)
            (person,) = found
            said = _told(person, await privacy.forget(uow.connection, person, uow.now))
            uow.audit.note(uow.now, "person.forgotten", person_id=person.id)
            if not do:
                raise _OnlyShown
    except _OnlyShown:
        return [*said, "Nothing is changed yet; run it again with --yes."]
    return [*said, _BACKUPS]


def _told(person: Known, done: Forgotten) -> list[str]:
    said = [f"{person.name} ({person.platform} {person.account}) becomes {person.tombstone}."]
    for what, counts in (("deleted", done.deleted), ("replaced", done.replaced)):
        listed = ", ".join(f"{count} of {name}" for name, count in sorted(counts.items()))
        said.append(f"Rows {what}: {listed or 'none'}.")
    if done.ownerless:
        said.append(f"{done.ownerless} open risks and milestones have no owner any more.")
    if done.shared_name:
        said.append("Somebody else has the same name, so it stays where it stands in texts.")
    return said
