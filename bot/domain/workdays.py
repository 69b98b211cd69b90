"""Working days of a country, with moved weekends (调休) and years nobody has announced yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate


class DayKind(StrEnum):
    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"


@dataclass(frozen=True)
class Calendar:
    """What is known of a country's days.

    `marked` holds the days that differ from an ordinary week: holidays and make-up working days.
    `announced` are the years whose official table is known; in any other year the answers are a
    plan (weekends and fixed holidays), and whoever shows one says so.
    """

    marked: Mapping[date, DayKind] = field(default_factory=dict)
    announced: frozenset[int] = frozenset()
    _counted: dict[int, list[int]] = field(default_factory=dict, compare=False, repr=False)

    def kind(self, day: date) -> DayKind:
        found = self.marked.get(day)
        if found:
            return found
        return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY

    def works(self, day: date) -> bool:
        return self.kind(day) in (DayKind.WORKDAY, DayKind.MAKE_UP)

    def knows(self, day: date) -> bool:
        return day.year in self.announced

    def from_day(self, day: date) -> date:
        """The day itself if people work on it, else the next on which they do."""
        return next(found for found in _days(day, 1) if self.works(found))

    def shift(self, day: date, working_days: int) -> date:
        """`working_days` working days after `day` (before it when negative).

        Zero gives `day` itself when people work on it and the next working day otherwise.
        """
        if working_days == 0:
            return self.from_day(day)
        step = 1 if working_days > 0 else -1
        ahead = (found for found in _days(day + timedelta(days=step), step) if self.works(found))
        for _ in range(abs(working_days) - 1):
            next(ahead)
        return next(ahead)

    def between(self, start: date, end: date) -> int:
        """Number of working days after `start` up to and with `end`; negative when reversed."""
        if end < start:
            return -self.between(end, start)
        whole = sum(self._in_year(year)[-1] for year in range(start.year, end.year))
        return whole + self._number(end) - self._number(start)

    def _number(self, day: date) -> int:
        """The working days of its year up to and with `day`."""
        return self._in_year(day.year)[day.timetuple().tm_yday]

    def _in_year(self, year: int) -> list[int]:
        """Working days counted up to each day of a year, nothing first; kept once counted."""
        if year not in self._counted:
            first = date(year, 1, 1)
            length = date(year, 12, 31).timetuple().tm_yday
            works = (self.works(first + timedelta(days=n)) for n in range(length))
            self._counted[year] = list(accumulate(works, initial=0))
        return self._counted[year]


def _days(start: date, step: int) -> Iterator[date]:
    day = start
    while True:
        yield day
        day += timedelta(days=step)
