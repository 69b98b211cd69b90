"""Indexes for what is looked at again and again, or purged, where the past is long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_UNFINISHED = sa.text("state NOT IN ('sent', 'dropped')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_unfinished",
        "outbox",
        ["platform", "state", "created_at"],
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])
    op.create_index("ix_living_cards_shown_at", "living_cards", ["shown_at"])


def downgrade() -> None:
    op.drop_index("ix_living_cards_shown_at", "living_cards")
    op.drop_index("ix_outbox_created_at", "outbox")
    op.drop_index("ix_outbox_unfinished", "outbox")
