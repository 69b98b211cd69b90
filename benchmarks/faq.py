"""A library of 10,000 entries: a question's time, what it takes of memory, how soon it is ready.

The entries are the development library's, each many times over with other words put in.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Figure

ROOT = Path(__file__).parent.parent
WORDS = ("仓库", "门店", "车间", "分公司", "海外部", "子账套", "试用版", "旧版", "移动版", "总部",
         "华东", "华南", "学校", "医院", "工厂", "项目部")  # fmt: skip


def run(*, quick: bool) -> Iterator[Figure]:
    """Each form in a process of its own, so that memory is its own."""
    count = 2_000 if quick else 10_000
    for form, p50, p99, memory in (("lexical", 1, 3, 110), ("semantic", 15, 30, 240)):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.faq", form, str(count)],
            cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=1200,
        )  # fmt: skip
        found = json.loads(done.stdout)
        yield Figure(
            f"FAQ of {count:,}, {form}: a question, median", found["p50"], "ms", at_most=p50
        )
        yield Figure("  p99", found["p99"], "ms", at_most=p99)
        yield Figure("  memory of the process", found["memory"], "MB", at_most=memory)
        yield Figure("  ready to be searched by letters", found["ready"], "s", at_most=1.5)
        if "vectors" in found:
            yield Figure("  stored vectors loaded", found["vectors"], "s", at_most=1)


def measure(form: str, count: int) -> dict[str, float]:
    from bot.embedders import bundled
    from bot.faq_evaluation import entries_in, queries_in
    from bot.language.faq import Entry, Library

    data = ROOT / "tests" / "data" / "faq"
    own = entries_in(data / "entries.jsonl")
    entries = [
        Entry(f"{number}", f"{WORDS[number // len(own) % len(WORDS)]}{one.question}",
              tuple(f"{text}{WORDS[number % len(WORDS)]}" for text in one.variants), one.answer)
        for number in range(count)
        for one in (own[number % len(own)],)
    ]  # fmt: skip
    questions = [query.text for query in queries_in(data / "queries.jsonl")]
    library = Library()
    library.search("暖一下")
    begun = time.perf_counter()
    for entry in entries:
        library.put(entry)
    library.search(questions[0])
    found = {"ready": time.perf_counter() - begun}
    embedder = bundled("e5") if form == "semantic" else None
    if embedder:
        import numpy as np

        from bot.vectors import Store

        dice = np.random.default_rng(1)
        rows = [
            dice.standard_normal((len(one.texts) + 1, 384)).astype(np.float16) for one in entries
        ]
        begun = time.perf_counter()
        library.vectors = store = Store()
        for number, row in zip(library.entries, rows, strict=True):
            store.put(number, list(row[:-1]), row[-1])
        del rows
        store.build()
        found["vectors"] = time.perf_counter() - begun
    spent = []
    for text in questions * 3:
        begun = time.perf_counter()
        library.search(text, vector=embedder.embed([text])[0] if embedder else None)
        spent.append((time.perf_counter() - begun) * 1000)
    spent.sort()
    found |= {"p50": spent[len(spent) // 2], "p99": spent[int(len(spent) * 0.99)]}
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
