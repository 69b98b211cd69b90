"""The little of Markdown that people write in answers, as a card's elements.

Headings, bold, links, pictures (as links: a platform shows only what was uploaded to it) and lists.
Everything else stands as it was typed; no markup of a platform comes through, and a link leads only
to http and https.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cards.elements import Bold, Bullets, Element, Link, Text, Words, text

_PIECE = re.compile(
    r"\*\*(?P<bold>[^*\n]{1,200})\*\*"
    r"|!?\[(?P<words>[^\[\]\n]{0,100})\]\((?P<to>https?://[^\s()<>\[\]]{1,500})\)"
    r"|(?P<url>https?://[^\s()<>\[\]，。；、）】\"'“”]{1,500})"
)
_HEADING = re.compile(r"#{1,6}\s+(.+)")
_ITEM = re.compile(r"\s*[-*•]\s+(.+)")


def elements_of(told: str) -> tuple[Element, ...]:
    """An answer's paragraphs; a list's lines together."""
    found: list[Element] = []
    for line in told.split("\n"):
        if not line.strip():
            continue
        item = _ITEM.fullmatch(line)
        if item is None:
            heading = _HEADING.fullmatch(line.strip())
            found.append(text(Bold(heading[1])) if heading else _line(line))
        elif found and isinstance(found[-1], Bullets):
            found[-1] = Bullets((*found[-1].items, _line(item[1])))
        else:
            found.append(Bullets((_line(item[1]),)))
    return tuple(found)


def _line(line: str) -> Text:
    return text(*_pieces(line))


def _pieces(line: str) -> Iterator[Words]:
    end = 0
    for piece in _PIECE.finditer(line):
        if piece.start() > end:
            yield line[end : piece.start()]
        if piece["bold"]:
            yield Bold(piece["bold"])
        else:
            url = piece["to"] or piece["url"]
            yield Link(piece["words"] or url, url)
        end = piece.end()
    if end < len(line):
        yield line[end:]
