"""From a row of the outbox to the one call that it asks of a platform."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from bot import documents, logs
from bot.context import Context
from bot.core.errors import Conflict
from bot.platforms.port import Delivery, File, Platform
from bot.router import Router
from bot.shelf import Shelf
from cards.common import notice, why_no_file
from cards.document import Paper
from cards.elements import Tone, pack, unpack
from cards.render import text as as_text
from cards.words import Words
from storage.tables.living import Living
from storage.tables.outbox import Owed
from storage.unit_of_work import UnitOfWork

log = logs.get(__name__)

# So long before its end a card is sent anew instead of edited.
RENEWED_BEFORE = timedelta(days=1)


class NoFile(Exception):  # noqa: N818
    """A file could not be printed. The text is one sentence for who was to read it."""


@dataclass(slots=True)
class Parcel:
    """One row on its way: `delivery` is `None` when there is nothing to send, or not `yet`.

    A file is printed from its `paper` first; there is none where writing it has failed.
    """

    row: Owed
    delivery: Delivery | None
    living: Living | None = None
    digest: str = ""
    yet: datetime | None = None
    paper: Paper | None = None

    def hung(self, message: str | None, at: datetime) -> Living | None:
        """Where the living card hangs once this has been sent."""
        if self.living is None:
            return None
        return replace(
            self.living,
            message=self.living.message or message,
            digest=self.digest,
            shown_at=at,
            hung_at=self.living.hung_at or at,
        )

    @property
    def w(self) -> Words:
        """The language of the file."""
        documents = self.paper.documents.values() if self.paper else ()
        return Words(next((document.language for document in documents), "zh"))

    def why_not(self, key: str, values: Mapping[str, Any] | None = None) -> str:
        """One sentence for who was to read the file."""
        file = self.paper.name if self.paper else self.row.payload["paper"]
        return why_no_file(self.w, file, key, values or {})

    def instead(self, sentence: str, at: datetime) -> Owed:
        """What is said where a file was to go."""
        w, row = self.w, self.row
        card = notice(w, w("refused.title"), sentence, tone=Tone.WATCH)
        payload = {"card": pack(card), "reply_to": "", "insist": False, "plain": True}
        return Owed(row.platform, "card", row.to_kind, row.to, payload, at, row.lane)


class Packing:
    """Draws living cards as they are now and shapes what is owed."""

    def __init__(self, platforms: Mapping[str, Platform], router: Router, shelf: Shelf) -> None:
        self._platforms = platforms
        self._router = router
        self._shelf = shelf

    async def pack(self, row: Owed, cards: Mapping[str, Living], uow: UnitOfWork) -> Parcel:
        to = (row.key, row.to_kind, row.to)
        match row.kind:
            case "show":
                living = cards.get(row.payload["living"])
                return await self._shown(row, living, uow) if living else Parcel(row, None)
            case "card":
                card = unpack(row.payload["card"])
                delivery = Delivery("card", *to, card, reply_to=row.payload["reply_to"])
                if row.payload.get("plain"):
                    delivery = replace(delivery, kind="text", card=None, text=as_text.render(card))
                return Parcel(row, delivery)
            case "react":
                emoji, parent = row.payload["emoji"], row.payload["reply_to"]
                return Parcel(row, Delivery("react", *to, text=emoji, reply_to=parent))
            case "file":
                return await self._written(row, uow)
            case _:
                return Parcel(row, Delivery("errand", *to))

    async def print_file(self, job: Parcel) -> None:
        """Put the file, which a child prints, into the delivery; raises `NoFile`.

        Takes seconds, and must hold no transaction.
        """
        if job.paper is None or job.delivery is None:
            raise NoFile(job.why_not("refused.file_failed"))
        kind = job.row.payload["kind"]
        try:
            content = await documents.printed(job.paper, kind, self._shelf.template_for(kind))
        except documents.Unprintable as error:
            raise NoFile(job.why_not(error.key, error.values)) from error
        except Exception as error:
            raise NoFile(job.why_not("refused.file_failed")) from error
        job.delivery = replace(job.delivery, file=File.of(job.paper.name, kind, content))

    async def _written(self, row: Owed, uow: UnitOfWork) -> Parcel:
        """What the file says now. One that cannot be written must not hold up all others."""
        write = self._router.papers.get(row.payload["paper"])
        delivery = Delivery("file", row.key, row.to_kind, row.to)
        if write is None:
            return Parcel(row, None)
        try:
            paper = await write(row.payload["subject"], Context(uow, self._shelf))
        except (SQLAlchemyError, OSError, Conflict):
            # The transaction is lost, not the paper.
            raise
        except Exception as error:
            log.error("paper broke", key=row.key, paper=row.payload["paper"], exc_info=error)
            return Parcel(row, delivery)
        return Parcel(row, delivery if paper else None, paper=paper)

    async def _shown(self, row: Owed, living: Living, uow: UnitOfWork) -> Parcel:
        """Draw a living card as it is now; the same face again needs no sending.

        A message that can soon not be changed any more rests, unless its card is to be renewed.
        """
        platform = self._platforms[row.platform]
        ready = (row.created_at or uow.now) + platform.settling
        if living.message and ready > uow.now:
            return Parcel(row, None, yet=ready)
        ctx = Context(uow, self._shelf)
        card = await self._router.drawings[living.drawing](living.subject, ctx)
        if card is None:
            return Parcel(row, None)
        # Where a change is a message of its own, only what that would say is worth one.
        said = card if platform.edits else card.follow_up
        digest = hashlib.sha256(msgspec.json.encode(said)).hexdigest()
        if _ends(living, platform, uow.now):
            if not row.payload.get("renew"):
                return Parcel(row, None, living)
            living = replace(living, message=None, digest=None, hung_at=None)
        if living.message and (digest == living.digest or said is None):
            return Parcel(row, None, living)
        kind = "edit" if living.message else "card"
        delivery = Delivery(kind, row.key, row.to_kind, row.to, card, message=living.message or "")
        return Parcel(row, delivery, living, digest)


def _ends(living: Living, platform: Platform, now: datetime) -> bool:
    """Whether the message can soon not be changed any more, nor its buttons pressed."""
    life = platform.card_life
    return bool(life and living.hung_at and now - living.hung_at > life - RENEWED_BEFORE)
