"""Situations that tests of more than one file begin in."""

import pytest
from sqlalchemy import delete

from models import EmergencyNumber, Helpline
from moderation.rules import Rules
from moderation.taxonomy import Label
from support_app.services import paging, shift_ends
from tests.factories import World, scripted
from tests.services.paging_steps import in_danger, page_me
from tests.services.rest_steps import DANGER, METHOD


@pytest.fixture
def empty(world: World) -> World:
    """A world whose operator has written down no helpline yet."""
    with world.db.engine.begin() as connection:
        connection.execute(delete(Helpline))
        connection.execute(delete(EmergencyNumber))
    return world


@pytest.fixture
def nobody_on_duty(world: World) -> World:
    """Who is paged said that they may be."""
    for actor in (world.volunteer, world.other_volunteer):
        shift_ends.end(world.db, actor, now=world.now)
    return world


@pytest.fixture
def paged(nobody_on_duty: World) -> int:
    """A case that was paged about once, to one volunteer; answers with its message."""
    world = nobody_on_duty
    page_me(world, world.volunteer)
    message_id = in_danger(world)
    world.pass_time(seconds=60)
    paging.page_due(world.db, now=world.now)
    return message_id


@pytest.fixture
def hard_sentences(world: World) -> None:
    """Two sentences more that the classifier knows: one of acute danger, one with a method in mind."""

    def scores(text: str) -> dict[Label, float]:
        found = dict(scripted(text))
        if DANGER in text:
            found[Label.IMMINENT] = 0.95
        if METHOD in text:
            found |= {Label.CRISIS: 0.9, Label.IMMINENT: Rules().alert_imminent / 2}
        return found

    world.classify_with(scores)
