"""Debriefs: the writer's own words, and the one way in which a lead reads them."""

import pytest
from sqlalchemy import select

from models import AuditEntry, Role, Shift
from support_app.access import Actor
from support_app.errors import Forbidden, Invalid, NotFound
from support_app.services import debriefs, shift_ends, shift_view
from support_app.services.debriefs import WORDS_MAX, Words
from tests.factories import World

HEAVY = "It was heavy, and I keep hearing one sentence."


@pytest.fixture
def lead(world: World) -> Actor:
    return world.person("Kestrel", role=Role.LEAD)


def write(world: World, how: str = HEAVY, stays: str = "", *, contact: bool = False, actor: Actor | None = None, end_check: int | None = None) -> None:
    debriefs.write(world.db, actor or world.volunteer, Words(how, stays, wants_contact=contact), end_check=end_check, now=world.now)


def own(world: World, actor: Actor | None = None) -> list:
    with world.db.read() as connection:
        return debriefs.own(connection, (actor or world.volunteer).user_id)


def waiting(world: World, lead: Actor) -> list[tuple[str, str]]:
    return [(row.name, row.how_was_it) for row in debriefs.waiting(world.db, lead, now=world.now)]


def end_checks(world: World) -> list[int | None]:
    with world.db.read() as connection:
        return list(connection.execute(select(Shift.end_check).where(Shift.user_id == world.volunteer.user_id).order_by(Shift.id)).scalars())


class TestWords:
    def test_are_the_writers_own(self, world: World, lead: Actor) -> None:
        """Nobody else gets them by any door, leads included."""
        write(world, stays="the silence after it")
        (kept,) = own(world)
        assert (kept.how_was_it, kept.what_stays, kept.wants_contact) == (HEAVY, "the silence after it", False)
        assert own(world, world.other_volunteer) == []
        assert waiting(world, lead) == []
        assert not shift_view.panel(world.db, lead, now=world.now).somebody_asks
        for actor, refusal in ((lead, NotFound), (world.volunteer, Forbidden), (world.admin, Forbidden)):
            with pytest.raises(refusal):
                debriefs.mark_done(world.db, actor, kept.id, now=world.now)

    def test_are_nowhere_on_record(self, world: World, lead: Actor) -> None:
        """That something was written, and whether a contact was asked for; no word of it."""
        write(world, contact=True)
        debriefs.mark_done(world.db, lead, own(world)[0].id, now=world.now)
        debriefs.forget(world.db, world.volunteer, own(world)[0].id, now=world.now)
        with world.db.read() as connection:
            entries = connection.execute(select(AuditEntry.__table__).where(AuditEntry.action.startswith("debrief.")).order_by(AuditEntry.id)).all()
        assert [(entry.action, entry.actor_id) for entry in entries] == [
            ("debrief.written", world.volunteer.user_id),
            ("debrief.contacted", lead.user_id),
            ("debrief.deleted", world.volunteer.user_id),
        ]
        assert [entry.details for entry in entries] == [{"wants_contact": True}, {}, {}]

    @pytest.mark.parametrize(("how", "stays"), [("", ""), ("  \r\n ", "\t"), ("x" * (WORDS_MAX + 1), ""), ("", "x" * (WORDS_MAX + 1))])
    def test_that_do_not_fit(self, world: World, how: str, stays: str) -> None:
        """Nothing, or more than there is room for."""
        with pytest.raises(Invalid):
            write(world, how, stays)
        assert own(world) == []

    def test_line_breaks_count_once(self, world: World) -> None:
        """A browser sends two characters for each; what fits into the field is kept."""
        write(world, "\r\n".join("x" * (WORDS_MAX // 2)) + "x")
        assert len(own(world)[0].how_was_it) == WORDS_MAX

    def test_can_be_deleted_by_the_writer_alone(self, world: World, lead: Actor) -> None:
        """And with them the wish to be contacted."""
        write(world, contact=True)
        (kept,) = own(world)
        for actor in (world.other_volunteer, lead):
            with pytest.raises(NotFound):
                debriefs.forget(world.db, actor, kept.id, now=world.now)
        debriefs.forget(world.db, world.volunteer, kept.id, now=world.now)
        assert own(world) == []
        assert waiting(world, lead) == []
        with pytest.raises(NotFound):
            debriefs.forget(world.db, world.volunteer, kept.id, now=world.now)

    def test_are_for_volunteers(self, world: World) -> None:
        """Members and admins have no debrief here."""
        for actor in (world.robin, world.admin):
            with pytest.raises(Forbidden):
                write(world, actor=actor)


class TestContact:
    def test_leads_read_what_they_are_asked_to(self, world: World, lead: Actor) -> None:
        """The debrief with the tick, not the one without, until somebody has been in touch."""
        write(world, "private")
        write(world, contact=True)
        world.pass_time(minutes=1)
        write(world, "me too", contact=True, actor=world.other_volunteer)
        assert waiting(world, lead) == [("Harbour", HEAVY), ("Lantern", "me too")]
        assert shift_view.panel(world.db, lead, now=world.now).somebody_asks
        assert shift_view.panel(world.db, world.volunteer, now=world.now).asked_for_contact
        assert not shift_view.panel(world.db, world.volunteer, now=world.now).somebody_asks
        asked = own(world)[0].id
        debriefs.mark_done(world.db, lead, asked, now=world.now)
        assert waiting(world, lead) == [("Lantern", "me too")]
        assert own(world)[0].contacted_by_id == lead.user_id
        assert not shift_view.panel(world.db, world.volunteer, now=world.now).asked_for_contact
        with pytest.raises(NotFound):
            debriefs.mark_done(world.db, lead, asked, now=world.now)

    def test_without_a_word(self, world: World, lead: Actor) -> None:
        """The tick alone is enough."""
        write(world, "", contact=True)
        assert waiting(world, lead) == [("Harbour", "")]

    def test_is_for_leads(self, world: World) -> None:
        """Neither volunteers nor admins see who asked."""
        write(world, contact=True)
        for actor in (world.volunteer, world.other_volunteer, world.robin, world.admin):
            with pytest.raises(Forbidden):
                waiting(world, actor)

    def test_a_leads_own_wish_is_for_another_lead(self, world: World, lead: Actor) -> None:
        """Nobody marks their own as done."""
        write(world, contact=True, actor=lead)
        assert waiting(world, lead) == []
        assert not shift_view.panel(world.db, lead, now=world.now).somebody_asks
        with pytest.raises(NotFound):
            debriefs.mark_done(world.db, lead, own(world, lead)[0].id, now=world.now)
        assert waiting(world, world.person("Osprey", role=Role.LEAD)) == [("Kestrel", HEAVY)]


class TestEndCheck:
    def test_belongs_to_the_shift_that_ended(self, world: World) -> None:
        """With words or without; while on duty there is no end to speak of."""
        write(world, end_check=2)
        assert end_checks(world) == [None]
        shift_ends.end(world.db, world.volunteer, now=world.now)
        write(world, end_check=2)
        assert end_checks(world) == [2]
        write(world, "", end_check=3)
        assert end_checks(world) == [3]
        assert len(own(world)) == 2

    @pytest.mark.parametrize("check", [0, 6])
    def test_is_one_to_five(self, world: World, check: int) -> None:
        """Anything else is not kept."""
        shift_ends.end(world.db, world.volunteer, now=world.now)
        write(world, end_check=check)
        assert end_checks(world) == [None]
