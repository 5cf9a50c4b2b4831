"""Public helplines to start with; whoever runs the service verifies them. Never chosen by where a connection comes from."""

from dataclasses import dataclass

from support_app.errors import N_


@dataclass(frozen=True, slots=True)
class Helpline:
    """One service and every way to reach it."""

    name: str
    call: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    chat_url: str | None = None
    hours: str = N_("day and night")
    languages: str = ""
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class CountryHelp:
    """At most three helplines of a country, and its emergency number."""

    helplines: tuple[Helpline, ...]
    emergency: str | None


FIND_A_HELPLINE = Helpline("Find A Helpline", chat_url="https://findahelpline.com", hours="", source_url="https://findahelpline.com")
COUNTRIES = {
    "DE": N_("Germany"),
    "AT": N_("Austria"),
    "CH": N_("Switzerland"),
    "GB": N_("United Kingdom"),
    "IE": N_("Ireland"),
    "US": N_("United States"),
    "CA": N_("Canada"),
    "AU": N_("Australia"),
    "NZ": N_("New Zealand"),
    "FR": N_("France"),
    "IN": N_("India"),
    "XX": N_("Another country"),
}
_EMERGENCY = {"US": "911", "CA": "911", "GB": "999", "AU": "000", "NZ": "111", "DE": "112", "AT": "112", "CH": "112", "FR": "112", "IE": "112", "IN": "112"}
_HELPLINES = {
    "DE": (
        Helpline(
            "TelefonSeelsorge",
            call=("0800 111 0 111", "0800 111 0 222", "116 123"),
            chat_url="https://online.telefonseelsorge.de",
            languages="Deutsch",
            source_url="https://www.telefonseelsorge.de",
        ),
    ),
    "AT": (
        Helpline(
            "TelefonSeelsorge",
            call=("142",),
            chat_url="https://www.onlineberatung-telefonseelsorge.at",
            languages="Deutsch",
            source_url="https://www.telefonseelsorge.at",
        ),
    ),
    "CH": (
        Helpline(
            "Die Dargebotene Hand", call=("143",), chat_url="https://www.143.ch", languages="Deutsch, Français, Italiano", source_url="https://www.143.ch"
        ),
    ),
    "GB": (
        Helpline("Samaritans", call=("116 123",), languages="English", source_url="https://www.samaritans.org"),
        Helpline("Shout", text=("SHOUT → 85258",), languages="English", source_url="https://giveusashout.org"),
    ),
    "IE": (
        Helpline("Samaritans Ireland", call=("116 123",), languages="English", source_url="https://www.samaritans.org/ireland/"),
        Helpline("Text About It", text=("HELLO → 50808",), languages="English", source_url="https://www.textaboutit.ie"),
    ),
    "US": (
        Helpline(
            "988 Suicide & Crisis Lifeline",
            call=("988",),
            text=("988",),
            chat_url="https://988lifeline.org/chat/",
            languages="English, Español",
            source_url="https://988lifeline.org",
        ),
        Helpline("Crisis Text Line", text=("HOME → 741741",), languages="English, Español", source_url="https://www.crisistextline.org"),
    ),
    "CA": (Helpline("9-8-8", call=("988",), text=("988",), languages="English, Français", source_url="https://988.ca"),),
    "AU": (
        Helpline(
            "Lifeline",
            call=("13 11 14",),
            text=("0477 13 11 14",),
            chat_url="https://www.lifeline.org.au/crisis-chat/",
            languages="English",
            source_url="https://www.lifeline.org.au",
        ),
    ),
    "NZ": (Helpline("1737 Need to talk?", call=("1737",), text=("1737",), languages="English", source_url="https://1737.org.nz"),),
    "FR": (Helpline("3114", call=("3114",), languages="Français", source_url="https://3114.fr"),),
    "IN": (Helpline("Tele-MANAS", call=("14416",), languages="English, हिन्दी", source_url="https://telemanas.mohfw.gov.in"),),
}


def find_helplines(country: str) -> CountryHelp:
    """Helplines of a country, always with a second way out; for an unknown one the international directory."""
    own = _HELPLINES.get(country, ())
    return CountryHelp((*own, FIND_A_HELPLINE)[:3], _EMERGENCY.get(country))
