"""One of every card that the product draws, with people's words wherever they can stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.calendars import Calendars
from bot.domain.people import Member, Person, Role
from bot.domain.project import Milestone, Project, RoundKind, Settings, health, plan
from bot.domain.standup import Answer, Entry, Leave, Progress, Round, progress
from cards import common, help, people, project, settings, standup  # noqa: A004
from cards.elements import Card
from cards.words import Words
from tests.chat import START

TODAY = date(2026, 11, 24)
CALENDAR = Calendars().of("CN")
Draw = Callable[[Words, str], Card]


def member(number: int, name: str, role: Role | None = Role.ENGINEER) -> Member:
    return Member("p1", Person(f"person{number}", "feishu", f"ou_{number}", name), role)


def project_called(name: str, w: Words) -> Project:
    shown = Settings(language=w.language)
    return Project("p1", name, "c1", shown, date(2026, 12, 25), "four_weeks", START)


def round_of(kind: RoundKind = RoundKind.STANDUP, closed: datetime | None = None) -> Round:
    closes = START + timedelta(minutes=90)
    return Round("r1", "p1", kind, TODAY, START, closes, closed)


def answer(
    number: int, said: str, *, blocked: bool = True, late: bool = False, edits: int = 0
) -> Answer:
    entry = Entry((said, said), (said,), (said,) if blocked else ())
    at = START + timedelta(minutes=number)
    return Answer("r1", f"person{number}", entry, said, "form", at, late, edits)


def state(
    said: str,
    people_: int = 3,
    answers: int = 2,
    *,
    blocked: bool = True,
    late: bool = False,
    away: int = 0,
) -> Progress:
    members = [member(n, f"{said}{n}" if said else f"N{n}") for n in range(people_)]
    given = [
        answer(n, said, blocked=blocked, late=late, edits=1 if late else 0) for n in range(answers)
    ]
    leaves = [Leave(f"person{people_ - 1 - n}", TODAY, TODAY) for n in range(away)]
    return progress(round_of(), Settings(), members, given, leaves)


def milestones(name: str) -> list[Milestone]:
    steps = plan("four_weeks", date(2026, 12, 25), CALENDAR)
    made = [Milestone(f"m{n}", "p1", n, step, due) for n, (step, due) in enumerate(steps, 1)]
    made += [Milestone("m9", "p1", 9, name, date(2026, 11, 10))]
    return [*made, Milestone("m10", "p1", 10, name, date(2027, 3, 1))]


def _overview(w: Words, said: str) -> Card:
    team = [member(n, said, role) for n, role in enumerate((*Role, None))]
    steps = milestones(said)
    found = health(steps, 2, team, TODAY, CALENDAR)
    blockers = [(team[0], said)] * 7
    ahead = sorted(steps, key=lambda m: m.due)
    return project.overview(
        w, project_called(said, w), found, ahead, team, blockers, 0.5, TODAY, CALENDAR
    )


def _created(w: Words, said: str) -> Card:
    return project.created(w, project_called(said, w), milestones(said), TODAY, CALENDAR)


def _prompt(w: Words, said: str, seen: Progress, kind: RoundKind = RoundKind.STANDUP) -> Card:
    return standup.prompt(w, project_called(said, w), round_of(kind), seen, START, set())


def _digest(w: Words, said: str, seen: Progress) -> Card:
    closed = round_of(closed=START + timedelta(minutes=90))
    return standup.digest(w, project_called(said, w), closed, seen)


def _closed(w: Words, said: str) -> Card:
    closed = round_of(closed=START + timedelta(minutes=90))
    return standup.prompt(w, project_called(said, w), closed, state(said), START, set())


def _unknown_year(w: Words, said: str) -> Card:
    return standup.prompt(w, project_called(said, w), round_of(), state(said), START, {2027})


def _reminder(w: Words, said: str, count: int) -> Card:
    filled = Entry((said,), (said,), (said,))
    waiting = [
        (
            replace(project_called(said, w), id=f"p{n}"),
            replace(round_of(RoundKind.DAILY if n % 2 else RoundKind.STANDUP), id=f"r{n}"),
            filled,
        )
        for n in range(count)
    ]
    return standup.reminder(w, waiting)


def _reminded(w: Words, said: str, answered: tuple[bool, ...]) -> Card:
    rounds = [(project_called(said, w), round_of(), is_in) for is_in in answered]
    return standup.reminded(w, rounds)


def _receipt(w: Words, said: str, *, late: bool) -> Card:
    given = answer(1, said, late=late, edits=0 if late else 1)
    return standup.receipt(w, project_called(said, w), round_of(), given)


def _which(w: Words, said: str) -> Card:
    options = [(project_called(f"{said}{n}", w), round_of()) for n in range(7)]
    return standup.which_project(w, options, said)


def _leave(w: Words, said: str) -> Card:
    return standup.leave_noted(w, said, Leave("person1", TODAY, TODAY + timedelta(days=3)))


def _refusal(w: Words, said: str) -> Card:
    return common.refusal(w, "refused.right", {
        "what": said, "roles": said, "project": said, "mine": said,
    })  # fmt: skip


DRAWN: dict[str, Draw] = {
    "help, no project": lambda w, said: help.help_card(w, None, None),
    "help, manager": lambda w, said: help.help_card(
        w, project_called(said, w), member(1, said, Role.MANAGER)
    ),
    "help, customer": lambda w, said: help.help_card(
        w, project_called(said, w), member(1, said, Role.CUSTOMER_USER)
    ),
    "welcome": lambda w, said: help.welcome(w, said, external=False),
    "welcome, external": lambda w, said: help.welcome(w, said, external=True),
    "project created": _created,
    "project overview": _overview,
    "who is who": lambda w, said: people.who_is_who(
        w, [member(n, said, role) for n, role in enumerate((*Role, None))], said
    ),
    "settings": lambda w, said: settings.settings_card(w, project_called(said, w)),
    "settings saved": lambda w, said: settings.settings_card(
        w, project_called(said, w), saved=True
    ),
    "times changed": lambda w, said: settings.times_changed(
        w, project_called(said, w), RoundKind.DAILY, w.day(TODAY)
    ),
    "prompt": lambda w, said: _prompt(w, said, state(said)),
    "prompt, evening": lambda w, said: _prompt(w, said, state(said), RoundKind.DAILY),
    "prompt, all in": lambda w, said: _prompt(w, said, state(said, 3, 3)),
    "prompt, nobody asked": lambda w, said: _prompt(w, said, state(said, 0, 0)),
    "prompt, someone away": lambda w, said: _prompt(w, said, state(said, 3, 1, away=1)),
    "prompt, closed": _closed,
    "prompt, unknown year": _unknown_year,
    "digest": lambda w, said: _digest(w, said, state(said, away=1)),
    "digest, no blockers": lambda w, said: _digest(w, said, state(said, blocked=False)),
    "digest, late and edited": lambda w, said: _digest(w, said, state(said, late=True)),
    "digest, nobody": lambda w, said: _digest(w, said, state(said, 3, 0)),
    "digest, forty people": lambda w, said: _digest(w, said, state(said, 40, 40)),
    "reminder": lambda w, said: _reminder(w, said, 1),
    "reminder, two projects": lambda w, said: _reminder(w, said, 2),
    "reminder, five projects": lambda w, said: _reminder(w, said, 5),
    "reminded": lambda w, said: _reminded(w, said, (True, True)),
    "reminded, closed": lambda w, said: _reminded(w, said, (True, False)),
    "receipt": lambda w, said: _receipt(w, said, late=False),
    "receipt, late": lambda w, said: _receipt(w, said, late=True),
    "which project": _which,
    "missing": lambda w, said: standup.missing(w, round_of(), state(said)),
    "leave noted": _leave,
    "unclear": lambda w, said: common.unclear(w, said, ("help", "standup.open", "leave")),
    "refusal": _refusal,
}
