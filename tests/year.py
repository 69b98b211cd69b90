"""A made-up year of many projects, and the driver that lives through it on a real database.

`script` invents who is where and what people do when: a list of acts, the same for the same seed.
`Year` plays it: the clock jumps from one due moment to the next, several replicas share the
database, and one that ticks may be killed in the middle. `tests/oracle.py` says, from the same
script and from the rules in words, what had to be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import count, groupby
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import event, insert, select

from bot.context import Context
from bot.core.clock import FrozenClock
from bot.core.events import ChatKind
from bot.domain import risk as rules
from bot.domain.ladder import Distances
from bot.domain.milestone import Milestone, Moved
from bot.domain.people import Person, Role
from bot.domain.project import Project, RoundKind, Settings
from bot.domain.risk import of_milestone
from bot.domain.standup import Leave
from bot.metrics import Metrics
from bot.milestones import dated, move, settle_risk
from bot.risks import close_risk, hear, keep, new_risk, open_risk
from bot.scheduler import Scheduler
from bot.shelf import Shelf
from schedules import JOBS
from storage.tables.notices import notices
from storage.tables.people import members, people
from storage.tables.projects import chats
from storage.unit_of_work import Database

ZONE = ZoneInfo("Asia/Shanghai")
PLATFORM = "fake"
OFF = replace(Settings().standup, on=False)
# When jobs are due. Some lie within ten minutes of others and are told with them, some just not.
REMIND_AT = (time(9), time(9), time(9, 5), time(9, 12), time(10), time(14))
CLIMB_AT = (time(10), time(10), time(9, 5), time(9), time(10, 5), time(16, 30))
DISTANCES = (Distances(), Distances(), Distances(1, 1, 1), Distances(1, 3, 5), Distances(2, 5, 9))
# When people act: after midnight, when it is still yesterday in UTC; before and after jobs; in
# quiet hours. Never within the ten minutes in which a job may be run early.
SLOTS = (time(0, 25), time(8, 40), time(11, 20), time(15, 40), time(22, 20))
# What people do with the risk that a late milestone opened.
OWN = ("own.ack", "own.close", "own.snooze")
HOLDERS = (Role.ENGINEER, Role.MANAGER, Role.SUPERVISOR, Role.CUSTOMER_ADMIN)


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is, from which to which day, and of how many times of day each job has some.

    Every time of day costs a tick on every working day.
    """

    projects: int
    milestones: int
    risks: int
    first: date
    last: date
    times: int = len(REMIND_AT)


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's place in a project."""

    project: str
    person: str
    role: Role


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does. `what` is `add`, `move`, `done` or `reopen` of a milestone;
    `own.…` to the risk that a late milestone opened, if there is one; `risk.…` to a risk; `leave`
    from `day` to `last`; `left` the project."""

    at: datetime
    what: str
    project: str
    subject: str
    person: str = ""
    day: date | None = None
    last: date | None = None

    @property
    def date(self) -> date:
        """The day that an act is about."""
        assert self.day, self
        return self.day


Outage = tuple[datetime, datetime]


@dataclass(slots=True)
class Script:
    """All that is given and all that happens. Seats are in the order in which people joined."""

    size: Size
    people: dict[str, Person] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    seats: list[Seat] = field(default_factory=list)
    milestones: dict[str, Milestone] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)

    @property
    def start(self) -> datetime:
        return at(self.size.first, time(0, 5))

    @property
    def end(self) -> datetime:
        return at(self.size.last, time(23, 59))

    def team(self, project: str) -> list[str]:
        return [s.person for s in self.seats if s.project == project]


def at(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, tzinfo=ZONE)


# --- inventing -----------------------------------------------------------------------------------


def script(size: Size, seed: int, *, outages: int = 0) -> Script:
    """A year by chance, the same one for the same seed."""
    made = Script(size)
    rng = Random(seed)
    _Cast(made, rng).fill()
    _Plot(made, rng).fill()
    made.acts.sort(key=lambda act: act.at)
    made.outages = sorted(_outage(size, rng) for _ in range(outages))
    return made


def _outage(size: Size, rng: Random) -> Outage:
    """An hour to four days; many end early in the morning, when the day's jobs are just ahead."""
    days = (size.last - size.first).days - 8
    begins = at(size.first + timedelta(days=rng.randrange(days)), time(rng.randrange(24), 55))
    ends = begins + timedelta(minutes=rng.randint(60, 4 * 24 * 60))
    if rng.random() < 0.4:
        ends = at(ends.date() + timedelta(days=1), time(8, rng.choice((10, 21, 25, 29, 30, 56))))
    return begins, ends


