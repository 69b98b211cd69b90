"""Checks of what Golive itself knows: calendars, debts, events that were given up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.calendars import Calendars
from bot.core.findings import Finding, State
from storage.unit_of_work import UnitOfWork


async def debts(uow: UnitOfWork) -> list[Finding]:
    """What could not be sent or handled, of all projects: for the operator alone."""
    depth = await uow.outbox.depth()
    counts = {state: sum(n for (_, s), (n, _) in depth.items() if s == state) for _, state in depth}
    dead, unknown = counts.get("dead", 0), counts.get("unknown", 0)
    parked = await uow.inbox.count_parked()
    bad = State.WARN if dead or unknown else State.PASS
    found = [Finding("outbox", bad, {"dead": str(dead), "unknown": str(unknown)})]
    found.append(Finding("parked", State.WARN if parked else State.PASS, {"count": str(parked)}))
    return found


def known_years(calendars: Calendars, countries: Iterable[str], now: datetime) -> list[Finding]:
    """Whether the working days of this and the next year are known."""
    found = []
    for country in sorted(set(countries)):
        announced = calendars.of(country).announced
        missing = [year for year in (now.year, now.year + 1) if year not in announced]
        years = ", ".join(map(str, missing))
        values = {"years": years, "country": country}
        found.append(Finding("calendar", State.WARN if missing else State.PASS, values))
    return found
