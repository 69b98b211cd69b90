"""`golive backup`, `restore`, `export`, `import` and `forget`: what is kept, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import terminal

Backup = Annotated[Path, typer.Argument(help="The backup, gzipped JSON lines.", dir_okay=False)]
File = Annotated[Path, typer.Argument(help="The project, gzipped JSON lines.", dir_okay=False)]


def add_keeping(app: typer.Typer) -> None:
    """These are commands of their own and no group."""
    app.command()(backup)
    app.command()(restore)
    app.command("export")(export)
    app.command("import")(take_in)
    app.command()(forget)


def backup(file: Backup) -> None:
    """Write the whole database to a file, while the bot goes on."""
    _done("back_up", file=file)


def restore(file: Backup) -> None:
    """Put a backup into the empty database that DATABASE_URL names, of whatever engine."""
    _done("restore", file=file)


def export(file: File, project: Annotated[str, typer.Option(help="The project's name.")]) -> None:
    """Write one project with all that hangs on it to a file that `golive import` takes."""
    _done("export", file=file, project=project)


def take_in(file: File) -> None:
    """Put a project from a file beside those that are here."""
    _done("take_in", file=file)


def forget(
    user: Annotated[str, typer.Option(help="Account, name or id of the person.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else it is only shown.")] = False,
) -> None:
    """Leave nothing of a person but that there was one. Without --yes nothing is changed."""
    _done("forget", user=user, yes=yes)


def _done(what: str, **named: object) -> None:
    with terminal.said():
        import asyncio  # noqa: PLC0415

        from bot import keeping_commands  # noqa: PLC0415

        url = terminal.settings().database_url
        for line in asyncio.run(keeping_commands.run(what, url, **named)):
            typer.echo(line)
