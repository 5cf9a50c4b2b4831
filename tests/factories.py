"""Makes people, circles and messages through the services, and screens with a classifier that does what its text says."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, insert, select, text

from models import Certificate, MembershipRole, Message, Role, User
from moderation.classifier.base import Classifier, ScriptedClassifier
from moderation.rules import Rules
from moderation.taxonomy import Label
from support_app.access import REVIEWERS, Actor
from support_app.database import AnyRow, Database
from support_app.limits import rate_limiter
from support_app.services import accounts, circles, demo, messages, shifts
from support_app.services.circles import NewCircle

START = datetime(2026, 1, 31, 19, 0, tzinfo=UTC)
UNKIND = "you are not worth anybody's time"
BORDERLINE = "that was a strange thing to say, come on"
IN_CRISIS = "I want to die"


def scripted(text: str) -> Mapping[Label, float]:
    """Scores that depend on the sentences above only."""
    scores = dict.fromkeys(Label, 0.01)
    if UNKIND in text:
        scores[Label.HARASSMENT] = 0.8
    if BORDERLINE in text:
        scores[Label.HARASSMENT] = (Rules().nudge_harassment + Rules().hold_harassment) / 2
    if IN_CRISIS in text:
        scores[Label.CRISIS] = 0.8
    return scores


def certify(connection: Connection, user_id: int, *, now: datetime) -> None:
    """A year's certificate, as if the training had been done."""
    connection.execute(insert(Certificate).values(user_id=user_id, issued_at=now, expires_at=now + timedelta(days=365)))


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Let audit entries be changed, as somebody who owns the database could."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        yield
        connection.execute(text("ALTER TABLE audit_entries ENABLE TRIGGER USER"))
        return
    guards = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entries'")).all()
    for guard in guards:
        connection.execute(text(f"DROP TRIGGER {guard.name}"))
    yield
    for guard in guards:
        connection.execute(text(guard.sql))


class World:
    """One circle and its people, with a clock that the test moves."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now = START
        self.limiter = rate_limiter("1000/second")
        self.classifier: Classifier = ScriptedClassifier(scripted)
        self.circle_id = self.make_circle("Evening circle")
        self.robin = self.person("Robin", seat_in=self.circle_id)
        self.willow = self.person("Willow", seat_in=self.circle_id)
        self.volunteer = self.person("Harbour", role=Role.VOLUNTEER)
        self.other_volunteer = self.person("Lantern", role=Role.VOLUNTEER)
        self.admin = self.person("Cloud", role=Role.ADMIN)

    def make_circle(self, name: str, *, capacity: int = 8, rules: Rules | None = None) -> int:
        """A circle nobody sits in yet."""
        circle = NewCircle(name, "Low mood", "For evenings that feel too long.", "en", "every evening", capacity)
        return circles.create_circle(self.db, circle=circle, rules=rules or Rules(), actor=None, now=self.now)

    def person(self, name: str, *, role: Role = Role.MEMBER, seat_in: int | None = None, on_duty: bool = True, certified: bool = True) -> Actor:
        """Somebody with an open session; the pass phrase hash is not a real one, because hashing is slow on purpose.

        Volunteers and leads are certified and on duty unless the test says otherwise.
        """
        row = {"name": name, "name_key": accounts.name_key(name), "pass_phrase_hash": "none", "role": role, "locale": "en", "demo": False}
        with self.db.write() as connection:
            user_id = connection.execute(insert(User).values(**row, auth_epoch=0, consented_at=self.now, created_at=self.now).returning(User.id)).scalar_one()
            if certified and role in REVIEWERS:
                certify(connection, user_id, now=self.now)
            if seat_in is not None:
                circles.add_member(connection, circle_id=seat_in, user_id=user_id, role=MembershipRole.MEMBER, now=self.now)
        actor = accounts.open_session(self.db, user_id=user_id, now=self.now, days=14).actor
        if role in REVIEWERS and on_duty:
            shifts.start(self.db, actor, check=4, now=self.now)
        return actor

    def send(self, actor: Actor, text: str, *, circle_id: int | None = None, client_id: str | None = None, reply_to: int | None = None) -> messages.Accepted:
        """Submit a message now."""
        submission = messages.Submission(circle_id or self.circle_id, client_id or str(uuid4()), text, reply_to)
        return messages.submit(self.db, actor, submission, limiter=self.limiter, now=self.now)

    def screen(self) -> int:
        """Screen what waits, with this world's classifier."""
        return demo.screen_waiting(self.db, self.classifier, now=self.now)

    def say(self, actor: Actor, text: str) -> int:
        """Submit and screen; answers with the message's id."""
        accepted = self.send(actor, text)
        self.screen()
        return accepted.id

    def message(self, message_id: int) -> AnyRow:
        """A message's row."""
        with self.db.read() as connection:
            return connection.execute(select(Message.__table__).where(Message.id == message_id)).one()

    def pass_time(self, **duration: float) -> None:
        """Move the clock."""
        self.now += timedelta(**duration)

    def classify_with(self, function: Callable[[str], Mapping[Label, float]]) -> None:
        """Use another scripted classifier."""
        self.classifier = ScriptedClassifier(function)
