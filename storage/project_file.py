"""One project as a file, which another installation can take in beside its own.

The file has the form of a backup and says in its head that it holds one project: all rows that
hang on it, its group and its people. What was sent and is owed is left out, and so are the FAQ's
vectors, which are made anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import rows_file
from storage.base import metadata
from storage.migrate import newest
from storage.rows_file import Done, FileError
from storage.tables.faq import faq_entries, faq_vectors
from storage.tables.followups import followup_people
from storage.tables.people import leaves, members, people
from storage.tables.projects import chats, projects
from storage.unit_of_work import Database

SOME = 500
_ID = re.compile(rb'"([0-9A-Za-z_-]{16,40})"')
_Rows = dict[str, Sequence[Any]]


async def write(database: Database, name: str, path: Path) -> Done:
    """Write the project of that name to a file. Raises `FileError`."""
    async with database.read() as uow:
        connection = uow.connection.inner
        revision = await rows_file.revision_of(connection)
        found = await _gather(connection, await _named(connection, name))
    with rows_file.written(path) as file:
        writer = rows_file.Writer(file, {"revision": revision, "project": name})
        for table in metadata.sorted_tables:
            if rows := found.get(table.name):
                writer.table(table)
                for row in rows:
                    writer.row(table, row)
        return writer.end()


async def _named(connection: AsyncConnection, name: str) -> str:
    found = (await connection.execute(select(projects.c.id).where(projects.c.name == name))).all()
    if len(found) != 1:
        msg = f"{len(found) or 'no'} projects are called {name!r}"
        raise FileError(msg)
    return str(found[0].id)


async def _gather(connection: AsyncConnection, project_id: str) -> _Rows:
    """All rows that hang on a project, directly or by another that does; then whoever is named."""
    found: _Rows = {}
    for table in metadata.sorted_tables:
        if table is projects:
            clauses = [projects.c.id == project_id]
        elif "project_id" in table.columns:
            clauses = [table.c.project_id == project_id]
        else:
            clauses = [
                column.in_([row.id for row in found.get(key.column.table.name, ())])
                for column in table.columns
                for key in column.foreign_keys
                if key.column.table not in (people, chats)
            ]
        if clauses and table is not faq_vectors:
            found[table.name] = await _all(connection, table, or_(*clauses))
    asked = [row.ask_id for row in found["followups"] if row.ask_id]
    found[followup_people.name] = await _all(
        connection, followup_people, followup_people.c.ask_id.in_(asked)
    )
    team = [row.person_id for row in found[members.name]]
    found[leaves.name] = await _all(connection, leaves, leaves.c.person_id.in_(team))
    named = {text for rows in found.values() for row in rows for text in _texts(row)}
    for table in (people, chats):
        everybody = (await connection.execute(select(table))).all()
        found[table.name] = [row for row in everybody if row.id in named]
    return found


async def _all(connection: AsyncConnection, table: Table, wanted: Any) -> Sequence[Any]:
    found = await connection.execute(select(table).where(wanted).order_by(*table.primary_key))
    return found.all()


def _texts(row: Sequence[Any]) -> Iterator[str]:
    """Everything in a row that may be an id, also within its documents."""
    for value in row:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from (found.decode() for found in _ID.findall(msgspec.json.encode(value)))


async def take_in(database: Database, path: Path) -> tuple[str, Done]:
    """Put a project's file into a database in which others live; its name, and how many rows.

    People and the group that are known already stay as they are and are joined by their accounts.
    Raises `FileError`, and then nothing has been written.
    """
    head = rows_file.check(path)
    if "project" not in head:
        msg = f"{path.name} is a backup of everything; `golive restore` takes it"
        raise FileError(msg)
    if head["revision"] != newest():
        msg = f"{path.name} has schema {head['revision']}, this program {newest()}; use the same"
        raise FileError(msg)
    async with database.begin() as uow:
        connection = uow.connection.inner
        await rows_file.revision_of(connection)
        same = await _same(connection, path)
        await _must_be_new(connection, path, same)
        newest_change = await connection.execute(select(func.max(faq_entries.c.revision)))
        rows = _fitted(path, same, newest_change.scalar_one_or_none() or 0)
        done = await rows_file.put_in(connection, rows, SOME)
    return str(head["project"]), done


async def _same(connection: AsyncConnection, path: Path) -> dict[str, str]:
    """Ids in the file of people and chats that stand here under another id."""
    same: dict[str, str] = {}
    for table, row in rows_file.rows(path):
        if table is people or table is chats:
            found = await connection.execute(
                select(table.c.id).where(
                    table.c.platform == row["platform"], table.c.account == row["account"]
                )
            )
            if here := found.scalar_one_or_none():
                same[row["id"]] = here
    return same


async def _must_be_new(connection: AsyncConnection, path: Path, same: dict[str, str]) -> None:
    for table, row in rows_file.rows(path):
        if table is projects:
            chat = same.get(row["chat_id"], row["chat_id"])
            found = await connection.execute(
                select(projects.c.name).where(
                    or_(projects.c.id == row["id"], projects.c.chat_id == chat)
                )
            )
            if name := found.scalar_one_or_none():
                msg = f"the project {name!r} is in this group already; nothing was taken in"
                raise FileError(msg)


def _fitted(
    path: Path, same: dict[str, str], revision: int
) -> Iterator[tuple[Table | None, dict[str, Any]]]:
    """The rows with the ids that hold here, and the numbers that are counted here."""
    for table, row in rows_file.rows(path):
        if table in (people, chats) and row["id"] in same:
            continue
        fitted = {name: _renamed(value, same) for name, value in row.items() if name != "seq"}
        if table is faq_entries:
            revision += 1
            fitted["revision"] = revision
        yield table, fitted


def _renamed(value: Any, same: dict[str, str]) -> Any:
    if isinstance(value, str):
        return same.get(value, value)
    if isinstance(value, dict):
        return {same.get(key, key): _renamed(one, same) for key, one in value.items()}
    return [_renamed(one, same) for one in value] if isinstance(value, list) else value
