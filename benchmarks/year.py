"""A year of reminders and escalations: 200 projects, 2,000 milestones, 1,000 risks.

The year is invented and lived through by `tests/year.py`: the clock jumps from one due moment to
the next, what people do meanwhile is written as the handlers write it, and of three replicas the
one that ticks is killed in every tenth tick. Everything that was told is then held against
`tests/oracle.py`, which reckons it anew; that part is not timed.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import date
from time import perf_counter

import uvloop

from benchmarks.databases import fresh
from benchmarks.results import Figure
from bot import logs
from bot.calendars import Calendars
from tests.oracle import Row, mistakes
from tests.year import Script, Size, Year, script

ENGINE = "SQLite"
WHOLE = Size(200, 2_000, 1_000, date(2026, 1, 1), date(2026, 12, 31))
LOOK = Size(40, 400, 200, date(2026, 1, 1), date(2026, 3, 31))
WITHIN = 120.0
CRASHES = 0.1
SHOWN = 5


def run(*, quick: bool) -> Iterator[Figure]:
    """Seconds for all of it, and how often it was wrong."""
    logs.set_up("ERROR", "text", [])
    size = LOOK if quick else WHOLE
    told = script(size, seed=2026)
    with fresh(ENGINE) as (url, _):
        seconds, year, rows = uvloop.run(_live(url, told))
    wrong = mistakes(rows, told, Calendars().of("CN").works)
    for said in wrong[:SHOWN]:
        print(f"  {said}")
    span = f"{size.first} to {size.last}"
    what = f"{size.projects} projects, {size.milestones:,} milestones, {size.risks:,} risks, {span}"
    yield Figure(what, seconds, "s", ENGINE, at_most=WITHIN)
    yield Figure("  notices told", len(rows), "", ENGINE)
    yield Figure("  missing, doubled, on a day off or at night", len(wrong), "", ENGINE, at_most=0)
    yield Figure("  turns of jobs a second", year.turns / seconds, "1/s", ENGINE)
    yield Figure("  ticks cut off by a crash", year.killed, f"of {year.ticks:,}", ENGINE)


async def _live(url: str, told: Script) -> tuple[float, Year, list[Row]]:
    year = Year(url, told, seed=2026, crashes=CRASHES)
    gc.collect()
    began = perf_counter()
    try:
        await year.live()
        seconds = perf_counter() - began
        return seconds, year, await year.told()
    finally:
        await year.close()
