"""Who may do what, where: every command, button and reply, by everybody, in every place.

The table is the rule. A route that it does not know fails the first test; whoever it does not name
is refused, changes nothing and sees nothing that is the team's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from bot.core.events import Message, Someone
from bot.language.commands import understand
from handlers import ROUTER
from tests.access.acts import BUTTONS, LINES, REPLIES, Act, acts
from tests.access.world import Told, World

WHO = {
    "M": "manager", "S": "supervisor", "O": "engineer", "E": "other", "A": "admin", "U": "user",
    "N": "newcomer", "G": "guest",
}  # fmt: skip
CUSTOMERS = "AUNG"  # and those of whom nobody has said that they are not
# By act: who is not refused, whose doing changes something, who sees what is the team's. `O` is the
# engineer to whom the risk and the milestone belong, `E` the other one, `N` and `G` are without a
# role, of the organisation and not. A line with `~` is how it is in private, where that differs.
TABLE = """
help                 MSOEAUNG -        -
status               MSOEAUNG -        -
doctor               MS       -        -
project.create       -        -        -
project.show         MSOEAUN  -        MSOE
portfolio.show       MS       -        -
project.archive      MS       -        MS
project.golive       MS       MS       MS
role.list            MSOEAUN  -        -
role.assign          MS       MS       -
member.import        MS       -        -
  ~                  -        -        -
settings             MS       -        -
settings.more        MS       -        -
settings.set         MS       MS       -
standup.time         MS       MS       -
daily.time           MS       MS       -
leave                MSOE     MSOE     -
leave.cancel         E        E        -
standup.open         MSOE     MSOE     -
daily.open           MSOE     MSOE     -
standup.missing      MSOEAUN  -        -
standup.fill         MSOE     E        -
answer               MSOE     MSOE     -
answer.withdraw      O        O        -
risk.list            MSOEAUN  -        MSOE
risk.show            MSOE     -        MSOE
risk.open            MSOEA    MSOEA    -
risk.confirm         MS       MS       -
risk.dismiss         MS       MS       MS
risk.assign          MSOE     MSOE     MO
risk.handover        MSO      -        MSO
risk.close           MSO      MSO      MO
risk.postpone        MSO      MSO      MO
risk.treat           MSO      MSO      MO
risk.edit            MSO      -        MSO
milestone.list       MSOEAUN  -        MSOE
milestone.show       MSOE     -        MSOE
milestone.add        MSOE     MSOE     -
milestone.done       MSO      MSO      MSO
milestone.reopen     -        -        -
milestone.postpone   MSO      MSO      MSO
milestone.check      MS       MS       -
milestone.edit       MSO      -        MSO
milestone.assign     MSO      MSO      MSO
plan.show            MSOEAUN  -        MSOE
plan.import          MS       MS       -
draft.follow         M        M        M
draft.golive         M        M        M
draft.import         M        M        M
golive.gate          MSOEAUN  MSOEAUN  -
  ~                  MSOEAUN  -        MSOE
golive.vote          MSOEA    MSOEA    -
golive.decide        MS       MS       -
  ~                  MS       MS       MS
golive.happened      -        -        -
followup.list        MSOE     -        -
feedback.give        AUNG     AUNG     -
feedback.complain    AUNG     AUNG     -
complaint.judge      -        -        -
suggestion.add       MSOEAUNG MSOEAUNG -
suggestion.list      MSOEAUN  -        -
suggestion.show      MSOE     -        -
suggestion.answer    MSOE     MSOE     -
report.weekly        MSOE     -        MSOE
report.face          MSOE     -        -
report.edit          MS       MS       -
report.redraw        MS       MS       MS
report.send          MS       MS       -
report.export        MSOE     -        MSOE
growth.show          MSOE     -        M
growth.export        MSOE     -        M
faq.list             MSOE     -        -
faq.show             MSOE     -        -
faq.add              MSOE     MSOE     -
faq.edit             MSOE     MSOE     -
faq.remove           MSOE     MSOE     -
faq.settings         MS       -        -
faq.synonyms         MSOE     MSOE     -
faq.claim            MSOE     MSOE     -
faq.answer           MSOE     MSOE     -
faq.keep             MSOE     MSOE     -
faq.useful           -        -        -
faq.useless          -        -        -
faq.person           U        -        -
[complaint.solved]   U        -        -
[faq.answer]         MSOE     MSOE     -
[faq.claim]          MSOE     MSOE     -
[faq.confirm]        MSOE     MSOE     -
[faq.edit]           MSOE     MSOE     -
[faq.fetch]          U        -        -
[faq.keep]           MSOE     MSOE     -
[faq.pick]           -        -        -
[faq.rate]           U        -        -
[faq.settings]       MS       MS       -
[faq.take]           MSOE     MSOE     -
[faq.wording]        O        O        -
[followup.score]     AUNG     AUNG     -
[followup.send]      AUNG     AUNG     -
[golive.ask]         MSOEA    -        -
  ~                  MSOEA    -        MSOE
