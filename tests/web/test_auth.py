"""Registering, signing in and out, leaving quickly, choosing a language."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from models import User
from support_app.services import accounts, demo, own
from support_app.settings import Settings, replace_settings
from tests.factories import World
from tests.web.browser import Browser

PHRASE = "four words in a row"
CONSENTS = ("adult", "consent_terms", "consent_health", "consent_screening", "consent_confidentiality")
FORM = {"name": "Quiet Otter", "pass_phrase": PHRASE} | dict.fromkeys(CONSENTS, "y")


def exists(here: World, name: str) -> bool:
    with here.db.read() as connection:
        return connection.execute(select(User.id).where(User.name_key == accounts.name_key(name))).first() is not None


def is_in(browser: Browser) -> bool:
    return browser.get("/circles").status_code == 200


class TestRegister:
    def test_goes_straight_in(self, browser: Browser, here: World) -> None:
        """Name, pass phrase and every consent: that is all."""
        answer = browser.post("/register", FORM)
        assert answer.headers["Location"] == "/circles"
        assert is_in(browser)
        assert exists(here, "Quiet Otter")

    @pytest.mark.parametrize("missing", CONSENTS)
    def test_every_consent_stands_for_itself(self, browser: Browser, here: World, missing: str) -> None:
        """Without any one of them there is no account."""
        answer = browser.post("/register", {key: value for key, value in FORM.items() if key != missing})
        assert answer.status_code == 400
        assert not exists(here, "Quiet Otter")
        assert not is_in(browser)

    @pytest.mark.parametrize("change", [{"pass_phrase": "too short"}, {"pass_phrase": "x" * 201}, {"name": ""}, {"name": "x"}, {"name": "a\u202eb"}])
    def test_what_does_not_fit(self, browser: Browser, here: World, change: dict[str, str]) -> None:
        """Refused in words on the form, with nothing stored and the pass phrase not sent back."""
        answer = browser.post("/register", FORM | change)
        assert answer.status_code == 400
        assert "Create an account" in answer.text
        assert change.get("pass_phrase", PHRASE) not in answer.text
        assert not is_in(browser)

    def test_a_taken_name(self, browser: Browser) -> None:
        """Said on the form; one can choose another."""
        answer = browser.post("/register", FORM | {"name": "ROBIN"})
        assert answer.status_code == 409
        assert "already has this name" in answer.text

    def test_too_many(self, settings: Settings, make_app: Callable[..., Flask]) -> None:
        """One address cannot make accounts without end."""
        browser = Browser(make_app(replace_settings(settings, address_rate="2/minute")))
        for number in range(2):
            assert Browser(browser.client.application).post("/register", FORM | {"name": f"Otter {number}"}).status_code == 302
        assert browser.post("/register", FORM).status_code == 429

    def test_suggests_a_name_in_ones_language(self, app: Flask) -> None:
        """Nobody has to come up with one that does not give them away."""
        for language, first in (("en", demo.WORDS["en"][0]), ("de", demo.WORDS["de"][0])):
            page = Browser(app, language=language).get("/register").text
            assert f'<html lang="{language}"' in page
            assert any(f'data-suggested="{word} ' in page for word in first)


class TestLogin:
    @pytest.fixture(autouse=True)
    def otter(self, here: World) -> int:
        """Somebody with a real pass phrase."""
        return accounts.register(here.db, name="Quiet Otter", pass_phrase=PHRASE, locale="en", now=here.now)

    def sign_in(self, browser: Browser, path: str = "/login", **change: str):
        return browser.post(path, {"name": "quiet otter", "pass_phrase": PHRASE} | change)

    def test_right(self, browser: Browser) -> None:
        """Into the circles; the sign-in page is then of no more use."""
        assert self.sign_in(browser).headers["Location"] == "/circles"
        assert is_in(browser)
        assert browser.get("/login").status_code == 302
        assert browser.get("/").headers["Location"] == "/circles"

    def test_wrong_name_and_wrong_pass_phrase_sound_the_same(self, browser: Browser) -> None:
        """Nobody can find out who has an account here."""
        answers = [self.sign_in(browser, name="Nobody"), self.sign_in(browser, pass_phrase="something else")]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert all("do not go together" in answer.text for answer in answers)
        assert all("something else" not in answer.text for answer in answers)
        assert not is_in(browser)

    def test_too_many_attempts(self, settings: Settings, make_app: Callable[..., Flask]) -> None:
        """Guessing under one name is stopped, and the right pass phrase has to wait as well; another name does not."""
        browser = Browser(make_app(replace_settings(settings, sign_in_rate="3/minute")))
        assert [self.sign_in(browser, pass_phrase=f"guess number {n}").status_code for n in range(3)] == [401] * 3
        assert self.sign_in(browser).status_code == 429
        assert self.sign_in(browser, name="QUIET  OTTER").status_code == 429
        assert not is_in(browser)
        assert self.sign_in(browser, name="Somebody else").status_code == 401

    def test_a_closed_account_is_told_where_help_is(self, browser: Browser, here: World, otter: int) -> None:
        """Not signed in, and not left alone."""
        accounts.ban(here.db, here.admin, user_id=otter, reason="a reason", now=here.now)
        answer = self.sign_in(browser)
        assert answer.status_code == 403
        assert "Your account is closed" in answer.text
        assert 'href="/help"' in answer.text

    @pytest.mark.parametrize("target", ["/me", "/circles/1?x=1"])
    def test_goes_on_where_one_wanted_to_go(self, browser: Browser, target: str) -> None:
        """A page of this site."""
        answer = browser.post("/login", {"name": "Quiet Otter", "pass_phrase": PHRASE}, query_string={"next": target})
        assert answer.headers["Location"] == target

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "javascript:alert(1)",
            "evil.example",
            "",
        ],
    )
    def test_but_never_on_another_site(self, browser: Browser, target: str) -> None:
        """Nobody is led away by a link with a sign-in page in it; browsers drop tabs and line breaks from addresses."""
        answer = browser.post("/login", {"name": "Quiet Otter", "pass_phrase": PHRASE}, query_string={"next": target})
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/circles")

    def test_a_stranger_is_asked_to_sign_in_and_comes_back(self, browser: Browser) -> None:
        """The page that was wanted is remembered."""
        answer = browser.get("/me")
        assert answer.headers["Location"] == "/login?next=/me"

    def test_old_cookie_contents_do_not_survive(self, browser: Browser) -> None:
        """A session that was planted before signing in is gone afterwards, but for the language."""
        with browser.client.session_transaction() as cookie:
            cookie.update({"planted": "x", "language": "de"})
        self.sign_in(browser)
        with browser.client.session_transaction() as cookie:
            assert "planted" not in cookie
            assert cookie["language"] == "de"


class TestLeaving:
    def test_logout(self, here: World, as_person) -> None:
        """The session is over on the server too: the old cookie is worth nothing."""
        browser = as_person(here.robin)
        with browser.client.session_transaction() as cookie:
            stolen = dict(cookie)
        assert browser.post("/logout").headers["Location"] == "/"
        assert not is_in(browser)
        with browser.client.session_transaction() as cookie:
            cookie.update(stolen)
        assert not is_in(browser)

    def test_leave_quickly(self, here: World, as_person) -> None:
        """The browser is told to forget everything and is led to a page that says nothing; the session is over."""
        browser = as_person(here.robin)
        before = own.count_sessions(here.db, here.robin, now=here.now)
        answer = browser.post("/exit")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/away")
        assert {'"cache"', '"cookies"', '"storage"'} <= set(answer.headers["Clear-Site-Data"].split(", "))
        assert own.count_sessions(here.db, here.robin, now=here.now) == before - 1
        assert not is_in(browser)

    def test_leave_quickly_from_an_outdated_page(self, here: World, as_person) -> None:
        """Without a token too, because nothing may keep anybody here."""
        browser = as_person(here.robin)
        assert browser.client.post("/exit").status_code == 303
        assert not is_in(browser)

    def test_leave_quickly_from_a_script(self, here: World, as_person) -> None:
        """No page is loaded that nobody waits for."""
        answer = as_person(here.robin).post("/exit", headers={"Sec-Fetch-Dest": "empty"})
        assert (answer.status_code, answer.text) == (204, "")
        assert "Clear-Site-Data" in answer.headers

    def test_leave_quickly_without_an_account(self, browser: Browser) -> None:
        """The button is on every page, so it works for everybody."""
        assert browser.post("/exit").headers["Location"] == "/away"

    def test_signing_out_everywhere(self, here: World, as_person) -> None:
        """Both browsers are out; so is this one."""
        here_now, elsewhere = as_person(here.robin), as_person(here.robin)
        assert here_now.post("/me/end-sessions").headers["Location"] == "/"
        assert not is_in(here_now)
        assert not is_in(elsewhere)

    def test_a_session_expires(self, here: World, as_person) -> None:
        """After two weeks one signs in again."""
        browser = as_person(here.robin)
        here.pass_time(days=15)
        assert browser.get("/circles").headers["Location"] == "/login?next=/circles"


class TestLanguage:
    def test_switch(self, browser: Browser) -> None:
        """For this browser, back on the page one was on."""
        answer = browser.post("/language", {"lang": "de", "next": "/help?country=DE"})
        assert answer.headers["Location"] == "/help?country=DE"
        assert '<html lang="de"' in browser.get("/help").text

    def test_is_kept_with_the_account(self, here: World, as_person) -> None:
        """Notices reach this person in that language."""
        as_person(here.robin).post("/language", {"lang": "de"})
        with here.db.read() as connection:
            assert connection.execute(select(User.locale).where(User.id == here.robin.user_id)).scalar_one() == "de"

    @pytest.mark.parametrize("lang", ["", "xx", "en-GB", "../en"])
    def test_only_languages_there_are(self, browser: Browser, lang: str) -> None:
        """Anything else is refused."""
        assert browser.post("/language", {"lang": lang}).status_code == 400

    @pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\t/evil.example", "/\\evil.example"])
    def test_leads_nowhere_else(self, browser: Browser, target: str) -> None:
        """The same care as after signing in."""
        assert browser.post("/language", {"lang": "de", "next": target}).headers["Location"] == "/"

    def test_the_browsers_own(self, app: Flask) -> None:
        """Before anybody chose."""
        assert '<html lang="de"' in Browser(app, language="de-AT,de;q=0.9,en;q=0.8").get("/login").text
        assert '<html lang="en"' in Browser(app, language="fr").get("/login").text


class TestDemoPeople:
    def test_are_shown_in_demo_mode_only(self, settings: Settings, make_app: Callable[..., Flask], here: World) -> None:
        """Their pass phrases stand on the sign-in page of the demonstration, and nowhere else."""
        people = '[{"role": "member", "name": "Quiet Robin", "pass_phrase": "amber-otter-12"}]'
        (settings.data_dir / demo.DEMO_PEOPLE_FILE).write_text(people)
        assert "amber-otter-12" in Browser(make_app(settings)).get("/login").text
        production = replace_settings(settings, mode="production", origins=("https://circles.example.org",))
        assert "amber-otter-12" not in Browser(make_app(production)).get("/login", base_url="https://circles.example.org").text
