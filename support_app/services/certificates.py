"""Certificates: issued by the system when the training is complete, given by an admin with a reason, renewed by the quizzes, revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from models import Case, Certificate, User
from models.case import CaseState
from support_app import audit
from support_app.access import REVIEWERS, Actor, is_certified, lock_circle, require_admin, require_live, require_reviewer, require_team
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Invalid, NotFound
from support_app.services.progress import Progress, progress_of
from support_app.services.side_rooms import leave_talks
from support_app.services.texts import required_text

__all__ = ["Standing", "certify", "is_certified", "issue", "issue_if_due", "people", "require", "require_learner", "revoke", "standing", "standing_of"]
VALID = timedelta(days=365)
WARNED = timedelta(days=30)
REASON_LENGTH = (10, 500)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands: the newest certificate, whether one is in force, and what counts towards the next one."""

    certificate: AnyRow | None
    certified: bool
    progress: Progress
    renewal: bool  # the quizzes alone are needed, because the certificate ends soon or has ended

    @property
    def revoked(self) -> bool:
        """Whether the newest certificate was revoked."""
        return self.certificate is not None and self.certificate.revoked_at is not None

    @property
    def due(self) -> bool:
        """Whether the system issues a certificate now."""
        if self.renewal:
            return self.progress.quizzes_done
        return not self.certified and self.progress.complete


@dataclass(frozen=True, slots=True)
class Person:
    """A volunteer or lead as the team sees them."""

    id: int
    name: str
    role: str
    standing: Standing


def require(db: Database, actor: Actor, *, now: datetime) -> None:
    """Refuse everybody but leads and admins."""
    with db.read() as connection:
        require_team(connection, actor, now=now)


def require_learner(db: Database, actor: Actor, *, now: datetime) -> None:
    """Refuse everybody but volunteers and leads: the training is theirs."""
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)


def standing(db: Database, actor: Actor, *, now: datetime) -> Standing:
    """Where the actor stands."""
    with db.read() as connection:
        require_live(connection, actor, now=now)
        return standing_of(connection, actor.user_id, now=now)


def standing_of(connection: Connection, user_id: int, *, now: datetime) -> Standing:
    """Where a person stands. After a revocation everything counts anew; for a renewal, what was done since the warning."""
    query = select(Certificate.__table__).where(Certificate.user_id == user_id).order_by(Certificate.id.desc()).limit(1)
    last = connection.execute(query).one_or_none()
    renewal = last is not None and last.revoked_at is None and last.expires_at - WARNED <= now
    since = None if last is None else (last.revoked_at or last.expires_at - WARNED if renewal or last.revoked_at else None)
    return Standing(last, is_certified(connection, user_id, now), progress_of(connection, user_id, since=since), renewal)


def issue_if_due(connection: Connection, user_id: int, *, now: datetime) -> bool:
    """Issue what the training has earned; answers whether it did. A renewal begins where the old certificate ends, so that nothing is lost."""
    connection.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    found = standing_of(connection, user_id, now=now)
    if not found.due:
        return False
    begins = max(now, found.certificate.expires_at) if found.renewal and found.certificate else now
    issue(connection, user_id=user_id, until=begins + VALID, now=now)
    return True


def issue(connection: Connection, *, user_id: int, until: datetime, now: datetime, issued_by_id: int | None = None, reason: str | None = None) -> None:
    """Write a certificate and the record of it; a null issuer is the system."""
    row = {"user_id": user_id, "issued_at": now, "expires_at": until, "issued_by_id": issued_by_id, "reason": reason}
    number = connection.execute(insert(Certificate).values(row).returning(Certificate.id)).scalar_one()
    details = {"certificate": number} | ({"reason": reason} if reason else {})
    audit.record(connection, actor_id=issued_by_id, action="certificate.issued", subject=f"user:{user_id}", now=now, **details)


def certify(db: Database, actor: Actor, *, user_id: int, reason: str, now: datetime) -> None:
    """An admin certifies a volunteer or lead who was trained elsewhere."""
    with db.write() as connection:
        require_admin(connection, actor, now=now)
        why = required_text(reason, least=REASON_LENGTH[0], most=REASON_LENGTH[1])
        _lock_person(connection, actor, user_id)
        if is_certified(connection, user_id, now):
            raise Conflict(N_("This person already has a valid certificate."))
        issue(connection, user_id=user_id, until=now + VALID, now=now, issued_by_id=actor.user_id, reason=why)


def revoke(db: Database, actor: Actor, *, user_id: int, reason: str, now: datetime) -> None:
    """End a person's certificates with a reason they read; cases they hold go back to the others."""
    with db.write() as connection:
        require_team(connection, actor, now=now)
        why = required_text(reason, least=REASON_LENGTH[0], most=REASON_LENGTH[1])
        _give_back_cases(connection, user_id, now)
        _lock_person(connection, actor, user_id)
        in_force = (Certificate.user_id == user_id) & Certificate.revoked_at.is_(None) & (Certificate.expires_at > now)
        ended = connection.execute(update(Certificate).where(in_force).values(revoked_at=now, revoked_by_id=actor.user_id, revoked_reason=why))
        if not ended.rowcount:
            raise Conflict(N_("This person has no valid certificate."))
        leave_talks(connection, user_id=user_id, now=now)
        audit.record(connection, actor_id=actor.user_id, action="certificate.revoked", subject=f"user:{user_id}", now=now, reason=why)


def people(db: Database, actor: Actor, *, now: datetime) -> list[Person]:
    """Every volunteer and lead with an open account, by name."""
    query = select(User.id, User.name, User.role).where(User.role.in_(REVIEWERS), User.banned_at.is_(None)).order_by(User.name_key)
    with db.read() as connection:
        require_team(connection, actor, now=now)
        return [Person(row.id, row.name, row.role.value, standing_of(connection, row.id, now=now)) for row in connection.execute(query).all()]


def _lock_person(connection: Connection, actor: Actor, user_id: int) -> None:
    """A volunteer or lead other than the actor, locked so that two decisions about them come one after the other."""
    row = connection.execute(select(User.id, User.role).where(User.id == user_id).with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise NotFound
    if user_id == actor.user_id:
        raise Invalid(N_("Somebody else on the team decides about your own training."))
    if row.role not in REVIEWERS:
        raise Invalid(N_("Only volunteers and leads have certificates."))


def _give_back_cases(connection: Connection, user_id: int, now: datetime) -> None:
    """Let the leases run out now: the watch then ends them as it does with any other, and tells authors and the queue."""
    held = (Case.state == CaseState.OPEN) & (Case.owner_id == user_id) & (Case.lease_until > now)
    for circle_id in connection.execute(select(Case.circle_id).where(held).distinct().order_by(Case.circle_id)).scalars().all():
        lock_circle(connection, circle_id)
    connection.execute(update(Case).where(held).values(lease_until=now))
