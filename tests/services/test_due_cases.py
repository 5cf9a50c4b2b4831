"""What comes due on cases by itself: one that cannot be worked off keeps no other waiting, and nothing else of the watch."""

import pytest
from sqlalchemy import Connection

from models import Case
from models.case import CaseState
from moderation.taxonomy import Lane
from support_app import jobs
from support_app.database import AnyRow, Database
from support_app.errors import Busy, Conflict
from support_app.services.due_cases import for_each_due
from tests.factories import UNKIND, World
from tests.services.steps import open_cases


def test_one_that_fails_keeps_no_other_waiting(world: World) -> None:
    """Whatever goes wrong with it; it is tried again the next time."""
    first, second = (open_cases(world, world.say(person, UNKIND))[Lane.CONDUCT].id for person in (world.robin, world.willow))
    worked: list[int] = []

    def act(_connection: Connection, case: AnyRow, _now: object) -> None:
        if case.id == first:
            raise Conflict
        worked.append(case.id)

    for _ in range(2):
        for_each_due(world.db, Case.state == CaseState.OPEN, act, now=world.now)
    assert worked == [second, second]


def test_a_busy_database_is_no_fault_of_a_case(world: World) -> None:
    """The turn ends, and the watch says so."""
    world.say(world.robin, UNKIND)

    def act(*_: object) -> None:
        raise Busy

    with pytest.raises(Busy):
        for_each_due(world.db, Case.state == CaseState.OPEN, act, now=world.now)


def test_one_duty_that_fails_keeps_no_other_from_being_done(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Held words are released although leases cannot be ended."""
    done: list[object] = []

    def fail(_db: Database, *, now: object) -> None:
        raise RuntimeError(now)

    def work(_db: Database, *, now: object) -> None:
        done.append(now)

    monkeypatch.setattr(jobs, "DUTIES", (fail, work, fail, work))
    monkeypatch.setattr(jobs, "keep_banner_true", lambda _app, _broadcaster: done.append("banner"))
    monkeypatch.setattr(jobs, "core_of", lambda _app: Clock(world))
    jobs.watch_once(None, None)
    assert done == [world.now, world.now, "banner"]


class Clock:
    """The part of the core that a duty needs."""

    def __init__(self, world: World) -> None:
        self.db, self.now = world.db, lambda: world.now
