"""Work that comes due on cases by itself: each in a transaction of its own, so that one that fails keeps no other waiting."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, Connection, select

from models import Case
from support_app.access import lock_circle
from support_app.database import AnyRow, Database
from support_app.errors import Busy

AT_ONCE = 100
log = structlog.get_logger()


def for_each_due(db: Database, due: ColumnElement[bool], act: Callable[[Connection, AnyRow, datetime], None], *, now: datetime) -> int:
    """Do something with every case for which `due` holds, locked and still due then; answers with how many there were."""
    with db.read() as connection:
        rows = connection.execute(select(Case.id, Case.circle_id).where(due).order_by(Case.circle_id, Case.id).limit(AT_ONCE)).all()
    for case_id, circle_id in rows:
        try:
            with db.write() as connection:
                lock_circle(connection, circle_id)
                case = connection.execute(select(Case.__table__).where(due, Case.id == case_id).with_for_update()).one_or_none()
                if case is not None:
                    act(connection, case, now)
        except Busy:
            raise
        except Exception as error:  # noqa: BLE001 (somebody waits behind every other case)
            log.error("case.due_failed", case=case_id, error=type(error).__name__)
    return len(rows)
