"""Cards that every feature needs: a notice, a refusal, a question back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.actions import SayCommand
from cards.elements import Buttons, Card, Element, Note, Tone, button, note, text
from cards.words import Words

# What a choice of people says for none; Feishu takes no empty value.
NOBODY = "none"


def notice(w: Words, title: str, *lines: str, tone: Tone = Tone.GOOD) -> Card:
    """A short answer in plain sentences."""
    return Card(title, tuple(text(line) for line in lines), tone, language=w.language)


def refusal(w: Words, key: str, values: dict[str, Any]) -> Card:
    """What was not done, why, and the one thing to do."""
    return notice(w, w("refused.title"), w(key, **values), tone=Tone.WATCH)


def why_no_file(w: Words, file: str, key: str, values: Mapping[str, Any]) -> str:
    """One sentence for whoever was to read a file that could not be made."""
    filled = {"file": file} | dict(values)
    try:
        if why := filled.get("why"):
            filled["why"] = w(f"refused.template_broken.{why}", **filled).strip()
        return w(key, **filled)
    except LookupError:
        # Whoever refused it did not know what can be said.
        return w("refused.file_failed", file=file)


def unclear(w: Words, heard: str, near: tuple[str, ...]) -> Card:
    """What was understood, with up to three likely meanings as buttons."""
    shown = heard if len(heard) <= 120 else heard[:119] + "…"
    elements: list[Element] = [text(w("unclear.text", text=shown))] if shown else []
    if near:
        names = [w(f"intent.{intent}") for intent in near]
        elements += [
            text(w("unclear.near")),
            Buttons(tuple(button(name, SayCommand(name), typed=name) for name in names)),
        ]
    elements.append(note(w("unclear.none")))
    return Card(w("unclear.title"), tuple(elements), Tone.CALM, language=w.language)


def unannounced(w: Words, years: set[int]) -> tuple[Note, ...]:
    """The small print for dates in years whose moved working days nobody has announced."""
    return tuple(note(w("calendar.unknown", year=year)) for year in sorted(years))
