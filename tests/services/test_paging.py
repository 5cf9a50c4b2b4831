"""The ladder when nobody is free: who is paged and when, once each, whatever races."""

import multiprocessing
import threading
from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import select

from models import AuditEntry, Channel, PageStep, Role
from moderation.taxonomy import Label, Lane, Level
from support_app.database import open_database
from support_app.services import leases, page_attempts, paging, reach, shifts
from tests.factories import World
from tests.services.paging_steps import attempts, claim, in_danger, page_me, steps
from tests.services.steps import open_cases

RACERS = 4
pytestmark = pytest.mark.usefixtures("nobody_on_duty")


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
