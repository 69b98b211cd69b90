"""Which characters the one font has that is installed with us; others would show as boxes."""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path

from cards.render.strokes import clean

FONT = "Noto Sans SC"
# For a character that the font lacks and that is no mere decoration.
_UNKNOWN = "?"
# So many characters without a place to break would run out of the page; a break that shows nothing.
_LONGEST, _BREAK = 40, "\u200b"


def folder() -> Path:
    """Where the font lies."""
    from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415

    return Path(sans_path()).parent


def shown(words: str) -> str:
    """The words line by line as `strokes.clean` leaves them, with nothing that the font lacks."""
    lines = (clean(line, signs=False) for line in words.split("\n"))
    return "\n".join(_breakable("".join(map(_shown, line))) for line in lines).strip("\n")


def _shown(char: str) -> str:
    if ord(char) in _known():
        return char
    # Accents, joiners and signs say little by themselves.
    return "" if unicodedata.category(char) in {"Mn", "Me", "Cf", "So", "Sk"} else _UNKNOWN


def _breakable(line: str) -> str:
    """The line with a place to break in every long word of letters that are not Chinese."""
    made, run = [], 0
    for char in line:
        run = 0 if char in " -/" or ord(char) >= 0x2E80 else run + 1
        if run > _LONGEST:
            made.append(_BREAK)
            run = 1
        made.append(char)
    return "".join(made)


@cache
def _known() -> frozenset[int]:
    """The code points of the font's table of characters (`cmap`, format 12)."""
    from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415

    font = Path(sans_path()).read_bytes()
    start = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for number in range(count):
        (at,) = struct.unpack_from(">I", font, start + 4 + 8 * number + 4)
        if struct.unpack_from(">H", font, start + at) == (12,):
            (groups,) = struct.unpack_from(">I", font, start + at + 12)
            body = font[start + at + 16 : start + at + 16 + 12 * groups]
            for first, last, _ in struct.iter_unpack(">III", body):
                found.update(range(first, last + 1))
    return frozenset(found)


def _table(font: bytes, name: bytes) -> int:
    """Where the font's table of that name begins."""
    (count,) = struct.unpack_from(">H", font, 4)
    for number in range(count):
        tag, _, start, _ = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if tag == name:
            return int(start)
    raise KeyError(name)
