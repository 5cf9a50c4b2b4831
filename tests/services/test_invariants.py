"""The proof itself: it holds over everything people do, and it goes red when something is wrong."""

import pytest
from sqlalchemy import event, text

from support_app.database import Database
from support_app.services.invariants import check_invariants
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World


def live_through_an_evening(world: World) -> None:
    for words in ("hello", UNKIND, BORDERLINE, IN_CRISIS):
        world.say(world.robin, words)
    world.send(world.willow, "waiting")


def test_holds(world: World) -> None:
    """Every accepted message is in exactly one state, and the counts say so."""
    live_through_an_evening(world)
    report = check_invariants(world.db)
    assert report.holds, report.problems
    assert (report.accepted, report.unscreened) == (5, 0)
    assert report.by_state == {"pending": 1, "delivered": 2, "nudged": 1, "held": 1, "returned": 0, "withdrawn": 0}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE screenings SET verdict = 'hold' WHERE verdict = 'deliver'", "without a screening"),
        ("UPDATE circles SET last_seq = last_seq - 1", "last_seq"),
        ("UPDATE circles SET last_event = last_event + 1", "last_event"),
        ("UPDATE messages SET seq = 7 WHERE seq = 2", "highest 7"),
        ("DELETE FROM events WHERE number = 1", "1 events"),
        ("UPDATE events SET kind = 'message.withdrawn' WHERE number = 2", "numbered messages but 1 events"),
    ],
)
def test_goes_red(world: World, damage: str, words: str) -> None:
    """Damage that the database's own rules let pass is found and named."""
    live_through_an_evening(world)
    with world.db.engine.begin() as connection:
        connection.execute(text(damage))
    report = check_invariants(world.db)
    assert not report.holds
    assert any(words in problem for problem in report.problems), report.problems


def test_sees_one_moment(postgres: Database, world: World) -> None:
    """Messages that are delivered while it counts do not make it lie."""
    if world.db is not postgres:
        pytest.skip("on SQLite nobody writes meanwhile")
    counted = []

    def say_something(connection, cursor, statement, *_) -> None:
        if "count" in statement and "FROM messages" in statement and not counted:
            counted.append(statement)
            world.say(world.robin, "said while it counted")

    event.listen(world.db.engine, "after_cursor_execute", say_something)
    try:
        report = check_invariants(world.db)
    finally:
        event.remove(world.db.engine, "after_cursor_execute", say_something)
    assert counted
    assert report.holds, report.problems
    assert report.accepted == 0
