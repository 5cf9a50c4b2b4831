"""Databases, people and a scripted classifier for every test that needs them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from models import Base
from support_app.database import Database, open_database
from support_app.services.schema import migrate
from tests.factories import World, unguarded

POSTGRES_VARIABLE = "TEST_POSTGRES_URL"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    db = open_database(f"sqlite:///{path}")
    migrate(db.engine)
    with db.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The PostgreSQL to test on; CI never goes without one."""
    url = os.environ.get(POSTGRES_VARIABLE, "")
    if not url:
        assert not os.environ.get("CI"), f"CI needs {POSTGRES_VARIABLE}"
        pytest.skip(f"{POSTGRES_VARIABLE} is not set")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[Database]:
    """A freshly migrated PostgreSQL database."""
    url = make_url(postgres_url).update_query_dict({"options": "-c synchronous_commit=off"})  # nothing here outlives a crash
    db = open_database(url.render_as_string(hide_password=False))
    with db.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    migrate(db.engine)
    yield db
    db.dispose()


@pytest.fixture
def sqlite_db(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database of its own."""
    path = tmp_path / "peer-circles.sqlite3"
    shutil.copy(sqlite_template, path)
    db = open_database(f"sqlite:///{path}")
    yield db
    db.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """The same test on both databases."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_db")
    database: Database = request.getfixturevalue("postgres")
    database._rules.clear()
    with database.engine.begin() as connection, unguarded(connection):  # not TRUNCATE, which writes a new file for every table
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    return database


@pytest.fixture
def world(db: Database) -> World:
    """A circle with members, a volunteer and an admin, on both databases."""
    return World(db)


@pytest.fixture
def small_world(sqlite_db: Database) -> World:
    """The same on SQLite only, for tests that do not depend on the database."""
    return World(sqlite_db)
