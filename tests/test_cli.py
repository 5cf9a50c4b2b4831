"""The operator's commands, as they are typed."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from models import Role
from moderation.classifier.base import ScriptedClassifier
from moderation.rules import Rules
from support_app import create_app
from support_app.core import core_of, utc_now
from support_app.services import accounts, circles, helpline_upkeep, helplines
from support_app.services.circles import NewCircle
from support_app.settings import Settings, replace_settings
from tests.factories import UNKIND, World, scripted, unguarded

ROOT = Path(__file__).resolve().parent.parent
PHRASE = "four words in a row"


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


def flask(tmp_path: Path, *arguments: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PEER_CIRCLES_") and key not in {"DATABASE_URL", "SECRET_KEY", "PORT"}}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=ROOT, env=clean | {"DATA_DIR": str(tmp_path)} | environ, timeout=120, check=False)


class TestMigrate:
    def test_twice(self, run: FlaskCliRunner, app: Flask) -> None:
        """Makes the folder and the tables; a second time there is nothing to do and nothing is lost."""
        assert run.invoke(args=["migrate"]).exit_code == 0
        accounts.register(core_of(app).db, name="Quiet Otter", pass_phrase=PHRASE, locale="en", now=utc_now())
        again = run.invoke(args=["migrate"])
        assert (again.exit_code, again.output) == (0, "")
        assert accounts.sign_in(core_of(app).db, name="Quiet Otter", pass_phrase=PHRASE, now=utc_now(), days=1)


class TestScreen:
    LINES = (
        '{"text": "how was today?"}',
        "not json",
        json.dumps({"text": UNKIND}),
        '["text"]',
        '{"text": 7}',
        '{"text": "  "}',
        json.dumps({"text": "x" * 2001}),
        '{"text": "grüße 🤗", "other": 1}',
    )

    @pytest.mark.usefixtures("_quick_classifier")
    def test_good_and_bad_lines_in_their_order(self, run: FlaskCliRunner) -> None:
        """One line of JSON for each line; a bad one is answered with its error and stops nobody."""
        result = run.invoke(args=["screen"], input="\n".join(self.LINES) + "\n")
        assert result.exit_code == 0
        answers = [json.loads(line) for line in result.output.splitlines()]
        assert [answer.get("verdict") or answer["error"]["code"] for answer in answers] == [
            "deliver",
            "invalid_json",
            "hold",
            "not_an_object",
            "no_text",
            "blank_text",
            "text_too_long",
            "deliver",
        ]
        assert set(answers[0]) == {"scores", "levels", "verdict", "reasons"}
        assert answers[2]["levels"] == {"conduct": "H2", "care": None}
        assert UNKIND not in result.output

    @pytest.mark.usefixtures("_quick_classifier")
    def test_by_the_rules_of_a_circle(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """The circle's thresholds judge; one that is not there is said."""
        new = NewCircle("Blunt circle", "Sleep", "For those who were awake all night.", "en", "mornings", 5)
        rules = Rules(hold_harassment=0.99, nudge_harassment=0.98)
        circle_id = circles.create_circle(core_of(app).db, circle=new, rules=rules, actor=None, now=utc_now())
        result = migrated.invoke(args=["screen", "--circle", str(circle_id)], input=json.dumps({"text": UNKIND}) + "\n")
        assert json.loads(result.output)["verdict"] == "deliver"
        unknown = migrated.invoke(args=["screen", "--circle", "999"], input="{}\n")
        assert unknown.exit_code == 1
        assert "no circle with this number" in unknown.output

    @pytest.mark.usefixtures("_quick_classifier")
    def test_nothing_in_nothing_out(self, run: FlaskCliRunner) -> None:
        """An empty pipe is no error."""
        result = run.invoke(args=["screen"], input="")
        assert (result.exit_code, result.output) == (0, "")

    def test_with_the_shipped_weights(self, tmp_path: Path) -> None:
        """As an operator types it: the real classifier, bytes in and bytes out, a line that is no UTF-8 among them."""
        lines = [b'{"text": "how was today?"}', b'{"text": "caf\xff"}', '{"text": "grüße"}'.encode()]
        done = flask(tmp_path, "screen", stdin=b"\n".join(lines) + b"\n", PYTHONIOENCODING="utf-8:strict")
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == 3
        assert [answer.get("verdict") or answer["error"]["code"] for answer in answers] == ["deliver", "not_unicode", "deliver"]
        assert set(answers[0]["scores"]) == {"harassment", "goading", "crisis", "imminent", "concern"}

    def test_bad_input_with_the_shipped_weights(self, tmp_path: Path) -> None:
        """Every line gets a verdict or an error of its own; what cannot be read is never delivered."""
        texts = {
            "": "blank_text",
            "x" * 1_000_000: "line_too_long",
            "a" * 10_000: "text_too_long",
            "\u200b\u2060": "nudge",
            "🤍🤍": "deliver",
            "I am tired, ich bin müde": "deliver",
            "ዛሬ በጣም መጥፎ ስሜት ይሰማኛል": "hold",
        }
        lines = [json.dumps({"text": text}).encode() for text in texts]
        done = flask(tmp_path, "screen", stdin=b"\n".join([*lines, b"\xff\xfe", b'{"text": "\xc3\x28 \xed\xa0\x80"}']) + b"\n")
        assert done.returncode == 0, done.stderr
        *answers, no_json, no_utf8 = [json.loads(line) for line in done.stdout.splitlines()]
        assert [answer.get("verdict") or answer["error"]["code"] for answer in answers] == list(texts.values())
        assert no_json["error"]["code"] == "invalid_json"
        assert no_utf8["error"]["code"] == "not_unicode"


