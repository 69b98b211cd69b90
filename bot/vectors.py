"""A library's vectors in memory, and how near a question's is to each of them.

Encoders put all sentences of one language into a narrow cone; only what is left after the library's
mean direction is taken away tells them apart. How much that is differs from encoder to encoder and
from library to library, so likeness is counted in spreads: the standard deviation of the cosine
between entries that have nothing to do with one another.

A question is first compared along the library's main directions only, which is quick and enough to
tell which entries may be near; those are then compared as a whole.
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
Half = npt.NDArray[np.float16]
# Pairs of entries that the spread is taken from, and rows that the main directions are.
PAIRS, SAMPLE = 4_000, 2_000
# Main directions, and entries that are compared as a whole.
DIRECTIONS, SHORTLIST = 64, 96
# Rows that are made ready at a time.
BLOCK = 4_096


@dataclass(frozen=True)
class _Side:
    """The wordings or the answers: what is common to all, and the rest along main directions."""

    mean: Array
    basis: Array
    along: Array

    def towards(self, question: Array) -> tuple[Array, Array]:
        """A question without what is common, and its coarse likeness to each row."""
        own = _unit(question - self.mean)
        return own, self.along @ (own @ self.basis)


@dataclass(frozen=True)
class _Built:
    """`rows` holds the wordings of all entries (`first` says where each begins), then the answers.

    `answer_at` is an answer's row, -1 where an entry has none.
    """

    numbers: list[int]
    place: dict[int, int]
    first: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    answer_at: npt.NDArray[np.int64]
    rows: Half
    texts: _Side
    answers: _Side
    spread: float


class Store:
    """The vectors of one library, by the numbers of its entries, in half precision.

    What questions are compared with is made by `build`, off the way of questions.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Half, bool]] = {}
        self._built: _Built | None = None
        self._changed = False

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, number: object) -> bool:
        return number in self._kept

    def put(self, number: int, texts: Sequence[Any], answer: Any | None) -> None:
        """Keep an entry's vectors: one a wording, and the answer's if it has one."""
        rows = [*texts, answer] if answer is not None else list(texts)
        self._kept[number] = np.asarray(rows, dtype=np.float16), answer is not None
        self._changed = True

    def wording(self, number: int | None, text: int) -> Array | None:
        """The kept vector of one wording of an entry."""
        rows, answered = self._kept.get(number, (None, False)) if number is not None else (None, 0)
        if rows is None or text >= len(rows) - answered:
            return None
        found: Array = rows[text].astype(np.float32)
        return found

    def keep_only(self, numbers: Iterable[int]) -> None:
        """Forget entries that are no more."""
        for number in self._kept.keys() - set(numbers):
            del self._kept[number]
            self._changed = True

    def build(self) -> _Built | None:
        """What is compared with, made anew if something changed; `None` when there is nothing."""
        if self._changed or self._built is None:
            self._changed = False
            self._built = _build(dict(self._kept)) if self._kept else None
        return self._built

    def compare(self, question: object) -> _Compared | None:
        """How near everything is to a question's vector, as of the last `build`."""
        built = self._built or self.build()
        return _Compared(built, np.asarray(question, dtype=np.float32)) if built else None


