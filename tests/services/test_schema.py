"""Migrations of a database that is in use: what is there stays, forwards and back."""

from alembic import command
from sqlalchemy import inspect

from support_app.database import Database
from support_app.services.schema import config_for, is_current, migrate
from tests.factories import UNKIND, World
from tests.services.steps import screenings_of


def columns(db: Database) -> set[str]:
    """The columns of the screenings, as the database has them."""
    return {column["name"] for column in inspect(db.engine).get_columns("screenings")}


def test_a_database_with_messages_in_it(world: World) -> None:
    """From the first tables to these and back: the rationale comes and goes, every screening stays."""
    message_id = world.say(world.robin, UNKIND)
    before = screenings_of(world, message_id)
    with world.db.engine.begin() as connection:
        command.downgrade(config_for(connection), "0001")
    assert "rationale" not in columns(world.db)
    assert not is_current(world.db.engine)
    migrate(world.db.engine)
    assert "rationale" in columns(world.db)
    assert is_current(world.db.engine)
    assert screenings_of(world, message_id) == before
