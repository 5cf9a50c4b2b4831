"""What volunteers do: claim with a lease, read, decide, give back; and who may not."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from models import AuditEntry, MessageState, Role
from models.case import CaseOutcome, CaseState
from models.decision import CaseAction
from moderation.taxonomy import Lane
from support_app.errors import Claimed, Conflict, ConflictOfInterest, Forbidden, Invalid, LeaseLost, NotFound, NotSignedIn
from support_app.services import accounts, cases, cases_feed, circles, events, messages
from support_app.services.cases import LEASE_SECONDS
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases, steps_of, take

REASON = "This reads as an attack on one person here."


def conduct_case(world: World) -> int:
    """A held message of Robin's, as the case it makes."""
    return open_cases(world, world.say(world.robin, UNKIND))[Lane.CONDUCT].id


def release(world: World, actor, case_id: int, *, version: int | None = None) -> None:
    cases.release(world.db, actor, case_id, version=version or case_row(world, case_id).version, now=world.now)


def return_it(world: World, actor, case_id: int, **changes) -> None:
    decision = {"version": case_row(world, case_id).version, "reason": REASON, "rule": "kindness"} | changes
    cases.return_message(world.db, actor, case_id, **decision, now=world.now)


def acknowledge(world: World, actor, case_id: int) -> None:
    cases.acknowledge(world.db, actor, case_id, version=case_row(world, case_id).version, now=world.now)


def decisions_about(world: World, actor, case_id: int) -> list:
    """Every way to decide or touch a case, as calls."""
    return [
        lambda: cases.claim(world.db, actor, case_id, now=world.now),
        lambda: cases.keep_alive(world.db, actor, case_id, now=world.now),
        lambda: cases.give_back(world.db, actor, case_id, now=world.now),
        lambda: cases.reveal(world.db, actor, case_id, now=world.now),
        lambda: release(world, actor, case_id),
        lambda: return_it(world, actor, case_id),
        lambda: acknowledge(world, actor, case_id),
    ]


class TestWhoMay:
    def test_only_volunteers_and_leads(self, world: World) -> None:
        """Members and admins neither see the queue nor touch a case."""
        case_id = conduct_case(world)
        for actor in (world.willow, world.robin, world.admin):
            looks = [lambda a=actor: cases.queue(world.db, a, now=world.now), lambda a=actor: cases.case_view(world.db, a, case_id, now=world.now)]
            for attempt in [*looks, *decisions_about(world, actor, case_id)]:
                with pytest.raises(Forbidden):
                    attempt()
        lead = world.person("Kestrel", role=Role.LEAD)
        assert [view.case.id for view in cases.queue(world.db, lead, now=world.now)] == [case_id]

    def test_nobody_decides_about_a_circle_they_sit_in(self, world: World) -> None:
        """The case is in their queue, marked, without text; somebody else decides."""
        case_id = conduct_case(world)
        circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        view = cases.case_view(world.db, world.volunteer, case_id, now=world.now)
        assert (view.conflict_of_interest, view.revealed, view.context) == (True, False, [])
        for attempt in decisions_about(world, world.volunteer, case_id):
            with pytest.raises(ConflictOfInterest):
                attempt()

    def test_joining_a_circle_ends_the_right_to_decide(self, world: World) -> None:
        """Somebody who takes a seat while holding a case loses it: no text, no decision."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        with pytest.raises(ConflictOfInterest):
            release(world, world.volunteer, case.id)
        assert cases.case_view(world.db, world.volunteer, case.id, now=world.now).revealed is False

    def test_nobody_decides_about_their_own_message(self, world: World) -> None:
        """Not even after leaving the circle it was written in."""
        circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        message_id = world.say(world.volunteer, UNKIND)
        circles.leave(world.db, world.volunteer, world.circle_id, now=world.now)
        with pytest.raises(ConflictOfInterest):
            cases.claim(world.db, world.volunteer, open_cases(world, message_id)[Lane.CONDUCT].id, now=world.now)
        take(world, world.other_volunteer, message_id)

    def test_the_role_counts_at_the_moment_of_deciding(self, world: World) -> None:
        """A volunteer whose role was changed while they hold a case decides nothing any more."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        accounts.set_role(world.db, world.admin, user_id=world.volunteer.user_id, role=Role.MEMBER, now=world.now)
        with pytest.raises(NotSignedIn):
            release(world, world.volunteer, case.id)

    def test_unknown_cases(self, world: World) -> None:
        """There is no such case."""
        with pytest.raises(NotFound):
            cases.claim(world.db, world.volunteer, 999_999, now=world.now)


