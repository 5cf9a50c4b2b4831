"""The one door: places in the circle, two times on a release, and what the database itself refuses."""

from datetime import UTC
from uuid import uuid4

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import IntegrityError

from models import Circle, Message, MessageState
from moderation.pipeline import screen
from moderation.taxonomy import Verdict
from support_app.database import Database, open_database
from support_app.errors import Conflict
from support_app.services import events, screening
from support_app.services.delivery import Judgement, settle
from support_app.services.states import ALLOWED, require_move
from tests.factories import UNKIND, World
from tests.services.steps import release, screenings_of, take


def judgement(world: World, message_id: int, verdict: Verdict = Verdict.DELIVER) -> Judgement:
    """A volunteer's plain decision."""
    return Judgement(message_id, world.circle_id, verdict, (), {}, (), None, 1, None, None, 0.0, decided_by_id=world.volunteer.user_id)


class TestRelease:
    def test_takes_the_next_place_and_keeps_both_times(self, world: World) -> None:
        """A released message stands where it was released; the page can say when it was written and when it was shown."""
        held = world.say(world.robin, UNKIND)
        written = world.now
        world.pass_time(minutes=4)
        later = world.say(world.willow, "hello")
        case = take(world, world.volunteer, held)
        world.pass_time(minutes=1)
        release(world, world.volunteer, case)
        assert [world.message(item).seq for item in (later, held)] == [1, 2]
        released = events.catch_up(world.db, world.willow, world.circle_id, after=1, limit=10, now=world.now).events[0]
        assert (released["sent_at"], released["released_at"]) == (events.iso(written), events.iso(world.now))

    def test_an_ordinary_message_has_no_release_time(self, world: World) -> None:
        """Only what a person let through is marked."""
        world.say(world.robin, "hello")
        (event,) = events.catch_up(world.db, world.willow, world.circle_id, after=0, limit=10, now=world.now).events
        assert event["released_at"] is None

    def test_is_a_screening_of_its_own(self, world: World) -> None:
        """The classifier's finding stays on record beside the person's decision."""
        held = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, held)
        release(world, world.volunteer, case)
        by_machine, by_person = screenings_of(world, held)
        assert (by_machine.verdict, by_machine.decided_by_id) == (Verdict.HOLD, None)
        assert (by_person.verdict, by_person.decided_by_id, by_person.scores) == (Verdict.DELIVER, world.volunteer.user_id, None)
        assert world.message(held).screening == 2


class TestSettle:
    def test_a_person_settles_only_what_is_held(self, world: World) -> None:
        """Without a claim the door opens for held messages only: nothing pending or delivered slips through."""
        pending, delivered = world.send(world.robin, "one").id, world.say(world.robin, "two")
        with world.db.write() as connection:
            assert settle(connection, [judgement(world, pending), judgement(world, delivered)], tokens=None, now=world.now) == set()

    def test_a_transaction_that_fails_leaves_nothing(self, world: World) -> None:
        """Screening, place, event and case are written together or not at all."""
        held = world.say(world.robin, UNKIND)
        with world.db.engine.connect() as connection:
            assert settle(connection, [judgement(world, held)], tokens=None, now=world.now) == {held}
            connection.rollback()
        assert world.message(held).state is MessageState.HELD
        assert len(screenings_of(world, held)) == 1
        with world.db.read() as connection:
            counters = connection.execute(select(Circle.last_seq, Circle.last_event).where(Circle.id == world.circle_id)).one()
        assert tuple(counters) == (0, 0)

    def test_sending_does_not_wait_for_a_settle(self, postgres: Database, world: World) -> None:
        """On PostgreSQL a member can send into a circle while a screener settles there; otherwise they could block each other."""
        if world.db is not postgres:
            pytest.skip("SQLite has one writer at a time")
        url = make_url(postgres.engine.url).update_query_dict({"options": "-c lock_timeout=3s"})
        impatient = open_database(url.render_as_string(hide_password=False))
        world.send(world.robin, "one")
        claimed = screening.claim(world.db, now=world.now)
        results = screen([item.candidate for item in claimed], world.classifier)
        judged = [screening._judgement(item, result, "scripted", "1") for item, result in zip(claimed, results, strict=True)]
        with world.db.write() as connection:
            settle(connection, judged, tokens={world.circle_id: claimed[0].token}, now=world.now)
            world.db = impatient
            assert world.send(world.willow, "two").state is MessageState.PENDING
        impatient.dispose()


class TestStates:
    def test_every_state_has_its_moves(self) -> None:
        """The table is complete; delivered words go only when their author takes them back or a person, asked by a report, returns them."""
        assert set(ALLOWED) == set(MessageState)
        assert ALLOWED[MessageState.DELIVERED] == {MessageState.RETURNED, MessageState.WITHDRAWN}
        assert ALLOWED[MessageState.WITHDRAWN] == set()

    @pytest.mark.parametrize("before", [MessageState.NUDGED, MessageState.RETURNED, MessageState.WITHDRAWN])
    def test_what_was_never_held_again_is_not_delivered(self, before: MessageState) -> None:
        """A nudged, returned or withdrawn message has no way straight to the circle."""
        with pytest.raises(Conflict):
            require_move(before, MessageState.DELIVERED)


def refused(world: World, statement: str, **values: object) -> None:
    """The database itself refuses a statement."""
    with pytest.raises(IntegrityError), world.db.engine.begin() as connection:
        connection.execute(text(statement), values)


