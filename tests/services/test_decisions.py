"""What a person decides about a message, when it takes effect, what it does, and how it is undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from models import MessageState, Role
from models.case import CaseOutcome, CaseState, Consequence, Decision
from moderation.taxonomy import Lane
from support_app.errors import Banned, Conflict, Forbidden, Invalid, NotFound
from support_app.services import accounts, case_view, cases_feed, circles, decisions, events, invariants, leases, messages
from support_app.services.decisions import Ruling
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.services.steps import REASON, case_row, decide, look_after, open_cases, release, return_it, steps_of, take

LATER = timedelta(seconds=10)
BOTH = f"{UNKIND}. {IN_CRISIS}"


def facts_of(world: World, message_id: int) -> events.NoticeFacts:
    return events.facts_for(world.db, [message_id], now=world.now)[message_id]


class TestReturn:
    def test_gives_reason_and_rule_to_the_author(self, world: World) -> None:
        """And to nobody else: the circle learns nothing."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        return_it(world, world.volunteer, case, reason=f"  {REASON}  ")
        facts = facts_of(world, message_id)
        assert (facts.state, facts.return_reason, facts.return_rule) == (MessageState.RETURNED, REASON, "kindness")
        assert (facts.return_rules_version, facts.return_role, facts.consequence) == (1, Role.VOLUNTEER, Consequence.NONE)
        assert events.catch_up(world.db, world.willow, world.circle_id, after=0, limit=10, now=world.now).events == []
        assert (case_row(world, case.id).state, case_row(world, case.id).outcome) == (CaseState.CLOSED, CaseOutcome.RETURNED)

    @pytest.mark.parametrize("lane", list(Lane))
    def test_the_reason_arrives_whichever_case_was_decided(self, world: World, lane: Lane) -> None:
        """With a case in each lane, the author reads the words of the person who returned it; care for them goes on."""
        message_id = world.say(world.robin, BOTH)
        return_it(world, world.volunteer, take(world, world.volunteer, message_id, lane=lane))
        facts = facts_of(world, message_id)
        assert (facts.return_reason, facts.return_rule, facts.care) == (REASON, "kindness", True)
        assert set(open_cases(world, message_id)) == {Lane.CARE}

    @pytest.mark.parametrize(("length", "fits"), [(9, False), (10, True), (500, True), (501, False)])
    def test_reasons_have_a_length(self, small_world: World, length: int, *, fits: bool) -> None:
        """Too short says nothing to the author, too long nobody reads; spaces around do not count."""
        message_id = small_world.say(small_world.robin, UNKIND)
        case = take(small_world, small_world.volunteer, message_id)
        reason = " " + "x" * length + " "
        if fits:
            return_it(small_world, small_world.volunteer, case, reason=reason)
        else:
            with pytest.raises(Invalid):
                return_it(small_world, small_world.volunteer, case, reason=reason)
        assert (small_world.message(message_id).state is MessageState.RETURNED) is fits

    @pytest.mark.parametrize("gap", ["You wrote [what exactly] to somebody.", "Dear {name}, please say it again.", "Please leave out ____ next time."])
    def test_gaps_of_a_template_are_refused(self, small_world: World, gap: str) -> None:
        """Nobody reads brackets where words about them should stand."""
        case = take(small_world, small_world.volunteer, small_world.say(small_world.robin, UNKIND))
        with pytest.raises(Invalid):
            return_it(small_world, small_world.volunteer, case, reason=gap)

    def test_rules_that_do_not_exist_are_refused(self, small_world: World) -> None:
        """A return names one of the rules that members can read."""
        case = take(small_world, small_world.volunteer, small_world.say(small_world.robin, UNKIND))
        with pytest.raises(Invalid):
            return_it(small_world, small_world.volunteer, case, rule="mood")


