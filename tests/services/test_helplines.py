"""Helplines: who is shown which, what is kept of them, and who may change them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from alembic import command
from sqlalchemy import delete, select

from models import AuditEntry, EmergencyNumber, Helpline
from support_app import audit
from support_app.access import Actor
from support_app.errors import Conflict, Forbidden, Invalid, NameTaken, NotFound
from support_app.services import helpline_upkeep, helplines
from support_app.services.helpline_entry import Entry
from support_app.services.helplines import EVERYWHERE, Line, shown_for
from support_app.services.schema import config_for, migrate
from tests.factories import World

PHONE = Entry("ES", "Línea 024", "024", "", "", True, "", "Español", "https://www.sanidad.gob.es")
DIRECTORY = replace(PHONE, country=EVERYWHERE, name="Directory", call_numbers="", web_url="https://directory.example")


@pytest.fixture
def empty(world: World) -> World:
    """A world whose operator has written down nothing yet."""
    with world.db.engine.begin() as connection:
        connection.execute(delete(Helpline))
        connection.execute(delete(EmergencyNumber))
    return world


def add(world: World, name: str, *, entry: Entry = PHONE, days_ago: int = 0, **changes: str) -> int:
    """Somebody looked at a line some days ago and wrote it down."""
    new = replace(entry, name=name, **changes)
    return helpline_upkeep.add(world.db, world.admin, entry=new, now=world.now - timedelta(days=days_ago))


def add_directory(world: World, *, days_ago: int = 0) -> int:
    return add(world, "Directory", entry=DIRECTORY, days_ago=days_ago)


def shown(world: World, country: str | None = "ES") -> list[str]:
    """The names on the help page, in their order."""
    return [line.name for line in helplines.find(world.db, country, now=world.now).lines]


def line(world: World, name: str) -> Line:
    return next(line for line in helplines.in_use(world.db, now=world.now) if line.name == name)


def entry_of(world: World, helpline_id: int) -> Entry:
    return helpline_upkeep.read(world.db, world.admin, helpline_id, now=world.now).entry


def recorded(world: World) -> list[tuple[int | None, str, str, dict]]:
    """What the audit log says about helplines, oldest first."""
    query = select(AuditEntry.__table__).where(AuditEntry.action.like("helpline.%") | AuditEntry.action.like("emergency%")).order_by(AuditEntry.id)
    with world.db.read() as connection:
        assert list(audit.problems(connection)) == []
        return [(row.actor_id, row.action, row.subject, row.details) for row in connection.execute(query)]


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
        two = line(empty, "Two")
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


class TestUpkeep:
    def test_added(self, empty: World) -> None:
        """Counts from today, by whoever wrote it down, and is on record."""
        helpline_id = add(empty, "Call")
        new = line(empty, "Call")
        assert (new.verified_by, new.last_verified_at, new.expires_at) == ("Cloud", empty.now, empty.now + timedelta(days=180))
        actor, action, subject, details = recorded(empty)[0]
        assert (actor, action, subject) == (empty.admin.user_id, "helpline.added", f"helpline:{helpline_id}")
        assert (details["country"], details["call_numbers"]) == ("ES", "024")

    def test_changed(self, empty: World) -> None:
        """Counts anew; the record says what it was before, and nothing that stayed."""
        helpline_id = add(empty, "Call", days_ago=100)
        helpline_upkeep.change(empty.db, empty.admin, helpline_id, entry=replace(PHONE, name="Call", call_numbers="116 111"), version=1, now=empty.now)
        assert (line(empty, "Call").call, line(empty, "Call").last_verified_at) == (("116 111",), empty.now)
        assert recorded(empty)[-1][1:] == ("helpline.changed", f"helpline:{helpline_id}", {"call_numbers": {"before": "024", "after": "116 111"}})

    def test_verified(self, empty: World) -> None:
        """An expired line counts again, by whoever looked."""
        helpline_id = add(empty, "Call", days_ago=200)
        assert line(empty, "Call").expired
        helpline_upkeep.verify(empty.db, empty.admin, helpline_id, version=1, now=empty.now)
        assert not line(empty, "Call").expired
        assert recorded(empty)[-1][:3] == (empty.admin.user_id, "helpline.verified", f"helpline:{helpline_id}")

    def test_retired(self, empty: World) -> None:
        """Shown to nobody, changed by nobody; its name may be used again."""
        helpline_id = add(empty, "Call")
        helpline_upkeep.retire(empty.db, empty.admin, helpline_id, version=1, now=empty.now)
        assert shown(empty) == []
        with pytest.raises(NotFound):
            helpline_upkeep.verify(empty.db, empty.admin, helpline_id, version=2, now=empty.now)
        assert add(empty, "Call") != helpline_id
        assert [action for _, action, _, _ in recorded(empty)] == ["helpline.added", "helpline.retired", "helpline.added"]

    def test_the_last_one_for_everywhere_stays(self, empty: World) -> None:
        """Neither retired nor moved to a country, until there is another."""
        only = add_directory(empty)
        with pytest.raises(Invalid):
            helpline_upkeep.retire(empty.db, empty.admin, only, version=1, now=empty.now)
        with pytest.raises(Invalid):
            helpline_upkeep.change(empty.db, empty.admin, only, entry=replace(DIRECTORY, country="ES"), version=1, now=empty.now)
        add(empty, "Another", entry=DIRECTORY)
        helpline_upkeep.retire(empty.db, empty.admin, only, version=1, now=empty.now)
        assert shown(empty, EVERYWHERE) == ["Another"]

    def test_two_administrators(self, empty: World) -> None:
        """Whoever saw an older state changes, verifies and retires nothing."""
        helpline_id = add(empty, "Call")
        helpline_upkeep.change(
            empty.db, empty.admin, helpline_id, entry=replace(PHONE, name="Call", hours="9 to 5", day_and_night=False), version=1, now=empty.now
        )
        steps = (
            lambda: helpline_upkeep.change(empty.db, empty.admin, helpline_id, entry=PHONE, version=1, now=empty.now),
            lambda: helpline_upkeep.verify(empty.db, empty.admin, helpline_id, version=1, now=empty.now),
            lambda: helpline_upkeep.retire(empty.db, empty.admin, helpline_id, version=1, now=empty.now),
        )
        for step in steps:
            with pytest.raises(Conflict):
                step()
        assert line(empty, "Call").hours == "9 to 5"
        assert len(recorded(empty)) == 2

    def test_a_name_once_in_a_country(self, empty: World) -> None:
        """Added or changed; elsewhere it may be the same."""
        add(empty, "Call")
        add(empty, "Call", country="PT")
        other = add(empty, "Other")
        with pytest.raises(NameTaken):
            add(empty, "Call")
        with pytest.raises(NameTaken):
            helpline_upkeep.change(empty.db, empty.admin, other, entry=replace(PHONE, name="Call"), version=1, now=empty.now)
        assert line(empty, "Other")

    def test_emergency_numbers(self, empty: World) -> None:
        """Set, changed and taken away, each on record."""
        for number in ("112", " 911 ", "  "):
            helpline_upkeep.set_emergency_number(empty.db, empty.admin, country="ES", number=number, now=empty.now)
        assert helplines.find(empty.db, "ES", now=empty.now).emergency is None
        changes = [(details["before"], details["after"]) for _, _, _, details in recorded(empty)]
        assert changes == [(None, "112"), ("112", "911"), ("911", None)]
        with pytest.raises(Invalid):
            helpline_upkeep.set_emergency_number(empty.db, empty.admin, country="ES", number="call us", now=empty.now)
        with pytest.raises(NotFound):
            helpline_upkeep.set_emergency_number(empty.db, empty.admin, country=EVERYWHERE, number="112", now=empty.now)

    def test_for_administrators_only(self, empty: World) -> None:
        """Every reading and every change."""
        helpline_id = add(empty, "Call")
        db, now = empty.db, empty.now

        def attempts(actor: Actor) -> tuple:
            return (
                lambda: helpline_upkeep.countries(db, actor, now=now),
                lambda: helpline_upkeep.read(db, actor, helpline_id, now=now),
                lambda: helpline_upkeep.add(db, actor, entry=replace(PHONE, name="Mine"), now=now),
                lambda: helpline_upkeep.change(db, actor, helpline_id, entry=PHONE, version=1, now=now),
                lambda: helpline_upkeep.verify(db, actor, helpline_id, version=1, now=now),
                lambda: helpline_upkeep.retire(db, actor, helpline_id, version=1, now=now),
                lambda: helpline_upkeep.set_emergency_number(db, actor, country="ES", number="112", now=now),
                lambda: helpline_upkeep.emergency_number(db, actor, country="ES", now=now),
            )

        for actor in (empty.robin, empty.volunteer):
            for attempt in attempts(actor):
                with pytest.raises(Forbidden):
                    attempt()
        assert len(recorded(empty)) == 1

    def test_what_administrators_see(self, empty: World) -> None:
        """Which lines are on the help page, and where everything has expired."""
        for name in ("One", "Two", "Three"):
            add(empty, name, days_ago=200)
        add_directory(empty)
        everywhere, spain = sorted(helpline_upkeep.countries(empty.db, empty.admin, now=empty.now), key=lambda country: country.code, reverse=True)
        assert [line.name for line in spain.lines if line.id in spain.shown] == ["One", "Two"]
        assert (spain.only_expired, everywhere.only_expired) == (True, False)


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


class TestEntry:
    """What is written down is checked before anybody is sent there."""

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"country": "ZZ"}, "country"),
            ({"country": ""}, "country"),
            ({"name": "  "}, "name"),
            ({"name": "x" * 81}, "name"),
            ({"name": "a\x00b"}, "name"),
            ({"call_numbers": ""}, "call_numbers"),
            ({"call_numbers": " \n \n"}, "call_numbers"),
            ({"call_numbers": "call us"}, "call_numbers"),
            ({"call_numbers": "024\nask for Ana"}, "call_numbers"),
            ({"call_numbers": "1"}, "call_numbers"),
            ({"call_numbers": "٠٢٤"}, "call_numbers"),
            ({"call_numbers": "1234567890123456"}, "call_numbers"),
            ({"call_numbers": "\n".join(["024"] * 6)}, "call_numbers"),
            ({"text_lines": "HELLO"}, "text_lines"),
            ({"text_lines": "HELLO → everybody"}, "text_lines"),
            ({"web_url": "http://www.example.org"}, "web_url"),
            ({"web_url": "www.example.org"}, "web_url"),
            ({"web_url": "javascript:alert(1)"}, "web_url"),
            ({"web_url": "https://"}, "web_url"),
            ({"web_url": "https://localhost/"}, "web_url"),
            ({"web_url": "https://good.example@evil.example/"}, "web_url"),
            ({"web_url": "https://www.example.org/a b"}, "web_url"),
            ({"web_url": "https://www.example.org:99999/"}, "web_url"),
            ({"web_url": "https://www.example.org:8443/"}, "web_url"),
            ({"web_url": "https://[::1"}, "web_url"),
            ({"web_url": "https://www.example.org/" + "x" * 300}, "web_url"),
            ({"source_url": ""}, "source_url"),
            ({"source_url": "ftp://www.example.org"}, "source_url"),
            ({"day_and_night": False, "hours": "x" * 121}, "hours"),
            ({"languages": "x" * 121}, "languages"),
        ],
    )
    def test_what_cannot_be(self, empty: World, change: dict, field: str) -> None:
        """Refused with the field that needs another look; nothing is stored."""
        with pytest.raises(Invalid) as refusal:
            helpline_upkeep.add(empty.db, empty.admin, entry=replace(PHONE, **change), now=empty.now)
        assert refusal.value.values["field"] == field
        assert helplines.in_use(empty.db, now=empty.now) == []

    def test_spaces_and_arrows_are_put_right(self, empty: World) -> None:
        """However it was typed."""
        typed = replace(
            PHONE,
            name="  Línea   024 ",
            call_numbers="\n 0800  111 0 111\r\n+49-30-123 ",
            text_lines="HOME->741741\nHELLO 50808\n0477 13 11 14\n",
            web_url=" https://www.example.org/chat?a=1 ",
            hours="forgotten",
        )
        kept = entry_of(empty, helpline_upkeep.add(empty.db, empty.admin, entry=typed, now=empty.now))
        assert (kept.name, kept.call_numbers, kept.hours) == ("Línea 024", "0800 111 0 111\n+49-30-123", "")
        assert kept.text_lines == "HOME → 741741\nHELLO → 50808\n0477 13 11 14"
        assert kept.web_url == "https://www.example.org/chat?a=1"
