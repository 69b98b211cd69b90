"""Dates and times of day as people type them. Deadlines prefer the future.

The common forms only; what this does not know it does not guess (`None`).
"""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta

from bot.language.normal import fold

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {
    "两": 2,
    "〇": 0,
    "俩": 2,
}
_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 5}
_ONE = "[一二两三四五六七八九]"
_NUMBER = rf"(?:\d{{1,3}}|{_ONE}?十{_ONE}?|{_ONE}|零)"


@dataclass(frozen=True, slots=True)
class DateFound:
    """A date and the words it was read from."""

    date: date
    words: str


def number(text: str) -> int:
    """An Arabic or Chinese number below a hundred, as `12` or `二十三`."""
    if text.isdigit():
        return int(text)
    tens, _, ones = text.rpartition("十")
    if "十" in text:
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return _DIGITS[text]


def _day_of_year(month: int, day: int, today: date) -> date | None:
    for year in (today.year, today.year + 1):
        found = _made(year, month, day)
        if found and found >= today:
            return found
    return None


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _weekday(found: re.Match[str], today: date) -> date:
    monday = today - timedelta(days=today.weekday())
    ahead = found["which"]
    wanted = _WEEKDAYS[found["weekday"]]
    if ahead.startswith("下"):
        return monday + timedelta(weeks=ahead.count("下"), days=wanted)
    day = monday + timedelta(days=wanted)
    return day if ahead or day >= today else day + timedelta(weeks=1)


def _later(found: re.Match[str], today: date) -> date:
    count = number(found["count"])
    return today + timedelta(days=count * (7 if found["unit"] in ("周", "星期", "礼拜") else 1))


def _month_end(found: re.Match[str], today: date) -> date:
    month = today.month + (1 if found["next"] else 0)
    year, month = (today.year, month) if month <= 12 else (today.year + 1, 1)
    return date(year, month, months.monthrange(year, month)[1])


# Each form with the function that reads it; the first that matches and is a real day wins.
_NEAR = {
    "今天": 0,
    "今日": 0,
    "today": 0,
    "明天": 1,
    "明日": 1,
    "tomorrow": 1,
    "后天": 2,
    "大后天": 3,
}
_FORMS: tuple[tuple[str, Callable[[re.Match[str], date], date | None]], ...] = (
    (
        r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?",
        lambda f, _: _made(int(f["y"]), int(f["m"]), int(f["d"])),
    ),
    (
        r"明年\s*(?P<m>\d{1,2})\s*[-/月]\s*(?P<d>\d{1,2})\s*[日号]?",
        lambda f, today: _made(today.year + 1, int(f["m"]), int(f["d"])),
    ),
    (
        rf"(?P<m>{_NUMBER})\s*月\s*(?P<d>{_NUMBER})\s*[日号]?",
        lambda f, today: _day_of_year(number(f["m"]), number(f["d"]), today),
    ),
    (
        r"(?<![\d.:])(?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?![\d.:%])",
        lambda f, today: _day_of_year(int(f["m"]), int(f["d"]), today),
    ),
    (
        "(?P<near>大后天|今天|今日|明天|明日|后天|today|tomorrow)",
        lambda f, today: today + timedelta(days=_NEAR[f["near"]]),
    ),
    (
        r"(?P<which>下+个?|本|这|)(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])",
        _weekday,
    ),
    (
        rf"(?P<count>{_NUMBER})\s*个?\s*(?P<unit>天|日|周|星期|礼拜)(?:之?后|以后)",
        _later,
    ),
    (r"(?P<next>下个?月)?(?:本?月)?底", _month_end),
)
_COMPILED = tuple((re.compile(form), read) for form, read in _FORMS)


def find_date(text: str, today: date) -> DateFound | None:
    """The first date in `text`, seen from `today`; `None` if there is none."""
    folded = fold(text)
    for form, read in _COMPILED:
        found = form.search(folded)
        if found:
            try:
                day = read(found, today)
            except (KeyError, OverflowError):
                continue
            if day:
                return DateFound(day, found[0].strip())
    return None


def find_span(text: str, today: date) -> tuple[date, date] | None:
    """From the first to the last day named: `11月25日到27日`, `明天`, `周四到周五`."""
    folded = fold(text)
    parts = re.split(r"\s*(?:到|至|~|—|--)\s*", folded, maxsplit=1)
    first = find_date(parts[0], today)
    if first is None:
        return None
    if len(parts) == 1:
        lasting = re.search(
            rf"({_NUMBER})\s*天(?!后|以后|之后)", folded.replace(first.words, "", 1)
        )
        days = number(lasting[1]) if lasting else 1
        return first.date, first.date + timedelta(days=max(days, 1) - 1)
    only_day = re.fullmatch(r"(\d{1,2})\s*[日号]?", parts[1])
    last = (
        _made(first.date.year, first.date.month, int(only_day[1]))
        if only_day
        else _end(parts[1], first.date, today)
    )
    return (first.date, last) if last and last >= first.date else None


def _end(text: str, first: date, today: date) -> date | None:
    """The end of a span: `后天` counts from today, `周五` is the one after the first day."""
    for origin in (today, first):
        found = find_date(text, origin)
        if found and found.date >= first:
            return found.date
    return None


_TIME = re.compile(
    rf"(?P<half>早上|上午|中午|下午|晚上|am|pm)?\s*"
    rf"(?<![零一二两三四五六七八九十\d])(?P<h>{_NUMBER})\s*(?:[:点时]\s*(?P<m>半|一刻|三刻|{_NUMBER})?\s*分?)"
    r"\s*(?P<after>am|pm)?"
)
_MINUTES = {"半": 30, "一刻": 15, "三刻": 45}


def find_time(text: str) -> time | None:
    """A time of day: `09:30`, `9点半`, `下午3点`."""
    found = _TIME.search(fold(text))
    if not found:
        return None
    hour = number(found["h"])
    minute = _MINUTES.get(found["m"] or "") or (number(found["m"]) if found["m"] else 0)
    if (found["half"] in ("下午", "晚上", "pm") or found["after"] == "pm") and hour < 12:
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None
