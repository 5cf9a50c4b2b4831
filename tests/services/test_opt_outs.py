"""Topics set aside: not offered by *next case*, and free to be taken by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from models import Case
from moderation.taxonomy import Label, Lane, Level
from support_app.access import Actor
from support_app.errors import Forbidden
from support_app.services import leases, opt_outs, screening, shift_view
from support_app.services.next_case import claim_next
from tests.factories import World
from tests.services.steps import open_cases


@pytest.fixture(autouse=True)
def labels(world: World) -> None:
    """Every label has a word that raises it, and nothing else does."""
    world.classify_with(lambda text: {label: 0.95 if label.value in text else 0.01 for label in Label})


def case_about(world: World, text: str, lane: Lane | None = None) -> int:
    found = open_cases(world, world.say(world.robin, text))
    return (found[lane] if lane else next(iter(found.values()))).id


def set_aside(world: World, *topics: Label, days: int | None = None, actor: Actor | None = None) -> None:
    until = None if days is None else world.now + timedelta(days=days)
    opt_outs.set_aside(world.db, actor or world.volunteer, topics=topics, until=until, now=world.now)


def next_for(world: World, actor: Actor | None = None) -> int | None:
    return claim_next(world.db, actor or world.volunteer, now=world.now)


def is_noted(world: World, case_id: int) -> bool:
    return shift_view.case_notes(world.db, world.volunteer, case_id, now=world.now).set_aside


@pytest.mark.parametrize("topic", list(Label))
def test_is_not_offered(world: World, topic: Label) -> None:
    """Neither alone nor beside others; what is about something else is."""
    case_id = case_about(world, f"words of {topic.value}")
    set_aside(world, topic)
    assert next_for(world) is None
    others = [label for label in Label if label is not topic]
    set_aside(world, *others)
    assert next_for(world) == case_id


@pytest.mark.parametrize("topic", list(Label))
def test_may_be_taken_by_hand(world: World, topic: Label) -> None:
    """With a note that it is one of those; without it for what is not."""
    case_id, other = case_about(world, f"words of {topic.value}"), case_about(world, f"words of {'crisis' if topic is Label.CONCERN else 'concern'}")
    set_aside(world, topic)
    assert (is_noted(world, case_id), is_noted(world, other)) == (True, False)
    leases.claim(world.db, world.volunteer, case_id, now=world.now)
    assert next_for(world) == case_id


def test_both_lanes_of_one_message(world: World) -> None:
    """Held for an attack and a cry at once: whoever sets either aside is not offered its text."""
    message_id = world.say(world.robin, "harassment and crisis")
    assert open_cases(world, message_id)
    for topic in (Label.HARASSMENT, Label.CRISIS):
        set_aside(world, topic)
        assert next_for(world) is None


def test_the_level_that_a_person_set_counts(world: World) -> None:
    """A case that turned out to be acute is acute, whatever the software found."""
    case_id = case_about(world, "words of concern")
    set_aside(world, Label.IMMINENT)
    with world.db.write() as connection:
        connection.execute(update(Case).where(Case.id == case_id).values(level=Level.C4))
    assert next_for(world) is None
    set_aside(world, Label.CRISIS)
    assert next_for(world) == case_id
    leases.give_back(world.db, world.volunteer, case_id, now=world.now)
    with world.db.write() as connection:
        connection.execute(update(Case).where(Case.id == case_id).values(level=Level.C3))
    assert next_for(world) is None


def test_is_one_persons_and_can_be_taken_back(world: World) -> None:
    """Each choice replaces the one before."""
    case_id = case_about(world, "words of crisis")
    set_aside(world, Label.CRISIS)
    set_aside(world, actor=world.other_volunteer)
    assert next_for(world) is None
    assert next_for(world, world.other_volunteer) == case_id
    leases.give_back(world.db, world.other_volunteer, case_id, now=world.now)
    set_aside(world)
    assert next_for(world) == case_id


def test_ends_by_itself(world: World) -> None:
    """For a week is for a week."""
    set_aside(world, Label.CRISIS, days=7)
    case_id = case_about(world, "words of crisis")
    assert next_for(world) is None
    topics = shift_view.own_page(world.db, world.volunteer, now=world.now).topics
    assert topics == {Label.CRISIS: world.now + timedelta(days=7)}
    with world.db.read() as connection:
        assert opt_outs.topics_set_aside(connection, world.volunteer.user_id, now=world.now + timedelta(days=7)) == {}
    set_aside(world, Label.GOADING)
    assert next_for(world) == case_id


def test_what_no_software_read_is_offered(world: World) -> None:
    """In an outage nobody knows the topic, and somebody must look."""
    set_aside(world, *Label)
    world.send(world.robin, "words of crisis")
    world.pass_time(seconds=10)
    screening.hold_overdue(world.db, now=world.now)
    assert next_for(world) is not None


def test_is_for_volunteers(world: World) -> None:
    """Nobody else has topics to set aside."""
    for actor in (world.robin, world.admin):
        with pytest.raises(Forbidden):
            set_aside(world, Label.CRISIS, actor=actor)
