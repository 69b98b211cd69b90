"""站会 and 日报: open a round, answer it in any of the ways that people use, see who is missing."""

from __future__ import annotations

from collections.abc import Mapping

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import FormValue, Message, Press
from bot.core.ids import new_id
from bot.discretion import read_by_customers
from bot.domain import standup as rules
from bot.domain.people import Member, Right, may
from bot.domain.project import Project, RoundKind
from bot.domain.risk import of_blocker
from bot.domain.standup import Answer, Entry, Leave, Round, reminder_of
from bot.language import standup as language
from bot.language.commands import Command
from bot.language.normal import fold, tidy
from bot.rounds import refresh_cards, round_for, state_of, take_leave
from bot.router import Router
from cards import standup as cards
from cards.common import notice
from cards.elements import Card, Tone

router = Router()

# A text that is no command is taken as an answer in the group when it is this sure to be one. In
# private, while a round waits for the person, anything but a question is.
SURE = 0.6
LONGEST_CARRIED = 1500


@router.command("standup.open", right=Right.RUN_ROUND, what="what.round")
async def open_standup(_: Message, __: Command, ctx: Context) -> Card | None:
    return await _open(RoundKind.STANDUP, ctx)


@router.command("daily.open", right=Right.RUN_ROUND, what="what.round")
async def open_daily(_: Message, __: Command, ctx: Context) -> Card | None:
    return await _open(RoundKind.DAILY, ctx)


async def _open(kind: RoundKind, ctx: Context) -> Card | None:
    """Open today's round now, or show the one that runs."""
    project = ctx.project
    if project is None:
        raise Refusal("refused.no_project")
    today = ctx.today(project)
    current = await ctx.uow.standups.latest(project.id, kind)
    if current and current.day == today:
        if not current.open:
            said = ctx.w("round.again", round=ctx.w(f"round.{kind}"))
            return notice(ctx.w, ctx.w("round.over"), said, tone=Tone.CALM)
        await ctx.hang_again("standup.prompt", current.id)
        return None
    round_ = rules.open_round(new_id(), project, kind, ctx.now, today)
    await ctx.uow.standups.open([round_])
    await ctx.uow.schedule.set([(f"{kind}.close", project.id, round_.closes_at)])
    chat = await ctx.uow.chats.get(project.chat_id)
    ctx.hang("standup.prompt", round_.id, chat, project.id)
    ctx.note("round.opened", kind=kind)
    return None


@router.command("standup.missing", right=Right.LOOK)
async def who_is_missing(_: Message, __: Command, ctx: Context) -> Card:
    project = ctx.project
    if project is None:
        raise Refusal("refused.no_project")
    round_ = await _current(ctx, project)
    if round_ is None:
        raise _no_round(ctx, RoundKind.STANDUP)
    return cards.missing(ctx.w, round_, await state_of(ctx, project, round_))


async def _current(ctx: Context, project: Project) -> Round | None:
    """Today's round that a text most likely means: an open one before a closed one, the later
    before the earlier."""
    rounds = [await ctx.uow.standups.latest(project.id, kind) for kind in RoundKind]
    today = ctx.today(project)
    found = [r for r in rounds if r and (r.day == today or r.open)]
    return max(found, key=lambda r: (r.open, r.opens_at), default=None)


def _no_round(ctx: Context, kind: RoundKind) -> Refusal:
    command = ctx.w(f"intent.{kind}.open")
    return Refusal("refused.no_round", round=ctx.w(f"round.{kind}"), command=command)


# --- answers -------------------------------------------------------------------------------------


@router.button(cards.SubmitAnswer)
async def submit(action: cards.SubmitAnswer, press: Press, ctx: Context) -> Reply:
    """Keep one answer and redraw the card that it was given on."""
    ctx, _, round_, member = await round_for(ctx, action.round_id)
    answer = await _keep(ctx, round_, member, _form_entry(ctx, round_, press.fields), "form")
    return await _redrawn(ctx, round_, answer)


@router.button(cards.SameAsBefore)
async def same(action: cards.SameAsBefore, press: Press, ctx: Context) -> Reply:
    """同昨: what the person said last time holds again."""
    ctx, _, round_, member = await round_for(ctx, action.round_id)
    entry = await ctx.uow.standups.last_entry(member.person.id, round_)
    if entry is None:
        raise Refusal("answer.no_previous")
    return await _redrawn(ctx, round_, await _keep(ctx, round_, member, entry, "same"))


