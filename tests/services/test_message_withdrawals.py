"""What authors do with words they have sent: take them back."""

import pytest

from models import MessageState
from moderation.taxonomy import Lane
from support_app.errors import Conflict, NotFound
from support_app.services import circles, messages
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.services.message_steps import edit, texts_in_room, withdraw
from tests.services.steps import open_cases, release, take


class TestWithdraw:
    def test_takes_every_revision_with_it(self, world: World) -> None:
        """After taking a message back no text of it can be read, and a revision still waiting never comes out."""
        message_id = world.say(world.robin, "one")
        edit(world, world.robin, message_id, "two")
        world.screen()
        waiting = edit(world, world.robin, message_id, "three")
        withdraw(world, world.robin, message_id)
        assert world.screen() == 0
        assert world.message(waiting).state is MessageState.WITHDRAWN
        room = texts_in_room(world, world.willow)
        assert [kind for _, kind, _ in room] == ["message.new", "message.edited", "message.withdrawn"]
        assert {text for *_, text in room} == {None}

    def test_is_said_once(self, world: World) -> None:
        """Taking back twice changes nothing and tells nobody again."""
        message_id = world.say(world.robin, "one")
        version = world.message(message_id).version
        for _ in range(2):
            messages.withdraw(world.db, world.robin, message_id, version=version, now=world.now)
        assert [kind for _, kind, _ in texts_in_room(world, world.willow)].count("message.withdrawn") == 1

    def test_taking_back_what_nobody_saw_tells_nobody(self, world: World) -> None:
        """The circle does not learn that a held message ever existed."""
        for text in (UNKIND, BORDERLINE):
            withdraw(world, world.robin, world.say(world.robin, text))
        withdraw(world, world.robin, world.send(world.robin, "pending").id)
        assert texts_in_room(world, world.willow) == []

    def test_taking_back_an_unseen_revision_leaves_the_message(self, world: World) -> None:
        """Only the held edit goes; what the circle reads stays."""
        message_id = world.say(world.robin, "hello")
        held = edit(world, world.robin, message_id, UNKIND)
        world.screen()
        withdraw(world, world.robin, held)
        assert world.message(message_id).state is MessageState.DELIVERED
        assert texts_in_room(world, world.willow) == [(message_id, "message.new", "hello")]
        assert open_cases(world, held) == {}

    def test_taking_back_by_a_delivered_revision_takes_the_whole(self, world: World) -> None:
        """The author points at any delivered revision and means the message."""
        message_id = world.say(world.robin, "one")
        second = edit(world, world.robin, message_id, "two")
        world.screen()
        withdraw(world, world.robin, second)
        assert world.message(message_id).state is MessageState.WITHDRAWN
        assert texts_in_room(world, world.willow)[-1] == (message_id, "message.withdrawn", None)

    def test_while_a_volunteer_holds_the_case(self, world: World) -> None:
        """The author may change their mind at any time; the volunteer's decision then finds nothing to decide."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        withdraw(world, world.robin, message_id)
        with pytest.raises(Conflict):
            release(world, world.volunteer, case)
        assert world.message(message_id).state is MessageState.WITHDRAWN
        assert texts_in_room(world, world.willow) == []

    def test_care_for_the_author_goes_on(self, world: World) -> None:
        """Taking a crisis message back does not close the care case."""
        message_id = world.say(world.robin, IN_CRISIS)
        withdraw(world, world.robin, message_id)
        assert set(open_cases(world, message_id)) == {Lane.CARE}

    def test_refusals(self, world: World) -> None:
        """A stale version, somebody else's message, a circle one has left."""
        message_id = world.say(world.robin, "hello")
        version = world.message(message_id).version
        with pytest.raises(Conflict):
            messages.withdraw(world.db, world.robin, message_id, version=version + 1, now=world.now)
        with pytest.raises(NotFound):
            withdraw(world, world.willow, message_id)
        with pytest.raises(NotFound):
            messages.withdraw(world.db, world.robin, 999_999, version=1, now=world.now)
        circles.leave(world.db, world.robin, world.circle_id, now=world.now)
        with pytest.raises(NotFound):
            withdraw(world, world.robin, message_id)
        assert world.message(message_id).state is MessageState.DELIVERED
