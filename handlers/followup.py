"""回访: what customers answer by button, form or words, and what becomes of a complaint."""

from __future__ import annotations

from dataclasses import replace

from bot import complaints
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.discretion import to_colleague
from bot.domain import followup as rules
from bot.domain.followup import Feedback, FollowUp
from bot.domain.people import Person, Right
from bot.domain.project import Project
from bot.domain.risk import Risk, reopened
from bot.followups import ask_of, is_customer, must_be_customer, running, said_by, take
from bot.language import feedback as language
from bot.language.commands import Command
from bot.language.normal import tidy
from bot.language.replies import asks
from bot.places import entered, here, typed_in
from bot.risks import happened, keep, names_of, place_cards
from bot.router import Router, Said
from cards import followup as cards
from cards.common import notice
from cards.elements import Card, Tone

router = Router()

_LIKELY = frozenset(str(n) for n in range(rules.MOST_LIKELY + 1))


# --- answering -----------------------------------------------------------------------------------


@router.button(cards.GiveScore)
async def score(action: cards.GiveScore, _: Press, ctx: Context) -> Reply:
    ctx, project, asked = await _entered(ctx, action.ask_id)
    if not rules.LOWEST <= action.score <= rules.HIGHEST:
        raise Refusal("refused.stale")
    said = said_by(ctx, project, action.ask_id, score=action.score)
    _said, told = await take(ctx, project, said)
    return Reply(Toast(told), face=await _face(ctx, project, asked))


@router.button(cards.SendFeedback)
async def send(action: cards.SendFeedback, press: Press, ctx: Context) -> Reply:
    """The form: a reason, how likely to recommend, a line of words; any of them will do."""
    ctx, project, asked = await _entered(ctx, action.ask_id)
    fields = typed_in(press.fields)
    likely, reason = fields.get("likely", ""), fields.get("reason", "")
    chosen = fields.get("score", "")
    read = language.read(fields.get("text", ""), numbers_alone=True)
    said = said_by(
        ctx,
        project,
        action.ask_id,
        score=int(chosen) if chosen in ("1", "2", "3", "4", "5") else read.score,
        likely=int(likely) if likely in _LIKELY else read.likely,
        reason=reason if reason in rules.REASONS else "",
        text=read.text,
    )
    _must_say_something(said)
    _said, told = await take(ctx, project, said, complains=read.complains)
    return Reply(Toast(told), face=await _face(ctx, project, asked))


async def _entered(ctx: Context, ask_id: str) -> tuple[Context, Project, list[FollowUp]]:
    asked = await ask_of(ctx, ask_id)
    ctx, project, _member = await entered(ctx, asked[0].project_id, Right.RATE, "what.rate")
    must_be_customer(ctx)
    return ctx, project, asked


def _must_say_something(said: Feedback) -> None:
    if said.score is None and said.likely is None and not (said.reason or said.text):
        raise Refusal("refused.followup_empty")


@router.answer_to("followup.card")
async def answer_by_reply(message: Message, ctx: Context) -> Said:
    """A reply to the card: a score, words, or both.

    A question is left to whoever answers questions; what is not said to the bot counts only where
    it reads like an answer, and what the team says there is between them.
    """
    card = await ctx.uow.living.at(message.platform, message.parents)
    text = tidy(message.text)
    heard = message.addressed or not ctx.in_group
    read = language.read(text)
    answers = read.scored or read.complains
    if card is None or (asks(text) and not answers):
        return None
    if not heard and (not answers or not _may_be_customer(ctx)):
        return None
    ctx, project, _asked = await _entered(ctx, card.subject)
    told = await _take_text(ctx, project, card.subject, text)
    ctx.react(message)
    return notice(ctx.w, told)


@router.text
async def overhear_customer(message: Message, ctx: Context) -> Said:
    """What a customer says to the bot without the words for it: a complaint at any time, a score
    while a follow-up runs."""
    text = tidy(message.text)
    if ctx.project is None or ctx.person is None or not is_customer(ctx) or asks(text):
        return None
    read = language.read(text)
    ask_id = await running(ctx, ctx.project)
    if read.complains or (read.scored and ask_id):
        return notice(ctx.w, await _take_text(ctx, ctx.project, ask_id, text))
    return None


def _may_be_customer(ctx: Context) -> bool:
    try:
        must_be_customer(ctx)
    except Refusal:
        return False
    return True


async def _take_text(
    ctx: Context, project: Project, ask_id: str | None, text: str, *, complains: bool = False
) -> str:
    """What was written, with whatever score stands in it; a complaint is words alone."""
    read = language.Said(text=text) if complains else language.read(text)
    if read.odd is not None:
        raise Refusal("refused.followup_odd", odd=read.odd)
    said = said_by(ctx, project, ask_id, score=read.score, likely=read.likely, text=read.text)
    _must_say_something(said)
    _said, told = await take(ctx, project, said, complains=complains or read.complains)
    return told


@router.command("feedback.give", right=Right.RATE, what="what.rate")
async def give(message: Message, __: Command, ctx: Context) -> Card:
    """满意度 4 …: to the follow-up that runs, or of one's own accord."""
    project = here(ctx)
    must_be_customer(ctx)
    ask_id = await running(ctx, project)
    return notice(ctx.w, await _take_text(ctx, project, ask_id, tidy(message.text)))


