"""Migrations and models say the same, on both databases."""

import re
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, create_engine, inspect

from models import Base
from support_app.database import Database


class TestTables:
    def test_migrations_make_what_the_models_say(self, db: Database) -> None:
        """On both databases: columns, types, indexes, keys."""
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []

    def test_and_the_same_checks(self, sqlite_db: Database) -> None:
        """What the database itself refuses is the same, whether made by migrations or from the models."""
        fresh = create_engine("sqlite://")
        Base.metadata.create_all(fresh)
        made, migrated = inspect(fresh), inspect(sqlite_db.engine)
        for table in Base.metadata.sorted_tables:
            assert checks(made, table.name) == checks(migrated, table.name), table.name
        fresh.dispose()

    def test_by_name_on_postgresql_too(self, postgres: Database) -> None:
        """Every check of the models is there."""
        found = inspect(postgres.engine)
        for table in Base.metadata.sorted_tables:
            wanted = {str(item.name) for item in table.constraints if isinstance(item, CheckConstraint)}
            assert {item["name"] for item in found.get_check_constraints(table.name)} == wanted, table.name


def checks(inspector: Any, table: str) -> dict[str, str]:
    """A table's checks by name, without regard to spaces."""
    return {item["name"]: re.sub(r"[\s()]+", "", item["sqltext"]) for item in inspector.get_check_constraints(table)}
