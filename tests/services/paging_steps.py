"""What tests about pages do: bring somebody into danger, say that one may be paged, try what is due."""

from collections.abc import Callable

from sqlalchemy import select

from models import Page, PageAttempt, PageStep, Trouble
from moderation.taxonomy import Label, Lane, Level
from support_app.access import Actor
from support_app.database import AnyRow
from support_app.services import leases, page_attempts, reach, shifts
from support_app.services.events import facts_for
from support_app.services.notices import NoticeFacts
from support_app.services.page_attempts import Delivery, Outcome
from tests.factories import World
from tests.services.steps import open_cases


def in_danger(world: World, actor: Actor | None = None) -> int:
    """A message that opens a case of level C4; answers with the message's id."""
    world.classify_with(lambda _: dict.fromkeys(Label, 0.01) | {Label.IMMINENT: 0.95, Label.CRISIS: 0.95})
    message_id = world.say(actor or world.robin, "hello")
    assert open_cases(world, message_id)[Lane.CARE].level is Level.C4
    return message_id


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
