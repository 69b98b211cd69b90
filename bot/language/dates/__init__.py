"""Dates and times of day as people type them.

Deadlines prefer the future and mean the end of what they name. What cannot be known is not guessed:
`When.ask` says what to ask back. Tables: `forms.py`, `hours.py`, `tables/festivals.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.domain.workdays import Calendar
from bot.language.dates.forms import COMPILED, VAGUE
from bot.language.dates.hours import Hour, find_hour, hour_at
from bot.language.dates.numbers import NUMBER, number
from bot.language.dates.spans import AskError, Seen, Span, later
from bot.language.normal import Line, line

__all__ = ["Seen", "When", "find_date", "find_shift", "find_span", "find_time", "number", "read"]

# A deadline stands near the beginning; whatever is longer was pasted from elsewhere.
_LONGEST = 600
# Between a day and its time of day.
_BETWEEN = re.compile(
    r"(?:[(（]?(?:周|星期|礼拜)[一二三四五六日天][)）]?)?[的之 ,，(（t]*(?:之?前|以前|by|at)?[ ]?"
)
# "12月20日前3个工作日": so long before or after a day that was named.
_AWAY = re.compile(
    rf"(?P<side>之?前|之?后|以前|以后)的?(?P<n>{NUMBER})(?P<unit>个?(?:工作日|天|周|星期|礼拜|月))"
)
# A day named only to say that it is not the one: "不是这周五", "本来说今天", "元旦前上不了".
_DENIED_BEFORE = re.compile(
    r"(?:不是|并非|不要|别|原[定来计先]|本来|之前说|以前说|说好|原计划)[^,，。;；]{0,6}$"
)
_DENIED_AFTER = re.compile(
    r"[^,，。;；]{0,6}(?:不了|来不及|不行|赶不上|赶不及|没空|没戏|不可能|够呛|悬了?)"
)
_SHORTHAND = frozenset({"eod", "cob"})
_TO = re.compile(r"[)）]?\s*(?:到|至|~|～|—+|-+|–|to|until)\s*")
# "原定周三，改到周五": what is said after these words counts.
_MOVED = re.compile(
    "改[到成为]?|改期到?|推[到迟]到?|延[到期后]到?|顺延[到至]|挪到|调整?[到为至]|提前到|变更为|不对|"
    "算了|啊不|还是|更正为?|新日期|最晚|最迟|截止|期限|deadline|->|→|moved? to"
)
# "等上线以后再说" names a day and leaves it open.
_OPEN = re.compile("等.{0,12}再(?:说|定|议|看|商量)|(?:天|周.|月|号|日)再(?:说|议)[吧。!！]*$")
_HABIT = re.compile("每[天日周月]|天天|everyday|every day")
_WEEKDAY = re.compile("周|星期|礼拜")
_BARE_DAY = re.compile(r"(\d{1,2})[日号]?")


@dataclass(frozen=True, slots=True)
class When:
    """A date that was read: `day` is a deadline's day, `hour` its time if one was said.

    `first` is the first day of a range or span. Without a date, `ask` says what to ask back:
    `vague` (尽快), `impossible` (2月30日), `anchor` (a day that the project has not set yet),
    `holiday` (a table that does not reach so far), or nothing when no date is meant.
    """

    day: date | None = None
    hour: time | None = None
    first: date | None = None
    words: str = ""
    ask: str = ""
    confidence: float = 0.0

    def iso(self) -> str | None:
        """`YYYY-MM-DD`, with `THH:MM` where a time was said."""
        if self.day is None:
            return None
        return f"{self.day}T{self.hour:%H:%M}" if self.hour else f"{self.day}"


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    span: Span | None
    ask: str = ""


def read(text: str, seen: Seen) -> When:
    """The date that `text` names, seen from the present in the project's zone."""
    typed = line(text[:_LONGEST], squeeze=True)
    return _read(typed, seen) or _without_day(typed, seen)


