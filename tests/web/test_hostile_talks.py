"""A talk between a member and a volunteer is for them alone: nobody opens one for somebody else, stays in one without the role, or reads along unseen."""

from collections.abc import Callable

import pytest

from moderation.taxonomy import Lane
from support_app.access import Actor
from tests.factories import IN_CRISIS, UNKIND, World
from tests.web.browser import Browser
from tests.web.hostile import lead, unchanged
from tests.web.test_review import address, read

As = Callable[[Actor], Browser]


@pytest.fixture
def care(here: World) -> str:
    """Robin has said that they want to die: the address of the case."""
    return address(here, here.say(here.robin, IN_CRISIS), Lane.CARE)


@pytest.fixture
def room(here: World, as_person: As, care: str) -> int:
    """Harbour has read it and talks with Robin: the circle of the talk."""
    harbour = as_person(here.volunteer)
    read(here, harbour, care)
    return int(harbour.post(f"{care}/talk/enter").headers["Location"].rsplit("/", 1)[1])


def reads(browser: Browser, room: int) -> list[int]:
    """How the room answers at each of its addresses."""
    return [browser.get(path).status_code for path in (f"/circles/{room}", f"/api/circles/{room}/events", f"/api/circles/{room}/talk")]


def change_role(role: str) -> Callable[[Browser, Actor], object]:
    return lambda admin, actor: admin.post(f"/admin/people/{actor.user_id}/role", {"role": role})


def revoke(admin: Browser, actor: Actor) -> object:
    return admin.post(f"/training/team/people/{actor.user_id}/revoke", {"reason": "did not keep the limits"})


def close_and_open_again(admin: Browser, actor: Actor) -> object:
    admin.post(f"/admin/people/{actor.user_id}/ban", {"reason": "wrote to people outside"})
    return admin.post(f"/admin/people/{actor.user_id}/unban")


@pytest.mark.parametrize("change", [change_role("member"), change_role("admin"), change_role("lead"), revoke, close_and_open_again])
def test_whoever_is_no_longer_of_the_team_is_out(here: World, as_person: As, room: int, change: Callable[[Browser, Actor], object]) -> None:
    """The volunteer whose role, certificate or account was taken neither reads nor writes on, and the member is not told that they are there."""
    change(as_person(here.admin), here.volunteer)
    assert reads(as_person(here.volunteer), room) == [404, 404, 404]
    robin = as_person(here.robin)
    assert robin.get(f"/api/circles/{room}/talk").json["state"] == "left"
    assert reads(robin, room) == [200, 200, 200]


@pytest.mark.parametrize("role", ["member", "volunteer", "admin"])
def test_a_former_lead_does_not_read_along_unseen(here: World, as_person: As, care: str, room: int, role: str) -> None:
    """A lead joins for everybody to see; without the role there is no seat."""
    kestrel = lead(here)
    as_person(kestrel).post(f"{care}/talk/enter")
    assert "Kestrel, a lead, has joined and reads along." in as_person(here.robin).get(f"/api/circles/{room}/talk").json["lines"]
    change_role(role)(as_person(here.admin), kestrel)
    assert reads(as_person(kestrel), room) == [404, 404, 404]
    assert as_person(here.robin).get(f"/api/circles/{room}/talk").json["state"] == "here"


def test_a_lead_reads_nothing_before_they_have_joined(here: World, as_person: As, care: str, room: int) -> None:
    """Joining is a step of the case, an event of the room and a line in it; there is no way in beside it."""
    kestrel = as_person(lead(here))
    with unchanged(here):
        assert reads(kestrel, room) == [404, 404, 404]
        assert kestrel.post(f"/circles/{room}/join").status_code == 404
    before = as_person(here.robin).get(f"/api/circles/{room}/events").json["last_event"]
    kestrel.post(f"{care}/talk/enter")
    told = as_person(here.robin).get(f"/api/circles/{room}/events?after={before}").json["events"]
    assert [event["type"] for event in told] == ["talk.changed"]
    assert "Kestrel" in as_person(here.robin).get(f"/circles/{room}").text


def test_nobody_opens_one_for_somebody_else(here: World, as_person: As, care: str) -> None:
    """Not a neighbour, an admin, a volunteer without the case or one who has not read it; not in a case of conduct, nor under words that show no need."""
    need, plain = here.say(here.robin, IN_CRISIS), here.say(here.robin, "good evening")
    conduct = address(here, here.say(here.robin, UNKIND))
    harbour = as_person(here.volunteer)
    read(here, harbour, conduct)
    as_person(here.other_volunteer).post(f"{care}/claim")
    others = [as_person(actor) for actor in (here.willow, here.admin, here.volunteer, here.other_volunteer)]
    robin = as_person(here.robin)
    with unchanged(here):
        for browser in others:
            assert browser.call(f"/api/messages/{need}/talk").status_code == 404
            assert browser.post(f"{care}/talk/enter").status_code in {403, 409}
        assert robin.call(f"/api/messages/{plain}/talk").status_code == 404
        assert harbour.post(f"{conduct}/talk/enter").status_code == 404


def test_nothing_is_done_to_it_from_outside(here: World, as_person: As, care: str, room: int) -> None:
    """Nobody joins, leaves, leads, ends it or gives it other rules; its member cannot end the volunteer's part, nor an admin anybody's."""
    people = {actor.name: as_person(actor) for actor in (here.robin, here.willow, here.other_volunteer, here.admin)}
    with unchanged(here):
        for name, browser in people.items():
            for path in (f"/circles/{room}/join", f"/circles/{room}/leave"):
                assert browser.post(path).status_code == 404, (name, path)
            for path in (f"{care}/talk/end", f"{care}/talk/enter"):
                assert browser.post(path).status_code in {403, 409}, (name, path)
        admin = people["Cloud"]
        assert admin.get(f"/admin/circles/{room}/rules").status_code == 404
        assert admin.post(f"/admin/circles/{room}/rules/1/restore", {"expected_version": 1}).status_code == 404
        admin.post(f"/admin/circles/{room}/facilitators", {"name": "Robin", "facilitates": "yes"})
        for name in ("Willow", "Lantern", "Cloud"):
            assert reads(people[name], room) == [404, 404, 404], name
