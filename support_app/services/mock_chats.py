"""Mock chats: a learner asks for one, a lead scores it. The conversation takes place wherever the two agree; only the sheet is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from models import MockChat, Role, User
from models.mock_chat import Competency, MockChatState
from support_app import audit
from support_app.access import REVIEWERS, Actor, require_certified, require_reviewer, require_team
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Forbidden, Invalid, NotFound
from support_app.services.certificates import issue_if_due, standing_of
from support_app.services.texts import required_text

SCORES = (1, 5)
ENOUGH = 3
NOTE_LENGTH = (10, 1000)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A mock chat with its learner's name."""

    chat: AnyRow
    learner_name: str


def ask(db: Database, actor: Actor, *, now: datetime) -> None:
    """Ask for a mock chat, once modules and scenarios are done."""
    try:
        with db.write() as connection:
            require_reviewer(connection, actor, now=now)
            if not standing_of(connection, actor.user_id, now=now).progress.ready_for_mock_chats:
                raise Conflict(N_("Mock chats come after the modules and the scenarios."))
            connection.execute(insert(MockChat).values(user_id=actor.user_id, state=MockChatState.ASKED, scores={}, asked_at=now))
    except IntegrityError:
        raise Conflict(N_("You have asked for a mock chat already.")) from None


def withdraw(db: Database, actor: Actor, *, now: datetime) -> None:
    """Take the request back."""
    mine = (MockChat.user_id == actor.user_id) & (MockChat.state == MockChatState.ASKED)
    with db.write() as connection:
        require_reviewer(connection, actor, now=now)
        if not connection.execute(update(MockChat).where(mine).values(state=MockChatState.WITHDRAWN, ended_at=now)).rowcount:
            raise Conflict


def own(db: Database, actor: Actor, *, now: datetime) -> list[AnyRow]:
    """The actor's mock chats that wait or were scored, newest first, with who scored them."""
    query = (
        select(MockChat.__table__, User.name.label("scored_by"))
        .outerjoin(User, User.id == MockChat.scored_by_id)
        .where(MockChat.user_id == actor.user_id, MockChat.state != MockChatState.WITHDRAWN)
        .order_by(MockChat.id.desc())
    )
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        return list(connection.execute(query))


def waiting(db: Database, actor: Actor, *, now: datetime) -> list[AnyRow]:
    """Requests that nobody has scored, oldest first."""
    query = (
        select(MockChat.id, MockChat.user_id, MockChat.asked_at, User.name)
        .join(User, User.id == MockChat.user_id)
        .where(MockChat.state == MockChatState.ASKED, User.role.in_(REVIEWERS), User.banned_at.is_(None))
        .order_by(MockChat.id)
    )
    with db.read() as connection:
        require_team(connection, actor, now=now)
        return list(connection.execute(query))


def sheet(db: Database, actor: Actor, chat_id: int, *, now: datetime) -> Sheet:
    """The empty score sheet of somebody else's mock chat."""
    with db.read() as connection:
        return _sheet(connection, actor, chat_id, now)


def score(db: Database, actor: Actor, chat_id: int, *, scores: Mapping[Competency, int], note: str, now: datetime) -> bool:
    """Score a mock chat and answer whether it passed: every competency with at least `ENOUGH`."""
    with db.write() as connection:
        found = _sheet(connection, actor, chat_id, now, lock=True)
        if set(scores) != set(Competency) or not all(SCORES[0] <= value <= SCORES[1] for value in scores.values()):
            raise Invalid(N_("Please give every competency a score from %(least)s to %(most)s."), least=SCORES[0], most=SCORES[1])
        words = required_text(note, least=NOTE_LENGTH[0], most=NOTE_LENGTH[1])
        passed = min(scores.values()) >= ENOUGH
        values = {"state": MockChatState.SCORED, "scores": {item.value: scores[item] for item in Competency}, "note": words, "passed": passed}
        connection.execute(update(MockChat).where(MockChat.id == chat_id).values(**values, scored_by_id=actor.user_id, ended_at=now))
        audit.record(connection, actor_id=actor.user_id, action="mock_chat.scored", subject=f"mock_chat:{chat_id}", now=now, passed=passed)
        issue_if_due(connection, found.chat.user_id, now=now)
    return passed


def _sheet(connection: Connection, actor: Actor, chat_id: int, now: datetime, *, lock: bool = False) -> Sheet:
    """A request that waits; certified leads only, and never their own."""
    require_team(connection, actor, now=now)
    if actor.role is not Role.LEAD:
        raise Forbidden(N_("Mock chats are scored by a lead."))
    require_certified(connection, actor, now=now)
    query = select(MockChat.__table__).where(MockChat.id == chat_id)
    chat = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if chat is None:
        raise NotFound
    if chat.user_id == actor.user_id:
        raise Forbidden(N_("Nobody scores their own mock chat."))
    if chat.state is not MockChatState.ASKED:
        raise Conflict
    return Sheet(chat, connection.execute(select(User.name).where(User.id == chat.user_id)).scalar_one())
