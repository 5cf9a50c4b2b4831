"""Reports of members: one tap, a person looks, the reporter sees it; and words that the circle has seen can go and come back."""

from itertools import pairwise

import pytest

from models import MessageState
from models.case import CaseOrigin, Decision
from moderation.taxonomy import Lane
from support_app.errors import Conflict, ConflictOfInterest, NotFound, RateLimited
from support_app.limits import rate_limiter
from support_app.services import appeals, case_view, circles, events, invariants, leases, messages, reports
from support_app.services.decisions import Ruling
from support_app.services.reports import ReportState
from tests.factories import UNKIND, World
from tests.services.steps import case_row, decide, open_cases, release, return_it, steps_of, take

HURTFUL = "some people should just stay at home"  # the classifier of these tests finds nothing in it


def report(world: World, actor, message_id: int) -> None:
    reports.report(world.db, actor, message_id, limiter=world.limiter, now=world.now)


def states(world: World, actor) -> list[ReportState]:
    return [item.state for item in reports.own_reports(world.db, actor, now=world.now)]


def room(world: World, actor) -> list[dict]:
    return events.catch_up(world.db, actor, world.circle_id, after=0, limit=50, now=world.now).events


@pytest.fixture
def reported(world: World) -> int:
    """A message of Robin's that Willow has reported."""
    message_id = world.say(world.robin, HURTFUL)
    report(world, world.willow, message_id)
    return message_id


class TestReporting:
    def test_brings_a_person(self, world: World, reported: int) -> None:
        """The message stays until somebody has looked; the case says that it was reported, and by whom it does not say."""
        case = open_cases(world, reported)[Lane.CONDUCT]
        assert (case.origin, world.message(reported).state) == (CaseOrigin.REPORT, MessageState.DELIVERED)
        history = case_view.case_view(world.db, world.volunteer, case.id, now=world.now).history
        assert {row.actor_name for row in history} == {None}

    def test_is_followed_by_who_reported(self, world: World, reported: int) -> None:
        """Received, read, done; and nobody else sees it."""
        seen = [states(world, world.willow)]
        case = take(world, world.volunteer, reported)
        seen.append(states(world, world.willow))
        decide(world, world.volunteer, case, Ruling(Decision.KEEP))
        seen.append(states(world, world.willow))
        assert seen == [[ReportState.RECEIVED], [ReportState.READ], [ReportState.DONE]]
        assert states(world, world.robin) == []
        assert world.message(reported).state is MessageState.DELIVERED

    def test_twice_is_once(self, world: World, reported: int) -> None:
        """By the same person; a second person joins the same case."""
        report(world, world.willow, reported)
        lark = world.person("Lark", seat_in=world.circle_id)
        report(world, lark, reported)
        case = open_cases(world, reported)[Lane.CONDUCT]
        assert steps_of(world, case.id) == ["opened", "reported", "reported"]

    def test_only_what_one_sees(self, world: World) -> None:
        """Not one's own message, not a held one, nothing of another circle."""
        mine, held = world.say(world.willow, "hello"), world.say(world.robin, UNKIND)
        stranger = world.person("Stranger")
        for actor, message_id, refusal in (
            (world.willow, mine, Conflict),
            (world.willow, held, NotFound),
            (stranger, mine, NotFound),
            (world.willow, 999, NotFound),
        ):
            with pytest.raises(refusal):
                report(world, actor, message_id)

    def test_has_a_limit(self, world: World) -> None:
        """Nobody floods the volunteers."""
        limiter = rate_limiter("2/minute")
        ids = [world.say(world.robin, f"line {number}") for number in range(3)]
        for message_id in ids[:2]:
            reports.report(world.db, world.willow, message_id, limiter=limiter, now=world.now)
        with pytest.raises(RateLimited):
            reports.report(world.db, world.willow, ids[2], limiter=limiter, now=world.now)

    def test_nobody_decides_about_their_own_report(self, world: World, reported: int) -> None:
        """A volunteer who reported something as a member leaves the decision to others."""
        circle = world.make_circle("Morning circle")
        harbour = world.volunteer
        for actor in (harbour, world.robin):
            circles.join(world.db, actor, circle, now=world.now)
        message_id = world.send(world.robin, HURTFUL, circle_id=circle).id
        world.screen()
        report(world, harbour, message_id)
        circles.leave(world.db, harbour, circle, now=world.now)
        with pytest.raises(ConflictOfInterest):
            leases.claim(world.db, harbour, open_cases(world, message_id)[Lane.CONDUCT].id, now=world.now)


