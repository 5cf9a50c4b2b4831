"""Every page and every write: who gets in, and who does not."""

import pytest
from flask import Flask

from tests.factories import World
from tests.web.browser import Browser, enter

# Whoever adds an endpoint for strangers adds it here, and says so in the change.
OPEN_TO_STRANGERS = {
    "static",
    "health.health",
    "pages.landing",
    "pages.help_now",
    "pages.away",
    "auth.login",
    "auth.register",
    "auth.logout",
    "auth.leave_quickly",
    "auth.set_language",
    "closed.ask_again",
}


@pytest.fixture
def world(here: World) -> World:
    """The people of the site."""
    return here


def endpoints(app: Flask) -> list[tuple[str, str, str]]:
    """Every endpoint with an address and a method."""
    found = []
    for rule in app.url_map.iter_rules():
        values = {name: "css/base.css" if name == "filename" else 1 for name in rule.arguments}
        with app.test_request_context():
            address = rule.build(values, append_unknown=False)
        assert address is not None
        found += [(rule.endpoint, address[1], method) for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})]
    return found


class TestDoors:
    def test_strangers_are_refused(self, app: Flask, world: World) -> None:
        """Every page and every write asks who one is, unless it stands on the list above."""
        browser, seen = Browser(app), set()
        for endpoint, address, method in endpoints(app):
            seen.add(endpoint)
            answer = (browser.get if method == "GET" else browser.post)(address)
            answer.close()
            refused = answer.status_code == 401 or (answer.status_code == 302 and answer.headers["Location"].startswith("/login"))
            assert refused is (endpoint not in OPEN_TO_STRANGERS), (endpoint, method, answer.status_code)
        assert seen >= OPEN_TO_STRANGERS

    def test_members_are_refused_where_they_have_no_business(self, app: Flask, world: World) -> None:
        """Everything under the volunteers' and the admins' addresses, for everybody who is neither."""
        people = {
            "review": (world.robin, world.admin),
            "shift": (world.robin, world.admin),
            "admin": (world.robin, world.volunteer),
            "quality": (world.robin, world.volunteer),
            "training_team": (world.robin, world.volunteer),
        }
        for blueprint, actors in people.items():
            for actor in actors:
                browser = enter(app, world, actor)
                for endpoint, address, method in endpoints(app):
                    if endpoint.startswith(f"{blueprint}."):
                        form = {"version": 1, "reason": "a reason in words", "rule": "other", "role": "admin"}
                        answer = browser.get(address) if method == "GET" else browser.post(address, form)
                        assert answer.status_code == 403, (endpoint, method, actor.role, answer.status_code)

    def test_no_write_without_a_token(self, app: Flask, world: World) -> None:
        """Whoever is signed in, and whatever it is; only leaving quickly must work from a page that is out of date."""
        browser = enter(app, world, world.admin)
        writes = [(endpoint, address) for endpoint, address, method in endpoints(app) if method != "GET" and endpoint != "auth.leave_quickly"]
        assert writes
        for endpoint, address in writes:
            assert browser.client.post(address).status_code == 400, endpoint

    def test_reading_changes_nothing(self, app: Flask) -> None:
        """There is no address that writes on GET: each is one or the other, but for the forms of a page."""
        both = {endpoint for endpoint, _, method in endpoints(app) if method == "GET"} & {
            endpoint for endpoint, _, method in endpoints(app) if method == "POST"
        }
        forms = {"admin.helplines.add", "admin.helplines.change", "admin.helplines.emergency"}
        assert both == {"auth.login", "auth.register", "admin.new_circle", "admin.rules"} | forms
