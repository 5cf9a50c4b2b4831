"""The application in demo mode over a small world, with its CSRF protection and limits on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from support_app import create_app
from support_app.core import core_of
from support_app.settings import Settings
from tests.factories import World
from tests.web.browser import As, Browser, enter

SECRET = "a secret for tests only, and long enough"


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """Demo mode, with a database and a folder of its own."""
    path = tmp_path / "site.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    return Settings(secret_key=SECRET, data_dir=tmp_path, database_url=f"sqlite:///{path}", undo_seconds=0)


@pytest.fixture
def make_app() -> Iterator[Callable[..., Flask]]:
    """Builds applications and closes their databases."""
    apps: list[Flask] = []

    def make(settings: Settings, **options: object) -> Flask:
        apps.append(create_app(settings, **options))
        return apps[-1]

    yield make
    for app in apps:
        core_of(app).db.dispose()


@pytest.fixture
def site(settings: Settings, make_app: Callable[..., Flask]) -> tuple[Flask, World]:
    """The application, and the world whose clock it follows."""
    clock: list[World] = []
    app = make_app(settings, now=lambda: clock[0].now)
    clock.append(World(core_of(app).db))
    return app, clock[0]


@pytest.fixture
def app(site: tuple[Flask, World]) -> Flask:
    """The application."""
    return site[0]


@pytest.fixture
def here(site: tuple[Flask, World]) -> World:
    """Its people, circle and clock."""
    return site[1]


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(app)


@pytest.fixture
def as_person(app: Flask, here: World) -> As:
    """Signs somebody in, in a browser of their own."""
    return lambda actor: enter(app, here, actor)
