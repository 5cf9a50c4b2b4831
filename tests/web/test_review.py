"""The volunteers' pages: claim, read, decide; over HTTP from end to end."""

import pytest
from sqlalchemy import insert

from models import MessageState, Page, PageStep, Role
from moderation.taxonomy import Label, Lane
from moderation.why import Raised
from support_app.services import leases, messages, rationales
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.steps import case_row, open_cases
from tests.web.browser import Browser, enter, error_code

STEPS = ("release", "keep", "return", "undo", "level", "close", "hand-over", "escalate", "ask-opinion", "opinion")
REASON = "This reads as an attack on one person here."


@pytest.fixture
def held(here: World) -> int:
    return here.say(here.robin, UNKIND)


@pytest.fixture
def harbour(here: World, as_person) -> Browser:
    return as_person(here.volunteer)


def address(here: World, message_id: int, lane: Lane = Lane.CONDUCT) -> str:
    return f"/review/cases/{open_cases(here, message_id)[lane].id}"


def read(here: World, browser: Browser, path: str) -> dict[str, int]:
    """Claim and reveal; answers with what a decision's form holds."""
    assert browser.post(f"{path}/claim").headers["Location"] == path
    assert browser.post(f"{path}/reveal").headers["Location"] == f"{path}#said"
    return {"version": case_row(here, int(path.rsplit("/", 1)[1])).version}


def test_claim_reveal_release(here: World, held: int, harbour: Browser, as_person) -> None:
    """The whole way: the text comes only after it was asked for, and the circle reads it only after the release."""
    path, willow = address(here, held), as_person(here.willow)
    assert UNKIND not in harbour.get("/review").text
    assert 'data-testid="claim"' in harbour.get(path).text
    harbour.post(f"{path}/claim")
    claimed = harbour.get(path).text
    assert UNKIND not in claimed
    assert "Robin" not in claimed
    assert 'data-testid="release"' not in claimed
    harbour.post(f"{path}/reveal")
    revealed = harbour.get(path).text
    assert "not worth anybody" in revealed
    assert 'data-testid="release"' in revealed
    assert willow.get(f"/api/circles/{here.circle_id}/events").json["events"] == []
    done = harbour.post(f"{path}/release", {"version": case_row(here, int(path.rsplit("/", 1)[1])).version})
    assert "Released" in harbour.text_after(done)
    assert [event["text"] for event in willow.get(f"/api/circles/{here.circle_id}/events").json["events"]] == [UNKIND]


def test_return(here: World, held: int, harbour: Browser, as_person) -> None:
    """The author reads the reason and the rule on their own page."""
    path = address(here, held)
    form = read(here, harbour, path)
    assert "Returned" in harbour.text_after(harbour.post(f"{path}/return", form | {"reason": REASON, "rule": "kindness"}))
    (mine,) = as_person(here.robin).get(f"/api/circles/{here.circle_id}/events").json["mine"]
    assert (mine["state"], mine["notice"]["reason"], mine["notice"]["rule"]) == ("returned", REASON, "Be kind: no attack on anybody here")
    assert REASON in as_person(here.robin).get("/me").text


def test_two_volunteers(here: World, held: int, harbour: Browser, as_person) -> None:
    """The second one is told; the first one's claim is not disturbed."""
    path, lantern = address(here, held), as_person(here.other_volunteer)
    harbour.post(f"{path}/claim")
    refused = lantern.post(f"{path}/claim")
    assert refused.status_code == 409
    assert "already looking" in refused.text
    assert "Harbour" in lantern.get(path).text
    assert 'data-testid="claim"' not in lantern.get(path).text


def test_next_case(here: World, held: int, harbour: Browser, as_person) -> None:
    """One press leads to the most urgent case, claimed and without its text; when nobody waits, it says so."""
    path = address(here, held)
    assert 'data-testid="next-case"' in harbour.get("/review").text
    assert harbour.post("/review/next").headers["Location"] == path
    page = harbour.get(path).text
    assert 'data-testid="reveal"' in page
    assert UNKIND not in page
    lantern = as_person(here.other_volunteer)
    nothing = lantern.post("/review/next")
    assert nothing.headers["Location"] == "/review"
    assert "Nobody waits" in lantern.text_after(nothing)


