"""FAQ: an answer, what may be meant, a question handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.actions import Action
from bot.domain.faq import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    WAITING,
    FaqEntry,
    Question,
    QuestionState,
    Readers,
    Stale,
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
    Rule,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.markdown import elements_of
from cards.words import Words


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
    """`draft_id` is what was typed before a near entry was shown: it is kept all the same."""

    question_id: str
    draft_id: str = ""


@dataclass(frozen=True)
class AddWording(Action, name="faq.wording"):
    """The question as it was drafted becomes another wording of an entry."""

    question_id: str
    entry_id: str
    draft_id: str


def answer_card(
    w: Words,
    question: Question,
    entry: FaqEntry,
    why: Stale | None = None,
    *,
    withheld: bool = False,
    rated: bool = False,
) -> Card:
    """The answer, where it comes from, why it may be out of date, what the asker may say of it."""
    elements: list[Element] = list(elements_of(entry.answer))
    small = [w("faq.source", id=entry.label)]
    if entry.version:
        small.append(w("faq.version", version=entry.version))
    if why:
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
    if question.state not in WAITING:
        return Card(w("faq.done.itself"), (text(short(question.text)),), language=w.language)
    elements: list[Element] = [text(Muted(f"{w('faq.asked')} "), short(question.text))]
    if by:
        elements.append(text(w("faq.claimed", name=by.name)))
    elif asked:
        elements.append(text(w("faq.fetched", names=w.names(asked))))
    else:
        elements.append(text(w("faq.nobody")))
    elements.append(note(w("faq.reply_here")))
    return Card(w("faq.handed"), tuple(elements), Tone.CALM, language=w.language)


def answered_card(
    w: Words,
    question: Question,
    by: Person | None,
    mention: Person | None = None,
    *,
    corrects: bool = False,
) -> Card:
    """What a person answered, to everybody who asked."""
    head: list[Element] = [text(Mention(mention.account, mention.name))] if mention else []
    return Card(
        w("faq.corrected" if corrects else "faq.answered", name=by.name if by else ""),
        (
            *head,
            text(Muted(f"{w('faq.asked')} "), short(question.text)),
            *elements_of(question.answer),
        ),
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
    others: int = 0,
    heard: str = "",
) -> Card:
    """To those who may know: the question, who asked, what was tried, and the ways to answer."""
    elements: list[Element] = [
        text(Bold(short(question.text, 600))),
        Facts(
            (
                (w("faq.from"), asker.name),
                (w("faq.at"), w.moment(project.local(question.asked_at))),
            )
        ),
    ]
    if others:
        elements.append(text(w("faq.others", count=others)))
    if tried:
        lines = tuple(text(f"{one.label} {one.question}") for one in tried)
        elements.append(Fold(w("faq.tried"), (bullets(list(lines)),)))
    if question.state not in WAITING:
        closed = question.state is QuestionState.CLOSED
        done = w("faq.done", name=by.name if by else "") if closed else w("faq.done.itself")
        elements.append(text(done))
        title = w("faq.open.done") if closed else w("faq.open")
        return Card(title, tuple(elements), Tone.GOOD, project.name, language=w.language)
    if by:
        elements.append(text(w("faq.claimed", name=by.name)))
    else:
        elements.append(
            Buttons(
                (
                    button(
                        w("faq.claim"),
                        ClaimQuestion(question.id),
                        typed=f"{w('faq.claim')} {question.label}",
                        style="primary",
                    ),
                )
            )
        )
    elements += [
        Form(
            "faq_answer",
            (
                TextInput("answer", w("faq.answer"), required=True, lines=4,
                          longest=LONGEST_ANSWER),
            ),
            button(w("faq.submit"), AnswerQuestion(question.id),
                   typed=w("faq.do.answer", id=question.label)),
        ),
        note(w("faq.or_reply", id=question.label)),
        *((note(heard),) if heard else ()),
    ]  # fmt: skip
    again = bool(question.told)
    return Card(
        w("faq.open"),
        tuple(elements),
        Tone.WATCH if again else Tone.INFO,
        project.name,
        w("faq.again") if again else question.label,
        language=w.language,
        follow_up=FollowUp(w("faq.again"), needed=True) if again else None,
    )


def keep_form(w: Words, question: Question, drafted: str, readers: Readers = Readers.ALL) -> Card:
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
                    readers_choice(w, readers),
                ),
                button(
                    w("faq.keep"),
                    KeepAsEntry(question.id),
                    typed=w("faq.do.keep", id=question.label),
                    style="primary",
                ),
            ),
        ),
        language=w.language,
    )  # fmt: skip


def near_card(
    w: Words, question: Question, typed: Mapping[str, str], near: FaqEntry, draft_id: str
) -> Card:
    """An entry says nearly the same already: whichever is taken, the other answer is not kept."""
    elements: list[Element] = [
        text(Bold(near.question), Muted(f" · {w(f'faq.readers.{near.readers}')}")),
        *elements_of(near.answer),
        Rule(),
        text(Muted(f"{w('faq.near.yours')} "), Bold(short(typed.get("question", "")))),
        *elements_of(short(typed.get("answer", ""), 600)),
    ]
    choices = [button(w("faq.near.anyway"), KeepAsEntry(question.id, draft_id))]
    if near.project_id:
        words = w("faq.near.wording", id=near.label)
        choices.insert(
            0, button(words, AddWording(question.id, near.id, draft_id), style="primary")
        )
    elements += [Buttons(tuple(choices)), note(w("faq.near.why", id=near.label))]
    return Card(
        w("faq.near.title", id=near.label), tuple(elements), Tone.WATCH, language=w.language
    )


def readers_choice(w: Words, value: Readers = Readers.ALL) -> Choice:
    options = tuple((str(one), w(f"faq.readers.{one}")) for one in Readers)
    return Choice("readers", w("faq.readers"), options, str(value))


def short(words: str, most: int = 120) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
