"""Accounts and sessions: register, sign in, end sessions, roles, bans."""

import hashlib
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar

import argon2
from gevent import get_hub
from gevent.lock import BoundedSemaphore
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from models import Event, Role, Session, User
from models.event import Audience, EventKind
from models.shift import ShiftEnd
from support_app import audit
from support_app.access import Actor, access_session, require_admin, require_live
from support_app.database import Database
from support_app.errors import N_, AccountClosed, Banned, Invalid, NameTaken, NotFound, SignInFailed
from support_app.services.messages import withdraw_waiting
from support_app.services.shift_ends import end_shift_of
from support_app.services.side_rooms import leave_talks

NAME_LENGTH = (2, 40)
PASS_PHRASE_LENGTH = (12, 200)
Result = TypeVar("Result")
# What OWASP asks of argon2id at least; a gate keeps many sign-ins at once from taking the machine's memory.
_hasher = argon2.PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
_hashing = BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session; the token goes into the cookie and is stored nowhere else."""

    token: str
    actor: Actor


def register(db: Database, *, name: str, pass_phrase: str, locale: str, now: datetime, role: Role = Role.MEMBER, demo: bool = False) -> int:
    """Make an account and answer with its id; raises `Invalid` and `NameTaken`."""
    shown = clean_name(name)
    if not PASS_PHRASE_LENGTH[0] <= len(pass_phrase) <= PASS_PHRASE_LENGTH[1]:
        raise Invalid(N_("A pass phrase has at least %(least)s characters; a few words in a row are easy to remember."), least=PASS_PHRASE_LENGTH[0])
    hashed = _off_the_loop(_hasher.hash, pass_phrase)
    row = {"name": shown, "name_key": name_key(shown), "pass_phrase_hash": hashed, "role": role, "locale": locale, "demo": demo}
    try:
        with db.write() as connection:
            user_id: int = connection.execute(insert(User).values(**row, auth_epoch=0, consented_at=now, created_at=now).returning(User.id)).scalar_one()
            audit.record(connection, actor_id=user_id, action="account.registered", subject=f"user:{user_id}", now=now, role=role)
    except IntegrityError:
        raise NameTaken from None
    return user_id


def sign_in(db: Database, *, name: str, pass_phrase: str, now: datetime, days: int) -> OpenedSession:
    """Check the pass phrase and open a session; raises `SignInFailed`, and `AccountClosed` when the pass phrase was right."""
    with db.read() as connection:
        user = connection.execute(select(User.__table__).where(User.name_key == name_key(name))).one_or_none()
    if not _off_the_loop(_matches, user.pass_phrase_hash if user else _hash_of_nobody(), pass_phrase) or user is None:
        raise SignInFailed
    if user.banned_at is not None:
        raise AccountClosed(user.id)
    return open_session(db, user_id=user.id, now=now, days=days)


def open_session(db: Database, *, user_id: int, now: datetime, days: int) -> OpenedSession:
    """Open a session without asking for the pass phrase, for callers that have checked it."""
    token = secrets.token_urlsafe(32)
    with db.write() as connection:
        epoch = connection.execute(select(User.auth_epoch).where(User.id == user_id, User.banned_at.is_(None))).scalar_one_or_none()
        if epoch is None:
            raise Banned
        row = {"token_hash": token_hash(token), "user_id": user_id, "auth_epoch": epoch, "created_at": now, "expires_at": now + timedelta(days=days)}
        connection.execute(delete(Session).where(Session.user_id == user_id, Session.expires_at <= now))
        connection.execute(insert(Session), row)
        return OpenedSession(token, access_session(connection, token_hash=token_hash(token), now=now))


def find_actor(db: Database, *, token: str, now: datetime) -> Actor:
    """The person behind a cookie's token; raises `NotSignedIn` or `Banned`."""
    with db.read() as connection:
        return access_session(connection, token_hash=token_hash(token), now=now)


def sign_out(db: Database, *, token: str, now: datetime) -> None:
    """End one session and its sockets."""
    with db.write() as connection:
        user_id = connection.execute(delete(Session).where(Session.token_hash == token_hash(token)).returning(Session.user_id)).scalar_one_or_none()
        if user_id is not None:
            end_shift_of(connection, user_id=user_id, by=ShiftEnd.LOGOUT, now=now)
            announce_ended_sessions(connection, user_id=user_id, now=now)


def end_own_sessions(db: Database, actor: Actor, *, now: datetime) -> None:
    """Sign the actor out everywhere."""
    with db.write() as connection:
        require_live(connection, actor, now=now)
        end_sessions(connection, user_id=actor.user_id, now=now)


def set_role(db: Database, actor: Actor, *, user_id: int, role: Role, now: datetime) -> None:
    """Change what somebody may do; they sign in again with the new role."""
    with db.write() as connection:
        require_admin(connection, actor, now=now)
        before = _other_person(connection, actor, user_id)
        if before.role == role:
            return
        connection.execute(update(User).where(User.id == user_id).values(role=role))
        end_sessions(connection, user_id=user_id, now=now)
        leave_talks(connection, user_id=user_id, now=now)
        audit.record(connection, actor_id=actor.user_id, action="account.role_changed", subject=f"user:{user_id}", now=now, before=before.role, after=role)


