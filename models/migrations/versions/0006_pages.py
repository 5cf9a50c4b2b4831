"""Pages to people who are not at the volunteers' page, and how they can be reached."""

from alembic import op
import sqlalchemy as sa


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_TROUBLE = (
    "not_configured", "no_browser", "no_longer", "answered", "refused", "redirected", "timed_out", "unreachable", "server_failed", "interrupted",
)


def _enum(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reach_settings",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("page_me", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True, comment="for pages only"),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reach_settings_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_reach_settings")),
    )
    op.create_table(
        "push_subscriptions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("p256dh", sa.String(length=200), nullable=False, comment="the browser's public key"),
        sa.Column("auth", sa.String(length=100), nullable=False, comment="the secret that browser and server share"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_push_subscriptions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscriptions_endpoint")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_push_subscriptions_user_id"), "push_subscriptions", ["user_id"])
    op.create_table(
        "pages",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("step", _enum("step", "on_call", "leads"), nullable=False),
        sa.Column("waiting_since", _TIME, nullable=False, comment="since when nobody had the case; a case that comes back is paged anew"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_pages_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("case_id", "waiting_since", "step", name=op.f("uq_pages_case_id_waiting_since_step")),
        sqlite_autoincrement=True,
    )
    _create_attempts()


def _create_attempts() -> None:
    op.create_table(
        "page_attempts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("page_id", _ID, nullable=True),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("channel", _enum("channel", "push", "email", "webhook"), nullable=False),
        sa.Column("state", _enum("state", "waiting", "sent", "failed", "given_up"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="tries begun; a result counts only for the try it belongs to"),
        sa.Column("trouble", _enum("trouble", *_TROUBLE), nullable=True),
        sa.Column("tries", sa.JSON(), nullable=False, comment="each try that ended: when, and the kind of trouble if any"),
        sa.Column("next_try_at", _TIME, nullable=False, comment="while a try is under way: when it counts as interrupted"),
        sa.Column("queued_until", _TIME, nullable=True, comment="until when the queue is trusted to have it"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.CheckConstraint("(state IN ('sent', 'given_up')) = (ended_at IS NOT NULL)", name=op.f("ck_page_attempts_an_end_has_a_time")),
        sa.CheckConstraint("user_id IS NOT NULL OR (channel = 'webhook' AND page_id IS NOT NULL)", name=op.f("ck_page_attempts_goes_to_someone")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_page_attempts_page_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_page_attempts_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_attempts")),
        sa.UniqueConstraint("page_id", "user_id", "channel", name=op.f("uq_page_attempts_page_id_user_id_channel")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_page_attempts_due"), "page_attempts", ["state", "next_try_at"])
    op.create_index(op.f("ix_page_attempts_user_id"), "page_attempts", ["user_id"])


def downgrade() -> None:
    """Take back."""
    for table in ("page_attempts", "pages", "push_subscriptions", "reach_settings"):
        op.drop_table(table)