[golive.decide]      MS       MS       -
  ~                  MS       MS       MS
[golive.happened]    -        -        -
[golive.vote]        MSOEA    MSOEA    -
  ~                  MSOEA    MSOEA    MSOE
[growth.export]      O        -        -
[leave.cancel]       E        E        -
[milestone.ask]      MSO      -        MSO
[milestone.check]    MS       MS       -
[milestone.done]     MSO      MSO      MSO
[milestone.open]     MSOE     -        MSOE
[milestone.postpone] MSO      MSO      MSO
[milestone.save]     MS       MS       -
[plan.answer]        MS       MS       MS
[plan.page]          MSOEAUN  -        -
  ~                  MSOEAUN  -        MSOE
[project.create]     -        -        -
[report.ask]         -        -        -
  ~                  MS       -        MS
[report.export]      MSOE     -        MSOE
[report.open]        -        -        -
  ~                  MSOE     -        MSOE
[report.pick]        -        -        -
  ~                  MS       -        MS
[report.redraw]      -        -        -
  ~                  MS       MS       MS
[report.save]        -        -        -
  ~                  MS       MS       -
[report.send]        -        -        -
  ~                  MS       MS       MS
[risk.ask]           MSO      -        MSO
[risk.assign]        MSO      MSO      MSO
[risk.close]         MSO      MSO      MSO
[risk.confirm]       MS       MS       -
[risk.dismiss]       MS       MS       -
[risk.of_blocker]    MSOEA    MSOEA    -
[risk.page]          MSOEAUN  -        -
  ~                  MSOEAUN  -        MSOE
[risk.save]          MS       MS       MS
[risk.snooze]        MSO      MSO      MSO
[risk.solved]        MSOE     -        MSOE
[risk.take]          MSOE     MSOE     MSOE
[settings.more]      MS       -        -
[settings.save]      MS       MS       -
[standup.answer_for] MSOE     MSOE     -
[standup.away]       MSOE     MSOE     -
[standup.same]       E        E        -
[standup.submit]     MSOE     MSOE     -
[standup.withdraw]   O        O        -
[suggestion.answer]  MSOE     MSOE     -
[suggestion.ask]     MSOE     -        -
<standup.prompt>     MSOE     MSOE     -
<standup.digest>     MSOE     MSOE     -
<standup.reminder>   MSOE     MSOE     -
  ~                  MSOEAUNG MSOEAUNG -
<risk.card>          MSOE     MSOE     MO
<risk.private>       MSOE     MSOE     MO
<followup.card>      AUNG     AUNG     -
<faq.open>           MSOEAUNG MSOEAUNG -
  ~                  MSOEU    MSOEU    -
<faq.asked>          MSOEAUNG MSOEAUNG -
  ~                  MSOEU    MSOEU    -
<ask>                MSOEAUNG MSOEAUNG -
<file>               -        -        -
  ~                  MS       -        -
