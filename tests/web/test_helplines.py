"""Helplines over HTTP: the help page, the remembered country, and how administrators keep the list."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from support_app.errors import Busy
from support_app.services import helplines
from support_app.services.helplines import Line
from tests.factories import IN_CRISIS, World
from tests.web.browser import Browser

LIST = "/admin/helplines"
FORM = {
    "country": "ES",
    "name": "Línea 024",
    "call_numbers": "024",
    "text_lines": "",
    "web_url": "",
    "day_and_night": "y",
    "hours": "",
    "languages": "Español",
    "source_url": "https://www.sanidad.gob.es",
    "looked": "y",
}
EXPIRED = timedelta(days=500)


@pytest.fixture
def cloud(here: World, as_person) -> Browser:
    return as_person(here.admin)


def lines(here: World, country: str) -> list[Line]:
    return [line for line in helplines.in_use(here.db, now=here.now) if line.country == country]


def chosen(page: str) -> list[str]:
    return [found[0] or found[1] for found in re.findall(r'<option (?:value="(\w+)" selected|selected value="(\w+)")', page)]


class TestHelpPage:
    def test_strangers_have_their_choice_in_the_address(self, here: World, browser: Browser) -> None:
        """Nothing is kept of it."""
        assert 'method="get"' in browser.get("/help").text
        page = browser.get("/help?country=de").text
        assert "TelefonSeelsorge" in page
        assert 'href="tel:08001110111"' in page
        assert chosen(page) == ["DE"]
        assert chosen(browser.get("/help").text) == []

    def test_people_with_an_account_choose_once(self, here: World, as_person) -> None:
        """Their country is there the next time, in another browser too; one in the address is only looked at; and it can be forgotten."""
        robin = as_person(here.robin)
        assert chosen(robin.text_after(robin.post("/me/helpline-country", {"country": "AT"}))) == ["AT"]
        elsewhere = as_person(here.robin)
        assert chosen(elsewhere.get("/help?country=FR").text) == ["FR"]
        page = elsewhere.get("/help").text
        assert chosen(page) == ["AT"]
        assert 'href="tel:142"' in page
        assert "Austria" in elsewhere.get("/me").text
        assert chosen(as_person(here.willow).get("/help").text) == []
        assert chosen(elsewhere.text_after(elsewhere.post("/me/helpline-country", {"country": ""}))) == []
        assert "no country chosen" in elsewhere.get("/me").text

    def test_another_country(self, here: World, as_person) -> None:
        """Is remembered as well."""
        robin = as_person(here.robin)
        page = robin.text_after(robin.post("/me/helpline-country", {"country": "XX"}))
        assert chosen(page) == ["XX"]
        assert "findahelpline.com" in page

    @pytest.mark.parametrize("country", ["ZZ", "nowhere", "\x00"])
    def test_no_country(self, here: World, as_person, country: str) -> None:
        """A sentence, and nothing is kept."""
        answer = as_person(here.robin).post("/me/helpline-country", {"country": country})
        assert answer.status_code == 400
        assert "choose a country" in answer.text
        assert helplines.remembered_country(here.db, here.robin) is None

    def test_the_care_card_leads_to_the_own_country(self, here: World, as_person) -> None:
        """Whoever chose one finds its lines there."""
        robin = as_person(here.robin)
        robin.post("/me/helpline-country", {"country": "FR"})
        here.say(here.robin, IN_CRISIS)
        events = robin.get(f"/api/circles/{here.circle_id}/events").json
        card = next(message["notice"]["care"] for message in events["mine"] if message["notice"] and message["notice"]["care"])
        assert 'href="tel:3114"' in robin.get(card["helplines_url"]).text

    def test_expired_lines_say_so(self, here: World, browser: Browser) -> None:
        """And the page adds a list that others keep, when nothing in date is left."""
        page = browser.get("/help?country=GB").text
        assert 'data-expired="yes"' not in page
        assert "last-resort" not in page
        here.now += EXPIRED
        page = browser.get("/help?country=GB").text
        assert page.count('data-expired="yes"') == page.count("Nobody has checked lately") == 3
        assert 'data-testid="last-resort"' in page

    def test_without_a_database(self, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        """There still is a page, with the emergency sentence and somewhere to go."""

        def away(*_: object, **__: object) -> None:
            raise Busy

        monkeypatch.setattr("support_app.services.helplines.find", away)
        answer = browser.get("/help?country=DE")
        assert answer.status_code == 200
        assert "In the whole EU it is 112" in answer.text
        assert "findahelpline.com" in answer.text

    def test_names_in_the_language_of_the_page(self, app: Flask) -> None:
        """And in its order: Austria is Österreich, and does not stand last."""
        page = Browser(app, language="de").get("/help").text
        names = re.findall(r'<option value="[A-W]\w">(\w[^<]*)</option>', page)
        assert names == [
            "Australien",
            "Deutschland",
            "Frankreich",
            "Indien",
            "Irland",
            "Kanada",
            "Neuseeland",
            "Österreich",
            "Schweiz",
            "Vereinigte Staaten",
            "Vereinigtes Königreich",
        ]


class TestKeeping:
    def test_added_and_shown(self, here: World, cloud: Browser, browser: Browser) -> None:
        """At once, to strangers too, in a country that was not there before; the directory stands beside a line for the phone only."""
        assert "Saved" in cloud.text_after(cloud.post(f"{LIST}/new", FORM))
        page = browser.get("/help?country=ES").text
        assert "Línea 024" in page
        assert "Find A Helpline" in page
        assert "Spain" in page
        assert "· Cloud" in cloud.get(LIST).text

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"country": ""}, "Please fill this in."),
            ({"name": "  "}, "Please write the name of the helpline."),
            ({"name": ""}, "Please fill this in."),
            ({"call_numbers": ""}, "There is no way to reach this helpline yet"),
            ({"call_numbers": "ring the bell"}, "This is not a phone number"),
            ({"text_lines": "HELLO"}, "This is not a phone number"),
            ({"web_url": "http://www.example.org/chat"}, "This is not a web address"),
            ({"web_url": "javascript:alert(1)"}, "This is not a web address"),
            ({"source_url": "www.example.org"}, "This is not a web address"),
            ({"looked": None}, "Please call or look first"),
            ({"country": "GB", "name": "Samaritans"}, "already a helpline with this name"),
        ],
    )
    def test_what_cannot_be(self, here: World, cloud: Browser, change: dict[str, Any], words: str) -> None:
        """A clear sentence, nothing is stored, and everything that was typed is still there."""
        typed = {key: value for key, value in (FORM | {"hours": "Mon to Fri"} | change).items() if value is not None}
        before = helplines.in_use(here.db, now=here.now)
        answer = cloud.post(f"{LIST}/new", typed)
        assert answer.status_code == 400
        assert words in answer.text
        for field in ("name", "call_numbers", "text_lines", "web_url", "hours", "languages", "source_url"):
            assert typed[field] in answer.text
        assert helplines.in_use(here.db, now=here.now) == before

    def test_changed(self, here: World, cloud: Browser, browser: Browser) -> None:
        """The form has what is there; what is saved is on the help page."""
        austria = lines(here, "AT")[0]
        page = cloud.get(f"{LIST}/{austria.id}").text
        assert 'value="https://www.telefonseelsorge.at"' in page
        assert chosen(page) == ["AT"]
        form = FORM | {"country": "AT", "name": austria.name, "call_numbers": "142\n0800 142", "version": austria.version}
        assert "Saved" in cloud.text_after(cloud.post(f"{LIST}/{austria.id}", form))
        assert 'href="tel:0800142"' in browser.get("/help?country=AT").text
        assert lines(here, "AT")[0].verified_by == "Cloud"

    def test_two_administrators(self, here: World, cloud: Browser) -> None:
        """The slower one is told, keeps what they typed, and overwrites nothing by mistake."""
        austria = lines(here, "AT")[0]
        form = FORM | {"country": "AT", "version": austria.version}
        cloud.post(f"{LIST}/{austria.id}", form | {"name": "First"})
        answer = cloud.post(f"{LIST}/{austria.id}", form | {"name": "Second"})
        assert answer.status_code == 400
        assert "changed in the meantime" in answer.text
        assert 'value="Second"' in answer.text
        assert [line.name for line in lines(here, "AT")] == ["First"]
        for step in ("verify", "retire"):
            assert cloud.post(f"{LIST}/{austria.id}/{step}", {"version": austria.version}).status_code == 409

    def test_verified(self, here: World, cloud: Browser) -> None:
        """Counts for 180 days from now, by this administrator."""
        austria = lines(here, "AT")[0]
        assert "another 180 days" in cloud.text_after(cloud.post(f"{LIST}/{austria.id}/verify", {"version": austria.version}))
        assert (lines(here, "AT")[0].verified_by, lines(here, "AT")[0].expires_at) == ("Cloud", here.now + timedelta(days=180))

    def test_retired(self, here: World, cloud: Browser, browser: Browser) -> None:
        """Shown to nobody; the last one for everywhere stays."""
        france = lines(here, "FR")[0]
        assert "not shown any more" in cloud.text_after(cloud.post(f"{LIST}/{france.id}/retire", {"version": france.version}))
        assert 'href="tel:3114"' not in browser.get("/help?country=FR").text
        assert cloud.get(f"{LIST}/{france.id}").status_code == 404
        directory = lines(here, "XX")[0]
        assert "only helpline for everywhere" in cloud.text_after(cloud.post(f"{LIST}/{directory.id}/retire", {"version": directory.version}))
        assert lines(here, "XX")

    @pytest.mark.parametrize("version", ["", "x", "9" * 40, "-1"])
    def test_a_malformed_version(self, here: World, cloud: Browser, version: str) -> None:
        """Is an old one."""
        austria = lines(here, "AT")[0]
        assert cloud.post(f"{LIST}/{austria.id}/verify", {"version": version}).status_code == 409

    def test_emergency_number(self, here: World, cloud: Browser, browser: Browser) -> None:
        """Set, refused with what was typed, taken away."""
        path = f"{LIST}/emergency/PT"
        assert "Saved" in cloud.text_after(cloud.post(path, {"number": "112"}))
        assert 'href="tel:112"' in browser.get("/help?country=PT").text
        answer = cloud.post(path, {"number": "ask Ana"})
        assert answer.status_code == 400
        assert "This is not a phone number" in answer.text
        assert 'value="ask Ana"' in answer.text
        cloud.post(path, {"number": ""})
        assert 'href="tel:112"' not in browser.get("/help?country=PT").text
        assert cloud.get(f"{LIST}/emergency/ZZ").status_code == 404

    def test_a_line_in_a_new_country(self, cloud: Browser) -> None:
        """The form for it starts with that country when the page says so."""
        assert chosen(cloud.get(f"{LIST}/new?country=pt").text) == ["PT"]
        assert chosen(cloud.get(f"{LIST}/new?country=<b>").text) == []


class TestWarnings:
    def test_an_emergency_number_that_nobody_checked(self, here: World, as_person, browser: Browser) -> None:
        """Administrators are told where, people see it all the same, and one button puts it right; a page that is out of date does nothing."""
        here.now += EXPIRED
        admin = as_person(here.person("Late", role=here.admin.role))
        for path in ("/admin", LIST):
            assert re.search("Nobody has checked the emergency number for 180 days for: [^<]*Austria", admin.get(path).text)
        assert 'href="tel:112"' in browser.get("/help?country=AT").text
        verify = f"{LIST}/emergency/AT/verify"
        assert f'action="{verify}"' in admin.get(LIST).text
        assert "another 180 days" in admin.text_after(admin.post(verify, {"version": 1}))
        assert not re.search("emergency number for 180 days for: [^<]*Austria,", admin.get(LIST).text)
        assert admin.post(verify, {"version": 1}).status_code == 409
        assert admin.post(f"{LIST}/emergency/ZZ/verify", {"version": 1}).status_code == 404

    def test_calm_while_in_date(self, here: World, cloud: Browser) -> None:
        """No warning; that nobody here has looked yet is said."""
        page = cloud.get("/admin").text
        assert "helplines-warning" not in page
        assert "15 came with the software" in page
        assert f'href="{LIST}"' in page

    def test_expired_and_soon(self, here: World, as_person) -> None:
        """On the start page and above the list, with the countries that have nothing in date left."""
        expiry = lines(here, "DE")[0].expires_at
        here.now = expiry - timedelta(days=30)
        assert "15 helplines expire within 30 days." in as_person(here.person("Early", role=here.admin.role)).get("/admin").text
        here.now = expiry
        admin = as_person(here.person("Late", role=here.admin.role))
        austria = lines(here, "AT")[0]
        admin.post(f"{LIST}/{austria.id}/verify", {"version": austria.version})
        for path in ("/admin", LIST):
            page = admin.get(path).text
            assert 'data-testid="helplines-warning"' in page
            assert "14 helplines have expired" in page
            assert "Nothing up to date is left for: Australia" in page
            assert "Austria," not in page.split("Nothing up to date is left for: ")[1].split("<")[0]
