"""A disclosure is never an offence: whatever is posted to a case of care, nobody is warned, removed or shut out for needing somebody."""

from collections.abc import Callable

import pytest

from models import MessageState
from models.case import CaseState
from moderation.taxonomy import Lane
from support_app.access import Actor
from support_app.services import messages
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases
from tests.web.browser import Browser
from tests.web.hostile import REASON, circle_that_holds_needs, lead, unchanged
from tests.web.test_review import address, read

As = Callable[[Actor], Browser]
SEVERE = ("warning", "removal", "ban")
BLAME = ("removed", "offence", "violat", "strike", "warning", "punish", "forbidden", "attack", "deleted by", "against the rules")


@pytest.fixture
def quiet(here: World) -> int:
    return circle_that_holds_needs(here, here.robin, here.willow)


@pytest.fixture
def held_need(here: World, quiet: int) -> int:
    """Robin's wish to die, held by the rules of the circle."""
    accepted = here.send(here.robin, IN_CRISIS, circle_id=quiet)
    here.screen()
    assert here.message(accepted.id).state is MessageState.HELD
    return accepted.id


def version_of(here: World, path: str) -> dict[str, int]:
    return {"version": case_row(here, int(path.rsplit("/", 1)[1])).version}


def severe(form: dict[str, int], consequence: str) -> dict[str, object]:
    return form | {"reason": REASON, "rule": "kindness", "consequence": consequence}


class TestConsequences:
    @pytest.mark.parametrize("consequence", SEVERE)
    @pytest.mark.parametrize("by_lead", [False, True])
    def test_none_follow_from_a_case_of_care(self, here: World, held_need: int, as_person: As, consequence: str, by_lead: bool) -> None:
        """The page does not offer any, and a form that asks for one is refused with the reason; seat, account and message stay as they are."""
        person = as_person(lead(here) if by_lead else here.volunteer)
        path = address(here, held_need, Lane.CARE)
        form = read(here, person, path)
        assert 'name="consequence"' not in person.get(path).text
        with unchanged(here):
            assert person.post(f"{path}/return", severe(form, consequence)).status_code in {400, 403}
        assert as_person(here.robin).get(f"/circles/{here.message(held_need).circle_id}").status_code == 200

    @pytest.mark.parametrize("consequence", SEVERE)
    def test_nor_from_an_appeal_against_one(self, here: World, held_need: int, as_person: As, consequence: str) -> None:
        """Asking another person does not turn a need into a matter of conduct."""
        harbour, decider = as_person(here.volunteer), as_person(lead(here))
        care = address(here, held_need, Lane.CARE)
        harbour.post(f"{care}/return", read(here, harbour, care) | {"reason": REASON, "rule": "details"})
        as_person(here.robin).call(f"/api/messages/{held_need}/appeal", {"version": here.message(held_need).version})
        appeal = address(here, held_need)
        form = read(here, decider, appeal)
        assert 'name="consequence"' not in decider.get(appeal).text
        with unchanged(here):
            assert decider.post(f"{appeal}/return", severe(form, consequence)).status_code == 400

    def test_conduct_still_has_them(self, here: World, as_person: As) -> None:
        """The refusals above are about care, not about the form."""
        harbour = as_person(here.volunteer)
        path = address(here, here.say(here.robin, UNKIND))
        form = read(here, harbour, path)
        assert 'name="consequence"' in harbour.get(path).text
        assert harbour.post(f"{path}/return", severe(form, "removal")).status_code == 302
        assert as_person(here.robin).get(f"/circles/{here.circle_id}").status_code == 404


