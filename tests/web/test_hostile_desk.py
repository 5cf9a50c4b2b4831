"""Nobody but whoever is entitled, with a lease that runs and after reading, does anything with a case; whatever is posted otherwise leaves every row as it was."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from models import Certificate, Role
from moderation.taxonomy import Lane
from support_app.access import Actor
from support_app.services import leases
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases
from tests.web.browser import Browser
from tests.web.hostile import FORM, lead, unchanged
from tests.web.test_review import address, read

As = Callable[[Actor], Browser]
Situation = Callable[[World, As, str], Browser]
AS_PROGRAM = {"Accept": "application/json"}  # gets the refusal itself instead of a page that tells of it
DECIDING = ("release", "return", "keep", "level", "close", "ask-opinion", "opinion", "talk/enter")
STEPS = (*DECIDING, "reveal", "hand-over", "escalate", "keep-alive", "give-back", "undo", "talk/end")
TEXTS = {Lane.CONDUCT: UNKIND, Lane.CARE: IN_CRISIS}


def has_read(here: World, as_person: As, path: str) -> Browser:
    """Harbour holds the case and has read it: what every situation below spoils."""
    harbour = as_person(here.volunteer)
    read(here, harbour, path)
    return harbour


def never_claimed(here: World, as_person: As, _path: str) -> Browser:
    return as_person(here.volunteer)


def somebody_elses(here: World, as_person: As, path: str) -> Browser:
    read(here, as_person(here.other_volunteer), path)
    return as_person(here.volunteer)


def a_leads_look(here: World, as_person: As, path: str) -> Browser:
    """A lead decides nothing in a case that somebody else holds."""
    has_read(here, as_person, path)
    return as_person(lead(here))


def run_out(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    here.pass_time(seconds=leases.LEASE_SECONDS)
    return harbour


def given_back(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    harbour.post(f"{path}/give-back")
    return harbour


def handed_over(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    harbour.post(f"{path}/hand-over", form_of(here, path) | {"to": here.other_volunteer.user_id})
    return harbour


def handed_over_and_taken(here: World, as_person: As, path: str) -> Browser:
    harbour = handed_over(here, as_person, path)
    read(here, as_person(here.other_volunteer), path)
    return harbour


def given_to_a_lead(here: World, as_person: As, path: str) -> Browser:
    harbour, _ = has_read(here, as_person, path), lead(here)
    assert harbour.post(f"{path}/escalate", form_of(here, path)).status_code == 302
    return harbour


def joined_the_circle(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    harbour.post(f"/circles/{here.circle_id}/join")
    return harbour


def off_duty(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    harbour.post("/review/shift/end")
    return harbour


def certificate_revoked(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    as_person(lead(here)).post(f"/training/team/people/{here.volunteer.user_id}/revoke", {"reason": "did not keep the limits"})
    return harbour


def certificate_ran_out(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    with here.db.write() as connection:
        ended = update(Certificate).where(Certificate.user_id == here.volunteer.user_id)
        connection.execute(ended.values(issued_at=here.now - timedelta(days=9), expires_at=here.now))
    return harbour


def role_taken(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    as_person(here.admin).post(f"/admin/people/{here.volunteer.user_id}/role", {"role": "member"})
    return harbour


def account_closed(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    as_person(here.admin).post(f"/admin/people/{here.volunteer.user_id}/ban", {"reason": "wrote to people outside"})
    return harbour


def signed_out_elsewhere(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    as_person(here.volunteer).post("/me/end-sessions")
    return harbour


def session_ran_out(here: World, as_person: As, path: str) -> Browser:
    harbour = has_read(here, as_person, path)
    here.pass_time(days=15)
    return harbour


SITUATIONS = (
    *(never_claimed, somebody_elses, run_out, given_back, handed_over, handed_over_and_taken, given_to_a_lead, joined_the_circle),
    *(off_duty, certificate_revoked, certificate_ran_out, role_taken, account_closed, signed_out_elsewhere, session_ran_out),
)


def form_of(here: World, path: str) -> dict[str, object]:
    return FORM | {"to": here.other_volunteer.user_id, "version": case_row(here, int(path.rsplit("/", 1)[1])).version}


@pytest.mark.parametrize("lane", list(Lane))
@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_step_without_a_right_to_it(here: World, as_person: As, situation: Situation, lane: Lane) -> None:
    """Every step of a case, with the newest version and a form that fits, by somebody who has lost their right to it or never had it."""
    message = here.say(here.robin, TEXTS[lane])
    path = address(here, message, lane)
    person = situation(here, as_person, path)
    form = form_of(here, path)
    with unchanged(here):
        for step in STEPS:
            assert person.post(f"{path}/{step}", form, headers=AS_PROGRAM).status_code in {401, 403, 404, 409}, step
        shown = person.get(path).text
    assert "not worth anybody" not in shown
    assert "want to die" not in shown


def test_a_lead_takes_no_decision_from_whoever_holds_the_case(here: World, as_person: As) -> None:
    """Being a lead is no lease; only joining the talk of a case of care is open to them."""
    path = address(here, here.say(here.robin, UNKIND))
    person = a_leads_look(here, as_person, path)
    with unchanged(here):
        for step in STEPS:
            assert person.post(f"{path}/{step}", form_of(here, path), headers=AS_PROGRAM).status_code in {404, 409}, step


@pytest.mark.parametrize("lane", list(Lane))
def test_no_decision_without_reading(here: World, as_person: As, lane: Lane) -> None:
    """Holding a case is not having read it; every claim asks anew, also after one's own lease ran out."""
    path, harbour = address(here, here.say(here.robin, TEXTS[lane]), lane), as_person(here.volunteer)
    read(here, harbour, path)
    here.pass_time(seconds=leases.LEASE_SECONDS)
    harbour.post(f"{path}/claim")
    with unchanged(here):
        for step in DECIDING:
            assert harbour.post(f"{path}/{step}", form_of(here, path), headers=AS_PROGRAM).status_code in {404, 409}, step


