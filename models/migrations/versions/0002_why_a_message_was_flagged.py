"""Why a message was flagged."""

from alembic import op
import sqlalchemy as sa


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COMMENT = "words the scores rest on: label, start and end in code points, weight; null: not looked for; never any text"


def upgrade() -> None:
    """Apply."""
    op.add_column("screenings", sa.Column("rationale", sa.JSON(none_as_null=True), nullable=True, comment=_COMMENT))


def downgrade() -> None:
    """Take back."""
    op.drop_column("screenings", "rationale")
