"""The pages and calls around a talk: the care card, the case, the room, and the way back."""

import pytest

from models import Role
from moderation.taxonomy import Lane
from support_app.services import side_rooms
from tests.factories import IN_CRISIS, World
from tests.services.steps import open_cases, take
from tests.web.browser import As, Browser, error_code


@pytest.fixture
def crisis(here: World) -> int:
    """Robin has said that they want to die."""
    return here.say(here.robin, IN_CRISIS)


def case_of(here: World, message_id: int) -> int:
    return open_cases(here, message_id)[Lane.CARE].id


def card(browser: Browser, here: World) -> dict:
    """The newest care card as the room's page gets it."""
    mine = browser.get(f"/api/circles/{here.circle_id}/events?after=0").json["mine"]
    return mine[-1]["notice"]["care"]


def entered(here: World, message_id: int) -> tuple[int, int]:
    """Asked for and joined: the case and the circle of the talk."""
    circle_id = side_rooms.ask(here.db, here.robin, message_id, now=here.now)
    case_id = case_of(here, message_id)
    take(here, here.volunteer, message_id, lane=Lane.CARE)
    side_rooms.enter(here.db, here.volunteer, case_id, now=here.now)
    return case_id, circle_id


def test_the_card_tells_the_truth_at_every_step(here: World, as_person: As, crisis: int) -> None:
    """Offered, asked and alone, somebody is here by name, over; with the way in as soon as there is one."""
    robin = as_person(here.robin)
    assert card(robin, here)["talk"] == {"state": "offered", "text": None, "url": None}
    answer = robin.call(f"/api/messages/{crisis}/talk").json["message"]["notice"]["care"]["talk"]
    assert answer["state"] == "waiting"
    assert answer["text"].startswith("You asked to talk. Nobody has come yet.")
    assert robin.get(answer["url"]).status_code == 200
    case_id, _ = entered(here, crisis)
    assert card(robin, here)["talk"]["text"] == "Harbour from our team is here."
    side_rooms.end(here.db, here.volunteer, case_id, now=here.now)
    ended = card(robin, here)["talk"]
    assert (ended["state"], ended["url"]) == ("ended", answer["url"])
    assert ended["text"].startswith("This talk has ended.")


def test_only_the_author_asks(here: World, as_person: As, crisis: int) -> None:
    """For everybody else the message has no card."""
    for actor in (here.willow, here.volunteer, here.admin):
        assert error_code(as_person(actor).call(f"/api/messages/{crisis}/talk")) == (404, "not_found")


def test_the_volunteers_see_the_wish(here: World, as_person: As, crisis: int) -> None:
    """In the queue, and as a step of the case; gone from the queue as soon as somebody is there."""
    volunteer = as_person(here.volunteer)
    side_rooms.ask(here.db, here.robin, crisis, now=here.now)
    (row,) = volunteer.get("/api/cases").json["cases"]
    assert row["reasons"][0] == "Would like to talk"
    page = volunteer.get(row["url"]).text
    assert "This person would like to talk." in page
    assert "Robin" not in page
    assert 'data-testid="enter-talk"' not in page
    entered(here, crisis)
    assert "Would like to talk" not in volunteer.get("/api/cases").json["cases"][0]["reasons"]


def test_from_the_case_into_the_room_and_out_again(here: World, as_person: As, crisis: int) -> None:
    """The volunteer opens it from the case they have read, and ends it; each page offers what the server would take."""
    volunteer, case_id = as_person(here.volunteer), case_of(here, crisis)
    take(here, here.volunteer, crisis, lane=Lane.CARE)
    assert 'data-testid="enter-talk"' in volunteer.get(f"/review/cases/{case_id}").text
    room = volunteer.text_after(volunteer.post(f"/review/cases/{case_id}/talk/enter"))
    assert "Talk with Robin" in room
    assert 'data-testid="guide"' in room
    assert f'data-keep-alive="/review/cases/{case_id}/keep-alive"' in room
    page = volunteer.get(f"/review/cases/{case_id}").text
    assert 'data-testid="open-talk"' in page
    assert 'data-testid="enter-talk"' not in page
    assert "Harbour is in the side room with them." in page
    ended = volunteer.text_after(volunteer.post(f"/review/cases/{case_id}/talk/end"))
    assert "The talk has ended. It can still be read." in ended
    assert 'data-testid="end-talk"' not in ended


def test_who_may_not_is_refused(here: World, as_person: As, crisis: int) -> None:
    """By role, by not holding the case, by sitting in the circle."""
    case_id = case_of(here, crisis)
    neighbour = here.person("Neighbour", role=Role.VOLUNTEER, seat_in=here.circle_id)
    refusals = {here.robin: (403, 403), here.admin: (403, 403), neighbour: (403, 403), here.volunteer: (409, 404)}
    for actor, statuses in refusals.items():
        browser = as_person(actor)
        assert tuple(browser.post(f"/review/cases/{case_id}/talk/{what}").status_code for what in ("enter", "end")) == statuses, actor.name
        assert 'data-testid="enter-talk"' not in browser.get(f"/review/cases/{case_id}").text


