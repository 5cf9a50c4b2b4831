"""The few words of a page, in the receiver's language."""

from dataclasses import dataclass

from flask_babel import force_locale, gettext


@dataclass(frozen=True, slots=True)
class PageWords:
    """A title and a sentence; the sentence says what to do."""

    title: str
    text: str


def page_words(locale: str, *, test: bool) -> PageWords:
    """What a person reads on their lock screen or in their mail; needs an application context."""
    with force_locale(locale):
        if test:
            return PageWords(gettext("This is a test"), gettext("It worked: a page from Peer Circles reaches you here. Nobody needs you right now."))
        return PageWords(gettext("Someone needs a person"), gettext("Open the volunteers' page."))
