"""A question that the library cannot answer: somebody claims it, answers, and keeps the answer."""

from __future__ import annotations

from dataclasses import replace

from bot.answers import (
    close,
    entered_for,
    fetched,
    first_of,
    is_secret,
    open_face,
    person_of,
    reopen,
    repeats_of,
)
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.domain.faq import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    WAITING,
    Question,
    QuestionState,
    Readers,
)
from bot.domain.people import Right, may
from bot.domain.project import Project
from bot.faq_keeping import add_wording, new_entry
from bot.language.asked import readers_said
from bot.language.commands import Command
from bot.language.normal import tidy
from bot.language.replies import is_settled, is_small_talk, is_stalling
from bot.places import here, number_of, typed_in
from bot.router import Router, Said
from cards import faq as cards
from cards.common import notice
from cards.elements import Card, Tone

router = Router()

# An entry that the search is so sure of says the same already.
NEAR = 0.8


@router.button(cards.ClaimQuestion)
async def claim(action: cards.ClaimQuestion, _: Press, ctx: Context) -> Reply:
    """我来答: the asker hears who is at it; the others are told."""
    ctx, _project, question = await entered_for(
        ctx, action.question_id, Right.REPORT, "what.answer"
    )
    claimed = await _claimed(ctx, await first_of(ctx, question))
    return Reply(Toast(ctx.w("faq.taken")), face=await open_face(ctx, claimed))


@router.command("faq.claim", right=Right.REPORT, what="what.answer")
async def claim_by_text(message: Message, command: Command, ctx: Context) -> Said:
    """我来答 Q3"""
    await _claimed(ctx, await _named(ctx, here(ctx), command))
    ctx.react(message)
    return Reply()


@router.command("faq.keep", right=Right.TREAT, what="what.faq")
async def keep_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """存 Q3 [管理员]: what was answered becomes an entry."""
    project = here(ctx)
    question = await _named(ctx, project, command)
    if not question.answer:
        raise Refusal("refused.faq_no_answer", id=question.label)
    said = command.slots.get("readers", "")
    secret = await is_secret(ctx, question) and not said.strip()
    readers = Readers.ADMIN if secret else Readers(readers_said(said))
    entry = await new_entry(ctx, project, _drafted(question), question.answer, readers)
    return notice(ctx.w, ctx.w("faq.added", id=entry.label), entry.question)


@router.command("faq.answer", right=Right.REPORT, what="what.answer")
async def answer_by_text(message: Message, command: Command, ctx: Context) -> Said:
    """回答 Q3 …"""
    project = here(ctx)
    question = await _named(ctx, project, command)
    await _answered(ctx, project, question, tidy(command.slots.get("answer", "")))
    ctx.react(message)
    return Reply()


async def _named(ctx: Context, project: Project, command: Command) -> Question:
    number = number_of(command.slots.get("id", ""))
    found = await ctx.uow.faq.question_numbered(project.id, number) if number else None
    if number is None:
        waiting = await ctx.uow.faq.waiting([project.id])
        found = waiting[0] if len({one.first_id or one.id for one in waiting}) == 1 else None
    if found is None:
        raise Refusal("refused.faq_no_question", id=f"Q{number or ''}")
    return await first_of(ctx, found)


async def _claimed(ctx: Context, question: Question) -> Question:
    await _refuse_if_over(ctx, question)
    if question.claimed_by and ctx.person and question.claimed_by != ctx.person.id:
        by = await person_of(ctx, question.claimed_by)
        raise Refusal("refused.faq_claimed", name=by.name if by else "")
    me = ctx.person.id if ctx.person else None
    if question.state not in WAITING:
        raise Refusal("refused.stale")
    claimed = replace(question, state=QuestionState.CLAIMED, claimed_by=me)
    claimed = await ctx.uow.faq.keep(claimed)
    ctx.note("faq.claimed", question=question.id)
    await _redraw(ctx, claimed)
    return claimed


async def _redraw(ctx: Context, question: Question) -> None:
    """The cards of a question and of those that repeat it."""
    await ctx.refresh("faq.open", question.id)
    for one in (question, *await repeats_of(ctx, question)):
        await ctx.refresh("faq.asked", one.id)


@router.button(cards.AnswerQuestion)
async def answer_by_form(action: cards.AnswerQuestion, press: Press, ctx: Context) -> Reply:
    ctx, project, question = await entered_for(ctx, action.question_id, Right.REPORT, "what.answer")
    toast = await _answered(ctx, project, question, typed_in(press.fields).get("answer", ""))
    after = await ctx.uow.faq.question(question.id)
    return Reply(Toast(toast), face=await open_face(ctx, after) if after else None)


@router.answer_to("faq.open", "faq.asked")
async def answer_by_reply(message: Message, ctx: Context) -> Said:
    """A colleague's reply under the question is the answer; what the asker adds belongs to it."""
    card = await ctx.uow.living.at(message.platform, message.parents)
    own = await ctx.uow.faq.question(card.subject) if card else None
    if own is None:
        return None
    question, text = await first_of(ctx, own), tidy(message.text)
    if ctx.person and ctx.person.id in (own.person_id, question.person_id):
        return await _by_asker(message, ctx, own, question)
    heard = message.addressed or not ctx.in_group
    if question.state is QuestionState.CLOSED and not heard:
        return None  # what is said afterwards is between them
    if ctx.in_group and not may(ctx.member, Right.REPORT):
        return None  # customers talking among themselves
    ctx, project, question = await entered_for(ctx, question.id, Right.REPORT, "what.answer")
    if is_stalling(text):
        if question.state is QuestionState.OPEN:
            await _claimed(ctx, question)
        ctx.react(message)
        return notice(ctx.w, ctx.w("faq.claimed.hint"), tone=Tone.CALM) if heard else Reply()
    await _answered(ctx, project, question, text)
    ctx.react(message)
    return Reply()


