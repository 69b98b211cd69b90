"""Find what the FAQ search weighs (bot/language/faq/weighing.py), or show how it does elsewhere.

    python -m training.faq                   write bot/language/tables/faq_weights.txt
    python -m training.faq --held erp        leave that library out, and score on it

Ranking: a softmax over the entries that the search looks at, so that the right one comes first.
Certainty: a logistic regression on the first entry of each question, unanswerable ones included.
Both see libraries of several fields by several authors; none of `tests/data/faq/queries.jsonl`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from bot.embedders import Embedder, bundled
from bot.faq_evaluation import build, entries_in
from bot.language.faq import Library
from bot.language.faq.weighing import LIKENESS, STANDING, Weighing, standing, weighing
from bot.language.faq.words import read

HERE = Path(__file__).parent / "data"
TABLE = Path(__file__).parent.parent / "bot" / "language" / "tables" / "faq_weights.txt"
ERP = Path(__file__).parent.parent / "tests" / "data" / "faq" / "entries.jsonl"
STEPS, RATE, PENALTY = 600, 0.5, 1e-3


@dataclass(frozen=True)
class Case:
    """A question: the entries looked at (a row each), which are right, whether any is."""

    text: str
    length: int
    rows: Any
    right: Any
    answerable: bool


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def files() -> dict[str, tuple[Path, Path]]:
    """Entries and queries by the library's name."""
    found = {
        path.stem.split("_")[1]: (HERE / path.name.replace("queries", "entries"), path)
        for path in sorted(HERE.glob("faq_*_queries.jsonl"))
    }
    found["erp"] = (ERP, found["erp"][1])
    return found


def cases(
    made: Library, queries: Iterable[dict[str, Any]], embedder: Embedder | None
) -> list[Case]:
    """What the search sees of each question, by its own code."""
    found = []
    for query in queries:
        vector = embedder.embed([query["text"]])[0] if embedder else None
        looked = made.looked_at(query["text"], vector)
        right = {query["answer_id"], *query.get("also", ())} if query["answer_id"] else set()
        size = len(LIKENESS) if embedder else len(LIKENESS) - 2
        rows = np.array([row for _, row in looked]).reshape(len(looked), size)
        found.append(
            Case(
                query["text"],
                len(read(query["text"]).sounds),
                rows,
                np.array([entry.id in right for entry, _ in looked]),
                bool(right),
            )
        )
    return found


def ranking(found: Sequence[Case]) -> Any:
    """Weights that put the right entry first (Adam on a softmax loss)."""
    useful = [case for case in found if case.right.any()]
    weights = np.zeros(useful[0].rows.shape[1])
    mean, spread = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        slope = PENALTY * weights
        for case in useful:
            scores = case.rows @ weights
            share = np.exp(scores - scores.max())
            share /= share.sum()
            wanted = share * case.right
            slope = slope + ((share - wanted / wanted.sum()) @ case.rows) / len(useful)
        mean, spread = 0.9 * mean + 0.1 * slope, 0.999 * spread + 0.001 * slope**2
        weights = weights - RATE * (mean / (1 - 0.9**step)) / (
            np.sqrt(spread / (1 - 0.999**step)) + 1e-8
        )
    return weights


def first_of(case: Case, weights: Any) -> tuple[list[float], bool] | None:
    """How the first entry stands, and whether it is right."""
    if not len(case.rows):
        return None
    scores = case.rows @ weights
    order = np.argsort(-scores, kind="stable")
    rows = [list(map(float, case.rows[place])) for place in order]
    ranked = [float(scores[place]) for place in order]
    seen = standing(ranked, rows, case.length)
    return [*seen, *rows[0]], bool(case.right[order[0]])


def certainty(found: Sequence[Case], weights: Any) -> tuple[Any, float]:
    """Weights and bias of how sure the first entry is."""
    seen = [one for case in found if (one := first_of(case, weights))]
    rows, right = np.array([row for row, _ in seen]), np.array([is_right for _, is_right in seen])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=0.3, max_iter=4000).fit((rows - mean) / spread, right)
    slopes = model.coef_[0] / spread
    return slopes, float(model.intercept_[0] - slopes @ mean)


def fit(found: Sequence[Case]) -> Weighing:
    weights = np.round(ranking(found), 3)
    slopes, bias = certainty(found, weights)
    return Weighing(tuple(weights), tuple(np.round(slopes, 4)), round(bias, 4))


def written(form: str, made: Weighing) -> list[str]:
    """A form's lines of the table."""
    likeness = LIKENESS if form == "semantic" else LIKENESS[:-2]
    lines = [f"{form} ranking {n} {w:g}" for n, w in zip(likeness, made.ranking, strict=True)]
    names = (*STANDING, *likeness)
    lines += [f"{form} certainty {n} {w:g}" for n, w in zip(names, made.certainty, strict=True)]
    return [*lines, f"{form} certainty bias {made.bias:g}"]


def _figures(found: Sequence[Case], made: Weighing) -> str:
    weights = np.array(made.ranking)
    ranks, sure, right, able, near = [], [], [], [], []
    for case in found:
        one = first_of(case, weights)
        if one is None:
            continue
        order = np.argsort(-(case.rows @ weights), kind="stable")
        places = np.flatnonzero(case.right[order])
        if case.answerable:
            ranks.append(places[0] if len(places) else 99)
        size = len(STANDING)
        sure.append(made.confidence(one[0][:size], one[0][size:]))
        right.append(one[1])
        able.append(case.answerable)
        near.append(bool(len(places)) and places[0] < 3)
    told, ok = np.array(sure) >= 0.9, np.array(right)
    able_, near_ = np.array(able), np.array(near)
    return (
        f"top1 {np.mean(np.array(ranks) < 1):.3f} top3 {np.mean(np.array(ranks) < 3):.3f} "
        f"at 0.9: right {ok[told].mean():.3f} cover {(ok & told & able_).sum() / able_.sum():.3f} "
        f"null {(told & ~able_).sum() / max(1, (~able_).sum()):.3f} "
        f"helped {(told & ok | ~told & near_).sum() / able_.sum():.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", default="", help="a library to score on instead of learning it")
    parser.add_argument("--encoder", default="e5")
    parser.add_argument("--queries", type=Path, help="other queries to score on, for that library")
    chosen = parser.parse_args()
    lines = [
        "# What the FAQ search weighs, by `python -m training.faq`: form, model, feature, number.",
    ]
    for form, embedder in (("lexical", None), ("semantic", bundled(chosen.encoder))):
        known = {
            name: cases(build(entries_in(entries), embedder), _lines(queries), embedder)
            for name, (entries, queries) in files().items()
        }
        learnt = [case for name, some in known.items() if name != chosen.held for case in some]
        made = fit(learnt)
        lines += written(form, made)
        for name, some in known.items():
            print(form, name, _figures(some, made))
        if chosen.queries:
            made_of = build(entries_in(ERP), embedder)
            print(
                form,
                chosen.queries,
                _figures(cases(made_of, _lines(chosen.queries), embedder), made),
            )
    if not chosen.held:
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        weighing.cache_clear()


if __name__ == "__main__":
    main()
