"""What an entry's likeness to a question adds up to, and how sure that makes the first of them.

Two small linear models, each in two forms: without vectors (`lexical`) and with them (`semantic`).
The numbers stand in `tables/faq_weights.txt`; `training/faq.py` finds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from bot.language.tables import rows

# What is compared, in the order of a row; the last two only with vectors.
LIKENESS = (
    "letters.text", "letters.own", "letters.entry",
    "pairs.text", "pairs.own", "pairs.entry",
    "sounds.text", "sounds.own", "sounds.entry",
    "answer.letters", "answer.pairs",
    "vector.text", "vector.answer",
)  # fmt: skip
# What tells whether the first one is right, besides its own likeness.
STANDING = ("score", "ahead.of.second", "ahead.of.fourth", "share", "log.share", "agree", "length",
            "short")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weighing:
    """One form of the two models."""

    ranking: tuple[float, ...]
    certainty: tuple[float, ...]
    bias: float

    def score(self, row: Sequence[float]) -> float:
        return sum([a * b for a, b in zip(self.ranking, row, strict=True)])

    def confidence(self, standing: Sequence[float], row: Sequence[float]) -> float:
        """How likely the first entry is the right one, 0 to 1."""
        seen = (*standing, *row)
        total = self.bias + sum([a * b for a, b in zip(self.certainty, seen, strict=True)])
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def standing(
    scores: Sequence[float], ranked: Sequence[Sequence[float]], length: int
) -> list[float]:
    """How the first of some entries stands among them.

    `scores` and `ranked` (their rows) are best first; `length` is the question's in letters.
    """
    first = scores[0]
    second = scores[1] if len(scores) > 1 else first - 5
    fourth = scores[3] if len(scores) > 3 else second
    share = 1 / sum([math.exp(min(score - first, 30.0)) for score in scores])
    columns = list(zip(*ranked, strict=True))
    agree = sum([column[0] >= max(column) for column in columns]) / len(columns)
    return [first, first - second, first - fourth, share, math.log(share), agree,
            math.log(1 + length), min(length, 6) / 6]  # fmt: skip


@cache
def weighing(*, semantic: bool) -> Weighing:
    """The model as shipped."""
    form = "semantic" if semantic else "lexical"
    return parse(rows("faq_weights.txt"), form)


def parse(lines: Iterable[str], form: str) -> Weighing:
    """One form's numbers from the table's lines: form, model, feature, number."""
    found: dict[tuple[str, str], float] = {}
    for line in lines:
        kind, model, name, number = line.split()
        if kind == form:
            found[model, name] = float(number)
    likeness = LIKENESS if form == "semantic" else LIKENESS[:-2]
    return Weighing(
        tuple(found["ranking", name] for name in likeness),
        tuple(found["certainty", name] for name in (*STANDING, *likeness)),
        found["certainty", "bias"],
    )
