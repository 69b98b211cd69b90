"""Follow-ups (回访): which are due after go-live, who is asked, what a low score is.

Scores are 1 to 5. At the last follow-up people are asked besides how likely they are to recommend
the system, 0 to 10; the net promoter score is the share of 9 and 10 less the share of 0 to 6, in
points from -100 to 100 (F. Reichheld, "The One Number You Need to Grow", HBR 12/2003).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bot.domain.people import CUSTOMERS, Member, Role
from bot.domain.risk import Level, Risk
from bot.domain.workdays import Calendar

DAYS = (1, 3, 7, 14, 30)
# Nobody is asked twice within so many days.
APART = 7
# What could not be asked for so long after its day is not asked any more.
GIVEN_UP = 365
# A go-live so many days away from the one that a follow-up was dated from is another one; nearer,
# it is the same that moved.
ANOTHER = 90
LOWEST, HIGHEST, LOW = 1, 5, 2
MOST_LIKELY, PROMOTER, DETRACTOR = 10, 9, 6
LONGEST_TEXT = 2000
# A complaint is answered within so many working days.
ANSWERED_WITHIN = 2
# Answers count for their follow-up for so long; the buttons of a card live no longer.
OPEN_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class FollowUpSettings:
    """`days` after go-live, `at` the time of day; `privately` asks each of the customer's people
    alone instead of in the group, where the platform lets the bot write to them."""

    on: bool = True
    at: time = time(10, 0)
    days: tuple[int, ...] = DAYS
    privately: bool = False


FOLLOWUP_SETTINGS = FollowUpSettings()


class Held(StrEnum):
    """Why a follow-up that is due waits."""

    NO_GO = "no_go"
    RISK = "risk"
    NOBODY = "nobody"
    COMPLAINT = "complaint"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up of a project: `step` is its days after go-live.

    `golive` is the day that it was dated from. Until it is asked it waits, for the reason `held`
    that the manager was told. Those that waited and are asked together share `ask_id`, and
    `people` are the ids of those they were put to.
    """

    id: str
    project_id: str
    step: int
    golive: date
    held: str = ""
    ask_id: str | None = None
    asked_at: datetime | None = None
    people: tuple[str, ...] = ()

    @property
    def asked(self) -> bool:
        return self.asked_at is not None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one person said to one follow-up, or (without `ask_id`) of their own accord.

    `chat_id` is where it was said last, `risk_id` the task that it became; `edits` counts how often
    it was given anew.
    """

    id: str
    project_id: str
    person_id: str
    at: datetime
    ask_id: str | None = None
    score: int | None = None
    likely: int | None = None
    reason: str = ""
    text: str = ""
    risk_id: str | None = None
    edits: int = 0
    chat_id: str = ""

    @property
    def low(self) -> bool:
        return (self.score is not None and self.score <= LOW) or (
            self.likely is not None and self.likely <= DETRACTOR
        )


# What makes people unhappy, as the card offers it; the words stand under `followup.reason.…`.
REASONS = ("slow", "hard", "wrong", "missing", "training", "support", "other")


def day_of(golive: date, step: int, calendar: Calendar) -> date:
    """When a follow-up is due: so many days after go-live, or the next day on which people work."""
    return calendar.from_day(golive + timedelta(days=step))


def days_of(golive: date, steps: Iterable[int], calendar: Calendar) -> dict[int, date]:
    """By step, in their order, when each is due."""
    return {step: day_of(golive, step, calendar) for step in sorted(set(steps))}


def put(followup: FollowUp, ask_id: str, at: datetime) -> FollowUp:
    """The follow-up as asked."""
    return replace(followup, held="", ask_id=ask_id, asked_at=at)


def same_wave(followup: FollowUp, golive: date) -> bool:
    """Whether a follow-up belongs to this go-live: one that only moved keeps what was asked."""
    return abs((golive - followup.golive).days) <= ANOTHER


def due_steps(
    golive: date, dates: Mapping[int, date], known: Iterable[FollowUp], today: date
) -> list[int]:
    """The steps whose day has come and that were not asked, the earliest first; `dates` are those
    of `days_of`."""
    asked = asked_steps(golive, known)
    return [
        step
        for step, day in dates.items()
        if step not in asked and day <= today and (today - golive).days <= step + GIVEN_UP
    ]


def asked_steps(golive: date, known: Iterable[FollowUp]) -> set[int]:
    """What has been asked of this go-live."""
    return {one.step for one in known if one.asked and same_wave(one, golive)}


@dataclass(frozen=True, slots=True)
class Crowd:
    """Those who could be asked, and what speaks against it for each of them.

    `asked_on` is by person the day on which they were last asked anything, in any project;
    `complaining` are those who wait for an answer to a complaint, `away` those on leave.
    """

    customers: Sequence[Member]
    asked_on: Mapping[str, date] = field(default_factory=dict)
    complaining: Collection[str] = ()
    away: Collection[str] = ()


def customers_of(members: Iterable[Member]) -> list[Member]:
    return [member for member in members if member.role in CUSTOMERS]


def held_for(risks: Iterable[Risk]) -> Held | None:
    """Whether the state of the project forbids to ask how it goes: a high risk is open."""
    return Held.RISK if any(r.live and r.level is Level.HIGH for r in risks) else None


def to_ask(
    crowd: Crowd, today: date, open_: Mapping[int, date]
) -> tuple[list[Member], Held | None]:
    """Who is asked today, or why nobody is.

    `open_` are the days of those that are not asked yet, by step, due or not. People who may be
    asked are shared out among the follow-ups of the next seven days, so that the first leaves
    somebody for the second.
    """
    if not crowd.customers:
        return [], Held.NOBODY
    there = [m for m in crowd.customers if m.person.id not in crowd.away]
    calm = [m for m in there if m.person.id not in crowd.complaining]
    free = [m for m in calm if _rested(crowd.asked_on.get(m.person.id), today)]
    if not free:
        complaining = bool(there) and not calm
        return [], Held.COMPLAINT if complaining else Held.ASKED
    due = any(day <= today for day in open_.values())
    soon = sum(0 < (day - today).days < APART for day in open_.values()) + due
    count = -(-len(free) // max(soon, 1))
    first = min((step for step, day in open_.items() if day <= today), default=0)
    free.sort(key=lambda m: (*_turn(m, crowd, first), m.person.id))
    return free[:count], None


def _rested(asked_on: date | None, today: date) -> bool:
    return asked_on is None or (today - asked_on).days >= APART


def _turn(member: Member, crowd: Crowd, step: int) -> tuple[date, bool]:
    """Who has not been asked for longest; on the first day the administrators, who know whether
    people can log in, afterwards those who work with the system."""
    admin = member.role is Role.CUSTOMER_ADMIN
    return crowd.asked_on.get(member.person.id, date.min), admin if step > 1 else not admin


def given(before: Feedback | None, new: Feedback) -> Feedback:
    """What holds after somebody answered (again): the newer score and reason, all of the words."""
    if before is None:
        return new
    words = [before.text, new.text] if new.text and new.text not in before.text else [before.text]
    after = replace(
        before,
        score=new.score if new.score is not None else before.score,
        likely=new.likely if new.likely is not None else before.likely,
        reason=new.reason or before.reason,
        text="\n".join(word for word in words if word),
    )
    if after == before:
        return before
    return replace(after, at=new.at, edits=before.edits + 1, chat_id=new.chat_id or before.chat_id)


def mean(scores: Sequence[int]) -> float | None:
    """The average score to one decimal; `None` without any."""
    return round(sum(scores) / len(scores), 1) if scores else None


def promoters(likely: Sequence[int]) -> int | None:
    """The net promoter score, -100 to 100; `None` without any answer."""
    if not likely:
        return None
    good, bad = (sum(n >= PROMOTER for n in likely), sum(n <= DETRACTOR for n in likely))
    return round(100 * (good - bad) / len(likely))
