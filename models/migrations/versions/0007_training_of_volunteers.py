"""Training and certification of volunteers."""

from alembic import op
import sqlalchemy as sa


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "certificates",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", _ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True, comment="why a person gave it without the training here"),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", _ID, nullable=True),
        sa.Column("revoked_reason", sa.String(length=500), nullable=True, comment="which its holder reads"),
        sa.CheckConstraint("(issued_by_id IS NULL) = (reason IS NULL)", name=op.f("ck_certificates_given_by_a_person_with_a_reason")),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by_id IS NULL) AND (revoked_at IS NULL) = (revoked_reason IS NULL)",
            name=op.f("ck_certificates_revoked_with_a_reason"),
        ),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_certificates_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["users.id"], name=op.f("fk_certificates_issued_by_id")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["users.id"], name=op.f("fk_certificates_revoked_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_certificates_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_certificates_of_person", "certificates", ["user_id", "expires_at"], unique=False)
    op.create_table(
        "mock_chats",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("state", sa.Enum("asked", "scored", "withdrawn", name="state", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False, comment="competency to 1..5"),
        sa.Column("note", sa.String(length=1000), nullable=True, comment="the lead's words for the learner"),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("scored_by_id", _ID, nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'scored') = (scored_by_id IS NOT NULL AND passed IS NOT NULL)", name=op.f("ck_mock_chats_scored_by_a_person")),
        sa.CheckConstraint("scored_by_id <> user_id", name=op.f("ck_mock_chats_nobody_scores_their_own")),
        sa.ForeignKeyConstraint(["scored_by_id"], ["users.id"], name=op.f("fk_mock_chats_scored_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mock_chats_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mock_chats")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_mock_chats_user_id"), "mock_chats", ["user_id"], unique=False)
    op.create_index(
        "uq_mock_chats_asked", "mock_chats", ["user_id"], unique=True, sqlite_where=sa.text("state = 'asked'"), postgresql_where=sa.text("state = 'asked'")
    )
    op.create_table(
        "quiz_attempts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("module", sa.String(length=40), nullable=False, comment="key in the training content"),
        sa.Column("answers", sa.JSON(), nullable=False, comment="keys of questions to keys of the options chosen"),
        sa.Column("right_answers", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("right_answers BETWEEN 0 AND questions", name=op.f("ck_quiz_attempts_no_more_right_than_asked")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_quiz_attempts_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quiz_attempts_of_module", "quiz_attempts", ["user_id", "module"], unique=False)
    op.create_table(
        "scenario_runs",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("scenario", sa.String(length=40), nullable=False, comment="key in the training content"),
        sa.Column("node", sa.String(length=40), nullable=False, comment="where the scripted person is now"),
        sa.Column("steps", sa.JSON(), nullable=False, comment="node, reply and own words of each step; only the learner reads them"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True, comment="when a run last came to a good end"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_scenario_runs_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "scenario", name=op.f("pk_scenario_runs")),
    )
    op.create_table(
        "volunteer_applications",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False, comment="in the applicant's own words; the team reads it"),
        sa.Column("hours", sa.Integer(), nullable=False, comment="a week"),
        sa.Column("languages", sa.String(length=80), nullable=False, comment="as the applicant names them"),
        sa.Column(
            "state", sa.Enum("waiting", "accepted", "declined", "withdrawn", name="state", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("answer", sa.String(length=500), nullable=True, comment="why it was declined, which the applicant reads"),
        sa.Column("decided_by_id", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(decided_by_id IS NOT NULL) = (state IN ('accepted', 'declined'))", name=op.f("ck_volunteer_applications_answered_by_a_person")),
        sa.CheckConstraint("hours BETWEEN 1 AND 20", name=op.f("ck_volunteer_applications_hours_a_week")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_volunteer_applications_decided_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_volunteer_applications_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_applications")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_volunteer_applications_user_id"), "volunteer_applications", ["user_id"], unique=False)
    op.create_index(
        "uq_volunteer_applications_waiting",
        "volunteer_applications",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index(
        "uq_volunteer_applications_waiting",
        table_name="volunteer_applications",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(op.f("ix_volunteer_applications_user_id"), table_name="volunteer_applications")
    op.drop_table("volunteer_applications")
    op.drop_table("scenario_runs")
    op.drop_index("ix_quiz_attempts_of_module", table_name="quiz_attempts")
    op.drop_table("quiz_attempts")
    op.drop_index("uq_mock_chats_asked", table_name="mock_chats", sqlite_where=sa.text("state = 'asked'"), postgresql_where=sa.text("state = 'asked'"))
    op.drop_index(op.f("ix_mock_chats_user_id"), table_name="mock_chats")
    op.drop_table("mock_chats")
    op.drop_index("ix_certificates_of_person", table_name="certificates")
    op.drop_table("certificates")
