"""Small words of a question: which stretch of time, whose, only what is late."""

from __future__ import annotations

import re
from collections.abc import Iterable
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


_QUESTION_MARK = re.compile(r"(?:[问問][题題]?|\bquestion|\bq)[ ]?[:：]", re.IGNORECASE)
_ANSWER_MARK = re.compile(r"(?:答案?|回答|\banswer|\ba)[ ]?[:：]", re.IGNORECASE)


def question_and_answer(said: str) -> tuple[str, str]:
    """What stands behind 问： and 答：, each empty where it is not said."""
    answer = _ANSWER_MARK.search(said)
    before = said[: answer.start()] if answer else said
    question = _QUESTION_MARK.search(before)
    return (
        before[question.end() :].strip(" ,，。;；\n") if question else "",
        said[answer.end() :].strip() if answer else "",
    )


def synonyms_said(said: str) -> tuple[tuple[str, ...], ...]:
    """Groups of words that mean the same: a line each, `=` or `、` between the words."""
    groups = []
    for line in re.split(r"[\n;；]", said):
        words = [fold(word).strip() for word in re.split(r"[=＝、,，/|]", line)]
        group = tuple(dict.fromkeys(word for word in words if word))
        if len(group) > 1:
            groups.append(group)
    return tuple(groups)


def merged(groups: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Groups that share a word are one; the first word of the earlier one stays first."""
    found: list[tuple[str, ...]] = []
    for group in groups:
        near = [one for one in found if set(one) & set(group)]
        found = [one for one in found if one not in near]
        found.append(tuple(dict.fromkeys(word for one in (*near, group) for word in one)))
    return tuple(found)


_VALUES = {
    "version": ("适用版本", "产品版本", "版本", "version"),
    "wordings": ("问法", "wordings", "wording"),
    "right": ("正确率", "right"),
    "months": ("过时", "months"),
    "remove": ("删除", "去掉", "remove"),
}
_READERS = frozenset(
    {
        "管理员",
        "仅管理员",
        "全员",
        "所有人",
        "普通用户",
        "用户",
        "admin",
        "admins",
        "everybody",
        "users",
    }
)
_STATES = {
    "草稿": "draft", "draft": "draft", "启用": "approved", "in use": "approved",
    "过时": "stale", "out of date": "stale",
}  # fmt: skip


def named_value(said: str) -> tuple[str, str]:
    """What is set and to what, in `版本 V8` or `正确率 98`; two empty texts where nothing is."""
    folded = fold(said)
    for name, words in _VALUES.items():
        for word in words:
            if folded.startswith(word) and len(said) > len(word):
                return name, said[len(word) :].strip(" :：为=")
    return "", ""


def names_readers(said: str) -> bool:
    """Whether somebody says for whom an entry is and nothing else."""
    return fold(said).strip() in _READERS


def state_said(said: str) -> str:
    """The state of an entry that somebody names and nothing else, or nothing."""
    return _STATES.get(fold(said).strip(), "")


def is_training(phase: str, name: str) -> bool:
    """Whether a milestone is a training, by its phase in our templates or by its name."""
    return phase == "train" or bool(re.search(r"培训|training", fold(name)))