@router.button(cards.AwayToday)
async def away_today(action: cards.AwayToday, _: Press, ctx: Context) -> Reply:
    ctx, project, round_, member = await round_for(ctx, action.round_id)
    today = ctx.today(project)
    card = await take_leave(ctx, Leave(member.person.id, today, today))
    ctx.whisper(member.person, card)
    return Reply(Toast(ctx.w("leave.toast")), face=await _face(ctx, round_, member))


@router.button(cards.AnswerFor)
async def answer_for(action: cards.AnswerFor, _: Press, ctx: Context) -> Reply:
    """The person has said which project their text is for."""
    ctx, project, round_, member = await round_for(ctx, action.round_id)
    read = await _read(ctx, round_, member, action.text)
    answer = await _keep(ctx, round_, member, read.entry, "private", action.text)
    return Reply(_toast(ctx, answer), face=cards.receipt(ctx.w, project, round_, answer))


@router.button(cards.Withdraw)
async def withdraw(action: cards.Withdraw, _: Press, ctx: Context) -> Reply:
    """Take one's own answer back."""
    ctx, project, round_, member = await round_for(ctx, action.round_id)
    face = await _taken_back(ctx, project, round_, member)
    return Reply(Toast(ctx.w("answer.undone")), face=face)


async def _taken_back(ctx: Context, project: Project, round_: Round, member: Member) -> Card:
    if not await ctx.uow.standups.retract(round_.id, member.person.id):
        raise Refusal("answer.nothing")
    ctx.note("answer.withdrawn", round=round_.id)
    await refresh_cards(ctx, round_, member.person.id)
    said = ctx.w(
        "answer.undone.text",
        project=project.name,
        day=ctx.w.day(round_.day),
        round=ctx.w(f"round.{round_.kind}"),
    )
    return notice(ctx.w, ctx.w("answer.undone"), said, tone=Tone.CALM)


@router.command("answer.withdraw", right=Right.REPORT, what="what.report")
async def withdraw_by_text(message: Message, _: Command, ctx: Context) -> Card:
    """撤回: the answer that the person gave last."""
    given = [
        answer
        for member in await ctx.memberships()
        for kind in RoundKind
        if (round_ := await ctx.uow.standups.latest(member.project_id, kind))
        and (answer := await ctx.uow.standups.answer_of(round_.id, member.person.id))
        and (ctx.project is None or member.project_id == ctx.project.id)
    ]
    if not given:
        raise Refusal("answer.nothing")
    newest = max(given, key=lambda answer: answer.at)
    ctx, project, round_, member = await round_for(ctx, newest.round_id)
    return await _taken_back(ctx, project, round_, member)


@router.command("standup.fill", right=None)
async def fill_in(_: Message, __: Command, ctx: Context) -> Reply:
    """填站会: the form, to the person alone."""
    waiting, person = await _waiting_for(ctx), ctx.person
    if person is None or not waiting:
        raise _no_round(ctx, RoundKind.STANDUP)
    project, round_ = waiting[0]
    if round_ is None:
        raise _no_round(ctx, RoundKind.STANDUP)
    ctx = ctx.for_project(project)
    state = await state_of(ctx, project, round_)
    if any(member.person.id == person.id for member in state.missing) and round_.open:
        subject = reminder_of(person.id, round_)
        if await ctx.uow.living.find("standup.reminder", subject):
            await ctx.hang_again("standup.reminder", subject)
        else:
            ctx.hang("standup.reminder", subject, person, None)
        return Reply()
    # Nobody waits for this person (any more): the form all the same, with what they said in it.
    given = await ctx.uow.standups.answer_of(round_.id, person.id)
    card = cards.fill_in(ctx.w, project, round_, given.entry if given else None)
    ctx.whisper(person, card)
    return Reply()


@router.command("answer", right=None)
async def answer_by_command(message: Message, command: Command, ctx: Context) -> Reply:
    """日报 …"""
    reply = await _take_text(message, ctx, command.slots["text"], sure=True)
    if reply is None:
        raise _no_round(ctx, RoundKind.STANDUP)
    return reply


