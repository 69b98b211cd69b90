"""设置 and 站会时间: a project's times and switches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import FormValue, Message, Press
from bot.domain.followup import FollowUpSettings
from bot.domain.ladder import Distances
from bot.domain.people import Right
from bot.domain.project import Project, RoundKind, Settings, Times
from bot.domain.report_settings import ReportSettings
from bot.domain.schedule import is_quiet, next_round
from bot.language.commands import Command
from bot.language.dates import find_date, find_shift, find_time
from bot.language.normal import fold
from bot.milestones import refresh_plan
from bot.places import here, number_of
from bot.risks import place_cards
from bot.router import Router
from cards.elements import Card
from cards.settings import (
    DAYS,
    MORE,
    SWITCHES,
    MoreSettings,
    SaveSettings,
    labels,
    more_card,
    settings_card,
    times_changed,
)
from cards.words import LANGUAGES, Words

router = Router()

MOST_DAYS = 30
MOST_STEPS = 10


@router.command("settings", right=Right.MANAGE, what="what.settings")
async def show(_: Message, __: Command, ctx: Context) -> Card:
    return settings_card(ctx.w, here(ctx))


@router.command("settings.set", right=Right.MANAGE, what="what.settings")
async def set_one(_: Message, command: Command, ctx: Context) -> Card:
    """One field of the form, by its name."""
    project = here(ctx)
    name, value = command.slots["name"], command.slots["value"]
    known = {
        fold(label): field for w in map(Words, LANGUAGES) for field, label in labels(w).items()
    }
    field = known.get(fold(name))
    if field is None:
        raise Refusal(
            "refused.setting", name=name[:40], names=ctx.w("comma").join(labels(ctx.w).values())
        )
    switched = {
        fold(w(f"settings.{on}")): on for w in map(Words, LANGUAGES) for on in ("on", "off")
    }
    codes = {fold(ctx.w(f"settings.language.{code}")): code for code in LANGUAGES}
    value = switched.get(fold(value), codes.get(fold(value), value))
    if field in SWITCHES and value not in ("on", "off"):
        raise Refusal("refused.switch", name=name)
    project = await _save(ctx, project, _read(project.settings, {field: value}))
    draw = more_card if field in MORE else settings_card
    return draw(Words(project.settings.language), project, saved=True)


@router.command("standup.time", right=Right.MANAGE, what="what.settings")
async def standup_time(_: Message, command: Command, ctx: Context) -> Card:
    """To a time of day, or so much earlier or later than now."""
    project, start = here(ctx), command.slots.get("date")
    day = find_date(start, ctx.today(project), ctx.calendar(project)) if start else None
    if day and day > ctx.today(project):
        raise Refusal("refused.time_from", day=ctx.w.day(day))
    shift = find_shift(command.evidence)
    if "delta" in command.slots and shift:
        now = project.settings.times(RoundKind.STANDUP).ask
        moved = _plus(now, round(shift.total_seconds() / 60))
        return await _move(ctx, RoundKind.STANDUP, f"{moved:%H:%M}")
    return await _move(ctx, RoundKind.STANDUP, command.slots.get("time", ""))


@router.command("daily.time", right=Right.MANAGE, what="what.settings")
async def daily_time(_: Message, command: Command, ctx: Context) -> Card:
    return await _move(ctx, RoundKind.DAILY, command.slots.get("time", ""))


async def _move(ctx: Context, kind: RoundKind, text: str) -> Card:
    """Move a round and switch it on; reminder and closing keep their distance from its start."""
    project = here(ctx)
    asked = find_time(text)
    if asked is None:
        raise Refusal("refused.time", text=text[:40])
    old = project.settings.times(kind)
    times = Times(
        on=True,
        ask=asked,
        remind=_plus(asked, _minutes(old.remind) - _minutes(old.ask)),
        close=_plus(asked, _minutes(old.close) - _minutes(old.ask)),
    )
    project = await _save(ctx, project, project.settings.with_times(kind, times))
    first = next_round(project, kind, "ask", ctx.now, ctx.calendar(project))
    first_day = ctx.w.day(project.local(first).date()) if first else ""
    return times_changed(ctx.w, project, kind, first_day)


@router.button(SaveSettings, right=Right.MANAGE, what="what.settings")
async def save(action: SaveSettings, press: Press, ctx: Context) -> Reply:
    project = here(ctx)
    if project.id != action.project_id:
        raise Refusal("refused.elsewhere")
    project = await _save(ctx, project, _read(project.settings, press.fields))
    w = Words(project.settings.language)
    draw = more_card if set(MORE) & press.fields.keys() else settings_card
    return Reply(Toast(w("settings.saved")), face=draw(w, project, saved=True))


@router.button(MoreSettings, right=Right.MANAGE, what="what.settings")
async def more(action: MoreSettings, _: Press, ctx: Context) -> Reply:
    project = here(ctx)
    if project.id != action.project_id:
        raise Refusal("refused.elsewhere")
    return Reply(face=more_card(ctx.w, project))


@router.command("settings.more", right=Right.MANAGE, what="what.settings")
async def more_by_text(_: Message, __: Command, ctx: Context) -> Card:
    """设置 回访."""
    return more_card(ctx.w, here(ctx))


async def _save(ctx: Context, project: Project, settings: Settings) -> Project:
    _check(settings)
    before = project.settings
    project = await ctx.uow.projects.save(replace(project, settings=settings))
    await ctx.arrange(project)
    ctx.note("settings.saved", before=before, after=settings)
    if before.guests != settings.guests:
        await _place_again(ctx, project)
    return project


async def _place_again(ctx: Context, project: Project) -> None:
    """Customers read the group now, or do so no more: what hangs there is drawn accordingly."""
    for risk in await ctx.uow.risks.of(project.id):
        await ctx.refresh("risk.card", risk.id)
        await place_cards(ctx, project, risk)
    await refresh_plan(ctx, project)


def _read(before: Settings, fields: Mapping[str, FormValue]) -> Settings:
    """The settings after a form; a field that was not sent keeps its value."""
    changed = before
    for kind in RoundKind:
        times = before.times(kind)
        read = {
            step: _time(fields, f"{kind}_{step}", getattr(times, step))
            for step in ("ask", "remind", "close")
        }
        on = _switch(fields, f"{kind}_on", default=times.on)
        changed = changed.with_times(kind, Times(on=on, **read))
    language = str(fields.get("language") or before.language)
    return replace(
        changed,
        remind_at=_time(fields, "remind_at", before.remind_at),
        climb_at=_time(fields, "climb_at", before.climb_at),
        distances=_distances(fields, before.distances),
        listen=_switch(fields, "listen", default=before.listen),
        guests=_switch(fields, "guests", default=before.guests),
        urgent=_switch(fields, "urgent", default=before.urgent),
        quiet_from=_time(fields, "quiet_from", before.quiet_from),
        quiet_until=_time(fields, "quiet_until", before.quiet_until),
        managers_report=_switch(fields, "managers_report", default=before.managers_report),
        language=language if language in LANGUAGES else before.language,
        followups=_followups(fields, before.followups),
        reports=_reports(fields, before.reports),
    )


def _followups(fields: Mapping[str, FormValue], before: FollowUpSettings) -> FollowUpSettings:
    return FollowUpSettings(
        _switch(fields, "followups_on", default=before.on),
        _time(fields, "followups_at", before.at),
        _step_days(fields, before.days),
        _switch(fields, "followups_privately", default=before.privately),
    )


def _step_days(fields: Mapping[str, FormValue], before: tuple[int, ...]) -> tuple[int, ...]:
    """Days after go-live, in their order, each once."""
    said = str(fields.get("followups_days") or "").strip()
    if not said:
        return before
    numbers = [int(n) for n in re.findall(r"[0-9]+", said) if len(n) < 4]
    odd = re.sub(r"[0-9、,，;；\s]", "", said)
    if odd or not numbers or len(numbers) > MOST_STEPS or not set(numbers) <= set(range(1, 366)):
        raise Refusal("refused.followups_days", text=said[:40])
    return tuple(sorted(set(numbers)))


def _reports(fields: Mapping[str, FormValue], before: ReportSettings) -> ReportSettings:
    return ReportSettings(
        _switch(fields, "weekly_on", default=before.weekly),
        _time(fields, "weekly_at", before.weekly_at),
        _switch(fields, "upward_on", default=before.upward),
        _time(fields, "upward_at", before.upward_at),
    )


def _check(settings: Settings) -> None:
    """Refuse times that run backwards or that lie where nothing would be sent."""
    for kind in RoundKind:
        times = settings.times(kind)
        if not times.ask < times.remind < times.close:
            raise Refusal(
                "refused.order",
                ask=f"{times.ask:%H:%M}",
                remind=f"{times.remind:%H:%M}",
                close=f"{times.close:%H:%M}",
            )
        for moment in (times.ask, times.remind, times.close) if times.on else ():
            _must_be_heard(settings, moment)

    own = (settings.followups.at, settings.reports.weekly_at, settings.reports.upward_at)
    for moment in (settings.remind_at, settings.climb_at, *own):
        _must_be_heard(settings, moment)


def _must_be_heard(settings: Settings, moment: time) -> None:
    """Refuse a time in quiet hours, at which nothing would be sent."""
    if is_quiet(settings.quiet_from, settings.quiet_until, moment):
        raise Refusal(
            "refused.quiet",
            time=f"{moment:%H:%M}",
            start=f"{settings.quiet_from:%H:%M}",
            end=f"{settings.quiet_until:%H:%M}",
        )


def _distances(fields: Mapping[str, FormValue], before: Distances) -> Distances:
    """The three distances in working days, each at least as far as the one below it."""
    given = {
        rung: str(fields.get(f"{rung}_days") or getattr(before, rung)).strip() for rung in DAYS
    }
    days = {rung: number_of(text) or 0 for rung, text in given.items() if text.isdecimal()}
    found = Distances(*(days.get(rung, 0) for rung in DAYS))
    if not 1 <= found.owner <= found.manager <= found.supervisor <= MOST_DAYS:
        raise Refusal("refused.days", **given)
    return found


def _time(fields: Mapping[str, FormValue], name: str, default: time) -> time:
    given = fields.get(name)
    if not given:
        return default
    found = find_time(str(given))
    if found is None:
        raise Refusal("refused.time", text=str(given)[:40])
    return found


def _switch(fields: Mapping[str, FormValue], name: str, *, default: bool) -> bool:
    return {"on": True, "off": False}.get(str(fields.get(name)), default)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _plus(moment: time, minutes: int) -> time:
    """A wall-clock time so much later or earlier on the same day, from 00:00 to 23:59."""
    midnight = datetime.combine(date.min, time())
    there = min(max(_minutes(moment) + minutes, 0), 24 * 60 - 1)
    return (midnight + timedelta(minutes=there)).time()