class TestSeedLoad:
    def test_shape_and_that_it_signs_in(self, run: FlaskCliRunner, app: Flask, tmp_path: Path) -> None:
        """What a load generator needs: circles, members, cookies that are signed in and tokens that belong to them."""
        out = tmp_path / "load.json"
        assert run.invoke(args=["seed-load", "--circles", "2", "--members", "3", "--out", str(out)]).exit_code == 0
        seeded = json.loads(out.read_text())
        assert [len(entry["members"]) for entry in seeded] == [3, 3]
        assert {frozenset(member) for entry in seeded for member in entry["members"]} == {frozenset({"id", "name", "cookie", "csrf"})}
        member, circle_id = seeded[0]["members"][0], seeded[0]["circle"]
        client = app.test_client(use_cookies=False)
        signed_in = {"Cookie": member["cookie"]}
        assert client.get(f"/api/circles/{circle_id}/events", headers=signed_in).json["last_event"] == 0
        written = client.post("/api/messages/1/withdraw", json={"version": 1}, headers=signed_in | {"X-CSRFToken": member["csrf"]})
        assert written.json["error"]["code"] == "not_found"
        other = seeded[1]["members"][0]["csrf"]
        assert client.post("/api/messages/1/withdraw", json={"version": 1}, headers=signed_in | {"X-CSRFToken": other}).json["error"]["code"] == "csrf"

    def test_twice(self, run: FlaskCliRunner, tmp_path: Path) -> None:
        """A second run makes more of them; names do not collide."""
        for number in range(2):
            assert run.invoke(args=["seed-load", "--circles", "1", "--members", "1", "--out", str(tmp_path / f"{number}.json")]).exit_code == 0

    @pytest.mark.parametrize("arguments", [["--circles", "0", "--members", "3"], ["--circles", "1", "--members", "16"], ["--circles", "1"]])
    def test_what_cannot_be(self, run: FlaskCliRunner, tmp_path: Path, arguments: list[str]) -> None:
        """Said before anything is made."""
        assert run.invoke(args=["seed-load", *arguments, "--out", str(tmp_path / "load.json")]).exit_code == 2
        assert not (tmp_path / "load.json").exists()

    @pytest.mark.parametrize("command", [["seed-load", "--circles", "1", "--members", "3", "--out", "load.json"], ["seed-demo"]])
    def test_never_in_production(self, app: Flask, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No account whose secrets lie in a file gets into a real installation."""
        monkeypatch.chdir(tmp_path)
        settings = replace_settings(core_of(app).settings, mode="production", origins=("https://circles.example.org",))
        real = create_app(settings)
        result = real.test_cli_runner().invoke(args=command)
        core_of(real).db.dispose()
        assert result.exit_code == 1
        assert "demo mode only" in result.output


class TestSeedDemo:
    @pytest.mark.usefixtures("_quick_classifier")
    def test_once(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """Prints people who can really sign in; a second time it prints the same ones and makes nobody."""
        first, second = (migrated.invoke(args=["seed-demo"]) for _ in range(2))
        assert first.exit_code == second.exit_code == 0
        assert first.output == second.output
        people = json.loads((core_of(app).settings.data_dir / "demo-people.json").read_text())
        assert {person["role"] for person in people} == {"member", "facilitator", "volunteer", "learner", "lead", "admin"}
        for person in people:
            assert accounts.sign_in(core_of(app).db, name=person["name"], pass_phrase=person["pass_phrase"], now=utc_now(), days=1)
        assert "every invariant holds" in migrated.invoke(args=["check-invariants"]).output

    @pytest.mark.usefixtures("_quick_classifier")
    def test_helplines(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """One was looked at, and one expires soon, so that the administration has something to say."""
        migrated.invoke(args=["seed-demo"])
        lines = helplines.in_use(core_of(app).db, now=utc_now())
        assert {line.country for line in lines if line.verified_by} == {"DE", "GB"}
        assert [line.country for line in lines if line.expires_soon and line.verified_by] == ["GB"]


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


class TestCheckInvariants:
    def test_holds(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """Exit status 0, with the counts."""
        world = World(core_of(app).db)
        world.say(world.robin, "hello")
        world.say(world.robin, UNKIND)
        result = migrated.invoke(args=["check-invariants"])
        assert result.exit_code == 0
        assert "accepted 2 = 0 pending + 1 delivered + 0 nudged + 1 held + 0 returned + 0 withdrawn" in result.output
        assert "unscreened 0" in result.output

    def test_broken(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """Exit status 1, and what is wrong."""
        world = World(core_of(app).db)
        world.say(world.robin, "hello")
        connection = sqlite3.connect(core_of(app).settings.data_dir / "peer-circles.sqlite3")
        with connection:
            connection.execute("UPDATE circles SET last_event = 9")
        connection.close()
        result = migrated.invoke(args=["check-invariants"])
        assert result.exit_code == 1
        assert "BROKEN" in result.output
        assert "every invariant holds" not in result.output


class TestHelplines:
    LAST_DAY = datetime(2027, 5, 21, 12, tzinfo=UTC)

    def list_at(self, app: Flask, moment: datetime) -> Result:
        """What the command says at a moment."""
        then = create_app(core_of(app).settings, now=lambda: moment)
        result = then.test_cli_runner().invoke(args=["helplines"])
        core_of(then).db.dispose()
        return result

    @pytest.mark.usefixtures("migrated")
    def test_in_date(self, app: Flask) -> None:
        """Exit status 0; every line with the day it expires."""
        result = self.list_at(app, self.LAST_DAY - timedelta(days=100))
        assert result.exit_code == 0
        assert "AT  2027-05-21  up to date    TelefonSeelsorge (as released; not checked here yet)" in result.output
        assert "AT  2027-05-21  up to date    Emergency number 112 (as released; not checked here yet)" in result.output
        assert len(result.output.splitlines()) == 15 + 11

    @pytest.mark.usefixtures("migrated")
    def test_only_expired_ones(self, app: Flask) -> None:
        """Exit status 1, and where; one line in date is enough for a country."""
        world = World(core_of(app).db)
        world.now = self.LAST_DAY - timedelta(days=175)
        shout = next(line for line in helplines.in_use(world.db, now=world.now) if line.name == "Shout")
        helpline_upkeep.verify(world.db, world.person("Early", role=Role.ADMIN), shout.id, version=shout.version, now=world.now)
        result = self.list_at(app, self.LAST_DAY)
        assert result.exit_code == 1
        assert "GB  2027-05-26  expires soon  Shout\n" in result.output
        assert "GB  2027-05-21  EXPIRED       Samaritans" in result.output
        assert "ONLY EXPIRED: AT" in result.output
        assert "ONLY EXPIRED: GB" not in result.output
        assert "EMERGENCY NUMBER EXPIRED: GB" in result.output

    @pytest.mark.usefixtures("migrated")
    def test_an_expired_emergency_number(self, app: Flask) -> None:
        """Exit status 1 as well, though every helpline is in date: there is no other number to show."""
        world = World(core_of(app).db)
        world.now = self.LAST_DAY - timedelta(days=175)
        admin = world.person("Early", role=Role.ADMIN)
        for line in helplines.in_use(world.db, now=world.now):
            helpline_upkeep.verify(world.db, admin, line.id, version=line.version, now=world.now)
        result = self.list_at(app, self.LAST_DAY)
        assert result.exit_code == 1
        assert "ONLY EXPIRED" not in result.output
        assert "EMERGENCY NUMBER EXPIRED: AT" in result.output

    def test_before_migrating(self, run: FlaskCliRunner, app: Flask) -> None:
        """What to do, instead of a traceback."""
        core_of(app).settings.data_dir.mkdir()
        result = run.invoke(args=["helplines"])
        assert result.exit_code == 1
        assert "flask --app wsgi migrate" in result.output


class TestAuditVerify:
    def test_whole(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """Exit status 0, and a place to note down; the chain goes on through it."""
        world = World(core_of(app).db)
        first = migrated.invoke(args=["audit", "verify"])
        assert first.exit_code == 0
        noted = first.output.split()[-1]
        world.say(world.robin, UNKIND)
        again = migrated.invoke(args=["audit", "verify", "--noted", noted])
        assert (again.exit_code, noted in again.output) == (0, False)

    def test_broken(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """Exit status 1, and which entry; never what it says."""
        World(core_of(app).db)
        with core_of(app).db.engine.begin() as connection, unguarded(connection):
            connection.execute(text("UPDATE audit_entries SET action = 'something.else' WHERE id = 1"))
        result = migrated.invoke(args=["audit", "verify"])
        assert result.exit_code == 1
        assert "BROKEN: entry 1 is not what was written there" in result.output
        assert "something.else" not in result.output

    @pytest.mark.parametrize("noted", ["17", "17:abc", ":", "x:" + "0" * 64])
    def test_a_malformed_place_is_refused(self, migrated: FlaskCliRunner, noted: str) -> None:
        """With how one looks."""
        result = migrated.invoke(args=["audit", "verify", "--noted", noted])
        assert result.exit_code == 2
        assert "a place looks like" in result.output

    def test_before_migrating(self, run: FlaskCliRunner, app: Flask) -> None:
        """What to do, instead of a traceback."""
        core_of(app).settings.data_dir.mkdir()
        result = run.invoke(args=["audit", "verify"])
        assert result.exit_code == 1
        assert "flask --app wsgi migrate" in result.output


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
