"""What an FAQ table's columns are called, and how prose marks questions and answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.language.normal import fold

_NAMES: Mapping[str, str] = {
    "question": "问题 问 标题 提问 常见问题 q question title",
    "answer": "答案 答 回答 解答 解决方法 处理方法 a answer reply solution",
    "variants": "问法 其他问法 相似问题 相似问 同义问 别名 variants wordings similar",
    "readers": "谁能看 可见 可见范围 受众 适用对象 对象 audience readers for role",
    "category": "类别 分类 模块 类型 category module type",
    "version": "版本 适用版本 version",
}
# Marks of a question and of an answer at the beginning of a line.
QUESTION = re.compile(r"^(?:问题?|q)\s*\d*\s*[:：.、]\s*(.+)$", re.IGNORECASE)
ANSWER = re.compile(r"^(?:答案?|回答|a)\s*\d*\s*[:：.、]\s*(.*)$", re.IGNORECASE)
_PARTED = re.compile(r"\s*(?:\r?\n|[|｜;；])\s*")
# A heading's number says nothing of the question.
_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)*[.、)）]?|[(（]\d+[)）]|[一二三四五六七八九十]+、)\s*")


def heads(cells: Sequence[str]) -> dict[str, int] | None:
    """Which column is what; `None` for a row that is no head (question and answer are needed)."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        name = fold(cell).strip(" *:：")
        for column, names in _NAMES.items():
            if name and name in names.split():
                found.setdefault(column, place)
    return found if {"question", "answer"} <= found.keys() else None


def wordings(cell: str) -> tuple[str, ...]:
    """The wordings in one cell, parted by line breaks, bars or semicolons."""
    return tuple(one for one in _PARTED.split(cell.strip()) if one)


def unnumbered(heading: str) -> str:
    """A heading without the number before it."""
    return _NUMBER.sub("", heading.strip()) or heading.strip()
