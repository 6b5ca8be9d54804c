"""The desk: tags with colours, saved views, clips, tasks, agents' names, coaching, and notes pinned to a moment."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from calltrack.db import BigKey, UTCDateTime

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_agents_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_agents_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("account_id", "phone", name=op.f("uq_agents_account_id_phone")),
    )
    op.create_index(op.f("ix_agents_user_id"), "agents", ["user_id"])

    op.create_table(
        "rubrics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("retired_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_rubrics_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rubrics")),
        sa.UniqueConstraint("account_id", "name", "version", name=op.f("uq_rubrics_account_id_name_version")),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_saved_views_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("account_id", "user_id", "name", name=op.f("uq_saved_views_account_id_user_id_name")),
    )
    op.create_table(
        "tags",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("colour", sa.String(length=20), nullable=True),
        sa.Column("retired_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tags_account_id")),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_tags")),
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rubric_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("must_pass", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('yes-no', 'scale')", name=op.f("ck_questions_kind")),
        sa.ForeignKeyConstraint(["rubric_id"], ["rubrics.id"], name=op.f("fk_questions_rubric_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("rubric_id", "position", name=op.f("uq_questions_rubric_id_position")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("call_id", BigKey, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("rubric_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_assignments_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_assignments_call_id")),
        sa.ForeignKeyConstraint(["rubric_id"], ["rubrics.id"], name=op.f("fk_assignments_rubric_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_assignments_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_account_id_made_at"), "assignments", ["account_id", "made_at"])
    op.create_index(op.f("ix_assignments_call_id"), "assignments", ["call_id"])
    op.create_index(op.f("ix_assignments_user_id_done_at"), "assignments", ["user_id", "done_at"])

    op.create_table(
        "clips",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("call_id", BigKey, nullable=False),
        sa.Column("recording_id", BigKey, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("with_words", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_clips_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_clips_call_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_clips_recording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clips")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_clips_token_hash")),
    )
    op.create_index(op.f("ix_clips_call_id"), "clips", ["call_id"])

    op.create_table(
        "evaluations",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("call_id", BigKey, nullable=False),
        sa.Column("rubric_id", sa.Integer(), nullable=False),
        sa.Column("coach_id", sa.Integer(), nullable=False),
        sa.Column("agent_phone", sa.String(length=32), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("shared_at", UTCDateTime(), nullable=True),
        sa.Column("first_shared_at", UTCDateTime(), nullable=True),
        sa.Column("changed_at", UTCDateTime(), nullable=True),
        sa.Column("seen_at", UTCDateTime(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_evaluations_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_evaluations_call_id")),
        sa.ForeignKeyConstraint(["coach_id"], ["users.id"], name=op.f("fk_evaluations_coach_id")),
        sa.ForeignKeyConstraint(["rubric_id"], ["rubrics.id"], name=op.f("fk_evaluations_rubric_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
        sa.UniqueConstraint("call_id", "rubric_id", "coach_id", name=op.f("uq_evaluations_call_id_rubric_id_coach_id")),
    )
    op.create_index(
        op.f("ix_evaluations_account_id_agent_phone_shared_at"),
        "evaluations",
        ["account_id", "agent_phone", "shared_at"],
    )
    op.create_index(op.f("ix_evaluations_account_id_shared_at"), "evaluations", ["account_id", "shared_at"])

    op.create_table(
        "examples",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("call_id", BigKey, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("start", sa.Double(), nullable=True),
        sa.Column("end", sa.Double(), nullable=True),
        sa.Column("added_by", sa.String(length=200), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_examples_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_examples_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examples")),
    )
    op.create_index(op.f("ix_examples_account_id_id"), "examples", ["account_id", "id"])
    op.create_index(op.f("ix_examples_call_id"), "examples", ["call_id"])

    op.create_table(
        "tasks",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("call_id", BigKey, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("done_by", sa.String(length=200), nullable=True),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('call-back', 'follow-up')", name=op.f("ck_tasks_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tasks_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_tasks_call_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tasks_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_account_id_done_at"), "tasks", ["account_id", "done_at"])
    op.create_index(op.f("ix_tasks_call_id"), "tasks", ["call_id"])
    op.create_index(
        op.f("ix_tasks_open"),
        "tasks",
        ["account_id", "due_at"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "uq_tasks_open",
        "tasks",
        ["call_id", "kind"],
        unique=True,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )

    op.create_table(
        "answers",
        sa.Column("evaluation_id", BigKey, nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name=op.f("fk_answers_evaluation_id")),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name=op.f("fk_answers_question_id")),
        sa.PrimaryKeyConstraint("evaluation_id", "question_id", name=op.f("pk_answers")),
    )
    op.create_table(
        "remarks",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("evaluation_id", BigKey, nullable=False),
        sa.Column("at", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name=op.f("fk_remarks_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remarks")),
    )
    op.create_index(op.f("ix_remarks_evaluation_id"), "remarks", ["evaluation_id"])

    op.add_column("call_notes", sa.Column("at", sa.Double(), nullable=True))
    op.add_column("call_tags", sa.Column("called_at", UTCDateTime(), nullable=True))
    op.execute("UPDATE call_tags SET called_at = (SELECT started_at FROM calls WHERE calls.id = call_tags.call_id)")
    with op.batch_alter_table("call_tags") as batch_op:
        batch_op.alter_column("called_at", existing_type=UTCDateTime(), nullable=False)
        batch_op.drop_index(op.f("ix_call_tags_account_id_tag"))
    op.create_index(
        op.f("ix_call_tags_account_id_tag_called_at_call_id"),
        "call_tags",
        ["account_id", "tag", "called_at", "call_id"],
    )
    op.execute("INSERT INTO tags (account_id, name) SELECT DISTINCT account_id, tag FROM call_tags")
    op.create_index(
        op.f("ix_calls_account_id_answered_by_started_at"), "calls", ["account_id", "answered_by", "started_at"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_calls_account_id_answered_by_started_at"), "calls")

    op.drop_index(op.f("ix_call_tags_account_id_tag_called_at_call_id"), "call_tags")
    op.create_index(op.f("ix_call_tags_account_id_tag"), "call_tags", ["account_id", "tag"])
    with op.batch_alter_table("call_tags") as batch_op:
        batch_op.drop_column("called_at")
    with op.batch_alter_table("call_notes") as batch_op:
        batch_op.drop_column("at")
    op.drop_index(op.f("ix_remarks_evaluation_id"), "remarks")

    op.drop_table("remarks")
    op.drop_table("answers")
    op.drop_index("uq_tasks_open", "tasks")
    op.drop_index(op.f("ix_tasks_account_id_done_at"), "tasks")
    op.drop_index(
        op.f("ix_tasks_open"),
        "tasks",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_index(op.f("ix_tasks_call_id"), "tasks")

    op.drop_table("tasks")
    op.drop_index(op.f("ix_examples_call_id"), "examples")
    op.drop_index(op.f("ix_examples_account_id_id"), "examples")

    op.drop_table("examples")
    op.drop_index(op.f("ix_evaluations_account_id_shared_at"), "evaluations")
    op.drop_index(op.f("ix_evaluations_account_id_agent_phone_shared_at"), "evaluations")

    op.drop_table("evaluations")
    op.drop_index(op.f("ix_clips_call_id"), "clips")

    op.drop_table("clips")

    op.drop_index(op.f("ix_assignments_user_id_done_at"), "assignments")
    op.drop_index(op.f("ix_assignments_call_id"), "assignments")
    op.drop_index(op.f("ix_assignments_account_id_made_at"), "assignments")

    op.drop_table("assignments")
    op.drop_table("questions")
    op.drop_table("tags")
    op.drop_table("saved_views")
    op.drop_table("rubrics")
    op.drop_index(op.f("ix_agents_user_id"), "agents")

    op.drop_table("agents")
