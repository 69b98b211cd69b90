"""A question's way: searched, answered or handed over, and what a person answers told to all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.context import Context
from bot.core.errors import Refusal
from bot.core.ids import new_id
from bot.domain.faq import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    MOST_VARIANTS,
    SAME_WITHIN,
    WAITING,
    FaqEntry,
    Question,
    QuestionState,
    Readers,
    due_step,
    reads_as,
    those_asked,
)
from bot.domain.people import TEAM, Member, Person, Right
from bot.domain.project import Project
from bot.language.faq import Audience, Found, may_see
from bot.language.faq.words import bare, read
from bot.language.normal import fold
from bot.places import entered
from cards import faq as cards
from cards.elements import Card

# How much two questions' letters must have in common to be the same one.
ALIKE = 0.8
# A wording joins its entry at once when the search is at least so sure of that entry.
LEARN_FROM = 0.5
LONGEST_WORDING = 60


async def search(ctx: Context, project: Project, text: str) -> Found:
    """What the project's library says, as far as the speaker may see it."""
    libraries = ctx.shelf.libraries
    library = await libraries.of(project.id, ctx.uow.faq)
    libraries.judge(project.id)
    readers = reads_as(ctx.member, guarded=ctx.guarded)
    vector = None
    if libraries.encoder and library.vectors:
        vector = (await asyncio.to_thread(libraries.encoder.embed, [bare(text)]))[0]
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
    members = list(await ctx.uow.members.of(project.id))
    leaves = await ctx.uow.leaves.on([m.person.id for m in members], ctx.today(project))
    away = {leave.person_id for leave in leaves}
    return those_asked(members, nearest.owner_id if nearest else None, away, question.person_id)


async def hand_over(ctx: Context, project: Project, question: Question) -> None:
    """Fetch somebody: a card to those who may know, another to where it was asked."""
    asked = await fetched(ctx, project, question)
    chat = await ctx.uow.chats.get(question.chat_id)
    ctx.hang("faq.asked", question.id, chat, project.id)
    for member in asked:
        ctx.hang("faq.open", question.id, member.person, project.id)
    ctx.note("faq.handed", question=question.id)
    await remind_next(ctx, project)


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


async def person_of(ctx: Context, id_: str | None) -> Person | None:
    return await ctx.uow.people.get(id_) if id_ else None


async def close(ctx: Context, project: Project, question: Question, answer: str) -> int:
    """Tell the answer to whoever asked, and to all who asked the same lately; how many others."""
    if question.state is QuestionState.CLOSED:
        by = await person_of(ctx, question.answered_by)
        raise Refusal("refused.faq_answered", name=by.name if by else "")
    others = await _who_asked_the_same(ctx, project, question)
    for one in (question, *others):
        await _answer(ctx, project, one, answer)
    ctx.note("faq.answered", question=question.id, others=len(others))
    await remind_next(ctx, project)
    return len({one.person_id for one in others} - {question.person_id})


async def _answer(ctx: Context, project: Project, question: Question, answer: str) -> None:
    by = ctx.person.id if ctx.person else None
    after = replace(
        question, state=QuestionState.CLOSED, answer=answer, answered_by=by, closed_at=ctx.now
    )
    await ctx.uow.faq.keep(after)
    await ctx.refresh("faq.asked", question.id)
    await ctx.refresh("faq.open", question.id)
    asker = await person_of(ctx, question.person_id)
    chat = await ctx.uow.chats.get(question.chat_id)
    in_group = chat.id == project.chat_id
    card = cards.answered_card(ctx.w, after, ctx.person, asker if in_group else None)
    ctx.say(chat, card, reply_to=question.message)


async def _who_asked_the_same(ctx: Context, project: Project, question: Question) -> list[Question]:
    """Questions like this one that nobody has answered to the asker's satisfaction."""
    lately = await ctx.uow.faq.since(project.id, ctx.now - SAME_WITHIN)
    return [
        one
        for one in lately
        if one.id != question.id
        and (one.state in WAITING or one.judged is False)
        and one.state is not QuestionState.CLOSED
        and alike(one.plain, question.plain)
    ]


def alike(one: str, other: str) -> bool:
    """Whether two questions ask the same, by the letters of their manual words."""
    if one == other:
        return True
    first, second = set(read(one).letters), set(read(other).letters)
    return bool(first | second) and len(first & second) / len(first | second) >= ALIKE


async def learn(ctx: Context, project: Project, question: Question, entry: FaqEntry) -> bool:
    """Keep a wording that led to its entry, if the search itself sees it nearest to that one."""
    words = question.plain
    if not 3 < len(words) <= LONGEST_WORDING or len(entry.variants) >= MOST_VARIANTS:
        return False
    known = {fold(text) for text in (entry.question, *entry.variants)}
    library = await ctx.shelf.libraries.of(project.id, ctx.uow.faq)
    found = library.search(words)
    nearest = bool(found.hits) and found.hits[0].entry.id == entry.id
    if fold(words) in known or not nearest or found.confidence < LEARN_FROM:
        return False
    await ctx.uow.faq.save(replace(entry, variants=(*entry.variants, words), changed_at=ctx.now))
    ctx.note("faq.learnt", entry=entry.id, words=words)
    return True


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
    tried = [nearest] if nearest else []
    return cards.open_card(ctx.w, project, question, asker, tried, by, question.told)


async def newest_of(ctx: Context, project: Project, within: timedelta) -> Question | None:
    """What the speaker asked last."""
    lately = await ctx.uow.faq.since(project.id, ctx.now - within)
    mine = [one for one in lately if ctx.person and one.person_id == ctx.person.id]
    return mine[-1] if mine else None


def most_asked(questions: Sequence[Question]) -> list[tuple[str, int]]:
    """Questions that got no answer at once, the most frequent first, alike ones together."""
    found: list[tuple[str, int]] = []
    for one in questions:
        for place, (words, count) in enumerate(found):
            if alike(words, one.plain):
                found[place] = (words, count + 1)
                break
        else:
            found.append((one.plain, 1))
    return sorted(found, key=lambda pair: -pair[1])


async def new_entry(
    ctx: Context, project: Project, question: str, answer: str, readers: Readers
) -> FaqEntry:
    """Keep an answer in the project's library; what it says already is refused."""
    if len(bare(question)) < 2 or not answer.strip():
        raise Refusal("refused.faq_empty")
    for what, words, most in (
        ("faq.question", question, LONGEST_QUESTION),
        ("faq.answer", answer, LONGEST_ANSWER),
    ):
        if len(words) > most:
            raise Refusal("refused.faq_long", what=ctx.w(what), most=most, have=len(words))
    library = await ctx.shelf.libraries.of(project.id, ctx.uow.faq)
    for known in library.entries.values():
        same = fold(known.question) == fold(question) and not known.shared
        if same and known.audience.value == readers.value:
            stored = await ctx.uow.faq.get(known.id)
            raise Refusal("refused.faq_same", id=stored.label if stored else "")
    owner = ctx.person.id if ctx.person else None
    entry = await ctx.uow.faq.add(
        FaqEntry(new_id(), project.id, 0, question, answer, readers, owner_id=owner,
                 changed_at=ctx.now)
    )  # fmt: skip
    ctx.note("faq.added", entry=entry.id, question=question)
    return entry
