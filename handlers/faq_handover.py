"""A question that the library cannot answer: somebody claims it, answers, and keeps the answer."""

from __future__ import annotations

from dataclasses import replace

from bot.answers import (
    close,
    entered_for,
    fetched,
    first_of,
    open_face,
    person_of,
    repeats_of,
)
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.domain.faq import Question, QuestionState, Readers
from bot.domain.people import Right, may
from bot.domain.project import Project
from bot.faq_keeping import add_wording, new_entry
from bot.language.commands import Command
from bot.language.normal import tidy
from bot.places import here, number_of, typed_in
from bot.router import Router, Said
from cards import faq as cards
from cards.common import notice
from cards.elements import Card

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
    if found is None:
        raise Refusal("refused.faq_no_question", id=f"Q{number or ''}")
    return await first_of(ctx, found)


async def _claimed(ctx: Context, question: Question) -> Question:
    await _refuse_if_over(ctx, question)
    if question.claimed_by and ctx.person and question.claimed_by != ctx.person.id:
        by = await person_of(ctx, question.claimed_by)
        raise Refusal("refused.faq_claimed", name=by.name if by else "")
    me = ctx.person.id if ctx.person else None
    claimed = replace(question, state=QuestionState.CLAIMED, claimed_by=me)
    await ctx.uow.faq.keep(claimed)
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
    question = await ctx.uow.faq.question(card.subject) if card else None
    if question is None or question.state is QuestionState.CLOSED:
        return None
    question = await first_of(ctx, question)
    if ctx.person and ctx.person.id == question.person_id:
        more = replace(question, text=f"{question.text}\n{tidy(message.text)}"[:2000])
        await ctx.uow.faq.keep(more)
        await ctx.refresh("faq.open", question.id)
        ctx.react(message)
        return Reply()
    if ctx.in_group and not may(ctx.member, Right.REPORT):
        return None  # customers talking among themselves
    ctx, project, question = await entered_for(ctx, question.id, Right.REPORT, "what.answer")
    await _answered(ctx, project, question, tidy(message.text))
    ctx.react(message)
    return Reply()


async def _answered(ctx: Context, project: Project, question: Question, answer: str) -> str:
    """Tell the answer and offer to keep it; what to say to whoever answered."""
    if not answer.strip():
        raise Refusal("refused.empty")
    await _refuse_if_over(ctx, question)
    others = await close(ctx, project, question, answer[:4000])
    if ctx.person:
        told = replace(question, answer=answer)
        ctx.whisper(ctx.person, cards.keep_form(ctx.w, told, _drafted(question)))
    return ctx.w("faq.sent.to", count=others) if others else ctx.w("faq.sent")


def _drafted(question: Question) -> str:
    """The question as an entry would put it: its first line, without courtesies."""
    return (question.plain or question.text.split("\n", maxsplit=1)[0])[:200]


async def _refuse_if_over(ctx: Context, question: Question) -> None:
    if question.state is QuestionState.CLOSED:
        by = await person_of(ctx, question.answered_by)
        raise Refusal("refused.faq_answered", name=by.name if by else "")


@router.button(cards.KeepAsEntry)
async def keep_as_entry(action: cards.KeepAsEntry, press: Press, ctx: Context) -> Reply:
    """存成 FAQ, unless an entry is near: then first which of the two is meant."""
    ctx, project, question = await entered_for(ctx, action.question_id, Right.TREAT, "what.faq")
    me = ctx.person.id if ctx.person else ""
    if action.anyway:
        draft_id = await ctx.uow.drafts.newest(project.id, me, "faq.keep")
        draft = await ctx.uow.drafts.find(draft_id) if draft_id else None
        if draft is None or not await ctx.uow.drafts.drop(draft.id):
            raise Refusal("refused.stale")
        body = draft.body
    else:
        body = {"readers": "all", **typed_in(press.fields)}
        library = await ctx.shelf.libraries.of(project, ctx.uow.faq)
        found = library.search(body.get("question", ""))
        if found.hits and found.confidence >= NEAR:
            near = await ctx.uow.faq.get(found.hits[0].entry.id)
            if near:
                await ctx.uow.drafts.keep(project.id, me, "faq.keep", body, ctx.now)
                drafted = body.get("question", "")
                return Reply(face=cards.near_card(ctx.w, question, drafted, near))
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
    if entry is None or entry.project_id not in (None, question.project_id):
        raise Refusal("refused.stale")
    await add_wording(ctx, question, entry)
    title = ctx.w("faq.wording.added", id=entry.label)
    return Reply(Toast(title), face=notice(ctx.w, title, entry.question))


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
