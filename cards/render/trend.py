"""How amounts went over time: a line each, told apart by its marker and its dashes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cards.elements import Tone, Trend, TrendLine
from cards.render.strokes import (
    clean,
    diamond,
    fit,
    line,
    rect,
    sheet,
    stroke,
    text,
    triangle,
    way,
    width,
)

MOST_STEPS, MOST_LINES = 60, 8
_WIDE, _TOP, _HIGH = 420.0, 56.0, 160.0
_BOTTOM = _TOP + _HIGH
_SMALL = 12.0
# How much of a name is drawn: of a step, and of a line.
_STEP, _NAME = 72.0, 150.0
_MOST_NAMED = 8
# No closer than this to one another are a line's markers.
_APART = 14.0
# Beyond this an amount is a mistake; and what is drawn stays finite.
_LARGEST = 1e12
_SHAPES = 4

# A value a step, as long as there are steps.
Values = list[float | None]
Point = tuple[float, float]


def draw(picture: Trend, font: str | None) -> str:
    signs = font is None
    lines, rows = picture.lines[:MOST_LINES], series(picture)
    steps = [fit(clean(s, signs=signs), _STEP, _SMALL) for s in shown_steps(picture)]
    top, ticks = scale(rows, picture.most)
    plot = _plot(steps, [number(tick) for tick in ticks], top)
    body = [
        text(8, 22, fit(clean(picture.title, signs=signs), _WIDE - 16, 15), 15),
        text(8, 42, fit(clean(picture.unit, signs=signs), _WIDE - 16, _SMALL), _SMALL, "soft"),
        *_grid(plot, ticks),
        *_names(plot, steps),
    ]
    # Dashes show on what is solid; where markers meet, each kind is smaller than those behind it.
    drawn = list(zip(lines, rows, strict=True))
    for one, row in sorted(drawn, key=lambda pair: pair[0].dashed):
        body += _way(plot, one, row)
    for place, (one, row) in reversed(list(enumerate(drawn))):
        body += _markers(plot, place, one.tone, row)
    legend, high = _legend(picture, rows, signs=signs)
    return sheet(_WIDE, high, "trend", picture.title, picture.told, body + legend, font)


def shown_steps(picture: Trend) -> tuple[str, ...]:
    """The last steps, as many as are drawn."""
    return picture.steps[-MOST_STEPS:]


def series(picture: Trend) -> list[Values]:
    """Of every line that is drawn one value for every step that is; None where none is known."""
    count = len(picture.steps)
    rows: list[Values] = []
    for one in picture.lines[:MOST_LINES]:
        row = [_known(value) for value in one.values[:count]]
        row += [None] * (count - len(row))
        rows.append(row[-MOST_STEPS:])
    return rows


def _known(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return min(max(value, 0), _LARGEST)


def last(row: Values) -> int | None:
    """The step of the last known value."""
    return next((n for n in reversed(range(len(row))) if row[n] is not None), None)


def scale(rows: list[Values], most: float | None) -> tuple[float, list[float]]:
    """The top of the scale and its ticks: from 0, round, at most six."""
    known = [value for row in rows for value in row if value is not None]
    fixed = _known(most)
    top = max([*known, fixed or 0])
    whole = all(float(value).is_integer() for value in known)
    step = _round_step(top / 5)
    if whole:
        step = max(step, 1)
    if not fixed or top > fixed:
        top = max(math.ceil(top / step - 1e-9), 1) * step
    return top, [step * n for n in range(math.floor(top / step + 1e-9) + 1)]


def _round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, not less than `least`."""
    if least < 1e-6:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least * (1 - 1e-9))


def number(value: float) -> str:
    """An amount as short as it can be: whole, or with what is needed after the point."""
    if value >= 1e6:
        return f"{value / 1e6:.7g}M"
    if value >= 10 or float(value).is_integer():
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.2g}"


@dataclass(frozen=True, slots=True)
class _Plot:
    """`count` steps from `left` to `right`, amounts from 0 at the bottom to `top`."""

    left: float
    right: float
    # Where the grid begins.
    edge: float
    count: int
    top: float

    @property
    def apart(self) -> float:
        """From one step to the next."""
        return (self.right - self.left) / max(self.count - 1, 1)

    def at(self, step: int, value: float) -> Point:
        """Where a value is; a single step stands in the middle."""
        x = self.left + self.apart * step if self.count > 1 else (self.left + self.right) / 2
        return x, _BOTTOM - _HIGH * value / self.top