class TestTakingOut:
    def test_ends_it_for_the_circle(self, world: World, reported: int) -> None:
        """Nobody reads it any more, live or later, and the event says that it was the team and not its author."""
        return_it(world, world.volunteer, take(world, world.volunteer, reported))
        new, gone = room(world, world.willow)
        assert (new["text"], gone["type"], gone["by"]) == (None, "message.withdrawn", "team")
        facts = events.facts_for(world.db, [reported], now=world.now)[reported]
        assert (facts.state, facts.actions) == (MessageState.RETURNED, ("withdraw", "appeal"))
        assert invariants.check_invariants(world.db).problems == []

    def test_takes_its_earlier_revisions_too(self, world: World) -> None:
        """A message that was edited is one message."""
        message_id = world.say(world.robin, "hello")
        new = {"client_id": "6e0a7f1e-8f5e-4c58-9d6e-0a2b6f3e1c11", "text": HURTFUL, "version": world.message(message_id).version}
        messages.edit(world.db, world.robin, message_id, **new, limiter=world.limiter, now=world.now)
        world.screen()
        report(world, world.willow, message_id)
        (case,) = case_view.queue(world.db, world.volunteer, now=world.now)
        return_it(world, world.volunteer, take(world, world.volunteer, case.message.id))
        assert {event.get("text") for event in room(world, world.willow)} == {None}

    def test_can_be_taken_back_by_another_person(self, world: World, reported: int) -> None:
        """After an appeal it stands again where it stood; the numbers of the circle stay whole."""
        world.say(world.willow, "something later")
        return_it(world, world.volunteer, take(world, world.volunteer, reported))
        message = world.message(reported)
        appeals.appeal(world.db, world.robin, reported, note="It was about the weather.", version=message.version, now=world.now)
        release(world, world.other_volunteer, take(world, world.other_volunteer, reported))
        assert (world.message(reported).state, world.message(reported).seq) == (MessageState.DELIVERED, message.seq)
        log = room(world, world.willow)
        assert (log[0]["text"], log[-1]["type"], log[-1]["text"]) == (HURTFUL, "message.restored", HURTFUL)
        assert all(after["event"] == before["event"] + 1 for before, after in pairwise(log))
        assert invariants.check_invariants(world.db).problems == []


class TestAppeal:
    @pytest.fixture
    def returned(self, world: World) -> int:
        message_id = world.say(world.robin, UNKIND)
        return_it(world, world.volunteer, take(world, world.volunteer, message_id))
        return message_id

    def appeal(self, world: World, message_id: int, actor=None) -> None:
        version = world.message(message_id).version
        appeals.appeal(world.db, actor or world.robin, message_id, note="", version=version, now=world.now)

    def test_goes_to_another_person(self, world: World, returned: int) -> None:
        """Who returned it can neither take nor decide it; the author is told that another person reads it."""
        self.appeal(world, returned)
        case = open_cases(world, returned)[Lane.CONDUCT]
        with pytest.raises(ConflictOfInterest):
            leases.claim(world.db, world.volunteer, case.id, now=world.now)
        facts = events.facts_for(world.db, [returned], now=world.now)[returned]
        assert (facts.state, facts.appealed) == (MessageState.HELD, True)
        release(world, world.other_volunteer, take(world, world.other_volunteer, returned))
        assert [event["text"] for event in room(world, world.willow)] == [UNKIND]

    def test_is_made_once(self, world: World, returned: int) -> None:
        """The second decision stands."""
        self.appeal(world, returned)
        return_it(world, world.other_volunteer, take(world, world.other_volunteer, returned))
        assert "appeal" not in events.facts_for(world.db, [returned], now=world.now)[returned].actions
        with pytest.raises(Conflict):
            self.appeal(world, returned)

    def test_is_the_authors(self, world: World, returned: int) -> None:
        """Nobody else appeals for them, and there is nothing to appeal against before a decision."""
        with pytest.raises(NotFound):
            self.appeal(world, returned, world.willow)
        with pytest.raises(Conflict):
            self.appeal(world, world.say(world.robin, UNKIND))

    def test_what_was_released_is_not_held_again(self, world: World, returned: int) -> None:
        """The same words of the same author go through, screened like all; of somebody else they are held as before."""
        self.appeal(world, returned)
        release(world, world.other_volunteer, take(world, world.other_volunteer, returned))
        again, other = world.say(world.robin, UNKIND), world.say(world.willow, UNKIND)
        assert (world.message(again).state, world.message(other).state) == (MessageState.DELIVERED, MessageState.HELD)
        assert world.message(again).screening is not None
        assert case_row(world, open_cases(world, other)[Lane.CONDUCT].id).origin is CaseOrigin.SCREENING
