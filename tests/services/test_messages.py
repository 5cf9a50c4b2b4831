"""What authors do: send, send on, put the care card away."""

from uuid import uuid4

import pytest

from models import HoldReason, MessageState
from moderation.rules import Rules
from moderation.taxonomy import Lane
from support_app.errors import Banned, Blank, Conflict, Invalid, NotFound, NotSignedIn, RateLimited, TooLong
from support_app.limits import rate_limiter
from support_app.services import accounts, circles, events, messages
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.services.message_steps import count, texts_in_room
from tests.services.steps import open_cases, release, return_it, take


class TestSubmit:
    def test_is_pending_and_unseen_until_screened(self, world: World) -> None:
        """An accepted message is stored, and nobody but its author can tell that it exists."""
        accepted = world.send(world.robin, "good evening")
        assert (accepted.state, accepted.duplicate) == (MessageState.PENDING, False)
        assert texts_in_room(world, world.willow) == []
        world.screen()
        assert texts_in_room(world, world.willow) == [(accepted.id, "message.new", "good evening")]

    def test_the_same_client_id_is_stored_once(self, world: World) -> None:
        """Sending again after a lost answer gives the same answer, before and after screening."""
        client_id = str(uuid4())
        first = world.send(world.robin, "good evening", client_id=client_id)
        again = world.send(world.robin, "good evening", client_id=client_id)
        world.screen()
        later = world.send(world.robin, "  good evening\n", client_id=client_id.upper())
        assert [again.id, later.id] == [first.id, first.id]
        assert [again.duplicate, later.duplicate, later.state] == [True, True, MessageState.DELIVERED]
        assert count(world) == 1

    def test_another_text_under_the_same_client_id_is_a_conflict(self, world: World) -> None:
        """A client id means one text in one circle for ever."""
        other = world.make_circle("Morning circle")
        circles.join(world.db, world.robin, other, now=world.now)
        client_id = str(uuid4())
        world.send(world.robin, "good evening", client_id=client_id)
        with pytest.raises(Conflict):
            world.send(world.robin, "good morning", client_id=client_id)
        with pytest.raises(Conflict):
            world.send(world.robin, "good evening", client_id=client_id, circle_id=other)
        assert count(world) == 1

    def test_two_people_may_use_the_same_client_id(self, world: World) -> None:
        """Nobody can block or probe another person's message by guessing its client id."""
        client_id = str(uuid4())
        first, second = (world.send(actor, "hello", client_id=client_id) for actor in (world.robin, world.willow))
        assert first.id != second.id
        assert not second.duplicate

    @pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\u200d", "\u202e", "\x00", "\ufe0f"])
    def test_nothing_visible_is_blank(self, small_world: World, text: str) -> None:
        """A message of invisible characters is refused before anything is stored."""
        with pytest.raises(Blank):
            small_world.send(small_world.robin, text)
        assert count(small_world) == 0

    def test_steering_characters_do_not_reach_the_room(self, small_world: World) -> None:
        """What is stored reads as it was screened: composed, without overrides and controls, with its line breaks."""
        message_id = small_world.say(small_world.robin, "  cafe\u0301 \u202eesrever\u202c\x00\nnext 👩‍👧 🤗 ")
        assert small_world.message(message_id).text == "caf\u00e9 esrever\nnext 👩‍👧 🤗"

    @pytest.mark.parametrize("client_id", ["", "1", "not-a-uuid", "x" * 36, None, 7])
    def test_a_client_id_is_a_uuid(self, small_world: World, client_id: object) -> None:
        """Anything else is refused."""
        submission = messages.Submission(small_world.circle_id, client_id, "hello")
        with pytest.raises(Invalid):
            messages.submit(small_world.db, small_world.robin, submission, limiter=small_world.limiter, now=small_world.now)

    def test_text_is_text(self, small_world: World) -> None:
        """A number or a list is not turned into words."""
        for value in (7, ["a"], None, b"a"):
            with pytest.raises(Invalid):
                messages.clean_text(value)

    def test_too_long_for_the_circle(self, small_world: World) -> None:
        """The circle's own limit counts, to the character, and the refusal names it."""
        short = small_world.make_circle("Short circle", rules=Rules(max_length=100))
        circles.join(small_world.db, small_world.robin, short, now=small_world.now)
        assert small_world.send(small_world.robin, "a " * 49 + "bc", circle_id=short).id
        with pytest.raises(TooLong) as refusal:
            small_world.send(small_world.robin, "a " * 50 + "b", circle_id=short)
        assert refusal.value.values == {"limit": 100}

    def test_too_long_for_any_circle(self, small_world: World) -> None:
        """The hard limit is checked before the database is asked."""
        with pytest.raises(TooLong):
            messages.clean_text("a" * (messages.TEXT_MAX + 1))

    def test_strangers_do_not_learn_whether_a_circle_exists(self, world: World) -> None:
        """Without a seat the answer is the same as for a circle that is not there."""
        for circle_id in (world.circle_id, 999_999):
            with pytest.raises(NotFound):
                world.send(world.volunteer, "hello", circle_id=circle_id)

    def test_ended_sessions_and_closed_accounts_send_nothing(self, world: World) -> None:
        """The check is made with every message, not only when a connection began."""
        accounts.end_own_sessions(world.db, world.willow, now=world.now)
        with pytest.raises(NotSignedIn):
            world.send(world.willow, "hello")
        accounts.ban(world.db, world.admin, user_id=world.robin.user_id, reason="a reason", now=world.now)
        with pytest.raises((NotSignedIn, Banned)):
            world.send(world.robin, "hello")
        assert count(world) == 0

    def test_too_many_are_refused_with_a_time(self, small_world: World) -> None:
        """One person's flood is stopped and they are told when to come back; others are not affected."""
        small_world.limiter = rate_limiter("3/minute")
        for _ in range(3):
            small_world.send(small_world.robin, "hello")
        with pytest.raises(RateLimited) as refusal:
            small_world.send(small_world.robin, "hello")
        assert 0 < refusal.value.retry_after <= 60
        assert small_world.send(small_world.willow, "hello").id

    def test_a_reply_names_a_delivered_message_of_the_same_circle(self, world: World) -> None:
        """Nobody can find out about unseen messages or other circles by replying to them."""
        target = world.say(world.willow, "how was today?")
        held = world.say(world.willow, UNKIND)
        other = world.make_circle("Morning circle")
        circles.join(world.db, world.willow, other, now=world.now)
        elsewhere = world.send(world.willow, "hello", circle_id=other)
        world.screen()
        assert world.message(world.send(world.robin, "grey", reply_to=target).id).reply_to_id == target
        for unreachable in (held, elsewhere.id, 999_999):
            with pytest.raises(NotFound):
                world.send(world.robin, "grey", reply_to=unreachable)