def test_keeping_and_giving_back(here: World, held: int, harbour: Browser, as_person) -> None:
    """The open page extends the lease; giving back lets somebody else begin."""
    path = address(here, held)
    assert error_code(harbour.call(f"{path}/keep-alive")) == (409, "lease_lost")
    harbour.post(f"{path}/claim")
    assert harbour.call(f"{path}/keep-alive").json == {"ok": True, "lease_until": "2026-01-31T19:05:00.000Z"}
    assert harbour.post(f"{path}/give-back").headers["Location"] == "/review"
    assert as_person(here.other_volunteer).post(f"{path}/claim").status_code == 302


def test_a_lease_that_ran_out(here: World, held: int, harbour: Browser) -> None:
    """The decision comes too late and says so."""
    path = address(here, held)
    form = read(here, harbour, path)
    here.pass_time(seconds=leases.LEASE_SECONDS)
    refused = harbour.post(f"{path}/release", form)
    assert refused.status_code == 409
    assert "has ended" in refused.text
    assert UNKIND not in harbour.get(path).text


@pytest.mark.parametrize("version", ["", "x", "-1", "1.5", "٣", "9" * 5000])
def test_a_version_is_a_number(here: World, held: int, harbour: Browser, version: str) -> None:
    """A form that was tampered with is refused."""
    path = address(here, held)
    read(here, harbour, path)
    assert harbour.post(f"{path}/release", {"version": version}).status_code in {400, 409}
    assert here.message(held).state is MessageState.HELD


def test_pages_are_for_volunteers_and_leads(here: World, held: int, as_person, browser: Browser) -> None:
    """Members and admins are refused everywhere, strangers asked to sign in."""
    path = address(here, held)
    for actor in (here.robin, here.willow, here.admin):
        person = as_person(actor)
        assert [person.get(page).status_code for page in ("/review", path)] == [403, 403]
        for step in ("claim", "keep-alive", "give-back", "reveal"):
            assert person.post(f"{path}/{step}").status_code == 403
        assert person.post("/review/next").status_code == 403
        for step in STEPS:
            form = {"version": 1, "reason": REASON, "rule": "kindness", "level": "C2", "to": 1, "note": "x", "outcome": "supported", "follow_up": "declined"}
            assert person.post(f"{path}/{step}", form).status_code == 403, step
        assert 'href="/review"' not in person.get("/circles").text
    assert browser.get("/review").status_code == 302
    lead = as_person(here.person("Kestrel", role=Role.LEAD))
    assert lead.get(path).status_code == 200


def test_conflict_of_interest(here: World, held: int, harbour: Browser) -> None:
    """A volunteer who sits in the circle sees that there is a case, and that somebody else decides it."""
    path = address(here, held)
    harbour.post(f"/circles/{here.circle_id}/join")
    page = harbour.get(path).text
    assert 'data-testid="conflict"' in page
    assert 'data-testid="claim"' not in page
    assert harbour.post(f"{path}/claim").status_code == 403


def test_unknown_cases(harbour: Browser) -> None:
    """There is nothing to see."""
    for number in (0, 999_999, 10**30):
        assert harbour.get(f"/review/cases/{number}").status_code == 404


WHY = "score rests most on the marked words"


def find_words(here: World, text: str, *words: tuple[str, Label]) -> None:
    """What the screener does when it has time."""
    flagged = rationales.take_flagged(here.db, revision=here.classifier.revision)
    assert flagged is not None
    assert flagged.text == text
    rationales.keep_why(here.db, flagged, [Raised(label, text.index(word), text.index(word) + len(word), 0.5) for word, label in words])


