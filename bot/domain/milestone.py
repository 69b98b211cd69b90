"""Milestones: what is due when, what hangs on what, and where it is heading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.domain.people import Member, Role
from bot.domain.plan import Template
from bot.domain.workdays import Calendar

MOST = 300
LONGEST_NAME = 60
# Working days left at which somebody is reminded, besides every working day while overdue.
REMINDED_AT = (3, 1, 0)


@dataclass(frozen=True, slots=True)
class Milestone:
    """A dated step of the plan; `number` counts within the project (M1, M2 …).

    `due` is the date as it is planned now, `baseline` as it was first agreed. `after` are the
    numbers of those that must be done before. Without an `owner_id` whoever alone has the `role`
    owns it. `told` is the reminder given last, in working days left (see `reached`), `climbed` the
    ladder's rung; both begin anew when the date moves. `shared` ones customers see.
    """

    id: str
    project_id: str
    number: int
    name: str
    due: date
    done_on: date | None = None
    baseline: date | None = None
    owner_id: str | None = None
    role: Role | None = None
    phase: str = ""
    after: tuple[int, ...] = ()
    shared: bool = False
    golive: bool = False
    checklist: tuple[tuple[str, bool], ...] = ()
    told: int | None = None
    climbed: int = 0
    version: int = 1

    @property
    def label(self) -> str:
        return f"M{self.number}"

    @property
    def open(self) -> bool:
        return self.done_on is None

    @property
    def agreed(self) -> date:
        return self.baseline or self.due


@dataclass(frozen=True, slots=True)
class Moved:
    """One milestone's old and new date."""

    milestone: Milestone
    to: date


def left(milestone: Milestone, today: date, calendar: Calendar) -> int:
    """Working days left; 0 on the day, or on the last working day before one that is none;
    negative while overdue."""
    return calendar.between(today, milestone.due)


def reached(milestone: Milestone, today: date, calendar: Calendar) -> int | None:
    """The reminder that is due today: 3, 1, 0, or minus the working days overdue; else `None`."""
    days = left(milestone, today, calendar)
    if milestone.due < today:
        return min(days, -1)
    return next((step for step in reversed(REMINDED_AT) if days <= step), None)


def to_remind(milestone: Milestone, today: date, calendar: Calendar) -> int | None:
    """The reminder to give now, if there is one that has not been given. One that was missed is
    given once, and an earlier one with it."""
    step = reached(milestone, today, calendar) if milestone.open else None
    fresh = step is not None and (milestone.told is None or step < milestone.told)
    return step if fresh else None


def dated(milestone: Milestone, due: date, seen: date, calendar: Calendar) -> Milestone:
    """The milestone with a new date; what was to be said of it up to `seen` counts as said.

    `seen` is the last day whose reminders have gone out, or the day off after it.
    """
    seen = seen if calendar.works(seen) else calendar.shift(seen, -1)
    moved = replace(milestone, due=due, climbed=0)
    return replace(moved, told=reached(moved, seen, calendar))


def owner_of(milestone: Milestone, members: Sequence[Member]) -> Member | None:
    """Whose it is: who was named and is still there, else the only one with its role."""
    if milestone.owner_id:
        named = next((m for m in members if m.person.id == milestone.owner_id), None)
        if named:
            return named
    holders = [m for m in members if m.role is milestone.role] if milestone.role else []
    return holders[0] if len(holders) == 1 else None


def planned(
    template: Template, golive: date, calendar: Calendar
) -> list[tuple[int, date, tuple[int, ...]]]:
    """For each step of a template its place, its date counted back on working days, and the
    numbers that it comes after."""
    last = calendar.from_day(golive)
    numbers = {step.key: number for number, step in enumerate(template.steps, start=1)}
    return [
        (
            numbers[step.key],
            golive if step.offset == 0 else calendar.shift(last, -step.offset),
            tuple(numbers[key] for key in step.after if key in numbers),
        )
        for step in template.steps
    ]


def in_order(milestones: Iterable[Milestone]) -> list[Milestone]:
    """Each after what it hangs on, otherwise by date and number. A cycle is cut somewhere."""
    by_number = {m.number: m for m in milestones}
    placed: dict[int, Milestone] = {}

    def place(milestone: Milestone, above: frozenset[int]) -> None:
        for number in milestone.after:
            if number in by_number and number not in placed and number not in above:
                place(by_number[number], above | {number})
        placed[milestone.number] = milestone

    for milestone in sorted(by_number.values(), key=lambda m: (m.due, m.number)):
        if milestone.number not in placed:
            place(milestone, frozenset({milestone.number}))
    return list(placed.values())


