"""What the linear models look at: letters in a row, words of Latin letters, beginning and end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from bot.language.normal import fold

_LATIN = re.compile(r"[a-z]+")
_CLAUSE_END = re.compile(r"[,，。;；!！?？~\s]+")
# A text is read up to here; what people type in one message is shorter.
LONGEST = 400


@lru_cache(maxsize=512)
def shape(text: str) -> str:
    """The folded text with every number as 0."""
    return re.sub(r"\d+(?:[.:]\d+)*", "0", fold(text[: 2 * LONGEST])[:LONGEST])


def grams(text: str, longest: int = 4) -> list[str]:
    """The features of a short text, each once: `接口`, `w:still waiting`, `b:`/`e:` for its edges.

    Latin words count as one letter among the others, so that "UAT环境" and "SIT环境" look alike.
    """
    shaped = shape(text)
    words = _LATIN.findall(shaped)
    found = {f"w:{word}" for word in words}
    found.update(f"w:{one} {other}" for one, other in pairwise(words))
    found.update(_rows(f"^{_LATIN.sub('a', shaped)}$", range(1, longest + 1), ""))
    clauses = [clause for clause in _CLAUSE_END.split(shaped) if clause]
    if clauses:
        found.update(_rows(f"$ {clauses[-1]}", (2, 3), "e:"))
        found.update(_rows(f"^{clauses[0][:6]}", (2, 3), "b:"))
    return list(found)


def _rows(text: str, lengths: range | tuple[int, ...], mark: str) -> Iterator[str]:
    for length in lengths:
        for start in range(len(text) - length + 1):
            yield mark + text[start : start + length]
