"""All regular expressions of the product, and texts that are made to be hard for them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from bot.language.commands import _forms

ROOT = Path(__file__).parents[1]
ROOMS = ("bot", "cards", "handlers", "schedules", "storage")
# They are programs, or need a platform's own client.
_NOT_IMPORTED = ("__main__", "line", "make_template", "env")
_CALLS = {"compile", "sub", "split", "match", "search", "fullmatch", "findall", "finditer", "subn"}


def patterns() -> dict[str, re.Pattern[str]]:
    """By the pattern itself: those that modules hold, and those written where they are used."""
    found: dict[str, re.Pattern[str]] = {}
    for path in sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        if path.stem in _NOT_IMPORTED or "migrations" in path.parts:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
        held: list[re.Pattern[Any]] = [*_held(vars(module), 0), *_written(path)]
        for one in held:
            if isinstance(one.pattern, str):
                found.setdefault(one.pattern, one)
    forms = _forms()
    whole = [pattern for _, pattern, _ in forms.whole]
    begins = [pattern for _, pattern in forms.begins]
    for form in (*whole, *begins, *forms.vetoes.values()):
        found.setdefault(form.pattern, form)
    return found


def _held(value: Any, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, Mapping):
        for one in list(value.values()):
            yield from _held(one, depth + 1)
    elif depth < 4 and isinstance(value, tuple | list | set | frozenset):
        for one in value:
            yield from _held(one, depth + 1)


def _written(path: Path) -> Iterator[re.Pattern[str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in _CALLS
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield re.compile(node.args[0].value)


def _letters(tree: Any) -> Iterator[str]:
    """Letters that a pattern speaks of, one for each class, in their order."""
    for kind, value in tree:
        match str(kind):
            case "LITERAL" | "NOT_LITERAL":
                yield chr(value)
            case "RANGE":
                yield chr(value[0])
            case "CATEGORY":
                yield {"SPACE": " ", "DIGIT": "1"}.get(str(value).removeprefix("CATEGORY_"), "a")
            case "ANY":
                yield "a"
            case "IN":
                yield from _letters(value)
            case "BRANCH":
                for one in value[1]:
                    yield from _letters(one)
            case "SUBPATTERN":
                yield from _letters(value[-1])
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from _letters(value[2])
            case "ASSERT" | "ASSERT_NOT":
                yield from _letters(value[1])
            case "ATOMIC_GROUP":
                yield from _letters(value)


def pumps(pattern: re.Pattern[str], most: int = 40) -> list[str]:
    """What is worth repeating: each letter, neighbours, and what fits nearly anything."""
    letters = list(_letters(parser.parse(pattern.pattern, pattern.flags)))
    pairs = [one + other for one, other in pairwise(letters)]
    step = max(len(letters) // most, 1)
    usual = [" ", "\n", "1", "a", "的", "，", "一", "@", "a ", "1,", "- "]
    return list(dict.fromkeys([*usual, *letters[::step], *pairs[::step]]))


def hard(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Long repeats behind a beginning that fits, each ended by what breaks the match."""
    start = "".join(_letters(parser.parse(pattern.pattern, pattern.flags)))[:3]
    for pump in pumps(pattern):
        run = (pump * length)[:length]
        yield run + "\x01"
        yield start + run + "\x01"