class TestClaim:
    def test_gives_a_lease(self, world: World) -> None:
        """For five minutes the case is one person's, visibly for the others."""
        case_id = conduct_case(world)
        cases.claim(world.db, world.volunteer, case_id, now=world.now)
        view = cases.case_view(world.db, world.other_volunteer, case_id, now=world.now)
        assert (view.claimed, view.owner_name, view.claimed_by(world.volunteer), view.claimed_by(world.other_volunteer)) == (True, "Harbour", True, False)
        with pytest.raises(Claimed):
            cases.claim(world.db, world.other_volunteer, case_id, now=world.now)

    def test_runs_out(self, world: World) -> None:
        """After the lease another person may take it, and the first one's decision is refused."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        world.pass_time(seconds=LEASE_SECONDS)
        for attempt in decisions_about(world, world.volunteer, case.id)[1:]:
            with pytest.raises((LeaseLost, Conflict)):
                attempt()
        cases.claim(world.db, world.other_volunteer, case.id, now=world.now)
        with pytest.raises(Claimed):
            cases.claim(world.db, world.volunteer, case.id, now=world.now)
        assert world.message(message_id).state is MessageState.HELD

    def test_is_kept_alive(self, world: World) -> None:
        """An open page extends the lease; a stale page's decision still counts, since nobody changed the case."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        world.pass_time(seconds=LEASE_SECONDS - 1)
        until = cases.keep_alive(world.db, world.volunteer, case.id, now=world.now)
        assert (until - world.now).total_seconds() == LEASE_SECONDS
        world.pass_time(seconds=LEASE_SECONDS - 1)
        release(world, world.volunteer, case.id, version=case.version)
        assert world.message(message_id).state is MessageState.DELIVERED

    def test_is_given_back(self, world: World) -> None:
        """Without a reason; somebody else can take it at once."""
        case_id = conduct_case(world)
        cases.claim(world.db, world.volunteer, case_id, now=world.now)
        cases.give_back(world.db, world.volunteer, case_id, now=world.now)
        with pytest.raises(LeaseLost):
            cases.reveal(world.db, world.volunteer, case_id, now=world.now)
        cases.claim(world.db, world.other_volunteer, case_id, now=world.now)
        assert steps_of(world, case_id) == ["opened", "claimed", "given_back", "claimed"]

    def test_of_a_closed_case_is_refused(self, world: World) -> None:
        """What is decided stays decided."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        release(world, world.volunteer, case.id)
        for attempt in decisions_about(world, world.other_volunteer, case.id):
            with pytest.raises(Conflict):
                attempt()

    def test_of_two_people_exactly_one_wins(self, postgres, world: World) -> None:
        """Two volunteers press at the same moment, on both databases."""
        case_id, start = conduct_case(world), Barrier(2)

        def press(actor) -> str:
            start.wait()
            try:
                cases.claim(world.db, actor, case_id, now=world.now)
            except Claimed:
                return "claimed"
            return "won"

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(press, (world.volunteer, world.other_volunteer)))
        assert sorted(outcomes) == ["claimed", "won"]


class TestReveal:
    def test_text_is_there_only_after_asking(self, world: World) -> None:
        """Not in the queue, not on the case before, not for another volunteer, not after the lease."""
        world.say(world.willow, "good evening")
        message_id = world.say(world.robin, UNKIND)
        case_id = open_cases(world, message_id)[Lane.CONDUCT].id
        cases.claim(world.db, world.volunteer, case_id, now=world.now)
        assert cases.case_view(world.db, world.volunteer, case_id, now=world.now).revealed is False
        cases.reveal(world.db, world.volunteer, case_id, now=world.now)
        view = cases.case_view(world.db, world.volunteer, case_id, now=world.now)
        assert (view.revealed, view.message.text, [row.text for row in view.context]) == (True, UNKIND, ["good evening"])
        assert cases.case_view(world.db, world.other_volunteer, case_id, now=world.now).revealed is False
        world.pass_time(seconds=LEASE_SECONDS)
        assert cases.case_view(world.db, world.volunteer, case_id, now=world.now).revealed is False

    def test_every_claim_asks_anew(self, world: World) -> None:
        """Having read it once does not reveal it on the next claim."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        cases.give_back(world.db, world.volunteer, case.id, now=world.now)
        cases.claim(world.db, world.volunteer, case.id, now=world.now)
        assert cases.case_view(world.db, world.volunteer, case.id, now=world.now).revealed is False

    def test_who_read_what_is_on_record_once(self, world: World) -> None:
        """Asking twice is one reading."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        cases.reveal(world.db, world.volunteer, case.id, now=world.now)
        with world.db.read() as connection:
            actors = connection.execute(select(AuditEntry.actor_id).where(AuditEntry.action == "case.revealed")).scalars().all()
        assert actors == [world.volunteer.user_id]

    def test_no_decision_without_reading(self, world: World) -> None:
        """A case that was claimed but not read cannot be decided."""
        conduct = conduct_case(world)
        care = open_cases(world, world.say(world.robin, IN_CRISIS))[Lane.CARE].id
        for case_id, decide in ((conduct, release), (conduct, return_it), (care, acknowledge)):
            cases.claim(world.db, world.volunteer, case_id, now=world.now)
            with pytest.raises(Conflict):
                decide(world, world.volunteer, case_id)

    def test_context_is_what_the_circle_saw(self, world: World) -> None:
        """At most ten delivered messages before it; nothing held, later or from another circle."""
        other = world.make_circle("Morning circle")
        circles.join(world.db, world.willow, other, now=world.now)
        world.send(world.willow, "in another circle", circle_id=other)
        world.say(world.willow, UNKIND)
        for number in range(12):
            world.say(world.willow, f"line {number}")
        message_id = world.say(world.robin, UNKIND)
        world.say(world.willow, "afterwards")
        case = take(world, world.volunteer, message_id)
        context = cases.case_view(world.db, world.volunteer, case.id, now=world.now).context
        assert [row.text for row in context] == [f"line {number}" for number in range(2, 12)]


class TestDecisions:
    def test_a_stale_version_is_refused(self, world: World) -> None:
        """A decision about a case that changed since the page was loaded does not count."""
        message_id = world.say(world.robin, UNKIND)
        stale = take(world, world.volunteer, message_id)
        cases.claim(world.db, world.volunteer, stale.id, now=world.now)
        cases.reveal(world.db, world.volunteer, stale.id, now=world.now)
        for decide in (release, return_it):
            with pytest.raises(Conflict):
                decide(world, world.volunteer, stale.id, version=stale.version)
        assert world.message(message_id).state is MessageState.HELD

    def test_return_gives_reason_and_rule_to_the_author(self, world: World) -> None:
        """And to nobody else: the circle learns nothing."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        return_it(world, world.volunteer, case.id, reason=f"  {REASON}  ")
        facts = events.facts_for(world.db, [message_id], now=world.now)[message_id]
        assert (facts.state, facts.return_reason, facts.return_rule) == (MessageState.RETURNED, REASON, "kindness")
        assert events.catch_up(world.db, world.willow, world.circle_id, after=0, limit=10, now=world.now).events == []
        assert (case_row(world, case.id).state, case_row(world, case.id).outcome) == (CaseState.CLOSED, CaseOutcome.RETURNED)

    @pytest.mark.parametrize("lane", list(Lane))
    def test_the_reason_arrives_whichever_case_was_decided(self, world: World, lane: Lane) -> None:
        """With a case in each lane, the author reads the words of the person who returned it."""
        message_id = world.say(world.robin, f"{UNKIND}. {IN_CRISIS}")
        case = take(world, world.volunteer, message_id, lane=lane)
        return_it(world, world.volunteer, case.id)
        facts = events.facts_for(world.db, [message_id], now=world.now)[message_id]
        assert (facts.return_reason, facts.return_rule, facts.care) == (REASON, "kindness", True)

    @pytest.mark.parametrize(("length", "fits"), [(9, False), (10, True), (500, True), (501, False)])
    def test_reasons_have_a_length(self, small_world: World, length: int, *, fits: bool) -> None:
        """Too short says nothing to the author, too long nobody reads; spaces around do not count."""
        message_id = small_world.say(small_world.robin, UNKIND)
        case = take(small_world, small_world.volunteer, message_id)
        reason = " " + "x" * length + " "
        if fits:
            return_it(small_world, small_world.volunteer, case.id, reason=reason)
        else:
            with pytest.raises(Invalid):
                return_it(small_world, small_world.volunteer, case.id, reason=reason)
        assert (small_world.message(message_id).state is MessageState.RETURNED) is fits

    def test_rules_that_do_not_exist_are_refused(self, small_world: World) -> None:
        """A return names one of the rules that members can read."""
        case = take(small_world, small_world.volunteer, small_world.say(small_world.robin, UNKIND))
        with pytest.raises(Invalid):
            return_it(small_world, small_world.volunteer, case.id, rule="mood")

    def test_acknowledge_closes_a_care_case(self, world: World) -> None:
        """The message was delivered long ago; now somebody looks after its author."""
        case = take(world, world.volunteer, world.say(world.robin, IN_CRISIS), lane=Lane.CARE)
        acknowledge(world, world.volunteer, case.id)
        assert case_row(world, case.id).outcome is CaseOutcome.ACKNOWLEDGED
        assert steps_of(world, case.id) == ["opened", "claimed", "revealed", "acknowledged"]

    def test_acknowledge_does_not_leave_a_message_held(self, world: World) -> None:
        """Held words must be released or returned; conduct is decided, not acknowledged."""
        conduct = take(world, world.volunteer, world.say(world.robin, UNKIND))
        care = take(world, world.volunteer, world.say(world.robin, f"{UNKIND}. {IN_CRISIS}"), lane=Lane.CARE)
        for case in (conduct, care):
            with pytest.raises(Conflict):
                acknowledge(world, world.volunteer, case.id)

    def test_release_of_a_delivered_message_is_refused(self, world: World) -> None:
        """A care case about a delivered message is acknowledged; there is nothing to release or return."""
        case = take(world, world.volunteer, world.say(world.robin, IN_CRISIS), lane=Lane.CARE)
        for decide in (release, return_it):
            with pytest.raises(Conflict):
                decide(world, world.volunteer, case.id)

    def test_a_withdrawn_message_leaves_its_care_case_decidable(self, world: World) -> None:
        """The author took it back; a person still closes the care case."""
        message_id = world.say(world.robin, IN_CRISIS)
        messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        case = take(world, world.volunteer, message_id, lane=Lane.CARE)
        acknowledge(world, world.volunteer, case.id)
        assert open_cases(world, message_id) == {}

    def test_two_decisions_at_once(self, postgres, world: World) -> None:
        """Release in one window and return in another of the same volunteer: exactly one counts."""
        message_id, start = world.say(world.robin, UNKIND), Barrier(2)
        case = take(world, world.volunteer, message_id)

        def decide(how) -> bool:
            start.wait()
            try:
                how(world, world.volunteer, case.id, version=case.version)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(decide, (release, return_it))) == [False, True]
        assert world.message(message_id).state in {MessageState.DELIVERED, MessageState.RETURNED}


