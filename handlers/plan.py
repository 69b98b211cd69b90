"""计划, 上线, 导入计划: the plan as a whole, and what a confirmed change moves in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import msgspec

from bot import plan_files
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press, TableRead
from bot.discretion import in_two, overheard, read_by_customers, sees_all
from bot.domain import milestone as rules
from bot.domain.health import outlook
from bot.domain.milestone import Milestone
from bot.domain.people import Right, may
from bot.domain.project import Project
from bot.golives import set_golive, show_gate
from bot.language.asked import span
from bot.language.commands import Command
from bot.language.dates import Seen, read
from bot.milestones import (
    from_template,
    move,
    pack_moves,
    refresh_plan,
    seen,
    unpack_moves,
)
from bot.places import entered, here, number_of, read_day
from bot.plan_import import from_table
from bot.router import Router
from bot.routing import require
from cards import plan as cards
from cards.common import notice
from cards.elements import Card, Tone
from cards.milestone import today_card
from storage.tables.drafts import Draft

router = Router()

MOST_PROBLEMS = 20
TABLES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt")


@router.command("plan.show", right=Right.LOOK)
async def show(_: Message, command: Command, ctx: Context) -> Card:
    project, page = here(ctx), number_of(command.slots.get("page", "")) or 1
    return await in_two(ctx, lambda *, whole: _plan(ctx, project, page, whole=whole))


@router.button(cards.PlanPage)
async def turn_page(action: cards.PlanPage, _: Press, ctx: Context) -> Reply:
    ctx, project, _member = await entered(ctx, action.project_id, Right.LOOK, "what.look")
    whole = sees_all(ctx) and not overheard(ctx)
    return Reply(face=await _plan(ctx, project, action.page, whole=whole))


async def _plan(ctx: Context, project: Project, page: int = 1, *, whole: bool = True) -> Card:
    plan = await ctx.uow.milestones.of(project.id)
    shown = [m for m in plan if whole or m.shared]
    view = replace(await seen(ctx, project, plan), milestones=shown)
    ahead = outlook(plan, project.golive, view.today, view.calendar) if whole else None
    return cards.plan_card(ctx.w, project, view, ahead, page)


# --- go-live -------------------------------------------------------------------------------------


@router.command("project.golive", right=Right.MANAGE, what="what.golive", aside=True)
async def golive(_: Message, command: Command, ctx: Context) -> Card:
    """上线 <日期>: the first time at once, later after the difference has been confirmed."""
    project = here(ctx)
    words = command.slots.get("date", "")
    if not words:
        raise Refusal("refused.golive_date")
    later = span(words) if project.golive else None
    if later and project.golive:
        there = datetime.combine(project.golive, time(9), tzinfo=project.zone)
        found = read(later, Seen(there, ctx.calendar(project))).day
        words = found.isoformat() if found else words
    to = read_day(ctx, project, words, past="refused.golive_past")
    if to <= ctx.today(project):
        raise Refusal("refused.golive_past", day=ctx.w.day(to))
    if project.golive == to:
        return notice(ctx.w, ctx.w("plan.golive.same", day=ctx.w.day(to)), tone=Tone.CALM)
    plan = await ctx.uow.milestones.of(project.id)
    if project.golive is None:
        return await _first_golive(ctx, project, plan, to)
    calendar = ctx.calendar(project)
    moves = rules.redated(plan, project.golive, to, ctx.today(project), calendar)
    body = pack_moves(moves, "") | {"golive": to.isoformat(), "was": project.golive.isoformat()}
    by = ctx.person.id if ctx.person else ""
    draft = await ctx.uow.drafts.keep(project.id, by, "golive", body, ctx.now)
    head = ctx.w(
        "plan.golive.text",
        old=ctx.w.day(project.golive),
        new=ctx.w.day(to),
        days=f"{calendar.between(project.golive, to):+d}",
        count=len(moves),
    )
    return cards.moves_card(ctx.w, project, "golive", head, moves, draft, calendar)


async def _first_golive(ctx: Context, project: Project, plan: list[Milestone], to: date) -> Card:
    """A go-live where there was none; a project without a plan gets its template's."""
    project = await set_golive(ctx, project, to)
    ctx.note("golive.set", new=to)
    template = ctx.shelf.templates.plans.get(project.template)
    if not plan and template:
        new = from_template(ctx, project, template, to, done_before=ctx.today(project))
        await ctx.uow.milestones.add(new)
    await show_gate(ctx, project)
    return await _plan(replace(ctx, project=project), project)