def test_the_room_is_called_differently_by_everybody(here: World, as_person: As, crisis: int) -> None:
    """The member reads the volunteer's name, the volunteer theirs; nobody reads the stored one, and others find nothing."""
    circle_id = side_rooms.ask(here.db, here.robin, crisis, now=here.now)
    robin = as_person(here.robin)
    assert '<h1 id="room-name">Talk with a volunteer</h1>' in robin.get(f"/circles/{circle_id}").text
    _, circle_id = entered(here, crisis)
    page = robin.get(f"/circles/{circle_id}").text
    assert '<h1 id="room-name">Talk with Harbour</h1>' in page
    assert "Who sees what is said here" in page
    assert 'data-testid="guide"' not in page
    assert "Side room " not in page
    assert '<h1 id="room-name">Talk with Robin</h1>' in as_person(here.volunteer).get(f"/circles/{circle_id}").text
    for actor in (here.willow, here.other_volunteer, here.admin):
        assert as_person(actor).get(f"/circles/{circle_id}").status_code == 404
        assert as_person(actor).post(f"/circles/{circle_id}/join").status_code == 404
        assert error_code(as_person(actor).get(f"/api/circles/{circle_id}/talk", headers={"Accept": "application/json"})) == (404, "not_found")


def test_how_it_stands_for_a_page_that_is_open(here: World, as_person: As, crisis: int) -> None:
    """In sentences for the reader, with the lead who joined; an ordinary circle has no such thing."""
    case_id, circle_id = entered(here, crisis)
    lead = here.person("Kestrel", role=Role.LEAD)
    side_rooms.enter(here.db, lead, case_id, now=here.now)
    robin = as_person(here.robin)
    body = robin.get(f"/api/circles/{circle_id}/talk").json
    assert body == {
        "title": "Talk with Harbour",
        "state": "here",
        "lines": ["Harbour from our team is here for you.", "Kestrel, a lead, has joined and reads along."],
    }
    assert error_code(robin.get(f"/api/circles/{here.circle_id}/talk")) == (404, "not_found")


def test_the_way_back_stands_above_the_circles(here: World, as_person: As, crisis: int) -> None:
    """Only for the people in it, only while it is open; the directory itself does not have it."""
    robin, willow = as_person(here.robin), as_person(here.willow)
    assert 'data-testid="open-talk"' not in robin.get("/circles").text
    case_id, circle_id = entered(here, crisis)
    page = robin.get("/circles").text
    assert f'href="/circles/{circle_id}"' in page
    assert page.count('data-testid="circle-card"') == 1
    assert 'data-testid="open-talk"' not in willow.get("/circles").text
    side_rooms.end(here.db, here.volunteer, case_id, now=here.now)
    assert 'data-testid="open-talk"' not in robin.get("/circles").text


def test_an_ended_talk_is_read_only(here: World, as_person: As, crisis: int) -> None:
    """Its page has no field to write in, for either of them; what was stopped there is named without the stored name."""
    case_id, circle_id = entered(here, crisis)
    here.send(here.robin, "write to me at robin@example.org", circle_id=circle_id)
    here.screen()
    side_rooms.end(here.db, here.volunteer, case_id, now=here.now)
    for actor in (here.robin, here.volunteer):
        page = as_person(actor).get(f"/circles/{circle_id}").text
        assert 'autocomplete="off" hidden>' in page
        assert "This talk has ended." in page
    assert "A talk with a volunteer" in as_person(here.robin).get("/me").text
    rows = as_person(here.other_volunteer).get("/api/cases").json["cases"]
    assert {row["circle"]["name"] for row in rows} == {"Evening circle", "A talk with a volunteer"}


def test_the_member_ends_it(here: World, as_person: As, crisis: int) -> None:
    """One press and a kind question, never a form to fill; the volunteer's page says who ended it, and the card offers to ask again."""
    robin, volunteer = as_person(here.robin), as_person(here.volunteer)
    case_id, circle_id = entered(here, crisis)
    page = robin.get(f"/circles/{circle_id}").text
    assert f'action="/circles/{circle_id}/talk/end" data-confirm="end-talk-dialog"' in page
    assert "you need not say why" in page
    assert 'data-testid="end-own-talk"' not in volunteer.get(f"/circles/{circle_id}").text
    ended = robin.text_after(robin.post(f"/circles/{circle_id}/talk/end"))
    assert "You ended this talk. That is all right." in ended
    assert 'data-testid="end-own-talk"' not in ended
    case = volunteer.get(f"/review/cases/{case_id}").text
    assert "This person ended the talk." in case
    assert "Ended the talk" in case
    assert 'data-testid="enter-talk"' in case
    assert "Robin ended this talk and can ask again." in volunteer.get(f"/circles/{circle_id}").text
    assert card(robin, here)["talk"]["text"] == "You ended this talk. You can read it again, or ask once more."


def test_nobody_ends_it_in_their_name(here: World, as_person: As, crisis: int) -> None:
    """Neither the volunteer by this door nor anybody else; and an ordinary circle is no talk."""
    _, circle_id = entered(here, crisis)
    for actor in (here.volunteer, here.willow, here.admin):
        assert as_person(actor).post(f"/circles/{circle_id}/talk/end").status_code == 404
    assert as_person(here.robin).post(f"/circles/{here.circle_id}/talk/end").status_code == 404
