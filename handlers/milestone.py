"""里程碑: the list, one milestone's card and its acts, typed and pressed alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.core.ids import new_id
from bot.discretion import in_two, sees_all
from bot.domain import milestone as rules
from bot.domain.milestone import Milestone, Moved
from bot.domain.people import Right, is_inside, may
from bot.domain.project import Project
from bot.golives import dates_of_followups, not_live, went_live
from bot.language.asked import after_done, asks_late, period, span
from bot.language.commands import Command
from bot.language.dates import Seen, read
from bot.language.normal import fold, tidy
from bot.milestone_access import (
    must_be_fresh,
    must_be_open,
    named,
    only_owner,
    pressed,
    visible,
)
from bot.milestones import (
    check_number,
    dated,
    keep,
    move,
    pack_moves,
    refresh_plan,
    seen,
    set_done,
    settle_risk,
)
from bot.places import (
    here,
    known_form,
    meant,
    number_of,
    read_day,
    typed_in,
)
from bot.router import Router
from bot.routing import require
from cards import milestone as cards
from cards.common import NOBODY
from cards.elements import Card
from cards.plan import moves_card

router = Router()

_NUMBERS = re.compile(r"\d{1,4}")


@router.command("milestone.list", right=Right.LOOK)
async def list_milestones(message: Message, command: Command, ctx: Context) -> Card:
    """What is open, or what a question narrows down to."""
    project = here(ctx)
    return await in_two(ctx, lambda *, whole: _list(ctx, project, message, command, whole=whole))


async def _list(
    ctx: Context, project: Project, message: Message, command: Command, *, whole: bool
) -> Card:
    slots, today = command.slots, ctx.today(project)
    view = await seen(ctx, project)
    found = [m for m in view.milestones if whole or m.shared]
    view = replace(view, milestones=found)
    if slots.get("owner"):
        owner = await meant(ctx, project, slots["owner"])
        id_ = owner.person.id if owner else ""
        found = [m for m in found if (o := rules.owner_of(m, view.members)) and o.person.id == id_]
    if asks_late(message.text):
        late = [m for m in found if m.open and m.due < today]
        return cards.listed(ctx.w, project, late, view, ctx.w("plan.list.late"))
    if slots.get("period"):
        first, last = period(slots["period"], today)
        found = [m for m in found if first <= m.due <= last]
        return cards.listed(ctx.w, project, found, view)
    return cards.listed(ctx.w, project, sorted(found, key=lambda m: not m.open), view)


@router.command("milestone.show", right=Right.LOOK, aside=True)
async def show(_: Message, command: Command, ctx: Context) -> Card:
    project = here(ctx)
    return await _shown(ctx, project, await named(ctx, project, command))


async def _shown(ctx: Context, project: Project, milestone: Milestone) -> Card:
    """The milestone as the asker may see it."""
    whole = sees_all(ctx)
    view = await seen(ctx, project, await visible(ctx, project))
    return cards.milestone_card(ctx.w, project, milestone, view, whole=whole)


@router.command("milestone.add", right=Right.TREAT, what="what.plan", aside=True)
async def add(message: Message, command: Command, ctx: Context) -> Card:
    """里程碑 添加 <名称> <日期> [@负责人]."""
    project, slots = here(ctx), command.slots
    name = " ".join(tidy(slots.get("title", "")).split())
    if not name:
        raise Refusal("refused.milestone_name")
    if len(name) > rules.LONGEST_NAME:
        raise Refusal("refused.milestone_long", most=rules.LONGEST_NAME, have=len(name))
    if not slots.get("date"):
        raise Refusal("refused.milestone_date", name=name)
    due = read_day(ctx, project, slots["date"])
    owner = await meant(ctx, project, slots.get("owner", ""), message.mentions)
    if owner and not is_inside(owner):
        _may_share(ctx)
    plan = await ctx.uow.milestones.of(project.id)
    check_number(len(plan) + 1)
    _must_be_new(ctx, name, plan)
    number = await ctx.uow.milestones.next_number(project.id)
    new = Milestone(
        new_id(),
        project.id,
        number,
        name,
        due,
        baseline=due,
        owner_id=owner.person.id if owner else None,
        shared=owner is not None and not is_inside(owner),
    )
    new = dated(ctx, project, new, due)
    await ctx.uow.milestones.add([new])
    ctx.note("milestone.added", milestone=new.id, name=name, due=due)
    await refresh_plan(ctx, project)
    view = await seen(ctx, project)
    return cards.milestone_card(ctx.w, project, new, view, said=ctx.w("plan.added", id=new.label))


def _may_share(ctx: Context) -> None:
    """What customers see is for the managers to decide."""
    if not may(ctx.member, Right.MANAGE):
        raise Refusal("refused.share")


def _must_be_new(ctx: Context, name: str, others: Sequence[Milestone]) -> None:
    twin = next((m for m in others if fold(ctx.w.milestone(m.name)) == fold(name)), None)
    if twin:
        raise Refusal("refused.milestone_twin", id=twin.label, name=name)


# --- done ----------------------------------------------------------------------------------------


@router.command("milestone.done", right=Right.TREAT, what="what.milestone", aside=True)
async def done_by_text(message: Message, command: Command, ctx: Context) -> Card:
    """里程碑 M2 完成."""
    project, slots = here(ctx), command.slots
    milestone = await named(ctx, project, command)
    day = ctx.today(project)
    words = slots.get("date") or after_done(message.text)
    if words:
        day = read_day(ctx, project, words, past="")
    new = await _done(ctx, project, milestone, day)
    view = await seen(ctx, project)
    said = _said(ctx, new, view)
    if new.golive:
        said = ctx.w.gap.join(filter(None, [said, dates_of_followups(ctx, project, day)]))
    return cards.milestone_card(ctx.w, project, new, view, said=said)


@router.button(cards.DoneMilestone, aside=True)
async def done(action: cards.DoneMilestone, press: Press, ctx: Context) -> Reply:
    ctx, project, milestone = await pressed(ctx, action.milestone_id)
    if not milestone.open:
        day = ctx.w.day(milestone.done_on) if milestone.done_on else ""
        toast = Toast(ctx.w("refused.done", id=milestone.label, day=day), good=False)
        return await _redrawn(ctx, project, milestone, press, toast)
    new = await _done(ctx, project, milestone, ctx.today(project))
    toast = Toast(ctx.w("plan.now.done", id=new.label))
    return await _redrawn(ctx, project, new, press, toast)


async def _done(ctx: Context, project: Project, milestone: Milestone, day: date) -> Milestone:
    only_owner(ctx, milestone, await seen(ctx, project), free=True)
    if not milestone.open:
        day_ = ctx.w.day(milestone.done_on) if milestone.done_on else ""
        raise Refusal("refused.done", id=milestone.label, day=day_)
    if day > ctx.today(project):
        raise Refusal("refused.done_ahead", day=ctx.w.day(day))
    new = (await keep(ctx, project, [set_done(milestone, day)]))[0]
    ctx.note("milestone.done", milestone=new.id, day=day)
    if new.golive:
        await went_live(ctx, project, day)
    await settle_risk(ctx, project, new, ctx.w("plan.risk.done", id=new.label))
    return new


def _said(ctx: Context, milestone: Milestone, view: cards.PlanView) -> str:
    """That it is done, and what that leaves open."""
    by_number = {m.number: m for m in view.milestones}
    waiting = [by_number[n].label for n in milestone.after if n in by_number and by_number[n].open]
    unticked = sum(not ticked for _, ticked in milestone.checklist)
    said = [ctx.w("plan.now.done", id=milestone.label)]
    if waiting:
        said.append(ctx.w("plan.done.before", ids=ctx.w.comma.join(waiting)))
    if unticked:
        said.append(ctx.w("plan.done.unticked", count=unticked))
    return ctx.w.gap.join(said)


@router.command("milestone.reopen", right=Right.TREAT, what="what.milestone", aside=True)
async def reopen(_: Message, command: Command, ctx: Context) -> Card:
    """It was not done after all."""
    project = here(ctx)
    milestone = await named(ctx, project, command)
    only_owner(ctx, milestone, await seen(ctx, project))
    if milestone.open:
        raise Refusal("refused.open", id=milestone.label)
    again = dated(ctx, project, replace(milestone, done_on=None), milestone.due)
    new = (await keep(ctx, project, [again]))[0]
    ctx.note("milestone.reopened", milestone=new.id)
    if new.golive:
        await not_live(ctx, project, ctx.w("golive.reopened"))
    return cards.milestone_card(ctx.w, project, new, await seen(ctx, project))


# --- postponing ----------------------------------------------------------------------------------


@router.command("milestone.postpone", right=Right.TREAT, what="what.milestone", aside=True)
async def postpone_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """里程碑 M2 延期 <日期> <原因>; what is missing is asked for."""
    project, slots = here(ctx), command.slots
    milestone = await named(ctx, project, command)
    view = await seen(ctx, project)
    only_owner(ctx, milestone, view)
    must_be_open(ctx, milestone)
    reason = tidy(slots.get("reason", ""))
    if not (slots.get("date") and reason):
        return cards.milestone_card(ctx.w, project, milestone, view, "postpone")
    to = _to_day(ctx, project, milestone, slots["date"])
    return await _postpone(ctx, project, milestone, to, reason)


def _to_day(ctx: Context, project: Project, milestone: Milestone, words: str) -> date:
    """The new day; a bare stretch of time counts from the day that was planned, not from today."""
    later = span(words)
    if later:
        there = datetime.combine(milestone.due, time(9), tzinfo=project.zone)
        found = read(later, Seen(there, ctx.calendar(project)))
        if found.day and found.day < ctx.today(project):
            raise Refusal("refused.past", day=ctx.w.day(found.day))
        if found.day:
            return found.day
    return read_day(ctx, project, words)


async def _postpone(
    ctx: Context, project: Project, milestone: Milestone, to: date, reason: str
) -> Card:
    """Move one; whether what waits for it moves too is asked once, with the difference."""
    if milestone.golive:
        await require(ctx, Right.MANAGE, "what.golive")
    if to == milestone.due:
        raise Refusal("refused.same_day", id=milestone.label, day=ctx.w.day(to))
    plan = await ctx.uow.milestones.of(project.id)
    calendar = ctx.calendar(project)
    after = rules.following(plan, milestone, to, calendar)
    old = milestone.due
    new = (await move(ctx, project, [Moved(milestone, to)], reason))[0]
    said = ctx.w("plan.now.moved", id=new.label, old=ctx.w.day(old), new=ctx.w.day(to))
    if not after:
        return cards.milestone_card(ctx.w, project, new, await seen(ctx, project), said=said)
    body = pack_moves(after, reason)
    by = ctx.person.id if ctx.person else ""
    draft = await ctx.uow.drafts.keep(project.id, by, "follow", body, ctx.now)
    head = ctx.w("plan.follow.text", said=said, count=len(after))
    return moves_card(ctx.w, project, "follow", head, after, draft, calendar)


@router.button(cards.PostponeMilestone, aside=True)
async def postpone(action: cards.PostponeMilestone, press: Press, ctx: Context) -> Reply:
    ctx, project, milestone = await pressed(ctx, action.milestone_id)
    only_owner(ctx, milestone, await seen(ctx, project))
    must_be_open(ctx, milestone)
    must_be_fresh(milestone, action.version)
    until, reason = (typed_in(press.fields).get(name, "") for name in ("until", "reason"))
    names = (("plan.until", until), ("risk.reason", reason))
    if empty := [ctx.w(key) for key, value in names if not value]:
        raise Refusal("refused.fields", fields=ctx.w.comma.join(empty))
    card = await _postpone(ctx, project, milestone, read_day(ctx, project, until), reason)
    return Reply(Toast(ctx.w("plan.moved.toast", id=milestone.label)), face=card)


# --- the rest of a card --------------------------------------------------------------------------


@router.button(cards.OpenMilestone, aside=True)
async def open_card(action: cards.OpenMilestone, _: Press, ctx: Context) -> Reply:
    ctx, project, milestone = await pressed(ctx, action.milestone_id, Right.LOOK)
    return Reply(card=await _shown(ctx, project, milestone))


@router.button(cards.AskMilestone, aside=True)
async def ask(action: cards.AskMilestone, press: Press, ctx: Context) -> Reply:
    """Show the fields of what somebody is about to do, to whoever may do it."""
    ctx, project, milestone = await pressed(ctx, action.milestone_id)
    if known_form(action.form, cards.FORMS):
        free = action.form == "check"
        only_owner(ctx, milestone, await seen(ctx, project), free=free)
    return await _redrawn(ctx, project, milestone, press, None, action.form)


@router.button(cards.CheckMilestone, aside=True)
async def check(action: cards.CheckMilestone, press: Press, ctx: Context) -> Reply:
    ctx, project, milestone = await pressed(ctx, action.milestone_id)
    new = await _check(ctx, project, milestone, _item(press))
    return await _redrawn(ctx, project, new, press, Toast(ctx.w("plan.checked")))


def _item(press: Press) -> int | None:
    given = typed_in(press.fields).get("item", "")
    return int(given) if given.isdecimal() and len(given) < 4 else None


@router.command("milestone.check", right=Right.TREAT, what="what.milestone", aside=True)
async def check_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """里程碑 M2 勾 1; without a number the list is shown."""
    project = here(ctx)
    milestone = await named(ctx, project, command)
    view = await seen(ctx, project)
    item = number_of(command.slots.get("item", ""))
    if item is None:
        return cards.milestone_card(ctx.w, project, milestone, view, "check")
    new = await _check(ctx, project, milestone, item - 1)
    return cards.milestone_card(ctx.w, project, new, await seen(ctx, project))


async def _check(
    ctx: Context, project: Project, milestone: Milestone, item: int | None
) -> Milestone:
    """Tick one item of the checklist, counted from 0; ticking it twice is ticking it once."""
    only_owner(ctx, milestone, await seen(ctx, project), free=True)
    must_be_open(ctx, milestone)
    if item is None or not 0 <= item < len(milestone.checklist):
        raise Refusal("refused.check", id=milestone.label, count=len(milestone.checklist))
    words, ticked = milestone.checklist[item]
    if ticked:
        return milestone
    items = list(milestone.checklist)
    items[item] = (words, True)
    ctx.note("milestone.checked", milestone=milestone.id, item=words)
    return (await keep(ctx, project, [replace(milestone, checklist=tuple(items))]))[0]


@router.command("milestone.edit", right=Right.TREAT, what="what.milestone", aside=True)
async def edit_by_text(_: Message, command: Command, ctx: Context) -> Card:
    project = here(ctx)
    milestone = await named(ctx, project, command)
    view = await seen(ctx, project)
    only_owner(ctx, milestone, view)
    return cards.milestone_card(ctx.w, project, milestone, view, "edit")


@router.command("milestone.assign", right=Right.TREAT, what="what.milestone", aside=True)
async def assign(message: Message, command: Command, ctx: Context) -> Card:
    """里程碑 M2 负责人 @某人; customers may own one too."""
    project = here(ctx)
    milestone = await named(ctx, project, command)
    only_owner(ctx, milestone, await seen(ctx, project))
    owner = await meant(ctx, project, command.slots.get("owner", ""), message.mentions)
    if owner is None:
        raise Refusal("refused.who")
    shared = milestone.shared or not is_inside(owner)
    if shared != milestone.shared:
        _may_share(ctx)
    changed = replace(milestone, owner_id=owner.person.id, shared=shared)
    new = (await keep(ctx, project, [changed]))[0]
    ctx.note("milestone.assigned", milestone=new.id, to=owner.person.id)
    return cards.milestone_card(ctx.w, project, new, await seen(ctx, project))


@router.button(cards.SaveMilestone, aside=True)
async def save(action: cards.SaveMilestone, press: Press, ctx: Context) -> Reply:
    ctx, project, milestone = await pressed(ctx, action.milestone_id)
    view = await seen(ctx, project)
    only_owner(ctx, milestone, view)
    must_be_fresh(milestone, action.version)
    given = typed_in(press.fields)
    after = milestone.after
    if "after" in given:
        after = _after(given["after"], milestone, view.milestones)
    ids = {m.person.id for m in view.members}
    name = given.get("name", "")
    shared = given.get("shared", "yes" if milestone.shared else "no") == "yes"
    if shared != milestone.shared:
        _may_share(ctx)
    _must_be_new(ctx, name, [m for m in view.milestones if m.id != milestone.id])
    owner = given.get("owner", "")
    changed = replace(
        milestone,
        # A template's own name stays one that both languages know.
        name=milestone.name
        if name == ctx.w.milestone(milestone.name) or not name
        else name[: rules.LONGEST_NAME],
        owner_id=owner if owner in ids else None if owner == NOBODY else milestone.owner_id,
        after=after,
        shared=shared,
    )
    new = (await keep(ctx, project, [changed]))[0]
    ctx.note("milestone.edited", milestone=new.id)
    return await _redrawn(ctx, project, new, press, Toast(ctx.w("plan.saved", id=new.label)))


def _after(words: str, milestone: Milestone, plan: Sequence[Milestone]) -> tuple[int, ...]:
    """The numbers that are named; an unknown one or a circle is refused by its name."""
    numbers = tuple(dict.fromkeys(int(n) for n in _NUMBERS.findall(words)))
    known = {m.number for m in plan}
    for number in numbers:
        if number not in known:
            raise Refusal("refused.no_milestone", id=f"M{number}")
    waits = {m.number: m.after for m in plan} | {milestone.number: numbers}
    circle = rules.cycle(waits)
    if circle:
        raise Refusal("refused.circle", names=" → ".join(f"M{n}" for n in circle))
    return numbers


async def _redrawn(
    ctx: Context,
    project: Project,
    milestone: Milestone,
    press: Press,
    toast: Toast | None,
    form: str = "",
) -> Reply:
    """The pressed card as it is now; on a card about many it gets one of its own."""
    card = cards.milestone_card(ctx.w, project, milestone, await seen(ctx, project), form)
    hanging = await ctx.uow.living.at(press.platform, [press.message])
    if hanging and hanging.drawing == "notices":
        return Reply(toast, card=card if form else None)
    return Reply(toast, face=card)
