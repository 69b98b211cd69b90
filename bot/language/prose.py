"""A stand-up told in prose: which clause tells what was done, what is planned, what is in the way.

Each clause is judged by a linear model that sees its words, how the clause before it was taken and
which day was named last; clauses of one kind within a sentence are one item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.language.clauses import Clause, clauses
from bot.language.grams import grams, shape
from bot.language.headings import FIELDS
from bot.language.linear import load

# Nobody types more clauses than that.
_MOST = 48
DAYS = (
    ("y", re.compile("昨|上周|周末|yesterday|前天|刚|上午(?!去|要|准备)")),
    ("m", re.compile("明天|明日|明早|下周|tomorrow|next")),
    ("t", re.compile("今|today|接下来|准备|计划|打算|下午|继续|接着|待会|回头|will|going to")),
)
# What only joins a clause to the one before.
_JOINT = re.compile(
    r"^(?:就是(?!说)|但是|不过|可是|只是|然后|另外|(?:but|and|then)\b)[,，\s]*", re.IGNORECASE
)
_OVER = re.compile(r"(?:(?<!没)(?<!未)解决|搞定|恢复|没有了|不存在了)了?[。.!！~]*$")
_OPEN_STILL = re.compile("还没|仍|没回|没人|在等|等待|还在|待确认|待定")
# Who says this is stuck, whatever else the words look like.
_STUCK = re.compile(
    r"^(?:现在|目前|还|就|但是?|不过)?(?:卡在|卡住|卡着|被.{1,8}卡|阻塞[:：在])|blocked (?:by|on)"
)


@dataclass(frozen=True, slots=True)
class Told:
    """A clause and how it was taken, with the words that decided it and each label's chance."""

    clause: Clause
    label: str
    evidence: tuple[str, ...]
    chances: Mapping[str, float]


def day_named(words: str, before: str) -> str:
    """The day spoken of: y, t, m, or what it was before."""
    places = [(m.start(), day) for day, pattern in DAYS if (m := pattern.search(words))]
    return min(places)[1] if places else before


def features(
    cut: Sequence[Clause], place: int, before: str, day: str, *, evening: bool
) -> list[str]:
    """What the model sees of one clause: its own letters, its neighbours', where it stands."""
    clause = cut[place]
    own = grams(clause.words)
    found = set(own)
    begins = shape(clause.words)[:2]
    position = "first" if place == 0 else "last" if place == len(cut) - 1 else "mid"
    stands = "fresh" if clause.fresh else "on"
    found |= {
        f"@{position}",
        f"@{stands}",
        f"@before={before}",
        f"@before={before},{stands}",
        f"@day={day}",
        f"@day={day},{'pm' if evening else 'am'}",
        f"@before={before},day={day}",
        f"@begins={begins},{before}",
    }
    risk = load("risk_action").chances(own)
    found |= {f"@risk={round(risk['open'] * 4)}", f"@over={round(risk['resolve'] * 4)}"}
    if place:
        last = shape(cut[place - 1].words)
        found |= {f"<{last[-2:]}", f"<{last[:2]}"}
    if place + 1 < len(cut):
        after = shape(cut[place + 1].words)
        found |= {
            f">{after[:2]}",
            f">{after[:1]}",
            "@more" + ("" if cut[place + 1].fresh else "on"),
        }
    return list(found)


@lru_cache(maxsize=32)
def tell(text: str) -> tuple[Told, ...]:
    """Each clause of a text with how it is taken; what comes after many goes with the last."""
    return tuple(_tell(text))


def _tell(text: str) -> Iterator[Told]:
    model = load("clauses")
    cut = clauses(text)
    if len(cut) > _MOST:
        last = cut[_MOST - 1]
        cut = [*cut[: _MOST - 1], Clause(last.start, len(text), text[last.start :], last.fresh)]
    evening = is_evening(text)
    before, day = "start", "n"
    for place, clause in enumerate(cut):
        day = day_named(shape(clause.words), day)
        seen = features(cut, place, before, day, evening=evening)
        chances = model.chances(seen)
        stuck = _STUCK.search(clause.words)
        before = "blockers" if stuck else max(chances, key=lambda label: chances[label])
        evidence = (stuck[0],) if stuck else model.evidence(seen, before) if place < 8 else ()
        yield Told(clause, before, evidence, chances)


def solved(text: str) -> bool:
    """Whether what stands under a heading for trouble says that there is none any more."""
    chances = load("risk_action").chances(grams(text))
    over = chances["resolve"] > max(0.4, chances["open"]) or bool(_OVER.search(text))
    return len(text) >= 4 and over and not _OPEN_STILL.search(text)


def is_evening(text: str) -> bool:
    """Whether "今天" is over: somebody reports today and speaks of tomorrow."""
    return bool(re.search("明[天日早]|tomorrow", text)) and not re.search(
        "昨[天日晚]|yesterday", text
    )


def items(text: str, *, some: bool = False) -> tuple[dict[str, list[str]], list[Told]]:
    """The items by field, each in its own words, and how every clause was taken.

    With `some`, a text in which no clause stands out is one item of the likeliest field.
    """
    kept: dict[str, list[str]] = {"done": [], "plan": [], "blockers": []}
    told = list(tell(text))
    if some and told and all(one.label == "none" for one in told):
        kept[_likeliest(told)] = [text.strip(" 。.,，")]
        return kept, told
    open_: tuple[str, int, int] | None = None
    for one in told:
        if open_ and one.label == open_[0] and not one.clause.fresh:
            open_ = (one.label, open_[1], one.clause.end)
            continue
        _close(kept, open_, text)
        open_ = (one.label, one.clause.start, one.clause.end)
    _close(kept, open_, text)
    return kept, told


def _likeliest(told: Sequence[Told]) -> str:
    """The field that the clauses come nearest to."""
    return max(FIELDS, key=lambda name: sum(one.chances[name] for one in told))


def _close(kept: dict[str, list[str]], run: tuple[str, int, int] | None, text: str) -> None:
    if run and run[0] in kept:
        words = text[run[1] : run[2]]
        kept[run[0]].append(_JOINT.sub("", words) or words)
