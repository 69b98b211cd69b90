"""A question's way: searched, answered or handed over, and what a person answers told to all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.context import Context
from bot.core.errors import Refusal
from bot.core.ids import new_id
from bot.discretion import guard
from bot.domain.faq import (
    SAME_WITHIN,
    STEPS,
    WAITING,
    FaqEntry,
    Question,
    QuestionState,
    Readers,
    due_step,
    is_about,
    reads_as,
    those_asked,
)
from bot.domain.faq_settings import Replies
from bot.domain.people import TEAM, Member, Person, Right
from bot.domain.project import Project
from bot.language.faq import Audience, Found, may_see
from bot.language.faq.words import bare, read
from bot.places import entered
from cards import faq as cards
from cards.elements import Card

# How much two questions' letters must have in common to be the same one.
ALIKE = 0.8


async def search(ctx: Context, project: Project, text: str) -> Found:
    """What the project's library says, as far as the speaker may see it."""
    libraries = ctx.shelf.libraries
    library = await libraries.of(project, ctx.uow.faq)
    vector = await libraries.vector(library, bare(text))
    readers = reads_as(ctx.member, guarded=ctx.guarded)
    return library.search(text, Audience(readers.value) if readers else None, vector)


def new_question(
    ctx: Context, project: Project, text: str, message: str, found: Found, state: QuestionState
) -> Question:
    """The question that the speaker asks here."""
    if ctx.person is None or ctx.chat is None:
        raise Refusal("refused.no_project")
    return Question(
        new_id(),
        project.id,
        0,
        ctx.person.id,
        ctx.chat.id,
        message,
        text,
        bare(text),
        ctx.now,
        state,
        found.hits[0].entry.id if found.hits else None,
        found.confidence,
    )


async def entries_of(ctx: Context, found: Found) -> list[FaqEntry]:
    """The entries that may be meant, as they stand in the database."""
    some = [await ctx.uow.faq.get(hit.entry.id) for hit in found.offered]
    return [entry for entry in some if entry]


async def fetched(ctx: Context, project: Project, question: Question) -> list[Member]:
    """Who is asked when the library does not know."""
    nearest = await ctx.uow.faq.get(question.entry_id)
    owner = nearest.owner_id if nearest and is_about(question, nearest) else None
    members = list(await ctx.uow.members.of(project.id))
    leaves = await ctx.uow.leaves.on([m.person.id for m in members], ctx.today(project))
    away = {leave.person_id for leave in leaves}
    # The first reminder goes to all, not to the owner alone.
    owner = owner if not question.told else None
    return those_asked(members, owner, away, question.person_id)


async def is_secret(ctx: Context, question: Question) -> bool:
    """Whether the answer is likely for administrators: it then goes to the asker alone."""
    entry = await ctx.uow.faq.get(question.entry_id)
    return is_about(question, entry) and entry is not None and entry.readers is Readers.ADMIN


async def answers_in_private(ctx: Context, project: Project, question: Question) -> bool:
    """Whether the asker hears by themselves what they asked in the group."""
    if project.settings.faq.replies is Replies.PRIVATE:
        return True
    return await is_secret(ctx, question)


async def hand_over(ctx: Context, project: Project, question: Question) -> None:
    """Fetch somebody: a card to those who may know, another to where it was asked.

    Where somebody is at the same question already, they hear that one more waits for it; after the
    last reminder they are asked anew.
    """
    asker = await person_of(ctx, question.person_id)
    chat = await ctx.uow.chats.get(question.chat_id)
    alone = asker and await answers_in_private(ctx, project, question)
    ctx.hang("faq.asked", question.id, asker if asker and alone else chat, project.id)
    ctx.note("faq.handed", question=question.id)
    first = await ctx.uow.faq.question(question.first_id) if question.first_id else None
    if first is None:
        await ask_those_who_may_know(ctx, project, question)
    elif first.told < len(STEPS):
        await ctx.refresh("faq.open", first.id)
    else:
        await ctx.uow.faq.keep(replace(first, told=0, asked_at=ctx.now))
        await ask_anew(ctx, project, first)
    await remind_next(ctx, project)


async def ask_those_who_may_know(ctx: Context, project: Project, question: Question) -> None:
    """A card to each of them who has none yet."""
    hangs = {card.to for card in await ctx.uow.living.find("faq.open", question.id)}
    for member in await fetched(ctx, project, question):
        if member.person.account not in hangs:
            ctx.hang("faq.open", question.id, member.person, project.id)


