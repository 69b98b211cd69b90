"""`golive faq …`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import terminal
from bot.core.errors import SetupError

faq_app = typer.Typer(help="The FAQ libraries.")


@faq_app.callback()
def faq() -> None:
    """The FAQ libraries."""


Shared = Annotated[bool, typer.Option("--shared", help="The library that all projects share.")]
Named = Annotated[str | None, typer.Option(help="The project's name.")]


@faq_app.command("import")
def faq_import(
    files: Annotated[
        list[Path],
        typer.Argument(help="CSV, XLSX, JSONL, Markdown or DOCX.", exists=True, dir_okay=False),
    ],
    project: Named = None,
    shared: Shared = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
) -> None:
    """Take questions and answers in; says line by line what was taken and what was refused."""
    _one_library(project, shared=shared)
    with terminal.said():
        import asyncio  # noqa: PLC0415

        from bot.faq_commands import take_in  # noqa: PLC0415
        from cards.words import Words  # noqa: PLC0415

        url, w = terminal.settings().database_url, Words(terminal.spoken())
        told = asyncio.run(take_in(url, files, project, w, write=not dry_run))
    for one in told:
        for line in one.taken:
            typer.echo(f"+ {line}")
        for line in one.refused:
            typer.echo(f"- {line}", err=True)
    taken, refused = sum(len(one.taken) for one in told), sum(len(one.refused) for one in told)
    wrote = "would be taken" if dry_run else "taken"
    typer.echo(f"{taken} {wrote}, {refused} refused.")
    raise typer.Exit(1 if refused and not taken else 0)


@faq_app.command("export")
def faq_export(
    project: Named = None,
    shared: Shared = False,
    kind: Annotated[str, typer.Option("--format", help="csv, jsonl, md, docx or xlsx.")] = "csv",
    out: Annotated[
        Path | None, typer.Option(help="Write it here; else to standard output.")
    ] = None,
) -> None:
    """A library as a file that can be imported again."""
    _one_library(project, shared=shared)
    with terminal.said():
        import asyncio  # noqa: PLC0415

        from bot.faq_commands import KINDS, export  # noqa: PLC0415
        from cards.words import Words  # noqa: PLC0415

        if kind not in KINDS:
            msg = f"--format is one of {', '.join(KINDS)}."
            raise SetupError(msg)
        found = asyncio.run(
            export(terminal.settings().database_url, project, kind, Words(terminal.spoken()))
        )
        if out:
            out.write_bytes(found)
        else:
            sys.stdout.buffer.write(found)


def _one_library(project: str | None, *, shared: bool) -> None:
    if bool(project) == shared:
        typer.echo("golive: name a project with --project, or use --shared.", err=True)
        raise typer.Exit(2)
