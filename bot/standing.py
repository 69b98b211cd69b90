"""How a project stands: what its card, the portfolio and the reports are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bot.context import Context
from bot.domain import ladder
from bot.domain.health import SILENT_FROM, Signs, health, outlook
from bot.domain.people import Member
from bot.domain.project import Project, RoundKind
from bot.domain.risk import Risk
from bot.domain.standing import Standing
from bot.domain.standup import Progress, is_asked, participation, progress
from bot.domain.workdays import Calendar
from bot.language import risk as language

LOOKED_BACK = 10


async def standing(ctx: Context, project: Project) -> Standing:
    today, calendar = ctx.today(project), ctx.calendar(project)
    plan = await ctx.uow.milestones.of(project.id)
    members = await ctx.uow.members.of(project.id)
    risks = await ctx.uow.risks.of(project.id)
    since = calendar.shift(today, -LOOKED_BACK)
    rounds = await rounds_of(ctx, project, members, RoundKind.STANDUP, since)
    named = blockers_of(rounds, today, calendar)
    signs = Signs(
        plan,
        risks,
        members,
        [age for _, _, age, _ in named],
        {r.id: _waited(ctx, project, r, today, calendar) for r in risks},
        await _silent(ctx, project, members, rounds, today, calendar),
        any(
            state.answered and calendar.between(day, today) < SILENT_FROM
            for day, state in rounds.items()
        ),
        bool(rounds),
        project.golive,
    )
    level, reasons = health(signs, today, calendar, project.settings.distances)
    closed = {day: state for day, state in rounds.items() if day != today}
    return Standing(
        level,
        reasons,
        plan,
        risks,
        members,
        [(member, text) for member, text, _, _ in named],
        participation(closed),
        outlook(plan, project.golive, today, calendar),
        today,
        calendar,
    )


async def rounds_of(
    ctx: Context, project: Project, members: Sequence[Member], kind: RoundKind, since: date
) -> dict[date, Progress]:
    """The rounds since then in which there is something to see, by their day."""
    rounds = await ctx.uow.standups.recent(project.id, kind, since)
    await ctx.uow.standups.warm_answers([round_.id for round_ in rounds])
    ids = [m.person.id for m in members]
    found = {}
    for round_ in rounds:
        answers = await ctx.uow.standups.answers(round_.id)
        if round_.closed_at or answers:
            leaves = await ctx.uow.leaves.on(ids, round_.day)
            found[round_.day] = progress(round_, project.settings, members, answers, leaves)
    return found


def blockers_of(
    rounds: Mapping[date, Progress], today: date, calendar: Calendar
) -> list[tuple[Member, str, int, date]]:
    """What people named last as blockers, with its age in working days and the day of the round."""
    if not rounds:
        return []
    last = max(rounds)
    named = rounds[last].blockers
    ages = {text: _age(text, rounds, today, calendar) for text in {text for _, text in named}}
    return [(member, text, ages[text], last) for member, text in named]


def _age(text: str, rounds: Mapping[date, Progress], today: date, calendar: Calendar) -> int:
    """For how many working days people have been naming this blocker, round after round."""
    first = max(rounds)
    for day in sorted(rounds, reverse=True):
        named = {line: line for _, line in rounds[day].blockers}
        if text not in named and language.same(text, named) is None:
            break
        first = day
    return max(calendar.between(first, today), 0)


def _waited(ctx: Context, project: Project, risk: Risk, today: date, calendar: Calendar) -> int:
    since = ladder.waits_since(risk, project.local(risk.heard_at).date())
    return ladder.waited(since, today, calendar)


async def _silent(
    ctx: Context,
    project: Project,
    members: Sequence[Member],
    rounds: Mapping[date, Progress],
    today: date,
    calendar: Calendar,
) -> dict[str, int]:
    """By name, for how many working days somebody who was asked has said nothing.

    Whoever is on leave today is not silent; who was never asked is not either.
    """
    asked = [m for m in members if is_asked(m, project.settings)]
    away = {
        leave.person_id for leave in await ctx.uow.leaves.on([m.person.id for m in asked], today)
    }
    found: dict[str, int] = {}
    for member in asked:
        if member.person.id in away:
            continue
        days = 0
        for day in sorted(rounds, reverse=True):
            state = rounds[day]
            if any(m.person.id == member.person.id for m in state.missing):
                days = max(calendar.between(day, today), 0) + 1
            else:
                break
        if days:
            found[member.person.name] = days
    return found
