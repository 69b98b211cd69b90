"""A card as plain text: for logs, for the command line, and where a platform refuses a card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from cards.elements import (
    Bars,
    Bullets,
    Buttons,
    Card,
    Element,
    Facts,
    Fold,
    Form,
    Gantt,
    Matrix,
    Meter,
    Note,
    Rule,
    Text,
    Trend,
    plain,
)


def render(card: Card) -> str:
    """The card's words, line by line, each button as the command to type."""
    head = " · ".join(part for part in (card.title, card.tag, card.subtitle) if part)
    return "\n".join([head, *(line for element in card.elements for line in _lines(element))])


def _lines(element: Element) -> Iterator[str]:
    match element:
        case Text(parts) | Note(parts):
            yield plain(parts)
        case Bullets(items):
            yield from (f"- {plain(item.parts)}" for item in items)
        case Facts(pairs):
            yield from (f"{label}: {value}" for label, value in pairs)
        case Rule():
            yield "———"
        case Meter(label=label):
            yield label
        case Buttons(buttons):
            yield from (f"[{b.label}] {b.typed}".rstrip() for b in buttons)
        case Form(fields=fields, submit=submit):
            yield (
                " / ".join(field.label for field in fields) + f" [{submit.label}] {submit.typed}"
            )
        case Fold(title, inner):
            yield title
            for part in inner:
                yield from _lines(part)
        case Matrix(told=told) | Bars(told=told) | Gantt(told=told) | Trend(told=told):
            yield told
        case _:
            assert_never(element)
