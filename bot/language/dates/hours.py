"""Times of day as people type them, in office hours unless they say otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from bot.language.dates.numbers import NUMBER, number

# What a bare number before 点 counts when it is no hour: "3点建议".
_NOUNS = "建议|意见|问题|需求|要求|原因|体会|想法|反馈|说明|补充|注意|疑问|结论|共识|感受|以上"
_POINTS = rf"(?!\s*(?:{_NOUNS}))"
HALVES = (
    "凌晨|清晨|一早|早上|早晨|上午|中午|午间|下午|午后|傍晚|晚上|晚间|夜里|夜间|半夜|深夜|午夜|"
    "早|晚|夜|am|pm"
)
_TIME = re.compile(
    rf"(?P<half>{HALVES})?\s*"
    r"(?:(?P<word>零点|零时|正午|noon|midnight)"
    rf"|(?P<h>\d{{1,2}}|[一二]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
    rf"(?:(?P<colon>[:：])(?P<mm>\d{{2}})(?::\d{{2}})?(?!\d|[:/])|(?:点钟?|时(?!间|候|长|效|差|区))"
    rf"(?P<m>整|半|[一1三3]刻|过?{NUMBER}(?!\d*\s*(?:个|家|条|%))分?)?{_POINTS}"
    r"|(?=\s*[ap]\.?m\b))"
    r"\s*(?P<after>[ap]\.?m\.?(?![a-z]))?)"
)
_DIGITS = set("0123456789一二两三四五六七八九十")
_BEFORE = _DIGITS | set("零.:/-")
_QUARTERS = {"半": 30, "一刻": 15, "1刻": 15, "三刻": 45, "3刻": 45, "整": 0}
_LATE = re.compile("下午|午后|傍晚|晚|pm")
_NIGHT = re.compile("晚|夜")
_EARLY = re.compile("凌晨|清晨|早|上午|am")


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day and where it was read; `next_day` for what is said of the night before it."""

    time: time
    start: int
    end: int
    next_day: bool = False


def find_hour(text: str, start: int = 0) -> Hour | None:
    """The first time of day from `start` on in a folded text."""
    for found in _TIME.finditer(text, start):
        read = None if _no_hour(text, found) else _read(found)
        if read:
            return read
    return None


def _no_hour(text: str, found: re.Match[str]) -> bool:
    """Whether this is the rest of a number, or "一点" for a little."""
    start = found.start()
    inside = text[start : start + 1] in _DIGITS and text[start - 1 : start] in _BEFORE
    return inside or found[0].strip() in ("一点", "1点")


def hour_at(text: str, start: int) -> Hour | None:
    """The time of day that begins right at `start`."""
    found = _TIME.match(text, start)
    return _read(found) if found else None


def _read(found: re.Match[str]) -> Hour | None:
    half = found["half"] or ""
    if found["word"]:
        noon = found["word"] in ("正午", "noon")
        return Hour(time(12 if noon else 0), *found.span(), next_day=not noon and half != "凌晨")
    try:
        hour = number(found["h"])
        minute = _minute(found)
    except KeyError:
        return None
    if hour == 24 and minute == 0:
        return Hour(time(0), *found.span(), next_day=True)
    if hour > 23 or minute > 59:
        return None
    after = (found["after"] or "").replace(".", "")
    hour, over = _of_day(hour, half, after, literal=(found["h"] or "").startswith("0"))
    return Hour(time(hour, minute), *found.span(), next_day=over)


def _minute(found: re.Match[str]) -> int:
    if found["mm"]:
        return int(found["mm"])
    said = (found["m"] or "").removeprefix("过").removesuffix("分")
    if said in _QUARTERS:
        return _QUARTERS[said]
    return number(said) if said else 0


def _of_day(hour: int, half: str, after: str, *, literal: bool) -> tuple[int, bool]:
    """The hour of 24, and whether it belongs to the day after the one that was named."""
    over = False
    if after == "am" or _EARLY.search(half):
        hour = 0 if hour == 12 else hour
    elif _NIGHT.search(half):
        if hour == 12:
            hour, over = 0, True
        elif hour >= 5:
            hour = hour + 12 if hour < 12 else hour
        else:
            over = True
    elif after == "pm" or _LATE.search(half):
        hour = hour + 12 if hour < 12 else hour
    elif half in ("中午", "午间"):
        hour = hour + 12 if hour < 4 else hour
    elif not half and not literal and 1 <= hour <= 6:
        hour += 12  # office hours: "3点" is in the afternoon
    return hour, over
