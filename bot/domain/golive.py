"""Go-live: who votes go or no-go, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain.milestone import Milestone
from bot.domain.people import Member, Role
from bot.domain.risk import Level, Risk

# So many working days before go-live everybody is asked (again) whether it may come.
ASKED_BEFORE = 2
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's word; `reason` is there for a no."""

    person_id: str
    go: bool
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """The decision on one day of go-live. `go` is `None` until somebody has decided.

    A go-live that moves takes its votes back: they were for another day.
    """

    id: str
    project_id: str
    day: date
    votes: tuple[Vote, ...] = ()
    go: bool | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str = ""
    version: int = 1


def voted(gate: Gate, vote: Vote) -> Gate:
    """The gate with somebody's vote, which replaces the one that they gave before."""
    others = tuple(one for one in gate.votes if one.person_id != vote.person_id)
    return replace(gate, votes=(*others, vote))


def moved(gate: Gate, day: date) -> Gate:
    """The same gate for another day: nothing is decided, nobody has voted."""
    return Gate(gate.id, gate.project_id, day, version=gate.version)


def decided(gate: Gate, *, go: bool, by: str | None, at: datetime, reason: str = "") -> Gate:
    return replace(gate, go=go, decided_by=by, decided_at=at, reason=reason[:LONGEST_REASON])


def by_role(
    gate: Gate, members: Sequence[Member]
) -> list[tuple[Role, list[Member], list[tuple[Member, str]]]]:
    """For each role that voted: who is for it, and who is against it and why."""
    found = []
    given = {vote.person_id: vote for vote in gate.votes}
    for role in Role:
        of_role = [m for m in members if m.role is role and m.person.id in given]
        for_it = [m for m in of_role if given[m.person.id].go]
        against = [(m, given[m.person.id].reason) for m in of_role if not given[m.person.id].go]
        if of_role:
            found.append((role, for_it, against))
    return found


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is still open before a go-live: the milestones that come before it, the unticked points
    of every checklist, the high risks."""

    milestones: tuple[Milestone, ...]
    unticked: tuple[tuple[Milestone, tuple[str, ...]], ...]
    risks: tuple[Risk, ...]

    @property
    def ready(self) -> bool:
        return not (self.milestones or self.unticked or self.risks)


def readiness(plan: Sequence[Milestone], risks: Sequence[Risk]) -> Readiness:
    golive = next((m for m in plan if m.golive), None)
    until = golive.due if golive else date.max
    before = [m for m in plan if m.open and not m.golive and m.due <= until]
    unticked = [
        (m, tuple(item for item, ticked in m.checklist if not ticked))
        for m in plan
        if (m.open or m.golive) and m.due <= until
    ]
    return Readiness(
        tuple(before),
        tuple((m, items) for m, items in unticked if items),
        tuple(r for r in risks if r.live and r.level is Level.HIGH),
    )
