"""FAQ: questions answered from the library, and the library itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.answers import (
    entered_for,
    entries_of,
    hand_over,
    is_of_the_team,
    learn,
    may_read,
    most_asked,
    new_entry,
    new_question,
    newest_of,
    person_of,
    search,
)
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.discretion import overheard
from bot.domain.faq import (
    EntryState,
    FaqEntry,
    Question,
    QuestionState,
    Readers,
)
from bot.domain.people import Right
from bot.domain.project import Project
from bot.language import risk as trouble
from bot.language.asked import readers_said
from bot.language.commands import Command
from bot.language.faq import Outcome
from bot.language.faq.words import bare
from bot.language.normal import tidy
from bot.language.standup import is_question
from bot.places import here, number_of
from bot.router import Router, Said
from cards import faq as cards
from cards.common import notice
from cards.elements import Card, Tone

router = Router()

MONTH, DAY = timedelta(days=30), timedelta(days=1)
# Of what the team says to the bot, this much likeness to an entry makes an offer worth while.
OFFERED_TO_TEAM = 0.3
# A customer's sentence of so many letters that is no question is taken for one all the same.
TOLD_BY_CUSTOMER = 8


# --- asking --------------------------------------------------------------------------------------


@router.text
async def ask(message: Message, ctx: Context) -> Said:
    """Whatever is said to the bot and is nothing else is a question to the library."""
    text = tidy(message.text)
    if ctx.project is None or ctx.person is None or not bare(text):
        return None
    project = ctx.project
    found = await search(ctx, project, text)
    if found.outcome is Outcome.ANSWER:
        entry = await ctx.uow.faq.get(found.hits[0].entry.id)
        if entry:
            question = new_question(
                ctx, project, text, message.message, found, QuestionState.ANSWERED
            )
            await ctx.uow.faq.ask(question)
            return _told(ctx, question, entry, withheld=found.withheld)
    asks = _asks(ctx, text)
    if found.outcome is Outcome.OFFER and (asks or found.confidence >= OFFERED_TO_TEAM):
        entries = await entries_of(ctx, found)
        question = new_question(ctx, project, text, message.message, found, QuestionState.OFFERED)
        await ctx.uow.faq.ask(question)
        return cards.offer_card(ctx.w, question, entries, withheld=found.withheld)
    if not asks:
        return None
    question = new_question(ctx, project, text, message.message, found, QuestionState.OPEN)
    await ctx.uow.faq.ask(question)
    await hand_over(ctx, project, question)
    return Reply()


def _asks(ctx: Context, text: str) -> bool:
    """Whether a text wants an answer: a question, a trouble, or what a customer tells at length."""
    if is_of_the_team(ctx):
        return False
    told = len(bare(text)) >= TOLD_BY_CUSTOMER
    return told or is_question(text) or trouble.read(text).action == "open"


def _told(ctx: Context, question: Question, entry: FaqEntry, *, withheld: bool = False) -> Reply:
    """The answer, where everybody who reads it may."""
    card = cards.answer_card(ctx.w, question, entry, withheld=withheld)
    if entry.readers is Readers.ADMIN and overheard(ctx) and ctx.person:
        ctx.whisper(ctx.person, card)
        return Reply(card=notice(ctx.w, ctx.w("faq.private"), tone=Tone.CALM))
    return Reply(card=card)


@router.button(cards.PickEntry)
async def pick(action: cards.PickEntry, _: Press, ctx: Context) -> Reply:
    """您是想问: one of the entries that were offered."""
    ctx, _project, question = await entered_for(ctx, action.question_id, Right.LOOK, "what.look")
    entry = await ctx.uow.faq.get(action.entry_id)
    if entry is None or entry.state is EntryState.REMOVED or not may_read(ctx, entry):
        raise Refusal("refused.stale")
    _only_asker(ctx, question)
    picked = replace(question, state=QuestionState.ANSWERED, entry_id=entry.id)
    await ctx.uow.faq.keep(picked)
    told = _told(ctx, picked, entry)
    if entry.readers is Readers.ADMIN and overheard(ctx):
        return Reply(Toast(ctx.w("faq.private")))
    return Reply(face=told.card)


@router.button(cards.RateAnswer)
async def rate(action: cards.RateAnswer, _: Press, ctx: Context) -> Reply:
    ctx, project, question = await entered_for(ctx, action.question_id, Right.LOOK, "what.look")
    _only_asker(ctx, question)
    return await _rated(ctx, project, question, useful=action.useful)


@router.button(cards.FetchPerson)
async def fetch(action: cards.FetchPerson, _: Press, ctx: Context) -> Reply:
    """转人工"""
    ctx, project, question = await entered_for(ctx, action.question_id, Right.LOOK, "what.look")
    _only_asker(ctx, question)
    await _to_a_person(ctx, project, question)
    return Reply(Toast(ctx.w("faq.handed")))


@router.command("faq.useful", right=Right.LOOK)
async def useful_by_text(_: Message, __: Command, ctx: Context) -> Said:
    return await _rated_by_text(ctx, useful=True)


@router.command("faq.useless", right=Right.LOOK)
async def useless_by_text(_: Message, __: Command, ctx: Context) -> Said:
    return await _rated_by_text(ctx, useful=False)


@router.command("faq.person", right=Right.LOOK)
async def person_by_text(_: Message, __: Command, ctx: Context) -> Said:
    project = here(ctx)
    question = await newest_of(ctx, project, DAY)
    if question is None:
        raise Refusal("refused.faq_none")
    await _to_a_person(ctx, project, question)
    return Reply()


async def _rated_by_text(ctx: Context, *, useful: bool) -> Said:
    project = here(ctx)
    question = await newest_of(ctx, project, DAY)
    if question is None or question.state is not QuestionState.ANSWERED:
        raise Refusal("refused.faq_none")
    said = await _rated(ctx, project, question, useful=useful)
    return notice(ctx.w, said.toast.text, tone=Tone.CALM) if said.toast else None


async def _rated(ctx: Context, project: Project, question: Question, *, useful: bool) -> Reply:
    entry = await ctx.uow.faq.get(question.entry_id)
    if question.judged is None and entry:
        question = replace(question, judged=useful)
        await ctx.uow.faq.keep(question)
        await ctx.uow.faq.rated(entry.id, useful=useful)
        if useful:
            await learn(ctx, project, question, entry)
        else:
            await _to_a_person(ctx, project, question)
    face = cards.answer_card(ctx.w, question, entry, rated=True) if entry else None
    return Reply(Toast(ctx.w("faq.thanks" if useful else "faq.sorry")), face=face)


async def _to_a_person(ctx: Context, project: Project, question: Question) -> None:
    if question.state in (QuestionState.ANSWERED, QuestionState.OFFERED):
        question = replace(question, state=QuestionState.OPEN, asked_at=ctx.now)
        await ctx.uow.faq.keep(question)
        await hand_over(ctx, project, question)


def _only_asker(ctx: Context, question: Question) -> None:
    if ctx.person is None or ctx.person.id != question.person_id:
        raise Refusal("refused.faq_asker")


# --- the library ---------------------------------------------------------------------------------


@router.command("faq.list", right=Right.TREAT, what="what.faq", aside=True)
async def show_library(_: Message, __: Command, ctx: Context) -> Card:
    """How the library does and what it lacks."""
    project = here(ctx)
    libraries = ctx.shelf.libraries
    library = await libraries.of(project.id, ctx.uow.faq)
    expected = libraries.judge(project.id)
    asked = await ctx.uow.faq.since(project.id, ctx.now - MONTH)
    entries = [await ctx.uow.faq.get(entry.id) for entry in library.entries.values()]
    doubtful = [one for one in entries if one and one.useless > max(2, one.useful)]
    names = {one.person_id: await person_of(ctx, one.person_id) for one in asked}
    view = cards.LibraryView(
        len(library),
        len(asked),
        sum(one.state is QuestionState.ANSWERED for one in asked),
        sum(one.judged is True for one in asked),
        sum(one.judged is False for one in asked),
        expected.precision,
        expected.coverage,
        libraries.encoder is not None,
        await ctx.uow.faq.waiting([project.id]),
        most_asked([one for one in asked if one.state is not QuestionState.ANSWERED]),
        doubtful[: cards.MOST_LISTED],
        {id_: person.name for id_, person in names.items() if person},
    )
    return cards.library_card(ctx.w, project, view)


@router.command("faq.show", right=Right.TREAT, what="what.faq", aside=True)
async def show_entry(_: Message, command: Command, ctx: Context) -> Card:
    entry = await _named(ctx, here(ctx), command)
    return cards.entry_card(ctx.w, entry, await person_of(ctx, entry.owner_id))


@router.command("faq.add", right=Right.TREAT, what="what.faq", aside=True)
async def add_entry(_: Message, command: Command, ctx: Context) -> Card:
    """FAQ 添加 问：… 答：…"""
    project, slots = here(ctx), command.slots
    question, answer = tidy(slots.get("question", "")), tidy(slots.get("answer", ""))
    readers = Readers(readers_said(slots.get("readers", "")))
    entry = await new_entry(ctx, project, question, answer, readers)
    return notice(
        ctx.w,
        ctx.w("faq.added", id=entry.label),
        entry.question,
        ctx.w("faq.added.readers", readers=ctx.w(f"faq.readers.{readers}")),
    )


@router.command("faq.remove", right=Right.TREAT, what="what.faq", aside=True)
async def remove_entry(_: Message, command: Command, ctx: Context) -> Card:
    entry = await _named(ctx, here(ctx), command)
    await ctx.uow.faq.save(replace(entry, state=EntryState.REMOVED, changed_at=ctx.now))
    ctx.note("faq.removed", entry=entry.id, question=entry.question, answer=entry.answer)
    return notice(ctx.w, ctx.w("faq.removed", id=entry.label), entry.question, tone=Tone.CALM)


async def _named(ctx: Context, project: Project, command: Command) -> FaqEntry:
    number = number_of(command.slots.get("id", ""))
    entry = await ctx.uow.faq.numbered(project.id, number) if number else None
    if entry is None or entry.state is EntryState.REMOVED:
        raise Refusal("refused.faq_unknown", id=f"F{number or ''}")
    return entry
