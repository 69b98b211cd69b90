"""What a supervisor should hear of on the day: what turned bad today, and nothing else."""

from __future__ import annotations

from datetime import date

from bot import complaints
from bot.context import Context
from bot.domain.people import is_inside
from bot.domain.project import Project, RoundKind
from bot.domain.report import Line
from bot.domain.risk import Level
from bot.domain.week import standup_of
from bot.standing import rounds_of

# Fewer than half of the answers is an exception.
_HALF = 0.5


async def exceptions(ctx: Context, project: Project, day: date) -> list[Line]:
    """Milestones that became overdue, new high risks and complaints, a no-go, a silent stand-up."""
    calendar = ctx.calendar(project)
    members = await ctx.uow.members.of(project.id)
    names = {m.person.id: m.person.name for m in members if is_inside(m)}
    found = []
    for milestone in await ctx.uow.milestones.of(project.id):
        first = calendar.shift(milestone.due, 1)
        if milestone.open and first == day:
            values = {"milestone": milestone.name, "due_on": milestone.due.isoformat()}
            found.append(Line("upward.late", values, (milestone.label,)))
    for risk in await ctx.uow.risks.of(project.id):
        if project.local(risk.opened_at).date() != day:
            continue
        told = {"text": risk.text, "owner": names.get(risk.owner_id or "", "")}
        if risk.source == complaints.SOURCE:
            found.append(Line("upward.complaint", told, (risk.label,)))
        elif risk.level is Level.HIGH:
            graded = {"level": str(risk.level), "score": risk.score}
            found.append(Line("upward.high", told | graded, (risk.label,)))
    gate = await ctx.uow.golives.of(project.id)
    decided = project.local(gate.decided_at).date() if gate and gate.decided_at else None
    if gate and gate.go is False and decided == day:
        by = {"name": names.get(gate.decided_by or "", ""), "reason": gate.reason}
        found.append(Line("upward.stop", by, ("golive",)))
    rounds = await rounds_of(ctx, project, members, RoundKind.STANDUP, day)
    state = rounds.get(day)
    if state and state.asked > 1:
        answered = state.asked - len(state.missing)
        if not answered:
            found.append(Line("upward.nobody", {"asked": state.asked}, (standup_of(day),)))
        elif answered < _HALF * state.asked:
            values_ = {"asked": state.asked, "answered": answered}
            found.append(Line("upward.share", values_, (standup_of(day),)))
    return found
