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
from bot.domain.people import Right, Role
from bot.domain.project import TEMPLATES, Project, RoundKind, Settings, health, plan
from bot.domain.standup import participation, progress
from bot.language.commands import Command
from bot.language.dates import Seen, read
from bot.language.normal import tidy
from bot.router import Router
from bot.routing import require
from cards.common import notice
from cards.elements import Card, Tone
from cards.help import welcome
from cards.project import LONGEST_NAME, CreateProject, created, overview
from storage.tables.projects import Chat

router = Router()

_TEMPLATES = {
    "四周": "four_weeks",
    "four weeks": "four_weeks",
    "两周迭代": "sprint",
    "sprint": "sprint",
    "空白": "blank",
    "blank": "blank",
}


@router.command("project.create")
async def create_by_text(message: Message, command: Command, ctx: Context) -> Card:
    slots = command.slots
    template = _TEMPLATES.get(slots.get("template", "").lower(), "four_weeks")
    return await _create(ctx, slots.get("name", ""), slots.get("golive", ""), template)


@router.button(CreateProject)
async def create_by_form(_: CreateProject, press: Press, ctx: Context) -> Reply:
    template = str(press.fields.get("template") or "four_weeks")
    card = await _create(
        ctx,
        str(press.fields.get("name") or ""),
        str(press.fields.get("golive") or ""),
        template if template in TEMPLATES else "four_weeks",
    )
    return Reply(Toast(ctx.w("project.created")), card=card)


async def _create(ctx: Context, name: str, golive_text: str, template: str) -> Card:
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
    project = Project(new_id(), name, chat.id, settings, template=template, created_at=ctx.now)
    today = project.local(ctx.now).date()
    golive = _golive(golive_text, project, ctx)
    project = replace(project, golive=golive)
    await ctx.uow.projects.add(project)
    member = await ctx.uow.members.join(project.id, person, ctx.now, Role.MANAGER)
    ctx = ctx.for_project(project, member)
    calendar = ctx.calendar(project)
    if golive:
        await ctx.uow.milestones.plan(
            project.id, plan(template, golive, calendar), done_before=today
        )
    await ctx.arrange(project)
    ctx.run_errand(chat.platform, "roster", chat.account)
    ctx.note("project.created", name=name, template=template, golive=golive)
    milestones = await ctx.uow.milestones.of(project.id)
    return created(ctx.w, project, milestones, today, calendar)


def _golive(text: str, project: Project, ctx: Context) -> date | None:
    """The day that somebody typed; what cannot be known is asked back."""
    text = text.strip()
    if not text:
        return None
    found = read(text, Seen(project.local(ctx.now), ctx.calendar(project)))
    if found.day is None:
        key = f"refused.date.{found.ask}" if found.ask else "refused.date"
        raise Refusal(key, text=(found.words or text)[:40])
    if found.day <= ctx.today(project):
        raise Refusal("refused.golive_past", day=ctx.w.day(found.day))
    return found.day


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
                ctx.say(ctx.chat, await _overview(ctx.for_project(project, member), project))
        first = await ctx.uow.projects.get(memberships[0].project_id)
        if first:
            return await _overview(ctx.for_project(first, memberships[0]), first)
    await require(ctx, Right.LOOK, "what.look")
    if ctx.project is None:
        raise Refusal("refused.no_project")
    return await _overview(ctx, ctx.project)


async def _overview(ctx: Context, project: Project) -> Card:
    today, calendar = ctx.today(project), ctx.calendar(project)
    milestones = await ctx.uow.milestones.of(project.id)
    members = await ctx.uow.members.of(project.id)
    since = calendar.shift(today, -10)
    found = {}
    for round_ in await ctx.uow.standups.recent(project.id, RoundKind.STANDUP, since):
        answers = await ctx.uow.standups.answers(round_.id)
        leaves = await ctx.uow.leaves.on([m.person.id for m in members], round_.day)
        if round_.closed_at or answers:
            found[round_.day] = progress(round_, project.settings, members, answers, leaves)
    last = found[max(found)].blockers if found else []
    return overview(
        ctx.w,
        project,
        health(milestones, len(last), members, today, calendar),
        milestones,
        members,
        last,
        participation({day: state for day, state in found.items() if day != today}),
        today,
        calendar,
    )


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
        ctx.say(chat, welcome(ctx.w, name, external=chat.external))
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
