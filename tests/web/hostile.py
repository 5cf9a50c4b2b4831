"""What tests of hostile clients share: every row there is, every address there is, and a form that fits every door."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from models import Base, Role
from moderation.rules import Rules
from moderation.taxonomy import CrisisMode
from support_app.access import Actor
from support_app.services import circles
from tests.factories import World

REFUSED = frozenset({401, 403, 404})
CLIENT_ID = "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b11"
REASON = "This reads as an attack on one person here."
# One form with every field that any page sends, so that nothing is refused only for a missing one.
FORM = {
    "reason": REASON,
    "rule": "kindness",
    "consequence": "none",
    "level": "C3",
    "outcome": "supported",
    "follow_up": "declined",
    "to": "1",
    "note": "a few words",
    "role": "admin",
    "check": "4",
    "sure": "yes",
    "page_me": "yes",
    "email": "somebody@example.org",
    "name": "Somebody",
    "facilitates": "yes",
    "country": "DE",
    "lang": "de",
}


def rows(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with world.db.read() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in Base.metadata.sorted_tables}


@contextmanager
def unchanged(world: World) -> Iterator[None]:
    """Whatever happens in here leaves every row as it was."""
    before = rows(world)
    yield
    after = rows(world)
    assert [name for name in before if before[name] != after[name]] == []


def doors(app: Flask, method: str) -> dict[str, Rule]:
    """The addresses that take a method, by endpoint; those of files apart."""
    return {rule.endpoint: rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and rule.endpoint != "static"}


def address(app: Flask, rule: Rule, **values: Any) -> str:
    """One address, with 1 for every number that is not given."""
    known = {"key": "listening", "country": "DE"} | values
    with app.test_request_context():
        built = rule.build({name: known.get(name, 1) for name in rule.arguments}, append_unknown=False)
    assert built is not None
    return str(built[1])


def pages(app: Flask, world: World) -> list[str]:
    """Every address that can be read, with every number that any row has."""
    most = {"circle_id": "circles", "message_id": "messages", "case_id": "cases", "user_id": "users"}
    there = rows(world)
    found = []
    for rule in doors(app, "GET").values():
        names = sorted(rule.arguments)
        ranges = [[row[0] for row in there[most[name]]] or [1] if name in most else [None] for name in names]
        found += [address(app, rule, **{name: value for name, value in zip(names, values, strict=True) if value is not None}) for values in product(*ranges)]
    return found


def circle_that_holds_needs(world: World, *people: Actor) -> int:
    """A circle whose rules have a person read every wish to die before others do."""
    circle_id = world.make_circle("Quiet circle", rules=Rules(crisis_mode=CrisisMode.HOLD_ALL))
    for actor in people:
        circles.join(world.db, actor, circle_id, now=world.now)
    return circle_id


def lead(world: World, name: str = "Kestrel") -> Actor:
    """A lead on duty."""
    return world.person(name, role=Role.LEAD)
