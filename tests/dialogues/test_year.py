"""Months of reminders and escalations: every one once, on working days, outside quiet hours.

Several replicas share a database and are killed at random. What had to be told is reckoned anew by
`tests/oracle.py`; `python -m benchmarks year` does the same with two hundred projects.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from bot.calendars import Calendars
from tests.oracle import Row, Word, expected, mistakes
from tests.year import ZONE, Outage, Script, Size, Year, script

WORKS = Calendars().of("CN").works
# With the spring festival, its two Saturdays that are worked, and Labour Day.
SPRING = Size(12, 120, 60, date(2026, 1, 1), date(2026, 5, 10), times=3)
WINTER = Size(8, 80, 40, date(2026, 1, 1), date(2026, 3, 15), times=6)
WORKED_SATURDAYS = (date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9))


async def lived(url: str, told: Script, crashes: float) -> tuple[list[Row], int]:
    """What was told, and how many ticks were cut off."""
    year = Year(url, told, seed=1, crashes=crashes)
    try:
        await year.live()
        return await year.told(), year.killed
    finally:
        await year.close()


def day_of(row: Row) -> date:
    return row[4].astimezone(ZONE).date()


async def test_everything_is_told_once_however_often_replicas_die(sqlite_url: str) -> None:
    told = script(SPRING, seed=2)
    rows, killed = await lived(sqlite_url, told, crashes=0.1)
    assert mistakes(rows, told, WORKS) == []
    assert killed > 10
    assert {row[1] for row in rows} == {"milestone", "milestone.late", "risk", "review"}
    assert set(WORKED_SATURDAYS) <= {day_of(row) for row in rows}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
async def test_what_an_outage_held_up_is_told_once_and_late(sqlite_url: str, seed: int) -> None:
    told = script(WINTER, seed, outages=8)
    rows, _ = await lived(sqlite_url, told, crashes=0.05)
    assert mistakes(rows, told, WORKS) == []
    said = Counter(Word(*row[:4], day_of(row)) for row in rows)
    assert set(said.values()) == {1}
    assert any(first_morning(end) == day_of(row) for _, end in told.outages for row in rows)
    assert not any(within(row[4], outage) for row in rows for outage in told.outages)


def first_morning(end: datetime) -> date:
    """The working day on which somebody is told after an outage."""
    day = end.date() if end.hour < 20 else end.date() + timedelta(days=1)
    while not WORKS(day):
        day += timedelta(days=1)
    return day


def within(moment: datetime, outage: Outage) -> bool:
    return outage[0] <= moment < outage[1]


async def test_it_is_so_on_postgresql(postgres_url: str) -> None:
    told = script(Size(8, 60, 30, date(2026, 1, 1), date(2026, 3, 1), times=3), seed=3)
    rows, killed = await lived(postgres_url, told, crashes=0.15)
    assert mistakes(rows, told, WORKS) == []
    assert killed > 5


def test_the_oracle_sees_every_kind_of_mistake() -> None:
    told = script(Size(4, 30, 15, date(2026, 1, 1), date(2026, 3, 1)), seed=1)
    # All that is due, at ten, on one card for each person and day.
    rows = [
        (*word[:4], datetime(*word.day.timetuple()[:3], 10, tzinfo=ZONE), f"{word.day}")
        for word in expected(told, WORKS)
    ]
    first, others = rows[0], rows[1:]

    def kinds(*found: Row) -> set[str]:
        return {said.partition(":")[0] for said in mistakes([*others, *found], told, WORKS)}

    assert kinds(first) == set()
    assert kinds() == {"not said"}
    assert kinds(first, first) == {"said twice or for nothing"}
    assert "in quiet hours" in kinds(later(first, timedelta(hours=10)))
    assert "in quiet hours" in kinds(later(first, timedelta(hours=-2)))
    assert "on a day off" in kinds(later(first, first_sunday(first) - day_of(first)))
    assert "on an old card" in kinds(first, later(first, timedelta(minutes=10)))
    assert "two cards" in kinds(first, (*later(first, timedelta(minutes=9))[:5], "another"))


def later(row: Row, by: timedelta) -> Row:
    return (*row[:4], row[4] + by, row[5])


def first_sunday(row: Row) -> date:
    day = day_of(row)
    while WORKS(day) or day.weekday() < 6:
        day += timedelta(days=1)
    return day
