"""Servers outside, settings that lead to them, and an application to send from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from support_app import create_app
from support_app.core import core_of
from support_app.settings import Settings
from tests.factories import World
from tests.paging.outside import HttpServer, http_server

SECRET = "a webhook's secret of 32 characters"


@pytest.fixture
def outside() -> Iterator[HttpServer]:
    """A server of somebody else."""
    with http_server() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, sqlite_template: Path, outside: HttpServer) -> Settings:
    """Push and webhook lead to the server outside; e-mail is not set up."""
    path = tmp_path / "peer-circles.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    leads_there = {"push_services": (outside.address,), "webhook_url": f"{outside.address}/hook", "webhook_secret": SECRET}
    return Settings(secret_key="x" * 40, data_dir=tmp_path, vapid_contact="mailto:team@example.org", **leads_there)


@pytest.fixture
def site(settings: Settings) -> Iterator[tuple[Flask, World]]:
    """The application, and the world whose clock it follows."""
    clock: list[World] = []
    app = create_app(settings, now=lambda: clock[0].now)
    clock.append(World(core_of(app).db))
    yield app, clock[0]
    core_of(app).db.dispose()


@pytest.fixture
def app(site: tuple[Flask, World]) -> Flask:
    return site[0]


@pytest.fixture
def here(site: tuple[Flask, World]) -> World:
    return site[1]
