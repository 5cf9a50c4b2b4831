"""The record of who did what becomes a chain, and the database refuses to change it."""

import hashlib
import json
from datetime import UTC

from alembic import op
import sqlalchemy as sa

from models.base import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_REFUSAL = "audit entries are only ever added"
_ENTRIES = sa.table(
    "audit_entries",
    *(sa.column(name) for name in ("id", "actor_id", "action", "subject", "digest")),
    sa.column("details", sa.JSON()),
    sa.column("created_at", UtcDateTime()),
)


def upgrade() -> None:
    """Apply."""
    comment = "SHA-256 of the digest before and of this row"
    op.add_column("audit_entries", sa.Column("digest", sa.String(length=64), server_default="", nullable=False, comment=comment))
    _link(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$")
        op.execute("CREATE TRIGGER audit_entries_only_added BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()")
        op.execute("CREATE TRIGGER audit_entries_not_emptied BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()")
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER audit_entries_no_{act.lower()} BEFORE {act} ON audit_entries BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END")


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entries_only_added ON audit_entries")
        op.execute("DROP TRIGGER audit_entries_not_emptied ON audit_entries")
        op.execute("DROP FUNCTION refuse_audit_change")
    else:
        op.execute("DROP TRIGGER audit_entries_no_update")
        op.execute("DROP TRIGGER audit_entries_no_delete")
    op.drop_column("audit_entries", "digest")


def _link(connection: sa.Connection) -> None:
    """Number the entries that are there without gaps, in their order, and give them their digests."""
    digest = "0" * 64
    for number, row in enumerate(connection.execute(sa.select(_ENTRIES).order_by(_ENTRIES.c.id)).all(), start=1):
        content = [digest, number, row.actor_id, row.action, row.subject, row.details, row.created_at.astimezone(UTC).isoformat()]
        digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        connection.execute(sa.update(_ENTRIES).where(_ENTRIES.c.id == row.id).values(id=number, digest=digest))
