"""Form links that were opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "form_links",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_form_links"),
    )
    with op.batch_alter_table("form_links", schema=None) as batch_op:
        batch_op.create_index("ix_form_links_opened_at", ["opened_at"], unique=False)


def downgrade() -> None:
    op.drop_table("form_links")
