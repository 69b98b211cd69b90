"""A week's report says nothing that no record says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.calendars import Calendars
from bot.domain.curves import curves
from bot.domain.faq import Question, QuestionState
from bot.domain.followup import Feedback
from bot.domain.health import Health, Outlook
from bot.domain.milestone import Milestone
from bot.domain.people import Member, Person, Role
from bot.domain.project import RoundKind, Settings
from bot.domain.report import Edit, Face, Line, Part, Report, edited, parts_of, redrawn
from bot.domain.risk import Happened, Risk, RiskState
from bot.domain.standup import Answer, Entry, Progress, Round, progress
from bot.domain.suggestion import Suggestion, SuggestionState, Voice
from bot.domain.week import Week, drafted
from cards.report_lines import cited, pictures, said
from cards.words import LANGUAGES, Words

CALENDAR = Calendars().of("CN")
ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 23)
SUNDAY = MONDAY + timedelta(days=6)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
# People's words: without digits, so that every number on a line is the report's own.
words = st.text(alphabet="甲乙丙丁abc <>=@{}“”", min_size=1, max_size=12).filter(str.strip)
days = st.integers(-80, 30).map(lambda n: MONDAY + timedelta(days=n))


def moment(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=ZONE).astimezone(UTC)


moments = st.integers(-70, 6).map(lambda n: moment(MONDAY + timedelta(days=n)))


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    people = [
        Member(
            "p",
            Person(f"u{n}", "fake", f"ou_{n}", "甲乙丙丁戊"[n]),
            draw(st.sampled_from(Role)),
        )
        for n in range(draw(st.integers(0, 5)))
    ]
    owners = st.sampled_from([None, *(m.person.id for m in people)])
    plan = [
        Milestone(
            f"m{n}",
            "p",
            n,
            draw(words),
            draw(days),
            draw(st.none() | days),
            draw(st.none() | days),
            draw(owners),
            shared=draw(st.booleans()),
            golive=n == 1,
        )
        for n in range(1, draw(st.integers(0, 6)) + 1)
    ]
    risks = [_risk(draw, n, draw(owners)) for n in range(1, draw(st.integers(0, 6)) + 1)]
    rounds = _rounds(draw, people)
    last = rounds[max(rounds)] if rounds else None
    blockers = (
        [(m, text, draw(st.integers(0, 9)), max(rounds)) for m, text in last.blockers]
        if last
        else []
    )
    said_ = [
        Feedback(f"f{n}", "p", draw(st.sampled_from(people)).person.id, draw(moments), "a",
                 draw(st.none() | st.integers(1, 5)), draw(st.none() | st.integers(0, 10)),
                 text=draw(words), risk_id=draw(st.sampled_from([None, "r1"])))
        for n in range(draw(st.integers(0, 4)) if people else 0)
    ]  # fmt: skip
    return Week(
        MONDAY,
        SUNDAY,
        MONDAY + timedelta(days=draw(st.integers(0, 20))),
        moment(SUNDAY),
        ZONE,
        CALENDAR,
        draw(st.none() | days),
        draw(st.sampled_from(Health)),
        Outlook(draw(days), draw(st.integers(-3, 9)), tuple(plan[:2])) if plan else None,
        plan,
        people,
        risks,
        [_rated(draw, r) for r in risks],
        rounds,
        {},
        blockers,
        [_question(draw, n) for n in range(1, draw(st.integers(0, 5)) + 1)],
        said_,
        [_suggestion(draw, n) for n in range(1, draw(st.integers(0, 4)) + 1)],
        {m.person.id: m.person.name for m in people},
        "客户配合",
    )  # fmt: skip


def _risk(draw: st.DrawFn, number: int, owner: str | None) -> Risk:
    state = draw(st.sampled_from(RiskState))
    opened = draw(moments)
    closed = opened + timedelta(days=draw(st.integers(0, 20)))
    over = state in (RiskState.CLOSED, RiskState.DISMISSED)
    return Risk(
        f"r{number}", "p", number, draw(words), draw(st.sampled_from(["客户配合", "质量缺陷"])),
        draw(st.integers(1, 5)), draw(st.integers(1, 5)), state, opened, opened, owner,
        source=draw(st.sampled_from(["typed", "complaint"])), shared=draw(st.booleans()),
        closed_at=closed if over else None,
    )  # fmt: skip


def _rated(draw: st.DrawFn, risk: Risk) -> Happened:
    return Happened(risk.id, draw(moments), "rated", None, {"score": draw(st.integers(1, 25))})


def _rounds(draw: st.DrawFn, people: list[Member]) -> dict[date, Progress]:
    found = {}
    for n in draw(st.sets(st.integers(-30, 4), max_size=6)):
        day = MONDAY + timedelta(days=n)
        round_ = Round(f"s{n}", "p", RoundKind.STANDUP, day, moment(day), moment(day), moment(day))
        items = st.lists(words, max_size=7).map(tuple)
        given_ = [
            Answer(round_.id, m.person.id, Entry(draw(items), draw(items), draw(items)), "", "form",
                   moment(day), late=False)
            for m in people if draw(st.booleans())
        ]  # fmt: skip
        found[day] = progress(round_, Settings(), people, given_, [])
    return found


def _question(draw: st.DrawFn, number: int) -> Question:
    return Question(
        f"q{number}", "p", number, "u0", "c", "m", draw(words), draw(st.sampled_from("ab")),
        moment(MONDAY), draw(st.sampled_from(QuestionState)),
    )  # fmt: skip


def _suggestion(draw: st.DrawFn, number: int) -> Suggestion:
    state = draw(st.sampled_from(SuggestionState))
    changed = draw(moments) if state is not SuggestionState.NEW else None
    voice = Voice("u0", draw(moments), "x")
    return Suggestion(
        f"s{number}", "p", number, draw(words), state, voice.at, (voice,), changed_at=changed
    )


def all_lines(week: Week) -> Iterator[Line]:
    for found in drafted(week).values():
        yield from found


def known(week: Week) -> set[str]:
    """Everything that may be cited."""
    labels = {m.label for m in week.milestones} | {r.label for r in week.risks}
    labels |= {q.label for q in week.questions} | {s.label for s in week.suggestions}
    names = {m.person.name for m in week.members} | {""}
    standups = {f"standup:{day.isoformat()}:{name}" for day in week.rounds for name in names}
    spoken = {
        f"feedback:{one.at.astimezone(ZONE).date().isoformat()}:{week.names[one.person_id]}"
        for one in week.said
    }
    return labels | standups | spoken | {"golive"}


COUNTED = {
    "risks.came",
    "risks.went",
    "risks.open",
    "faq.asked",
    "faq.waiting",
    "done.more",
    "plan.more",
    "risks.more",
    "participation.missed",
}
many = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(weeks())
def test_every_number_has_a_record_behind_it(week: Week) -> None:
    there = known(week)
    for line in all_lines(week):
        numbers = [v for v in line.values.values() if isinstance(v, int | float)]
        dates = [v for name, v in line.values.items() if name.endswith("_on")]
        if numbers or dates:
            assert line.sources, line
        assert set(line.sources) <= there, line
        for w in map(Words, LANGUAGES):
            for face in Face:
                spoken = said(w, line, face)
                own = {float(abs(n)) for n in numbers}
                for day in map(date.fromisoformat, dates):
                    own |= {float(day.day), float(day.month)}
                assert set(map(float, NUMBER.findall(spoken))) <= own, (line, spoken)


@many
@given(weeks())
def test_counts_are_those_of_the_records_they_name(week: Week) -> None:
    by_label = {r.label: r for r in week.risks}
    for line in all_lines(week):
        if line.key in COUNTED:
            assert line.values["count"] == len(line.sources), line
        if line.key == "summary.done":
            plan = [m for m in week.milestones if m.shared or line.inside]
            done = [m for m in plan if m.done_on]
            assert (line.values["done"], line.values["of"]) == (len(done), len(plan))
        if line.key == "risks.open.high":
            high = [s for s in line.sources if by_label[s].level == "high"]
            assert line.values["high"] == len(high)


@many
@given(weeks())
def test_customers_see_nothing_that_is_not_shared(week: Week) -> None:
    w = Words("zh")
    report = Report("x", "p", week.first, week.last, week.now, drafted(week), curves(week))
    secret = [r.text for r in week.risks if not r.shared]
    open_ = {r.text for r in week.risks if r.shared} | {m.name for m in week.milestones if m.shared}
    open_ |= {s.text for s in week.suggestions} | {
        v.text for s in week.suggestions for v in s.voices
    }
    hidden = {m.label for m in week.milestones if not m.shared and not m.golive}
    hidden |= {r.label for r in week.risks if not r.shared}
    for part in parts_of(Face.CUSTOMER):
        for line in report.lines(part, Face.CUSTOMER):
            assert not hidden & set(line.sources), line
            told = line.values.get("text")
            assert told is None or told in open_ or told not in secret
            named = line.values.get("milestone")
            assert named is None or named in open_
            said(w, line, Face.CUSTOMER)
    assert all(p.title == w("report.picture.burnup") for p in pictures(w, report, Face.CUSTOMER))


@many
@given(weeks())
def test_every_section_says_something(week: Week) -> None:
    parts = drafted(week)
    for face in Face:
        for part in parts_of(face):
            inside = face is Face.INTERNAL
            found = [one for one in parts[part] if (one.inside if inside else one.shared)]
            assert found, (part, face)


@many
@given(weeks())
def test_pictures_count_what_there_is(week: Week) -> None:
    for curve in curves(week):
        for values in curve.lines.values():
            assert len(values) == len(curve.steps)
            assert all(v is None or v >= 0 for v in values)
    report = Report("x", "p", week.first, week.last, week.now, drafted(week), curves(week))
    for picture in pictures(Words("en"), report, Face.INTERNAL):
        assert picture.told


@pytest.mark.parametrize("count", [1, 12, 13, 300])
def test_many_records_are_counted(count: int) -> None:
    w = Words("zh")
    told = cited(w, [f"M{n}" for n in range(1, count + 1)])
    assert (told == f"共 {count} 条记录") == (count > 12)


def test_writing_a_section_anew_drops_what_was_written_there_alone() -> None:
    now = moment(MONDAY)
    report = Report("x", "p", MONDAY, SUNDAY, now)
    for part in (Part.RISKS, Part.DONE):
        report = edited(report, Edit(Face.INTERNAL, part, "words", "u", now))
    fresh = replace(report, parts={Part.RISKS: (Line("risks.none"),)}, edits=(), drafted_at=now)
    after = redrawn(report, fresh, [Part.RISKS])
    assert [one.part for one in after.edits] == [Part.DONE]
    assert after.lines(Part.RISKS, Face.INTERNAL)
    assert not edited(after, Edit(Face.INTERNAL, Part.DONE, "  ", "u", now)).edits