class _Compared:
    def __init__(self, built: _Built, question: Array) -> None:
        self._built = built
        self._text, texts = built.texts.towards(question)
        self._answer, answers = built.answers.towards(question)
        best = np.maximum.reduceat(texts, built.first)
        has = built.answer_at >= 0
        coarse = best + best
        if has.any():
            coarse[has] = best[has] + answers
        most = min(SHORTLIST, len(coarse))
        self._shortlist = np.argpartition(-coarse, most - 1)[:most]
        self._known: dict[int, tuple[float, float]] = {}
        self._weigh(self._shortlist)

    def _weigh(self, places: npt.NDArray[np.intp]) -> None:
        """Compare some entries as a whole."""
        built, counts = self._built, self._built.counts[places]
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        index = np.repeat(built.first[places] - starts, counts) + np.arange(counts.sum())
        best = np.maximum.reduceat(self._likeness(index, built.texts, self._text), starts)
        at = built.answer_at[places]
        answers = np.where(at >= 0, self._likeness(at, built.answers, self._answer), best)
        for place, text, answer in zip(places.tolist(), best.tolist(), answers.tolist(),
                                       strict=True):  # fmt: skip
            self._known[place] = (text, answer)

    def _likeness(self, index: npt.NDArray[np.int64], side: _Side, own: Array) -> Array:
        rows = _unit(self._built.rows[index].astype(np.float32) - side.mean)
        found: Array = rows @ own / self._built.spread
        return found

    def nearest(self, most: int) -> list[int]:
        """The numbers of the entries whose wordings or answers are nearest."""
        places = sorted(self._shortlist.tolist(), key=lambda place: -sum(self._known[place]))
        return [self._built.numbers[place] for place in places[:most]]

    def look_at(self, entries: Iterable[int]) -> None:
        """Compare these as a whole."""
        places = [p for entry in entries if (p := self._built.place.get(entry)) is not None]
        missing = [place for place in places if place not in self._known]
        if missing:
            self._weigh(np.array(missing))

    def of(self, entry: int, without: int | None) -> tuple[float, float]:
        """An entry's nearest wording (one left out) and its answer; 0 while it has none."""
        place = self._built.place.get(entry)
        if place is None:
            return 0.0, 0.0
        if place not in self._known:
            self._weigh(np.array([place]))
        text, answer = self._known[place]
        if without is not None:
            built = self._built
            start, count = int(built.first[place]), int(built.counts[place])
            index = np.array([start + n for n in range(count) if n != without], dtype=np.int64)
            others = self._likeness(index, built.texts, self._text)
            text = float(others.max()) if len(others) else 0.0
            if built.answer_at[place] < 0:
                return text, text
        return text, answer


def vectors_of(entry: Entry, embedder: Embedder) -> tuple[Sequence[Any], Any | None]:
    """What `Store.put` wants of an entry."""
    return of_made(entry, embedder.embed(list(entry.encoded)))


def of_made(entry: Entry, made: Sequence[Any]) -> tuple[Sequence[Any], Any | None]:
    """The vectors of `Entry.encoded` as `Store.put` wants them."""
    wordings = len(entry.texts)
    return made[:wordings], made[wordings] if entry.answer else None


def packed(made: Iterable[Any]) -> bytes:
    """Vectors of one entry as they are stored: half precision, little endian, one after another."""
    return np.asarray(list(made), dtype="<f2").tobytes()


def unpacked(stored: bytes) -> Half:
    """One stored vector."""
    return np.frombuffer(stored, dtype="<f2").astype(np.float16)


def _build(kept: dict[int, tuple[Half, bool]]) -> _Built:
    numbers = list(kept)
    answered = np.array([has for _, has in kept.values()])
    counts = np.array([len(rows) - has for rows, has in kept.values()], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    wordings = int(counts.sum())
    answer_at = np.where(answered, wordings + np.cumsum(answered) - 1, -1)
    rows = np.concatenate(
        [
            *(found[: len(found) - has] for found, has in kept.values()),
            *(found[-1:] for found, has in kept.values() if has),
        ]
    )
    texts = _side(rows[:wordings])
    return _Built(
        numbers,
        {number: place for place, number in enumerate(numbers)},
        first,
        counts,
        answer_at,
        rows,
        texts,
        _side(rows[wordings:]) if answered.any() else texts,
        _spread(_unit(rows[first].astype(np.float32) - texts.mean)),
    )


def _side(rows: Half) -> _Side:
    mean: Array = rows.mean(axis=0, dtype=np.float32)
    some = rows[:: max(1, len(rows) // SAMPLE)].astype(np.float32)
    basis = _directions(_unit(some - mean))
    along = np.empty((len(rows), basis.shape[1]), dtype=np.float32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK].astype(np.float32)
        along[start : start + BLOCK] = _unit(block - mean) @ basis
    return _Side(mean, basis, along)


def _directions(rows: Array) -> Array:
    """The directions along which rows differ most, as columns."""
    _, found = np.linalg.eigh(rows.T @ rows)
    return np.ascontiguousarray(found[:, ::-1][:, :DIRECTIONS], dtype=np.float32)


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
