"""Helplines: who is shown which, when they expire, and which country somebody chose."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from alembic import command
from sqlalchemy import select

from models import AuditEntry, Helpline
from support_app.errors import Invalid
from support_app.services import helpline_upkeep, helplines
from support_app.services.helplines import EVERYWHERE, Line, shown_for
from support_app.services.schema import config_for, migrate
from tests.factories import World
from tests.services.helpline_steps import DIRECTORY, PHONE, add, add_directory, entry_of, line_of, shown


class TestStartingRows:
    """What a fresh installation has."""

    @pytest.fixture
    def fresh(self, world: World) -> World:
        with world.db.engine.begin() as connection:
            command.downgrade(config_for(connection), "0005-1")
        migrate(world.db.engine)
        return world

    def test_every_country_has_two_ways_and_an_emergency_number(self, fresh: World) -> None:
        """As released, for 180 days, and nobody here has looked yet."""
        found = helplines.find(fresh.db, None, now=fresh.now)
        assert found.countries == ["AT", "AU", "CA", "CH", "DE", "FR", "GB", "IE", "IN", "NZ", "US"]
        for country in found.countries:
            here = helplines.find(fresh.db, country, now=fresh.now)
            assert here.emergency
            assert 2 <= len(here.lines) <= 3
            assert len(set().union(*(line.channels for line in here.lines))) >= 2
        lines = helplines.in_use(fresh.db, now=fresh.now)
        assert {line.verified_by for line in lines} == {None}
        assert {line.last_verified_at.date().isoformat() for line in lines} == {"2026-11-22"}

    def test_they_pass_their_own_checks(self, fresh: World) -> None:
        """Each could be saved as it is."""
        for line in helplines.in_use(fresh.db, now=fresh.now):
            as_it_is = entry_of(fresh, line.id)
            helpline_upkeep.change(fresh.db, fresh.admin, line.id, entry=as_it_is, version=line.version, now=fresh.now)
            assert entry_of(fresh, line.id) == as_it_is

    def test_they_expire_too(self, fresh: World) -> None:
        """180 days after the release, unless somebody looked."""
        last_day = datetime(2026, 11, 22, 12, tzinfo=UTC) + timedelta(days=180)
        lines = helplines.in_use(fresh.db, now=last_day - timedelta(seconds=1))
        assert helplines.health_of(lines).expire_soon == len(lines) == 15
        assert helplines.health_of(helplines.in_use(fresh.db, now=last_day)).expired == 15


class TestShown:
    def test_a_line_for_the_phone_only_gets_the_directory(self, empty: World) -> None:
        """Whoever cannot talk has another way."""
        add(empty, "Call")
        add_directory(empty)
        assert shown(empty) == ["Call", "Directory"]

    def test_at_most_three_and_never_one_way_only(self, empty: World) -> None:
        """Four lines to call: the third gives its place to the directory; with a line to text among the three it need not."""
        for name in ("One", "Two", "Three", "Four"):
            add(empty, name)
        directory = add_directory(empty)
        assert shown(empty) == ["One", "Two", "Directory"]
        helpline_upkeep.change(empty.db, empty.admin, directory, entry=DIRECTORY, version=1, now=empty.now)
        two = line_of(empty, "Two")
        helpline_upkeep.change(empty.db, empty.admin, two.id, entry=replace(PHONE, name="Two", text_lines="024"), version=two.version, now=empty.now)
        assert shown(empty) == ["One", "Two", "Three"]

    def test_expired_lines_come_last(self, empty: World) -> None:
        """After 180 days, not a moment before."""
        add(empty, "Old", days_ago=180)
        add(empty, "Nearly", days_ago=179)
        add_directory(empty)
        assert shown(empty) == ["Nearly", "Directory", "Old"]
        found = helplines.find(empty.db, "ES", now=empty.now)
        assert [line.expired for line in found.lines] == [False, False, True]
        assert not found.unsure

    def test_expired_lines_give_way(self, empty: World) -> None:
        """However long they have been there."""
        add(empty, "Old", days_ago=300)
        for name in ("One", "Two", "Three"):
            add(empty, name, text_lines="024")
        assert shown(empty) == ["One", "Two", "Three"]

    def test_expired_lines_never_stand_alone(self, empty: World) -> None:
        """The directory comes first; when that has expired too, the page is told so."""
        for name in ("One", "Two", "Three"):
            add(empty, name, days_ago=300, text_lines="024")
        directory = add_directory(empty)
        assert shown(empty) == ["Directory", "One", "Two"]
        with empty.db.engine.begin() as connection:
            connection.execute(Helpline.__table__.update().where(Helpline.id == directory).values(last_verified_at=empty.now - timedelta(days=300)))
        assert set(shown(empty)) == {"Directory", "One", "Two"}
        assert helplines.find(empty.db, "ES", now=empty.now).unsure

    @pytest.mark.parametrize("country", ["PT", EVERYWHERE, None, "", "no country at all", "<b>", "\x00"])
    def test_an_unknown_country_gets_the_directory(self, empty: World, country: str | None) -> None:
        """And is not repeated."""
        add(empty, "Call")
        add_directory(empty)
        found = helplines.find(empty.db, country, now=empty.now)
        assert [line.name for line in found.lines] == ["Directory"]
        assert found.country in {EVERYWHERE, None}

    def test_nothing_at_all(self, empty: World) -> None:
        """An empty list is no fault, and the page is told."""
        found = helplines.find(empty.db, "ES", now=empty.now)
        assert (found.lines, found.countries, found.emergency, found.unsure) == ([], [], None, True)

    def test_a_country_with_an_emergency_number_only(self, empty: World) -> None:
        """Can be chosen, and gets the directory beside the number."""
        add_directory(empty)
        helpline_upkeep.set_emergency_number(empty.db, empty.admin, country="PT", number="112", now=empty.now)
        found = helplines.find(empty.db, "PT", now=empty.now)
        assert (found.country, found.countries, found.emergency) == ("PT", ["PT"], "112")
        assert shown(empty, "PT") == ["Directory"]


def test_whatever_the_list_has() -> None:
    """Up to four lines of every kind: at most three are shown, expired ones last, and as long as the directory is in date nobody is left with one way only."""
    soon = {"day_and_night": True, "hours": "", "languages": "", "source_url": "", "version": 1, "verified_by": None, "expires_soon": False}
    moments = {"last_verified_at": datetime(2026, 1, 1, tzinfo=UTC), "expires_at": datetime(2026, 6, 30, tzinfo=UTC)}
    directory = Line(0, EVERYWHERE, "Directory", (), (), "https://directory.example", expired=False, **soon, **moments)
    kinds = [(call, text, expired) for call, text in ((("1",), ()), ((), ("1",)), (("1",), ("1",))) for expired in (False, True)]
    for length in range(5):
        for chosen in product(kinds, repeat=length):
            own = [Line(number, "ES", "Line", *ways, "", expired=expired, **soon, **moments) for number, (*ways, expired) in enumerate(chosen, start=1)]
            seen = shown_for("ES", [*own, directory])
            assert len(seen) <= 3
            assert [line.expired for line in seen] == sorted(line.expired for line in seen)
            usable = [line for line in seen if not line.expired]
            assert usable
            if any(not line.expired for line in own):
                assert len(set().union(*(line.channels for line in usable))) >= 2


class TestRememberedCountry:
    def test_chosen_and_forgotten(self, world: World) -> None:
        """For this person only, and kept out of the audit log."""
        assert helplines.remembered_country(world.db, world.robin) is None
        helplines.remember_country(world.db, world.robin, country="DE", now=world.now)
        assert helplines.remembered_country(world.db, world.robin) == "DE"
        assert helplines.remembered_country(world.db, world.willow) is None
        with world.db.read() as connection:
            assert not [row for row in connection.execute(select(AuditEntry.__table__)) if "DE" in str(row.details)]
        helplines.remember_country(world.db, world.robin, country=None, now=world.now)
        assert helplines.remembered_country(world.db, world.robin) is None

    @pytest.mark.parametrize("country", ["EU", "ZZ", "de", "D", "DEU", "\x00\x00", "☎️"])
    def test_only_countries(self, world: World, country: str) -> None:
        """What was remembered before stays."""
        helplines.remember_country(world.db, world.robin, country=EVERYWHERE, now=world.now)
        with pytest.raises(Invalid):
            helplines.remember_country(world.db, world.robin, country=country, now=world.now)
        assert helplines.remembered_country(world.db, world.robin) == EVERYWHERE


class TestHealth:
    def test_counts(self, empty: World) -> None:
        """Expired, soon, and countries with nothing in date."""
        add(empty, "Old", days_ago=180)
        add(empty, "Soon", days_ago=150)
        add(empty, "Not yet", days_ago=149)
        add(empty, "Gone", country="PT", days_ago=400)
        health = helplines.health_of(helplines.in_use(empty.db, now=empty.now))
        assert (health.lines, health.expired, health.expire_soon, health.unchecked, health.only_expired) == (4, 2, 1, 0, ["PT"])
        assert health.needs_care

    def test_calm(self, empty: World) -> None:
        """Nothing to say."""
        add(empty, "Call")
        assert not helplines.health_of(helplines.in_use(empty.db, now=empty.now)).needs_care
