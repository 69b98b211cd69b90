"""What a supervisor should hear of on the day: what turned bad today, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from bot import complaints
from bot.context import Context
from bot.domain.people import is_inside
from bot.domain.project import Project, RoundKind
from bot.domain.report import Line
from bot.domain.risk import MOST, Level, level_of
from bot.domain.schedule import at
from bot.domain.week import standup_of
from bot.standing import rounds_of

# Fewer than half of the answers is an exception.
_HALF = 0.5


async def exceptions(ctx: Context, project: Project, day: date) -> list[Line]:
    """Milestones that became overdue, new high risks and complaints, a no-go, a silent stand-up.

    What happened since the evening of the working day before belongs to the day; on a late one
    also what happened until now.
    """
    calendar = ctx.calendar(project)
    before = calendar.shift(day, -1)
    since = at(before, project.settings.reports.upward_at, project.zone)
    members = await ctx.uow.members.of(project.id)
    names = {m.person.id: m.person.name for m in members if is_inside(m)}
    found = []
    for milestone in await ctx.uow.milestones.of(project.id):
        if milestone.open and before <= milestone.due < day:
            values = {"milestone": milestone.name, "due_on": milestone.due.isoformat()}
            found.append(Line("upward.late", values, (milestone.label,)))
    found += await _risks(ctx, project, since, names)
    gate = await ctx.uow.golives.of(project.id)
    if gate and gate.go is False and gate.decided_at and gate.decided_at > since:
        by = {"name": names.get(gate.decided_by or "", ""), "reason": gate.reason}
        found.append(Line("upward.stop", by, ("golive",)))
    rounds = await rounds_of(ctx, project, members, RoundKind.STANDUP, day)
    state = rounds.get(day)
    if state and state.asked > 1:
        answered = state.asked - len(state.missing)
        if not answered:
            found.append(Line("upward.nobody", {"asked": state.asked}, (standup_of(day),)))
        elif answered < _HALF * state.asked:
            counts = {"asked": state.asked, "answered": answered}
            found.append(Line("upward.share", counts, (standup_of(day),)))
    return found


async def _risks(
    ctx: Context, project: Project, since: datetime, names: Mapping[str, str]
) -> list[Line]:
    """What was raised since then, or became high."""
    lower = {
        line.risk_id
        for line in await ctx.uow.risks.recent(project.id, since)
        if level_of(int(line.detail.get("score", MOST * MOST))) is not Level.HIGH
    }
    found = []
    for risk in await ctx.uow.risks.of(project.id):
        new = risk.opened_at > since
        told = {"text": risk.text, "owner": names.get(risk.owner_id or "", "")}
        if new and risk.source == complaints.SOURCE:
            found.append(Line("upward.complaint", told, (risk.label,)))
        elif risk.level is Level.HIGH and (new or risk.id in lower):
            graded = {"level": str(risk.level), "score": risk.score}
            found.append(Line("upward.high", told | graded, (risk.label,)))
    return found
