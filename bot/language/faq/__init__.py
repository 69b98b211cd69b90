"""Which entry of a library answers a question: one function, `Library.search`.

A question and who asks in; entries ranked, how sure that is and why out. Three outcomes: `answer`
(sure), `offer` (up to three that may be meant), `refuse` (nothing is near). How sure is sure is the
library's own affair, see `calibrate`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.language.faq.index import Asked, Postings, Rarity, codes
from bot.language.faq.weighing import standing, weighing
from bot.language.faq.words import Reading, Thesaurus, bare, read

# Entries that get a closer look, from the letters and from the vectors.
LOOKED_AT, LOOKED_AT_BY_VECTOR = 32, 24
# How many may be offered.
OFFERED = 3
# An answer is given from this certainty on, unless the library's own calibration asks for more.
BAR = 0.92
# Below this nothing is offered: greetings, complaints and other fields' questions lie there.
NEAR = 0.05

# Sentences whose likeness an encoder is tried on: the first two are alike, the third is not.
KNOWN = ("忘记登录密码怎么办", "密码忘了如何找回", "如何打印三联单")


class Audience(StrEnum):
    """Whom an entry is for, and as whom somebody asks."""

    ALL = "all"
    ADMIN = "admin"
    USER = "user"


class Outcome(StrEnum):
    ANSWER = "answer"
    OFFER = "offer"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with its other wordings and its answer; `shared` by several libraries or not."""

    id: str
    question: str
    variants: tuple[str, ...] = ()
    answer: str = ""
    audience: Audience = Audience.ALL
    shared: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.question, *self.variants)

    @property
    def encoded(self) -> tuple[str, ...]:
        """What an encoder reads: each wording, then the answer with its question before it."""
        return (*self.texts, f"{self.question}。{self.answer}") if self.answer else self.texts


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry and its text that is nearest; `near` says that they share more than how one asks."""

    entry: Entry
    score: float
    wording: str
    near: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gives. `confidence` (0 to 1) is how likely the first hit is right.

    `withheld` says that an entry which the asker may not see is nearer than all these.
    """

    outcome: Outcome
    hits: tuple[Hit, ...] = ()
    confidence: float = 0.0
    withheld: bool = False
    asked: str = ""

    @property
    def offered(self) -> tuple[Hit, ...]:
        """The hits that may be meant."""
        return tuple(hit for hit in self.hits[:OFFERED] if hit.near)


class Likeness(Protocol):
    """How near a library's vectors are to one question's; numbers are the library's."""

    def nearest(self, most: int) -> Iterable[int]: ...

    def look_at(self, entries: Iterable[int]) -> None:
        """`of` will be asked of these: together is quicker than one by one."""

    def of(self, entry: int, without: int | None) -> tuple[float, float]:
        """Of an entry's wordings (one left out) and of its answer, in spreads of the library."""


class Vectors(Protocol):
    """A library's vectors, by the numbers of its entries."""

    def compare(self, question: object) -> Likeness | None: ...

    def wording(self, number: int | None, text: int) -> object | None:
        """The kept vector of one wording of an entry."""


@dataclass(slots=True)
class _Kept:
    """An entry's features: a row a wording, one of all wordings together, one of the answer."""

    entry: Entry
    texts: list[tuple[array[int], array[int], array[int]]]
    together: tuple[array[int], array[int], array[int]]
    answer: tuple[array[int], array[int]] | None


@dataclass(frozen=True, slots=True)
class Without:
    """What a search leaves out: a whole entry, or one of its wordings."""

    entry: str
    text: int | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    letters: Asked
    pairs: Asked
    sounds: Asked
    length: int


