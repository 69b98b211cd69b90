"""What is known of how a project does today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.domain.health import Health, Outlook, Reason
from bot.domain.milestone import Milestone
from bot.domain.people import Member
from bot.domain.risk import Risk
from bot.domain.workdays import Calendar


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stands. `share` is how many of the people asked have
    answered lately, `None` when nobody was asked."""

    health: Health
    reasons: Sequence[Reason]
    milestones: Sequence[Milestone]
    risks: Sequence[Risk]
    members: Sequence[Member]
    blockers: Sequence[tuple[Member, str]]
    share: float | None
    outlook: Outlook | None
    today: date
    calendar: Calendar
