"""What the handlers of risks share: which risk is meant, who may, which card answers."""

from __future__ import annotations

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Press
from bot.discretion import sees_all
from bot.domain.people import Right
from bot.domain.project import Project
from bot.domain.risk import Risk
from bot.language.commands import Command
from bot.places import (
    entered,
    number_of,
    owner_only,
)
from bot.risks import shown, spoken_of
from cards import risk as cards
from cards.elements import Card


async def named(ctx: Context, project: Project, command: Command) -> Risk:
    """The risk of a command, by its number or by what it is called."""
    id_ = command.slots.get("id", "")
    number = number_of(id_)
    risk = None
    if number is not None:
        risk = await ctx.uow.risks.numbered(project.id, number)
    elif command.slots.get("title"):
        risk = await spoken_of(ctx, project, command.slots["title"])
    if risk is None or not (risk.shared or sees_all(ctx)):
        raise Refusal("refused.no_risk", id=id_ or command.slots.get("title", "")[:40])
    return risk


async def live(ctx: Context, project: Project, command: Command) -> Risk:
    risk = await named(ctx, project, command)
    if risk.over:
        raise Refusal(
            "refused.risk_over",
            id=risk.label,
            name=await name_of(ctx, risk.closed_by),
            reason=risk.reason or ctx.w("risk.reason.none"),
        )
    return risk


async def pressed(
    ctx: Context, risk_id: str, right: Right, what: str
) -> tuple[Context, Project, Risk]:
    risk = await ctx.uow.risks.get(risk_id)
    inside, project, _ = await entered(ctx, risk.project_id if risk else None, right, what)
    if risk is None:
        raise Refusal("refused.stale")
    return inside, project, risk


async def form_of(
    ctx: Context, risk_id: str, version: int, what: str
) -> tuple[Context, Project, Risk]:
    """A form's risk, unless it has changed since the form was drawn."""
    ctx, project, risk = await pressed(ctx, risk_id, Right.TREAT, "what.treat")
    if risk.over:
        raise Refusal(
            "refused.risk_over",
            id=risk.label,
            name=await name_of(ctx, risk.closed_by),
            reason=risk.reason or ctx.w("risk.reason.none"),
        )
    owner_only(
        ctx, risk.owner_id, what, risk.label, free=what == "what.assign" and risk.owner_id is None
    )
    if risk.version != version:
        history = await ctx.uow.risks.history(risk.id, 1)
        by = await name_of(ctx, history[0].person_id if history else None)
        raise Refusal("refused.risk_changed", id=risk.label, name=by)
    return ctx, project, risk


async def name_of(ctx: Context, person_id: str | None) -> str:
    person = await ctx.uow.people.get(person_id) if person_id else None
    return person.name if person else ctx.w("bot.name")


async def too_late(ctx: Context, project: Project, risk: Risk) -> Reply:
    """Somebody was quicker: who, and how it stands now."""
    name = await name_of(ctx, risk.closed_by if risk.over else risk.owner_id)
    key = f"risk.late.{risk.state}"
    return Reply(
        Toast(ctx.w(key, id=risk.label, name=name), good=False),
        face=await face_of(ctx, project, risk),
    )


async def face_of(ctx: Context, project: Project, risk: Risk) -> Card | None:
    if risk.number < 0:
        return await proposal_face(ctx, project, risk)
    return cards.risk_card(ctx.w, project, await shown(ctx, project, risk))


async def redrawn(
    ctx: Context, project: Project, risk: Risk, press: Press, toast: Toast | None, form: str = ""
) -> Reply:
    """The pressed card as it is now. On a card about many things the risk gets one of its own."""
    found = await shown(ctx, project, risk)
    hanging = await ctx.uow.living.at(press.platform, [press.message])
    drawing = hanging.drawing if hanging else ""
    if drawing == "risk.proposal":
        face = (
            cards.proposal_form(ctx.w, project, found)
            if form
            else await proposal_face(ctx, project, risk)
        )
        return Reply(toast, face=face)
    card = cards.risk_card(ctx.w, project, found, form)
    if drawing == "notices":
        return Reply(toast, card=card if form else None)
    return Reply(toast, face=card)


async def proposal_face(ctx: Context, project: Project, risk: Risk) -> Card:
    """What was heard, as the managers see it."""
    view = await shown(ctx, project, risk)
    first = next((h for h in reversed(view.history) if h.what == "proposed"), None)
    quote = str(first.detail.get("quote", risk.text)) if first else risk.text
    who = view.names.get(first.person_id or "", "") if first else ""
    return cards.proposal(ctx.w, project, view, quote, who)
