"""风险: the register and the ways in: typed, from a blocker, heard in the group."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from bot import complaints
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.discretion import aside, customers_among, overheard, read_by_customers, sees_all
from bot.domain import risk as rules
from bot.domain.people import Right, may
from bot.domain.project import Project
from bot.domain.risk import Risk, RiskState
from bot.language import risk as language
from bot.language.asked import period
from bot.language.commands import Command
from bot.language.normal import tidy
from bot.places import entered, here, meant, number_of, read_day
from bot.risk_access import (
    face_of,
    live,
    named,
    pressed,
    proposal_face,
    too_late,
)
from bot.risks import (
    add_word,
    confirm_risk,
    evidence,
    happened,
    hear,
    keep,
    many_shown,
    new_risk,
    open_risk,
    shown,
    spoken_of,
    the_same,
    those_who_see_to_it,
)
from bot.router import Router
from cards import register
from cards import risk as cards
from cards.common import notice
from cards.elements import Card, Tone

router = Router()

WEEK = timedelta(days=7)
_SPOKEN = re.compile(r"[rR#]\s?(\d{1,4})[\s,:]+(.+)", re.DOTALL)


# --- the register --------------------------------------------------------------------------------


@router.command("risk.list", right=Right.LOOK, aside=True)
async def list_risks(_: Message, command: Command, ctx: Context) -> Card:
    """The register card, or the risks that a question narrows down to."""
    project = here(ctx)
    slots = command.slots
    page = number_of(slots.get("page", ""))
    if not (page or {"owner", "severity", "category", "period"} & slots.keys()):
        return await _register(ctx, project)
    found = await _visible(ctx, project)
    if slots.get("owner"):
        owner = await meant(ctx, project, slots["owner"])
        found = [risk for risk in found if owner and risk.owner_id == owner.person.id]
    if slots.get("category"):
        found = [risk for risk in found if risk.category == slots["category"]]
    if slots.get("severity"):
        found = [r for r in found if ctx.w(f"risk.level.{r.level}") == slots["severity"]]
    if slots.get("period"):
        first, last = period(slots["period"], ctx.today(project))
        found = [r for r in found if first <= project.local(r.opened_at).date() <= last]
    shown_ = await many_shown(ctx, project, found)
    return register.register_page(
        ctx.w, project, shown_, page or 1, turns=bool(page), whole=sees_all(ctx)
    )


async def _register(ctx: Context, project: Project) -> Card:
    risks = await _visible(ctx, project)
    since = ctx.now - WEEK
    history = await ctx.uow.risks.recent(project.id, since)
    whole = sees_all(ctx)
    closed = await ctx.uow.risks.closed_since(project.id, since)
    over = [risk for risk in closed if whole or risk.shared]
    moved = rules.movement([*risks, *over], history, ctx.now)
    found = await many_shown(ctx, project, risks, moved.scores)
    return register.register(ctx.w, project, found, moved, ctx.now, partly=not whole)


async def _visible(ctx: Context, project: Project) -> list[Risk]:
    """The live risks that may be shown to this person in this place."""
    risks = await ctx.uow.risks.of(project.id)
    whole = sees_all(ctx)
    if ctx.in_group and customers_among(await ctx.uow.members.of(project.id)):
        # Whoever complained reads along: what came of it is told to them, not listed.
        risks = [risk for risk in risks if risk.source != complaints.SOURCE]
    return [risk for risk in risks if whole or risk.shared]


@router.button(cards.RisksPage)
async def turn_page(action: cards.RisksPage, _: Press, ctx: Context) -> Reply:
    ctx, project, _member = await entered(ctx, action.project_id, Right.LOOK, "what.look")
    whole = sees_all(ctx) and not overheard(ctx)
    risks = [risk for risk in await ctx.uow.risks.of(project.id) if whole or risk.shared]
    found = await many_shown(ctx, project, risks)
    return Reply(face=register.register_page(ctx.w, project, found, action.page, whole=whole))


@router.command("risk.show", right=Right.LOOK, aside=True)
async def show_risk(_: Message, command: Command, ctx: Context) -> Card:
    project = here(ctx)
    risk = await named(ctx, project, command)
    if not sees_all(ctx):
        return cards.shared_card(ctx.w, project, await shown(ctx, project, risk, whole=False))
    return cards.risk_card(ctx.w, project, await shown(ctx, project, risk))


# --- opening -------------------------------------------------------------------------------------


@router.command("risk.open", right=Right.RAISE, what="what.raise", aside=True)
async def open_by_text(message: Message, command: Command, ctx: Context) -> Card | None:
    """风险 <描述>: the team opens one, a customer proposes one."""
    project, slots = here(ctx), command.slots
    text = tidy(slots.get("text", ""))
    if len(text) < 2:
        raise Refusal("refused.risk_empty")
    if len(text) > rules.LONGEST_TEXT:
        raise Refusal("refused.risk_long", most=rules.LONGEST_TEXT, have=len(text))
    about = _SPOKEN.match(text)
    if about:
        return await _add_word(ctx, project, message, int(about[1]), about[2])
    owner = await meant(ctx, project, slots.get("owner", ""), message.mentions)
    due = read_day(ctx, project, slots["date"]) if slots.get("date") else None
    known = await the_same(ctx, project, text, (*rules.LIVE, RiskState.PROPOSED))
    if known:
        await hear(ctx, known, slots.get("severity", ""), **evidence(message, text))
        if known.number < 0 or not (known.shared or sees_all(ctx)):
            return notice(ctx.w, ctx.w("risk.passed_on"), ctx.w("risk.passed_on.text"))
        title = ctx.w("risk.again", id=known.label)
        return notice(ctx.w, title, ctx.w("risk.again.text", text=known.text), tone=Tone.CALM)
    new = new_risk(
        ctx,
        project,
        text,
        category=slots.get("category", ""),
        severity=slots.get("severity", ""),
        owner=owner.person if owner else None,
        due=due,
    )
    if not may(ctx.member, Right.TREAT):
        await propose(ctx, project, new, text, message)
        return notice(ctx.w, ctx.w("risk.passed_on"), ctx.w("risk.passed_on.text"))
    await open_risk(ctx, project, new, **evidence(message, text))
    if ctx.in_group and not overheard(ctx):
        return None  # the risk's own card is the answer
    return notice(ctx.w, ctx.w("risk.opened"), ctx.w("risk.opened.where"))


async def _add_word(
    ctx: Context, project: Project, message: Message, number: int, words: str
) -> Card:
    """风险 R3 …, with words that are none of its acts: something more that is known of it."""
    risk = await ctx.uow.risks.numbered(project.id, number)
    if risk is None or not risk.live or not (risk.shared or sees_all(ctx)):
        raise Refusal("refused.no_risk", id=f"R{number}")
    await add_word(ctx, risk, **evidence(message, words))
    return notice(ctx.w, ctx.w("risk.noted", id=risk.label), words, tone=Tone.CALM)


@router.button(cards.BlockerToRisk, aside=True)
async def blocker_to_risk(action: cards.BlockerToRisk, press: Press, ctx: Context) -> Reply:
    """转为风险: one tap on a blocker of the digest; its owner is who named it."""
    round_ = await ctx.uow.standups.get(action.round_id)
    project_id = round_.project_id if round_ else None
    ctx, project, _member = await entered(ctx, project_id, Right.RAISE, "what.raise")
    answer = await ctx.uow.standups.answer_of(action.round_id, action.person_id)
    if answer is None or not 0 <= action.line < len(answer.entry.blockers):
        raise Refusal("refused.stale")
    text = answer.entry.blockers[action.line]
    origin = rules.of_blocker(action.round_id, action.person_id, action.line)
    taken = (await ctx.uow.risks.from_origins(project.id, [origin])).get(origin)
    if taken:
        return Reply(Toast(ctx.w("risk.taken", id=taken.label), good=False))
    quote = evidence(press, text)
    known = await the_same(ctx, project, text)
    if known:
        await hear(ctx, known, **quote)
        return Reply(Toast(ctx.w("risk.again", id=known.label)))
    members = await ctx.uow.members.of(project.id)
    owner = next((m for m in members if m.person.id == action.person_id), None)
    due = ctx.calendar(project).shift(ctx.today(project), rules.HANDLED_WITHIN)
    new = new_risk(
        ctx,
        project,
        text,
        owner=owner.person if owner else None,
        due=due,
        source="blocker",
        origin=origin,
    )
    if not may(ctx.member, Right.TREAT):
        await propose(ctx, project, new, text, press)
        return Reply(Toast(ctx.w("risk.passed_on")))
    risk = await open_risk(ctx, project, new, **quote)
    await ctx.refresh("standup.digest", action.round_id)
    return Reply(Toast(ctx.w("risk.made", id=risk.label)))


# --- what is heard in the group ------------------------------------------------------------------


async def propose(
    ctx: Context,
    project: Project,
    risk: Risk,
    quote: str,
    message: Message | Press,
    *,
    again: bool = False,
) -> None:
    """Ask the managers, and nobody else, whether something is a risk."""
    new = replace(risk, state=RiskState.PROPOSED, source="group")
    new = await ctx.uow.risks.add(new)
    detail = evidence(message, quote) | ({"again": "yes"} if again else {})
    await happened(ctx, new, "proposed", **detail)
    for person in await those_who_see_to_it(ctx, project, replace(new, owner_id=None)):
        ctx.hang("risk.proposal", new.id, person, project.id)


@router.listener
async def listen(message: Message, ctx: Context) -> None:
    """A line of the group that was not meant for the bot, where the group lets it listen.

    What sounds like a risk goes to the managers alone; what is known already becomes evidence;
    what was dismissed stays so until its facts change; what sounds like the end of a risk is asked
    about where it matters: to its owner.
    """
    project, text = ctx.project, tidy(message.text)
    if project is None or len(text) < 4:
        return
    sign = language.read(text)
    if sign.action == "resolve":
        await _maybe_over(ctx, project, text, message)
    elif sign.action == "open":
        await _maybe_new(ctx, project, text, sign.severity, message)


async def _maybe_new(
    ctx: Context, project: Project, text: str, severity: str, message: Message
) -> None:
    known = await the_same(ctx, project, text, (*rules.LIVE, RiskState.PROPOSED))
    if known:
        await hear(ctx, known, severity, **evidence(message, text))
        return
    waved = await the_same(ctx, project, text, (RiskState.DISMISSED,))
    worse = waved and language.WEIGHTS.get(severity, 0) > waved.impact
    if waved and not worse and language.facts(text) <= language.facts(waved.text):
        return
    due = ctx.calendar(project).shift(ctx.today(project), rules.HANDLED_WITHIN)
    new = new_risk(ctx, project, text[: rules.LONGEST_TEXT], severity=severity, due=due)
    await propose(ctx, project, new, text, message, again=waved is not None)


async def _maybe_over(ctx: Context, project: Project, text: str, message: Message) -> None:
    risk = await spoken_of(ctx, project, text)
    if risk is None:
        return
    await happened(ctx, risk, "solved", **evidence(message, text))
    await ctx.refresh("risk.over", risk.id)
    there = {card.to for card in await ctx.uow.living.find("risk.over", risk.id)}
    for person in await those_who_see_to_it(ctx, project, risk):
        if person.account not in there:
            ctx.hang("risk.over", risk.id, person, project.id)


@router.text
async def said_to_the_bot(message: Message, ctx: Context) -> Reply | None:
    """An addressed text that is no command but tells that a known risk is over."""
    project, text = ctx.project, tidy(message.text)
    if project is None or not may(ctx.member, Right.TREAT) or len(text) < 4:
        return None
    if language.read(text).action != "resolve":
        return None
    risk = await spoken_of(ctx, project, text)
    if risk is None or not (risk.shared or sees_all(ctx)):
        return None
    await happened(ctx, risk, "solved", **evidence(message, text))
    who = ctx.person.name if ctx.person else ""
    view = await shown(ctx, project, risk)
    said = aside(ctx, cards.is_it_over(ctx.w, project, view, text, who))
    return said if isinstance(said, Reply) else Reply(card=said)


@router.command("risk.confirm", right=Right.MANAGE, what="what.confirm", aside=True)
async def confirm_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """确认风险 <描述>: the twin of the button on a proposal."""
    project = here(ctx)
    risk = await the_same(ctx, project, command.slots.get("text", ""), (RiskState.PROPOSED,))
    if risk is None:
        raise Refusal("refused.no_proposal")
    risk = await confirm_risk(ctx, project, risk)
    return notice(ctx.w, ctx.w("risk.made", id=risk.label), risk.text)


@router.button(cards.ConfirmRisk, aside=True)
async def confirm(action: cards.ConfirmRisk, _: Press, ctx: Context) -> Reply:
    ctx, project, risk = await pressed(ctx, action.risk_id, Right.MANAGE, "what.confirm")
    if risk.state is not RiskState.PROPOSED:
        return await too_late(ctx, project, risk)
    risk = await confirm_risk(ctx, project, risk)
    return Reply(
        Toast(ctx.w("risk.made", id=risk.label)), face=await proposal_face(ctx, project, risk)
    )


@router.button(cards.DismissRisk, aside=True)
async def dismiss(action: cards.DismissRisk, _: Press, ctx: Context) -> Reply:
    """It is none: remembered, and not asked again until its facts change."""
    ctx, project, risk = await pressed(ctx, action.risk_id, Right.MANAGE, "what.confirm")
    if risk.state is not RiskState.PROPOSED:
        return await too_late(ctx, project, risk)
    risk = await _dismiss(ctx, risk, "")
    return Reply(Toast(ctx.w("risk.dismissed.toast")), face=await face_of(ctx, project, risk))


@router.command("risk.dismiss", right=Right.MANAGE, what="what.confirm", aside=True)
async def dismiss_by_text(_: Message, command: Command, ctx: Context) -> Card:
    project = here(ctx)
    risk = await live(ctx, project, command)
    risk = await _dismiss(ctx, risk, command.slots.get("reason", ""))
    return notice(ctx.w, ctx.w("risk.dismissed.title", id=risk.label), risk.text, tone=Tone.CALM)


async def _dismiss(ctx: Context, risk: Risk, reason: str) -> Risk:
    if risk.source == complaints.SOURCE:
        # Somebody is owed an answer, whatever the team thinks of it.
        raise Refusal("refused.complaint_words", id=risk.label)
    by = ctx.person.id if ctx.person else None
    await happened(ctx, risk, "dismissed", reason=reason)
    ctx.note("risk.dismissed", risk=risk.id, number=risk.number, reason=reason)
    return await keep(ctx, rules.dismissed(risk, by, reason, ctx.now))


# --- cards that are kept true --------------------------------------------------------------------


@router.drawing("risk.card")
async def draw(risk_id: str, ctx: Context) -> Card | None:
    """The copy in the group: whole, or where customers read it what they may see."""
    found = await _found(risk_id, ctx)
    if found is None or found[2].number < 0:
        return None
    ctx, project, risk = found
    chat = await ctx.uow.chats.get(project.chat_id)
    if read_by_customers(chat, project):
        return cards.shared_card(ctx.w, project, await shown(ctx, project, risk, whole=False))
    return cards.risk_card(ctx.w, project, await shown(ctx, project, risk))


@router.drawing("risk.private")
async def draw_private(risk_id: str, ctx: Context) -> Card | None:
    """The copies of those who see to it."""
    found = await _found(risk_id, ctx)
    if found is None or found[2].number < 0:
        return None
    ctx, project, risk = found
    return cards.risk_card(ctx.w, project, await shown(ctx, project, risk))


@router.drawing("risk.proposal")
async def proposal(risk_id: str, ctx: Context) -> Card | None:
    found = await _found(risk_id, ctx)
    if found is None:
        return None
    return await proposal_face(*found)


@router.drawing("risk.over")
async def draw_over(subject: str, ctx: Context) -> Card | None:
    """Is it over?, as it was asked in private."""
    found = await _found(subject, ctx)
    if found is None:
        return None
    ctx, project, risk = found
    view = await shown(ctx, project, risk)
    if risk.over:
        return cards.risk_card(ctx.w, project, view)
    said = next((h for h in view.history if h.what == "solved"), None)
    quote = str(said.detail.get("quote", "")) if said else ""
    who = view.names.get(said.person_id or "", "") if said else ""
    return cards.is_it_over(ctx.w, project, view, quote, who)


async def _found(risk_id: str, ctx: Context) -> tuple[Context, Project, Risk] | None:
    risk = await ctx.uow.risks.get(risk_id)
    project = await ctx.uow.projects.get(risk.project_id) if risk else None
    if risk is None or project is None:
        return None
    return ctx.for_project(project), project, risk
