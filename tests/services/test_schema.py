"""Migrations of a database that is in use: what is there stays, forwards and back."""

from alembic import command
from sqlalchemy import inspect

from moderation.taxonomy import Lane
from support_app.database import Database
from support_app.services import invariants
from support_app.services.schema import changing_tables, config_for, is_current, migrate
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import look_after, open_cases, return_it, screenings_of, steps_of, take


def columns(db: Database) -> set[str]:
    """The columns of the screenings, as the database has them."""
    return {column["name"] for column in inspect(db.engine).get_columns("screenings")}


def test_a_database_with_messages_in_it(world: World) -> None:
    """From the first tables to these and back: the rationale comes and goes, every screening and every step of a case stays."""
    message_id = world.say(world.robin, UNKIND)
    case = take(world, world.volunteer, message_id)
    return_it(world, world.volunteer, case)
    look_after(world, world.volunteer, take(world, world.volunteer, world.say(world.robin, IN_CRISIS), lane=Lane.CARE))
    before = screenings_of(world, message_id)
    with changing_tables(world.db.engine) as connection:
        command.downgrade(config_for(connection), "0001")
    assert "rationale" not in columns(world.db)
    assert not is_current(world.db.engine)
    migrate(world.db.engine)
    assert "rationale" in columns(world.db)
    assert is_current(world.db.engine)
    assert screenings_of(world, message_id) == before
    assert steps_of(world, case.id) == ["opened", "claimed", "revealed", "returned"]
    assert invariants.check_invariants(world.db).problems == []
    assert set(open_cases(world, world.say(world.robin, UNKIND))) == {Lane.CONDUCT}
