"""The week's report of a project: what it is drafted from, and keeping it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from bot import complaints
from bot.context import Context
from bot.core.ids import new_id
from bot.domain.curves import WEEKS, curves
from bot.domain.people import Right, may
from bot.domain.project import Project, RoundKind
from bot.domain.report import Face, Part, Report, redrawn, week_of
from bot.domain.week import Week, drafted
from bot.risks import names_of
from bot.standing import blockers_of, rounds_of, standing


async def report_of(ctx: Context, project: Project, day: date) -> Report:
    """The report of the week of a day. A draft that nobody has changed or sent is as new as the
    question while its week runs; afterwards it stays as it was drafted."""
    first, last = week_of(day)
    known = await ctx.uow.reports.of_week(project.id, first)
    if known is None:
        report = await fresh(ctx, project, day)
        await ctx.uow.reports.add(report)
        ctx.note("report.drafted", report=report.id, first=first)
        return report
    if known.edits or known.sent or not first <= ctx.today(project) <= last:
        return known
    new = await fresh(ctx, project, day)
    if (known.parts, known.curves) == (new.parts, new.curves):
        return known
    return await keep(ctx, redrawn(known, new, tuple(Part)))


async def current(ctx: Context, project: Project) -> Report:
    """The report that words without a week are about: the newest that there is, since that is the
    one that people have seen; else this week's."""
    newest = await ctx.uow.reports.newest(project.id)
    return await report_of(ctx, project, newest[0].first if newest else ctx.today(project))


async def drawn_again(
    ctx: Context, report: Report, parts: Sequence[Part], face: Face | None = None
) -> Report:
    """Some sections as the records have them now."""
    project = await ctx.uow.projects.get(report.project_id)
    if project is None:
        return report
    new = await fresh(ctx, project, report.first)
    return await keep(ctx, redrawn(report, new, parts, face))


async def keep(ctx: Context, report: Report) -> Report:
    """Save a changed report and bring its drafts up to date, wherever they hang."""
    after = await ctx.uow.reports.save(report)
    for member in await ctx.uow.members.of(report.project_id):
        if may(member, Right.MANAGE):
            for face in Face:
                await ctx.refresh(*draft_of(report, member.person.id, face))
    return after


def draft_of(report: Report, person_id: str, face: Face = Face.INTERNAL) -> tuple[str, str]:
    """The drawing of a draft's card and its subject: whose it is stands in it, so that it can be
    taken away."""
    drawing = "report.draft" if face is Face.INTERNAL else "report.draft.customer"
    # Two ids of 32 letters are all that a subject holds.
    return drawing, f"{report.id}{person_id}"


async def fresh(ctx: Context, project: Project, day: date) -> Report:
    """What the records say of a week now."""
    week = await read_week(ctx, project, day)
    parts = drafted(week)
    return Report(new_id(), project.id, week.first, week.last, ctx.now, parts, curves(week))


async def read_week(ctx: Context, project: Project, day: date) -> Week:
    """All that is known of a project in the week of a day."""
    first, last = week_of(day)
    today, calendar = ctx.today(project), ctx.calendar(project)
    begin = _midnight(project, first)
    end = min(ctx.now, _midnight(project, last + timedelta(days=1)))
    back = first - timedelta(weeks=WEEKS - 1)
    now = await standing(ctx, project)
    members = await ctx.uow.members.of(project.id)
    rounds = await rounds_of(ctx, project, members, RoundKind.STANDUP, back)
    evenings = await rounds_of(ctx, project, members, RoundKind.DAILY, first)
    closed = await ctx.uow.risks.closed_since(project.id, _midnight(project, back))
    risks = [*await ctx.uow.risks.of(project.id), *closed]
    said = [one for one in await ctx.uow.followups.said_in(project.id, begin) if one.at < end]
    wanted = {r.owner_id for r in risks} | {one.person_id for one in said}
    over = {d: s for d, s in rounds.items() if d <= last}
    runs = project.local(ctx.now).time() < project.settings.standup.close
    return Week(
        first,
        last,
        today,
        end,
        project.zone,
        calendar,
        project.golive,
        now.health,
        now.outlook,
        await ctx.uow.milestones.of(project.id),
        members,
        risks,
        [h for h in await ctx.uow.risks.recent(project.id, begin) if h.at < end],
        over,
        evenings,
        blockers_of(over, min(last, today), calendar),
        [q for q in await ctx.uow.faq.since(project.id, begin) if q.asked_at < end],
        said,
        await ctx.uow.suggestions.of(project.id),
        await names_of(ctx, members, wanted),
        ctx.w.kinds[_CUSTOMER],
        complaints.SOURCE,
        today if runs else None,
    )


# The category of the register for what waits for the customer (bot/language/risk.py names them).
_CUSTOMER = 5


def _midnight(project: Project, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=project.zone)
