"""FAQ: an answer, what may be meant, a question handed over, and the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.actions import Action, SayCommand
from bot.domain.faq import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    EntryState,
    FaqEntry,
    Question,
    QuestionState,
    Readers,
)
from bot.domain.people import Member, Person
from bot.domain.project import Project
from cards.elements import (
    Bold,
    Buttons,
    Card,
    Choice,
    Element,
    Facts,
    Fold,
    FollowUp,
    Form,
    Mention,
    Muted,
    Text,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.words import Words

MOST_LISTED = 8


@dataclass(frozen=True)
class RateAnswer(Action, name="faq.rate"):
    question_id: str
    useful: bool


@dataclass(frozen=True)
class PickEntry(Action, name="faq.pick"):
    question_id: str
    entry_id: str


@dataclass(frozen=True)
class FetchPerson(Action, name="faq.fetch"):
    question_id: str


@dataclass(frozen=True)
class ClaimQuestion(Action, name="faq.claim"):
    question_id: str


@dataclass(frozen=True)
class AnswerQuestion(Action, name="faq.answer"):
    question_id: str


@dataclass(frozen=True)
class KeepAsEntry(Action, name="faq.keep"):
    """`anyway` keeps it although an entry is near."""

    question_id: str
    anyway: bool


@dataclass(frozen=True)
class AddWording(Action, name="faq.wording"):
    """The question becomes another wording of an entry."""

    question_id: str
    entry_id: str


def answer_card(
    w: Words, question: Question, entry: FaqEntry, *, withheld: bool = False, rated: bool = False
) -> Card:
    """The answer, where it comes from, and what the asker may say of it."""
    elements: list[Element] = [text(line) for line in entry.answer.split("\n") if line.strip()]
    small = [w("faq.source", id=entry.label)]
    if entry.version:
        small.append(w("faq.version", version=entry.version))
    if entry.state is EntryState.STALE:
        small.append(w("faq.stale"))
    elements.append(note(" · ".join(small)))
    if withheld:
        elements.append(note(w("faq.withheld")))
    if not rated:
        elements.append(
            Buttons(
                (
                    button(
                        w("faq.useful"), RateAnswer(question.id, useful=True), typed=w("faq.useful")
                    ),
                    button(
                        w("faq.useless"),
                        RateAnswer(question.id, useful=False),
                        typed=w("faq.useless"),
                    ),
                    button(w("faq.person"), FetchPerson(question.id), typed=w("faq.person")),
                )
            )
        )
    return Card(entry.question, tuple(elements), language=w.language)


def offer_card(
    w: Words, question: Question, entries: Sequence[FaqEntry], *, withheld: bool = False
) -> Card:
    """Up to three entries that may be meant."""
    choices = [
        button(one.question, PickEntry(question.id, one.id), typed=one.question) for one in entries
    ]
    fetch = button(w("faq.none_of_these"), FetchPerson(question.id), typed=w("faq.person"))
    small = (note(w("faq.withheld")),) if withheld else ()
    return Card(
        w("faq.meant"), (Buttons((*choices, fetch)), *small), Tone.CALM, language=w.language
    )


def waiting_card(w: Words, question: Question, asked: Sequence[Member], by: Person | None) -> Card:
    """To whoever asked: who has been fetched, who is at it, or the answer."""
    if question.state is QuestionState.CLOSED:
        return answered_card(w, question, by)
    elements: list[Element] = [text(Muted(f"{w('faq.asked')} "), _short(question.text))]
    if by:
        elements.append(text(w("faq.claimed", name=by.name)))
    elif asked:
        elements.append(text(w("faq.fetched", names=w.names(asked))))
    else:
        elements.append(text(w("faq.nobody")))
    elements.append(note(w("faq.reply_here")))
    return Card(w("faq.handed"), tuple(elements), Tone.CALM, language=w.language)


def answered_card(
    w: Words, question: Question, by: Person | None, mention: Person | None = None
) -> Card:
    """What a person answered, to everybody who asked."""
    head: list[Element] = [text(Mention(mention.account, mention.name))] if mention else []
    lines = [text(line) for line in question.answer.split("\n") if line.strip()]
    return Card(
        w("faq.answered", name=by.name if by else ""),
        (*head, text(Muted(f"{w('faq.asked')} "), _short(question.text)), *lines),
        Tone.GOOD,
        language=w.language,
    )


def open_card(
    w: Words,
    project: Project,
    question: Question,
    asker: Person,
    tried: Sequence[FaqEntry],
    by: Person | None,
    again: int = 0,
) -> Card:
    """To those who may know: the question, who asked, what was tried, and the ways to answer."""
    elements: list[Element] = [
        text(Bold(_short(question.text, 600))),
        Facts(
            (
                (w("faq.from"), asker.name),
                (w("faq.at"), w.moment(project.local(question.asked_at))),
            )
        ),
    ]
    if tried:
        lines = tuple(text(f"{one.label} {one.question}") for one in tried)
        elements.append(Fold(w("faq.tried"), (bullets(list(lines)),)))
    if question.state is QuestionState.CLOSED:
        elements.append(text(w("faq.done", name=by.name if by else "")))
        return Card(w("faq.open"), tuple(elements), Tone.GOOD, project.name, language=w.language)
    if by:
        elements.append(text(w("faq.claimed", name=by.name)))
    else:
        elements.append(
            Buttons((button(w("faq.claim"), ClaimQuestion(question.id), style="primary"),))
        )
    elements += [
        Form(
            "faq_answer",
            (
                TextInput("answer", w("faq.answer"), required=True, lines=4,
                          longest=LONGEST_ANSWER),
            ),
            button(w("faq.submit"), AnswerQuestion(question.id)),
        ),
        note(w("faq.or_reply")),
    ]  # fmt: skip
    tag = w("faq.again") if again else ""
    return Card(
        w("faq.open"),
        tuple(elements),
        Tone.WATCH if again else Tone.INFO,
        project.name,
        tag,
        language=w.language,
        follow_up=FollowUp(w("faq.again"), needed=True) if again else None,
    )


def keep_form(w: Words, question: Question, drafted: str) -> Card:
    """Shall the answer go into the library?"""
    return Card(
        w("faq.keep.title"),
        (
            text(w("faq.keep.why")),
            Form(
                "faq_keep",
                (
                    TextInput("question", w("faq.question"), drafted, required=True,
                              longest=LONGEST_QUESTION),
                    TextInput("answer", w("faq.answer"), question.answer, required=True, lines=4,
                              longest=LONGEST_ANSWER),
                    readers_choice(w),
                ),
                button(w("faq.keep"), KeepAsEntry(question.id, anyway=False), style="primary"),
            ),
        ),
        language=w.language,
    )  # fmt: skip


def near_card(w: Words, question: Question, drafted: str, near: FaqEntry) -> Card:
    """An entry says nearly the same already."""
    return Card(
        w("faq.near.title", id=near.label),
        (
            text(Bold(near.question)),
            text(near.answer),
            Buttons(
                (
                    button(w("faq.near.wording", id=near.label), AddWording(question.id, near.id),
                           style="primary"),
                    button(w("faq.near.anyway"), KeepAsEntry(question.id, anyway=True)),
                )
            ),
            note(w("faq.near.why", question=drafted)),
        ),
        Tone.WATCH,
        language=w.language,
    )  # fmt: skip


def readers_choice(w: Words, value: Readers = Readers.ALL) -> Choice:
    options = tuple((str(one), w(f"faq.readers.{one}")) for one in Readers)
    return Choice("readers", w("faq.readers"), options, str(value))


def entry_card(w: Words, entry: FaqEntry, owner: Person | None) -> Card:
    """An entry as those who care for the library see it."""
    facts = [
        (w("faq.readers"), w(f"faq.readers.{entry.readers}")),
        (w("faq.owner"), owner.name if owner else w("risk.nobody")),
        (w("faq.rated"), w("faq.rated.of", useful=entry.useful, useless=entry.useless)),
    ]
    lines: list[Element] = [text(line) for line in entry.answer.split("\n") if line.strip()]
    if entry.variants:
        lines.append(Fold(w("faq.variants", count=len(entry.variants)),
                          (bullets(list(entry.variants)),)))  # fmt: skip
    remove = w("faq.do.remove", id=entry.label)
    return Card(
        f"{entry.label} {entry.question}",
        (*lines, Facts(tuple(facts)),
         Buttons((button(w("faq.remove"), SayCommand(remove), typed=remove),))),
        tag=w("faq.stale") if entry.state is EntryState.STALE else "",
        language=w.language,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LibraryView:
    """What the library card tells. Shares are 0 to 1, `None` while nobody asked."""

    entries: int
    asked: int
    answered: int
    useful: int
    useless: int
    precision: float | None
    coverage: float | None
    semantic: bool
    waiting: Sequence[Question]
    unknown: Sequence[tuple[str, int]]
    doubtful: Sequence[FaqEntry]
    names: Mapping[str, str]


def library_card(w: Words, project: Project, view: LibraryView) -> Card:
    """How the library does, and what it lacks."""
    facts = [
        (w("faq.entries"), str(view.entries)),
        (w("faq.asked.month"), str(view.asked)),
        (w("faq.hit"), _percent(w, view.answered, view.asked)),
        (w("faq.rated"), w("faq.rated.of", useful=view.useful, useless=view.useless)),
    ]
    elements: list[Element] = [Facts(tuple(facts))]
    if view.precision is not None and view.coverage is not None:
        elements.append(
            note(
                w(
                    "faq.expected",
                    precision=f"{view.precision:.0%}",
                    coverage=f"{view.coverage:.0%}",
                )
            )
        )
    for title, lines in (
        ("faq.waiting", [_waits(w, view, one) for one in view.waiting[:MOST_LISTED]]),
        ("faq.unknown", [text(f"{words} ×{count}") for words, count in view.unknown[:MOST_LISTED]]),
        ("faq.doubtful", [text(f"{one.label} {one.question}") for one in view.doubtful]),
    ):
        if lines:
            elements += [text(Bold(w(title))), bullets(lines)]
    elements.append(note(w("faq.hint")))
    return Card(w("faq.title"), tuple(elements), subtitle=project.name, language=w.language)


def _waits(w: Words, view: LibraryView, question: Question) -> Text:
    return text(_short(question.text, 60), Muted(f" · {view.names.get(question.person_id, '')}"))


def _percent(w: Words, part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else w("faq.nothing")


def _short(words: str, most: int = 120) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
