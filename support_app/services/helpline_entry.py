"""What somebody writes about a helpline, and what it must be like before anybody is sent there."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from moderation.helplines import address_of, number_of
from support_app.errors import N_, Invalid
from support_app.services.helplines import COUNTRIES, EVERYWHERE

NAME_MOST, WORDS_MOST, URL_MOST, WAYS_MOST = 80, 120, 300, 5
SHORTEST_NUMBER = 2  # as an emergency number; of a helpline three
_ARROW = "→"
_NUMBER = re.compile(r"\+?[0-9](?:[ -]?[0-9]){0,14}")
_KEYWORD = re.compile(r"([^\W\d]\w{0,19})(?: ?(?:→|->|=>) ?| )(.+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One helpline as it was written down; numbers and text lines stand one a line."""

    country: str
    name: str
    call_numbers: str
    text_lines: str
    web_url: str
    day_and_night: bool
    hours: str
    languages: str
    source_url: str


FIELDS = tuple(field.name for field in fields(Entry))


def checked(entry: Entry) -> Entry:
    """The entry with its spaces put right; raises `Invalid` with the field that needs another look."""
    tidy = Entry(
        country=_country(entry.country),
        name=_words("name", entry.name, NAME_MOST),
        call_numbers=_ways("call_numbers", entry.call_numbers, _helpline_number),
        text_lines=_ways("text_lines", entry.text_lines, _text_line),
        web_url=_url("web_url", entry.web_url),
        day_and_night=entry.day_and_night,
        hours="" if entry.day_and_night else _words("hours", entry.hours, WORDS_MOST),
        languages=_words("languages", entry.languages, WORDS_MOST),
        source_url=_url("source_url", entry.source_url),
    )
    if not tidy.name:
        raise Invalid(N_("Please write the name of the helpline."), field="name")
    if not (tidy.call_numbers or tidy.text_lines or tidy.web_url):
        raise Invalid(N_("There is no way to reach this helpline yet: write a number to call, a number to text, or a web address."), field="call_numbers")
    if not tidy.source_url:
        raise Invalid(N_("Please write the web address on which the helpline says this itself, so that others can check there again."), field="source_url")
    return tidy


def phone_number(field: str, written: str) -> str:
    """A number that can be dialled, with single spaces; raises `Invalid`."""
    number = " ".join(written.split())
    if not _NUMBER.fullmatch(number):
        sentence = N_("This is not a phone number: write digits with spaces or hyphens between them, as in 0800 111 0 111 or +49 30 1234567.")
        raise Invalid(sentence, field=field)
    if sum(character.isdecimal() for character in number) < SHORTEST_NUMBER:
        raise Invalid(N_("This is too short to be a phone number: the shortest have two digits."), field=field)
    return number


def number_in_text_line(line: str) -> str:
    """The number that a line to text goes to, as it is stored."""
    return line.rpartition(_ARROW)[2].strip()


def _helpline_number(field: str, written: str) -> str:
    """A number that the check of messages lets members write to each other; raises `Invalid`."""
    number = phone_number(field, written)
    if number_of(number) is None:
        raise Invalid(N_("This is too short to be the number of a helpline: the shortest have three digits."), field=field)
    return number


def _text_line(field: str, written: str) -> str:
    """A number to text, or the word to send and the number it goes to."""
    keyword = _KEYWORD.fullmatch(" ".join(written.split()))
    if keyword is None:
        return _helpline_number(field, written)
    return f"{keyword[1]} {_ARROW} {_helpline_number(field, keyword[2])}"


def _country(code: str) -> str:
    if code not in COUNTRIES | {EVERYWHERE}:
        raise Invalid(N_("Please choose a country from the list."), field="country")
    return code


def _ways(field: str, written: str, check: Callable[[str, str], str]) -> str:
    """Every line that is not blank, each put right."""
    ways = [check(field, line) for line in written.splitlines() if line.strip()]
    if len(ways) > WAYS_MOST:
        raise Invalid(N_("Please write at most %(most)s of these; people in need do not read long lists."), field=field, most=WAYS_MOST)
    return "\n".join(ways)


def _words(field: str, written: str, most: int) -> str:
    shown = " ".join(written.split())
    if len(shown) > most or not shown.isprintable():
        raise Invalid(N_("Please keep this to one line of at most %(most)s characters."), field=field, most=most)
    return shown


def _url(field: str, written: str) -> str:
    """An address that a browser opens safely; blank is none."""
    address = written.strip()
    if address and not _is_safe(address):
        sentence = N_("This is not a web address that people can open safely: it starts with https:// and has no spaces, as in https://www.example.org/chat.")
        raise Invalid(sentence, field=field)
    if address and address_of(address) is None:
        sentence = N_(
            "This is not the address of one helpline: it stands for a whole domain, or for a service on which anybody can have a page. "
            "Write the helpline's own page, as in https://www.example.org/chat."
        )
        raise Invalid(sentence, field=field)
    return address


def _is_safe(address: str) -> bool:
    if len(address) > URL_MOST or not address.isprintable() or any(character in address for character in " \\\"'<>"):
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "").strip(".") and "@" not in parts.netloc and port in {None, 443}
