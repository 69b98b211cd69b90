"""Before and on the day of go-live: whether it may come, and whether it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.context import Context
from bot.domain.people import Role
from bot.domain.project import Project
from bot.domain.schedule import WHEN
from bot.golives import gate_of, show_gate
from bot.jobs import Job, Turn


async def gate(turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """Two working days before, the card once more; on the day itself its managers are asked.

    Policy after an outage: what was missed is asked once, late, as it stands now.
    """
    for turn in turns:
        project = turn.project
        if project.golive is None:
            continue
        inside = ctx.for_project(project)
        decision = await gate_of(inside, project, project.golive)
        if ctx.today(project) < project.golive:
            if decision.go is None:
                await show_gate(inside, project)
        elif decision.go is not False:
            await _ask(inside, project)
    return {}


async def _ask(ctx: Context, project: Project) -> None:
    """Whether it went live, unless its milestone says so already."""
    plan = await ctx.uow.milestones.of(project.id)
    if project.golive is None or any(m.golive and not m.open for m in plan):
        return
    subject = f"{project.id}:{project.golive.isoformat()}"
    if await ctx.uow.living.find("golive.happened", subject):
        return
    for member in await ctx.uow.members.of(project.id):
        if member.role is Role.MANAGER and not member.person.external:
            ctx.hang("golive.happened", subject, member.person, project.id)


JOBS = [Job("golive.gate", WHEN["golive.gate"], gate)]
