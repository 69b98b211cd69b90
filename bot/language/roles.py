"""The words by which people name a role."""

from __future__ import annotations

from bot.domain.people import Role
from bot.language.normal import fold

ROLES: dict[str, Role] = {
    "工程师": Role.ENGINEER,
    "实施": Role.ENGINEER,
    "engineer": Role.ENGINEER,
    "项目经理": Role.MANAGER,
    "经理": Role.MANAGER,
    "project manager": Role.MANAGER,
    "manager": Role.MANAGER,
    "pm": Role.MANAGER,
    "主管": Role.SUPERVISOR,
    "supervisor": Role.SUPERVISOR,
    "客户管理员": Role.CUSTOMER_ADMIN,
    "customer admin": Role.CUSTOMER_ADMIN,
    "customer_admin": Role.CUSTOMER_ADMIN,
    "客户用户": Role.CUSTOMER_USER,
    "customer user": Role.CUSTOMER_USER,
    "customer_user": Role.CUSTOMER_USER,
}


def role_of(word: str) -> Role | None:
    """The role that a word names; `None` for any other word."""
    return ROLES.get(fold(word))
