"""The week's report as a draft, and what supervisors hear of by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.context import Context
from bot.domain.people import Role
from bot.domain.project import Project
from bot.domain.report import week_of
from bot.domain.schedule import WHEN, at, last_of_week
from bot.domain.workdays import Calendar
from bot.jobs import Job, Turn
from bot.reports import draft_of, report_of


async def weekly(turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """A draft for every manager, and a digest for every supervisor.

    Policy after an outage: drafted once, late, for the week in which it was due.
    """
    for turn in turns:
        project = turn.project
        inside = ctx.for_project(project)
        day = _week_due(project, turn.due.at, ctx.calendar(project))
        report = await report_of(inside, project, day)
        for member in await ctx.uow.members.of(project.id):
            if member.person.external:
                continue
            if member.role is Role.MANAGER:
                drawing, subject = draft_of(report, member.person.id)
                await _hang_once(ctx, drawing, subject, project, member.person.id)
            elif member.role is Role.SUPERVISOR:
                digest = f"{member.person.id}:{week_of(day)[0].isoformat()}"
                await _hang_once(ctx, "report.digest", digest, None, member.person.id)
    return {}


def _week_due(project: Project, moment: datetime, calendar: Calendar) -> date:
    """A day of the week that is reported on: one that was put off into the next week, before that
    one's own report, is still the one before."""
    day = project.local(moment).date()
    own = at(last_of_week(day, calendar), project.settings.reports.weekly_at, project.zone)
    return day if moment >= own else week_of(day)[0] - timedelta(days=1)


def _day_due(project: Project, moment: datetime, calendar: Calendar) -> date:
    """The day whose exceptions are told: in the morning it is still the one before."""
    day = project.local(moment).date()
    own = at(day, project.settings.reports.upward_at, project.zone)
    return day if moment >= own else calendar.shift(day, -1)


async def _hang_once(
    ctx: Context, drawing: str, subject: str, project: Project | None, person_id: str
) -> None:
    """To a person, once; what hangs already is brought up to date."""
    person = await ctx.uow.people.get(person_id)
    known = {card.to for card in await ctx.uow.living.find(drawing, subject)}
    if person is None:
        return
    if person.account in known:
        await ctx.refresh(drawing, subject)
    else:
        ctx.hang(drawing, subject, person, project.id if project else None, gather=True)


async def upward(turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """One card a supervisor and day, sent only where its drawing finds something to say.

    Policy after an outage: what was missed is said once, late, on the day that it was due for.
    """
    for turn in turns:
        project = turn.project
        day = _day_due(project, turn.due.at, ctx.calendar(project)).isoformat()
        for member in await ctx.uow.members.of(project.id):
            if member.role is Role.SUPERVISOR and not member.person.external:
                id_ = member.person.id
                await _hang_once(ctx, "report.upward", f"{id_}:{day}", None, id_)
    return {}


JOBS = [
    Job("report.weekly", WHEN["report.weekly"], weekly, only_working=True, at_once=10),
    Job("report.upward", WHEN["report.upward"], upward),
]
