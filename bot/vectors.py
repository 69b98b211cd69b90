"""A library's vectors in memory, and how near a question's is to each of them.

Encoders put all sentences of one language into a narrow cone; only what is left after the library's
mean direction is taken away tells them apart. How much that is differs from encoder to encoder and
from library to library, so likeness is counted in spreads: the standard deviation of the cosine
between entries that have nothing to do with one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.embedders import Embedder
from bot.language.faq import Entry

Array = npt.NDArray[np.float32]
# Pairs of entries that the spread is taken from.
PAIRS = 4_000


@dataclass(frozen=True)
class _Built:
    """All vectors as two matrices; `first[n]` is where the wordings of the n-th entry begin."""

    numbers: list[int]
    place: dict[int, int]
    first: npt.NDArray[np.int64]
    texts: Array
    answers: Array
    has_answer: npt.NDArray[np.bool_]
    text_mean: Array
    answer_mean: Array
    spread: float


class Store:
    """The vectors of one library, by the numbers of its entries.

    Kept in half precision; the matrices that questions are compared with are made by `build`, off
    the way of questions.
    """

    def __init__(self) -> None:
        self._kept: dict[int, npt.NDArray[np.float16]] = {}
        self._answered: set[int] = set()
        self._built: _Built | None = None
        self._changed = False

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, number: object) -> bool:
        return number in self._kept

    def put(self, number: int, texts: Sequence[Any], answer: Any | None) -> None:
        """Keep an entry's vectors: one a wording, and the answer's if it has one."""
        rows = [*texts, answer] if answer is not None else list(texts)
        self._kept[number] = np.asarray(rows, dtype=np.float16)
        if answer is not None:
            self._answered.add(number)
        self._changed = True

    def wording(self, number: int | None, text: int) -> Array | None:
        """The kept vector of one wording of an entry."""
        rows = self._kept.get(number) if number is not None else None
        return rows[text].astype(np.float32) if rows is not None else None

    def keep_only(self, numbers: Iterable[int]) -> None:
        """Forget entries that are no more."""
        for number in self._kept.keys() - set(numbers):
            del self._kept[number]
            self._answered.discard(number)
            self._changed = True

    def build(self) -> _Built | None:
        """The matrices, made anew if something changed; `None` when there is nothing."""
        if self._changed or self._built is None:
            self._changed = False
            self._built = _build(dict(self._kept), self._answered) if self._kept else None
        return self._built

    def compare(self, question: object) -> _Compared | None:
        """How near everything is to a question's vector, as of the last `build`."""
        built = self._built or self.build()
        return _Compared(built, np.asarray(question, dtype=np.float32)) if built else None


class _Compared:
    def __init__(self, built: _Built, question: Array) -> None:
        self._built = built
        self._texts = built.texts @ _unit(question - built.text_mean) / built.spread
        self._answers = built.answers @ _unit(question - built.answer_mean) / built.spread
        self._best = np.maximum.reduceat(self._texts, built.first)
        self._answers = np.where(built.has_answer, self._answers, self._best)

    def nearest(self, most: int) -> list[int]:
        """The numbers of the entries whose wordings or answers are nearest."""
        both = self._best + self._answers
        most = min(most, len(both))
        found = np.argpartition(-both, most - 1)[:most]
        return [self._built.numbers[place] for place in found]

    def of(self, entry: int, without: int | None) -> tuple[float, float]:
        """An entry's nearest wording (one left out) and its answer; 0 while it has none."""
        place = self._built.place.get(entry)
        if place is None:
            return 0.0, 0.0
        text = float(self._best[place])
        if without is not None:
            ends = self._built.first[place + 1 : place + 2]
            rows = self._texts[self._built.first[place] : ends[0] if len(ends) else None]
            others = np.delete(rows, without)
            text = float(others.max()) if len(others) else 0.0
            if not self._built.has_answer[place]:
                return text, text
        return text, float(self._answers[place])


def vectors_of(entry: Entry, embedder: Embedder) -> tuple[Sequence[Any], Any | None]:
    """What `Store.put` wants of an entry. An answer is read with its question before it."""
    texts = list(entry.texts)
    if entry.answer:
        texts.append(entry.told)
    found = list(embedder.embed(texts))
    return found[: len(entry.texts)], found[-1] if entry.answer else None


def _build(kept: dict[int, npt.NDArray[np.float16]], answered: set[int]) -> _Built:
    numbers = list(kept)
    counts = [len(kept[number]) - (number in answered) for number in numbers]
    size = kept[numbers[0]].shape[1]
    texts = np.empty((sum(counts), size), dtype=np.float32)
    answers = np.zeros((len(numbers), size), dtype=np.float32)
    has = np.array([number in answered for number in numbers])
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    for place, number in enumerate(numbers):
        rows = kept[number]
        texts[first[place] : first[place] + counts[place]] = rows[: counts[place]]
        if has[place]:
            answers[place] = rows[-1]
    text_mean = texts.mean(axis=0)
    answer_mean = answers[has].mean(axis=0) if has.any() else text_mean
    texts = _unit(texts - text_mean)
    answers[has] = _unit(answers[has] - answer_mean)
    return _Built(
        numbers,
        {number: place for place, number in enumerate(numbers)},
        first,
        texts,
        answers,
        has,
        text_mean,
        answer_mean,
        _spread(texts[first]),
    )


def _unit(rows: Array) -> Array:
    """The rows at length 1; a row of nothing stays nothing."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit: Array = rows / np.maximum(length, 1e-6)
    return unit


def _spread(questions: Array) -> float:
    """The usual cosine, up or down, between questions picked at random (always the same)."""
    if len(questions) < 3:
        return 0.2
    dice = np.random.default_rng(1)
    one, other = dice.integers(0, len(questions), (2, PAIRS))
    apart = one != other
    cosines = (questions[one[apart]] * questions[other[apart]]).sum(axis=1)
    return max(float(cosines.std()), 0.02)
