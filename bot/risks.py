"""What several features need of a risk: opening one, hearing of it again, its cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot import complaints
from bot.context import Context
from bot.core.events import Message, Press
from bot.core.ids import new_id
from bot.discretion import read_by_customers
from bot.domain import risk as rules
from bot.domain.people import TEAM, Member, Person
from bot.domain.project import Project
from bot.domain.risk import Happened, Risk, RiskState
from bot.language import risk as language
from bot.notices import refresh_notices
from cards.risk import Shown

# Without anything better a risk is taken to be as likely as not, and of middling weight.
USUAL = 3
# The copy of a risk's card in the group, and the copies in private.
CARDS = ("risk.card", "risk.private")


def new_risk(
    ctx: Context,
    project: Project,
    text: str,
    *,
    category: str = "",
    severity: str = "",
    owner: Person | None = None,
    due: date | None = None,
    source: str = "typed",
    origin: str = "",
) -> Risk:
    """A risk from words; what they do not say is read from them or taken as usual."""
    sign = language.read(text)
    weight = language.WEIGHTS.get(severity) or language.WEIGHTS.get(sign.severity, USUAL)
    kind = category if category in language.CATEGORIES else sign.category or language.kind(text)
    return Risk(
        new_id(),
        project.id,
        0,
        text[: rules.LONGEST_TEXT],
        kind,
        weight,
        weight,
        RiskState.OPEN,
        ctx.now,
        ctx.now,
        owner.id if owner else None,
        due,
        source=source,
        origin=origin[:120],
        raised_by=ctx.person.id if ctx.person else None,
    )


async def open_risk(ctx: Context, project: Project, risk: Risk, **evidence: Any) -> Risk:
    """Write a new risk with the words that it comes from, and hang up its card."""
    risk = await ctx.uow.risks.add(risk)
    await happened(ctx, risk, "opened", **evidence)
    ctx.note("risk.opened", risk=risk.id, number=risk.number, source=risk.source)
    await place_cards(ctx, project, risk)
    return risk


async def place_cards(ctx: Context, project: Project, risk: Risk) -> None:
    """Hang the risk's cards where they belong and do not hang yet.

    In the group; where customers read it, only what is marked for them hangs there, and those who
    see to the risk get a card in private. So do they of a customer's complaint, wherever.
    """
    chat = await ctx.uow.chats.get(project.chat_id)
    open_ = read_by_customers(chat, project) or risk.source == complaints.SOURCE
    there = {card.to for name in CARDS for card in await ctx.uow.living.find(name, risk.id)}
    if (risk.shared or not open_) and chat.present and chat.account not in there:
        ctx.hang("risk.card", risk.id, chat, project.id)
    for person in await those_who_see_to_it(ctx, project, risk) if open_ else ():
        if person.account not in there:
            ctx.hang("risk.private", risk.id, person, project.id)


async def those_who_see_to_it(ctx: Context, project: Project, risk: Risk) -> list[Person]:
    """The owner if they are of the team, and the managers."""
    members = await ctx.uow.members.of(project.id)
    found = [
        m.person
        for m in members
        if m.role in TEAM
        and not m.person.external
        and (m.person.id == risk.owner_id or m.role == "manager")
    ]
    return list({person.id: person for person in found}.values())


async def happened(ctx: Context, risk: Risk, what: str, **detail: Any) -> None:
    """Add to a risk's history, in the name of whoever is speaking."""
    kept = {
        name: value[: rules.LONGEST_NOTE] if isinstance(value, str) else value
        for name, value in detail.items()
        if value not in (None, "")
    }
    by = ctx.person.id if ctx.person else None
    await ctx.uow.risks.happened([Happened(risk.id, ctx.now, what, by, kept)])


async def add_word(ctx: Context, risk: Risk, **evidence: Any) -> Risk:
    """Something more that is known of a risk."""
    await happened(ctx, risk, "heard", **evidence)
    return await keep(ctx, rules.heard(risk, ctx.now))


async def hear(ctx: Context, risk: Risk, severity: str = "", **evidence: Any) -> Risk:
    """The same again: new evidence for an old risk."""
    after = rules.again(risk, ctx.now, language.WEIGHTS.get(severity, 0))
    await happened(ctx, risk, "heard", score=risk.score, **evidence)
    return await keep(ctx, after)


