"""Pages that need no account, what every answer carries, and what error pages never say."""

import re
from collections.abc import Callable

import pytest
import structlog
from flask import Flask
from structlog.testing import CapturingLoggerFactory

from models import ScreenerState
from support_app.services import screening
from support_app.settings import Settings, replace_settings
from tests.factories import World
from tests.web.browser import Browser

PUBLIC = ("/", "/help", "/away", "/login", "/register", "/health")
MARK = "zx-echo-zx"
TAGS = re.compile(r"<[^>]*>")


class TestHelp:
    def test_without_an_account(self, browser: Browser) -> None:
        """People to reach, and no guess at where the reader is."""
        page = browser.get("/help").text
        assert 'data-testid="helpline"' in page
        assert "findahelpline.com" in page

    @pytest.mark.parametrize("country", ["AT", "AU", "CA", "CH", "DE", "FR", "GB", "IE", "IN", "NZ", "US"])
    def test_a_country(self, browser: Browser, country: str) -> None:
        """At most three lines, more than one way to reach somebody, and the emergency number."""
        page = browser.get(f"/help?country={country.lower()}").text
        assert 1 <= page.count('data-testid="helpline"') <= 3
        assert 'data-testid="emergency"' in page

    @pytest.mark.parametrize("country", ["xx", "", MARK, "<b>"])
    def test_an_unknown_country(self, browser: Browser, country: str) -> None:
        """Still an answer."""
        answer = browser.get("/help", query_string={"country": country})
        assert answer.status_code == 200
        assert 'data-testid="helpline"' in answer.text


def test_away_says_nothing(browser: Browser) -> None:
    """A plain calendar: no name of the service, no link back, no cookie."""
    answer = browser.get("/away")
    assert answer.status_code == 200
    assert "January 2026" in answer.text
    assert not any(word in answer.text.lower() for word in ("peer", "circle", "help", "<a ", "<script", "csrf"))
    assert "Set-Cookie" not in answer.headers


def test_landing(browser: Browser) -> None:
    """Says what this is, and has help and the way out on it."""
    page = browser.get("/").text
    assert 'href="/help"' in page
    assert 'action="/exit"' in page


class TestHeaders:
    @pytest.mark.parametrize("path", [*PUBLIC, "/nothing-here", "/api/nothing", "/circles", "/static/css/base.css"])
    def test_on_every_answer(self, browser: Browser, path: str) -> None:
        """Pages, JSON, files, redirects and errors alike."""
        answer = browser.get(path)
        answer.close()
        headers = answer.headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("nosniff", "DENY", "same-origin")

    @pytest.mark.parametrize("path", PUBLIC)
    def test_pages_are_in_no_cache(self, browser: Browser, path: str) -> None:
        """The back button of a shared computer shows nothing."""
        assert browser.get(path).headers["Cache-Control"] == "no-store"

    def test_no_inline_script_or_style(self, here: World, as_person, browser: Browser) -> None:
        """The policy would stop them, so no page may need them."""
        inside, review, admin = as_person(here.robin), as_person(here.volunteer), as_person(here.admin)
        pages = [browser.get(path) for path in PUBLIC]
        pages += [inside.get(path) for path in ("/circles", f"/circles/{here.circle_id}", "/me")]
        pages += [
            review.get("/review"),
            *(admin.get(path) for path in ("/admin", "/admin/people", "/admin/circles/new", f"/admin/circles/{here.circle_id}/rules")),
        ]
        for page in pages:
            assert page.status_code == 200
            assert " style=" not in page.text
            assert "<style" not in page.text
            assert " onclick=" not in page.text
            assert "<script>" not in page.text
            assert "http://" not in page.text.replace("http://www.w3.org", "")

    def test_the_cookie(self, here: World, as_person) -> None:
        """Out of reach of scripts and of other sites."""
        browser = as_person(here.robin)
        cookie = browser.post("/language", {"lang": "de"}).headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