@dataclass
class Library:
    """Entries in memory, ready to be searched; `put` and `remove` keep it up to date."""

    thesaurus: Thesaurus | None = None
    bar: float = BAR
    vectors: Vectors | None = None
    _numbers: dict[str, int] = field(default_factory=dict)
    _kept: dict[int, _Kept] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)
    _near: Postings = field(default_factory=Postings)
    _rarity: tuple[Rarity, Rarity, Rarity] = field(
        default_factory=lambda: (Rarity(), Rarity(), Rarity())
    )
    _joint: list[int] = field(default_factory=lambda: [0, 0, 0])
    _answers: list[int] = field(default_factory=lambda: [0, 0, 0])
    _next: int = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._numbers

    @property
    def entries(self) -> Mapping[int, Entry]:
        """The entries by their numbers here."""
        return {number: kept.entry for number, kept in self._kept.items()}

    def entry(self, number: int) -> Entry:
        """The entry with a number."""
        return self._kept[number].entry

    def number(self, id_: str) -> int | None:
        """The number that an entry has here until it changes."""
        return self._numbers.get(id_)

    def put(self, entry: Entry) -> int:
        """Add an entry, or replace the one with its id; the number it has from now on."""
        self.remove(entry.id)
        number, self._next = self._next, self._next + 1
        readings = [read(text, self.thesaurus) for text in entry.texts]
        texts = [_row(reading) for reading in readings]
        together = _join(texts)
        answer = read(entry.answer, self.thesaurus) if entry.answer else None
        kept = _Kept(
            entry, texts, together, (codes(answer.letters), codes(answer.pairs)) if answer else None
        )
        spoken = codes(dict.fromkeys(s for one in readings for s in one.sound_pairs))
        self._near.add(number, [*together[0], *together[1], *spoken])
        self._numbers[entry.id], self._kept[number] = number, kept
        self._count(kept, 1)
        return number

    def remove(self, id_: str) -> None:
        """Forget an entry."""
        number = self._numbers.pop(id_, None)
        if number is not None:
            self._count(self._kept.pop(number), -1)
            self._gone.add(number)

    def _count(self, kept: _Kept, by: int) -> None:
        for channel, rarity in enumerate(self._rarity):
            for row in kept.texts:
                rarity.count(row[channel], by)
            self._joint[channel] += by * len(kept.together[channel])
        if kept.answer:
            self._answers[2] += by
            for channel, features in enumerate(kept.answer):
                self._answers[channel] += by * len(features)

    def search(
        self,
        question: str,
        audience: Audience | None = None,
        vector: object | None = None,
        without: Without | None = None,
        most: int = 10,
    ) -> Found:
        """Rank the entries for a question.

        `audience` is as whom it is asked; an administrator sees what is for users too, and `None`
        sees all. `vector` is the question's, where the library has vectors. `without` hides an
        entry or a wording, for the library's calibration.
        """
        reading = read(question, self.thesaurus)
        if not reading.letters or not self._kept:
            return Found(Outcome.REFUSE, asked=bare(question))
        compared = self.vectors.compare(vector) if self.vectors and vector is not None else None
        asked = self._question(reading)
        ranked = self._ranked(asked, self._candidates(reading, asked, compared), compared, without)
        shown = [one for one in ranked if may_see(audience, one[2].entry.audience)]
        withheld = bool(ranked) and (not shown or ranked[0][0] > shown[0][0] + 1.0)
        if audience is Audience.ADMIN:
            shown.sort(key=lambda one: -(one[0] + (one[2].entry.audience is Audience.ADMIN) * 0.5))
        if not shown:
            return Found(Outcome.REFUSE, withheld=withheld, asked=bare(question))
        scores, rows = [one[0] for one in shown], [one[1] for one in shown]
        seen = standing(scores, rows, asked.length)
        sure = weighing(semantic=compared is not None).confidence(seen, rows[0])
        hits = tuple(
            Hit(
                kept.entry, round(score, 3), self._wording(asked, kept), _shares(reading, row, kept)
            )
            for score, row, kept in shown[:most]
        )
        near = any(hit.near for hit in hits[:OFFERED])
        outcome = self._outcome(sure) if near else Outcome.REFUSE
        return Found(outcome, hits, round(sure, 4), withheld and near, bare(question))

    def looked_at(
        self, question: str, vector: object | None = None
    ) -> list[tuple[Entry, list[float]]]:
        """The entries that a search looks at with their likeness, for training."""
        reading = read(question, self.thesaurus)
        compared = self.vectors.compare(vector) if self.vectors and vector is not None else None
        asked = self._question(reading)
        found = []
        for number in self._candidates(reading, asked, compared):
            kept = self._kept[number]
            row = self._likeness(asked, kept, None)
            found.append((kept.entry, [*row, *compared.of(number, None)] if compared else row))
        return found

    def _outcome(self, sure: float) -> Outcome:
        if sure >= self.bar:
            return Outcome.ANSWER
        return Outcome.OFFER if sure >= NEAR else Outcome.REFUSE

    def _question(self, reading: Reading) -> _Question:
        letters, pairs, sounds = self._rarity
        return _Question(
            letters.asked(codes(reading.letters)),
            pairs.asked(codes(reading.pairs)),
            sounds.asked(codes(reading.sounds)),
            len(reading.sounds),
        )

    def _candidates(
        self, reading: Reading, asked: _Question, compared: Likeness | None
    ) -> Iterable[int]:
        spoken = dict.fromkeys(codes(reading.sound_pairs), self._rarity[2].rarest() / 2)
        weights = dict(asked.letters.weights) | dict(asked.pairs.weights) | spoken
        found = dict.fromkeys(self._near.near(weights, self._gone, LOOKED_AT))
        if compared:
            found.update(dict.fromkeys(compared.nearest(LOOKED_AT_BY_VECTOR)))
            compared.look_at(found)
        return found

    def _ranked(
        self,
        asked: _Question,
        candidates: Iterable[int],
        compared: Likeness | None,
        without: Without | None,
    ) -> list[tuple[float, list[float], _Kept]]:
        weigh = weighing(semantic=compared is not None)
        found = []
        for number in candidates:
            kept = self._kept.get(number)
            if kept is None:
                continue
            left_out = None
            if without and without.entry == kept.entry.id:
                if without.text is None:
                    continue
                left_out = without.text
            row = self._likeness(asked, kept, left_out)
            if compared:
                row += compared.of(number, left_out)
            found.append((weigh.score(row), row, kept))
        found.sort(key=lambda one: (-one[0], one[2].entry.id))
        return found

    def _likeness(self, asked: _Question, kept: _Kept, left_out: int | None) -> list[float]:
        """The row of an entry, see `weighing.LIKENESS`; without the vectors'."""
        texts, together = kept.texts, kept.together
        if left_out is not None:
            texts = [row for place, row in enumerate(texts) if place != left_out]
            together = _join(texts)
        found: list[float] = []
        for channel, said in enumerate((asked.letters, asked.pairs, asked.sounds)):
            rarity = self._rarity[channel]
            scores = [rarity.score(said, row[channel]) for row in texts]
            found.append(max([score for score, _ in scores], default=0.0))
            found.append(max([own for _, own in scores], default=0.0))
            usual = self._joint[channel] / max(len(self._kept), 1)
            found.append(rarity.covered(said, together[channel], usual))
        if kept.answer is None:
            return [*found, found[2], found[5]]
        for channel, said in enumerate((asked.letters, asked.pairs)):
            usual = self._answers[channel] / max(self._answers[2], 1)
            found.append(self._rarity[channel].covered(said, kept.answer[channel], usual))
        return found

    def _wording(self, asked: _Question, kept: _Kept) -> str:
        """The wording of an entry that is nearest by its letters."""
        scores = [self._rarity[0].score(asked.letters, row[0])[0] for row in kept.texts]
        return kept.entry.texts[scores.index(max(scores))]


