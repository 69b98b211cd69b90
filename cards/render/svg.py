"""A picture as SVG: for browsers as it is, for everything else by way of `cards/render/png.py`.

The units are CSS pixels on a card in a desktop browser; on a phone the narrow pictures shrink a
little and the plan over time scrolls. Nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from cards.elements import Bars, Gantt, Matrix, Picture, Tone, Trend
from cards.render import gantt, trend
from cards.render.strokes import (
    check,
    clean,
    fill,
    fit,
    line,
    rect,
    sheet,
    stroke,
    text,
    warning,
    width,
)

MOST_BARS = 40
_SIZE = 14.0


def draw(picture: Picture, *, font: str | None = None) -> str:
    """The picture as one self-contained `<svg>`.

    `font` names the only font there is, in which emoji would show as boxes; without it the words
    take the page's fonts. A dark page overrides the colours by class, see `strokes`.
    """
    match picture:
        case Matrix():
            return _matrix(picture, font)
        case Bars():
            return _bars(picture, font)
        case Gantt():
            return gantt.draw(picture, font)
        case Trend():
            return trend.draw(picture, font)
        case _:
            assert_never(picture)


_CELL_WIDE, _CELL_HIGH = 64.0, 54.0
_LEFT, _TOP = 46.0, 36.0
_MATRIX_WIDE = _LEFT + 5 * _CELL_WIDE + 6


def _matrix(picture: Matrix, font: str | None) -> str:
    high = _TOP + 5 * _CELL_HIGH + 44
    middle = _TOP + 2.5 * _CELL_HIGH
    title, across, up = (
        clean(w, signs=font is None) for w in (picture.title, picture.across, picture.up)
    )
    body = [text(8, 22, fit(title, _MATRIX_WIDE - 16, 15), 15)]
    found = by_cell(picture, signs=font is None)
    body += [_cell(x, y, found.get((x, y), [])) for y in range(1, 6) for x in range(1, 6)]
    for step in range(1, 6):
        x, y = _LEFT + (step - 0.5) * _CELL_WIDE, _TOP + (5.5 - step) * _CELL_HIGH
        body.append(text(x, high - 28, str(step), 13, "soft", "middle"))
        body.append(text(_LEFT - 7, y + 5, str(step), 13, "soft", "end"))
    body.append(
        text(_LEFT + 2.5 * _CELL_WIDE, high - 9, f"{fit(across, 250, 13)} →", 13, "soft", "middle")
    )
    turned = text(0, 0, f"{fit(up, 200, 13)} →", 13, "soft", "middle")
    body.append(f'<g transform="translate(18 {middle:g}) rotate(-90)">{turned}</g>')
    return sheet(_MATRIX_WIDE, high, "matrix", picture.title, picture.told, body, font)


def by_cell(picture: Matrix, *, signs: bool = True) -> Mapping[tuple[int, int], list[str]]:
    """The labels of every cell that has some, by (how likely, how bad), each 1 to 5."""
    found: dict[tuple[int, int], list[str]] = {}
    for label, likely, bad in picture.points:
        cell = min(max(likely, 1), 5), min(max(bad, 1), 5)
        found.setdefault(cell, []).append(clean(label, signs=signs))
    return found


def shade(score: int) -> str:
    """How bad a cell is, by the product of its two numbers."""
    return "high" if score >= 15 else "medium" if score >= 8 else "low"


def _cell(likely: int, bad: int, labels: list[str]) -> str:
    """One field of the grid: its score small in the corner, its labels in the middle."""
    x, y = _LEFT + (likely - 1) * _CELL_WIDE, _TOP + (5 - bad) * _CELL_HIGH
    drawn = rect(x + 1, y + 1, _CELL_WIDE - 2, _CELL_HIGH - 2, fill(shade(likely * bad)), round_=4)
    drawn += text(x + _CELL_WIDE - 5, y + 13, str(likely * bad), 10.5, "soft", "end")
    lines = _in_lines(labels)
    top = y + 33 + 4 - 8 * (len(lines) - 1)
    for number, words in enumerate(lines):
        drawn += text(x + _CELL_WIDE / 2, top + 17 * number, words, _SIZE, "ink", "middle")
    return drawn


def _in_lines(labels: list[str]) -> list[str]:
    """At most two lines; what does not fit is counted, as in `R3 R7 +5`."""
    lines = _wrapped(labels)
    if len(labels) <= 4 and len(lines) <= 2:
        return lines
    for shown in (2, 1):
        lines = _wrapped([*labels[:shown], f"+{len(labels) - shown}"])
        if len(lines) <= 2:
            return lines
    return lines[:1] + lines[-1:]


def _wrapped(labels: list[str]) -> list[str]:
    room = _CELL_WIDE - 6
    lines: list[str] = []
    for label in (fit(label, room, _SIZE) for label in labels):
        if lines and width(f"{lines[-1]} {label}", _SIZE) <= room:
            lines[-1] += f" {label}"
        else:
            lines.append(label)
    return lines


_BARS_WIDE, _BAR_HIGH = 420.0, 30.0
_MARKS = {Tone.BAD: warning, Tone.WATCH: warning, Tone.GOOD: check}


def _bars(picture: Bars, font: str | None) -> str:
    """A row per bar: label, bar, amount; good ones have a tick, bad ones a warning."""
    signs = font is None
    shown = picture.bars[:MOST_BARS]
    labels = [clean(label, signs=signs) for label, _, _ in shown]
    amounts = [f"{amount} {clean(picture.unit, signs=signs)}".strip() for _, amount, _ in shown]
    left = 8 + min(max([width(w, _SIZE) for w in labels], default=0), 150) + 8
    right = min(max([width(w, _SIZE) for w in amounts], default=0), 110) + 30
    most = max([amount for _, amount, _ in shown], default=0) or 1
    title = fit(clean(picture.title, signs=signs), _BARS_WIDE - 16, 15)
    body, y = [text(8, 22, title, 15)], 36.0
    for label, words, (_, amount, tone) in zip(labels, amounts, shown, strict=True):
        long = max((_BARS_WIDE - left - right) * max(amount, 0) / most, 2)
        body.append(text(left - 8, y + 20, fit(label, 150, _SIZE), _SIZE, "ink", "end"))
        if amount > 0:
            body.append(rect(left, y + 6, long, _BAR_HIGH - 12, fill(tone.value), round_=2))
        if tone in _MARKS:
            body.append(_MARKS[tone](left + long + 13, y + 15, tone.value))
        ahead = 24 if tone in _MARKS else 6
        body.append(text(left + long + ahead, y + 20, fit(words, 110, _SIZE), _SIZE))
        y += _BAR_HIGH
    if len(picture.bars) > len(shown):
        body.append(text(left, y + 18, f"+{len(picture.bars) - len(shown)}", _SIZE, "soft"))
        y += _BAR_HIGH
    body.append(line(left, 38, left, max(y - 2, 52), stroke("soft")))
    return sheet(_BARS_WIDE, max(y, 54) + 8, "bars", picture.title, picture.told, body, font)
