"""Draw how often the FAQ search is right where it says how sure it is: the plot of its page.

    python -m training.reliability docs/features/faq-calibration.svg

Both forms on the development questions (tests/data/faq), which no model has seen. A dot is a fifth
of the questions that found something, the surest last: across how sure, up how often right.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.faq_evaluation import Query, encoder, entries_in, queries_in, run
from bot.language.faq import Found

DATA = Path(__file__).parent.parent / "tests" / "data" / "faq"
PARTS, SIDE, MARGIN = 5, 300, 46
COLOURS = {"lexical": "#8a5a00", "semantic": "#1f5fbf"}


def dots(found: Sequence[tuple[Query, Found]]) -> list[tuple[float, float]]:
    """How sure and how often right, in parts of equal size."""
    sure = sorted(
        (one.confidence, bool(one.hits) and one.hits[0].entry.id in query.right)
        for query, one in found
        if one.hits
    )
    size = len(sure) / PARTS
    parts = [sure[round(n * size) : round((n + 1) * size)] for n in range(PARTS)]
    return [
        (sum(c for c, _ in part) / len(part), sum(right for _, right in part) / len(part))
        for part in parts
    ]


def drawn(forms: dict[str, list[tuple[float, float]]]) -> Iterator[str]:
    size = SIDE + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>How sure, and how often right</title>'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
    )
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = _at(share, share)
        lines = f"M{MARGIN} {y}H{MARGIN + SIDE}M{x} {MARGIN}V{MARGIN + SIDE}"
        yield f'<path d="{lines}" stroke="#ddd"/>'
        yield f'<text x="{x}" y="{size - 28}" text-anchor="middle" fill="#444">{share:g}</text>'
        yield f'<text x="38" y="{y + 4}" text-anchor="end" fill="#444">{share:g}</text>'
    (x0, y0), (x1, y1) = _at(0, 0), _at(1, 1)
    yield f'<path d="M{x0} {y0}L{x1} {y1}" stroke="#999" stroke-dasharray="4 4"/>'
    for place, (form, points) in enumerate(forms.items()):
        line = " ".join(f"{x},{y}" for x, y in (_at(*point) for point in points))
        colour = COLOURS[form]
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for point in points:
            x, y = _at(*point)
            yield f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'
        y = MARGIN + 20 + 18 * place
        yield f'<text x="{MARGIN + 10}" y="{y}" fill="{colour}">{form}</text>'
    yield f'<text x="{size / 2}" y="{size - 8}" text-anchor="middle" fill="#222">how sure</text>'
    yield f'<text x="{MARGIN}" y="{MARGIN - 12}" fill="#222">how often right</text></svg>'


def _at(sure: float, right: float) -> tuple[float, float]:
    return round(MARGIN + sure * SIDE, 1), round(MARGIN + (1 - right) * SIDE, 1)


def main() -> None:
    entries, queries = entries_in(DATA / "entries.jsonl"), queries_in(DATA / "queries.jsonl")
    forms = {}
    for form in COLOURS:
        _, found = run(entries, queries, encoder(lexical=form == "lexical"))
        forms[form] = dots(found)
        print(form, " ".join(f"{sure:.2f}:{right:.2f}" for sure, right in forms[form]))
    Path(sys.argv[1]).write_text("\n".join(drawn(forms)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
