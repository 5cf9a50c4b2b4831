"""The event log: contiguous per circle, the same for everybody, and a way back to the newest state."""

import pytest
from sqlalchemy import make_url

from models.event import Audience, EventKind
from support_app.database import Database, open_database
from support_app.errors import NotFound
from support_app.services import circles, events, messages
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World


def catch_up(world: World, actor, *, after: int = 0, limit: int = 100) -> events.CatchUp:
    return events.catch_up(world.db, actor, world.circle_id, after=after, limit=limit, now=world.now)


class TestCatchUp:
    def test_pages_join_without_gap_or_overlap(self, world: World) -> None:
        """Reading in small pages gives the same events as reading at once, numbered without gaps."""
        for number in range(5):
            world.say(world.robin, f"line {number}")
        whole = catch_up(world, world.willow)
        assert [event["event"] for event in whole.events] == [1, 2, 3, 4, 5]
        assert (whole.more, whole.last_event, whole.last_seq) == (False, 5, 5)
        pages, after = [], 0
        while True:
            page = catch_up(world, world.willow, after=after, limit=2)
            pages += page.events
            if not page.more:
                break
            after = page.events[-1]["event"]
        assert pages == whole.events

    def test_everybody_reads_the_same(self, world: World) -> None:
        """The author's view of the circle is the circle's view, but for the version by which they may change their own."""
        for text in ("hello", UNKIND, IN_CRISIS, BORDERLINE):
            world.say(world.robin, text)
        own, others = catch_up(world, world.robin).events, catch_up(world, world.willow).events
        assert [event.pop("version") for event in own] == [world.message(event["id"]).version for event in others]
        assert own == others

    def test_mine_is_only_mine(self, world: World) -> None:
        """What others do not see is there for its author, with its text; and a care card that is still on the table."""
        unkind, borderline, crisis = (world.say(world.robin, text) for text in (UNKIND, BORDERLINE, IN_CRISIS))
        pending = world.send(world.robin, "one more").id
        world.say(world.robin, "hello")
        mine = {facts.message_id: text for facts, text in catch_up(world, world.robin).mine}
        assert {unkind: UNKIND, borderline: BORDERLINE, crisis: IN_CRISIS} == {key: mine.get(key) for key in (unkind, borderline, crisis)}
        assert pending not in mine or mine[pending] == "one more"
        assert catch_up(world, world.willow).mine == []

    def test_mine_ends_with_the_care_card(self, world: World) -> None:
        """Once put away, a delivered message has nothing more to say to its author."""
        message_id = world.say(world.robin, IN_CRISIS)
        messages.dismiss_care(world.db, world.robin, message_id, now=world.now)
        assert catch_up(world, world.robin).mine == []

    def test_a_withdrawn_text_is_in_no_event(self, world: World) -> None:
        """Whoever catches up afterwards never gets it."""
        message_id = world.say(world.robin, "too private")
        messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        assert "too private" not in str(catch_up(world, world.willow))

    def test_latest(self, world: World) -> None:
        """A page that opens starts at the newest events, and at the first when there are few."""
        for number in range(5):
            world.say(world.robin, f"line {number}")
        starts = [events.latest_start(world.db, world.willow, world.circle_id, latest=count, now=world.now) for count in (2, 5, 50)]
        assert starts == [3, 0, 0]

    def test_is_for_members(self, world: World) -> None:
        """Strangers, volunteers and those who left get the same answer as for no circle."""
        circles.leave(world.db, world.willow, world.circle_id, now=world.now)
        for actor in (world.volunteer, world.admin, world.willow):
            with pytest.raises(NotFound):
                catch_up(world, actor)
            with pytest.raises(NotFound):
                events.latest_start(world.db, actor, world.circle_id, latest=5, now=world.now)

    def test_payload(self, world: World) -> None:
        """Exactly the fields of the protocol."""
        first = world.say(world.willow, "how was today?")
        client = world.send(world.robin, "grey", reply_to=first)
        world.screen()
        event = catch_up(world, world.willow).events[-1]
        assert event == {
            "type": "message.new",
            "circle": world.circle_id,
            "event": 2,
            "seq": 2,
            "id": client.id,
            "client_id": world.message(client.id).client_id,
            "author": {"id": world.robin.user_id, "name": "Robin"},
            "text": "grey",
            "sent_at": "2026-01-31T19:00:00.000Z",
            "released_at": None,
            "revision": 1,
            "reply_to": first,
        }


class TestNewEvents:
    def test_live_servers_read_each_once(self, world: World) -> None:
        """After an id, without those already passed on."""
        start = events.newest_event_id(world.db)
        ids = [world.say(world.robin, f"line {number}") for number in range(3)]
        first, *rest = events.new_events(world.db, after_id=start, known=set())
        assert [event.message_id for event in (first, *rest)] == ids
        assert [event.message_id for event in events.new_events(world.db, after_id=start, known={first.id})] == ids[1:]
        assert events.new_events(world.db, after_id=events.newest_event_id(world.db), known=set()) == []

    def test_known_ones_do_not_fill_the_page(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """The limit counts new ones, so a long gap cannot stop the live server."""
        monkeypatch.setattr(events, "BATCH_MAX", 1)
        start = events.newest_event_id(world.db)
        for number in range(4):
            world.say(world.robin, f"line {number}")
        found: list[int] = []
        while batch := events.new_events(world.db, after_id=start, known=set(found)):
            found += [event.id for event in batch]
        assert len(set(found)) == len(found) == 4

    def test_what_goes_to_whom(self, world: World) -> None:
        """Held and nudged: to the author only, without text; delivered: to the circle; a case: to volunteers, without text."""
        start = events.newest_event_id(world.db)
        for text in ("hello", UNKIND, BORDERLINE, IN_CRISIS):
            world.say(world.robin, text)
        found = events.new_events(world.db, after_id=start, known=set())
        told = [(event.audience, event.kind, event.payload is not None, event.alert) for event in found]
        assert told == [
            (Audience.CIRCLE, EventKind.MESSAGE_NEW, True, False),
            (Audience.AUTHOR, EventKind.MESSAGE_STATE, False, False),
            (Audience.VOLUNTEERS, EventKind.CASE_CHANGED, False, False),
            (Audience.AUTHOR, EventKind.MESSAGE_STATE, False, False),
            (Audience.CIRCLE, EventKind.MESSAGE_NEW, True, True),
            (Audience.VOLUNTEERS, EventKind.CASE_CHANGED, False, False),
        ]
        assert UNKIND not in str(found)
        assert BORDERLINE not in str(found)


def test_times_are_utc_whatever_the_servers_zone(postgres: Database, world: World) -> None:
    """A PostgreSQL that lives in another time zone does not change what clients read."""
    if world.db is not postgres:
        pytest.skip("SQLite has no time zone")
    world.say(world.robin, "hello")
    url = make_url(postgres.engine.url).update_query_dict({"options": "-c timezone=Asia/Kolkata"})
    elsewhere = open_database(url.render_as_string(hide_password=False))
    (event,) = events.catch_up(elsewhere, world.willow, world.circle_id, after=0, limit=5, now=world.now).events
    elsewhere.dispose()
    assert event["sent_at"] == "2026-01-31T19:00:00.000Z"
