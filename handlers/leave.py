"""请假: somebody is away; it holds in all of their projects."""

from __future__ import annotations

from datetime import date, timedelta

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.domain.people import Right
from bot.domain.standup import Leave
from bot.language.commands import Command
from bot.language.dates import find_span
from bot.rounds import refresh_rounds, take_leave
from bot.router import Router
from cards.common import notice
from cards.elements import Card, Tone
from cards.standup import CancelLeave

router = Router()

LONGEST = 60


@router.command("leave", right=Right.REPORT, what="what.report")
async def ask_leave(_: Message, command: Command, ctx: Context) -> Card:
    """Leave today, or on the days that are named."""
    if ctx.project is None or ctx.person is None:
        raise Refusal("refused.no_project.private")
    text, today = command.slots.get("when", ""), ctx.today(ctx.project)
    span = find_span(text, today) if text else (today, today)
    if span is None:
        raise Refusal("refused.leave", text=text[:40])
    first, last = span
    if last < today:
        raise Refusal("refused.leave_past", day=ctx.w.day(last))
    if last - first >= timedelta(days=LONGEST):
        raise Refusal("refused.leave_long", most=LONGEST)
    return await take_leave(ctx, Leave(ctx.person.id, first, last))


@router.command("leave.cancel", right=Right.REPORT, what="what.report")
async def cancel_by_text(_: Message, __: Command, ctx: Context) -> Card:
    """撤销请假: the leave that runs, or the next one."""
    if ctx.person is None or ctx.project is None:
        raise Refusal("refused.no_project.private")
    coming = await ctx.uow.leaves.coming(ctx.person.id, ctx.today(ctx.project))
    if coming is None:
        raise Refusal("refused.no_leave")
    return await _taken_back(ctx, coming)


@router.button(CancelLeave)
async def cancel(action: CancelLeave, _: Press, ctx: Context) -> Reply:
    if ctx.person is None or ctx.person.id != action.person_id:
        owner = await ctx.uow.people.get(action.person_id)
        raise Refusal("refused.not_yours", name=owner.name if owner else "")
    try:
        leave = Leave(
            action.person_id,
            date.fromisoformat(action.first),
            date.fromisoformat(action.last),
        )
    except ValueError:
        raise Refusal("refused.stale") from None
    return Reply(Toast(ctx.w("leave.undone")), face=await _taken_back(ctx, leave))


async def _taken_back(ctx: Context, leave: Leave) -> Card:
    await ctx.uow.leaves.cancel(leave)
    ctx.note("leave.cancelled", first=leave.first, last=leave.last)
    await refresh_rounds(ctx)
    return notice(ctx.w, ctx.w("leave.undone"), tone=Tone.CALM)
