"""Prose cut into clauses, where what is spoken of may change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

# Sentence ends part items; commas and certain words part clauses, which may belong together.
_PARTS = re.compile(
    r"[。；;！!？?\n]+|\.{3,}|…+|(?<![a-zA-Z0-9])\.(?!\w)|(?<=[a-z])\.\s|[,，]+"
    r"|[ \t]+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[ \t]+|\s+[-/|]\s+"
)
_STRONG = re.compile(r"[。；;！!？?\n…|]|\.")
# Words that begin something new in text without punctuation.
_TURN = re.compile(
    r"(?<=[\u4e00-\u9fffa-zA-Z0-9]{3})(?<![说到比从于是看等跟和同自对])(?=(?:今天|明天|今日|明日|昨天|昨日|"
    r"接下来|下午(?!茶)|上午|然后|就是(?!说)|不过|但是|但(?!愿)|可是|只是|另外|还有(?:个|就是)|目前|"
    r"现在(?!的)|结果|因为|所以|today|tomorrow|but ))"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a text; `fresh` when a sentence begins with it."""

    start: int
    end: int
    words: str
    fresh: bool


def clauses(text: str) -> list[Clause]:
    """The clauses of a text in order, with their places in it."""
    found: list[Clause] = []
    start, fresh = 0, True
    for part in _PARTS.finditer(text):
        found += _turned(text, start, part.start(), fresh=fresh)
        fresh = bool(_STRONG.search(part[0])) or (fresh and part.start() == start)
        start = part.end()
    found += _turned(text, start, len(text), fresh=fresh)
    return found


def _turned(text: str, start: int, end: int, *, fresh: bool) -> list[Clause]:
    found = []
    places = [start, *(m.start() for m in _TURN.finditer(text, start, end)), end]
    for first, last in pairwise(places):
        words = text[first:last].strip()
        if words:
            begin = text.index(words, first)
            found.append(Clause(begin, begin + len(words), words, fresh and first == start))
    return found
