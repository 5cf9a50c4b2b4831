"""What tests about rest do: open a hard case or a rude one, go through it, look at the shift."""

from moderation.taxonomy import Lane
from support_app.access import Actor
from support_app.services import leases, shift_ends, shift_view
from support_app.services.next_case import claim_next
from tests.factories import UNKIND, World
from tests.services.steps import case_row, look_after, open_cases

DANGER = "tonight is the end"
METHOD = "I know how"


def care_case(world: World, text: str = DANGER, author: Actor | None = None) -> int:
    return open_cases(world, world.say(author or world.robin, text))[Lane.CARE].id


def conduct_case(world: World, author: Actor | None = None) -> int:
    return open_cases(world, world.say(author or world.willow, UNKIND))[Lane.CONDUCT].id


def next_for(world: World, actor: Actor, **options) -> int | None:
    return claim_next(world.db, actor, now=world.now, **options)


def read(world: World, actor: Actor, case_id: int) -> None:
    leases.claim(world.db, actor, case_id, now=world.now)
    leases.reveal(world.db, actor, case_id, now=world.now)


def give_back(world: World, actor: Actor, case_id: int) -> None:
    leases.give_back(world.db, actor, case_id, now=world.now)


def close(world: World, actor: Actor, case_id: int) -> None:
    look_after(world, actor, case_row(world, case_id))


def go_through(world: World, actor: Actor, case_id: int) -> None:
    """Claim, read and close a care case."""
    read(world, actor, case_id)
    close(world, actor, case_id)


def panel(world: World, actor: Actor) -> shift_view.Panel:
    return shift_view.panel(world.db, actor, now=world.now)


def end_shift(world: World, actor: Actor) -> None:
    shift_ends.end(world.db, actor, now=world.now)
