"""Scorecards from day cells; customers, estimates, ledger accounts; changes, reports and alerts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from calltrack.db import UTCDateTime

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "alert_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("checked_at", UTCDateTime(), nullable=True),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('calls_stopped', 'missed_share', 'cost_per_lead')", name=op.f("ck_alert_rules_kind")
        ),
        sa.CheckConstraint("threshold > 0", name=op.f("ck_alert_rules_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_alert_rules_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
    )
    with op.batch_alter_table("alert_rules", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_rules_account_id"), ["account_id"], unique=False)

    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("noun", sa.String(length=20), nullable=False),
        sa.Column("noun_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("was", sa.String(length=500), nullable=True),
        sa.Column("now", sa.String(length=500), nullable=True),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_changes_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_changes_account_id_changed_at"), ["account_id", "changed_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_changes_account_id_noun_noun_id"), ["account_id", "noun", "noun_id"], unique=False
        )

    op.create_table(
        "day_cells",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("known_at", UTCDateTime(), nullable=False),
        sa.Column("replaced_at", UTCDateTime(), nullable=True),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("leads_by_machine", sa.Integer(), nullable=False),
        sa.Column("excused_by_machine", sa.Integer(), nullable=False),
        sa.Column("leads_booked", sa.Integer(), nullable=False),
        sa.Column("calls_booked", sa.Integer(), nullable=False),
        sa.Column("leads_sold", sa.Integer(), nullable=False),
        sa.Column("inbound_booked", sa.Integer(), nullable=False),
        sa.Column("manual_calls", sa.Integer(), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("cohort_revenue", sa.BigInteger(), nullable=False),
        sa.Column("revenue", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_day_cells_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_cells")),
    )
    with op.batch_alter_table("day_cells", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_day_cells_account_id_campaign_id_day"), ["account_id", "campaign_id", "day"], unique=False
        )
        batch_op.create_index(
            "uq_day_cells_in_force",
            ["account_id", "day", "campaign_id"],
            unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        )

    op.create_table(
        "dirty_marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("moment", UTCDateTime(), nullable=True),
        sa.Column("marked_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_dirty_marks_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dirty_marks")),
    )
    with op.batch_alter_table("dirty_marks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dirty_marks_account_id_id"), ["account_id", "id"], unique=False)

    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("income", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_ledger_accounts_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_ledger_accounts_account_id_name")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.String(length=10), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("sent_for", sa.Date(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("every IN ('day', 'week', 'month')", name=op.f("ck_reports_every")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reports_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_due_at"), ["due_at"], unique=False)

    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("raised_at", UTCDateTime(), nullable=False),
        sa.Column("cleared_at", UTCDateTime(), nullable=True),
        sa.Column("mailed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_alerts_account_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_alerts_campaign_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rules.id"], name=op.f("fk_alerts_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_account_id_raised_at"), ["account_id", "raised_at"], unique=False)
        batch_op.create_index(
            "uq_alerts_open",
            ["rule_id", "campaign_id"],
            unique=True,
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )

    op.create_table(
        "estimates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("sold_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'sold', 'dismissed')", name=op.f("ck_estimates_status")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_estimates_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
        sa.UniqueConstraint("job_id", "number", name=op.f("uq_estimates_job_id_number")),
    )
    op.add_column("accounts", sa.Column("matched_days", sa.Integer(), nullable=False, server_default="14"))
    # SQLite adds a column in place only with a default; anything else would copy the table from under its references.
    op.add_column("calls", sa.Column("known_since", UTCDateTime(), nullable=False, server_default="1970-01-01"))
    op.execute("UPDATE calls SET known_since = started_at")
    op.add_column("campaigns", sa.Column("archived_at", UTCDateTime(), nullable=True))
    op.add_column("customers", sa.Column("external_id", sa.String(length=100), nullable=True))
    op.add_column("customers", sa.Column("email", sa.String(length=320), nullable=True))
    op.add_column("customers", sa.Column("address", sa.String(length=500), nullable=True))
    op.create_index("uq_customers_account_id_external_id", "customers", ["account_id", "external_id"], unique=True)
    op.create_index("ix_customers_account_id_created_at", "customers", ["account_id", "created_at"])
    ledger_account = sa.ForeignKey("ledger_accounts.id", name="fk_invoice_items_ledger_account_id")
    op.add_column(
        "invoice_items", sa.Column("ledger_account_id", sa.Integer(), ledger_account, nullable=True),
        inline_references=True,
    )  # fmt: skip
    op.create_index("ix_invoice_items_ledger_account_id", "invoice_items", ["ledger_account_id"])
    op.add_column("jobs", sa.Column("doubtful", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("jobs", sa.Column("known_since", UTCDateTime(), nullable=False, server_default="1970-01-01"))
    op.execute("UPDATE jobs SET known_since = created_at")
    nowhere = "call_id IS NULL AND campaign_id IS NULL"
    # SQLite finds a partial index only where the condition is spelled as the query spells it.
    for name, sqlite, postgresql in (("doubtful", "doubtful = 1", "doubtful"), ("without_campaign", nowhere, nowhere)):
        op.create_index(
            f"ix_jobs_{name}", "jobs", ["account_id", "created_at"],
            sqlite_where=sa.text(sqlite), postgresql_where=sa.text(postgresql),
        )  # fmt: skip
    op.add_column("reasons", sa.Column("retired_at", UTCDateTime(), nullable=True))
    op.create_index("ix_labels_account_id_said_at", "labels", ["account_id", "said_at"])
    by_people = sa.text("source = 'human'")
    op.create_index(
        "ix_labels_by_people", "labels", ["account_id", "id"], sqlite_where=by_people, postgresql_where=by_people
    )
    op.create_index("ix_job_links_linked_at", "job_links", ["linked_at"])
    # What is there already is counted at the first look.
    op.execute("INSERT INTO dirty_marks (account_id, marked_at) SELECT id, CURRENT_TIMESTAMP FROM accounts")


def downgrade() -> None:
    op.drop_column("accounts", "matched_days")
    op.drop_index("ix_job_links_linked_at", "job_links")
    op.drop_index("ix_labels_by_people", "labels")
    op.drop_index("ix_labels_account_id_said_at", "labels")
    op.drop_column("reasons", "retired_at")
    op.drop_index("ix_jobs_without_campaign", "jobs")
    op.drop_index("ix_jobs_doubtful", "jobs")
    op.drop_column("jobs", "known_since")
    op.drop_column("jobs", "doubtful")
    op.drop_index("ix_invoice_items_ledger_account_id", "invoice_items")
    with op.batch_alter_table("invoice_items") as batch_op:
        batch_op.drop_column("ledger_account_id")
    op.drop_index("ix_customers_account_id_created_at", "customers")
    op.drop_index("uq_customers_account_id_external_id", "customers")
    for column in ("address", "email", "external_id"):
        op.drop_column("customers", column)
    op.drop_column("campaigns", "archived_at")
    op.drop_column("calls", "known_since")
    op.drop_table("estimates")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_alerts_open",
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_alerts_account_id_raised_at"))

    op.drop_table("alerts")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_due_at"))
        batch_op.drop_index(batch_op.f("ix_reports_account_id"))

    op.drop_table("reports")
    op.drop_table("ledger_accounts")
    with op.batch_alter_table("dirty_marks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dirty_marks_account_id_id"))

    op.drop_table("dirty_marks")
    with op.batch_alter_table("day_cells", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_day_cells_in_force",
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_day_cells_account_id_campaign_id_day"))

    op.drop_table("day_cells")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_changes_account_id_noun_noun_id"))
        batch_op.drop_index(batch_op.f("ix_changes_account_id_changed_at"))

    op.drop_table("changes")
    with op.batch_alter_table("alert_rules", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_rules_account_id"))

    op.drop_table("alert_rules")
