"""A talk between a member and a volunteer: who gets in, what is told, what is screened, and how it ends."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from models import AuditEntry, Membership, MembershipRole, MessageState, Role, SideRoom
from models.activity import CaseAction
from models.case import CaseOutcome
from moderation.rules import Rules
from moderation.taxonomy import CrisisMode, Lane
from support_app.access import Actor
from support_app.errors import Conflict, ConflictOfInterest, Forbidden, LeaseLost, NotFound, TalkEnded
from support_app.services import accounts, administration, case_view, circles, events, leases, messages, rules, side_room_view, side_rooms
from support_app.services.case_log import close_cases
from support_app.services.invariants import check_invariants
from support_app.services.talks import TalkState
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, events_after, look_after, open_cases, release, steps_of, take


def care_case(world: World, *, author: Actor | None = None) -> tuple[int, int]:
    """A message of somebody in crisis, and its open care case."""
    message_id = world.say(author or world.robin, IN_CRISIS)
    return message_id, open_cases(world, message_id)[Lane.CARE].id


def asked(world: World) -> tuple[int, int, int]:
    """Robin is in crisis and asked to talk: message, case, circle of the talk."""
    message_id, case_id = care_case(world)
    return message_id, case_id, side_rooms.ask(world.db, world.robin, message_id, now=world.now)


def entered(world: World, actor: Actor | None = None) -> tuple[int, int, int]:
    """And the volunteer has taken the case, read it, and come."""
    message_id, case_id, circle_id = asked(world)
    take(world, actor or world.volunteer, message_id, lane=Lane.CARE)
    assert enter(world, actor or world.volunteer, case_id) == circle_id
    return message_id, case_id, circle_id


def enter(world: World, actor: Actor, case_id: int) -> int:
    return side_rooms.enter(world.db, actor, case_id, now=world.now)


def end(world: World, actor: Actor, case_id: int) -> int:
    return side_rooms.end(world.db, actor, case_id, now=world.now)


def say_there(world: World, actor: Actor, circle_id: int, text: str) -> int:
    """Submit in a talk, and screen."""
    message_id = world.send(actor, text, circle_id=circle_id).id
    world.screen()
    return message_id


def talk_of(world: World, message_id: int):
    """What the author's care card is told about talking."""
    return events.facts_for(world.db, [message_id], now=world.now)[message_id].talk


def seats(world: World, circle_id: int) -> dict[int, MembershipRole]:
    with world.db.read() as connection:
        rows = connection.execute(select(Membership.user_id, Membership.role).where(Membership.circle_id == circle_id))
        return {row.user_id: row.role for row in rows}


def rooms(world: World) -> int:
    with world.db.read() as connection:
        return connection.execute(select(func.count()).select_from(SideRoom)).scalar_one()


