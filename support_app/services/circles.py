"""Circles: the directory, making one, taking and leaving a seat, who leads it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from models import Case, Circle, CircleKind, Event, Membership, MembershipRole, Removal, User
from models.event import Audience, EventKind
from moderation.rules import Rules
from support_app import audit
from support_app.access import Actor, access_circle_as_member, require_admin, require_live
from support_app.database import Database
from support_app.errors import N_, CircleFull, Forbidden, NameTaken, NotFound
from support_app.services.messages import withdraw_waiting
from support_app.services.rules import add_version, rules_in_force


@dataclass(frozen=True, slots=True)
class NewCircle:
    """What an admin says about a circle."""

    name: str
    topic: str
    description: str
    language: str
    meets: str
    capacity: int


@dataclass(frozen=True, slots=True)
class CircleCard:
    """A circle as the directory shows it to one person."""

    id: int
    kind: CircleKind
    name: str
    topic: str
    description: str
    language: str
    meets: str
    capacity: int
    members: int
    is_member: bool
    is_facilitator: bool
    facilitators: list[str]
    rules_version: int
    rules: Rules
    last_seq: int
    last_event: int

    @property
    def free_seats(self) -> int:
        """Seats nobody has taken."""
        return self.capacity - self.members


def create_circle(db: Database, *, circle: NewCircle, rules: Rules, actor: Actor | None, now: datetime) -> int:
    """Make a circle with the first version of its rules; a null actor is the system."""
    values = {field: getattr(circle, field) for field in NewCircle.__slots__}
    with db.write() as connection:
        if actor is not None:
            require_admin(connection, actor, now=now)
        try:
            circle_id: int = connection.execute(
                insert(Circle).values(**values, rules_version=1, last_seq=0, last_event=0, screening_token=0, created_at=now).returning(Circle.id)
            ).scalar_one()
        except IntegrityError:
            raise NameTaken(N_("There is already a circle with this name.")) from None
        actor_id = actor.user_id if actor else None
        add_version(connection, circle_id=circle_id, number=1, rules=rules, reason="", actor_id=actor_id, now=now)
        audit.record(connection, actor_id=actor_id, action="circle.created", subject=f"circle:{circle_id}", now=now)
    return circle_id


def join(db: Database, actor: Actor, circle_id: int, *, now: datetime) -> None:
    """Take a seat; joining twice changes nothing; raises `CircleFull`."""
    with db.write() as connection:
        require_live(connection, actor, now=now)
        circle = connection.execute(select(Circle.capacity).where(Circle.id == circle_id, Circle.kind == CircleKind.CIRCLE).with_for_update()).one_or_none()
        if circle is None:
            raise NotFound
        if _is_member(connection, circle_id, actor.user_id):
            return
        if connection.execute(select(Removal.user_id).where(Removal.circle_id == circle_id, Removal.user_id == actor.user_id)).first() is not None:
            raise Forbidden(N_("A volunteer ended your time in this circle. The other circles are open to you."))
        if _count_members(connection, circle_id) >= circle.capacity:
            raise CircleFull
        add_member(connection, circle_id=circle_id, user_id=actor.user_id, role=MembershipRole.MEMBER, now=now)
        audit.record(connection, actor_id=actor.user_id, action="circle.joined", subject=f"circle:{circle_id}", now=now)


def leave(db: Database, actor: Actor, circle_id: int, *, now: datetime) -> None:
    """Give the seat back; the room closes for this person at once."""
    with db.write() as connection:
        access_circle_as_member(connection, actor, circle_id, now=now)
        require_circle(connection, circle_id)
        end_membership(connection, circle_id=circle_id, user_id=actor.user_id, now=now)
        audit.record(connection, actor_id=actor.user_id, action="circle.left", subject=f"circle:{circle_id}", now=now)


def remove(connection: Connection, *, circle_id: int, user_id: int, case_id: int, now: datetime) -> None:
    """Take a person's seat for good, in the caller's transaction, as a case decided it."""
    end_membership(connection, circle_id=circle_id, user_id=user_id, now=now)
    withdraw_waiting(connection, user_id=user_id, circle_id=circle_id, now=now)
    known = select(Removal.user_id).where(Removal.circle_id == circle_id, Removal.user_id == user_id)
    if connection.execute(known).first() is None:
        connection.execute(insert(Removal), {"circle_id": circle_id, "user_id": user_id, "case_id": case_id, "created_at": now})


def lift_removal(connection: Connection, *, message_id: int) -> None:
    """Let a person take a seat again, when the message for which it was ended was released after all."""
    connection.execute(delete(Removal).where(Removal.case_id.in_(select(Case.id).where(Case.message_id == message_id))))


def end_membership(connection: Connection, *, circle_id: int, user_id: int, now: datetime) -> None:
    """Free a seat in the caller's transaction; live servers put its person out of the room."""
    connection.execute(delete(Membership).where(Membership.circle_id == circle_id, Membership.user_id == user_id))
    event = {"audience": Audience.SERVER, "kind": EventKind.MEMBERSHIP_ENDED, "circle_id": circle_id, "user_id": user_id, "created_at": now}
    connection.execute(insert(Event), event)


