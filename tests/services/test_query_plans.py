"""What the screener and the watch ask several times a second must not become slower as messages pile up."""

from datetime import timedelta

from sqlalchemy import Connection, event

from support_app.services import rationales, screening
from tests.factories import World


def test_what_waits_is_found_by_its_index(small_world: World) -> None:
    """No turn of the screener or of the watch reads through all messages there ever were."""
    small_world.send(small_world.robin, "good evening")
    asked: list[tuple[str, tuple]] = []

    def listen(_connection: Connection, _cursor: object, statement: str, parameters: tuple, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(small_world.db.engine, "before_cursor_execute", listen)
    screening.hold_overdue(small_world.db, now=small_world.now - timedelta(hours=1))
    screening.screener_status(small_world.db, now=small_world.now)
    small_world.screen()
    event.remove(small_world.db.engine, "before_cursor_execute", listen)
    assert asked
    with small_world.db.engine.connect() as connection:
        cursor = connection.connection.cursor()
        plans = [
            f"{row[3]}: {statement}"
            for statement, parameters in asked
            if isinstance(parameters, tuple) and statement.startswith("SELECT")
            for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any("ix_messages_to_screen" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN messages") and "ix_messages_to_screen" not in plan]


def test_what_is_to_be_explained_is_found_among_open_cases(small_world: World) -> None:
    """Not by reading through all screenings, messages or closed cases there ever were."""
    asked = str(rationales._NEXT.compile(small_world.db.engine))
    with small_world.db.engine.connect() as connection:
        plan = [row[3] for row in connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {asked}", ("open", "1", 1, 0))]
    assert any("ix_cases_open" in step for step in plan)
    assert not [step for step in plan if step.startswith("SCAN")]
