"""A project, its settings, its plan and how it is doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.people import Member, Role
from bot.domain.workdays import Calendar


class RoundKind(StrEnum):
    """The two rounds of a day: the morning's stand-up and the evening's report."""

    STANDUP = "standup"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Times:
    """When a round asks, reminds and closes, in the project's zone."""

    on: bool
    ask: time
    remind: time
    close: time


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project manager may change; the defaults are those of the user's manual."""

    standup: Times = Times(on=True, ask=time(9, 30), remind=time(10, 15), close=time(10, 30))
    daily: Times = Times(on=False, ask=time(17, 30), remind=time(18, 15), close=time(18, 30))
    quiet_from: time = time(20, 0)
    quiet_until: time = time(8, 30)
    managers_report: bool = False
    language: str = "zh"
    zone: str = "Asia/Shanghai"
    country: str = "CN"

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def with_times(self, kind: RoundKind, times: Times) -> Settings:
        if kind is RoundKind.STANDUP:
            return replace(self, standup=times)
        return replace(self, daily=times)

    def times(self, kind: RoundKind) -> Times:
        return self.standup if kind is RoundKind.STANDUP else self.daily


@dataclass(frozen=True, slots=True)
class Project:
    """A customer project; it lives in one group chat. `version` counts its changes."""

    id: str
    name: str
    chat_id: str
    settings: Settings = field(default_factory=Settings)
    golive: date | None = None
    template: str = "blank"
    created_at: datetime | None = None
    paused: bool = False
    version: int = 1

    @property
    def zone(self) -> ZoneInfo:
        return self.settings.zone_info

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Milestone:
    """A dated step of the plan; `number` counts within the project (M1, M2 …)."""

    id: str
    project_id: str
    number: int
    name: str
    due: date
    done_on: date | None = None


# Working days before go-live at which each phase ends. The four-week plan is the delivery rhythm
# that the product's users work by: prepare the environment, configure, train, go live.
TEMPLATES: dict[str, tuple[tuple[str, int], ...]] = {
    "four_weeks": (
        ("kickoff", 20),
        ("environment", 15),
        ("configuration", 10),
        ("training", 5),
        ("rehearsal", 2),
        ("golive", 0),
    ),
    "sprint": (("planning", 10), ("development", 4), ("acceptance", 1), ("golive", 0)),
    "blank": (("golive", 0),),
}


def plan(template: str, golive: date, calendar: Calendar) -> list[tuple[str, date]]:
    """Names and dates of a template's milestones, dated back from go-live on working days."""
    last = calendar.from_day(golive)
    return [
        (name, golive if days == 0 else calendar.shift(last, -days))
        for name, days in TEMPLATES[template]
    ]


class Health(StrEnum):
    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a project is not simply fine; `key` names the sentence."""

    key: str
    health: Health
    values: tuple[tuple[str, object], ...] = ()


def health(
    milestones: Sequence[Milestone],
    blockers: int,
    members: Sequence[Member],
    today: date,
    calendar: Calendar,
) -> tuple[Health, list[Reason]]:
    """How the project does and why, the worst first. Silence is never green without a reason."""
    reasons = [
        Reason(
            "health.overdue",
            Health.BAD if calendar.between(late.due, today) > 2 else Health.WATCH,
            (("name", late.name), ("days", calendar.between(late.due, today))),
        )
        for late in milestones
        if late.done_on is None and late.due < today
    ]
    if blockers:
        reasons.append(Reason("health.blockers", Health.WATCH, (("count", blockers),)))
    roles = {member.role for member in members}
    if Role.ENGINEER not in roles:
        reasons.append(Reason("health.no_engineer", Health.WATCH))
    if Role.MANAGER not in roles:
        reasons.append(Reason("health.no_manager", Health.WATCH))
    if not milestones:
        reasons.append(Reason("health.no_plan", Health.WATCH))
    worst = [level for level in (Health.BAD, Health.WATCH) if level in {r.health for r in reasons}]
    return (worst[0] if worst else Health.GOOD), sorted(
        reasons, key=lambda reason: reason.health is not Health.BAD
    )
