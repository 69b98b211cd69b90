"""An entry's life: kept, changed, given another wording, found to be out of date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.answers import ALIKE, alike
from bot.context import Context
from bot.core.errors import Refusal
from bot.core.ids import new_id
from bot.domain.faq import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    MONTH,
    FaqEntry,
    Question,
    QuestionState,
    Readers,
    stale,
)
from bot.domain.people import Member, Role
from bot.domain.project import Project
from bot.language.faq.wordings import LEARN_FROM, most_different
from bot.language.faq.words import bare, read
from bot.language.normal import fold
from cards.faq_library import LibraryView

SHORTEST_WORDING, LONGEST_WORDING = 4, 60
# Entries that are compared with one another, and questions that are named for each role.
MOST_COMPARED, MOST_BY_ROLE = 400, 3


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
    """Whether these words tell the search something that the entry does not have. The library that
    all projects share learns nothing from one of them."""
    if entry.project_id is None:
        return False
    known = {fold(text) for text in (entry.question, *entry.variants)}
    return SHORTEST_WORDING <= len(words) <= LONGEST_WORDING and fold(words) not in known


async def add_wording(ctx: Context, question: Question, entry: FaqEntry, words: str = "") -> None:
    """Make a question's words, or these, another wording of an entry."""
    words = words or question.plain
    await ctx.uow.faq.keep(replace(question, learnt=True))
    if not is_new_wording(words, entry):
        return
    variants = most_different((*entry.variants, words))
    await ctx.uow.faq.save(replace(entry, variants=variants))
    ctx.note("faq.wording", entry=entry.id, words=words)


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


async def library_view(ctx: Context, project: Project) -> LibraryView:
    """How the library did in the last 30 days, and what it lacks."""
    libraries, settings = ctx.shelf.libraries, project.settings.faq
    library = await libraries.of(project, ctx.uow.faq)
    expected = libraries.loaded[project.id].calibration
    asked = await ctx.uow.faq.since(project.id, ctx.now - MONTH)
    entries = [e for e in await ctx.uow.faq.changed(project.id, 0) if e.id in library]
    waiting = [one for one in await ctx.uow.faq.waiting([project.id]) if one.first_id is None]
    members = {m.person.id: m for m in await ctx.uow.members.of(project.id)}
    by_id = {e.id: e for e in entries}
    led = {
        one.entry_id
        for one in asked
        if one.judged and one.learnt is None and one.entry_id in by_id
        and is_new_wording(one.plain, by_id[one.entry_id])
    }  # fmt: skip
    return LibraryView(
        len(library),
        len(asked),
        sum(one.state is QuestionState.ANSWERED for one in asked),
        sum(one.judged is True for one in asked),
        sum(one.judged is False for one in asked),
        expected.precision,
        expected.coverage,
        waiting,
        most_asked(one for one in asked if one.state is not QuestionState.ANSWERED),
        [(e, why) for e in entries if (why := stale(e, settings, ctx.now))],
        conflicts(entries),
        [entry for entry in entries if entry.id in led],
        _by_role(asked, members),
        {id_: m.person.name for id_, m in members.items()},
    )


def _by_role(
    asked: Iterable[Question], members: Mapping[str, Member]
) -> list[tuple[Role, str, int]]:
    """What administrators and users of the customer asked most."""
    found = []
    for role in (Role.CUSTOMER_ADMIN, Role.CUSTOMER_USER):
        theirs = [q for q in asked if q.person_id in members and members[q.person_id].role is role]
        found += [(role, words, count) for words, count in most_asked(theirs)[:MOST_BY_ROLE]]
    return found


def conflicts(entries: Sequence[FaqEntry]) -> list[tuple[FaqEntry, FaqEntry]]:
    """Entries for the same people that ask nearly the same and answer otherwise.

    A large library is looked at in part: every entry is compared with every other one.
    """
    some = [(one, frozenset(read(one.question).letters)) for one in entries[:MOST_COMPARED]]
    found = []
    for place, (one, letters) in enumerate(some):
        for other, others in some[place + 1 :]:
            near = len(letters & others) >= ALIKE * len(letters | others)
            if near and _same_readers(one, other) and fold(one.answer) != fold(other.answer):
                found.append((one, other))
    return found


def _same_readers(one: FaqEntry, other: FaqEntry) -> bool:
    return one.readers is other.readers or Readers.ALL in (one.readers, other.readers)
