"""`python -m benchmarks [names…] [--quick] [--json FILE]`: measure and print a Markdown table.

Exit code 1 when a figure is missed. Figures depend on the machine: run it on a quiet one, and
compare ratios rather than numbers between machines.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from benchmarks import (
    afterwards,
    cards,
    documents,
    due,
    faq,
    ingress,
    language,
    lines,
    relay,
    scale,
    sqlite_driver,
    startup,
    year,
)
from benchmarks.results import Figure, machine, table, write_json


class Run(Protocol):
    """What every benchmark module has as `run`."""

    def __call__(self, *, quick: bool) -> Iterator[Figure]: ...


BENCHMARKS: dict[str, Run] = {
    "ingress": ingress.run,
    "due": due.run,
    "relay": relay.run,
    "language": language.run,
    "faq": faq.run,
    "cards": cards.run,
    "documents": documents.run,
    "afterwards": afterwards.run,
    "startup": startup.run,
    "lines": lines.run,
    "sqlite_driver": sqlite_driver.run,
    "year": year.run,
    "scale": scale.run,
}


def main() -> int:
    """Run the named benchmarks, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="less of everything, for a look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    about = machine()
    figures: list[Figure] = []
    # Growth takes half an hour and has a page of its own (docs/scale.md): only when asked for.
    for name in chosen.names or [name for name in BENCHMARKS if name != "scale"]:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += _measured(lambda name=name: BENCHMARKS[name](quick=chosen.quick))  # type: ignore[misc]
    print(table(figures, about))
    if chosen.json:
        write_json(chosen.json, figures, about)
    return 0 if all(one.good for one in figures) else 1


def _measured(run: Callable[[], Iterator[Figure]]) -> Iterator[Figure]:
    for one in run():
        print(f"  {one.engine:10} {one.what.strip()}: {one.value:.4g} {one.unit}", file=sys.stderr)
        yield one


if __name__ == "__main__":
    sys.exit(main())
