"""Train the models and write them as data, or show how they do on an author they have not seen.

    python -m training.train                 write bot/language/models/*.tsv.z
    python -m training.train --held dev      train without that author's lines, score on them

A model is a linear one over the features that `bot/language` itself computes, with a logistic loss
and a quadratic penalty (scikit-learn); features that occur once and weights near nothing are left
out, the rest is rounded to hundredths.
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from bot.language import clauses, commands, headings, linear, prose, standup
from bot.language.grams import grams, shape
from bot.language.normal import tidy
from training import labelled
from training.labelled import Row

Example = tuple[Sequence[str], str]
SMALLEST = 6  # hundredths


def fit(
    examples: Iterable[Example],
    *,
    strength: float,
    least: int = 2,
    balanced: bool = False,
    keep: int = 3 * SMALLEST,
) -> str:
    """A model's file: labels, bias, then a feature a line.

    `least` is how often a feature has to occur, `keep` the weight that it needs for some label.
    """
    features, labels = zip(*examples, strict=True)
    seen = Counter(feature for one in features for feature in one)
    vectors = [
        {feature: len(one) ** -0.5 for feature in one if seen[feature] >= least} for one in features
    ]
    names = DictVectorizer()
    matrix = names.fit_transform(vectors)
    model = LogisticRegression(
        C=strength, max_iter=4000, class_weight="balanced" if balanced else None
    )
    model.fit(matrix, labels)
    weights, bias, classes = model.coef_, model.intercept_, list(model.classes_)
    if len(classes) == 2:
        weights, bias = [[-w for w in weights[0]], weights[0]], [-bias[0], bias[0]]
    return written(classes, bias, names.get_feature_names_out(), weights, keep)


def written(
    classes: Sequence[str],
    bias: Sequence[float],
    names: Sequence[str],
    weights: Sequence[Any],
    keep: int = 3 * SMALLEST,
) -> str:
    """The lines of a model, from weights by label and feature."""
    head = [f"# training/train.py, from lines with the digest {labelled.digest()}"]
    head.append("labels\t" + "\t".join(classes))
    head.append("bias\t" + "\t".join(f"{value:.3f}" for value in bias))
    lines = []
    for place, name in enumerate(names):
        row = [round(linear.SCALE * weights[label][place]) for label in range(len(classes))]
        row = [value if abs(value) >= SMALLEST else 0 for value in row]
        if any(abs(value) >= keep for value in row):
            lines.append(name + "\t" + ",".join(str(value or "") for value in row))
    return "\n".join(head + sorted(lines)) + "\n"


def risk_action(held: str) -> str:
    lines = labelled.without("risk", held)
    examples = ((grams(row["text"]), row["action"]) for row in lines)
    # Balanced, because troubles that are over are rare among the lines and matter as much.
    return fit(examples, strength=40, balanced=True, keep=24)


def risk_category(held: str) -> str:
    def examples() -> Iterable[Example]:
        for row in labelled.without("risk", held):
            if row["risk"]:
                yield grams(row["text"]), row["category"]
        for row in labelled.without("standup", held):
            for blocker, kinds in zip(
                row["expect"]["blockers"], row.get("blocker_categories", []), strict=False
            ):
                if kinds:
                    yield grams(blocker), kinds[0]

    return fit(examples(), strength=20, keep=36)


def risk_severity(held: str) -> str:
    lines = labelled.without("risk", held)
    return fit(
        ((grams(row["text"], 3), row["severity"]) for row in lines if row["risk"]),
        strength=3,
        least=3,
    )


def clause_kinds(held: str) -> str:
    return fit(_clauses(labelled.without("standup", held)), strength=30, keep=48)


def _clauses(lines: Iterable[Row]) -> Iterable[Example]:
    for row in lines:
        text = tidy(row["text"])
        if set(row["flags"]) & {"same_as_prev", "not_standup"}:
            continue
        if headings.read(text) or headings.numbered(text):
            continue
        cut = clauses.clauses(text)
        evening = prose.is_evening(text)
        before, day = "start", "n"
        for place, label in enumerate(labels_of(text, cut, row["expect"])):
            day = prose.day_named(shape(cut[place].words), day)
            yield prose.features(cut, place, before, day, evening=evening), label
            before = label


def labels_of(text: str, cut: Sequence[clauses.Clause], expect: dict[str, list[str]]) -> list[str]:
    """The label of each clause: the item that covers the most of it."""
    spans: list[tuple[int, int, str]] = []
    for name in headings.FIELDS:
        for item in expect[name]:
            start = text.find(item)
            while start >= 0 and any(a < start + len(item) and start < b for a, b, _ in spans):
                start = text.find(item, start + 1)
            if start >= 0:
                spans.append((start, start + len(item), name))
    found = []
    for clause in cut:
        cover = [
            (min(end, clause.end) - max(start, clause.start), name) for start, end, name in spans
        ]
        most, name = max(cover, default=(0, "none"))
        found.append(name if most >= 0.4 * (clause.end - clause.start) else "none")
    return found


# Chat of these kinds is no stand-up either.
_CHAT = ("question", "thanks", "joke", "coordination", "template", "training_question")


def flags(held: str) -> str:
    lines = list(labelled.without("standup", held))
    chat = [r for r in labelled.without("risk", held) if r.get("kind") in _CHAT]
    examples = []
    for row in lines:
        text = tidy(row["text"])
        headed = bool(headings.read(text) or headings.numbered(text))
        examples.append((standup.features(text, headed=headed), set(row["flags"])))
    examples += [(standup.features(tidy(r["text"]), headed=False), {"not_standup"}) for r in chat]
    parts = [
        fit(((f, "yes" if flag in found else "a no") for f, found in examples), strength=20)
        for flag in standup.FLAGS
    ]
    models = [linear.parse(part) for part in parts]
    names = sorted({name for model in models for name in model.rows})
    weights = [
        [m.weights[m.rows[n] + 1] / linear.SCALE if n in m.rows else 0.0 for n in names]
        for m in models
    ]
    return written(list(standup.FLAGS), [m.bias[1] for m in models], names, weights)


def intents(held: str) -> str:
    def examples() -> Iterable[Example]:
        for row in labelled.without("commands", held):
            yield commands.features(row["text"]), row["intent"]
        for place, row in enumerate(labelled.without("risk", held)):
            if place % 3 == 0:
                yield commands.features(row["text"]), "none"
        for place, row in enumerate(labelled.without("standup", held)):
            if place % 3 == 0 and len(row["text"]) < 100:
                yield commands.features(row["text"]), "none"

    return fit(examples(), strength=30, keep=36)


MODELS: dict[str, Callable[[str], str]] = {
    "risk_action": risk_action,
    "risk_category": risk_category,
    "risk_severity": risk_severity,
    "clauses": clause_kinds,
    "flags": flags,
    "intents": intents,
}


def train(folder: Path, held: str, names: Sequence[str]) -> None:
    """Write models into a folder, in an order in which later ones can use earlier ones."""
    linear.use(folder)
    for name in names:
        text = MODELS[name](held)
        (folder / f"{name}.tsv.z").write_bytes(zlib.compress(text.encode(), 9))
        linear.use(folder)
        print(
            f"{name}: {text.count(chr(10)) - 3} features, {len(text) // 1024} KiB, "
            f"{(folder / f'{name}.tsv.z').stat().st_size // 1024} KiB packed",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", default="", help="an author to train without and to score on")
    parser.add_argument("--only", nargs="*", default=list(MODELS))
    parser.add_argument("--show", type=int, default=0, help="so many wrong lines of each kind")
    wanted = parser.parse_args()
    if not wanted.held:
        train(Path(linear.__file__).parent / "models", "", wanted.only)
        return
    from training.score import score  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder), wanted.held, wanted.only)
        score(wanted.held, wanted.only, wanted.show)


if __name__ == "__main__":
    main()