class TestConcerned:
    """Whom a case concerns decides nothing in it, also when they have left the circle since."""

    def refused(self, here: World, browser: Browser, path: str) -> None:
        with unchanged(here):
            for step in ("claim", *STEPS):
                answer = browser.post(f"{path}/{step}", form_of(here, path), headers=AS_PROGRAM)
                assert (answer.status_code, answer.json["error"]["code"]) == (403, "conflict_of_interest"), step
            assert browser.post("/review/next").headers["Location"] == "/review"

    def test_the_author_of_the_message(self, here: World, as_person: As) -> None:
        """A volunteer's own words."""
        author = here.person("Author", role=Role.VOLUNTEER, seat_in=here.circle_id)
        path = address(here, here.say(author, UNKIND))
        as_person(author).post(f"/circles/{here.circle_id}/leave")
        self.refused(here, as_person(author), path)

    def test_who_reported_it(self, here: World, as_person: As) -> None:
        """A volunteer's own report."""
        reporter = here.person("Reporter", role=Role.LEAD, seat_in=here.circle_id)
        message, browser = here.say(here.robin, "some people should just stay at home"), as_person(reporter)
        assert browser.call(f"/api/messages/{message}/report").status_code == 200
        browser.post(f"/circles/{here.circle_id}/leave")
        self.refused(here, browser, address(here, message))

    def test_who_is_reported(self, here: World, as_person: As) -> None:
        """A report about a lead's own message."""
        author = here.person("Author", role=Role.LEAD, seat_in=here.circle_id)
        message = here.say(author, "some people should just stay at home")
        as_person(here.willow).call(f"/api/messages/{message}/report")
        as_person(author).post(f"/circles/{here.circle_id}/leave")
        self.refused(here, as_person(author), address(here, message))

    def test_who_sits_in_the_circle(self, here: World, as_person: As) -> None:
        """By role a lead, by seat a neighbour."""
        neighbour = here.person("Neighbour", role=Role.LEAD, seat_in=here.circle_id)
        self.refused(here, as_person(neighbour), address(here, here.say(here.robin, UNKIND)))


class TestTaking:
    def test_off_duty(self, here: World, as_person: As) -> None:
        """Neither by hand nor as the next one, nor with a tick that somebody who rests may set."""
        path, away = address(here, here.say(here.robin, UNKIND)), as_person(here.person("Away", role=Role.VOLUNTEER, on_duty=False))
        self.refused(here, away, path, "not_on_duty")

    def test_without_a_certificate(self, here: World, as_person: As) -> None:
        """A role alone opens no case."""
        path, new = address(here, here.say(here.robin, UNKIND)), as_person(here.person("New", role=Role.VOLUNTEER, certified=False))
        self.refused(here, new, path, "not_certified")

    def test_resting(self, here: World, as_person: As) -> None:
        """In the pause after a hard case; the tick opens only acute danger, and only while nobody else is free."""
        hard, harbour = address(here, here.say(here.robin, IN_CRISIS), Lane.CARE), as_person(here.volunteer)
        harbour.post(f"{hard}/level", FORM | read(here, harbour, hard))
        harbour.post(f"{hard}/give-back")
        self.refused(here, harbour, address(here, here.say(here.willow, UNKIND)), "in_pause")
        with unchanged(here):
            harbour.post("/review/next", {"although_resting": "yes"})

    def test_what_somebody_else_has(self, here: World, as_person: As) -> None:
        """Its lease counts for leads as well."""
        path = address(here, here.say(here.robin, UNKIND))
        has_read(here, as_person, path)
        for actor in (here.other_volunteer, lead(here)):
            browser = as_person(actor)
            with unchanged(here):
                assert browser.post(f"{path}/claim", headers=AS_PROGRAM).json["error"]["code"] == "claimed"
                assert browser.post("/review/next").headers["Location"] == "/review"

    def refused(self, here: World, browser: Browser, path: str, code: str) -> None:
        with unchanged(here):
            assert browser.post(f"{path}/claim", headers=AS_PROGRAM).json["error"]["code"] == code
            assert browser.post("/review/next", headers=AS_PROGRAM).json["error"]["code"] == code


def test_nobody_is_promised_who_may_not(here: World, as_person: As) -> None:
    """A hand-over or a follow-up to a member, an admin, oneself, somebody from the circle or nobody is refused."""
    inside = here.person("Inside", role=Role.VOLUNTEER, seat_in=here.circle_id)
    message = here.say(here.robin, UNKIND)
    path = address(here, message)
    harbour = has_read(here, as_person, path)
    with unchanged(here):
        for person in (here.willow.user_id, here.admin.user_id, here.volunteer.user_id, inside.user_id, 999_999):
            assert harbour.post(f"{path}/hand-over", form_of(here, path) | {"to": person}).status_code == 400
    assert open_cases(here, message)[Lane.CONDUCT].owner_id == here.volunteer.user_id