class TestDeliveredNeeds:
    @pytest.mark.parametrize("step", ["release", "keep", "return"])
    @pytest.mark.parametrize("consequence", ["none", *SEVERE])
    def test_no_decision_about_the_words_fits(self, here: World, as_person: As, step: str, consequence: str) -> None:
        """Who holds the case of care cannot take the words away, nor close the case of somebody who judges a report about them."""
        need = here.say(here.robin, IN_CRISIS)
        as_person(here.willow).call(f"/api/messages/{need}/report")
        harbour, lantern = as_person(here.volunteer), as_person(here.other_volunteer)
        report, care = address(here, need), address(here, need, Lane.CARE)
        read(here, lantern, report)
        form = read(here, harbour, care)
        with unchanged(here):
            assert harbour.post(f"{care}/{step}", severe(form, consequence)).status_code in {400, 403, 409}
        assert case_row(here, int(report.rsplit("/", 1)[1])).state is CaseState.OPEN

    @pytest.mark.parametrize("level", ["H1", "H2", "H3", "P", "offence"])
    def test_has_no_level_of_conduct(self, here: World, as_person: As, level: str) -> None:
        """A person's need is not put on record as rudeness."""
        harbour, care = as_person(here.volunteer), address(here, here.say(here.robin, IN_CRISIS), Lane.CARE)
        form = read(here, harbour, care)
        with unchanged(here):
            assert harbour.post(f"{care}/level", form | {"level": level}).status_code == 400

    @pytest.mark.parametrize("outcome", ["returned", "released", "kept", "withdrawn", "removal"])
    def test_does_not_end_like_an_offence(self, here: World, as_person: As, outcome: str) -> None:
        """A case of care ends with an outcome of care."""
        harbour, care = as_person(here.volunteer), address(here, here.say(here.robin, IN_CRISIS), Lane.CARE)
        harbour.post(f"{care}/level", read(here, harbour, care) | {"level": "C2"})
        with unchanged(here):
            assert harbour.post(f"{care}/close", version_of(here, care) | {"outcome": outcome, "follow_up": "declined"}).status_code == 400


class TestNoConductCase:
    @pytest.mark.parametrize("before", ["good evening", BORDERLINE, UNKIND, IN_CRISIS])
    def test_a_need_that_replaces_other_words(self, here: World, before: str) -> None:
        """Edited from a delivered, a nudged, a held message or another need: it is heard as a need and judged as nothing else."""
        first = here.say(here.robin, before)
        new = {"client_id": "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b12", "text": IN_CRISIS, "version": here.message(first).version}
        second = messages.edit(here.db, here.robin, first, **new, limiter=here.limiter, now=here.now)
        here.screen()
        assert here.message(second).state is MessageState.DELIVERED
        assert set(open_cases(here, second)) == {Lane.CARE}
        assert Lane.CONDUCT not in open_cases(here, first)

    def test_a_report_tells_the_author_nothing(self, here: World, as_person: As) -> None:
        """Somebody tapped report on a disclosure: its author reads no word of it, before and after a person has looked."""
        need = here.say(here.robin, IN_CRISIS)
        robin, events = as_person(here.robin), f"/api/circles/{here.circle_id}/events"
        shown = [robin.get(events).json["mine"], robin.get(events).json["events"]]
        as_person(here.willow).call(f"/api/messages/{need}/report")
        harbour, path = as_person(here.volunteer), address(here, need)
        harbour.post(f"{path}/keep", read(here, harbour, path))
        assert [robin.get(events).json["mine"], robin.get(events).json["events"]] == shown
        assert robin.get(events).json["reports"] == []


class TestWords:
    def notices(self, here: World, as_person: As, circle_id: int) -> tuple[str, list[dict]]:
        robin = as_person(here.robin)
        mine = robin.get(f"/api/circles/{circle_id}/events").json["mine"]
        return robin.get("/me").text.lower(), [entry["notice"] for entry in mine if entry["notice"]]

    def test_of_a_delivered_need(self, here: World, as_person: As) -> None:
        """A card, and no word that anything was wrong."""
        here.say(here.robin, IN_CRISIS)
        page, (notice,) = self.notices(here, as_person, here.circle_id)
        assert (notice["rule"], notice["reason"], notice["title"]) == (None, None, None)
        assert notice["care"]["title"]
        assert [word for word in BLAME if word in str(notice).lower() or word in page] == []

    def test_of_a_held_need(self, here: World, as_person: As, held_need: int) -> None:
        """It waits for a person, has not been deleted, and names no rule that it would have broken; the card is there at once."""
        page, (notice,) = self.notices(here, as_person, here.message(held_need).circle_id)
        assert (notice["rule"], notice["reason"]) == (None, None)
        assert "It has not been deleted." in notice["text"]
        assert notice["care"]["title"]
        assert [word for word in BLAME if word in str(notice).lower() or word in page] == []

    def test_of_a_returned_need(self, here: World, as_person: As, held_need: int) -> None:
        """The volunteer's own words, a way to another person, and the card goes on."""
        harbour, care = as_person(here.volunteer), address(here, held_need, Lane.CARE)
        said = "Please leave out the amount, and say again how you are."
        harbour.post(f"{care}/return", read(here, harbour, care) | {"reason": said, "rule": "details"})
        page, (notice,) = self.notices(here, as_person, here.message(held_need).circle_id)
        assert (notice["reason"], notice["care"] is not None, "appeal" in notice["actions"]) == (said, True, True)
        assert [word for word in BLAME if word in str(notice).lower() or word in page] == []
