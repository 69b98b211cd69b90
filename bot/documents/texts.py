"""What people wrote, made fit for the kinds of files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

# What no XML may hold, not even escaped; and what one paragraph of it takes for a command.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def plain(words: str) -> str:
    """The words with `\\n` as the only end of a line, and without what breaks an XML file."""
    return _NOT_XML.sub("", _ENDS.sub("\n", words))


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """A struct, a tuple or a dictionary with every string in it changed, also in its keys."""
    if type(value) is str:
        return change(value)
    if isinstance(value, msgspec.Struct):
        fields = (getattr(value, name) for name in value.__struct_fields__)
        return type(value)(*(changed(field, change) for field in fields))
    if isinstance(value, tuple | list):
        return tuple(changed(one, change) for one in value)
    if isinstance(value, dict):
        return {changed(key, change): changed(one, change) for key, one in value.items()}
    return value


def cut(words: str, longest: int) -> str:
    """At most so many UTF-16 units, as spreadsheets count."""
    if len(words) * 2 <= longest:
        return words
    return words.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")


def named(words: str, taken: set[str], forbidden: str, longest: int) -> str:
    """A name of at most `longest` UTF-16 units, without forbidden characters, not yet `taken`.

    It is taken then. Capital and small letters are no difference.
    """
    kept = "".join(" " if c in forbidden else c for c in plain(words).replace("\n", " "))
    name = cut(" ".join(kept.split()).strip(" .'"), longest).strip(" .'") or str(len(taken) + 1)
    found, number = name, 1
    while found.casefold() in taken:
        number += 1
        found = f"{cut(name, longest - len(str(number)) - 1).rstrip()} {number}"
    taken.add(found.casefold())
    return found