def cycle(after: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    """Numbers that wait for one another in a circle, the first one again at the end; or nothing."""
    done: set[int] = set()
    for start in after:
        path: list[int] = []
        if found := _circle(start, after, path, done):
            return found
    return ()


def _circle(
    number: int, after: Mapping[int, Sequence[int]], path: list[int], done: set[int]
) -> tuple[int, ...]:
    if number in path:
        return (*path[path.index(number) :], number)
    if number in done:
        return ()
    path.append(number)
    for before in after.get(number, ()):
        if found := _circle(before, after, path, done):
            return found
    done.add(path.pop())
    return ()


def forecast(milestones: Sequence[Milestone], today: date, calendar: Calendar) -> dict[int, date]:
    """When each is to be expected, by number.

    What is done came when it came. What is overdue comes today at the earliest; and a step keeps
    the working days that the plan leaves between it and what it waits for.
    """
    expected: dict[int, date] = {}
    by_number = {m.number: m for m in milestones}
    for milestone in in_order(milestones):
        if milestone.done_on:
            expected[milestone.number] = milestone.done_on
            continue
        days = [milestone.due, max(milestone.due, today)]
        for number in milestone.after:
            before = by_number.get(number)
            when = expected.get(number)
            if before and when and when > before.due:
                days.append(calendar.shift(when, _gap(before, milestone, calendar)))
        expected[milestone.number] = max(days)
    return expected


def causes(
    milestones: Sequence[Milestone], of: Milestone, today: date, calendar: Calendar
) -> tuple[Milestone, ...]:
    """Why a milestone is expected later than planned: what came late or is overdue itself, along
    the way that makes it late, in the order of the dates."""
    expected = forecast(milestones, today, calendar)
    by_number = {m.number: m for m in milestones}
    found: dict[int, Milestone] = {}
    seen: set[int] = set()
    ahead = [of]
    while ahead:
        milestone = ahead.pop()
        if milestone.number in seen:
            continue
        seen.add(milestone.number)
        when = expected[milestone.number]
        if milestone.done_on or (milestone.due < today and when <= max(milestone.due, today)):
            if when > milestone.due:
                found[milestone.number] = milestone
            continue
        befores = [by_number[n] for n in milestone.after if n in by_number]
        ahead += [
            before
            for before in befores
            if expected[before.number] > before.due
            and calendar.shift(expected[before.number], _gap(before, milestone, calendar)) == when
        ]
    return tuple(sorted(found.values(), key=lambda m: (m.due, m.number)))


def _gap(before: Milestone, milestone: Milestone, calendar: Calendar) -> int:
    return max(calendar.between(before.due, milestone.due), 0)


def following(
    milestones: Sequence[Milestone], moved: Milestone, to: date, calendar: Calendar
) -> list[Moved]:
    """What moves when one milestone does: those that wait for it, directly or not, keep the
    working days that the plan leaves between them. Nothing is pulled forward."""
    new: dict[int, date] = {moved.number: to}
    by_number = {m.number: m for m in milestones}
    found: list[Moved] = []
    for milestone in in_order(milestones):
        if milestone.number == moved.number or not milestone.open:
            continue
        days = [
            calendar.shift(new[number], _gap(by_number[number], milestone, calendar))
            for number in milestone.after
            if number in new and new[number] > by_number[number].due
        ]
        if days and max(days) > milestone.due:
            new[milestone.number] = max(days)
            found.append(Moved(milestone, max(days)))
    return found


def redated(
    milestones: Sequence[Milestone], golive: date, to: date, today: date, calendar: Calendar
) -> list[Moved]:
    """What hangs on a go-live that moves: every open milestone keeps its distance to it in working
    days, later or earlier, but none moves into the past."""
    last, new_last = calendar.from_day(golive), calendar.from_day(to)
    found = []
    for milestone in milestones:
        if not milestone.open:
            continue
        distance = calendar.between(last, milestone.due)
        if milestone.golive or milestone.due == golive:
            day = to
        else:
            earliest = min(calendar.from_day(today), milestone.due)
            day = max(calendar.shift(new_last, distance), earliest)
        if day != milestone.due:
            found.append(Moved(milestone, day))
    return found
