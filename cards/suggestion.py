"""建议: one suggestion with its answer, and the list of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.actions import Action
from bot.domain.people import Person
from bot.domain.project import Project
from bot.domain.suggestion import LONGEST_NOTE, Suggestion, SuggestionState
from cards.elements import (
    Bold,
    Buttons,
    Card,
    Element,
    Facts,
    Form,
    Mention,
    Muted,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.words import Words

# What somebody of the team may answer, as buttons and as words.
ANSWERS = (SuggestionState.PLANNED, SuggestionState.DONE, SuggestionState.DECLINED)
MOST_LISTED = 15
TONES = {
    SuggestionState.NEW: Tone.WATCH,
    SuggestionState.PLANNED: Tone.INFO,
    SuggestionState.DONE: Tone.GOOD,
    SuggestionState.DECLINED: Tone.CALM,
}


@dataclass(frozen=True)
class AskSuggestion(Action, name="suggestion.ask"):
    """Show the field for the words of an answer; an empty `state` takes it away."""

    suggestion_id: str
    state: str


@dataclass(frozen=True)
class AnswerSuggestion(Action, name="suggestion.answer"):
    suggestion_id: str
    state: str
    version: int


def suggestion_card(
    w: Words, project: Project, one: Suggestion, names: Mapping[str, str], form: str = ""
) -> Card:
    elements: list[Element] = [text(one.text), Facts(_facts(w, project, one, names))]
    others = [voice for voice in one.voices[1:] if voice.text != one.text]
    if others:
        lines = [
            w("suggestion.voice", name=names.get(v.person_id, ""), text=v.text[:120])
            for v in others[:5]
        ]
        elements.append(bullets(lines))
    if form:
        elements += [_form(w, one, form), _back(w, one)]
    else:
        elements += [_buttons(w, one), note(w("suggestion.hint", id=one.label))]
    return Card(
        f"{one.label} · {w('suggestion')}",
        tuple(elements),
        TONES[one.state],
        project.name,
        w(f"suggestion.state.{one.state}"),
        language=w.language,
    )


def _facts(
    w: Words, project: Project, one: Suggestion, names: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    who = w.comma.join(names.get(voice.person_id, "") for voice in one.voices)
    pairs = [
        (w("suggestion.by"), who),
        (w("suggestion.since"), w.day(project.local(one.at).date())),
    ]
    if one.note:
        pairs.append((w("suggestion.note"), one.note))
    return tuple(pairs)


def _buttons(w: Words, one: Suggestion) -> Buttons:
    return Buttons(
        tuple(
            button(
                w(f"suggestion.do.{state}"),
                AskSuggestion(one.id, str(state)),
                typed=w("suggestion.typed", id=one.label, what=w(f"suggestion.do.{state}")),
            )
            for state in ANSWERS
            if state is not one.state
        )
    )


def _form(w: Words, one: Suggestion, form: str) -> Form:
    required = form == SuggestionState.DECLINED
    field = TextInput(
        "note", w("suggestion.note"), required=required, lines=2, longest=LONGEST_NOTE
    )
    send = button(
        w(f"suggestion.do.{form}"),
        AnswerSuggestion(one.id, form, one.version),
        typed=w("suggestion.typed", id=one.label, what=w(f"suggestion.do.{form}")),
        style="primary",
    )
    return Form("suggestion", (field,), send)


def _back(w: Words, one: Suggestion) -> Buttons:
    return Buttons((button(w("risk.do.back"), AskSuggestion(one.id, "")),))


def told_card(w: Words, project: Project, one: Suggestion, people: Sequence[Person]) -> Card:
    """To everybody who suggested it: what becomes of it."""
    asked = [part for p in people for part in (Mention(p.account, p.name), "  ")]
    elements: list[Element] = [
        text(*asked, w(f"suggestion.told.{one.state}")),
        text(Bold(one.text)),
    ]
    if one.note:
        elements.append(text(one.note))
    return Card(
        w("suggestion.told", id=one.label),
        tuple(elements),
        TONES[one.state],
        project.name,
        w(f"suggestion.state.{one.state}"),
        language=w.language,
    )


def listed(w: Words, project: Project, found: Sequence[Suggestion]) -> Card:
    lines = [
        text(
            Bold(one.label),
            "  ",
            one.text[:80],
            "  ",
            Muted(f"{w(f'suggestion.state.{one.state}')} · "
                  f"{w('suggestion.voices', count=len(one.voices))}"),
        )
        for one in found[:MOST_LISTED]
    ]  # fmt: skip
    elements: list[Element] = [bullets(lines)] if lines else [text(w("suggestion.none"))]
    if len(found) > MOST_LISTED:
        elements.append(note(w("plan.more", count=len(found) - MOST_LISTED)))
    elements.append(note(w("suggestion.list.hint")))
    return Card(w("suggestion.list"), tuple(elements), Tone.INFO, project.name, language=w.language)
