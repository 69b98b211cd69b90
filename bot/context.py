"""All that a handler, job or drawing can reach."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.core.events import ChatKind, Message
from bot.core.ids import new_id
from bot.domain.people import Member, Person
from bot.domain.project import Project
from bot.domain.schedule import WHEN
from bot.domain.workdays import Calendar
from bot.shelf import Shelf
from cards.elements import Card, pack
from cards.words import Words
from storage.tables.living import Living
from storage.tables.outbox import Owed
from storage.tables.projects import Chat
from storage.unit_of_work import UnitOfWork

# Changes of a living card within this time become one edit: Feishu allows 5 edits a second and
# message, and people read no faster.
SETTLING = timedelta(milliseconds=1500)


@dataclass(frozen=True, slots=True)
class Toast:
    """A few words that only the person who pressed sees."""

    text: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: a toast, a card in the chat, or a new face for the pressed card."""

    toast: Toast | None = None
    card: Card | None = None
    face: Card | None = None


@dataclass(slots=True)
class Context:
    """One event or job: the unit of work, the moment, who is speaking and where.

    `chat`, `person`, `project` and `member` are what the event tells; each is `None` where there is
    none. `guarded` says that customers read the project's group. `w` speaks the language of the
    project; `zone` is where new projects start.
    """

    uow: UnitOfWork
    shelf: Shelf
    zone: str = "Asia/Shanghai"
    chat: Chat | None = None
    person: Person | None = None
    project: Project | None = None
    member: Member | None = None
    guarded: bool = False
    w: Words = field(default_factory=lambda: Words("zh"))

    @property
    def now(self) -> datetime:
        return self.uow.now

    def for_project(self, project: Project, member: Member | None = None) -> Context:
        """The same, seen from a project."""
        return replace(
            self,
            project=project,
            member=member or self.member,
            w=Words(project.settings.language),
        )

    def calendar(self, project: Project) -> Calendar:
        return self.shelf.calendars.of(project.settings.country)

    def today(self, project: Project) -> date:
        return project.local(self.now).date()

    def note(self, action: str, *, allowed: bool = True, **detail: Any) -> None:
        """Write to the audit log."""
        self.uow.audit.note(
            self.now,
            action,
            project_id=self.project.id if self.project else None,
            person_id=self.person.id if self.person else None,
            allowed=allowed,
            **detail,
        )

    async def arrange(self, project: Project) -> None:
        """Set when the project's regular jobs run next, by its settings as they are now."""
        calendar = self.calendar(project)
        await self.uow.schedule.set(
            (job, project.id, when(project, self.now, calendar)) for job, when in WHEN.items()
        )

    def say(self, chat: Chat, card: Card, *, reply_to: str = "", insist: bool = False) -> None:
        """Send a card to a group or private chat.

        One that insists is sent again even where that may show it twice.
        """
        payload = {"card": pack(card), "reply_to": reply_to, "insist": insist}
        self._owe(chat.platform, "chat", chat.account, payload)

    def whisper(self, person: Person, card: Card, *, insist: bool = False) -> None:
        """Send a card to one person alone."""
        payload = {"card": pack(card), "reply_to": "", "insist": insist}
        self._owe(person.platform, "person", person.account, payload)

    def send_file(self, to: Chat | Person, paper: str, subject: str, kind: str) -> None:
        """Send a file: `paper` (of `Router.paper`) is written when its turn comes, and printed.

        `kind` is one of `bot.documents.KINDS`. If there is no file after all, the chat is told why.
        """
        to_kind = "chat" if isinstance(to, Chat) else "person"
        payload = {"paper": paper, "subject": subject, "kind": kind}
        self._owe(to.platform, to_kind, to.account, payload, "file")

    def _owe(
        self, platform: str, to_kind: str, to: str, payload: dict[str, Any], kind: str = "card"
    ) -> None:
        lane = f"{platform}:{to}"
        self.uow.outbox.owe(Owed(platform, kind, to_kind, to, payload, self.now, lane))

    def react(self, message: Message, emoji: str = "DONE") -> None:
        """Acknowledge a message without saying anything."""
        payload = {"emoji": emoji, "reply_to": message.message}
        lane = f"{message.platform}:{message.chat}"
        self.uow.outbox.owe(
            Owed(message.platform, "react", "chat", message.chat, payload, self.now, lane)
        )

    def run_errand(self, platform: str, what: str, of: str, **detail: str) -> None:
        """Ask the platform something later; asking twice meanwhile is asking once."""
        asked = hashlib.sha256("|".join(detail.values()).encode()).hexdigest()[:16]
        merge = ":".join(("errand", platform, what, *([asked] if detail else []), of))[:160]
        payload = {"what": what, "detail": detail}
        self.uow.outbox.owe(Owed(platform, "errand", "chat", of, payload, self.now, merge, merge))

    def hang(
        self,
        drawing: str,
        subject: str,
        to: Chat | Person,
        project_id: str | None,
        *,
        gather: bool = False,
    ) -> None:
        """Hang up a living card: sent once, then kept true by `refresh`.

        One that gathers waits a moment for what else will stand on it.
        """
        to_kind = "chat" if isinstance(to, Chat) else "person"
        card = Living(new_id(), drawing, subject, to.platform, to_kind, to.account, project_id)
        self.uow.living.add(card)
        self.show(card, gather=gather)

    async def refresh(self, drawing: str, subject: str, *, at_once: bool = False) -> int:
        """Bring a living card up to date wherever it hangs; gives back in how many places."""
        cards = await self.uow.living.find(drawing, subject)
        for card in cards:
            self.show(card, at_once=at_once)
        return len(cards)

    async def hang_again(
        self, drawing: str, subject: str, only: Collection[str] | None = None
    ) -> None:
        """Send a living card anew, below what has been said since; the old copy rests.

        With `only`, where it hangs with these accounts.
        """
        cards = await self.uow.living.find(drawing, subject)
        fresh = [
            replace(card, message=None, digest=None, shown_at=None, hung_at=None)
            for card in cards
            if only is None or card.to in only
        ]
        await self.uow.living.hung(fresh)
        for card in fresh:
            self.show(card, at_once=True)

    def renew(self, card: Living) -> None:
        """Send a living card anew where its message will soon not be changeable any more."""
        self.show(card, at_once=True, renew=True)

    def show(
        self, card: Living, *, at_once: bool = False, gather: bool = False, renew: bool = False
    ) -> None:
        # A card that hangs already is edited in a lane of its own, so that settling holds up
        # nothing else; its first sending keeps its place among the chat's messages.
        lane = f"{card.platform}:{card.to}" if card.message is None else f"card:{card.id}"
        now = at_once or (card.message is None and not gather)
        when = self.now if now else self.now + SETTLING
        payload: dict[str, Any] = {"living": card.id}
        payload |= {"renew": True} if renew else {}
        self.uow.outbox.owe(
            Owed(
                card.platform,
                "show",
                card.to_kind,
                card.to,
                payload,
                when,
                lane,
                f"show:{card.id}",
            )
        )

    async def memberships(self) -> Sequence[Member]:
        """The projects of the person who speaks."""
        return await self.uow.members.projects_of(self.person.id) if self.person else ()

    @property
    def in_group(self) -> bool:
        return self.chat is not None and self.chat.kind is ChatKind.GROUP
