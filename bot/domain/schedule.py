"""When something regular falls due next, in people's time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo

from bot.domain.followup import GIVEN_UP
from bot.domain.golive import ASKED_BEFORE
from bot.domain.project import Project, RoundKind
from bot.domain.workdays import Calendar

# When the manager is asked whether it has gone live.
ASKED_AT = time(17, 0)


def at(day: date, clock_time: time, zone: tzinfo) -> datetime:
    """The moment at which a wall clock in `zone` shows `clock_time` on `day`.

    A time that a spring change skips is taken with the offset before the change (PEP 495), so it
    comes an hour later by the new wall clock; one that an autumn change repeats is its first pass.
    """
    return datetime.combine(day, clock_time, tzinfo=zone)


def next_working(clock_time: time, after: datetime, zone: tzinfo, calendar: Calendar) -> datetime:
    """The first moment later than `after` at which it is `clock_time` on a working day."""
    day = after.astimezone(zone).date()
    while True:
        day = calendar.from_day(day)
        moment = at(day, clock_time, zone)
        if moment.timestamp() > after.timestamp():
            return moment
        day += timedelta(days=1)


def next_round(
    project: Project, kind: RoundKind, step: str, after: datetime, calendar: Calendar
) -> datetime | None:
    """When a round's step (`ask`, `remind`, `close`) comes next; `None` while it is off."""
    times = project.settings.times(kind)
    if not times.on or project.paused:
        return None
    return next_working(getattr(times, step), after, project.zone, calendar)


When = Callable[[Project, datetime, Calendar], datetime | None]


def _round_step(kind: RoundKind, step: str) -> When:
    def when(project: Project, after: datetime, calendar: Calendar) -> datetime | None:
        return next_round(project, kind, step, after, calendar)

    return when


def _daily(clock_time: str) -> When:
    """On every working day at the time of that name in the project's settings."""

    def when(project: Project, after: datetime, calendar: Calendar) -> datetime | None:
        if project.paused:
            return None
        return next_working(getattr(project.settings, clock_time), after, project.zone, calendar)

    return when


def _before_golive(project: Project, after: datetime, calendar: Calendar) -> datetime | None:
    """Two working days before go-live in the morning, and on the day itself in the evening; what
    falls on a day off comes on the next morning of work."""
    if project.golive is None or project.paused:
        return None
    last = calendar.from_day(project.golive)
    morning, evening = project.settings.remind_at, ASKED_AT
    on_the_day = evening if last == project.golive else morning
    moments = (
        at(calendar.shift(last, -ASKED_BEFORE), morning, project.zone),
        at(last, on_the_day, project.zone),
    )
    return next((moment for moment in moments if moment > after), None)


def _followup(project: Project, after: datetime, calendar: Calendar) -> datetime | None:
    """From the day after go-live on, every working day on which anything may be asked yet."""
    settings, golive = project.settings.followups, project.golive
    if golive is None or project.paused or not (settings.on and settings.days):
        return None
    first = at(golive + timedelta(days=min(settings.days)), time(), project.zone)
    since = max(after, first - timedelta(seconds=1))
    moment = next_working(settings.at, since, project.zone, calendar)
    last = golive + timedelta(days=max(settings.days) + GIVEN_UP)
    return moment if project.local(moment).date() <= last else None


def last_of_week(day: date, calendar: Calendar) -> date:
    """The last working day of the week of a day; its Friday if nobody works in all of it."""
    monday = day - timedelta(days=day.weekday())
    week = [monday + timedelta(days=n) for n in range(7)]
    return next((d for d in reversed(week) if calendar.works(d)), week[4])


def _weekly(project: Project, after: datetime, calendar: Calendar) -> datetime | None:
    """On the last working day of every week in which people work."""
    reports = project.settings.reports
    if project.paused or not reports.weekly:
        return None
    day = project.local(after).date()
    while True:
        last = last_of_week(day, calendar)
        moment = at(last, reports.weekly_at, project.zone)
        if moment > after and calendar.works(last):
            return moment
        day = last - timedelta(days=last.weekday()) + timedelta(days=7)


def _upward(project: Project, after: datetime, calendar: Calendar) -> datetime | None:
    reports = project.settings.reports
    if project.paused or not reports.upward:
        return None
    return next_working(reports.upward_at, after, project.zone, calendar)


# Every regular job by name, and how to find its next time in a project.
WHEN: dict[str, When] = {
    f"{kind}.{step}": _round_step(kind, step)
    for kind in RoundKind
    for step in ("ask", "remind", "close")
} | {
    "milestone.remind": _daily("remind_at"),
    "risk.climb": _daily("climb_at"),
    "golive.gate": _before_golive,
    "followup.ask": _followup,
    "report.weekly": _weekly,
    "report.upward": _upward,
}


def quiet_until(project: Project, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in; `None` outside them."""
    local = project.local(now)
    start, end = project.settings.quiet_from, project.settings.quiet_until
    wall = local.time()
    if not is_quiet(start, end, wall):
        return None
    day = local.date() if wall < end else local.date() + timedelta(days=1)
    return at(day, end, project.zone)


def next_waking(project: Project, now: datetime, calendar: Calendar) -> datetime | None:
    """The next moment of a working day outside quiet hours; `None` when that is now."""
    local = project.local(now)
    start = project.settings.quiet_until
    if calendar.works(local.date()):
        return quiet_until(project, now) and next_working(start, now, project.zone, calendar)
    return next_working(start, now, project.zone, calendar)


def is_quiet(start: time, end: time, wall: time) -> bool:
    """Whether a wall-clock time lies in quiet hours; they may reach over midnight."""
    if start == end:
        return False
    if start < end:
        return start <= wall < end
    return wall >= start or wall < end
