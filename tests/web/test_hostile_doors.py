"""Every address that writes, and for whom it is: a new one without an entry fails here, and whoever it is not for leaves no row changed."""

from collections.abc import Callable
from enum import Enum

import pytest
from flask import Flask

from models import Role
from support_app.access import Actor
from tests.factories import UNKIND, World
from tests.web.browser import Browser
from tests.web.hostile import CLIENT_ID, FORM, address, doors, lead, rows, unchanged

As = Callable[[Actor], Browser]


class For(Enum):
    """Whom an address that writes is for."""

    ANYBODY = "anybody, also without an account"
    SIGNED_IN = "everybody with an account, about themselves"
    SEATED = "somebody with a seat in the circle of the message, or its author"
    REVIEWERS = "volunteers and leads"
    LEADS = "leads"
    TEAM = "leads and admins"
    ADMINS = "admins"


DOORS = {
    For.ANYBODY: "auth.login auth.register auth.logout auth.leave_quickly auth.set_language closed.ask_again",
    For.SIGNED_IN: (
        "circles.join circles.leave me.appeal me.end_sessions me.set_helpline_country "
        "training.apply training.withdraw_application training.answer_quiz training.start_scenario training.reply "
        "training.ask_for_mock_chat training.withdraw_mock_chat"
    ),
    For.SEATED: "api.withdraw api.edit api.send_on api.appeal api.report api.dismiss_care api.ask_to_talk side_rooms.end_own",
    For.REVIEWERS: (
        "review.next_case review.claim review.keep_alive review.looking review.give_back review.reveal review.release review.keep review.return_message review.undo "
        "review.set_level review.close review.hand_over review.escalate review.ask_opinion review.opinion side_rooms.enter side_rooms.end "
        "shift.start shift.here shift.end shift.topics shift.write shift.forget "
        "reach.save reach.add_browser reach.remove_browser reach.test"
    ),
    For.LEADS: "shift.done",
    For.TEAM: "training_team.accept training_team.decline training_team.score training_team.certify training_team.revoke",
    For.ADMINS: (
        "admin.new_circle admin.rules admin.restore_rules admin.set_facilitator admin.set_role admin.ban admin.unban "
        "admin.helplines.add admin.helplines.change admin.helplines.verify admin.helplines.retire admin.helplines.emergency admin.helplines.verify_emergency"
    ),
}
FOR = {endpoint: whom for whom, endpoints in DOORS.items() for endpoint in endpoints.split()}
# Who is refused at each kind of door; strangers at every one but those for anybody.
OUTSIDERS = {
    For.SEATED: ("Elsewhere", "Harbour", "Kestrel", "Cloud"),
    For.REVIEWERS: ("Robin", "Willow", "Elsewhere", "Cloud"),
    For.LEADS: ("Robin", "Willow", "Elsewhere", "Harbour", "Cloud"),
    For.TEAM: ("Robin", "Willow", "Elsewhere", "Harbour"),
    For.ADMINS: ("Robin", "Willow", "Elsewhere", "Harbour", "Kestrel"),
}
JSON = {"api.edit": {"version": 1, "client_id": CLIENT_ID, "text": "mine now"}, "api.appeal": {"version": 1, "note": ""}, "api.report": {}}
SUBSCRIPTION = {"endpoint": "https://updates.push.services.mozilla.com/x", "keys": {"p256dh": "A" * 87, "auth": "B" * 22}}


INSIDERS = {
    **dict.fromkeys((For.ANYBODY, For.SIGNED_IN, For.SEATED), "Robin"),
    For.REVIEWERS: "Harbour",
    For.LEADS: "Kestrel",
    For.TEAM: "Kestrel",
    For.ADMINS: "Cloud",
}


@pytest.fixture
def people(here: World, as_person: As) -> dict[str, Browser]:
    """Somebody of every kind, signed in, and a case and a message to reach for."""
    here.say(here.robin, UNKIND)
    elsewhere = here.person("Elsewhere", seat_in=here.make_circle("Other circle"))
    return {actor.name: as_person(actor) for actor in (here.robin, here.willow, elsewhere, here.volunteer, lead(here), here.admin)}