class TestTheDatabaseRefuses:
    """Whatever the code above it does."""

    def test_delivered_without_a_screening(self, world: World) -> None:
        """A place and a time are not enough."""
        message_id = world.send(world.robin, "hello").id
        refused(world, "UPDATE messages SET state = 'delivered', seq = 1, delivered_at = created_at WHERE id = :id", id=message_id)

    def test_delivered_with_another_messages_screening(self, world: World) -> None:
        """A screening belongs to exactly one text: the second one of another message cannot be borrowed."""
        held = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, held)
        release(world, world.volunteer, case)
        message_id = world.send(world.robin, "hello").id
        borrowed = "UPDATE messages SET state = 'delivered', screening = :number, seq = 2, delivered_at = created_at WHERE id = :id"
        for number in (1, 2):
            refused(world, borrowed, id=message_id, number=number)

    def test_a_screening_taken_away(self, world: World) -> None:
        """The proof that a delivered message was screened cannot be deleted or renumbered."""
        message_id = world.say(world.robin, "hello")
        refused(world, "DELETE FROM screenings WHERE message_id = :id", id=message_id)
        refused(world, "UPDATE screenings SET number = 5 WHERE message_id = :id", id=message_id)

    def test_delivered_without_a_place(self, world: World) -> None:
        """Every delivered message has its number in the circle."""
        message_id = world.say(world.robin, "hello")
        refused(world, "UPDATE messages SET seq = NULL, delivered_at = NULL WHERE id = :id", id=message_id)
        refused(world, "UPDATE messages SET seq = NULL WHERE id = :id", id=message_id)
        refused(world, "UPDATE messages SET delivered_at = NULL WHERE id = :id", id=message_id)

    def test_one_place_twice(self, world: World) -> None:
        """No two messages of a circle share a number."""
        world.say(world.robin, "one")
        second = world.say(world.robin, "two")
        refused(world, "UPDATE messages SET seq = 1 WHERE id = :id", id=second)

    def test_held_without_a_reason(self, world: World) -> None:
        """Nobody is kept waiting for nothing; and a reason belongs to a held message only."""
        held, pending = world.say(world.robin, UNKIND), world.send(world.robin, "hello").id
        refused(world, "UPDATE messages SET hold_reason = NULL WHERE id = :id", id=held)
        refused(world, "UPDATE messages SET hold_reason = 'screened' WHERE id = :id", id=pending)

    def test_states_and_reasons_it_does_not_know(self, world: World) -> None:
        """There are exactly the states of the protocol."""
        message_id = world.send(world.robin, "hello").id
        refused(world, "UPDATE messages SET state = 'shown' WHERE id = :id", id=message_id)
        refused(world, "UPDATE messages SET state = 'held', hold_reason = 'whim' WHERE id = :id", id=message_id)

    def test_one_client_id_twice(self, world: World) -> None:
        """Idempotency does not depend on the code either."""
        client_id = str(uuid4())
        world.send(world.robin, "one", client_id=client_id)
        second = world.send(world.robin, "two").id
        refused(world, "UPDATE messages SET client_id = :client_id WHERE id = :id", id=second, client_id=client_id)

    def test_a_delivery_that_nobody_decided(self, world: World) -> None:
        """A screening that lets a message through names weights or a person."""
        message_id = world.say(world.robin, "hello")
        refused(world, "UPDATE screenings SET weights_revision = NULL WHERE message_id = :id", id=message_id)

    def test_counters_that_cannot_be(self, world: World) -> None:
        """A circle has at least as many events as messages, and 3 to 15 seats."""
        for change in ("last_seq = last_event + 1", "last_seq = -1", "capacity = 2", "capacity = 16"):
            refused(world, f"UPDATE circles SET {change} WHERE id = :id", id=world.circle_id)

    def test_an_event_number_twice_or_none(self, world: World) -> None:
        """Clients count on contiguous numbers."""
        world.say(world.robin, "one")
        world.say(world.robin, "two")
        refused(world, "UPDATE events SET number = 1 WHERE number = 2")
        refused(world, "UPDATE events SET number = NULL WHERE number = 2")

    def test_two_open_cases_for_one_message_and_lane(self, world: World) -> None:
        """Two volunteers never decide about the same thing under two numbers."""
        first, second = world.say(world.robin, UNKIND), world.say(world.willow, UNKIND)
        refused(world, "UPDATE cases SET message_id = :first WHERE message_id = :second", first=first, second=second)

    def test_a_closed_case_without_an_outcome(self, world: World) -> None:
        """How a case ended is always on record."""
        held = world.say(world.robin, UNKIND)
        refused(world, "UPDATE cases SET state = 'closed' WHERE message_id = :id", id=held)
        refused(world, "UPDATE cases SET owner_id = :owner WHERE message_id = :id", id=held, owner=world.volunteer.user_id)

    def test_rows_that_belong_to_nobody(self, world: World) -> None:
        """Foreign keys are on, on SQLite as well."""
        message_id = world.send(world.robin, "hello").id
        refused(world, "UPDATE messages SET author_id = 999999 WHERE id = :id", id=message_id)
        refused(world, "UPDATE messages SET reply_to_id = 999999 WHERE id = :id", id=message_id)


def test_times_come_back_aware(world: World) -> None:
    """Both databases answer with the moment that was stored, in UTC."""
    row = world.message(world.say(world.robin, "hello"))
    assert row.created_at == row.delivered_at == world.now
    assert row.created_at.tzinfo is UTC or row.created_at.utcoffset().total_seconds() == 0


def test_a_naive_time_is_refused(world: World) -> None:
    """A time without a zone is a mistake, not a guess."""
    with pytest.raises(Exception, match="aware"), world.db.write() as connection:
        connection.execute(Message.__table__.update().values(created_at=world.now.replace(tzinfo=None)))
