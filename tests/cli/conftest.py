"""The application in demo mode over an empty folder, and its commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from moderation.classifier.base import ScriptedClassifier
from support_app import create_app
from support_app.core import core_of
from support_app.settings import Settings
from tests.factories import scripted


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """Demo mode over an empty folder."""
    app = create_app(Settings(secret_key="x" * 40, data_dir=tmp_path / "data"))
    yield app
    core_of(app).db.dispose()


@pytest.fixture
def run(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def migrated(run: FlaskCliRunner) -> FlaskCliRunner:
    assert run.invoke(args=["migrate"]).exit_code == 0
    return run


@pytest.fixture
def _quick_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scripted classifier in place of the weights."""
    monkeypatch.setattr("support_app.cli.load_classifier", lambda *_, **__: ScriptedClassifier(scripted))
