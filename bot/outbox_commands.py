"""`golive outbox …`: what is owed, for an operator at a terminal."""

from __future__ import annotations

from typing import Any

import typer

from bot.core.clock import SystemClock
from cards.elements import unpack
from cards.render import text as as_text
from storage.tables.outbox import Owed, State
from storage.unit_of_work import Database

_STATES = {
    "owed": (State.PENDING, State.SENDING),
    "dead": (State.DEAD, State.UNKNOWN),
    "all": (State.PENDING, State.SENDING, State.DEAD, State.UNKNOWN),
}


async def run(what: str, url: str, **named: Any) -> bool:
    """Carry out one subcommand; whether it found what it was asked for."""
    database = Database(url, SystemClock())
    try:
        if not await database.answers():
            typer.echo("golive: the database of DATABASE_URL does not answer.", err=True)
            return False
        if not await database.is_current():
            typer.echo(
                "golive: the database is not set up yet; start `golive serve` once.",
                err=True,
            )
            return False
        match what:
            case "list":
                return await _list(database, **named)
            case "show":
                return await _show(database, **named)
            case _:
                return await _retry(database, **named)
    finally:
        await database.close()


async def _list(database: Database, state: str, limit: int) -> bool:
    if state not in _STATES:
        typer.echo("golive: --state is owed, dead or all.", err=True)
        return False
    async with database.read() as uow:
        rows = await uow.outbox.list(_STATES[state], limit)
    for row in rows:
        typer.echo(_line(row))
    typer.echo(f"{len(rows)} rows" if rows else "Nothing is owed.")
    return True


def _line(row: Owed) -> str:
    since = f"{row.created_at:%Y-%m-%d %H:%M:%S}Z" if row.created_at else ""
    return (
        f"{row.seq:>8}  {row.key[:8]}  {row.state:<8} {row.kind:<7} {row.platform}:{row.to}  "
        f"{since}  tries {row.attempts}  {row.error or ''}"
    ).rstrip()


async def _show(database: Database, key: str) -> bool:
    async with database.read() as uow:
        row = await uow.outbox.find(key)
        cards = (
            await uow.living.get_many([row.payload["living"]]) if row and row.kind == "show" else {}
        )
    if row is None:
        typer.echo(
            f"golive: no single row is called {key}; see `golive outbox list`.",
            err=True,
        )
        return False
    typer.echo(_line(row))
    if row.kind == "card":
        typer.echo(as_text.render(unpack(row.payload["card"])))
    for card in cards.values():
        typer.echo(f"the living card {card.drawing} of {card.subject}, drawn when it is sent")
    return True


async def _retry(database: Database, keys: list[str], *, everything: bool) -> bool:
    async with database.begin() as uow:
        if everything:
            found = await uow.outbox.list(_STATES["dead"], 10_000)
        else:
            named = {key: await uow.outbox.find(key) for key in keys}
            for key in [key for key, row in named.items() if row is None]:
                typer.echo(f"golive: no single row is called {key}.", err=True)
            found = [row for row in named.values() if row]
        count = await uow.outbox.again([row.key for row in found], uow.now)
    typer.echo(f"{count} rows will be sent again.")
    return count == len(found) and (everything or len(found) == len(keys))
