"""FAQ: a question to the bot is answered from the library, or somebody is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.answers import (
    entered_by_asker,
    entries_of,
    fetched,
    first_of,
    hand_over,
    is_of_the_team,
    may_read,
    new_question,
    newest_of,
    no_longer_waits,
    reopen,
    same_waiting,
    search,
)
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.domain.faq import (
    ANSWERING,
    LIKELY,
    WAITING,
    FaqEntry,
    Question,
    QuestionState,
    Readers,
    stale,
)
from bot.domain.faq_settings import Replies
from bot.domain.project import Project
from bot.faq_keeping import learn
from bot.language import risk as trouble
from bot.language.commands import Command
from bot.language.faq import Found, Outcome
from bot.language.faq.words import bare
from bot.language.normal import tidy
from bot.language.replies import (
    asks,
    asks_after,
    is_settled,
    is_small_talk,
    is_unhappy,
    number_chosen,
)
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
# "Still does not work" is about the question asked last within this time.
FOLLOW_UP = timedelta(minutes=30)


@router.text
async def ask(message: Message, ctx: Context) -> Said:
    """Whatever is said to the bot and is nothing else is a question to the library."""
    text = tidy(message.text)
    if ctx.project is None or ctx.person is None:
        return None
    project = ctx.project
    around = await _around_a_question(ctx, project, message, text)
    if around is not None:
        return around
    if not bare(text):
        return None
    found = await search(ctx, project, text)
    if found.outcome is not Outcome.ANSWER and (before := await _just_asked(ctx, project, text)):
        return await _one_with(ctx, project, before, message, text)
    return await _looked_up(ctx, project, message, text, found)


async def _looked_up(
    ctx: Context, project: Project, message: Message, text: str, found: Found
) -> Said:
    """Answered, offered, handed over, or noted."""
    team = is_of_the_team(ctx)
    asked = not team and _asks(text)
    near = found.outcome is not Outcome.REFUSE and (asked or found.confidence >= LIKELY)
    if team and not near:
        return None
    told = found.outcome is Outcome.ANSWER and not _only_offers(ctx, project)
    state = QuestionState.ANSWERED if told else QuestionState.OFFERED
    if asked and not near:
        state = QuestionState.OPEN
    question = new_question(ctx, project, text, message.message, found, state)
    if state is QuestionState.OPEN:
        return await _handed(ctx, project, question)
    question = await ctx.uow.faq.ask(question)
    if told:
        return await _answered(ctx, question, found)
    if near:
        return await _offered(ctx, question, found)
    # News, not a question: noted, and a colleague is one word away.
    return notice(ctx.w, ctx.w("faq.noted"), tone=Tone.CALM)


def _asks(text: str) -> bool:
    """Whether a text wants an answer: a question, or a trouble."""
    return asks(text) or trouble.read(text).action == "open"


def _only_offers(ctx: Context, project: Project) -> bool:
    return ctx.in_group and project.settings.faq.replies is Replies.OFFER


async def _around_a_question(ctx: Context, project: Project, message: Message, text: str) -> Said:
    """Thanks, "it works now", "still does not", "any news?": of the question asked last."""
    last = await newest_of(ctx, project, FOLLOW_UP)
    if last and last.chat_id != (ctx.chat.id if ctx.chat else None):
        last = None
    waits = last is not None and last.state in WAITING
    if last and waits and is_settled(text):
        settled = await ctx.uow.faq.keep(replace(last, state=QuestionState.OFFERED))
        await no_longer_waits(ctx, project, settled)
        ctx.react(message)
        return Reply()
    if last and last.state is QuestionState.OFFERED and (number := number_chosen(text)):
        offered = (await search(ctx, project, last.text)).offered
        if number <= len(offered):
            return await _picked(ctx, project, last, offered[number - 1].entry.id)
    if last and waits and asks_after(text):
        return await _who_is_at_it(ctx, project, last)
    if last and not waits and is_unhappy(text):
        more = replace(last, text=f"{last.text}\n{text}"[:2000])
        await reopen(ctx, project, more)
        return Reply()
    if (is_small_talk(text) or is_settled(text)) and not is_of_the_team(ctx):
        ctx.react(message, "OK")
        return Reply()
    return None


async def _who_is_at_it(ctx: Context, project: Project, question: Question) -> Reply:
    first = await first_of(ctx, question)
    asked = await fetched(ctx, project, first)
    by = await ctx.uow.people.get(first.claimed_by) if first.claimed_by else None
    return Reply(card=cards.waiting_card(ctx.w, first, asked, by))


async def _just_asked(ctx: Context, project: Project, text: str) -> Question | None:
    """The question that the speaker asked a moment ago, if this seems to be more of it."""
    before = await newest_of(ctx, project, BURST)
    if before is None or before.chat_id != (ctx.chat.id if ctx.chat else None):
        return None
    short = min(len(before.plain), len(bare(text))) <= SHORT
    open_ = before.state in (QuestionState.OFFERED, QuestionState.OPEN)
    team = is_of_the_team(ctx)  # what they mistype is no part of a question
    return before if short and open_ and not team and before.plain != bare(text) else None


async def _one_with(
    ctx: Context, project: Project, before: Question, message: Message, text: str
) -> Said:
    """Short messages one after another are one question."""
    words = f"{before.text}\n{text}"[:2000]
    found = await search(ctx, project, words)
    joined = replace(before, text=words, plain=bare(words), confidence=found.confidence,
                     entry_id=found.hits[0].entry.id if found.hits else None)  # fmt: skip
    if found.outcome is Outcome.ANSWER and not _only_offers(ctx, project):
        joined = await ctx.uow.faq.keep(replace(joined, state=QuestionState.ANSWERED))
        await no_longer_waits(ctx, project, joined)
        return await _answered(ctx, joined, found)
    joined = await ctx.uow.faq.keep(joined)
    if before.state is QuestionState.OPEN:
        await ctx.refresh("faq.open", joined.first_id or joined.id)
        ctx.react(message)
        return Reply()
    if found.outcome is Outcome.REFUSE:
        if _asks(words):
            await reopen(ctx, project, joined)
        return Reply()
    again = await search(ctx, project, before.text)
    if [hit.entry.id for hit in again.offered] == [hit.entry.id for hit in found.offered]:
        ctx.react(message)
        return Reply()
    return await _offered(ctx, joined, found)


async def _answered(ctx: Context, question: Question, found: Found) -> Reply:
    ctx.shelf.libraries.count("answered")
    entry = await _readable(ctx, found.hits[0].entry.id)
    return _where_allowed(ctx, _answer(ctx, question, entry, withheld=found.withheld), [entry])


async def _offered(ctx: Context, question: Question, found: Found) -> Reply:
    ctx.shelf.libraries.count("offered")
    entries = await entries_of(ctx, found)
    card = cards.offer_card(ctx.w, question, entries, withheld=found.withheld)
    return _where_allowed(ctx, card, entries)


async def _handed(ctx: Context, project: Project, question: Question) -> Reply:
    """Fetch somebody; who asks again while somebody is at it hears who that is."""
    ctx.shelf.libraries.count("refused")
    first = await same_waiting(ctx, project, question)
    if first and first.person_id == question.person_id and first.chat_id == question.chat_id:
        return await _who_is_at_it(ctx, project, first)
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


async def _readable(ctx: Context, entry_id: str | None) -> FaqEntry:
    """The entry as it stands now, if it still answers and the speaker may read it."""
    entry = await ctx.uow.faq.get(entry_id)
    if entry is None or entry.state not in ANSWERING or not may_read(ctx, entry):
        raise Refusal("refused.stale")
    return entry


def _where_allowed(ctx: Context, card: Card, entries: Sequence[FaqEntry]) -> Reply:
    """An answer or offer, where everybody who reads it may: what is for administrators goes to
    them alone where others read along, everything where the project wants that."""
    secret = ctx.in_group and any(entry.readers is Readers.ADMIN for entry in entries)
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
    ctx, project, question = await entered_by_asker(ctx, action.question_id)
    if question.state is QuestionState.CLOSED:
        raise Refusal("refused.stale")
    told = await _picked(ctx, project, question, action.entry_id)
    entry = await ctx.uow.faq.get(action.entry_id)
    if ctx.in_group and entry and entry.readers is Readers.ADMIN:
        return Reply(Toast(ctx.w("faq.private")))
    return Reply(face=told.card)


async def _picked(ctx: Context, project: Project, question: Question, entry_id: str) -> Reply:
    entry = await _readable(ctx, entry_id)
    # Whoever picks it says that it is about that entry, however unsure the search was.
    sure = max(question.confidence, LIKELY)
    picked = replace(question, state=QuestionState.ANSWERED, entry_id=entry.id, confidence=sure)
    picked = await ctx.uow.faq.keep(picked)
    if question.state in WAITING:
        await no_longer_waits(ctx, project, picked)
    return _where_allowed(ctx, _answer(ctx, picked, entry), [entry])


@router.button(cards.RateAnswer)
async def rate(action: cards.RateAnswer, _: Press, ctx: Context) -> Reply:
    ctx, project, question = await entered_by_asker(ctx, action.question_id)
    return await _rated(ctx, project, question, useful=action.useful)


@router.button(cards.FetchPerson)
async def fetch(action: cards.FetchPerson, _: Press, ctx: Context) -> Reply:
    """转人工"""
    ctx, project, question = await entered_by_asker(ctx, action.question_id)
    said = await _to_a_person(ctx, project, question)
    return said if said.card else Reply(Toast(ctx.w("faq.handed")))


@router.command("faq.useful")
async def useful_by_text(_: Message, __: Command, ctx: Context) -> Said:
    return await _rated_by_text(ctx, useful=True)


@router.command("faq.useless")
async def useless_by_text(_: Message, __: Command, ctx: Context) -> Said:
    return await _rated_by_text(ctx, useful=False)


@router.command("faq.person")
async def person_by_text(_: Message, __: Command, ctx: Context) -> Said:
    project = here(ctx)
    question = await newest_of(ctx, project, DAY)
    if question is None:
        raise Refusal("refused.faq_none")
    return await _to_a_person(ctx, project, question)


async def _rated_by_text(ctx: Context, *, useful: bool) -> Said:
    project = here(ctx)
    question = await newest_of(ctx, project, DAY)
    if question is None or question.state in WAITING:
        raise Refusal("refused.faq_none")
    if question.state is QuestionState.OFFERED:
        return await _to_a_person(ctx, project, question) if not useful else None
    said = await _rated(ctx, project, question, useful=useful)
    # After 没用 the card that says who has been fetched is word enough.
    return notice(ctx.w, ctx.w("faq.thanks"), tone=Tone.CALM) if useful and said.toast else Reply()


async def _rated(ctx: Context, project: Project, question: Question, *, useful: bool) -> Reply:
    entry = await ctx.uow.faq.get(question.entry_id)
    if question.state is QuestionState.CLOSED:
        if not useful:
            await reopen(ctx, project, question)
        return Reply(Toast(ctx.w("faq.thanks" if useful else "faq.sorry")))
    if question.judged is None and question.state is QuestionState.ANSWERED and entry:
        question = await ctx.uow.faq.keep(replace(question, judged=useful))
        await ctx.uow.faq.rated(entry.id, useful=useful)
        ctx.shelf.libraries.count("useful" if useful else "useless")
        ctx.shelf.libraries.heard(project.id, question.confidence, useful=useful)
        if useful:
            await learn(ctx, project, question, entry)
        else:
            await reopen(ctx, project, question)
    words = ctx.w("faq.thanks" if useful else "faq.sorry")
    shown = entry is not None and entry.state in ANSWERING and may_read(ctx, entry)
    if not (entry and shown) or (ctx.in_group and entry.readers is Readers.ADMIN):
        return Reply(Toast(words), face=notice(ctx.w, words, tone=Tone.CALM))
    return Reply(Toast(words), face=_answer(ctx, question, entry, rated=True))


async def _to_a_person(ctx: Context, project: Project, question: Question) -> Reply:
    """Fetch somebody; where somebody is at it, who."""
    if question.state in WAITING:
        return await _who_is_at_it(ctx, project, question)
    await reopen(ctx, project, question)
    return Reply()
