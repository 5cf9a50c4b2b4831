"""Contact details are found however they are written; helplines and ordinary talk are not mistaken for them."""

import pytest

from moderation.findings import Candidate
from moderation.phases.contacts import check_contacts
from moderation.rules import Rules
from moderation.taxonomy import ReasonCode

DETAILS = [
    "mail me at jo@example.org",
    "name at gmail dot com",
    "jo.x (at) web (punkt) de",
    "schreib an jo ät posteo punkt de",
    "0176 12345678",
    "meine nummer: 0151/234 56789",
    "call +44 7700 900123",
    "07700 900 123",
    "(555) 123-4567",
    "0 1 7 6 5 5 5 1 2 3 4",
    "zero one seven six five five five one two",
    "null eins sieben sechs drei vier fünf",
    "my insta is luna_x9",
    "discord: foo.bar",
    "snap: @mia",
    "auf insta heiße ich mia.2004",
    "add me on telegram",
    "schreib mir auf whatsapp",
    "see www.example.net",
    "https://example.org/z",
    "look at example.de",
    "discord.gg/abc",
    "foo#1234",
    "\uff10\uff11\uff17\uff16 12345678",
]
HARMLESS = [
    "call 988 or 116 123",
    "TelefonSeelsorge 0800 111 0 111 / 0800 111 0 222",
    "TelefonSeelsorge: 0800/1110111",
    "Lifeline 13 11 14, or text 0477 13 11 14",
    "text SHOUT to 85258 or HOME to 741741",
    "1737, 142, 143, 3114, 14416",
    "112, 911, 999, 000, 111",
    "online.telefonseelsorge.de helps",
    "https://findahelpline.com/de",
    "https://www.samaritans.org/how-we-can-help/",
    "5 4 3 2 1",
    "10 9 8 7 6 5 4 3 2 1",
    "one two three four five six seven",
    "born 12.05.1990, on 2024-05-12 at 10:30",
    "2019-2021 was hard, 2022 2023 better",
    "discord is down again",
    "signal is weak here",
    "her insta is full of lies",
    "I'm at work. me too",
    "geht so.at home now",
    "I slept 3 hours in 2 days",
    "it was 2.5 hours and 3.25 km",
    "a million is 1,000,000",
    "ich bin heute müde, um 12 Uhr 30 geht es weiter",
    "@mia how are you",
]


def found(text: str, rules: Rules | None = None) -> list[ReasonCode]:
    """Return what the phase finds in a text."""
    return [f.code for f in check_contacts(Candidate(text, rules or Rules()), None)]


@pytest.mark.parametrize("text", DETAILS)
def test_contact_details_are_found(text: str) -> None:
    """Plain, spoken and spelled out, in English and German."""
    assert found(text) == [ReasonCode.CONTACT]


@pytest.mark.parametrize("text", HARMLESS)
def test_helplines_and_ordinary_talk_pass(text: str) -> None:
    """Naming a helpline is help."""
    assert found(text) == []


def test_a_number_beside_a_helpline_is_still_found() -> None:
    """A helpline in the message is no cover."""
    assert found("call 116 123 or me: 0176 12345678") == [ReasonCode.CONTACT]


def test_a_circle_may_allow_contacts() -> None:
    """The rules decide."""
    assert found("jo@example.org", Rules(stop_contacts=False)) == []
