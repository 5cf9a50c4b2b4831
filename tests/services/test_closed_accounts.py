"""Somebody whose account a lead closed asks another person to look again: who may, who decides, and what comes of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import AuditEntry, MessageState, Role, User
from models.case import CaseOrigin, Consequence, Decision
from moderation.taxonomy import Lane
from support_app.access import Actor
from support_app.errors import AccountClosed, Conflict, ConflictOfInterest, Forbidden, Invalid
from support_app.services import accounts, appeals, closures, decisions, leases
from support_app.services.closures import SecondLook
from support_app.services.decisions import Ruling
from support_app.services.invariants import check_invariants
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import REASON, decide, open_cases, release, return_it, take


@pytest.fixture
def lead(world: World) -> Actor:
    return world.person("Kestrel", role=Role.LEAD)


def close(world: World, lead: Actor, *, text: str = UNKIND) -> int:
    """Robin writes, and the lead returns it and closes their account; answers with the message."""
    message_id = world.say(world.robin, text)
    return_it(world, lead, take(world, lead, message_id), consequence=Consequence.BAN)
    return message_id


def ask(world: World, *, note: str = "", user_id: int | None = None) -> None:
    appeals.appeal_closed_account(world.db, user_id or world.robin.user_id, note=note, now=world.now)


def closure(world: World) -> closures.Closure | None:
    return closures.closure_of(world.db, world.robin.user_id)


def appeal_case(world: World, message_id: int):
    return open_cases(world, message_id)[Lane.CONDUCT]


class TestTelling:
    def test_what_was_decided(self, world: World, lead: Actor) -> None:
        """When, by whom in role, with which reason and rule, about which message."""
        message_id = close(world, lead)
        told = closure(world)
        assert (told.closed_at, told.by, told.second_look) == (world.now, Role.LEAD, SecondLook.POSSIBLE)
        assert (told.decided.reason, told.decided.rule, told.decided.circle_name) == (REASON, "kindness", "Evening circle")
        assert told.decided.sent_at == world.message(message_id).created_at

    def test_an_open_account_has_nothing_to_tell(self, world: World) -> None:
        """Nor has one that does not exist."""
        assert closure(world) is None
        assert closures.closure_of(world.db, 999_999) is None

    def test_the_right_pass_phrase_leads_there(self, world: World, lead: Actor) -> None:
        """Signing in names the account to the page, and to nobody without the pass phrase."""
        user_id = accounts.register(world.db, name="Quiet Otter", pass_phrase="four words in a row", locale="en", now=world.now)
        accounts.ban(world.db, world.admin, user_id=user_id, reason="threats", now=world.now)
        with pytest.raises(AccountClosed) as refusal:
            accounts.sign_in(world.db, name="Quiet Otter", pass_phrase="four words in a row", now=world.now, days=1)
        assert refusal.value.user_id == user_id


class TestAsking:
    def test_brings_a_case_with_their_words(self, world: World, lead: Actor) -> None:
        """The message waits for another person; that somebody asked is on record."""
        message_id = close(world, lead)
        ask(world, note="  It was a quote.  ")
        case = appeal_case(world, message_id)
        assert (case.origin, world.message(message_id).state) == (CaseOrigin.APPEAL, MessageState.HELD)
        told = closure(world)
        assert (told.second_look, told.asked_at) == (SecondLook.WAITING, world.now)
        with world.db.read() as connection:
            entry = connection.execute(select(AuditEntry.__table__).where(AuditEntry.action == "case.appealed")).one()
        assert (entry.actor_id, entry.details["appeal"]) == (world.robin.user_id, case.id)
        assert check_invariants(world.db).problems == []

    def test_once(self, world: World, lead: Actor) -> None:
        """Neither while it waits nor after it was decided."""
        message_id = close(world, lead)
        ask(world)
        with pytest.raises(Conflict):
            ask(world)
        return_it(world, world.volunteer, take(world, world.volunteer, message_id))
        with pytest.raises(Conflict):
            ask(world)
        assert open_cases(world, message_id) == {}

    def test_not_with_an_open_account(self, world: World, lead: Actor) -> None:
        """Whoever can sign in asks there; also when an administrator opened the account meanwhile."""
        with pytest.raises(Conflict) as refusal:
            ask(world)
        assert refusal.value.own_sentence == appeals.NOT_CLOSED
        message_id = close(world, lead)
        accounts.unban(world.db, world.admin, user_id=world.robin.user_id, now=world.now)
        with pytest.raises(Conflict):
            ask(world)
        assert open_cases(world, message_id) == {}

    def test_not_against_an_administrator(self, world: World, lead: Actor) -> None:
        """No case stands behind it; also not when a lead had closed the account before."""
        close(world, lead)
        world.pass_time(minutes=1)
        accounts.ban(world.db, world.admin, user_id=world.robin.user_id, reason="threats", now=world.now)
        told = closure(world)
        assert (told.second_look, told.by, told.decided) == (SecondLook.NO_CASE, Role.ADMIN, None)
        with pytest.raises(Conflict) as refusal:
            ask(world)
        assert refusal.value.own_sentence == appeals.NO_CASE

    @pytest.mark.parametrize(("length", "fits"), [(500, True), (501, False)])
    def test_words_have_a_length(self, small_world: World, length: int, *, fits: bool) -> None:
        """As many as in every appeal."""
        close(small_world, small_world.person("Kestrel", role=Role.LEAD))
        if fits:
            ask(small_world, note="x" * length)
        else:
            with pytest.raises(Invalid):
                ask(small_world, note="x" * length)


class TestWhoDecides:
    def test_another_lead_when_there_is_one(self, world: World, lead: Actor) -> None:
        """Then no volunteer decides about a lead's decision."""
        other = world.person("Heron", role=Role.LEAD)
        message_id = close(world, lead)
        ask(world)
        case = appeal_case(world, message_id)
        assert case.lead_only
        with pytest.raises(Forbidden):
            leases.claim(world.db, world.volunteer, case.id, now=world.now)
        with pytest.raises(ConflictOfInterest):
            leases.claim(world.db, lead, case.id, now=world.now)
        leases.claim(world.db, other, case.id, now=world.now)

    def test_else_a_volunteer(self, world: World, lead: Actor) -> None:
        """Leads who sit in the circle, have no certificate or are gone could not decide, so nobody waits for them."""
        world.person("Heron", role=Role.LEAD, seat_in=world.circle_id)
        world.person("Wren", role=Role.LEAD, certified=False, on_duty=False)
        accounts.ban(world.db, world.admin, user_id=world.person("Swift", role=Role.LEAD).user_id, reason="left", now=world.now)
        message_id = close(world, lead)
        ask(world)
        case = appeal_case(world, message_id)
        assert not case.lead_only
        with pytest.raises(ConflictOfInterest):
            leases.claim(world.db, lead, case.id, now=world.now)
        leases.claim(world.db, world.volunteer, case.id, now=world.now)

    def test_nobody_who_decided_before_that(self, world: World, lead: Actor) -> None:
        """When an appeal closed the account, the one who returned the message first does not decide about that either."""
        message_id = world.say(world.robin, UNKIND)
        return_it(world, world.volunteer, take(world, world.volunteer, message_id))
        appeals.appeal(world.db, world.robin, message_id, note="", version=world.message(message_id).version, now=world.now)
        return_it(world, lead, take(world, lead, message_id), consequence=Consequence.BAN)
        ask(world)
        case = appeal_case(world, message_id)
        for actor in (world.volunteer, lead):
            with pytest.raises(ConflictOfInterest):
                leases.claim(world.db, actor, case.id, now=world.now)
        leases.claim(world.db, world.other_volunteer, case.id, now=world.now)

    def test_nor_by_way_of_the_care_for_them(self, world: World, lead: Actor) -> None:
        """Whoever returned the message and still cares for its author leaves the words to somebody else."""
        message_id = world.say(world.robin, f"{UNKIND}. {IN_CRISIS}")
        return_it(world, lead, take(world, lead, message_id), consequence=Consequence.BAN)
        ask(world)
        care = take(world, lead, message_id, lane=Lane.CARE)
        for ruling in (Ruling(Decision.RELEASE), Ruling(Decision.RETURN, REASON, "kindness")):
            with pytest.raises(Conflict):
                decide(world, lead, care, ruling)
        release(world, world.volunteer, take(world, world.volunteer, message_id))
        assert closure(world) is None


