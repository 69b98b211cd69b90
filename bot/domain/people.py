"""Who somebody is in a project, and what that allows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ENGINEER = "engineer"
    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    CUSTOMER_ADMIN = "customer_admin"
    CUSTOMER_USER = "customer_user"


class Right(StrEnum):
    """What a command or a button may ask for.

    `RATE` is to say how it goes and what one would like, which anybody in the project may. `RAISE`
    is to say that something is a risk; what a customer raises is first a proposal. `TREAT`
    is to act on risks and milestones, of which some acts are for their owner and managers alone.
    """

    LOOK = "look"
    RATE = "rate"
    REPORT = "report"
    RUN_ROUND = "run_round"
    RAISE = "raise"
    TREAT = "treat"
    MANAGE = "manage"


TEAM = frozenset({Role.ENGINEER, Role.MANAGER, Role.SUPERVISOR})
CUSTOMERS = frozenset({Role.CUSTOMER_ADMIN, Role.CUSTOMER_USER})
_ALLOWED: dict[Right, frozenset[Role]] = {
    Right.LOOK: frozenset(Role),
    Right.RATE: frozenset(Role),
    Right.REPORT: TEAM,
    Right.RUN_ROUND: TEAM,
    Right.RAISE: TEAM | {Role.CUSTOMER_ADMIN},
    Right.TREAT: TEAM,
    Right.MANAGE: frozenset({Role.MANAGER, Role.SUPERVISOR}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """One account on one platform. `account` is the platform's id of it."""

    id: str
    platform: str
    account: str
    name: str
    external: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a project. `role` is `None` until somebody says who they are."""

    project_id: str
    person: Person
    role: Role | None


def may(member: Member | None, right: Right) -> bool:
    """Whether the member has the right in their project; an unknown person has none.

    A member without a role may look if they are of the organisation: the group is theirs. An
    account from outside the organisation is never of the team, whatever role somebody gave it.
    """
    if member is None:
        return False
    if right is Right.RATE:
        return True
    if member.role is None:
        return right is Right.LOOK and not member.person.external
    if member.person.external and member.role in TEAM:
        return right is Right.LOOK
    return member.role in _ALLOWED[right]


def is_inside(member: Member | None) -> bool:
    """Whether what is internal may be shown to them: people of the organisation who are not
    customers. Whoever has no role yet is of the organisation, as far as the platform tells."""
    return member is not None and not member.person.external and member.role not in CUSTOMERS


def may_as_owner(member: Member | None, owner_id: str | None) -> bool:
    """Whether somebody may do what is for the owner and the managers."""
    if member is None or not may(member, Right.TREAT):
        return False
    return may(member, Right.MANAGE) or owner_id == member.person.id


def role_on_import(known: Member | None, person: Person, wanted: Role | None) -> Role | None:
    """The role that an import may give; `None` leaves what there is.

    A role that somebody has is changed by hand alone, where the last manager is kept; nobody from
    outside the organisation becomes one of the team.
    """
    if known and known.role:
        return None
    return None if person.external and wanted in TEAM else wanted


def who_may(right: Right) -> tuple[Role, ...]:
    """The roles that have a right, in the order of their definition: for explanations."""
    return tuple(role for role in Role if role in _ALLOWED[right])
