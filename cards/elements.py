"""The neutral card: what is shown, without a word about who draws it.

Plain strings are what people wrote or names from the database; the renderers escape them, so that
nobody can put a mention, a link or a picture into a card by typing one. Markup exists only as
`Bold`, `Muted`, `Mention` and `Link`. A card travels through the outbox as JSON (`pack`, `unpack`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from bot.core.actions import Action
from bot.core.actions import pack as pack_action


class Tone(StrEnum):
    """The colour of a card's head; every tone also has its word or sign on the card."""

    INFO = "info"
    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    CALM = "calm"


class Bold(msgspec.Struct, frozen=True, tag="bold"):
    text: str


class Muted(msgspec.Struct, frozen=True, tag="muted"):
    text: str


class Mention(msgspec.Struct, frozen=True, tag="at"):
    """A person by the platform's id; `name` stands where a platform cannot mention."""

    account: str
    name: str


class Link(msgspec.Struct, frozen=True, tag="link"):
    text: str
    url: str


class Plain(msgspec.Struct, frozen=True, tag="plain"):
    text: str


Inline = Plain | Bold | Muted | Mention | Link
Words = str | Bold | Muted | Mention | Link | Plain


class Text(msgspec.Struct, frozen=True, tag="text"):
    """One paragraph."""

    parts: tuple[Inline, ...]


class Bullets(msgspec.Struct, frozen=True, tag="bullets"):
    items: tuple[Text, ...]


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Short label-and-value pairs, side by side where there is room."""

    pairs: tuple[tuple[str, str], ...]


class Note(msgspec.Struct, frozen=True, tag="note"):
    """Small print."""

    parts: tuple[Inline, ...]


class Rule(msgspec.Struct, frozen=True, tag="rule"):
    """A line across the card."""


class Meter(msgspec.Struct, frozen=True, tag="meter"):
    """How much of a whole is there; the label says it in words."""

    value: int
    whole: int
    label: str


class Button(msgspec.Struct, frozen=True, tag="button"):
    """`typed` is the command that does the same; platforms without buttons print it."""

    label: str
    action: dict[str, Any]
    typed: str = ""
    style: str = "default"


class Buttons(msgspec.Struct, frozen=True, tag="buttons"):
    buttons: tuple[Button, ...]


class TextInput(msgspec.Struct, frozen=True, tag="input"):
    name: str
    label: str
    value: str = ""
    placeholder: str = ""
    required: bool = False
    lines: int = 1
    longest: int = 1000


class Choice(msgspec.Struct, frozen=True, tag="choice"):
    """Pick one of `options` (value, label)."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: str = ""
    required: bool = False


class DateInput(msgspec.Struct, frozen=True, tag="date"):
    name: str
    label: str
    value: str = ""
    required: bool = False


class TimeInput(msgspec.Struct, frozen=True, tag="time"):
    name: str
    label: str
    value: str = ""
    required: bool = False


Field = TextInput | Choice | DateInput | TimeInput


class Form(msgspec.Struct, frozen=True, tag="form"):
    """Fields that are sent together with `submit`."""

    name: str
    fields: tuple[Field, ...]
    submit: Button


class Fold(msgspec.Struct, frozen=True, tag="fold"):
    """Something longer behind its title."""

    title: str
    elements: tuple[Text | Bullets | Note, ...]
    open: bool = False


class Matrix(msgspec.Struct, frozen=True, tag="matrix"):
    """Risks by how likely they are (`across`) and what they would do (`up`), each 1 to 5.

    A point is a short label, how likely, how bad. `told` says the same in words, for whoever cannot
    see the picture and for platforms that show none.
    """

    title: str
    told: str
    across: str
    up: str
    points: tuple[tuple[str, int, int], ...]


class Bars(msgspec.Struct, frozen=True, tag="bars"):
    """Amounts side by side; a bar is its label, how much, and its tone."""

    title: str
    told: str
    unit: str
    bars: tuple[tuple[str, int, Tone], ...]


class GanttRow(msgspec.Struct, frozen=True):
    """One step: ISO dates of its start, of the end first agreed, of the end now expected.

    `end` is the end as it is planned now, or the day on which the step was done.
    """

    label: str
    start: str
    end: str
    baseline: str
    forecast: str
    done: bool = False
    late: bool = False


class Gantt(msgspec.Struct, frozen=True, tag="gantt"):
    """The plan over time. `legend` names: done, planned, late, baseline, forecast, today."""

    title: str
    told: str
    today: str
    rows: tuple[GanttRow, ...]
    legend: tuple[str, str, str, str, str, str]


class TrendLine(msgspec.Struct, frozen=True):
    """One line: its name, its tone, one value a step (`None` where nothing is known), and whether
    it is dashed, as what is planned is."""

    name: str
    tone: Tone
    values: tuple[float | None, ...]
    dashed: bool = False


class Trend(msgspec.Struct, frozen=True, tag="trend"):
    """How amounts, 0 or more, went over time.

    `steps` are short labels along the bottom, up to 60; of more only the last are drawn. `told`
    says the same in words. `most` is the top of the scale where that is fixed, such as 100.
    """

    title: str
    told: str
    unit: str
    steps: tuple[str, ...]
    lines: tuple[TrendLine, ...]
    most: float | None = None


Picture = Matrix | Bars | Gantt | Trend
Element = Text | Bullets | Facts | Note | Rule | Meter | Buttons | Form | Fold | Picture


class FollowUp(msgspec.Struct, frozen=True, tag="follow_up"):
    """What a new face of a card says where faces cannot be changed, as a message of its own.

    One that is not `needed` is left out when saying it would cost something.
    """

    words: str
    needed: bool = False


class Card(msgspec.Struct, frozen=True):
    """A message of the bot. `summary` is what a notification shows; it defaults to the title.

    Without a `follow_up` a new face of a card that hangs already says nothing new. One that is
    `urgent` rings at the person it is sent to, where the platform can do that.
    """

    title: str
    elements: tuple[Element, ...]
    tone: Tone = Tone.INFO
    subtitle: str = ""
    tag: str = ""
    summary: str = ""
    language: str = "zh"
    follow_up: FollowUp | None = None
    urgent: bool = False


def inline(*parts: Words) -> tuple[Inline, ...]:
    return tuple(Plain(part) if isinstance(part, str) else part for part in parts)


def text(*parts: Words) -> Text:
    return Text(inline(*parts))


def note(*parts: Words) -> Note:
    return Note(inline(*parts))


def bullets(items: list[Text] | list[str]) -> Bullets:
    return Bullets(tuple(text(item) if isinstance(item, str) else item for item in items))


def button(label: str, action: Action, *, typed: str = "", style: str = "default") -> Button:
    return Button(label, pack_action(action), typed, style)


def pack(card: Card) -> dict[str, Any]:
    """The card as plain data for the outbox."""
    packed: dict[str, Any] = msgspec.to_builtins(card)
    return packed


def unpack(data: Any) -> Card:
    return msgspec.convert(data, Card)


def plain(parts: tuple[Inline, ...]) -> str:
    """The words without any markup."""
    return "".join("@" + p.name if isinstance(p, Mention) else p.text for p in parts)
