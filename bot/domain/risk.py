"""Risks: how bad one is, what may become of it, and how its age and score are read.

Probability and impact are each 1 to 5 and their product is the score (1 to 25), as on the 5 by 5
matrix of ISO 31010 (risk assessment techniques, "consequence/likelihood matrix"). From 15 a risk
is high, from 8 medium.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.workdays import Calendar

HIGH_FROM, MEDIUM_FROM = 15, 8
MOST = 5
LONGEST_TEXT = 300
LONGEST_NOTE = 500
# A group line's risk is handled within so many working days when nobody says until when.
HANDLED_WITHIN = 3


class RiskState(StrEnum):
    PROPOSED = "proposed"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MITIGATING = "mitigating"
    CLOSED = "closed"
    DISMISSED = "dismissed"


LIVE = frozenset({RiskState.OPEN, RiskState.ACKNOWLEDGED, RiskState.MITIGATING})
TREATED = frozenset({RiskState.ACKNOWLEDGED, RiskState.MITIGATING})


class Level(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk of a project; `number` counts within it (R1, R2 …), `version` its changes.

    `heard_at` is when somebody last said a word about it: the ladder counts from there, or from
    `snoozed_until` if that is later. `climbed` is the rung told since then (0 to 3), or 4 when the
    review of a treated one has been asked for. `source` says which way it came in (`typed`,
    `blocker`, `group`, `milestone`, `complaint`) and
    `origin` from what: the blocker or milestone, so that the same one is not taken twice.
    """

    id: str
    project_id: str
    number: int
    text: str
    category: str
    probability: int
    impact: int
    state: RiskState
    opened_at: datetime
    heard_at: datetime
    owner_id: str | None = None
    due: date | None = None
    mitigation: str = ""
    review_on: date | None = None
    source: str = "typed"
    origin: str = ""
    raised_by: str | None = None
    snoozed_until: date | None = None
    shared: bool = False
    climbed: int = 0
    closed_at: datetime | None = None
    closed_by: str | None = None
    reason: str = ""
    version: int = 1

    @property
    def label(self) -> str:
        return f"R{self.number}"

    @property
    def score(self) -> int:
        return self.probability * self.impact

    @property
    def level(self) -> Level:
        return level_of(self.score)

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def over(self) -> bool:
        return self.state in (RiskState.CLOSED, RiskState.DISMISSED)


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a risk's history: what was done by whom, or a word that was said about it.

    For a word (`heard`, and the first one, `opened`) the detail holds its `quote`, and the chat
    and message where it stands.
    """

    risk_id: str
    at: datetime
    what: str
    person_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def of_blocker(round_id: str, person_id: str, line: int) -> str:
    """What a risk keeps of the blocker that it was made from."""
    return f"{round_id}:{person_id}:{line}"


def of_milestone(milestone_id: str) -> str:
    """What a risk keeps of the milestone that was late."""
    return f"milestone:{milestone_id}"


def round_of(risk: Risk) -> str:
    """The stand-up that a risk was made in; empty for any other."""
    return risk.origin.partition(":")[0] if risk.source == "blocker" else ""


def level_of(score: int) -> Level:
    if score >= HIGH_FROM:
        return Level.HIGH
    return Level.MEDIUM if score >= MEDIUM_FROM else Level.LOW


def rated(risk: Risk, probability: int, impact: int) -> Risk:
    """The risk with both numbers, brought into 1 to 5."""
    return replace(risk, probability=_within(probability), impact=_within(impact))


def _within(value: int) -> int:
    return min(max(value, 1), MOST)


def heard(risk: Risk, at: datetime) -> Risk:
    """Somebody said a word about it: its silence begins anew."""
    return replace(risk, heard_at=at, climbed=_asked(risk))


def _asked(risk: Risk) -> int:
    """A word answers the ladder; that the review of a treated one was asked for stays so."""
    return risk.climbed if risk.state in TREATED else 0


def again(risk: Risk, at: datetime, severity: int = 0) -> Risk:
    """The same trouble was told of once more: it is at least as bad as now said, and likelier than
    it was thought to be while nobody treats it."""
    worse = max(risk.impact, _within(severity)) if severity else risk.impact
    likelier = min(risk.probability + (risk.state is RiskState.OPEN), MOST)
    return replace(risk, heard_at=at, climbed=_asked(risk), impact=worse, probability=likelier)


def acknowledged(risk: Risk, person_id: str, at: datetime) -> Risk:
    """我来跟: whoever says so owns it from now on."""
    state = risk.state if risk.state is RiskState.MITIGATING else RiskState.ACKNOWLEDGED
    return replace(
        risk, state=state, owner_id=person_id, heard_at=at, climbed=0, snoozed_until=None
    )


def assigned(risk: Risk, person_id: str, due: date | None, at: datetime) -> Risk:
    """Somebody else shall see to it; they have yet to say that they do."""
    return replace(
        risk,
        state=RiskState.OPEN,
        owner_id=person_id,
        due=due or risk.due,
        heard_at=at,
        climbed=0,
        snoozed_until=None,
    )


def snoozed(risk: Risk, until: date, at: datetime) -> Risk:
    """Nobody asks about it before `until`, which is also when it is due now."""
    return replace(risk, snoozed_until=until, due=until, heard_at=at, climbed=0)


def closed(risk: Risk, person_id: str | None, reason: str, at: datetime) -> Risk:
    return replace(
        risk,
        state=RiskState.CLOSED,
        closed_at=at,
        closed_by=person_id,
        reason=reason[:LONGEST_NOTE],
    )


def dismissed(risk: Risk, person_id: str | None, reason: str, at: datetime) -> Risk:
    """It is none; what it was read from is remembered with it."""
    return replace(closed(risk, person_id, reason, at), state=RiskState.DISMISSED)


def reopened(risk: Risk, at: datetime) -> Risk:
    """It was not over after all."""
    return replace(
        risk,
        state=RiskState.OPEN,
        heard_at=at,
        climbed=0,
        snoozed_until=None,
        closed_at=None,
        closed_by=None,
        reason="",
    )


def confirmed(risk: Risk, at: datetime) -> Risk:
    """A proposal becomes a risk; its age counts from now."""
    state = RiskState.MITIGATING if risk.mitigation else RiskState.OPEN
    return replace(risk, state=state, opened_at=at, heard_at=at, climbed=0)


def treated(risk: Risk, mitigation: str, review_on: date | None, at: datetime) -> Risk:
    """What is done against it, and when that is looked at again."""
    return replace(
        risk,
        state=RiskState.MITIGATING if mitigation else risk.state,
        mitigation=mitigation[:LONGEST_NOTE],
        review_on=review_on,
        heard_at=at,
        climbed=0,
        snoozed_until=None if mitigation else risk.snoozed_until,
    )


def age(risk: Risk, today: date, local_opened: date, calendar: Calendar) -> int:
    """Working days since it was opened."""
    return max(calendar.between(local_opened, today), 0)


def by_score(risks: Iterable[Risk]) -> list[Risk]:
    """The worst first, the older before the younger."""
    return sorted(risks, key=lambda risk: (-risk.score, risk.number))


# Ages by working days, for the picture of what has been lying about: up to each bound.
AGES = (2, 5, 10)


def ages(found: Sequence[int]) -> list[int]:
    """How many risks are at most 2, 5, 10 working days old, and how many older."""
    bounds = (*AGES, 10**6)
    lows = (-1, *AGES)
    return [
        sum(low < age_ <= high for age_ in found) for low, high in zip(lows, bounds, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Movement:
    """What a week did to a register: how many came and went, and whose score rose or fell."""

    came: int = 0
    went: int = 0
    scores: Mapping[str, int] = field(default_factory=dict)


def movement(
    risks: Sequence[Risk], history: Sequence[Happened], now: datetime, days: int = 7
) -> Movement:
    """What has happened since `days` ago. A rating in the history holds the score before it."""
    since = now - timedelta(days=days)
    before: dict[str, int] = {}
    for line in sorted(history, key=lambda happened: happened.at):
        if line.at >= since and "score" in line.detail:
            before.setdefault(line.risk_id, int(line.detail["score"]))
    counted = [r for r in risks if r.state not in (RiskState.PROPOSED, RiskState.DISMISSED)]
    return Movement(
        sum(r.opened_at >= since for r in counted),
        sum(bool(r.closed_at and r.closed_at >= since) for r in counted),
        before,
    )