"""
# What only the team writes.
OF_THE_TEAM = {
    "roles",
    "projects",
    "milestones",
    "reports",
    "rounds",
    "answers",
    "leaves",
    "drafts",
}
Rule = tuple[str, str, str]


def rules() -> dict[str, tuple[Rule, Rule]]:
    """By act: in the room, in private."""
    found: dict[str, tuple[Rule, Rule]] = {}
    name = ""
    for row in filter(None, TABLE.splitlines()):
        first, *letters = row.split()
        gets, changes, sees = (each.strip("-") for each in letters)
        rule = (gets, changes, sees)
        found[name if first == "~" else first] = (found[name][0] if first == "~" else rule, rule)
        name = name if first == "~" else first
    return found


RULES = rules()


def test_the_table_knows_every_route() -> None:
    assert LINES.keys() == ROUTER.commands.keys()
    assert {f"[{action.name}]" for action in ROUTER.buttons} == {f"[{name}]" for name in BUTTONS}
    assert REPLIES.keys() == ROUTER.answers.keys()
    assert RULES.keys() == acts().keys()
    # Whoever hears texts and files without a word for it; they are tried by <ask> and <file>.
    assert [handler.__name__ for handler in ROUTER.texts] == [
        "only_called", "answer_by_text", "said_to_the_bot", "overhear_customer", "add_wish", "ask"
    ]  # fmt: skip
    assert len(ROUTER.files) == len(ROUTER.listeners) == 1


@pytest.mark.parametrize("intent", LINES)
def test_every_line_is_the_command_that_it_stands_for(intent: str) -> None:
    assert understand(LINES[intent].format(open="玄武", engineer="李雷")).intent == intent


async def hold(world: World, cells: Iterable[tuple[str, str, str]]) -> None:
    """Try each cell (act, letter, room) and hold it against the table."""
    every, ours = acts(), world.ours
    wrong: list[tuple[object, ...]] = []
    for name, letter, room in cells:
        who = ours.someone(WHO[letter])
        told = await world.tried(every[name](world, ours, who, room))
        seen = ours.secret in told.to(who.id)
        rule = RULES[name][0 if room else 1]
        found = (not told.refused, bool(told.changed), seen)
        if found != tuple(letter in letters for letters in rule):
            wrong.append((name, letter, room, found, rule, told.refused, sorted(told.changed)))
        if letter in CUSTOMERS and told.changed & OF_THE_TEAM:
            wrong.append((name, letter, room, sorted(told.changed)))
        wrong += [(name, letter, room, *leak) for leak in leaks(world, told)]
    assert not wrong


def leaks(world: World, told: Told) -> list[tuple[str, str]]:
    """What reached somebody whom it was not for."""
    ours, theirs = world.ours, world.theirs
    customers = {ours.someone(who).id for who in ("user", "guest", "newcomer")}
    admin = ours.someone("admin").id
    found = []
    for to, words in told.said.items():
        if to in {ours.room, admin, *customers} and ours.secret in words:
            found.append((to, ours.secret))
        if to in {ours.room, *customers} and ours.for_admins in words:
            found.append((to, ours.for_admins))
        if theirs.mark in words:
            found.append((to, theirs.mark))
    return found


@pytest.mark.slow(minutes=1)
async def test_everybody_may_what_the_table_says(world: World) -> None:
    await hold(world, itertools.product(RULES, WHO, (world.ours.room, "")))


@pytest.mark.parametrize(("letter", "private"), [("U", False), ("E", True)])
async def test_a_customer_in_the_room_and_an_engineer_in_private(
    world: World, letter: str, *, private: bool
) -> None:
    await hold(world, itertools.product(RULES, letter, ("" if private else world.ours.room,)))


# --- who is none of the project's ----------------------------------------------------------------


def outsiders(world: World) -> dict[str, Someone]:
    return {
        "manages another project": world.theirs.someone("manager"),
        "has left": world.ours.someone("gone"),
        "was never seen": Someone("ou_never_seen", "路人"),
        "has no name and no number": Someone(""),
    }


async def shut_out(world: World, who: Someone, name: str, do: Act, room: str) -> None:
    """Nothing of ours comes out or changes, and a button of ours does nothing at all."""
    told = await world.tried(do(world, world.ours, who, room))
    where = (who.name, name, room)
    assert world.ours.mark not in str(told.said), where
    if name.startswith("["):
        assert told.refused, where
        assert not told.changed, where


OUTSIDERS = ("manages another project", "has left", "was never seen", "has no name and no number")


@pytest.mark.parametrize("who", OUTSIDERS)
async def test_in_private_no_outsider_reaches_into_the_project(world: World, who: str) -> None:
    for name, act in acts().items():
        await shut_out(world, outsiders(world)[who], name, act, "")


@pytest.mark.slow
@pytest.mark.parametrize("who", OUTSIDERS)
async def test_in_another_room_no_outsider_reaches_into_the_project(world: World, who: str) -> None:
    for name, act in acts().items():
        await shut_out(world, outsiders(world)[who], name, act, world.theirs.room)


async def test_in_another_room_no_button_of_ours_does_anything_for_its_manager(
    world: World,
) -> None:
    for name in BUTTONS:
        act = acts()[f"[{name}]"]
        await shut_out(world, world.ours.someone("manager"), f"[{name}]", act, world.theirs.room)


# What is about the speaker in all of their projects, and told to them alone.
OF_ONESELF = ("portfolio.show", "growth.show", "growth.export", "standup.fill", "[standup.same]")


async def test_whoever_comes_from_another_project_is_a_newcomer_here(world: World) -> None:
    stranger, newcomer = world.theirs.someone("manager"), world.ours.someone("newcomer")
    for name, act in acts().items():
        told = [
            await world.tried(act(world, world.ours, who, world.ours.room))
            for who in (stranger, newcomer)
        ]
        assert name in OF_ONESELF or told[0].refused == told[1].refused, name
        assert told[0].changed == told[1].changed, name
        assert world.ours.secret not in told[0].to(stranger.id), name


async def test_a_bot_is_not_heard(world: World) -> None:
    bot = Someone("ou_other_bot", "别的机器人", bot=True)
    for name, act in acts().items():
        event = act(world, world.ours, bot, world.ours.room)
        if isinstance(event, Message):
            told = await world.tried(event)
            assert not told.said, name
            assert not told.changed, name
