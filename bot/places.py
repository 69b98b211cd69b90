"""Where something is done, and whether it may be done there; who is meant by a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar

from bot.context import Context
from bot.core.errors import Refusal
from bot.core.events import FormValue, Someone
from bot.discretion import guard
from bot.domain.people import Member, Right, may_as_owner
from bot.domain.project import Project
from bot.language.asked import is_speaker, names_day_alone
from bot.language.dates import Seen, read
from bot.language.normal import fold, tidy
from bot.routing import require

E = TypeVar("E", bound=StrEnum)
LONGEST_ECHO = 40
# What people call the kinds of file.
FILE_KINDS = {"word": "docx", "docx": "docx", "pdf": "pdf", "excel": "xlsx", "xlsx": "xlsx"}
_TEN_MONTHS = 300


async def entered(
    ctx: Context, project_id: str | None, right: Right, what: str
) -> tuple[Context, Project, Member]:
    """The project that a press is about, if this person may do `what` in it from here.

    A card counts in the group of its project and in private with a member; elsewhere, where
    somebody forwarded it to, it does nothing.
    """
    project = await ctx.uow.projects.get(project_id) if project_id else None
    if project is None:
        raise Refusal("refused.stale")
    if ctx.in_group and (ctx.chat is None or ctx.chat.id != project.chat_id):
        raise Refusal("refused.elsewhere")
    member = await ctx.uow.members.find(project.id, ctx.person.id) if ctx.person else None
    if member is None:
        raise Refusal("refused.elsewhere")
    inside = await guard(ctx.for_project(project, member))
    await require(inside, right, what)
    return inside, project, member


def here(ctx: Context) -> Project:
    """The project at hand. For commands whose right has been asked for already."""
    if ctx.project is None:
        raise Refusal("refused.no_project")
    return ctx.project


def one_of(kind: type[E], value: str) -> E:
    """What a button carries as one of its kind; refused for anything else, as for an old card."""
    try:
        return kind(value)
    except ValueError:
        raise Refusal("refused.stale") from None


def known_form(form: str, forms: Sequence[str]) -> str:
    """The form that a button asks for, or none; refused where the card has no such form."""
    if form and form not in forms:
        raise Refusal("refused.stale")
    return form


def owner_only(
    ctx: Context, owner_id: str | None, what: str, label: str, *, free: bool = False
) -> None:
    """Refuse what is for the owner of `label` and the managers; `free` lets anybody of the team."""
    if free or may_as_owner(ctx.member, owner_id):
        return
    ctx.note(what, allowed=False, of=label)
    raise Refusal("refused.right.owner", what=ctx.w(what), id=label)


def typed_in(fields: Mapping[str, FormValue]) -> dict[str, str]:
    """A form's texts, tidied; what is no text was not typed into one of ours."""
    return {name: tidy(value) for name, value in fields.items() if isinstance(value, str)}


def number_of(id_: str) -> int | None:
    """The number in `R3`, `#3`, `Ｍ３` or `3号`."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", id_) if c.isdecimal())
    return int(digits) if digits and len(digits) <= 6 else None


async def meant(
    ctx: Context, project: Project, name: str, mentions: Sequence[Someone] = ()
) -> Member | None:
    """The member who is mentioned or named; `None` when nobody is.

    Raises a `Refusal` for somebody who is not, or no longer, in the project.
    """
    members = await ctx.uow.members.of(project.id)
    people = [one for one in mentions if not one.bot]
    if people and ctx.person:
        found = await ctx.uow.people.meet(ctx.person.platform, people[0])
        member = next((m for m in members if m.person.id == found.id), None)
        if member is None:
            raise Refusal("refused.owner", name=found.name)
        return member
    wanted = fold(name).strip("@ ")
    if not wanted:
        return None
    if is_speaker(wanted):
        return ctx.member
    exact = [m for m in members if fold(m.person.name) == wanted]
    near = exact or [m for m in members if wanted in fold(m.person.name)]
    if len(near) != 1:
        key = "refused.owner.several" if near else "refused.owner"
        raise Refusal(key, name=name[:LONGEST_ECHO])
    return near[0]


def read_day(ctx: Context, project: Project, words: str, *, past: str = "refused.past") -> date:
    """The day that somebody typed or chose; what cannot be known is asked back.

    A day that is over is refused with the sentence `past`, unless that is empty.
    """
    words = words.strip()
    anchors = {"go_live": project.golive} if project.golive else {}
    found = read(words, Seen(project.local(ctx.now), ctx.calendar(project), anchors))
    if found.day is None:
        key = f"refused.date.{found.ask}" if found.ask else "refused.date"
        raise Refusal(key, text=(found.words or words)[:LONGEST_ECHO])
    today = ctx.today(project)
    if past and found.day < today:
        raise Refusal(past, day=ctx.w.day(found.day))
    gone = _just_gone(words, found.day, today)
    if past and gone:
        raise Refusal("refused.past.year", day=ctx.w.day(gone), next=found.day.isoformat())
    return found.day


def file_kind(said: str) -> str:
    """The kind of file that somebody named (`Word`, `pdf`); `Refusal` for any other."""
    kind = FILE_KINDS.get(fold(said))
    if kind is None:
        raise Refusal("refused.file_kind")
    return kind


def _just_gone(words: str, day: date, today: date) -> date | None:
    """The day of this year that was meant, where it has just passed and so was read as next
    year's; nobody plans ten months ahead without naming the year."""
    far = (day - today).days >= _TEN_MONTHS
    if not (far and names_day_alone(words)) or (day.month, day.day) == (2, 29):
        return None
    return day.replace(year=day.year - 1)
