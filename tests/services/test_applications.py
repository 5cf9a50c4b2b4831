"""How a member becomes a volunteer: they apply, somebody of the team answers."""

import pytest
from sqlalchemy import select

from models import Role, User
from support_app.access import Actor
from support_app.errors import Conflict, Forbidden, Invalid, NotSignedIn
from support_app.services import (
    accounts,
    applications,
    case_view,
)
from support_app.services.applications import NewApplication
from tests.factories import World
from tests.services.learning import (
    WISH,
    acts_about,
    back,
    certified,
    lead_of,
)


def role_of(world: World, actor: Actor) -> Role:
    with world.db.read() as connection:
        return connection.execute(select(User.role).where(User.id == actor.user_id)).scalar_one()


class TestApplications:
    def apply(self, world: World, actor: Actor, **changes: object) -> int:
        values = {"why": WISH.why, "hours": WISH.hours, "languages": WISH.languages} | changes
        applications.apply(world.db, actor, NewApplication(**values), now=world.now)
        return applications.own(world.db, actor, now=world.now).id

    @pytest.mark.parametrize("role", [Role.LEAD, Role.ADMIN])
    def test_accepting_makes_a_volunteer_without_cases(self, world: World, role: Role) -> None:
        """The old session ends; the queue is there, its cases are not."""
        application = self.apply(world, world.robin)
        decider = world.person("Decider", role=role)
        applications.accept(world.db, decider, application, now=world.now)
        assert role_of(world, world.robin) is Role.VOLUNTEER
        assert (decider.user_id, "application.accepted") in acts_about(world, f"application:{application}")
        assert (decider.user_id, "account.role_changed") in acts_about(world, f"user:{world.robin.user_id}")
        with pytest.raises(NotSignedIn):
            case_view.queue(world.db, world.robin, now=world.now)
        robin = back(world, world.robin)
        assert case_view.queue(world.db, robin, now=world.now) == []
        assert not certified(world, robin)

    def test_declining_needs_words_that_the_applicant_reads(self, world: World) -> None:
        """And leaves them what they were; they may apply again."""
        application = self.apply(world, world.robin)
        with pytest.raises(Invalid):
            applications.decline(world.db, world.admin, application, answer=" no ", now=world.now)
        applications.decline(world.db, world.admin, application, answer="Please ask again in spring.", now=world.now)
        assert applications.own(world.db, world.robin, now=world.now).answer == "Please ask again in spring."
        assert role_of(world, world.robin) is Role.MEMBER
        assert self.apply(world, world.robin) != application

    def test_answered_once(self, world: World) -> None:
        """Whoever comes second meets a conflict, whichever way they decide."""
        application = self.apply(world, world.robin)
        applications.accept(world.db, world.admin, application, now=world.now)
        with pytest.raises(Conflict):
            applications.decline(world.db, lead_of(world), application, answer="Too late for this one.", now=world.now)
        with pytest.raises(Conflict):
            applications.accept(world.db, world.admin, application, now=world.now)

    def test_one_waits_at_a_time(self, world: World) -> None:
        """Until it is taken back."""
        first = self.apply(world, world.robin)
        with pytest.raises(Conflict):
            self.apply(world, world.robin)
        applications.withdraw(world.db, world.robin, now=world.now)
        with pytest.raises(Conflict):
            applications.withdraw(world.db, world.robin, now=world.now)
        with pytest.raises(Conflict):
            applications.accept(world.db, world.admin, first, now=world.now)
        assert [row.id for row in applications.waiting(world.db, world.admin, now=world.now)] == []
        self.apply(world, world.robin)

    @pytest.mark.parametrize("changes", [{"why": "because"}, {"why": "x" * 1001}, {"hours": 0}, {"hours": 21}, {"languages": " "}])
    def test_what_does_not_fit(self, world: World, changes: dict[str, object]) -> None:
        """Is refused with words."""
        with pytest.raises(Invalid):
            self.apply(world, world.robin, **changes)

    def test_only_members_apply_and_only_the_team_answers(self, world: World) -> None:
        """Not even a certified volunteer."""
        with pytest.raises(Forbidden):
            applications.apply(world.db, world.volunteer, WISH, now=world.now)
        application = self.apply(world, world.robin)
        for actor in (world.willow, world.volunteer):
            with pytest.raises(Forbidden):
                applications.waiting(world.db, actor, now=world.now)
            with pytest.raises(Forbidden):
                applications.accept(world.db, actor, application, now=world.now)
        assert role_of(world, world.robin) is Role.MEMBER

    def test_somebody_who_was_banned_meanwhile(self, world: World) -> None:
        """Does not become a volunteer."""
        application = self.apply(world, world.robin)
        accounts.ban(world.db, world.admin, user_id=world.robin.user_id, reason="a reason", now=world.now)
        assert applications.waiting(world.db, world.admin, now=world.now) == []
        with pytest.raises(Conflict):
            applications.accept(world.db, world.admin, application, now=world.now)
        assert role_of(world, world.robin) is Role.MEMBER
