"""What tests about talks do: ask for one, enter it, speak there, end it."""

from sqlalchemy import func, select

from models import Membership, MembershipRole, SideRoom
from moderation.taxonomy import Lane
from support_app.access import Actor
from support_app.services import events, side_rooms
from tests.factories import IN_CRISIS, World
from tests.services.steps import open_cases, take


def care_case(world: World, *, author: Actor | None = None) -> tuple[int, int]:
    """A message of somebody in crisis, and its open care case."""
    message_id = world.say(author or world.robin, IN_CRISIS)
    return message_id, open_cases(world, message_id)[Lane.CARE].id


def asked(world: World) -> tuple[int, int, int]:
    """Robin is in crisis and asked to talk: message, case, circle of the talk."""
    message_id, case_id = care_case(world)
    return message_id, case_id, side_rooms.ask(world.db, world.robin, message_id, now=world.now)


def entered(world: World, actor: Actor | None = None) -> tuple[int, int, int]:
    """And the volunteer has taken the case, read it, and come."""
    message_id, case_id, circle_id = asked(world)
    take(world, actor or world.volunteer, message_id, lane=Lane.CARE)
    assert enter(world, actor or world.volunteer, case_id) == circle_id
    return message_id, case_id, circle_id


def enter(world: World, actor: Actor, case_id: int) -> int:
    return side_rooms.enter(world.db, actor, case_id, now=world.now)


def end(world: World, actor: Actor, case_id: int) -> int:
    return side_rooms.end(world.db, actor, case_id, now=world.now)


def say_there(world: World, actor: Actor, circle_id: int, text: str) -> int:
    """Submit in a talk, and screen."""
    message_id = world.send(actor, text, circle_id=circle_id).id
    world.screen()
    return message_id


def talk_of(world: World, message_id: int):
    """What the author's care card is told about talking."""
    return events.facts_for(world.db, [message_id], now=world.now)[message_id].talk


def seats(world: World, circle_id: int) -> dict[int, MembershipRole]:
    with world.db.read() as connection:
        rows = connection.execute(select(Membership.user_id, Membership.role).where(Membership.circle_id == circle_id))
        return {row.user_id: row.role for row in rows}


def rooms(world: World) -> int:
    with world.db.read() as connection:
        return connection.execute(select(func.count()).select_from(SideRoom)).scalar_one()
