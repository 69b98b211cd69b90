"""上线评审: who is for going live, what is decided, and that it has happened."""

from __future__ import annotations

from datetime import date

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.discretion import customers_among, overheard, read_by_customers, sees_all
from bot.domain import golive as rules
from bot.domain.golive import Gate, Vote
from bot.domain.people import Right
from bot.domain.project import Project
from bot.golives import gate_of, keep_gate, show_gate, went_live
from bot.language.commands import Command
from bot.language.normal import tidy
from bot.milestones import keep as keep_milestones
from bot.milestones import set_done, settle_risk
from bot.places import entered, here, known_form, typed_in
from bot.risks import names_of
from bot.router import Router, Said
from cards import golive as cards
from cards.common import notice
from cards.elements import Card

router = Router()


@router.command("golive.gate", right=Right.LOOK)
async def gate_by_text(_: Message, __: Command, ctx: Context) -> Said:
    """上线评审: the card once more, below what has been said since."""
    project = here(ctx)
    gate = await _gate(ctx, project)
    if ctx.in_group:
        await show_gate(ctx, project)
        return None
    return await _face(ctx, project, gate, whole=sees_all(ctx))


async def _gate(ctx: Context, project: Project) -> Gate:
    if project.golive is None:
        raise Refusal("refused.no_golive")
    return await gate_of(ctx, project, project.golive)


async def _face(ctx: Context, project: Project, gate: Gate, form: str = "", *, whole: bool) -> Card:
    members = await ctx.uow.members.of(project.id)
    plan = await ctx.uow.milestones.of(project.id)
    ready = rules.readiness(plan, await ctx.uow.risks.of(project.id))
    names = await names_of(ctx, members, {gate.decided_by})
    view = cards.GateView(gate, ready, members, names, ctx.today(project), whole)
    return cards.gate_card(ctx.w, project, view, form)


# --- voting --------------------------------------------------------------------------------------


@router.button(cards.CastVote)
async def vote(action: cards.CastVote, press: Press, ctx: Context) -> Reply:
    ctx, project, _member = await entered(ctx, action.project_id, Right.RAISE, "what.vote")
    reason = typed_in(press.fields).get("reason", "")
    gate = await _voted(ctx, project, action.day, reason, go=action.go)
    return await _answer(ctx, project, gate, ctx.w("golive.voted"))


@router.command("golive.vote", right=Right.RAISE, what="what.vote")
async def vote_by_text(message: Message, command: Command, ctx: Context) -> Said:
    """同意上线 · 不同意上线 <原因>."""
    project = here(ctx)
    gate = await _gate(ctx, project)
    reason = tidy(command.slots.get("reason", ""))
    await _voted(ctx, project, gate.day.isoformat(), reason, go="yes" in command.slots)
    ctx.react(message)
    return notice(ctx.w, ctx.w("golive.voted"))


async def _voted(ctx: Context, project: Project, day: str, reason: str, *, go: bool) -> Gate:
    gate = await _undecided(ctx, project, day)
    if not (go or reason):
        raise Refusal("refused.golive_reason", command=ctx.w("golive.typed.no").split()[0])
    by = ctx.person.id if ctx.person else ""
    kept = Vote(by, go, ctx.now, "" if go else reason[: rules.LONGEST_REASON])
    ctx.note("golive.voted", go=go, reason=kept.reason)
    return await keep_gate(ctx, rules.voted(gate, kept))


async def _undecided(ctx: Context, project: Project, day: str) -> Gate:
    """The decision, if it is still open and for the day that a card shows."""
    gate = await _gate(ctx, project)
    if gate.day.isoformat() != day:
        raise Refusal("refused.golive_moved", day=ctx.w.day(gate.day))
    if gate.go is not None:
        by = await ctx.uow.people.get(gate.decided_by) if gate.decided_by else None
        raise Refusal("refused.golive_decided", name=by.name if by else ctx.w("bot.name"))
    return gate


@router.button(cards.AskGate)
async def ask(action: cards.AskGate, _: Press, ctx: Context) -> Reply:
    """Show the field for a reason, to whoever may say it."""
    stops = action.form == "stop"
    right, what = (Right.MANAGE, "what.decide") if stops else (Right.RAISE, "what.vote")
    ctx, project, _member = await entered(ctx, action.project_id, right, what)
    gate = await _gate(ctx, project)
    form = known_form(action.form, cards.FORMS)
    return await _answer(ctx, project, gate, "", form)


async def _answer(ctx: Context, project: Project, gate: Gate, toast: str, form: str = "") -> Reply:
    face = await _face(ctx, project, gate, form, whole=await _whole(ctx, project))
    return Reply(Toast(toast) if toast else None, face=face)


async def _whole(ctx: Context, project: Project) -> bool:
    """Whether nobody reads along who may not see everything."""
    if not sees_all(ctx) or overheard(ctx):
        return False
    return not (ctx.in_group and customers_among(await ctx.uow.members.of(project.id)))


# --- deciding ------------------------------------------------------------------------------------


