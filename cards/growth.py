"""我的成长: a person's own record, for them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.actions import Action
from bot.domain.growth import SECTIONS
from bot.domain.report import Line
from cards.document import Document, Item, Paper, Section
from cards.elements import (
    Bold,
    Buttons,
    Card,
    Element,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.report import statement
from cards.report_lines import cited, said
from cards.words import Words

MOST_LINES = 6


@dataclass(frozen=True)
class ExportGrowth(Action, name="growth.export"):
    """`person_id` is whose record it is: nobody else can press it."""

    person_id: str
    kind: str


def growth_card(w: Words, person_id: str, name: str, lines: Mapping[str, Sequence[Line]]) -> Card:
    elements: list[Element] = []
    for section in SECTIONS:
        found = lines[section]
        elements.append(text(Bold(w(f"growth.{section}"))))
        elements.append(
            bullets(
                [statement(said(w, line), cited(w, line.sources)) for line in found[:MOST_LINES]]
            )
        )
        if len(found) > MOST_LINES:
            elements.append(note(w("report.more", count=len(found) - MOST_LINES)))
    kinds = ("docx", "pdf")
    elements.append(
        Buttons(
            tuple(
                button(
                    w(f"report.kind.{kind}"),
                    ExportGrowth(person_id, kind),
                    typed=w("growth.typed", kind=w(f"report.kind.{kind}")),
                )
                for kind in kinds
            )
        )
    )
    elements.append(note(w("growth.note")))
    return Card(w("growth"), tuple(elements), Tone.INFO, name, language=w.language)


def growth_paper(w: Words, name: str, lines: Mapping[str, Sequence[Line]], at: str) -> Paper:
    sections = tuple(
        Section(
            w(f"growth.{section}"),
            tuple(Item(said(w, line), cited(w, line.sources)) for line in lines[section]),
        )
        for section in SECTIONS
    )
    title = w("growth.paper", name=name)
    document = Document(title, "", (), sections, (), w("report.paper.footer", at=at), w.language)
    return Paper(title, {title: document})
