"""Rest: the pause after a hard case, and what somebody has read, which is for themselves."""

import pytest

from models import MessageState
from moderation.rules import Rules
from moderation.taxonomy import Lane, Level
from support_app.errors import InPause
from support_app.services import leases, messages, shift_view, shifts
from support_app.services.rest import PAUSE
from tests.factories import IN_CRISIS, World
from tests.services.rest_steps import DANGER, METHOD, care_case, close, conduct_case, end_shift, give_back, go_through, next_for, panel, read
from tests.services.steps import case_row, open_cases, release

pytestmark = pytest.mark.usefixtures("hard_sentences")


class TestPause:
    @pytest.mark.parametrize(("text", "level"), [(DANGER, Level.C4), (METHOD, Level.C3)])
    @pytest.mark.parametrize("how", [close, give_back])
    def test_follows_a_hard_case(self, world: World, text: str, level: Level, how) -> None:
        """Ten minutes without a new case, in either way; then it goes on."""
        case_id = care_case(world, text)
        assert case_row(world, case_id).level is level
        read(world, world.volunteer, case_id)
        world.pass_time(minutes=2)
        assert panel(world, world.volunteer).rest is None
        how(world, world.volunteer, case_id)
        rude = conduct_case(world)
        assert panel(world, world.volunteer).rest.until == world.now + PAUSE
        world.pass_time(seconds=PAUSE.total_seconds() - 1)
        with pytest.raises(InPause):
            next_for(world, world.volunteer)
        with pytest.raises(InPause):
            leases.claim(world.db, world.volunteer, rude, now=world.now)
        world.pass_time(seconds=1)
        assert panel(world, world.volunteer).rest is None
        assert next_for(world, world.volunteer) == rude if how is close else next_for(world, world.volunteer) is not None

    def test_not_after_another_case(self, world: World) -> None:
        """A lighter care case and conduct, however hateful, ask for none."""
        go_through(world, world.volunteer, care_case(world, IN_CRISIS))
        assert next_for(world, world.volunteer) is None
        rude = conduct_case(world)
        read(world, world.volunteer, rude)
        give_back(world, world.volunteer, rude)
        assert panel(world, world.volunteer).rest is None

    def test_not_for_what_was_not_read(self, world: World) -> None:
        """Given back without the text there is nothing to recover from."""
        case_id = care_case(world)
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        give_back(world, world.volunteer, case_id)
        assert next_for(world, world.volunteer) == case_id

    def test_is_one_persons(self, world: World) -> None:
        """The others go on."""
        go_through(world, world.volunteer, care_case(world))
        rude = conduct_case(world)
        assert next_for(world, world.other_volunteer) == rude

    def test_does_not_begin_again_when_somebody_else_is_done(self, world: World) -> None:
        """What counts is the end of one's own reading."""
        case_id = care_case(world)
        read(world, world.volunteer, case_id)
        give_back(world, world.volunteer, case_id)
        world.pass_time(seconds=PAUSE.total_seconds())
        go_through(world, world.other_volunteer, case_id)
        assert panel(world, world.volunteer).rest is None

    def test_a_new_shift_does_not_end_it(self, world: World) -> None:
        """Nor does ending the shift instead of giving the case back."""
        read(world, world.volunteer, care_case(world))
        end_shift(world, world.volunteer)
        shifts.start(world.db, world.volunteer, check=4, now=world.now)
        conduct_case(world)
        with pytest.raises(InPause):
            next_for(world, world.volunteer)

    def test_when_the_author_takes_a_held_message_back(self, world: World) -> None:
        """It was read all the same."""
        careful = world.make_circle("Careful circle", rules=Rules(crisis_mode="hold_all"))
        author = world.person("Fern", seat_in=careful)
        message_id = world.send(author, DANGER, circle_id=careful).id
        world.screen()
        assert world.message(message_id).state is MessageState.HELD
        read(world, world.volunteer, open_cases(world, message_id)[Lane.CARE].id)
        messages.withdraw(world.db, author, message_id, version=world.message(message_id).version, now=world.now)
        for case in open_cases(world, message_id).values():
            give_back(world, world.volunteer, case.id)
        assert panel(world, world.volunteer).rest is not None

    def test_a_claim_that_ran_out(self, world: World) -> None:
        """Whoever lost the line may go on with the same case, and takes no other one."""
        case_id, rude = care_case(world), conduct_case(world)
        read(world, world.volunteer, case_id)
        world.pass_time(seconds=leases.LEASE_SECONDS)
        leases.expire_leases(world.db, now=world.now)
        with pytest.raises(InPause):
            leases.claim(world.db, world.volunteer, rude, now=world.now)
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        give_back(world, world.volunteer, case_id)
        with pytest.raises(InPause):
            leases.claim(world.db, world.volunteer, rude, now=world.now)

    def test_what_one_holds_one_may_bring_to_an_end(self, world: World) -> None:
        """A second case, taken before, is not taken away by the pause after the first one."""
        first, second = care_case(world), conduct_case(world)
        leases.claim(world.db, world.volunteer, second, now=world.now)
        go_through(world, world.volunteer, first)
        assert next_for(world, world.volunteer) == second
        leases.reveal(world.db, world.volunteer, second, now=world.now)
        release(world, world.volunteer, case_row(world, second))


