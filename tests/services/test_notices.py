"""What authors are told about their messages: at every moment something true, and what they can do."""

import pytest

from models import HoldReason, MessageState
from moderation.taxonomy import Label, Lane
from support_app.services import appeals, events, leases, messages, own
from support_app.services.notices import ACTIONS, NoticeFacts
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.services.steps import release, return_it, take


def facts(world: World, message_id: int) -> NoticeFacts:
    return events.facts_for(world.db, [message_id], now=world.now)[message_id]


def test_every_state_says_what_can_be_done() -> None:
    """No state is missing, and only a nudged message can be sent on."""
    assert set(ACTIONS) == set(MessageState)
    assert [state for state, actions in ACTIONS.items() if "send_on" in actions] == [MessageState.NUDGED]


@pytest.mark.parametrize("state", list(MessageState))
def test_the_actions_offered_are_the_actions_accepted(world: World, state: MessageState) -> None:
    """Whatever the page offers works; that is what `actions` promises."""
    made = {
        MessageState.PENDING: lambda: world.send(world.robin, "hello").id,
        MessageState.DELIVERED: lambda: world.say(world.robin, "hello"),
        MessageState.NUDGED: lambda: world.say(world.robin, BORDERLINE),
        MessageState.HELD: lambda: world.say(world.robin, UNKIND),
        MessageState.RETURNED: lambda: returned(world),
        MessageState.WITHDRAWN: lambda: withdrawn(world),
    }
    tried = {"edit": edit, "withdraw": lambda w, i: messages.withdraw(w.db, w.robin, i, version=w.message(i).version, now=w.now), "send_on": send_on}
    tried["appeal"] = lambda w, i: appeals.appeal(w.db, w.robin, i, note="", version=w.message(i).version, now=w.now)
    for action in ACTIONS[state]:
        message_id = made[state]()
        assert facts(world, message_id).state is state
        assert action in facts(world, message_id).actions
        tried[action](world, message_id)
        assert state is MessageState.DELIVERED or world.message(message_id).state is not state


def edit(world: World, message_id: int) -> None:
    new = {"client_id": "00000000-0000-4000-8000-00000000000" + str(message_id % 10), "text": "kinder", "version": world.message(message_id).version}
    messages.edit(world.db, world.robin, message_id, **new, limiter=world.limiter, now=world.now)


def send_on(world: World, message_id: int) -> None:
    messages.send_on(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)


def returned(world: World) -> int:
    message_id = world.say(world.robin, UNKIND)
    case = take(world, world.volunteer, message_id)
    return_it(world, world.volunteer, case)
    return message_id


def withdrawn(world: World) -> int:
    message_id = world.say(world.robin, UNKIND)
    messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
    return message_id


class TestFacts:
    def test_held(self, world: World) -> None:
        """Why, by which rules, and since when."""
        told = facts(world, world.say(world.robin, UNKIND))
        assert (told.hold_reason, told.reason_codes, told.rules_version, told.since) == (HoldReason.SCREENED, ("harassment",), 1, world.now)
        assert (told.care, told.care_code) == (False, None)

    def test_delivered_in_crisis(self, world: World) -> None:
        """The care card comes with the delivery."""
        told = facts(world, world.say(world.robin, IN_CRISIS))
        assert (told.state, told.care, told.care_code, told.care_dismissed) == (MessageState.DELIVERED, True, "crisis", False)

    def test_the_most_urgent_care_reason_leads(self, world: World) -> None:
        """Acute danger is answered as acute danger, even beside worry about somebody else."""
        world.classify_with(lambda _: dict.fromkeys(Label, 0.01) | {Label.IMMINENT: 0.9, Label.CRISIS: 0.9, Label.CONCERN: 0.9})
        assert facts(world, world.say(world.robin, "hello")).care_code == "imminent"

    def test_held_in_crisis_keeps_its_care_whatever_is_decided(self, world: World) -> None:
        """Released or returned, the author is not left alone with the decision; a withdrawn one is silent."""
        both = f"{UNKIND}. {IN_CRISIS}"
        held = world.say(world.robin, both)
        assert facts(world, held).care
        case = take(world, world.volunteer, held)
        release(world, world.volunteer, case)
        assert facts(world, held).care
        messages.withdraw(world.db, world.robin, held, version=world.message(held).version, now=world.now)
        assert not facts(world, held).care

    def test_being_read_ends_with_the_lease(self, world: World) -> None:
        """Nobody is told that a person reads when the claim has run out."""
        message_id = world.say(world.robin, UNKIND)
        take(world, world.volunteer, message_id)
        assert facts(world, message_id).being_read
        world.pass_time(seconds=leases.LEASE_SECONDS)
        assert not facts(world, message_id).being_read

    def test_several_at_once(self, world: World) -> None:
        """Each message its own facts; unknown ids have none."""
        ids = [world.say(world.robin, text) for text in ("hello", UNKIND, BORDERLINE)]
        found = events.facts_for(world.db, [*ids, 999_999], now=world.now)
        assert [found[item].state for item in ids] == [MessageState.DELIVERED, MessageState.HELD, MessageState.NUDGED]
        assert len(found) == 3
        assert events.facts_for(world.db, [], now=world.now) == {}


class TestOwnDecisions:
    def test_everything_that_was_not_simply_delivered(self, world: World) -> None:
        """Newest first, with one's own words; nothing of anybody else."""
        world.say(world.robin, "hello")
        flagged = [world.say(world.robin, text) for text in (UNKIND, BORDERLINE, IN_CRISIS)]
        world.say(world.willow, UNKIND)
        shown = own.decisions(world.db, world.robin, now=world.now)
        assert [(item.facts.message_id, item.text, item.circle_name) for item in shown] == [
            (message_id, text, "Evening circle") for message_id, text in zip(reversed(flagged), (IN_CRISIS, BORDERLINE, UNKIND), strict=True)
        ]

    def test_stays_after_a_release(self, world: World) -> None:
        """What had been held can still be looked up."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id, lane=Lane.CONDUCT)
        release(world, world.volunteer, case)
        assert [item.facts.message_id for item in own.decisions(world.db, world.robin, now=world.now)] == [message_id]
