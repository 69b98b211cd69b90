"""From the rows of a table to milestones of a project, or what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.context import Context
from bot.core.ids import new_id
from bot.domain import milestone as rules
from bot.domain.milestone import Milestone
from bot.domain.people import Member, is_inside
from bot.domain.project import Project
from bot.language.asked import says_yes
from bot.language.dates import Seen, read
from bot.language.normal import fold
from bot.milestones import dated
from bot.plan_files import PlanFile, PlanRow, Problem
from cards.words import Words


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
