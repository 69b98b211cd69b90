"""What a regular job is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.context import Context
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
    """

    name: str
    when: When
    run: Callable[[Sequence[Turn], Context], Awaitable[Mapping[str, datetime]]]
    waits_for_morning: bool = True