class TestWhy:
    def test_the_words_are_marked_once_the_text_is_shown(self, here: World, harbour: Browser) -> None:
        """For whoever holds the case and asked for the text, in the reader's language; for nobody before, and for nobody else."""
        text = f"{UNKIND}. {IN_CRISIS}"
        path = address(here, here.say(here.robin, text))
        find_words(here, text, ("worth", Label.HARASSMENT), ("die", Label.CRISIS))
        harbour.post(f"{path}/claim")
        hidden = harbour.get(path).text
        assert "<mark" not in hidden
        assert WHY not in hidden
        harbour.post(f"{path}/reveal")
        page = harbour.get(path).text
        assert '<mark title="Attack on somebody">worth</mark> anybody' in page
        assert 'I want to <mark title="Wish to die or self-harm">die</mark></blockquote>' in page
        assert WHY in page
        assert "It can be wrong." in page
        for words, marked in (("Attack on somebody", "worth"), ("Wish to die or self-harm", "die")):
            assert f'<dt>{words}</dt><dd><q dir="auto">{marked}</q></dd>' in page  # said in words too, not by a line alone

    def test_in_german(self, app, here: World) -> None:
        """The same sentence."""
        path = address(here, here.say(here.robin, UNKIND))
        find_words(here, UNKIND, ("worth", Label.HARASSMENT))
        browser = enter(app, here, here.volunteer, language="de")
        read(here, browser, path)
        assert "markierten Wörter" in browser.get(path).text

    def test_before_they_are_found(self, here: World, held: int, harbour: Browser) -> None:
        """The text stands there plainly, and nothing is said about marks."""
        path = address(here, held)
        read(here, harbour, path)
        page = harbour.get(path).text
        assert "not worth anybody" in page
        assert "<mark" not in page
        assert WHY not in page

    def test_markup_and_emoji_in_the_text(self, here: World, harbour: Browser) -> None:
        """What somebody wrote is never markup, marked or not, and a mark stands at its word whatever comes before it."""
        text = f"\U0001f327\ufe0f\U0001f468\u200d\U0001f469\u200d\U0001f467 <b>you</b> <script>alert(1)</script> {UNKIND} <i>"
        path = address(here, here.say(here.robin, text))
        find_words(here, text, ("you</b>", Label.HARASSMENT), ("<script>", Label.GOADING))
        read(here, harbour, path)
        page = harbour.get(path).text
        assert "&lt;b&gt;<mark " in page
        assert ">you&lt;/b&gt;</mark> <mark " in page
        assert ">&lt;script&gt;</mark>alert(1)&lt;/script&gt; " in page
        assert "<b>you" not in page
        assert "<script>alert" not in page
        assert "&lt;i&gt;</blockquote>" in page

    def test_they_go_with_the_text(self, here: World, harbour: Browser) -> None:
        """When a held message is taken back, neither the text nor the marks can be read any more."""
        message_id = here.say(here.robin, UNKIND)
        path = address(here, message_id)
        find_words(here, UNKIND, ("worth", Label.HARASSMENT))
        read(here, harbour, path)
        assert "<mark" in harbour.get(path).text
        messages.withdraw(here.db, here.robin, message_id, version=here.message(message_id).version, now=here.now)
        page = harbour.get(path).text
        assert "worth" not in page
        assert "<mark" not in page


def test_who_looks_at_a_case(here: World, held: int, harbour: Browser, as_person) -> None:
    """An open page says so and hears who else looks; a member is refused."""
    path, lantern = address(here, held), as_person(here.other_volunteer)
    assert harbour.call(f"{path}/looking").json["others"] == []
    assert lantern.call(f"{path}/looking").json == {"ok": True, "others": ["Harbour"], "version": case_row(here, int(path.rsplit("/", 1)[1])).version}
    assert as_person(here.robin).call(f"{path}/looking").status_code == 403


def test_pages_stand_in_the_history(here: World, harbour: Browser) -> None:
    """That everyone on call was called, and how many ways got through."""
    message_id = here.say(here.robin, IN_CRISIS)
    case_id = open_cases(here, message_id)[Lane.CARE].id
    with here.db.write() as connection:
        connection.execute(insert(Page).values(case_id=case_id, step=PageStep.ON_CALL, waiting_since=here.now, created_at=here.now))
    shown = harbour.get(f"/review/cases/{case_id}").text
    assert "everyone on call was paged" in shown
    assert "no way to reach anybody" in shown
