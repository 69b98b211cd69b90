"""The plan over time: a row per step, from its start to its end, beside the end first agreed."""

from __future__ import annotations

from datetime import date

from cards.elements import Gantt, GanttRow
from cards.render.strokes import (
    check,
    clean,
    diamond,
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
from cards.render.timescale import Scale, day, stretch

MOST_ROWS = 40
_WIDE, _ROW_HIGH, _TOP = 480.0, 27.0, 72.0
# The base lines of the days' names and, beneath them, of today's.
_TICKS, _TODAY = 44.0, 62.0
_SIZE, _SMALL = 14.0, 12.0
# Twelve Chinese characters, less where the plot would be left too narrow.
_LABEL = 12 * _SIZE
_MARK = 16.0


def draw(picture: Gantt, font: str | None) -> str:
    rows, signs = picture.rows[:MOST_ROWS], font is None
    labels = [fit(clean(row.label, signs=signs), _LABEL, _SIZE) for row in rows]
    marks = max([len(_marks(row)) for row in rows], default=0)
    left = 8 + max([width(label, _SIZE) for label in labels], default=60) + 6 + marks * _MARK
    over = len(picture.rows) - len(rows)
    bottom = _TOP + _ROW_HIGH * (len(rows) + bool(over)) + 4
    shown = stretch(_days(rows), day(picture.today))
    scale = Scale(*shown, left, _WIDE - left - 12) if shown else None
    body = [text(8, 22, fit(clean(picture.title, signs=signs), _WIDE - 16, 15), 15)]
    body += _ticks(scale, bottom) if scale else []
    for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
        y = _TOP + _ROW_HIGH * number
        body += _head(row, label, y, left)
        body += _bar(row, y + _ROW_HIGH / 2, scale) if scale else []
    if over:
        body.append(text(8, bottom - 12, f"+{over}", _SIZE, "soft"))
    names = [clean(name, signs=signs) for name in picture.legend]
    body += _today(picture.today, names[5], scale, bottom) if scale else []
    legend, high = _legend(names, bottom + 8)
    return sheet(_WIDE, high, "gantt", picture.title, picture.told, body + legend, font)


def _span(row: GanttRow) -> tuple[int, int] | None:
    """First and last day of the bar; one that is missing is taken from the other."""
    days = [found for found in (day(row.start), day(row.end)) if found]
    return (min(days), max(days)) if days else None


def _days(rows: tuple[GanttRow, ...]) -> list[int]:
    every = (day(iso) for r in rows for iso in (r.start, r.end, r.baseline, r.forecast))
    return [found for found in every if found]


def _marks(row: GanttRow) -> list[str]:
    return [name for name, there in (("done", row.done), ("late", row.late)) if there]


def _head(row: GanttRow, label: str, y: float, left: float) -> list[str]:
    """The step's name, and before its bar a tick if it is done, a warning if it is late."""
    drawn = [
        line(8, y + _ROW_HIGH, _WIDE - 12, y + _ROW_HIGH, stroke("line", 0.6)),
        text(8, y + 19, label, _SIZE),
    ]
    for place, mark in enumerate(reversed(_marks(row))):
        x = left - 9 - place * _MARK
        drawn.append((check if mark == "done" else warning)(x, y + _ROW_HIGH / 2))
    return drawn


def _bar(row: GanttRow, y: float, scale: Scale) -> list[str]:
    """The bar around the height `y`, its dashed rest up to the forecast, the baseline's diamond."""
    drawn: list[str] = []
    span, baseline, forecast = _span(row), day(row.baseline), day(row.forecast)
    if span:
        begin, end = scale.at(span[0]), scale.at(span[1] + 1)
        end = max(end, begin + 4)
        if forecast and forecast > span[1] and not row.done:
            rest = scale.at(forecast + 1) - end
            look = stroke("bad" if row.late else "soft", 1.3, dashed=True)
            drawn.append(rect(end, y - 6, rest, 12, look, round_=2))
        drawn.append(rect(begin, y - 7, end - begin, 14, _look(row), round_=3))
    if baseline:
        drawn.append(diamond(scale.at(baseline + 0.5), y, 5.5, _BASELINE))
    return drawn


_BASELINE = stroke("ink", 1.5, inside="ground")


def _look(row: GanttRow) -> str:
    """Solid when done; otherwise an outline, a thick one if late."""
    if row.done:
        return fill("good")
    return stroke("bad", 2.4, inside="high") if row.late else stroke("info", 1.2, inside="plan")


def _ticks(scale: Scale, bottom: float) -> list[str]:
    drawn: list[str] = []
    for ordinal, name in scale.ticks(_SMALL):
        x = scale.at(ordinal)
        half = width(name, _SMALL) / 2
        drawn.append(line(x, _TICKS + 4, x, bottom, stroke("line", 0.8)))
        drawn.append(text(min(x, _WIDE - half - 2), _TICKS, name, _SMALL, "soft", "middle"))
    return drawn


def _today(iso: str, name: str, scale: Scale, bottom: float) -> list[str]:
    """A line through all rows under its label; only a label with an arrow if today is far away."""
    today = day(iso)
    if not today:
        return []
    said = date.fromordinal(today)
    if today < scale.first or today > scale.last:
        words = f"{name} {iso} →" if today > scale.last else f"← {name} {iso}"
        return [text(_WIDE - 12, _TODAY, fit(words, 300, _SMALL), _SMALL, "info", "end")]
    words = fit(f"{name} {said.month}/{said.day}", 200, _SMALL)
    x, half = scale.at(today + 0.5), width(words, _SMALL) / 2
    middle = min(max(x, half + 8), _WIDE - 8 - half)
    return [
        line(x, _TODAY + 4, x, bottom, stroke("info", 1.6)),
        # The thin lines of the days end where the words begin.
        rect(middle - half - 2, _TODAY - 12, 2 * half + 4, 16, fill("ground")),
        text(middle, _TODAY, words, _SMALL, "info", "middle"),
    ]


# How wide the samples of the legend are.
_SAMPLES = (25, 25, 25, 12, 25, 4)


def _legend(names: list[str], y: float) -> tuple[list[str], float]:
    """A sample before each of the six names, in as many lines as they need; where the last ends."""
    drawn: list[str] = []
    x = 8.0
    for number, name in enumerate(fit(name, 150, _SMALL) for name in names):
        ahead = _SAMPLES[number] + 6
        wide = ahead + width(name, _SMALL)
        if x > 8 and x + wide > _WIDE - 4:
            x, y = 8.0, y + 22
        drawn += [*_sample(number, x, y + 11), text(x + ahead, y + 15, name, _SMALL, "soft")]
        x += wide + 12
    return drawn, y + 28


def _sample(number: int, x: float, y: float) -> list[str]:
    """What the legend's done, planned, late, baseline, forecast and today look like."""
    match number:
        case 0:
            return [rect(x + 13, y - 6, 12, 12, fill("good"), round_=2), check(x + 5, y)]
        case 1:
            return [rect(x, y - 6, 25, 12, stroke("info", 1.2, inside="plan"), round_=2)]
        case 2:
            look = stroke("bad", 2.4, inside="high")
            return [rect(x + 14, y - 5, 11, 10, look, round_=2), warning(x + 5.5, y)]
        case 3:
            return [diamond(x + 6, y, 5.5, _BASELINE)]
        case 4:
            return [rect(x, y - 5, 25, 10, stroke("soft", 1.3, dashed=True), round_=2)]
    return [line(x + 2, y - 8, x + 2, y + 8, stroke("info", 1.6))]
