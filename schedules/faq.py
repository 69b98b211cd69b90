"""Questions that nobody has answered: brought up again, then put to the managers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.answers import ask_anew
from bot.context import Context
from bot.domain.faq import Question, due_step
from bot.domain.people import Role
from bot.domain.project import Project
from bot.jobs import Job, Turn


async def bring_up(turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """Every question whose time has come; the next time is the first that is left."""
    projects = {turn.project.id: turn.project for turn in turns}
    following: dict[str, datetime] = {}
    for question in await ctx.uow.faq.waiting(list(projects)):
        project = projects[question.project_id]
        due = due_step(question, project, ctx.calendar(project))
        if due and due <= ctx.now:
            due = await _again(ctx.for_project(project), project, question)
        if due:
            following[project.id] = min(due, following.get(project.id, due))
    return following


async def _again(ctx: Context, project: Project, question: Question) -> datetime | None:
    """Show the question anew to those of the team who were asked, to those who may know too, then
    to the managers; its next time."""
    question = await ctx.uow.faq.keep(replace(question, told=question.told + 1))
    await ask_anew(ctx, project, question)
    if question.told > 1:
        hangs = {card.to for card in await ctx.uow.living.find("faq.open", question.id)}
        for member in await ctx.uow.members.of(project.id):
            if member.role is Role.MANAGER and member.person.account not in hangs:
                ctx.hang("faq.open", question.id, member.person, project.id)
    return due_step(question, project, ctx.calendar(project))


JOBS = [Job("faq.wait", lambda project, after, calendar: None, bring_up, only_working=True)]