class TestQueue:
    def test_most_urgent_first(self, world: World) -> None:
        """By level and waiting, over both lanes; among equals by the end of each case's clock."""
        mild = world.say(world.robin, BORDERLINE)
        messages.send_on(world.db, world.robin, mild, version=world.message(mild).version, now=world.now)
        world.pass_time(seconds=30)
        targeted = world.say(world.robin, UNKIND)
        care = world.say(world.willow, IN_CRISIS)
        queue = cases.queue(world.db, world.volunteer, now=world.now)
        assert [view.message.id for view in queue] == [targeted, care, mild]

    def test_closed_cases_are_not_in_it(self, world: World) -> None:
        """What is decided is gone."""
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        release(world, world.volunteer, case.id)
        assert cases.queue(world.db, world.volunteer, now=world.now) == []

    def test_what_pages_are_told_live_holds_no_text(self, world: World) -> None:
        """Lane, level, state and clock; nothing anybody wrote and nobody's name."""
        case_id = conduct_case(world)
        (payload,) = cases_feed.case_payloads(world.db, [case_id, 999_999])
        assert set(payload) == {"id", "lane", "level", "state", "due_at"}
        assert cases_feed.case_payloads(world.db, []) == []


def test_the_author_is_told_that_somebody_reads(world: World) -> None:
    """Claiming and giving back change what the author's notice says, each with a higher version."""
    message_id = world.say(world.robin, UNKIND)
    case_id = open_cases(world, message_id)[Lane.CONDUCT].id

    def notice() -> tuple[bool, int]:
        facts = events.facts_for(world.db, [message_id], now=world.now)[message_id]
        return facts.being_read, facts.version

    before = notice()
    cases.claim(world.db, world.volunteer, case_id, now=world.now)
    during = notice()
    cases.give_back(world.db, world.volunteer, case_id, now=world.now)
    after = notice()
    assert [before[0], during[0], after[0]] == [False, True, False]
    assert before[1] < during[1] < after[1]


def test_a_claim_that_ran_out_is_ended_and_its_author_told(world: World) -> None:
    """Nobody is told that a person is reading when the claim has run out; the case is free again, with a step of the system in its history."""
    message_id = world.say(world.robin, UNKIND)
    case = cases.queue(world.db, world.volunteer, now=world.now)[0].case
    cases.claim(world.db, world.volunteer, case.id, now=world.now)
    assert events.facts_for(world.db, [message_id], now=world.now)[message_id].being_read
    before = world.message(message_id).version
    assert cases.expire_leases(world.db, now=world.now) == 0
    world.pass_time(seconds=cases.LEASE_SECONDS)
    assert cases.expire_leases(world.db, now=world.now) == 1
    view = cases.case_view(world.db, world.other_volunteer, case.id, now=world.now)
    assert not view.claimed
    assert (view.history[-1].action, view.history[-1].actor_id) == (CaseAction.GIVEN_BACK, None)
    assert world.message(message_id).version > before
    assert not events.facts_for(world.db, [message_id], now=world.now)[message_id].being_read
