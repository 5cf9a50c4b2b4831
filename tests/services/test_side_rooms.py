"""A talk between a member and a volunteer: how it is asked for, how it ends, and what is on record."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from models import AuditEntry, MembershipRole, MessageState, Role
from models.case import CaseOutcome
from moderation.taxonomy import Lane
from support_app.errors import Conflict, Forbidden, NotFound, TalkEnded
from support_app.services import events, leases, messages, side_rooms
from support_app.services.talks import TalkState
from tests.factories import BORDERLINE, IN_CRISIS, World
from tests.services.side_room_steps import asked, care_case, end, enter, entered, rooms, say_there, seats, talk_of
from tests.services.steps import case_row, events_after, look_after, open_cases, steps_of, take


class TestAsking:
    def test_a_room_is_there_at_once_and_the_volunteers_are_told(self, world: World) -> None:
        """The member sits in it alone; the wish is a step of the case; nobody is promised."""
        message_id, case_id = care_case(world)
        assert talk_of(world, message_id).state is TalkState.OFFERED
        last = events_after(world, 0)[-1].id
        circle_id = side_rooms.ask(world.db, world.robin, message_id, now=world.now)
        assert seats(world, circle_id) == {world.robin.user_id: MembershipRole.MEMBER}
        assert steps_of(world, case_id) == ["opened", "asked_to_talk"]
        told = {(event.kind.value, event.audience.value) for event in events_after(world, last)}
        assert told == {("case.changed", "volunteers"), ("talk.changed", "circle"), ("message.state", "author")}
        talk = talk_of(world, message_id)
        assert (talk.state, talk.circle_id, talk.volunteer) == (TalkState.WAITING, circle_id, None)

    def test_asking_again_changes_nothing(self, world: World) -> None:
        """Not even under another message: one person has one open talk."""
        message_id, case_id, circle_id = asked(world)
        later, _ = care_case(world)
        assert [side_rooms.ask(world.db, world.robin, one, now=world.now) for one in (message_id, later)] == [circle_id, circle_id]
        assert (rooms(world), steps_of(world, case_id)) == (1, ["opened", "asked_to_talk"])
        assert talk_of(world, later).circle_id == circle_id

    def test_two_presses_at_once(self, postgres, world: World) -> None:
        """Make one room."""
        message_id, _ = care_case(world)
        start = Barrier(4)

        def press(_: int) -> int:
            start.wait()
            return side_rooms.ask(world.db, world.robin, message_id, now=world.now)

        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(press, range(4)))) == 1
        assert rooms(world) == 1

    def test_only_the_author_and_only_where_there_is_a_need(self, world: World) -> None:
        """Nobody asks in somebody else's name; a plain message has no card to ask from."""
        message_id, _ = care_case(world)
        plain = world.say(world.robin, "good evening")
        for actor, wanted in ((world.willow, message_id), (world.volunteer, message_id), (world.robin, plain)):
            with pytest.raises(NotFound):
                side_rooms.ask(world.db, actor, wanted, now=world.now)
        assert talk_of(world, plain) is None
        assert rooms(world) == 0

    def test_after_its_case_was_closed_a_new_one_is_opened(self, world: World) -> None:
        """So that somebody comes; the wish does not end at a closed case."""
        message_id = world.say(world.robin, IN_CRISIS)
        case = take(world, world.volunteer, message_id, lane=Lane.CARE)
        look_after(world, world.volunteer, case)
        side_rooms.ask(world.db, world.robin, message_id, now=world.now)
        again = open_cases(world, message_id)[Lane.CARE]
        assert again.id != case.id
        assert again.level is case.level
        assert steps_of(world, again.id) == ["opened", "asked_to_talk"]
        assert enter_as_owner(world, again.id)

    def test_a_case_is_not_closed_while_its_author_waits_or_talks(self, world: World) -> None:
        """First somebody goes in, then the talk is ended, then the case."""
        message_id, case_id, _ = asked(world)
        case = take(world, world.volunteer, message_id, lane=Lane.CARE)

        def close() -> None:
            look_after(world, world.volunteer, case_row(world, case.id))

        with pytest.raises(Conflict):
            close()
        enter(world, world.volunteer, case_id)
        with pytest.raises(Conflict):
            close()
        end(world, world.volunteer, case_id)
        close()
        assert case_row(world, case_id).outcome is CaseOutcome.SUPPORTED


def enter_as_owner(world: World, case_id: int) -> int:
    leases.claim(world.db, world.volunteer, case_id, now=world.now)
    leases.reveal(world.db, world.volunteer, case_id, now=world.now)
    return enter(world, world.volunteer, case_id)


