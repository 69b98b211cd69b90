"""Each rule gives its reason and colour, silence is never green, and a delay has its causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.health import Health, Outlook, Reason, Signs, health, outlook
from bot.domain.ladder import Distances
from bot.domain.milestone import Milestone
from bot.domain.people import Member, Person, Role
from bot.domain.risk import Risk, RiskState
from bot.domain.workdays import Calendar

CALENDAR = Calendar()
TODAY = date(2026, 11, 24)  # a Tuesday
GOLIVE = date(2026, 12, 22)
AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
GOOD, WATCH, BAD = Health.GOOD, Health.WATCH, Health.BAD


def days(count: int, start: date = TODAY) -> date:
    return CALENDAR.shift(start, count)


def member(number: int, role: Role | None) -> Member:
    return Member("p1", Person(f"u{number}", "fake", f"ou_{number}", f"N{number}"), role)


def step(number: int, due: date, *after: int, done: date | None = None) -> Milestone:
    return Milestone(f"m{number}", "p1", number, f"第{number}步", due, done, after=after)


def goal(due: date = GOLIVE, *after: int, done: date | None = None) -> Milestone:
    return replace(step(9, due, *after, done=done), golive=True, name="上线")


def risk(probability: int, impact: int, state: RiskState = RiskState.OPEN) -> Risk:
    return Risk("r1", "p1", 3, "接口没给", "接口延迟", probability, impact, state, AT, AT)


TEAM = (member(1, Role.ENGINEER), member(2, Role.MANAGER))
FINE = Signs((goal(),), (), TEAM, heard=True, asked=True, golive=GOLIVE)


def found(signs: Signs, distances: Distances | None = None) -> list[tuple[str, Health]]:
    return [(reason.key, reason.health) for reason in of(signs, distances)]


def of(signs: Signs, distances: Distances | None = None) -> list[Reason]:
    return health(signs, TODAY, CALENDAR, distances)[1]


def test_a_project_with_nothing_wrong_that_speaks_is_good() -> None:
    assert health(FINE, TODAY, CALENDAR) == (GOOD, [])


ALONE: list[tuple[str, Signs, list[tuple[str, Health]]]] = [
    ("due today", replace(FINE, milestones=(step(1, TODAY), goal())), []),
    ("a day late", replace(FINE, milestones=(step(1, days(-1)), goal())),
     [("health.overdue", WATCH)]),
    ("as late as the manager waits", replace(FINE, milestones=(step(1, days(-2)), goal())),
     [("health.overdue", WATCH)]),
    ("later", replace(FINE, milestones=(step(1, days(-3)), goal())), [("health.overdue", BAD)]),
    ("late but done", replace(FINE, milestones=(step(1, days(-9), done=days(-8)), goal())), []),
    ("planned a day after go-live", replace(FINE, milestones=(goal(days(1, GOLIVE)),)),
     [("health.forecast", WATCH)]),
    ("planned three days after it", replace(FINE, milestones=(goal(days(3, GOLIVE)),)),
     [("health.forecast", BAD)]),
    ("done a day late",
     replace(FINE, milestones=(step(1, days(-2), done=days(-1)), goal(GOLIVE, 1))),
     [("health.forecast", WATCH)]),
    ("done three days late",
     replace(FINE, milestones=(step(1, days(-4), done=days(-1)), goal(GOLIVE, 1))),
     [("health.forecast", BAD)]),
    ("two for two days", replace(FINE, milestones=(step(1, TODAY), goal(days(1))), golive=days(1)),
     []),
    ("three for two days",
     replace(FINE, milestones=(step(1, TODAY), step(2, TODAY), goal(days(1))), golive=days(1)),
     [("health.tight", WATCH)]),
    ("go-live today", replace(FINE, milestones=(goal(TODAY),), golive=TODAY), []),
    ("no plan", replace(FINE, milestones=()), [("health.no_plan", WATCH)]),
    ("no plan, no go-live", replace(FINE, milestones=(), golive=None),
     [("health.no_plan", WATCH)]),
    ("a high risk that somebody has", replace(FINE, risks=(risk(5, 3, RiskState.ACKNOWLEDGED),)),
     [("health.risks_high", WATCH)]),
    ("one that was treated long ago",
     replace(FINE, risks=(risk(5, 5, RiskState.MITIGATING),), waiting={"r1": 30}),
     [("health.risks_high", WATCH)]),
    ("one that waits for a day", replace(FINE, risks=(risk(5, 3),), waiting={"r1": 1}),
     [("health.risks_high", WATCH)]),
    ("one that waits for two", replace(FINE, risks=(risk(5, 3),), waiting={"r1": 2}),
     [("health.risk_unanswered", BAD), ("health.risks_high", WATCH)]),
    ("a medium one that waits", replace(FINE, risks=(risk(2, 4),), waiting={"r1": 3}), []),
    ("a medium one that waits long", replace(FINE, risks=(risk(2, 4),), waiting={"r1": 4}),
     [("health.risks_old", WATCH)]),
    ("a low one that waits long", replace(FINE, risks=(risk(1, 1),), waiting={"r1": 4}),
     [("health.risks_old", WATCH)]),
    ("one that was acknowledged", replace(
        FINE, risks=(risk(2, 4, RiskState.ACKNOWLEDGED),), waiting={"r1": 30}), []),
    ("a blocker of today", replace(FINE, blockers=[0]), [("health.blockers", WATCH)]),
    ("one of yesterday", replace(FINE, blockers=[0, 1]), [("health.blockers", WATCH)]),
    ("an old one", replace(FINE, blockers=[2, 0]), [("health.blockers_old", WATCH)]),
    ("as old as the supervisor waits", replace(FINE, blockers=[4]),
     [("health.blockers_old", WATCH)]),
    ("older", replace(FINE, blockers=[0, 5]), [("health.blockers_old", BAD)]),
    ("silent for a day", replace(FINE, silent={"李雷": 1}), []),
    ("silent for two", replace(FINE, silent={"李雷": 2, "韩梅": 1}), [("health.silent", WATCH)]),
    ("silent, and nobody else spoke", replace(FINE, silent={"李雷": 2}, heard=False),
     [("health.silent", WATCH)]),
    ("nobody spoke", replace(FINE, heard=False), [("health.silence", WATCH)]),
    ("nobody was asked", replace(FINE, heard=False, asked=False), [("health.unasked", WATCH)]),
    ("no engineer", replace(FINE, members=TEAM[1:]), [("health.no_engineer", WATCH)]),
    ("no manager", replace(FINE, members=TEAM[:1]), [("health.no_manager", WATCH)]),
    ("nobody", replace(FINE, members=()),
     [("health.no_engineer", WATCH), ("health.no_manager", WATCH)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("signs", "expected"), [case[1:] for case in ALONE], ids=[case[0] for case in ALONE]
)
def test_each_rule_alone(signs: Signs, expected: list[tuple[str, Health]]) -> None:
    level, reasons = health(signs, TODAY, CALENDAR)
    assert [(reason.key, reason.health) for reason in reasons] == expected
    assert level is (expected[0][1] if expected else GOOD)


def values(signs: Signs) -> dict[str, object]:
    return dict(of(signs)[0].values)


def test_a_reason_says_how_much() -> None:
    late = replace(FINE, milestones=(step(1, days(-3)), goal()))
    assert values(late) == {"name": "第1步", "days": 3}
    unanswered = replace(FINE, risks=(risk(5, 3),), waiting={"r1": 6})
    assert values(unanswered) == {"number": 3, "text": "接口没给", "days": 6}
    assert values(replace(FINE, blockers=[0, 3, 1])) == {"count": 3, "days": 3}
    quiet = replace(FINE, silent={"李雷": 4, "韩梅": 3, "王工": 1})
    assert values(quiet) == {"count": 2, "days": 3, "names": ("李雷", "韩梅")}
    slipped = replace(FINE, milestones=(step(1, days(-2), done=days(-1)), goal(GOLIVE, 1)))
    assert values(slipped) == {"day": days(1, GOLIVE), "days": 1, "names": ("第1步",)}
    tight = (step(1, TODAY), step(2, TODAY), goal(days(1)))
    assert values(replace(FINE, milestones=tight, golive=days(1))) == {"count": 3, "days": 2}


def test_something_due_on_a_day_off_is_a_day_late_at_least() -> None:
    sunday = date(2026, 11, 29)
    signs = replace(FINE, milestones=(step(1, sunday - timedelta(days=1)), goal()))
    [reason] = health(signs, sunday, CALENDAR)[1]
    assert (reason.key, dict(reason.values)["days"]) == ("health.overdue", 1)


def test_the_distances_of_the_team_decide() -> None:
    far = Distances(2, 5, 9)
    assert found(replace(FINE, milestones=(step(1, days(-5)), goal())), far) == [
        ("health.overdue", WATCH)
    ]
    waits = replace(FINE, risks=(risk(5, 3),), waiting={"r1": 4})
    assert found(waits, far) == [("health.risks_high", WATCH)]
    assert found(replace(FINE, blockers=[9]), far) == [("health.blockers_old", WATCH)]


def test_a_day_off_before_go_live_is_no_day_to_work() -> None:
    saturday, monday = date(2026, 11, 28), date(2026, 11, 30)
    signs = replace(FINE, milestones=(step(1, monday), goal(monday)), golive=monday)
    reasons = health(signs, saturday, CALENDAR)[1]
    assert [reason.key for reason in reasons] == ["health.tight"]
    assert dict(reasons[0].values) == {"count": 2, "days": 1}


# --- any signs -----------------------------------------------------------------------------------

near = st.integers(-15, 15).map(lambda n: TODAY + timedelta(days=n))


@st.composite
def plans(draw: st.DrawFn) -> tuple[Milestone, ...]:
    """Steps of which each waits for some before it, and most often a go-live at the end."""
    count = draw(st.integers(0, 6))
    steps = []
    for number in range(1, count + 1):
        after = draw(st.sets(st.integers(1, number - 1))) if number > 1 else set()
        done = draw(st.none() | near.filter(lambda day: day <= TODAY))
        steps.append(step(number, draw(near), *sorted(after), done=done))
    if draw(st.integers(0, 5)):
        after = draw(st.sets(st.integers(1, count))) if count else set()
        steps.append(goal(draw(near), *sorted(after)))
    return tuple(steps)


risks = st.builds(
    lambda state, probability, impact, number: replace(
        risk(probability, impact, state), id=f"r{number}", number=number
    ),
    st.sampled_from([RiskState.OPEN, RiskState.ACKNOWLEDGED, RiskState.MITIGATING]),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(1, 4),
)
counts = st.integers(0, 8)
signs_ = st.builds(
    Signs,
    plans(),
    st.lists(risks, max_size=4),
    st.lists(st.sampled_from([*Role, None]).map(lambda role: member(1, role)), max_size=4),
    st.lists(counts, max_size=3),
    st.dictionaries(st.sampled_from(["r1", "r2", "r3", "r4"]), counts),
    st.dictionaries(st.sampled_from(["李雷", "韩梅"]), counts),
    st.booleans(),
    st.booleans(),
    st.none() | near,
)


@settings(max_examples=50)
@given(signs=signs_)
def test_silence_is_never_green(signs: Signs) -> None:
    quiet = replace(signs, heard=False)
    level, reasons = health(quiet, TODAY, CALENDAR)
    assert level is not GOOD
    assert {"health.silence", "health.unasked", "health.silent"} & {r.key for r in reasons}


@settings(max_examples=50)
@given(signs=signs_)
def test_the_worst_comes_first_and_gives_the_colour(signs: Signs) -> None:
    level, reasons = health(signs, TODAY, CALENDAR)
    order = [reason.health for reason in reasons]
    assert GOOD not in order
    assert order == sorted(order, key=[BAD, WATCH].index)
    assert level is (order[0] if order else GOOD)


# --- the outlook ---------------------------------------------------------------------------------


def look(plan: Sequence[Milestone], golive: date | None = GOLIVE) -> Outlook | None:
    return outlook(plan, golive, TODAY, CALENDAR)


def causes(plan: Sequence[Milestone], golive: date | None = GOLIVE) -> list[int]:
    ahead = look(plan, golive)
    assert ahead
    return [milestone.number for milestone in ahead.because]


@settings(max_examples=40)
@given(plan=plans(), golive=near)
def test_there_is_no_outlook_without_a_go_live_to_come(
    plan: tuple[Milestone, ...], golive: date
) -> None:
    ahead = [m for m in plan if m.golive]
    assert look(plan, None) is None
    assert (look(plan, golive) is None) == (not ahead)
    assert look([replace(m, done_on=TODAY) for m in plan], golive) is None
    assert look([m for m in plan if not m.golive], golive) is None


@settings(max_examples=50)
@given(plan=plans(), golive=near)
def test_go_live_is_late_only_when_something_slipped(
    plan: tuple[Milestone, ...], golive: date
) -> None:
    ahead = look(plan, golive)
    if ahead is None:
        return
    assert ahead.expected >= golive
    assert ahead.late == CALENDAR.between(golive, ahead.expected)
    launch = next(m for m in plan if m.golive)
    slipped = [m for m in plan if m.due < (m.done_on or TODAY) and m != launch]
    own = launch.due > golive or launch.due < TODAY
    if ahead.late:
        assert slipped or own
    if not (slipped or own):
        assert not ahead.because
    assert bool(ahead.late) == bool(ahead.because), "a delay has a cause"


@settings(max_examples=50)
@given(plan=plans(), golive=near)
def test_a_cause_came_late_or_is_late_itself(plan: tuple[Milestone, ...], golive: date) -> None:
    ahead = look(plan, golive)
    for cause in ahead.because if ahead else ():
        assert cause.due < (cause.done_on or TODAY) or (cause.golive and cause.due > golive)


def test_what_only_follows_is_no_cause() -> None:
    plan = (step(1, days(-2)), step(2, days(3), 1), goal(days(5), 2))
    ahead = look(plan, days(5))
    assert ahead
    assert (ahead.expected, ahead.late) == (days(7), 2)
    assert [cause.number for cause in ahead.because] == [1]


def test_a_plan_that_holds_is_not_late() -> None:
    plan = (step(1, days(-2), done=days(-2)), step(2, days(3), 1), goal(GOLIVE, 2))
    assert look(plan) == Outlook(GOLIVE, 0, ())


def test_what_go_live_does_not_wait_for_is_no_cause() -> None:
    plan = (step(1, days(-1)), step(2, days(-2)), goal(days(5), 2))
    assert causes(plan, days(5)) == [2]


def test_a_delay_that_was_made_up_for_is_no_cause() -> None:
    """Three steps came late long ago, the next one in time; today another one is overdue."""
    late = [step(n, days(n - 20), *range(1, n), done=days(n - 19)) for n in (1, 2, 3)]
    in_time = step(4, days(-10), 3, done=days(-10))
    plan = (*late, in_time, step(5, days(-3), 4), goal(days(5), 5))
    assert causes(plan, days(5)) == [5]


def test_a_go_live_that_is_overdue_has_a_cause() -> None:
    assert causes((goal(days(-1)),), days(-1)) == [9]
