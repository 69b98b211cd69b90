"""FAQ: a question to the bot is answered from the library, or somebody is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.answers import (
    entered_for,
    entries_of,
    fetched,
    hand_over,
    is_of_the_team,
    may_read,
    new_question,
    newest_of,
    same_waiting,
    search,
)
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.discretion import overheard
from bot.domain.faq import EntryState, FaqEntry, Question, QuestionState, Readers, stale
from bot.domain.faq_settings import Replies
from bot.domain.people import Right
from bot.domain.project import Project
from bot.faq_keeping import learn
from bot.language import risk as trouble
from bot.language.commands import Command
from bot.language.faq import Found, Outcome
from bot.language.faq.words import bare
from bot.language.normal import tidy
from bot.language.standup import is_question
from bot.places import here
from bot.router import Router, Said
from cards import faq as cards
from cards.common import notice
from cards.elements import Card, Tone

router = Router()

DAY = timedelta(days=1)
# What somebody says within this time of an unanswered question belongs to it, if one of the two is
# short.
BURST, SHORT = timedelta(seconds=60), 12
# Of what the team says to the bot, this much likeness to an entry makes an offer worth while.
OFFERED_TO_TEAM = 0.3
# A customer's sentence of so many letters that is no question is taken for one all the same.
TOLD_BY_CUSTOMER = 8


@router.text
async def ask(message: Message, ctx: Context) -> Said:
    """Whatever is said to the bot and is nothing else is a question to the library."""
    text = tidy(message.text)
    if ctx.project is None or ctx.person is None or not bare(text):
        return None
    project = ctx.project
    found = await search(ctx, project, text)
    if found.outcome is not Outcome.ANSWER and (before := await _just_asked(ctx, project, text)):
        return await _one_with(ctx, project, before, message, text)
    if found.outcome is Outcome.ANSWER and project.settings.faq.replies is not Replies.OFFER:
        state = QuestionState.ANSWERED
        question = new_question(ctx, project, text, message.message, found, state)
        return await _answered(ctx, await ctx.uow.faq.ask(question), found)
    asks = _asks(ctx, text)
    near = found.outcome is not Outcome.REFUSE
    if near and (asks or found.confidence >= OFFERED_TO_TEAM):
        state = QuestionState.OFFERED
        question = new_question(ctx, project, text, message.message, found, state)
        return await _offered(ctx, await ctx.uow.faq.ask(question), found)
    if not asks:
        return None
    question = new_question(ctx, project, text, message.message, found, QuestionState.OPEN)
    return await _handed(ctx, project, question)


async def _just_asked(ctx: Context, project: Project, text: str) -> Question | None:
    """The question that the speaker asked a moment ago, if this seems to be more of it."""
    before = await newest_of(ctx, project, BURST)
    if before is None or before.chat_id != (ctx.chat.id if ctx.chat else None):
        return None
    short = min(len(before.plain), len(bare(text))) <= SHORT
    open_ = before.state in (QuestionState.OFFERED, QuestionState.OPEN)
    return before if short and open_ and before.plain != bare(text) else None


async def _one_with(
    ctx: Context, project: Project, before: Question, message: Message, text: str
) -> Said:
    """Short messages one after another are one question."""
    words = f"{before.text}\n{text}"[:2000]
    found = await search(ctx, project, words)
    joined = replace(before, text=words, plain=bare(words), confidence=found.confidence,
                     entry_id=found.hits[0].entry.id if found.hits else None)  # fmt: skip
    if found.outcome is Outcome.ANSWER and project.settings.faq.replies is not Replies.OFFER:
        joined = replace(joined, state=QuestionState.ANSWERED)
        await ctx.uow.faq.keep(joined)
        await ctx.refresh("faq.asked", joined.id)
        await ctx.refresh("faq.open", joined.id)
        return await _answered(ctx, joined, found)
    await ctx.uow.faq.keep(joined)
    if before.state is QuestionState.OPEN:
        await ctx.refresh("faq.open", joined.first_id or joined.id)
        ctx.react(message)
        return Reply()
    if found.outcome is Outcome.REFUSE:
        handed = replace(joined, state=QuestionState.OPEN)
        await ctx.uow.faq.keep(handed)
        await hand_over(ctx, project, handed)
        return Reply()
    return await _offered(ctx, joined, found)


def _asks(ctx: Context, text: str) -> bool:
    """Whether a text wants an answer: a question, a trouble, or what a customer tells at length."""
    if is_of_the_team(ctx):
        return False
    told = len(bare(text)) >= TOLD_BY_CUSTOMER
    return told or is_question(text) or trouble.read(text).action == "open"


async def _answered(ctx: Context, question: Question, found: Found) -> Reply:
    ctx.shelf.libraries.count("answered")
    entry = await ctx.uow.faq.get(found.hits[0].entry.id)
    if entry is None:
        raise Refusal("refused.stale")
    return _where_allowed(ctx, _answer(ctx, question, entry, withheld=found.withheld), [entry])


async def _offered(ctx: Context, question: Question, found: Found) -> Reply:
    ctx.shelf.libraries.count("offered")
    entries = await entries_of(ctx, found)
    card = cards.offer_card(ctx.w, question, entries, withheld=found.withheld)
    return _where_allowed(ctx, card, entries)


async def _handed(ctx: Context, project: Project, question: Question) -> Reply:
    """Fetch somebody; who asks again while somebody is at it hears who that is."""
    ctx.shelf.libraries.count("refused")
    first = await same_waiting(ctx, project, question.plain)
    if first and first.person_id == question.person_id and first.chat_id == question.chat_id:
        asked = await fetched(ctx, project, first)
        by = await ctx.uow.people.get(first.claimed_by) if first.claimed_by else None
        return Reply(card=cards.waiting_card(ctx.w, first, asked, by))
    if first:
        question = replace(question, first_id=first.id)
    await hand_over(ctx, project, await ctx.uow.faq.ask(question))
    return Reply()


def _answer(
    ctx: Context,
    question: Question,
    entry: FaqEntry,
    *,
    withheld: bool = False,
    rated: bool = False,
) -> Card:
    settings = ctx.project.settings.faq if ctx.project else None
    why = stale(entry, settings, ctx.now) if settings else None
    return cards.answer_card(ctx.w, question, entry, why, withheld=withheld, rated=rated)


def _where_allowed(ctx: Context, card: Card, entries: Sequence[FaqEntry]) -> Reply:
    """An answer or offer, where everybody who reads it may: what is for administrators goes to
    them alone where others read along, everything where the project wants that."""
    secret = overheard(ctx) and any(entry.readers is Readers.ADMIN for entry in entries)
    if ctx.person and (secret or _privately(ctx)):
        ctx.whisper(ctx.person, card)
        words = ctx.w("faq.private" if secret else "faq.private.all")
        return Reply(card=notice(ctx.w, words, tone=Tone.CALM))
    return Reply(card=card)


def _privately(ctx: Context) -> bool:
    replies = ctx.project.settings.faq.replies if ctx.project else None
    return ctx.in_group and replies is Replies.PRIVATE


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
    told = _where_allowed(ctx, _answer(ctx, picked, entry), [entry])
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
        ctx.shelf.libraries.count("useful" if useful else "useless")
        ctx.shelf.libraries.heard(project.id, question.confidence, useful=useful)
        if useful:
            await learn(ctx, project, question, entry)
        else:
            await _to_a_person(ctx, project, question)
    face = _answer(ctx, question, entry, rated=True) if entry else None
    return Reply(Toast(ctx.w("faq.thanks" if useful else "faq.sorry")), face=face)


async def _to_a_person(ctx: Context, project: Project, question: Question) -> None:
    if question.state in (QuestionState.ANSWERED, QuestionState.OFFERED):
        question = replace(question, state=QuestionState.OPEN, asked_at=ctx.now)
        await ctx.uow.faq.keep(question)
        await hand_over(ctx, project, question)


def _only_asker(ctx: Context, question: Question) -> None:
    if ctx.person is None or ctx.person.id != question.person_id:
        raise Refusal("refused.faq_asker")