async def ask_anew(ctx: Context, project: Project, question: Question) -> None:
    """Show a question again to those of the team who were asked, and to those who may know too."""
    members = await ctx.uow.members.of(project.id)
    team = {m.person.account for m in members if m.role in TEAM and not m.person.external}
    await ctx.hang_again("faq.open", question.id, team)
    await ask_those_who_may_know(ctx, project, question)


async def no_longer_waits(ctx: Context, project: Project, question: Question) -> None:
    """Bring the cards of a question up to date that needs no answer any more; the oldest of those
    that repeat it takes its place."""
    await ctx.refresh("faq.asked", question.id)
    await ctx.refresh("faq.open", question.id)
    repeats = await repeats_of(ctx, question)
    for place, one in enumerate(repeats):
        first = None if place == 0 else repeats[0].id
        kept = await ctx.uow.faq.keep(replace(one, first_id=first, asked_at=ctx.now))
        if first is None:
            await ask_those_who_may_know(ctx, project, kept)
    await remind_next(ctx, project)


async def same_waiting(ctx: Context, project: Project, question: Question) -> Question | None:
    """A question like this one that somebody is at already; what is for administrators has an
    answer of its own."""
    secret = await is_secret(ctx, question)
    for one in await ctx.uow.faq.waiting([project.id]):
        if one.id == question.id or one.first_id or not alike(one.plain, question.plain):
            continue
        if await is_secret(ctx, one) == secret:
            return one
    return None


async def first_of(ctx: Context, question: Question) -> Question:
    """The question that another repeats, or itself."""
    first = await ctx.uow.faq.question(question.first_id) if question.first_id else None
    return first or question


async def repeats_of(ctx: Context, question: Question) -> list[Question]:
    """Those who wait for the answer to the same."""
    waiting = await ctx.uow.faq.waiting([question.project_id])
    return [one for one in waiting if one.first_id == question.id]


async def remind_next(ctx: Context, project: Project) -> None:
    """See that the first of the unanswered questions is brought up in time."""
    calendar = ctx.calendar(project)
    times = [due_step(one, project, calendar) for one in await ctx.uow.faq.waiting([project.id])]
    first = min((time for time in times if time), default=None)
    await ctx.uow.schedule.set([("faq.wait", project.id, first)])


async def entered_for(
    ctx: Context, question_id: str, right: Right, what: str
) -> tuple[Context, Project, Question]:
    """The question that a press or a reply is about, if this person may do that from here."""
    question = await ctx.uow.faq.question(question_id)
    ctx, project, _ = await entered(ctx, question.project_id if question else None, right, what)
    if question is None:
        raise Refusal("refused.stale")
    return ctx, project, question


async def entered_by_asker(ctx: Context, question_id: str) -> tuple[Context, Project, Question]:
    """The question that its asker speaks of, whatever their role: of their own they may."""
    question = await ctx.uow.faq.question(question_id)
    project = await ctx.uow.projects.get(question.project_id) if question else None
    if question is None or project is None:
        raise Refusal("refused.stale")
    if ctx.in_group and (ctx.chat is None or ctx.chat.id != project.chat_id):
        raise Refusal("refused.elsewhere")
    member = await ctx.uow.members.find(project.id, ctx.person.id) if ctx.person else None
    if member is None:
        raise Refusal("refused.elsewhere")
    if member.person.id != question.person_id:
        raise Refusal("refused.faq_asker")
    return await guard(ctx.for_project(project, member)), project, question


async def person_of(ctx: Context, id_: str | None) -> Person | None:
    return await ctx.uow.people.get(id_) if id_ else None


async def close(ctx: Context, project: Project, question: Question, answer: str) -> int:
    """Tell the answer to whoever asked, and to all who asked the same lately; how many others.

    Whoever has answered may answer again: that corrects it, and all hear it who heard the first.
    """
    corrects = question.state is QuestionState.CLOSED
    me = ctx.person.id if ctx.person else None
    if corrects and question.answered_by != me:
        by = await person_of(ctx, question.answered_by)
        raise Refusal("refused.faq_answered", name=by.name if by else "")
    others = await _who_asked_the_same(ctx, project, question)
    for one in (question, *others):
        await _answer(ctx, project, one, answer, corrects=corrects)
    ctx.note("faq.answered", question=question.id, others=len(others), corrects=corrects)
    await remind_next(ctx, project)
    return len({one.person_id for one in others} - {question.person_id})


