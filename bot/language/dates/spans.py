"""Days in a row, from where they are seen, and counting on from them."""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.domain.workdays import Calendar


class AskError(Exception):
    """There is a date meant here, but which one has to be asked; the argument says what."""


@dataclass(frozen=True, slots=True)
class Seen:
    """From where a date is seen: the present in the project's zone, its calendar, its anchors.

    `anchors` are known days by name; `go_live` is the one people refer to as 上线.
    """

    now: datetime
    calendar: Calendar = field(default_factory=Calendar)
    anchors: Mapping[str, date] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a form names; `moment` where it names a time as well ("48小时内")."""

    first: date
    last: date
    moment: datetime | None = None


def one(day: date | None) -> Span | None:
    return Span(day, day) if day else None


def made(year: int, month: int, day: int) -> date:
    """That day; a day that no calendar has is asked about."""
    try:
        return date(year, month, day)
    except ValueError:
        raise AskError("impossible") from None


def month_end(year: int, month: int) -> date:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, months.monthrange(year, month)[1])


def add_months(day: date, count: int) -> date:
    last = month_end(day.year, day.month + count)
    return last.replace(day=min(day.day, last.day))


def later(start: date, count: float, unit: str, calendar: Calendar) -> date:
    """`count` units after `start`, before it when negative."""
    if re.search("工作日|working|business", unit):
        return calendar.shift(start, int(count)) if count else start
    if re.search("周|星期|礼拜|week", unit):
        return start + timedelta(days=round(count * 7))
    if re.search("季度", unit):
        return add_months(start, round(count * 3))
    if re.search("月|month", unit):
        whole = int(count)
        return add_months(start, whole) + timedelta(days=round((count - whole) * 30))
    if "年" in unit:
        return add_months(start, round(count * 12))
    return start + timedelta(days=int(count))