def _read(typed: Line, seen: Seen) -> When | None:
    """What a text with a day in it names; `None` for one without."""
    found = list(_apart(_all(typed.text, seen)))
    if not found:
        return None
    chosen = _choose(typed.text, found, seen)
    if chosen.span is None:
        return When(ask=chosen.ask, words=typed.words(chosen.start, chosen.end))
    if _OPEN.search(typed.text):
        return When(ask="vague", words=typed.words(0, len(typed.text)))
    away = _AWAY.match(typed.text, chosen.end)
    if away:
        count = number(away["n"]) * (-1 if "前" in away["side"] else 1)
        day = later(chosen.span.last, count, away["unit"], seen.calendar)
        chosen = _Found(chosen.start, away.end(), Span(day, day))
    try:
        chosen, first = _ranged(typed.text, chosen, found, seen)
    except AskError as error:
        return When(ask=str(error), words=typed.words(chosen.start, len(typed.text)))
    return _timed(typed, chosen, first, seen)


def _all(text: str, seen: Seen) -> Iterator[_Found]:
    for pattern, reader in COMPILED:
        for match in pattern.finditer(text):
            if match.end() == match.start():
                continue
            try:
                span = reader(match, seen)
            except AskError as error:
                yield _Found(*match.span(), None, str(error))
            except (KeyError, OverflowError, ValueError):
                continue
            else:
                if span:
                    yield _Found(*match.span(), span)


