"""Writes the record of who did what; never any message text."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from models import AuditEntry


def record(connection: Connection, *, actor_id: int | None, action: str, subject: str, now: datetime, **details: Any) -> None:
    """Add one entry in the caller's transaction."""
    connection.execute(insert(AuditEntry), {"actor_id": actor_id, "action": action, "subject": subject, "details": details, "created_at": now})