async def keep(ctx: Context, risk: Risk) -> Risk:
    """Save a changed risk and bring every card up to date that shows it."""
    after = await ctx.uow.risks.save(risk)
    for name in (*CARDS, "risk.proposal"):
        await ctx.refresh(name, risk.id)
    await refresh_notices(ctx, [risk.id])
    if round_id := rules.round_of(risk):
        await ctx.refresh("standup.digest", round_id)
    if after.over and after.source == complaints.SOURCE:
        await complaints.close_loop(ctx, after)
    return after


async def the_same(
    ctx: Context, project: Project, text: str, states: Sequence[RiskState] = ()
) -> Risk | None:
    """The risk of these states (the live ones) that a text tells of once more."""
    known = await ctx.uow.risks.of(project.id, states=states or tuple(rules.LIVE))
    found = language.same(text, {risk.id: risk.text for risk in known})
    return next((risk for risk in known if risk.id == found), None)


async def spoken_of(ctx: Context, project: Project, text: str) -> Risk | None:
    """Which live risk a line speaks of, if it is clear."""
    live = await ctx.uow.risks.of(project.id)
    found = language.which(text, {risk.id: (risk.text, risk.category) for risk in live})
    return next((risk for risk in live if risk.id == found), None)


async def shown(ctx: Context, project: Project, risk: Risk, *, whole: bool = True) -> Shown:
    """A risk with what its card needs of others."""
    members = await ctx.uow.members.of(project.id)
    history = await ctx.uow.risks.history(risk.id) if whole else []
    wanted = {risk.owner_id, risk.closed_by, risk.raised_by, *(h.person_id for h in history)}
    names = await names_of(ctx, members, wanted)
    return Shown(
        risk,
        names,
        _age(ctx, project, risk),
        ctx.today(project),
        history,
        ctx.shelf.templates.advice(risk.category, project.settings.language),
        [m for m in members if m.role in TEAM and not m.person.external],
        owner=next((m.person for m in members if m.person.id == risk.owner_id), None),
        complainer=await _complainer(ctx, risk),
    )


async def _complainer(ctx: Context, risk: Risk) -> str:
    """Who is told how it ends."""
    said = await complaints.said_of(ctx, risk) if risk.source == complaints.SOURCE else None
    person = await ctx.uow.people.get(said.person_id) if said else None
    return person.name if person else ""


async def names_of(
    ctx: Context, members: Sequence[Member], wanted: set[str | None]
) -> Mapping[str, str]:
    """Names by id, also of people who have left."""
    names = {m.person.id: m.person.name for m in members}
    for id_ in wanted:
        if id_ and id_ not in names:
            person = await ctx.uow.people.get(id_)
            if person:
                names[id_] = person.name
    return names


async def many_shown(
    ctx: Context, project: Project, risks: Sequence[Risk], scores: Mapping[str, int] | None = None
) -> list[Shown]:
    """Many at once, as a list shows them."""
    members = await ctx.uow.members.of(project.id)
    names = await names_of(ctx, members, {risk.owner_id for risk in risks})
    before = scores or {}
    today = ctx.today(project)
    return [
        Shown(
            risk,
            names,
            _age(ctx, project, risk),
            today,
            moved=risk.score - before.get(risk.id, risk.score),
        )
        for risk in risks
    ]


def _age(ctx: Context, project: Project, risk: Risk) -> int:
    opened = project.local(risk.opened_at).date()
    until = project.local(risk.closed_at).date() if risk.closed_at else ctx.today(project)
    return rules.age(risk, until, opened, ctx.calendar(project))


async def close_risk(ctx: Context, risk: Risk, reason: str) -> Risk:
    by = ctx.person.id if ctx.person else None
    await happened(ctx, risk, "closed", reason=reason, score=risk.score)
    ctx.note("risk.closed", risk=risk.id, number=risk.number, reason=reason)
    return await keep(ctx, rules.closed(risk, by, reason, ctx.now))


def evidence(message: Message | Press, quote: str) -> dict[str, str]:
    return {"quote": quote[:200], "message": message.message, "chat": message.chat}


async def confirm_risk(ctx: Context, project: Project, risk: Risk) -> Risk:
    risk = await ctx.uow.risks.number(rules.confirmed(risk, ctx.now))
    await happened(ctx, risk, "confirmed")
    ctx.note("risk.confirmed", risk=risk.id, number=risk.number)
    risk = await keep(ctx, risk)
    await place_cards(ctx, project, risk)
    return risk
