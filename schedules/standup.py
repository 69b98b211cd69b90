"""A round by itself: ask, remind the missing, close with a digest.

Each step runs for many projects at once: what it needs is read together and written together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.context import Context
from bot.core.ids import new_id
from bot.domain import standup as rules
from bot.domain.project import RoundKind
from bot.domain.schedule import WHEN
from bot.domain.standup import Round, reminder_of
from bot.jobs import Job, Turn
from bot.rounds import state_of
from cards.common import notice
from cards.elements import Tone

Step = Callable[[RoundKind, Sequence[Turn], Context], Awaitable[Mapping[str, datetime]]]


async def ask(kind: RoundKind, turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """Open the day's round in each project.

    Policy after an outage: a prompt that comes later than its reminder would is skipped, and the
    group is told so.
    """
    rounds: list[tuple[Turn, Round]] = []
    skipped: list[Turn] = []
    for turn in turns:
        day = turn.project.local(turn.due.at).date()
        if ctx.now - turn.due.at > _window(turn, kind):
            skipped.append(turn)
        else:
            rounds.append((turn, rules.open_round(new_id(), turn.project, kind, ctx.now, day)))
    running = await _running(kind, [turn for turn, _ in rounds], ctx)
    rounds = [(t, r) for t, r in rounds if r.project_id not in running]
    await ctx.uow.standups.open([round_ for _, round_ in rounds])
    chats = await ctx.uow.chats.get_many([turn.project.chat_id for turn in turns])
    for turn, round_ in rounds:
        if chats[turn.project.chat_id].present:
            ctx.hang(
                "standup.prompt",
                round_.id,
                chats[turn.project.chat_id],
                turn.project.id,
            )
    for turn in skipped:
        project = ctx.for_project(turn.project)
        if chats[turn.project.chat_id].present and _same_day(turn, ctx):
            said = project.w(
                "round.skipped",
                time=project.w.time(turn.project.local(turn.due.at)),
                round=project.w(f"round.{kind}"),
                command=project.w(f"intent.{kind}.open"),
            )
            title = project.w(f"round.{kind}.title")
            ctx.say(
                chats[turn.project.chat_id],
                notice(project.w, title, said, tone=Tone.CALM),
            )
    return {}


async def remind(kind: RoundKind, turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """One private card to each of the missing, for all of their projects together."""
    rounds = await _running(kind, turns, ctx)
    projects = {turn.project.id: turn.project for turn in turns}
    await _warm_reminders(ctx, rounds.values())
    for project_id, round_ in rounds.items():
        state = await state_of(ctx, projects[project_id], round_)
        for member in state.missing:
            subject = reminder_of(member.person.id, round_)
            if not await ctx.refresh("standup.reminder", subject, at_once=True):
                ctx.hang("standup.reminder", subject, member.person, None)
        await ctx.refresh("standup.prompt", round_.id)
    return {}


async def close(kind: RoundKind, turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
    """Close the round and hang up its digest; one that was opened later runs on to its end."""
    rounds = await _running(kind, turns, ctx)
    early = {id_: r.closes_at for id_, r in rounds.items() if r.closes_at > ctx.now}
    done = [round_ for id_, round_ in rounds.items() if id_ not in early]
    await ctx.uow.standups.close(done, ctx.now)
    chats = await ctx.uow.chats.get_many([turn.project.chat_id for turn in turns])
    chat_of = {turn.project.id: chats[turn.project.chat_id] for turn in turns}
    await _warm_reminders(ctx, done)
    for round_ in done:
        if chat_of[round_.project_id].present:
            await ctx.refresh("standup.prompt", round_.id, at_once=True)
            ctx.hang(
                "standup.digest",
                round_.id,
                chat_of[round_.project_id],
                round_.project_id,
            )
        for member in await ctx.uow.members.of(round_.project_id):
            await ctx.refresh("standup.reminder", reminder_of(member.person.id, round_))
    return early


async def _warm_reminders(ctx: Context, rounds: Iterable[Round]) -> None:
    """Read together what each round's members are shown of it, and who of them is away."""
    rounds = list(rounds)
    await ctx.uow.members.warm([round_.project_id for round_ in rounds])
    members = {r.project_id: await ctx.uow.members.of(r.project_id) for r in rounds}
    await ctx.uow.leaves.warm(m.person.id for of_one in members.values() for m in of_one)
    await ctx.uow.living.warm(
        subject
        for round_ in rounds
        for subject in (
            round_.id,
            *(reminder_of(m.person.id, round_) for m in members[round_.project_id]),
        )
    )


async def _running(kind: RoundKind, turns: Sequence[Turn], ctx: Context) -> dict[str, Round]:
    """The open rounds of these projects, by project."""
    await ctx.uow.standups.warm([turn.project.id for turn in turns])
    found = {t.project.id: await ctx.uow.standups.latest(t.project.id, kind) for t in turns}
    return {id_: round_ for id_, round_ in found.items() if round_ and round_.open}


def _window(turn: Turn, kind: RoundKind) -> timedelta:
    """A prompt makes sense until its reminder is due."""
    times = turn.project.settings.times(kind)
    start = datetime.combine(date.min, times.ask)
    return max(datetime.combine(date.min, times.remind) - start, timedelta(minutes=15))


def _same_day(turn: Turn, ctx: Context) -> bool:
    return turn.project.local(turn.due.at).date() == ctx.today(turn.project)


def _job(kind: RoundKind, step: str, run: Step) -> Job:
    async def turn_all(turns: Sequence[Turn], ctx: Context) -> Mapping[str, datetime]:
        return await run(kind, turns, ctx)

    return Job(f"{kind}.{step}", WHEN[f"{kind}.{step}"], turn_all)


_STEPS: dict[str, Step] = {"ask": ask, "remind": remind, "close": close}
JOBS = [_job(kind, step, run) for kind in RoundKind for step, run in _STEPS.items()]
