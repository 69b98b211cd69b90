"""Going live: its day, the decision, and what follows from both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.context import Context
from bot.core.ids import new_id
from bot.domain import golive as rules
from bot.domain.followup import days_of
from bot.domain.golive import Gate
from bot.domain.project import Project


async def set_golive(ctx: Context, project: Project, day: date) -> Project:
    """Give the project a day of go-live, or another one: what is dated from it moves along, and
    the votes were for the day before."""
    if project.golive == day:
        return project
    project = await ctx.uow.projects.save(replace(project, golive=day))
    await ctx.arrange(project)
    gate = await ctx.uow.golives.of(project.id)
    if gate:
        await keep_gate(ctx, rules.moved(gate, day))
    return project


async def gate_of(ctx: Context, project: Project, day: date) -> Gate:
    """The project's decision, begun now if there is none."""
    gate = await ctx.uow.golives.of(project.id)
    if gate is None:
        gate = Gate(new_id(), project.id, day)
        await ctx.uow.golives.add(gate)
    return gate


async def keep_gate(ctx: Context, gate: Gate) -> Gate:
    """Save a changed decision and bring its card up to date."""
    after = await ctx.uow.golives.save(gate)
    await ctx.refresh("golive.gate", gate.project_id)
    return after


async def show_gate(ctx: Context, project: Project) -> None:
    """Hang the decision's card up in the group, or once more below what has been said since."""
    if project.golive is None:
        return
    await gate_of(ctx, project, project.golive)
    chat = await ctx.uow.chats.get(project.chat_id)
    if not chat.present:
        return
    if await ctx.uow.living.find("golive.gate", project.id):
        await ctx.hang_again("golive.gate", project.id)
    else:
        ctx.hang("golive.gate", project.id, chat, project.id)


def dates_of_followups(ctx: Context, project: Project, golive: date) -> str:
    """When the customer will be asked how it goes, in words; empty where nobody is."""
    settings, calendar = project.settings.followups, ctx.calendar(project)
    if not settings.on:
        return ""
    dates = days_of(golive, settings.days, calendar)
    said = ctx.w.comma.join(ctx.w.day(day) for day in dates.values())
    return ctx.w("golive.followups", days=said)


async def not_live(ctx: Context, project: Project, why: str) -> None:
    """It had not gone live after all: nobody is followed up before there is a new day."""
    gate = await ctx.uow.golives.of(project.id)
    if gate and gate.go:
        by = ctx.person.id if ctx.person else None
        await keep_gate(ctx, rules.decided(gate, go=False, by=by, at=ctx.now, reason=why))
        ctx.note("golive.decided", go=False, day=gate.day, reason=why)


async def went_live(ctx: Context, project: Project, day: date) -> Project:
    """It has gone live on that day: whoever says so has decided it, if nobody had before."""
    gate = await gate_of(ctx, project, project.golive or day)
    by = ctx.person.id if ctx.person else None
    if gate.go is not True:
        gate = rules.decided(gate, go=True, by=by, at=ctx.now)
        ctx.note("golive.decided", go=True, day=day)
    await keep_gate(ctx, replace(gate, day=day))
    if project.golive != day:
        ctx.note("golive.happened", old=project.golive, new=day)
        project = await ctx.uow.projects.save(replace(project, golive=day))
    await ctx.arrange(project)
    return project
