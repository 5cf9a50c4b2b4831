"""Phase: payment details and requests for money, the usual aim of those who prey on people in need."""

import re

from moderation.findings import Candidate, Finding, Scores
from moderation.phases.numbers import digit_runs
from moderation.taxonomy import ReasonCode
from moderation.text import visible

PHASE = "money"

_IBAN_LENGTHS = {
    "AT": 20,
    "BE": 16,
    "BG": 22,
    "CH": 21,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "EE": 20,
    "ES": 24,
    "FI": 18,
    "FR": 27,
    "GB": 22,
    "GR": 27,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IT": 27,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MT": 31,
    "NL": 18,
    "NO": 15,
    "PL": 28,
    "PT": 25,
    "RO": 24,
    "SE": 24,
    "SI": 19,
}
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2} ?\d ?\d(?=[ -]?[A-Za-z0-9])")
_LONGEST_IBAN_WITH_GAPS = 80
_CARD_DIGITS = range(14, 17)

_PAY_LINK = re.compile(
    r"(?<!\w)(?:paypal\.(?:me|com)|cash\.app|revolut\.me|venmo\.com|monzo\.me|wise\.com/pay|gofundme\.com|gofund\.me"
    r"|ko-fi\.com|buymeacoffee\.com|patreon\.com|leetchi\.com)(?!\w)|(?<!\w)cash ?app[ :]{1,3}\$\w",
    re.IGNORECASE,
)
_WALLET = re.compile(r"(?<!\w)(?:bc1[a-z0-9]{20,80}|0x[a-f0-9]{30,64})(?!\w)", re.IGNORECASE)

_SUM = r"(?:[€$£] ?\d{1,6}|\d{1,6} ?(?:€|\$|£|euros?|eur|dollars?|bucks|pounds?|quid|franken|chf|usd|gbp)(?!\w))"
_CASH = rf"(?:money|cash|gift ?cards?|{_SUM})"
_GELD = rf"(?:geld|kohle|gutschein(?:e|karten?)?|{_SUM})"
_FEW_WORDS = r"(?:[\w'\u2019]{1,20} ){0,3}"
_GIVE_DE = r"(?:schicke?|schickt|leihe?|leiht|gib|gebt|(?:ü|ue)berweis(?:e|t)?|spendet?|borge?|borgt)"
_SERVICE = r"(?:paypal|pay pal|venmo|cash ?app|zelle|revolut|monzo|iban|konto|kontonummer|bank details|bankverbindung)"
_REQUESTS = tuple(
    re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE)
    for pattern in (
        rf"(?:send|lend|loan|wire|transfer|give|spot|borrow) (?:me|us) {_FEW_WORDS}{_CASH}",
        r"(?:donate|chip in|contribute) (?:to|for) (?:me|my|us|our)",
        rf"(?:here(?:'s| is| are)|use|to|on) (?:my|our) {_SERVICE}",
        rf"my {_SERVICE}(?: \w{{1,10}}){{0,1}} (?:is|are)",
        r"(?:paypal|venmo|cash ?app|zelle) (?:me|us)",
        rf"{_GIVE_DE} (?:mir|uns) {_FEW_WORDS}{_GELD}",
        rf"(?:mir|uns) {_FEW_WORDS}{_GELD} (?:leihen|schicken|(?:ü|ue)berweisen|borgen|geben|spenden)",
        rf"(?:mein|meine|unser|unsere|auf mein|an mein|an meine) {_SERVICE} (?:ist|lautet|sind|überweisen|schicken)",
    )
)


def check_money(candidate: Candidate, _scores: Scores | None) -> list[Finding]:
    """Find account numbers, payment links and requests for money, unless the circle allows them."""
    if not candidate.rules.stop_money:
        return []
    text = visible(candidate.text)
    found = (
        _PAY_LINK.search(text) is not None
        or _WALLET.search(text) is not None
        or any(request.search(text) for request in _REQUESTS)
        or _has_iban(text)
        or _has_card(text)
    )
    return [Finding(ReasonCode.MONEY, PHASE)] if found else []


def _has_iban(text: str) -> bool:
    return any(_is_iban(text[match.start() : match.start() + _LONGEST_IBAN_WITH_GAPS]) for match in _IBAN_START.finditer(text))


def _is_iban(text: str) -> bool:
    letters = "".join(c for c in text.upper() if c not in " -")
    length = _IBAN_LENGTHS.get(letters[:2])
    number = letters[:length]
    if length is None or len(number) != length or not (number.isascii() and number.isalnum()):
        return False
    rearranged = number[4:] + number[:4]
    return int("".join(str(int(c, 36)) for c in rearranged)) % 97 == 1


def _has_card(text: str) -> bool:
    numbers = ("".join(groups) for groups in digit_runs(text))
    return any(len(number) in _CARD_DIGITS and _passes_luhn(number) for number in numbers)


def _passes_luhn(number: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in number[-1::-2])) % 10 == 0
