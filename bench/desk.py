"""How long the volunteers' *next case* takes when a thousand cases are open and fifty people are on duty."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import insert, text

from models import Role, User
from moderation.classifier.base import ScriptedClassifier
from moderation.taxonomy import Label
from support_app.access import Actor
from support_app.database import Database, open_database
from support_app.limits import rate_limiter
from support_app.services import accounts, certificates, demo, leases, load, messages, shifts
from support_app.services.next_case import claim_next
from support_app.services.schema import migrate

CASES, VOLUNTEERS, CIRCLES, ROUNDS = 1000, 50, 20, 4


def measure(postgres: str) -> dict[str, float]:
    """The 95th percentile in milliseconds by database; PostgreSQL only where an address is given, whose tables are made anew."""
    with TemporaryDirectory(prefix="peer-circles-desk-") as name:
        figures = {"SQLite": _p95(f"sqlite:///{Path(name) / 'desk.sqlite3'}")}
    if postgres:
        figures["PostgreSQL"] = _p95(postgres.replace("postgresql://", "postgresql+psycopg://", 1), anew=True)
    return figures


def _p95(url: str, *, anew: bool = False) -> float:
    with _opened(url, anew=anew) as db:
        now = datetime.now(UTC)
        _fill(db, now)
        people = [_volunteer(db, number, now) for number in range(VOLUNTEERS)]
        taken = []
        for turn in range(ROUNDS):
            moment = now + timedelta(seconds=turn)
            for person in people:
                begin = time.perf_counter()
                case_id = claim_next(db, person, now=moment)
                taken.append((time.perf_counter() - begin) * 1000)
                if case_id is not None and turn < ROUNDS - 1:
                    leases.give_back(db, person, case_id, now=moment)
        return statistics.quantiles(taken, n=20)[-1]


@contextmanager
def _opened(url: str, *, anew: bool) -> Iterator[Database]:
    db = open_database(url)
    try:
        if anew:
            with db.engine.begin() as connection:
                connection.execute(text("DROP SCHEMA public CASCADE"))
                connection.execute(text("CREATE SCHEMA public"))
        migrate(db.engine)
        yield db
    finally:
        db.dispose()


def _fill(db: Database, now: datetime) -> None:
    """Held messages and cries for help in many circles, each with its case."""
    made = load.seed_load(db, count=CIRCLES, members=5, credentials=lambda opened: {"actor": opened.actor}, now=now, days=1)
    limiter = rate_limiter("100000/second")
    for number in range(CASES):
        circle = made[number % CIRCLES]
        author: Actor = circle["members"][number // CIRCLES % 5]["actor"]
        messages.submit(db, author, messages.Submission(circle["circle"], str(uuid4()), f"line {number}"), limiter=limiter, now=now)
    scores = dict.fromkeys(Label, 0.01)
    flagging = ScriptedClassifier(lambda line: scores | {Label.CRISIS if int(line.rsplit(" ", 1)[1]) % 2 else Label.HARASSMENT: 0.9})
    while demo.screen_waiting(db, flagging, now=now):
        pass


def _volunteer(db: Database, number: int, now: datetime) -> Actor:
    row = {"name": f"Volunteer {number}", "name_key": f"volunteer {number}", "pass_phrase_hash": "none", "role": Role.VOLUNTEER, "locale": "en", "demo": True}
    with db.write() as connection:
        user_id = connection.execute(insert(User).values(**row, auth_epoch=0, consented_at=now, created_at=now).returning(User.id)).scalar_one()
        certificates.issue(connection, user_id=user_id, until=now + timedelta(days=1), now=now)
    actor = accounts.open_session(db, user_id=user_id, now=now, days=1).actor
    shifts.start(db, actor, check=4, now=now)
    return actor