async def _answer(
    ctx: Context, project: Project, question: Question, answer: str, *, corrects: bool
) -> None:
    by = ctx.person.id if ctx.person else None
    after = await ctx.uow.faq.keep(
        replace(
            question, state=QuestionState.CLOSED, answer=answer, answered_by=by, closed_at=ctx.now
        )
    )
    await ctx.refresh("faq.asked", question.id)
    await ctx.refresh("faq.open", question.id)
    asker = await person_of(ctx, question.person_id)
    chat = await ctx.uow.chats.get(question.chat_id)
    in_group = chat.id == project.chat_id
    alone = not in_group or await answers_in_private(ctx, project, question)
    if alone and not (asker and await ctx.uow.members.find(project.id, asker.id)):
        return  # who has left hears nothing by themselves any more
    if in_group and alone and asker:
        ctx.whisper(asker, cards.answered_card(ctx.w, after, ctx.person, corrects=corrects))
        return
    card = cards.answered_card(
        ctx.w, after, ctx.person, asker if in_group else None, corrects=corrects
    )
    ctx.say(chat, card, reply_to=question.message)


async def _who_asked_the_same(ctx: Context, project: Project, question: Question) -> list[Question]:
    """Questions like this one that nobody has answered to the asker's satisfaction, or that had the
    answer that is corrected. What is for administrators is not told to others."""
    lately = await ctx.uow.faq.since(project.id, ctx.now - SAME_WITHIN)
    had = question.answer if question.state is QuestionState.CLOSED else None
    others = [
        one
        for one in lately
        if one.id != question.id
        and (
            (one.state is QuestionState.CLOSED and one.answer == had)
            if had is not None
            else one.state in WAITING or (one.judged is False and not one.answer)
        )
        and (one.first_id == question.id or alike(one.plain, question.plain))
    ]
    if not await is_secret(ctx, question):
        return others
    members = {m.person.id: m for m in await ctx.uow.members.of(project.id)}
    return [
        one
        for one in others
        if reads_as(members.get(one.person_id), guarded=True) in (Readers.ADMIN, None)
    ]


async def reopen(ctx: Context, project: Project, question: Question) -> Question:
    """Fetch somebody anew: the answer, the bot's or a person's, did not help."""
    again = replace(
        question, state=QuestionState.OPEN, asked_at=ctx.now, told=0, first_id=None,
        claimed_by=None, answer="", answered_by=None, closed_at=None,
    )  # fmt: skip
    first = await same_waiting(ctx, project, again)
    again = await ctx.uow.faq.keep(replace(again, first_id=first.id if first else None))
    if not again.first_id:
        await ask_anew(ctx, project, again)
    await hand_over(ctx, project, again)
    return again


def alike(one: str, other: str) -> bool:
    """Whether two questions ask the same, by the letters of their manual words."""
    if one == other:
        return True
    first, second = set(read(one).letters), set(read(other).letters)
    return bool(first | second) and len(first & second) / len(first | second) >= ALIKE


def is_of_the_team(ctx: Context) -> bool:
    """Whether somebody speaks who would be fetched themselves: what the team says and the bot does
    not know is rather a command badly put."""
    member = ctx.member
    return member is not None and member.role in TEAM and not member.person.external


def may_read(ctx: Context, entry: FaqEntry) -> bool:
    readers = reads_as(ctx.member, guarded=ctx.guarded)
    return may_see(Audience(readers.value) if readers else None, Audience(entry.readers.value))


async def open_face(ctx: Context, question: Question) -> Card | None:
    """The card of those who may know, as it is now."""
    project = await ctx.uow.projects.get(question.project_id)
    asker = await person_of(ctx, question.person_id)
    if project is None or asker is None:
        return None
    ctx = ctx.for_project(project)
    nearest = await ctx.uow.faq.get(question.entry_id)
    by = await person_of(ctx, question.answered_by or question.claimed_by)
    tried = [nearest] if nearest and is_about(question, nearest) else []
    others = len(await repeats_of(ctx, question))
    alone = await answers_in_private(ctx, project, question)
    chat = await ctx.uow.chats.get(question.chat_id)
    heard = "faq.heard.alone" if alone or chat.id != project.chat_id else "faq.heard.group"
    return cards.open_card(ctx.w, project, question, asker, tried, by, others, ctx.w(heard))


async def newest_of(ctx: Context, project: Project, within: timedelta) -> Question | None:
    """What the speaker asked last."""
    lately = await ctx.uow.faq.since(project.id, ctx.now - within)
    mine = [one for one in lately if ctx.person and one.person_id == ctx.person.id]
    return mine[-1] if mine else None
