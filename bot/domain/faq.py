"""The FAQ's entries and the questions that people asked, and when somebody is reminded of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.faq_settings import FaqSettings
from bot.domain.people import CUSTOMERS, Member, Role
from bot.domain.project import Project
from bot.domain.schedule import is_quiet, next_waking
from bot.domain.workdays import Calendar

LONGEST_QUESTION, LONGEST_ANSWER = 200, 4000
# Waking minutes of working days after which an unanswered question is brought up again: to those
# who were asked, then to the project managers.
STEPS = (timedelta(minutes=30), timedelta(hours=2))
# Whoever asked the same within this time hears the answer too.
SAME_WITHIN = timedelta(days=30)
# Engineers who are asked when nobody in particular knows.
ASKED_AT_MOST = 5


class Readers(StrEnum):
    """Whom an entry is for."""

    ALL = "all"
    ADMIN = "admin"
    USER = "user"


class EntryState(StrEnum):
    """`draft` answers nobody yet; `stale` still answers and is marked; `removed` is kept for what
    refers to it."""

    DRAFT = "draft"
    APPROVED = "approved"
    STALE = "stale"
    REMOVED = "removed"


class QuestionState(StrEnum):
    """`answered` and `offered` by the bot; `open` waits for a person, `claimed` has one; `closed`
    was answered by a person."""

    ANSWERED = "answered"
    OFFERED = "offered"
    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"


WAITING = (QuestionState.OPEN, QuestionState.CLAIMED)


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """One answer. `project_id` is `None` in the library that all projects share; `revision` counts
    the changes of all libraries together, so that each replica sees what it has yet to read."""

    id: str
    project_id: str | None
    number: int
    question: str
    answer: str
    readers: Readers
    variants: tuple[str, ...] = ()
    category: str = ""
    owner_id: str | None = None
    version: str = ""
    source: str = "typed"
    state: EntryState = EntryState.APPROVED
    changed_at: datetime | None = None
    revision: int = 0
    useful: int = 0
    useless: int = 0

    @property
    def label(self) -> str:
        return f"F{self.number}"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of one person, where they asked it and what became of it.

    `plain` is what is asked without courtesies, for finding the same again. `told` counts the steps
    of `STEPS` that were taken; `judged` is what the asker said of the answer. `first_id` is the
    waiting question that this one repeats. `learnt` says whether its words became a wording of its
    entry; `None` while nobody has decided.
    """

    id: str
    project_id: str
    number: int
    person_id: str
    chat_id: str
    message: str
    text: str
    plain: str
    asked_at: datetime
    state: QuestionState
    entry_id: str | None = None
    confidence: float = 0.0
    judged: bool | None = None
    claimed_by: str | None = None
    answer: str = ""
    answered_by: str | None = None
    closed_at: datetime | None = None
    told: int = 0
    first_id: str | None = None
    learnt: bool | None = None
    changes: int = 0

    @property
    def label(self) -> str:
        return f"Q{self.number}"


ANSWERING = (EntryState.APPROVED, EntryState.STALE)


class Stale(StrEnum):
    """Why an entry may be out of date."""

    MARKED = "marked"
    VERSION = "version"
    USELESS = "useless"
    AGE = "age"


# More 没用 than 有用, and at least so many of them.
USELESS_FROM = 3
MONTH = timedelta(days=30)


def stale(entry: FaqEntry, settings: FaqSettings, now: datetime) -> Stale | None:
    """Why an entry should be looked at, `None` if it need not be."""
    if entry.state is EntryState.STALE:
        return Stale.MARKED
    if entry.version and settings.version and entry.version != settings.version:
        return Stale.VERSION
    if entry.useless >= USELESS_FROM and entry.useless > entry.useful:
        return Stale.USELESS
    lasts = MONTH * settings.stale_months
    if lasts and entry.changed_at and now - entry.changed_at > lasts:
        return Stale.AGE
    return None


# From so sure on, the nearest entry is likely what was asked about.
LIKELY = 0.3


def is_about(question: Question, entry: FaqEntry | None) -> bool:
    """Whether a question is likely about its nearest entry."""
    told = question.judged is not None or question.state is QuestionState.ANSWERED
    return entry is not None and (told or question.confidence >= LIKELY)


def reads_as(member: Member | None, *, guarded: bool) -> Readers | None:
    """As whom somebody reads the library; `None` reads everything.

    Customers by their role. Whoever has none is of the team where no customers are, else a user:
    not every platform tells who is from outside.
    """
    if member is None:
        return Readers.USER
    if member.role is Role.CUSTOMER_ADMIN:
        return Readers.ADMIN
    outside = member.role in CUSTOMERS or member.person.external
    if outside or (member.role is None and guarded):
        return Readers.USER
    return None


def those_asked(
    members: list[Member], owner_id: str | None, away: set[str], asker: str
) -> list[Member]:
    """Who is fetched: the owner of the nearest entry if they are there, else the engineers, else
    the managers; never whoever asks."""
    team = [m for m in members if not m.person.external and m.person.id != asker]
    here = [m for m in team if m.person.id not in away]
    owner = [m for m in here if m.person.id == owner_id and m.role not in CUSTOMERS]
    if owner:
        return owner
    for role in (Role.ENGINEER, Role.MANAGER, Role.SUPERVISOR):
        found = [m for m in here if m.role is role] or [m for m in team if m.role is role]
        if found:
            return found[:ASKED_AT_MOST]
    return []


def due_step(question: Question, project: Project, calendar: Calendar) -> datetime | None:
    """When an unanswered question is brought up next; `None` after the last step."""
    if question.state not in WAITING or question.first_id or question.told >= len(STEPS):
        return None
    return after_waking(project, question.asked_at, STEPS[question.told], calendar)


def after_waking(
    project: Project, start: datetime, length: timedelta, calendar: Calendar
) -> datetime:
    """The moment at which so much of working days outside quiet hours has passed since `start`."""
    now = next_waking(project, start, calendar) or start
    left = length
    while True:
        end = _evening(project, now)
        if now + left <= end:
            return now + left
        left -= end - now
        # The evening itself is quiet, so the next waking moment is another morning.
        now = next_waking(project, end, calendar) or end + timedelta(hours=24)


def _evening(project: Project, now: datetime) -> datetime:
    """When quiet hours begin after `now`; midnight of a project that has none."""
    local, settings = project.local(now), project.settings
    begins = settings.quiet_from
    if not is_quiet(begins, settings.quiet_until, begins):
        return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    evening = local.replace(hour=begins.hour, minute=begins.minute, second=0, microsecond=0)
    return evening if evening > local else evening + timedelta(days=1)
