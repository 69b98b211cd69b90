"""Whether the bot is there, what it will do next, and what it missed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.domain.project import Project
from cards.common import notice
from cards.elements import Card, Tone
from cards.words import Words

# What people know of the bot's own doings; the rest follows from these.
_TOLD = ("standup.ask", "daily.ask", "milestone.remind", "followup.ask", "report.weekly")


def status(
    w: Words,
    project: Project,
    jobs: Mapping[str, datetime | None],
    *,
    owed: int,
    stuck: int,
) -> Card:
    """`jobs` are the next times of each job; `owed` and `stuck` rows of this chat."""
    lines = [w("status.alive")]
    if project.paused:
        lines.append(w("status.paused"))
    coming = sorted((at, name) for name in _TOLD if (at := jobs.get(name)))
    for at, name in coming[:3]:
        there = project.local(at)
        lines.append(w(f"status.job.{name}", when=w.moment(there)))
    lines.append(w("status.owed", count=owed) if owed else w("status.none_owed"))
    if stuck:
        lines.append(w("status.stuck", count=stuck))
    tone = Tone.WATCH if stuck or project.paused else Tone.GOOD
    return notice(w, w("status.title"), *lines, tone=tone)


def caught_up(w: Words, since: datetime, now: datetime, count: int) -> Card:
    minutes = round((now - since).total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    key = "status.away.hours" if hours else "status.away.minutes"
    away = w(key, hours=hours, minutes=minutes if not hours else rest)
    said = w("status.caught_up", away=away, count=count)
    return notice(w, w("status.caught_up.title"), said, tone=Tone.CALM)
