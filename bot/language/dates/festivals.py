"""When festivals are, and the days off around them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from bot.domain.workdays import Calendar, DayKind
from bot.language.tables import rows

_LUNAR = ("春节", "清明", "端午", "中秋", "重阳", "冬至")


@dataclass(frozen=True, slots=True)
class Break:
    """Days off in a row, first and last included."""

    first: date
    last: date


@cache
def _table() -> tuple[Mapping[str, str], Mapping[int, Mapping[str, str]]]:
    """What each word means, and the lunar days by year."""
    meanings: dict[str, str] = {}
    years: dict[int, dict[str, str]] = {}
    for row in rows("festivals.txt"):
        *words, last = row.split()
        if re.fullmatch(r"20\d\d", words[0]):
            years[int(words[0])] = dict(zip(_LUNAR, [*words[1:], last], strict=True))
        else:
            meaning = words[0] if last == "lunar" else last
            meanings |= dict.fromkeys(words, meaning)
    return meanings, years


@cache
def words() -> str:
    """A pattern for any festival's name, the longest first."""
    named = sorted(_table()[0], key=len, reverse=True)
    return "|".join(
        rf"(?<!\d){word}(?!\d)" if word.isdigit() else re.escape(word) for word in named
    )


def day_of(word: str, year: int) -> date | None:
    """The festival's day in `year`; `None` for a lunar one in a year beyond the table."""
    meanings, years = _table()
    meaning = meanings[word]
    shifted = re.fullmatch(r"(\D+)([+-]\d+)", meaning)
    if shifted:
        base = day_of(shifted[1], year)
        return base + timedelta(days=int(shifted[2])) if base else None
    day = years.get(year, {}).get(meaning) if meaning in _LUNAR else meaning
    return date.fromisoformat(f"{year}-{day}") if day else None


def next_day(word: str, today: date, calendar: Calendar) -> date | None:
    """The next such festival whose days off are not over yet."""
    for year in (today.year, today.year + 1):
        day = day_of(word, year)
        if day and break_around(day, calendar).last >= today:
            return day
    return None


def break_around(day: date, calendar: Calendar) -> Break:
    """The days off that a day belongs to; the day alone when it is a working day."""
    first = last = day
    if calendar.works(day):
        return Break(day, day)
    while not calendar.works(first - timedelta(days=1)):
        first -= timedelta(days=1)
    while not calendar.works(last + timedelta(days=1)):
        last += timedelta(days=1)
    return Break(first, last)


def made_up_for(day: date, today: date, calendar: Calendar) -> date | None:
    """The next working weekend that people owe for the days off around `day`."""
    for distance in range(-21, 22):
        found = day + timedelta(days=distance)
        if found >= today and calendar.kind(found) is DayKind.MAKE_UP:
            return found
    return None


def next_break(today: date, calendar: Calendar) -> Break | None:
    """The holiday that people mean by "节": the present one or the next."""
    for distance in range(150):
        day = today + timedelta(days=distance)
        if calendar.kind(day) is DayKind.HOLIDAY:
            return break_around(day, calendar)
    return None
