"""Checks of what Golive itself knows: calendars, debts, events that were given up."""

from __future__ import annotations

from bot.calendars import Calendars
from bot.core.findings import Finding, State
from storage.unit_of_work import UnitOfWork


async def stored(uow: UnitOfWork, calendars: Calendars) -> list[Finding]:
    """What the database tells."""
    depth = await uow.outbox.depth()
    counts = {state: sum(n for (_, s), (n, _) in depth.items() if s == state) for _, state in depth}
    dead, unknown = counts.get("dead", 0), counts.get("unknown", 0)
    parked = await uow.inbox.count_parked()
    bad = State.WARN if dead or unknown else State.PASS
    found = [Finding("outbox", bad, {"dead": str(dead), "unknown": str(unknown)})]
    found.append(Finding("parked", State.WARN if parked else State.PASS, {"count": str(parked)}))
    countries = {project.settings.country for project in await uow.projects.all()} or {"CN"}
    for country in sorted(countries):
        announced = calendars.of(country).announced
        missing = [year for year in (uow.now.year, uow.now.year + 1) if year not in announced]
        years = ", ".join(map(str, missing))
        values = {"years": years, "country": country}
        found.append(Finding("calendar", State.WARN if missing else State.PASS, values))
    return found
