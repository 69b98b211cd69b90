"""What nobody answers goes up the ladder: owner, project manager, supervisor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.context import Context
from bot.domain import ladder
from bot.domain.ladder import REVIEWED, Rung, addressed, due_rungs
from bot.domain.milestone import Milestone, owner_of
from bot.domain.people import Member
from bot.domain.project import Project
from bot.domain.risk import TREATED, Risk, RiskState, of_milestone
from bot.domain.schedule import WHEN
from bot.jobs import Job, Turn, away_today
from bot.language import risk as language
from bot.notices import Tell, tell
from bot.risks import new_risk, open_risk

# A card of Feishu can be changed for 14 days (protocols/feishu.md §4); a day before that the relay
# sends a living one anew. Where cards live on, nothing is sent.
RENEWED_AFTER = timedelta(days=13)
DRAWINGS = ("risk.card", "risk.private", "risk.proposal")


@dataclass(slots=True)
class _Climb:
    """What one run tells and marks."""

    told: list[Tell]
    risks: list[tuple[Risk, int]]
    milestones: list[tuple[Milestone, int | None, int]]


@dataclass(frozen=True, slots=True)
class _Place:
    """A project with what the ladder needs of it today."""

    project: Project
    members: Sequence[Member]
    away: set[str]


async def climb(turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """Tell each rung that is reached, once; an answer or a new date begins the count anew.

    Policy after an outage: every rung that was reached meanwhile is told once, late.
    """
    projects = {turn.project.id: turn.project for turn in turns}
    ids = list(projects)
    risks = await ctx.uow.risks.live_of(ids)
    late = [
        m
        for m in await ctx.uow.milestones.open_of(ids)
        if m.due < ctx.today(projects[m.project_id])
    ]
    busy = {risk.project_id for risk in risks} | {m.project_id for m in late}
    if not busy:
        return {}
    await ctx.uow.members.warm(busy)
    members = {id_: await ctx.uow.members.of(id_) for id_ in busy}
    away = await away_today(ctx, [(projects[id_], members[id_]) for id_ in busy])
    places = {id_: _Place(projects[id_], members[id_], away[id_]) for id_ in busy}
    run = _Climb([], [], [])
    of_milestones = {risk.origin: risk for risk in risks if risk.source == "milestone"}
    for risk in risks:
        _of_risk(ctx, places[risk.project_id], risk, run)
    for milestone in late:
        risk_ = of_milestones.get(of_milestone(milestone.id))
        await _of_milestone(ctx, places[milestone.project_id], milestone, risk_, run)
    await ctx.uow.risks.climbed(run.risks)
    await ctx.uow.milestones.told(run.milestones)
    await tell(ctx, run.told)
    await _renew(ctx, risks, ids)
    return {}


def _of_risk(ctx: Context, place: _Place, risk: Risk, run: _Climb) -> None:
    project = place.project
    today, calendar = ctx.today(project), ctx.calendar(project)
    owner = next((m for m in place.members if m.person.id == risk.owner_id), None)
    if risk.state in TREATED:
        if risk.review_on and risk.review_on <= today and risk.climbed < REVIEWED:
            to = addressed(Rung.OWNER, owner, place.members, place.away)
            run.told += _tells(project, "review", risk.id, Rung.OWNER, to, {})
            if to.members:
                run.risks.append((risk, REVIEWED))
        return
    if risk.source == "milestone":
        return  # the milestone itself climbs
    since = ladder.waits_since(risk, project.local(risk.heard_at).date())
    waited = ladder.waited(since, today, calendar)
    rungs = due_rungs(waited, risk.climbed, project.settings.distances)
    heard = 0
    for rung in rungs:
        to = addressed(rung, owner, place.members, place.away)
        run.told += _tells(project, "risk", risk.id, rung, to, {"waited": waited})
        # A rung on which nobody is there today is tried again tomorrow.
        heard = rung if to.members else heard
    if heard:
        run.risks.append((risk, heard))


async def _of_milestone(
    ctx: Context, place: _Place, milestone: Milestone, risk: Risk | None, run: _Climb
) -> None:
    """Its owner is reminded every day already, so it climbs from the manager on. Beyond that
    distance it is a risk, and whoever acknowledges that one has answered for the milestone."""
    project = place.project
    today, calendar = ctx.today(project), ctx.calendar(project)
    if risk and (risk.state is not RiskState.OPEN or (risk.snoozed_until or today) > today):
        return
    if risk is None and milestone.climbed:
        return  # whoever closed or dismissed its risk has answered with that
    waited = calendar.between(milestone.due, today)
    climbed = max(milestone.climbed, Rung.OWNER)
    rungs = due_rungs(waited, climbed, project.settings.distances)
    owner = owner_of(milestone, place.members)
    if not rungs:
        return
    # That its risk has been opened counts as the owner's rung, whoever was there to hear of it.
    heard = Rung.OWNER
    for rung in rungs:
        to = addressed(rung, owner, place.members, place.away)
        run.told += _tells(project, "milestone.late", milestone.id, rung, to, {"waited": waited})
        heard = rung if to.members else heard
    run.milestones.append((milestone, milestone.told, heard))
    if risk is None:
        await _open(ctx, place, milestone, owner, waited)


async def _open(
    ctx: Context, place: _Place, milestone: Milestone, owner: Member | None, days: int
) -> None:
    ctx = ctx.for_project(place.project)
    words = ctx.w(
        "plan.risk.text", id=milestone.label, name=ctx.w.milestone(milestone.name), days=days
    )
    origin = of_milestone(milestone.id)
    inside = owner.person if owner and not owner.person.external else None
    new = new_risk(
        ctx,
        place.project,
        words,
        category=language.LATE,
        owner=inside,
        source="milestone",
        origin=origin,
    )
    # What everybody waits for weighs most.
    impact = 5 if milestone.golive else 4
    await open_risk(
        ctx, place.project, replace(new, probability=4, impact=impact, shared=False), quote=words
    )


def _tells(
    project: Project,
    kind: str,
    subject: str,
    rung: Rung,
    to: ladder.Addressed,
    detail: Mapping[str, object],
) -> list[Tell]:
    extra: dict[str, object] = dict(detail)
    if to.passed:
        extra["passed"] = to.passed
    if rung is Rung.SUPERVISOR and project.settings.urgent:
        extra["urgent"] = True
    return [Tell(member.person, project, kind, subject, rung, extra) for member in to.members]


async def _renew(ctx: Context, risks: Sequence[Risk], ids: Sequence[str]) -> None:
    """Cards that nobody could press any more soon, of risks that still matter."""
    old = await ctx.uow.living.hung_before(DRAWINGS, ids, ctx.now - RENEWED_AFTER)
    if not old:
        return
    matter = {risk.id for risk in risks} | await ctx.uow.risks.proposed_of(ids)
    for card in old:
        if card.subject in matter:
            ctx.renew(card)


JOBS = [Job("risk.climb", WHEN["risk.climb"], climb, only_working=True, gathers=True)]
