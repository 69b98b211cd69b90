"""China's working days of 2026 as announced, and what a year means that nobody has announced."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendars import Calendars
from bot.core.errors import SetupError
from bot.domain.workdays import Calendar, DayKind

CHINA = Calendars().of("CN")
# 国务院办公厅关于2026年部分节假日安排的通知: the days off that fall on what would be working days,
# and those on weekends.
HOLIDAYS = {
    date(2026, month, day)
    for month, days in {
        1: [1, 2, 3],
        2: [15, 16, 17, 18, 19, 20, 21, 22, 23],
        4: [4, 5, 6],
        5: [1, 2, 3, 4, 5],
        6: [19, 20, 21],
        9: [25, 26, 27],
        10: [1, 2, 3, 4, 5, 6, 7],
    }.items()
    for day in days
}
MADE_UP = {
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
}
YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
days = st.dates(date(2025, 1, 1), date(2028, 12, 31))
counts = st.integers(-60, 60)


def test_the_days_off_of_2026_are_those_that_were_announced() -> None:
    off = {day for day in YEAR if not CHINA.works(day)}
    weekends = {day for day in YEAR if day.weekday() >= 5}
    assert off == (weekends - MADE_UP) | HOLIDAYS


def test_22_weekdays_of_2026_are_off() -> None:
    off = [day for day in YEAR if day.weekday() < 5 and not CHINA.works(day)]
    assert len(off) == len({day for day in HOLIDAYS if day.weekday() < 5})
    assert all(CHINA.kind(day) is DayKind.HOLIDAY for day in off)


def test_the_moved_working_days_of_2026_are_worked() -> None:
    assert {day for day in YEAR if CHINA.kind(day) is DayKind.MAKE_UP} == MADE_UP
    assert all(CHINA.works(day) for day in MADE_UP)


def test_2026_is_announced_and_2027_is_not() -> None:
    assert CHINA.knows(date(2026, 12, 31))
    assert not CHINA.knows(date(2027, 1, 1))


def test_an_unannounced_year_still_knows_its_fixed_holidays() -> None:
    assert not CHINA.works(date(2027, 1, 1))
    assert not CHINA.works(date(2027, 10, 1))


def test_elsewhere_statutory_days_are_the_whole_truth() -> None:
    germany = Calendars().of("DE")
    assert germany.knows(date(2027, 5, 1))
    assert not germany.works(date(2026, 12, 25))


def test_a_file_of_the_operators_makes_a_year_announced(tmp_path: Path) -> None:
    (tmp_path / "CN-2027.csv").write_text(
        "\ufeff# 2027\n2027-02-08,holiday\n2027-02-20,make_up\n\n", encoding="utf-8"
    )
    calendar = Calendars(tmp_path).of("CN")
    assert calendar.knows(date(2027, 6, 1))
    assert calendar.kind(date(2027, 2, 8)) is DayKind.HOLIDAY
    assert calendar.kind(date(2027, 2, 20)) is DayKind.MAKE_UP
    assert calendar.works(date(2027, 1, 1)), "the file replaces the whole year's table"
    assert calendar.kind(date(2026, 10, 10)) is DayKind.MAKE_UP


@pytest.mark.parametrize("line", ["2027-02-30,holiday", "2027-02-08,party", "2027-02-08", "x,y"])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "CN-2027.csv").write_text(f"2027-02-07,holiday\n{line}\n", encoding="utf-8")
    with pytest.raises(SetupError, match="line 2: write a date and a kind"):
        Calendars(tmp_path).of("CN")


@given(day=days, count=counts)
def test_a_shift_lands_on_a_working_day_and_the_way_back_is_as_long(day: date, count: int) -> None:
    there = CHINA.shift(day, count)
    assert CHINA.works(there)
    if CHINA.works(day):
        assert CHINA.between(day, there) == count
        assert CHINA.shift(there, -count) == day


@given(first=days, second=days)
def test_between_is_the_same_both_ways_with_its_sign(first: date, second: date) -> None:
    assert CHINA.between(first, second) == -CHINA.between(second, first)


@given(day=days, one=st.integers(0, 30), two=st.integers(0, 30))
def test_two_shifts_are_one(day: date, one: int, two: int) -> None:
    start = CHINA.from_day(day)
    assert CHINA.shift(CHINA.shift(start, one), two) == CHINA.shift(start, one + two)


@given(day=days)
def test_the_next_working_day_is_the_first_one(day: date) -> None:
    found = CHINA.from_day(day)
    assert found >= day
    assert not any(CHINA.works(day + timedelta(days=n)) for n in range((found - day).days))


def test_an_ordinary_week_has_five_working_days() -> None:
    monday = date(2026, 11, 23)
    assert [Calendar().works(monday + timedelta(days=n)) for n in range(7)] == [True] * 5 + [
        False
    ] * 2
