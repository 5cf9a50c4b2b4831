"""A talk between a member and a volunteer: what is screened there, and whom it calls."""

import pytest

from models import MessageState
from models.activity import CaseAction
from models.case import CaseOutcome
from moderation.rules import Rules
from moderation.taxonomy import CrisisMode, Lane
from support_app.errors import ConflictOfInterest
from support_app.services import case_view, circles, events, leases, side_rooms
from support_app.services.case_log import close_cases
from support_app.services.invariants import check_invariants
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.side_room_steps import end, entered, say_there
from tests.services.steps import case_row, look_after, open_cases, release, steps_of, take


class TestScreening:
    def test_nothing_unscreened_is_delivered_there(self, world: World) -> None:
        """The same door: nobody reads a message before it was screened, and each has its screening."""
        _, _, circle_id = entered(world)
        message_id = world.send(world.robin, "are you there", circle_id=circle_id).id
        before = events.catch_up(world.db, world.volunteer, circle_id, after=0, limit=50, now=world.now)
        assert [event["type"] for event in before.events] == ["talk.changed", "talk.changed"]
        world.screen()
        after = events.catch_up(world.db, world.volunteer, circle_id, after=before.last_event, limit=50, now=world.now)
        assert [event["text"] for event in after.events] == ["are you there"]
        assert world.message(message_id).screening == 1
        assert check_invariants(world.db).problems == []

    def test_a_need_said_there_is_a_step_and_no_second_case(self, world: World) -> None:
        """It is delivered to the volunteer who is there for it; the card under it offers no other talk."""
        _, case_id, circle_id = entered(world)
        said = say_there(world, world.robin, circle_id, IN_CRISIS)
        assert world.message(said).state is MessageState.DELIVERED
        assert open_cases(world, said) == {}
        assert steps_of(world, case_id)[-1] == "talk_flagged"
        facts = events.facts_for(world.db, [said], now=world.now)[said]
        assert (facts.care, facts.talk) == (True, None)

    def test_where_the_circle_holds_such_words_a_volunteer_hears_them(self, world: World) -> None:
        """A talk is there for what a circle is spared; what leads out of its protection is still stopped."""
        hard = world.make_circle("Morning circle", rules=Rules(crisis_mode=CrisisMode.HOLD_ALL, watched_phrases=("the bridge",)))
        circles.join(world.db, world.robin, hard, now=world.now)
        message_id = world.send(world.robin, IN_CRISIS, circle_id=hard).id
        world.screen()
        assert world.message(message_id).state is MessageState.HELD
        circle_id = side_rooms.ask(world.db, world.robin, message_id, now=world.now)
        heard = [say_there(world, world.robin, circle_id, text) for text in (IN_CRISIS, "I was on the bridge")]
        stopped = say_there(world, world.robin, circle_id, "write to me at robin@example.org")
        assert [world.message(one).state for one in (*heard, stopped)] == [MessageState.DELIVERED, MessageState.DELIVERED, MessageState.HELD]

    def test_what_is_held_there_another_volunteer_decides(self, world: World) -> None:
        """The volunteer in the room sits in that circle; the words reach them when somebody else released them."""
        _, _, circle_id = entered(world)
        held = say_there(world, world.robin, circle_id, UNKIND)
        conduct = open_cases(world, held)[Lane.CONDUCT].id
        with pytest.raises(ConflictOfInterest):
            leases.claim(world.db, world.volunteer, conduct, now=world.now)
        case = take(world, world.other_volunteer, held)
        assert case_view.case_view(world.db, world.other_volunteer, conduct, now=world.now).circle_name is None
        release(world, world.other_volunteer, case)
        assert world.message(held).state is MessageState.DELIVERED

    def test_held_words_with_a_need_call_somebody(self, world: World) -> None:
        """They have not reached the volunteer in the room, so they are not only a step."""
        _, case_id, circle_id = entered(world)
        held = say_there(world, world.robin, circle_id, f"{UNKIND}. {IN_CRISIS}")
        assert set(open_cases(world, held)) == {Lane.CONDUCT, Lane.CARE}
        assert "talk_flagged" not in steps_of(world, case_id)

    def test_when_the_case_is_closed_a_need_makes_a_new_one(self, world: World) -> None:
        """A step on a closed case would call nobody."""
        message_id, case_id, circle_id = entered(world)
        with world.db.write() as connection:
            close_cases(connection, [message_id], outcome=CaseOutcome.SUPPORTED, action=CaseAction.LOOKED_AFTER, now=world.now)
        said = say_there(world, world.robin, circle_id, IN_CRISIS)
        assert set(open_cases(world, said)) == {Lane.CARE}
        assert "talk_flagged" not in steps_of(world, case_id)

    def test_a_plain_question_of_the_volunteer_is_no_cry_for_help(self, world: World) -> None:
        """It is delivered, opens no case, and puts no care card under the volunteer's own words."""
        _, _, circle_id = entered(world)
        said = say_there(world, world.volunteer, circle_id, f"do you mean: {IN_CRISIS}?")
        assert world.message(said).state is MessageState.DELIVERED
        assert open_cases(world, said) == {}
        assert events.facts_for(world.db, [said], now=world.now)[said].care is False

    def test_the_volunteer_in_the_room_still_decides_its_case(self, world: World) -> None:
        """A seat in the talk of a case is no conflict of interest about that case."""
        message_id, case_id, _ = entered(world)
        assert not case_view.case_view(world.db, world.volunteer, case_id, now=world.now).conflict_of_interest
        end(world, world.volunteer, case_id)
        look_after(world, world.volunteer, case_row(world, case_id))
        assert open_cases(world, message_id) == {}
