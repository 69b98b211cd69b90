"""The spellings in which a question is compared: in manual words and by sound.

Whoever asks types neither the library's words nor always its letters: "login 不了", "帐号所定了",
"wangji 密码". So a text is read twice:

- in manual words: every word that a table knows is replaced by its group's first (`登不上` and
  `login` become what a manual says), see `tables/synonyms.txt`, `tables/english.txt` and the
  project's own groups; compared by letters (Latin words whole) and by pairs of letters;
- by sound: syllables without tones, alike-sounding initials and finals folded, so that a wrong
  character or pinyin reads the same.

Single letters beat words cut by a segmenter and pairs alone (`training/faq.py` prints by how much).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from bot.language.normal import fold
from bot.language.tables import rows

# A question is read up to here.
LONGEST = 300
_MENTION = re.compile(r"@[\w\u4e00-\u9fff]+(?:老师|工|总)?")
_GREETING = re.compile(
    r"^(?:(?:你好|您好|大家好|各位好?|老师们?好?|师傅|哈[喽啰]|嗨|亲|在吗|在么|在不在|有人吗|请问一?下?|"
    r"问一?下|想问一?下|请教一?下?|咨询一?下?|麻烦问?一?下?|打扰一?下?|不好意思|早上好|上午好|下午好|"
    r"晚上好|那个|救命|急+|hi|hello|hey)[\s,，.。!！?？~～、:：呀啊哈哦呢]*)+"
)
_THANKS = re.compile(
    r"[\s,，.。!！~～]*(?:(?:多谢|谢谢|感谢|辛苦|麻烦|拜托|thx|thanks|thank you)"
    r"(?:您|你|了|啦|老师|各位|大家|哈|呀|啊|一下)*[\s,，.。!！~～]*)+$"
)
_OTHER = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_RUN = re.compile(r"[\u3400-\u9fff]+|[0-9a-z]+")
_LATIN_RUN = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """One text's features, each once."""

    letters: tuple[str, ...]
    pairs: tuple[str, ...]
    sounds: tuple[str, ...]
    sound_pairs: tuple[str, ...]


def bare(text: str) -> str:
    """What is asked, without mentions, greetings, thanks, emoji and punctuation."""
    said = _MENTION.sub(" ", fold(text[: 4 * LONGEST]))
    for _ in range(2):
        said = _THANKS.sub("", _GREETING.sub("", said.strip()))
    return " ".join(_OTHER.sub(" ", said).split())[:LONGEST]


class Thesaurus:
    """Words and what a manual calls them; longer words are replaced first."""

    def __init__(self, canon: Mapping[str, str]) -> None:
        self.canon = canon
        # By a word's first letter, how long such words are, longest first.
        sizes: dict[str, set[int]] = {}
        for word in canon:
            sizes.setdefault(word[0], set()).add(len(word))
        self._sizes = {letter: sorted(found, reverse=True) for letter, found in sizes.items()}

    @classmethod
    def of(cls, groups: Iterable[Sequence[str]]) -> Thesaurus:
        """From groups of words; the first of each is the manual's. An earlier group wins."""
        canon: dict[str, str] = {}
        for first, *others in groups:
            for word in (first, *others):
                canon.setdefault(word, canon.get(first, first))
        return cls(canon)

    def with_groups(self, groups: Iterable[Sequence[str]]) -> Thesaurus:
        """This one, overruled by a project's own groups."""
        own = dict(Thesaurus.of(groups).canon)
        return Thesaurus({word: own.get(first, first) for word, first in self.canon.items()} | own)

    def translate(self, said: str) -> str:
        """The text in manual words."""
        found: list[str] = []
        place = 0
        while place < len(said):
            size = self._match(said, place) if said[place] in self._sizes else 0
            if size:
                found.append(self.canon[said[place : place + size]])
                place += size
            else:
                found.append(said[place])
                place += 1
        return "".join(found)

    def _match(self, said: str, place: int) -> int:
        """How long the word is that begins here, 0 if none does; Latin words only as a whole."""
        latin = said[place].isascii()
        if latin and place and said[place - 1].isascii() and said[place - 1] != " ":
            return 0
        for size in self._sizes[said[place]]:
            if said[place : place + size] not in self.canon:
                continue
            after = said[place + size : place + size + 1]
            if not latin or not after.isascii() or after in ("", " "):
                return size
        return 0


@cache
def general() -> Thesaurus:
    """The words that every library shares."""
    english = (row.split("\t") for row in rows("english.txt"))
    foreign = {word: meant.split()[0] for word, meant in english}
    chinese = Thesaurus.of(row.split() for row in rows("synonyms.txt"))
    canon = {word: chinese.canon.get(meant, meant) for word, meant in foreign.items()}
    return Thesaurus(canon | dict(chinese.canon))


def read(text: str, thesaurus: Thesaurus | None = None) -> Reading:
    """A question's or an entry's features."""
    said = bare(text)
    manual = _RUN.findall((thesaurus or general()).translate(said))
    spoken = _spoken(said)
    return Reading(
        _once(letter for run in manual for letter in ((run,) if run[0].isascii() else run)),
        _once(a + b for run in manual if not run[0].isascii() for a, b in pairwise(run)),
        _once(f"'{one}" for one in spoken),
        _once(f"'{a}'{b}" for a, b in pairwise(spoken)),
    )


def _once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


@cache
def _syllable_of() -> dict[str, str]:
    return {
        letter: _alike(syllable)
        for syllable, letters in (row.split() for row in rows("pinyin.txt"))
        for letter in letters
    }


@cache
def _syllables() -> frozenset[str]:
    return frozenset(row.split()[0] for row in rows("pinyin.txt"))


def _alike(syllable: str) -> str:
    """Initials and finals that are confused in speech and typing, as one."""
    folded = re.sub("^([zcs])h", r"\1", syllable)
    return re.sub("([aei])ng$", r"\1n", folded)


def _spoken(said: str) -> list[str]:
    """The syllables of a text; Latin letters are cut where they are pinyin."""
    spoken: list[str] = []
    for run in _RUN.findall(said):
        if run[0].isascii():
            cut = segment(run) if _LATIN_RUN.fullmatch(run) else ()
            spoken += [_alike(one) for one in cut] or [run]
        else:
            spoken += [_syllable_of().get(letter, letter) for letter in run]
    return spoken


def segment(run: str) -> tuple[str, ...]:
    """Latin letters as pinyin syllables, or nothing when they are none."""
    if len(run) > 40:
        return ()
    best: list[tuple[str, ...] | None] = [(), *[None] * len(run)]
    for end in range(1, len(run) + 1):
        for size in range(min(6, end), 0, -1):
            before = best[end - size]
            if before is None or run[end - size : end] not in _syllables():
                continue
            cut = (*before, run[end - size : end])
            if best[end] is None or len(cut) < len(best[end] or ()):
                best[end] = cut
    return best[-1] or ()
