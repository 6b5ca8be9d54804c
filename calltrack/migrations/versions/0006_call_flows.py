"""Call flows in versions, sounds, blocked callers, texts that we send, and looks at the carrier's own lists."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from calltrack.db import UTCDateTime

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# No batches: a table that SQLite rebuilds loses its triggers, and cannot be dropped while others point at it.
def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=20), nullable=False),
        sa.Column("carrier_account", sa.String(length=64), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("calls_seen", sa.Integer(), nullable=False),
        sa.Column("calls_made", sa.Integer(), nullable=False),
        sa.Column("calls_mended", sa.Integer(), nullable=False),
        sa.Column("recordings_seen", sa.Integer(), nullable=False),
        sa.Column("recordings_made", sa.Integer(), nullable=False),
        sa.Column("recordings_gone", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index(
        op.f("ix_reconciliations_carrier_carrier_account_began_at"),
        "reconciliations",
        ["carrier", "carrier_account", "began_at"],
        unique=False,
    )

    op.create_table(
        "blocked_callers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.String(length=40), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("blocked_at", UTCDateTime(), nullable=False),
        sa.Column("blocked_by", sa.String(length=200), nullable=False),
        sa.Column("lifted_at", UTCDateTime(), nullable=True),
        sa.Column("lifted_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_blocked_callers_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_callers")),
    )
    op.create_index(
        "uq_blocked_callers_standing",
        "blocked_callers",
        ["account_id", "pattern"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )

    op.create_table(
        "flows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("draft", sa.JSON(), nullable=True),
        sa.Column("drafted_by", sa.String(length=200), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("retired_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_flows_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flows")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_flows_account_id_name")),
    )
    op.create_table(
        "ring_turns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flow_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_ring_turns_flow_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ring_turns")),
        sa.UniqueConstraint("flow_id", "step", "call_sid", name=op.f("uq_ring_turns_flow_id_step_call_sid")),
    )
    op.create_index(op.f("ix_ring_turns_taken_at"), "ring_turns", ["taken_at"], unique=False)
    op.create_table(
        "ring_counts",
        sa.Column("flow_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_ring_counts_flow_id")),
        sa.PrimaryKeyConstraint("flow_id", "step", name=op.f("pk_ring_counts")),
    )
    op.create_table(
        "opt_outs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("said_at", UTCDateTime(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_opt_outs_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_outs")),
        sa.UniqueConstraint("account_id", "phone", name=op.f("uq_opt_outs_account_id_phone")),
    )
    op.create_table(
        "sounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("says", sa.String(length=1000), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sounds_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sounds")),
        sa.UniqueConstraint("account_id", "sha256", name=op.f("uq_sounds_account_id_sha256")),
    )
    op.create_index(op.f("ix_sounds_sha256"), "sounds", ["sha256"], unique=False)

    op.create_table(
        "flow_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flow_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_flow_versions_flow_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_versions")),
        sa.UniqueConstraint("flow_id", "number", name=op.f("uq_flow_versions_flow_id_number")),
    )
    op.create_table(
        "outgoing_texts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("call_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("message_sid", sa.String(length=64), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('forward', 'text-back')", name=op.f("ck_outgoing_texts_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_outgoing_texts_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_outgoing_texts_call_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_outgoing_texts_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_texts")),
        sa.UniqueConstraint("call_id", name=op.f("uq_outgoing_texts_call_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_texts_message_id")),
    )
    op.create_index(
        op.f("ix_outgoing_texts_account_id_recipient_asked_at"),
        "outgoing_texts",
        ["account_id", "recipient", "asked_at"],
        unique=False,
    )
    op.create_index(op.f("ix_outgoing_texts_account_id_id"), "outgoing_texts", ["account_id", "id"], unique=False)
    op.create_index(op.f("ix_outgoing_texts_state_due_at"), "outgoing_texts", ["state", "due_at"], unique=False)

    op.add_column("accounts", sa.Column("announcement_audio", sa.String(length=64), nullable=True))
    op.add_column("accounts", sa.Column("carrier", sa.String(length=20), nullable=False, server_default="twilio"))
    op.add_column("accounts", sa.Column("call_back_minutes", sa.Integer(), nullable=True))
    op.add_column("accounts", sa.Column("text_back", sa.String(length=480), nullable=True))
    op.add_column("accounts", sa.Column("text_help", sa.String(length=320), nullable=True))

    op.add_column("call_events", sa.Column("announcement_audio", sa.String(length=64), nullable=True))
    op.add_column("call_events", sa.Column("flow_version_id", sa.Integer(), nullable=True))
    op.add_column("call_events", sa.Column("turned_away", sa.String(length=200), nullable=True))

    op.add_column("calls", sa.Column("announcement_audio", sa.String(length=64), nullable=True))
    op.add_column("calls", sa.Column("flow_version_id", sa.Integer(), nullable=True))
    op.add_column("calls", sa.Column("turned_away", sa.String(length=200), nullable=True))

    op.add_column("campaigns", sa.Column("announcement", sa.String(length=1000), nullable=True))
    op.add_column("campaigns", sa.Column("announcement_audio", sa.String(length=64), nullable=True))

    op.add_column("messages", sa.Column("answer", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_messages_account_id_sender_received_at"),
        "messages",
        ["account_id", "sender", "received_at"],
        unique=False,
    )

    # In SQL, because Alembic would rebuild the table on SQLite, and calls point at it.
    op.execute("ALTER TABLE numbers ADD COLUMN flow_id INTEGER CONSTRAINT fk_numbers_flow_id REFERENCES flows (id)")
    op.add_column("numbers", sa.Column("carrier", sa.String(length=20), nullable=False, server_default="twilio"))
    op.add_column("numbers", sa.Column("text_to", sa.String(length=20), nullable=True))
    op.add_column("numbers", sa.Column("parked_at", UTCDateTime(), nullable=True))
    op.add_column("numbers", sa.Column("released_at", UTCDateTime(), nullable=True))
    op.create_index(op.f("ix_numbers_flow_id"), "numbers", ["flow_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_numbers_flow_id"), "numbers")
    op.drop_column("numbers", "released_at")
    op.drop_column("numbers", "parked_at")
    op.drop_column("numbers", "text_to")
    op.drop_column("numbers", "carrier")
    op.drop_column("numbers", "flow_id")

    op.drop_index(op.f("ix_messages_account_id_sender_received_at"), "messages")
    op.drop_column("messages", "answer")

    op.drop_column("campaigns", "announcement_audio")
    op.drop_column("campaigns", "announcement")

    op.drop_column("calls", "turned_away")
    op.drop_column("calls", "flow_version_id")
    op.drop_column("calls", "announcement_audio")

    op.drop_column("call_events", "turned_away")
    op.drop_column("call_events", "flow_version_id")
    op.drop_column("call_events", "announcement_audio")

    op.drop_column("accounts", "text_help")
    op.drop_column("accounts", "text_back")
    op.drop_column("accounts", "call_back_minutes")
    op.drop_column("accounts", "carrier")
    op.drop_column("accounts", "announcement_audio")

    op.drop_index(op.f("ix_outgoing_texts_state_due_at"), "outgoing_texts")
    op.drop_index(op.f("ix_outgoing_texts_account_id_recipient_asked_at"), "outgoing_texts")
    op.drop_index(op.f("ix_outgoing_texts_account_id_id"), "outgoing_texts")

    op.drop_table("outgoing_texts")
    op.drop_table("flow_versions")
    op.drop_index(op.f("ix_sounds_sha256"), "sounds")

    op.drop_table("sounds")
    op.drop_table("opt_outs")
    op.drop_index(op.f("ix_ring_turns_taken_at"), "ring_turns")

    op.drop_table("ring_turns")
    op.drop_table("ring_counts")
    op.drop_table("flows")
    op.drop_index(
        "uq_blocked_callers_standing",
        "blocked_callers",
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )

    op.drop_table("blocked_callers")
    op.drop_index(op.f("ix_reconciliations_carrier_carrier_account_began_at"), "reconciliations")

    op.drop_table("reconciliations")
