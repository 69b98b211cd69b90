"""One spelling for the many ways in which the same thing is typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from bot.language.tables import rows

# Zero-width and direction marks arrive with text that was pasted from elsewhere.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BLANK = re.compile(r"\s")


def tidy(text: str) -> str:
    """The text with invisible and control characters gone; words and lines stay as they are."""
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text.replace("\r\n", "\n"))).strip()


def language_of(text: str) -> str:
    """`zh` for a text with Chinese in it, else `en`."""
    return "zh" if any("\u3400" <= letter <= "\u9fff" for letter in text) else "en"


@cache
def _simplified() -> dict[int, str]:
    return {ord(pair[0]): pair[1] for row in rows("traditional.txt") for pair in row.split()}


def simplify(text: str) -> str:
    """Traditional characters as simplified ones, letter by letter."""
    return text if text.isascii() else text.translate(_simplified())


@lru_cache(maxsize=64)  # every reader of one message folds the same few texts
def fold(text: str) -> str:
    """Half width, lower case, simplified, single spaces: for comparing, never for showing."""
    folded = simplify(unicodedata.normalize("NFKC", tidy(text)).lower())
    return re.sub(r"\s+", " ", folded).strip()


@dataclass(frozen=True, slots=True)
class Line:
    """A folded text that knows where each of its letters stood in the original."""

    original: str
    text: str
    at: Sequence[int]

    def words(self, start: int, end: int) -> str:
        """What was typed between two places of the folded text."""
        if start >= end:
            return ""
        return self.original[self.at[start] : self.at[end - 1] + 1].strip()


def line(text: str, *, squeeze: bool = False) -> Line:
    """Fold letter by letter; of several blanks one stays, so that no pattern tries them all.

    With `squeeze`, blanks beside Chinese letters and digits go.
    """
    original = tidy(text)
    if original.isascii():
        folded, at = original.lower(), list(range(len(original)))
    else:
        letters, at = [], []
        for place, letter in enumerate(original):
            for small in unicodedata.normalize("NFKC", letter).lower():
                letters.append(small)
                at.append(place)
        folded = simplify("".join(letters))
    folded = _BLANK.sub(" ", folded)
    if "  " in folded or (squeeze and " " in folded):
        stays = _parts if squeeze else _is_first
        keep = [n for n, c in enumerate(folded) if c != " " or stays(folded, n)]
        folded, at = "".join(folded[n] for n in keep), [at[n] for n in keep]
    return Line(original, folded, at)


def _is_first(text: str, place: int) -> bool:
    """Whether no space stands before the one at `place`."""
    return text[place - 1 : place] != " "


def _parts(text: str, place: int) -> bool:
    """Whether the space at `place` parts two Latin words or numbers."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return before.isascii() and after.isascii() and before != " "