class TestAsking:
    def test_a_room_is_there_at_once_and_the_volunteers_are_told(self, world: World) -> None:
        """The member sits in it alone; the wish is a step of the case; nobody is promised."""
        message_id, case_id = care_case(world)
        assert talk_of(world, message_id).state is TalkState.OFFERED
        last = events_after(world, 0)[-1].id
        circle_id = side_rooms.ask(world.db, world.robin, message_id, now=world.now)
        assert seats(world, circle_id) == {world.robin.user_id: MembershipRole.MEMBER}
        assert steps_of(world, case_id) == ["opened", "asked_to_talk"]
        told = {(event.kind.value, event.audience.value) for event in events_after(world, last)}
        assert told == {("case.changed", "volunteers"), ("talk.changed", "circle"), ("message.state", "author")}
        talk = talk_of(world, message_id)
        assert (talk.state, talk.circle_id, talk.volunteer) == (TalkState.WAITING, circle_id, None)

    def test_asking_again_changes_nothing(self, world: World) -> None:
        """Not even under another message: one person has one open talk."""
        message_id, case_id, circle_id = asked(world)
        later, _ = care_case(world)
        assert [side_rooms.ask(world.db, world.robin, one, now=world.now) for one in (message_id, later)] == [circle_id, circle_id]
        assert (rooms(world), steps_of(world, case_id)) == (1, ["opened", "asked_to_talk"])
        assert talk_of(world, later).circle_id == circle_id

    def test_two_presses_at_once(self, postgres, world: World) -> None:
        """Make one room."""
        message_id, _ = care_case(world)
        start = Barrier(4)

        def press(_: int) -> int:
            start.wait()
            return side_rooms.ask(world.db, world.robin, message_id, now=world.now)

        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(press, range(4)))) == 1
        assert rooms(world) == 1

    def test_only_the_author_and_only_where_there_is_a_need(self, world: World) -> None:
        """Nobody asks in somebody else's name; a plain message has no card to ask from."""
        message_id, _ = care_case(world)
        plain = world.say(world.robin, "good evening")
        for actor, wanted in ((world.willow, message_id), (world.volunteer, message_id), (world.robin, plain)):
            with pytest.raises(NotFound):
                side_rooms.ask(world.db, actor, wanted, now=world.now)
        assert talk_of(world, plain) is None
        assert rooms(world) == 0

    def test_after_its_case_was_closed_a_new_one_is_opened(self, world: World) -> None:
        """So that somebody comes; the wish does not end at a closed case."""
        message_id = world.say(world.robin, IN_CRISIS)
        case = take(world, world.volunteer, message_id, lane=Lane.CARE)
        look_after(world, world.volunteer, case)
        side_rooms.ask(world.db, world.robin, message_id, now=world.now)
        again = open_cases(world, message_id)[Lane.CARE]
        assert again.id != case.id
        assert again.level is case.level
        assert steps_of(world, again.id) == ["opened", "asked_to_talk"]
        assert enter_as_owner(world, again.id)

    def test_a_case_is_not_closed_while_its_author_waits_or_talks(self, world: World) -> None:
        """First somebody goes in, then the talk is ended, then the case."""
        message_id, case_id, _ = asked(world)
        case = take(world, world.volunteer, message_id, lane=Lane.CARE)

        def close() -> None:
            look_after(world, world.volunteer, case_row(world, case.id))

        with pytest.raises(Conflict):
            close()
        enter(world, world.volunteer, case_id)
        with pytest.raises(Conflict):
            close()
        end(world, world.volunteer, case_id)
        close()
        assert case_row(world, case_id).outcome is CaseOutcome.SUPPORTED


def enter_as_owner(world: World, case_id: int) -> int:
    leases.claim(world.db, world.volunteer, case_id, now=world.now)
    leases.reveal(world.db, world.volunteer, case_id, now=world.now)
    return enter(world, world.volunteer, case_id)


