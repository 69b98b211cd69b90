"""Checks of what Golive itself knows: calendars, debts, events that were given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.calendars import Calendars
from bot.core.findings import Finding, State
from storage.tables.outbox import State as OutboxState
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


# A free organisation's calls of one month (protocols/dingtalk.md §3.10).
DINGTALK_FREE = 5_000
SILENT_FOR = timedelta(days=3)


async def heard(uow: UnitOfWork) -> Finding:
    """Whether anything has been heard lately, where there are projects that should be heard."""
    present = {platform for platform in ("feishu", "dingtalk") if await uow.chats.present(platform)}
    last = [at for platform in present if (at := await uow.inbox.newest(platform))]
    if not present:
        return Finding("heard", State.SKIP)
    silent = not last or uow.now - max(last) > SILENT_FOR
    values = {"days": str((uow.now - max(last)).days if last else SILENT_FOR.days)}
    return Finding("heard", State.WARN if silent else State.PASS, values)


# The verifiers' words, by what an operator does about them.
_REFUSED = {
    "signature": "signature",
    "token": "token",
    "encrypted": "encrypted",
    "padding": "key",
    "unsigned": "unsigned",
    "neither signed nor encrypted": "unsigned",
    "missing header": "header",
    "timestamp is no number": "header",
    "timestamp is an hour off": "time",
    "owner": "owner",
}
LATELY = timedelta(hours=24)


async def refused(uow: UnitOfWork) -> list[Finding]:
    """Pushes of the last day that were not authentic, by platform and what is to be done."""
    counts: Counter[str] = Counter()
    for (platform, reason), count in (await uow.inbox.refused_since(uow.now - LATELY)).items():
        counts[f"{platform}.refused.{_REFUSED.get(reason, 'other')}"] += count
    return [
        Finding(code, State.WARN, {"count": str(count)}) for code, count in sorted(counts.items())
    ] or [Finding("refused", State.PASS)]


async def unavailable(uow: UnitOfWork) -> Finding:
    """People whom the app may not write to, because they are not in its range (Feishu 230013)."""
    dead = await uow.outbox.list([OutboxState.DEAD], 1_000)
    people = {row.to for row in dead if "230013" in (row.error or "")}
    state = State.WARN if people else State.PASS
    return Finding("available", state, {"count": str(len(people))})


async def quota(uow: UnitOfWork) -> list[Finding]:
    """How much of DingTalk's month is used up, as far as messages are kept."""
    if not await uow.chats.present("dingtalk"):
        return []
    first = uow.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    used = await uow.outbox.sent_since("dingtalk", first)
    values = {"used": str(used), "free": str(DINGTALK_FREE)}
    state = State.WARN if used > DINGTALK_FREE * 0.8 else State.PASS
    return [Finding("dingtalk.quota", state, values)]
