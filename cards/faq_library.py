"""The FAQ library as those who care for it see it: as a whole, an entry, its settings."""

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
    Stale,
)
from bot.domain.faq_settings import STRICTNESS, Replies
from bot.domain.people import Person, Role
from bot.domain.project import Project
from bot.language.faq import Found, Outcome
from cards.elements import (
    Bold,
    Button,
    Buttons,
    Card,
    Choice,
    Element,
    Facts,
    Fold,
    Form,
    Muted,
    Text,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.faq import readers_choice, short
from cards.markdown import elements_of
from cards.words import Words

MOST_LISTED = 8
# Wordings that are put to the owner at a time.
MOST_WORDINGS = 3
# What an entry may be set to by hand.
STATES = (EntryState.APPROVED, EntryState.STALE, EntryState.DRAFT)


@dataclass(frozen=True)
class EditEntry(Action, name="faq.edit"):
    """Without fields it asks for the form."""

    entry_id: str


@dataclass(frozen=True)
class ConfirmEntry(Action, name="faq.confirm"):
    entry_id: str


@dataclass(frozen=True)
class TakeWording(Action, name="faq.take"):
    """A question becomes a wording of the entry that it led to, or does not."""

    entry_id: str
    question_id: str
    takes: bool


@dataclass(frozen=True)
class SaveFaqSettings(Action, name="faq.settings"):
    project_id: str


def entry_card(
    w: Words,
    entry: FaqEntry,
    owner: Person | None,
    why: Stale | None = None,
    led: Sequence[Question] = (),
) -> Card:
    """An entry, why it should be looked at, and the questions that may be wordings of it."""
    facts = [
        (w("faq.readers"), w(f"faq.readers.{entry.readers}")),
        (w("faq.owner"), owner.name if owner else w("risk.nobody")),
        (w("faq.rated"), w("faq.rated.of", useful=entry.useful, useless=entry.useless)),
    ]
    if entry.category:
        facts.append((w("risk.category"), entry.category))
    if entry.version:
        facts.append((w("faq.file.version"), entry.version))
    lines: list[Element] = [*elements_of(entry.answer), Facts(tuple(facts))]
    if why:
        lines.append(note(w(f"faq.why.{why}")))
    if entry.variants:
        lines.append(Fold(w("faq.variants", count=len(entry.variants)),
                          (bullets(list(entry.variants)),)))  # fmt: skip
    change, remove = w("faq.do.edit", id=entry.label), w("faq.do.remove", id=entry.label)
    buttons = [button(w("faq.edit"), EditEntry(entry.id), typed=change)]
    if why:
        buttons.append(button(w("faq.confirm"), ConfirmEntry(entry.id)))
    buttons.append(button(w("faq.remove"), SayCommand(remove), typed=remove))
    lines.append(Buttons(tuple(buttons)))
    for one in led[:MOST_WORDINGS]:
        lines += [
            text(Muted(f"{w('faq.led')} "), short(one.plain, 60)),
            Buttons(
                (
                    button(w("faq.take"), TakeWording(entry.id, one.id, takes=True)),
                    button(w("faq.take.not"), TakeWording(entry.id, one.id, takes=False)),
                )
            ),
        ]
    draft = entry.state is EntryState.DRAFT
    return Card(
        f"{entry.label} {entry.question}",
        tuple(lines),
        Tone.WATCH if why else Tone.CALM if draft else Tone.INFO,
        tag=w("faq.state.draft") if draft else w("faq.stale") if why else "",
        language=w.language,
    )


def edit_form(w: Words, entry: FaqEntry) -> Card:
    """All of an entry that can be changed."""
    states = tuple((str(state), w(f"faq.state.{state}")) for state in STATES)
    state = entry.state if entry.state in STATES else EntryState.APPROVED
    return Card(
        f"{entry.label} {entry.question}",
        (
            Form(
                "faq_edit",
                (
                    TextInput("question", w("faq.question"), entry.question, required=True,
                              longest=LONGEST_QUESTION),
                    TextInput("answer", w("faq.answer"), entry.answer, required=True, lines=5,
                              longest=LONGEST_ANSWER),
                    TextInput("variants", w("faq.edit.variants"), "\n".join(entry.variants),
                              lines=4, longest=2000),
                    readers_choice(w, entry.readers),
                    Choice("state", w("faq.state"), states, str(state)),
                    TextInput("category", w("risk.category"), entry.category, longest=60),
                    TextInput("version", w("faq.file.version"), entry.version, longest=40),
                ),
                button(w("faq.save"), EditEntry(entry.id), style="primary",
                       typed=w("faq.do.edit.answer", id=entry.label)),
            ),
        ),
        language=w.language,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LibraryView:
    """What the library card tells. Shares are 0 to 1, `None` while nothing is known.

    `old` are entries that should be looked at and why, `worded` those with wordings to decide on.
    """

    entries: int
    asked: int
    answered: int
    useful: int
    useless: int
    precision: float | None
    coverage: float | None
    waiting: Sequence[Question]
    unknown: Sequence[tuple[str, int]]
    old: Sequence[tuple[FaqEntry, Stale]]
    conflicts: Sequence[tuple[FaqEntry, FaqEntry]]
    worded: Sequence[FaqEntry]
    by_role: Sequence[tuple[Role, str, int]]
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
        expected = w("faq.expected", precision=f"{view.precision:.0%}",
                     coverage=f"{view.coverage:.0%}")  # fmt: skip
        elements.append(note(expected))
    looks = [text(f"{e.label} {e.question}", Muted(f" · {w(f'faq.why.{why}')}"))
             for e, why in view.old[:MOST_LISTED]]  # fmt: skip
    against = [text(f"{a.label} {a.question}", Muted(" ↔ "), f"{b.label} {b.question}")
               for a, b in view.conflicts[:MOST_LISTED]]  # fmt: skip
    roles = [text(Muted(f"{w.role(role)} "), f"{words} ×{count}")
             for role, words, count in view.by_role]  # fmt: skip
    for title, lines in (
        ("faq.waiting", [_waits(w, view, one) for one in view.waiting[:MOST_LISTED]]),
        ("faq.unknown", [text(f"{words} ×{count}") for words, count in view.unknown[:MOST_LISTED]]),
        ("faq.look", looks),
        ("faq.conflicts", against),
        ("faq.worded", [text(f"{e.label} {e.question}") for e in view.worded[:MOST_LISTED]]),
        ("faq.by_role", roles),
    ):
        if lines:
            elements += [text(Bold(w(title))), bullets(lines)]
    elements.append(Buttons(tuple(_typed(w(f"faq.do.{what}")) for what in ("settings", "words"))))
    elements.append(note(w("faq.hint")))
    return Card(w("faq.title"), tuple(elements), subtitle=project.name, language=w.language)


def settings_card(w: Words, project: Project, *, saved: bool = False) -> Card:
    """How the library answers in this project."""
    now = project.settings.faq
    replies = tuple((str(one), w(f"faq.replies.{one}")) for one in Replies)
    right = tuple((str(one), w("faq.right.of", percent=one)) for one in STRICTNESS)
    lines = "\n".join(" = ".join(group) for group in now.synonyms)
    return Card(
        w("faq.settings.title"),
        (
            Form(
                "faq_settings",
                (
                    Choice("replies", w("faq.replies"), replies, str(now.replies)),
                    Choice("right", w("faq.right"), right, str(now.right)),
                    TextInput("stale_months", w("faq.stale_months"), str(now.stale_months),
                              longest=3),
                    TextInput("version", w("faq.product"), now.version, longest=40),
                    TextInput("synonyms", w("faq.synonyms"), lines, lines=4, longest=4000),
                ),
                button(w("settings.save"), SaveFaqSettings(project.id), style="primary",
                       typed=w("faq.do.settings.typed")),
            ),
            note(w("faq.settings.note")),
        ),
        Tone.GOOD if saved else Tone.INFO,
        project.name,
        w("settings.saved") if saved else "",
        language=w.language,
    )  # fmt: skip


def synonyms_card(w: Words, project: Project) -> Card:
    """The words that mean the same in this project."""
    groups = [" = ".join(group) for group in project.settings.faq.synonyms]
    listed: tuple[Element, ...] = (bullets(groups),) if groups else (text(w("faq.words.none")),)
    return Card(
        w("faq.synonyms.title"),
        (*listed, note(w("faq.words.hint"))),
        subtitle=project.name,
        language=w.language,
    )


def trial_card(w: Words, found: Found) -> Card:
    """What a search gave, and why: for trying, nobody is answered."""
    hits = [
        text(Bold(f"{place}. {hit.entry.question}"), Muted(f" · {hit.score:.2f} · {hit.wording}"))
        for place, hit in enumerate(found.hits[:5], start=1)
    ]
    facts = Facts(
        (
            (w("faq.trial.read"), found.asked or "–"),
            (w("faq.trial.sure"), f"{found.confidence:.0%}"),
        )
    )
    withheld = (note(w("faq.withheld")),) if found.withheld else ()
    return Card(
        w(f"faq.trial.{found.outcome}"),
        (facts, *((bullets(hits),) if hits else ()), *withheld),
        {Outcome.ANSWER: Tone.GOOD, Outcome.OFFER: Tone.INFO}.get(found.outcome, Tone.CALM),
        language=w.language,
    )


def _typed(words: str) -> Button:
    return button(words, SayCommand(words), typed=words)


def _waits(w: Words, view: LibraryView, question: Question) -> Text:
    who = view.names.get(question.person_id, "")
    return text(f"{question.label} {short(question.text, 60)}", Muted(f" · {who}"))


def _percent(w: Words, part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else w("faq.nothing")
