"""An absent or broken classifier: what is held, tried again and said."""

from collections.abc import Mapping

import pytest

from models import HoldReason, MessageState
from moderation.taxonomy import Label, Lane, Level
from support_app.errors import Conflict
from support_app.services import screening
from tests.factories import UNKIND, World, scripted
from tests.services.screening_steps import be_back, be_silent, delivered_ids, settle
from tests.services.steps import open_cases, release, screenings_of, steps_of, take


class TestUnavailable:
    def test_nothing_usable_is_held_and_said(self, world: World) -> None:
        """The message is not shown, its author knows why, and a volunteer may look."""
        be_silent(world)
        message_id = world.say(world.robin, "hello")
        row = world.message(message_id)
        assert (row.state, row.hold_reason, row.to_screen, row.seq) == (MessageState.HELD, HoldReason.SCREENER_UNAVAILABLE, True, None)
        assert set(open_cases(world, message_id)) == {Lane.CONDUCT}
        assert screenings_of(world, message_id) == []

    def test_is_tried_again_later_each_time(self, world: World) -> None:
        """The waits grow to a limit, so that a broken classifier is not hammered and a repaired one is soon found."""
        be_silent(world)
        message_id = world.say(world.robin, "hello")
        waits = []
        for _ in range(6):
            wait = (world.message(message_id).screen_after - world.now).total_seconds()
            waits.append(wait)
            world.pass_time(seconds=wait - 0.5)
            assert world.screen() == 0
            world.pass_time(seconds=1)
            assert world.screen() == 1
        assert waits == [1, 2, 4, 8, screening.LONGEST_RETRY_SECONDS, screening.LONGEST_RETRY_SECONDS]
        assert world.message(message_id).state is MessageState.HELD
        assert len(open_cases(world, message_id)) == 1

    def test_is_delivered_as_soon_as_the_classifier_is_back(self, world: World) -> None:
        """No volunteer is needed; the case that was opened meanwhile closes by itself."""
        be_silent(world)
        message_id = world.say(world.robin, "hello")
        case_id = open_cases(world, message_id)[Lane.CONDUCT].id
        be_back(world)
        screening.retry_at_once(world.db)
        assert world.screen() == 1
        assert world.message(message_id).state is MessageState.DELIVERED
        assert steps_of(world, case_id) == ["opened", "screened"]

    def test_is_judged_like_any_other_when_the_classifier_is_back(self, world: World) -> None:
        """An unkind one stays held, now for what it says, with a case of its own and the first one closed."""
        be_silent(world)
        message_id = world.say(world.robin, UNKIND)
        first = open_cases(world, message_id)[Lane.CONDUCT].id
        be_back(world)
        screening.retry_at_once(world.db)
        world.screen()
        assert (world.message(message_id).state, world.message(message_id).hold_reason) == (MessageState.HELD, HoldReason.SCREENED)
        assert open_cases(world, message_id)[Lane.CONDUCT].id != first
        assert open_cases(world, message_id)[Lane.CONDUCT].level is Level.H2

    def test_a_person_may_release_it_by_hand(self, world: World) -> None:
        """And then the returning classifier leaves it alone."""
        be_silent(world)
        message_id = world.say(world.robin, "hello")
        case = take(world, world.volunteer, message_id)
        release(world, world.volunteer, case)
        be_back(world)
        screening.retry_at_once(world.db)
        assert world.screen() == 0
        assert [row.decided_by_id for row in screenings_of(world, message_id)] == [world.volunteer.user_id]

    def test_the_classifier_comes_back_while_a_volunteer_reads(self, world: World) -> None:
        """Whoever is first decides; the volunteer is told that it has changed."""
        be_silent(world)
        message_id = world.say(world.robin, "hello")
        case = take(world, world.volunteer, message_id)
        be_back(world)
        screening.retry_at_once(world.db)
        world.screen()
        with pytest.raises(Conflict):
            release(world, world.volunteer, case)
        assert delivered_ids(world) == [message_id]

    def test_one_bad_text_does_not_hold_the_others(self, world: World) -> None:
        """A text that breaks the classifier is held alone."""

        def breaks(text: str) -> Mapping[Label, float]:
            if "odd" in text:
                raise ValueError
            return scripted(text)

        world.classify_with(breaks)
        first, odd, last = (world.send(world.robin, text).id for text in ("one", "odd", "three"))
        world.screen()
        assert delivered_ids(world) == [first, last]
        assert world.message(odd).hold_reason is HoldReason.SCREENER_UNAVAILABLE

    @pytest.mark.parametrize("bad", [float("nan"), float("inf"), -0.1, 1.1, None, "0.1", True])
    def test_nonsense_scores_hold(self, small_world: World, bad: object) -> None:
        """Scores that are no numbers from 0 to 1 count as no answer."""
        small_world.classify_with(lambda _: dict.fromkeys(Label, 0.01) | {Label.CRISIS: bad})
        message_id = small_world.say(small_world.robin, "hello")
        assert small_world.message(message_id).hold_reason is HoldReason.SCREENER_UNAVAILABLE

    def test_a_missing_label_holds(self, small_world: World) -> None:
        """A classifier that forgot one question has not answered."""
        small_world.classify_with(lambda _: {Label.HARASSMENT: 0.01})
        assert small_world.message(small_world.say(small_world.robin, "hello")).state is MessageState.HELD

    def test_what_is_not_answered_in_time_is_held(self, world: World) -> None:
        """After two seconds the author is told instead of kept waiting, and volunteers can see it."""
        message_id = world.send(world.robin, "hello").id
        world.pass_time(seconds=screening.OVERDUE_SECONDS)
        assert screening.hold_overdue(world.db, now=world.now) == 0
        world.pass_time(seconds=0.5)
        assert screening.hold_overdue(world.db, now=world.now) == 1
        assert screening.hold_overdue(world.db, now=world.now) == 0
        assert set(open_cases(world, message_id)) == {Lane.CONDUCT}
        assert world.screen() == 1
        assert world.message(message_id).state is MessageState.DELIVERED
        assert open_cases(world, message_id) == {}

    def test_a_slow_screener_may_still_settle_what_was_held_meanwhile(self, world: World) -> None:
        """Held for slowness and then answered by the very claim that was slow: delivered once."""
        message_id = world.send(world.robin, "hello").id
        claimed = screening.claim(world.db, now=world.now)
        world.pass_time(seconds=3)
        screening.hold_overdue(world.db, now=world.now)
        assert settle(world, claimed) == {message_id}
        assert delivered_ids(world) == [message_id]
