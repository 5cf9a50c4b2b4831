"""One message, one decision: not twice, not by two people, not by who is appealed against, and not undone by anybody else or too late."""

from collections.abc import Callable
from itertools import product

import pytest

from models import MessageState
from models.case import CaseState
from moderation.taxonomy import Lane
from support_app.access import Actor
from support_app.services import decisions
from support_app.settings import Settings, replace_settings
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases
from tests.web.browser import Browser
from tests.web.hostile import FORM, circle_that_holds_needs, lead, unchanged
from tests.web.test_review import address, read

As = Callable[[Actor], Browser]
BOTH = f"{UNKIND}. {IN_CRISIS}"
UNDO = 10
STEPS = ("release", "return", "keep", "level", "hand-over", "escalate", "ask-opinion", "close")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Decisions wait before they take effect, as they do in production."""
    return replace_settings(settings, undo_seconds=UNDO)


def form_of(here: World, path: str) -> dict[str, object]:
    return FORM | {"version": case_row(here, int(path.rsplit("/", 1)[1])).version}


def take_effect(here: World) -> None:
    here.pass_time(seconds=UNDO)
    decisions.apply_due(here.db, now=here.now)


class TestOnce:
    @pytest.mark.parametrize("first", ["release", "return"])
    def test_a_decided_case_takes_nothing_more(self, here: World, as_person: As, first: str) -> None:
        """With the version of before or the newest one, by the same person, before it takes effect and after."""
        lead(here)
        harbour, path = as_person(here.volunteer), address(here, here.say(here.robin, UNKIND))
        before = FORM | {"to": here.other_volunteer.user_id} | read(here, harbour, path)
        assert harbour.post(f"{path}/{first}", before).status_code == 302
        for form in (before, before | form_of(here, path)):
            with unchanged(here):
                for second in STEPS:
                    assert harbour.post(f"{path}/{second}", form).status_code in {400, 409}, second
        take_effect(here)
        with unchanged(here):
            for second in (*STEPS, "undo"):
                assert harbour.post(f"{path}/{second}", before | form_of(here, path)).status_code in {400, 409}, second

    @pytest.mark.parametrize("first", ["release", "return"])
    def test_two_people_with_the_two_cases_of_one_message(self, here: World, as_person: As, first: str) -> None:
        """Held for its conduct, with care for its author beside it: once one of the two has decided, the other one cannot decide otherwise."""
        message = here.say(here.robin, BOTH)
        people = {Lane.CONDUCT: as_person(here.volunteer), Lane.CARE: as_person(here.other_volunteer)}
        paths = {lane: address(here, message, lane) for lane in people}
        for lane, person in people.items():
            read(here, person, paths[lane])
        assert people[Lane.CONDUCT].post(f"{paths[Lane.CONDUCT]}/{first}", form_of(here, paths[Lane.CONDUCT])).status_code == 302
        with unchanged(here):
            for second in ("release", "return"):
                assert people[Lane.CARE].post(f"{paths[Lane.CARE]}/{second}", form_of(here, paths[Lane.CARE])).status_code == 409, second
        assert 'data-testid="release"' not in people[Lane.CARE].get(paths[Lane.CARE]).text
        take_effect(here)
        assert here.message(message).state is {"release": MessageState.DELIVERED, "return": MessageState.RETURNED}[first]

    def test_after_an_undo_the_other_one_may(self, here: World, as_person: As) -> None:
        """What was taken back binds nobody."""
        message = here.say(here.robin, BOTH)
        conduct, care = (address(here, message, lane) for lane in (Lane.CONDUCT, Lane.CARE))
        harbour, lantern = as_person(here.volunteer), as_person(here.other_volunteer)
        read(here, harbour, conduct)
        read(here, lantern, care)
        harbour.post(f"{conduct}/return", form_of(here, conduct))
        harbour.post(f"{conduct}/undo")
        assert lantern.post(f"{care}/release", form_of(here, care)).status_code == 302
        take_effect(here)
        assert here.message(message).state is MessageState.DELIVERED


class TestVersions:
    def test_another_version_than_the_one_shown(self, here: World, as_person: As) -> None:
        """Older ones and guessed newer ones are refused: who decides has seen what they decide about."""
        lead(here)
        harbour, path = as_person(here.volunteer), address(here, here.say(here.robin, UNKIND))
        form = FORM | {"to": here.other_volunteer.user_id, "level": "H1"} | read(here, harbour, path)
        with unchanged(here):
            for step, shift in product(("release", "return", "level", "hand-over", "escalate", "ask-opinion"), (-1, 1, 1000)):
                assert harbour.post(f"{path}/{step}", form | {"version": form["version"] + shift}).status_code == 409, (step, shift)
        assert harbour.post(f"{path}/release", form).status_code == 302

    def test_words_the_author_has_replaced_in_between(self, here: World, as_person: As) -> None:
        """The case was about other words: it is over, and the new words wait for a decision of their own."""
        message = here.say(here.robin, UNKIND)
        harbour, path = as_person(here.volunteer), address(here, message)
        form = FORM | read(here, harbour, path)
        new = {"client_id": "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b12", "text": f"{UNKIND}, and more of it", "version": here.message(message).version}
        newer = as_person(here.robin).call(f"/api/messages/{message}/edit", new).json["message"]["id"]
        here.screen()
        with unchanged(here):
            for step in ("release", "return", "keep"):
                assert harbour.post(f"{path}/{step}", form).status_code == 409
        assert here.message(newer).state is MessageState.HELD


class TestAppeals:
    @pytest.fixture
    def returned_need(self, here: World, as_person: As) -> int:
        """Robin's wish to die, held by the circle's rules and returned by Harbour, who goes on caring for Robin."""
        sent = here.send(here.robin, IN_CRISIS, circle_id=circle_that_holds_needs(here, here.robin)).id
        here.screen()
        harbour, care = as_person(here.volunteer), address(here, sent, Lane.CARE)
        read(here, harbour, care)
        harbour.post(f"{care}/return", form_of(here, care) | {"rule": "details"})
        take_effect(here)
        return sent

    def appeal(self, here: World, as_person: As, message: int) -> None:
        answer = as_person(here.robin).call(f"/api/messages/{message}/appeal", {"version": here.message(message).version, "note": "please look again"})
        assert answer.json["message"]["state"] == "held"

    def test_not_by_way_of_the_case_of_care(self, here: World, as_person: As, returned_need: int) -> None:
        """Whoever is appealed against still holds the case of care about the same message; the words are no longer theirs to decide."""
        harbour, care = as_person(here.volunteer), address(here, returned_need, Lane.CARE)
        self.appeal(here, as_person, returned_need)
        assert "I want to die" in harbour.get(care).text
        with unchanged(here):
            for step in ("release", "return"):
                assert harbour.post(f"{care}/{step}", form_of(here, care)).status_code == 409, step
        assert 'data-testid="release"' not in harbour.get(care).text
        assert set(open_cases(here, returned_need)) == {Lane.CARE, Lane.CONDUCT}

    def test_not_in_its_own_case(self, here: World, as_person: As, returned_need: int) -> None:
        """By no step of it."""
        self.appeal(here, as_person, returned_need)
        path, harbour = address(here, returned_need), as_person(here.volunteer)
        with unchanged(here):
            for step in ("claim", "reveal", "keep-alive", "release", "return", "opinion", "hand-over", "escalate", "undo"):
                assert harbour.post(f"{path}/{step}", form_of(here, path)).status_code == 403, step

    def test_another_person_does(self, here: World, as_person: As, returned_need: int) -> None:
        """And that is final for the words; care goes on where it was."""
        self.appeal(here, as_person, returned_need)
        lantern, path = as_person(here.other_volunteer), address(here, returned_need)
        read(here, lantern, path)
        assert lantern.post(f"{path}/release", form_of(here, path)).status_code == 302
        take_effect(here)
        assert here.message(returned_need).state is MessageState.DELIVERED
        assert set(open_cases(here, returned_need)) == {Lane.CARE}

    def test_the_author_cannot_decide_it(self, here: World, as_person: As, returned_need: int) -> None:
        """Nor ask a third time."""
        self.appeal(here, as_person, returned_need)
        robin, path = as_person(here.robin), address(here, returned_need)
        with unchanged(here):
            assert robin.post(f"{path}/release", form_of(here, path)).status_code == 403
            again = robin.call(f"/api/messages/{returned_need}/appeal", {"version": here.message(returned_need).version})
            assert again.status_code == 409


class TestUndo:
    def test_only_who_decided_and_only_in_time(self, here: World, as_person: As) -> None:
        """Not a colleague, a lead, a member, the author or an admin; and nobody once it may have left."""
        message = here.say(here.robin, UNKIND)
        harbour, path = as_person(here.volunteer), address(here, message)
        read(here, harbour, path)
        harbour.post(f"{path}/release", form_of(here, path))
        others = {here.other_volunteer: 409, lead(here): 409, here.robin: 403, here.willow: 403, here.admin: 403}
        for actor, status in others.items():
            browser = as_person(actor)
            with unchanged(here):
                assert browser.post(f"{path}/undo").status_code == status, actor.name
        take_effect(here)
        with unchanged(here):
            assert harbour.post(f"{path}/undo").status_code == 409
        assert (here.message(message).state, case_row(here, int(path.rsplit("/", 1)[1])).state) == (MessageState.DELIVERED, CaseState.CLOSED)

    def test_not_between_its_time_and_its_effect(self, here: World, as_person: As) -> None:
        """The watch may be late; the time to undo is not longer for it."""
        harbour, path = as_person(here.volunteer), address(here, here.say(here.robin, UNKIND))
        read(here, harbour, path)
        harbour.post(f"{path}/return", form_of(here, path))
        here.pass_time(seconds=UNDO)
        with unchanged(here):
            assert harbour.post(f"{path}/undo").status_code == 409
        assert decisions.apply_due(here.db, now=here.now) == 1
