"""The directory and the room's page."""

from tests.factories import World
from tests.web.browser import Browser, error_code


def test_directory(here: World, as_person) -> None:
    """All circles with their rules in plain words, before one joins."""
    here.make_circle("Morning circle")
    page = as_person(here.robin).get("/circles").text
    assert "Evening circle" in page
    assert "Morning circle" in page
    assert "reads every message before anybody else can see it" in page


def test_join_and_leave(here: World, as_person) -> None:
    """A seat opens the room; giving it back closes it."""
    browser, path = as_person(here.admin), f"/circles/{here.circle_id}"
    assert browser.get(path).status_code == 404
    assert browser.post(f"{path}/join").headers["Location"] == path
    room = browser.get(path)
    assert room.status_code == 200
    assert f'data-circle="{here.circle_id}"' in room.text
    assert 'data-user-name="Cloud"' in room.text
    assert "left the circle" in browser.text_after(browser.post(f"{path}/leave"))
    assert browser.get(path).status_code == 404
    assert browser.post(f"{path}/leave").status_code == 404


def test_full(here: World, as_person) -> None:
    """Said on the directory; nobody is let in."""
    small = here.make_circle("Small circle", capacity=3)
    for actor in (here.robin, here.willow, here.volunteer):
        as_person(actor).post(f"/circles/{small}/join")
    browser = as_person(here.admin)
    answer = browser.post(f"/circles/{small}/join")
    assert answer.headers["Location"] == "/circles"
    assert "All seats in this circle are taken" in browser.text_after(answer)
    assert browser.get(f"/circles/{small}").status_code == 404


def test_room_is_for_members(here: World, as_person, browser: Browser) -> None:
    """Volunteers and admins have no back door into a circle; the page holds no message of anybody."""
    here.say(here.robin, "only for the circle")
    for actor in (here.volunteer, here.admin):
        assert as_person(actor).get(f"/circles/{here.circle_id}").status_code == 404
    assert browser.get(f"/circles/{here.circle_id}").status_code == 302
    assert "only for the circle" not in as_person(here.willow).get(f"/circles/{here.circle_id}").text


def test_circles_that_are_not(here: World, as_person) -> None:
    """Whatever number stands in the address."""
    browser = as_person(here.robin)
    for number in (0, 999_999, 2**53, 2**63, 10**30):
        assert browser.get(f"/circles/{number}").status_code == 404
        assert error_code(browser.get(f"/api/circles/{number}/events")) == (404, "not_found")
        assert browser.post(f"/circles/{number}/join").status_code == 404
        assert error_code(browser.call(f"/api/messages/{number}/withdraw", {"version": 1})) == (404, "not_found")


def test_names_are_shown_as_text(here: World, as_person) -> None:
    """Markup in a name or description is words, on every page that shows it."""
    bold = here.make_circle("<b>Bold</b> circle")
    browser = as_person(here.robin)
    browser.post(f"/circles/{bold}/join")
    for path in ("/circles", f"/circles/{bold}"):
        page = browser.get(path).text
        assert "&lt;b&gt;Bold&lt;/b&gt; circle" in page
        assert "<b>Bold" not in page
