"""Whether a line in a chat tells of a trouble, tells that one is over, or neither."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from bot.language.dates.numbers import NUMBER, number
from bot.language.grams import grams, shape
from bot.language.linear import load
from bot.language.normal import fold, language_of

CATEGORIES = (
    "需求变更", "接口延迟", "数据迁移异常", "环境/权限", "人员/资源", "客户配合", "质量缺陷",
    "进度延期", "范围蔓延",
)  # fmt: skip
# What things are counted with.
MEASURES = "天周个次人家条台块点张项份处名位月年日小套间层门页行笔单批轮期班轮"
# The category of what is not done in time.
LATE = CATEGORIES[7]
# A trouble is named only when it is likelier than not: false alarms make people switch the bot off.
# That one is over is taken on less, because somebody confirms it. Chosen on authors that the model
# had not seen (docs/features/understanding.md).
OPEN_FROM = 0.5
RESOLVE_FROM = 0.3
# The model has seen little English.
OPEN_FROM_IN_ENGLISH = 0.7


@dataclass(frozen=True, slots=True)
class RiskSign:
    """How a line was taken. `action` is `open`, `resolve` or `none`; severity is 高, 中 or 低.

    `also` are other likely categories. Category and severity are set for `open` and `resolve`.
    """

    action: str
    category: str = ""
    also: tuple[str, ...] = ()
    severity: str = ""
    evidence: tuple[str, ...] = ()
    confidence: float = 0.0


def read(text: str) -> RiskSign:
    """Take one line of chat. Any text gets an answer."""
    features = grams(text)
    model = load("risk_action")
    chance = model.chances(features)
    least = OPEN_FROM if language_of(text) == "zh" else OPEN_FROM_IN_ENGLISH
    if chance["open"] >= max(least, chance["resolve"]):
        action = "open"
    elif chance["resolve"] >= max(RESOLVE_FROM, 0.7 * chance["open"]):
        action = "resolve"
    else:
        return RiskSign("none", confidence=1 - chance["open"])
    kinds = load("risk_category").chances(features)
    severities = load("risk_severity").chances(grams(text, 3))
    best = sorted(kinds, key=lambda name: -kinds[name])
    return RiskSign(
        action,
        best[0],
        tuple(name for name in best[1:3] if kinds[name] >= kinds[best[0]] / 2),
        max(severities, key=lambda name: severities[name]),
        model.evidence(features, action),
        chance[action],
    )


# What words for how bad it is weigh on the scale of 1 to 5 (bot/domain/risk.py).
WEIGHTS = {"高": 4, "中": 3, "低": 2, "high": 4, "medium": 3, "low": 2}
# Two texts tell of the same trouble when so much of the shorter one stands in the other, and there
# is enough of both to tell. At 0.65 of 40 paraphrases 35 are found, 13 of 40 near misses are taken
# (only the thing that is troubled differs), and none of 264,308 pairs of different Chinese lines
# by one author (training/data/risk_*.jsonl). English words repeat less.
SAME_FROM = 0.65
SAME_FROM_IN_ENGLISH = 0.55
_ENOUGH = 5
_UNIT = re.compile(r"[a-z]+|[^\W_]")
_NUMBERS = re.compile(rf"\d+(?:\.\d+)?%?|{NUMBER}(?=[{MEASURES}])")


def kind(text: str) -> str:
    """The likeliest category of a text that is known to tell of a trouble."""
    chances = load("risk_category").chances(grams(text))
    return max(chances, key=lambda name: chances[name])


def same(text: str, known: Mapping[str, str]) -> str | None:
    """Which of the known texts, by id, tells of the same trouble; the most alike of several."""
    if len(_units(text)) < _ENOUGH:
        return next((id_ for id_, words in known.items() if words.strip() == text.strip()), None)
    alike = {id_: _alike(text, words) for id_, words in known.items()}
    best = max(alike, key=lambda id_: alike[id_], default=None)
    least = SAME_FROM if language_of(text) == "zh" else SAME_FROM_IN_ENGLISH
    return best if best is not None and alike[best] >= least else None


@lru_cache(maxsize=4096)
def _units(text: str) -> tuple[str, ...]:
    """A text's letters, words of Latin letters as one."""
    return tuple(_UNIT.findall(shape(text)))


@lru_cache(maxsize=4096)
def _counted(text: str) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """A text's units and pairs of units. The same few texts are compared again and again."""
    units = _units(text)
    return Counter(units), Counter(pairwise(units))


def _alike(one: str, other: str) -> float:
    """How much two texts share of their units and of their pairs of units."""
    if len(_units(other)) < _ENOUGH:
        return 0.0
    units, pairs = _counted(one)
    their_units, their_pairs = _counted(other)
    return (_share(pairs, their_pairs) + _share(units, their_units)) / 2


def facts(text: str) -> frozenset[str]:
    """The numbers in a text, however they are written: what has to differ for the same words to be
    news."""
    found = _NUMBERS.findall(fold(text))
    return frozenset(word if word[0].isdigit() else str(number(word)) for word in found)


def which(text: str, risks: Mapping[str, tuple[str, str]]) -> str | None:
    """Which open risk a line speaks of, by id; `risks` has each one's description and category.

    The one that shares most with the line, if that is clearly more than any other does.
    """
    kinds = load("risk_category").chances(grams(text))
    said = _pairs(text)
    scores = {
        id_: _share(said, _pairs(description)) + 0.3 * kinds.get(category, 0.0)
        for id_, (description, category) in risks.items()
    }
    ranked: Sequence[str] = sorted(scores, key=lambda id_: -scores[id_])
    if not ranked or scores[ranked[0]] < 0.15:
        return None
    if len(ranked) > 1 and scores[ranked[0]] < 1.2 * scores[ranked[1]]:
        return None
    return ranked[0]


def _pairs(text: str) -> Counter[str]:
    shaped = "".join(letter for letter in shape(text) if letter.isalnum())
    return Counter(shaped[n : n + 2] for n in range(len(shaped) - 1))


def _share(said: Counter[Any], told: Counter[Any]) -> float:
    """How much of the shorter of two texts stands in the other too."""
    both = sum((said & told).values())
    return both / max(min(sum(said.values()), sum(told.values())), 1)
