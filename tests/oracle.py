"""What had to be told in a made-up year: by the rules in words, day by day, with plain loops.

Nothing of the product's reckoning is used here: no reminder, rung, waiting or next time is asked of
it, only whether people work on a day. Whoever changes a rule changes it in two places, and the year
of `tests/dialogues/test_year.py` says whether both mean the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from bot.domain.people import Role
from bot.domain.project import Project
from tests.year import Act, Outage, Script, at

Works = Callable[[date], bool]
Row = tuple[str, str, str, int, datetime, str]
DAY = timedelta(days=1)
NIGHT, MORNING = time(20), time(8, 30)
TEN_MINUTES = timedelta(minutes=10)
OWNER, MANAGER, SUPERVISOR = 1, 2, 3


class Word(NamedTuple):
    """One thing that one person is told on a day."""

    person: str
    kind: str
    subject: str
    step: int
    day: date


def mistakes(rows: Sequence[Row], script: Script, works: Works) -> list[str]:
    """Everything that is wrong with what was told; nothing when all is well."""
    zone = next(iter(script.projects.values())).zone
    said = Counter(Word(*row[:4], row[4].astimezone(zone).date()) for row in rows)
    due = Counter(expected(script, works))
    moments = {row[4].astimezone(zone) for row in rows}
    return [
        *(f"not said: {word}" for word in sorted((due - said).elements())),
        *(f"said twice or for nothing: {word}" for word in sorted((said - due).elements())),
        *(f"on a day off: {moment}" for moment in sorted(moments) if not works(moment.date())),
        *(f"in quiet hours: {moment}" for moment in sorted(moments) if not _awake(moment)),
        *_cards_apart(rows),
    ]


def _awake(moment: datetime) -> bool:
    return MORNING <= moment.time() < NIGHT


def _cards_apart(rows: Iterable[Row]) -> Iterator[str]:
    """A card gathers ten minutes, and the next one begins after them."""
    begun: dict[str, dict[str, datetime]] = {}
    for person, _, subject, _, moment, batch in rows:
        first = begun.setdefault(person, {}).setdefault(batch, moment)
        if moment - first >= TEN_MINUTES:
            yield f"on an old card: {subject} for {person}, {moment} on that of {first}"
    for person, cards in begun.items():
        moments = sorted(cards.values())
        for one, other in pairwise(moments):
            if other - one < TEN_MINUTES:
                yield f"two cards: for {person}, {one} and {other}"


def expected(script: Script, works: Works) -> list[Word]:
    """Each word as often as it has to be said: once."""
    days = _Days(works, script)
    leaves = [act for act in script.acts if act.what == "leave"]
    acts: dict[str, list[Act]] = {id_: [] for id_ in script.projects}
    for act in script.acts:
        if act.project:
            acts[act.project].append(act)
    said: list[Word] = []
    for id_, project in script.projects.items():
        seats = {seat.person for seat in script.seats if seat.project == id_}
        away = [act for act in leaves if act.person in seats]
        said += _Story(script, project, days, [*acts[id_], *away]).told()
    return said


class _Days:
    """Working days, counted by going through them one by one."""

    def __init__(self, works: Works, script: Script) -> None:
        self.works = works
        self._number: dict[date, int] = {}
        day, number = script.size.first - 30 * DAY, 0
        while day < script.size.last + 120 * DAY:
            number += works(day)
            self._number[day] = number
            day += DAY

    def after(self, start: date, end: date) -> int:
        """How many working days come after `start`, up to and with `end`."""
        return self._number[end] - self._number[start]

    def runs(self, wall: time, script: Script) -> Iterator[datetime]:
        """When a job of that time of day is really run: on every working day; if nobody is there,
        once as soon as somebody is, but not by night or on a day off."""
        last = script.start
        while True:
            day = last.date() if last.time() < wall else last.date() + DAY
            while not self.works(day):
                day += DAY
            last = self._up(at(day, wall), script.outages)
            if last > script.end:
                return
            yield last

    def _up(self, moment: datetime, outages: Sequence[Outage]) -> datetime:
        for begins, ends in outages:
            if begins <= moment < ends:
                moment = self._waking(ends)
        return moment

    def _waking(self, moment: datetime) -> datetime:
        if self.works(moment.date()) and _awake(moment):
            return moment
        day = moment.date() if moment.time() < MORNING else moment.date() + DAY
        while not self.works(day):
            day += DAY
        return at(day, MORNING)


@dataclass
class _Step:
    """A milestone; what lay on or before the day `seen` has been said or is past."""

    owner: str | None
    role: Role | None
    due: date
    seen: date
    done: bool = False
    rungs: set[int] = field(default_factory=set)
    # Whether it opened a risk of its own, whether somebody has dealt with that one, and until when
    # somebody has put it off.
    opened: bool = False
    answered: bool = False
    asked_for: date | None = None

    def begin(self, due: date, seen: date) -> None:
        self.due, self.seen, self.done = due, seen, False
        self.settle()

    def settle(self) -> None:
        self.rungs, self.opened, self.answered, self.asked_for = set(), False, False, None


@dataclass
class _Trouble:
    """A risk: `waits` while nobody sees to it, since the day `heard` or a day asked for."""

    owner: str | None
    heard: date
    waits: bool = True
    over: bool = False
    asked_for: date | None = None
    rungs: set[int] = field(default_factory=set)
    review: date | None = None
    reviewed: bool = False

    def speak(self, day: date) -> None:
        self.heard, self.rungs = day, set()


class _Story:
    """One project from its first day to its last."""

    def __init__(self, script: Script, project: Project, days: _Days, acts: Sequence[Act]) -> None:
        self._script, self._project, self._days = script, project, days
        seats = [seat for seat in script.seats if seat.project == project.id]
        # In the order in which they joined.
        self._here = {seat.person: seat.role for seat in seats}
        self._away: list[tuple[str, date, date]] = []
        self._steps: dict[str, _Step] = {}
        self._troubles: dict[str, _Trouble] = {}
        self._said: list[Word] = []
        settings = project.settings
        happens: list[tuple[datetime, Callable[[], None]]] = [
            (act.at, partial(self._act, act)) for act in acts
        ]
        for wall, job in ((settings.remind_at, self._remind), (settings.climb_at, self._climb)):
            happens += [(moment, partial(job, moment.date())) for moment in days.runs(wall, script)]
        self._happens = sorted(happens, key=lambda one: one[0])

    def told(self) -> list[Word]:
        for _, happen in self._happens:
            happen()
        return self._said

    # --- reminders -------------------------------------------------------------------------------

    def _remind(self, today: date) -> None:
        """Three working days before, one before, on the day, then every working day: once each, to
        one person. Of several that fell on days when nobody was there only the last is said."""
        for id_, step in self._steps.items():
            if step.done:
                continue
            reached, day = None, step.seen + DAY
            while day <= today:
                if self._days.works(day):
                    reached = self._mark(step.due, day, reached)
                day += DAY
            to: list[str] = []
            if reached is not None:
                to = self._first_there((OWNER, MANAGER, SUPERVISOR), self._owner(step), today)
                self._say(to[:1], "milestone", id_, reached, today)
            if reached is None or to:  # with nobody there it is tried again
                step.seen = max(step.seen, today)

    def _mark(self, due: date, day: date, before: int | None) -> int | None:
        """The reminder that falls on a working day, or the one before it where none does."""
        if day > due:
            return -self._days.after(due, day)
        remaining = self._days.after(day, due)
        return remaining if remaining in (3, 1, 0) else before

    def _owner(self, step: _Step) -> str | None:
        if step.owner in self._here:
            return step.owner
        holders = [person for person, role in self._here.items() if role is step.role]
        return holders[0] if len(holders) == 1 else None

    # --- the ladder ------------------------------------------------------------------------------

    def _climb(self, today: date) -> None:
        for id_, trouble in self._troubles.items():
            if trouble.over:
                continue
            if trouble.waits:
                self._climb_trouble(id_, trouble, today)
            elif trouble.review and trouble.review <= today and not trouble.reviewed:
                owner = trouble.owner if trouble.owner in self._here else None
                to = self._first_there((OWNER, MANAGER, SUPERVISOR), owner, today)
                trouble.reviewed = bool(to)
                self._say(to, "review", id_, OWNER, today)
        for id_, step in self._steps.items():
            if step.done or step.due >= today or step.answered:
                continue
            if not step.asked_for or step.asked_for <= today:
                silent = self._days.after(step.due, today)
                rungs = self._reached(silent, step.rungs, (MANAGER, SUPERVISOR))
                step.opened = step.opened or bool(rungs)
                step.rungs |= self._tell_rungs(
                    "milestone.late", id_, rungs, self._owner(step), today
                )

    def _climb_trouble(self, id_: str, trouble: _Trouble, today: date) -> None:
        since = trouble.heard
        if trouble.asked_for and trouble.asked_for > since:
            since = trouble.asked_for - DAY
        if since > today:
            return
        owner = trouble.owner if trouble.owner in self._here else None
        silent = self._days.after(since, today)
        rungs = self._reached(silent, trouble.rungs, (OWNER, MANAGER, SUPERVISOR))
        trouble.rungs |= self._tell_rungs("risk", id_, rungs, owner, today)

    def _reached(self, silent: int, told: set[int], rungs: Sequence[int]) -> list[int]:
        """The rungs whose distance is behind us and that nobody stood on yet."""
        distances = self._project.settings.distances
        far = {OWNER: distances.owner, MANAGER: distances.manager, SUPERVISOR: distances.supervisor}
        return [rung for rung in rungs if silent >= far[rung] and rung not in told]

    def _tell_rungs(
        self, kind: str, id_: str, rungs: Iterable[int], owner: str | None, today: date
    ) -> set[int]:
        """Whoever stands on several rungs that are reached at once hears of the highest. Gives back
        the rungs on which somebody was; the others are tried again."""
        highest: dict[str, int] = {}
        heard: set[int] = set()
        for rung in rungs:
            order = (SUPERVISOR, MANAGER) if rung == SUPERVISOR else range(rung, SUPERVISOR + 1)
            there = self._first_there(order, owner, today)
            heard |= {rung} if there else set()
            highest |= dict.fromkeys(there, rung)
        for person, rung in highest.items():
            self._say([person], kind, id_, rung, today)
        return heard

    def _first_there(self, rungs: Iterable[int], owner: str | None, today: date) -> list[str]:
        """Who of the first rung on which somebody of ours is there today."""
        away = {person for person, first, last in self._away if first <= today <= last}
        for rung in rungs:
            role = Role.MANAGER if rung == MANAGER else Role.SUPERVISOR
            holders = [person for person, has in self._here.items() if has is role]
            if rung == OWNER:
                holders = [owner] if owner else []
            there = [p for p in holders if not self._script.people[p].external and p not in away]
            if there:
                return there
        return []

    def _say(self, to: Iterable[str], kind: str, id_: str, step: int, day: date) -> None:
        self._said += [Word(person, kind, id_, step, day) for person in to]

    # --- what people do --------------------------------------------------------------------------

    def _act(self, act: Act) -> None:
        if act.what == "leave":
            self._away.append((act.person, act.date, act.last or act.date))
        elif act.what == "left":
            self._here.pop(act.person, None)
        elif act.what.startswith("risk."):
            self._on_trouble(act)
        else:
            self._on_step(act)

    def _on_step(self, act: Act) -> None:
        day = act.at.date()
        reminded = act.at.time() >= self._project.settings.remind_at
        seen = day if reminded else day - DAY
        if act.what == "add":
            given = self._script.milestones[act.subject]
            self._steps[act.subject] = _Step(given.owner_id, given.role, act.date, seen)
            return
        step = self._steps[act.subject]
        if act.what in ("move", "reopen"):
            step.begin(act.date, seen)
        elif act.what == "done":
            step.settle()
            step.done = True
        elif step.opened and act.what == "own.snooze":
            step.asked_for = act.date
        elif step.opened:
            step.answered = True

    def _on_trouble(self, act: Act) -> None:
        day, what = act.at.date(), act.what.removeprefix("risk.")
        if what == "open":
            self._troubles[act.subject] = _Trouble(act.person or None, day)
            return
        trouble = self._troubles[act.subject]
        trouble.speak(day)
        if what in ("ack", "treat"):
            trouble.waits, trouble.asked_for = False, None
        if what in ("ack", "assign"):
            trouble.owner = act.person
        if what == "treat":
            trouble.review, trouble.reviewed = act.date, False
        elif what == "snooze":
            trouble.asked_for = act.date
        elif what == "assign":
            trouble.asked_for = None
        elif what in ("close", "dismiss"):
            trouble.over = True
