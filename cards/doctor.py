"""What was examined: on the command line and, for project managers, as a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.findings import Finding, State
from cards.elements import Bold, Card, Text, Tone, bullets, note, text
from cards.words import Words

_SIGNS = {State.PASS: "✓", State.WARN: "!", State.FAIL: "✗", State.SKIP: "–"}
_TONES = {State.PASS: Tone.GOOD, State.WARN: Tone.WATCH, State.FAIL: Tone.BAD}


@dataclass(frozen=True, slots=True)
class Line:
    """A finding in words: what was found, what it breaks, and the one remedy."""

    code: str
    state: State
    found: str
    breaks: str = ""
    remedy: str = ""

    @property
    def sign(self) -> str:
        return _SIGNS[self.state]


def in_words(w: Words, finding: Finding) -> Line:
    """The sentences of a finding; `breaks` and `remedy` are there where something is wrong."""
    key = f"doctor.{finding.code}.{finding.state}"
    found, *rest = w(key, **finding.values).split("|")
    breaks, remedy = (*rest, "", "")[:2]
    return Line(finding.code, finding.state, found.strip(), breaks.strip(), remedy.strip())


def worst(findings: Sequence[Finding]) -> State:
    order = (State.FAIL, State.WARN, State.PASS)
    states = {finding.state for finding in findings}
    return next((state for state in order if state in states), State.PASS)


def diagnosis(w: Words, findings: Sequence[Finding]) -> Card:
    """The report as a card, the worst first."""
    ranks = list(_SIGNS)
    lines = sorted(
        (in_words(w, finding) for finding in findings),
        key=lambda line: -ranks.index(line.state) if line.state is not State.SKIP else 1,
    )
    shown: list[Text] = []
    for line in lines:
        more = "  ".join(part for part in (line.breaks, line.remedy) if part)
        shown.append(text(Bold(line.sign), " ", line.found, *([f"  {more}"] if more else [])))
    state = worst(findings)
    return Card(
        w("doctor.title"),
        (bullets(shown), note(w("doctor.hint"))),
        _TONES[state],
        tag=w(f"doctor.state.{state}"),
        language=w.language,
    )
