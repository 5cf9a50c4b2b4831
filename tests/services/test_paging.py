"""The ladder when nobody is free: who is paged and when, once each, whatever crashes or races."""

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from models import AttemptState, AuditEntry, Channel, Event, Page, PageAttempt, PageStep, Role, Trouble
from moderation.taxonomy import Label, Lane, Level
from support_app.access import Actor
from support_app.database import AnyRow, open_database
from support_app.services import accounts, leases, page_attempts, paging, reach, shift_ends, shifts
from support_app.services.care_status import CareState, CareStatus
from support_app.services.events import facts_for
from support_app.services.notices import NoticeFacts
from support_app.services.page_attempts import Delivery, Outcome
from tests.factories import World
from tests.services.steps import events_after, open_cases

RACERS = 4


def in_danger(world: World, actor: Actor | None = None) -> int:
    """A message that opens a case of level C4; answers with the message's id."""
    world.classify_with(lambda _: dict.fromkeys(Label, 0.01) | {Label.IMMINENT: 0.95, Label.CRISIS: 0.95})
    message_id = world.say(actor or world.robin, "hello")
    assert open_cases(world, message_id)[Lane.CARE].level is Level.C4
    return message_id


@pytest.fixture
def world(world: World) -> World:
    """Nobody is on duty: who is paged said that they may be."""
    for actor in (world.volunteer, world.other_volunteer):
        shift_ends.end(world.db, actor, now=world.now)
    return world


def claim(world: World, actor: Actor, case_id: int) -> None:
    """Come, go on duty and take a case."""
    shifts.start(world.db, actor, check=4, now=world.now)
    leases.claim(world.db, actor, case_id, now=world.now)


def page_me(world: World, actor: Actor, *, email: str = "") -> None:
    reach.save_reach(world.db, actor, page_me=True, email=email, now=world.now)


def pages(world: World) -> list[AnyRow]:
    with world.db.read() as connection:
        return list(connection.execute(select(Page.__table__).order_by(Page.id)))


def steps(world: World) -> list[PageStep]:
    return [page.step for page in pages(world)]


def attempts(world: World, *, step: PageStep | None = None) -> list[AnyRow]:
    query = select(PageAttempt.__table__).outerjoin(Page, Page.id == PageAttempt.page_id).order_by(PageAttempt.id)
    with world.db.read() as connection:
        return list(connection.execute(query if step is None else query.where(Page.step == step)))


def attempt(world: World, attempt_id: int) -> AnyRow:
    return next(row for row in attempts(world) if row.id == attempt_id)


def facts(world: World, message_id: int) -> NoticeFacts:
    return facts_for(world.db, [message_id], now=world.now)[message_id]


def try_all(world: World, outcome: Callable[[Delivery], Outcome]) -> list[Delivery]:
    """What a queue and a worker do together: everything that is due is tried once."""
    taken = [page_attempts.take(world.db, attempt_id, now=world.now) for attempt_id in page_attempts.hand_to_queue(world.db, now=world.now)]
    begun = [delivery for delivery in taken if delivery is not None]
    for delivery in begun:
        page_attempts.record(world.db, delivery, outcome(delivery), now=world.now)
    return begun


def accepted(_: Delivery) -> Outcome:
    return Outcome()


def unreachable(_: Delivery) -> Outcome:
    return Outcome(Trouble.UNREACHABLE)


