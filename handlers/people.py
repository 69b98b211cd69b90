"""角色: who is who in the project."""

from __future__ import annotations

import re

from bot.context import Context
from bot.core.errors import Refusal
from bot.core.events import MembersFound, Message, PersonRead
from bot.domain.people import TEAM, Member, Right, Role, may, role_on_import
from bot.language.commands import Command
from bot.language.normal import fold
from bot.language.roles import ROLES
from bot.router import Router
from cards.common import notice
from cards.elements import Card, Tone
from cards.people import imported, who_is_who

router = Router()

MOST_IMPORTED = 50
_MOBILE = re.compile(
    r"(?<!\d)(?:\+?86[\s-]?)?(1\d{10})(?!\d)[\s,，:：|]*"
    r"(工程师|实施|项目经理|经理|主管|客户管理员|客户用户|engineer|manager|supervisor)?"
)


@router.on(PersonRead)
async def person_read(event: PersonRead, ctx: Context) -> None:
    await ctx.uow.people.meet(event.platform, event.person)


@router.command("member.import", right=Right.MANAGE, what="what.role")
async def import_members(message: Message, command: Command, ctx: Context) -> Card:
    """People by their mobile numbers, each with a role or without, where nobody is listed."""
    if ctx.project is None or not ctx.in_group:
        raise Refusal("refused.not_group")
    given = _MOBILE.findall(fold(command.slots["people"]))
    if not given:
        raise Refusal("refused.mobile")
    if len(given) > MOST_IMPORTED:
        raise Refusal("refused.mobiles", most=MOST_IMPORTED, have=len(given))
    wanted = {mobile: ROLES[role].value if role else "" for mobile, role in given}
    mobiles = ",".join(f"{mobile}:{role}" for mobile, role in wanted.items())
    ctx.run_errand(message.platform, "mobiles", message.chat, mobiles=mobiles)
    return notice(ctx.w, ctx.w("member.asked", count=len(wanted)), tone=Tone.CALM)


@router.on(MembersFound)
async def members_found(event: MembersFound, ctx: Context) -> None:
    """Take them in, and say who was not found; a number is shown by its end alone."""
    chat = await ctx.uow.chats.find(event.platform, event.chat)
    project = await ctx.uow.projects.of_chat(chat.id) if chat else None
    if chat is None or project is None:
        return
    ctx = ctx.for_project(project)
    for someone, role in event.people:
        person = await ctx.uow.people.meet(event.platform, someone)
        known = await ctx.uow.members.find(project.id, person.id)
        new = role_on_import(known, person, Role(role) if role else None)
        await ctx.uow.members.join(project.id, person, ctx.now, new)
        ctx.note("member.imported", who=person.id, role=role)
    lines = [ctx.w("member.unknown", number=f"…{mobile[-4:]}") for mobile in event.unknown]
    title = ctx.w("member.found", count=len(event.people))
    ctx.say(chat, imported(ctx.w, title, lines, await ctx.uow.members.of(project.id)))


@router.command("role.list", right=Right.LOOK)
async def list_roles(_: Message, __: Command, ctx: Context) -> Card:
    if ctx.project is None:
        raise Refusal("refused.no_project")
    return who_is_who(ctx.w, await ctx.uow.members.of(ctx.project.id))


@router.command("role.assign", right=Right.MANAGE, what="what.role")
async def assign(message: Message, command: Command, ctx: Context) -> Card:
    """Set the role of everybody mentioned."""
    project = ctx.project
    if project is None:
        raise Refusal("refused.no_project")
    role = ROLES[fold(command.slots["role"])]
    if not message.mentions:
        raise Refusal("refused.who")
    members = await ctx.uow.members.of(project.id)
    people = [await ctx.uow.people.meet(message.platform, who) for who in message.mentions]
    for person in people:
        if person.external and role in TEAM:
            raise Refusal("refused.team_external", name=person.name)
    managers = {m.person.id for m in members if may(m, Right.MANAGE)}
    if not may(Member(project.id, people[0], role), Right.MANAGE):
        losing = next((p for p in people if p.id in managers), None)
        if losing and managers <= {p.id for p in people}:
            raise Refusal("refused.last_manager", name=losing.name)
    for person in people:
        await ctx.uow.members.join(project.id, person, ctx.now, role)
        ctx.note("role.set", who=person.id, role=role)
    names = ctx.w("comma").join(person.name for person in people)
    said = ctx.w("role.set", names=names, role=ctx.w.role(role))
    return who_is_who(ctx.w, await ctx.uow.members.of(project.id), said)
