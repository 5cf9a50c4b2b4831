"""Emergency numbers are looked at again like helplines, and shown to people however long ago that was."""

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import select, text

from models import AuditEntry
from support_app.errors import Conflict, Forbidden, NotFound
from support_app.services import helpline_upkeep, helplines
from support_app.services.helplines import Emergency
from support_app.services.schema import changing_tables, config_for, migrate
from tests.factories import World

RELEASED = datetime(2026, 11, 22, 12, tzinfo=UTC)


def write_down(world: World, number: str = "112", *, country: str = "PT", days_ago: int = 0) -> None:
    helpline_upkeep.set_emergency_number(world.db, world.admin, country=country, number=number, now=world.now - timedelta(days=days_ago))


def kept(world: World, country: str = "PT") -> Emergency:
    with world.db.read() as connection:
        return helplines.emergency_numbers(connection, now=world.now)[country]


def verify(world: World, *, version: int, country: str = "PT") -> None:
    helpline_upkeep.verify_emergency_number(world.db, world.admin, country=country, version=version, now=world.now)


def test_it_counts_for_180_days_and_is_shown_for_ever(world: World) -> None:
    """Up to date, soon, expired: people see it at every moment."""
    write_down(world)
    states = []
    for days in (0, 149, 150, 179, 180, 2000):
        moment = world.now + timedelta(days=days)
        with world.db.read() as connection:
            number = helplines.emergency_numbers(connection, now=moment)["PT"]
        states.append((number.expires_soon, number.expired))
        assert helplines.find(world.db, "PT", now=moment).emergency == "112"
    assert states == [(False, False), (False, False), (True, False), (True, False), (False, True), (False, True)]


def test_health_says_which_need_a_look(world: World) -> None:
    """Countries whose number has expired, and how many will soon."""
    for country, days_ago in (("PT", 180), ("ES", 170), ("IT", 0)):
        write_down(world, country=country, days_ago=days_ago)
    health = helplines.health(world.db, now=world.now)
    assert (health.emergency_expired, health.emergency_expire_soon, health.needs_care) == (["PT"], 1, True)


def test_verified(world: World) -> None:
    """Counts anew from today, by this administrator, and is on record."""
    write_down(world, days_ago=200)
    assert kept(world).expired
    before = kept(world).last_verified_at
    verify(world, version=1)
    assert (kept(world).number, kept(world).verified_by, kept(world).version) == ("112", "Cloud", 2)
    assert kept(world).expires_at == world.now + timedelta(days=180)
    with world.db.read() as connection:
        entry = connection.execute(select(AuditEntry.__table__).where(AuditEntry.action == "emergency_number.verified")).one()
    assert (entry.actor_id, entry.subject, entry.details) == (world.admin.user_id, "country:PT", {"before": before.isoformat()})


def test_only_what_the_administrator_saw_is_verified(world: World) -> None:
    """Not a number that somebody changed meanwhile, nor one that is gone; and by administrators only."""
    write_down(world)
    write_down(world, "113", days_ago=-1)
    with pytest.raises(Conflict):
        verify(world, version=1)
    for actor in (world.robin, world.volunteer):
        with pytest.raises(Forbidden):
            helpline_upkeep.verify_emergency_number(world.db, actor, country="PT", version=2, now=world.now)
    write_down(world, "")
    with pytest.raises(NotFound):
        verify(world, version=2)


def test_written_down_is_looked_at(world: World) -> None:
    """Changing a number, or saving it as it was, counts as a look at it."""
    write_down(world, days_ago=100)
    write_down(world)
    assert (kept(world).verified_by, kept(world).last_verified_at) == ("Cloud", world.now)


def test_rows_from_before(world: World) -> None:
    """They count from the release and as checked by nobody; taken back and applied again, the numbers stay."""
    write_down(world)
    with changing_tables(world.db.engine) as connection:
        command.downgrade(config_for(connection), "0010")
    with world.db.engine.connect() as connection:
        assert connection.execute(text("SELECT country, number FROM emergency_numbers WHERE country = 'PT'")).all() == [("PT", "112")]
    migrate(world.db.engine)
    number = kept(world)
    assert (number.number, number.version, number.last_verified_at, number.verified_by) == ("112", 1, RELEASED, None)
    verify(world, version=1)
    assert kept(world).verified_by == "Cloud"
