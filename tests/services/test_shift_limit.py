"""The limit of a shift: so many cases or hours, then rest."""

import pytest

from models import Role
from support_app.access import Actor
from support_app.errors import ShiftLimit
from support_app.services import leases, rest, shifts
from support_app.services.rest import COUNTED, MOST_HOURS
from tests.factories import UNKIND, World
from tests.services.rest_steps import care_case, conduct_case, end_shift, give_back, next_for, panel, read
from tests.services.steps import case_row, release, take

FEW = 4
pytestmark = pytest.mark.usefixtures("hard_sentences")


class TestLimit:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Four cases instead of twenty, to be done sooner."""
        monkeypatch.setattr(rest, "MOST_CASES", FEW)

    def test_of_cases(self, world: World) -> None:
        """After so many no new one is offered, in either way; what one holds is not taken away."""
        read_many(world, world.volunteer, FEW - 1)
        last = conduct_case(world)
        assert next_for(world, world.volunteer) == last
        leases.reveal(world.db, world.volunteer, last, now=world.now)
        another = conduct_case(world)
        assert next_for(world, world.volunteer) == last
        give_back(world, world.volunteer, last)
        with pytest.raises(ShiftLimit):
            next_for(world, world.volunteer)
        with pytest.raises(ShiftLimit):
            leases.claim(world.db, world.volunteer, another, now=world.now)
        assert panel(world, world.volunteer).rest.until is None

    def test_one_case_read_twice_is_one_case(self, world: World) -> None:
        """The limit counts cases."""
        rude = conduct_case(world)
        for _ in range(FEW + 1):
            read(world, world.volunteer, rude)
            give_back(world, world.volunteer, rude)
        assert next_for(world, world.volunteer) == rude

    def test_of_hours(self, world: World) -> None:
        """Whichever comes first."""
        rude = conduct_case(world)
        world.pass_time(seconds=MOST_HOURS.total_seconds() - 1)
        assert next_for(world, world.volunteer) == rude
        give_back(world, world.volunteer, rude)
        world.pass_time(seconds=1)
        with pytest.raises(ShiftLimit):
            next_for(world, world.volunteer)

    def test_is_not_begun_anew_by_a_new_shift(self, world: World) -> None:
        """Only by rest."""
        conduct_case(world)
        world.pass_time(seconds=MOST_HOURS.total_seconds())
        end_shift(world, world.volunteer)
        shifts.start(world.db, world.volunteer, check=5, now=world.now)
        with pytest.raises(ShiftLimit):
            next_for(world, world.volunteer)
        end_shift(world, world.volunteer)
        world.pass_time(seconds=COUNTED.total_seconds())
        shifts.start(world.db, world.volunteer, check=5, now=world.now)
        assert next_for(world, world.volunteer) is not None

    def test_acute_danger_and_nobody_else(self, world: World) -> None:
        """As in a pause: it is offered, and may be declined."""
        end_shift(world, world.other_volunteer)
        world.pass_time(seconds=MOST_HOURS.total_seconds())
        danger = care_case(world)
        assert panel(world, world.volunteer).urgent
        with pytest.raises(ShiftLimit):
            next_for(world, world.volunteer)
        assert next_for(world, world.volunteer, although_resting=True) == danger


def read_many(world: World, actor: Actor, count: int) -> None:
    """Read and give back that many conduct cases, and let somebody else bring them to an end."""
    other = world.person("Closer", role=Role.VOLUNTEER)
    for number in range(count):
        case = take(world, actor, world.say(world.willow, f"{UNKIND} {number}"))
        give_back(world, actor, case.id)
        read(world, other, case.id)
        release(world, other, case_row(world, case.id))
