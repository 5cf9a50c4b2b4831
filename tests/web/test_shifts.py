"""Shifts over HTTP: what volunteers see and press, and what nobody else ever reads."""

import pytest

from models import Role
from moderation.taxonomy import Label, Lane
from support_app.services import debriefs, leases, shift_ends, shifts
from tests.factories import IN_CRISIS, UNKIND, World, scripted
from tests.services.steps import case_row, open_cases
from tests.web.browser import Browser, error_code

DANGER = "tonight is the end"
WORDS = "one sentence keeps coming back"


@pytest.fixture
def pebble(here: World, as_person) -> Browser:
    """A volunteer who has not started yet."""
    return as_person(here.person("Pebble", role=Role.VOLUNTEER, on_duty=False))


@pytest.fixture
def harbour(here: World, as_person) -> Browser:
    return as_person(here.volunteer)


@pytest.fixture
def kestrel(here: World, as_person) -> Browser:
    return as_person(here.person("Kestrel", role=Role.LEAD))


def conduct_case(here: World) -> str:
    return f"/review/cases/{open_cases(here, here.say(here.robin, UNKIND))[Lane.CONDUCT].id}"


def danger_case(here: World) -> str:
    here.classify_with(lambda text: dict(scripted(text)) | ({Label.IMMINENT: 0.95} if DANGER in text else {}))
    return f"/review/cases/{open_cases(here, here.say(here.robin, DANGER))[Lane.CARE].id}"


def go_through(here: World, browser: Browser, path: str) -> None:
    """Claim, read and close a care case."""
    assert browser.post(f"{path}/claim").headers["Location"] == path
    assert browser.post(f"{path}/reveal").headers["Location"] == f"{path}#said"
    version = case_row(here, int(path.rsplit("/", 1)[1])).version
    browser.post(f"{path}/level", {"version": version, "level": "C4"})
    assert browser.post(f"{path}/close", {"version": version + 1, "outcome": "supported", "follow_up": "declined"}).headers["Location"] == "/review"


def has(page: str, *marks: str) -> list[bool]:
    return [f'data-testid="{mark}"' in page for mark in marks]


class TestStart:
    def test_before_and_after(self, here: World, pebble: Browser) -> None:
        """Without a shift there is no next case, but the question; then it is there, with who else is on duty."""
        assert has(pebble.get("/review").text, "start-shift", "next-case", "end-shift") == [True, False, False]
        answer = pebble.post("/review/shift/start", {"check": "4"})
        assert answer.headers["Location"] == "/review"
        page = pebble.text_after(answer)
        assert has(page, "start-shift", "next-case", "end-shift") == [False, True, True]
        assert "You have been on duty" in page
        assert "Harbour" in page
        assert "Lantern" in page

    def test_one_needs_a_second_press(self, here: World, pebble: Browser) -> None:
        """The page says that not starting is good, and lets the person decide."""
        asked = pebble.post("/review/shift/start", {"check": "1"})
        assert asked.status_code == 409
        assert "Not starting today is a good decision" in asked.text
        assert has(asked.text, "not-today", "start-all-the-same") == [True, True]
        assert has(pebble.get("/review").text, "start-shift") == [True]
        pebble.post("/review/shift/start", {"check": "1", "sure": "yes"})
        assert has(pebble.get("/review").text, "on-duty") == [True]

    def test_kind_words_stand_beside_the_question(self, pebble: Browser) -> None:
        """They show themselves at one and two; the number is in no address."""
        page = pebble.get("/review").text
        assert "when-low" in page
        assert 'method="post" action="/review/shift/start"' in page

    @pytest.mark.parametrize("check", ["", "0", "6", "x", "4.0", "٤"])
    def test_an_answer_that_is_none(self, pebble: Browser, check: str) -> None:
        """Goes back with a sentence."""
        assert "from 1 to 5" in pebble.text_after(pebble.post("/review/shift/start", {"check": check}))
        assert has(pebble.get("/review").text, "on-duty") == [False]

    def test_from_a_case(self, here: World, pebble: Browser) -> None:
        """Its page asks whoever is not on duty to start, and leads back; a claim all the same is refused."""
        path = conduct_case(here)
        assert has(pebble.get(path).text, "not-on-duty", "claim") == [True, False]
        refused = pebble.post(f"{path}/claim")
        assert refused.headers["Location"] == "/review"
        page = pebble.text_after(refused)
        assert "You are not on duty" in page
        assert has(page, "start-button") == [True]
        assert error_code(pebble.call(f"{path}/claim")) == (409, "not_on_duty")
        number = path.rsplit("/", 1)[1]
        assert pebble.post("/review/shift/start", {"check": "3", "case": number}).headers["Location"] == path
        assert has(pebble.get(path).text, "not-on-duty", "claim") == [False, True]

    def test_nobody_else_reads_the_number(self, here: World, pebble: Browser, harbour: Browser, kestrel: Browser) -> None:
        """A lead sees that a check was made; the person sees what they said."""
        pebble.post("/review/shift/start", {"check": "2"})
        pebble.post("/review/shift/end")
        assert "you said 2" in pebble.get("/review/shift").text
        pebble.post("/review/shift/start", {"check": "2"})
        assert "start check made" in kestrel.get("/review").text
        assert "start check made" not in harbour.get("/review").text
        assert "you said" not in harbour.get("/review/shift").text
        assert "you said" not in kestrel.get("/review/shift").text


