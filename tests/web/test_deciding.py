"""What volunteers do with a case, over HTTP from end to end: with the forms that the pages offer."""

import re

import pytest

from models import MessageState, Role
from moderation.taxonomy import Lane
from support_app.services import decisions
from support_app.settings import Settings, replace_settings
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases
from tests.web.browser import Browser, enter
from tests.web.test_review import REASON, address, read


@pytest.fixture
def held(here: World) -> int:
    return here.say(here.robin, UNKIND)


@pytest.fixture
def harbour(here: World, as_person) -> Browser:
    return as_person(here.volunteer)


@pytest.mark.parametrize(
    "change", [{"reason": "short"}, {"reason": "x" * 501}, {"reason": ""}, {"rule": "mood"}, {"rule": ""}, {"reason": "You wrote [what]."}]
)
def test_a_return_that_does_not_say_why(here: World, held: int, harbour: Browser, change: dict[str, str]) -> None:
    """The page says what is missing and keeps what was typed; the message stays held."""
    path = address(here, held)
    form = read(here, harbour, path) | {"reason": REASON, "rule": "kindness"} | change
    answer = harbour.post(f"{path}/return", form)
    assert answer.status_code == 400
    assert 'data-testid="refused"' in answer.text
    assert f">{form['reason']}</textarea>" in answer.text
    assert here.message(held).state is MessageState.HELD


def test_a_consequence_is_read_by_the_author(here: World, held: int, harbour: Browser, as_person) -> None:
    """With who decided, by role, and by which version of the rules."""
    path = address(here, held)
    form = read(here, harbour, path) | {"reason": REASON, "rule": "kindness", "consequence": "warning"}
    assert 'value="ban"' not in harbour.get(path).text
    harbour.post(f"{path}/return", form)
    page = as_person(here.robin).get("/me").text
    assert "This is a warning." in page
    assert "A volunteer, by version 1 of the circle&#39;s rules" in page


def test_a_care_case_from_level_to_follow_up(here: World, harbour: Browser) -> None:
    """The level first, then outcome and follow-up; what is missing is said, and nothing typed is lost."""
    path = address(here, here.say(here.robin, IN_CRISIS), Lane.CARE)
    form = read(here, harbour, path)
    assert 'data-testid="close-form"' not in harbour.get(path).text
    early = harbour.post(f"{path}/close", form | {"outcome": "supported", "follow_up": "declined"})
    assert (early.status_code, "set the level first" in early.text) == (409, True)
    assert harbour.post(f"{path}/level", form | {"level": "C3"}).headers["Location"] == f"{path}#level-title"
    form["version"] += 1
    missing = harbour.post(f"{path}/close", form | {"outcome": "supported", "note": "she likes to be called in the evening"})
    assert (missing.status_code, "she likes to be called" in missing.text) == (400, True)
    me = str(here.volunteer.user_id)
    done = harbour.post(f"{path}/close", form | {"outcome": "supported", "follow_up": "tomorrow", "follow_up_by": me, "note": "she likes evenings"})
    assert "Thank you" in harbour.text_after(done)
    page = harbour.get(path).text
    assert "It comes back" in page
    assert "We talked, and they are safer now" in page


@pytest.mark.parametrize(
    ("step", "form"), [("level", {"level": "H1"}), ("level", {"level": "C9"}), ("level", {}), ("close", {"outcome": "banned"}), ("hand-over", {"to": "x"})]
)
def test_forms_that_were_tampered_with(here: World, harbour: Browser, step: str, form: dict[str, str]) -> None:
    """Are refused with a sentence; nothing changes."""
    path = address(here, here.say(here.robin, IN_CRISIS), Lane.CARE)
    before = read(here, harbour, path)
    assert harbour.post(f"{path}/{step}", before | form).status_code == 400
    assert read(here, harbour, path)["version"] > before["version"]  # only the claim and the reading since


def test_handing_over(here: World, held: int, harbour: Browser, as_person) -> None:
    """The page offers everybody who may take it; the one asked gets it next."""
    path = address(here, held)
    form = read(here, harbour, path)
    options = re.findall(r'<option value="(\d+)">([^<]+)</option>', harbour.get(path).text.split('id="hand-over-to"')[1].split("</select>")[0])
    assert options == [(str(here.other_volunteer.user_id), "Lantern")]
    harbour.post(f"{path}/hand-over", form | {"to": options[0][0]})
    lantern = as_person(here.other_volunteer)
    assert "A colleague hands this one over to you" in lantern.get(path).text
    assert lantern.post("/review/next").headers["Location"] == path


def test_a_second_opinion(here: World, held: int, harbour: Browser, as_person) -> None:
    """The colleague asks for the text, reads the question and answers; the answer stands in the case."""
    path, lantern = address(here, held), as_person(here.other_volunteer)
    form = read(here, harbour, path)
    assert 'data-testid="reveal"' not in lantern.get(path).text
    harbour.post(f"{path}/ask-opinion", form | {"note": "Is this a joke between them?"})
    asked = lantern.get(path).text
    assert "Is this a joke between them?" in asked
    assert UNKIND not in asked
    lantern.post(f"{path}/reveal")
    assert 'data-testid="give-opinion"' in lantern.get(path).text
    lantern.post(f"{path}/opinion", {"note": "I do not think so."})
    page = harbour.get(path).text
    assert "I do not think so." in page
    assert 'data-testid="release"' in page


