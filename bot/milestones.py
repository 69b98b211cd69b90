"""What several features need of a plan: writing one, moving dates, its cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bot.context import Context
from bot.core.errors import Refusal
from bot.core.ids import new_id
from bot.domain import milestone as rules
from bot.domain.milestone import Milestone, Moved
from bot.domain.plan import Template
from bot.domain.project import Project
from bot.domain.risk import of_milestone
from bot.golives import set_golive
from bot.notices import refresh_notices
from bot.risks import close_risk
from cards.milestone import PlanView


async def seen(
    ctx: Context, project: Project, milestones: Sequence[Milestone] | None = None
) -> PlanView:
    """What a plan's cards are drawn with; all of its milestones unless some are given."""
    found = await ctx.uow.milestones.of(project.id) if milestones is None else milestones
    members = await ctx.uow.members.of(project.id)
    return PlanView(found, members, ctx.today(project), ctx.calendar(project))


def reminded_until(ctx: Context, project: Project) -> date:
    """The last day whose reminders have gone out."""
    today = ctx.today(project)
    passed = project.local(ctx.now).time() >= project.settings.remind_at
    return today if passed else today - timedelta(days=1)


def dated(ctx: Context, project: Project, milestone: Milestone, due: date) -> Milestone:
    return rules.dated(milestone, due, reminded_until(ctx, project), ctx.calendar(project))


def from_template(
    ctx: Context,
    project: Project,
    template: Template,
    golive: date,
    *,
    done_before: date | None = None,
) -> list[Milestone]:
    """The milestones of a template, dated back from go-live.

    Steps due before `done_before` are taken as done on their day.
    """
    calendar = ctx.calendar(project)
    found = []
    for step, (number, due, after) in zip(
        template.steps, rules.planned(template, golive, calendar), strict=True
    ):
        milestone = Milestone(
            new_id(),
            project.id,
            number,
            step.name,
            due,
            due if done_before and due < done_before else None,
            due,
            None,
            step.role,
            step.phase,
            after,
            step.shared,
            step.golive,
            tuple((item, bool(done_before and due < done_before)) for item in step.checklist),
        )
        found.append(dated(ctx, project, milestone, due))
    return found


async def keep(ctx: Context, project: Project, changed: Sequence[Milestone]) -> list[Milestone]:
    """Save changed ones and bring every card up to date that shows them."""
    saved = await ctx.uow.milestones.save(changed)
    await refresh_notices(ctx, [milestone.id for milestone in saved])
    await refresh_plan(ctx, project)
    return saved


async def move(
    ctx: Context, project: Project, moves: Sequence[Moved], reason: str
) -> list[Milestone]:
    """Give milestones new dates; what was opened because they were late is over."""
    saved = await keep(ctx, project, [dated(ctx, project, m.milestone, m.to) for m in moves])
    opened = await ctx.uow.risks.from_origins(project.id, [of_milestone(m.id) for m in saved])
    for one, new in zip(moves, saved, strict=True):
        ctx.note(
            "milestone.moved",
            milestone=new.id,
            old=one.milestone.due.isoformat(),
            new=one.to.isoformat(),
            reason=reason,
        )
        risk = opened.get(of_milestone(new.id))
        if risk and risk.live:
            said = ctx.w("plan.risk.moved", id=new.label, day=ctx.w.day(new.due), reason=reason)
            await close_risk(ctx, risk, said)
    golive = next((new for new in saved if new.golive), None)
    if golive and project.golive != golive.due:
        await set_golive(ctx, project, golive.due)
    return saved


def set_done(milestone: Milestone, day: date) -> Milestone:
    """The milestone as done on a day: nobody is reminded of it any more."""
    return replace(milestone, done_on=day, climbed=0)


async def settle_risk(ctx: Context, project: Project, milestone: Milestone, why: str) -> None:
    """Close the risk that a late milestone had opened."""
    origin = of_milestone(milestone.id)
    risk = (await ctx.uow.risks.from_origins(project.id, [origin])).get(origin)
    if risk and risk.live:
        await close_risk(ctx, risk, why)


async def refresh_plan(ctx: Context, project: Project) -> None:
    """The group's card of the day shows milestones."""
    await ctx.refresh("plan.today", f"{project.id}:{ctx.today(project).isoformat()}")


def check_number(count: int) -> None:
    if count > rules.MOST:
        raise Refusal("refused.plan_full", most=rules.MOST)


def pack_moves(moves: Sequence[Moved], reason: str) -> dict[str, Any]:
    """What was shown, with the versions that it was shown of."""
    return {
        "reason": reason,
        "moves": [
            {"id": m.milestone.id, "version": m.milestone.version, "to": m.to.isoformat()}
            for m in moves
        ],
    }


def unpack_moves(
    body: Mapping[str, Any], milestones: Sequence[Milestone]
) -> tuple[list[Moved], str]:
    """The moves that were shown. Refused when any of them has changed since."""
    by_id = {m.id: m for m in milestones}
    moves = []
    for kept in body["moves"]:
        milestone = by_id.get(kept["id"])
        if milestone is None or milestone.version != kept["version"] or not milestone.open:
            raise Refusal("refused.plan_changed")
        moves.append(Moved(milestone, date.fromisoformat(kept["to"])))
    return moves, str(body["reason"])
