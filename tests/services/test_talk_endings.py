"""What ends a talk and what does not: a decision that can still be undone does not, the member may at any time."""

from datetime import timedelta

import pytest

from models import MessageState, Role
from models.activity import CaseAction
from models.case import CaseOutcome, CaseState, Decision
from moderation.rules import Rules
from moderation.taxonomy import CrisisMode, Lane
from support_app.access import Actor
from support_app.errors import Conflict, NotFound, TalkEnded
from support_app.services import case_view, circles, decisions, events, leases, messages, side_room_view, side_rooms
from support_app.services.care_status import CareState
from support_app.services.case_log import close_cases
from support_app.services.case_view import CaseView
from support_app.services.decisions import Ruling
from support_app.services.invariants import check_invariants
from support_app.services.talks import TalkState
from tests.factories import IN_CRISIS, World
from tests.services.steps import case_row, decide, open_cases, steps_of, take
from tests.services.test_side_rooms import asked, end, enter, entered, say_there, talk_of

LATER = timedelta(seconds=10)


def held_cry(world: World) -> tuple[int, int]:
    """Where such words are held first: a message of Robin's, and its care case."""
    hard = world.make_circle("Morning circle", rules=Rules(crisis_mode=CrisisMode.HOLD_ALL))
    circles.join(world.db, world.robin, hard, now=world.now)
    message_id = world.send(world.robin, IN_CRISIS, circle_id=hard).id
    world.screen()
    assert world.message(message_id).state is MessageState.HELD
    return message_id, open_cases(world, message_id)[Lane.CARE].id


def decided(world: World, *, asks: bool = True) -> tuple[int, int, int | None]:
    """The volunteer talks with Robin, has just decided about the words, and may still undo it: message, case, circle of the talk."""
    message_id, case_id = held_cry(world)
    circle_id = side_rooms.ask(world.db, world.robin, message_id, now=world.now) if asks else None
    case = take(world, world.volunteer, message_id, lane=Lane.CARE)
    if asks:
        enter(world, world.volunteer, case_id)
    decide(world, world.volunteer, case_row(world, case.id), Ruling(Decision.RELEASE), undo_for=LATER)
    assert case_row(world, case_id).state is CaseState.DECIDED
    return message_id, case_id, circle_id


def view_of(world: World, actor: Actor, case_id: int) -> CaseView:
    return case_view.case_view(world.db, actor, case_id, now=world.now)


class TestWhileADecisionCanBeUndone:
    def test_the_card_and_the_room_say_that_somebody_is_here(self, world: World) -> None:
        """For the member nothing changes; the volunteer's page keeps the case theirs."""
        message_id, case_id, circle_id = decided(world)
        facts = events.facts_for(world.db, [message_id], now=world.now)[message_id]
        assert (facts.talk.state, facts.care_status.state) == (TalkState.HERE, CareState.ANSWERED)
        assert side_room_view.room_view(world.db, world.volunteer, circle_id, now=world.now).holds_case
        leases.keep_alive(world.db, world.volunteer, case_id, now=world.now)

    def test_asking_opens_no_second_case(self, world: World) -> None:
        """Whoever asks just then gets a room of the case that is there."""
        message_id, case_id, _ = decided(world, asks=False)
        circle_id = side_rooms.ask(world.db, world.robin, message_id, now=world.now)
        assert set(open_cases(world, message_id)) == {Lane.CARE}
        assert steps_of(world, case_id)[-1] == "asked_to_talk"
        assert talk_of(world, message_id).circle_id == circle_id

    def test_the_volunteer_and_a_lead_can_come(self, world: World) -> None:
        """The page offers it, and the server takes it."""
        _, case_id, _ = decided(world, asks=False)
        lead = world.person("Kestrel", role=Role.LEAD)
        for actor in (world.volunteer, lead):
            assert side_room_view.case_talk(world.db, actor, view_of(world, actor, case_id)).may_enter
            enter(world, actor, case_id)

    def test_a_need_said_there_is_still_a_step(self, world: World) -> None:
        """Of the case of whoever is there, which can be undone after it as before."""
        _, case_id, circle_id = decided(world)
        said = say_there(world, world.robin, circle_id, IN_CRISIS)
        assert open_cases(world, said) == {}
        assert steps_of(world, case_id)[-1] == "talk_flagged"
        decisions.undo(world.db, world.volunteer, case_id, now=world.now)
        assert case_row(world, case_id).state is CaseState.OPEN
        assert check_invariants(world.db).problems == []

    def test_words_taken_back_end_no_talk(self, world: World) -> None:
        """There is nothing left to decide; the care for their author goes on in the same hands."""
        message_id, case_id, circle_id = decided(world)
        messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        world.now += LATER
        decisions.apply_due(world.db, now=world.now)
        case = case_row(world, case_id)
        assert (case.state, case.owner_id) == (CaseState.OPEN, world.volunteer.user_id)
        assert case.lease_until > world.now
        say_there(world, world.robin, circle_id, "thank you for staying")
        assert side_room_view.room_view(world.db, world.robin, circle_id, now=world.now).talk.state is TalkState.HERE
        assert check_invariants(world.db).problems == []

    def test_a_closed_case_is_still_closed(self, world: World) -> None:
        """Nobody opens a talk about it, and nobody keeps it."""
        message_id, case_id, _ = entered(world)
        end(world, world.volunteer, case_id)
        leases.give_back(world.db, world.volunteer, case_id, now=world.now)
        take(world, world.volunteer, message_id, lane=Lane.CARE)
        closed(world, message_id)
        for act in (enter, lambda *_: leases.keep_alive(world.db, world.volunteer, case_id, now=world.now)):
            with pytest.raises(Conflict):
                act(world, world.volunteer, case_id)


