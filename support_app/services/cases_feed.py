"""What volunteers' pages are told live about cases: never any text."""

from typing import Any

from sqlalchemy import select

from models import Case
from support_app.database import Database
from support_app.services.events import iso


def case_payloads(db: Database, case_ids: list[int]) -> list[dict[str, Any]]:
    """Cases as the `case.changed` event tells them."""
    if not case_ids:
        return []
    with db.read() as connection:
        rows = connection.execute(select(Case.id, Case.lane, Case.level, Case.state, Case.due_at).where(Case.id.in_(case_ids)).order_by(Case.id))
        return [{"id": row.id, "lane": row.lane.value, "level": row.level.value, "state": row.state.value, "due_at": iso(row.due_at)} for row in rows]
