"""What authors do with words they have sent: change them."""

from uuid import uuid4

import pytest

from models import MessageState
from support_app.errors import Blank, Conflict, NotFound, TooLong
from tests.factories import BORDERLINE, UNKIND, World
from tests.services.message_steps import count, edit, texts_in_room, withdraw
from tests.services.steps import open_cases, release, return_it, take


class TestEdit:
    def test_a_delivered_message_stays_until_the_new_text_was_screened(self, world: World) -> None:
        """Others keep reading the old text, then see the new one under the same message."""
        message_id = world.say(world.robin, "I had a bad day")
        new_id = edit(world, world.robin, message_id, "I had a hard day")
        assert texts_in_room(world, world.willow) == [(message_id, "message.new", "I had a bad day")]
        world.screen()
        assert texts_in_room(world, world.willow) == [(message_id, "message.new", None), (message_id, "message.edited", "I had a hard day")]
        row = world.message(new_id)
        assert (row.revises_id, row.revision, row.seq) == (message_id, 2, 2)

    def test_an_unkind_revision_is_held_and_the_old_text_stays(self, world: World) -> None:
        """Nothing gets past screening by being an edit."""
        message_id = world.say(world.robin, "hello")
        new_id = edit(world, world.robin, message_id, UNKIND)
        world.screen()
        assert world.message(new_id).state is MessageState.HELD
        assert texts_in_room(world, world.willow) == [(message_id, "message.new", "hello")]
        case = take(world, world.volunteer, new_id)
        release(world, world.volunteer, case)
        assert texts_in_room(world, world.willow)[-1] == (message_id, "message.edited", UNKIND)

    @pytest.mark.parametrize("text", [UNKIND, BORDERLINE])
    def test_what_nobody_saw_is_taken_back_and_sent_anew(self, world: World, text: str) -> None:
        """Editing a held or nudged message leaves no case behind, and the new text is a message of its own."""
        message_id = world.say(world.robin, text)
        new_id = edit(world, world.robin, message_id, "let me say it differently")
        assert world.message(message_id).state is MessageState.WITHDRAWN
        assert open_cases(world, message_id) == {}
        world.screen()
        assert texts_in_room(world, world.willow) == [(new_id, "message.new", "let me say it differently")]

    def test_pending_and_returned_messages_can_be_edited(self, world: World) -> None:
        """Before screening, and after a volunteer gave it back."""
        pending = world.send(world.robin, "hello").id
        kept = edit(world, world.robin, pending, "hello all")
        returned = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, returned)
        reason = "This reads as an attack on one person."
        return_it(world, world.volunteer, case, reason=reason)
        resent = edit(world, world.robin, returned, "I was hurt by that")
        world.screen()
        assert [text for *_, text in texts_in_room(world, world.willow)] == ["hello all", "I was hurt by that"]
        assert {world.message(old).state for old in (pending, returned)} == {MessageState.WITHDRAWN}
        assert {world.message(new).revises_id for new in (kept, resent)} == {None}

    def test_editing_a_revision_that_nobody_saw_keeps_it_a_revision(self, world: World) -> None:
        """A held edit that is edited again still belongs to the delivered message."""
        message_id = world.say(world.robin, "hello")
        held = edit(world, world.robin, message_id, UNKIND)
        world.screen()
        new_id = edit(world, world.robin, held, "hello again")
        world.screen()
        assert (world.message(new_id).revises_id, world.message(new_id).revision) == (message_id, 3)
        assert world.message(held).state is MessageState.WITHDRAWN
        assert texts_in_room(world, world.willow)[-1] == (message_id, "message.edited", "hello again")

    def test_a_later_revision_wins_over_one_that_is_released_afterwards(self, world: World) -> None:
        """When an older held revision is released after a newer one was delivered, the room keeps the newer text."""
        message_id = world.say(world.robin, "hello")
        held = edit(world, world.robin, message_id, UNKIND)
        world.screen()
        edit(world, world.robin, message_id, "the newest")
        world.screen()
        case = take(world, world.volunteer, held)
        release(world, world.volunteer, case)
        shown = [text for _, _, text in texts_in_room(world, world.willow) if text is not None]
        assert shown == ["the newest"]

    def test_the_same_edit_twice_is_one_revision(self, world: World) -> None:
        """A lost answer does not make a second revision, even though the version has moved on."""
        message_id, client_id = world.say(world.robin, UNKIND), str(uuid4())
        version = world.message(message_id).version
        ids = [edit(world, world.robin, message_id, "kinder", client_id=client_id, version=version) for _ in range(2)]
        assert ids[0] == ids[1]
        assert count(world) == 2
        with pytest.raises(Conflict):
            edit(world, world.robin, message_id, "something else", client_id=client_id)

    def test_refusals(self, world: World) -> None:
        """A stale version, a withdrawn message, somebody else's message, a text that does not fit."""
        message_id = world.say(world.robin, "hello")
        version = world.message(message_id).version
        with pytest.raises(Conflict):
            edit(world, world.robin, message_id, "new", version=version - 1)
        with pytest.raises(NotFound):
            edit(world, world.willow, message_id, "new")
        with pytest.raises(Blank):
            edit(world, world.robin, message_id, " ")
        with pytest.raises(TooLong):
            edit(world, world.robin, message_id, "x" * 2001)
        withdraw(world, world.robin, message_id)
        with pytest.raises(Conflict):
            edit(world, world.robin, message_id, "new")
        assert count(world) == 1
