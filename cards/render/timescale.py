"""Days along a picture: which stretch of time it shows, where a day is, which days are named.

Days are ordinals (`date.toordinal`), so that the first and the last year there is need no care.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cards.render.strokes import width

# Steps between named days: days, then months.
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000, 60000)


def day(iso: str) -> int | None:
    """The ordinal of an ISO date, or None for what is none."""
    try:
        return date.fromisoformat(iso).toordinal()
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Scale:
    """`first` to `last` (both whole days) drawn from `left`, `wide` wide."""

    first: int
    last: int
    left: float
    wide: float

    def at(self, ordinal: float) -> float:
        """Where a day begins; `ordinal` + 0.5 is its noon."""
        return self.left + self.wide * (ordinal - self.first) / (self.last + 1 - self.first)

    def ticks(self, size: float) -> list[tuple[int, str]]:
        """Days to name, as close together as their names leave room for."""
        for found in self._finer():
            room = sum(width(name, size) + 8 for _, name in found)
            if room <= self.wide:
                return found
        return []

    def _finer(self) -> Iterator[list[tuple[int, str]]]:
        """Ever fewer days: single ones, Mondays, firsts of months, years."""
        span = self.last + 1 - self.first
        for step in _DAYS:
            if span <= 60 * step:
                # Ordinal 1 was a Monday.
                start = self.first + (1 - self.first) % step
                yield [(n, _name(n)) for n in range(start, self.last + 1, step)]
        for step in _MONTHS:
            if span <= 60 * 28 * step:
                yield list(self._months(step))

    def _months(self, step: int) -> Iterator[tuple[int, str]]:
        begin, end = date.fromordinal(self.first), date.fromordinal(self.last)
        one_year = begin.year == end.year
        from_, to = (d.year * 12 + d.month - 1 for d in (begin, end))
        for month in range(-(-from_ // step) * step, to + 1, step):
            first = date(max(month // 12, 1), month % 12 + 1, 1)
            if first < begin:
                continue
            year = f"{first.year}" if step % 12 == 0 else f"{first.year}/{first.month}"
            yield first.toordinal(), _name(first.toordinal()) if one_year else year


def stretch(days: Sequence[int], today: int | None) -> tuple[int, int] | None:
    """First and last day to show: all of `days`, and today if it is not far from them."""
    if not days:
        return (today, today) if today else None
    first, last = min(days), max(days)
    near = max((last - first) // 2, 14)
    if today and first - near <= today <= last + near:
        return min(first, today), max(last, today)
    return first, last


def _name(ordinal: int) -> str:
    named = date.fromordinal(ordinal)
    return f"{named.month}/{named.day}"