class TestEntering:
    def test_the_volunteer_of_the_case_comes(self, world: World) -> None:
        """Once; the member's card says by name who is here."""
        message_id, case_id, circle_id = entered(world)
        enter(world, world.volunteer, case_id)
        assert seats(world, circle_id)[world.volunteer.user_id] is MembershipRole.FACILITATOR
        assert steps_of(world, case_id) == ["opened", "asked_to_talk", "claimed", "revealed", "talk_joined"]
        talk = talk_of(world, message_id)
        assert (talk.state, talk.volunteer, talk.asked) == (TalkState.HERE, "Harbour", True)

    def test_a_volunteer_opens_a_talk_unasked(self, world: World) -> None:
        """The card comes back for it, also when the member had put it away, and says that it is an offer."""
        message_id, case_id = care_case(world)
        messages.dismiss_care(world.db, world.robin, message_id, now=world.now)
        take(world, world.volunteer, message_id, lane=Lane.CARE)
        circle_id = enter(world, world.volunteer, case_id)
        talk = talk_of(world, message_id)
        assert (talk.state, talk.circle_id, talk.asked) == (TalkState.HERE, circle_id, False)
        assert [facts.message_id for facts, _ in events.catch_up(world.db, world.robin, world.circle_id, after=0, limit=10, now=world.now).mine] == [message_id]
        assert set(seats(world, circle_id)) == {world.robin.user_id, world.volunteer.user_id}

    def test_only_whoever_holds_the_case_and_has_read_it(self, world: World) -> None:
        """Another volunteer, members, admins and the author of the case are refused, each for their reason."""
        message_id, case_id, circle_id = asked(world)
        refusals = {world.volunteer: LeaseLost, world.willow: Forbidden, world.robin: Forbidden, world.admin: Forbidden}
        for actor, refusal in refusals.items():
            with pytest.raises(refusal):
                enter(world, actor, case_id)
        leases.claim(world.db, world.volunteer, case_id, now=world.now)
        with pytest.raises(Conflict):
            enter(world, world.volunteer, case_id)
        take(world, world.volunteer, message_id, lane=Lane.CARE)
        enter(world, world.volunteer, case_id)
        with pytest.raises(LeaseLost):
            enter(world, world.other_volunteer, case_id)
        assert set(seats(world, circle_id)) == {world.robin.user_id, world.volunteer.user_id}

    def test_nobody_who_sits_in_the_circle_or_wrote_the_message(self, world: World) -> None:
        """Volunteers and leads alike."""
        _, case_id, _ = asked(world)
        for role in (Role.VOLUNTEER, Role.LEAD):
            neighbour = world.person(f"Neighbour {role}", role=role, seat_in=world.circle_id)
            with pytest.raises(ConflictOfInterest):
                enter(world, neighbour, case_id)
        author = world.person("Kestrel", role=Role.LEAD, seat_in=world.circle_id)
        own, own_case = care_case(world, author=author)
        side_rooms.ask(world.db, author, own, now=world.now)
        with pytest.raises(ConflictOfInterest):
            enter(world, author, own_case)

    def test_a_conduct_case_has_no_talk(self, world: World) -> None:
        """Nor has a case that does not exist."""
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        for case_id in (case.id, 999_999):
            with pytest.raises(NotFound):
                enter(world, world.volunteer, case_id)

    def test_a_lead_joins_for_everybody_to_see(self, world: World) -> None:
        """Without the case; the volunteer stays the one who talks, and the lead is named in the room."""
        message_id, case_id, circle_id = entered(world)
        lead = world.person("Kestrel", role=Role.LEAD)
        enter(world, lead, case_id)
        view = side_room_view.room_view(world.db, world.robin, circle_id, now=world.now)
        assert (view.talk.volunteer, view.leads) == ("Harbour", ("Kestrel",))
        assert talk_of(world, message_id).volunteer == "Harbour"
        assert len(seats(world, circle_id)) == 3

    def test_a_lead_who_comes_first_is_the_one_who_is_here(self, world: World) -> None:
        """Whoever waits is told about the first person who comes; the volunteer who takes the case later is then the one."""
        message_id, case_id, circle_id = asked(world)
        lead = world.person("Kestrel", role=Role.LEAD)
        enter(world, lead, case_id)
        assert talk_of(world, message_id).volunteer == "Kestrel"
        take(world, world.volunteer, message_id, lane=Lane.CARE)
        enter(world, world.volunteer, case_id)
        view = side_room_view.room_view(world.db, world.robin, circle_id, now=world.now)
        assert (view.talk.volunteer, view.leads) == ("Harbour", ("Kestrel",))

    def test_whoever_hands_the_case_over_is_no_longer_here(self, world: World) -> None:
        """Nobody is told that somebody is with them who is not: given back or run out, and true again when the same one comes back."""
        message_id, case_id, _ = entered(world)
        last = events_after(world, 0)[-1].id
        leases.give_back(world.db, world.volunteer, case_id, now=world.now)
        assert ("message.state", world.robin.user_id) in {(event.kind.value, event.user_id) for event in events_after(world, last)}
        assert talk_of(world, message_id).state is TalkState.LEFT
        take(world, world.volunteer, message_id, lane=Lane.CARE)
        assert talk_of(world, message_id).state is TalkState.HERE
        world.pass_time(seconds=leases.LEASE_SECONDS)
        leases.expire_leases(world.db, now=world.now)
        assert talk_of(world, message_id).state is TalkState.LEFT

    def test_after_a_hand_over_the_next_one_comes_and_the_first_one_goes(self, world: World) -> None:
        """A member tells one volunteer, not a row of them."""
        message_id, case_id, circle_id = entered(world)
        leases.give_back(world.db, world.volunteer, case_id, now=world.now)
        take(world, world.other_volunteer, message_id, lane=Lane.CARE)
        enter(world, world.other_volunteer, case_id)
        assert set(seats(world, circle_id)) == {world.robin.user_id, world.other_volunteer.user_id}
        assert talk_of(world, message_id).volunteer == "Lantern"
        with pytest.raises(NotFound):
            world.send(world.volunteer, "still here", circle_id=circle_id)