def set_facilitator(db: Database, actor: Actor, circle_id: int, *, name_key: str, facilitates: bool, now: datetime) -> None:
    """Let a member lead the circle, or sit in it like the others again."""
    role = MembershipRole.FACILITATOR if facilitates else MembershipRole.MEMBER
    with db.write() as connection:
        require_admin(connection, actor, now=now)
        require_circle(connection, circle_id)
        user_id = connection.execute(select(User.id).where(User.name_key == name_key)).scalar_one_or_none()
        changed = connection.execute(update(Membership).where(Membership.circle_id == circle_id, Membership.user_id == user_id).values(role=role))
        if changed.rowcount == 0:
            raise NotFound(N_("Nobody with this name sits in this circle."))
        audit.record(connection, actor_id=actor.user_id, action="circle.facilitator_set", subject=f"circle:{circle_id}", now=now, user=user_id, role=role)


def directory(db: Database, actor: Actor) -> list[CircleCard]:
    """All circles as this person sees them, their own first; a private talk is not among them."""
    query = select(Circle.__table__).where(Circle.kind == CircleKind.CIRCLE).order_by(Circle.name)
    with db.read() as connection:
        cards = [_card(connection, row, actor) for row in connection.execute(query).all()]
    return sorted(cards, key=lambda card: not card.is_member)


def circle_card(db: Database, actor: Actor, circle_id: int, *, now: datetime) -> CircleCard:
    """One circle for a member of it; raises `NotFound` for everyone else."""
    with db.read() as connection:
        access_circle_as_member(connection, actor, circle_id, now=now)
        row = connection.execute(select(Circle.__table__).where(Circle.id == circle_id)).one()
        return _card(connection, row, actor)


def own_circles(db: Database, actor: Actor) -> list[dict[str, int]]:
    """The actor's circles with their counters, as `hello` tells them."""
    query = select(Circle.id, Circle.last_seq, Circle.last_event).join(Membership).where(Membership.user_id == actor.user_id).order_by(Circle.id)
    with db.read() as connection:
        return [row._asdict() for row in connection.execute(query)]


def add_member(connection: Connection, *, circle_id: int, user_id: int, role: MembershipRole, now: datetime) -> None:
    """Write one seat in the caller's transaction."""
    connection.execute(insert(Membership), {"circle_id": circle_id, "user_id": user_id, "role": role, "joined_at": now})


def require_circle(connection: Connection, circle_id: int) -> None:
    """Refuse what is done to circles only: a private talk has no directory, no seats to take and no rules of its own."""
    if connection.execute(select(Circle.id).where(Circle.id == circle_id, Circle.kind == CircleKind.CIRCLE)).first() is None:
        raise NotFound


def _card(connection: Connection, row: object, actor: Actor) -> CircleCard:
    members = connection.execute(
        select(User.id, User.name, Membership.role).join(User, User.id == Membership.user_id).where(Membership.circle_id == row.id).order_by(User.name)  # type: ignore[attr-defined]
    ).all()
    _, rules = rules_in_force(connection, row.id)  # type: ignore[attr-defined]
    shown = {field: getattr(row, field) for field in (*NewCircle.__slots__, "id", "kind", "rules_version", "last_seq", "last_event")}
    leads = [member for member in members if member.role == MembershipRole.FACILITATOR]
    return CircleCard(
        **shown,
        rules=rules,
        members=len(members),
        is_member=any(member.id == actor.user_id for member in members),
        is_facilitator=any(member.id == actor.user_id for member in leads),
        facilitators=[member.name for member in leads],
    )


def _is_member(connection: Connection, circle_id: int, user_id: int) -> bool:
    return connection.execute(select(Membership.user_id).where(Membership.circle_id == circle_id, Membership.user_id == user_id)).first() is not None


def _count_members(connection: Connection, circle_id: int) -> int:
    return int(connection.execute(select(func.count()).select_from(Membership).where(Membership.circle_id == circle_id)).scalar_one())
