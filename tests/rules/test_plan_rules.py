"""Reminders come once and in time, and dates that move take with them what hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.calendars import Calendars
from bot.domain.milestone import (
    Milestone,
    Moved,
    cycle,
    dated,
    following,
    forecast,
    in_order,
    left,
    owner_of,
    planned,
    reached,
    redated,
    to_remind,
)
from bot.domain.people import Member, Person, Role
from bot.domain.plan import Step, Template
from bot.templates import Templates

CHINA = Calendars().of("CN")
YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
PLANS = Templates().plans
few = settings(max_examples=30)
TODAY = date(2026, 9, 22)  # a Tuesday; 中秋 and 国庆 lie ahead
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 11, day) for day in (20, 21, 22, 23))


def step(number: int, due: date, *after: int, done: date | None = None) -> Milestone:
    return Milestone(f"m{number}", "p1", number, f"第{number}步", due, done, after=after)


def asked(milestone: Milestone, on: Iterable[date]) -> list[tuple[date, int]]:
    """The reminders given when it is looked at on these days, one after the other."""
    given_ = []
    for day in on:
        found = to_remind(milestone, day, CHINA)
        if found is not None:
            given_.append((day, found))
            milestone = replace(milestone, told=found)
    return given_


def around(due: date, before: int = 20, after: int = 20) -> list[date]:
    return [due + timedelta(days=n) for n in range(-before, after + 1)]


def worked(days: Iterable[date]) -> list[date]:
    return [day for day in days if CHINA.works(day)]


# --- reminders -----------------------------------------------------------------------------------


@pytest.mark.parametrize("month", range(1, 13))
def test_every_day_of_2026_is_reminded_of_once_per_step(month: int) -> None:
    """Asked on working days: three and one before, on the last day, every one after it."""
    for due in (day for day in YEAR if day.month == month):
        last = due if CHINA.works(due) else CHINA.shift(due, -1)
        before = [(CHINA.shift(last, -3), 3), (CHINA.shift(last, -1), 1), (last, 0)]
        overdue = [(CHINA.shift(last, n), -n) for n in (1, 2, 3, 4)]
        days = worked(around(due, 25, 25))
        assert asked(step(1, due), days)[:7] == before + overdue


@few
@given(due=st.sampled_from(YEAR), missed=st.sets(st.integers(0, 40)))
def test_after_an_outage_what_was_missed_is_said_once(due: date, missed: set[int]) -> None:
    days = [day for n, day in enumerate(around(due)) if n not in missed]
    found = asked(step(1, due), days)
    steps = [said for _, said in found]
    assert all(later < sooner for sooner, later in pairwise(steps))
    assert all(said == reached(step(1, due), day, CHINA) for day, said in found)
    told = {day for day, _ in found}
    unsaid = [day for day in days if day not in told]
    assert all(to_remind(replace(step(1, due), told=min(steps)), d, CHINA) is None
               for d in unsaid if steps and d <= found[-1][0])  # fmt: skip


@few
@given(due=st.sampled_from(YEAR), today=st.sampled_from(YEAR))
def test_the_days_left_say_whether_it_is_overdue(due: date, today: date) -> None:
    found = left(step(1, due), today, CHINA)
    said = reached(step(1, due), today, CHINA)
    assert (said is not None and said < 0) == (due < today)
    if due >= today:
        assert found >= 0
        assert said == (None if found > 3 else 3 if found > 1 else found)
    elif CHINA.works(today):
        assert said == found


@pytest.mark.parametrize("today", around(TODAY, 5, 5))
def test_what_is_done_is_never_reminded_of(today: date) -> None:
    assert to_remind(step(1, TODAY, done=TODAY), today, CHINA) is None


@pytest.mark.parametrize(
    ("due", "today", "days", "said"),
    [
        (date(2026, 10, 8), date(2026, 9, 29), 2, 3),  # 国庆 does not count
        (date(2026, 10, 8), date(2026, 9, 30), 1, 1),
        (date(2026, 10, 8), date(2026, 10, 7), 1, 1),
        (date(2026, 10, 3), date(2026, 9, 30), 0, 0),
        (date(2026, 10, 3), date(2026, 10, 8), -1, -1),
        (date(2026, 10, 3), date(2026, 10, 4), 0, -1),
        (date(2026, 10, 12), date(2026, 10, 9), 2, 3),  # the Saturday between is worked
        (FRIDAY, date(2026, 11, 16), 4, None),
    ],
)
def test_days_off_do_not_count(due: date, today: date, days: int, said: int | None) -> None:
    assert left(step(1, due), today, CHINA) == days
    assert reached(step(1, due), today, CHINA) == said


@few
@given(
    due=st.sampled_from(YEAR), back=st.integers(-15, 15), told=st.none() | st.integers(-5, 3),
    climbed=st.integers(0, 3),
)  # fmt: skip
def test_a_new_date_is_reminded_of_as_if_it_had_always_been_that(
    due: date, back: int, told: int | None, climbed: int
) -> None:
    """What was seen on a working day counts as said, and all that follows is said."""
    seen = CHINA.from_day(due + timedelta(days=back))
    old = replace(step(1, date(2026, 3, 3)), told=told, climbed=climbed)
    moved = dated(old, due, seen, CHINA)
    assert (moved.due, moved.climbed) == (due, 0)
    days = worked(around(due, 30, 30))
    always = [said for said in asked(step(1, due), days) if said[0] > seen]
    assert asked(moved, [day for day in days if day > seen]) == always


@pytest.mark.parametrize("seen", [SATURDAY, SUNDAY])
def test_a_date_that_is_given_at_the_weekend_is_reminded_of_on_monday(seen: date) -> None:
    """Nothing goes out at a weekend, so what was due on Friday is said first on Monday."""
    again = dated(step(1, FRIDAY), FRIDAY, seen, CHINA)
    assert asked(again, worked(around(MONDAY, 0, 1))) == [
        (MONDAY, -1),
        (MONDAY + timedelta(days=1), -2),
    ]


# --- whose it is ---------------------------------------------------------------------------------


def member(number: int, role: Role | None) -> Member:
    return Member("p1", Person(f"u{number}", "fake", f"ou_{number}", f"N{number}"), role)


@pytest.mark.parametrize(
    ("owner", "role", "found"),
    [
        ("u1", None, 1),
        ("u3", Role.MANAGER, 3),  # whoever is named comes before whoever has the role
        (None, Role.MANAGER, 2),
        ("gone", Role.MANAGER, 2),
        ("gone", None, None),
        (None, Role.ENGINEER, None),  # two have it
        (None, Role.SUPERVISOR, None),
        (None, None, None),  # and not whoever has no role
    ],
)
def test_whose_it_is(owner: str | None, role: Role | None, found: int | None) -> None:
    team = [member(1, Role.ENGINEER), member(2, Role.MANAGER), member(3, Role.ENGINEER),
            member(4, None)]  # fmt: skip
    whose = owner_of(replace(step(1, TODAY), owner_id=owner, role=role), team)
    assert (whose and whose.person.id) == (f"u{found}" if found else None)


# --- templates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PLANS)
def test_a_template_counts_back_from_every_day_of_2026(key: str) -> None:
    template = PLANS[key]
    for golive in YEAR:
        last = CHINA.from_day(golive)
        found = planned(template, golive, CHINA)
        due = {number: day for number, day, _ in found}
        assert [number for number, _, _ in found] == list(range(1, len(template.steps) + 1))
        for step_, (_, day, after) in zip(template.steps, found, strict=True):
            assert day == golive if step_.golive else CHINA.works(day)
            assert CHINA.between(day, last) == step_.offset or step_.golive
            assert day <= golive
            assert all(due[number] <= day for number in after)
            assert len(after) == len(step_.after)


def test_the_steps_of_four_weeks_before_national_day() -> None:
    found = planned(PLANS["four_weeks"], date(2026, 10, 12), CHINA)
    assert found[0] == (1, date(2026, 9, 8), ())
    assert found[-2:] == [(5, date(2026, 10, 9), (4,)), (6, date(2026, 10, 12), (5,))]


def test_a_go_live_at_a_weekend_stays_there() -> None:
    template = Template("t", "T", (Step("a", "A", 1), Step("b", "B", 0, after=("a", "?"))))
    assert planned(template, SUNDAY, CHINA) == [(1, FRIDAY, ()), (2, SUNDAY, (1,))]
    assert planned(Template("t", "T"), SUNDAY, CHINA) == []


# --- random plans --------------------------------------------------------------------------------

back = st.integers(-20, 30)
near = back.map(lambda n: TODAY + timedelta(days=n))
# How many days ago something was done; 1 and more when it is open.
done_ = st.integers(-25, 30)
Plan = list[Milestone]


@st.composite
def plans(draw: st.DrawFn, shift: Callable[[date], date] = lambda day: day) -> Plan:
    """Milestones of which none waits for itself; their numbers and dates say nothing of that."""
    rows = draw(st.lists(st.tuples(back, st.integers(0, 127), done_), min_size=1, max_size=7))
    step_ = draw(st.sampled_from((1, 3, 5)))
    names = [(place * step_) % 7 + 1 for place in range(len(rows))]
    found: Plan = []
    for place, (days, waits, done) in enumerate(rows):
        after = sorted(names[n] for n in range(place) if waits >> n & 1)
        day = None if done > 0 else TODAY + timedelta(days=done)
        found.append(step(names[place], shift(TODAY + timedelta(days=days)), *after, done=day))
    return found if draw(st.booleans()) else found[::-1]


tangles = st.dictionaries(st.integers(1, 6), st.lists(st.integers(1, 7), max_size=3), max_size=6)


def by_number(plan: Iterable[Milestone]) -> dict[int, Milestone]:
    return {milestone.number: milestone for milestone in plan}


def gap(before: Milestone, milestone: Milestone) -> int:
    return max(CHINA.between(before.due, milestone.due), 0)


def waiting_for(plan: Sequence[Milestone], number: int) -> set[int]:
    """The numbers of all that wait for one, directly or not."""
    found: set[int] = set()
    grown = {number}
    while grown != found:
        found = grown
        grown = found | {m.number for m in plan if found & set(m.after)}
    return found - {number}


@few
@given(plan=plans())
def test_everything_stands_after_what_it_waits_for(plan: Plan) -> None:
    found = in_order(plan)
    assert sorted(m.number for m in found) == sorted(m.number for m in plan)
    place = {m.number: n for n, m in enumerate(found)}
    assert all(place[number] < place[m.number] for m in plan for number in m.after)


@few
@given(plan=plans())
def test_a_plan_without_ties_stands_by_date_and_number(plan: Plan) -> None:
    free = [replace(m, after=()) for m in plan]
    assert in_order(free) == sorted(free, key=lambda m: (m.due, m.number))


@few
@given(tangle=tangles)
def test_a_circle_is_cut_and_nothing_is_lost(tangle: Mapping[int, Sequence[int]]) -> None:
    plan = [step(n, TODAY, *after) for n, after in tangle.items()]
    assert {m.number for m in in_order(plan)} == tangle.keys()
    assert len(in_order(plan)) == len(plan)
    assert forecast(plan, TODAY, CHINA).keys() == tangle.keys()
    for milestone in plan:
        found = following(plan, milestone, CHINA.shift(TODAY, 3), CHINA)
        assert milestone not in [move.milestone for move in found]


@few
@given(tangle=tangles)
def test_a_circle_is_found_when_there_is_one(tangle: Mapping[int, Sequence[int]]) -> None:
    found = cycle(tangle)
    try:
        TopologicalSorter(tangle).prepare()
    except CycleError:
        assert len(found) > 1
        assert found[0] == found[-1]
        assert len(set(found)) == len(found) - 1
        assert all(later in tangle[sooner] for sooner, later in pairwise(found))
    else:
        assert found == ()


@pytest.mark.parametrize(
    ("after", "found"),
    [({}, ()), ({1: [1]}, (1, 1)), ({1: [2], 2: [1]}, (1, 2, 1)), ({1: [2], 2: [3], 3: [2]},
     (2, 3, 2)), ({3: [1, 2], 2: [1]}, ())],
)  # fmt: skip
def test_circles(after: dict[int, list[int]], found: tuple[int, ...]) -> None:
    assert cycle(after) == found


def test_a_long_chain_is_no_trouble() -> None:
    chain = [step(n, TODAY, *([n + 1] if n < 300 else [])) for n in range(1, 301)]
    assert [m.number for m in in_order(chain)] == list(range(300, 0, -1))
    assert cycle({m.number: m.after for m in chain}) == ()


def test_a_woven_plan_is_no_trouble() -> None:
    """Of 80 milestones each waits for the two before it: there are too many ways to walk all."""
    woven = [step(n, TODAY, *(m for m in (n + 1, n + 2) if m <= 80)) for n in range(1, 81)]
    assert [m.number for m in in_order(woven)] == list(range(80, 0, -1))
    assert cycle({m.number: m.after for m in woven}) == ()


# --- forecast ------------------------------------------------------------------------------------


@few
@given(plan=plans())
def test_what_is_done_came_when_it_came_and_the_rest_is_never_early(plan: Plan) -> None:
    expected = forecast(plan, TODAY, CHINA)
    assert expected.keys() == by_number(plan).keys()
    for milestone in plan:
        if milestone.done_on:
            assert expected[milestone.number] == milestone.done_on
        else:
            assert expected[milestone.number] >= max(milestone.due, TODAY)


@few
@given(plan=plans())
def test_a_step_keeps_its_distance_to_what_is_late(plan: Plan) -> None:
    expected, known = forecast(plan, TODAY, CHINA), by_number(plan)
    for milestone in (m for m in plan if m.open):
        when = expected[milestone.number]
        late = [known[n] for n in milestone.after if expected[n] > known[n].due]
        for before in late:
            assert CHINA.between(expected[before.number], when) >= gap(before, milestone)
        if not late:
            assert when == max(milestone.due, TODAY)


def no_earlier(sooner: Plan, later: Plan, today: date = TODAY) -> bool:
    one, two = forecast(sooner, TODAY, CHINA), forecast(later, today, CHINA)
    return all(one[number] <= two[number] for number in one)


@few
@given(plan=plans(), days=st.integers(0, 20))
def test_waiting_makes_nothing_come_earlier(plan: Plan, days: int) -> None:
    assert no_earlier(plan, plan, TODAY + timedelta(days=days))


@few
@given(plan=plans(), slips=st.lists(st.integers(0, 12), min_size=7, max_size=7))
def test_the_later_something_was_done_the_later_comes_the_rest(
    plan: Plan, slips: list[int]
) -> None:
    slipped = [
        replace(m, done_on=m.done_on and m.done_on + timedelta(days=slip))
        for m, slip in zip(plan, slips, strict=False)
    ]
    assert no_earlier(plan, slipped)


@few
@given(plan=plans())
def test_doing_something_as_expected_changes_nothing(plan: Plan) -> None:
    expected = forecast(plan, TODAY, CHINA)
    for number in expected:
        done = [replace(m, done_on=expected[number]) if m.number == number else m for m in plan]
        assert forecast(done, TODAY, CHINA) == expected


@few
@given(plan=plans())
def test_a_plan_that_holds_comes_as_planned(plan: Plan) -> None:
    holds = [replace(m, done_on=m.done_on and m.due) for m in plan]
    first = min(m.due for m in plan)
    assert forecast(holds, first, CHINA) == {m.number: m.due for m in plan}


def test_what_is_overdue_comes_today_and_pushes_on() -> None:
    plan = [step(1, date(2026, 9, 18)), step(2, date(2026, 9, 24), 1), step(3, date(2026, 9, 30))]
    assert forecast(plan, TODAY, CHINA) == {
        1: TODAY,
        # Five working days after it as planned: 20 September was worked, 中秋 is not.
        2: date(2026, 9, 30),
        3: date(2026, 9, 30),
    }


# --- one date moves ------------------------------------------------------------------------------


def chosen(plan: Plan, which: int, by: int) -> tuple[Milestone, date]:
    """An open milestone and its new date."""
    there = [m for m in plan if m.open]
    assume(there)
    moved = there[which % len(there)]
    return moved, moved.due + timedelta(days=by)


@few
@given(plan=plans(), which=st.integers(0, 6), by=st.integers(-10, 15))
def test_what_waits_moves_on_and_nothing_else(plan: Plan, which: int, by: int) -> None:
    moved, to = chosen(plan, which, by)
    found = following(plan, moved, to, CHINA)
    assert {move.milestone.number for move in found} <= waiting_for(plan, moved.number)
    assert len({move.milestone.number for move in found}) == len(found)
    for move in found:
        assert move.milestone in plan
        assert move.milestone.open
        assert move.to > move.milestone.due
    if by <= 0:
        assert found == []


@few
@given(plan=plans(), which=st.integers(0, 6), by=st.integers(1, 15))
def test_what_follows_keeps_its_distance(plan: Plan, which: int, by: int) -> None:
    """To each that moved before it no less than planned, to one of them no more."""
    moved, to = chosen(plan, which, by)
    found = following(plan, moved, to, CHINA)
    new = {move.milestone.number: move.to for move in found} | {moved.number: to}
    known = by_number(plan)
    for milestone in (m for m in plan if m.open and m.number != moved.number):
        when = new.get(milestone.number, milestone.due)
        pushed = [known[n] for n in milestone.after if n in new]
        kept = [CHINA.between(new[b.number], when) - gap(b, milestone) for b in pushed]
        assert all(more >= 0 for more in kept)
        if milestone.number in new:
            # A new date on a day off counts from the working day after it.
            off = any(not CHINA.works(new[b.number]) for b in pushed)
            assert min(kept) <= off


def test_a_chain_follows_to_its_end_but_not_through_what_is_done() -> None:
    plan = [step(1, MONDAY), step(2, date(2026, 11, 25), 1), step(3, date(2026, 11, 30), 2)]
    to = date(2026, 11, 26)
    assert following(plan, plan[0], to, CHINA) == [
        Moved(plan[1], date(2026, 11, 30)),
        Moved(plan[2], date(2026, 12, 3)),
    ]
    plan[1] = replace(plan[1], done_on=MONDAY)
    assert following(plan, plan[0], to, CHINA) == []


def test_a_move_within_days_off_moves_nothing_else() -> None:
    plan = [step(1, SATURDAY), step(2, MONDAY, 1)]
    assert following(plan, plan[0], SUNDAY, CHINA) == []
    assert following(plan, plan[0], MONDAY, CHINA) == [Moved(plan[1], date(2026, 11, 24))]


# --- go-live moves -------------------------------------------------------------------------------

golives = st.integers(0, 60).map(lambda n: CHINA.from_day(TODAY + timedelta(days=n)))


@few
@given(plan=plans(), golive=near, to=near, launch=st.integers(0, 7))
def test_nothing_moves_into_the_past_and_what_is_done_stays(
    plan: Plan, golive: date, to: date, launch: int
) -> None:
    assume(to >= TODAY)
    plan = [replace(m, golive=m.number == launch) for m in plan]
    for move in redated(plan, golive, to, TODAY, CHINA):
        assert move.milestone in plan
        assert move.milestone.open
        assert move.to != move.milestone.due
        assert move.to >= min(TODAY, move.milestone.due)
        assert move.to == to or not move.milestone.golive


@few
@given(plan=plans(CHINA.from_day), golive=golives, to=golives)
def test_distances_to_go_live_are_kept_in_both_directions(
    plan: Plan, golive: date, to: date
) -> None:
    moves = {m.milestone.number: m.to for m in redated(plan, golive, to, TODAY, CHINA)}
    for milestone in (m for m in plan if m.open):
        day = moves.get(milestone.number, milestone.due)
        distance = CHINA.between(golive, milestone.due)
        if CHINA.shift(to, distance) < min(TODAY, milestone.due):
            assert day == min(TODAY, milestone.due), "that far back it cannot go"
        else:
            assert CHINA.between(to, day) == distance
            assert CHINA.works(day)


@few
@given(plan=plans(CHINA.from_day), golive=golives, later=st.integers(0, 20))
def test_there_and_back_is_as_it_was(plan: Plan, golive: date, later: int) -> None:
    to = CHINA.shift(golive, later)
    there = {m.milestone.number: m.to for m in redated(plan, golive, to, TODAY, CHINA)}
    moved = [replace(m, due=there.get(m.number, m.due)) for m in plan]
    back = {m.milestone.number: m.to for m in redated(moved, to, golive, TODAY, CHINA)}
    for milestone in (m for m in plan if m.open and m.due >= TODAY):
        now = there.get(milestone.number, milestone.due)
        assert back.get(milestone.number, now) == milestone.due


@few
@given(plan=plans(CHINA.from_day), golive=golives)
def test_a_go_live_that_stays_moves_nothing(plan: Plan, golive: date) -> None:
    assert redated(plan, golive, golive, TODAY, CHINA) == []


@few
@given(plan=plans(CHINA.from_day), golive=golives, to=golives)
def test_the_order_of_dates_stays(plan: Plan, golive: date, to: date) -> None:
    moves = {m.milestone.number: m.to for m in redated(plan, golive, to, TODAY, CHINA)}
    there = sorted((m for m in plan if m.open), key=lambda m: m.due)
    for sooner, later in pairwise(there):
        one, two = (moves.get(m.number, m.due) for m in (sooner, later))
        assert one <= two


@few
@given(
    key=st.sampled_from(sorted(PLANS)), golive=st.sampled_from(YEAR[:250]),
    to=st.sampled_from(YEAR[:250]),
)  # fmt: skip
def test_a_templates_plan_moves_to_where_the_template_would_put_it(
    key: str, golive: date, to: date
) -> None:
    plan = [
        replace(step(number, due, *after), golive=step_.golive)
        for step_, (number, due, after) in zip(
            PLANS[key].steps, planned(PLANS[key], golive, CHINA), strict=True
        )
    ]
    moves = {m.milestone.number: m.to for m in redated(plan, golive, to, date(2025, 1, 1), CHINA)}
    for number, due, _ in planned(PLANS[key], to, CHINA):
        assert moves.get(number, plan[number - 1].due) == due


@pytest.mark.parametrize("to", [date(2026, 12, 1), date(2026, 11, 26)])
def test_what_shares_the_day_of_go_live_moves_with_it(to: date) -> None:
    golive = date(2026, 11, 27)
    plan = [step(1, golive), replace(step(2, golive), golive=True), step(3, date(2026, 11, 25))]
    assert redated(plan, golive, to, MONDAY, CHINA)[:2] == [Moved(plan[0], to), Moved(plan[1], to)]