class TestOnlyItsPeople:
    def test_it_is_in_no_list_of_circles(self, world: World) -> None:
        """Neither the directory nor the administration knows it; nobody joins it, leads it, leaves it or changes its rules by hand."""
        _, _, circle_id = entered(world)
        for actor in (world.robin, world.volunteer, world.willow, world.admin):
            assert [card.id for card in circles.directory(world.db, actor)] == [world.circle_id]
        assert [row["id"] for row in administration.overview(world.db, world.admin, now=world.now).circles] == [world.circle_id]
        attempts = [
            lambda: circles.join(world.db, world.willow, circle_id, now=world.now),
            lambda: circles.leave(world.db, world.robin, circle_id, now=world.now),
            lambda: circles.set_facilitator(world.db, world.admin, circle_id, name_key=accounts.name_key("Robin"), facilitates=True, now=world.now),
            lambda: administration.circle(world.db, circle_id),
            lambda: rules.save_rules(world.db, world.admin, circle_id, rules=Rules(), reason="because", expected_version=1, now=world.now),
        ]
        for attempt in attempts:
            with pytest.raises(NotFound):
                attempt()
        assert seats(world, circle_id)[world.robin.user_id] is MembershipRole.MEMBER

    def test_others_neither_read_nor_write(self, world: World) -> None:
        """Another member of the circle, another volunteer, an admin and a lead who has not joined."""
        _, _, circle_id = entered(world)
        said = say_there(world, world.robin, circle_id, "this is hard to say")
        for actor in (world.willow, world.other_volunteer, world.admin, world.person("Kestrel", role=Role.LEAD)):
            for attempt in (
                lambda a=actor: events.catch_up(world.db, a, circle_id, after=0, limit=10, now=world.now),
                lambda a=actor: circles.circle_card(world.db, a, circle_id, now=world.now),
                lambda a=actor: side_room_view.room_view(world.db, a, circle_id, now=world.now),
                lambda a=actor: world.send(a, "hello", circle_id=circle_id),
            ):
                with pytest.raises(NotFound):
                    attempt()
        assert world.message(said).state is MessageState.DELIVERED

    def test_its_people_find_back(self, world: World) -> None:
        """For as long as it is open; an ordinary circle is no talk."""
        _, case_id, circle_id = entered(world)
        for actor in (world.robin, world.volunteer):
            assert [view.circle_id for view in side_room_view.open_talks(world.db, actor, now=world.now)] == [circle_id]
        assert side_room_view.open_talks(world.db, world.willow, now=world.now) == []
        assert side_room_view.room_view(world.db, world.robin, world.circle_id, now=world.now) is None
        end(world, world.volunteer, case_id)
        assert side_room_view.open_talks(world.db, world.robin, now=world.now) == []


