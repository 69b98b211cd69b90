"""What the columns of a plan are called in the tables that people keep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.language.normal import fold, tidy

NEEDED = ("name", "date")
# The best word of a column stands first: of "阶段" and "里程碑" in one table the latter is the
# name, and a planned day goes before one on which something was finished.
_WORDS: Mapping[str, str] = {
    "name": (
        "里程碑 里程碑名称 milestone 任务名称 taskname 任务 task 事项 节点 名称 name 标题 title "
        "阶段"
    ),
    "date": (
        "计划完成日期 计划完成时间 计划完成 计划日期 截止日期 截止时间 截止 duedate due deadline "
        "日期 date 交付日期 结束日期 结束时间 enddate end 完成日期 完成时间 finishdate finish"
    ),
    "owner": "负责人 责任人 owner assignee responsible 资源名称 resourcenames",
    "after": "前置任务 前置 依赖 predecessors predecessor dependson depends after",
    "customer": "客户可见 客户 customer shared",
}
_RANKS = {
    word: (role, rank) for role, words in _WORDS.items() for rank, word in enumerate(words.split())
}
_SHOWN = {
    "zh": {"name": "里程碑", "date": "日期"},
    "en": {"name": "milestone", "date": "date"},
}
# "完成日期（必填）*", "Due_Date:".
_AROUND = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|[\s_*:.#-]+")
# Longer texts are no heads; they are not even looked at.
_LONGEST = 40


def columns(cells: Sequence[str]) -> dict[str, int]:
    """The columns that a row names: `name`, `date`, `owner`, `after`, `customer` with their places.

    Places count from 0. What is not known is left out; of two columns for the same thing the one
    with the better word is taken, then the left one.
    """
    best: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        if len(cell) <= _LONGEST and (found := _RANKS.get(_AROUND.sub("", fold(cell)))):
            role, rank = found
            best[role] = min(best.get(role, (rank, place)), (rank, place))
    return {role: place for role, (_, place) in best.items()}


def missing(heads: Mapping[str, int]) -> list[str]:
    """The needed columns that are not among these."""
    return [role for role in NEEDED if role not in heads]


def head(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """The row that is the head, or most like one, with its columns; `rows` has at least one."""
    found = [columns(cells) for cells in rows]
    best = max(range(len(rows)), key=lambda n: (-len(missing(found[n])), len(found[n])))
    return best, found[best]


def fit(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How well rows are parted: columns known in the best one, rows with two cells or more."""
    return (
        max((len(columns(cells)) for cells in rows), default=0),
        sum(len([cell for cell in cells if cell.strip()]) > 1 for cells in rows),
    )


def usual(cells: Sequence[str]) -> dict[str, int]:
    """Name, date and owner as the first columns with something in them, for a table without head.

    Nothing where there is one column only, or where the row is a head with a column missing.
    """
    places = [place for place, cell in enumerate(cells) if cell.strip()]
    if len(places) < 2 or len(missing(columns(cells))) < len(NEEDED):
        return {}
    return dict(zip(("name", "date", "owner"), places, strict=False))


def letters(place: int) -> str:
    """A column's letters in Excel: A for 0, AA for 26."""
    before, last = divmod(place, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + last)


def shown(role: str, language: str) -> str:
    """The head to write for a needed column, `language` being that of the table: `zh` or `en`."""
    return _SHOWN[language][role]


def words(text: str) -> str:
    """A cell's text in one line, without what cannot be seen."""
    return " ".join(tidy(text).split())


def cleaned(role: str, text: str) -> str:
    """A cell's text in one line. Line breaks part what a milestone comes after."""
    return (
        "; ".join(filter(None, map(words, text.splitlines()))) if role == "after" else words(text)
    )
