"""Scores of the FAQ search on a labelled library: `golive eval faq`.

The formats stand in docs/features/faq.md.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.core.errors import SetupError
from bot.embedders import Embedder, Unfit, bundled
from bot.language.faq import Audience, Entry, Found, Library, Outcome
from bot.language.faq.calibrate import calibrate
from bot.language.faq.wordings import LEARN_FROM, most_different


@dataclass(frozen=True, slots=True)
class Query:
    """A labelled question; nothing in `right` when the library has no answer to it."""

    text: str
    right: frozenset[str]


def entries_in(path: Path) -> list[Entry]:
    """The entries of a file, one JSON object a line."""
    found = []
    for number, row in _objects(path):
        try:
            variants = tuple(str(one) for one in row.get("variants") or ())
            audience = Audience(row.get("audience") or "all")
            found.append(Entry(str(row["id"]), str(row["question"]), variants,
                               str(row.get("answer") or ""), audience))  # fmt: skip
        except (KeyError, ValueError, TypeError) as error:
            msg = (
                f"{path}, line {number}: an entry needs id and question; its audience is all, "
                f"admin or user ({error})."
            )
            raise SetupError(msg) from None
    return found


def queries_in(path: Path) -> list[Query]:
    """The labelled questions of a file."""
    found = []
    for number, row in _objects(path):
        if not isinstance(row.get("text"), str) or "answer_id" not in row:
            msg = f"{path}, line {number}: a question needs text and answer_id."
            raise SetupError(msg)
        right = [row["answer_id"], *(row.get("also") or ())] if row["answer_id"] else []
        found.append(Query(row["text"], frozenset(map(str, right))))
    return found


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    if not any(line.strip() for line in lines):
        msg = f"{path} has no line in it."
        raise SetupError(msg)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            msg = f"{path}, line {number}: not a JSON object."
            raise SetupError(msg)
        yield number, row


def build(entries: Iterable[Entry], embedder: Embedder | None) -> Library:
    """A library with its vectors, if there is an encoder, and its own bar."""
    made = Library()
    numbers = {made.put(entry): entry for entry in entries}
    if embedder is None:
        made.bar = calibrate(made).bar
        return made
    from bot.vectors import Store, vectors_of  # noqa: PLC0415  (numpy, of the extra `semantic`)

    made.vectors = store = Store()
    for number, entry in numbers.items():
        store.put(number, *vectors_of(entry, embedder))
    store.build()
    made.bar = calibrate(made, lambda entry, text: store.wording(made.number(entry.id), text)).bar
    return made


def encoder(*, lexical: bool) -> Embedder | None:
    """The encoder that ships with Golive, if it is wanted and works."""
    try:
        return None if lexical else bundled("e5")
    except Unfit:
        return None


def run(
    entries: Sequence[Entry], queries: Sequence[Query], embedder: Embedder | None
) -> tuple[dict[str, Any], list[tuple[Query, Found]]]:
    """The figures, and what was found for each question."""
    made = build(entries, embedder)
    found, spent = [], []
    for query in queries:
        start = time.perf_counter()
        vector = embedder.embed([query.text])[0] if embedder else None
        found.append((query, made.search(query.text, vector=vector)))
        spent.append((time.perf_counter() - start) * 1000)
    spent.sort()
    timing = {
        "ms_median": round(spent[len(spent) // 2], 3),
        "ms_p99": round(spent[min(int(len(spent) * 0.99), len(spent) - 1)], 3),
    }
    counts = {"entries": len(entries), "queries": len(queries)}
    about = {"encoder": embedder.name if embedder else "none", "bar": made.bar}
    return {**counts, **about, **figures(found), **timing}, found


def with_learnt(
    entries: Sequence[Entry], used: Iterable[Query], embedder: Embedder | None
) -> tuple[list[Entry], int, int]:
    """The entries with the wordings that use would have taught them; how many joined at once, and
    how many were put to the owner, who takes each (`bot/faq_keeping.py`)."""
    made = build(entries, embedder)
    more: dict[str, list[str]] = {entry.id: list(entry.variants) for entry in entries}
    at_once = put = 0
    for query in used:
        vector = embedder.embed([query.text])[0] if embedder else None
        found = made.search(query.text, vector=vector)
        right = next((hit.entry.id for hit in found.hits if hit.entry.id in query.right), None)
        if right is None:
            continue  # nobody gets to this entry, so nobody calls it useful
        if found.hits[0].entry.id == right and found.confidence >= LEARN_FROM:
            at_once += 1
        elif right in {hit.entry.id for hit in found.offered}:
            put += 1
        else:
            continue
        more[right].append(query.text)
    taught = [replace(one, variants=most_different(more[one.id])) for one in entries]
    return taught, at_once, put


def figures(found: Sequence[tuple[Query, Found]]) -> dict[str, float]:
    """Shares of all answerable questions, but for `answered_precision` (of the direct answers) and
    `null_answered` (of the unanswerable)."""
    able = [(query, one) for query, one in found if query.right]
    unable = [one for query, one in found if not query.right]
    told = [(query, one) for query, one in found if one.outcome is Outcome.ANSWER]
    right = sum(_rank(query, one) == 0 for query, one in told)
    helped = sum(_helps(query, one) for query, one in able)
    ranks = [_rank(query, one) for query, one in able]
    return {
        "answerable": len(able),
        "top1": _share(sum(rank == 0 for rank in ranks), able),
        "top3": _share(sum(rank is not None and rank < 3 for rank in ranks), able),
        "mrr": _share(sum(1 / (rank + 1) for rank in ranks if rank is not None), able),
        "answered_precision": _share(right, told),
        "answered_recall": _share(right, able),
        "helped": _share(helped, able),
        "null_answered": _share(sum(one.outcome is Outcome.ANSWER for one in unable), unable),
        "null_refused": _share(sum(one.outcome is Outcome.REFUSE for one in unable), unable),
    }


def _helps(query: Query, found: Found) -> bool:
    """Whether somebody got the right answer, or it was among those offered."""
    if found.outcome is Outcome.OFFER:
        return any(hit.entry.id in query.right for hit in found.offered)
    return found.outcome is Outcome.ANSWER and _rank(query, found) == 0


def _rank(query: Query, found: Found) -> int | None:
    """How many wrong entries stand before the first right one."""
    for place, hit in enumerate(found.hits):
        if hit.entry.id in query.right:
            return place
    return None


def _share(part: float, whole: Sequence[Any]) -> float:
    return round(part / len(whole), 4) if whole else 0.0


def prediction(query: Query, found: Found) -> dict[str, Any]:
    """A question's line of the predictions."""
    told = found.outcome is Outcome.ANSWER
    return {
        "text": query.text,
        "answer_id": found.hits[0].entry.id if told else None,
        "top": [hit.entry.id for hit in found.hits],
        "confidence": found.confidence,
        "outcome": str(found.outcome),
    }


def evaluate(
    entries: Path,
    queries: Path,
    *,
    as_json: bool,
    predictions: Path | None,
    lexical: bool,
    used: Path | None = None,
) -> Iterator[str]:
    """The figures of a labelled library, for people or as one JSON object; after it has learnt from
    the questions `used`, if there are any."""
    embedder, known, report = encoder(lexical=lexical), entries_in(entries), {}
    if used:
        known, at_once, put = with_learnt(known, queries_in(used), embedder)
        report = {"learnt_at_once": at_once, "learnt_by_owner": put}
    figures_, found = run(known, queries_in(queries), embedder)
    report |= figures_
    if predictions:
        lines = [json.dumps(prediction(*one), ensure_ascii=False) for one in found]
        predictions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if as_json:
        yield json.dumps(report, ensure_ascii=False)
        return
    for name, value in report.items():
        yield f"{name:18} {value}"
