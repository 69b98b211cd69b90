"""What a button means: a small frozen dataclass with a name of its own.

A platform carries an action as `{"a": name, "v": {field: value}}`. Actions hold ids, never rights
or words: who may press is decided on the server when the press arrives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar

_BY_NAME: dict[str, type[Action]] = {}


@dataclass(frozen=True)
class Action:
    """Base of all typed button data. Fields are `str`, `int` or `bool`."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls, *, name: str) -> None:
        if name in _BY_NAME:
            msg = f"two actions are called {name}"
            raise TypeError(msg)
        cls.name = name
        _BY_NAME[name] = cls


def pack(action: Action) -> dict[str, Any]:
    """Shape an action as it travels inside a card."""
    return {"a": action.name, "v": {name: getattr(action, name) for name in _names(action.name)}}


@cache
def _names(name: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(_BY_NAME[name]))


def unpack(value: object) -> Action | None:
    """Read an action back; `None` for anything that Golive did not make."""
    if not isinstance(value, Mapping):
        return None
    kind = _BY_NAME.get(str(value.get("a")))
    given = value.get("v") or {}
    if kind is None or not isinstance(given, Mapping):
        return None
    wanted = {"str": str, "int": int, "bool": bool}
    taken: dict[str, Any] = {}
    for field in fields(kind):
        if field.name not in given:
            return None
        if type(given[field.name]) is not wanted[str(field.type)]:
            return None
        taken[field.name] = given[field.name]
    return kind(**taken)


@dataclass(frozen=True)
class SayCommand(Action, name="say"):
    """The button types this text for the person, as if they had written it."""

    text: str
