"""The record of who did what: nobody can change it unseen."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from models import AuditEntry
from support_app import audit
from support_app.audit import Place
from support_app.errors import Refusal
from support_app.services import circles
from support_app.services.schema import config_for, migrate
from tests.factories import World, unguarded

ADDED = 6


def problems(world: World, noted: Place | None = None) -> list[str]:
    """What a look through the whole chain finds."""
    with world.db.read() as connection:
        return list(audit.problems(connection, noted))


def add_entries(world: World, count: int = ADDED) -> Place:
    """Record some acts, one transaction each; answers with where the chain then ends."""
    for number in range(count):
        with world.db.write() as connection:
            audit.record(connection, actor_id=world.admin.user_id, action="test.acted", subject=f"user:{number}", now=world.now, note="ä", n=1.5, nothing=None)
    with world.db.read() as connection:
        return audit.last_place(connection)


def tamper(world: World, *statements: str) -> None:
    """Change rows as the owner of the database could."""
    with world.db.engine.begin() as connection, unguarded(connection):
        for statement in statements:
            connection.execute(text(statement))


def test_an_untouched_chain_is_whole(world: World) -> None:
    """What services record is numbered without gaps and passes, also through a place noted earlier."""
    early = add_entries(world)
    last = add_entries(world)
    assert last.number == early.number + ADDED
    assert problems(world) == problems(world, early) == problems(world, last) == []


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["UPDATE audit_entries SET action = 'test.other' WHERE id = 4"], ["entry 4 is not what was written there"]),
        (["UPDATE audit_entries SET actor_id = NULL WHERE id = 4"], ["entry 4 is not what was written there"]),
        (["UPDATE audit_entries SET details = '{}' WHERE id = 4"], ["entry 4 is not what was written there"]),
        (["DELETE FROM audit_entries WHERE id IN (3, 4)"], ["entries 3 to 4 are missing"]),
        (["DELETE FROM audit_entries WHERE id = 1"], ["entries 1 to 1 are missing"]),
        (
            ["UPDATE audit_entries SET id = 99 WHERE id = 3", "UPDATE audit_entries SET id = 3 WHERE id = 4", "UPDATE audit_entries SET id = 4 WHERE id = 99"],
            ["entry 3 is not what was written there", "entry 4 is not what was written there", "entry 5 is not what was written there"],
        ),
    ],
)
def test_a_changed_missing_or_moved_entry_is_found(world: World, statements: list[str], found: list[str]) -> None:
    """Each is named by its number, and one change is not reported as many."""
    add_entries(world)
    tamper(world, *statements)
    assert problems(world) == found


def test_an_end_that_was_cut_off_is_found_with_a_noted_place(world: World) -> None:
    """A chain that only lost its last entries is whole in itself; somebody's note shows the loss."""
    early, last = add_entries(world), add_entries(world)
    tamper(world, f"DELETE FROM audit_entries WHERE id > {early.number}")
    assert problems(world) == problems(world, early) == []
    (problem,) = problems(world, last)
    assert str(last) in problem


def test_the_database_refuses_to_change_an_entry(world: World) -> None:
    """Not even the application's own account may, by mistake or after a break-in."""
    add_entries(world)
    for statement in ("UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries WHERE id = 1"):
        with pytest.raises(DBAPIError), world.db.write() as connection:
            connection.execute(text(statement))
    assert problems(world) == []


def test_a_transaction_that_fails_leaves_no_entry_and_no_gap(world: World) -> None:
    """Neither in its own place nor in the next transaction on the same connection."""
    before = add_entries(world)

    def fail() -> None:
        with world.db.write() as connection:
            audit.record(connection, actor_id=None, action="test.failed", subject="user:1", now=world.now)
            raise Refusal

    with pytest.raises(Refusal):
        fail()
    assert add_entries(world).number == before.number + ADDED
    with world.db.read() as connection:
        assert "test.failed" not in connection.execute(select(AuditEntry.action)).scalars().all()
    assert problems(world) == []


def test_many_writers_make_one_chain(world: World) -> None:
    """Twelve people join and leave circles at the same time."""
    joining = [(world.person(f"Person {number}"), world.make_circle(f"Circle {number}")) for number in range(12)]
    before = add_entries(world, 1).number

    def join_and_leave(number: int) -> None:
        actor, circle_id = joining[number]
        circles.join(world.db, actor, circle_id, now=world.now)
        circles.leave(world.db, actor, circle_id, now=world.now)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(join_and_leave, range(12)))
    with world.db.read() as connection:
        assert audit.last_place(connection).number == before + 24
    assert problems(world) == []


def test_entries_from_before_the_chain_are_linked(world: World) -> None:
    """A database of an earlier version keeps its record, numbered and with digests."""
    last = add_entries(world)
    with world.db.engine.begin() as connection:
        command.downgrade(config_for(connection), "0002")
        connection.execute(text("DELETE FROM audit_entries WHERE id = 2"))  # as a rolled back transaction left gaps
    migrate(world.db.engine)
    with world.db.read() as connection:
        assert audit.last_place(connection).number == last.number - 1
    assert problems(world) == []
    add_entries(world)
    assert problems(world) == []