class TestSendOn:
    def test_a_nudged_message_goes_to_a_person(self, world: World) -> None:
        """The author may insist; then a volunteer decides, and the circle sees it only after a release."""
        message_id = world.say(world.robin, BORDERLINE)
        messages.send_on(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        row = world.message(message_id)
        assert (row.state, row.hold_reason, row.to_screen) == (MessageState.HELD, HoldReason.AUTHOR_ASKED, False)
        assert world.screen() == 0
        case = take(world, world.volunteer, message_id)
        release(world, world.volunteer, case)
        assert texts_in_room(world, world.willow) == [(message_id, "message.new", BORDERLINE)]

    def test_and_may_be_returned(self, world: World) -> None:
        """The other decision a volunteer can make about it."""
        message_id = world.say(world.robin, BORDERLINE)
        messages.send_on(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        case = take(world, world.volunteer, message_id)
        reason = "It can be read as mocking; please say it again."
        return_it(world, world.volunteer, case, reason=reason, rule="other")
        assert world.message(message_id).state is MessageState.RETURNED
        assert texts_in_room(world, world.willow) == []

    def test_only_nudged_messages_of_ones_own(self, world: World) -> None:
        """Pending, delivered, held, withdrawn ones and those of others are refused."""
        nudged = world.say(world.robin, BORDERLINE)
        version = world.message(nudged).version
        with pytest.raises(Conflict):
            messages.send_on(world.db, world.robin, nudged, version=version - 1, now=world.now)
        with pytest.raises(NotFound):
            messages.send_on(world.db, world.willow, nudged, version=version, now=world.now)
        messages.send_on(world.db, world.robin, nudged, version=version, now=world.now)
        others = [nudged, world.say(world.robin, "hello"), world.say(world.robin, UNKIND), world.send(world.robin, "pending").id]
        for message_id in others:
            with pytest.raises(Conflict):
                messages.send_on(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)


class TestDismissCare:
    def test_the_card_goes_and_the_case_stays(self, world: World) -> None:
        """Putting the card away is no answer to the volunteers."""
        message_id = world.say(world.robin, IN_CRISIS)
        before = world.message(message_id).version
        messages.dismiss_care(world.db, world.robin, message_id, now=world.now)
        facts = events.facts_for(world.db, [message_id], now=world.now)[message_id]
        assert (facts.care, facts.care_dismissed, facts.version) == (True, True, before + 1)
        assert set(open_cases(world, message_id)) == {Lane.CARE}

    def test_only_ones_own(self, world: World) -> None:
        """Nobody learns of somebody else's care card."""
        message_id = world.say(world.robin, IN_CRISIS)
        with pytest.raises(NotFound):
            messages.dismiss_care(world.db, world.willow, message_id, now=world.now)


def test_own_text_is_for_its_author(world: World) -> None:
    """The text of an own message, and of nobody else's."""
    message_id = world.say(world.robin, UNKIND)
    assert messages.own_text(world.db, world.robin, message_id) == UNKIND
    assert messages.own_text(world.db, world.willow, message_id) is None
