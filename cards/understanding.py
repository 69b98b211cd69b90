"""How a text was taken, and which words led there: for whoever tries the bot out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.standup import Entry
from bot.language.commands import OFFERED, Command
from bot.language.dates import When
from bot.language.normal import fold
from bot.language.risk import RiskSign
from bot.language.standup import FLAGS, StandupText
from bot.language.taken import Taken
from cards.elements import Bold, Bullets, Card, Muted, Text, Tone, bullets, text
from cards.words import Words

Lines = Iterator[Text]
_FLAGS = frozenset({*FLAGS, "numbered"})


def understanding(w: Words, taken: Taken) -> Card:
    """A section for each way: what was read, and why."""
    sections = {
        "command": _command(w, taken.command),
        "standup": _standup(w, taken.standup),
        "risk": _risk(w, taken.risk),
        "date": _date(w, taken.when),
    }
    elements: list[Text | Bullets] = []
    for name, lines in sections.items():
        elements += [text(Bold(w(f"understood.{name}"))), bullets(list(lines))]
    return Card(w("understood.title"), tuple(elements), Tone.CALM, language=w.language)


def why(w: Words, taken: Taken) -> str:
    """One sentence of the words that decided, for machines and terminals."""
    found = {
        "command": _trigger(taken.command),
        "standup": w("comma").join(words for words, _ in taken.standup.evidence[:4]),
        "risk": w("comma").join(taken.risk.evidence),
        "date": taken.when.words,
    }
    return "; ".join(
        f"{w(f'understood.{name}')}: {words}" for name, words in found.items() if words
    )


def _because(w: Words, words: str, sure: float) -> Text:
    said = w("understood.because", words=words) if words else w("understood.alone")
    return text(Muted(f"{said}  {w('understood.sure', percent=round(100 * sure))}"))


def _pairs(w: Words, slots: Mapping[str, str]) -> str:
    return w("comma").join(f"{_named(w, 'slot', name)}“{value}”" for name, value in slots.items())


def _intent(w: Words, intent: str) -> str:
    """An intent's name: the word that is typed for it where there is one."""
    return w(f"intent.{intent}") if intent in OFFERED else _named(w, "intent", intent)


def _named(w: Words, kind: str, name: str) -> str:
    """Its own name where no word has been found for it yet."""
    return w(f"understood.{kind}.{name}") if w.has(f"understood.{kind}.{name}") else name


def _trigger(command: Command) -> str:
    """The words of a command that are none of its slots."""
    left = command.evidence
    for value in sorted(command.slots.values(), key=len, reverse=True):
        left = left.replace(fold(value), "…")
    return left


def _command(w: Words, command: Command) -> Lines:
    if command.intent == "none":
        near = w("comma").join(w(f"intent.{intent}") for intent in command.near)
        yield text(
            w("understood.command.near", near=near) if near else w("understood.command.none")
        )
        return
    slots = f"  {_pairs(w, command.slots)}" if command.slots else ""
    yield text(Bold(_intent(w, command.intent)), slots, Muted(f"  {command.intent}"))
    yield _because(w, _trigger(command), command.confidence)


def _standup(w: Words, read: StandupText) -> Lines:
    flags = sorted(read.flags)
    if flags:
        yield text(w("comma").join(w(f"understood.flag.{flag}") for flag in flags))
    for name, items in _fields(read.entry):
        for place, item in enumerate(items):
            kinds = read.categories[place] if name == "blockers" and read.categories else ()
            more = f"  {_kinds(w, kinds)}" if kinds else ""
            yield text(Bold(w(f"standup.{name}")), f"  {item}", *([Muted(more)] if more else []))
    if read.entry.empty and not flags:
        yield text(w("understood.nothing"))
    words = w("comma").join(f"{words} → {_name(w, name)}" for words, name in read.evidence[:4])
    yield _because(w, words, read.confidence)


def _name(w: Words, name: str) -> str:
    """What a clause or a heading was taken for."""
    if name in ("done", "plan", "blockers"):
        return w(f"standup.{name}")
    return w(f"understood.flag.{name}") if name in _FLAGS else w("understood.nothing")


def _fields(entry: Entry) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "done", entry.done
    yield "plan", entry.plan
    yield "blockers", entry.blockers


def _kinds(w: Words, names: tuple[str, ...]) -> str:
    """Categories or a severity, in the reader's language."""
    return w("comma").join(w(f"understood.kind.{name}") for name in names)


def _risk(w: Words, sign: RiskSign) -> Lines:
    if sign.action == "none":
        yield text(w("understood.risk.none"))
        return
    kinds = _kinds(w, (sign.category, *sign.also))
    severity = _kinds(w, (sign.severity,))
    yield text(w(f"understood.risk.{sign.action}"), f"  {kinds}  {severity}")
    yield _because(w, w("comma").join(sign.evidence), sign.confidence)


def _date(w: Words, when: When) -> Lines:
    if when.day is None:
        yield text(w(f"understood.ask.{when.ask}") if when.ask else w("understood.date.none"))
        return
    first = f"{w.day(when.first)} – " if when.first else ""
    hour = f" {when.hour:%H:%M}" if when.hour else ""
    yield text(f"{first}{w.day(when.day)}{hour}  {when.iso()}")
    yield _because(w, when.words, when.confidence)
