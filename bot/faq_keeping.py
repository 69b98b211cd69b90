"""An entry's life: kept, changed, given another wording, found to be out of date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.answers import alike
from bot.context import Context
from bot.core.errors import Refusal
from bot.core.ids import new_id
from bot.domain.faq import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    FaqEntry,
    Question,
    Readers,
)
from bot.domain.project import Project
from bot.language.faq.wordings import LEARN_FROM, most_different
from bot.language.faq.words import bare
from bot.language.normal import fold

SHORTEST_WORDING, LONGEST_WORDING = 4, 60


async def checked(ctx: Context, project: Project, entry: FaqEntry) -> FaqEntry:
    """The entry, if it may be kept as it is; `Refusal` says what is wrong."""
    if len(bare(entry.question)) < 2 or not entry.answer.strip():
        raise Refusal("refused.faq_empty")
    for what, words, most in (
        ("faq.question", entry.question, LONGEST_QUESTION),
        ("faq.answer", entry.answer, LONGEST_ANSWER),
    ):
        if len(words) > most:
            raise Refusal("refused.faq_long", what=ctx.w(what), most=most, have=len(words))
    library = await ctx.shelf.libraries.of(project, ctx.uow.faq)
    for known in library.entries.values():
        same = fold(known.question) == fold(entry.question) and known.id != entry.id
        if same and not known.shared and known.audience.value == entry.readers.value:
            stored = await ctx.uow.faq.get(known.id)
            raise Refusal("refused.faq_same", id=stored.label if stored else "")
    return entry


async def new_entry(
    ctx: Context, project: Project, question: str, answer: str, readers: Readers
) -> FaqEntry:
    """Keep an answer in the project's library; what it says already is refused."""
    owner = ctx.person.id if ctx.person else None
    fresh = FaqEntry(new_id(), project.id, 0, question, answer, readers, owner_id=owner,
                     changed_at=ctx.now)  # fmt: skip
    entry = await ctx.uow.faq.add(await checked(ctx, project, fresh))
    ctx.note("faq.added", entry=entry.id, question=question)
    return entry


async def change(ctx: Context, project: Project, before: FaqEntry, after: FaqEntry) -> FaqEntry:
    """Keep an entry as it is now; the audit log keeps how it was."""
    entry = await ctx.uow.faq.save(replace(await checked(ctx, project, after), changed_at=ctx.now))
    ctx.note("faq.changed", entry=entry.id, question=before.question, answer=before.answer,
             readers=str(before.readers), state=str(before.state))  # fmt: skip
    return entry


async def learn(ctx: Context, project: Project, question: Question, entry: FaqEntry) -> bool:
    """Keep a wording that led to its entry, if the search itself sees it nearest to that one.

    Others are put to whoever cares for the library.
    """
    library = await ctx.shelf.libraries.of(project, ctx.uow.faq)
    found = library.search(question.plain)
    nearest = bool(found.hits) and found.hits[0].entry.id == entry.id
    if not nearest or found.confidence < LEARN_FROM or not is_new_wording(question.plain, entry):
        return False
    await add_wording(ctx, question, entry)
    return True


def is_new_wording(words: str, entry: FaqEntry) -> bool:
    """Whether these words tell the search something that the entry does not have."""
    known = {fold(text) for text in (entry.question, *entry.variants)}
    return SHORTEST_WORDING <= len(words) <= LONGEST_WORDING and fold(words) not in known


async def add_wording(ctx: Context, question: Question, entry: FaqEntry) -> None:
    """Make a question's words another wording of an entry."""
    await ctx.uow.faq.keep(replace(question, learnt=True))
    if not is_new_wording(question.plain, entry):
        return
    variants = most_different((*entry.variants, question.plain))
    await ctx.uow.faq.save(replace(entry, variants=variants))
    ctx.note("faq.wording", entry=entry.id, words=question.plain)


def most_asked(questions: Iterable[Question]) -> list[tuple[str, int]]:
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