def _plot(steps: list[str], ticks: list[str], top: float) -> _Plot:
    """As wide as the names of the amounts and of the outermost steps leave."""
    first, final = (width(s, _SMALL) / 2 for s in (steps[0], steps[-1])) if steps else (0.0, 0.0)
    edge = 8 + max(width(tick, _SMALL) for tick in ticks) + 6
    left = max(edge + 10, first + 4)
    return _Plot(left, _WIDE - max(14, final + 4), edge, len(steps), top)


def _grid(plot: _Plot, ticks: list[float]) -> list[str]:
    drawn: list[str] = []
    for tick in ticks:
        _, y = plot.at(0, tick)
        look = stroke("line", 0.8) if tick else stroke("soft")
        drawn.append(line(plot.edge, y, _WIDE - 8, y, look))
        drawn.append(text(plot.edge - 6, y + 4, number(tick), _SMALL, "soft", "end"))
    return drawn


def _names(plot: _Plot, steps: list[str]) -> list[str]:
    """The last step's name and before it as many as there is room for, evenly."""
    if not steps:
        return []
    widest = max(width(step, _SMALL) for step in steps) + 8
    every = max(math.ceil(len(steps) / _MOST_NAMED), math.ceil(widest / plot.apart), 1)
    drawn: list[str] = []
    for step in range(len(steps) - 1, -1, -every):
        x, y = plot.at(step, 0)
        drawn.append(line(x, y, x, y + 4, stroke("soft")))
        drawn.append(text(x, y + 18, steps[step], _SMALL, "soft", "middle"))
    return drawn


def _way(plot: _Plot, one: TrendLine, row: Values) -> list[str]:
    """The line, with gaps where nothing is known."""
    runs = [[plot.at(step, value) for step, value in run] for run in _runs(row)]
    look = stroke(one.tone, 2, dashed=one.dashed)
    return [way(points, look) for points in runs if len(points) > 1]


def _markers(plot: _Plot, place: int, tone: Tone, row: Values) -> list[str]:
    """On the last value, on what stands alone, and between them where there is room."""
    drawn: list[str] = []
    every = math.ceil(_APART / max(plot.apart, 0.1))
    end = last(row) or 0
    for run in _runs(row):
        for step, value in run:
            if len(run) == 1 or (end - step) % every == 0:
                drawn.append(_marker(place, *plot.at(step, value), tone))
    return drawn


def _runs(row: Values) -> list[list[tuple[int, float]]]:
    """What is known, each stretch without a gap by itself: steps and values."""
    runs: list[list[tuple[int, float]]] = [[]]
    for step, value in enumerate(row):
        if value is not None:
            runs[-1].append((step, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _marker(place: int, x: float, y: float, tone: Tone) -> str:
    """Circle, square, diamond, triangle, by the line's place; then the same, hollow."""
    look = (
        stroke("ground", 1, inside=tone) if place < _SHAPES else stroke(tone, 1.6, inside="ground")
    )
    match place % _SHAPES:
        case 0:
            return rect(x - 4, y - 4, 8, 8, look, round_=4)
        case 1:
            return rect(x - 4.2, y - 4.2, 8.4, 8.4, look)
        case 2:
            return diamond(x, y, 6, look)
    return triangle(x, y, 6.5, look)


_SAMPLE = 30.0


def _legend(picture: Trend, rows: Sequence[Values], *, signs: bool) -> tuple[list[str], float]:
    """Each line's sample, name and last value, in as many rows as they need; where they end."""
    drawn: list[str] = []
    x, y = 8.0, _BOTTOM + 44
    for place, (one, row) in enumerate(zip(picture.lines, rows, strict=False)):
        words = _said(fit(clean(one.name, signs=signs), _NAME, _SMALL), row)
        wide = _SAMPLE + 6 + width(words, _SMALL)
        if x > 8 and x + wide > _WIDE - 4:
            x, y = 8.0, y + 22
        drawn.append(line(x, y - 4, x + _SAMPLE, y - 4, stroke(one.tone, 2, dashed=one.dashed)))
        drawn.append(_marker(place, x + _SAMPLE / 2, y - 4, one.tone))
        drawn.append(text(x + _SAMPLE + 6, y, words, _SMALL, "soft"))
        x += wide + 14
    if len(picture.lines) > len(rows):
        x, y = (x, y) if x < _WIDE - 40 else (8.0, y + 22)
        drawn.append(text(x, y, f"+{len(picture.lines) - len(rows)}", _SMALL, "soft"))
    return drawn, y + 12


def _said(name: str, row: Values) -> str:
    end = last(row)
    value = None if end is None else row[end]
    return name if value is None else f"{name} · {number(value)}".strip(" ·")
