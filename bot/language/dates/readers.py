"""What each form of naming days means: from a match of `forms.py` to the days it names.

Deadlines prefer the future and mean the last day of what they name ("月底前", "下周内", "三天内").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from bot.domain.workdays import DayKind
from bot.language.dates import festivals
from bot.language.dates.numbers import number
from bot.language.dates.spans import (
    AskError,
    Seen,
    Span,
    add_months,
    later,
    made,
    month_end,
    one,
)

Match = re.Match[str]
Read = Callable[[Match, Seen], Span | None]
_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 5}
_WEEKDAYS |= {str(n): n - 1 for n in range(1, 8)}
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENGLISH_MONTHS = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
]  # fmt: skip


def counted(found: Match) -> tuple[float, str]:
    count = 0.5 if found["n"] == "半" else float(number(found["n"]))
    return count + (0.5 if found["half"] else 0), found["unit"]


def _year(word: str | None, seen: Seen) -> int | None:
    if not word:
        return None
    known = {"去年": -1, "今年": 0, "本年": 0, "明年": 1, "来年": 1, "后年": 2, "次年": 1}
    if word in known:
        return seen.today.year + known[word]
    digits = word.rstrip("年-/.")
    return int(digits) + (2000 if len(digits) == 2 else 0)


def day_of_year(found: Match, seen: Seen) -> Span | None:
    """A month and a day, with or without a year; without one the next such day."""
    month, day = number(found["m"]), number(found["d"])
    year = _year(found.groupdict().get("y"), seen)
    if year:
        return one(made(year, month, day))
    made(2024, month, day)  # a leap year: what is no day in it is no day at all
    for ahead in (seen.today.year, seen.today.year + 1):
        try:
            there = date(ahead, month, day)
        except ValueError:
            if ahead == seen.today.year and month >= seen.today.month:
                raise AskError("impossible") from None
            continue
        if there >= seen.today:
            return one(there)
    raise AskError("impossible")


def near_day(found: Match, seen: Seen) -> Span:
    word = found[0]
    ahead = next(n for form, n in NEAR if re.fullmatch(form, word))
    first = 0 if word.startswith("今明") else 1 if word.startswith("明后") else ahead
    return Span(seen.today + timedelta(days=first), seen.today + timedelta(days=ahead))


NEAR = (
    ("大后[天日]|大后儿", 3),
    ("今明后三?天|明后两?天", 2),
    ("今明两?天", 1),
    ("the day after tomorrow|day after tomorrow", 2),
    ("明[天日早晚晨]|明儿个?|tomorrow|tmr|tmrw|次日|隔天", 1),
    ("后[天日晚]|后儿", 2),
    (r"今[天日早晚晨夜](?!天气)|今儿个?|(?<![a-z])(?:today|tonight|eod|cob)(?![a-z])", 0),
    ("大前[天日]", -3),
    ("前[天日晚]", -2),
    ("昨[天日晚夜]|昨儿|yesterday", -1),
)


def _which(word: str) -> int:
    """How many weeks or months ahead 下, 这, 上 and their like point."""
    if re.search("上|last", word):
        return -max(word.count("上"), 1)
    return word.count("下") or (1 if "next" in word else 0)


def same_day(found: Match, seen: Seen) -> Span | None:
    """下个月的今天, 下周的今天."""
    return one(later(seen.today, _which(found["which"]), found["unit"], seen.calendar))


def weekday(found: Match, seen: Seen) -> Span:
    monday = seen.today - timedelta(days=seen.today.weekday())
    which = found["which"] or ""
    name = found["day"]
    wanted = _WEEKDAYS[name] if name in _WEEKDAYS else _ENGLISH_DAYS.index(name[:3])
    day = monday + timedelta(weeks=_which(which), days=wanted)
    if not which and day < seen.today:
        day += timedelta(weeks=1)
    return Span(day, day)


def week(found: Match, seen: Seen) -> Span:
    """A whole week as a deadline: its last working day; its beginning, its middle, its weekend."""
    which, part = found["which"] or "", found["part"] or ""
    monday = seen.today - timedelta(days=seen.today.weekday()) + timedelta(weeks=_which(which))
    if re.search("末", part):
        return Span(monday + timedelta(days=5), monday + timedelta(days=5))
    if re.search("初|早些", part):
        return Span(monday, monday)
    if "中" in part:
        return Span(monday, monday + timedelta(days=2))
    days = [monday + timedelta(days=n) for n in range(6, -1, -1)]
    working = [d for d in days[2:] if seen.calendar.works(d)]
    last = working[0] if working else days[2]
    if last < seen.today and not _which(which):
        last = days[0]
    return Span(monday, last)


def weekend(found: Match, seen: Seen) -> Span:
    monday = seen.today - timedelta(days=seen.today.weekday())
    which = found["which"] or ""
    saturday = monday + timedelta(weeks=_which(which), days=5)
    return Span(saturday, max(saturday, min(seen.today, saturday + timedelta(days=1))))


def ago_or_later(found: Match, seen: Seen) -> Span | None:
    count, unit = counted(found)
    if found["ago"]:
        count = -count
    day = later(seen.today, count, unit, seen.calendar)
    return Span(day if found["ago"] else seen.today, day)


def hours_on(found: Match, seen: Seen) -> Span:
    count = 0.5 if found["n"] == "半" else number(found["n"]) + (0.5 if found["half"] else 0)
    minutes = count * (1 if re.search("分|min", found["unit"]) else 60)
    if "刻" in found["unit"]:
        minutes = count * 15
    moment = seen.now + timedelta(minutes=minutes)
    return Span(moment.date(), moment.date(), moment)


def _month(found: Match, seen: Seen) -> tuple[int, int]:
    """Year and month of a form that names a month, or of the present one."""
    groups = found.groupdict()
    if groups.get("mon"):
        month = number(groups["mon"])
        year = _year(groups.get("y"), seen) or seen.today.year
        past = not groups.get("y") and month < seen.today.month
        return year + (1 if past else 0), month
    ahead = seen.today.month - 1 + _which(groups.get("which") or "")
    return seen.today.year + ahead // 12, ahead % 12 + 1


def month_part(found: Match, seen: Seen) -> Span:
    """The beginning, middle or end of a month; its ten-day parts end on 10, 20 and its last day."""
    year, month = _month(found, seen)
    part = found["part"]
    end = month_end(year, month)
    first, last = 1, end.day
    if re.search("初|上旬", part):
        last = 10 if "旬" in part else 1
    elif "中" in part:
        first, last = (11, 20) if "旬" in part else (15, 15)
    elif "旬" in part:
        first = 21
    span = Span(end.replace(day=first), end.replace(day=last))
    bare = not found.groupdict().get("mon") and not found.groupdict().get("which")
    if bare and span.last < seen.today:
        after = month_end(year, month + 1)
        return Span(after.replace(day=first), after.replace(day=min(last, after.day)))
    return span


def whole_month(found: Match, seen: Seen) -> Span:
    end = month_end(*_month(found, seen))
    return Span(end.replace(day=1), end)


def day_of_month(found: Match, seen: Seen) -> Span | None:
    day = number(found["d"])
    if found["which"]:
        return one(made(*_month(found, seen), day))
    for ahead in range(3):
        end = month_end(seen.today.year, seen.today.month + ahead)
        if day <= end.day and end.replace(day=day) >= seen.today:
            return one(end.replace(day=day))
    return None


def nth_of(found: Match, seen: Seen) -> Span | None:
    """The second Saturday, the last working day of a month or week."""
    if found["week"]:
        ahead = timedelta(weeks=_which(found["week"]), days=-seen.today.weekday())
        days = [seen.today + ahead + timedelta(days=n) for n in range(7)]
    else:
        end = month_end(*_month(found, seen))
        days = [end.replace(day=n + 1) for n in range(end.day)]
    wanted = _kind(found["what"], seen)
    kept = [day for day in days if wanted(day)]
    try:
        return one(kept[_position(found["nth"])])
    except IndexError:
        raise AskError("impossible") from None


def _position(nth: str) -> int:
    """Where "第二", "最后" or "倒数第二" points in a list."""
    if nth == "最后":
        return -1
    return -number(nth[3:]) if nth.startswith("倒数") else number(nth.lstrip("第")) - 1


def _kind(word: str, seen: Seen) -> Callable[[date], bool]:
    if "工作日" in word or "上班" in word:
        return seen.calendar.works
    if word[-1] in _WEEKDAYS and re.search("周|星期|礼拜", word):
        return lambda day: day.weekday() == _WEEKDAYS[word[-1]]
    return lambda day: True


def year_part(found: Match, seen: Seen) -> Span | None:
    year = _year(found["y"], seen) or seen.today.year
    part = found["part"]
    if "初" in part:
        first = date(year, 1, 1)
        return one(first if found["y"] or first >= seen.today else date(year + 1, 1, 1))
    if "中" in part:
        return Span(date(year, 6, 30), date(year, 6, 30))
    return Span(date(year, 1, 1), date(year, 12, 31))


def quarter(found: Match, seen: Seen) -> Span:
    now = (seen.today.month - 1) // 3 + 1
    year = _year(found["y"], seen) or seen.today.year
    if found["q"]:
        quarter = number(found["q"])
        if not 1 <= quarter <= 4:
            raise AskError("impossible")
        year += 1 if quarter < now and not found["y"] else 0
    else:
        quarter = now + _which(found["which"])
    end = month_end(year, quarter * 3)
    first = month_end(year, quarter * 3 - 2).replace(day=1)
    return Span(first, first) if "初" in (found["part"] or "") else Span(first, end)


def half_year(found: Match, seen: Seen) -> Span:
    first = found["half"] in ("上半年", "h1")
    year = _year(found["y"], seen) or seen.today.year
    if first and not found["y"] and seen.today.month > 6:
        year += 1
    return Span(
        date(year, 1 if first else 7, 1), date(year, 6, 30) if first else date(year, 12, 31)
    )


def _beside(first: date, last: date, found: Match, seen: Seen) -> Span | None:
    """What stands beside days off or an anchor: before, after, so long after, the nth day after."""
    groups = found.groupdict()
    after = bool(groups.get("after"))
    if groups.get("n"):
        count, unit = counted(found)
        return one(later(last if after else first, count if after else -count, unit, seen.calendar))
    if groups.get("nth"):
        return one(_nth_beside(last if after else first, groups, seen, after=after))
    return None


def _end_of_week(day: date, seen: Seen) -> date:
    """The last working day of the week in which the first working day from `day` on lies."""
    day = seen.calendar.from_day(day)
    rest = [day + timedelta(days=n) for n in range(6 - day.weekday(), -1, -1)]
    return next(found for found in rest if seen.calendar.works(found))


def _nth_beside(base: date, groups: dict[str, str | None], seen: Seen, *, after: bool) -> date:
    word = groups["nth"] or ""
    what = groups["what"] or ""
    count = 1 if word in ("首", "最后") or not word.lstrip("第") else number(word.lstrip("第"))
    step = timedelta(days=1 if after else -1)
    wanted = _kind(what, seen)
    if re.fullmatch(r"个?(?:周|星期|礼拜)", what):
        return _end_of_week(base + timedelta(weeks=count - 1, days=1), seen)
    if re.fullmatch(r"个?月", what):
        return add_months(base, count)
    day = base
    while count:
        day += step
        count -= 1 if wanted(day) else 0
    return day


def beside_festival(found: Match, seen: Seen) -> Span | None:
    day = festivals.next_day(found["name"], seen.today, seen.calendar)
    if day is None:
        raise AskError("holiday")
    if found["y"]:
        day = festivals.day_of(found["name"], _year(found["y"], seen) or day.year) or day
    off = festivals.break_around(day, seen.calendar)
    return _holiday(found, day, off, seen)


def made_up_for_festival(found: Match, seen: Seen) -> Span | None:
    day = festivals.next_day(found["name"], seen.today, seen.calendar)
    return one(festivals.made_up_for(day, seen.today, seen.calendar)) if day else None


def beside_new_year(found: Match, seen: Seen) -> Span | None:
    """ "年前", "年后", "过完年" speak of the Spring Festival, which must not be far."""
    day = festivals.next_day("春节", seen.today, seen.calendar)
    if day is None or (day - seen.today).days > 150:
        return None
    return _holiday(found, day, festivals.break_around(day, seen.calendar), seen)


def beside_next_holiday(found: Match, seen: Seen) -> Span | None:
    off = festivals.next_break(seen.today, seen.calendar)
    if off is None:
        raise AskError("holiday")
    return _holiday(found, off.first, off, seen)


def _holiday(found: Match, day: date, off: festivals.Break, seen: Seen) -> Span | None:
    groups = found.groupdict()
    if groups.get("n") or groups.get("nth"):
        eve = groups.get("before") and re.fullmatch("个?[天日]", groups.get("unit") or "")
        return _beside(day if eve else off.first, off.last, found, seen)
    if groups.get("after") or groups.get("over") is not None:
        return one(seen.calendar.shift(off.last, 1))
    if groups.get("before"):
        return one(seen.calendar.shift(off.first, -1))
    part = groups.get("part") or ""
    if re.search("最后|结束|末", part):
        return one(off.last)
    if re.search("期间|假期|长假", part):
        return Span(off.first, off.last)
    return one(day)


_ANCHORS = {
    "go_live": "正式上线|上线|投产|切换上线|go-?live|上线日",
    "acceptance": "终验|验收|初验",
    "uat": "uat",
    "kickoff": "启动会|开工|立项|启动",
}


def beside_anchor(found: Match, seen: Seen) -> Span | None:
    name = next(
        (key for key, words in _ANCHORS.items() if re.search(words, found["name"])), found["name"]
    )
    day = seen.anchors.get(name)
    if day is None:
        raise AskError("anchor")
    groups = found.groupdict()
    if groups.get("n") or groups.get("nth"):
        return _beside(day, day, found, seen)
    if groups.get("after"):
        return one(seen.calendar.shift(day, 1))
    if groups.get("before"):
        return one(day - timedelta(days=1))
    if re.search("次日|第二天", groups.get("part") or ""):
        return one(day + timedelta(days=1))
    return one(day)


def since_anchor(found: Match, seen: Seen) -> Span | None:
    """ "上线一周后", "上线满月"."""
    day = seen.anchors.get("go_live")
    if day is None:
        raise AskError("anchor")
    if found["full"]:
        return one(add_months(day, 1))
    count, unit = counted(found)
    return one(later(day, count, unit, seen.calendar))


def t_day(found: Match, seen: Seen) -> Span | None:
    """ "T+7": days from go-live where that is known, else from today."""
    base = seen.anchors.get("go_live")
    if base is None and found["sign"] == "-":
        raise AskError("anchor")
    count = number(found["n"]) * (-1 if found["sign"] == "-" else 1)
    return one(later(base or seen.today, count, found["unit"] or "天", seen.calendar))


def make_up_day(_: Match, seen: Seen) -> Span | None:
    for distance in range(120):
        day = seen.today + timedelta(days=distance)
        if seen.calendar.kind(day) is DayKind.MAKE_UP:
            return one(day)
    raise AskError("holiday")


def english_date(found: Match, seen: Seen) -> Span | None:
    month = _ENGLISH_MONTHS.index(found["mon"][:3]) + 1
    day = int(found["d"])
    if found["y"]:
        return one(made(int(found["y"]), month, day))
    there = made(seen.today.year, month, day)
    return one(there if there >= seen.today else made(seen.today.year + 1, month, day))


def english_end(found: Match, seen: Seen) -> Span:
    ahead = 1 if found["which"] and "next" in found["which"] else 0
    today, unit = seen.today, found["unit"]
    if unit in ("week", "w"):
        friday = today + timedelta(days=4 - today.weekday(), weeks=ahead)
        return Span(today, friday)
    if unit in ("month", "m"):
        return Span(today, month_end(today.year, today.month + ahead))
    if unit in ("quarter", "q"):
        return Span(today, month_end(today.year, ((today.month - 1) // 3 + 1 + ahead) * 3))
    if unit in ("day", "d"):
        return Span(today, today)
    return Span(today, date(today.year + ahead, 12, 31))


def asked(what: str) -> Read:
    def read(found: Match, seen: Seen) -> Span | None:
        raise AskError(what)

    return read