class TestScreening:
    def test_nothing_unscreened_is_delivered_there(self, world: World) -> None:
        """The same door: nobody reads a message before it was screened, and each has its screening."""
        _, _, circle_id = entered(world)
        message_id = world.send(world.robin, "are you there", circle_id=circle_id).id
        before = events.catch_up(world.db, world.volunteer, circle_id, after=0, limit=50, now=world.now)
        assert [event["type"] for event in before.events] == ["talk.changed", "talk.changed"]
        world.screen()
        after = events.catch_up(world.db, world.volunteer, circle_id, after=before.last_event, limit=50, now=world.now)
        assert [event["text"] for event in after.events] == ["are you there"]
        assert world.message(message_id).screening == 1
        assert check_invariants(world.db).problems == []

    def test_a_need_said_there_is_a_step_and_no_second_case(self, world: World) -> None:
        """It is delivered to the volunteer who is there for it; the card under it offers no other talk."""
        _, case_id, circle_id = entered(world)
        said = say_there(world, world.robin, circle_id, IN_CRISIS)
        assert world.message(said).state is MessageState.DELIVERED
        assert open_cases(world, said) == {}
        assert steps_of(world, case_id)[-1] == "talk_flagged"
        facts = events.facts_for(world.db, [said], now=world.now)[said]
        assert (facts.care, facts.talk) == (True, None)

    def test_where_the_circle_holds_such_words_a_volunteer_hears_them(self, world: World) -> None:
        """A talk is there for what a circle is spared; what leads out of its protection is still stopped."""
        hard = world.make_circle("Morning circle", rules=Rules(crisis_mode=CrisisMode.HOLD_ALL, watched_phrases=("the bridge",)))
        circles.join(world.db, world.robin, hard, now=world.now)
        message_id = world.send(world.robin, IN_CRISIS, circle_id=hard).id
        world.screen()
        assert world.message(message_id).state is MessageState.HELD
        circle_id = side_rooms.ask(world.db, world.robin, message_id, now=world.now)
        heard = [say_there(world, world.robin, circle_id, text) for text in (IN_CRISIS, "I was on the bridge")]
        stopped = say_there(world, world.robin, circle_id, "write to me at robin@example.org")
        assert [world.message(one).state for one in (*heard, stopped)] == [MessageState.DELIVERED, MessageState.DELIVERED, MessageState.HELD]

    def test_what_is_held_there_another_volunteer_decides(self, world: World) -> None:
        """The volunteer in the room sits in that circle; the words reach them when somebody else released them."""
        _, _, circle_id = entered(world)
        held = say_there(world, world.robin, circle_id, UNKIND)
        conduct = open_cases(world, held)[Lane.CONDUCT].id
        with pytest.raises(ConflictOfInterest):
            leases.claim(world.db, world.volunteer, conduct, now=world.now)
        case = take(world, world.other_volunteer, held)
        assert case_view.case_view(world.db, world.other_volunteer, conduct, now=world.now).circle_name is None
        release(world, world.other_volunteer, case)
        assert world.message(held).state is MessageState.DELIVERED

    def test_held_words_with_a_need_call_somebody(self, world: World) -> None:
        """They have not reached the volunteer in the room, so they are not only a step."""
        _, case_id, circle_id = entered(world)
        held = say_there(world, world.robin, circle_id, f"{UNKIND}. {IN_CRISIS}")
        assert set(open_cases(world, held)) == {Lane.CONDUCT, Lane.CARE}
        assert "talk_flagged" not in steps_of(world, case_id)

    def test_when_the_case_is_closed_a_need_makes_a_new_one(self, world: World) -> None:
        """A step on a closed case would call nobody."""
        message_id, case_id, circle_id = entered(world)
        with world.db.write() as connection:
            close_cases(connection, [message_id], outcome=CaseOutcome.SUPPORTED, action=CaseAction.LOOKED_AFTER, now=world.now)
        said = say_there(world, world.robin, circle_id, IN_CRISIS)
        assert set(open_cases(world, said)) == {Lane.CARE}
        assert "talk_flagged" not in steps_of(world, case_id)

    def test_a_plain_question_of_the_volunteer_is_no_cry_for_help(self, world: World) -> None:
        """It is delivered, opens no case, and puts no care card under the volunteer's own words."""
        _, _, circle_id = entered(world)
        said = say_there(world, world.volunteer, circle_id, f"do you mean: {IN_CRISIS}?")
        assert world.message(said).state is MessageState.DELIVERED
        assert open_cases(world, said) == {}
        assert events.facts_for(world.db, [said], now=world.now)[said].care is False

    def test_the_volunteer_in_the_room_still_decides_its_case(self, world: World) -> None:
        """A seat in the talk of a case is no conflict of interest about that case."""
        message_id, case_id, _ = entered(world)
        assert not case_view.case_view(world.db, world.volunteer, case_id, now=world.now).conflict_of_interest
        end(world, world.volunteer, case_id)
        look_after(world, world.volunteer, case_row(world, case_id))
        assert open_cases(world, message_id) == {}