class TestEnding:
    def test_nobody_writes_afterwards_and_everybody_reads(self, world: World) -> None:
        """New words, changed words and words sent on are refused with a sentence that says why; taking back is still possible."""
        message_id, case_id, circle_id = entered(world)
        said = say_there(world, world.robin, circle_id, "thank you")
        nudged = say_there(world, world.robin, circle_id, BORDERLINE)
        assert world.message(nudged).state is MessageState.NUDGED
        end(world, world.volunteer, case_id)
        change = {"client_id": "0b5f3a3e-9f2c-4a5e-8f54-0e5f2d9c1a11", "text": "thanks", "version": world.message(said).version}
        for attempt in (
            lambda: world.send(world.robin, "one more thing", circle_id=circle_id),
            lambda: world.send(world.volunteer, "one more thing", circle_id=circle_id),
            lambda: messages.edit(world.db, world.robin, said, **change, limiter=world.limiter, now=world.now),
            lambda: messages.send_on(world.db, world.robin, nudged, version=world.message(nudged).version, now=world.now),
        ):
            with pytest.raises(TalkEnded):
                attempt()
        for actor in (world.robin, world.volunteer):
            caught = events.catch_up(world.db, actor, circle_id, after=0, limit=50, now=world.now)
            assert [event["text"] for event in caught.events if event["type"] == "message.new"] == ["thank you"]
        messages.withdraw(world.db, world.robin, said, version=world.message(said).version, now=world.now)
        assert talk_of(world, message_id).state is TalkState.ENDED
        assert steps_of(world, case_id)[-1] == "talk_ended"

    def test_only_the_volunteer_in_it_or_a_lead(self, world: World) -> None:
        """Not the member, not somebody who took the case and has not come; ending twice changes nothing."""
        message_id, case_id, _ = entered(world)
        leases.give_back(world.db, world.volunteer, case_id, now=world.now)
        take(world, world.other_volunteer, message_id, lane=Lane.CARE)
        for actor in (world.other_volunteer, world.robin, world.admin):
            with pytest.raises(Forbidden):
                end(world, actor, case_id)
        lead = world.person("Kestrel", role=Role.LEAD)
        end(world, lead, case_id)
        end(world, lead, case_id)
        assert steps_of(world, case_id).count("talk_ended") == 1

    def test_nobody_who_waits_is_sent_away_unseen(self, world: World) -> None:
        """A talk in which nobody has come cannot be ended; a case without one has nothing to end."""
        message_id, case_id, _ = asked(world)
        take(world, world.volunteer, message_id, lane=Lane.CARE)
        with pytest.raises(Conflict):
            end(world, world.volunteer, case_id)
        other, other_case = care_case(world, author=world.willow)
        take(world, world.other_volunteer, other, lane=Lane.CARE)
        with pytest.raises(NotFound):
            end(world, world.other_volunteer, other_case)

    def test_it_can_be_asked_for_and_opened_again(self, world: World) -> None:
        """The same room, with what was said; the card says that nobody is here until somebody is."""
        message_id, case_id, circle_id = entered(world)
        end(world, world.volunteer, case_id)
        assert side_rooms.ask(world.db, world.robin, message_id, now=world.now) == circle_id
        assert talk_of(world, message_id).state is TalkState.WAITING
        world.send(world.robin, "I am still awake", circle_id=circle_id)
        enter(world, world.volunteer, case_id)
        assert talk_of(world, message_id).state is TalkState.HERE
        end(world, world.volunteer, case_id)
        enter(world, world.volunteer, case_id)
        assert talk_of(world, message_id).state is TalkState.HERE


def test_everything_is_on_record_without_a_word(world: World) -> None:
    """Who asked, came and ended; never what was said."""
    _, case_id, circle_id = entered(world)
    say_there(world, world.robin, circle_id, IN_CRISIS)
    end(world, world.volunteer, case_id)
    with world.db.read() as connection:
        rows = connection.execute(
            select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.details).where(
                AuditEntry.action.contains("talk"), AuditEntry.subject == f"case:{case_id}"
            )
        ).all()
    assert [(row.action, row.actor_id) for row in rows] == [
        ("case.asked_to_talk", world.robin.user_id),
        ("case.talk_joined", world.volunteer.user_id),
        ("case.talk_ended", world.volunteer.user_id),
    ]
    assert all(row.details == {"circle": circle_id} for row in rows)
