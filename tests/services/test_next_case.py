"""Next case: the most urgent one that this volunteer may decide, for everybody another one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Role
from moderation.taxonomy import SECONDS_TO_ACKNOWLEDGE, Lane, Level
from support_app.errors import Forbidden
from support_app.services import case_view, circles, leases, messages
from support_app.services.next_case import claim_next
from support_app.services.priority import RANK, priority
from tests.factories import BORDERLINE, IN_CRISIS, START, UNKIND, World
from tests.services.steps import case_row, open_cases, steps_of


def next_for(world: World, actor) -> int | None:
    return claim_next(world.db, actor, now=world.now)


def case_of(world: World, message_id: int, lane: Lane = Lane.CONDUCT) -> int:
    return open_cases(world, message_id)[lane].id


class TestOrder:
    def test_every_level_has_a_place(self) -> None:
        """Acute danger before everything, distress after everything."""
        assert set(RANK) == set(Level)
        assert [level for level in Level if RANK[level] == max(RANK.values())] == [Level.C4]
        assert [level for level in Level if RANK[level] == min(RANK.values())] == [Level.C1]

    @given(st.sampled_from(Level), st.integers(0, 50), st.floats(0, 0.99))
    def test_every_interval_waited_is_a_step(self, level: Level, intervals: int, part: float) -> None:
        """A full one, not a part of one."""
        seconds = SECONDS_TO_ACKNOWLEDGE.get(level, max(SECONDS_TO_ACKNOWLEDGE.values()))
        waited = timedelta(seconds=seconds * intervals) + timedelta(seconds=seconds * part)
        assert priority(level, START, START + waited) == RANK[level] + intervals

    def test_the_more_urgent_comes_first(self, world: World) -> None:
        """Whichever was there first."""
        asked = world.say(world.robin, BORDERLINE)
        messages.send_on(world.db, world.robin, asked, version=world.message(asked).version, now=world.now)
        rude = case_of(world, asked)
        world.pass_time(seconds=1)
        crisis = case_of(world, world.say(world.willow, IN_CRISIS), Lane.CARE)
        assert [view.case.id for view in case_view.queue(world.db, world.volunteer, now=world.now)] == [crisis, rude]
        assert next_for(world, world.volunteer) == crisis
        assert next_for(world, world.other_volunteer) == rude

    def test_waiting_overtakes(self, world: World) -> None:
        """A case of a lower level that waited long enough comes before a new one of a higher level."""
        rude = case_of(world, world.say(world.robin, UNKIND))
        world.pass_time(seconds=3600)
        world.say(world.willow, IN_CRISIS)
        assert next_for(world, world.volunteer) == rude


class TestWho:
    def test_a_case_is_claimed_and_its_text_stays_hidden(self, world: World) -> None:
        """As if it had been taken by hand."""
        case_id = case_of(world, world.say(world.robin, UNKIND))
        assert next_for(world, world.volunteer) == case_id
        view = case_view.case_view(world.db, world.volunteer, case_id, now=world.now)
        assert (view.claimed_by(world.volunteer), view.revealed) == (True, False)
        assert steps_of(world, case_id) == ["opened", "claimed"]

    def test_one_at_a_time(self, world: World) -> None:
        """Whoever has a case gets that one again, and another one after giving it back or losing it."""
        world.say(world.robin, UNKIND)
        first = next_for(world, world.volunteer)
        second = case_of(world, world.say(world.willow, UNKIND))
        assert next_for(world, world.volunteer) == first != second
        leases.give_back(world.db, world.volunteer, first, now=world.now)
        assert next_for(world, world.other_volunteer) == first
        assert next_for(world, world.volunteer) == second

    def test_nobody_waits(self, world: World) -> None:
        """Nothing to do, or all of it with somebody."""
        assert next_for(world, world.volunteer) is None
        world.say(world.robin, UNKIND)
        assert next_for(world, world.volunteer) is not None
        assert next_for(world, world.other_volunteer) is None

    def test_a_lease_that_ran_out_is_offered_again(self, world: World) -> None:
        """Whoever closed the laptop does not keep the case."""
        case_id = case_of(world, world.say(world.robin, UNKIND))
        assert next_for(world, world.volunteer) == case_id
        world.pass_time(seconds=leases.LEASE_SECONDS)
        assert next_for(world, world.other_volunteer) == case_id

    def test_no_case_of_ones_own_circle_or_message(self, world: World) -> None:
        """It is left for others, also after leaving the circle it was written in."""
        circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        elsewhere = world.make_circle("Morning circle")
        theirs = case_of(world, world.say(world.volunteer, UNKIND))
        assert next_for(world, world.volunteer) is None
        circles.leave(world.db, world.volunteer, world.circle_id, now=world.now)
        assert next_for(world, world.volunteer) is None
        circles.join(world.db, world.robin, elsewhere, now=world.now)
        world.send(world.robin, UNKIND, circle_id=elsewhere)
        world.screen()
        assert next_for(world, world.volunteer) not in {None, theirs}
        assert next_for(world, world.other_volunteer) == theirs

    def test_only_volunteers_and_leads(self, world: World) -> None:
        """The role counts, and when the button is pressed."""
        world.say(world.robin, UNKIND)
        for actor in (world.robin, world.admin):
            with pytest.raises(Forbidden):
                next_for(world, actor)
        assert next_for(world, world.person("Kestrel", role=Role.LEAD)) is not None

    def test_two_presses_of_one_person_are_one_case(self, postgres, world: World) -> None:
        """A double click must not hide a second case behind a lease that nobody looks at."""
        waiting = [case_of(world, world.say(world.robin, f"{UNKIND} {number}")) for number in range(4)]
        start = Barrier(4)

        def press(_number: int) -> int | None:
            start.wait()
            return next_for(world, world.volunteer)

        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(press, range(4)))) == 1
        assert sum(case_row(world, case_id).owner_id is not None for case_id in waiting) == 1

    def test_a_case_that_became_ones_own_is_not_offered_again(self, world: World) -> None:
        """Whoever takes a seat in the circle may go on with another case at once."""
        first = case_of(world, world.say(world.robin, UNKIND))
        assert next_for(world, world.volunteer) == first
        circles.join(world.db, world.volunteer, world.circle_id, now=world.now)
        assert next_for(world, world.volunteer) is None

    def test_people_who_press_at_the_same_moment_get_different_cases(self, postgres, world: World) -> None:
        """Six people and four cases: four get one each, two are told that nobody waits."""
        people = [world.person(f"Volunteer {number}", role=Role.VOLUNTEER) for number in range(6)]
        waiting = {case_of(world, world.say(world.robin, f"{UNKIND} {number}")) for number in range(4)}
        start = Barrier(6)

        def press(actor) -> int | None:
            start.wait()
            return next_for(world, actor)

        with ThreadPoolExecutor(6) as pool:
            given_out = list(pool.map(press, people))
        assert sorted(case_id for case_id in given_out if case_id) == sorted(waiting)
        assert given_out.count(None) == 2