def _apart(found: Iterator[_Found]) -> Iterator[_Found]:
    """Of what overlaps, the longest; in the order of the text."""
    kept: list[_Found] = []
    for one in sorted(found, key=lambda f: (f.start - f.end, f.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return iter(sorted(kept, key=lambda f: f.start))


def _choose(text: str, found: list[_Found], seen: Seen) -> _Found:
    """What was moved to, else the first day that is not over, else the first."""
    for moved in reversed(list(_MOVED.finditer(text))):
        after = [
            one
            for one in found
            if moved.end() <= one.start <= moved.end() + 4 and not _denied(text, one)
        ]
        if after:
            return after[0]
    meant = [one for one in found if not _denied(text, one)]
    if not meant:
        return replace(found[0], span=None, ask="vague")
    near = [one for one in meant if one.span and (one.span.last - seen.today).days < 300]
    meant = near or meant
    ahead = [one for one in meant if one.span and one.span.last >= seen.today]
    asked = [one for one in meant if one.span is None]
    days = [one for one in ahead if text[one.start : one.end] not in _SHORTHAND]
    return (days or ahead or asked or meant)[0]


def _denied(text: str, one: _Found) -> bool:
    return bool(_DENIED_BEFORE.search(text, 0, one.start) or _DENIED_AFTER.match(text, one.end))


def _ranged(
    text: str, chosen: _Found, found: list[_Found], seen: Seen
) -> tuple[_Found, date | None]:
    """With the end of its range, when one follows; and the day on which that began."""
    joint = _TO.match(text, chosen.end)
    if joint is None or chosen.span is None:
        return chosen, None
    for other in found:
        if other.start == joint.end() and other.span:
            back = other.span.last < chosen.span.last
            end = _from_there(text, other, chosen.span.last, seen) if back else other
            return replace(end, start=chosen.start), chosen.span.first
    bare = _BARE_DAY.match(text, joint.end())
    if bare and 1 <= int(bare[1]) <= 31 and not re.match(r"[:点时.]", text[bare.end() :]):
        try:
            last = chosen.span.last.replace(day=int(bare[1]))
        except ValueError:
            return chosen, None
        if last < chosen.span.last:
            raise AskError("impossible")
        return _Found(chosen.start, bare.end(), Span(last, last)), chosen.span.first
    return chosen, None


def _from_there(text: str, other: _Found, day: date, seen: Seen) -> _Found:
    """The weekday that ends a range, seen from the range's beginning: "下周二到周四"."""
    there = replace(seen, now=datetime.combine(day, time(0), seen.now.tzinfo))
    for found in _all(text[: other.end], there) if _WEEKDAY.match(text, other.start) else ():
        if (found.start, found.end) == (other.start, other.end) and found.span:
            return found
    raise AskError("impossible")


def _timed(typed: Line, chosen: _Found, first: date | None, seen: Seen) -> When:
    span = chosen.span
    if span is None:
        raise AssertionError
    words = typed.words(chosen.start, chosen.end)
    if span.moment:
        at = span.moment
        return When(at.date(), at.time().replace(second=0, microsecond=0), first, words, "", 0.9)
    hour, end = _hour_beside(typed.text, chosen)
    day = span.last
    if hour:
        words = typed.words(min(chosen.start, hour.start), max(chosen.end, end))
        day += timedelta(days=hour.next_day)
    wide = span.first if span.first != span.last else None
    return When(day, hour.time if hour else None, first or wide, words, "", 0.95 if hour else 0.9)


def _hour_beside(text: str, chosen: _Found) -> tuple[Hour | None, int]:
    """The time of day behind the day, or right before it ("下午三点，明天")."""
    starts = [chosen.end]
    if text[chosen.end - 1 : chosen.end] in "早晚夜晨":
        starts.insert(0, chosen.end - 1)
    if text[chosen.start : chosen.end] == "tonight":
        starts.insert(0, chosen.end)
    between = _BETWEEN.match(text, chosen.end)
    if between:
        starts.append(between.end())
    for start in starts:
        hour = hour_at(text, start)
        if hour:
            later = _TO.match(text, hour.end)
            last = hour_at(text, later.end()) if later else None
            return last or hour, (last or hour).end
    before = find_hour(text)
    if before and 0 <= chosen.start - before.end <= 1:
        return before, chosen.end
    return None, chosen.end


def _without_day(typed: Line, seen: Seen) -> When:
    """Only a time of day is today's, or tomorrow's once it is over; and what is vague is asked."""
    hour = None if _HABIT.search(typed.text) else find_hour(typed.text)
    vague = VAGUE.search(typed.text)
    if hour is None:
        half = re.search(r"^(?:下午|上午|中午|傍晚|晚上|下班)(?:之?前|以前)?$", typed.text)
        if half:
            return When(seen.today, words=typed.original, confidence=0.7)
        return When(ask="vague" if vague else "", words=vague[0] if vague else "")
    at = datetime.combine(seen.today, hour.time, seen.now.tzinfo) + timedelta(days=hour.next_day)
    if at < seen.now:
        at += timedelta(days=1)
    return When(at.date(), hour.time, None, typed.words(hour.start, hour.end), "", 0.7)


def find_date(text: str, today: date, calendar: Calendar | None = None) -> date | None:
    """The day that `text` names, seen from the morning of `today`; `None` if it names none."""
    found = _read(line(text[:_LONGEST], squeeze=True), _morning(today, calendar))
    return found.day if found else None


def _morning(today: date, calendar: Calendar | None) -> Seen:
    return Seen(datetime.combine(today, time(0)), calendar or Calendar())


_ONLY_AN_END = re.compile(r"\s*(?:到|至|直到)")
_LASTING = re.compile(rf"(?:休|假|请|共|连|一共)*({NUMBER})天(?!后|以后|之后|前|内)")


def find_span(text: str, today: date) -> tuple[date, date] | None:
    """From the first to the last day named: `11月25日到27日`, `明天`, `周四到周五`, `明天两天`."""
    only = _LASTING.fullmatch(line(text, squeeze=True).text)
    if only:
        return today, today + timedelta(days=max(number(only[1]), 1) - 1)
    found = read(text, _morning(today, None))
    if found.day is None or _ONLY_AN_END.match(text):
        return None
    if found.first:
        return found.first, found.day
    rest = line(text, squeeze=True).text.replace(line(found.words, squeeze=True).text, "", 1)
    lasting = _LASTING.search(rest)
    days = number(lasting[1]) if lasting else 1
    return found.day, found.day + timedelta(days=max(days, 1) - 1)


_SHIFT = re.compile(
    rf"(?P<side>往前|提前|早(?!了)|earlier|往后|推迟|推后|延后|延迟|晚(?!上)|later)\D{{0,4}}?"
    rf"(?P<n>半|{NUMBER})个?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟)(?P<more>半)?"
)


def find_shift(text: str) -> timedelta | None:
    """So much earlier (negative) or later: `提前15分钟`, `往后挪半小时`."""
    found = _SHIFT.search(line(text, squeeze=True).text)
    if found is None:
        return None
    count = 0.5 if found["n"] == "半" else number(found["n"])
    count += 0.5 if found["half"] or found["more"] else 0
    minutes = count * {"分钟": 1, "刻钟": 15}.get(found["unit"], 60)
    earlier = re.search("前|早|earlier", found["side"])
    return timedelta(minutes=-minutes if earlier else minutes)


def find_time(text: str) -> time | None:
    """A time of day: `09:30`, `9点半`, `下午3点`."""
    found = find_hour(line(text).text)
    return found.time if found else None
