"""The FAQ libraries in memory, read again where they have changed.

Every question first asks the database for the newest change, so what was approved a moment ago on
another replica is found here. Vectors, and in larger libraries the bar, follow a little later, see
`bot/librarian.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot import logs
from bot.domain.faq import ANSWERING, FaqEntry, Readers
from bot.domain.faq_settings import FAQ_SETTINGS, FaqSettings
from bot.domain.project import Project
from bot.embedders import Embedder
from bot.language.faq import Audience, Entry, Library
from bot.language.faq.calibrate import Calibration, Judged, VectorOf, calibrating
from bot.language.faq.words import general
from bot.language.normal import fold

if TYPE_CHECKING:
    from storage.tables.faq import Faq

# Up to so many entries a library finds its bar at once; a larger one answers by a strict bar until
# the librarian has found its own.
AT_ONCE, STRICT = 40, 0.99
# Seconds: how long a question waits for its vector, since others wait behind it; and how long an
# encoder rests that kept one waiting.
PATIENCE, AGAIN_AFTER = 1.0, 60.0

log = logs.get(__name__)


@dataclass
class Loaded:
    """A project's library as it was at a change; `newest` is that change's number and entry.

    `judged` is what people said of answers. `due` says that the bar should be found anew. `alike`
    holds the entries that answer, by question and readers, `keys` where each of them is.
    """

    settings: FaqSettings = FAQ_SETTINGS
    library: Library = field(default_factory=lambda: Library(bar=STRICT))
    newest: tuple[int, str] = (0, "")
    calibration: Calibration = field(default_factory=Calibration)
    judged: list[Judged] = field(default_factory=list)
    due: bool = True
    alike: dict[tuple[str, Readers], dict[str, FaqEntry]] = field(default_factory=dict)
    keys: dict[str, tuple[str, Readers]] = field(default_factory=dict)

    def judging(self) -> Generator[None, None, None]:
        """Find the bar step by step; what changes meanwhile makes it due again."""
        self.due = False
        found = yield from calibrating(
            self.library, self._vector_of(), self.judged, self.settings.right / 100
        )
        self.calibration = found
        self.library.bar = found.bar

    def _vector_of(self) -> VectorOf:
        """The stored vector of an entry's wording, where there is one."""
        library, store = self.library, self.library.vectors
        if store is None:
            return lambda entry, text: None
        return lambda entry, text: store.wording(library.number(entry.id), text)


@dataclass
class Libraries:
    """One for each project that was asked something.

    `encoder` is there once it has started, `trouble` says why it did not; `changed` tells the
    librarian that there may be something to do.
    """

    loaded: dict[str, Loaded] = field(default_factory=dict)
    encoder: Embedder | None = None
    trouble: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    # Called with each outcome, for `/metrics`.
    count: Callable[[str], object] = lambda outcome: None
    _asked_again_at: float = 0.0

    async def of(self, project: Project, faq: Faq) -> Library:
        """The library of a project as it is now: its own entries before those that all share."""
        settings = project.settings.faq
        known = self.loaded.setdefault(project.id, _empty(settings))
        newest = await faq.newest(project.id)
        if newest == known.newest and settings == known.settings:
            return known.library
        if settings.synonyms != known.settings.synonyms:
            known = self.loaded[project.id] = _empty(settings)
        since, last = known.newest
        if since and not await _still_there(faq, since, last):
            # What was read has been rolled back: all of it, anew.
            known, since = _empty(settings), 0
            self.loaded[project.id] = known
        for entry in await faq.changed(project.id, since):
            _take(known, entry)
        known.newest, known.settings = newest, settings
        known.judged = [Judged(q.confidence, bool(q.judged)) for q in await faq.judged(project.id)]
        self.look_again(known)
        return known.library

    async def vector(self, library: Library, question: str) -> object | None:
        """The question's vector, where the library has vectors; an encoder that fails or takes too
        long is not asked again for a while."""
        loop = asyncio.get_running_loop()
        if self.encoder is None or library.vectors is None or loop.time() < self._asked_again_at:
            return None
        encoding = asyncio.to_thread(self.encoder.embed, [question])
        try:
            vector: object = (await asyncio.wait_for(encoding, PATIENCE))[0]
        except Exception as error:
            self._asked_again_at = loop.time() + AGAIN_AFTER
            log.warning("a question was searched by letters alone", exc_info=error)
            return None
        return vector

    def heard(self, project_id: str, confidence: float, *, useful: bool) -> None:
        """Somebody has judged an answer."""
        known = self.loaded.get(project_id)
        if known:
            known.judged = [Judged(confidence, useful), *known.judged]
            self.look_again(known)

    def look_again(self, known: Loaded) -> None:
        """See that the bar is found anew: now, if that is quick, else by the librarian."""
        known.due = True
        if len(known.library) <= AT_ONCE and known.library.vectors is None:
            for _ in known.judging():
                pass
        self.changed.set()


async def _still_there(faq: Faq, revision: int, id_: str) -> bool:
    """Whether a change that was read has been kept, and perhaps followed by others."""
    entry = await faq.get(id_)
    return entry is not None and entry.revision >= revision


def _empty(settings: FaqSettings) -> Loaded:
    own = settings.synonyms
    thesaurus = general().with_groups(own) if own else None
    return Loaded(settings, Library(thesaurus, STRICT))


def _take(known: Loaded, entry: FaqEntry) -> None:
    """Bring an entry in as it is now."""
    before = known.keys.pop(entry.id, None)
    if before:
        del known.alike[before][entry.id]
    if entry.state in ANSWERING:
        now = known.keys[entry.id] = (fold(entry.question), entry.readers)
        known.alike.setdefault(now, {})[entry.id] = entry
    for key in {before, known.keys.get(entry.id)}:
        if key:
            _show(known, known.alike.get(key, {}))
    if entry.id not in known.keys:
        known.library.remove(entry.id)


def _show(known: Loaded, alike: dict[str, FaqEntry]) -> None:
    """Of entries with one question for the same people, the project's own go first."""
    own = {id_ for id_, entry in alike.items() if entry.project_id}
    for id_, entry in alike.items():
        number = known.library.number(id_)
        if own and id_ not in own:
            known.library.remove(id_)
        elif number is None or known.library.entry(number) != as_searched(entry):
            known.library.put(as_searched(entry))


def as_searched(entry: FaqEntry) -> Entry:
    """A stored entry as the search knows it."""
    return Entry(
        entry.id,
        entry.question,
        entry.variants,
        entry.answer,
        Audience(entry.readers.value),
        shared=entry.project_id is None,
    )
