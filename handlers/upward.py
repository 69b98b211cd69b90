"""What supervisors read of all their projects: the week's digest and the day's exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from bot.context import Context
from bot.domain.people import Member, Role
from bot.domain.project import Project
from bot.domain.schedule import last_of_week
from bot.exceptions import exceptions
from bot.router import Router
from cards import report as cards
from cards.elements import Card

router = Router()


async def supervised(ctx: Context, person_id: str) -> list[tuple[Project, Member]]:
    """The projects that somebody supervises and that are not paused, by name."""
    memberships = [m for m in await ctx.uow.members.projects_of(person_id)
                   if m.role is Role.SUPERVISOR and not m.person.external]  # fmt: skip
    projects = await ctx.uow.projects.get_many([m.project_id for m in memberships])
    found = [(projects[m.project_id], m) for m in memberships if m.project_id in projects]
    return sorted((one for one in found if not one[0].paused), key=lambda one: one[0].name)


@router.drawing("report.digest")
async def draw_digest(subject: str, ctx: Context) -> Card | None:
    """Every project whose report of the week is drafted."""
    person_id, _, first = subject.partition(":")
    projects = await supervised(ctx, person_id)
    if not projects:
        return None
    ids = [project.id for project, _ in projects]
    reports = await ctx.uow.reports.of_weeks(ids, date.fromisoformat(first))
    found = [(project, reports[project.id]) for project, _ in projects if project.id in reports]
    if not found:
        return None
    return cards.digest_card(ctx.for_project(*projects[0]).w, found)


@router.drawing("report.upward")
async def draw_upward(subject: str, ctx: Context) -> Card | None:
    """The exceptions of the day; nothing when there is none, but once in a week that had none."""
    person_id, _, day_ = subject.partition(":")
    day = date.fromisoformat(day_)
    projects = await supervised(ctx, person_id)
    if not projects:
        return None
    found = []
    for project, member in projects:
        lines = await exceptions(ctx.for_project(project, member), project, day)
        if lines:
            found.append((project, lines))
    first, member = projects[0]
    inside = ctx.for_project(first, member)
    if not found and not await _quiet_week(inside, first, person_id, day):
        return None
    return cards.upward_card(inside.w, inside.w.day(day), found)


async def _quiet_week(ctx: Context, project: Project, person_id: str, day: date) -> bool:
    """Whether this is the week's last working day and nothing was said on those before."""
    if day != last_of_week(day, ctx.calendar(project)):
        return False
    for before in _before_in_week(day):
        told = await ctx.uow.living.find("report.upward", f"{person_id}:{before.isoformat()}")
        if any(card.message for card in told):
            return False
    return True


def _before_in_week(day: date) -> Iterator[date]:
    monday = day - timedelta(days=day.weekday())
    for number in range(day.weekday()):
        yield monday + timedelta(days=number)