def closed(world: World, message_id: int) -> None:
    with world.db.write() as connection:
        close_cases(connection, [message_id], outcome=CaseOutcome.SUPPORTED, action=CaseAction.LOOKED_AFTER, now=world.now)


class TestTheMemberEnds:
    def end_own(self, world: World, actor: Actor, circle_id: int) -> None:
        side_rooms.end_own(world.db, actor, circle_id, now=world.now)

    def test_at_any_time(self, world: World) -> None:
        """Both are told that they did; nobody can write; the case stays open in the volunteer's hands."""
        message_id, case_id, circle_id = entered(world)
        self.end_own(world, world.robin, circle_id)
        for actor in (world.robin, world.volunteer):
            talk = side_room_view.room_view(world.db, actor, circle_id, now=world.now).talk
            assert (talk.state, talk.ended_by_member) == (TalkState.ENDED, True)
            with pytest.raises(TalkEnded):
                world.send(actor, "one more thing", circle_id=circle_id)
        assert talk_of(world, message_id).ended_by_member
        case = case_row(world, case_id)
        assert (case.state, case.owner_id) == (CaseState.OPEN, world.volunteer.user_id)
        assert steps_of(world, case_id)[-1] == "talk_ended"
        assert side_room_view.case_talk(world.db, world.volunteer, view_of(world, world.volunteer, case_id)).talk.ended_by_member

    def test_also_while_nobody_has_come(self, world: World) -> None:
        """A wish can be taken back; the case is there as before."""
        _, case_id, circle_id = asked(world)
        self.end_own(world, world.robin, circle_id)
        assert side_room_view.open_talks(world.db, world.robin, now=world.now) == []
        assert case_row(world, case_id).state is CaseState.OPEN

    def test_twice_is_once(self, world: World) -> None:
        """And ending what the volunteer had ended does not make it theirs."""
        message_id, case_id, circle_id = entered(world)
        end(world, world.volunteer, case_id)
        self.end_own(world, world.robin, circle_id)
        assert steps_of(world, case_id).count("talk_ended") == 1
        assert not talk_of(world, message_id).ended_by_member

    def test_and_can_ask_again(self, world: World) -> None:
        """The same room; whoever ends it the next time is told as the one who did."""
        message_id, case_id, circle_id = entered(world)
        self.end_own(world, world.robin, circle_id)
        assert side_rooms.ask(world.db, world.robin, message_id, now=world.now) == circle_id
        assert talk_of(world, message_id).state is TalkState.WAITING
        enter(world, world.volunteer, case_id)
        end(world, world.volunteer, case_id)
        talk = talk_of(world, message_id)
        assert (talk.state, talk.ended_by_member) == (TalkState.ENDED, False)

    def test_a_volunteer_who_opens_it_again_makes_an_offer(self, world: World) -> None:
        """Nobody is called into a talk that they ended."""
        message_id, case_id, circle_id = entered(world)
        self.end_own(world, world.robin, circle_id)
        enter(world, world.volunteer, case_id)
        talk = talk_of(world, message_id)
        assert (talk.state, talk.asked) == (TalkState.HERE, False)

    def test_only_ones_own(self, world: World) -> None:
        """Not the volunteer by this door, nobody from outside, and no ordinary circle."""
        message_id, _, circle_id = entered(world)
        for actor, where in ((world.volunteer, circle_id), (world.willow, circle_id), (world.robin, world.circle_id)):
            with pytest.raises(NotFound):
                self.end_own(world, actor, where)
        assert talk_of(world, message_id).state is TalkState.HERE
