"""Classifiers that learn from an account's people, and the sample by which their error is measured."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from calltrack.db import UTCDateTime

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "blind_draws",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("value", sa.String(length=10), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.CheckConstraint("value IN ('lead', 'excused')", name=op.f("ck_blind_draws_value")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_blind_draws_account_id")),
        sa.PrimaryKeyConstraint("account_id", "week", "value", name=op.f("pk_blind_draws")),
    )
    op.create_table(
        "classifiers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("weights", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_classifiers_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifiers")),
        sa.UniqueConstraint("account_id", "version", name=op.f("uq_classifiers_account_id_version")),
    )
    op.create_table(
        "blind_checks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("drawn_at", UTCDateTime(), nullable=False),
        sa.Column("machine_label_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=True),
        sa.Column("said_by", sa.String(length=200), nullable=True),
        sa.Column("said_at", UTCDateTime(), nullable=True),
        sa.Column("label_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("value IN ('lead', 'excused', 'cannot tell')", name=op.f("ck_blind_checks_value")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_blind_checks_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_blind_checks_call_id")),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name=op.f("fk_blind_checks_label_id")),
        sa.ForeignKeyConstraint(["machine_label_id"], ["labels.id"], name=op.f("fk_blind_checks_machine_label_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blind_checks")),
        sa.UniqueConstraint("call_id", name=op.f("uq_blind_checks_call_id")),
    )
    with op.batch_alter_table("blind_checks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blind_checks_account_id_week"), ["account_id", "week"], unique=False)

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("classifier_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("learn_asked_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("learn_asked_by", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("learnt_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("learn_ended_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("learn_outcome", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("blind_calls", sa.Integer(), nullable=False, server_default="20"))

    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.add_column(sa.Column("booked", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("undone_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("undone_by", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("blind", sa.Boolean(), nullable=True))
        batch_op.create_index(
            "ix_labels_unsure",
            ["account_id", "said_at"],
            unique=False,
            sqlite_where=sa.text("review"),
            postgresql_where=sa.text("review"),
        )

    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.add_column(sa.Column("booked_chance", sa.Double(), nullable=True))
        batch_op.create_index(
            "ix_calls_sound_booked",
            ["account_id", "started_at", "id"],
            unique=False,
            sqlite_where=sa.text("booked_chance >= 0.5"),
            postgresql_where=sa.text("booked_chance >= 0.5"),
        )


def downgrade() -> None:
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_calls_sound_booked",
            sqlite_where=sa.text("booked_chance >= 0.5"),
            postgresql_where=sa.text("booked_chance >= 0.5"),
        )
        batch_op.drop_column("booked_chance")

    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.drop_index("ix_labels_unsure", sqlite_where=sa.text("review"), postgresql_where=sa.text("review"))
        batch_op.drop_column("blind")
        batch_op.drop_column("undone_by")
        batch_op.drop_column("undone_at")
        batch_op.drop_column("booked")

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_column("blind_calls")
        batch_op.drop_column("learn_outcome")
        batch_op.drop_column("learn_ended_at")
        batch_op.drop_column("learnt_at")
        batch_op.drop_column("learn_asked_by")
        batch_op.drop_column("learn_asked_at")
        batch_op.drop_column("classifier_id")

    with op.batch_alter_table("blind_checks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blind_checks_account_id_week"))

    op.drop_table("blind_checks")
    op.drop_table("classifiers")
    op.drop_table("blind_draws")
