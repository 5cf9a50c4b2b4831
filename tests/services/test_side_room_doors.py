"""A talk between a member and a volunteer: who gets in, and who does not even see it."""

import pytest

from models import MembershipRole, MessageState, Role
from moderation.rules import Rules
from moderation.taxonomy import Lane
from support_app.errors import Conflict, ConflictOfInterest, Forbidden, LeaseLost, NotFound
from support_app.services import accounts, administration, circles, events, leases, messages, rules, side_room_view, side_rooms
from support_app.services.talks import TalkState
from tests.factories import UNKIND, World
from tests.services.side_room_steps import asked, care_case, end, enter, entered, say_there, seats, talk_of
from tests.services.steps import events_after, steps_of, take


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
