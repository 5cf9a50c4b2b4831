"""Taking a case: who may, for how long, and reading what it is about."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from models import AuditEntry, MessageState, Role
from models.activity import CaseAction
from moderation.taxonomy import Lane
from support_app.errors import Claimed, Conflict, ConflictOfInterest, Forbidden, LeaseLost, NotFound, NotSignedIn
from support_app.services import accounts, case_view, circles, events, leases, sharing
from support_app.services.leases import LEASE_SECONDS
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, look_after, open_cases, release, return_it, steps_of, take


def conduct_case(world: World) -> int:
    """A held message of Robin's, as the case it makes."""
    return open_cases(world, world.say(world.robin, UNKIND))[Lane.CONDUCT].id


def touches(world: World, actor, case_id: int) -> list:
    """Every way to decide or touch a case, as calls."""
    case = case_row(world, case_id)
    return [
        lambda: leases.claim(world.db, actor, case_id, now=world.now),
        lambda: leases.keep_alive(world.db, actor, case_id, now=world.now),
        lambda: leases.give_back(world.db, actor, case_id, now=world.now),
        lambda: leases.reveal(world.db, actor, case_id, now=world.now),
        lambda: release(world, actor, case),
        lambda: return_it(world, actor, case),
        lambda: look_after(world, actor, case),
        lambda: sharing.hand_over(world.db, actor, case_id, to_id=world.other_volunteer.user_id, version=case.version, now=world.now),
        lambda: sharing.escalate(world.db, actor, case_id, note="please look", version=case.version, now=world.now),
        lambda: sharing.ask_opinion(world.db, actor, case_id, note="what do you think?", version=case.version, now=world.now),
        lambda: sharing.give_opinion(world.db, actor, case_id, note="I would release it", now=world.now),
    ]


class TestWhoMay:
    def test_only_volunteers_and_leads(self, world: World) -> None:
        """Members and admins neither see the queue nor touch a case."""
        case_id = conduct_case(world)
        for actor in (world.willow, world.robin, world.admin):
            looks = [lambda a=actor: case_view.queue(world.db, a, now=world.now), lambda a=actor: case_view.case_view(world.db, a, case_id, now=world.now)]
            for attempt in [*looks, *touches(world, actor, case_id)]:
                with pytest.raises(Forbidden):
                    attempt()
        lead = world.person("Kestrel", role=Role.LEAD)
        assert [view.case.id for view in case_view.queue(world.db, lead, now=world.now)] == [case_id]

    def test_nobody_decides_about_a_circle_they_sit_in(self, world: World) -> None:
        """The case is in their queue, marked, without text; somebody else decides."""
        case_id = conduct_case(world)
        circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        view = case_view.case_view(world.db, world.volunteer, case_id, now=world.now)
        assert (view.conflict_of_interest, view.revealed, view.context) == (True, False, [])
        for attempt in touches(world, world.volunteer, case_id):
            with pytest.raises(ConflictOfInterest):
                attempt()

    def test_joining_a_circle_ends_the_right_to_decide(self, world: World) -> None:
        """Somebody who takes a seat while holding a case loses it: no text, no decision."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        with pytest.raises(ConflictOfInterest):
            release(world, world.volunteer, case)
        assert case_view.case_view(world.db, world.volunteer, case.id, now=world.now).revealed is False

    def test_nobody_decides_about_their_own_message(self, world: World) -> None:
        """Not even after leaving the circle it was written in."""
        circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        message_id = world.say(world.volunteer, UNKIND)
        circles.leave(world.db, world.volunteer, world.circle_id, now=world.now)
        with pytest.raises(ConflictOfInterest):
            leases.claim(world.db, world.volunteer, open_cases(world, message_id)[Lane.CONDUCT].id, now=world.now)
        take(world, world.other_volunteer, message_id)

    def test_the_role_counts_at_the_moment_of_deciding(self, world: World) -> None:
        """A volunteer whose role was changed while they hold a case decides nothing any more."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        accounts.set_role(world.db, world.admin, user_id=world.volunteer.user_id, role=Role.MEMBER, now=world.now)
        with pytest.raises(NotSignedIn):
            release(world, world.volunteer, case)

    def test_unknown_cases(self, world: World) -> None:
        """There is no such case."""
        with pytest.raises(NotFound):
            leases.claim(world.db, world.volunteer, 999_999, now=world.now)


