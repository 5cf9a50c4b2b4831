"""The first tables."""

from alembic import op
import sqlalchemy as sa


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "circles",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("meets", sa.String(length=120), nullable=False, comment="when the circle meets, in plain words"),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False, comment="number of the rule version in force"),
        sa.Column("last_seq", sa.Integer(), nullable=False, comment="number of messages ever delivered here"),
        sa.Column("last_event", sa.Integer(), nullable=False, comment="number of events everyone here may see"),
        sa.Column("screening_token", sa.Integer(), nullable=False, comment="fencing token: grows with every claim by a screener"),
        sa.Column("screening_until", sa.DateTime(timezone=True), nullable=True, comment="until when a screener's claim holds"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("capacity BETWEEN 3 AND 15", name=op.f("ck_circles_capacity")),
        sa.CheckConstraint("last_seq >= 0 AND last_event >= last_seq", name=op.f("ck_circles_counters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circles")),
        sa.UniqueConstraint("name", name=op.f("uq_circles_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "screeners",
        sa.Column("id", sa.String(length=80), nullable=False, comment="host and process id"),
        sa.Column("state", sa.Enum("starting", "ready", "failed", name="state", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("classifier", sa.String(length=80), nullable=True),
        sa.Column("weights_revision", sa.String(length=80), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True, comment="why it could not start, in words"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screeners")),
    )
    op.create_table(
        "users",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False, comment="pseudonym as shown"),
        sa.Column("name_key", sa.String(length=80), nullable=False, comment="case-folded name, for look-up and uniqueness"),
        sa.Column("pass_phrase_hash", sa.String(length=200), nullable=False, comment="argon2id"),
        sa.Column("role", sa.Enum("member", "volunteer", "lead", "admin", name="role", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("auth_epoch", sa.Integer(), nullable=False, comment="sessions of an older epoch are over"),
        sa.Column("banned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False, comment="made for the demonstration; production refuses to start with one"),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("banned_by_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(["banned_by_id"], ["users.id"], name=op.f("fk_users_banned_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name_key", name=op.f("uq_users_name_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", _ID, nullable=False),
        sa.Column("actor_id", _ID, nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False, comment="kind and id, as in message:17"),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_entries_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "memberships",
        sa.Column("circle_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("role", sa.Enum("member", "facilitator", name="role", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_memberships_circle_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("circle_id", "user_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "rule_versions",
        sa.Column("circle_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_by_id", _ID, nullable=True, comment="null: made by the system"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_rule_versions_circle_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_rule_versions_created_by_id")),
        sa.PrimaryKeyConstraint("circle_id", "number", name=op.f("pk_rule_versions")),
    )
    op.create_table(
        "screenings",
        sa.Column("message_id", _ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("deliver", "deliver_alert", "nudge", "hold", name="verdict", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("scores", sa.JSON(), nullable=True, comment="label to score, 0 to 1"),
        sa.Column("reasons", sa.JSON(), nullable=False, comment="findings in the order of the phases; never any text of the message"),
        sa.Column("levels", sa.JSON(), nullable=False, comment="lane to proposed level"),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("classifier", sa.String(length=80), nullable=True),
        sa.Column("weights_revision", sa.String(length=80), nullable=True),
        sa.Column("milliseconds", sa.Double(), nullable=False, comment="time in the classifier"),
        sa.Column("decided_by_id", _ID, nullable=True, comment="the volunteer, when a person decided"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(weights_revision IS NOT NULL) OR (decided_by_id IS NOT NULL) OR verdict = 'hold'", name=op.f("ck_screenings_someone_looked")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_screenings_decided_by_id")),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f("pk_screenings")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="sha256 of the cookie's token"),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("auth_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("circle_id", _ID, nullable=False),
        sa.Column("author_id", _ID, nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=False, comment="made by the author's client; the same one is never stored twice"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply_to_id", _ID, nullable=True),
        sa.Column("revises_id", _ID, nullable=True, comment="the first revision, when this is a later one"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("pending", "delivered", "nudged", "held", "returned", "withdrawn", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "hold_reason",
            sa.Enum("screened", "author_asked", "screener_unavailable", name="hold_reason", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("to_screen", sa.Boolean(), nullable=False, comment="waits for the classifier: pending, or held because it was away"),
        sa.Column("screen_attempts", sa.Integer(), nullable=False, comment="how often the classifier gave nothing usable"),
        sa.Column("screen_after", sa.DateTime(timezone=True), nullable=True, comment="not claimed before, after an attempt that gave nothing usable"),
        sa.Column("version", sa.Integer(), nullable=False, comment="grows with every change of this row"),
        sa.Column("screening", sa.Integer(), nullable=True, comment="number of the screening that decided"),
        sa.Column("seq", sa.Integer(), nullable=True, comment="place among all messages ever delivered in the circle"),
        sa.Column("care_dismissed_at", sa.DateTime(timezone=True), nullable=True, comment="when the author put the care card away"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'held') = (hold_reason IS NOT NULL)", name=op.f("ck_messages_held_has_a_reason")),
        sa.CheckConstraint(
            "state <> 'delivered' OR (screening IS NOT NULL AND seq IS NOT NULL AND delivered_at IS NOT NULL)",
            name=op.f("ck_messages_delivered_is_screened_and_numbered"),
        ),
        sa.CheckConstraint("(revises_id IS NULL) = (revision = 1)", name=op.f("ck_messages_revision_of_an_original")),
        sa.CheckConstraint("(seq IS NULL) = (delivered_at IS NULL)", name=op.f("ck_messages_seq_with_delivery")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_messages_author_id")),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_messages_circle_id")),
        sa.ForeignKeyConstraint(["id", "screening"], ["screenings.message_id", "screenings.number"], name="fk_messages_screening"),
        sa.ForeignKeyConstraint(["reply_to_id"], ["messages.id"], name=op.f("fk_messages_reply_to_id")),
        sa.ForeignKeyConstraint(["revises_id"], ["messages.id"], name=op.f("fk_messages_revises_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("author_id", "client_id", name=op.f("uq_messages_author_id_client_id")),
        sa.UniqueConstraint("circle_id", "seq", name=op.f("uq_messages_circle_id_seq")),
        sa.UniqueConstraint("revises_id", "revision", name=op.f("uq_messages_revises_id_revision")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_author", "messages", ["author_id", "created_at"], unique=False)
    op.create_index(
        "ix_messages_to_screen", "messages", ["circle_id", "id"], unique=False, sqlite_where=sa.text("to_screen = 1"), postgresql_where=sa.text("to_screen")
    )
    op.create_table(
        "cases",
        sa.Column("id", _ID, nullable=False),
        sa.Column("circle_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("lane", sa.Enum("conduct", "care", name="lane", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column(
            "level", sa.Enum("C1", "C2", "C3", "C4", "H1", "H2", "H3", "P", name="level", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("state", sa.Enum("open", "closed", name="state", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("released", "returned", "acknowledged", "withdrawn", "screened", name="outcome", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL AND outcome IS NOT NULL)", name=op.f("ck_cases_closed_with_an_outcome")),
        sa.CheckConstraint("(owner_id IS NULL) = (lease_until IS NULL)", name=op.f("ck_cases_owner_has_a_lease")),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_cases_circle_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_cases_message_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_cases_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cases_message_id"), "cases", ["message_id"], unique=False)
    op.create_index("ix_cases_open", "cases", ["state", "due_at"], unique=False)
    op.create_index(
        "uq_cases_open_message",
        "cases",
        ["message_id", "lane"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "case_decisions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("actor_id", _ID, nullable=True),
        sa.Column(
            "action",
            sa.Enum(
                "opened",
                "claimed",
                "given_back",
                "revealed",
                "released",
                "returned",
                "acknowledged",
                "withdrawn",
                "screened",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=500), nullable=True, comment="for a return: the reason in words, which the author reads"),
        sa.Column("rule", sa.String(length=40), nullable=True, comment="for a return: the rule that was broken"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_case_decisions_actor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_decisions_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_case_decisions_case_id"), "case_decisions", ["case_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", _ID, nullable=False),
        sa.Column(
            "audience",
            sa.Enum("circle", "author", "volunteers", "server", name="audience", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "message.new",
                "message.edited",
                "message.withdrawn",
                "message.state",
                "case.changed",
                "sessions.ended",
                "membership.ended",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("circle_id", _ID, nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("case_id", _ID, nullable=True),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(audience = 'circle') = (number IS NOT NULL)", name=op.f("ck_events_circle_events_are_numbered")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id")),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_events_circle_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_events_message_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_events_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("circle_id", "number", name=op.f("uq_events_circle_id_number")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("events")
    op.drop_index(op.f("ix_case_decisions_case_id"), table_name="case_decisions")
    op.drop_table("case_decisions")
    op.drop_index("uq_cases_open_message", table_name="cases", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_cases_open", table_name="cases")
    op.drop_index(op.f("ix_cases_message_id"), table_name="cases")
    op.drop_table("cases")
    op.drop_index("ix_messages_to_screen", table_name="messages", sqlite_where=sa.text("to_screen = 1"), postgresql_where=sa.text("to_screen"))
    op.drop_index("ix_messages_author", table_name="messages")
    op.drop_table("messages")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("screenings")
    op.drop_table("rule_versions")
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("audit_entries")
    op.drop_table("users")
    op.drop_table("screeners")
    op.drop_table("circles")