@router.answer_to("standup.prompt", "standup.digest")
async def answer_by_reply(message: Message, ctx: Context) -> Reply:
    """A reply to a round's card is an answer to that round, a late one to its digest."""
    card = await ctx.uow.living.at(message.platform, message.parents)
    ctx, project, round_, member = await round_for(ctx, card.subject if card else "")
    return await _take(message, ctx, project, round_, member, message.text)


@router.answer_to("standup.reminder")
async def answer_to_reminder(message: Message, ctx: Context) -> Reply | None:
    return await _take_text(message, ctx, message.text, sure=True)


@router.text
async def answer_by_text(message: Message, ctx: Context) -> Reply | None:
    """A text that is no command but reads like an answer while a round waits for one."""
    text = tidy(message.text)
    return await _take_text(message, ctx, text, sure=False)


async def _take_text(message: Message, ctx: Context, text: str, *, sure: bool) -> Reply | None:
    """Find the round that a text answers; `None` when it answers none."""
    if not text.strip():
        raise Refusal("refused.empty")
    read = language.parse(text, answering=sure)
    if not sure and "not_standup" in read.flags:
        return None
    likely = sure or read.confidence >= SURE
    if not likely and language.is_question(text):
        return None
    if ctx.in_group:
        if ctx.project is None or not likely:
            return None
        options = [(ctx.project, await _current(ctx, ctx.project))]
    else:
        options = await _waiting_for(ctx)
    rounds = [(project, round_) for project, round_ in options if round_]
    if not ctx.in_group and not likely:
        rounds = [(p, r) for p, r in rounds if r.open]
    if not rounds:
        return None
    named = [(p, r) for p, r in rounds if fold(p.name) in fold(text)]
    rounds = named if len(named) == 1 else rounds
    if len(rounds) > 1:
        if len(text) > LONGEST_CARRIED:
            raise Refusal("answer.which.long", most=LONGEST_CARRIED)
        return Reply(card=cards.which_project(ctx.w, rounds, text))
    project, round_ = rounds[0]
    ctx, project, round_, member = await round_for(ctx, round_.id)
    return await _take(message, ctx, project, round_, member, text, read)


async def _waiting_for(ctx: Context) -> list[tuple[Project, Round | None]]:
    """In private: the person's rounds of today, those without their answer before the others."""
    found: list[tuple[Project, Round]] = []
    answered: list[tuple[Project, Round]] = []
    for member in await ctx.memberships():
        project = await ctx.uow.projects.get(member.project_id)
        if project is None or not may(member, Right.REPORT):
            continue
        round_ = await _current(ctx, project)
        if round_ is None:
            continue
        given = await ctx.uow.standups.answer_of(round_.id, member.person.id)
        (answered if given else found).append((project, round_))
    running = [(p, r) for p, r in found if r.open]
    return list(running or found or answered)


async def _take(
    message: Message,
    ctx: Context,
    project: Project,
    round_: Round,
    member: Member,
    text: str,
    read: language.StandupText | None = None,
) -> Reply:
    """Keep a typed answer; quietly in the group, with an echo in private."""
    if read is None or "same_as_prev" in read.flags:
        read = await _read(ctx, round_, member, text)
    if "leave" in read.flags and read.entry.empty:
        today = ctx.today(project)
        return Reply(card=await take_leave(ctx, Leave(member.person.id, today, today)))
    if "same_as_prev" in read.flags and read.entry.empty:
        raise Refusal("answer.no_previous")
    if read.entry.empty:
        raise Refusal("refused.empty")
    source = "group" if ctx.in_group else "private"
    answer = await _keep(ctx, round_, member, read.entry, source, text)
    if ctx.in_group:
        ctx.react(message)
        return Reply()
    return Reply(card=cards.receipt(ctx.w, project, round_, answer))


async def _read(ctx: Context, round_: Round, member: Member, text: str) -> language.StandupText:
    read = language.parse(text, answering=True)
    if "same_as_prev" in read.flags:
        previous = await ctx.uow.standups.last_entry(member.person.id, round_)
        read = language.parse(text, previous, answering=True)
    return read


