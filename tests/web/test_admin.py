"""Administration over HTTP: circles, rules with their versions, people."""

from typing import Any

import pytest

from models import Role
from moderation.rules import Rules
from support_app.services import accounts, rules
from support_app.services.administration import circle as circle_rules
from tests.factories import World
from tests.web.browser import Browser

CIRCLE = {
    "name": "Morning circle",
    "topic": "Sleep",
    "description": "For those who were awake all night.",
    "language": "en",
    "meets": "mornings",
    "capacity": "6",
}


@pytest.fixture
def cloud(here: World, as_person) -> Browser:
    return as_person(here.admin)


def rules_form(version: int = 1, **changes: Any) -> dict[str, Any]:
    """The form as the page sends it: unticked boxes are left out."""
    form = Rules().model_dump(mode="json") | {"watched_phrases": "", "reason": "a trial", "expected_version": version} | changes
    return {key: value for key, value in form.items() if value is not False}


class TestRules:
    def path(self, here: World) -> str:
        return f"/admin/circles/{here.circle_id}/rules"

    def test_saving_makes_a_new_version(self, here: World, cloud: Browser) -> None:
        """In force at once, with who and why; the page shows what changed."""
        form = rules_form(hold_harassment="0.8", stop_money=False, crisis_mode="hold_unsafe", watched_phrases="old name\n\n  blue door \n")
        answer = cloud.post(self.path(here), form)
        assert answer.headers["Location"] == self.path(here)
        page = cloud.text_after(answer)
        assert "a trial" in page
        assert f": {Rules().hold_harassment} → 0.8" in page
        assert ": yes → no" in page
        assert "hold_harassment:" not in page
        shown = circle_rules(here.db, here.circle_id)
        assert (shown.rules_version, shown.rules.hold_harassment, shown.rules.stop_money) == (2, 0.8, False)
        assert shown.rules.watched_phrases == ("old name", "blue door")
        assert rules.rule_history(here.db, here.circle_id)[0].by == "Cloud"

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"hold_harassment": "1.5"}, "A number from 0.01 to 0.99."),
            ({"hold_goading": "0"}, "A number from 0.01 to 0.99."),
            ({"alert_crisis": "often"}, ""),
            ({"alert_crisis": "nan"}, ""),
            ({"alert_imminent": ""}, "Please fill this in."),
            ({"nudge_harassment": "0.9"}, "The hint must come before the hold"),
            ({"watched_phrases": "x"}, "Each phrase has 2 to 80 characters."),
            ({"max_length": "99"}, ""),
            ({"max_length": "5000"}, ""),
            ({"crisis_mode": "ignore"}, ""),
            ({"reason": ""}, "Please fill this in."),
        ],
    )
    def test_what_cannot_be_is_refused_with_words(self, here: World, cloud: Browser, changes: dict[str, str], words: str) -> None:
        """On the form, where the field is; the rules in force stay as they are."""
        answer = cloud.post(self.path(here), rules_form(**changes))
        assert answer.status_code == 400
        assert words in answer.text
        assert 'data-testid="rules-form"' in answer.text
        assert circle_rules(here.db, here.circle_id).rules_version == 1

    def test_a_stale_page(self, here: World, cloud: Browser) -> None:
        """Another admin saved in between: nothing is overwritten."""
        cloud.post(self.path(here), rules_form(max_length="500"))
        answer = cloud.post(self.path(here), rules_form(max_length="600"))
        assert answer.status_code == 400
        assert "changed in the meantime" in answer.text
        assert circle_rules(here.db, here.circle_id).rules.max_length == 500

    def test_restore(self, here: World, cloud: Browser) -> None:
        """A new version that says what the old one said."""
        cloud.post(self.path(here), rules_form(max_length="500"))
        answer = cloud.post(f"{self.path(here)}/1/restore", {"expected_version": 2})
        assert "Version 3 is in force" in cloud.text_after(answer)
        assert circle_rules(here.db, here.circle_id).rules == Rules()
        assert cloud.post(f"{self.path(here)}/9/restore", {"expected_version": 3}).status_code == 404
        assert cloud.post(f"{self.path(here)}/1/restore", {"expected_version": 2}).status_code == 409

    def test_screening_cannot_be_turned_off(self, here: World, cloud: Browser) -> None:
        """No field of the form does that, whatever is sent."""
        cloud.post(self.path(here), rules_form(screening="off", enabled="", hold_harassment="0.99", hold_goading="0.99"))
        assert "screening" not in circle_rules(here.db, here.circle_id).rules.model_dump()

    def test_members_read_the_rules_in_plain_words(self, here: World, cloud: Browser, as_person) -> None:
        """What an admin saves stands in the directory at once."""
        cloud.post(self.path(here), rules_form(max_length="777", stop_contacts=False))
        page = as_person(here.robin).get("/circles").text
        assert "at most 777 characters" in page
        assert "Contact details are read" not in page


