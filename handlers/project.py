"""新项目, 项目, and what happens to the group that a project lives in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import (
    BotAdded,
    BotRemoved,
    ChatKind,
    ChatLimited,
    ChatRenamed,
    MembersJoined,
    MembersLeft,
    Message,
    Press,
    RosterRead,
    Someone,
)
from bot.core.ids import new_id
from bot.discretion import guard, in_two, overheard
from bot.domain.people import Right, Role, may
from bot.domain.plan import Template
from bot.domain.project import Project, Settings
from bot.domain.risk import by_score
from bot.language.commands import Command
from bot.language.normal import fold, tidy
from bot.milestones import from_template, seen
from bot.places import read_day
from bot.risks import many_shown
from bot.router import Router
from bot.routing import require
from bot.standing import standing
from cards.common import notice
from cards.elements import Card, Tone
from cards.help import welcome
from cards.project import LONGEST_NAME, CreateProject, created, overview, portfolio
from cards.words import LANGUAGES, Words
from storage.tables.projects import Chat

router = Router()

USUAL = "four_weeks"
MOST_RISKS = 3


@router.command("project.create")
async def create_by_text(message: Message, command: Command, ctx: Context) -> Card:
    slots = command.slots
    template = _template(ctx, slots.get("template", ""))
    return await _create(ctx, slots.get("name", ""), slots.get("golive", ""), template)


def _template(ctx: Context, name: str) -> Template:
    """The plan that somebody names in either language; the usual one when they name none."""
    shelf = ctx.shelf.templates
    if not name.strip():
        return shelf.plans[USUAL]
    own = shelf.find(name)
    if own:
        return own
    for template in shelf.plans.values():
        if fold(name) in {fold(w.template(template)) for w in map(Words, LANGUAGES)}:
            return template
    known = ctx.w.comma.join(ctx.w.template(template) for template in shelf.plans.values())
    raise Refusal("refused.template", name=name[:40], names=known)


@router.button(CreateProject)
async def create_by_form(_: CreateProject, press: Press, ctx: Context) -> Reply:
    card = await _create(
        ctx,
        str(press.fields.get("name") or ""),
        str(press.fields.get("golive") or ""),
        _template(ctx, str(press.fields.get("template") or "")),
    )
    return Reply(Toast(ctx.w("project.created")), card=card)


async def _create(ctx: Context, name: str, golive_text: str, template: Template) -> Card:
    """This group becomes a project and who asked for it its manager."""
    name = " ".join(tidy(name).split())
    chat, person = ctx.chat, ctx.person
    if chat is None or person is None or not ctx.in_group:
        raise Refusal("refused.not_group")
    if person.external:
        raise Refusal("refused.external")
    if ctx.project:
        raise Refusal("refused.exists", name=ctx.project.name)
    if not name:
        raise Refusal("refused.name")
    if len(name) > LONGEST_NAME:
        raise Refusal("refused.name_long", most=LONGEST_NAME, have=len(name))
    settings = Settings(language=ctx.w.language, zone=ctx.zone)
    project = Project(new_id(), name, chat.id, settings, template=template.key, created_at=ctx.now)
    today = project.local(ctx.now).date()
    golive = _golive(golive_text, project, ctx) if golive_text.strip() else None
    project = replace(project, golive=golive)
    await ctx.uow.projects.add(project)
    member = await ctx.uow.members.join(project.id, person, ctx.now, Role.MANAGER)
    ctx = ctx.for_project(project, member)
    if golive:
        steps = from_template(ctx, project, template, golive, done_before=today)
        await ctx.uow.milestones.add(steps)
    await ctx.arrange(project)
    ctx.run_errand(chat.platform, "roster", chat.account)
    ctx.note("project.created", name=name, template=template.key, golive=golive)
    view = await seen(ctx, project)
    return created(ctx.w, project, view, whole=not overheard(ctx))


def _golive(text: str, project: Project, ctx: Context) -> date:
    day = read_day(ctx, project, text, past="refused.golive_past")
    if day <= ctx.today(project):
        raise Refusal("refused.golive_past", day=ctx.w.day(day))
    return day


@router.command("project.show")
async def show(_: Message, __: Command, ctx: Context) -> Card:
    """The project's card; in private, that of every project the person is in."""
    if ctx.project is None and not ctx.in_group:
        memberships = await ctx.memberships()
        if not memberships:
            raise Refusal("refused.no_project.private")
        for member in memberships[1:]:
            project = await ctx.uow.projects.get(member.project_id)
            if project and ctx.chat:
                inside = await guard(ctx.for_project(project, member))
                ctx.say(ctx.chat, await _overview(inside, project))
        first = await ctx.uow.projects.get(memberships[0].project_id)
        if first:
            inside = await guard(ctx.for_project(first, memberships[0]))
            return await _overview(inside, first)
    await require(ctx, Right.LOOK, "what.look")
    if ctx.project is None:
        raise Refusal("refused.no_project")
    return await _overview(ctx, ctx.project)


async def _overview(ctx: Context, project: Project) -> Card:
    return await in_two(ctx, lambda *, whole: _drawn(ctx, project, whole=whole))


async def _drawn(ctx: Context, project: Project, *, whole: bool) -> Card:
    now = await standing(ctx, project)
    worst = by_score(risk for risk in now.risks if whole or risk.shared)[:MOST_RISKS]
    return overview(ctx.w, project, now, await many_shown(ctx, project, worst), whole=whole)


