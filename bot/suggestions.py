"""Suggestions: taken from whoever makes one, joined when alike, answered to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.context import Context
from bot.core.errors import Refusal
from bot.core.events import ChatKind
from bot.core.ids import new_id
from bot.domain import suggestion as rules
from bot.domain.people import Person
from bot.domain.project import Project
from bot.domain.suggestion import OPEN, Suggestion, SuggestionState, Voice
from bot.language import risk as language
from cards.suggestion import told_card


async def suggest(ctx: Context, project: Project, text: str) -> tuple[Suggestion, bool]:
    """Keep what the speaker suggests; whether somebody had suggested it before."""
    if len(text) < 2:
        raise Refusal("refused.suggestion_empty")
    if len(text) > rules.LONGEST_TEXT:
        raise Refusal("refused.suggestion_long", most=rules.LONGEST_TEXT, have=len(text))
    me = ctx.person.id if ctx.person else ""
    voice = Voice(me, ctx.now, text, ctx.chat.id if ctx.chat else "")
    known = await ctx.uow.suggestions.of(project.id, OPEN)
    same = language.same(text, {one.id: one.text for one in known})
    before = next((one for one in known if one.id == same), None)
    if before:
        after = rules.joined(before, voice)
        if after is not before:
            after = await ctx.uow.suggestions.save(after)
            ctx.note("suggestion.joined", suggestion=after.id)
        return after, True
    new = Suggestion(new_id(), project.id, 0, text, SuggestionState.NEW, ctx.now, (voice,))
    new = await ctx.uow.suggestions.add(new)
    ctx.note("suggestion.added", suggestion=new.id)
    return new, False


async def answer(
    ctx: Context, project: Project, one: Suggestion, state: SuggestionState, note: str
) -> Suggestion:
    """Give a suggestion its answer and tell everybody who made it."""
    if state is SuggestionState.DECLINED and not note:
        raise Refusal("refused.suggestion_note", id=one.label)
    by = ctx.person.id if ctx.person else None
    after = await ctx.uow.suggestions.save(rules.answered(one, state, note, by, ctx.now))
    ctx.note("suggestion.answered", suggestion=one.id, state=str(state))
    await _tell(ctx, project, after)
    return after


async def _tell(ctx: Context, project: Project, one: Suggestion) -> None:
    """Each in their own words: people of the organisation in private, others where they said it."""
    group = await ctx.uow.chats.get(project.chat_id)
    for voice in one.voices:
        person = await ctx.uow.people.get(voice.person_id)
        if person is None:
            continue
        card = told_card(ctx.w, project, in_words_of(one, person.id), [person])
        found = await ctx.uow.chats.get_many([voice.chat_id]) if voice.chat_id else {}
        said_in = found.get(voice.chat_id, group)
        if not person.external:
            ctx.whisper(person, card)
        elif said_in.kind is ChatKind.PRIVATE:
            ctx.say(said_in, card)
        elif group.present:
            ctx.say(group, card)


def in_words_of(one: Suggestion, person_id: str) -> Suggestion:
    """The suggestion as somebody who made it put it: others' words are not for them to read."""
    voice = next((voice for voice in one.voices if voice.person_id == person_id), None)
    return replace(one, text=voice.text) if voice else one


async def names(ctx: Context, one: Suggestion) -> Mapping[str, str]:
    """The names of everybody who made it."""
    found: dict[str, Person | None] = {
        voice.person_id: await ctx.uow.people.get(voice.person_id) for voice in one.voices
    }
    return {id_: person.name for id_, person in found.items() if person}
