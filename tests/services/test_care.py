"""Looking after a person: the level a person sets, how a care case ends, the follow-up that comes back."""

from datetime import timedelta

import pytest

from models import Role
from models.case import CaseOutcome, CaseState
from moderation.taxonomy import Lane, Level
from support_app.errors import Conflict, Invalid
from support_app.services import care, case_log, leases, messages
from support_app.services.care import FollowUp
from support_app.services.case_log import DueCase
from support_app.services.next_case import claim_next
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, look_after, open_cases, steps_of, take


def care_case(world: World):
    """A care case of Robin's that Harbour has taken and read."""
    return take(world, world.volunteer, world.say(world.robin, IN_CRISIS), lane=Lane.CARE)


def close(world: World, case, **changes) -> None:
    given = {"outcome": CaseOutcome.SUPPORTED, "note": "", "follow_up": None, "version": case.version} | changes
    care.close_care(world.db, world.volunteer, case.id, **given, now=world.now)


def set_level(world: World, case, level: Level) -> None:
    care.set_level(world.db, world.volunteer, case.id, level=level, version=case.version, now=world.now)


class TestLevel:
    def test_is_set_by_a_person(self, world: World) -> None:
        """The software's order is replaced on record, with who did it; the clock counts anew from when it began to wait."""
        case = care_case(world)
        assert case.level_set_by_id is None
        set_level(world, case, Level.C4)
        after = case_row(world, case.id)
        assert (after.level, after.level_set_by_id, after.due_at) == (Level.C4, world.volunteer.user_id, case.waiting_since + timedelta(seconds=60))
        assert steps_of(world, case.id)[-1] == "level_set"

    def test_of_the_other_lane_is_refused(self, world: World) -> None:
        """A person in crisis has no conduct level, and the other way round."""
        with pytest.raises(Invalid):
            set_level(world, care_case(world), Level.H2)
        with pytest.raises(Invalid):
            set_level(world, take(world, world.volunteer, world.say(world.robin, UNKIND)), Level.C2)

    def test_needs_reading(self, world: World) -> None:
        """Nobody judges what they have not read."""
        case_id = open_cases(world, world.say(world.robin, IN_CRISIS))[Lane.CARE].id
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        with pytest.raises(Conflict):
            set_level(world, case_row(world, case_id), Level.C3)


class TestClosing:
    def test_needs_a_level_set_by_a_person(self, world: World) -> None:
        """The software's guess is not a judgement."""
        case = care_case(world)
        with pytest.raises(Conflict):
            close(world, case)
        set_level(world, case, Level.C2)
        close(world, case_row(world, case.id))
        assert (case_row(world, case.id).state, case_row(world, case.id).outcome) == (CaseState.CLOSED, CaseOutcome.SUPPORTED)

    @pytest.mark.parametrize("outcome", [CaseOutcome.RELEASED, CaseOutcome.WITHDRAWN, CaseOutcome.ACKNOWLEDGED])
    def test_needs_an_outcome_of_care(self, small_world: World, outcome: CaseOutcome) -> None:
        """Words of the other lane say nothing about a person."""
        case = care_case(small_world)
        set_level(small_world, case, Level.C2)
        with pytest.raises(Invalid):
            close(small_world, case_row(small_world, case.id), outcome=outcome)

    def test_does_not_leave_a_message_held(self, world: World) -> None:
        """Held words must be released or returned first; and a conduct case is decided, not closed."""
        for text, lane in ((f"{UNKIND}. {IN_CRISIS}", Lane.CARE), (UNKIND, Lane.CONDUCT)):
            with pytest.raises(Conflict):
                look_after(world, world.volunteer, take(world, world.volunteer, world.say(world.robin, text), lane=lane))

    def test_a_withdrawn_message_does_not_end_care(self, world: World) -> None:
        """Its author took it back; a person still looks after them."""
        message_id = world.say(world.robin, IN_CRISIS)
        messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        look_after(world, world.volunteer, take(world, world.volunteer, message_id, lane=Lane.CARE))
        assert open_cases(world, message_id) == {}


class TestFollowUp:
    def test_comes_back_at_its_time_to_who_promised_it(self, world: World) -> None:
        """Not a second before; then first to one person, and after its clock to everybody."""
        case = care_case(world)
        promised = FollowUp(world.now + timedelta(hours=2), world.volunteer.user_id)
        look_after(world, world.volunteer, case, follow_up=promised)
        world.pass_time(hours=2, seconds=-1)
        assert care.reopen_due(world.db, now=world.now) == 0
        world.pass_time(seconds=1)
        assert care.reopen_due(world.db, now=world.now) == 1
        assert care.reopen_due(world.db, now=world.now) == 0
        assert claim_next(world.db, world.other_volunteer, now=world.now) is None
        assert claim_next(world.db, world.volunteer, now=world.now) == case.id
        assert steps_of(world, case.id)[-2:] == ["follow_up_due", "claimed"]

    def test_is_everybodys_when_who_promised_it_is_away(self, world: World) -> None:
        """Nobody waits for one person for ever."""
        case = care_case(world)
        look_after(world, world.volunteer, case, follow_up=FollowUp(world.now + timedelta(hours=2), world.volunteer.user_id))
        world.pass_time(hours=2)
        care.reopen_due(world.db, now=world.now)
        world.pass_time(minutes=5)
        assert claim_next(world.db, world.other_volunteer, now=world.now) == case.id

    @pytest.mark.parametrize("wait", [timedelta(), timedelta(seconds=-1), timedelta(days=31)])
    def test_lies_in_the_near_future(self, small_world: World, wait: timedelta) -> None:
        """Neither in the past nor so far away that nobody is there any more."""
        with pytest.raises(Invalid):
            look_after(small_world, small_world.volunteer, care_case(small_world), follow_up=FollowUp(small_world.now + wait, small_world.volunteer.user_id))

    def test_is_promised_by_a_volunteer(self, small_world: World) -> None:
        """Not by a member, not by nobody."""
        for user_id in (small_world.willow.user_id, 999_999):
            with pytest.raises(Invalid):
                look_after(small_world, small_world.volunteer, care_case(small_world), follow_up=FollowUp(small_world.now + timedelta(days=1), user_id))

    def test_joins_a_newer_case(self, world: World) -> None:
        """When somebody looks after the same message already, there are not two cases."""
        message_id = world.say(world.robin, IN_CRISIS)
        case = take(world, world.volunteer, message_id, lane=Lane.CARE)
        look_after(world, world.volunteer, case, follow_up=FollowUp(world.now + timedelta(hours=1), world.volunteer.user_id))
        lead = world.person("Kestrel", role=Role.LEAD)
        with world.db.write() as connection:
            case_log.open_cases(connection, [DueCase(message_id, world.circle_id, Lane.CARE, Level.C2)], now=world.now)
        world.pass_time(hours=1)
        assert care.reopen_due(world.db, now=world.now) == 1
        assert case_row(world, case.id).state is CaseState.CLOSED
        assert claim_next(world.db, lead, now=world.now) is not None