@router.command("portfolio.show")
async def portfolio_card(_: Message, __: Command, ctx: Context) -> Reply:
    """项目组合: every project that the person manages or supervises, to them alone."""
    found = []
    memberships = await ctx.memberships()
    ids = [member.project_id for member in memberships]
    await ctx.uow.projects.get_many(ids)
    await ctx.uow.members.warm(ids)
    await ctx.uow.milestones.warm(ids)
    for member in memberships:
        project = await ctx.uow.projects.get(member.project_id)
        if project and may(member, Right.MANAGE):
            inside = ctx.for_project(project, member)
            found.append((project, await standing(inside, project)))
    if not found or ctx.person is None:
        raise Refusal("refused.portfolio")
    card = portfolio(ctx.w, found)
    if ctx.in_group:
        ctx.whisper(ctx.person, card)
        return Reply(card=notice(ctx.w, ctx.w("portfolio.sent"), tone=Tone.CALM))
    return Reply(card=card)


def templates(ctx: Context) -> list[tuple[str, str]]:
    """The plans to choose from: key and name."""
    return [(key, ctx.w.template(t)) for key, t in ctx.shelf.templates.plans.items()]


@router.on(BotAdded)
async def bot_added(event: BotAdded, ctx: Context) -> None:
    """Greet the group once; a project that was paused by our leaving goes on."""
    chat = await ctx.uow.chats.meet(event.platform, event.chat, ChatKind.GROUP)
    chat = replace(chat, name=event.name or chat.name, external=event.external, present=True)
    await ctx.uow.chats.save(chat)
    await ctx.uow.people.meet(event.platform, event.by)
    project = await ctx.uow.projects.of_chat(chat.id)
    if project is None:
        name = chat.name.removesuffix("群").removesuffix("项目") or chat.name
        ctx.say(chat, welcome(ctx.w, name, templates(ctx), external=chat.external))
    else:
        await _pause(ctx, project, paused=False)
    ctx.run_errand(event.platform, "roster", event.chat)


@router.on(BotRemoved)
async def bot_removed(event: BotRemoved, ctx: Context) -> None:
    """Nothing is sent to a group that the bot has left; what it knows stays."""
    chat = await ctx.uow.chats.find(event.platform, event.chat)
    if chat is None:
        return
    await ctx.uow.chats.save(replace(chat, present=False))
    project = await ctx.uow.projects.of_chat(chat.id)
    if project:
        await _pause(ctx, project, paused=True)


async def _pause(ctx: Context, project: Project, *, paused: bool) -> None:
    if project.paused != paused:
        project = await ctx.uow.projects.save(replace(project, paused=paused))
        await ctx.arrange(project)
        ctx.uow.audit.note(
            ctx.now,
            "project.paused" if paused else "project.resumed",
            project_id=project.id,
        )


@router.on(ChatLimited)
async def chat_limited(event: ChatLimited, ctx: Context) -> None:
    """Say in one card what is missing here and what will therefore not work."""
    chat = await ctx.uow.chats.find(event.platform, event.chat)
    if chat:
        lines = [ctx.w(f"lacks.{what}") for what in event.lacks]
        ctx.say(chat, notice(ctx.w, ctx.w("lacks.title"), *lines, tone=Tone.WATCH))


@router.on(ChatRenamed)
async def chat_renamed(event: ChatRenamed, ctx: Context) -> None:
    chat = await ctx.uow.chats.find(event.platform, event.chat)
    if chat and chat.name != event.name:
        await ctx.uow.chats.save(replace(chat, name=event.name))


@router.on(MembersJoined)
async def members_joined(event: MembersJoined, ctx: Context) -> None:
    project = await _project_at(event.platform, event.chat, ctx)
    for someone in event.people:
        await _join(ctx, event.platform, someone, project)


@router.on(MembersLeft)
async def members_left(event: MembersLeft, ctx: Context) -> None:
    project = await _project_at(event.platform, event.chat, ctx)
    if project:
        people = [await ctx.uow.people.meet(event.platform, one) for one in event.people]
        await ctx.uow.members.leave(project.id, [person.id for person in people], ctx.now)


@router.on(RosterRead)
async def roster_read(event: RosterRead, ctx: Context) -> None:
    """The whole list of the group: newcomers join, whoever is not on it has left."""
    project = await _project_at(event.platform, event.chat, ctx)
    await ctx.uow.people.warm((event.platform, one.id) for one in event.people)
    present = {await _join(ctx, event.platform, one, project) for one in event.people}
    if project and present:
        members = await ctx.uow.members.of(project.id)
        gone = [m.person.id for m in members if m.person.id not in present]
        if gone:
            await ctx.uow.members.leave(project.id, gone, ctx.now)


async def _join(ctx: Context, platform: str, someone: Someone, project: Project | None) -> str:
    person = await ctx.uow.people.meet(platform, someone)
    if project and not await ctx.uow.members.find(project.id, person.id):
        await ctx.uow.members.join(project.id, person, ctx.now)
    return person.id


async def _project_at(platform: str, account: str, ctx: Context) -> Project | None:
    chat: Chat | None = await ctx.uow.chats.find(platform, account)
    return await ctx.uow.projects.of_chat(chat.id) if chat else None
