"""Certificates: issued, renewed, run out, revoked, and by whom."""

from datetime import timedelta

import pytest

from support_app.errors import Conflict, Forbidden, Invalid, NotFound
from support_app.services import (
    certificates,
)
from tests.factories import World
from tests.services.learning import (
    CONTENT,
    REASON,
    acts_about,
    answer,
    back,
    certificates_of,
    certified,
    have_mock_chat,
    lead_of,
    learner_of,
    pass_quizzes,
    practise,
    train,
)


class TestCertificates:
    def test_issued_by_the_system_when_all_is_done(self, world: World) -> None:
        """Not one step before; on record without an actor; valid for 365 days."""
        lead, learner = lead_of(world), learner_of(world)
        pass_quizzes(world, learner)
        practise(world, learner)
        have_mock_chat(world, learner, lead)
        assert not certified(world, learner)
        have_mock_chat(world, learner, lead)
        (row,) = certificates_of(world, learner)
        assert (row.issued_by_id, row.expires_at - row.issued_at) == (None, timedelta(days=365))
        assert acts_about(world, f"user:{learner.user_id}") == [(None, "certificate.issued")]
        world.pass_time(days=365, seconds=-1)
        assert certified(world, learner)
        world.pass_time(seconds=1)
        assert not certified(world, learner)

    def test_the_whole_training_brings_one_back(self, world: World) -> None:
        """After a revocation, with mock chats and all."""
        lead, learner = lead_of(world), learner_of(world)
        train(world, learner, lead)
        certificates.revoke(world.db, lead, user_id=learner.user_id, reason=REASON, now=world.now)
        world.pass_time(days=1)
        train(world, learner, lead)
        assert certified(world, learner)
        assert len(certificates_of(world, learner)) == 2

    def test_renewed_by_the_quizzes_in_the_last_thirty_days(self, world: World) -> None:
        """Repeating them earlier renews nothing; the new year begins where the old one ends."""
        lead, learner = lead_of(world), learner_of(world)
        train(world, learner, lead)
        (first,) = certificates_of(world, learner)
        world.pass_time(days=334)
        learner = back(world, learner)
        pass_quizzes(world, learner)
        assert not certificates.standing(world.db, learner, now=world.now).renewal
        world.pass_time(days=1, seconds=1)
        assert certificates.standing(world.db, learner, now=world.now).renewal
        for module in CONTENT.modules[1:]:
            answer(world, learner, module)
        assert len(certificates_of(world, learner)) == 1
        answer(world, learner, CONTENT.modules[0])
        (_, second) = certificates_of(world, learner)
        assert second.expires_at == first.expires_at + timedelta(days=365)
        assert not certificates.standing(world.db, learner, now=world.now).renewal

    def test_renewed_after_it_ran_out(self, world: World) -> None:
        """Cases are closed until then; the quizzes are enough."""
        learner = world.volunteer
        world.pass_time(days=400)
        learner = back(world, learner)
        assert not certified(world, learner)
        pass_quizzes(world, learner)
        assert certified(world, learner)
        assert certificates_of(world, learner)[-1].expires_at == world.now + timedelta(days=365)

    def test_after_a_revocation_everything_counts_anew(self, world: World) -> None:
        """The quizzes alone bring nobody back; the reason can be read."""
        lead, learner = lead_of(world), learner_of(world)
        train(world, learner, lead)
        certificates.revoke(world.db, lead, user_id=learner.user_id, reason="You told a member's story outside.", now=world.now)
        world.pass_time(seconds=1)
        standing = certificates.standing(world.db, learner, now=world.now)
        assert (standing.certified, standing.revoked) == (False, True)
        assert standing.certificate.revoked_reason == "You told a member's story outside."
        pass_quizzes(world, learner)
        practise(world, learner)
        assert not certified(world, learner)
        assert acts_about(world, f"user:{learner.user_id}")[-1] == (lead.user_id, "certificate.revoked")

    def test_revoking_ends_a_renewal_too(self, world: World) -> None:
        """Two certificates may be in force at once; none is left."""
        learner = world.volunteer
        world.pass_time(days=340)
        learner = back(world, learner)
        admin = back(world, world.admin)
        pass_quizzes(world, learner)
        assert len(certificates_of(world, learner)) == 2
        certificates.revoke(world.db, admin, user_id=learner.user_id, reason=REASON, now=world.now)
        assert not certified(world, learner)

    def test_an_admin_certifies_directly(self, world: World) -> None:
        """So that a fresh installation can begin; with a reason, on record, and only volunteers and leads."""
        lead = lead_of(world, certified=False)
        with pytest.raises(Invalid):
            certificates.certify(world.db, world.admin, user_id=lead.user_id, reason="elsewhere", now=world.now)
        certificates.certify(world.db, world.admin, user_id=lead.user_id, reason=REASON, now=world.now)
        assert certified(world, lead)
        assert acts_about(world, f"user:{lead.user_id}") == [(world.admin.user_id, "certificate.issued")]
        with pytest.raises(Conflict):
            certificates.certify(world.db, world.admin, user_id=lead.user_id, reason=REASON, now=world.now)
        with pytest.raises(Invalid):
            certificates.certify(world.db, world.admin, user_id=world.robin.user_id, reason=REASON, now=world.now)
        with pytest.raises(NotFound):
            certificates.certify(world.db, world.admin, user_id=10**6, reason=REASON, now=world.now)

    def test_who_may_certify_and_revoke(self, world: World) -> None:
        """A lead revokes but does not certify; nobody decides about themselves; volunteers and members do neither."""
        lead, learner = lead_of(world), learner_of(world)
        for actor in (lead, learner, world.volunteer, world.robin):
            with pytest.raises(Forbidden):
                certificates.certify(world.db, actor, user_id=learner.user_id, reason=REASON, now=world.now)
        for actor in (learner, world.other_volunteer, world.robin):
            with pytest.raises(Forbidden):
                certificates.revoke(world.db, actor, user_id=world.volunteer.user_id, reason=REASON, now=world.now)
        with pytest.raises(Invalid):
            certificates.revoke(world.db, lead, user_id=lead.user_id, reason=REASON, now=world.now)
        with pytest.raises(Invalid):
            certificates.revoke(world.db, lead, user_id=world.volunteer.user_id, reason="because", now=world.now)
        with pytest.raises(Conflict):
            certificates.revoke(world.db, lead, user_id=learner.user_id, reason=REASON, now=world.now)
        assert certified(world, world.volunteer)

    def test_people_as_the_team_sees_them(self, world: World) -> None:
        """By name, with where they stand."""
        learner_of(world)
        found = certificates.people(world.db, world.admin, now=world.now)
        assert [(person.name, person.standing.certified) for person in found] == [("Harbour", True), ("Heron", False), ("Lantern", True)]
        with pytest.raises(Forbidden):
            certificates.people(world.db, world.volunteer, now=world.now)
