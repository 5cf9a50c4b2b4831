"""Payment details and requests for money are found; talk about money is not."""

import pytest

from moderation.findings import Candidate
from moderation.phases.money import check_money
from moderation.rules import Rules
from moderation.taxonomy import ReasonCode

DETAILS = [
    "DE89 3704 0044 0532 0130 00 danke",
    "gb82west12345698765432",
    "konto AT61 1904 3002 3457 3201",
    "4111 1111 1111 1111",
    "paypal.me/someone",
    "https://revolut.me/someone",
    "cash app: $someone",
    "send me some money please",
    "can you lend me 50 euro",
    "could someone give me $20 for food",
    "my paypal is someone",
    "kannst du mir 20 € leihen",
    "schick mir bitte geld",
    "kann mir jemand bitte etwas geld überweisen",
    "überweist mir 30 euro",
    "mein konto ist leer, meine iban lautet anders",
]
HARMLESS = [
    "I have no money left this month",
    "my ex keeps asking for money",
    "I paid 50 euro for that",
    "ich habe kein geld für die miete",
    "die krankenkasse zahlt 20 euro",
    "DE89 3704 0044 0532 0130 01 is not an account",
    "gift cards make me sad",
    "lend me your ears",
    "gib mir bitte Bescheid",
    "send me a hug",
    "4111 1111 1111 1112",
]


def found(text: str, rules: Rules | None = None) -> list[ReasonCode]:
    """Return what the phase finds in a text."""
    return [f.code for f in check_money(Candidate(text, rules or Rules()), None)]


@pytest.mark.parametrize("text", DETAILS)
def test_payment_details_and_requests_are_found(text: str) -> None:
    """Account numbers only when their checksum is right."""
    assert found(text) == [ReasonCode.MONEY]


@pytest.mark.parametrize("text", HARMLESS)
def test_talk_about_money_passes(text: str) -> None:
    """Money worries are a topic of every circle."""
    assert found(text) == []


def test_a_circle_may_allow_money() -> None:
    """The rules decide."""
    assert found("paypal.me/someone", Rules(stop_money=False)) == []