class TestLadder:
    def test_everyone_on_call_after_a_minute_and_the_leads_after_two(self, world: World) -> None:
        """Each step once, with its record, and to the right people by their ways."""
        lead = world.person("Kestrel", role=Role.LEAD, on_duty=False)
        page_me(world, world.volunteer, email="harbour@example.org")
        in_danger(world)
        world.pass_time(seconds=59)
        assert paging.page_due(world.db, now=world.now) == 0
        world.pass_time(seconds=1)
        assert [paging.page_due(world.db, now=world.now) for _ in range(2)] == [1, 0]
        webhook = (None, Channel.WEBHOOK)
        assert [(row.user_id, row.channel) for row in attempts(world)] == [
            (world.volunteer.user_id, Channel.PUSH),
            (world.volunteer.user_id, Channel.EMAIL),
            webhook,
        ]
        world.pass_time(seconds=60)
        assert [paging.page_due(world.db, now=world.now) for _ in range(2)] == [1, 0]
        assert steps(world) == [PageStep.ON_CALL, PageStep.LEADS]
        assert [(row.user_id, row.channel) for row in attempts(world, step=PageStep.LEADS)] == [(lead.user_id, Channel.PUSH), webhook]
        with world.db.read() as connection:
            noted = connection.execute(select(AuditEntry.details).where(AuditEntry.action == "case.paged").order_by(AuditEntry.id)).scalars().all()
        assert noted == [{"step": "on_call", "people": 1}, {"step": "leads", "people": 1}]

    def test_both_steps_after_a_long_stop(self, world: World) -> None:
        """The ladder is computed from the case's own clock: a server that was down makes up for it at once."""
        in_danger(world)
        world.pass_time(minutes=10)
        assert paging.page_due(world.db, now=world.now) == 2

    def test_a_claim_ends_it(self, world: World) -> None:
        """Before the first step, between the two, and after the case was given back."""
        case_id = open_cases(world, in_danger(world))[Lane.CARE].id
        world.pass_time(seconds=60)
        paging.page_due(world.db, now=world.now)
        claim(world, world.volunteer, case_id)
        world.pass_time(seconds=60)
        assert paging.page_due(world.db, now=world.now) == 0
        leases.give_back(world.db, world.volunteer, case_id, now=world.now)
        assert paging.page_due(world.db, now=world.now) == 0
        assert steps(world) == [PageStep.ON_CALL]
        world.pass_time(seconds=60)
        assert paging.page_due(world.db, now=world.now) == 1  # nobody has it again, and nobody has come

    def test_people_on_duty_are_paged_unasked(self, world: World) -> None:
        """Whoever works is there to be called; a volunteer without a certificate is not."""
        shifts.start(world.db, world.volunteer, check=4, now=world.now)
        learner = world.person("Heron", role=Role.VOLUNTEER, certified=False)
        shifts.start(world.db, learner, check=4, now=world.now)
        in_danger(world)
        world.pass_time(seconds=60)
        paging.page_due(world.db, now=world.now)
        assert [row.user_id for row in attempts(world)] == [world.volunteer.user_id, None]

    def test_less_urgent_cases_page_nobody(self, world: World) -> None:
        """C2 waits in the queue."""
        world.classify_with(lambda _: dict.fromkeys(Label, 0.01) | {Label.CRISIS: 0.8})
        assert open_cases(world, world.say(world.robin, "hello"))[Lane.CARE].level is Level.C2
        world.pass_time(minutes=10)
        assert paging.page_due(world.db, now=world.now) == 0

    def test_who_may_not_decide_is_not_paged(self, world: World) -> None:
        """Somebody of the same circle, somebody banned, and who did not say yes."""
        neighbour = world.person("Neighbour", role=Role.VOLUNTEER, seat_in=world.circle_id, on_duty=False)
        page_me(world, neighbour)
        page_me(world, world.other_volunteer)
        reach.save_reach(world.db, world.other_volunteer, page_me=False, email="", now=world.now)
        in_danger(world)
        world.pass_time(seconds=60)
        paging.page_due(world.db, now=world.now)
        assert [row.user_id for row in attempts(world)] == [None]

    def test_threads_race(self, world: World) -> None:
        """Each step is made once, and every attempt handed out once."""
        page_me(world, world.volunteer)
        in_danger(world)
        world.pass_time(minutes=3)
        made, handed = [], []
        together = threading.Barrier(RACERS)

        def race() -> None:
            together.wait()
            made.append(paging.page_due(world.db, now=world.now))
            together.wait()
            handed.extend(page_attempts.hand_to_queue(world.db, now=world.now))

        run_together([threading.Thread(target=race) for _ in range(RACERS)])
        assert sum(made) == 2
        assert steps(world) == [PageStep.ON_CALL, PageStep.LEADS]
        assert sorted(handed) == [row.id for row in attempts(world)]

    def test_processes_race(self, world: World) -> None:
        """The same with processes, as with several web servers."""
        page_me(world, world.volunteer)
        in_danger(world)
        world.pass_time(minutes=3)
        context = multiprocessing.get_context("spawn")
        ready, made = context.Barrier(2), context.Queue()
        url = world.db.engine.url.render_as_string(hide_password=False)
        racers = [context.Process(target=page_in_a_process, args=(url, world.now, ready, made)) for _ in range(2)]
        for racer in racers:
            racer.start()
        assert sum(made.get(timeout=150) for _ in racers) == 2
        for racer in racers:
            racer.join(150)
        assert steps(world) == [PageStep.ON_CALL, PageStep.LEADS]


def page_in_a_process(url: str, now: datetime, ready: threading.Barrier, made: multiprocessing.Queue) -> None:
    """What one of several servers does."""
    db = open_database(url)
    ready.wait(150)
    made.put(paging.page_due(db, now=now))
    db.dispose()


def run_together(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def paged(world: World) -> int:
    """A case that was paged about once, to one volunteer; answers with its message."""
    page_me(world, world.volunteer)
    message_id = in_danger(world)
    world.pass_time(seconds=60)
    paging.page_due(world.db, now=world.now)
    return message_id


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