async def _by_asker(message: Message, ctx: Context, own: Question, question: Question) -> Said:
    """What the asker adds, or says of the answer."""
    text = tidy(message.text)
    if question.state not in WAITING:
        heard = message.addressed or not ctx.in_group
        if not heard or is_small_talk(text) or is_settled(text):
            return Reply()
        project = await ctx.uow.projects.get(own.project_id)
        if project:
            more = replace(own, text=f"{own.text}\n{text}"[:2000])
            await reopen(ctx.for_project(project), project, more)
        return Reply()
    more = replace(question, text=f"{question.text}\n{text}"[:2000])
    await ctx.uow.faq.keep(more)
    await ctx.refresh("faq.open", question.id)
    ctx.react(message)
    return Reply()


async def _answered(ctx: Context, project: Project, question: Question, answer: str) -> str:
    """Tell the answer and offer to keep it; what to say to whoever answered."""
    if not answer.strip():
        raise Refusal("refused.faq_no_answer", id=question.label)
    if len(answer) > LONGEST_ANSWER:
        raise Refusal("refused.faq_long", what=ctx.w("faq.answer"), most=LONGEST_ANSWER,
                      have=len(answer))  # fmt: skip
    corrects = question.state is QuestionState.CLOSED
    others = await close(ctx, project, question, answer)
    if ctx.person:
        told = replace(question, answer=answer)
        readers = Readers.ADMIN if await is_secret(ctx, question) else Readers.ALL
        ctx.whisper(ctx.person, cards.keep_form(ctx.w, told, _drafted(question), readers))
    if corrects:
        return ctx.w("faq.sent.corrected")
    return ctx.w("faq.sent.to", count=others) if others else ctx.w("faq.sent")


def _drafted(question: Question) -> str:
    """The question as an entry would put it: its first line as typed, if it is not long."""
    return tidy(question.text.split("\n", maxsplit=1)[0])[:LONGEST_QUESTION]


async def _refuse_if_over(ctx: Context, question: Question) -> None:
    if question.state is QuestionState.CLOSED:
        by = await person_of(ctx, question.answered_by)
        raise Refusal("refused.faq_answered", name=by.name if by else "")


@router.button(cards.KeepAsEntry)
async def keep_as_entry(action: cards.KeepAsEntry, press: Press, ctx: Context) -> Reply:
    """存成 FAQ, unless an entry is near: then first which of the two is meant."""
    ctx, project, question = await entered_for(ctx, action.question_id, Right.TREAT, "what.faq")
    if action.draft_id:
        body = await _drawn(ctx, action.draft_id)
    else:
        body = {"readers": "all", **typed_in(press.fields)}
        library = await ctx.shelf.libraries.of(project, ctx.uow.faq)
        found = library.search(body.get("question", ""))
        if found.hits and found.confidence >= NEAR:
            near = await ctx.uow.faq.get(found.hits[0].entry.id)
            if near:
                me = ctx.person.id if ctx.person else ""
                draft = await ctx.uow.drafts.keep(project.id, me, "faq.keep", body, ctx.now)
                return Reply(face=cards.near_card(ctx.w, question, body, near, draft))
    readers = Readers(body["readers"]) if body["readers"] in set(Readers) else Readers.ALL
    entry = await new_entry(
        ctx, project, tidy(body.get("question", "")), tidy(body.get("answer", "")), readers
    )
    title = ctx.w("faq.added", id=entry.label)
    return Reply(Toast(title), face=notice(ctx.w, title, entry.question))


@router.button(cards.AddWording)
async def take_as_wording(action: cards.AddWording, _: Press, ctx: Context) -> Reply:
    ctx, _project, question = await entered_for(ctx, action.question_id, Right.TREAT, "what.faq")
    entry = await ctx.uow.faq.get(action.entry_id)
    if entry is None or entry.project_id != question.project_id:
        raise Refusal("refused.stale")
    body = await _drawn(ctx, action.draft_id)
    await add_wording(ctx, question, entry, tidy(body.get("question", "")))
    title = ctx.w("faq.wording.added", id=entry.label)
    return Reply(Toast(title), face=notice(ctx.w, title, entry.question))


async def _drawn(ctx: Context, draft_id: str) -> dict[str, str]:
    """What was typed into the form before the near entry was shown; taken once."""
    draft = await ctx.uow.drafts.find(draft_id)
    at_hand = (ctx.project and ctx.project.id, ctx.person and ctx.person.id, "faq.keep")
    mine = draft is not None and (draft.project_id, draft.person_id, draft.kind) == at_hand
    if draft is None or not mine or not await ctx.uow.drafts.drop(draft.id):
        raise Refusal("refused.stale")
    body: dict[str, str] = draft.body
    return body


@router.drawing("faq.asked")
async def draw_asked(question_id: str, ctx: Context) -> Card | None:
    """Where it was asked: who has been fetched, then the answer."""
    question = await ctx.uow.faq.question(question_id)
    project = await ctx.uow.projects.get(question.project_id) if question else None
    if question is None or project is None:
        return None
    ctx = ctx.for_project(project)
    first = await first_of(ctx, question)
    by = await person_of(ctx, question.answered_by or first.claimed_by)
    return cards.waiting_card(ctx.w, question, await fetched(ctx, project, question), by)


@router.drawing("faq.open")
async def draw_open(question_id: str, ctx: Context) -> Card | None:
    question = await ctx.uow.faq.question(question_id)
    return await open_face(ctx, question) if question else None
