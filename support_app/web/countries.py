"""Names of countries in the reader's language."""

import unicodedata
from collections.abc import Iterable

from flask_babel import get_locale, gettext

from support_app.services.helplines import EVERYWHERE


def country_name(code: str) -> str:
    """What a country is called."""
    if code == EVERYWHERE:
        return str(gettext("Everywhere"))
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def country_choices(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes with names, in the order of the names."""
    return sorted(((code, country_name(code)) for code in codes), key=lambda choice: _sorted_as(choice[1]))


def _sorted_as(name: str) -> str:
    """Letters without their marks, so that Österreich does not stand after Z."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(letter))
