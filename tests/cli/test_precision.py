"""`flask precision`, as it is typed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from support_app import create_app
from support_app.core import core_of
from support_app.settings import Settings
from tests.factories import START, UNKIND, World
from tests.services.steps import return_it, take


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """Demo mode, forty days after the world began."""
    path = tmp_path / "site.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    app = create_app(Settings(secret_key="x" * 40, data_dir=tmp_path, database_url=f"sqlite:///{path}"), now=lambda: START + timedelta(days=40))
    yield app
    core_of(app).db.dispose()


@pytest.fixture
def run(app: Flask) -> FlaskCliRunner:
    """One message was returned when the world began."""
    world = World(core_of(app).db)
    return_it(world, world.volunteer, take(world, world.volunteer, world.say(world.robin, UNKIND)))
    return app.test_cli_runner()


def test_a_line_for_each_label(run: FlaskCliRunner) -> None:
    """Columns that a person and a program can read; nothing that anybody wrote."""
    result = run.invoke(args=["precision"])
    assert result.exit_code == 0
    head, *lines = result.output.splitlines()
    assert head.split()[:4] == ["language", "label", "decided", "confirmed"]
    assert lines[0].split() == ["en", "harassment", "1", "1", "1.000", "(0.21", "to", "1.00)", "0"]
    assert lines[1].split() == ["en", "goading", "0", "0", "-", "0"]
    assert len(lines) == 5
    assert UNKIND not in result.output


def test_days(run: FlaskCliRunner) -> None:
    """As many as were asked for, with a sentence when nothing was decided in them."""
    assert "in the last 39 days" in run.invoke(args=["precision", "--days", "39"]).output
    assert "harassment" in run.invoke(args=["precision", "--days", "40"]).output
    for wrong in ("0", "-3", "1000000", "soon"):
        assert run.invoke(args=["precision", "--days", wrong]).exit_code == 2


def test_before_migrating(tmp_path: Path) -> None:
    """What to do, instead of a traceback."""
    app = create_app(Settings(secret_key="x" * 40, data_dir=tmp_path))
    result = app.test_cli_runner().invoke(args=["precision"])
    core_of(app).db.dispose()
    assert result.exit_code == 1
    assert "flask --app wsgi migrate" in result.output
