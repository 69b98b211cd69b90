"""The card on which somebody reads all that fell due to them; drawn, never asked for."""

from __future__ import annotations

from bot.context import Context
from bot.domain.notice import Notice
from bot.domain.people import is_inside
from bot.domain.project import Project
from bot.milestones import seen
from bot.risks import many_shown
from bot.router import Router
from cards.elements import Card
from cards.notices import MOST, Item, notices_card, worst_first

router = Router()


@router.drawing("notices")
async def draw(batch: str, ctx: Context) -> Card | None:
    """Each thing as it stands now, whatever has become of it since it was told.

    Whoever has left a project, or is none of the team any more, reads nothing of it.
    """
    told = await ctx.uow.notices.of(batch)
    ids = list({notice.project_id for notice in told})
    projects = await ctx.uow.projects.get_many(ids)
    await ctx.uow.members.warm(ids)
    there = [notice for notice in told if await _reads(ctx, notice)]
    if not there:
        return None
    shown = worst_first(there)[:MOST]
    items = [item for one in shown if (item := await _item(ctx, one, projects.get(one.project_id)))]
    if not items:
        return None
    return notices_card(ctx.for_project(items[0].project).w, items, len(there))


async def _reads(ctx: Context, notice: Notice) -> bool:
    return is_inside(await ctx.uow.members.find(notice.project_id, notice.person_id))


async def _item(ctx: Context, notice: Notice, project: Project | None) -> Item | None:
    if project is None:
        return None
    if notice.kind.startswith("milestone"):
        plan = await seen(ctx, project)
        found = next((m for m in plan.milestones if m.id == notice.subject), None)
        return Item(notice, project, milestone=found, plan=plan)
    risk = await ctx.uow.risks.get(notice.subject)
    view = await many_shown(ctx, project, [risk]) if risk else [None]
    return Item(notice, project, risk=risk, shown=view[0])
