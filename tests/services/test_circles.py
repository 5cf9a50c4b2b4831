"""Circles: seats, the directory, who leads; and what the administration reads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from models import Event, Membership
from models.event import EventKind
from moderation.rules import Rules
from support_app.errors import CircleFull, Forbidden, NameTaken, NotFound
from support_app.services import accounts, administration, circles
from support_app.services.circles import NewCircle
from tests.factories import World


def seats_taken(world: World, circle_id: int) -> int:
    with world.db.read() as connection:
        return connection.execute(select(func.count()).select_from(Membership).where(Membership.circle_id == circle_id)).scalar_one()


class TestCreate:
    def test_starts_with_its_first_rules(self, world: World) -> None:
        """A new circle has version 1 of its rules and nobody in it."""
        new = NewCircle("Morning circle", "Sleep", "For those who were awake all night.", "en", "mornings", 5)
        circle_id = circles.create_circle(world.db, circle=new, rules=Rules(max_length=500), actor=world.admin, now=world.now)
        shown = administration.circle(world.db, circle_id)
        assert (shown.name, shown.rules_version, shown.rules.max_length) == ("Morning circle", 1, 500)
        assert seats_taken(world, circle_id) == 0

    def test_names_are_given_once(self, world: World) -> None:
        """Two circles of one name would be mixed up; the refusal leaves nothing behind."""
        with pytest.raises(NameTaken):
            world.make_circle("Evening circle")
        assert administration.overview(world.db, world.admin, now=world.now).circles[0]["name"] == "Evening circle"

    def test_only_admins(self, world: World) -> None:
        """Members and volunteers are refused."""
        new = NewCircle("Mine", "Sleep", "A circle of my own making.", "en", "mornings", 5)
        for actor in (world.robin, world.volunteer):
            with pytest.raises(Forbidden):
                circles.create_circle(world.db, circle=new, rules=Rules(), actor=actor, now=world.now)


class TestSeats:
    def test_join_twice_is_one_seat(self, world: World) -> None:
        """A second click changes nothing."""
        for _ in range(2):
            circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        assert seats_taken(world, world.circle_id) == 3

    def test_full(self, world: World) -> None:
        """The last seat is the last one; who sits there may still come back in."""
        small = world.make_circle("Small circle", capacity=3)
        for actor in (world.robin, world.willow, world.volunteer):
            circles.join(world.db, actor, small, now=world.now)
        with pytest.raises(CircleFull):
            circles.join(world.db, world.admin, small, now=world.now)
        circles.join(world.db, world.robin, small, now=world.now)
        circles.leave(world.db, world.robin, small, now=world.now)
        circles.join(world.db, world.admin, small, now=world.now)
        assert seats_taken(world, small) == 3

    def test_concurrent_joins_never_overfill(self, postgres, world: World) -> None:
        """Twelve people press at the same moment for six seats: exactly six get one."""
        small, people = world.make_circle("Small circle", capacity=6), [world.person(f"Person {number}") for number in range(12)]
        start = Barrier(len(people))

        def join(actor) -> bool:
            start.wait()
            try:
                circles.join(world.db, actor, small, now=world.now)
            except CircleFull:
                return False
            return True

        with ThreadPoolExecutor(len(people)) as pool:
            assert sum(pool.map(join, people)) == 6
        assert seats_taken(world, small) == 6

    def test_unknown_circle(self, world: World) -> None:
        """There is nothing to join."""
        with pytest.raises(NotFound):
            circles.join(world.db, world.robin, 999_999, now=world.now)

    def test_leave_closes_the_room(self, world: World) -> None:
        """Afterwards the circle is as unknown to them as to a stranger, and live servers are told."""
        circles.leave(world.db, world.robin, world.circle_id, now=world.now)
        with pytest.raises(NotFound):
            circles.leave(world.db, world.robin, world.circle_id, now=world.now)
        with pytest.raises(NotFound):
            circles.circle_card(world.db, world.robin, world.circle_id, now=world.now)
        with world.db.read() as connection:
            told = connection.execute(select(Event.user_id).where(Event.kind == EventKind.MEMBERSHIP_ENDED)).scalars().all()
        assert told == [world.robin.user_id]


class TestDirectory:
    def test_own_circles_first(self, world: World) -> None:
        """With free seats, and whether one sits there."""
        world.make_circle("A morning circle", capacity=5)
        cards = circles.directory(world.db, world.robin)
        assert [(card.name, card.is_member, card.members, card.free_seats) for card in cards] == [
            ("Evening circle", True, 2, 6),
            ("A morning circle", False, 0, 5),
        ]

    def test_counters_for_the_live_side(self, world: World) -> None:
        """What `hello` says of one's circles."""
        world.say(world.robin, "hello")
        assert circles.own_circles(world.db, world.robin) == [{"id": world.circle_id, "last_seq": 1, "last_event": 1}]
        assert circles.own_circles(world.db, world.volunteer) == []


class TestFacilitators:
    def set_to(self, world: World, actor, name: str, *, facilitates: bool) -> None:
        key = accounts.name_key(name)
        circles.set_facilitator(world.db, actor, world.circle_id, name_key=key, facilitates=facilitates, now=world.now)

    def test_a_member_leads_and_stops_leading(self, world: World) -> None:
        """Named in the directory while they do."""
        self.set_to(world, world.admin, "robin", facilitates=True)
        card = circles.circle_card(world.db, world.willow, world.circle_id, now=world.now)
        assert (card.facilitators, card.is_facilitator) == (["Robin"], False)
        assert circles.circle_card(world.db, world.robin, world.circle_id, now=world.now).is_facilitator
        self.set_to(world, world.admin, "Robin", facilitates=False)
        assert circles.circle_card(world.db, world.robin, world.circle_id, now=world.now).facilitators == []

    def test_refusals(self, world: World) -> None:
        """Only somebody who sits in the circle, only by an admin."""
        for name in ("Harbour", "Nobody"):
            with pytest.raises(NotFound):
                self.set_to(world, world.admin, name, facilitates=True)
        with pytest.raises(Forbidden):
            self.set_to(world, world.robin, "Robin", facilitates=True)


class TestAdministration:
    def test_overview(self, world: World) -> None:
        """Circles with their seats, and the number of accounts."""
        overview = administration.overview(world.db, world.admin, now=world.now)
        assert [(row["name"], row["members"], row["capacity"]) for row in overview.circles] == [("Evening circle", 2, 8)]
        assert overview.people == 5

    def test_people_are_found_by_part_of_their_name(self, world: World) -> None:
        """In any spelling; a percent sign is a percent sign."""
        found = administration.people(world.db, world.admin, wanted="OBI", now=world.now)
        assert [(person["name"], person["role"]) for person in found] == [("Robin", "member")]
        assert administration.people(world.db, world.admin, wanted="%", now=world.now) == []
        assert len(administration.people(world.db, world.admin, wanted="", now=world.now)) == 5

    def test_is_for_admins(self, world: World) -> None:
        """And for nobody else."""
        for actor in (world.robin, world.volunteer):
            for read in (
                lambda a=actor: administration.overview(world.db, a, now=world.now),
                lambda a=actor: administration.people(world.db, a, wanted="", now=world.now),
                lambda a=actor: administration.require(world.db, a, now=world.now),
            ):
                with pytest.raises(Forbidden):
                    read()

    def test_unknown_circle(self, world: World) -> None:
        """There are no rules to show."""
        with pytest.raises(NotFound):
            administration.circle(world.db, 999_999)