class TestEnd:
    def test_gives_back_and_offers_the_form(self, here: World, harbour: Browser, as_person) -> None:
        """Nothing is asked for; the words are an offer."""
        path = conduct_case(here)
        harbour.post(f"{path}/claim")
        answer = harbour.post("/review/shift/end")
        assert answer.headers["Location"] == "/review/shift#debrief"
        page = harbour.text_after(answer)
        assert "Your shift has ended" in page
        assert has(page, "debrief-form") == [True]
        assert as_person(here.other_volunteer).post(f"{path}/claim").headers["Location"] == path

    def test_signing_out(self, here: World, harbour: Browser, as_person) -> None:
        """Leaves no case behind."""
        path = conduct_case(here)
        harbour.post(f"{path}/claim")
        harbour.post("/logout")
        assert has(as_person(here.volunteer).get("/review").text, "start-shift") == [True]
        assert as_person(here.other_volunteer).post(f"{path}/claim").headers["Location"] == path

    def test_leaving_quickly(self, here: World, harbour: Browser, as_person) -> None:
        """Is leaving."""
        harbour.post("/exit")
        assert has(as_person(here.volunteer).get("/review").text, "start-shift") == [True]

    def test_a_page_left_open(self, here: World, harbour: Browser) -> None:
        """Says that somebody is there; after two hours without, the shift ends, and the next visit says so kindly."""
        assert harbour.call("/review/shift/here").json == {"ok": True}
        here.pass_time(hours=2)
        shift_ends.end_forgotten(here.db, now=here.now)
        assert has(harbour.get("/review").text, "forgotten", "start-shift") == [True, True]


class TestPause:
    def test_is_calm_and_holds(self, here: World, harbour: Browser) -> None:
        """The page shows until when, how to breathe, and the way to a lead; no next case, in no way."""
        rude = conduct_case(here)
        go_through(here, harbour, danger_case(here))
        page = harbour.get("/review").text
        assert has(page, "pause", "next-case", "ask-lead") == [True, False, True]
        assert "in while you count to four" in page
        assert 'datetime="2026-01-31T19:10:00+00:00"' in page
        assert "in your pause" in harbour.text_after(harbour.post("/review/next"))
        assert has(harbour.get(rude).text, "in-pause", "claim") == [True, False]
        assert error_code(harbour.call(f"{rude}/claim")) == (409, "in_pause")
        here.pass_time(minutes=10)
        assert has(harbour.get("/review").text, "pause", "next-case") == [False, True]

    def test_acute_danger_and_nobody_else(self, here: World, harbour: Browser, as_person) -> None:
        """Offered in honest words, declined without a trace, or taken."""
        as_person(here.other_volunteer).post("/review/shift/end")
        go_through(here, harbour, danger_case(here))
        assert self.is_offered(harbour) is False
        danger = danger_case(here)
        page = harbour.get("/review").text
        assert has(page, "pause", "urgent-offer", "decline-urgent") == [True, True, True]
        assert self.is_offered(harbour) is True
        assert "you need not do this" in page
        assert has(harbour.get(danger).text, "although-resting", "claim") == [True, True]
        assert harbour.get("/review/shift").status_code == 200
        assert self.is_offered(harbour) is True
        assert harbour.post("/review/next", {"although_resting": "yes"}).headers["Location"] == danger

    def is_offered(self, browser: Browser) -> bool:
        """Whether the page shows the offer; what it asks for while it is open says the same."""
        hidden = 'data-testid="urgent-offer" hidden' in browser.get("/review").text
        asked: bool = browser.get("/review/shift/urgent").json["urgent"]
        assert asked is not hidden
        return asked

    def test_a_lost_claim_may_be_taken_up_again(self, here: World, harbour: Browser) -> None:
        """Its page has the button, while every other case waits for the end of the pause."""
        rude, danger = conduct_case(here), danger_case(here)
        for step in ("claim", "reveal"):
            harbour.post(f"{danger}/{step}")
        here.pass_time(seconds=leases.LEASE_SECONDS)
        leases.expire_leases(here.db, now=here.now)
        assert [has(harbour.get(path).text, "claim", "in-pause") for path in (danger, rude)] == [[True, False], [False, True]]
        assert harbour.post(f"{danger}/claim").headers["Location"] == danger

    def test_the_limit_says_thank_you(self, here: World, harbour: Browser) -> None:
        """And offers no new case."""
        path = conduct_case(here)
        here.pass_time(hours=3)
        page = harbour.get("/review").text
        assert has(page, "limit", "next-case", "end-shift") == [True, False, True]
        assert "as much as fits into one shift" in harbour.text_after(harbour.post("/review/next"))
        assert has(harbour.get(path).text, "at-limit", "claim") == [True, False]
        assert error_code(harbour.call(f"{path}/claim")) == (409, "shift_limit")


