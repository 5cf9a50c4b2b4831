"""What must still be sent: handed to the queue, taken by a worker, and what came of it. The database knows; the queue is only a hint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update

from models import AttemptState, Case, Channel, Page, PageAttempt, PushSubscription, ReachSettings, Trouble, User
from support_app.access import REVIEWERS
from support_app.database import AnyRow, Database
from support_app.services.care_status import care_statuses
from support_app.services.events import iso
from support_app.services.leases import tell_author_of
from support_app.services.paging import unanswered

MAX_TRIES = 5
BACK_OFF_SECONDS = (5, 30, 120, 120)
TRY_SECONDS = 60  # longer than any channel takes; a try that said nothing until then was interrupted
QUEUE_SECONDS = 15  # a queue that has not brought it to a worker by then has lost it
AT_ONCE = 200
TO_DO = (AttemptState.WAITING, AttemptState.FAILED)
HOPELESS = frozenset({Trouble.NOT_CONFIGURED, Trouble.NO_BROWSER, Trouble.NO_LONGER, Trouble.ANSWERED, Trouble.INTERRUPTED})


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a notification goes and the keys it is encrypted with."""

    id: int
    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try: everything a channel may know. No text, no name, no circle."""

    attempt_id: int
    number: int
    channel: Channel
    locale: str
    email: str | None
    browsers: tuple[Browser, ...]
    case_id: int | None
    level: str | None
    step: str | None
    paged_at: datetime | None

    @property
    def test(self) -> bool:
        """Whether a volunteer only wants to see that it works."""
        return self.case_id is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try: no trouble means that it was accepted. `gone` are browsers that take nothing any more."""

    trouble: Trouble | None = None
    gone: tuple[int, ...] = ()


def hand_to_queue(db: Database, *, now: datetime) -> Sequence[int]:
    """Ids of attempts whose time has come and that no queue has; each is handed out by one process only, until it counts as lost."""
    due = _due(now) & (PageAttempt.queued_until.is_(None) | (PageAttempt.queued_until <= now))
    with db.read() as connection:
        found = connection.execute(select(PageAttempt.id).where(due).order_by(PageAttempt.next_try_at).limit(AT_ONCE)).scalars().all()
    if not found:
        return []
    until = now + timedelta(seconds=QUEUE_SECONDS)
    with db.write(events=False) as connection:
        handed = update(PageAttempt).where(PageAttempt.id.in_(found), due).values(queued_until=until).returning(PageAttempt.id)
        return sorted(connection.execute(handed).scalars())


def take(db: Database, attempt_id: int, *, now: datetime) -> Delivery | None:
    """Begin a try, unless it is not due, has ended, or nobody needs it any more."""
    with db.write() as connection:
        row = connection.execute(select(PageAttempt.__table__).where(PageAttempt.id == attempt_id, _due(now)).with_for_update()).one_or_none()
        if row is None:
            return None
        case = _case_of(connection, row)
        person = _person_of(connection, row)
        trouble = _needless(connection, row, case, person)
        if trouble is not None:
            _end(connection, row, AttemptState.GIVEN_UP, trouble, now, tried=False)
            return None
        begun = {"attempts": row.attempts + 1, "next_try_at": now + timedelta(seconds=TRY_SECONDS), "queued_until": None}
        connection.execute(update(PageAttempt).where(PageAttempt.id == row.id).values(**begun))
        return _delivery(connection, row, case, person)


def record(db: Database, delivery: Delivery, outcome: Outcome, *, now: datetime) -> None:
    """Write down what came of a try; one that counted as interrupted meanwhile changes nothing."""
    with db.write() as connection:
        query = select(PageAttempt.__table__).where(PageAttempt.id == delivery.attempt_id, PageAttempt.attempts == delivery.number)
        row = connection.execute(query.where(PageAttempt.state.in_(TO_DO)).with_for_update()).one_or_none()
        if outcome.gone:
            connection.execute(delete(PushSubscription).where(PushSubscription.id.in_(outcome.gone)))
        if row is None:
            return
        if outcome.trouble is None:
            _end(connection, row, AttemptState.SENT, None, now)
        elif outcome.trouble in HOPELESS or delivery.test or row.attempts >= MAX_TRIES:
            _end(connection, row, AttemptState.GIVEN_UP, outcome.trouble, now)
        else:
            later = {"state": AttemptState.FAILED, "trouble": outcome.trouble, "next_try_at": now + timedelta(seconds=BACK_OFF_SECONDS[row.attempts - 1])}
            connection.execute(update(PageAttempt).where(PageAttempt.id == row.id).values(**later, queued_until=None, tries=_tries(row, outcome.trouble, now)))


def _due(now: datetime) -> ColumnElement[bool]:
    return PageAttempt.state.in_(TO_DO) & (PageAttempt.next_try_at <= now)


def _end(connection: Connection, row: AnyRow, state: AttemptState, trouble: Trouble | None, now: datetime, *, tried: bool = True) -> None:
    """An attempt ends; its author's page looks again when that changes what is true for them."""
    case = _case_of(connection, row)
    before = care_statuses(connection, [case.message_id], now=now) if case else {}
    ended = {"state": state, "trouble": trouble, "ended_at": now, "tries": _tries(row, trouble, now) if tried else row.tries}
    connection.execute(update(PageAttempt).where(PageAttempt.id == row.id).values(**ended))
    if case and care_statuses(connection, [case.message_id], now=now) != before:
        tell_author_of(connection, case, now)


def _tries(row: AnyRow, trouble: Trouble | None, now: datetime) -> list[dict[str, Any]]:
    return [*row.tries, {"at": iso(now), "trouble": trouble}]


def _needless(connection: Connection, row: AnyRow, case: AnyRow | None, person: AnyRow | None) -> Trouble | None:
    """Why a try must not begin."""
    if case and connection.execute(select(Case.id).where(Case.id == case.id, *unanswered())).first() is None:
        return Trouble.ANSWERED
    if row.user_id is not None and (person is None or (row.channel is Channel.EMAIL and not person.email)):
        return Trouble.NO_LONGER
    return Trouble.INTERRUPTED if row.attempts >= MAX_TRIES else None


def _case_of(connection: Connection, row: AnyRow) -> AnyRow | None:
    query = select(Case.__table__, Page.step, Page.created_at.label("paged_at")).join(Page, Page.case_id == Case.id).where(Page.id == row.page_id)
    return connection.execute(query).one_or_none() if row.page_id is not None else None


def _person_of(connection: Connection, row: AnyRow) -> AnyRow | None:
    query = select(User.locale, ReachSettings.email).outerjoin(ReachSettings, ReachSettings.user_id == User.id)
    return connection.execute(query.where(User.id == row.user_id, User.role.in_(REVIEWERS), User.banned_at.is_(None))).one_or_none()


def _delivery(connection: Connection, row: AnyRow, case: AnyRow | None, person: AnyRow | None) -> Delivery:
    browsers = select(PushSubscription.id, PushSubscription.endpoint, PushSubscription.p256dh, PushSubscription.auth)
    found = connection.execute(browsers.where(PushSubscription.user_id == row.user_id).order_by(PushSubscription.id)) if row.channel is Channel.PUSH else ()
    return Delivery(
        attempt_id=row.id,
        number=row.attempts + 1,
        channel=row.channel,
        locale=person.locale if person else "en",
        email=person.email if person else None,
        browsers=tuple(Browser(*item) for item in found),
        case_id=case.id if case else None,
        level=case.level.value if case else None,
        step=case.step.value if case else None,
        paged_at=case.paged_at if case else None,
    )
