"""The card on which somebody reads all that fell due to them; drawn, never asked for."""

from __future__ import annotations

from bot.context import Context
from bot.milestones import seen
from bot.risks import many_shown
from bot.router import Router
from cards.elements import Card
from cards.notices import Item, notices_card

router = Router()


@router.drawing("notices")
async def draw(batch: str, ctx: Context) -> Card | None:
    """Each thing as it stands now, whatever has become of it since it was told."""
    told = await ctx.uow.notices.of(batch)
    projects = await ctx.uow.projects.get_many(list({n.project_id for n in told}))
    items: list[Item] = []
    for notice in told:
        project = projects.get(notice.project_id)
        if project is None:
            continue
        if notice.kind.startswith("milestone"):
            plan = await seen(ctx, project)
            found = next((m for m in plan.milestones if m.id == notice.subject), None)
            items.append(Item(notice, project, milestone=found, plan=plan))
        else:
            risk = await ctx.uow.risks.get(notice.subject)
            view = await many_shown(ctx, project, [risk]) if risk else [None]
            items.append(Item(notice, project, risk=risk, shown=view[0]))
    if not items:
        return None
    return notices_card(ctx.for_project(items[0].project).w, items)
