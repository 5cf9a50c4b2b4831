"""What comes of a page: tries, pauses between them, and what ends them, whatever crashes."""

from itertools import pairwise

import pytest

from models import AttemptState, Channel, Role, Trouble
from moderation.taxonomy import Lane
from support_app.services import accounts, page_attempts
from support_app.services.page_attempts import Delivery, Outcome
from tests.factories import World
from tests.services.paging_steps import accepted, attempt, attempts, claim, try_all, unreachable
from tests.services.steps import open_cases

pytestmark = pytest.mark.usefixtures("nobody_on_duty")


class TestAttempts:
    def test_what_a_channel_learns(self, world: World, paged: int) -> None:
        """The case's number, level and step, the receiver's own address and language; no text, name or circle."""
        delivery = try_all(world, accepted)[0]
        assert (delivery.level, delivery.step, delivery.paged_at, delivery.email, delivery.test) == ("C4", "on_call", world.now, None, False)
        assert not {"text", "name", "circle"} & set(Delivery.__slots__)

    def test_retries_with_longer_and_longer_pauses(self, world: World, paged: int) -> None:
        """Five tries, each on record, then it is given up."""
        tried = []
        for _ in range(600):
            tried += [(world.now, delivery.attempt_id) for delivery in try_all(world, unreachable)]
            world.pass_time(seconds=1)
        first = attempts(world)[0]
        times = [moment for moment, attempt_id in tried if attempt_id == first.id]
        assert [(later - sooner).total_seconds() for sooner, later in pairwise(times)] == [5, 30, 120, 120]
        row = attempt(world, first.id)
        assert (row.state, row.trouble, row.attempts, row.ended_at) == (AttemptState.GIVEN_UP, Trouble.UNREACHABLE, 5, times[-1])
        assert [one["trouble"] for one in row.tries] == ["unreachable"] * 5

    def test_what_can_never_work_is_not_tried_again(self, world: World, paged: int) -> None:
        """A way that is not set up is no silent success."""
        try_all(world, lambda _: Outcome(Trouble.NOT_CONFIGURED))
        assert {(row.state, row.trouble) for row in attempts(world)} == {(AttemptState.GIVEN_UP, Trouble.NOT_CONFIGURED)}

    def test_a_claim_ends_the_retries(self, world: World, paged: int) -> None:
        """What was not sent yet is not sent any more."""
        try_all(world, unreachable)
        claim(world, world.other_volunteer, open_cases(world, paged)[Lane.CARE].id)
        world.pass_time(minutes=5)
        assert try_all(world, accepted) == []
        assert {(row.state, row.trouble) for row in attempts(world)} == {(AttemptState.GIVEN_UP, Trouble.ANSWERED)}

    def test_a_crash_before_the_queue(self, world: World, paged: int) -> None:
        """The rows are enough: whoever looks next hands them out."""
        assert len(page_attempts.hand_to_queue(world.db, now=world.now)) == 2

    def test_a_lost_queue(self, world: World, paged: int) -> None:
        """What no worker took is handed out again, and again only after a while."""
        handed = page_attempts.hand_to_queue(world.db, now=world.now)
        assert page_attempts.hand_to_queue(world.db, now=world.now) == []
        world.pass_time(seconds=page_attempts.QUEUE_SECONDS)
        assert page_attempts.hand_to_queue(world.db, now=world.now) == handed

    def test_a_queue_that_repeats(self, world: World, paged: int) -> None:
        """A try under way is not begun twice."""
        first = page_attempts.hand_to_queue(world.db, now=world.now)[0]
        assert page_attempts.take(world.db, first, now=world.now) is not None
        assert page_attempts.take(world.db, first, now=world.now) is None

    def test_a_worker_that_dies_while_sending(self, world: World, paged: int) -> None:
        """It is tried again; five times without an end is an end too, and a late answer of an old try changes nothing."""
        first = page_attempts.hand_to_queue(world.db, now=world.now)[0]
        begun = []
        for _ in range(page_attempts.MAX_TRIES):
            begun.append(page_attempts.take(world.db, first, now=world.now))
            world.pass_time(seconds=page_attempts.TRY_SECONDS)
            assert first in page_attempts.hand_to_queue(world.db, now=world.now)
        page_attempts.record(world.db, begun[0], Outcome(), now=world.now)
        assert attempt(world, first).state is AttemptState.WAITING
        assert page_attempts.take(world.db, first, now=world.now) is None
        assert attempt(world, first).trouble is Trouble.INTERRUPTED

    def test_who_is_no_volunteer_any_more(self, world: World, paged: int) -> None:
        """Gets nothing, even if the page was made before."""
        accounts.set_role(world.db, world.admin, user_id=world.volunteer.user_id, role=Role.MEMBER, now=world.now)
        assert [delivery.channel for delivery in try_all(world, accepted)] == [Channel.WEBHOOK]
        assert attempts(world)[0].trouble is Trouble.NO_LONGER
