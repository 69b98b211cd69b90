"""Risks, plans with baselines and dependencies, merged notices, drafts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _new_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("baseline", sa.Date(), nullable=True),
        sa.Column("owner_id", sa.String(length=32), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("phase", sa.String(length=60), nullable=False, server_default=""),
        sa.Column("after", sa.LargeBinary(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("golive", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("checklist", sa.LargeBinary(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("told", sa.Integer(), nullable=True),
        sa.Column("climbed", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    )


def upgrade() -> None:
    with op.batch_alter_table("milestones", schema=None) as batch_op:
        for column in _new_columns():
            batch_op.add_column(column)
        batch_op.create_foreign_key(
            "fk_milestones_owner_id_people", "people", ["owner_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_index(
            "ix_milestones_open",
            ["project_id"],
            unique=False,
            sqlite_where=sa.text("done_on IS NULL"),
            postgresql_where=sa.text("done_on IS NULL"),
        )
    op.execute("UPDATE milestones SET baseline = due")
    op.execute("UPDATE milestones SET golive = true WHERE name = 'golive'")
    with op.batch_alter_table("living_cards", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hung_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_living_cards_project_id_hung_at", ["project_id", "hung_at"], unique=False
        )
    op.execute("UPDATE living_cards SET hung_at = shown_at")
    op.create_table(
        "risks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("impact", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("mitigation", sa.String(length=500), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("raised_by", sa.String(length=32), nullable=True),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("climbed", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_risks_project_id_projects", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["people.id"], name="fk_risks_owner_id_people", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_risks"),
        sa.UniqueConstraint("project_id", "number", name="uq_risks_project_id_number"),
    )
    with op.batch_alter_table("risks", schema=None) as batch_op:
        batch_op.create_index("ix_risks_project_id_state", ["project_id", "state"], unique=False)
        batch_op.create_index("ix_risks_origin", ["origin"], unique=False)
        batch_op.create_index(
            "ix_risks_waiting",
            ["project_id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
    op.create_table(
        "risk_history",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("risk_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["risk_id"], ["risks.id"], name="fk_risk_history_risk_id_risks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_risk_history"),
    )
    with op.batch_alter_table("risk_history", schema=None) as batch_op:
        batch_op.create_index("ix_risk_history_risk_id_at", ["risk_id", "at"], unique=False)
    op.create_table(
        "notices",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_notices_person_id_people", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name="fk_notices_project_id_projects",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_notices"),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_batch", ["batch"], unique=False)
        batch_op.create_index("ix_notices_person_id_at", ["person_id", "at"], unique=False)
        batch_op.create_index("ix_notices_subject", ["subject"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name="fk_drafts_project_id_projects",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index("ix_drafts_at", ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("drafts")
    op.drop_table("notices")
    op.drop_table("risk_history")
    op.drop_table("risks")
    with op.batch_alter_table("living_cards", schema=None) as batch_op:
        batch_op.drop_index("ix_living_cards_project_id_hung_at")
        batch_op.drop_column("hung_at")
    with op.batch_alter_table("milestones", schema=None) as batch_op:
        batch_op.drop_index("ix_milestones_open")
        batch_op.drop_constraint("fk_milestones_owner_id_people", type_="foreignkey")
        for column in reversed(_new_columns()):
            batch_op.drop_column(column.name)
