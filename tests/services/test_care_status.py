"""What the author of a message is told about the people who were called."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from models import Channel, Event, Trouble
from moderation.taxonomy import Lane
from support_app.services import leases, paging
from support_app.services.care_status import CareState, CareStatus
from support_app.services.page_attempts import Outcome
from tests.factories import World
from tests.services.paging_steps import accepted, claim, facts, in_danger, page_me, try_all, unreachable
from tests.services.steps import events_after, open_cases

pytestmark = pytest.mark.usefixtures("nobody_on_duty")


class TestTheAuthor:
    """Reads the truth at each step, and the page is told to look again."""

    def told(self, world: World, message_id: int, act: Callable[[], object]) -> CareStatus | None:
        with world.db.read() as connection:
            last = connection.execute(select(func.coalesce(func.max(Event.id), 0))).scalar_one()
        before = facts(world, message_id)
        act()
        after = facts(world, message_id)
        kinds = {row.kind.value for row in events_after(world, last) if row.user_id == world.robin.user_id}
        assert ("message.state" in kinds) is (after.care_status != before.care_status)
        assert ("message.state" in kinds) is (after.version > before.version)
        return after.care_status

    def test_an_alert_that_is_sent_and_answered(self, world: World) -> None:
        page_me(world, world.volunteer)
        message_id = in_danger(world)
        assert facts(world, message_id).care_status is None
        world.pass_time(seconds=60)
        assert self.told(world, message_id, lambda: paging.page_due(world.db, now=world.now)) == CareStatus(CareState.ALERTING, world.now)
        world.pass_time(seconds=1)
        assert self.told(world, message_id, lambda: try_all(world, lambda d: accepted(d) if d.channel is Channel.PUSH else unreachable(d))) == CareStatus(
            CareState.ALERTED, world.now
        )
        case_id = open_cases(world, message_id)[Lane.CARE].id
        world.pass_time(seconds=1)
        assert self.told(world, message_id, lambda: claim(world, world.volunteer, case_id)) == CareStatus(CareState.ANSWERED, world.now)
        world.pass_time(seconds=1)
        assert self.told(world, message_id, lambda: leases.give_back(world.db, world.volunteer, case_id, now=world.now)) is None

    def test_an_alert_that_does_not_get_through(self, world: World) -> None:
        """Nobody is said to have been alerted."""
        message_id = in_danger(world)
        world.pass_time(seconds=60)
        paging.page_due(world.db, now=world.now)
        told = self.told(world, message_id, lambda: try_all(world, lambda _: Outcome(Trouble.NOT_CONFIGURED)))
        assert told == CareStatus(CareState.UNREACHED, world.now)

    def test_a_failure_that_will_be_tried_again_says_nothing_new(self, world: World, paged: int) -> None:
        assert self.told(world, paged, lambda: try_all(world, unreachable)).state is CareState.ALERTING

    def test_a_claim_that_ran_out(self, world: World, paged: int) -> None:
        """Nobody is said to be looking."""
        claim(world, world.volunteer, open_cases(world, paged)[Lane.CARE].id)
        assert facts(world, paged).care_status.state is CareState.ANSWERED
        world.pass_time(seconds=leases.LEASE_SECONDS)
        assert facts(world, paged).care_status is None
