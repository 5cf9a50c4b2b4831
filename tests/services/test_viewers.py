"""Who has a case's page open, and what a page needs to know while it is open."""

import pytest
from sqlalchemy import Connection, event, func, select

from models import CaseViewer
from moderation.taxonomy import Lane
from support_app.errors import Forbidden, NotFound
from support_app.services import case_view, leases, viewers
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases


@pytest.fixture
def case_id(world: World) -> int:
    return open_cases(world, world.say(world.robin, UNKIND))[Lane.CONDUCT].id


def test_two_people_see_each_other(world: World, case_id: int) -> None:
    """Nobody sees themselves, and at another case nobody is seen."""
    other = open_cases(world, world.say(world.robin, UNKIND))[Lane.CONDUCT].id
    assert list(viewers.look(world.db, world.volunteer, case_id, now=world.now).others) == []
    assert list(viewers.look(world.db, world.other_volunteer, case_id, now=world.now).others) == ["Harbour"]
    assert list(viewers.look(world.db, world.volunteer, case_id, now=world.now).others) == ["Lantern"]
    assert list(viewers.look(world.db, world.volunteer, other, now=world.now).others) == []


def test_whoever_left_is_no_longer_seen(world: World, case_id: int) -> None:
    """And is forgotten."""
    viewers.look(world.db, world.other_volunteer, case_id, now=world.now)
    world.now += viewers.GONE
    assert list(viewers.look(world.db, world.volunteer, case_id, now=world.now).others) == []
    assert viewers.forget_gone(world.db, now=world.now) == 1
    with world.db.read() as connection:
        assert connection.execute(select(func.count()).select_from(CaseViewer)).scalar_one() == 1


def test_an_open_page_learns_that_the_case_changed(world: World, case_id: int) -> None:
    """By its version."""
    before = viewers.look(world.db, world.volunteer, case_id, now=world.now).version
    leases.claim(world.db, world.other_volunteer, case_id, now=world.now)
    assert viewers.look(world.db, world.volunteer, case_id, now=world.now).version == case_row(world, case_id).version > before


def test_only_volunteers_look(world: World, case_id: int) -> None:
    """A member learns nothing about who looks, and a case must exist."""
    with pytest.raises(Forbidden):
        viewers.look(world.db, world.robin, case_id, now=world.now)
    with pytest.raises(NotFound):
        viewers.look(world.db, world.volunteer, case_id + 1000, now=world.now)


def test_the_queue_asks_as_much_for_many_cases_as_for_one(world: World) -> None:
    """However many wait."""
    world.say(world.robin, UNKIND)
    few = _statements(world)
    for person in (world.robin, world.willow):
        for text in (UNKIND, IN_CRISIS, f"{UNKIND}, {IN_CRISIS}"):
            world.say(person, text)
    assert _statements(world) == few


def _statements(world: World) -> int:
    asked: list[str] = []

    def listen(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(world.db.engine, "before_cursor_execute", listen)
    views = case_view.queue(world.db, world.volunteer, now=world.now)
    event.remove(world.db.engine, "before_cursor_execute", listen)
    assert views
    return len([statement for statement in asked if statement.startswith("SELECT")])
