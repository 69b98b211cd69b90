"""A linear model as data: what each feature says for each label, and which features decided.

The files in `models/` are written by `training/train.py`; their first line says from what.
"""

from __future__ import annotations

import math
import re
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent / "models"
# Weights are stored as whole hundredths.
SCALE = 100
# Features of Latin words' places only: they decide, but they explain nothing.
_EMPTY = re.compile(r"[\sa0,.，。^$]*")


@dataclass(frozen=True)
class Linear:
    """Weights by feature and label; a feature's row begins at `rows[feature]`."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    rows: Mapping[str, int]
    weights: array[int]

    def sums(self, features: Sequence[str]) -> list[float]:
        """What all features say together for each label."""
        share = 1 / (SCALE * math.sqrt(max(len(features), 1)))
        count, weights, place = len(self.labels), self.weights, self.rows.get
        known = [weights[row : row + count] for f in features if (row := place(f)) is not None]
        totals = [sum(column) for column in zip(*known, strict=True)] or [0] * count
        return [bias + total * share for bias, total in zip(self.bias, totals, strict=True)]

    def scores(self, features: Sequence[str]) -> dict[str, float]:
        """For labels that do not exclude one another: above 0 is a yes."""
        return dict(zip(self.labels, self.sums(features), strict=True))

    def chances(self, features: Sequence[str]) -> dict[str, float]:
        """Every label's probability."""
        return dict(zip(self.labels, _softmax(self.sums(features)), strict=True))

    def evidence(self, features: Sequence[str], label: str) -> tuple[str, ...]:
        """The words of the text that speak most for a label, apart from one another."""
        place, count = self.labels.index(label), len(self.labels)
        strength = []
        for feature in features:
            row = self.rows.get(feature)
            if row is None or self.weights[row + place] <= 0:
                continue
            words = feature.removeprefix("w:").strip("^$ ")
            if len(words) < 2 or ":" in words or words[0] in "@<>" or _EMPTY.fullmatch(words):
                continue
            weights = self.weights[row : row + count]
            mine = weights.pop(place)
            strength.append((mine - max(weights), words))
        chosen: list[str] = []
        for gain, words in sorted(strength, reverse=True)[:12]:
            if gain > 0 and not any(words in other or other in words for other in chosen):
                chosen.append(words)
        return tuple(chosen[:3])


def _softmax(sums: Sequence[float]) -> list[float]:
    most = max(sums)
    powers = [math.exp(value - most) for value in sums]
    whole = sum(powers)
    return [power / whole for power in powers]


_place = {"folder": _HERE}


def use(folder: Path) -> None:
    """Read the models from another folder from now on (for training)."""
    _place["folder"] = folder
    load.cache_clear()


@cache
def load(name: str) -> Linear:
    """The model of that name, read once."""
    packed = (_place["folder"] / f"{name}.tsv.z").read_bytes()
    return parse(zlib.decompress(packed).decode())


def parse(text: str) -> Linear:
    """A model from its lines: a comment, the labels, their bias, then a feature a line."""
    lines = iter(text.splitlines())
    next(lines)
    labels = tuple(next(lines).split("\t")[1:])
    bias = tuple(float(value) for value in next(lines).split("\t")[1:])
    rows: dict[str, int] = {}
    weights = array("h")
    for line in lines:
        feature, _, values = line.partition("\t")
        rows[feature] = len(weights)
        weights.extend(int(value or 0) for value in values.split(","))
    return Linear(labels, bias, rows, weights)
