"""`golive report …`: the papers of the chat, printed at a terminal."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot import documents
from bot.archive import archived, paper_of
from bot.context import Context
from bot.core.clock import SystemClock
from bot.core.errors import SetupError
from bot.documents import Unprintable
from bot.domain.growth import grown
from bot.domain.project import Project
from bot.domain.report import Face, week_of
from bot.growth import parts_of
from bot.named import project_named
from bot.reports import fresh
from bot.settings import Settings
from bot.shelf import Shelf
from cards.common import why_no_file
from cards.document import Paper
from cards.growth import growth_paper
from cards.words import Words
from storage.unit_of_work import Database

KINDS = ("docx", "pdf", "xlsx", "zip")


async def printed(what: str, settings: Settings, kind: str, w: Words, **named: Any) -> bytes:
    """A paper as a file. Raises `SetupError` for a project, person or template that is wrong."""
    shelf = Shelf.of(settings.calendar_dir, settings.template_dir)
    database = Database(settings.database_url, SystemClock())
    try:
        async with database.read() as uow:
            project = await project_named(uow, named["project"])
            ctx = Context(uow, shelf, settings.timezone).for_project(project)
            paper = await _PAPERS[what](ctx, project, named)
    finally:
        await database.close()
    try:
        return await documents.printed(paper, kind, shelf.template_for(kind))
    except Unprintable as error:
        raise SetupError(why_no_file(w, paper.name, error.key, error.values)) from error


async def _weekly(ctx: Context, project: Project, named: dict[str, Any]) -> Paper:
    day: date = named["day"] or ctx.today(project)
    if week_of(day)[0] > ctx.today(project):
        msg = f"the week of {day} has not begun yet."
        raise SetupError(msg)
    kept = await ctx.uow.reports.of_week(project.id, week_of(day)[0])
    report = kept or await fresh(ctx, project, day)
    return await paper_of(ctx, project, report, Face(named["face"]))


async def _growth(ctx: Context, project: Project, named: dict[str, Any]) -> Paper:
    members = await ctx.uow.members.of(project.id)
    found = [m.person for m in members if m.person.name == named["person"]]
    parts = await parts_of(ctx, found[0]) if len(found) == 1 else []
    if not parts:
        msg = f"nobody of the team of {project.name} is called {named['person']!r}."
        raise SetupError(msg)
    at = ctx.w.moment(project.local(ctx.now))
    return growth_paper(ctx.w, found[0].name, grown(parts), at)


async def _archive(ctx: Context, project: Project, _: dict[str, Any]) -> Paper:
    return await archived(ctx, project)


_PAPERS = {"weekly": _weekly, "growth": _growth, "archive": _archive}