def may_see(asker: Audience | None, entry: Audience) -> bool:
    """Whether somebody who asks as `asker` may see an entry; administrators see users' too."""
    return asker in (None, Audience.ADMIN) or entry in (Audience.ALL, asker)


# Letters of how one asks, whatever one asks about.
_ASKING = frozenset("怎么如何样吗呢啥咋什为能可以在哪里办做是的了有没不要会请问一下个这那我你")
# From so much of its sounds on, or so many spreads of meaning, a text shares more than that.
_SOUNDS_ALIKE, _MEANS_ALIKE = 0.6, 1.5


def _shares(reading: Reading, row: Sequence[float], kept: _Kept) -> bool:
    """Whether a question and an entry have more in common than how one asks."""
    has = {*kept.together[1], *(kept.answer[1] if kept.answer else ())}
    pairs = [pair for pair in reading.pairs if not _ASKING.issuperset(pair)]
    if has.intersection(codes(pairs)):
        return True
    words = [word for word in reading.letters if len(word) > 1]
    if set(kept.together[0]).intersection(codes(words)):
        return True
    return row[6] >= _SOUNDS_ALIKE or max(row[11:], default=0.0) >= _MEANS_ALIKE


def _row(reading: Reading) -> tuple[array[int], array[int], array[int]]:
    return codes(reading.letters), codes(reading.pairs), codes(reading.sounds)


def _join(
    rows: Sequence[tuple[array[int], array[int], array[int]]],
) -> tuple[array[int], array[int], array[int]]:
    """The features of several texts together."""
    if len(rows) == 1:
        return rows[0]
    joined = [array("Q", dict.fromkeys(f for row in rows for f in row[n])) for n in range(3)]
    return joined[0], joined[1], joined[2]