# --- what was shown and is confirmed --------------------------------------------------------------


@router.button(cards.AnswerDraft, aside=True)
async def answer(action: cards.AnswerDraft, _: Press, ctx: Context) -> Reply:
    draft = await ctx.uow.drafts.find(action.draft_id)
    if draft is None or draft.kind not in _RIGHTS:
        raise Refusal("refused.draft_gone")
    right, what = _RIGHTS[draft.kind], f"what.{draft.kind}"
    ctx, project, _member = await entered(ctx, draft.project_id, right, what)
    card = await _answered(ctx, project, draft, yes=action.yes)
    if not action.yes:
        return Reply(Toast(card.title), face=card)
    # The plan with its picture is a message of its own: a face is wanted within three seconds.
    done = notice(ctx.w, ctx.w(f"plan.{draft.kind}.done"))
    return Reply(Toast(done.title), card=card, face=done)


def _typed(kind: str) -> None:
    """The typed twin of a draft's buttons: it answers what the person was shown last."""

    @router.command(f"draft.{kind}", right=_RIGHTS[kind], what=f"what.{kind}", aside=True)
    async def typed(_: Message, command: Command, ctx: Context) -> Card:
        project = here(ctx)
        by = ctx.person.id if ctx.person else ""
        id_ = await ctx.uow.drafts.newest(project.id, by, kind)
        draft = await ctx.uow.drafts.find(id_) if id_ else None
        if draft is None:
            raise Refusal("refused.draft_gone")
        return await _answered(ctx, project, draft, yes="yes" in command.slots)


_RIGHTS = {"follow": Right.TREAT, "golive": Right.MANAGE, "import": Right.MANAGE}
for _kind in _RIGHTS:
    _typed(_kind)


async def _answered(ctx: Context, project: Project, draft: Draft, *, yes: bool) -> Card:
    """Do what was shown, for whoever was shown it or may manage the project."""
    kind, body = draft.kind, draft.body
    manages = may(ctx.member, Right.MANAGE)
    if not (manages or (ctx.person and ctx.person.id == draft.person_id)):
        raise Refusal("refused.draft_others")
    if yes and kind != "import":
        plan = await ctx.uow.milestones.of(project.id)
        moves, reason = unpack_moves(body, plan)
        if any(move.milestone.golive for move in moves):
            await require(ctx, Right.MANAGE, "what.golive")
    if not await ctx.uow.drafts.drop(draft.id):
        raise Refusal("refused.draft_gone")
    ctx.note(f"plan.{kind}", answer="yes" if yes else "no")
    if not yes:
        return notice(ctx.w, ctx.w(f"plan.{kind}.left"), tone=Tone.CALM)
    if kind == "import":
        return await _import(ctx, project, body)
    if kind == "golive":
        project = await _golive_moved(ctx, project, body)
        reason = ctx.w("plan.golive.reason", day=ctx.w.day(date.fromisoformat(body["golive"])))
    await move(ctx, project, moves, reason)
    project = await ctx.uow.projects.get(project.id) or project
    return await _plan(replace(ctx, project=project), project)


async def _golive_moved(ctx: Context, project: Project, body: Any) -> Project:
    if project.golive is None or project.golive.isoformat() != body["was"]:
        raise Refusal("refused.plan_changed")
    to = date.fromisoformat(body["golive"])
    ctx.note("golive.moved", old=project.golive, new=to)
    project = await set_golive(ctx, project, to)
    await show_gate(ctx, project)
    return project


# --- importing -----------------------------------------------------------------------------------


@router.command("plan.import", right=Right.MANAGE, what="what.import", aside=True)
async def import_text(message: Message, command: Command, ctx: Context) -> Card:
    """导入计划, with a table pasted below: shown first, taken after a yes."""
    project = here(ctx)
    text = command.slots.get("text", "")
    if not text.strip():
        return notice(ctx.w, ctx.w("plan.import"), ctx.w("plan.import.how"))
    return await preview(ctx, project, plan_files.read_text(text))


