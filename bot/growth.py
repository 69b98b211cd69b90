"""A person's own record, read over all of their projects."""

from __future__ import annotations

from datetime import timedelta

from bot.context import Context
from bot.domain.faq import EntryState
from bot.domain.growth import Part
from bot.domain.people import TEAM, Member, Person
from bot.domain.project import Project
from bot.domain.risk import RiskState
from bot.language.asked import is_training
from bot.risks import names_of

# Further back nobody asks, and a record has an end.
LOOKED_BACK = timedelta(days=3 * 366)


async def parts_of(ctx: Context, person: Person) -> list[Part]:
    """The projects in which somebody is of the team, the newest first."""
    members = [m for m in await ctx.uow.members.projects_of(person.id) if m.role in TEAM]
    projects = await ctx.uow.projects.get_many([m.project_id for m in members])
    found = [
        await _part(ctx.for_project(projects[m.project_id], m), projects[m.project_id], m)
        for m in members
        if m.project_id in projects
    ]
    return sorted(found, key=lambda part: (-part.since.toordinal(), part.project.name))


async def _part(ctx: Context, project: Project, me: Member) -> Part:
    began = project.created_at or ctx.now
    since = max(began, ctx.now - LOOKED_BACK)
    people = await ctx.uow.members.of(project.id)
    plan = await ctx.uow.milestones.of(project.id)
    said = await ctx.uow.followups.said_in(project.id, since)
    entries = [
        e
        for e in await ctx.uow.faq.changed(project.id, 0)
        if e.project_id == project.id
        and e.owner_id == me.person.id
        and e.state is not EntryState.REMOVED
    ]
    answered = [
        q for q in await ctx.uow.faq.since(project.id, since) if q.answered_by == me.person.id
    ]
    return Part(
        project,
        me,
        project.local(began).date(),
        ctx.today(project),
        plan,
        people,
        await ctx.uow.risks.of(project.id, states=tuple(RiskState)),
        entries,
        answered,
        said,
        frozenset(m.number for m in plan if is_training(m.phase, m.name)),
        await names_of(ctx, people, {one.person_id for one in said}),
    )