def test_to_a_lead(here: World, held: int, harbour: Browser, as_person) -> None:
    """Without a lead it says so and keeps the words; with one the case is theirs."""
    path = address(here, held)
    form = read(here, harbour, path) | {"note": "I know the author from outside."}
    refused = harbour.post(f"{path}/escalate", form)
    assert (refused.status_code, "no other lead" in refused.text) == (409, True)
    lead = as_person(here.person("Kestrel", role=Role.LEAD))
    harbour.post(f"{path}/escalate", form)
    assert harbour.post(f"{path}/claim").status_code == 403
    assert lead.post(f"{path}/claim").status_code == 302


def test_a_stale_page_shows_the_newer_state(here: World, held: int, harbour: Browser) -> None:
    """Whoever decides from a page of before is told, and sees how the case stands now."""
    path = address(here, held)
    stale = read(here, harbour, path)
    read(here, harbour, path)
    refused = harbour.post(f"{path}/release", stale)
    assert (refused.status_code, 'data-testid="release"' in refused.text) == (409, True)


class TestUndo:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace_settings(settings, undo_seconds=10)

    def test_undo_and_decide_otherwise(self, here: World, held: int, harbour: Browser) -> None:
        """The page counts down and offers to undo; undone, the case is as before."""
        path = address(here, held)
        answer = harbour.post(f"{path}/release", read(here, harbour, path))
        assert 'data-testid="undo"' in harbour.text_after(answer)
        assert 'data-testid="undo"' in harbour.get(path).text
        assert "Nothing has left" in harbour.text_after(harbour.post(f"{path}/undo"))
        version = case_row(here, open_cases(here, held)[Lane.CONDUCT].id).version
        harbour.post(f"{path}/return", {"version": version, "reason": REASON, "rule": "kindness"})
        here.pass_time(seconds=10)
        assert harbour.post(f"{path}/undo").status_code == 409
        decisions.apply_due(here.db, now=here.now)
        assert here.message(held).state is MessageState.RETURNED


class TestAppeals:
    def test_from_the_page_about_oneself(self, app, here: World, held: int, harbour: Browser, as_person) -> None:
        """The author asks another person from /me, in words of their own, and reads that it is under way."""
        path = address(here, held)
        harbour.post(f"{path}/return", read(here, harbour, path) | {"reason": REASON, "rule": "kindness"})
        robin = enter(app, here, here.robin)
        assert 'data-testid="appeal"' in robin.get("/me").text
        version = here.message(held).version
        answer = robin.post(f"/me/messages/{held}/appeal", {"version": version, "note": "It was a quote from a film."})
        assert "Another person reads your message again" in robin.text_after(answer)
        lantern = as_person(here.other_volunteer)
        appealed = address(here, held)
        assert harbour.post(f"{appealed}/claim").status_code == 403
        read(here, lantern, appealed)
        assert "It was a quote from a film." in lantern.get(appealed).text
        assert robin.post(f"/me/messages/{held}/appeal", {"version": version}).status_code == 409

    def test_over_the_api(self, here: World, held: int, harbour: Browser, as_person) -> None:
        """The room offers it too; only the author can."""
        path = address(here, held)
        harbour.post(f"{path}/return", read(here, harbour, path) | {"reason": REASON, "rule": "kindness"})
        version, robin = here.message(held).version, as_person(here.robin)
        assert as_person(here.willow).call(f"/api/messages/{held}/appeal", {"version": version}).status_code == 404
        answer = robin.call(f"/api/messages/{held}/appeal", {"version": version, "note": ""})
        assert (answer.json["message"]["state"], answer.json["message"]["notice"]["title"]) == ("held", "You asked another person")


def test_reports(here: World, harbour: Browser, as_person) -> None:
    """One call; the reporter follows it in the room and on their page, and the author learns nothing of it."""
    message_id = here.say(here.robin, "some people should just stay at home")
    willow, robin = as_person(here.willow), as_person(here.robin)
    assert willow.call(f"/api/messages/{message_id}/report", {}).json == {"ok": True}
    events = f"/api/circles/{here.circle_id}/events"
    assert willow.get(events).json["reports"] == [{"circle": here.circle_id, "message": message_id, "state": "received"}]
    assert robin.get(events).json["reports"] == []
    path = address(here, message_id)
    form = read(here, harbour, path)
    assert 'data-testid="keep"' in harbour.get(path).text
    assert 'data-state="read"' in willow.get("/me").text
    harbour.post(f"{path}/keep", form)
    assert willow.get(events).json["reports"][0]["state"] == "done"
    assert robin.call(f"/api/messages/{message_id}/report", {}).status_code == 409
