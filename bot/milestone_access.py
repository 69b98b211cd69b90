"""What the handlers of milestones share: which one is meant, who may act on it."""

from __future__ import annotations

from bot.context import Context
from bot.core.errors import Refusal
from bot.discretion import sees_all
from bot.domain import milestone as rules
from bot.domain.milestone import Milestone
from bot.domain.people import Right
from bot.domain.project import Project
from bot.language.commands import Command
from bot.language.normal import fold
from bot.places import entered, number_of, owner_only
from cards.milestone import PlanView


async def visible(ctx: Context, project: Project) -> list[Milestone]:
    """The milestones that may be shown to this person in this place."""
    found = await ctx.uow.milestones.of(project.id)
    whole = sees_all(ctx)
    return [m for m in found if whole or m.shared]


async def named(ctx: Context, project: Project, command: Command) -> Milestone:
    """The milestone of a command, by its number or its name."""
    id_, title = command.slots.get("id", ""), command.slots.get("title", "")
    plan = await visible(ctx, project)
    number = number_of(id_)
    if number is not None:
        found = [m for m in plan if m.number == number]
    else:
        wanted = fold(title)
        names = {m.number: fold(ctx.w.milestone(m.name)) for m in plan}
        exact = [m for m in plan if names[m.number] == wanted]
        found = exact or [m for m in plan if wanted and wanted in names[m.number]]
    if len(found) != 1:
        raise Refusal("refused.no_milestone", id=(id_ or title)[:40])
    return found[0]


async def pressed(
    ctx: Context, milestone_id: str, right: Right = Right.TREAT
) -> tuple[Context, Project, Milestone]:
    found = await ctx.uow.milestones.get(milestone_id)
    project_id = found.project_id if found else None
    inside, project, _ = await entered(ctx, project_id, right, "what.milestone")
    if found is None or not (found.shared or sees_all(inside)):
        raise Refusal("refused.stale")
    return inside, project, found


def must_be_open(ctx: Context, milestone: Milestone) -> None:
    if milestone.done_on:
        raise Refusal("refused.done", id=milestone.label, day=ctx.w.day(milestone.done_on))


def must_be_fresh(milestone: Milestone, version: int) -> None:
    if milestone.version != version:
        raise Refusal("refused.milestone_changed", id=milestone.label)


def only_owner(ctx: Context, milestone: Milestone, view: PlanView, *, free: bool = False) -> None:
    """Refuse what is for its owner and the managers; `free` lets anybody of the team where nobody
    owns it."""
    owner = rules.owner_of(milestone, view.members)
    id_ = owner.person.id if owner else None
    owner_only(ctx, id_, "what.milestone", milestone.label, free=free and owner is None)
