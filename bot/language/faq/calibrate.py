"""From where on a library's first hit may be given as the answer, found on the library itself.

A bar that is right for one library is wrong for another: among 120 entries of one product a
likeness is telling that among 5,000 alike ones is not. So the library asks itself: each wording
with that wording hidden, to see how often it would be sure, and each question with its whole entry
hidden, to see how often it would be sure of something else. The larger the library, the likelier
does a question that has no entry lie next to one, so the more does the second count. What people
say of answers, 有用 or 没用, joins in as it comes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from bot.language.faq import BAR, Entry, Library, Without

# What is wanted of direct answers: so many right.
WANTED = 0.95
# Entries that are asked about at most, spread evenly over the library.
ASKED = 150
# Bars that are tried; where none will do nothing is answered directly.
BARS = (BAR, 0.93, 0.94, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.995, 0.998)
NEVER = 1.01
# One question in four has no entry (tests/data/faq), and in a library of this size or more it lies
# as near to one as the library's own questions do to one another; in a smaller one, more rarely.
UNANSWERABLE, CROWDED = 0.25, 5_000
# Fewer entries say nothing; so many answers that people judged weigh as much as the library itself.
FEWEST, JUDGED = 10, 40


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer that somebody called useful, or not."""

    confidence: float
    useful: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """The bar and what it is expected to give: how many direct answers are right, and how many
    questions that have an entry get one; `None` while nothing is known."""

    bar: float = BAR
    precision: float | None = None
    coverage: float | None = None


VectorOf = Callable[[Entry, int], object | None]


def calibrate(
    library: Library,
    vector_of: VectorOf = lambda entry, text: None,
    judged: Sequence[Judged] = (),
    wanted: float = WANTED,
) -> Calibration:
    """The lowest bar that keeps what is wanted.

    `vector_of` gives the stored vector of an entry's wording, where there are vectors; `wanted` is
    the share of direct answers that should be right.
    """
    steps = calibrating(library, vector_of, judged, wanted)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: Calibration = done.value
            return found


def calibrating(
    library: Library,
    vector_of: VectorOf = lambda entry, text: None,
    judged: Sequence[Judged] = (),
    wanted: float = WANTED,
) -> Generator[None, None, Calibration]:
    """As `calibrate`, stopping after every question, so that others get their turn."""
    if len(library) < FEWEST:
        return Calibration()
    known, strange = yield from _trials(library, vector_of)
    share = UNANSWERABLE * min(1.0, math.sqrt(len(library) / CROWDED))
    for bar in BARS:
        told = [one for one in known if one >= bar]
        if not told:
            break
        false = sum(one >= bar for one in strange) / len(strange) * share / (1 - share)
        coverage = len(told) / len(known)
        precision = sum(told) / len(known) / (coverage + false)
        heard = [one.useful for one in judged if one.confidence >= bar]
        precision = (precision * JUDGED + sum(heard)) / (JUDGED + len(heard))
        if precision >= wanted:
            return Calibration(bar, round(precision, 3), round(coverage, 3))
    return Calibration(NEVER, None, 0.0)


def _trials(
    library: Library, vector_of: VectorOf
) -> Generator[None, None, tuple[list[float], list[float]]]:
    """How sure the library is of its own wordings, and of questions whose entry is hidden."""
    entries = sorted(library.entries.values(), key=lambda entry: entry.id)
    known, strange = [], []
    for entry in entries[:: max(1, len(entries) // ASKED)]:
        alone = library.search(entry.question, None, vector_of(entry, 0), Without(entry.id))
        strange.append(alone.confidence)
        yield
        for place, text in enumerate(entry.texts if entry.variants else ()):
            again = library.search(text, None, vector_of(entry, place), Without(entry.id, place))
            known.append(again.confidence)
            yield
    # A library without other wordings: each question once, as it stands.
    known = known or [library.search(one.question, None, vector_of(one, 0)).confidence
                      for one in entries[:: max(1, len(entries) // ASKED)]]  # fmt: skip
    return known, strange
