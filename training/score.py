"""How the models do on an author whose lines they were not trained on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.evaluate import KINDS
from training.labelled import authors

_NEEDS = {"risk": "risk_action", "standup": "clauses", "commands": "intents"}


def score(held: str, trained: Sequence[str], show: int) -> None:
    for kind, model in _NEEDS.items():
        rows = authors(kind).get(held)
        if rows is None or model not in trained:
            continue
        report = KINDS[kind](rows)
        print(kind, held, {n: v for n, v in report.figures.items() if not n.startswith("ms")})
        for text, wanted, got in report.wrong[:show]:
            print("   ", text.replace("\n", "⏎"), "\n       wanted", wanted, "\n       got   ", got)
