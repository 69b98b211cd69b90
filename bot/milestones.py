"""What several features need of a plan: writing one, moving dates, its cards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.context import Context
from bot.core.errors import Refusal
from bot.core.ids import new_id
from bot.domain import milestone as rules
from bot.domain.milestone import Milestone, Moved
from bot.domain.people import Member, is_inside
from bot.domain.plan import Template
from bot.domain.project import Project
from bot.language.asked import says_yes
from bot.language.dates import Seen, read
from bot.language.normal import fold
from bot.notices import refresh_notices
from bot.plan_files import PlanFile, PlanRow, Problem
from bot.risks import close_risk
from cards.milestone import Seen as SeenPlan
from cards.words import Words


async def seen(
    ctx: Context, project: Project, milestones: Sequence[Milestone] | None = None
) -> SeenPlan:
    """What a plan's cards are drawn with; all of its milestones unless some are given."""
    found = await ctx.uow.milestones.of(project.id) if milestones is None else milestones
    members = await ctx.uow.members.of(project.id)
    return SeenPlan(found, members, ctx.today(project), ctx.calendar(project))


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
    opened = await ctx.uow.risks.from_origins(project.id, [origin_of(m) for m in saved])
    for one, new in zip(moves, saved, strict=True):
        ctx.note(
            "milestone.moved",
            milestone=new.id,
            old=one.milestone.due.isoformat(),
            new=one.to.isoformat(),
            reason=reason,
        )
        risk = opened.get(origin_of(new))
        if risk and risk.live:
            said = ctx.w("plan.risk.moved", id=new.label, day=ctx.w.day(new.due), reason=reason)
            await close_risk(ctx, risk, said)
    golive = next((new for new in saved if new.golive), None)
    if golive and project.golive != golive.due:
        await ctx.uow.projects.save(replace(project, golive=golive.due))
    return saved


async def settle_risk(ctx: Context, project: Project, milestone: Milestone, why: str) -> None:
    """Close the risk that a late milestone had opened."""
    found = await ctx.uow.risks.from_origins(project.id, [origin_of(milestone)])
    risk = found.get(origin_of(milestone))
    if risk and risk.live:
        await close_risk(ctx, risk, why)


def origin_of(milestone: Milestone) -> str:
    return f"milestone:{milestone.id}"


async def refresh_plan(ctx: Context, project: Project) -> None:
    """The group's card of the day shows milestones."""
    await ctx.refresh("plan.today", f"{project.id}:{ctx.today(project).isoformat()}")


@dataclass(frozen=True, slots=True)
class Table:
    """A plan that somebody sent: its milestones, what is wrong by line, owners nobody knows."""

    milestones: tuple[Milestone, ...]
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...] = ()


async def from_table(ctx: Context, project: Project, file: PlanFile) -> Table:
    """Milestones of a table's rows, numbered on from those that there are.

    What lies before today is taken as done on its day. Nothing is written.
    """
    known = await ctx.uow.milestones.of(project.id)
    first = await ctx.uow.milestones.next_number(project.id)
    members = await ctx.uow.members.of(project.id)
    today, calendar = ctx.today(project), ctx.calendar(project)
    problems = list(file.problems)
    if len(known) + len(file.rows) > rules.MOST:
        problems.append(Problem(0, "plan.file.full", {"most": rules.MOST}))
    taken = {fold(ctx.w.milestone(m.name)): m.label for m in known}
    unknown: dict[str, None] = {}
    found: list[Milestone] = []
    for number, row in enumerate(file.rows, start=first):
        day = read(row.date, Seen(project.local(ctx.now), calendar)).day
        if day is None:
            problems.append(Problem(row.line, "plan.file.date", {"text": row.date[:40]}))
            day = today
        if fold(row.name) in taken:
            values = {"name": row.name, "id": taken[fold(row.name)]}
            problems.append(Problem(row.line, "plan.file.known", values))
        owner = _owner(row.owner, members)
        if row.owner and owner is None:
            unknown[row.owner] = None
        new = Milestone(
            new_id(),
            project.id,
            number,
            row.name,
            day,
            day if day < today else None,
            day,
            owner.person.id if owner else None,
            shared=says_yes(row.customer) or bool(owner and not is_inside(owner)),
        )
        found.append(dated(ctx, project, new, day))
    found, wrong = _linked(found, file.rows, known, ctx.w)
    return Table(tuple(found), (*problems, *wrong), tuple(unknown))


def _owner(name: str, members: Sequence[Member]) -> Member | None:
    wanted = fold(name).strip("@ ")
    found = [m for m in members if wanted and fold(m.person.name) == wanted]
    return found[0] if len(found) == 1 else None


def _linked(
    new: list[Milestone], rows: Sequence[PlanRow], known: Sequence[Milestone], w: Words
) -> tuple[list[Milestone], list[Problem]]:
    """What each row waits for, named by a number of the plan, a name, or a row of the table."""
    by_name = {fold(w.milestone(m.name)): m.number for m in [*known, *new]}
    by_label = {m.label.lower(): m.number for m in known}
    by_line = {str(row.line): m.number for row, m in zip(rows, new, strict=True)}
    problems: list[Problem] = []
    linked: list[Milestone] = []
    for row, milestone in zip(rows, new, strict=True):
        after: list[int] = []
        for word in filter(None, (fold(part) for part in re.split("[,;、，；]", row.after))):
            number = by_name.get(word) or by_label.get(word) or by_line.get(word)
            if number is None:
                problems.append(Problem(row.line, "plan.file.after", {"text": word[:40]}))
            else:
                after.append(number)
        linked.append(replace(milestone, after=tuple(dict.fromkeys(after))))
    circle = rules.cycle({m.number: m.after for m in [*known, *linked]})
    if circle:
        names = {m.number: w.milestone(m.name) for m in [*known, *linked]}
        line = next(r.line for r, m in zip(rows, linked, strict=True) if m.number in circle)
        told = " → ".join(names[number] for number in circle)
        problems.append(Problem(line, "plan.file.circle", {"names": told}))
    return linked, problems


def check_number(count: int) -> None:
    if count > rules.MOST:
        raise Refusal("refused.plan_full", most=rules.MOST)
