"""A project and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.faq_settings import FAQ_SETTINGS, FaqSettings
from bot.domain.followup import FOLLOWUP_SETTINGS, FollowUpSettings
from bot.domain.ladder import Distances
from bot.domain.report_settings import REPORT_SETTINGS, ReportSettings

DISTANCES = Distances()


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
    """What a project manager may change; the defaults are those of the user's manual.

    `remind_at` is when milestones are reminded of, `climb_at` when what nobody answers goes one
    rung higher, after the working days of `distances`. `listen` lets the bot read every message of
    the group for risks. `guests` says that customers read the group although the platform does not
    call it external. `urgent` makes the last rung ring.
    """

    standup: Times = Times(on=True, ask=time(9, 30), remind=time(10, 15), close=time(10, 30))
    daily: Times = Times(on=False, ask=time(17, 30), remind=time(18, 15), close=time(18, 30))
    quiet_from: time = time(20, 0)
    quiet_until: time = time(8, 30)
    managers_report: bool = False
    remind_at: time = time(9, 0)
    climb_at: time = time(10, 0)
    distances: Distances = DISTANCES
    listen: bool = False
    guests: bool = False
    urgent: bool = False
    faq: FaqSettings = FAQ_SETTINGS
    followups: FollowUpSettings = FOLLOWUP_SETTINGS
    reports: ReportSettings = REPORT_SETTINGS
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
