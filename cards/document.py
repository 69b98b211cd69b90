"""A document to hand on: what a report says, without a word about the kind of file.

All strings are shown as they are; nothing in them is markup, a formula or a field. A document
travels to the process that prints it as JSON.
"""

from __future__ import annotations

from typing import Any

import msgspec

from cards.elements import Picture


class Item(msgspec.Struct, frozen=True):
    """One statement, and the records that it is taken from (`M3、R2`), empty for what a person
    wrote."""

    text: str
    evidence: str = ""


class Section(msgspec.Struct, frozen=True):
    """`note` is small print below the items; pictures stand behind it."""

    title: str
    items: tuple[Item, ...] = ()
    note: str = ""
    pictures: tuple[Picture, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """Rows for a spreadsheet. Texts stay texts, whatever they begin with."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...] = ()


class Document(msgspec.Struct, frozen=True):
    """`facts` are short label-and-value pairs below the title, `footer` stands on every page."""

    title: str
    subtitle: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    tables: tuple[Table, ...] = ()
    footer: str = ""
    language: str = "zh"


class Paper(msgspec.Struct, frozen=True):
    """What becomes one file: `name` is that of the file without its ending.

    A `zip` holds every document of `documents`, by file name, and `data` as JSON files; any other
    kind of file is the first document alone.
    """

    name: str
    documents: dict[str, Document]
    data: dict[str, Any] = {}
