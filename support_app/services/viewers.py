"""Who has the page of a case open. It keeps nobody from anything: only a claim does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select

from models import CaseViewer, User
from support_app.access import Actor, view_case_as_volunteer
from support_app.database import Database, insert_into

GONE = timedelta(seconds=50)  # after the last sign of a page, which gives one every 20 seconds
_OTHERS = (
    select(User.name)
    .join(CaseViewer, CaseViewer.user_id == User.id)
    .where(CaseViewer.case_id == bindparam("case_id"), CaseViewer.user_id != bindparam("user_id"), CaseViewer.seen_at > bindparam("since"))
    .order_by(User.name)
)


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody at a case's page should know by now: who else is there, and which version the case has."""

    others: Sequence[str]
    version: int


def look(db: Database, actor: Actor, case_id: int, *, now: datetime) -> Look:
    """Say that the actor has the page open; answers with who else has."""
    with db.write(events=False) as connection:
        case = view_case_as_volunteer(connection, actor, case_id, now=now)
        seen = insert_into(connection, CaseViewer).values(case_id=case_id, user_id=actor.user_id, seen_at=now)
        connection.execute(seen.on_conflict_do_update(index_elements=["case_id", "user_id"], set_={"seen_at": now}))
        return Look(others(connection, case_id, besides=actor.user_id, now=now), case.version)


def others(connection: Connection, case_id: int, *, besides: int, now: datetime) -> Sequence[str]:
    """The names of everybody else who has the page open."""
    return connection.execute(_OTHERS, {"case_id": case_id, "user_id": besides, "since": now - GONE}).scalars().all()


def forget_gone(db: Database, *, now: datetime) -> int:
    """Forget who looked; answers with their number."""
    gone = CaseViewer.seen_at <= now - GONE
    with db.read() as connection:
        if connection.execute(select(CaseViewer.case_id).where(gone).limit(1)).first() is None:
            return 0
    with db.write(events=False) as connection:
        return connection.execute(delete(CaseViewer).where(gone)).rowcount