@router.file
async def import_file(message: Message, ctx: Context) -> Card | None:
    """A table sent to the bot in private: fetched and read, then shown like a pasted one."""
    if message.file is None or not message.file[1].lower().endswith(TABLES):
        return None
    if ctx.in_group:
        raise Refusal("refused.import_private")
    project = await _managed(ctx)
    code, name = message.file
    ctx.run_errand(
        message.platform,
        "file",
        message.chat,
        code=code,
        name=name[:100],
        message=message.message,
        project=project.id,
        who=message.sender.id,
    )
    return notice(ctx.w, ctx.w("plan.import"), ctx.w("plan.import.reading"), tone=Tone.CALM)


async def _managed(ctx: Context) -> Project:
    """The one project that the sender of a file manages."""
    found = [m for m in await ctx.memberships() if may(m, Right.MANAGE)]
    project = await ctx.uow.projects.get(found[0].project_id) if len(found) == 1 else None
    if project is None:
        raise Refusal("refused.import_which" if found else "refused.import_none")
    return project


@router.on(TableRead)
async def table_read(event: TableRead, ctx: Context) -> None:
    chat = await ctx.uow.chats.find(event.platform, event.chat)
    project = await ctx.uow.projects.get(event.project)
    person = await ctx.uow.people.find(event.platform, event.who)
    member = await ctx.uow.members.find(project.id, person.id) if project and person else None
    if chat is None or project is None or not may(member, Right.MANAGE):
        return
    inside = replace(ctx.for_project(project, member), person=person, chat=chat)
    table = msgspec.convert(event.table, plan_files.PlanFile)
    inside.say(chat, await preview(inside, project, table))


async def preview(ctx: Context, project: Project, file: plan_files.PlanFile) -> Card:
    """What the table would add, or what is wrong with it; nothing is written but a draft."""
    table = await from_table(ctx, project, file)
    if table.problems:
        told = [_problem(ctx, problem) for problem in table.problems]
        more = max(len(told) - MOST_PROBLEMS, 0)
        return cards.problems_card(ctx.w, told[:MOST_PROBLEMS], more)
    body = {"rows": [msgspec.to_builtins(m) for m in table.milestones]}
    by = ctx.person.id if ctx.person else ""
    draft = await ctx.uow.drafts.keep(project.id, by, "import", body, ctx.now)
    view = await seen(ctx, project, table.milestones)
    return cards.import_card(ctx.w, project, table.milestones, view, draft, table.unknown)


def _problem(ctx: Context, problem: plan_files.Problem) -> str:
    return ctx.w(problem.key, line=problem.line, **problem.values)


async def _import(ctx: Context, project: Project, body: Any) -> Card:
    new = msgspec.convert(body["rows"], list[Milestone])
    first = await ctx.uow.milestones.next_number(project.id)
    if new and new[0].number != first:
        raise Refusal("refused.plan_changed")
    await ctx.uow.milestones.add(new)
    ctx.note("plan.imported", count=len(new))
    await refresh_plan(ctx, project)
    return await _plan(ctx, project)


# --- the group's card of a day -------------------------------------------------------------------


@router.drawing("plan.today")
async def draw_today(subject: str, ctx: Context) -> Card | None:
    """What comes, what is due and what is late, on the day of the card and as it stands now."""
    project_id, _, day = subject.partition(":")
    project = await ctx.uow.projects.get(project_id)
    if project is None:
        return None
    ctx = ctx.for_project(project)
    view = await seen(ctx, project)
    chat = await ctx.uow.chats.get(project.chat_id)
    outside = read_by_customers(chat, project)
    today = date.fromisoformat(day)
    due = [
        m
        for m in view.milestones
        if m.open
        and (m.shared or not outside)
        and rules.reached(m, today, view.calendar) is not None
        and (m.due <= today or view.calendar.between(today, m.due) in rules.REMINDED_AT)
    ]
    return today_card(ctx.w, project, due, replace(view, today=today))
