"""What several features need of a round: its state, its cards, the right to touch it."""

from __future__ import annotations

from datetime import timedelta

from bot.context import Context
from bot.core.errors import Refusal
from bot.domain.people import Member, Right
from bot.domain.project import Project, RoundKind
from bot.domain.standup import Leave, Progress, Round, progress, reminder_of
from bot.places import entered
from cards.elements import Card
from cards.standup import leave_noted

# A form on a card that is older than this belongs to a day nobody looks at any more.
ANSWERED_WITHIN = timedelta(days=7)


async def state_of(ctx: Context, project: Project, round_: Round) -> Progress:
    members = await ctx.uow.members.of(project.id)
    return progress(
        round_,
        project.settings,
        members,
        await ctx.uow.standups.answers(round_.id),
        await ctx.uow.leaves.on([m.person.id for m in members], round_.day),
    )


async def refresh_cards(ctx: Context, round_: Round, person_id: str) -> None:
    """Bring every card up to date that shows this person's part in a round."""
    await ctx.refresh("standup.prompt", round_.id)
    if not round_.open:
        await ctx.refresh("standup.digest", round_.id)
    await ctx.refresh("standup.reminder", reminder_of(person_id, round_))


async def round_for(ctx: Context, round_id: str) -> tuple[Context, Project, Round, Member]:
    """The round that a press names, if this person may answer it from here.

    See `entered` for where a card counts.
    """
    round_ = await ctx.uow.standups.get(round_id)
    if round_ is None or ctx.now - round_.opens_at > ANSWERED_WITHIN:
        raise Refusal("refused.stale")
    inside, project, member = await entered(ctx, round_.project_id, Right.REPORT, "what.report")
    return inside, project, round_, member


async def take_leave(ctx: Context, leave: Leave) -> Card:
    await ctx.uow.leaves.take(leave)
    ctx.note("leave.taken", first=leave.first, last=leave.last)
    await refresh_rounds(ctx)
    return leave_noted(ctx.w, ctx.person.name if ctx.person else "", leave)


async def refresh_rounds(ctx: Context) -> None:
    """Somebody's leave shows on the cards of all rounds that they are asked in."""
    for member in await ctx.memberships():
        for kind in RoundKind:
            round_ = await ctx.uow.standups.latest(member.project_id, kind)
            if round_ and round_.open:
                await refresh_cards(ctx, round_, member.person.id)
