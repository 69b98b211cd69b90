"""What is done about one risk: 我来跟, 转给, 延后, 措施, 关闭; typed and pressed alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from bot import complaints
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import FormValue, Message, Press
from bot.discretion import aside, read_by_customers
from bot.domain import risk as rules
from bot.domain.people import TEAM, Member, Right, may, may_as_owner
from bot.domain.project import Project
from bot.domain.risk import Risk, RiskState
from bot.language import risk as language
from bot.language.asked import takes_it
from bot.language.commands import Command
from bot.language.normal import tidy
from bot.places import (
    here,
    known_form,
    meant,
    number_of,
    owner_only,
    read_day,
    typed_in,
)
from bot.risk_access import (
    form_of,
    live,
    name_of,
    pressed,
    redrawn,
    too_late,
)
from bot.risks import (
    add_word,
    confirm_risk,
    evidence,
    happened,
    keep,
    place_cards,
    shown,
)
from bot.risks import close_risk as close_it
from bot.router import Router
from cards import risk as cards
from cards.common import NOBODY, notice
from cards.elements import Card, Tone

router = Router()


# --- acting on one -------------------------------------------------------------------------------


@router.command("risk.assign", right=Right.TREAT, what="what.treat", aside=True)
async def assign_by_text(message: Message, command: Command, ctx: Context) -> Card:
    """R3 我来跟, R3 转给 @某人."""
    project, slots = here(ctx), command.slots
    risk = await live(ctx, project, command)
    member = await meant(ctx, project, slots.get("owner", ""), message.mentions)
    if member is None and takes_it(message.text):
        member = ctx.member
    if member is None:
        return cards.risk_card(ctx.w, project, await shown(ctx, project, risk), "assign")
    if ctx.person and member.person.id == ctx.person.id:
        risk = await _take(ctx, risk)
        return notice(ctx.w, ctx.w("risk.now.taken", id=risk.label, name=member.person.name))
    due = slots.get("date")
    risk = await _assign(ctx, project, risk, member, due or "")
    return notice(ctx.w, ctx.w("risk.now.assigned", id=risk.label, name=member.person.name))


@router.command("risk.handover", right=Right.TREAT, what="what.treat", aside=True)
async def handover(_: Message, command: Command, ctx: Context) -> Card:
    """R3 转给, without saying to whom: asked for."""
    project = here(ctx)
    risk = await live(ctx, project, command)
    owner_only(ctx, risk.owner_id, "what.assign", risk.label, free=risk.owner_id is None)
    return cards.risk_card(ctx.w, project, await shown(ctx, project, risk), "assign")


@router.button(cards.TakeRisk, aside=True)
async def take(action: cards.TakeRisk, press: Press, ctx: Context) -> Reply:
    """我来跟."""
    ctx, project, risk = await pressed(ctx, action.risk_id, Right.TREAT, "what.treat")
    if risk.over:
        return await too_late(ctx, project, risk)
    mine = ctx.person is not None and risk.owner_id == ctx.person.id
    if risk.state is not RiskState.OPEN:
        if mine:
            return Reply(Toast(ctx.w("risk.taken.mine", id=risk.label), good=False))
        return await too_late(ctx, project, risk)
    risk = await _take(ctx, risk)
    toast = Toast(ctx.w("risk.taken.toast", id=risk.label))
    return await redrawn(ctx, project, risk, press, toast)


async def _take(ctx: Context, risk: Risk) -> Risk:
    if ctx.person is None:
        raise Refusal("refused.who")
    mine = risk.owner_id == ctx.person.id
    if risk.state is not RiskState.OPEN and not (mine or may_as_owner(ctx.member, risk.owner_id)):
        raise Refusal("refused.risk_taken", id=risk.label, name=await name_of(ctx, risk.owner_id))
    await happened(ctx, risk, "taken")
    ctx.note("risk.taken", risk=risk.id, number=risk.number)
    return await keep(ctx, rules.acknowledged(risk, ctx.person.id, ctx.now))


async def _assign(ctx: Context, project: Project, risk: Risk, to: Member, due: str) -> Risk:
    owner_only(ctx, risk.owner_id, "what.assign", risk.label, free=risk.owner_id is None)
    if to.person.external or to.role not in TEAM:
        raise Refusal("refused.owner_outside", name=to.person.name)
    day = read_day(ctx, project, due) if due else None
    await happened(ctx, risk, "assigned", to=to.person.name)
    ctx.note("risk.assigned", risk=risk.id, number=risk.number, to=to.person.id)
    risk = await keep(ctx, rules.assigned(risk, to.person.id, day, ctx.now))
    if read_by_customers(await ctx.uow.chats.get(project.chat_id), project):
        await place_cards(ctx, project, risk)
        return risk
    card = cards.risk_card(ctx.w, project, await shown(ctx, project, risk))
    ctx.whisper(
        to.person, msgspec.structs.replace(card, summary=ctx.w("risk.yours", id=risk.label))
    )
    return risk


@router.command("risk.close", right=Right.TREAT, what="what.treat", aside=True)
async def close_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """R3 关闭 <原因>; without a reason it is asked for."""
    project = here(ctx)
    risk = await live(ctx, project, command)
    owner_only(ctx, risk.owner_id, "what.close", risk.label)
    reason = tidy(command.slots.get("reason", ""))
    if not reason:
        return cards.risk_card(ctx.w, project, await shown(ctx, project, risk), "close")
    risk = await close_it(ctx, risk, reason)
    return notice(ctx.w, ctx.w("risk.now.closed", id=risk.label), reason)


@router.command("risk.postpone", right=Right.TREAT, what="what.treat", aside=True)
async def postpone_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """R3 延后 <日期> <原因>."""
    project, slots = here(ctx), command.slots
    risk = await live(ctx, project, command)
    owner_only(ctx, risk.owner_id, "what.snooze", risk.label)
    reason = tidy(slots.get("reason", ""))
    if not (slots.get("date") and reason):
        return cards.risk_card(ctx.w, project, await shown(ctx, project, risk), "snooze")
    risk = await _snooze(ctx, project, risk, slots["date"], reason)
    day = ctx.w.day(risk.due) if risk.due else ""
    return notice(ctx.w, ctx.w("risk.now.snoozed", id=risk.label, day=day), reason)


async def _snooze(ctx: Context, project: Project, risk: Risk, words: str, reason: str) -> Risk:
    until = read_day(ctx, project, words)
    if until <= ctx.today(project):
        raise Refusal("refused.snooze_today")
    await happened(ctx, risk, "snoozed", to=ctx.w.day(until), reason=reason)
    ctx.note("risk.snoozed", risk=risk.id, number=risk.number, until=until, reason=reason)
    return await keep(ctx, rules.snoozed(risk, until, ctx.now))


@router.command("risk.treat", right=Right.TREAT, what="what.treat", aside=True)
async def treat_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """R3 措施 <做什么>."""
    project = here(ctx)
    risk = await live(ctx, project, command)
    owner_only(ctx, risk.owner_id, "what.edit", risk.label)
    told = tidy(command.slots.get("text", ""))
    await happened(ctx, risk, "treated", to=told)
    ctx.note("risk.treated", risk=risk.id, number=risk.number)
    risk = await keep(ctx, rules.treated(risk, told, risk.review_on, ctx.now))
    return notice(ctx.w, ctx.w("risk.now.treated", id=risk.label), told)


@router.command("risk.edit", right=Right.TREAT, what="what.treat", aside=True)
async def edit_by_text(_: Message, command: Command, ctx: Context) -> Card:
    project = here(ctx)
    risk = await live(ctx, project, command)
    owner_only(ctx, risk.owner_id, "what.edit", risk.label)
    return cards.risk_card(ctx.w, project, await shown(ctx, project, risk), "edit")


@router.button(cards.AskRisk, aside=True)
async def ask(action: cards.AskRisk, press: Press, ctx: Context) -> Reply:
    """Show the fields of what somebody is about to do, to whoever may do it."""
    ctx, project, risk = await pressed(ctx, action.risk_id, Right.TREAT, "what.treat")
    if risk.over:
        return await too_late(ctx, project, risk)
    if known_form(action.form, cards.FORMS):
        free = action.form == "assign" and risk.owner_id is None
        owner_only(ctx, risk.owner_id, f"what.{action.form}", risk.label, free=free)
    return await redrawn(ctx, project, risk, press, None, action.form)


@router.button(cards.CloseRisk, aside=True)
async def close(action: cards.CloseRisk, press: Press, ctx: Context) -> Reply:
    ctx, project, risk = await form_of(ctx, action.risk_id, action.version, "what.close")
    reason = typed_in(press.fields).get("reason", "")
    if not reason:
        raise Refusal("refused.fields", fields=ctx.w("risk.reason"))
    risk = await close_it(ctx, risk, reason)
    toast = Toast(ctx.w("risk.now.closed", id=risk.label))
    return await redrawn(ctx, project, risk, press, toast)


@router.button(cards.AssignRisk, aside=True)
async def assign(action: cards.AssignRisk, press: Press, ctx: Context) -> Reply:
    ctx, project, risk = await form_of(ctx, action.risk_id, action.version, "what.assign")
    wanted = str(press.fields.get("owner") or "")
    members = await ctx.uow.members.of(project.id)
    to = next((m for m in members if m.person.id == wanted), None)
    if to is None:
        raise Refusal("refused.owner", name=ctx.w("risk.owner"))
    risk = await _assign(ctx, project, risk, to, str(press.fields.get("due") or ""))
    toast = Toast(ctx.w("risk.now.assigned", id=risk.label, name=to.person.name))
    return await redrawn(ctx, project, risk, press, toast)


@router.button(cards.SnoozeRisk, aside=True)
async def snooze(action: cards.SnoozeRisk, press: Press, ctx: Context) -> Reply:
    ctx, project, risk = await form_of(ctx, action.risk_id, action.version, "what.snooze")
    until, reason = (typed_in(press.fields).get(name, "") for name in ("until", "reason"))
    empty = [ctx.w(f"risk.{n}") for n, v in (("until", until), ("reason", reason)) if not v]
    if empty:
        raise Refusal("refused.fields", fields=ctx.w.comma.join(empty))
    risk = await _snooze(ctx, project, risk, until, reason)
    day = ctx.w.day(risk.due) if risk.due else ""
    toast = Toast(ctx.w("risk.now.snoozed", id=risk.label, day=day))
    return await redrawn(ctx, project, risk, press, toast)


@router.button(cards.SaveRisk, aside=True)
async def save(action: cards.SaveRisk, press: Press, ctx: Context) -> Reply:
    """The form with everything; on a proposal it confirms what was put right."""
    ctx, project, risk = await form_of(ctx, action.risk_id, action.version, "what.edit")
    edited = await _edited(ctx, project, risk, press.fields)
    proposed = risk.state is RiskState.PROPOSED
    await happened(ctx, risk, "edited", score=risk.score)
    ctx.note("risk.edited", risk=risk.id, number=risk.number)
    risk = await confirm_risk(ctx, project, edited) if proposed else await keep(ctx, edited)
    await place_cards(ctx, project, risk)
    return await redrawn(ctx, project, risk, press, Toast(ctx.w("risk.saved", id=risk.label)))


async def _edited(
    ctx: Context, project: Project, risk: Risk, fields: Mapping[str, FormValue]
) -> Risk:
    given = typed_in(fields)
    text = given.get("text") or risk.text
    members = await ctx.uow.members.of(project.id)
    ids = {m.person.id for m in members if m.role in TEAM and not m.person.external}
    owner: str | None = given.get("owner") or risk.owner_id
    owner = None if owner == NOBODY else owner
    if owner and owner not in ids and owner != risk.owner_id:
        raise Refusal("refused.owner", name=ctx.w("risk.owner"))
    due = risk.due if "due" not in given else None
    if given.get("due"):
        due = read_day(ctx, project, given["due"], past="")
    same_review = risk.review_on and given.get("review") == risk.review_on.isoformat()
    review = risk.review_on if same_review else None
    if given.get("review") and not same_review:
        review = read_day(ctx, project, given["review"])
    kind = given.get("category", "")
    changed = replace(
        risk,
        text=text[: rules.LONGEST_TEXT],
        owner_id=owner,
        due=due,
        category=kind if kind in ctx.w.kinds else risk.category,
        shared=given.get("shared") == "yes" if "shared" in given else risk.shared,
    )
    rated = rules.rated(
        changed,
        number_of(given.get("probability", "")) or risk.probability,
        number_of(given.get("impact", "")) or risk.impact,
    )
    if changed.shared != risk.shared:
        if not may(ctx.member, Right.MANAGE):
            raise Refusal("refused.share")
        ctx.note("risk.shared", risk=risk.id, number=risk.number, shared=changed.shared)
    if owner not in (risk.owner_id, ctx.person.id if ctx.person else None):
        rated = replace(rated, state=RiskState.OPEN if rated.live else rated.state)
    told = given.get("mitigation", "")
    if told == risk.mitigation and review == risk.review_on:
        return replace(rated, heard_at=ctx.now, climbed=0)
    return rules.treated(rated, told, review, ctx.now)


# --- is it over? ---------------------------------------------------------------------------------


@router.button(cards.SolvedRisk, aside=True)
async def solved(action: cards.SolvedRisk, _: Press, ctx: Context) -> Reply:
    ctx, project, risk = await pressed(ctx, action.risk_id, Right.TREAT, "what.treat")
    if risk.over:
        return await too_late(ctx, project, risk)
    if not action.solved:
        face = notice(ctx.w, ctx.w("risk.unsolved", id=risk.label), risk.text, tone=Tone.CALM)
        return Reply(Toast(ctx.w("risk.unsolved", id=risk.label)), face=face)
    owner_only(ctx, risk.owner_id, "what.close", risk.label)
    if risk.source == complaints.SOURCE:
        # What is written on closing goes to the customer: a colleague's words are none.
        raise Refusal("refused.complaint_words", id=risk.label)
    history = await ctx.uow.risks.history(risk.id)
    said = next((h.detail.get("quote") for h in history if h.what == "solved"), None)
    risk = await close_it(ctx, risk, str(said or ctx.w("risk.do.solved", id=risk.label)))
    face = cards.risk_card(ctx.w, project, await shown(ctx, project, risk))
    return Reply(Toast(ctx.w("risk.now.closed", id=risk.label)), face=face)


@router.answer_to("risk.card", "risk.private")
async def reply_to_card(message: Message, ctx: Context) -> Reply | None:
    """A word about a risk, under its card: kept as evidence, or taken for its end."""
    card = await ctx.uow.living.at(message.platform, message.parents)
    if not (message.addressed or may(ctx.member, Right.TREAT)):
        return None  # people talking under a card among themselves
    ctx, project, risk = await pressed(ctx, card.subject if card else "", Right.TREAT, "what.treat")
    text = tidy(message.text)
    if not text or risk.over:
        return None
    if language.read(text).action == "resolve":
        await happened(ctx, risk, "solved", **evidence(message, text))
        who = ctx.person.name if ctx.person else ""
        found = await shown(ctx, project, risk)
        asked = aside(ctx, Reply(card=cards.is_it_over(ctx.w, project, found, text[:200], who)))
        return asked if isinstance(asked, Reply) else Reply(card=asked)
    await add_word(ctx, risk, **evidence(message, text))
    ctx.react(message)
    return Reply()