class _Cast:
    """Projects and their people, some of whom are in several projects."""

    def __init__(self, made: Script, rng: Random) -> None:
        self._made, self._rng = made, rng

    def fill(self) -> None:
        size, rng = self._made.size, self._rng
        engineers = [self._person(f"engineer{n}") for n in range(2 * size.projects)]
        managers = [self._person(f"manager{n}") for n in range(size.projects // 2 + 2)]
        supervisors = [self._person(f"supervisor{n}") for n in range(size.projects // 6 + 2)]
        for number in range(size.projects):
            id_ = self._project(number)
            seats = [(e, Role.ENGINEER) for e in rng.sample(engineers, rng.choice((1, 2, 2, 3)))]
            seats += [(m, Role.MANAGER) for m in rng.sample(managers, _some(rng, 12, 76, 12))]
            seats += [(s, Role.SUPERVISOR) for s in rng.sample(supervisors, _some(rng, 15, 75, 10))]
            if rng.random() < 0.5:
                customer = self._person(f"customer{number}", external=True)
                seats.append((customer, Role.CUSTOMER_ADMIN))
            rng.shuffle(seats)
            self._made.seats += [Seat(id_, person, role) for person, role in seats]

    def _person(self, id_: str, *, external: bool = False) -> str:
        self._made.people[id_] = Person(id_, PLATFORM, f"ou_{id_}", id_, external)
        return id_

    def _project(self, number: int) -> str:
        rng, id_ = self._rng, f"project{number}"
        settings = Settings(
            standup=OFF,
            remind_at=rng.choice(REMIND_AT[: self._made.size.times]),
            climb_at=rng.choice(CLIMB_AT[: self._made.size.times]),
            distances=rng.choice(DISTANCES),
            urgent=rng.random() < 0.2,
        )
        assert not settings.times(RoundKind.DAILY).on
        self._made.projects[id_] = Project(id_, f"P{number}", f"chat{number}", settings)
        return id_


def _some(rng: Random, *weights: int) -> int:
    """0, 1, 2 … with these weights."""
    return rng.choices(range(len(weights)), weights)[0]


class _Plot:
    """What people do: always something that the bot would let them do."""

    def __init__(self, made: Script, rng: Random) -> None:
        self._made, self._rng = made, rng
        self._insiders = {
            id_: [p for p in made.team(id_) if not made.people[p].external] for id_ in made.projects
        }

    def fill(self) -> None:
        size, rng, ids = self._made.size, self._rng, list(self._made.projects)
        for number in range(size.milestones):
            self._milestone(number, rng.choice(ids))
        for number in range(size.risks):
            self._risk(f"risk{number}", rng.choice(ids))
        for person in self._made.people.values():
            for _ in range(0 if person.external else rng.randrange(5)):
                self._leave(person.id)
        for seat in rng.sample(self._made.seats, len(self._made.seats) // 25):
            self._act(self._moment(self._day()), "left", seat.project, seat.person, seat.person)

    def _act(self, moment: datetime, what: str, project: str, subject: str, *rest: object) -> None:
        """Keep an act unless it comes after the end."""
        if self._made.start <= moment < self._made.end:
            self._made.acts.append(Act(moment, what, project, subject, *rest))  # type: ignore[arg-type]

    def _day(self) -> date:
        days = (self._made.size.last - self._made.size.first).days
        return self._made.size.first + timedelta(days=self._rng.randint(1, days))

    def _moment(self, day: date) -> datetime:
        return at(day, self._rng.choice(SLOTS))

    def _after(self, moment: datetime, day: date) -> datetime:
        """A moment on that day, or on the next after `moment`."""
        return self._moment(max(day, moment.date() + timedelta(days=1)))

    def _leave(self, person: str) -> None:
        """Told beforehand, or on the very day."""
        first = self._day()
        told = first - timedelta(days=self._rng.choice((0, 0, 1, 5)))
        last = first + timedelta(days=self._rng.choice((0, 0, 1, 4, 13)))
        moment = max(self._moment(told), self._made.start)
        self._act(moment, "leave", "", person, person, first, last)

    def _milestone(self, number: int, project: str) -> None:
        rng, due, id_ = self._rng, self._day(), f"milestone{number}"
        self._made.milestones[id_] = Milestone(
            id_,
            project,
            number + 1,
            f"M {number}",
            due,
            baseline=due,
            owner_id=rng.choice(self._made.team(project)) if rng.random() < 0.6 else None,
            role=rng.choice(HOLDERS) if rng.random() < 0.6 else None,
            shared=rng.random() < 0.1,
        )
        added = self._made.start
        if rng.random() < 0.5:
            added = max(self._moment(due - timedelta(days=rng.choice((0, 1, 3, 20)))), added)
        self._act(added, "add", project, id_, "", due)
        last, due = self._moves(project, id_, added, due)
        self._end(project, id_, last, due)

    def _moves(self, project: str, id_: str, last: datetime, due: date) -> tuple[datetime, date]:
        rng = self._rng
        for _ in range(_some(rng, 75, 19, 6)):
            if rng.random() < 0.3:
                last = self._answer(project, id_, last, due, OWN)
            last = self._after(last, due + timedelta(days=rng.randint(-8, 8)))
            to = max(last.date(), due) + timedelta(days=rng.choice((0, 1, 3, 8, 25)))
            due = to if to != due else to + timedelta(days=1)
            self._act(last, "move", project, id_, "", due)
        return last, due

    def _answer(
        self, project: str, id_: str, last: datetime, due: date, ways: Sequence[str]
    ) -> datetime:
        """Somebody deals with the risk of a late milestone, if there is one by then."""
        moment = self._after(last, due + timedelta(days=self._rng.randint(2, 10)))
        until = moment.date() + timedelta(days=self._rng.choice((1, 3, 5, 9)))
        self._act(moment, self._rng.choice(ways), project, id_, self._anybody(project), until)
        return moment

    def _end(self, project: str, id_: str, last: datetime, due: date) -> None:
        """It is done early, late or never, and sometimes was not done after all."""
        rng = self._rng
        again = rng.random() < 0.06
        ways = OWN if again else (*OWN, "own.dismiss")
        if rng.random() < 0.3:
            last = self._answer(project, id_, last, due, ways)
        if rng.random() < 0.05:
            return
        late = rng.choice((-9, -3, -1, 0, 0, 0, 1, 2, 4, 7, 20))
        last = self._after(last, due + timedelta(days=late))
        self._act(last, "done", project, id_)
        if again:
            last = self._after(last, last.date() + timedelta(days=rng.randint(1, 5)))
            self._act(last, "reopen", project, id_, "", due)
            last = self._after(last, last.date() + timedelta(days=rng.randint(1, 12)))
            self._act(last, "done", project, id_)

    def _anybody(self, project: str) -> str:
        return self._rng.choice(self._insiders[project])

    def _risk(self, id_: str, project: str) -> None:
        rng = self._rng
        moment = self._moment(self._day())
        owner = rng.choice(self._made.team(project)) if rng.random() < 0.7 else ""
        self._act(moment, "risk.open", project, id_, owner)
        treated = False
        for _ in range(_some(rng, 15, 20, 25, 20, 12, 8)):
            moment = self._after(moment, moment.date() + timedelta(days=rng.randint(1, 9)))
            what = rng.choice(_TREATED if treated else _OPEN)
            day = moment.date() + timedelta(days=rng.choice((1, 2, 3, 6, 12)))
            self._act(moment, f"risk.{what}", project, id_, self._anybody(project), day)
            treated = treated or what in ("ack", "treat")
            if what in ("close", "dismiss"):
                return


# What may be done to a risk that waits for somebody, and to one that somebody sees to.
_OPEN = ("heard", "heard", "ack", "ack", "treat", "snooze", "snooze", "assign", "close", "dismiss")
_TREATED = ("heard", "heard", "treat", "close")


# --- living through it ---------------------------------------------------------------------------


class _Replica:
    """One process: its own connections and its own scheduler."""

    def __init__(self, url: str, clock: FrozenClock, shelf: Shelf, metrics: Metrics) -> None:
        self.database = Database(url, clock)
        self.scheduler = Scheduler(self.database, JOBS, shelf, clock, metrics)

    async def killed_after(self, steps: int) -> bool:
        """Tick, and be cut off after so many turns of the event loop, unless it is over by then."""
        ticking = asyncio.create_task(self.scheduler.tick())
        for _ in range(steps):
            await asyncio.sleep(0)
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        return ticking.cancelled()

    async def killed_at_commit(self, number: int) -> bool:
        """Tick, and fail with everything written when the transaction of that number ends, if
        there are so many."""
        commits = count()

        def fail(_: object) -> None:
            if next(commits) >= number:
                msg = "the machine is gone"
                raise OSError(msg)

        event.listen(self.database.engine.sync_engine, "commit", fail)
        try:
            await self.scheduler.tick()
        except OSError:
            return True
        return False


class Year:
    """Plays a script on a database with the newest schema and nothing in it.

    `crashes` is how often a tick is killed; then another replica goes on, seconds to minutes later.
    """

    REPLICAS = 3

    def __init__(self, url: str, told: Script, *, seed: int, crashes: float = 0.0) -> None:
        self.script = told
        self.clock = FrozenClock(told.start)
        self.shelf = Shelf()
        self.turns = self.ticks = self.killed = 0
        self._url, self._crashes, self._rng = url, crashes, Random(seed)
        self._metrics = Metrics()
        self._replicas = [self._replica() for _ in range(self.REPLICAS)]
        self.database = Database(url, self.clock)

    def _replica(self) -> _Replica:
        return _Replica(self._url, self.clock, self.shelf, self._metrics)

    async def live(self) -> None:
        """From the first moment to the last."""
        await self._seed()
        for moment, acts in groupby(self.script.acts, key=lambda act: act.at):
            await self._until(moment)
            self.clock.move_to(max(moment, self.clock.now()))
            await self._act(acts)
        await self._until(self.script.end)

    async def close(self) -> None:
        for database in (self.database, *(one.database for one in self._replicas)):
            await database.close()

    async def told(self) -> list[tuple[str, str, str, int, datetime, str]]:
        """Every notice: person, kind, subject, step, moment, batch."""
        columns = notices.c
        async with self.database.read() as uow:
            found = await uow.connection.execute(
                select(
                    columns.person_id,
                    columns.kind,
                    columns.subject,
                    columns.step,
                    columns.at,
                    columns.batch,
                ).order_by(columns.seq)
            )
            return [
                (row.person_id, row.kind, row.subject, row.step, row.at, row.batch) for row in found
            ]

    async def _seed(self) -> None:
        told, joined = self.script, self.clock.now() - timedelta(days=1)
        async with self.database.begin() as uow:
            ctx = Context(uow, self.shelf)
            everybody = [
                {"id": p.id, "platform": p.platform, "account": p.account, "name": p.name,
                 "external": p.external}
                for p in told.people.values()
            ]  # fmt: skip
            rooms = [
                {"id": p.chat_id, "platform": PLATFORM, "account": f"oc_{p.chat_id}",
                 "kind": ChatKind.GROUP, "name": p.name, "external": number % 4 == 0,
                 "present": True}
                for number, p in enumerate(told.projects.values())
            ]  # fmt: skip
            await uow.connection.execute(insert(people), everybody)
            await uow.connection.execute(insert(chats), rooms)
            for project in told.projects.values():
                await uow.projects.add(replace(project, created_at=self.clock.now()))
                await ctx.arrange(project)
            seats = [
                {"project_id": seat.project, "person_id": seat.person, "role": seat.role,
                 "joined_at": joined + timedelta(seconds=number)}
                for number, seat in enumerate(told.seats)
            ]  # fmt: skip
            await uow.connection.execute(insert(members), seats)

    # --- time ------------------------------------------------------------------------------------

    async def _until(self, target: datetime) -> None:
        """Run what falls due up to `target`; during an outage nobody does."""
        while True:
            async with self.database.read() as uow:
                due = await uow.schedule.next_due()
            if due is None:
                return
            moment = self._running(max(due, self.clock.now()))
            if moment > target:
                return
            self.clock.move_to(moment)
            await self._tick()

    def _running(self, moment: datetime) -> datetime:
        """The moment, or the end of the outage that it lies in."""
        for begins, ends in self.script.outages:
            if begins <= moment < ends:
                moment = ends
        return moment

    async def _tick(self) -> None:
        self.ticks += 1
        if self._rng.random() < self._crashes:
            await self._kill(self._rng.randrange(self.REPLICAS))
            self.clock.move_to(self.clock.now() + timedelta(seconds=self._rng.randint(1, 240)))
        self.turns += await self._rng.choice(self._replicas).scheduler.tick()

    async def _kill(self, which: int) -> None:
        """One dies somewhere in its tick and comes back as a new one."""
        dying = self._replicas[which]
        if self._rng.random() < 0.5:
            self.killed += await dying.killed_after(self._rng.randint(1, 60))
        else:
            self.killed += await dying.killed_at_commit(self._rng.randrange(3))
        await dying.database.close()
        self._replicas[which] = self._replica()

    # --- what people do --------------------------------------------------------------------------

    async def _act(self, acts: Iterable[Act]) -> None:
        async with self.database.begin() as uow:
            everywhere = Context(uow, self.shelf)
            for act in acts:
                if act.what == "leave":
                    await uow.leaves.take(Leave(act.person, act.date, act.last or act.date))
                    continue
                project = await uow.projects.get(act.project)
                assert project
                ctx = everywhere.for_project(project)
                if act.what == "left":
                    await uow.members.leave(project.id, [act.person], uow.now)
                elif act.what.startswith("risk."):
                    await self._on_risk(ctx, project, act)
                else:
                    await self._on_milestone(ctx, project, act)

    async def _on_milestone(self, ctx: Context, project: Project, act: Act) -> None:
        """As `handlers/milestone.py` does it."""
        if act.what == "add":
            new = dated(ctx, project, self.script.milestones[act.subject], act.date)
            await ctx.uow.milestones.add([new])
            return
        found = await ctx.uow.milestones.get(act.subject)
        assert found
        if act.what == "move":
            await move(ctx, project, [Moved(found, act.date)], "later")
        elif act.what == "reopen":
            again = dated(ctx, project, replace(found, done_on=None), found.due)
            await ctx.uow.milestones.save([again])
        elif act.what == "done":
            done = replace(found, done_on=ctx.today(project), climbed=0)
            saved = await ctx.uow.milestones.save([done])
            await settle_risk(ctx, project, saved[0], "done")
        else:
            origin = of_milestone(found.id)
            risk = (await ctx.uow.risks.from_origins(project.id, [origin])).get(origin)
            if risk and risk.live:
                await keep(ctx, _CHANGES[act.what.removeprefix("own.")](risk, act, ctx.now))

    async def _on_risk(self, ctx: Context, project: Project, act: Act) -> None:
        what = act.what.removeprefix("risk.")
        if what == "open":
            owner = self.script.people.get(act.person)
            new = replace(new_risk(ctx, project, act.subject, owner=owner), id=act.subject)
            await open_risk(ctx, project, new, quote=act.subject)
            return
        risk = await ctx.uow.risks.get(act.subject)
        assert risk
        assert risk.live
        if what == "heard":
            await hear(ctx, risk, quote="again")
        elif what == "close":
            await close_risk(ctx, risk, "over")
        else:
            await keep(ctx, _CHANGES[what](risk, act, ctx.now))


# As `handlers/risk_acts.py` does them.
_CHANGES: dict[str, Callable[[rules.Risk, Act, datetime], rules.Risk]] = {
    "ack": lambda risk, act, now: rules.acknowledged(risk, act.person, now),
    "treat": lambda risk, act, now: rules.treated(risk, "something", act.date, now),
    "snooze": lambda risk, act, now: rules.snoozed(risk, act.date, now),
    "assign": lambda risk, act, now: rules.assigned(risk, act.person, None, now),
    "close": lambda risk, act, now: rules.closed(risk, act.person, "over", now),
    "dismiss": lambda risk, act, now: rules.dismissed(risk, act.person, "none", now),
}