@router.command("feedback.complain", right=Right.RATE, what="what.rate")
async def complain(_: Message, command: Command, ctx: Context) -> Card:
    """投诉 …: a task of its own, whatever was said to a follow-up."""
    project = here(ctx)
    must_be_customer(ctx)
    text = tidy(command.slots.get("text", ""))
    told = await _take_text(ctx, project, None, text, complains=True)
    return notice(ctx.w, ctx.w("complaint.taken"), told)


async def _face(ctx: Context, project: Project, asked: list[FollowUp]) -> Card:
    members = await ctx.uow.members.of(project.id)
    said = await ctx.uow.followups.said_to(asked[0].ask_id or "")
    return cards.followup_card(ctx.w, project, asked, members, len(said))


@router.drawing("followup.card")
async def draw(ask_id: str, ctx: Context) -> Card | None:
    asked = await ctx.uow.followups.asked_with(ask_id)
    project = await ctx.uow.projects.get(asked[0].project_id) if asked else None
    return await _face(ctx.for_project(project), project, asked) if project else None


# --- how they stand ------------------------------------------------------------------------------


@router.command("followup.list", right=Right.TREAT, what="what.followups", aside=True)
async def list_followups(_: Message, __: Command, ctx: Context) -> Card:
    project = here(ctx)
    settings, calendar = project.settings.followups, ctx.calendar(project)
    known = await ctx.uow.followups.of(project.id)
    said: list[Feedback] = []
    dates = {}
    if project.golive:
        golive = project.golive
        known = [one for one in known if rules.same_wave(one, golive)]
        said = await ctx.uow.followups.said_in(project.id, project.created_at or ctx.now)
        if settings.on:
            dates = rules.days_of(golive, settings.days, calendar)
    risks = [await ctx.uow.risks.get(one.risk_id) for one in said if one.risk_id]
    tasks = {risk.id: risk for risk in risks if risk}
    members = await ctx.uow.members.of(project.id)
    names = await names_of(ctx, members, {one.person_id for one in said})
    seen = cards.Overview(project.golive, known, dates, said, tasks, names)
    return await to_colleague(ctx, cards.overview(ctx.w, project, seen))


# --- the end of a complaint ----------------------------------------------------------------------


@router.drawing("complaint.end")
async def draw_end(risk_id: str, ctx: Context) -> Card | None:
    risk = await ctx.uow.risks.get(risk_id)
    person = await _complainer(ctx, risk) if risk else None
    project = await ctx.uow.projects.get(risk.project_id) if risk else None
    if risk is None or person is None or project is None:
        return None
    ctx = ctx.for_project(project)
    by = await ctx.uow.people.get(risk.closed_by or risk.owner_id or "")
    said = await complaints.said_of(ctx, risk)
    name = by.name if by else ctx.w("bot.name")
    return cards.end_card(ctx.w, project, risk, said, person, name) if said else None


async def _complainer(ctx: Context, risk: Risk) -> Person | None:
    said = await complaints.said_of(ctx, risk)
    return await ctx.uow.people.get(said.person_id) if said else None


@router.button(cards.SolvedComplaint)
async def solved(action: cards.SolvedComplaint, _: Press, ctx: Context) -> Reply:
    risk = await ctx.uow.risks.get(action.risk_id)
    project_id = risk.project_id if risk else None
    ctx, project, _member = await entered(ctx, project_id, Right.RATE, "what.rate")
    if risk is None:
        raise Refusal("refused.stale")
    told = await _judged(ctx, project, risk, solved=action.solved)
    return Reply(Toast(told), face=await draw_end(risk.id, ctx))


@router.command("complaint.judge", right=Right.RATE, what="what.rate")
async def solved_by_text(message: Message, command: Command, ctx: Context) -> Said:
    """问题解决了 · 问题还没解决: about what the speaker complained of last."""
    project = here(ctx)
    yes = "yes" in command.slots
    risk = await _answered_last(ctx, project)
    if risk is None:
        if yes:
            ctx.react(message)
            return Reply()
        raise Refusal("refused.complaint_none")
    return notice(ctx.w, await _judged(ctx, project, risk, solved=yes), tone=Tone.CALM)


async def _answered_last(ctx: Context, project: Project) -> Risk | None:
    """The speaker's own complaint that was answered last."""
    me = ctx.person.id if ctx.person else ""
    said = await ctx.uow.followups.said_in(project.id, project.created_at or ctx.now)
    own = [await ctx.uow.risks.get(one.risk_id) for one in said
           if one.risk_id and one.person_id == me]  # fmt: skip
    over = [risk for risk in own if risk and risk.closed_at]
    return max(over, key=lambda risk: risk.closed_at or ctx.now, default=None)


async def _judged(ctx: Context, project: Project, risk: Risk, *, solved: bool) -> str:
    person = await _complainer(ctx, risk)
    if person is None or ctx.person is None or person.id != ctx.person.id:
        raise Refusal("refused.complaint_other", name=person.name if person else "")
    if not risk.over:
        return ctx.w("complaint.not_solved")
    if solved:
        await happened(ctx, risk, "heard", quote=ctx.w("complaint.confirmed"))
        return ctx.w("complaint.solved")
    await happened(ctx, risk, "heard", quote=ctx.w("complaint.reopened"))
    due = ctx.calendar(project).shift(ctx.today(project), rules.ANSWERED_WITHIN)
    risk = await keep(ctx, replace(reopened(risk, ctx.now), due=due))
    await place_cards(ctx, project, risk)
    await ctx.hang_again("risk.private", risk.id)
    await ctx.refresh("complaint.end", risk.id)
    return ctx.w("complaint.not_solved")
