"""Who hears of a trouble that nobody answers, and when: owner, project manager, supervisor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from bot.domain.people import Member, Role
from bot.domain.risk import Risk, RiskState
from bot.domain.workdays import Calendar


class Rung(IntEnum):
    """The steps, lowest first; a trouble keeps the highest one that was told."""

    OWNER = 1
    MANAGER = 2
    SUPERVISOR = 3


# Marks that the review of a treated risk has been asked for.
REVIEWED = 4


@dataclass(frozen=True, slots=True)
class Distances:
    """After how many working days without a word each rung hears of it."""

    owner: int = 1
    manager: int = 2
    supervisor: int = 4

    def of(self, rung: Rung) -> int:
        return {Rung.OWNER: self.owner, Rung.MANAGER: self.manager}.get(rung, self.supervisor)


@dataclass(frozen=True, slots=True)
class Addressed:
    """Who is told, and why not whoever the rung names: pairs of rung and `none`, `away`, `outside`.

    Nobody is left to tell where `members` is empty.
    """

    members: tuple[Member, ...]
    passed: tuple[tuple[Rung, str], ...] = ()


def due_rungs(waited: int, climbed: int, distances: Distances) -> list[Rung]:
    """The rungs that are reached after `waited` working days and have not been told yet."""
    return [rung for rung in Rung if rung > climbed and waited >= distances.of(rung)]


def waits_since(risk: Risk, heard_on: date) -> date | None:
    """The day from which silence about a risk counts; `None` while nobody need say anything.

    A day that somebody asked for counts itself: what was put off until Wednesday is asked about
    as if somebody had spoken of it on Tuesday.
    """
    if risk.state is not RiskState.OPEN:
        return None
    if risk.snoozed_until and risk.snoozed_until > heard_on:
        return risk.snoozed_until - timedelta(days=1)
    return heard_on


def waited(since: date | None, today: date, calendar: Calendar) -> int:
    """Working days from that day to today; nothing while it lies ahead."""
    return max(calendar.between(since, today), 0) if since and since <= today else 0


_ORDER: dict[Rung, tuple[Rung, ...]] = {
    Rung.OWNER: (Rung.OWNER, Rung.MANAGER, Rung.SUPERVISOR),
    Rung.MANAGER: (Rung.MANAGER, Rung.SUPERVISOR),
    # There is nobody above a supervisor: without one the manager learns that there is none.
    Rung.SUPERVISOR: (Rung.SUPERVISOR, Rung.MANAGER),
}


def addressed(
    rung: Rung, owner: Member | None, members: Sequence[Member], away: Collection[str]
) -> Addressed:
    """Who hears of it at a rung. One that is empty, on leave or outside falls to the next.

    `away` are the ids of people on leave today. People outside the organisation are not written
    to by themselves: platforms do not deliver that, and it is for the team to talk to them.
    """
    passed: list[tuple[Rung, str]] = []
    for step in _ORDER[rung]:
        holders = _holders(step, owner, members)
        inside = [m for m in holders if not m.person.external]
        there = tuple(m for m in inside if m.person.id not in away)
        if there:
            return Addressed(there, tuple(passed))
        passed.append((step, "away" if inside else "outside" if holders else "none"))
    return Addressed((), tuple(passed))


def _holders(step: Rung, owner: Member | None, members: Sequence[Member]) -> list[Member]:
    if step is Rung.OWNER:
        return [owner] if owner else []
    role = Role.MANAGER if step is Rung.MANAGER else Role.SUPERVISOR
    return [member for member in members if member.role is role]