class TestOutcome:
    def test_a_release_opens_the_account(self, world: World, lead: Actor) -> None:
        """In the same moment as the message is shown, and on record with who decided so."""
        message_id = close(world, lead)
        ask(world)
        release(world, world.volunteer, take(world, world.volunteer, message_id))
        assert closure(world) is None
        assert world.message(message_id).state is MessageState.DELIVERED
        accounts.open_session(world.db, user_id=world.robin.user_id, now=world.now, days=1)
        with world.db.read() as connection:
            entry = connection.execute(select(AuditEntry.__table__).where(AuditEntry.action == "account.unbanned")).one()
        assert (entry.actor_id, entry.subject) == (world.volunteer.user_id, f"user:{world.robin.user_id}")
        assert check_invariants(world.db).problems == []

    def test_only_when_it_takes_effect(self, world: World, lead: Actor) -> None:
        """Until then it can be undone, and whoever asked reads that nobody has decided."""
        message_id = close(world, lead)
        ask(world)
        decide(world, world.volunteer, take(world, world.volunteer, message_id), Ruling(Decision.RELEASE), undo_for=timedelta(seconds=10))
        assert closure(world).second_look is SecondLook.WAITING
        world.pass_time(seconds=10)
        decisions.apply_due(world.db, now=world.now)
        assert closure(world) is None

    @pytest.mark.parametrize("consequence", [Consequence.NONE, Consequence.BAN])
    def test_a_return_confirms_it(self, world: World, lead: Actor, consequence: Consequence) -> None:
        """With or without saying so once more; when it was closed stays what it was."""
        other = world.person("Heron", role=Role.LEAD)
        message_id = close(world, lead)
        closed_at = world.now
        ask(world)
        world.pass_time(minutes=5)
        return_it(world, other, take(world, other, message_id), reason="I read it as the first lead did.", consequence=consequence)
        told = closure(world)
        assert (told.second_look, told.closed_at, told.confirmed_at) == (SecondLook.CONFIRMED, closed_at, world.now)
        assert (told.decided.reason, told.confirmed_reason) == (REASON, "I read it as the first lead did.")

    def test_not_what_an_administrator_closed_meanwhile(self, world: World, lead: Actor) -> None:
        """The message is shown, the account stays closed."""
        message_id = close(world, lead)
        ask(world)
        world.pass_time(minutes=1)
        accounts.ban(world.db, world.admin, user_id=world.robin.user_id, reason="threats", now=world.now)
        release(world, world.volunteer, take(world, world.volunteer, message_id))
        assert world.message(message_id).state is MessageState.DELIVERED
        assert closure(world).second_look is SecondLook.NO_CASE

    @pytest.mark.parametrize("minutes", [0, 1])
    def test_not_while_another_decision_stands(self, world: World, lead: Actor, minutes: int) -> None:
        """Two messages, two decisions: the second keeps the account closed, and can be asked about in its turn."""
        first, second = world.say(world.robin, UNKIND), world.say(world.robin, f"{UNKIND}!")
        for message_id in (first, second):
            return_it(world, lead, take(world, lead, message_id), consequence=Consequence.BAN)
            world.pass_time(minutes=minutes)
        ask(world)
        release(world, world.volunteer, take(world, world.volunteer, first))
        assert closure(world).second_look is SecondLook.POSSIBLE
        ask(world)
        release(world, world.volunteer, take(world, world.volunteer, second))
        assert closure(world) is None

    def test_what_nobody_closed_stays_open(self, world: World, lead: Actor) -> None:
        """An ordinary appeal that succeeds opens no account of anybody."""
        close(world, lead)
        other = world.say(world.willow, UNKIND)
        release(world, world.volunteer, take(world, world.volunteer, other))
        with world.db.read() as connection:
            banned = connection.execute(select(User.id).where(User.banned_at.is_not(None))).scalars().all()
        assert banned == [world.robin.user_id]
