"""Follow-ups after go-live: asked once each, nobody too often, held where they would annoy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.context import Context
from bot.core.ids import new_id
from bot.domain import followup as rules
from bot.domain.followup import FollowUp, Held
from bot.domain.golive import Gate
from bot.domain.people import Member, Role
from bot.domain.project import Project
from bot.domain.risk import Level, Risk
from bot.domain.schedule import WHEN
from bot.jobs import Job, Turn, away_today
from cards.elements import Card
from cards.followup import held_card, left_out_card
from cards.words import Words
from storage.tables.projects import Chat


@dataclass(slots=True)
class _Asking:
    """What is known of all projects of one run, and what is to be written at its end.

    `asked_on` grows with everybody who is asked, so that a person of two projects is asked once.
    """

    gates: Mapping[str, Gate]
    risks: Mapping[str, list[Risk]]
    complaining: set[str]
    members: Mapping[str, Sequence[Member]]
    away: Mapping[str, set[str]]
    chats: Mapping[str, Chat]
    asked_on: dict[str, date]
    new: list[FollowUp] = field(default_factory=list)
    changed: list[FollowUp] = field(default_factory=list)
    put_to: list[tuple[str, str]] = field(default_factory=list)


async def ask(turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """What is due is asked on one card, or waits and says why.

    Policy after an outage: what was missed is asked once, late.
    """
    projects = {turn.project.id: turn.project for turn in turns}
    known = await ctx.uow.followups.of_many(list(projects))
    dates = _dates(ctx, list(projects.values()))
    due = {id_: _due(ctx, project, dates[id_], known[id_]) for id_, project in projects.items()}
    busy = [projects[id_] for id_, steps in due.items() if steps]
    if not busy:
        return {}
    asking = await _read(ctx, busy)
    for project in busy:
        _one(ctx, project, known[project.id], dates[project.id], due[project.id], asking)
    await ctx.uow.followups.add(asking.new)
    await ctx.uow.followups.save(asking.changed)
    await ctx.uow.followups.put_to(asking.put_to, ctx.now)
    return {}


def _dates(ctx: Context, projects: Sequence[Project]) -> dict[str, Mapping[int, date]]:
    """By project the days of its follow-ups; those of one go-live are counted once."""
    counted: dict[tuple[date, tuple[int, ...], str], Mapping[int, date]] = {}
    found: dict[str, Mapping[int, date]] = {}
    for project in projects:
        days = project.settings.followups.days
        if project.golive is None:
            found[project.id] = {}
            continue
        key = (project.golive, days, project.settings.country)
        if key not in counted:
            counted[key] = rules.days_of(project.golive, days, ctx.calendar(project))
        found[project.id] = counted[key]
    return found


def _due(
    ctx: Context, project: Project, dates: Mapping[int, date], known: Sequence[FollowUp]
) -> list[int]:
    if project.golive is None:
        return []
    return rules.due_steps(project.golive, dates, known, ctx.today(project))


async def _read(ctx: Context, projects: Sequence[Project]) -> _Asking:
    ids = [project.id for project in projects]
    await ctx.uow.members.warm(ids)
    members = {id_: await ctx.uow.members.of(id_) for id_ in ids}
    risks: dict[str, list[Risk]] = defaultdict(list)
    for risk in await ctx.uow.risks.live_of(ids):
        risks[risk.project_id].append(risk)
    customers = {m.person.id for id_ in ids for m in rules.customers_of(members[id_])}
    since = ctx.now - timedelta(days=rules.APART + 1)
    last = await ctx.uow.followups.last_put_to(list(customers), since)
    zone = projects[0].zone
    return _Asking(
        await ctx.uow.golives.of_many(ids),
        risks,
        await ctx.uow.followups.complaining(list(customers)),
        members,
        await away_today(ctx, [(project, members[project.id]) for project in projects]),
        await ctx.uow.chats.get_many([project.chat_id for project in projects]),
        {id_: moment.astimezone(zone).date() for id_, moment in last.items()},
    )


def _one(
    ctx: Context,
    project: Project,
    known: Sequence[FollowUp],
    dates: Mapping[int, date],
    steps: Sequence[int],
    asking: _Asking,
) -> None:
    people, why = _whom(ctx, project, known, dates, asking)
    waiting, new = _rows(project, known, dates, steps)
    if why:
        asking.new += [replace(row, held=str(why)) for row in new]
        changed = [replace(row, held=str(why)) for row in waiting if row.held != why]
        asking.changed += changed
        if (new or changed) and why is not Held.ASKED:
            _tell(ctx, project, [row.step for row in (*changed, *new)], why, asking)
        return
    ask_id = new_id()
    asking.new += [rules.put(row, ask_id, ctx.now) for row in new]
    asking.changed += [rules.put(row, ask_id, ctx.now) for row in waiting]
    asking.put_to += [(ask_id, member.person.id) for member in people]
    _tell_left_out(ctx, project, [row.step for row in (*waiting, *new)], asking)
    today = ctx.today(project)
    asking.asked_on.update((member.person.id, today) for member in people)
    _hang(ctx, project, ask_id, people, asking.chats[project.chat_id])


def _whom(
    ctx: Context,
    project: Project,
    known: Sequence[FollowUp],
    dates: Mapping[int, date],
    asking: _Asking,
) -> tuple[list[Member], Held | None]:
    """Who is asked, or why nobody is."""
    golive = project.golive
    gate = asking.gates.get(project.id)
    if golive is None or (gate and gate.go is False and gate.day == golive):
        return [], Held.NO_GO
    risks = asking.risks.get(project.id, ())
    if held := rules.held_for(risks):
        return [], held
    asked = rules.asked_steps(golive, known)
    crowd = rules.Crowd(
        rules.customers_of(asking.members[project.id]),
        asking.asked_on,
        asking.complaining,
        asking.away[project.id],
    )
    open_ = {step: day for step, day in dates.items() if step not in asked}
    return rules.to_ask(crowd, ctx.today(project), open_)


def _rows(
    project: Project, known: Sequence[FollowUp], dates: Mapping[int, date], steps: Sequence[int]
) -> tuple[list[FollowUp], list[FollowUp]]:
    """The follow-ups that are due: those that have waited, and those that begin now."""
    if project.golive is None:
        return [], []
    golive = project.golive
    waited = {one.step: one for one in known if not one.asked and rules.same_wave(one, golive)}
    waiting = [waited[step] for step in steps if step in waited]
    new = [FollowUp(new_id(), project.id, step, golive) for step in steps if step not in waited]
    return waiting, new


def _complaining(members: Sequence[Member], asking: _Asking) -> list[Member]:
    return [m for m in rules.customers_of(members) if m.person.id in asking.complaining]


def _tell_left_out(ctx: Context, project: Project, steps: Sequence[int], asking: _Asking) -> None:
    """The managers hear who was not asked because they wait for an answer."""
    members = asking.members[project.id]
    names = [m.person.name for m in _complaining(members, asking)]
    if names:
        card = left_out_card(Words(project.settings.language), project, steps, names)
        _whisper_managers(ctx, members, card)


def _whisper_managers(ctx: Context, members: Sequence[Member], card: Card) -> None:
    for member in members:
        if member.role is Role.MANAGER and not member.person.external:
            ctx.whisper(member.person, card)


def _tell(ctx: Context, project: Project, steps: Sequence[int], why: Held, asking: _Asking) -> None:
    """The managers hear why it waits; that people rest between two is no news."""
    members = asking.members[project.id]
    if why is Held.RISK:
        names = [r.label for r in asking.risks[project.id] if r.level is Level.HIGH]
    else:
        names = [m.person.name for m in _complaining(members, asking)]
    card = held_card(Words(project.settings.language), project, steps, why, names)
    _whisper_managers(ctx, members, card)


def _hang(
    ctx: Context, project: Project, ask_id: str, people: Sequence[Member], chat: Chat
) -> None:
    """In the group; in private where the project wants that and the platform can."""
    alone = [
        m.person for m in people if project.settings.followups.privately and not m.person.external
    ]
    for person in alone:
        ctx.hang("followup.card", ask_id, person, project.id)
    if len(alone) < len(people):
        ctx.hang("followup.card", ask_id, chat, project.id)


JOBS = [Job("followup.ask", WHEN["followup.ask"], ask, only_working=True)]
