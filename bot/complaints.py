"""A complaint is a risk of its own source: it has an owner, a date and the ladder, and its end is
told to whoever complained."""

from __future__ import annotations

from bot.context import Context
from bot.core.events import ChatKind
from bot.domain.followup import Feedback
from bot.domain.risk import Risk

SOURCE = "complaint"


def of_feedback(feedback_id: str) -> str:
    """What a task keeps of the words that it was made from."""
    return f"feedback:{feedback_id}"


async def said_of(ctx: Context, risk: Risk) -> Feedback | None:
    """The words that a task was made from."""
    kind, _, id_ = risk.origin.partition(":")
    return await ctx.uow.followups.said(id_) if kind == "feedback" else None


async def close_loop(ctx: Context, risk: Risk) -> None:
    """Tell whoever complained what became of it, there where they said it, and ask whether it is
    solved."""
    said = await said_of(ctx, risk)
    person = await ctx.uow.people.get(said.person_id) if said else None
    project = await ctx.uow.projects.get(risk.project_id)
    if said is None or person is None or project is None:
        return
    if await ctx.uow.living.find("complaint.end", risk.id):
        await ctx.hang_again("complaint.end", risk.id)
        return
    chats = await ctx.uow.chats.get_many([said.chat_id or project.chat_id])
    chat = chats.get(said.chat_id or project.chat_id)
    if chat and chat.kind is ChatKind.PRIVATE:
        ctx.hang("complaint.end", risk.id, chat, project.id)
    elif not person.external:
        ctx.hang("complaint.end", risk.id, person, project.id)
    elif chat and chat.present:
        # Platforms let nobody write to people outside the organisation but where they are.
        ctx.hang("complaint.end", risk.id, chat, project.id)
