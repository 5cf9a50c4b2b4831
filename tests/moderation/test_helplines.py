"""Which helplines pass: the shipped ones and an operator's, whole and as they stand in the table, and nothing that only looks like one."""

import pytest

from moderation.findings import Candidate
from moderation.helplines import SHIPPED, Helplines, address_of, number_of, with_shipped
from moderation.phases.contacts import check_contacts
from moderation.rules import Rules
from moderation.taxonomy import ReasonCode

OWN = with_shipped(
    ["0900 123 4567", "+34 900 123 456", "024", "12"],
    ["https://www.krisenhilfe.de", "https://chat.hilfe.org:443/Start?a=1", "https://wa.me/34900123456", "https://gmail.com"],
)


def found(text: str, helplines: Helplines = OWN) -> list[ReasonCode]:
    """Return what the phase finds in a text."""
    return [f.code for f in check_contacts(Candidate(text, Rules(), helplines=helplines), None)]


@pytest.mark.parametrize(
    "text",
    [
        "call 0900 123 4567 tonight",
        "09001234567",
        "0900/123-4567",
        "(0900) 123 4567",
        "0900 123 4567 24/7",
        "2. 0900 123 4567",
        "+34 900 123 456",
        "see krisenhilfe.de.",
        "(https://www.krisenhilfe.de/)",
        "HTTPS://Krisenhilfe.DE, it helped",
        "https://chat.hilfe.org/Start?a=1",
        "wa.me/34900123456",
    ],
)
def test_an_operators_own_passes(text: str) -> None:
    """However its digits are grouped and however much of the address is written; without the operator's list it is a contact detail."""
    assert found(text) == []
    assert found(text, SHIPPED) == [ReasonCode.CONTACT]


@pytest.mark.parametrize(
    "text",
    [
        "0900 123 45678",
        "10900 123 4567",
        "0176 024 024 55512",
        "0900 123 456",
        "34 900 123 456",
        "0034 900 123 456",
        "krisenhilfe.de/meet-me",
        "jo.krisenhilfe.de",
        "krisenhilfe.de.example.com",
        "https://krisenhilfe.de@example.com",
        "https://krisenhilfe.de:8080",
        "https://example.com/krisenhilfe.de",
        "jo@krisenhilfe.de",
        "chat.hilfe.org",
        "https://chat.hilfe.org/start?a=1",
        "https://chat.hilfe.org/Start?a=2",
        "wa.me/34900123457",
        "https://gmail.com",
        "jo.berg at gmail.com",
    ],
)
def test_what_only_looks_like_one_does_not(text: str) -> None:
    """Longer, shorter, another page of the site, somebody's mailbox there, or a name with it in front or behind."""
    assert found(text) == [ReasonCode.CONTACT]


@pytest.mark.parametrize("text", ["0176 112 34567", "555 988 1234", "0176/112 110 2345", "01 76 116 123 55", "112 110 1234"])
def test_a_short_helpline_does_not_cut_a_private_number_in_two(text: str) -> None:
    """Not a shipped one either."""
    assert found(text, SHIPPED) == [ReasonCode.CONTACT]


@pytest.mark.parametrize("text", ["116 123 24/7", "116 123 0800 111 0 111", "since 12.05.1990 116 123", "1. 988 2. 911 3. 116 123"])
def test_a_few_digits_beside_a_helpline_are_no_number(text: str) -> None:
    """Hours, the numbers of a list, a date, another helpline."""
    assert found(text, SHIPPED) == []


@pytest.mark.parametrize(
    "url", ["https://com", "https://co.uk", "https://www.co.uk/", "https://org.au/x", "https://1.2.3.4", "https://gmail.com/", "https://www.wa.me"]
)
def test_a_whole_domain_is_nobodys_address(url: str) -> None:
    """Nor is a service on which anybody can be reached."""
    assert address_of(url) is None


@pytest.mark.parametrize("written", ["", "1", "12", "1" * 16, "call us", "024 x", "٠٢٤"])
def test_what_is_no_number(written: str) -> None:
    """Two digits stand in every number."""
    assert number_of(written) is None


def test_a_long_message_takes_no_longer_for_a_long_list() -> None:
    """Each digit and each word is looked up a bounded number of times."""
    own = with_shipped((f"0900 {number}" for number in range(100, 3000)), (f"https://help{number}.org" for number in range(3000)))
    assert found("1 2 3 4 " * 500, own) == [ReasonCode.CONTACT]
    assert found("help7.org " * 300 + "0900 2999", own) == []
