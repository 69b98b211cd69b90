"""Reminders of milestones: to whoever owns one in private, to the group in one card a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.context import Context
from bot.discretion import read_by_customers
from bot.domain.ladder import Rung, addressed
from bot.domain.milestone import Milestone, owner_of, to_remind
from bot.domain.people import Member
from bot.domain.project import Project
from bot.domain.schedule import WHEN
from bot.jobs import Job, Turn, away_today
from bot.notices import Tell, tell


async def remind(turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """Three working days before, one before, on the day, every working day while overdue.

    Policy after an outage: what was missed is said once, late, as it stands now.
    """
    projects = {turn.project.id: turn.project for turn in turns}
    due = [
        (milestone, step)
        for milestone in await ctx.uow.milestones.open_of(list(projects))
        if (step := _step(milestone, projects[milestone.project_id], ctx)) is not None
    ]
    if not due:
        return {}
    busy = {milestone.project_id for milestone, _ in due}
    await ctx.uow.members.warm(busy)
    members = {id_: await ctx.uow.members.of(id_) for id_ in busy}
    away = await away_today(ctx, [(projects[id_], members[id_]) for id_ in busy])
    told: list[Tell] = []
    marks: list[tuple[Milestone, int | None, int]] = []
    for milestone, step in due:
        id_ = milestone.project_id
        found = _tells(projects[id_], milestone, step, members[id_], away[id_])
        told += found
        # With nobody there today it is tried again tomorrow.
        marks += [(milestone, step, milestone.climbed)] if found else []
    await ctx.uow.milestones.told(marks)
    await tell(ctx, told)
    await _group_cards(ctx, [projects[id_] for id_ in projects if id_ in busy], due)
    return {}


def _step(milestone: Milestone, project: Project, ctx: Context) -> int | None:
    return to_remind(milestone, ctx.today(project), ctx.calendar(project))


def _tells(
    project: Project, milestone: Milestone, step: int, members: Sequence[Member], away: set[str]
) -> list[Tell]:
    to = addressed(Rung.OWNER, owner_of(milestone, members), members, away)
    detail = {"passed": to.passed} if to.passed else {}
    # One owner, or whoever stands in for them: the first who is there.
    return [
        Tell(member.person, project, "milestone", milestone.id, step, detail)
        for member in to.members[:1]
    ]


async def _group_cards(
    ctx: Context, projects: Sequence[Project], due: Sequence[tuple[Milestone, int]]
) -> None:
    chats = await ctx.uow.chats.get_many([project.chat_id for project in projects])
    for project in projects:
        chat = chats[project.chat_id]
        found = [m for m, _ in due if m.project_id == project.id]
        outside = read_by_customers(chat, project)
        if chat.present and any(m.shared or not outside for m in found):
            subject = f"{project.id}:{ctx.today(project).isoformat()}"
            ctx.hang("plan.today", subject, chat, project.id)


JOBS = [Job("milestone.remind", WHEN["milestone.remind"], remind, only_working=True, gathers=True)]