@router.button(cards.DecideGate)
async def decide(action: cards.DecideGate, press: Press, ctx: Context) -> Reply:
    ctx, project, _member = await entered(ctx, action.project_id, Right.MANAGE, "what.decide")
    reason = typed_in(press.fields).get("reason", "")
    gate = await _decided(ctx, project, action.day, reason, go=action.go)
    return await _answer(ctx, project, gate, ctx.w("golive.recorded"))


@router.command("golive.decide", right=Right.MANAGE, what="what.decide")
async def decide_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """决定上线 · 决定不上线 <原因>."""
    project = here(ctx)
    gate = await _gate(ctx, project)
    reason = tidy(command.slots.get("reason", ""))
    go = "yes" in command.slots
    gate = await _decided(ctx, project, gate.day.isoformat(), reason, go=go)
    return await _face(ctx, project, gate, whole=await _whole(ctx, project))


async def _decided(ctx: Context, project: Project, day: str, reason: str, *, go: bool) -> Gate:
    gate = await _undecided(ctx, project, day)
    if not (go or reason):
        raise Refusal("refused.golive_reason", command=ctx.w("golive.typed.stop").split()[0])
    by = ctx.person.id if ctx.person else None
    gate = await keep_gate(ctx, rules.decided(gate, go=go, by=by, at=ctx.now, reason=reason))
    ctx.note("golive.decided", go=go, day=gate.day, reason=reason)
    await ctx.refresh("golive.happened", f"{project.id}:{day}")
    return gate


# --- it has happened -----------------------------------------------------------------------------


@router.button(cards.WentLive)
async def happened(action: cards.WentLive, _: Press, ctx: Context) -> Reply:
    ctx, project, _member = await entered(ctx, action.project_id, Right.MANAGE, "what.golive")
    gate = await _happened(ctx, project, action.day)
    toast = Toast(ctx.w("golive.happened.done", day=ctx.w.day(gate.day)))
    return Reply(toast, face=cards.happened_card(ctx.w, project, gate, live=True))


@router.command("golive.happened", right=Right.MANAGE, what="what.golive", aside=True)
async def happened_by_text(_: Message, __: Command, ctx: Context) -> Card:
    """已上线."""
    project = here(ctx)
    gate = await _gate(ctx, project)
    gate = await _happened(ctx, project, gate.day.isoformat())
    return notice(ctx.w, ctx.w("golive.happened.done", day=ctx.w.day(gate.day)))


async def _happened(ctx: Context, project: Project, day: str) -> Gate:
    """Its milestone is done with it, on the planned day or, if that lies ahead, refused."""
    gate = await _gate(ctx, project)
    if gate.day.isoformat() != day:
        raise Refusal("refused.golive_moved", day=ctx.w.day(gate.day))
    if gate.go is False:
        by = await ctx.uow.people.get(gate.decided_by) if gate.decided_by else None
        name = by.name if by else ctx.w("bot.name")
        raise Refusal("refused.golive_stopped", name=name, day=ctx.w.day(gate.day))
    if gate.day > ctx.today(project):
        raise Refusal("refused.golive_ahead", day=ctx.w.day(gate.day))
    plan = await ctx.uow.milestones.of(project.id)
    milestone = next((m for m in plan if m.golive and m.open), None)
    if milestone:
        (done,) = await keep_milestones(ctx, project, [set_done(milestone, gate.day)])
        ctx.note("milestone.done", milestone=done.id, day=gate.day)
        await settle_risk(ctx, project, done, ctx.w("plan.risk.done", id=done.label))
    project = await went_live(ctx, project, gate.day)
    await ctx.refresh("golive.happened", f"{project.id}:{day}")
    return await gate_of(ctx, project, gate.day)


# --- drawings ------------------------------------------------------------------------------------


@router.drawing("golive.gate")
async def draw_gate(project_id: str, ctx: Context) -> Card | None:
    project = await ctx.uow.projects.get(project_id)
    gate = await ctx.uow.golives.of(project_id)
    if project is None or gate is None:
        return None
    chat = await ctx.uow.chats.get(project.chat_id)
    members = await ctx.uow.members.of(project.id)
    whole = not (read_by_customers(chat, project) or customers_among(members))
    return await _face(ctx.for_project(project), project, gate, whole=whole)


@router.drawing("golive.happened")
async def draw_happened(subject: str, ctx: Context) -> Card | None:
    """Of the day that it was asked for; a go-live that has moved since is asked for anew."""
    project_id, _, day = subject.partition(":")
    project = await ctx.uow.projects.get(project_id)
    gate = await ctx.uow.golives.of(project_id)
    if project is None or gate is None:
        return None
    ctx = ctx.for_project(project)
    if gate.day != date.fromisoformat(day):
        said = ctx.w("refused.golive_moved", day=ctx.w.day(gate.day))
        return notice(ctx.w, ctx.w("golive.happened"), said)
    plan = await ctx.uow.milestones.of(project.id)
    golive = next((m for m in plan if m.golive), None)
    live = not golive.open if golive else gate.go is True
    return cards.happened_card(ctx.w, project, gate, live=live)
