"""What others must not read stands in no answer to them: every address that can be read, with every number there is, for everybody but its author."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import AuditEntry, CaseActivity, Role
from models.activity import CaseAction
from support_app.access import Actor
from support_app.services import screening
from support_app.settings import Settings, replace_settings
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases
from tests.web.browser import Browser
from tests.web.hostile import FORM, lead, pages, unchanged
from tests.web.test_review import address, read

As = Callable[[Actor], Browser]
EVENTS = "/api/circles/{}/events?{}"


def api(here: World, robin: Browser, message: int, what: str, **body: object) -> int:
    """What an author does with a message; answers with the number of the message it became."""
    answer = robin.call(f"/api/messages/{message}/{what}", {"version": here.message(message).version} | body)
    assert answer.status_code == 200, answer.text
    return int(answer.json["message"]["id"])


def edited(here: World, robin: Browser, text: str) -> None:
    """A delivered message with this as a later revision."""
    first = here.say(here.robin, f"good evening {mark('first')}" if "replacing" in text else "good evening")
    number = f"{first:012d}"
    api(here, robin, first, "edit", client_id=f"6f1d9a52-8a3f-4c63-9d1e-{number}", text=text)


def returned(here: World, as_person: As, message: int) -> None:
    """Given back by Harbour."""
    harbour, path = as_person(here.volunteer), address(here, message)
    assert harbour.post(f"{path}/return", FORM | read(here, harbour, path)).status_code == 302


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nobody is kept from trying by how often they try."""
    return replace_settings(settings, message_rate="1000/second")


@pytest.fixture
def hidden(here: World, as_person: As) -> dict[str, int]:
    """A message in every state in which others must not read it, by the word that marks it."""
    robin, willow = as_person(here.robin), as_person(here.willow)
    for kind, text in (("heldrevision", UNKIND), ("nudgedrevision", BORDERLINE), ("replacing", "hello")):
        edited(here, robin, f"{text} {mark(kind)}")
    here.screen()
    first_words = {
        "held": UNKIND,
        "nudged": BORDERLINE,
        "returned": UNKIND,
        "senton": BORDERLINE,
        "appealed": UNKIND,
        "withdrawn": "hello",
        "takenout": "hello",
    }
    found = {kind: here.say(here.robin, f"{text} {mark(kind)}") for kind, text in first_words.items()}
    returned(here, as_person, found["returned"])
    returned(here, as_person, found["appealed"])
    api(here, robin, found["appealed"], "appeal", note=f"please {mark('note')}")
    api(here, robin, found["senton"], "send-on")
    api(here, robin, found["withdrawn"], "withdraw")
    assert willow.call(f"/api/messages/{found['takenout']}/report").status_code == 200
    returned(here, as_person, found["takenout"])
    base = here.say(here.robin, "good evening")
    found["overdue"] = here.send(here.robin, f"hello {mark('overdue')}").id
    here.pass_time(seconds=5)
    screening.hold_overdue(here.db, now=here.now)
    found["pending"] = here.send(here.robin, f"hello {mark('pending')}").id
    found["pendingrevision"] = api(here, robin, base, "edit", client_id="6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b77", text=f"hello {mark('pendingrevision')}")
    return found


def mark(kind: str) -> str:
    """A word that stands in one text and on no page."""
    return f"zq{kind}zq"


def marked(text: str) -> set[str]:
    """The marks in an answer; that of the later revision that everybody may read is none."""
    return set(re.findall("zq([a-z]+)zq", text)) - {"replacing"}


def everybody_else(here: World) -> list[Actor]:
    """A neighbour in the circle, one who has left, strangers, and the whole team, the one who decided among them."""
    inside = here.person("Inside", role=Role.LEAD, seat_in=here.circle_id)
    elsewhere = here.person("Elsewhere", seat_in=here.make_circle("Other circle"))
    return [here.willow, inside, elsewhere, here.volunteer, here.other_volunteer, lead(here), here.admin]


def test_no_address_shows_them(app: Flask, here: World, as_person: As, hidden: dict[str, int], browser: Browser) -> None:
    """Not one of the marked texts, to anybody, at any address; the author finds those that are theirs to read."""
    for person in (browser, *map(as_person, everybody_else(here))):
        for path in pages(app, here):
            assert marked(person.get(path).text) == set(), path
    own = as_person(here.robin).get(EVENTS.format(here.circle_id, "after=0")).text
    assert {"held", "nudged", "pending", "heldrevision"} <= marked(own)


def test_no_way_of_catching_up_shows_them(here: World, as_person: As, hidden: dict[str, int]) -> None:
    """From the beginning, from the middle, in pages of one, only the newest: the log of a neighbour never held the words."""
    willow = as_person(here.willow)
    last = willow.get(EVENTS.format(here.circle_id, "after=0")).json["last_event"]
    queries = [f"after={number}&limit={limit}" for number in range(last + 1) for limit in (1, 500)] + [f"latest={number}" for number in (1, 2, 200)]
    for query in queries:
        body = willow.get(EVENTS.format(here.circle_id, query))
        assert (body.status_code, marked(body.text), body.json["mine"]) == (200, set(), []), query


def test_no_reference_reaches_them(here: World, as_person: As, hidden: dict[str, int]) -> None:
    """Whatever somebody else asks about such a message, it is answered like one that was never written, and nothing moves."""
    whats = ("withdraw", "edit", "send-on", "appeal", "report", "dismiss-care", "talk")
    for actor in (here.willow, here.other_volunteer, here.admin):
        person = as_person(actor)
        for what in whats:
            body = {"edit": {"client_id": "6f1d9a52-8a3f-4c63-9d1e-0f2f4f0c7b99", "text": "mine now", "version": 1}}.get(what, {"version": 1})
            unknown = person.call(f"/api/messages/999999/{what}", body)
            assert unknown.status_code == 404
            with unchanged(here):
                for kind, message in hidden.items():
                    answer = person.call(f"/api/messages/{message}/{what}", body | ({"version": here.message(message).version} if "version" in body else {}))
                    assert (answer.status_code, answer.text) == (404, unknown.text), (kind, what)


