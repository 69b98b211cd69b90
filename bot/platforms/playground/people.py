"""Who is in the playground's group. All of them are invented."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.events import Someone
from bot.domain.people import Role

PLATFORM = "playground"
GROUP = "group"
BOT = "bot"
BOT_NAMES = ("Golive", "golive", "助手", "机器人", "Golive 助手")


@dataclass(frozen=True, slots=True)
class Player:
    """One of the people that a visitor can speak as."""

    account: str
    name: str
    role: Role
    external: bool = False

    @property
    def someone(self) -> Someone:
        return Someone(self.account, self.name, self.external)


PLAYERS = (
    Player("chenjing", "陈静", Role.MANAGER),
    Player("lilei", "李雷", Role.ENGINEER),
    Player("hanmeimei", "韩梅梅", Role.ENGINEER),
    Player("wangqiang", "王强", Role.ENGINEER),
    Player("zhou", "周总", Role.SUPERVISOR),
    Player("wang", "王主任", Role.CUSTOMER_ADMIN, external=True),
    Player("zhao", "小赵", Role.CUSTOMER_USER, external=True),
)
BY_ACCOUNT = {player.account: player for player in PLAYERS}


def present(*, external: bool) -> tuple[Player, ...]:
    """Who is in the group; customers only where it is open to people from outside."""
    return tuple(player for player in PLAYERS if external or not player.external)


def private_chat(account: str) -> str:
    return f"private-{account}"