class TestClaim:
    def test_gives_a_lease(self, world: World) -> None:
        """For five minutes the case is one person's, visibly for the others."""
        case_id = conduct_case(world)
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        view = case_view.case_view(world.db, world.other_volunteer, case_id, now=world.now)
        assert (view.claimed, view.owner_name, view.claimed_by(world.volunteer), view.claimed_by(world.other_volunteer)) == (True, "Harbour", True, False)
        with pytest.raises(Claimed):
            leases.claim(world.db, world.other_volunteer, case_id, now=world.now)

    def test_runs_out(self, world: World) -> None:
        """After the lease another person may take it, and the first one's decision is refused."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        world.pass_time(seconds=LEASE_SECONDS)
        for attempt in touches(world, world.volunteer, case.id)[1:]:
            with pytest.raises((LeaseLost, Conflict)):
                attempt()
        leases.claim(world.db, world.other_volunteer, case.id, now=world.now)
        with pytest.raises(Claimed):
            leases.claim(world.db, world.volunteer, case.id, now=world.now)
        assert world.message(message_id).state is MessageState.HELD

    def test_is_kept_alive(self, world: World) -> None:
        """An open page extends the lease; a stale page's decision still counts, since nobody changed the case."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        world.pass_time(seconds=LEASE_SECONDS - 1)
        until = leases.keep_alive(world.db, world.volunteer, case.id, now=world.now)
        assert (until - world.now).total_seconds() == LEASE_SECONDS
        world.pass_time(seconds=LEASE_SECONDS - 1)
        release(world, world.volunteer, case)
        assert world.message(message_id).state is MessageState.DELIVERED

    def test_is_given_back(self, world: World) -> None:
        """Without a reason; somebody else can take it at once."""
        case_id = conduct_case(world)
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        leases.give_back(world.db, world.volunteer, case_id, now=world.now)
        with pytest.raises(LeaseLost):
            leases.reveal(world.db, world.volunteer, case_id, now=world.now)
        leases.claim(world.db, world.other_volunteer, case_id, now=world.now)
        assert steps_of(world, case_id) == ["opened", "claimed", "given_back", "claimed"]

    def test_of_a_closed_case_is_refused(self, world: World) -> None:
        """What is decided stays decided."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        release(world, world.volunteer, case)
        for attempt in touches(world, world.other_volunteer, case.id):
            with pytest.raises(Conflict):
                attempt()

    def test_of_two_people_exactly_one_wins(self, postgres, world: World) -> None:
        """Two volunteers press at the same moment, on both databases."""
        case_id, start = conduct_case(world), Barrier(2)

        def press(actor) -> str:
            start.wait()
            try:
                leases.claim(world.db, actor, case_id, now=world.now)
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
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        assert case_view.case_view(world.db, world.volunteer, case_id, now=world.now).revealed is False
        leases.reveal(world.db, world.volunteer, case_id, now=world.now)
        view = case_view.case_view(world.db, world.volunteer, case_id, now=world.now)
        assert (view.revealed, view.message.text, [row.text for row in view.context]) == (True, UNKIND, ["good evening"])
        assert case_view.case_view(world.db, world.other_volunteer, case_id, now=world.now).revealed is False
        world.pass_time(seconds=LEASE_SECONDS)
        assert case_view.case_view(world.db, world.volunteer, case_id, now=world.now).revealed is False

    def test_every_claim_asks_anew(self, world: World) -> None:
        """Having read it once does not reveal it on the next claim."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        leases.give_back(world.db, world.volunteer, case.id, now=world.now)
        leases.claim(world.db, world.volunteer, case.id, now=world.now)
        assert case_view.case_view(world.db, world.volunteer, case.id, now=world.now).revealed is False

    def test_who_read_what_is_on_record_once(self, world: World) -> None:
        """Asking twice is one reading."""
        message_id = world.say(world.robin, UNKIND)
        case = take(world, world.volunteer, message_id)
        leases.reveal(world.db, world.volunteer, case.id, now=world.now)
        with world.db.read() as connection:
            actors = connection.execute(select(AuditEntry.actor_id).where(AuditEntry.action == "case.revealed")).scalars().all()
        assert actors == [world.volunteer.user_id]

    def test_no_decision_without_reading(self, world: World) -> None:
        """A case that was claimed but not read cannot be decided."""
        conduct = conduct_case(world)
        care = open_cases(world, world.say(world.robin, IN_CRISIS))[Lane.CARE].id
        for case_id, attempt in ((conduct, release), (conduct, return_it), (care, look_after)):
            leases.claim(world.db, world.volunteer, case_id, now=world.now)
            with pytest.raises(Conflict):
                attempt(world, world.volunteer, case_row(world, case_id))

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
        context = case_view.case_view(world.db, world.volunteer, case.id, now=world.now).context
        assert [row.text for row in context] == [f"line {number}" for number in range(2, 12)]


def test_the_author_is_told_that_somebody_reads(world: World) -> None:
    """Claiming and giving back change what the author's notice says, each with a higher version."""
    message_id = world.say(world.robin, UNKIND)
    case_id = open_cases(world, message_id)[Lane.CONDUCT].id

    def notice() -> tuple[bool, int]:
        facts = events.facts_for(world.db, [message_id], now=world.now)[message_id]
        return facts.being_read, facts.version

    before = notice()
    leases.claim(world.db, world.volunteer, case_id, now=world.now)
    during = notice()
    leases.give_back(world.db, world.volunteer, case_id, now=world.now)
    after = notice()
    assert [before[0], during[0], after[0]] == [False, True, False]
    assert before[1] < during[1] < after[1]


def test_a_claim_that_ran_out_is_ended_and_its_author_told(world: World) -> None:
    """Nobody is told that a person is reading when the claim has run out; the case is free again, with a step of the system in its history."""
    message_id = world.say(world.robin, UNKIND)
    case = case_view.queue(world.db, world.volunteer, now=world.now)[0].case
    leases.claim(world.db, world.volunteer, case.id, now=world.now)
    assert events.facts_for(world.db, [message_id], now=world.now)[message_id].being_read
    before = world.message(message_id).version
    assert leases.expire_leases(world.db, now=world.now) == 0
    world.pass_time(seconds=leases.LEASE_SECONDS)
    assert leases.expire_leases(world.db, now=world.now) == 1
    view = case_view.case_view(world.db, world.other_volunteer, case.id, now=world.now)
    assert not view.claimed
    assert (view.history[-1].action, view.history[-1].actor_id) == (CaseAction.GIVEN_BACK, None)
    assert world.message(message_id).version > before
    assert not events.facts_for(world.db, [message_id], now=world.now)[message_id].being_read