class TestConsequences:
    def test_a_warning_is_in_the_notice(self, world: World) -> None:
        """The author reads that it is one; seat and account stay."""
        message_id = world.say(world.robin, UNKIND)
        return_it(world, world.volunteer, take(world, world.volunteer, message_id), consequence=Consequence.WARNING)
        assert facts_of(world, message_id).consequence is Consequence.WARNING
        world.send(world.robin, "I am sorry")

    def test_a_removal_ends_the_seat_for_good(self, world: World) -> None:
        """No message, no way back into this circle; the other circles stay open, and nobody else's seat moves."""
        message_id = world.say(world.robin, UNKIND)
        waiting = world.send(world.robin, "not screened yet").id
        return_it(world, world.volunteer, take(world, world.volunteer, message_id), consequence=Consequence.REMOVAL)
        world.screen()
        assert world.message(waiting).state is MessageState.WITHDRAWN
        with pytest.raises(NotFound):
            world.send(world.robin, "let me back in")
        with pytest.raises(Forbidden):
            circles.join(world.db, world.robin, world.circle_id, now=world.now)
        circles.join(world.db, world.robin, world.make_circle("Morning circle"), now=world.now)
        world.send(world.willow, "still here")

    def test_only_a_lead_closes_an_account(self, world: World) -> None:
        """A volunteer is refused; after a lead's decision the session is over."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        with pytest.raises(Forbidden):
            return_it(world, world.volunteer, case, consequence=Consequence.BAN)
        leases.give_back(world.db, world.volunteer, case.id, now=world.now)
        lead = world.person("Kestrel", role=Role.LEAD)
        return_it(world, lead, take(world, lead, message_id), consequence=Consequence.BAN)
        with pytest.raises(Banned):
            accounts.open_session(world.db, user_id=world.robin.user_id, now=world.now, days=1)


class TestUndo:
    def test_nothing_leaves_before_its_time(self, world: World) -> None:
        """A decision waits: the message is held, the circle sees nothing, the author reads that somebody looks at it."""
        message_id = world.say(world.robin, UNKIND)
        decide(world, world.volunteer, take(world, world.volunteer, message_id), Ruling(Decision.RELEASE), undo_for=LATER)
        world.pass_time(seconds=9)
        assert decisions.apply_due(world.db, now=world.now) == 0
        assert (world.message(message_id).state, facts_of(world, message_id).being_read) == (MessageState.HELD, True)
        world.pass_time(seconds=1)
        assert decisions.apply_due(world.db, now=world.now) == 1
        assert world.message(message_id).state is MessageState.DELIVERED
        assert decisions.apply_due(world.db, now=world.now) == 0

    def test_undone_is_as_before(self, world: World) -> None:
        """The case is its decider's again, and another decision counts."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        decide(world, world.volunteer, case, Ruling(Decision.RELEASE), undo_for=LATER)
        decisions.undo(world.db, world.volunteer, case.id, now=world.now)
        world.pass_time(seconds=60)
        assert decisions.apply_due(world.db, now=world.now) == 0
        return_it(world, world.volunteer, case_row(world, case.id))
        assert world.message(message_id).state is MessageState.RETURNED
        assert steps_of(world, case.id) == ["opened", "claimed", "revealed", "decided", "undone", "decided", "returned"]

    def test_only_by_who_decided_and_only_in_time(self, world: World) -> None:
        """Nobody undoes a colleague's decision, and nobody undoes what may have left."""
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        decide(world, world.volunteer, case, Ruling(Decision.RELEASE), undo_for=LATER)
        with pytest.raises(Conflict):
            decisions.undo(world.db, world.other_volunteer, case.id, now=world.now)
        world.pass_time(seconds=10)
        with pytest.raises(Conflict):
            decisions.undo(world.db, world.volunteer, case.id, now=world.now)

    def test_a_decided_case_is_nobodys_to_take(self, world: World) -> None:
        """Neither by hand nor as the next one, nor when the decider's lease would have run out."""
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        decide(world, world.volunteer, case, Ruling(Decision.RELEASE), undo_for=timedelta(seconds=60))
        world.pass_time(seconds=leases.LEASE_SECONDS)
        with pytest.raises(Conflict):
            leases.claim(world.db, world.other_volunteer, case.id, now=world.now)

    def test_what_its_author_took_back_is_not_delivered(self, world: World) -> None:
        """Between the decision and its effect the author changed their mind: it stays theirs."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        decide(world, world.volunteer, case, Ruling(Decision.RELEASE), undo_for=LATER)
        messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        world.pass_time(seconds=10)
        decisions.apply_due(world.db, now=world.now)
        assert (world.message(message_id).state, case_row(world, case.id).outcome) == (MessageState.WITHDRAWN, CaseOutcome.WITHDRAWN)


class TestFitting:
    def test_a_stale_version_is_refused(self, world: World) -> None:
        """A decision about a case that changed since the page was loaded does not count."""
        message_id = world.say(world.robin, UNKIND)
        stale = take(world, world.volunteer, message_id)
        leases.claim(world.db, world.volunteer, stale.id, now=world.now)
        leases.reveal(world.db, world.volunteer, stale.id, now=world.now)
        for attempt in (release, return_it):
            with pytest.raises(Conflict):
                attempt(world, world.volunteer, stale)
        assert world.message(message_id).state is MessageState.HELD

    def test_care_is_not_a_reason_to_take_words_away(self, world: World) -> None:
        """A care case about a delivered message offers neither release nor return."""
        case = take(world, world.volunteer, world.say(world.robin, IN_CRISIS), lane=Lane.CARE)
        for attempt in (release, return_it):
            with pytest.raises(Conflict):
                attempt(world, world.volunteer, case)

    def test_held_words_are_not_left_in_the_circle(self, world: World) -> None:
        """Keeping is for words that the circle sees."""
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        with pytest.raises(Conflict):
            decide(world, world.volunteer, case, Ruling(Decision.KEEP))

    def test_released_words_leave_the_care_case_with_who_decided(self, world: World) -> None:
        """The words are out; the person still needs somebody, and somebody has them."""
        message_id = world.say(world.robin, BOTH)
        case = take(world, world.volunteer, message_id, lane=Lane.CARE)
        release(world, world.volunteer, case)
        rest = open_cases(world, message_id)
        assert (set(rest), rest[Lane.CARE].owner_id) == ({Lane.CARE}, world.volunteer.user_id)
        look_after(world, world.volunteer, rest[Lane.CARE])

    def test_two_decisions_at_once(self, postgres, world: World) -> None:
        """Release in one window and return in another of the same volunteer: exactly one counts."""
        message_id, start = world.say(world.robin, UNKIND), Barrier(2)
        case = take(world, world.volunteer, message_id)

        def press(how) -> bool:
            start.wait()
            try:
                how(world, world.volunteer, case)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(press, (release, return_it))) == [False, True]
        assert world.message(message_id).state in {MessageState.DELIVERED, MessageState.RETURNED}


class TestQueue:
    def test_most_urgent_first(self, world: World) -> None:
        """By level and waiting, over both lanes; among equals by the end of each case's clock."""
        mild = world.say(world.robin, BORDERLINE)
        messages.send_on(world.db, world.robin, mild, version=world.message(mild).version, now=world.now)
        world.pass_time(seconds=30)
        targeted = world.say(world.robin, UNKIND)
        care = world.say(world.willow, IN_CRISIS)
        queue = case_view.queue(world.db, world.volunteer, now=world.now)
        assert [view.message.id for view in queue] == [targeted, care, mild]

    def test_closed_cases_are_not_in_it(self, world: World) -> None:
        """What is decided is gone."""
        release(world, world.volunteer, take(world, world.volunteer, world.say(world.robin, UNKIND)))
        assert case_view.queue(world.db, world.volunteer, now=world.now) == []

    def test_earlier_cases_of_the_author_are_counted(self, world: World) -> None:
        """In the same circle and the same lane, for whoever has read the message."""
        return_it(world, world.volunteer, take(world, world.volunteer, world.say(world.robin, UNKIND)))
        world.say(world.robin, IN_CRISIS)
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        earlier = case_view.case_view(world.db, world.volunteer, case.id, now=world.now).earlier
        assert [(row.outcome, row.number) for row in earlier] == [(CaseOutcome.RETURNED, 1)]

    def test_what_pages_are_told_live_holds_no_text(self, world: World) -> None:
        """Lane, level, state and clock; nothing anybody wrote and nobody's name."""
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        (payload,) = cases_feed.case_payloads(world.db, [case.id, 999_999])
        assert set(payload) == {"id", "lane", "level", "state", "due_at"}
        assert cases_feed.case_payloads(world.db, []) == []


def test_a_case_is_what_its_activities_left(world: World) -> None:
    """State, level and owner follow from the history; a row changed behind its back is found."""
    message_id = world.say(world.robin, BOTH)
    release(world, world.volunteer, take(world, world.volunteer, message_id))
    look_after(world, world.other_volunteer, take(world, world.other_volunteer, message_id, lane=Lane.CARE))
    take(world, world.volunteer, world.say(world.robin, UNKIND))
    assert invariants.check_invariants(world.db).problems == []
    with world.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cases SET owner_id = NULL, lease_token = NULL, lease_until = NULL WHERE state = 'open'")
    assert "not as its last activity left it" in str(invariants.check_invariants(world.db).problems)