class TestEnding:
    def test_nobody_writes_afterwards_and_everybody_reads(self, world: World) -> None:
        """New words, changed words and words sent on are refused with a sentence that says why; taking back is still possible."""
        message_id, case_id, circle_id = entered(world)
        said = say_there(world, world.robin, circle_id, "thank you")
        nudged = say_there(world, world.robin, circle_id, BORDERLINE)
        assert world.message(nudged).state is MessageState.NUDGED
        end(world, world.volunteer, case_id)
        change = {"client_id": "0b5f3a3e-9f2c-4a5e-8f54-0e5f2d9c1a11", "text": "thanks", "version": world.message(said).version}
        for attempt in (
            lambda: world.send(world.robin, "one more thing", circle_id=circle_id),
            lambda: world.send(world.volunteer, "one more thing", circle_id=circle_id),
            lambda: messages.edit(world.db, world.robin, said, **change, limiter=world.limiter, now=world.now),
            lambda: messages.send_on(world.db, world.robin, nudged, version=world.message(nudged).version, now=world.now),
        ):
            with pytest.raises(TalkEnded):
                attempt()
        for actor in (world.robin, world.volunteer):
            caught = events.catch_up(world.db, actor, circle_id, after=0, limit=50, now=world.now)
            assert [event["text"] for event in caught.events if event["type"] == "message.new"] == ["thank you"]
        messages.withdraw(world.db, world.robin, said, version=world.message(said).version, now=world.now)
        assert talk_of(world, message_id).state is TalkState.ENDED
        assert steps_of(world, case_id)[-1] == "talk_ended"

    def test_only_the_volunteer_in_it_or_a_lead(self, world: World) -> None:
        """Not the member, not somebody who took the case and has not come; ending twice changes nothing."""
        message_id, case_id, _ = entered(world)
        leases.give_back(world.db, world.volunteer, case_id, now=world.now)
        take(world, world.other_volunteer, message_id, lane=Lane.CARE)
        for actor in (world.other_volunteer, world.robin, world.admin):
            with pytest.raises(Forbidden):
                end(world, actor, case_id)
        lead = world.person("Kestrel", role=Role.LEAD)
        end(world, lead, case_id)
        end(world, lead, case_id)
        assert steps_of(world, case_id).count("talk_ended") == 1

    def test_nobody_who_waits_is_sent_away_unseen(self, world: World) -> None:
        """A talk in which nobody has come cannot be ended; a case without one has nothing to end."""
        message_id, case_id, _ = asked(world)
        take(world, world.volunteer, message_id, lane=Lane.CARE)
        with pytest.raises(Conflict):
            end(world, world.volunteer, case_id)
        other, other_case = care_case(world, author=world.willow)
        take(world, world.other_volunteer, other, lane=Lane.CARE)
        with pytest.raises(NotFound):
            end(world, world.other_volunteer, other_case)

    def test_it_can_be_asked_for_and_opened_again(self, world: World) -> None:
        """The same room, with what was said; the card says that nobody is here until somebody is."""
        message_id, case_id, circle_id = entered(world)
        end(world, world.volunteer, case_id)
        assert side_rooms.ask(world.db, world.robin, message_id, now=world.now) == circle_id
        assert talk_of(world, message_id).state is TalkState.WAITING
        world.send(world.robin, "I am still awake", circle_id=circle_id)
        enter(world, world.volunteer, case_id)
        assert talk_of(world, message_id).state is TalkState.HERE
        end(world, world.volunteer, case_id)
        enter(world, world.volunteer, case_id)
        assert talk_of(world, message_id).state is TalkState.HERE


def test_everything_is_on_record_without_a_word(world: World) -> None:
    """Who asked, came and ended; never what was said."""
    _, case_id, circle_id = entered(world)
    say_there(world, world.robin, circle_id, IN_CRISIS)
    end(world, world.volunteer, case_id)
    with world.db.read() as connection:
        rows = connection.execute(
            select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.details).where(
                AuditEntry.action.contains("talk"), AuditEntry.subject == f"case:{case_id}"
            )
        ).all()
    assert [(row.action, row.actor_id) for row in rows] == [
        ("case.asked_to_talk", world.robin.user_id),
        ("case.talk_joined", world.volunteer.user_id),
        ("case.talk_ended", world.volunteer.user_id),
    ]
    assert all(row.details == {"circle": circle_id} for row in rows)
