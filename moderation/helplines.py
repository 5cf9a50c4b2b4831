"""Helplines that anybody may name, because that is help and never a contact detail: the shipped ones, and those of an operator's table.

Only a whole number and a whole address pass, so that no entry opens a gap for others.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from moderation.phases.numbers import DATE
from moderation.text import visible

SHIPPED_NUMBERS = frozenset(
    (
        *("988", "911", "999", "112", "000", "111", "110", "142", "143", "147", "1737", "3114", "14416"),
        *("116123", "116111", "116117", "116016", "85258", "50808", "741741", "131114", "0477131114"),
        *("08001110111", "08001110222", "08001110333", "08001110550", "08000116016", "18002738255"),
        *("1300224636", "1800551800", "0800543354", "08001111", "116006", "18005990000", "02079460000"),
    )
)
_SHIPPED_SITES = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:[\w-]{1,30}\.){0,2}"
    r"(?:findahelpline\.com|telefonseelsorge\.de|988lifeline\.org|samaritans\.org|giveusashout\.org"
    r"|crisistextline\.org|50808\.ie|lifeline\.org\.au|1737\.org\.nz|nummergegenkummer\.de|143\.ch"
    r"|3114\.fr|nhs\.uk|krisenchat\.de|thetrevorproject\.org)(?![\w.-]\w)(?:/[\w./?=&%-]{0,200})?",
    re.IGNORECASE,
)

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_LONGEST_NUMBER = 16
_RUN = re.compile(r"\+?\d(?:[ ().\-/]{0,2}\d)*")
_GROUP = re.compile(r"\+?\d+")
_DIGITS_OF_ANOTHER_NUMBER = 4  # fewer are a list's "2." or the "24/7" beside a helpline

_SCHEME = re.compile(r"^https?://", re.IGNORECASE)
_HOST = re.compile(r"(?:\w(?:[\w-]{0,61}\w)?\.){1,6}(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})")
_END_OF_HOST = re.compile(r"[/?#]")
_WORD = re.compile(r"\S+")
_OPENING, _CLOSING = "([{<\"'„“«»", ".,;:!?)]}>\"'“”«»"
# Names under which others register theirs ("co.uk"), and hosts that are nobody's own: whoever writes to somebody there says only the host.
_REGISTRIES = frozenset(("ac", "co", "com", "edu", "go", "gob", "gv", "ne", "net", "nom", "or", "org"))
_NOBODYS_OWN = frozenset(
    (
        *("gmail.com", "googlemail.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "posteo.de", "mailbox.org"),
        *("outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "aol.com", "mail.com", "proton.me", "protonmail.com", "bluewin.ch"),
        *("discord.com", "discord.gg", "t.me", "telegram.me", "wa.me", "whatsapp.com", "signal.me", "instagram.com", "facebook.com", "m.me"),
        *("tiktok.com", "snapchat.com", "twitter.com", "x.com", "reddit.com", "youtube.com", "bit.ly", "linktr.ee", "github.io", "wordpress.com"),
    )
)
_REGISTRY_LABELS, _COUNTRY_LETTERS = 2, 2


def number_of(written: str) -> str | None:
    """A helpline's number as it is compared; None for what is too short, or no number."""
    number = written.replace(" ", "").replace("-", "")
    return number if _NUMBER.fullmatch(number) else None


def address_of(url: str) -> str | None:
    """A helpline's web address as it is compared; None for a whole domain, a service on which anybody can be reached, and what is no address."""
    address = _comparable(visible(url))
    host = _END_OF_HOST.split(address, maxsplit=1)[0]
    labels = host.split(".")
    is_registry = len(labels) == _REGISTRY_LABELS and labels[0] in _REGISTRIES and len(labels[1]) == _COUNTRY_LETTERS
    return address if _HOST.fullmatch(host) and not is_registry and address not in _NOBODYS_OWN else None


def _comparable(address: str) -> str:
    """The address without what people leave out when they write one; small and big letters count only after the host."""
    address = _SCHEME.sub("", address)
    end = found.start() if (found := _END_OF_HOST.search(address)) else len(address)
    host = address[:end].casefold().removeprefix("www.").removesuffix(":443")
    return host + address[end:].rstrip("/")


@dataclass(frozen=True, slots=True)
class Helplines:
    """What may be named: numbers as `number_of` and addresses as `address_of` give them. The shipped ones always may."""

    numbers: frozenset[str] = SHIPPED_NUMBERS
    addresses: frozenset[str] = frozenset()

    def taken_out(self, text: str) -> str:
        """The visible text with a word in the place of every helpline."""
        text = _WORD.sub(self._without_address, text) if self.addresses else text
        return _RUN.sub(self._without_numbers, _SHIPPED_SITES.sub("help-site", text))

    def _without_address(self, match: re.Match[str]) -> str:
        word = match.group()
        address = word.lstrip(_OPENING).rstrip(_CLOSING)
        return word.replace(address, "help-site") if address and _comparable(address) in self.addresses else word

    def _without_numbers(self, match: re.Match[str]) -> str:
        """A run of digits with its helplines taken out, unless they are part of a longer number."""
        run, rest, after = match.group(), [], 0
        for start, end in self._spans(run):
            rest.append(run[after:start])
            after = end
        rest.append(run[after:])
        digits = sum(character.isdecimal() for part in rest for character in DATE.sub("", part))
        return run if digits >= _DIGITS_OF_ANOTHER_NUMBER else "helpline".join(rest)

    def _spans(self, run: str) -> Iterable[tuple[int, int]]:
        """Where helplines stand in a run of digits, each beginning and ending where a group of digits does."""
        groups = list(_GROUP.finditer(run))
        first = 0
        while first < len(groups):
            last = self._last_of_number(groups, first)
            if last is not None:
                yield groups[first].start(), groups[last].end()
            first = (first if last is None else last) + 1

    def _last_of_number(self, groups: list[re.Match[str]], first: int) -> int | None:
        digits, last = "", None
        for index in range(first, len(groups)):
            digits += groups[index].group()
            if len(digits) > _LONGEST_NUMBER:
                break
            if digits in self.numbers:
                last = index
        return last


SHIPPED = Helplines()


def with_shipped(numbers: Iterable[str], urls: Iterable[str]) -> Helplines:
    """The shipped helplines and an operator's; an entry that is not one whole number or address is left out."""
    own_numbers = {number for written in numbers if (number := number_of(written))}
    own_addresses = {address for url in urls if (address := address_of(url))}
    return Helplines(SHIPPED_NUMBERS | own_numbers, frozenset(own_addresses))