def ban(db: Database, actor: Actor, *, user_id: int, reason: str, now: datetime) -> None:
    """Close an account: no sign-in, every session and socket ends, and what still waits to be screened is not delivered any more."""
    with db.write() as connection:
        require_admin(connection, actor, now=now)
        _other_person(connection, actor, user_id)
        close_account(connection, user_id=user_id, by_id=actor.user_id, now=now)
        audit.record(connection, actor_id=actor.user_id, action="account.banned", subject=f"user:{user_id}", now=now, reason=reason)


def close_account(connection: Connection, *, user_id: int, by_id: int | None, now: datetime) -> None:
    """Close an account in the caller's transaction: no session, no socket, and nothing unscreened of theirs goes out."""
    connection.execute(update(User).where(User.id == user_id).values(banned_at=now, banned_by_id=by_id))
    end_sessions(connection, user_id=user_id, now=now)
    leave_talks(connection, user_id=user_id, now=now)
    withdraw_waiting(connection, user_id=user_id, now=now)


def unban(db: Database, actor: Actor, *, user_id: int, now: datetime) -> None:
    """Open a closed account again."""
    with db.write() as connection:
        require_admin(connection, actor, now=now)
        _other_person(connection, actor, user_id)
        connection.execute(update(User).where(User.id == user_id).values(banned_at=None, banned_by_id=None))
        audit.record(connection, actor_id=actor.user_id, action="account.unbanned", subject=f"user:{user_id}", now=now)


def end_sessions(connection: Connection, *, user_id: int, now: datetime) -> None:
    """Delete a person's sessions, move the epoch, and have live servers close the sockets."""
    connection.execute(update(User).where(User.id == user_id).values(auth_epoch=User.auth_epoch + 1))
    connection.execute(delete(Session).where(Session.user_id == user_id))
    end_shift_of(connection, user_id=user_id, by=ShiftEnd.LOGOUT, now=now)
    announce_ended_sessions(connection, user_id=user_id, now=now)


def announce_ended_sessions(connection: Connection, *, user_id: int, now: datetime) -> None:
    """Tell the live servers to look which of a person's sockets still have a session."""
    connection.execute(insert(Event), {"audience": Audience.SERVER, "kind": EventKind.SESSIONS_ENDED, "user_id": user_id, "created_at": now})


def valid_session_ids(db: Database, session_ids: set[int], *, now: datetime) -> set[int]:
    """Which of these sessions still count."""
    query = (
        select(Session.id)
        .join(User, User.id == Session.user_id)
        .where(Session.id.in_(session_ids), Session.expires_at > now, Session.auth_epoch == User.auth_epoch, User.banned_at.is_(None))
    )
    with db.read() as connection:
        return set(connection.execute(query).scalars())


def set_locale(db: Database, actor: Actor, *, locale: str) -> None:
    """Remember a person's language, in which notices reach them."""
    with db.write() as connection:
        connection.execute(update(User).where(User.id == actor.user_id).values(locale=locale))


def clean_name(name: str) -> str:
    """A pseudonym fit to be shown: one line of visible characters; raises `Invalid`."""
    shown = " ".join(unicodedata.normalize("NFKC", name).split())
    if not NAME_LENGTH[0] <= len(shown) <= NAME_LENGTH[1] or any(unicodedata.category(character)[0] == "C" for character in shown):
        raise Invalid(N_("A name has %(least)s to %(most)s visible characters."), least=NAME_LENGTH[0], most=NAME_LENGTH[1])
    return shown


def name_key(name: str) -> str:
    """What two names have in common when they are the same name."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:80]


def token_hash(token: str) -> str:
    """How a session token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _hash_of_nobody() -> str:
    """Checked for unknown names, so that they take as long as known ones."""
    return unusable_pass_phrase()


def unusable_pass_phrase() -> str:
    """A hash that no pass phrase anybody knows belongs to."""
    return _hasher.hash(secrets.token_hex())


def _other_person(connection: Connection, actor: Actor, user_id: int) -> User:
    row = connection.execute(select(User.__table__).where(User.id == user_id)).one_or_none()
    if row is None:
        raise NotFound
    if row.id == actor.user_id:
        raise Invalid(N_("You cannot change your own account here; ask another administrator."))
    return row  # type: ignore[return-value]


def _matches(hashed: str, pass_phrase: str) -> bool:
    try:
        return _hasher.verify(hashed, pass_phrase)
    except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
        return False


def _off_the_loop(function: Callable[..., Result], *args: str) -> Result:
    """Run slow arithmetic in the hub's thread pool, so that nobody's socket stands still meanwhile."""
    with _hashing:
        result: Result = get_hub().threadpool.apply(function, args)
    return result