class TestAcuteDangerAndNobodyElse:
    def test_is_offered_and_may_be_declined(self, world: World) -> None:
        """Only to whoever says yes, and only that case, not the one that waited longer."""
        end_shift(world, world.other_volunteer)
        go_through(world, world.volunteer, care_case(world))
        assert (panel(world, world.volunteer).alone, panel(world, world.volunteer).urgent) == (True, False)
        conduct_case(world)
        world.pass_time(minutes=5)
        assert not panel(world, world.volunteer).urgent
        danger = care_case(world)
        assert panel(world, world.volunteer).urgent
        with pytest.raises(InPause):
            next_for(world, world.volunteer)
        assert next_for(world, world.volunteer, although_resting=True) == danger

    def test_by_hand(self, world: World) -> None:
        """The same case, and no other."""
        end_shift(world, world.other_volunteer)
        go_through(world, world.volunteer, care_case(world))
        rude, method, danger = conduct_case(world), care_case(world, METHOD), care_case(world, author=world.willow)
        for case_id in (rude, method):
            with pytest.raises(InPause):
                leases.claim(world.db, world.volunteer, case_id, now=world.now)
        leases.claim(world.db, world.volunteer, danger, now=world.now)

    def test_nothing_urgent_for_somebody_who_says_yes(self, world: World) -> None:
        """Saying yes to danger is no way around the pause."""
        end_shift(world, world.other_volunteer)
        go_through(world, world.volunteer, care_case(world))
        conduct_case(world)
        assert next_for(world, world.volunteer, although_resting=True) is None

    def test_not_while_somebody_else_is_free(self, world: World) -> None:
        """Then it is theirs; once they rest too, it is offered."""
        go_through(world, world.volunteer, care_case(world))
        danger, other = care_case(world), care_case(world, author=world.willow)
        assert not panel(world, world.volunteer).urgent
        with pytest.raises(InPause):
            next_for(world, world.volunteer, although_resting=True)
        with pytest.raises(InPause):
            leases.claim(world.db, world.volunteer, danger, now=world.now)
        go_through(world, world.other_volunteer, other)
        assert panel(world, world.volunteer).urgent
        assert next_for(world, world.volunteer, although_resting=True) == danger

    def test_a_forgotten_shift_is_nobody(self, world: World) -> None:
        """Somebody who has not been there for hours does not keep a person in danger waiting."""
        world.pass_time(hours=2)
        shifts.stay(world.db, world.volunteer, now=world.now)
        go_through(world, world.volunteer, care_case(world))
        care_case(world)
        assert panel(world, world.volunteer).urgent


class TestExposure:
    def test_counts_every_text_by_level_for_oneself(self, world: World) -> None:
        """In this shift and in seven days; each asking counts, a claim alone does not."""
        go_through(world, world.volunteer, care_case(world, IN_CRISIS))
        rude = conduct_case(world)
        for _ in range(2):
            read(world, world.volunteer, rude)
            give_back(world, world.volunteer, rude)
        end_shift(world, world.volunteer)
        world.pass_time(days=1)
        shifts.start(world.db, world.volunteer, check=4, now=world.now)
        read(world, world.volunteer, rude)
        page = shift_view.own_page(world.db, world.volunteer, now=world.now)
        assert page.this_shift.by_level == {Level.H2: 1}
        assert page.this_week.by_level == {Level.C2: 1, Level.H2: 3}
        assert shift_view.own_page(world.db, world.other_volunteer, now=world.now).this_week.by_level == {}
        world.pass_time(days=6, seconds=1)
        assert shift_view.own_page(world.db, world.volunteer, now=world.now).this_week.by_level == {Level.H2: 1}
