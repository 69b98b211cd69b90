"""A round's arithmetic: nobody counts twice, nobody is lost, the same again is the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.people import Member, Person, Role
from bot.domain.project import Project, RoundKind, Settings
from bot.domain.standup import (
    LONGEST_LINE,
    MOST_LINES,
    Answer,
    Entry,
    Leave,
    Progress,
    Round,
    bounded,
    is_asked,
    open_round,
    participation,
    progress,
    write,
)

DAY = date(2026, 11, 24)
OPENS = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
ROUND = Round("r1", "p1", RoundKind.STANDUP, DAY, OPENS, OPENS + timedelta(hours=1))
PROJECT = Project("p1", "华鼎ERP", "c1")

texts = st.lists(st.text(max_size=400), max_size=25).map(tuple)
entries = st.builds(Entry, texts, texts, texts)
roles = st.sampled_from([*Role, None])


def member(number: int, role: Role | None = Role.ENGINEER) -> Member:
    return Member("p1", Person(f"u{number}", "fake", f"ou_{number}", f"N{number}"), role)


def answer(person: str = "u1", entry: Entry | None = None, *, late: bool = False) -> Answer:
    return Answer("r1", person, entry or Entry(("a",)), "a", "form", OPENS, late)


@given(
    team=st.lists(roles, max_size=8),
    given_=st.sets(st.integers(0, 9)),
    away=st.sets(st.integers(0, 9)),
    managers=st.booleans(),
)
def test_everybody_who_is_asked_stands_in_exactly_one_list(
    team: list[Role | None], given_: set[int], away: set[int], managers: bool
) -> None:
    members = [member(n, role) for n, role in enumerate(team)]
    settings = Settings(managers_report=managers)
    found = progress(
        ROUND,
        settings,
        members,
        [answer(f"u{n}") for n in given_],
        [Leave(f"u{n}", DAY, DAY) for n in away],
    )
    answered = [m for m, _ in found.answered]
    lists = [answered, list(found.missing), list(found.away)]
    everybody = [m.person.id for one in lists for m in one]
    assert len(everybody) == len(set(everybody))
    assert {m.person.id for m in members if is_asked(m, settings)} <= set(everybody)
    assert all(is_asked(m, settings) for m in (*found.missing, *found.away))
    for one in lists:
        assert one == [m for m in members if m in one]


@given(team=st.lists(roles, max_size=8), given_=st.sets(st.integers(0, 9)), managers=st.booleans())
def test_answered_never_exceeds_asked(
    team: list[Role | None], given_: set[int], managers: bool
) -> None:
    members = [member(n, role) for n, role in enumerate(team)]
    found = progress(
        ROUND, Settings(managers_report=managers), members, [answer(f"u{n}") for n in given_], []
    )
    assert 0 <= len(found.missing) <= found.asked <= len(members)


@pytest.mark.parametrize(
    ("first", "last", "away"), [(-1, -1, False), (-1, 0, True), (0, 0, True), (0, 3, True),
                                (1, 2, False)],
)  # fmt: skip
def test_a_leave_covers_its_first_and_last_day(first: int, last: int, away: bool) -> None:
    leave = Leave("u1", DAY + timedelta(days=first), DAY + timedelta(days=last))
    found = progress(ROUND, Settings(), [member(1)], [], [leave])
    assert bool(found.away) == away
    assert bool(found.missing) != away


@given(entry=entries)
def test_an_entry_is_cut_to_what_a_digest_can_show(entry: Entry) -> None:
    cut = bounded(entry)
    for lines in (cut.done, cut.plan, cut.blockers):
        assert len(lines) <= MOST_LINES
        assert all(len(line) <= LONGEST_LINE for line in lines)
    assert bounded(cut) == cut


@given(entry=entries)
def test_what_fits_is_not_touched(entry: Entry) -> None:
    fits = all(
        len(lines) <= MOST_LINES and all(len(line) <= LONGEST_LINE for line in lines)
        for lines in (entry.done, entry.plan, entry.blockers)
    )
    assert (bounded(entry) == entry) == fits


@given(entry=entries)
def test_saying_the_same_again_changes_nothing(entry: Entry) -> None:
    first = write(None, answer(entry=entry))
    assert first.edits == 0
    later = replace(answer(entry=entry, late=True), at=OPENS + timedelta(hours=3))
    assert write(first, later) is first


@given(one=entries, two=entries)
def test_saying_something_else_is_an_edit(one: Entry, two: Entry) -> None:
    first = write(None, answer(entry=one))
    second = write(first, answer(entry=two, late=True))
    assert second.entry == bounded(two)
    assert second.edits == (0 if bounded(one) == bounded(two) else 1)
    assert not second.late, "who answered in time stays in time"


def test_an_addition_joins_what_was_there() -> None:
    first = write(None, answer(entry=Entry(("a",), ("b",), ("c",))))
    added = write(first, answer(entry=Entry(("d",), (), ("e",))), add=True)
    assert added.entry == Entry(("a", "d"), ("b",), ("c", "e"))
    assert added.edits == 1


@given(one=entries, two=entries)
def test_additions_stay_bounded(one: Entry, two: Entry) -> None:
    joined = write(write(None, answer(entry=one)), answer(entry=two), add=True)
    assert bounded(joined.entry) == joined.entry


def test_a_round_closes_at_the_projects_time() -> None:
    opened = open_round("r1", PROJECT, RoundKind.STANDUP, OPENS, DAY)
    assert PROJECT.local(opened.closes_at).strftime("%H:%M") == "10:30"


@pytest.mark.parametrize("minutes", [46, 60, 600])
def test_a_round_opened_close_to_its_end_runs_for_an_hour(minutes: int) -> None:
    now = OPENS + timedelta(minutes=minutes)
    opened = open_round("r1", PROJECT, RoundKind.STANDUP, now, DAY)
    assert opened.closes_at == now + timedelta(hours=1)


def test_participation_counts_the_asked_only() -> None:
    def seen(asked: int, missing: int) -> Progress:
        members = [member(n) for n in range(asked)]
        given_ = [answer(f"u{n}") for n in range(asked - missing)]
        return progress(ROUND, Settings(), members, given_, [])

    days = {DAY: seen(4, 1), DAY + timedelta(days=1): seen(4, 3)}
    assert participation(days) == 0.5
    assert participation({DAY: seen(0, 0)}) is None
    assert participation({}) is None
