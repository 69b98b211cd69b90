"""Which texts share features with a question: an index in memory, small and quick to change.

A feature that few texts have says more than one that most have: its weight is BM25's. A query walks
the texts of its rarest features first, up to a bound, so that its cost does not grow with the
library.
"""

from __future__ import annotations

import heapq
import math
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

# Postings that one query walks at most: at 10,000 entries the features beyond are in so many texts
# that they do not change who is near.
WALK = 5_000
# BM25's usual constants; repetition within a text does not count, texts are short.
K1, B = 1.2, 0.75

Weights = Mapping[int, float]


def codes(features: Iterable[str]) -> array[int]:
    """Features as numbers."""
    return array("Q", map(_code, features))


@lru_cache(maxsize=16_384)
def _code(feature: str) -> int:
    """One or two letters exactly, more by a check sum."""
    if len(feature) > 2:
        return zlib.crc32(feature.encode()) | 1 << 40
    return ord(feature[0]) << 20 | ord(feature[-1]) | (len(feature) << 42)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's features with their weights, and the weight of all of them together."""

    weights: Weights
    whole: float


class Rarity:
    """How many texts have a feature, and what that makes it weigh."""

    def __init__(self) -> None:
        self.texts = 0
        self._length = 0
        self._having: defaultdict[int, int] = defaultdict(int)
        # What was weighed since the last change; questions come far more often than changes.
        self._weights: dict[int, float] = {}
        self._own: dict[int, float] = {}

    def count(self, row: Sequence[int], by: int = 1) -> None:
        """A text comes (`by` 1) or goes (-1)."""
        if self._weights:
            self._weights, self._own = {}, {}
        self.texts += by
        self._length += by * len(row)
        for feature in row:
            self._having[feature] += by

    def of(self, feature: int) -> float:
        weight = self._weights.get(feature)
        if weight is None:
            having = self._having.get(feature, 0)
            weight = math.log(1 + (self.texts - having + 0.5) / (having + 0.5))
            self._weights[feature] = weight
        return weight

    def _whole(self, row: Sequence[int]) -> float:
        """What all features of a text weigh; rows live as long as the text does."""
        whole = self._own.get(id(row))
        if whole is None:
            whole = self._own[id(row)] = sum([self.of(feature) for feature in row])
        return whole

    def asked(self, row: Sequence[int]) -> Asked:
        """What a question's features weigh. One that nobody has counts as if one text had it."""
        having = self._having
        known = {feature: self.of(feature) for feature in row if having.get(feature)}
        return Asked(known, sum(known.values()) + (len(row) - len(known)) * self.rarest())

    def rarest(self) -> float:
        """The weight of a feature that one text has."""
        return math.log(1 + (self.texts + 0.5) / 1.5)

    def score(self, asked: Asked, row: Sequence[int]) -> tuple[float, float]:
        """How much of the question a text covers (BM25, 0 to about 2), and of itself (0 to 1)."""
        place = asked.weights.get
        shared = sum([weight for feature in row if (weight := place(feature)) is not None])
        if not shared:
            return 0.0, 0.0
        usual = self._length / max(self.texts, 1)
        reach = (K1 + 1) / (1 + K1 * (1 - B + B * len(row) / max(usual, 1)))
        return shared * reach / asked.whole, shared / self._whole(row)

    def covered(self, asked: Asked, row: Sequence[int], usual: float) -> float:
        """As the first of `score`, for a longer text whose kind has `usual` features."""
        place = asked.weights.get
        shared = sum([weight for feature in row if (weight := place(feature)) is not None])
        reach = (K1 + 1) / (1 + K1 * (1 - B + B * len(row) / max(usual, 1)))
        return shared * reach / asked.whole if shared else 0.0


class Postings:
    """The entries that have a feature, for finding those worth a closer look."""

    def __init__(self) -> None:
        self._of: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))

    def add(self, entry: int, row: Iterable[int]) -> None:
        for feature in row:
            self._of[feature].append(entry)

    def near(self, weights: Weights, gone: set[int], most: int) -> list[int]:
        """The entries that share the most weight with a question, best first."""
        sums: defaultdict[int, float] = defaultdict(float)
        walked = 0
        for feature in sorted(weights, key=lambda one: -weights[one]):
            entries = self._of.get(feature, ())
            if walked and walked + len(entries) > WALK:
                break
            walked += len(entries)
            weight = weights[feature]
            for entry in entries:
                sums[entry] += weight
        for entry in gone & sums.keys():
            del sums[entry]
        return heapq.nlargest(most, sums, key=sums.__getitem__)
