"""Small words of a question: which stretch of time, whose, only what is late."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.language.normal import fold

_LATE = re.compile("逾期|超期|过期|拖期|过了|几个红的|overdue|late")
_SPAN = re.compile(
    r"(?:推?迟|延[后期]|往?后[推延移]?|晚)?"
    r"([\d一二两三四五六七八九十半]+个?(?:工作日|天|周|星期|礼拜|月))"
)
_SPEAKER = frozenset({"我", "自己", "我自己", "本人", "me", "myself"})
_DAY_ALONE = re.compile(r"\d{1,2}\s*月\s*\d{1,2}|(?<![\d.])\d{1,2}[./-]\d{1,2}(?![\d.])")
_YEAR = re.compile(r"\d{2,4}\s*年|\d{4}|明年|后年|next year|\d[./-]\d{1,2}[./-]\d")
_TAKES = re.compile(r"我来?(?:跟|接|处理|负责|看|弄|解决)(?!不)|\bmine\b|i'?(?:ll)? take it")
_AFTER_DONE = re.compile(
    r"(?:完成|done)\s+([今昨前]天|昨晚|上?周[一二三四五六日天]|\d{1,2}月\d{1,2}[日号]?|yesterday)\s*$"
)
_YES = frozenset({"是", "对", "可见", "可", "√", "✓", "y", "yes", "true", "1", "x"})
_DAY = timedelta(days=1)


def asks_late(text: str) -> bool:
    """Whether only what is overdue is asked for."""
    return bool(_LATE.search(fold(text)))


def is_speaker(name: str) -> bool:
    """Whether somebody names themselves."""
    return fold(name).strip("@ ") in _SPEAKER


def names_day_alone(text: str) -> bool:
    """Whether a month and a day are named and no year (`11月1日`, `11/1`)."""
    said = fold(text)
    return bool(_DAY_ALONE.search(said)) and not _YEAR.search(said)


def takes_it(text: str) -> bool:
    """Whether somebody says that they see to it themselves."""
    return bool(_TAKES.search(fold(text)))


def after_done(text: str) -> str:
    """The words behind 完成 at the end of a line, where a day may stand (`M2 完成 昨天`)."""
    found = _AFTER_DONE.search(fold(text))
    return found[1] if found else ""


def says_yes(word: str) -> bool:
    """Whether a cell of a table says yes; anything else is no."""
    return fold(word) in _YES


def span(words: str) -> str | None:
    """A bare stretch of time (`3天`, `两周`) as one that can be read as later than a moment."""
    found = _SPAN.fullmatch(words.strip())
    return f"{found[1]}后" if found else None


def period(words: str, today: date) -> tuple[date, date]:
    """The first and the last day of the week or month that is named: this, the last or the next."""
    said = fold(words)
    if "月" in said or "month" in said:
        first = today.replace(day=1)
        if re.search("下|next", said):
            first = _next_month(first)
        elif re.search("上|last", said):
            first = (first - _DAY).replace(day=1)
        return first, _next_month(first) - _DAY
    weeks = 1 if re.search("下|next", said) else -1 if re.search("上|last", said) else 0
    monday = today - _DAY * today.weekday() + timedelta(weeks=weeks)
    return monday, monday + _DAY * 6


def _next_month(first: date) -> date:
    return (first.replace(day=28) + _DAY * 4).replace(day=1)


def readers_said(said: str) -> str:
    """Whom an FAQ entry is for, as somebody put it: `all`, `admin` or `user`."""
    folded = fold(said)
    if "管理员" in folded or folded.startswith("admin"):
        return "admin"
    return "user" if "用户" in folded or folded.startswith("user") else "all"


_QUESTION_SAID = re.compile(
    r"[问問][题題]?\s*[:：]\s*(.+?)(?=[\s,，。;；]*(?:答案?|回答)\s*[:：]|$)", re.DOTALL
)
_ANSWER_SAID = re.compile(r"(?:答案?|回答|answer|a)\s*[:：]\s*(.+)$", re.DOTALL | re.IGNORECASE)
_QUESTION_SAID_ENGLISH = re.compile(
    r"(?:question|q)\s*[:：]\s*(.+?)(?=[\s,;]*(?:answer|a)\s*[:：]|$)", re.DOTALL | re.IGNORECASE
)


def question_and_answer(said: str) -> tuple[str, str]:
    """What stands behind 问： and 答：, each empty where it is not said."""
    question = _QUESTION_SAID.search(said) or _QUESTION_SAID_ENGLISH.search(said)
    answer = _ANSWER_SAID.search(said)
    return (question[1] if question else "").strip(), (answer[1] if answer else "").strip()


def synonyms_said(said: str) -> tuple[tuple[str, ...], ...]:
    """Groups of words that mean the same: a line each, `=` or `、` between the words."""
    groups = []
    for line in re.split(r"[\n;；]", said):
        words = [fold(word).strip() for word in re.split(r"[=＝、,，/|]", line)]
        group = tuple(dict.fromkeys(word for word in words if word))
        if len(group) > 1:
            groups.append(group)
    return tuple(groups)
