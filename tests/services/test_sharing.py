"""Not alone with a case: handing it over, giving it to a lead, asking others."""

import pytest

from models import Role
from moderation.taxonomy import Lane
from support_app.errors import Conflict, ConflictOfInterest, Forbidden, Invalid, LeaseLost
from support_app.services import case_view, circles, leases, sharing
from support_app.services.next_case import claim_next
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases, release, steps_of, take


@pytest.fixture
def case(world: World):
    """A conduct case that Harbour has taken and read."""
    return take(world, world.volunteer, world.say(world.robin, UNKIND))


def hand_over(world: World, case, to) -> None:
    sharing.hand_over(world.db, world.volunteer, case.id, to_id=to.user_id, version=case.version, now=world.now)


class TestHandingOver:
    def test_asks_one_person_first(self, world: World, case) -> None:
        """It is the next case of that person, and nobody else's until its clock has run out."""
        lead = world.person("Kestrel", role=Role.LEAD)
        hand_over(world, case, world.other_volunteer)
        world.say(world.willow, IN_CRISIS)
        assert claim_next(world.db, lead, now=world.now) != case.id
        assert claim_next(world.db, world.other_volunteer, now=world.now) == case.id
        assert case_row(world, case.id).offered_to_id is None

    def test_falls_to_everybody_in_time(self, world: World, case) -> None:
        """When the person asked does not come, somebody else does."""
        hand_over(world, case, world.other_volunteer)
        assert claim_next(world.db, world.volunteer, now=world.now) is None
        world.pass_time(minutes=2)
        assert claim_next(world.db, world.volunteer, now=world.now) == case.id

    def test_only_to_somebody_who_may_decide(self, world: World, case) -> None:
        """Not to oneself, a member, or somebody who sits in the circle."""
        circles.join(world.db, world.other_volunteer, world.circle_id, now=world.now)
        for person in (world.volunteer, world.willow, world.other_volunteer):
            with pytest.raises(Invalid):
                hand_over(world, case, person)

    def test_ends_ones_own_right_to_decide(self, world: World, case) -> None:
        """Whoever handed it over has let go of it."""
        hand_over(world, case, world.other_volunteer)
        with pytest.raises(LeaseLost):
            release(world, world.volunteer, case)


class TestEscalating:
    def test_only_leads_decide_from_then_on(self, world: World, case) -> None:
        """Neither by hand nor as the next one does it come to a volunteer again."""
        lead = world.person("Kestrel", role=Role.LEAD)
        sharing.escalate(world.db, world.volunteer, case.id, note="I know the author", version=case.version, now=world.now)
        for actor in (world.volunteer, world.other_volunteer):
            with pytest.raises(Forbidden):
                leases.claim(world.db, actor, case.id, now=world.now)
            assert claim_next(world.db, actor, now=world.now) is None
        assert claim_next(world.db, lead, now=world.now) == case.id
        assert steps_of(world, case.id)[-2:] == ["escalated", "claimed"]

    def test_needs_a_lead_who_may(self, world: World, case) -> None:
        """Without one nothing is thrown into a void: the case stays where it is."""
        with pytest.raises(Conflict):
            sharing.escalate(world.db, world.volunteer, case.id, note="please", version=case.version, now=world.now)
        lead = world.person("Kestrel", role=Role.LEAD, seat_in=world.circle_id)
        with pytest.raises(Conflict):
            sharing.escalate(world.db, world.volunteer, case.id, note="please", version=case.version, now=world.now)
        assert (case_row(world, case.id).owner_id, lead.role) == (world.volunteer.user_id, Role.LEAD)


class TestOpinions:
    def ask(self, world: World, case) -> None:
        sharing.ask_opinion(world.db, world.volunteer, case.id, note="Is this meant as a joke?", version=case.version, now=world.now)

    def test_let_others_read_and_answer(self, world: World, case) -> None:
        """They ask for the text themselves; who asked still decides and has not lost what they read."""
        self.ask(world, case)
        leases.reveal(world.db, world.other_volunteer, case.id, now=world.now)
        assert case_view.case_view(world.db, world.other_volunteer, case.id, now=world.now).revealed
        sharing.give_opinion(world.db, world.other_volunteer, case.id, note="I would give it back.", now=world.now)
        assert case_view.case_view(world.db, world.volunteer, case.id, now=world.now).history[-1].note == "I would give it back."
        release(world, world.volunteer, case_row(world, case.id))

    def test_nobody_reads_unasked(self, world: World, case) -> None:
        """Without the question a colleague's case stays closed to others, and nobody judges what they have not read."""
        with pytest.raises(LeaseLost):
            leases.reveal(world.db, world.other_volunteer, case.id, now=world.now)
        self.ask(world, case)
        with pytest.raises(Conflict):
            sharing.give_opinion(world.db, world.other_volunteer, case.id, note="no idea", now=world.now)
        assert case_view.case_view(world.db, world.other_volunteer, case.id, now=world.now).revealed is False

    def test_not_from_inside_the_circle(self, world: World, case) -> None:
        """A conflict of interest is one here, too."""
        self.ask(world, case)
        circles.join(world.db, world.other_volunteer, world.circle_id, now=world.now)
        with pytest.raises(ConflictOfInterest):
            leases.reveal(world.db, world.other_volunteer, case.id, now=world.now)

    @pytest.mark.parametrize("note", ["", "   ", "x" * 501])
    def test_need_words(self, world: World, case, note: str) -> None:
        """A question or an answer without words helps nobody."""
        with pytest.raises(Invalid):
            sharing.ask_opinion(world.db, world.volunteer, case.id, note=note, version=case.version, now=world.now)


def test_care_is_shared_in_the_same_way(world: World) -> None:
    """Both lanes know handing over."""
    message_id = world.say(world.robin, IN_CRISIS)
    case = take(world, world.volunteer, message_id, lane=Lane.CARE)
    hand_over(world, case, world.other_volunteer)
    assert claim_next(world.db, world.other_volunteer, now=world.now) == open_cases(world, message_id)[Lane.CARE].id
