"""Which other wordings an entry keeps."""

from __future__ import annotations

from collections.abc import Sequence

from bot.language.faq.words import read

# A wording joins its entry at once when the search is at least so sure of that entry.
LEARN_FROM = 0.5
# So many are kept at most; more of them hardly help (docs/features/faq.md).
MOST = 30


def most_different(wordings: Sequence[str], most: int = MOST) -> tuple[str, ...]:
    """So many wordings at most: as long as there are more, one of the two most alike goes, the
    older one."""
    # Of very many only the newest are looked at: each is compared with every other one.
    newest = wordings[-3 * most :]
    left = [(words, frozenset(read(words).letters)) for words in newest]
    while len(left) > most:
        closeness = [
            (_closeness(one, other), place)
            for place, (_, one) in enumerate(left)
            for _, other in left[place + 1 :]
        ]
        del left[max(closeness, key=lambda pair: (pair[0], -pair[1]))[1]]
    return tuple(words for words, _ in left)


def _closeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)
