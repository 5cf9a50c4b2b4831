"""Shifts: starting, being there, ending; and that only people on duty take cases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from models import AuditEntry, Role, Shift
from models.activity import CaseAction
from models.shift import ShiftEnd
from moderation.taxonomy import Lane, Level
from support_app.access import Actor
from support_app.errors import Forbidden, Invalid, LeaseLost, NotOnDuty, NotSignedIn, PleaseConsider
from support_app.services import accounts, events, leases, shift_ends, shift_view, shifts
from support_app.services.next_case import claim_next
from support_app.services.rest import MOST_HOURS
from tests.factories import UNKIND, World
from tests.services.steps import case_row, open_cases, steps_of


@pytest.fixture
def harbour(world: World) -> Actor:
    """A volunteer who has not started yet."""
    return world.person("Pebble", role=Role.VOLUNTEER, on_duty=False)


def start(world: World, actor: Actor, check: int | None = 4, **options) -> None:
    shifts.start(world.db, actor, check=check, now=world.now, **options)


def end(world: World, actor: Actor) -> None:
    shift_ends.end(world.db, actor, now=world.now)


def on_call(world: World) -> list[int]:
    with world.db.read() as connection:
        return shifts.on_call(connection, now=world.now)


def shifts_of(world: World, actor: Actor) -> list:
    with world.db.read() as connection:
        return list(connection.execute(select(Shift.__table__).where(Shift.user_id == actor.user_id).order_by(Shift.id)))


def conduct_case(world: World) -> int:
    return open_cases(world, world.say(world.robin, UNKIND))[Lane.CONDUCT].id


def record(world: World) -> list:
    with world.db.read() as connection:
        return [(row.action, row.actor_id, row.details) for row in connection.execute(select(AuditEntry.__table__).order_by(AuditEntry.id))]


class TestStart:
    def test_puts_on_duty(self, world: World, harbour: Actor) -> None:
        """From then on one is on call, and others see name and since when."""
        assert harbour.user_id not in on_call(world)
        world.pass_time(minutes=1)
        start(world, harbour)
        assert on_call(world) == [world.volunteer.user_id, world.other_volunteer.user_id, harbour.user_id]
        others = shift_view.panel(world.db, world.volunteer, now=world.now).others
        assert [(row.name, row.started_at) for row in others] == [("Lantern", world.now - timedelta(minutes=1)), ("Pebble", world.now)]

    @pytest.mark.parametrize("check", [None, 0, 6, -1])
    def test_asks_how_one_is(self, world: World, harbour: Actor, check: int | None) -> None:
        """One to five and nothing else."""
        with pytest.raises(Invalid):
            start(world, harbour, check)
        assert shifts_of(world, harbour) == []

    def test_whoever_feels_worst_is_asked_twice(self, world: World, harbour: Actor) -> None:
        """And decides; from two on, once is enough."""
        with pytest.raises(PleaseConsider):
            start(world, harbour, 1)
        assert harbour.user_id not in on_call(world)
        start(world, harbour, 1, sure=True)
        assert harbour.user_id in on_call(world)
        other = world.person("Fern", role=Role.VOLUNTEER, on_duty=False)
        start(world, other, 2)
        assert other.user_id in on_call(world)

    def test_twice_is_once(self, world: World, harbour: Actor) -> None:
        """The first check stays; there is one open shift."""
        start(world, harbour, 3)
        world.pass_time(minutes=5)
        start(world, harbour, 5)
        assert [(shift.start_check, shift.ended_at) for shift in shifts_of(world, harbour)] == [(3, None)]

    def test_two_presses_at_once(self, postgres, world: World, harbour: Actor) -> None:
        """A double press starts one shift."""
        gate = Barrier(4)

        def press(_number: int) -> None:
            gate.wait()
            start(world, harbour)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(press, range(4)))
        assert len(shifts_of(world, harbour)) == 1

    def test_the_database_keeps_one_open_shift(self, world: World) -> None:
        """Whatever a program does."""
        row = {"user_id": world.volunteer.user_id, "started_at": world.now, "active_at": world.now, "start_check": 3}
        with pytest.raises(IntegrityError), world.db.write() as connection:
            connection.execute(insert(Shift), row)

    def test_is_for_volunteers_and_leads(self, world: World) -> None:
        """Members and admins have no shifts."""
        for actor in (world.robin, world.admin):
            for attempt in (start, end, lambda world, actor: shifts.stay(world.db, actor, now=world.now)):
                with pytest.raises(Forbidden):
                    attempt(world, actor)
        lead = world.person("Kestrel", role=Role.LEAD, on_duty=False)
        start(world, lead)
        assert lead.user_id in on_call(world)

    def test_the_number_is_nowhere_else(self, world: World, harbour: Actor) -> None:
        """It stands neither in the record nor in what others see; a lead sees that there was a check."""
        start(world, harbour, 2)
        assert ("shift.started", harbour.user_id, {}) in record(world)
        for actor, sees in ((world.volunteer, False), (world.person("Kestrel", role=Role.LEAD), True)):
            panel = shift_view.panel(world.db, actor, now=world.now)
            assert panel.sees_checks is sees
            assert all(set(row._fields) == {"user_id", "name", "started_at"} for row in panel.others)
        assert shift_view.own_page(world.db, harbour, now=world.now).start_check == 2


class TestCasesAreForPeopleOnDuty:
    def test_next_and_by_hand(self, world: World, harbour: Actor) -> None:
        """Whoever is not on duty takes no case, in either way, also when there is none."""
        with pytest.raises(NotOnDuty):
            claim_next(world.db, harbour, now=world.now)
        case_id = conduct_case(world)
        with pytest.raises(NotOnDuty):
            claim_next(world.db, harbour, now=world.now)
        with pytest.raises(NotOnDuty):
            leases.claim(world.db, harbour, case_id, now=world.now)
        start(world, harbour)
        assert claim_next(world.db, harbour, now=world.now) == case_id

    def test_not_after_the_end(self, world: World) -> None:
        """An ended shift counts as none."""
        case_id = conduct_case(world)
        end(world, world.volunteer)
        with pytest.raises(NotOnDuty):
            leases.claim(world.db, world.volunteer, case_id, now=world.now)
        assert world.volunteer.user_id not in on_call(world)

    def test_ending_while_taking(self, postgres, world: World) -> None:
        """Of an end and a claim at the same moment nothing is left over: nobody off duty holds a case."""
        waiting = [conduct_case(world) for _ in range(3)]
        gate = Barrier(4)

        def press(which: int) -> None:
            gate.wait()
            try:
                if which == 3:
                    end(world, world.volunteer)
                else:
                    leases.claim(world.db, world.volunteer, waiting[which], now=world.now)
            except NotOnDuty:
                pass

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(press, range(4)))
        assert [case_row(world, case_id).owner_id for case_id in waiting] == [None, None, None]


class TestEnd:
    def test_gives_every_case_back(self, world: World) -> None:
        """As if each had been given back by hand; its author is told that nobody reads any more."""
        message_id = world.say(world.robin, UNKIND)
        held = [open_cases(world, message_id)[Lane.CONDUCT].id, conduct_case(world)]
        for case_id in held:
            leases.claim(world.db, world.volunteer, case_id, now=world.now)
        theirs = conduct_case(world)
        leases.claim(world.db, world.other_volunteer, theirs, now=world.now)
        before = world.message(message_id).version
        end(world, world.volunteer)
        assert [case_row(world, case_id).owner_id for case_id in (*held, theirs)] == [None, None, world.other_volunteer.user_id]
        assert steps_of(world, held[0])[-1] == CaseAction.GIVEN_BACK
        assert world.message(message_id).version > before
        assert not events.facts_for(world.db, [message_id], now=world.now)[message_id].being_read
        with pytest.raises(LeaseLost):
            leases.reveal(world.db, world.volunteer, held[0], now=world.now)
        leases.claim(world.db, world.other_volunteer, held[0], now=world.now)

    def test_is_on_record(self, world: World) -> None:
        """Who and how, once; ending nothing is nothing."""
        end(world, world.volunteer)
        end(world, world.volunteer)
        assert [entry for entry in record(world) if entry[0] == "shift.ended"] == [("shift.ended", world.volunteer.user_id, {"by": "self"})]
        (shift,) = shifts_of(world, world.volunteer)
        assert (shift.ended_at, shift.ended_by) == (world.now, ShiftEnd.SELF)

    def test_after_its_limit(self, world: World) -> None:
        """The shift says that it had had its limit."""
        world.pass_time(seconds=MOST_HOURS.total_seconds())
        end(world, world.volunteer)
        assert shifts_of(world, world.volunteer)[0].ended_by is ShiftEnd.LIMIT


class TestSigningOut:
    def test_ends_the_shift(self, world: World) -> None:
        """Whoever signs out is off duty, and their case is free."""
        opened = accounts.open_session(world.db, user_id=world.volunteer.user_id, now=world.now, days=1)
        case_id = conduct_case(world)
        leases.claim(world.db, opened.actor, case_id, now=world.now)
        accounts.sign_out(world.db, token=opened.token, now=world.now)
        assert shifts_of(world, world.volunteer)[0].ended_by is ShiftEnd.LOGOUT
        assert case_row(world, case_id).owner_id is None

    def test_so_does_everything_else_that_ends_sessions(self, world: World) -> None:
        """Signing out everywhere, another role, a closed account."""
        accounts.end_own_sessions(world.db, world.volunteer, now=world.now)
        accounts.set_role(world.db, world.admin, user_id=world.other_volunteer.user_id, role=Role.MEMBER, now=world.now)
        fern = world.person("Fern", role=Role.VOLUNTEER)
        accounts.ban(world.db, world.admin, user_id=fern.user_id, reason="a reason", now=world.now)
        assert on_call(world) == []
        with pytest.raises(NotSignedIn):
            end(world, fern)

    def test_of_a_member_ends_nothing(self, world: World) -> None:
        """There is no shift to end, and nothing of one on record."""
        opened = accounts.open_session(world.db, user_id=world.robin.user_id, now=world.now, days=1)
        accounts.sign_out(world.db, token=opened.token, now=world.now)
        assert "shift.ended" not in {entry[0] for entry in record(world)}


class TestForgotten:
    def test_ends_after_two_hours_of_silence(self, world: World) -> None:
        """At the moment when somebody was last there, by nobody, with the cases given back; and the next visit says so."""
        world.pass_time(minutes=30)
        shifts.stay(world.db, world.volunteer, now=world.now)
        last = world.now
        case_id = conduct_case(world)
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        world.pass_time(minutes=119)
        assert shift_ends.end_forgotten(world.db, now=world.now) == 1  # the other volunteer's, who was last there at the start
        assert world.volunteer.user_id in on_call(world)
        world.pass_time(minutes=1)
        assert world.volunteer.user_id not in on_call(world)
        assert shift_ends.end_forgotten(world.db, now=world.now) == 1
        assert shift_ends.end_forgotten(world.db, now=world.now) == 0
        (shift,) = shifts_of(world, world.volunteer)
        assert (shift.ended_at, shift.ended_by) == (last, ShiftEnd.SILENCE)
        assert case_row(world, case_id).owner_id is None
        assert ("shift.ended", None, {"by": "silence"}) in record(world)
        assert shift_view.panel(world.db, world.volunteer, now=world.now).was_forgotten
        start(world, world.volunteer)
        assert not shift_view.panel(world.db, world.volunteer, now=world.now).was_forgotten

    def test_an_open_case_is_no_silence(self, world: World) -> None:
        """Its page keeps the shift alive with the lease."""
        case_id = conduct_case(world)
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        for _ in range(41):
            world.pass_time(minutes=3)
            leases.keep_alive(world.db, world.volunteer, case_id, now=world.now)
        assert on_call(world) == [world.volunteer.user_id]
        shift_ends.end_forgotten(world.db, now=world.now)
        assert [shift.ended_by for shift in shifts_of(world, world.volunteer)] == [None]

    def test_being_there_starts_nothing(self, world: World, harbour: Actor) -> None:
        """A page left open after the end is no new shift."""
        shifts.stay(world.db, harbour, now=world.now)
        assert shifts_of(world, harbour) == []
        end(world, world.volunteer)
        world.pass_time(minutes=5)
        shifts.stay(world.db, world.volunteer, now=world.now)
        assert on_call(world) == [world.other_volunteer.user_id]


def test_much_is_much() -> None:
    """Many, or fewer that are hard."""
    assert not shift_view.Exposure({Level.H1: 39}).much
    assert shift_view.Exposure({Level.H1: 39, Level.C2: 1}).much
    assert not shift_view.Exposure({Level.C3: 4, Level.C4: 3}).much
    assert shift_view.Exposure({Level.C3: 4, Level.C4: 4}).much
