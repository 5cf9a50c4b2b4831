"""The operator's commands before the first start: migrate, create-admin, and a wrong environment."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from models import Role
from support_app.core import core_of, utc_now
from support_app.services import accounts
from tests.cli.process import flask

PHRASE = "four words in a row"


class TestMigrate:
    def test_twice(self, run: FlaskCliRunner, app: Flask) -> None:
        """Makes the folder and the tables; a second time there is nothing to do and nothing is lost."""
        assert run.invoke(args=["migrate"]).exit_code == 0
        accounts.register(core_of(app).db, name="Quiet Otter", pass_phrase=PHRASE, locale="en", now=utc_now())
        again = run.invoke(args=["migrate"])
        assert (again.exit_code, again.output) == (0, "")
        assert accounts.sign_in(core_of(app).db, name="Quiet Otter", pass_phrase=PHRASE, now=utc_now(), days=1)


class TestCreateAdmin:
    def test_makes_one(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """Who may then administer."""
        result = migrated.invoke(args=["create-admin", "--name", "Slow Cloud", "--pass-phrase", PHRASE])
        assert (result.exit_code, result.output) == (0, "The account is there.\n")
        assert accounts.sign_in(core_of(app).db, name="Slow Cloud", pass_phrase=PHRASE, now=utc_now(), days=1).actor.role is Role.ADMIN

    def test_asks_for_what_is_missing(self, migrated: FlaskCliRunner) -> None:
        """The pass phrase twice, and never shown."""
        result = migrated.invoke(args=["create-admin"], input=f"Slow Cloud\n{PHRASE}\n{PHRASE}\n")
        assert result.exit_code == 0
        assert PHRASE not in result.output

    @pytest.mark.parametrize(
        ("name", "phrase", "words"), [("Slow Cloud", "short", "at least 12"), ("x", PHRASE, "2 to 40"), ("Taken", PHRASE, "already has this name")]
    )
    def test_refusals_are_sentences(self, migrated: FlaskCliRunner, app: Flask, name: str, phrase: str, words: str) -> None:
        """Not tracebacks."""
        accounts.register(core_of(app).db, name="Taken", pass_phrase=PHRASE, locale="en", now=utc_now())
        result = migrated.invoke(args=["create-admin", "--name", name, "--pass-phrase", phrase])
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
        assert words in result.output


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PEER_CIRCLES_MODE": "production"}, b"SECRET_KEY"),
        ({"PEER_CIRCLES_MOOD": "good"}, b"unknown setting PEER_CIRCLES_MOOD"),
        ({"PORT": "http"}, b"PORT is malformed"),
    ],
)
def test_a_wrong_environment_is_one_sentence(tmp_path: Path, environ: dict[str, str], words: bytes) -> None:
    """Not a traceback: which setting, and why."""
    done = flask(tmp_path, "migrate", **environ)
    assert done.returncode != 0
    assert words in done.stderr
    assert b"Traceback" not in done.stderr
