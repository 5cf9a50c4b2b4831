"""The demonstration: a circle in progress, people to sign in as, something held and somebody who needs care.

Every message takes the same way as a real one: submitted, claimed, classified, settled.
"""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from models import MembershipRole, Role, User
from moderation.classifier.base import Classifier
from moderation.pipeline import screen
from moderation.rules import Rules
from support_app.database import Database
from support_app.limits import rate_limiter
from support_app.services import accounts, circles, debriefs, helpline_upkeep, helplines, messages, reach, screening, shifts
from support_app.services.circles import NewCircle
from support_app.services.debriefs import Words
from support_app.services.demo_training import seed_training
from support_app.services.pseudonyms import WORDS

DEMO_PEOPLE_FILE = "demo-people.json"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demonstration."""

    key: str
    name: str
    role: Role
    shown_as: str | None = None  # what the printed list calls them; None: not on it


@dataclass(frozen=True, slots=True)
class Line:
    """One message, some minutes before the demonstration starts."""

    minutes_ago: float
    author: str
    text: str


PEOPLE = (
    Person("member", "Quiet Robin", Role.MEMBER, "member"),
    Person("member2", "Amber Willow", Role.MEMBER, "member"),
    Person("facilitator", "Steady Maple", Role.MEMBER, "facilitator"),
    Person("volunteer", "Clear Harbour", Role.VOLUNTEER, "volunteer"),
    Person("volunteer2", "Early Lantern", Role.VOLUNTEER, "volunteer"),
    Person("learner", "Young Heron", Role.VOLUNTEER, "learner"),
    Person("trained", "Patient Finch", Role.VOLUNTEER),
    Person("lead", "Silver Kestrel", Role.LEAD, "lead"),
    Person("admin", "Slow Cloud", Role.ADMIN, "admin"),
    Person("otter", "Mossy Otter", Role.MEMBER),
    Person("fern", "Soft Fern", Role.MEMBER),
    Person("pebble", "Woollen Pebble", Role.MEMBER),
)
EVENING = NewCircle(
    name="Evening circle",
    topic="Low mood",
    description="For evenings that feel too long. We say how today was, listen, and nobody has to be cheerful.",
    language="en",
    meets="Every evening, 20:00 to 21:00",
    capacity=8,
)
OTHERS = (
    NewCircle(
        "Abendrunde",
        "Gedrückte Stimmung",
        "Für Abende, die zu lang sind. Wir erzählen, wie der Tag war, und hören zu. Niemand muss gute Laune haben.",
        "de",
        "Dienstag und Freitag, 20 Uhr",
        8,
    ),
    NewCircle(
        "Carers' corner", "Caring for somebody", "For people who look after a partner, parent or child and have nobody to tell.", "en", "Sundays, 17:00", 10
    ),
    NewCircle("After a loss", "Grief", "Whoever you are missing, and however long ago: here it can be said again.", "en", "Wednesdays, 19:30", 6),
)
SEATS = {
    "Evening circle": ("member", "member2", "facilitator", "otter", "fern", "pebble"),
    "Abendrunde": ("fern", "facilitator"),
    "Carers' corner": ("facilitator", "otter"),
    "After a loss": ("pebble", "facilitator"),
}
LINES = (
    Line(34, "facilitator", "Good evening, the circle is open. One line to begin with: how was today? You can also just be here."),
    Line(32, "otter", "bit grey. got up, showered, went back to bed. counting the shower"),
    Line(31, "fern", "The shower counts. I answered one letter today after three weeks"),
    Line(29, "member2", "hello everybody, work was loud today. now the cat is purring next to me"),
    Line(27, "member", "Hello. Not much to say yet, I'm glad this is here though"),
    Line(25, "facilitator", "Hello Quiet Robin, good that you are here. Listening is enough."),
    Line(22, "pebble", "my sister would have her birthday on Sunday. I miss her a lot this week"),
    Line(20, "fern", "Birthdays are hard. Do you do something on that day?"),
    Line(18, "pebble", "I thought about baking her cake. nobody to eat it but still"),
    Line(16, "member2", "I think that is lovely. I would eat a piece from here"),
    Line(11, "otter", "honestly tonight I just want to not wake up tomorrow. nothing planned, just tired of it all"),
    Line(9, "facilitator", "Thank you for telling us, Mossy Otter. I am here, and somebody from the team can talk with you as well."),
    Line(7, "fern", "Otter I am glad you said it. Sitting here with you"),
    Line(4, "pebble", "oh here we go, the drama again. nobody would miss you, you pathetic attention seeker"),
    Line(3, "member2", "I am putting the kettle on. imaginary tea for everybody who wants some"),
)


def seed_demo(db: Database, classifier: Classifier, *, data_dir: Path, now: datetime) -> list[dict[str, str]]:
    """Make the demonstration unless it is there; answers with the people to sign in as."""
    path = data_dir / DEMO_PEOPLE_FILE
    if path.exists():
        people: list[dict[str, str]] = json.loads(path.read_text())
        return people
    start = now - timedelta(hours=1)
    phrases = {person.key: _pass_phrase() for person in PEOPLE}
    ids = {
        person.key: accounts.register(db, name=person.name, pass_phrase=phrases[person.key], locale="en", now=start, role=person.role, demo=True)
        for person in PEOPLE
    }
    circle_ids = {circle.name: circles.create_circle(db, circle=circle, rules=Rules(), actor=None, now=start) for circle in (EVENING, *OTHERS)}
    _take_seats(db, ids, circle_ids, start)
    seed_training(db, ids, now=start)
    _let_page(db, ids, start)
    _tell(db, classifier, ids, circle_ids[EVENING.name], now)
    _look_at_helplines(db, ids["admin"], now)
    _begin_shift(db, ids["volunteer2"], now)
    shown = [{"role": person.shown_as, "name": person.name, "pass_phrase": phrases[person.key]} for person in PEOPLE if person.shown_as]
    _write_private(path, json.dumps(shown, indent=2, ensure_ascii=False))
    return shown


def find_demo_people(db: Database) -> bool:
    """Whether accounts of a demonstration are in the database."""
    with db.read() as connection:
        return connection.execute(select(User.id).where(User.demo, User.banned_at.is_(None)).limit(1)).first() is not None


def screen_waiting(db: Database, classifier: Classifier, *, now: datetime) -> int:
    """Screen what waits, in this process; answers with the number of messages."""
    claimed = screening.claim(db, now=now)
    if claimed:
        results = list(zip(claimed, screen([item.candidate for item in claimed], classifier), strict=True))
        screening.settle_screened(db, results, classifier=classifier.name, revision=classifier.revision, now=now)
    return len(claimed)


def _take_seats(db: Database, ids: dict[str, int], circle_ids: dict[str, int], now: datetime) -> None:
    with db.write() as connection:
        for circle, keys in SEATS.items():
            for key in keys:
                role = MembershipRole.FACILITATOR if key == "facilitator" else MembershipRole.MEMBER
                circles.add_member(connection, circle_id=circle_ids[circle], user_id=ids[key], role=role, now=now)


def _let_page(db: Database, ids: dict[str, int], now: datetime) -> None:
    """The volunteers may be paged, one of them by an address at which nobody is."""
    for key, email in (("volunteer", "harbour@example.org"), ("volunteer2", "")):
        opened = accounts.open_session(db, user_id=ids[key], now=now, days=1)
        reach.save_reach(db, opened.actor, page_me=True, email=email, now=now)
        accounts.sign_out(db, token=opened.token, now=now)


def _tell(db: Database, classifier: Classifier, ids: dict[str, int], circle_id: int, now: datetime) -> None:
    actors = {key: accounts.open_session(db, user_id=ids[key], now=now, days=1) for key in {line.author for line in LINES}}
    limiter = rate_limiter("1000/second")
    for line in LINES:
        said = now - timedelta(minutes=line.minutes_ago)
        submission = messages.Submission(circle_id, str(uuid4()), line.text)
        messages.submit(db, actors[line.author].actor, submission, limiter=limiter, now=said)
        screen_waiting(db, classifier, now=said + timedelta(milliseconds=20))
    for opened in actors.values():
        accounts.sign_out(db, token=opened.token, now=now)


def _look_at_helplines(db: Database, admin_id: int, now: datetime) -> None:
    """The admin looked at one yesterday, and at another so long ago that it expires soon."""
    opened = accounts.open_session(db, user_id=admin_id, now=now, days=1)
    first = {line.country: line for line in reversed(helplines.in_use(db, now=now))}
    for country, days in (("DE", 1), ("GB", 160)):
        line = first[country]
        helpline_upkeep.verify(db, opened.actor, line.id, version=line.version, now=now - timedelta(days=days))
    accounts.sign_out(db, token=opened.token, now=now)


def _begin_shift(db: Database, user_id: int, now: datetime) -> None:
    """Somebody is on duty already, and would like to hear from a lead."""
    actor = accounts.open_session(db, user_id=user_id, now=now, days=1).actor
    shifts.start(db, actor, check=4, now=now - timedelta(minutes=40))
    shifts.stay(db, actor, now=now)
    words = Words("A long week, with good moments in it.", "One evening keeps coming back to me. I would like to talk about it.", wants_contact=True)
    debriefs.write(db, actor, words, now=now)


def _pass_phrase() -> str:
    first, second = WORDS["en"]
    return "-".join((secrets.choice(first), secrets.choice(second), secrets.choice(second), str(secrets.randbelow(90) + 10))).lower()


def _write_private(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
