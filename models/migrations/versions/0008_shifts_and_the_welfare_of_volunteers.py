"""Shifts and the welfare of volunteers."""

from alembic import op
import sqlalchemy as sa


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PRIVATE = "never in the record, a log or an address"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "shifts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False, comment="when the person last showed that they are there"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_by", sa.Enum("self", "limit", "logout", "silence", name="ended_by", native_enum=False, create_constraint=True, length=32), nullable=True
        ),
        sa.Column("start_check", sa.Integer(), nullable=False, comment="how they were, 1 to 5; shown to the person alone"),
        sa.Column("end_check", sa.Integer(), nullable=True, comment="how they were afterwards; shown to the person alone"),
        sa.CheckConstraint("start_check BETWEEN 1 AND 5", name=op.f("ck_shifts_start_check")),
        sa.CheckConstraint("end_check IS NULL OR (end_check BETWEEN 1 AND 5 AND ended_at IS NOT NULL)", name=op.f("ck_shifts_end_check")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_shifts_ended_by_something")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_shifts_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sqlite_autoincrement=True,
    )
    still_open = sa.text("ended_at IS NULL")
    op.create_index("uq_shifts_open", "shifts", ["user_id"], unique=True, sqlite_where=still_open, postgresql_where=still_open)
    op.create_index("ix_shifts_user_id_started_at", "shifts", ["user_id", "started_at"], unique=False)
    op.create_table(
        "topic_opt_outs",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column(
            "topic",
            sa.Enum("harassment", "goading", "crisis", "imminent", "concern", name="topic", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True, comment="null: until the person changes it"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_topic_opt_outs_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "topic", name=op.f("pk_topic_opt_outs")),
    )
    op.create_table(
        "debriefs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("how_was_it", sa.String(length=2000), nullable=False, comment=_PRIVATE),
        sa.Column("what_stays", sa.String(length=2000), nullable=False, comment=_PRIVATE),
        sa.Column("wants_contact", sa.Boolean(), nullable=False, comment="a lead may read the words and is asked to get in touch"),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contacted_by_id", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(contacted_at IS NULL) = (contacted_by_id IS NULL)", name=op.f("ck_debriefs_contacted_by_somebody")),
        sa.CheckConstraint("contacted_at IS NULL OR wants_contact", name=op.f("ck_debriefs_contacted_as_asked")),
        sa.ForeignKeyConstraint(["contacted_by_id"], ["users.id"], name=op.f("fk_debriefs_contacted_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_debriefs_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debriefs")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_debriefs_user_id"), "debriefs", ["user_id"], unique=False)
    waiting = sa.text("wants_contact AND contacted_at IS NULL")
    op.create_index("ix_debriefs_waiting", "debriefs", ["created_at"], unique=False, sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    """Take back."""
    for table in ("debriefs", "topic_opt_outs", "shifts"):
        op.drop_table(table)