class TestForMyself:
    def test_what_i_have_read(self, here: World, harbour: Browser, kestrel: Browser) -> None:
        """By level, for me alone."""
        path = conduct_case(here)
        for step in ("claim", "reveal"):
            harbour.post(f"{path}/{step}")
        assert "1 text<" in harbour.get("/review/shift").text
        assert "1 text<" not in kestrel.get("/review/shift").text

    def test_topics(self, here: World, harbour: Browser) -> None:
        """Ticked, kept, respected; in the list the case can be taken, with a note."""
        here.say(here.robin, IN_CRISIS)
        path = f"/review/cases/{next(iter(open_cases(here, here.say(here.willow, IN_CRISIS)).values())).id}"
        saved = harbour.post("/review/shift/topics", {"topic": ["crisis", "nonsense"], "how_long": "week"})
        assert 'value="crisis" checked' in harbour.text_after(saved)
        assert "Nobody waits" in harbour.text_after(harbour.post("/review/next"))
        assert has(harbour.get(path).text, "set-aside", "claim") == [True, True]
        assert harbour.post(f"{path}/claim").headers["Location"] == path
        harbour.post(f"{path}/give-back")
        harbour.post("/review/shift/topics")
        assert 'value="crisis" checked' not in harbour.get("/review/shift").text
        assert "/review/cases/" in harbour.post("/review/next").headers["Location"]

    def test_a_debrief_is_private(self, here: World, harbour: Browser, kestrel: Browser, as_person) -> None:
        """Kept for the writer, shown to nobody, deleted by the writer."""
        assert "for you alone" in harbour.text_after(harbour.post("/review/shift/debriefs", {"how_was_it": WORDS}))
        page = harbour.get("/review/shift").text
        assert WORDS in page
        for browser in (kestrel, as_person(here.other_volunteer)):
            for address in ("/review", "/review/shift"):
                assert WORDS not in browser.get(address).text
        assert WORDS not in kestrel.get("/review/shift/contact").text
        with here.db.read() as connection:
            (kept,) = debriefs.own(connection, here.volunteer.user_id)
        assert kestrel.post(f"/review/shift/debriefs/{kept.id}/forget").status_code == 404
        assert kestrel.post(f"/review/shift/debriefs/{kept.id}/done").status_code == 404
        harbour.post(f"/review/shift/debriefs/{kept.id}/forget")
        assert WORDS not in harbour.get("/review/shift").text

    def test_a_lead_is_asked(self, here: World, harbour: Browser, kestrel: Browser, as_person) -> None:
        """Leads find it on their page, read it, and mark it done; then it is private again."""
        assert has(kestrel.get("/review").text, "somebody-asks") == [False]
        harbour.post("/review/shift/debriefs", {"how_was_it": WORDS, "contact": "yes"})
        assert has(kestrel.get("/review").text, "somebody-asks") == [True]
        asks = kestrel.get("/review/shift/contact").text
        assert WORDS in asks
        assert "Harbour" in asks
        assert as_person(here.other_volunteer).get("/review/shift/contact").status_code == 403
        with here.db.read() as connection:
            (kept,) = debriefs.own(connection, here.volunteer.user_id)
        assert WORDS not in kestrel.text_after(kestrel.post(f"/review/shift/debriefs/{kept.id}/done"))
        assert has(kestrel.get("/review").text, "somebody-asks") == [False]
        assert "a lead has been in touch" in harbour.get("/review/shift").text

    def test_nothing_is_lost(self, harbour: Browser) -> None:
        """What does not fit comes back with a sentence, words and tick as they were."""
        assert harbour.post("/review/shift/debriefs").status_code == 400
        refused = harbour.post("/review/shift/debriefs", {"how_was_it": "x" * 2001, "what_stays": WORDS, "contact": "yes"})
        assert refused.status_code == 400
        assert "up to 2000 characters" in refused.text
        assert WORDS in refused.text
        assert 'value="yes" checked' in refused.text

    def test_markup_in_words_is_text(self, here: World, harbour: Browser, kestrel: Browser) -> None:
        """What somebody wrote is never markup, for a lead neither."""
        harbour.post("/review/shift/debriefs", {"how_was_it": "<script>alert(1)</script>", "contact": "yes"})
        for page in (harbour.get("/review/shift"), kestrel.get("/review/shift/contact")):
            assert "<script>alert" not in page.text


def test_nobody_is_counted_or_compared(here: World, harbour: Browser, kestrel: Browser, as_person) -> None:
    """Neither volunteers nor leads nor admins see anywhere how much somebody else has read."""
    path = conduct_case(here)
    for step in ("claim", "reveal"):
        harbour.post(f"{path}/{step}")
    harbour.post(f"{path}/give-back")
    cloud = as_person(here.admin)
    for page in (kestrel.get("/review"), kestrel.get("/review/shift"), kestrel.get("/review/shift/contact"), cloud.get("/admin"), cloud.get("/admin/people")):
        assert "1 text<" not in page.text
    with here.db.read() as connection:
        assert all(set(row._fields) == {"user_id", "name", "started_at"} for row in shifts.people_on_duty(connection, now=here.now))
