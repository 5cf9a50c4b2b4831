"""What the training is for: no case without a certificate, and the way from an application to the first case."""

from datetime import timedelta

import pytest

from models import Role
from models.case import Decision
from moderation.taxonomy import Level
from support_app.access import Actor
from support_app.errors import NotCertified
from support_app.services import (
    applications,
    care,
    case_view,
    certificates,
    circles,
    decisions,
    leases,
    sharing,
    shifts,
)
from support_app.services.decisions import Ruling
from support_app.services.next_case import claim_next
from tests.factories import UNKIND, World
from tests.services.learning import (
    REASON,
    WISH,
    back,
    lead_of,
    learner_of,
    train,
)
from tests.services.steps import case_row, open_cases, steps_of, take


def case_of(world: World, text: str = UNKIND) -> int:
    (case,) = open_cases(world, world.say(world.robin, text)).values()
    return case.id


class TestCases:
    """No action with a case without a certificate in force."""

    def refused(self, world: World, actor: Actor, case_id: int, version: int) -> None:
        db, now = world.db, world.now
        for act in (
            lambda: leases.claim(db, actor, case_id, now=now),
            lambda: leases.keep_alive(db, actor, case_id, now=now),
            lambda: leases.give_back(db, actor, case_id, now=now),
            lambda: leases.reveal(db, actor, case_id, now=now),
            lambda: decisions.decide(db, actor, case_id, Ruling(Decision.RELEASE), version=version, undo_for=timedelta(), now=now),
            lambda: decisions.undo(db, actor, case_id, now=now),
            lambda: care.set_level(db, actor, case_id, level=Level.H1, version=version, now=now),
            lambda: sharing.hand_over(db, actor, case_id, to_id=world.volunteer.user_id, version=version, now=now),
            lambda: sharing.give_opinion(db, actor, case_id, note="an opinion", now=now),
            lambda: claim_next(db, actor, now=now),
        ):
            with pytest.raises(NotCertified):
                act()

    @pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.LEAD])
    def test_without_one(self, world: World, role: Role) -> None:
        """The queue and the case can be seen, without any text; everything else is refused, also when nobody waits."""
        newcomer = world.person("Heron", role=role, certified=False)
        with pytest.raises(NotCertified):
            claim_next(world.db, newcomer, now=world.now)
        case_id = case_of(world)
        assert [view.case.id for view in case_view.queue(world.db, newcomer, now=world.now)] == [case_id]
        view = case_view.case_view(world.db, newcomer, case_id, now=world.now)
        assert (view.revealed, view.context, view.certified) == (False, [], False)
        self.refused(world, newcomer, case_id, view.case.version)
        assert steps_of(world, case_id) == ["opened"]

    def test_when_it_runs_out_in_the_middle_of_a_case(self, world: World) -> None:
        """The text is gone with it, and nothing can be decided; others take the case on."""
        soon = learner_of(world, "Soon")
        with world.db.write() as connection:
            certificates.issue(connection, user_id=soon.user_id, until=world.now + timedelta(seconds=60), now=world.now)
        message_id = world.say(world.robin, UNKIND)
        case = take(world, soon, message_id)
        assert case_view.case_view(world.db, soon, case.id, now=world.now).revealed
        world.pass_time(seconds=60)
        assert not case_view.case_view(world.db, soon, case.id, now=world.now).revealed
        self.refused(world, soon, case.id, case.version)
        assert world.message(message_id).state.value == "held"

    def test_revoking_gives_the_cases_back(self, world: World) -> None:
        """At the next turn of the watch, not after the rest of the lease."""
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        certificates.revoke(world.db, world.admin, user_id=world.volunteer.user_id, reason=REASON, now=world.now)
        assert leases.expire_leases(world.db, now=world.now) == 1
        assert case_row(world, case.id).owner_id is None
        assert steps_of(world, case.id)[-1] == "given_back"
        assert claim_next(world.db, world.other_volunteer, now=world.now) == case.id
        self.refused(world, world.volunteer, case.id, case.version)

    def test_from_application_to_the_first_case(self, world: World) -> None:
        """The whole way, with nobody of the team but an admin and a lead."""
        lead = lead_of(world)
        case_id = case_of(world)
        applications.apply(world.db, world.willow, WISH, now=world.now)
        (waiting,) = applications.waiting(world.db, lead, now=world.now)
        applications.accept(world.db, lead, waiting.id, now=world.now)
        willow = back(world, world.willow)
        train(world, willow, lead)
        circles.leave(world.db, willow, world.circle_id, now=world.now)
        shifts.start(world.db, willow, check=4, now=world.now)
        assert claim_next(world.db, willow, now=world.now) == case_id
