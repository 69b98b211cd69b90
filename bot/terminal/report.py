"""`golive report …`."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import terminal
from bot.core.errors import SetupError

report_app = typer.Typer(help="Reports as files.")

Project = Annotated[str, typer.Option(help="The project's name.")]
Out = Annotated[Path | None, typer.Option(help="Write it here; else to standard output.")]
Kind = Annotated[str, typer.Option("--format", help="docx, pdf or xlsx.")]
FACES = ("internal", "customer")


@report_app.callback()
def report() -> None:
    """Reports as files."""


@report_app.command("weekly")
def weekly(
    project: Project,
    week: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day of the week; else today.")
    ] = None,
    face: Annotated[str, typer.Option(help="internal or customer.")] = "internal",
    kind: Kind = "docx",
    out: Out = None,
) -> None:
    """The report of a week, as it was drafted and edited, or as the records have it now."""
    with terminal.said():
        if face not in FACES:
            msg = f"--face is one of {', '.join(FACES)}."
            raise SetupError(msg)
        _write("weekly", out, kind, project=project, day=week.date() if week else None, face=face)


@report_app.command("growth")
def growth(
    project: Project,
    person: Annotated[str, typer.Option(help="The person's name in that project.")],
    kind: Kind = "docx",
    out: Out = None,
) -> None:
    """Somebody's own record over all of their projects."""
    with terminal.said():
        _write("growth", out, kind, project=project, person=person)


@report_app.command("archive")
def archive(project: Project, out: Out = None) -> None:
    """Everything that is kept of a project: reports and records, as a ZIP file."""
    with terminal.said():
        _write("archive", out, "zip", project=project)


@report_app.command("template")
def template(out: Out = None) -> None:
    """The Word template of reports, to restyle; put it into TEMPLATE_DIR as report.docx."""
    with terminal.said():
        from bot.documents.word import OURS  # noqa: PLC0415

        _give(OURS.read_bytes(), out)


def _write(what: str, out: Path | None, kind: str, **named: str | date | None) -> None:
    import asyncio  # noqa: PLC0415

    from bot.report_commands import KINDS, printed  # noqa: PLC0415
    from cards.words import Words  # noqa: PLC0415

    if kind not in KINDS:
        msg = f"--format is one of {', '.join(KINDS)}."
        raise SetupError(msg)
    _give(
        asyncio.run(printed(what, terminal.settings(), kind, Words(terminal.spoken()), **named)),
        out,
    )


def _give(content: bytes, out: Path | None) -> None:
    if out:
        out.write_bytes(content)
        typer.echo(f"{out}: {len(content):,} bytes.")
    elif sys.stdout.isatty():
        msg = "a file is no text for a terminal; name one with --out."
        raise SetupError(msg)
    else:
        sys.stdout.buffer.write(content)
