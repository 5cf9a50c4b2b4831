"""How a volunteer wants to be reached, and the test whether it works."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from models import PageAttempt, PushSubscription, ReachSettings
from support_app import audit
from support_app.access import Actor, require_reviewer
from support_app.database import AnyRow, Database, insert_into
from support_app.errors import N_, Invalid, RateLimited
from support_app.services.paging import new_attempt, ways_to

EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
EMAIL_LONGEST = 254
BROWSERS_MOST = 10
TEST_EVERY_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Reach:
    """What a volunteer chose, and what came of their last test."""

    page_me: bool
    email: str | None
    browsers: int
    last_test: Sequence[AnyRow]


def reach_of(db: Database, actor: Actor, *, now: datetime) -> Reach:
    """One's own settings."""
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        row = connection.execute(select(ReachSettings.__table__).where(ReachSettings.user_id == actor.user_id)).one_or_none()
        return Reach(bool(row and row.page_me), row.email if row else None, _count_browsers(connection, actor), _last_test(connection, actor))


def save_reach(db: Database, actor: Actor, *, page_me: bool, email: str, now: datetime) -> None:
    """Say whether one may be paged, and by which address; an empty one takes it away."""
    address = email.strip()
    if address and (len(address) > EMAIL_LONGEST or not address.isascii() or not EMAIL.fullmatch(address)):
        raise Invalid(N_("Please look at the e-mail address again; it should look like name@example.org."))
    values = {"page_me": page_me, "email": address or None, "updated_at": now}
    with db.write(events=False) as connection:
        require_reviewer(connection, actor, now=now)
        upsert = insert_into(connection, ReachSettings).values(user_id=actor.user_id, **values)
        connection.execute(upsert.on_conflict_do_update(index_elements=["user_id"], set_=values))
        audit.record(connection, actor_id=actor.user_id, action="reach.saved", subject=f"user:{actor.user_id}", now=now, page_me=page_me, email=bool(address))


def add_browser(db: Database, actor: Actor, *, endpoint: str, p256dh: str, auth: str, known: Callable[[str], bool], now: datetime) -> None:
    """Have a browser take notifications for the actor; one that took them for somebody else before does so no more."""
    if not known(endpoint):
        raise Invalid(N_("This browser uses a push service that is not on this installation's list. Please tell your admin, or use e-mail."))
    keys = {"user_id": actor.user_id, "p256dh": p256dh, "auth": auth, "created_at": now}
    with db.write(events=False) as connection:
        require_reviewer(connection, actor, now=now)
        upsert = insert_into(connection, PushSubscription).values(endpoint=endpoint, **keys)
        connection.execute(upsert.on_conflict_do_update(index_elements=["endpoint"], set_=keys))
        newest = select(PushSubscription.id).where(PushSubscription.user_id == actor.user_id).order_by(PushSubscription.id.desc()).limit(BROWSERS_MOST)
        connection.execute(delete(PushSubscription).where(PushSubscription.user_id == actor.user_id, PushSubscription.id.not_in(newest)))
        audit.record(connection, actor_id=actor.user_id, action="reach.browser_added", subject=f"user:{actor.user_id}", now=now)


def remove_browser(db: Database, actor: Actor, *, endpoint: str, now: datetime) -> None:
    """Have a browser of the actor's take notifications no more."""
    with db.write(events=False) as connection:
        require_reviewer(connection, actor, now=now)
        connection.execute(delete(PushSubscription).where(PushSubscription.endpoint == endpoint, PushSubscription.user_id == actor.user_id))
        audit.record(connection, actor_id=actor.user_id, action="reach.browser_removed", subject=f"user:{actor.user_id}", now=now)


def request_test(db: Database, actor: Actor, *, now: datetime) -> None:
    """Have a test page sent to the actor by every way of theirs; a worker does it, as with real ones."""
    with db.write(events=False) as connection:
        require_reviewer(connection, actor, now=now)
        if any(row.created_at > now - timedelta(seconds=TEST_EVERY_SECONDS) for row in _last_test(connection, actor)):
            raise RateLimited(N_("A test is already on its way. Please give it a moment."), retry_after=TEST_EVERY_SECONDS)
        tests = [new_attempt(page_id=None, user_id=actor.user_id, channel=channel, now=now) for channel in ways_to(connection, actor.user_id)]
        connection.execute(insert(PageAttempt), tests)
        audit.record(connection, actor_id=actor.user_id, action="reach.tested", subject=f"user:{actor.user_id}", now=now)


def last_test(db: Database, actor: Actor, *, now: datetime) -> Sequence[AnyRow]:
    """What came of the actor's last test, a row for each channel."""
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        return _last_test(connection, actor)


def _last_test(connection: Connection, actor: Actor) -> Sequence[AnyRow]:
    own = (PageAttempt.user_id == actor.user_id) & PageAttempt.page_id.is_(None)
    newest = select(func.max(PageAttempt.created_at)).where(own).scalar_subquery()
    return connection.execute(select(PageAttempt.__table__).where(own, PageAttempt.created_at == newest).order_by(PageAttempt.id)).all()


def _count_browsers(connection: Connection, actor: Actor) -> int:
    return int(connection.execute(select(func.count()).select_from(PushSubscription).where(PushSubscription.user_id == actor.user_id)).scalar_one())
