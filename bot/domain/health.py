"""How a project does, by stated rules, and the sentences behind it. Silence is never green."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.domain.ladder import Distances
from bot.domain.milestone import Milestone, causes, forecast
from bot.domain.people import Member, Role
from bot.domain.risk import TREATED, Level, Risk
from bot.domain.workdays import Calendar

# Without a word for so many working days somebody counts as silent.
SILENT_FROM = 2


class Health(StrEnum):
    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a project is not simply fine; `key` names the sentence."""

    key: str
    health: Health
    values: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a project on a day.

    `blockers` are the ages in working days of what people named as blockers last; `waiting` says
    for how many working days nobody has answered an open risk, by its id; `silent` for how many
    working days somebody who is asked has said nothing, by name. `heard` says whether anybody has
    said anything within `SILENT_FROM` working days; `asked` whether there has been a round at all.
    """

    milestones: Sequence[Milestone]
    risks: Sequence[Risk]
    members: Sequence[Member]
    blockers: Sequence[int] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)
    silent: Mapping[str, int] = field(default_factory=dict)
    heard: bool = False
    asked: bool = False
    golive: date | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """When go-live is to be expected, how many working days late, and what makes it so."""

    expected: date
    late: int
    because: tuple[Milestone, ...]


def health(
    signs: Signs, today: date, calendar: Calendar, distances: Distances | None = None
) -> tuple[Health, list[Reason]]:
    """How the project does and why, the worst first."""
    far = distances or Distances()
    found = [
        *_plan(signs, today, calendar, far),
        *_risks(signs, far),
        *_people(signs),
    ]
    found.sort(key=lambda reason: reason.health is not Health.BAD)
    levels = {reason.health for reason in found}
    worst = next((level for level in (Health.BAD, Health.WATCH) if level in levels), Health.GOOD)
    return worst, found


def outlook(
    milestones: Sequence[Milestone], golive: date | None, today: date, calendar: Calendar
) -> Outlook | None:
    """Where go-live is heading; `None` without one, or when it is done."""
    goal = next((m for m in milestones if m.golive), None)
    if golive is None or goal is None or not goal.open:
        return None
    expected = forecast(milestones, today, calendar)
    when = max(expected[goal.number], golive)
    late = calendar.between(golive, when)
    because = causes(milestones, goal, today, calendar) if late else ()
    # Where nothing else is late, go-live itself is planned later than it was promised.
    return Outlook(when, late, because or ((goal,) if late else ()))


def _plan(signs: Signs, today: date, calendar: Calendar, far: Distances) -> Iterator[Reason]:
    open_ = [m for m in signs.milestones if m.open]
    for late in (m for m in open_ if m.due < today):
        days = max(calendar.between(late.due, today), 1)
        level = Health.BAD if days > far.manager else Health.WATCH
        yield Reason("health.overdue", level, (("name", late.name), ("days", days)))
    ahead = outlook(signs.milestones, signs.golive, today, calendar)
    if ahead and ahead.late:
        level = Health.BAD if ahead.late > far.manager else Health.WATCH
        names = tuple(m.name for m in ahead.because[:3])
        values = (("day", ahead.expected), ("days", ahead.late), ("names", names))
        yield Reason("health.forecast", level, values)
    if signs.golive and signs.golive >= today:
        before = [m for m in open_ if m.due <= signs.golive]
        days = calendar.between(today, signs.golive) + calendar.works(today)
        if len(before) > max(days, 1):
            yield Reason("health.tight", Health.WATCH, (("count", len(before)), ("days", days)))
    if not signs.milestones:
        yield Reason("health.no_plan", Health.WATCH)


def _risks(signs: Signs, far: Distances) -> Iterator[Reason]:
    high = [risk for risk in signs.risks if risk.level is Level.HIGH]
    for risk in high:
        days = signs.waiting.get(risk.id, 0)
        if risk.state not in TREATED and days >= far.manager:
            values = (("number", risk.number), ("text", risk.text), ("days", days))
            yield Reason("health.risk_unanswered", Health.BAD, values)
    if high:
        yield Reason("health.risks_high", Health.WATCH, (("count", len(high)),))
    old = [
        r
        for r in signs.risks
        if r.level is not Level.HIGH
        and signs.waiting.get(r.id, 0) >= far.supervisor
        and r.state not in TREATED
    ]
    if old:
        yield Reason("health.risks_old", Health.WATCH, (("count", len(old)),))
    if signs.blockers:
        oldest = max(signs.blockers)
        level = Health.BAD if oldest > far.supervisor else Health.WATCH
        key = "health.blockers_old" if oldest > 1 else "health.blockers"
        yield Reason(key, level, (("count", len(signs.blockers)), ("days", oldest)))


def _people(signs: Signs) -> Iterator[Reason]:
    silent = {name: days for name, days in signs.silent.items() if days >= SILENT_FROM}
    if silent:
        values = (("count", len(silent)), ("days", min(silent.values())), ("names", tuple(silent)))
        yield Reason("health.silent", Health.WATCH, values)
    elif not signs.heard:
        yield Reason("health.silence" if signs.asked else "health.unasked", Health.WATCH)
    roles = {member.role for member in signs.members}
    if Role.ENGINEER not in roles:
        yield Reason("health.no_engineer", Health.WATCH)
    if Role.MANAGER not in roles:
        yield Reason("health.no_manager", Health.WATCH)
