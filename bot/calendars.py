"""The working-day calendars, from the library `holidays` and the operator's own files.

An override file is called `CN-2027.csv` and has a line per special day: `2027-02-06,holiday` or
`2027-02-20,make_up`; a file replaces the library's table of that country and year and makes the
year an announced one. The library knows China's moved working days (调休) only for years that the
State Council has announced; for later ones it silently returns just the statutory days, so a year
counts as announced only if the table has moved working days in it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

from bot.core.errors import SetupError
from bot.domain.workdays import Calendar, DayKind

# Countries whose calendars move working days; elsewhere statutory days are the whole truth.
_MOVING = frozenset({"CN"})
_FIRST_YEAR, _YEARS = 2024, 12


class Calendars:
    """Calendars by country code (ISO 3166-1 alpha-2)."""

    def __init__(self, overrides: Path | None = None) -> None:
        self._overrides = overrides
        self._known: dict[str, Calendar] = {}

    def of(self, country: str) -> Calendar:
        if country not in self._known:
            self._known[country] = self._load(country)
        return self._known[country]

    def _load(self, country: str) -> Calendar:
        marked, announced = _library(country)
        own: dict[int, dict[date, DayKind]] = {}
        for path in sorted(self._overrides.glob(f"{country}-*.csv")) if self._overrides else ():
            own[int(path.stem.split("-")[1])] = dict(_read(path))
        kept = {day: kind for day, kind in marked.items() if day.year not in own}
        for table in own.values():
            kept |= table
        return Calendar(kept, announced | own.keys())


@cache
def _library(country: str) -> tuple[dict[date, DayKind], frozenset[int]]:
    import holidays  # noqa: PLC0415  (0.2 s to import, and only projects need it)

    years = range(_FIRST_YEAR, _FIRST_YEAR + _YEARS)
    table = holidays.country_holidays(country, years=years)
    made_up = {day for day in getattr(table, "weekend_workdays", ()) if day.year in years}
    marked = dict.fromkeys((day for day in table if day not in made_up), DayKind.HOLIDAY)
    marked |= dict.fromkeys(made_up, DayKind.MAKE_UP)
    announced = {day.year for day in made_up} if country in _MOVING else set(years)
    return marked, frozenset(announced)


def _read(path: Path) -> Iterable[tuple[date, DayKind]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), start=1):
            if not row or row[0].startswith("#"):
                continue
            try:
                yield date.fromisoformat(row[0].strip()), DayKind(row[1].strip())
            except (ValueError, IndexError) as error:
                msg = f"{path}, line {number}: write a date and a kind, as in 2027-02-06,holiday."
                raise SetupError(msg) from error