def knock(app: Flask, browser: Browser, endpoint: str, **options: object) -> int:
    """Write to one address with everything it could ask for; answers with the status."""
    path = address(app, doors(app, "POST")[endpoint])
    if endpoint.startswith("api.") or endpoint in {"reach.add_browser", "reach.remove_browser"}:
        body = SUBSCRIPTION if endpoint.startswith("reach.") else JSON.get(endpoint, {"version": 1})
        return browser.call(path, body, **options).status_code
    return browser.post(path, FORM | {"version": 1}, **options).status_code


def test_every_address_that_writes_has_an_entry(app: Flask) -> None:
    """Whoever adds one says for whom it is."""
    assert set(doors(app, "POST")) == set(FOR)
    others = {method for rule in app.url_map.iter_rules() for method in rule.methods or ()} - {"GET", "HEAD", "OPTIONS", "POST"}
    assert others == set()
    assert {role.value for role in Role} == {"member", "volunteer", "lead", "admin"}, "a new role is in no row of OUTSIDERS"


@pytest.mark.parametrize("whom", list(OUTSIDERS))
def test_whoever_it_is_not_for_changes_nothing(app: Flask, here: World, people: dict[str, Browser], whom: For) -> None:
    """Refused as forbidden or as not there, whatever the form says, and not one row moves."""
    with unchanged(here):
        for endpoint in (endpoint for endpoint, its in FOR.items() if its is whom):
            for name in OUTSIDERS[whom]:
                assert knock(app, people[name], endpoint) in {403, 404}, (endpoint, name)


def test_strangers_change_nothing(app: Flask, here: World, browser: Browser) -> None:
    """Without an account every other door asks to sign in first."""
    here.say(here.robin, UNKIND)
    with unchanged(here):
        for endpoint, whom in FOR.items():
            if whom is not For.ANYBODY:
                assert knock(app, browser, endpoint, headers={"Accept": "application/json"}) == 401, endpoint


def test_ended_sessions_change_nothing(app: Flask, here: World, people: dict[str, Browser], as_person: As) -> None:
    """Signed out everywhere, shut out or expired: the old cookie opens no door of the role it had."""
    as_person(here.robin).post("/me/end-sessions")
    as_person(here.volunteer).post("/me/end-sessions")
    people["Cloud"].post(f"/admin/people/{here.willow.user_id}/ban", {"reason": "wrote to people outside"})
    as_person(here.admin).post("/me/end-sessions")
    mine = {"Robin": (For.SIGNED_IN, For.SEATED), "Willow": (For.SIGNED_IN, For.SEATED), "Harbour": (For.REVIEWERS,), "Cloud": (For.TEAM, For.ADMINS)}
    before = rows(here)
    for name, kinds in mine.items():
        for endpoint, whom in FOR.items():
            if whom in kinds:
                assert knock(app, people[name], endpoint, headers={"Accept": "application/json"}) in {401, 403}, (name, endpoint)
    assert rows(here) == before


def test_no_door_opens_with_another_method(app: Flask, here: World, people: dict[str, Browser]) -> None:
    """Reading an address that writes changes nothing, for the very people it is for; nor do methods that nobody offers."""
    with unchanged(here):
        for endpoint, rule in doors(app, "POST").items():
            person, path = people[INSIDERS[FOR[endpoint]]], address(app, rule)
            if rule.rule not in {other.rule for other in doors(app, "GET").values()}:
                assert person.get(f"{path}?version=1&reason=because&rule=kindness").status_code == 405, endpoint
                assert person.get(path, headers={"X-HTTP-Method-Override": "POST"}).status_code == 405, endpoint
            for method in ("PUT", "PATCH", "DELETE"):
                assert person.client.open(path, method=method, headers={"X-CSRFToken": "x"}).status_code in {400, 405}, (endpoint, method)


def test_no_door_opens_with_somebody_elses_token(app: Flask, here: World, people: dict[str, Browser], as_person: As) -> None:
    """A page of another site has the cookie and no token, or the token of its own visitor: the people it is for change nothing unasked."""
    foreign = as_person(here.other_volunteer).token()
    with unchanged(here):
        for endpoint, rule in doors(app, "POST").items():
            if endpoint == "auth.leave_quickly":  # must work from a page that is out of date
                continue
            for token in ("", "made-up", foreign):
                headers = {"Origin": "https://example.org", "X-CSRFToken": token}
                answer = people[INSIDERS[FOR[endpoint]]].client.post(address(app, rule), data=FORM | {"version": 1, "csrf_token": token}, headers=headers)
                assert answer.status_code == 400, (endpoint, token)
