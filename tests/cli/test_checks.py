"""The commands that look whether all is well: invariants, helplines, the audit log."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from models import Role
from support_app import create_app
from support_app.core import core_of
from support_app.services import helpline_upkeep, helplines
from tests.factories import UNKIND, World, unguarded


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
