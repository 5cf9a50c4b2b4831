"""Brings a database to the tables this version needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).resolve().parents[2] / "models" / "migrations"


def migrate(engine: Engine) -> None:
    """Apply every migration that is missing, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(config_for(connection), "head")


def is_current(engine: Engine) -> bool:
    """Whether every migration is there."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == ScriptDirectory.from_config(config_for(connection)).get_current_head()


def config_for(connection: Connection) -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
