"""Helplines: who may change them, what is kept of it, and what may be written down at all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from support_app.access import Actor
from support_app.errors import Conflict, Forbidden, Invalid, NameTaken, NotFound
from support_app.services import helpline_upkeep, helplines
from support_app.services.helplines import EVERYWHERE
from tests.factories import World
from tests.services.helpline_steps import DIRECTORY, PHONE, add, add_directory, entry_of, line_of, recorded, shown


class TestUpkeep:
    def test_added(self, empty: World) -> None:
        """Counts from today, by whoever wrote it down, and is on record."""
        helpline_id = add(empty, "Call")
        new = line_of(empty, "Call")
        assert (new.verified_by, new.last_verified_at, new.expires_at) == ("Cloud", empty.now, empty.now + timedelta(days=180))
        actor, action, subject, details = recorded(empty)[0]
        assert (actor, action, subject) == (empty.admin.user_id, "helpline.added", f"helpline:{helpline_id}")
        assert (details["country"], details["call_numbers"]) == ("ES", "024")

    def test_changed(self, empty: World) -> None:
        """Counts anew; the record says what it was before, and nothing that stayed."""
        helpline_id = add(empty, "Call", days_ago=100)
        helpline_upkeep.change(empty.db, empty.admin, helpline_id, entry=replace(PHONE, name="Call", call_numbers="116 111"), version=1, now=empty.now)
        assert (line_of(empty, "Call").call, line_of(empty, "Call").last_verified_at) == (("116 111",), empty.now)
        assert recorded(empty)[-1][1:] == ("helpline.changed", f"helpline:{helpline_id}", {"call_numbers": {"before": "024", "after": "116 111"}})

    def test_verified(self, empty: World) -> None:
        """An expired line counts again, by whoever looked."""
        helpline_id = add(empty, "Call", days_ago=200)
        assert line_of(empty, "Call").expired
        helpline_upkeep.verify(empty.db, empty.admin, helpline_id, version=1, now=empty.now)
        assert not line_of(empty, "Call").expired
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
        assert line_of(empty, "Call").hours == "9 to 5"
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
        assert line_of(empty, "Other")

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
