"""The model behind `benchmarks/scale_sim.py`.

A working day in discrete events: what falls due, what people say, how it is committed in batches,
and how the relay sends what is owed within the platform's limits. The rules are those of
`bot/dispatcher.py`, `bot/relay.py`, `bot/pace.py` and `schedules/standup.py`; what a group does and
what things take are parameters, measured by `python -m benchmarks scale`. The same seed gives the
same day. Times are seconds since midnight.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

Windows = tuple[tuple[int, float], ...]
MINUTE, HOUR = 60.0, 3600.0
MILESTONES, ASK, REMIND, CLOSE, WEEKLY = (
    9 * HOUR, 9.5 * HOUR, 10.25 * HOUR, 10.5 * HOUR, 17 * HOUR,
)  # fmt: skip
# bot/dispatcher.py, bot/relay.py, bot/scheduler.py.
BATCH, IN_FLIGHT, WORTH, GATHER, DUE_AT_ONCE = 64, 100, 25, 0.05, 500
# Feishu: how long it waits for the answer to a push, and after how long it pushes once more.
PATIENCE, PUSHED_AGAIN = 3.0, (15.0, 5 * MINUTE, HOUR, 6 * HOUR)
Effect = Callable[[float], None]
WORKING_DAYS = 21


@dataclass(frozen=True, slots=True)
class Platform:
    """What a platform takes: calls a window for the app and a chat, and how changes are shown.

    `by_kind`: Feishu counts each API by itself; Golive counts them all together today.
    """

    name: str
    app: Windows
    chat: Windows
    edits: bool = True
    settling: float = 1.5
    together: bool = False
    by_kind: bool = False


FEISHU = Platform("feishu", ((2, 0.04), (1000, 60.5)), ((5, 1.1),))
DINGTALK = Platform("dingtalk", ((1, 0.055),), ((20, 60.5),), edits=False,
                    settling=60.0, together=True)  # fmt: skip
PLATFORMS = {one.name: one for one in (FEISHU, DINGTALK)}


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds; measured on one machine, so compare ratios.

    A batch takes `batch` and `event` for each event; 500 due projects take `due`; the weekly report
    `report`; a look at what is owed `look` and `row` for each owed row; a call `call`.
    """

    batch: float = 0.004
    event: float = 0.0013
    due: float = 0.25
    report: float = 0.03
    look: float = 0.008
    row: float = 0.000_002
    call: float = 0.03


@dataclass(frozen=True, slots=True)
class Scenario:
    """`spread` is over how many seconds before half past nine prompts begin;
    `leader_of_app`: each app has a relay of its own, not one for the whole database; `edits_last`:
    changes of cards go when nothing else is owed."""

    groups: int = 1_000
    apps: int = 1
    platform: Platform = FEISHU
    replicas: int = 1
    asked: int = 8
    on_time: float = 0.75
    friday: bool = False
    spread: float = 0.0
    leader_of_app: bool = False
    edits_last: bool = False
    doubled: float = 0.005
    costs: Costs = Costs()
    seed: int = 1


@dataclass(slots=True)
class Row:
    """One owed row. `planned` is when people expected it."""

    seq: int
    app: int
    lane: str
    kind: str
    to: str
    ready: float
    planned: float
    what: str
    group: int
    call: str = ""


@dataclass(slots=True)
class Found:
    """What the day came to."""

    scenario: Scenario
    pushed: int = 0
    acknowledged: int = 0
    doubled: int = 0
    owed: int = 0
    merged: int = 0
    needless: int = 0
    deepest: int = 0
    ack: list[float] = field(default_factory=list)
    lag: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sends: list[tuple[float, int, str, str]] = field(default_factory=list)
    arrivals: Counter[int] = field(default_factory=Counter)

    def calls(self) -> Counter[str]:
        return Counter(call for *_, call in self.sends)


