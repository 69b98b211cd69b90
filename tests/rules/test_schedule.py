"""When something falls due, in people's time: over weekends, clock changes and midnight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendars import Calendars
from bot.domain.project import Project, RoundKind, Settings, Times
from bot.domain.schedule import WHEN, at, is_quiet, next_round, next_working, quiet_until
from bot.domain.workdays import Calendar

CHINA = Calendars().of("CN")
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
MORNING = time(9, 30)
FIRST = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("after", "then"),
    [
        ("2026-11-24 09:29", "2026-11-24 09:30"),
        ("2026-11-24 09:30", "2026-11-25 09:30"),
        ("2026-11-27 10:00", "2026-11-30 09:30"),
        ("2026-09-18 10:00", "2026-09-20 09:30"),
        ("2026-09-30 10:00", "2026-10-08 09:30"),
        ("2026-10-09 10:00", "2026-10-10 09:30"),
        ("2026-12-31 10:00", "2027-01-04 09:30"),
    ],
)
def test_the_next_working_morning(after: str, then: str) -> None:
    assert next_working(MORNING, shanghai(after), SHANGHAI, CHINA) == shanghai(then)


@given(
    after=st.integers(FIRST, FIRST + 2 * 366 * 86_400).map(
        lambda s: datetime.fromtimestamp(s, UTC)
    ),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    wall=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_the_next_time_is_later_on_a_working_day_and_the_first(
    after: datetime, zone: ZoneInfo, wall: time
) -> None:
    found = next_working(wall, after, zone, CHINA)
    assert found.timestamp() > after.timestamp()
    assert CHINA.works(found.date())
    earlier = [
        at(day, wall, zone)
        for day in (found.date() - timedelta(days=n) for n in range(1, 16))
        if CHINA.works(day)
    ]
    assert all(moment.timestamp() <= after.timestamp() for moment in earlier)


@pytest.mark.parametrize("zone", ZONES)
def test_half_past_nine_is_half_past_nine_on_both_sides_of_a_clock_change(zone: str) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    for _ in range(200):
        moment = next_working(MORNING, moment, ZoneInfo(zone), Calendar())
        assert moment.astimezone(UTC).astimezone(ZoneInfo(zone)).time() == MORNING


def test_a_skipped_hour_comes_an_hour_later_and_only_once() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    sunday = date(2026, 3, 29)
    found = at(sunday, time(2, 30), berlin).astimezone(UTC).astimezone(berlin)
    assert found.time() == time(3, 30)


def test_a_repeated_hour_is_its_first_pass() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert at(date(2026, 10, 25), time(2, 30), berlin).utcoffset() == timedelta(hours=2)


def project(**changes: object) -> Project:
    return Project("p1", "华鼎ERP", "c1", Settings(**changes))  # type: ignore[arg-type]


def test_a_round_that_is_off_or_paused_is_never_due() -> None:
    now = shanghai("2026-11-24 09:00")
    assert next_round(project(), RoundKind.DAILY, "ask", now, CHINA) is None
    paused = Project("p1", "华鼎ERP", "c1", paused=True)
    assert next_round(paused, RoundKind.STANDUP, "ask", now, CHINA) is None


def test_every_step_of_every_round_has_its_job() -> None:
    now = shanghai("2026-11-24 08:45")
    daily = Times(on=True, ask=time(17, 30), remind=time(18, 15), close=time(18, 30))
    found = {job: when(project(daily=daily), now, CHINA) for job, when in WHEN.items()}
    assert {job: f"{moment:%H:%M}" for job, moment in found.items() if moment} == {
        "standup.ask": "09:30",
        "standup.remind": "10:15",
        "standup.close": "10:30",
        "daily.ask": "17:30",
        "daily.remind": "18:15",
        "daily.close": "18:30",
        "milestone.remind": "09:00",
        "risk.climb": "10:00",
        "report.weekly": "17:00",
        "report.upward": "18:30",
    }


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-24 19:59", None),
        ("2026-11-24 20:00", "2026-11-25 08:30"),
        ("2026-11-24 23:59", "2026-11-25 08:30"),
        ("2026-11-25 00:00", "2026-11-25 08:30"),
        ("2026-11-25 08:29", "2026-11-25 08:30"),
        ("2026-11-25 08:30", None),
    ],
)
def test_quiet_hours_reach_over_midnight(now: str, until: str | None) -> None:
    assert quiet_until(project(), shanghai(now)) == (shanghai(until) if until else None)


def test_quiet_hours_within_a_day_end_on_it() -> None:
    noon = project(quiet_from=time(12, 0), quiet_until=time(14, 0))
    assert quiet_until(noon, shanghai("2026-11-24 12:30")) == shanghai("2026-11-24 14:00")
    assert quiet_until(noon, shanghai("2026-11-24 14:30")) is None


@given(start=st.times(), wall=st.times())
def test_empty_quiet_hours_are_never(start: time, wall: time) -> None:
    assert not is_quiet(start, start, wall)


@given(start=st.times(), end=st.times(), wall=st.times())
def test_a_time_is_quiet_in_a_span_or_in_its_complement(start: time, end: time, wall: time) -> None:
    if start != end:
        assert is_quiet(start, end, wall) != is_quiet(end, start, wall)


@pytest.mark.parametrize(
    ("now", "draft"),
    [
        ("2026-11-24 12:00", "2026-11-27 17:00"),
        ("2026-11-27 17:00", "2026-12-04 17:00"),
        # The week of National Day 2026 has three working days, the one after it a Saturday.
        ("2026-09-28 12:00", "2026-09-30 17:00"),
        ("2026-09-30 17:00", "2026-10-10 17:00"),
    ],
)
def test_the_weekly_draft_comes_on_the_weeks_last_working_day(now: str, draft: str) -> None:
    found = WHEN["report.weekly"](project(), shanghai(now), CHINA)
    assert found == shanghai(draft)


@pytest.mark.parametrize(
    ("golive", "now", "moment"),
    [
        ("2026-12-04", "2026-11-24 09:00", "2026-12-02 09:00"),
        ("2026-12-04", "2026-12-02 09:00", "2026-12-04 17:00"),
        ("2026-12-04", "2026-12-04 17:00", None),
        # A Sunday: two working days before the Monday on which people ask, and that morning.
        ("2026-12-06", "2026-11-24 09:00", "2026-12-03 09:00"),
        ("2026-12-06", "2026-12-03 09:00", "2026-12-07 09:00"),
    ],
)
def test_go_live_is_asked_for_twice(golive: str, now: str, moment: str | None) -> None:
    planned = replace(project(), golive=date.fromisoformat(golive))
    found = WHEN["golive.gate"](planned, shanghai(now), CHINA)
    assert found == (shanghai(moment) if moment else None)


def test_follow_ups_end_some_time() -> None:
    planned = replace(project(), golive=date(2026, 11, 20))
    first = WHEN["followup.ask"](planned, shanghai("2026-11-10 12:00"), CHINA)
    assert first == shanghai("2026-11-23 10:00")
    assert WHEN["followup.ask"](planned, shanghai("2028-03-01 12:00"), CHINA) is None
