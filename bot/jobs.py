"""What a regular job is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.context import Context
from bot.domain.people import Member
from bot.domain.project import Project
from bot.domain.schedule import When
from storage.tables.schedule import Due


@dataclass(frozen=True, slots=True)
class Turn:
    """One project's turn at a job; `late` is how long ago it was due."""

    project: Project
    due: Due


@dataclass(frozen=True, slots=True)
class Job:
    """Something that happens by itself.

    `when` tells the next time after a moment (`None`: not in this project as it is now); `run` does
    the job for many projects at once. One that came late into quiet hours waits for the morning,
    unless it sends nothing that disturbs. `run` may give back other next times, by project.
    One that is `only_working` waits, when it comes late, for the next working day. One that
    `gathers` is run up to `GATHERED` early with others, so that people hear of all at once.
    `at_once` are the most projects of one transaction: few where each takes long, since on SQLite
    nobody else writes meanwhile.
    """

    name: str
    when: When
    run: Callable[[Sequence[Turn], Context], Awaitable[Mapping[str, datetime]]]
    waits_for_morning: bool = True
    only_working: bool = False
    gathers: bool = False
    at_once: int = 500


async def away_today(
    ctx: Context, projects: Sequence[tuple[Project, Sequence[Member]]]
) -> dict[str, set[str]]:
    """By project, the ids of its members who are on leave on its today."""
    await ctx.uow.leaves.warm(m.person.id for _, members in projects for m in members)
    found = {}
    for project, members in projects:
        leaves = await ctx.uow.leaves.on([m.person.id for m in members], ctx.today(project))
        found[project.id] = {leave.person_id for leave in leaves}
    return found