def _form_entry(ctx: Context, round_: Round, fields: Mapping[str, FormValue]) -> Entry:
    """The form's three fields; a required one that is empty is named."""
    given = {name: tidy(str(fields.get(name) or "")) for name in cards.FIELDS}
    empty = [ctx.w(f"{round_.kind}.{name}") for name in cards.REQUIRED if not given[name]]
    if empty:
        raise Refusal("refused.fields", fields=ctx.w("comma").join(empty))
    return Entry(**{name: language.lines(text) for name, text in given.items()})


async def _keep(
    ctx: Context,
    round_: Round,
    member: Member,
    entry: Entry,
    source: str,
    text: str = "",
) -> Answer:
    """Write an answer and bring the cards that show it up to date."""
    before = await ctx.uow.standups.answer_of(round_.id, member.person.id)
    new = Answer(round_.id, member.person.id, entry, text, source, ctx.now, late=not round_.open)
    answer = rules.write(before, new)
    if answer != before:
        await ctx.uow.standups.write(answer)
        await refresh_cards(ctx, round_, member.person.id)
    return answer


async def _redrawn(ctx: Context, round_: Round, answer: Answer) -> Reply:
    if ctx.member is None:
        return Reply(_toast(ctx, answer))
    return Reply(_toast(ctx, answer), face=await _face(ctx, round_, ctx.member))


async def _face(ctx: Context, round_: Round, member: Member) -> Card | None:
    """The pressed card as it is now: the round's in the group, the reminder in private."""
    if ctx.in_group:
        return await draw_prompt(round_.id, ctx)
    return await draw_reminder(reminder_of(member.person.id, round_), ctx)


def _toast(ctx: Context, answer: Answer) -> Toast:
    key = "late" if answer.late else ("updated" if answer.edits else "")
    return Toast(ctx.w(f"answer.toast.{key}" if key else "answer.toast"))


# --- cards that are kept true --------------------------------------------------------------------


@router.drawing("standup.prompt")
async def draw_prompt(round_id: str, ctx: Context) -> Card | None:
    found = await _found(round_id, ctx)
    if found is None:
        return None
    ctx, project, round_ = found
    calendar = ctx.calendar(project)
    unknown = set() if calendar.knows(round_.day) else {round_.day.year}
    state = await state_of(ctx, project, round_)
    return cards.prompt(ctx.w, project, round_, state, ctx.now, unknown)


@router.drawing("standup.digest")
async def draw_digest(round_id: str, ctx: Context) -> Card | None:
    found = await _found(round_id, ctx)
    if found is None:
        return None
    ctx, project, round_ = found
    state = await state_of(ctx, project, round_)
    origins = [
        of_blocker(round_.id, member.person.id, number)
        for member, answer in state.answered
        for number in range(len(answer.entry.blockers))
    ]
    risks = await ctx.uow.risks.from_origins(project.id, origins)
    chat = await ctx.uow.chats.get(project.chat_id)
    whole = not read_by_customers(chat, project)
    return cards.digest(ctx.w, project, round_, state, risks, whole=whole)


@router.drawing("standup.reminder")
async def draw_reminder(subject: str, ctx: Context) -> Card | None:
    """All of a person's rounds of one day that still wait for them, on one card."""
    person_id, _, day = subject.partition(":")
    waiting: list[tuple[Project, Round, Entry | None]] = []
    over: list[tuple[Project, Round, bool]] = []
    for member in await ctx.uow.members.projects_of(person_id):
        project = await ctx.uow.projects.get(member.project_id)
        for kind in RoundKind:
            round_ = await ctx.uow.standups.latest(member.project_id, kind)
            if project is None or round_ is None or round_.day.isoformat() != day:
                continue
            state = await state_of(ctx, project, round_)
            answered = any(m.person.id == person_id for m, _ in state.answered)
            missing = any(m.person.id == person_id for m in state.missing)
            if missing and round_.open:
                waiting.append((project, round_, None))
            elif answered or missing:
                over.append((project, round_, answered))
    if waiting:
        ctx = ctx.for_project(waiting[0][0])
        return cards.reminder(ctx.w, waiting)
    if over:
        return cards.reminded(ctx.for_project(over[0][0]).w, over)
    return None


async def _found(round_id: str, ctx: Context) -> tuple[Context, Project, Round] | None:
    round_ = await ctx.uow.standups.get(round_id)
    project = await ctx.uow.projects.get(round_.project_id) if round_ else None
    if round_ is None or project is None:
        return None
    return ctx.for_project(project), project, round_
