"""Side rooms: a talk between one member and a volunteer, beside the circle."""

from alembic import op
import sqlalchemy as sa


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_KINDS = (
    "message.new",
    "message.edited",
    "message.withdrawn",
    "message.state",
    "case.changed",
    "sessions.ended",
    "membership.ended",
    "message.restored",
    "report.changed",
)
_NAME = "of a side room nobody reads it: what it is called depends on who looks"


def upgrade() -> None:
    """Apply."""
    # In plain words and on its own: SQLite would copy the whole table for it, and every row that refers to a circle would go with the old one.
    op.execute("ALTER TABLE circles ADD COLUMN kind VARCHAR(32) DEFAULT 'circle' NOT NULL CONSTRAINT ck_circles_kind CHECK (kind IN ('circle', 'side_room'))")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("circles", "name", comment=_NAME, existing_type=sa.String(80), existing_nullable=False)
    _allow("events", "kind", (*_KINDS, "talk.changed"))
    op.create_table(
        "side_rooms",
        sa.Column("circle_id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("volunteer_id", _ID, nullable=True, comment="who came last to listen; a lead who only looks in is not"),
        sa.Column("asked_at", _TIME, nullable=True),
        sa.Column("joined_at", _TIME, nullable=True),
        sa.Column("closed_at", _TIME, nullable=True, comment="from then on nothing can be written"),
        sa.CheckConstraint("(volunteer_id IS NULL) = (joined_at IS NULL)", name=op.f("ck_side_rooms_joined_by_somebody")),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_side_rooms_circle_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_side_rooms_case_id")),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name=op.f("fk_side_rooms_member_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["users.id"], name=op.f("fk_side_rooms_volunteer_id")),
        sa.PrimaryKeyConstraint("circle_id", name=op.f("pk_side_rooms")),
        sa.UniqueConstraint("case_id", name=op.f("uq_side_rooms_case_id")),
    )
    op.create_index(op.f("ix_side_rooms_member_id"), "side_rooms", ["member_id"], unique=False)


def downgrade() -> None:
    """Take back; refused while there are talks, which would turn into circles that everybody can see."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM side_rooms")).scalar_one():
        message = "there are private talks, for which the tables of before have no place; restore a backup"
        raise RuntimeError(message)
    op.drop_index(op.f("ix_side_rooms_member_id"), table_name="side_rooms")
    op.drop_table("side_rooms")
    _allow("events", "kind", _KINDS)
    op.execute("ALTER TABLE circles DROP COLUMN kind")


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    """Have a column take exactly these values; SQLite copies the table."""
    with op.batch_alter_table(table) as changed:
        changed.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        listed = sa.Enum(*values, name=column, native_enum=False, create_constraint=True, length=32)
        changed.alter_column(column, type_=listed, existing_type=sa.String(32), existing_nullable=False)
