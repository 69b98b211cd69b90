"""What the pictures are drawn with: SVG shapes and words in a few named colours.

Every shape carries its colour twice: as an attribute (`fill="#1d2129"`), which is all that the
renderer of PNGs knows, and as a class (`f-ink`, `s-ink` for strokes), by which a page's stylesheet
overrides it for a dark screen. So one picture serves both, without a `style` that a page's content
policy would refuse, and without ids, which would clash when a page shows two pictures.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

# Text on `ground` and on the three shades has a contrast of 4.5 or more, shapes one of 3 or more.
COLOURS = {
    "ground": "#ffffff",
    "ink": "#1d2129",
    "soft": "#565d69",
    "line": "#d6dae1",
    "info": "#2458d3",
    "good": "#1a7a48",
    "watch": "#a65a00",
    "bad": "#c4271b",
    "calm": "#6b7280",
    "low": "#d6f2df",
    "medium": "#ffe7c7",
    "high": "#ffd9d6",
    "plan": "#dbe7ff",
}
_SPACES = re.compile(r"\s+")
_JOINERS = "\u200c\u200d"
# From here on there are signs and emoji, which text fonts do not have.
_SIGNS = range(0x1F000, 0x20000)


def clean(words: str, *, signs: bool = True) -> str:
    """Somebody's words on one line, without what XML or a reader cannot take.

    Control characters, surrogates, direction overrides and unassigned characters go, and, without
    `signs`, the emoji that would show as empty boxes.
    """
    line = _SPACES.sub(" ", words)
    kept = [c for c in line if c in _JOINERS or unicodedata.category(c)[0] != "C"]
    if not signs:
        kept = [c for c in kept if ord(c) not in _SIGNS and c not in "\ufe0f\u200d"]
    return "".join(kept).strip()


def width(words: str, size: float) -> float:
    """About how wide the words are; rather too wide than too narrow."""
    return size * sum(map(_ems, words))


def _ems(char: str) -> float:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(char) in "WFA":
        return 1.3 if ord(char) in _SIGNS else 1.0
    if char in "mwMW@%&—…":
        return 0.95
    if char in " .,:;'|!iljI()[]":
        return 0.34
    return 0.72 if char.isupper() else 0.58


def fit(words: str, room: float, size: float) -> str:
    """The words, cut with `…` if they are wider than `room`."""
    if width(words, size) <= room:
        return words
    room -= size
    kept = []
    for char in words:
        room -= width(char, size)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def text(
    x: float, y: float, words: str, size: float, colour: str = "ink", anchor: str = "start"
) -> str:
    """One line of words whose base line is at `y`."""
    turned = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{turned} {fill(colour)}>'
        f"{html.escape(words)}</text>"
    )


def rect(x: float, y: float, w: float, h: float, look: str, *, round_: float = 0) -> str:
    """`look` is what `fill` and `stroke` say."""
    corner = f' rx="{_n(round_)}"' if round_ else ""
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(w, 0))}" height="{_n(h)}"{corner} {look}/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, look: str) -> str:
    return f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" {look}/>'


def diamond(x: float, y: float, reach: float, look: str) -> str:
    """A square on its corner, `reach` from its middle."""
    return (
        f'<path d="M{_n(x)} {_n(y - reach)}l{_n(reach)} {_n(reach)} {_n(-reach)} {_n(reach)} '
        f'{_n(-reach)} {_n(-reach)}z" {look}/>'
    )


def triangle(x: float, y: float, reach: float, look: str) -> str:
    """One on its base, its middle at (x, y), twice `reach` wide and a little less high."""
    high = 1.8 * reach
    return (
        f'<path d="M{_n(x)} {_n(y - high * 0.6)}l{_n(reach)} {_n(high)} {_n(-2 * reach)} 0z" '
        f"{look}/>"
    )


def way(points: Sequence[tuple[float, float]], look: str) -> str:
    """Straight lines from point to point."""
    through = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    return f'<path d="M{through}" {look} stroke-linejoin="round"/>'


def check(x: float, y: float, colour: str = "good") -> str:
    """A tick with its middle at (x, y), 10 wide."""
    look = f'{stroke(colour, 2.2)} stroke-linecap="round" stroke-linejoin="round"'
    return f'<path d="M{_n(x - 5)} {_n(y)}l3.5 4 6.5 -8" {look}/>'


def warning(x: float, y: float, colour: str = "bad") -> str:
    """A triangle with an exclamation mark cut out of it, its middle at (x, y), 12 wide."""
    return (
        f'<path d="M{_n(x)} {_n(y - 6)}l6.5 11.5h-13z" {fill(colour)}/>'
        f'<path d="M{_n(x)} {_n(y - 2)}v3.6M{_n(x)} {_n(y + 3)}v1" {stroke("ground", 1.6)}/>'
    )


def fill(colour: str) -> str:
    return f'class="f-{colour}" fill="{COLOURS[colour]}"'


def stroke(colour: str, wide: float = 1.0, *, dashed: bool = False, inside: str = "") -> str:
    """A line's look, or an outline's around the colour `inside`."""
    inner = f" f-{inside}" if inside else ""
    paint = COLOURS[inside] if inside else "none"
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'class="s-{colour}{inner}" fill="{paint}" stroke="{COLOURS[colour]}" '
        f'stroke-width="{_n(wide)}"{dashes}'
    )


def sheet(
    wide: float, high: float, kind: str, title: str, told: str, body: list[str], font: str | None
) -> str:
    """The whole picture, with its words for whoever cannot see it."""
    family = f' font-family="{html.escape(font)}"' if font else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(wide)} {_n(high)}" '
        f'class="drawn {kind}" role="img"{family}>'
        f"<title>{html.escape(clean(title))}</title><desc>{html.escape(clean(told))}</desc>"
        + rect(0, 0, wide, high, fill("ground"))
        + "".join(body)
        + "</svg>"
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