class TestReveal:
    def read_on_record(self, here: World, case_id: int) -> tuple[int, int]:
        steps = select(func.count()).where(CaseActivity.case_id == case_id, CaseActivity.action == CaseAction.REVEALED)
        entries = select(func.count()).where(AuditEntry.action == "case.revealed", AuditEntry.subject == f"case:{case_id}")
        with here.db.read() as connection:
            return connection.execute(steps).scalar_one(), connection.execute(entries).scalar_one()

    def test_the_text_is_in_no_page_before_and_is_on_record_after(self, app: Flask, here: World, as_person: As) -> None:
        """At no address, claimed or not, in HTML or JSON; what shows it leaves a step and an entry in the record, each once."""
        path, harbour = address(here, here.say(here.robin, f"{UNKIND} {mark('held')}")), as_person(here.volunteer)
        case_id = int(path.rsplit("/", 1)[1])
        for step in ("claim", "keep-alive"):
            harbour.post(f"{path}/{step}")
            for page in pages(app, here):
                for accept in ("text/html", "application/json"):
                    answer = harbour.get(page, headers={"Accept": accept})
                    assert (marked(answer.text), "Robin" in answer.text) == (set(), False), page
        assert self.read_on_record(here, case_id) == (0, 0)
        harbour.post(f"{path}/reveal")
        harbour.post(f"{path}/reveal")
        assert marked(harbour.get(path).text) == {"held"}
        assert self.read_on_record(here, case_id) == (1, 1)

    def test_an_authors_words_in_an_appeal_wait_as_well(self, here: World, as_person: As) -> None:
        """They may repeat the message."""
        message = here.say(here.robin, UNKIND)
        returned(here, as_person, message)
        api(here, as_person(here.robin), message, "appeal", note=f"I only wrote: {mark('note')}")
        lantern, path = as_person(here.other_volunteer), address(here, message)
        lantern.post(f"{path}/claim")
        assert marked(lantern.get(path).text) == set()
        lantern.post(f"{path}/reveal")
        assert marked(lantern.get(path).text) == {"note"}

    def test_who_was_asked_before_it_went_to_a_lead(self, here: World, as_person: As) -> None:
        """From then on it is read by leads only, also by whoever had read it for a second opinion, and by who asked."""
        path = address(here, here.say(here.robin, f"{UNKIND} {mark('held')}"))
        harbour, lantern, _ = as_person(here.volunteer), as_person(here.other_volunteer), lead(here)
        harbour.post(f"{path}/ask-opinion", FORM | read(here, harbour, path))
        lantern.post(f"{path}/reveal")
        assert marked(lantern.get(path).text) == {"held"}
        version = case_row(here, int(path.rsplit("/", 1)[1])).version
        assert harbour.post(f"{path}/escalate", FORM | {"version": version}).status_code == 302
        for person in (harbour, lantern):
            assert marked(person.get(path).text) == set()

    def test_what_the_team_says_is_not_for_those_it_is_about(self, here: World, as_person: As) -> None:
        """A volunteer who wrote the message, or sits beside its author, reads that there is a case and no word about it."""
        author = here.person("Author", role=Role.VOLUNTEER, seat_in=here.circle_id)
        path, harbour = address(here, here.say(author, UNKIND)), as_person(here.volunteer)
        harbour.post(f"{path}/ask-opinion", FORM | read(here, harbour, path) | {"note": "Has anybody talked with them?"})
        inside = here.person("Inside", role=Role.LEAD, seat_in=here.circle_id)
        assert "Has anybody talked" in as_person(here.other_volunteer).get(path).text
        for actor in (author, inside):
            assert "Has anybody talked" not in as_person(actor).get(path).text


def test_who_reported_is_named_nowhere(app: Flask, here: World, as_person: As) -> None:
    """Not to the author, to their neighbours or to the team, before and after the decision."""
    reporter = here.person("Wagtail", seat_in=here.circle_id)
    message = here.say(here.robin, "some people should just stay at home")
    as_person(reporter).call(f"/api/messages/{message}/report")
    harbour, path = as_person(here.volunteer), address(here, message)
    readers = [as_person(here.robin), harbour, as_person(lead(here))]
    for step in ("claim", "reveal", "return"):
        harbour.post(f"{path}/{step}", FORM | {"version": case_row(here, int(path.rsplit("/", 1)[1])).version})
        for person in readers if step != "claim" else ():
            assert [page for page in pages(app, here) if "Wagtail" in person.get(page).text] == []
    assert open_cases(here, message) == {}


def test_a_need_is_told_to_nobody_who_is_not_there_for_it(app: Flask, here: World, as_person: As) -> None:
    """The circle reads the words, and nothing of card, case, level or talk: a neighbour's answers are the same as for a plain message."""
    need = here.say(here.robin, IN_CRISIS)
    talk = as_person(here.robin).call(f"/api/messages/{need}/talk").json["message"]["notice"]["care"]["talk"]["url"]
    willow = as_person(here.willow)
    for page in pages(app, here):
        shown = willow.get(page).text
        assert [word for word in ('"care":{', '"talk":{', "Side room ", f'"{talk}"') if word in shown] == [], page
    (event,) = willow.get(EVENTS.format(here.circle_id, "after=0")).json["events"]
    assert set(event) == {"circle", "event", "type", "id", "seq", "client_id", "author", "text", "sent_at", "released_at", "revision", "reply_to"}
