"""项目归档: everything that is kept of a project, in one file for its managers."""

from __future__ import annotations

from bot.archive import archived
from bot.context import Context
from bot.core.errors import Refusal
from bot.core.events import Message
from bot.domain.people import Right
from bot.language.commands import Command
from bot.places import here
from bot.router import Router
from cards.common import notice
from cards.document import Paper
from cards.elements import Card, Tone

router = Router()


@router.command("project.archive", right=Right.MANAGE, what="what.archive")
async def archive(_: Message, __: Command, ctx: Context) -> Card:
    project = here(ctx)
    if ctx.person is None or ctx.person.external:
        raise Refusal("refused.external")
    ctx.send_file(ctx.person, "archive", project.id, "zip")
    ctx.note("project.archived")
    return notice(ctx.w, ctx.w("report.archive.sending"), tone=Tone.CALM)


@router.paper("archive")
async def print_archive(project_id: str, ctx: Context) -> Paper | None:
    project = await ctx.uow.projects.get(project_id)
    return await archived(ctx.for_project(project), project) if project else None