class Pace:
    """Exact sliding windows, as `bot/pace.py`."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._last: deque[float] = deque(maxlen=max((n for n, _ in windows), default=1))

    def free_at(self, now: float) -> float:
        moments = (
            self._last[-count] + seconds
            for count, seconds in self._windows
            if len(self._last) >= count
        )
        return max(moments, default=now)

    def count(self, now: float) -> None:
        self._last.append(now)


class Day:
    """One simulated day; `live` runs it to its end."""

    def __init__(self, scenario: Scenario) -> None:
        self.s = scenario
        self.found = Found(scenario)
        self._heap: list[tuple[float, int, Effect]] = []
        self._order = itertools.count()
        self._seq = itertools.count(1)
        self._chance = [Random(f"{scenario.seed}:{g}") for g in range(scenario.groups)]
        self._waiting: list[deque[tuple[float, Effect, int]]] = [
            deque() for _ in range(scenario.replicas)
        ]
        self._busy = [False] * scenario.replicas
        self._turn = itertools.cycle(range(scenario.replicas))
        self._prompted: dict[int, float] = {}
        self._answered: list[set[int]] = [set() for _ in range(scenario.groups)]
        self._reminded: list[set[int]] = [set() for _ in range(scenario.groups)]
        relays = scenario.apps if scenario.leader_of_app else 1
        self._relays = [Relay(self) for _ in range(relays)]

    def live(self) -> Found:
        step = DUE_AT_ONCE
        for name, at, each in (
            ("milestones", MILESTONES, self._milestone),
            ("prompt", ASK, self._ask),
            ("reminder", REMIND, self._remind),
            ("digest", CLOSE, self._close),
        ):
            self._due(at, each, self.s.costs.due, step, spread=name == "prompt")
        if self.s.friday:
            self._due(WEEKLY, self._report, 10 * self.s.costs.report, 10, spread=False)
        for group in range(self.s.groups):
            self._talk(group)
        while self._heap:
            now, _, call = heapq.heappop(self._heap)
            call(now)
        return self.found

    def say(self, at: float) -> None:
        """Somebody says something that changes nothing."""
        self.at(at, lambda now: self._push(now, _nothing))

    # --- time ------------------------------------------------------------------------------------

    def at(self, moment: float, call: Effect) -> None:
        heapq.heappush(self._heap, (moment, next(self._order), call))

    def _due(
        self,
        at: float,
        each: Callable[[float, float, int], None],
        took: float,
        step: int,
        *,
        spread: bool,
    ) -> None:
        """Turns of one job, so many a transaction, one transaction after the other.

        With a spread the groups' own times are even parts of it before `at`.
        """
        width = self.s.spread if spread else 0.0
        moments = [at - width + width * g / self.s.groups for g in range(self.s.groups)]
        done = 0.0
        for first in range(0, self.s.groups, step):
            part = range(first, min(first + step, self.s.groups))
            if width:
                for g in part:
                    done = max(done, moments[g]) + took / step
                    self.at(done, lambda now, g=g: each(now, moments[g], g))  # type: ignore[misc]
                continue
            done = max(done, at) + took * len(part) / step
            for g in part:
                self.at(done, lambda now, g=g: each(now, at, g))  # type: ignore[misc]

    # --- what falls due --------------------------------------------------------------------------

    def _milestone(self, now: float, planned: float, group: int) -> None:
        if self._chance[group].random() < 0.2:
            self._owe(group, "card", f"p{group}", now, planned, "milestone")
            self._owe(group, "card", f"g{group}", now, planned, "milestone")

    def _ask(self, now: float, planned: float, group: int) -> None:
        self._owe(group, "card", f"g{group}", now, planned, "prompt")

    def _remind(self, now: float, planned: float, group: int) -> None:
        missing = set(range(self.s.asked)) - self._answered[group]
        self._reminded[group] = missing
        late = group not in self._prompted or self._prompted[group] > planned - 5 * MINUTE
        self.found.needless += len(missing) if late else 0
        self._tell(group, sorted(missing), now, planned, "reminder")

    def _close(self, now: float, planned: float, group: int) -> None:
        self._edit(group, f"prompt{group}", now, 0.0)
        self._owe(group, "card", f"g{group}", now, planned, "digest")
        for seat in self._reminded[group] if self.s.platform.edits else ():
            self._edit(group, f"reminder{group}:{seat}", now)

    def _report(self, now: float, planned: float, group: int) -> None:
        self._owe(group, "card", f"p{group}:0", now, planned, "report")

    def _tell(
        self, group: int, seats: Sequence[int], now: float, planned: float, what: str
    ) -> None:
        """The same to several people: one call where the platform can."""
        for seat in seats[:1] if self.s.platform.together else seats:
            self._owe(group, "card", f"p{group}:{seat}", now, planned, what)

    # --- what people say -------------------------------------------------------------------------

    def _talk(self, group: int) -> None:
        chance = self._chance[group]
        for seat in range(self.s.asked):
            intends = ASK + chance.uniform(MINUTE, REMIND - ASK)
            slow, by_form = chance.random() >= self.s.on_time, chance.random() < 0.5
            if slow:
                intends = CLOSE - chance.uniform(-MINUTE, 0.9 * (CLOSE - REMIND))
            if slow and chance.random() < 0.5:
                continue
            self.at(intends, self._answering(group, seat, chance.uniform(20, 600), by_form=by_form))
        for hour in (11.0, 14.0):
            at = hour * HOUR + chance.uniform(0, HOUR)
            self._say(at, lambda now: self._owe(group, "card", f"g{group}", now, now, "reply"))
        if chance.random() < 0.5:
            self._say(15 * HOUR + chance.uniform(0, HOUR), lambda now: self._question(now, group))

    def _answering(self, group: int, seat: int, after: float, *, by_form: bool) -> Effect:
        """Nobody answers a prompt that has not come: they answer so long after it."""

        def intends(now: float) -> None:
            if group not in self._prompted:
                self.at(now + MINUTE, intends)
                return
            at = max(now, self._prompted[group] + after)
            self._say(at, lambda then: self._answer(then, group, seat, by_form=by_form))

        return intends

    def _answer(self, now: float, group: int, seat: int, *, by_form: bool) -> None:
        self._answered[group].add(seat)
        if not by_form and self.s.platform.edits:
            self._owe(group, "react", f"g{group}", now, now, "react")
        self._edit(group, f"prompt{group}", now)
        if seat in self._reminded[group] and self.s.platform.edits:
            self._edit(group, f"reminder{group}:{seat}", now)

    def _question(self, now: float, group: int) -> None:
        self._owe(group, "card", f"g{group}", now, now, "reply")
        self._tell(group, range(1, self.s.asked), now, now, "question")

    def _say(self, at: float, effect: Effect) -> None:
        self.at(at, lambda now: self._push(now, effect))
        if self._chance[0].random() < self.s.doubled:
            self.found.doubled += 1
            self.at(at + PUSHED_AGAIN[0], lambda now: self._push(now, _nothing))

    def _push(self, now: float, effect: Effect, tries: int = 0) -> None:
        self.found.pushed += 1
        self.found.arrivals[int(now)] += 1
        replica = next(self._turn)
        self._waiting[replica].append((now, effect, tries))
        if not self._busy[replica]:
            self._serve(now, replica)

    def _serve(self, now: float, replica: int) -> None:
        queue = self._waiting[replica]
        batch = [queue.popleft() for _ in range(min(len(queue), BATCH))]
        self._busy[replica] = bool(batch)
        if batch:
            took = self.s.costs.batch + self.s.costs.event * len(batch)
            self.at(now + took, lambda then: self._committed(then, replica, batch))

    def _committed(
        self, now: float, replica: int, batch: Sequence[tuple[float, Effect, int]]
    ) -> None:
        for since, effect, tries in batch:
            effect(now)
            self.found.acknowledged += 1
            self.found.ack.append(now - since)
            if now - since > PATIENCE and tries < len(PUSHED_AGAIN):
                self.found.doubled += 1
                self._again(max(now, since + PUSHED_AGAIN[tries]), tries + 1)
        self._serve(now, replica)

    def _again(self, at: float, tries: int) -> None:
        """The platform does not know that it was heard; the second time has no effect."""
        self.at(at, lambda now: self._push(now, _nothing, tries))

    # --- what is owed ----------------------------------------------------------------------------

    def _edit(self, group: int, card: str, now: float, settling: float | None = None) -> None:
        wait = self.s.platform.settling if settling is None else settling
        what = "edit" if self.s.platform.edits else "card"
        lane = card if self.s.platform.edits else f"g{group}"
        self._owe(group, what, f"g{group}", now, now, "edit", lane=lane, merge=card, wait=wait)

    def _owe(
        self,
        group: int,
        call: str,
        to: str,
        now: float,
        planned: float,
        what: str,
        *,
        lane: str = "",
        merge: str = "",
        wait: float = 0.0,
    ) -> None:
        app = group % self.s.apps
        self.found.owed += 1
        relay = self._relays[app % len(self._relays)]
        row = Row(next(self._seq), app, lane or to, merge, to, now + wait, planned, what, group,
                  call)  # fmt: skip
        relay.owe(now, row)

    def sent(self, now: float, row: Row) -> None:
        self.found.sends.append((now, row.app, row.to, row.call))
        self.found.lag[row.what].append(now - row.planned)
        if row.what == "prompt":
            self._prompted[row.group] = now


def _nothing(_: float) -> None:
    """The effect of what has been heard already."""


class Relay:
    """Takes heads of lanes in their order and lets the pace decide; one for all its apps."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._lanes: dict[str, deque[Row]] = defaultdict(deque)
        self._merging: set[str] = set()
        self._ready: list[tuple[bool, int, Row]] = []
        self._owed = self._sending = 0
        self._looking = False
        self._paces: dict[tuple[int, str], Pace] = {}
        self._chats: dict[str, Pace] = {}
        self._queues: dict[tuple[int, str], deque[Row]] = defaultdict(deque)
        self._held: set[tuple[int, str]] = set()

    def owe(self, now: float, row: Row) -> None:
        if row.kind and row.kind in self._merging:
            self._day.found.merged += 1
            return
        if row.kind:
            self._merging.add(row.kind)
        self._owed += 1
        self._day.found.deepest = max(self._day.found.deepest, self._owed)
        lane = self._lanes[row.lane]
        lane.append(row)
        if len(lane) == 1:
            self._head(now, row)

    def _head(self, now: float, row: Row) -> None:
        if row.ready > now:
            self._day.at(row.ready, lambda then: self._head(then, row))
            return
        last = self._day.s.edits_last and row.what == "edit"
        heapq.heappush(self._ready, (last, row.seq, row))
        self._look(now)

    def _look(self, now: float) -> None:
        if self._looking or not self._ready or IN_FLIGHT - self._sending < WORTH:
            return
        self._looking = True
        costs = self._day.s.costs
        self._day.at(now + costs.look + costs.row * self._owed, self._take)

    def _take(self, now: float) -> None:
        self._looking = False
        while self._ready and self._sending < IN_FLIGHT:
            *_, row = heapq.heappop(self._ready)
            self._merging.discard(row.kind)
            self._sending += 1
            self._queue(now, row)
        self._look(now)

    def _line(self, row: Row) -> tuple[int, str]:
        return row.app, row.call if self._day.s.platform.by_kind else ""

    def _queue(self, now: float, row: Row) -> None:
        line = self._line(row)
        self._queues[line].append(row)
        if line not in self._held:
            self._next(now, line)

    def _next(self, now: float, line: tuple[int, str]) -> None:
        """Whoever waits for the app's slot holds the queue; for a chat's, lets others pass."""
        self._held.discard(line)
        queue, platform = self._queues[line], self._day.s.platform
        pace = self._paces.setdefault(line, Pace(platform.app))
        while queue:
            chat = self._chats.setdefault(queue[0].to, Pace(platform.chat))
            if (free := chat.free_at(now)) > now:
                row = queue.popleft()
                self._day.at(free, lambda then, row=row: self._queue(then, row))  # type: ignore[misc]
                continue
            if (free := pace.free_at(now)) > now:
                self._held.add(line)
                self._day.at(free, lambda then: self._next(then, line))
                return
            row = queue.popleft()
            chat.count(now)
            pace.count(now)
            self._day.sent(now, row)
            self._day.at(now + self._day.s.costs.call, self._answered)
            done = now + self._day.s.costs.call + GATHER
            self._day.at(done, lambda then, row=row: self._settled(then, row))  # type: ignore[misc]

    def _answered(self, now: float) -> None:
        self._sending -= 1
        self._look(now)

    def _settled(self, now: float, row: Row) -> None:
        self._owed -= 1
        lane = self._lanes[row.lane]
        lane.popleft()
        if lane:
            self._head(now, lane[0])
        else:
            del self._lanes[row.lane]


def part(values: Sequence[float], share: float) -> float:
    """The value below which so great a share of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
