"""The training over HTTP: applications, the team's pages, and who is refused."""

import re

import pytest

from models import Role
from support_app.services import applications
from tests.factories import World
from tests.services.learning import back, certified, lead_of
from tests.web.browser import As
from tests.web.training_pages import REASON, WISH, done


class TestApplying:
    def test_the_form_and_its_answer(self, here: World, as_person: As) -> None:
        """Sent, read by the team, accepted; the page says at each moment what is true."""
        robin, team = as_person(here.robin), as_person(here.admin)
        assert 'data-testid="application-form"' in robin.get("/training").text
        assert 'data-testid="application-waiting"' in robin.text_after(robin.post("/training/application", WISH))
        page = team.get("/training/team").text
        assert WISH["why"] in page
        (number,) = re.findall(r'data-application="(\d+)"', page)
        answer = team.post(f"/training/team/applications/{number}/accept")
        assert "Nobody is waiting for an answer." in team.text_after(answer)
        assert robin.get("/training").status_code == 302
        again = as_person(back(here, here.robin))
        assert done(again.get("/training").text, "module") == ["no"] * 6

    @pytest.mark.parametrize("changes", [{"why": "short"}, {"hours": "many"}, {"hours": ""}, {"hours": "-1"}, {"hours": "9" * 50}, {"languages": ""}])
    def test_nothing_is_lost_when_something_is_missing(self, here: World, as_person: As, changes: dict[str, str]) -> None:
        """The form comes back with a sentence and with what was written."""
        robin = as_person(here.robin)
        answer = robin.post("/training/application", WISH | {"why": "Because I <was> helped once"} | changes)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert "why" in changes or "Because I &lt;was&gt; helped once" in answer.text
        assert applications.own(here.db, here.robin, now=here.now) is None

    def test_taking_it_back_and_a_kind_no(self, here: World, as_person: As) -> None:
        """Both lead back to the form."""
        robin, team = as_person(here.robin), as_person(lead_of(here))
        robin.post("/training/application", WISH)
        assert 'data-testid="application-form"' in robin.text_after(robin.post("/training/application/withdraw"))
        robin.post("/training/application", WISH)
        number = applications.own(here.db, here.robin, now=here.now).id
        assert "Please write 10 to 500 characters." in team.text_after(team.post(f"/training/team/applications/{number}/decline", {"answer": "no"}))
        team.post(f"/training/team/applications/{number}/decline", {"answer": "Please ask again in spring."})
        page = robin.get("/training").text
        assert "Please ask again in spring." in page
        assert 'data-testid="application-form"' in page

    def test_admins_are_told_where_to_go(self, here: World, as_person: As) -> None:
        """They handle no cases, so they neither apply nor train."""
        page = as_person(here.admin).get("/training").text
        assert "/training/team" in page
        assert 'data-testid="application-form"' not in page


class TestTeam:
    @pytest.mark.parametrize("role", [Role.MEMBER, Role.VOLUNTEER])
    def test_others_are_refused(self, here: World, as_person: As, role: Role) -> None:
        """Every page and every write, whatever the number; nothing happens."""
        applications.apply(here.db, here.robin, applications.NewApplication(WISH["why"], 3, "English"), now=here.now)
        other = as_person(here.person("Other", role=role))
        number = applications.own(here.db, here.robin, now=here.now).id
        assert other.get("/training/team").status_code == 403
        for path in (
            f"applications/{number}/accept",
            f"applications/{number}/decline",
            "mock-chats/1",
            f"people/{here.volunteer.user_id}/revoke",
            f"people/{here.volunteer.user_id}/certify",
        ):
            assert other.post(f"/training/team/{path}", REASON | {"answer": "a reason in words"}).status_code == 403, path
        assert applications.own(here.db, here.robin, now=here.now).state.value == "waiting"
        assert certified(here, here.volunteer)

    def test_certifying_and_taking_back(self, here: World, as_person: As) -> None:
        """An admin gives, an admin or lead takes back; the volunteer reads why."""
        lead, admin, volunteer = lead_of(here, certified=False), as_person(here.admin), as_person(here.volunteer)
        assert 'data-testid="certify"' not in as_person(lead).get("/training/team").text
        assert as_person(lead).post(f"/training/team/people/{here.volunteer.user_id}/certify", REASON).status_code == 403
        assert 'data-testid="certify"' in admin.get("/training/team").text
        assert "Please write 10 to 500" in admin.text_after(admin.post(f"/training/team/people/{lead.user_id}/certify", {"reason": "ok"}))
        admin.post(f"/training/team/people/{lead.user_id}/certify", REASON)
        assert certified(here, lead)
        as_person(lead).post(f"/training/team/people/{here.volunteer.user_id}/revoke", {"reason": "You told a story outside."})
        page = volunteer.get("/training").text
        assert 'data-state="revoked"' in page
        assert "You told a story outside." in page

    def test_nobody_takes_their_own_certificate(self, here: World, as_person: As) -> None:
        """Somebody else decides."""
        lead = lead_of(here)
        browser = as_person(lead)
        page = browser.text_after(browser.post(f"/training/team/people/{lead.user_id}/revoke", REASON))
        assert "Somebody else on the team" in page
        assert certified(here, lead)

    def test_links_to_these_pages(self, here: World, as_person: As) -> None:
        """For leads on the volunteers' page, for admins in the administration, for everybody else the way to the training."""
        assert 'data-testid="team-training"' in as_person(lead_of(here)).get("/review").text
        assert 'data-testid="team-training"' not in as_person(here.volunteer).get("/review").text
        assert 'data-testid="team-training"' in as_person(here.admin).get("/admin").text
        assert 'data-testid="training-link"' in as_person(here.robin).get("/me").text
