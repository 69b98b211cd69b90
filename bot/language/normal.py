"""One spelling for the many ways in which the same thing is typed."""

from __future__ import annotations

import re
import unicodedata

# Zero-width and direction marks arrive with text that was pasted from elsewhere.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def tidy(text: str) -> str:
    """The text with invisible and control characters gone; words and lines stay as they are."""
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text.replace("\r\n", "\n"))).strip()


def language_of(text: str) -> str:
    """`zh` for a text with Chinese in it, else `en`."""
    return "zh" if any("\u3400" <= letter <= "\u9fff" for letter in text) else "en"


def fold(text: str) -> str:
    """Half width, lower case, single spaces: for comparing, never for showing."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", tidy(text)).lower()).strip()