class TestCircles:
    def test_new(self, here: World, cloud: Browser) -> None:
        """Leads to its rules, and stands in the directory."""
        answer = cloud.post("/admin/circles/new", CIRCLE)
        assert "/rules" in answer.headers["Location"]
        assert cloud.get(answer.headers["Location"]).status_code == 200
        assert "Morning circle" in cloud.get("/circles").text

    @pytest.mark.parametrize(
        "change", [{"name": ""}, {"name": "Evening circle"}, {"capacity": "2"}, {"capacity": "16"}, {"language": "xx"}, {"description": "short"}]
    )
    def test_what_cannot_be(self, cloud: Browser, change: dict[str, str]) -> None:
        """Refused on the form."""
        assert cloud.post("/admin/circles/new", CIRCLE | change).status_code == 400
        assert "Morning circle" not in cloud.get("/circles").text

    def test_facilitators(self, here: World, cloud: Browser) -> None:
        """By the name as it stands in the circle."""
        path = f"/admin/circles/{here.circle_id}/facilitators"
        assert "Saved" in cloud.text_after(cloud.post(path, {"name": "robin", "facilitates": "yes"}))
        assert "Robin" in cloud.get("/circles").text
        assert "Nobody with this name" in cloud.text_after(cloud.post(path, {"name": "Harbour", "facilitates": "yes"}))


class TestPeople:
    def test_search(self, cloud: Browser) -> None:
        """By part of a name; what was looked for is shown as text."""
        page = cloud.get("/admin/people?q=obi").text
        assert "Robin" in page
        assert "Willow" not in page
        assert "<script>alert" not in cloud.get("/admin/people?q=<script>alert(1)</script>").text

    def test_role(self, here: World, cloud: Browser, as_person) -> None:
        """The person is signed out and comes back with the new role."""
        robin = as_person(here.robin)
        assert "Saved" in cloud.text_after(cloud.post(f"/admin/people/{here.robin.user_id}/role", {"role": "volunteer"}))
        assert robin.get("/circles").status_code == 302
        assert as_person(here.robin).get("/review").status_code == 200
        assert cloud.post(f"/admin/people/{here.robin.user_id}/role", {"role": "king"}).status_code == 400

    def test_ban_and_unban(self, here: World, cloud: Browser, as_person) -> None:
        """With a reason; then the person is out, until somebody opens the account again."""
        path, robin = f"/admin/people/{here.robin.user_id}", as_person(here.robin)
        assert cloud.post(f"{path}/ban", {"reason": "  "}).status_code == 400
        assert robin.get("/circles").status_code == 200
        cloud.post(f"{path}/ban", {"reason": "threats"})
        assert robin.get("/circles").status_code == 302
        cloud.post(f"{path}/unban")
        assert robin.get("/circles").status_code == 302
        assert as_person(here.robin).get("/circles").status_code == 200

    def test_not_oneself(self, here: World, cloud: Browser) -> None:
        """An admin cannot lock themselves out by mistake."""
        path = f"/admin/people/{here.admin.user_id}"
        for step, form in (("role", {"role": "member"}), ("ban", {"reason": "a reason"}), ("unban", {})):
            assert "your own account" in cloud.text_after(cloud.post(f"{path}/{step}", form))
        assert cloud.get("/admin").status_code == 200

    def test_nobody(self, cloud: Browser) -> None:
        """There is no such person."""
        for number in (999_999, 10**30):
            assert cloud.post(f"/admin/people/{number}/ban", {"reason": "a reason"}).status_code == 404


def test_pages_are_for_admins(here: World, as_person, browser: Browser) -> None:
    """Members, volunteers and leads are refused on every page and every write; strangers are asked to sign in."""
    rules_path, people = f"/admin/circles/{here.circle_id}/rules", f"/admin/people/{here.willow.user_id}"
    lead = here.person("Kestrel", role=Role.LEAD)
    for actor in (here.robin, here.volunteer, lead):
        person = as_person(actor)
        for page in ("/admin", "/admin/people", "/admin/circles/new", rules_path):
            assert person.get(page).status_code == 403
        writes = {
            "/admin/circles/new": CIRCLE,
            rules_path: rules_form(),
            f"{rules_path}/1/restore": {"expected_version": 1},
            f"/admin/circles/{here.circle_id}/facilitators": {"name": "Robin", "facilitates": "yes"},
            f"{people}/role": {"role": "admin"},
            f"{people}/ban": {"reason": "a reason"},
            f"{people}/unban": {},
        }
        for path, form in writes.items():
            assert person.post(path, form).status_code == 403, path
        assert 'href="/admin"' not in person.get("/circles").text
    assert browser.get("/admin").headers["Location"] == "/login?next=/admin"


def test_start_page(here: World, cloud: Browser) -> None:
    """Circles with their seats, and whether messages can be screened."""
    page = cloud.get("/admin").text
    assert "Evening circle" in page
    accounts.set_role(here.db, here.admin, user_id=here.robin.user_id, role=Role.ADMIN, now=here.now)
    assert cloud.get("/admin").status_code == 200
