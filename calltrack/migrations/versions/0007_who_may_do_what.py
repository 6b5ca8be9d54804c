"""Sign-in with links, second factors and providers; limits by campaign; the audit trail; recording law and erasure."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from calltrack.db import UTCDateTime

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# No batches: a table that SQLite rebuilds loses its triggers, and cannot be dropped while others point at it.
def upgrade() -> None:
    op.create_table(
        "throttles",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_throttles")),
    )
    op.create_index(op.f("ix_throttles_last_at"), "throttles", ["last_at"])

    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("who", sa.String(length=320), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("deed", sa.String(length=12), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("route", sa.String(length=120), nullable=False),
        sa.Column("noun", sa.String(length=40), nullable=True),
        sa.Column("noun_id", sa.String(length=120), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "deed IN ('saw', 'played', 'downloaded', 'exported', 'changed', 'refused', 'entered', 'left', 'failed')",
            name=op.f("ck_audit_entries_deed"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_audit_entries_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_account_id_at_id"), "audit_entries", ["account_id", "at", "id"])
    op.create_index(
        op.f("ix_audit_entries_account_id_noun_noun_id_at"), "audit_entries", ["account_id", "noun", "noun_id", "at"]
    )
    op.create_index(op.f("ix_audit_entries_account_id_who_at"), "audit_entries", ["account_id", "who", "at"])

    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_identities_user_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_user_id"), "identities", ["user_id"])

    op.create_table(
        "identity_providers",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("client_id", sa.String(length=300), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("required", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_identity_providers_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_identity_providers")),
    )
    op.create_table(
        "mail_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("campaign_ids", sa.JSON(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=320), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("purpose IN ('invitation', 'reset')", name=op.f("ck_mail_links_purpose")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mail_links_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mail_links_token_hash")),
    )
    op.create_index(op.f("ix_mail_links_account_id_made_at"), "mail_links", ["account_id", "made_at"])

    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("phone_hash", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("asked_by", sa.String(length=320), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('export', 'erase')", name=op.f("ck_privacy_requests_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_privacy_requests_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index(op.f("ix_privacy_requests_account_id_asked_at"), "privacy_requests", ["account_id", "asked_at"])
    op.create_index(op.f("ix_privacy_requests_phone_hash"), "privacy_requests", ["phone_hash"])

    op.create_table(
        "retention_runs",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("walked_at", UTCDateTime(), nullable=False),
        sa.Column("full_at", UTCDateTime(), nullable=False),
        sa.Column("rules", sa.String(length=64), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_retention_runs_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_retention_runs")),
    )

    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("recording_sid", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("erased_by", sa.String(length=320), nullable=False),
        sa.Column("erased_at", UTCDateTime(), nullable=False),
        sa.Column("carrier_said", sa.Text(), nullable=True),
        sa.Column("carrier_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("what IN ('recording', 'transcript', 'carrier copy')", name=op.f("ck_erasures_what")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_erasures_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_erasures_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_account_id_erased_at_id"), "erasures", ["account_id", "erased_at", "id"])
    op.create_index(op.f("ix_erasures_call_id"), "erasures", ["call_id"])

    op.create_table(
        "recording_pauses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paused_at", UTCDateTime(), nullable=False),
        sa.Column("paused_by", sa.String(length=320), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("resumed_at", UTCDateTime(), nullable=True),
        sa.Column("resumed_by", sa.String(length=320), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_recording_pauses_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_pauses")),
    )
    op.create_index(op.f("ix_recording_pauses_call_id"), "recording_pauses", ["call_id"])
    op.create_index(
        "uq_recording_pauses_standing",
        "recording_pauses",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("resumed_at IS NULL"),
        postgresql_where=sa.text("resumed_at IS NULL"),
    )

    op.add_column("accounts", sa.Column("state", sa.String(length=2), nullable=True))
    op.add_column("accounts", sa.Column("recording", sa.String(length=10), server_default="announced", nullable=False))
    op.add_column("accounts", sa.Column("keep_days", sa.Integer(), nullable=True))
    op.add_column("accounts", sa.Column("keep_originals", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("accounts", sa.Column("keep_at_carrier", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("accounts", sa.Column("second_factor", sa.Boolean(), server_default=sa.false(), nullable=False))

    op.add_column("agents", sa.Column("record", sa.Boolean(), server_default=sa.true(), nullable=False))

    op.add_column("api_keys", sa.Column("name", sa.String(length=100), server_default="", nullable=False))
    op.add_column("api_keys", sa.Column("begins", sa.String(length=12), server_default="", nullable=False))
    op.add_column("api_keys", sa.Column("campaign_ids", sa.JSON(), nullable=True))
    op.add_column("api_keys", sa.Column("created_by", sa.String(length=320), nullable=True))
    op.add_column("api_keys", sa.Column("used_at", UTCDateTime(), nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", UTCDateTime(), nullable=True))
    op.add_column("api_keys", sa.Column("revoked_by", sa.String(length=320), nullable=True))

    op.add_column("call_events", sa.Column("recording_rule", sa.String(length=200), nullable=True))

    op.add_column("calls", sa.Column("recording_rule", sa.String(length=200), nullable=True))
    op.add_column("calls", sa.Column("erased_at", UTCDateTime(), nullable=True))
    op.add_column("calls", sa.Column("caller_erased_at", UTCDateTime(), nullable=True))

    op.add_column("campaigns", sa.Column("record", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("campaigns", sa.Column("keep_days", sa.Integer(), nullable=True))

    op.add_column("memberships", sa.Column("campaign_ids", sa.JSON(), nullable=True))

    op.add_column("reasons", sa.Column("keep_days", sa.Integer(), nullable=True))

    op.add_column("recordings", sa.Column("sha256", sa.String(length=64), nullable=True))
    op.add_column("recordings", sa.Column("silenced", sa.JSON(), nullable=True))
    op.add_column("recordings", sa.Column("original_key", sa.Text(), nullable=True))
    op.add_column("recordings", sa.Column("erased_at", UTCDateTime(), nullable=True))
    op.add_column("recordings", sa.Column("carrier_erased_at", UTCDateTime(), nullable=True))

    op.add_column("sign_ins", sa.Column("address", sa.String(length=45), nullable=True))
    op.add_column("sign_ins", sa.Column("browser", sa.String(length=300), nullable=True))
    op.add_column("sign_ins", sa.Column("way", sa.String(length=20), server_default="password", nullable=False))
    op.add_column("sign_ins", sa.Column("seen_at", UTCDateTime(), nullable=True))

    op.add_column("transcripts", sa.Column("masked", sa.Integer(), server_default="0", nullable=False))
    op.add_column("transcripts", sa.Column("original", sa.Text(), nullable=True))

    op.add_column("users", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("totp_confirmed_at", UTCDateTime(), nullable=True))
    op.add_column("users", sa.Column("totp_step", sa.BigInteger(), nullable=True))

    for statement in _append_only(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in _changeable(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_column("users", "totp_step")
    op.drop_column("users", "totp_confirmed_at")
    op.drop_column("users", "totp_secret")
    op.drop_column("transcripts", "original")
    op.drop_column("transcripts", "masked")
    op.drop_column("sign_ins", "seen_at")
    op.drop_column("sign_ins", "way")
    op.drop_column("sign_ins", "browser")
    op.drop_column("sign_ins", "address")
    op.drop_column("recordings", "carrier_erased_at")
    op.drop_column("recordings", "erased_at")
    op.drop_column("recordings", "original_key")
    op.drop_column("recordings", "silenced")
    op.drop_column("recordings", "sha256")
    op.drop_column("reasons", "keep_days")
    op.drop_column("memberships", "campaign_ids")
    op.drop_column("campaigns", "keep_days")
    op.drop_column("campaigns", "record")
    op.drop_column("calls", "caller_erased_at")
    op.drop_column("calls", "erased_at")
    op.drop_column("calls", "recording_rule")
    op.drop_column("call_events", "recording_rule")
    op.drop_column("api_keys", "revoked_by")
    op.drop_column("api_keys", "expires_at")
    op.drop_column("api_keys", "used_at")
    op.drop_column("api_keys", "created_by")
    op.drop_column("api_keys", "campaign_ids")
    op.drop_column("api_keys", "begins")
    op.drop_column("api_keys", "name")
    op.drop_column("agents", "record")
    op.drop_column("accounts", "second_factor")
    op.drop_column("accounts", "keep_at_carrier")
    op.drop_column("accounts", "keep_originals")
    op.drop_column("accounts", "keep_days")
    op.drop_column("accounts", "recording")
    op.drop_column("accounts", "state")
    op.drop_table("recording_pauses")
    op.drop_table("erasures")
    op.drop_table("recovery_codes")
    op.drop_table("retention_runs")
    op.drop_table("privacy_requests")
    op.drop_table("mail_links")
    op.drop_table("identity_providers")
    op.drop_table("identities")
    op.drop_table("audit_entries")
    op.drop_table("throttles")


# INSERT OR REPLACE removes the old row without asking the triggers of DELETE.
_NO_REPLACE = """
    CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries
    WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
"""


def _append_only(dialect: str) -> list[str]:
    """The audit trail may be added to and read, whoever has the connection."""
    if dialect == "sqlite":
        never = "ON audit_entries BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        deeds = ("UPDATE", "DELETE")
        return [_NO_REPLACE, *(f"CREATE TRIGGER audit_entries_no_{one.lower()} BEFORE {one} {never}" for one in deeds)]
    refuse = """
        CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$
    """
    trigger = """
        CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()
    """
    return [refuse, trigger]


def _changeable(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [f"DROP TRIGGER audit_entries_no_{deed}" for deed in ("update", "delete", "replace")]
    return [
        "DROP TRIGGER audit_entries_no_change ON audit_entries",
        "DROP FUNCTION audit_entries_refuse()",
    ]
