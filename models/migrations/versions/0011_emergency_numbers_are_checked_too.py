"""Emergency numbers are checked too: when somebody last looked whether they are right."""

from datetime import UTC, datetime

from alembic import op
import sqlalchemy as sa

from models.base import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RELEASED = datetime(2026, 11, 22, 12, tzinfo=UTC)  # as for the helplines; when an operator wrote a number down was not kept


def upgrade() -> None:
    """Apply; nothing refers to this table, so SQLite may copy it."""
    with op.batch_alter_table("emergency_numbers") as changed:
        changed.add_column(sa.Column("last_verified_at", UtcDateTime(), nullable=True))
        changed.add_column(sa.Column("verified_by_id", _ID, nullable=True, comment="null: as released, nobody here has looked yet"))
        changed.add_column(sa.Column("version", sa.Integer(), nullable=True, comment="grows with every change of this row"))
        changed.create_foreign_key(op.f("fk_emergency_numbers_verified_by_id"), "users", ["verified_by_id"], ["id"])
    numbers = sa.table("emergency_numbers", sa.column("last_verified_at", UtcDateTime()), sa.column("version", sa.Integer()))
    op.execute(numbers.update().values(last_verified_at=_RELEASED, version=1))
    with op.batch_alter_table("emergency_numbers") as changed:
        changed.alter_column("last_verified_at", existing_type=UtcDateTime(), nullable=False)
        changed.alter_column("version", existing_type=sa.Integer(), existing_comment="grows with every change of this row", nullable=False)


def downgrade() -> None:
    """Take back; the numbers stay."""
    with op.batch_alter_table("emergency_numbers") as changed:
        changed.drop_constraint(op.f("fk_emergency_numbers_verified_by_id"), type_="foreignkey")
        changed.drop_column("version")
        changed.drop_column("verified_by_id")
        changed.drop_column("last_verified_at")
