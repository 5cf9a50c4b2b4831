"""How a member becomes a volunteer: they apply, somebody of the team answers. The training comes after that."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from models import Role, User, VolunteerApplication
from models.application import ApplicationState
from support_app import audit
from support_app.access import Actor, require_live, require_team
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Forbidden, Invalid, NotFound
from support_app.services.accounts import end_sessions
from support_app.services.texts import required_text

WHY_LENGTH = (20, 1000)
LANGUAGES_LENGTH = (2, 80)
ANSWER_LENGTH = (10, 500)
HOURS = (1, 20)


@dataclass(frozen=True, slots=True)
class NewApplication:
    """What an applicant tells; hours are those of a week."""

    why: str
    hours: int
    languages: str


def apply(db: Database, actor: Actor, application: NewApplication, *, now: datetime) -> None:
    """Ask to become a volunteer; one application waits at a time."""
    why = required_text(application.why, least=WHY_LENGTH[0], most=WHY_LENGTH[1])
    languages = required_text(application.languages, least=LANGUAGES_LENGTH[0], most=LANGUAGES_LENGTH[1])
    if not HOURS[0] <= application.hours <= HOURS[1]:
        raise Invalid(N_("Please give %(least)s to %(most)s hours a week."), least=HOURS[0], most=HOURS[1])
    row = {"user_id": actor.user_id, "why": why, "hours": application.hours, "languages": languages, "state": ApplicationState.WAITING, "created_at": now}
    try:
        with db.write() as connection:
            require_live(connection, actor, now=now)
            if actor.role is not Role.MEMBER:
                raise Forbidden
            number = connection.execute(insert(VolunteerApplication).values(row).returning(VolunteerApplication.id)).scalar_one()
            audit.record(connection, actor_id=actor.user_id, action="application.made", subject=f"application:{number}", now=now)
    except IntegrityError:
        raise Conflict(N_("You have applied already; the team will answer you here.")) from None


def withdraw(db: Database, actor: Actor, *, now: datetime) -> None:
    """Take the waiting application back."""
    mine = (VolunteerApplication.user_id == actor.user_id) & (VolunteerApplication.state == ApplicationState.WAITING)
    with db.write() as connection:
        require_live(connection, actor, now=now)
        if not connection.execute(update(VolunteerApplication).where(mine).values(state=ApplicationState.WITHDRAWN, ended_at=now)).rowcount:
            raise Conflict


def own(db: Database, actor: Actor, *, now: datetime) -> AnyRow | None:
    """The actor's newest application."""
    query = select(VolunteerApplication.__table__).where(VolunteerApplication.user_id == actor.user_id).order_by(VolunteerApplication.id.desc()).limit(1)
    with db.read() as connection:
        require_live(connection, actor, now=now)
        return connection.execute(query).one_or_none()


def waiting(db: Database, actor: Actor, *, now: datetime) -> list[AnyRow]:
    """Applications that nobody has answered, oldest first."""
    query = (
        select(VolunteerApplication.__table__, User.name, User.created_at.label("here_since"))
        .join(User, User.id == VolunteerApplication.user_id)
        .where(VolunteerApplication.state == ApplicationState.WAITING, User.role == Role.MEMBER, User.banned_at.is_(None))
        .order_by(VolunteerApplication.id)
    )
    with db.read() as connection:
        require_team(connection, actor, now=now)
        return list(connection.execute(query))


def accept(db: Database, actor: Actor, application_id: int, *, now: datetime) -> None:
    """Make the applicant a volunteer, who signs in again and trains; no case opens for them before the certificate."""
    with db.write() as connection:
        application = _answer(connection, actor, application_id, state=ApplicationState.ACCEPTED, words=None, now=now)
        member = (User.id == application.user_id) & (User.role == Role.MEMBER) & User.banned_at.is_(None)
        if not connection.execute(update(User).where(member).values(role=Role.VOLUNTEER)).rowcount:
            raise Conflict
        end_sessions(connection, user_id=application.user_id, now=now)
        details = {"before": Role.MEMBER, "after": Role.VOLUNTEER}
        audit.record(connection, actor_id=actor.user_id, action="account.role_changed", subject=f"user:{application.user_id}", now=now, **details)


def decline(db: Database, actor: Actor, application_id: int, *, answer: str, now: datetime) -> None:
    """Say no, with a reason that the applicant reads; they may apply again."""
    with db.write() as connection:
        _answer(connection, actor, application_id, state=ApplicationState.DECLINED, words=answer, now=now)


def _answer(connection: Connection, actor: Actor, application_id: int, *, state: ApplicationState, words: str | None, now: datetime) -> AnyRow:
    require_team(connection, actor, now=now)
    answer = None if words is None else required_text(words, least=ANSWER_LENGTH[0], most=ANSWER_LENGTH[1])
    application = connection.execute(select(VolunteerApplication.__table__).where(VolunteerApplication.id == application_id).with_for_update()).one_or_none()
    if application is None:
        raise NotFound
    if application.state is not ApplicationState.WAITING:
        raise Conflict
    values = {"state": state, "answer": answer, "decided_by_id": actor.user_id, "ended_at": now}
    connection.execute(update(VolunteerApplication).where(VolunteerApplication.id == application_id).values(values))
    audit.record(connection, actor_id=actor.user_id, action=f"application.{state.value}", subject=f"application:{application_id}", now=now)
    return application