class TestErrors:
    @pytest.mark.parametrize("path", [f"/{MARK}", f"/circles/{MARK}", f"/api/{MARK}", f"/static/{MARK}.js", f"/help/{MARK}?q={MARK}"])
    def test_not_found_repeats_nothing(self, browser: Browser, path: str) -> None:
        """An address somebody was sent cannot put words on our page, nor markup into it."""
        answer = browser.get(path + "%22%3E%3Cb%3E")
        assert answer.status_code == 404
        assert MARK not in TAGS.sub("", answer.text)
        assert "<b>" not in answer.text

    def test_not_found_is_a_page_with_help_on_it(self, browser: Browser) -> None:
        """Somebody who is lost here may need somebody."""
        page = browser.get("/nothing-here").text
        assert 'data-code="404"' in page
        assert 'href="/help"' in page

    def test_wrong_method(self, browser: Browser) -> None:
        """A page that is only written to."""
        assert browser.get("/logout").status_code == 405

    def test_too_large(self, browser: Browser) -> None:
        """Said as such."""
        assert browser.post("/login", {"name": "x" * 300_000}).status_code == 413

    def test_our_own_faults_say_nothing(self, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        """Neither the page nor the log holds what was being handled, only where it broke."""

        def broken(*_: object, **__: object) -> None:
            raise ValueError(MARK)

        monkeypatch.setattr("support_app.services.helplines.find", broken)
        logs = CapturingLoggerFactory()
        structlog.configure(logger_factory=logs)
        page, program = browser.get(f"/help?country={MARK}"), browser.get("/help", headers={"Accept": "application/json"})
        assert (page.status_code, program.status_code) == (500, 500)
        assert program.json["error"]["code"] == "failed"
        written = str(logs.logger.calls) + caplog.text
        assert "ValueError" in written
        assert MARK not in TAGS.sub("", page.text) + program.text + written


class TestDemoHost:
    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.5:8000", "evil.example:8000"])
    def test_a_demonstration_answers_only_here(self, browser: Browser, host: str) -> None:
        """Its pass phrases are no secret, so nobody else is let in, not even to a file."""
        for path in ("/", "/login", "/health", "/static/css/base.css"):
            assert browser.get(path, base_url=f"http://{host}").status_code == 403

    @pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "localhost:8123"])
    def test_this_machine(self, browser: Browser, host: str) -> None:
        """By its own names."""
        assert browser.get("/login", base_url=f"http://{host}").status_code == 200

    def test_a_forwarded_host_does_not_count(self, browser: Browser) -> None:
        """Nor does a proxy that nobody configured."""
        headers = {"X-Forwarded-Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1", "Forwarded": "host=127.0.0.1"}
        assert browser.get("/login", base_url="http://evil.example", headers=headers).status_code == 403


class TestProduction:
    @pytest.fixture
    def people_type(self, settings: Settings, make_app: Callable[..., Flask]) -> Browser:
        production = replace_settings(settings, mode="production", origins=("https://circles.example.org",))
        return Browser(make_app(production))

    def test_cookie_and_transport(self, people_type: Browser) -> None:
        """Over TLS only."""
        answer = people_type.get("/login", base_url="https://circles.example.org")
        assert answer.status_code == 200
        assert "Secure" in answer.headers["Set-Cookie"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert 'data-testid="demo-banner"' not in answer.text

    def test_a_form_from_elsewhere(self, people_type: Browser) -> None:
        """The referrer is checked as well as the token."""
        site = "https://circles.example.org"
        token = people_type.get("/login", base_url=site).text.split('name="csrf-token" content="')[1].split('"')[0]
        form = {"name": "Robin", "pass_phrase": "x" * 12, "csrf_token": token}
        answers = [
            people_type.client.post("/login", data=form, base_url=site, headers={"Referer": f"{origin}/login"}) for origin in (site, "https://evil.example")
        ]
        assert [answer.status_code for answer in answers] == [401, 400]


class TestHealth:
    def test_degraded_and_ready(self, here: World, browser: Browser) -> None:
        """Always 200, so that no load balancer turns people away; nothing about anybody in it."""
        here.send(here.robin, "waiting")
        here.pass_time(seconds=3)
        degraded = browser.get("/health")
        assert (degraded.status_code, degraded.json["status"]) == (200, "degraded")
        assert (degraded.json["pending"], degraded.json["oldest_pending_s"]) == (1, 3)
        screening.report_screener(here.db, instance="a", state=ScreenerState.READY, now=here.now, classifier="scripted", revision="1")
        assert browser.get("/health").json["status"] == "ok"
        assert browser.get("/health").json["screener"] == {"state": "ready", "classifier": "scripted", "weights_revision": "1"}


def test_my_account(here: World, as_person) -> None:
    """What was decided about my messages, with my words, and nobody else's."""
    from tests.factories import UNKIND  # noqa: PLC0415

    here.say(here.robin, UNKIND)
    here.say(here.willow, f"{UNKIND}, said by Willow")
    page = as_person(here.robin).get("/me").text
    assert "not worth anybody" in page
    assert "said by Willow" not in page
