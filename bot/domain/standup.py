"""Rounds: who is asked, who has answered, what the digest says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain.people import Member, Role
from bot.domain.project import Project, RoundKind, Settings
from bot.domain.schedule import at

# One entry keeps at most this many lines and characters: a card holds 30 KB in all
# (Feishu, protocols §3.4), and a stand-up that is longer is not read.
MOST_LINES = 20
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person said: three lists in their own words."""

    done: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.done or self.plan or self.blockers)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one project on one day (the project's date)."""

    id: str
    project_id: str
    kind: RoundKind
    day: date
    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer to one round; `edits` counts how often it was sent again."""

    round_id: str
    person_id: str
    entry: Entry
    text: str
    source: str
    at: datetime
    late: bool
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Leave:
    """A person is away from the first to the last day, both included."""

    person_id: str
    first: date
    last: date

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Progress:
    """A round as it stands: who has answered, who is missing, who is on leave."""

    answered: tuple[tuple[Member, Answer], ...]
    missing: tuple[Member, ...]
    away: tuple[Member, ...]

    @property
    def asked(self) -> int:
        return len(self.missing) + sum(1 for m, _ in self.answered if m not in self.away)

    @property
    def blockers(self) -> list[tuple[Member, str]]:
        return [
            (member, line) for member, answer in self.answered for line in answer.entry.blockers
        ]


def open_round(id_: str, project: Project, kind: RoundKind, now: datetime, day: date) -> Round:
    """A round that opens now and closes at the project's time.

    A round that is opened by hand close to that time or after it runs for an hour.
    """
    closes = at(day, project.settings.times(kind).close, project.zone)
    least = timedelta(minutes=15)
    closes = closes if closes - now >= least else now + timedelta(hours=1)
    return Round(id_, project.id, kind, day, now, closes)


def is_asked(member: Member, settings: Settings) -> bool:
    """Whether a round expects this member: engineers do, project managers where it is set."""
    return member.role is Role.ENGINEER or (
        settings.managers_report and member.role is Role.MANAGER
    )


def progress(
    round_: Round,
    settings: Settings,
    members: Sequence[Member],
    answers: Iterable[Answer],
    leaves: Iterable[Leave],
) -> Progress:
    """Sort a project's members by what the round knows of them.

    Whoever answers counts as answered, asked or not, on leave or not; members keep their order.
    """
    given = {answer.person_id: answer for answer in answers}
    away = {leave.person_id for leave in leaves if leave.covers(round_.day)}
    return Progress(
        answered=tuple((m, given[m.person.id]) for m in members if m.person.id in given),
        missing=tuple(
            m
            for m in members
            if is_asked(m, settings) and m.person.id not in given and m.person.id not in away
        ),
        away=tuple(
            m
            for m in members
            if is_asked(m, settings) and m.person.id in away and m.person.id not in given
        ),
    )


def write(before: Answer | None, new: Answer, *, add: bool = False) -> Answer:
    """The answer after somebody sent one (again). With `add` a correction joins what was there."""
    if before is None:
        return replace(new, entry=bounded(new.entry))
    entry = new.entry
    if add:
        entry = Entry(
            before.entry.done + new.entry.done,
            new.entry.plan or before.entry.plan,
            before.entry.blockers + new.entry.blockers,
        )
    entry = bounded(entry)
    if entry == before.entry:
        return before
    return replace(new, entry=entry, late=before.late and new.late, edits=before.edits + 1)


def bounded(entry: Entry) -> Entry:
    """The entry cut to what a digest can show; the text as sent is kept beside it."""

    def cut(lines: Sequence[str]) -> tuple[str, ...]:
        return tuple(
            line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
            for line in lines[:MOST_LINES]
        )

    return Entry(cut(entry.done), cut(entry.plan), cut(entry.blockers))


def reminder_of(person_id: str, round_: Round) -> str:
    """The subject of a person's reminder card: one a person and day, for all projects."""
    return f"{person_id}:{round_.day.isoformat()}"


def participation(rounds: Mapping[date, Progress]) -> float | None:
    """Share of asked people who answered over some rounds; `None` when nobody was asked."""
    asked = sum(found.asked for found in rounds.values())
    answered = asked - sum(len(found.missing) for found in rounds.values())
    return answered / asked if asked else None
